"""What a Terraform expression gives: plain values, texts that know their place, and symbols nobody can know before apply."""

import re
from hashlib import blake2b
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import astuple, replace

from apimdoctor.collect.files.segments import Segment, Text, literal

_UNSAFE = re.compile(r"[^\w.\-\[\]()*,:/ +?=!|]")
_LONGEST = 160
_BRACKETS = str.maketrans("", "", "()[]")


class Target(Struct, frozen=True):
    """A resource, as an expression names it: the module instance, type, name and the key of its instance."""

    module: str
    type: str
    name: str
    key: str = ""

    @property
    def address(self) -> str:
        """As Terraform writes it, but for quotation marks."""
        head = f"{self.module}." if self.module else ""
        kind = "module" if self.type.startswith("module:") else self.type
        return f"{head}{kind}.{self.name}{self.key}"


class Symbol(Struct, frozen=True, eq=False):
    """A value that only a run of Terraform settles; equal to itself. Its text never holds braces, quotes or line breaks."""

    text: str
    target: Target | None = None
    attribute: str = ""
    """Of the target, as it is written after its name."""
    missing: bool = False
    """An attribute or element that a known value has not: for Terraform an error, which try() and can() catch."""
    options: "tuple[Value, ...]" = ()
    """The values one of which it is, when a condition nobody can settle decides between them; equal symbols may differ in it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Symbol) and astuple(self)[:-1] == astuple(other)[:-1]

    def __hash__(self) -> int:
        return hash(astuple(self)[:-1])

    @property
    def marker(self) -> str:
        """How it stands in a text."""
        return "${" + self.text + "}"

    def below(self, step: str) -> "Symbol":
        """An attribute, or with `[...]` an element, of it."""
        joint = "" if step.startswith("[") else "."
        attribute = f"{self.attribute}{joint if self.attribute else ''}{step}" if self.target else ""
        return replace(
            symbol(f"{self.text}{joint}{step}"), target=self.target, attribute=attribute, missing=self.missing
        )


Value: TypeAlias = "bool | int | float | Text | Symbol | list[Value] | dict[str, Value] | None"


def symbol(text: str, target: Target | None = None, attribute: str = "") -> Symbol:
    """A symbol whose text can stand in any policy."""
    # Inside an expression a comment would swallow what follows.
    safe = _UNSAFE.sub("", text).replace("//", "/").replace("/*", "/")
    if len(safe) > _LONGEST:
        safe = f"{safe[: _LONGEST - 10]}:{blake2b(text.encode(), digest_size=4).hexdigest()}"
    if safe.count("(") != safe.count(")") or safe.count("[") != safe.count("]"):
        # Inside an expression an open bracket would swallow what follows.
        safe = safe.translate(_BRACKETS)
    return Symbol(safe or "unknown", target, attribute)


def options_of(value: Value, depth: int = 0) -> "list[Value]":
    """What a value may be: itself, or each of its options."""
    if isinstance(value, Symbol) and value.options and depth < 8:
        return [one for option in value.options for one in options_of(option, depth + 1)]
    return [value]


def named(value: Value) -> str:
    """A value inside the text of a symbol."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Symbol():
            return value.text
        case Text():
            return value.text.replace("${", "").replace("}", "")[: _LONGEST * 2]
        case list():
            return f"[{', '.join(map(named, value[:20]))}]"
        case dict():
            return f"[{', '.join(f'{key}={named(inner)}' for key, inner in list(value.items())[:20])}]"
        case _:
            return str(value)


def is_known(value: Value) -> bool:
    """Whether nothing in a value is a symbol."""
    match value:
        case Symbol():
            return False
        case Text():
            return value.known
        case list():
            return all(map(is_known, value))
        case dict():
            return all(map(is_known, value.values()))
        case _:
            return True


def as_text(value: Value) -> Text | None:
    """A value where a text is wanted, as Terraform converts it; None for what is none."""
    match value:
        case Text():
            return value
        case Symbol():
            return Text((Segment(value.marker, symbol=value),))
        case bool():
            return literal("true" if value else "false")
        case int():
            return literal(str(value))
        case float():
            return literal(f"{value:g}")
        case _:
            return None


def as_flag(value: Value) -> bool | None:
    """A value where true or false is wanted; None unknown."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Text) and value.text in ("true", "false"):
        return value.text == "true"
    return None


def key_of(value: Value) -> str | None:
    """The key of a map or of an instance; None for what is none."""
    text = as_text(value)
    return None if text is None else text.text


def target_of(value: Value) -> Symbol | None:
    """The symbol that a value is, alone or as the only piece of a text."""
    if isinstance(value, Text):
        value = value.only_symbol if isinstance(value.only_symbol, Symbol) else None
    return value if isinstance(value, Symbol) else None
