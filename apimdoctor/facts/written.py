"""What a written value is once the named values that were read stand in place: a text, or a symbol nobody can resolve."""

from collections.abc import Iterable

from apimdoctor.facts.values import Unknown, Values
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Expression, Literal, Mixed, NamedValue, NamedValues, Unresolved, Value, symbol
from apimdoctor.policy.value_text import resolve
from apimdoctor.snapshot.masks import masks

SHOWN = 80
"""Longest expression that a sentence quotes whole."""


MASKED = "the text was masked, since it looks like a secret"


def is_masked(text: str) -> bool:
    """Whether part of a text was masked when it was read."""
    return bool(masks(text))


def settled(value: Value, named: NamedValues) -> Value:
    """The value with what is known of its named values in place."""
    return value if isinstance(value, Literal) else resolve(value, named)


def told(value: Value | None, named: NamedValues, default: str = "") -> str | Unknown:
    """The text of a value, `default` when it is not written, Unknown when only a request or a secret decides it."""
    if value is None:
        return default
    known = settled(value, named)
    if not isinstance(known, Literal):
        return Unknown(why(known))
    return Unknown(MASKED) if is_masked(known.text) else known.text


def flag(value: Value | None, named: NamedValues, *, default: bool) -> bool | Unknown:
    """A boolean attribute."""
    text = told(value, named)
    if isinstance(text, Unknown):
        return text
    match text.strip().lower():
        case "":
            return default
        case "true":
            return True
        case "false":
            return False
        case other:
            return Unknown(f"{other!r} is neither true nor false")


def values_of(written: Iterable[Value], named: NamedValues) -> Values:
    """The set of some written values: texts that are known, and symbols for the others."""
    known: dict[str, None] = {}
    symbols: dict[str, None] = {}
    for value in written:
        now = settled(value, named)
        if isinstance(now, Literal) and not is_masked(now.text):
            known[now.text] = None
        else:
            symbols[symbol(now)] = None
    return Values(known=tuple(known), symbols=tuple(symbols))


def texts(element: Element | None, name: str) -> list[Value]:
    """The character data of the children of that name."""
    return [child.text for child in element.each(name)] if element else []


def why(value: Value) -> str:
    """Why a value that is no literal is not known."""
    match value:
        case NamedValue(name):
            return f"the value of {{{{{name}}}}} is not known"
        case Unresolved(text, reason):
            return f"{text}: {reason}"
        case Mixed(parts):
            return next(why(part) for part in parts if not isinstance(part, Literal))
        case Expression():
            return f"{short(symbol(value))} is computed for each request"
        case Literal():
            return ""


def short(text: str, most: int = SHOWN) -> str:
    """A text on one line, cut when it is long."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
