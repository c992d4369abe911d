"""What an expression of a template gives: plain values, texts that know their place, and symbols for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from apimdoctor.collect.files.segments import Place, Segment, Text, joined, literal
from apimdoctor.collect.files.templates.nodes import Node

if TYPE_CHECKING:
    from apimdoctor.collect.files.templates.scope import Scope

_UNSAFE = re.compile(r"[^\w.\-\[\](),: *?]")
_LONGEST = 160


class Symbol(Struct, frozen=True):
    """A value that only a deployment settles; equal to itself. Its text can stand in any policy and in any name."""

    text: str
    kind: str = ""
    """string, bool, int, object or array, where the template tells."""
    blank: bool = False
    """A parameter that is empty unless somebody fills it in: for conditions it is empty, as a value nobody knows it."""

    @property
    def marker(self) -> str:
        """How it stands in a text."""
        return "${" + self.text + "}"

    def below(self, step: str) -> Symbol:
        """A property of it, or with `[...]` an element."""
        return symbol(f"{self.text}{'' if step.startswith('[') else '.'}{step}")


def symbol(text: str, kind: str = "") -> Symbol:
    """A symbol whose text holds no braces, quotes, slashes or line breaks."""
    safe = _UNSAFE.sub("", text.replace("/", "."))
    if len(safe) > _LONGEST:
        safe = f"{safe[: _LONGEST - 10]}:{blake2b(text.encode(errors='replace'), digest_size=4).hexdigest()}"
    return Symbol(safe or "unknown", kind)


class Instance(Struct, eq=False):
    """A resource as it will be deployed, or as it exists (`existing`), once for each turn of its loop."""

    scope: Scope
    type: str
    body: Node
    symbol: str
    parent: Instance | Symbol | None = None
    existing: bool = False
    locals: dict[str, Value] = field(default_factory=dict)
    conditional: bool = False
    """Whether its condition is not met with the defaults: it exists only where nothing else takes its place."""
    line: int = 1
    column: int = 1
    told: Told | None = None
    """Its properties, once they were asked for."""


class Told(Struct, eq=False):
    """An object of which some properties are written in the template, and the others come from Azure."""

    fields: dict[str, Value]
    otherwise: Symbol


class Deployed(Struct, eq=False):
    """A module as it is used: its outputs can be asked for, and the name of its deployment."""

    scope: Scope
    title: Value = None


class Outputs(Deployed, eq=False):
    """The outputs of a module."""


class Lambda(Struct, eq=False):
    """A function written as an argument, with the names around it."""

    node: Node
    scope: Scope
    locals: dict[str, Value]


Value: TypeAlias = (
    "bool | int | Text | Symbol | Instance | Told | Deployed | Lambda | list[Value] | dict[str, Value] | None"
)


Locals: TypeAlias = Mapping[str, Value]
"""Names of loops and functions around an expression."""


class UnknownError(Exception):
    """What a function is asked for cannot be told before the deployment."""


def known(value: Value) -> str:
    """The characters of a text that holds no symbol; raises UnknownError for anything else."""
    if isinstance(value, Text) and value.known:
        return value.text
    raise UnknownError


def whole(value: Value) -> int:
    """A whole number; raises UnknownError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise UnknownError


def shown(value: Value) -> str:
    """A value in the text of a symbol."""
    if isinstance(value, Text):
        return value.text.replace("${", "").replace("}", "")
    if isinstance(value, Symbol):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Instance):
        return value.symbol
    if isinstance(value, Told):
        return value.otherwise.text
    return ""


def text_of(value: Value, place: Place | None = None) -> Text:
    """A value as a part of a text: a symbol by its marker."""
    if isinstance(value, Text):
        return value
    if isinstance(value, bool):
        return literal("True" if value else "False")
    if isinstance(value, int):
        return literal(str(value))
    if isinstance(value, Symbol):
        return Text((Segment(value.marker, place, symbol=value),))
    if value is None:
        return Text()
    return text_of(symbol(shown(value) or "object"), place)


def asked(function: str, arguments: Iterable[Value], kind: str = "") -> Symbol:
    """The symbol that a call stands for whose result is not known: equal calls are equal."""
    return symbol(f"{function}({', '.join(map(shown, arguments))})", kind)


__all__ = [
    "Deployed", "Instance", "Lambda", "Locals", "Outputs", "Symbol", "Told", "UnknownError", "Value",
    "asked", "joined", "known", "shown", "symbol", "text_of", "whole",
]  # fmt: skip
