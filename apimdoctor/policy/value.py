"""What a written value is: a literal, a named value, an expression, a mixture, or a symbol nobody could resolve."""

from collections.abc import Mapping

from msgspec import Struct


class Literal(Struct, frozen=True):
    """Text that is what it says."""

    text: str


class NamedValue(Struct, frozen=True):
    """`{{name}}`: the value of a named value, by display name."""

    name: str


class Expression(Struct, frozen=True):
    """`@(code)` or `@{code}` (`block`): C# that the gateway runs per request. `code` is decoded, without the wrapping."""

    code: str
    block: bool = False
    start: int = 0
    """Offset of the `@` in the document text."""


class Unresolved(Struct, frozen=True):
    """A marker of a deployment tool (`__TOKEN__`, `${x}`, `#{X}#`): equal to itself, otherwise undecided."""

    text: str
    reason: str = "a deployment tool fills this in"


class Mixed(Struct, frozen=True):
    """Several of the others, one after the other."""

    parts: tuple["Literal | NamedValue | Expression | Unresolved", ...]


Value = Literal | NamedValue | Expression | Unresolved | Mixed

EMPTY = Literal("")


def symbol(value: Value) -> str:
    """The value as a person would write it: `{{name}}`, `@(code)`, literal text as is. Equal symbols are equal values."""
    match value:
        case Literal(text) | Unresolved(text):
            return text
        case NamedValue(name):
            return "{{" + name + "}}"
        case Expression(code, block):
            return "@{" + code + "}" if block else "@(" + code + ")"
        case Mixed(parts):
            return "".join(symbol(part) for part in parts)


def literal(value: Value) -> str | None:
    """The text of a literal value, None for anything that is not known before a request."""
    return value.text if isinstance(value, Literal) else None


NamedValues = Mapping[str, str | None]
"""Display name to text; None when the value exists and is secret or unread. A name that is missing does not exist."""
