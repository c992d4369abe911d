"""How fields are taken from JSON that others wrote: missing and null are empty, a wrong type is refused, not guessed."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

MAX_TEXT = 1 << 20
"""No name, URI or id is longer; a longer text in such a place is hostile."""


class MalformedError(Exception):
    """An object whose JSON has not the documented shape; the message names the property, never its value."""


def text(json: Json, name: str) -> str:
    """The string under a name; "" when missing or null."""
    value = json.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedError(f'"{name}" is no text')
    if len(value) > MAX_TEXT:
        raise MalformedError(f'"{name}" is too long')
    return value


def texts(json: Json, name: str) -> tuple[str, ...]:
    """The strings of a list, in their order; () when missing or null."""
    value = json.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise MalformedError(f'"{name}" is no list of texts')
    return tuple(value)


def flag(json: Json, name: str) -> bool | None:
    """The boolean under a name; None when missing or null."""
    value = json.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise MalformedError(f'"{name}" is neither true nor false')


def number(json: Json, name: str) -> int | None:
    """The whole number under a name, also written as text (`"2"`); None when missing or null."""
    value = json.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    raise MalformedError(f'"{name}" is no whole number')


def table(json: Json, name: str) -> Json:
    """The object under a name; empty when missing or null."""
    value = json.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedError(f'"{name}" is no object')
    return value


def tables(json: Json, name: str) -> Sequence[Json]:
    """The objects of a list; () when missing or null."""
    value = json.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedError(f'"{name}" is no list of objects')
    return value
