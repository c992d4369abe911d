"""The shape of the facts, read from their type hints: what each field of each subject holds, and how a dotted path is typed."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from msgspec import Struct

from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Facts, Place

Kind = Literal["text", "number", "flag", "set", "texts", "subject", "subjects", "place"]


class PathError(Exception):
    """A path that names no fact, or one of the wrong kind."""


class Field(Struct, frozen=True):
    """One fact: its kind, the subject it leads to, and the words it is limited to (None: any text)."""

    name: str
    kind: Kind
    subject: type[Any] | None = None
    words: frozenset[str] | None = None
    items_unknown: bool = False
    """A list some of whose items may be Unknown."""
    unknown: bool = False
    """The whole of it may be Unknown."""


_FIELDS: dict[type[Any], dict[str, Field]] = {}


def fields(subject: type[Any]) -> dict[str, Field]:
    """The facts of one subject, by name."""
    if subject not in _FIELDS:
        hints = typing.get_type_hints(subject)
        _FIELDS[subject] = {name: _field(name, hints[name]) for name in subject.__struct_fields__}
    return _FIELDS[subject]


@cache
def subjects() -> tuple[type[Any], ...]:
    """Every subject that can be reached from the facts, in a fixed order."""
    found: dict[type[Any], None] = {}
    waiting: list[type[Any]] = [Facts]
    while waiting:
        subject = waiting.pop()
        if subject in found:
            continue
        found[subject] = None
        waiting.extend(entry.subject for entry in fields(subject).values() if entry.subject is not None)
    return tuple(sorted(found, key=lambda subject: subject.__name__))


def walk(start: type[Any], names: tuple[str, ...]) -> Field:
    """The field at the end of a path from a subject; every step before the last must be a single subject."""
    current = Field("", "subject", start)
    for name in names:
        if current.kind == "subjects":
            raise PathError(f"{current.name} is a list of {_title(current.subject)}: bind it in `each` first")
        if current.subject is None:
            raise PathError(f"{current.name} holds no facts of its own, so nothing can follow it")
        known = fields(current.subject)
        if name not in known:
            raise PathError(f"{_title(current.subject)} has no fact {name!r}{closest(name, tuple(known))}")
        current = known[name]
    return current


def describe(entry: Field) -> str:
    """What a field holds, in words for an error message."""
    words = {
        "text": "a text",
        "number": "a number",
        "flag": "true or false",
        "set": "a set of texts",
        "texts": "a list of texts",
        "place": "a place",
    }
    if entry.kind == "subject":
        return f"one {_title(entry.subject)}"
    if entry.kind == "subjects":
        return f"a list of {_title(entry.subject)}"
    return words[entry.kind]


def closest(name: str, known: Sequence[str]) -> str:
    """The nearest known name as a question to put behind an error, or nothing."""
    from difflib import get_close_matches  # only a mistake needs it

    near = get_close_matches(name, known, 1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _title(subject: type[Any] | None) -> str:
    return subject.__name__ if subject is not None else "text"


def _field(name: str, hint: Any) -> Field:
    plain, unknown = _without_unknown(hint)
    origin = typing.get_origin(plain)
    if origin is tuple:
        item, items_unknown = _without_unknown(typing.get_args(plain)[0])
        if item is str or typing.get_origin(item) is Literal:
            return Field(name, "texts", None, _words(item), items_unknown, unknown)
        return Field(name, "subjects", item, None, items_unknown, unknown)
    if origin is Literal:
        return Field(name, "text", None, _words(plain), unknown=unknown)
    if plain is Values:
        return Field(name, "set", unknown=unknown)
    if plain is Place:
        return Field(name, "place")
    simple: dict[Any, Kind] = {str: "text", int: "number", bool: "flag"}
    if plain in simple:
        return Field(name, simple[plain], unknown=unknown)
    if isinstance(plain, type) and issubclass(plain, Struct):
        return Field(name, "subject", plain, unknown=unknown)
    raise TypeError(f"the fact {name} has a hint that rules cannot read: {hint}")


def _without_unknown(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    rest = tuple(part for part in typing.get_args(hint) if part is not Unknown)
    if len(rest) == 1:
        return rest[0], len(rest) < len(typing.get_args(hint))
    return typing.Union[rest], True  # noqa: UP007 - built from a tuple


def _words(hint: Any) -> frozenset[str] | None:
    return frozenset(typing.get_args(hint)) if typing.get_origin(hint) is Literal else None
