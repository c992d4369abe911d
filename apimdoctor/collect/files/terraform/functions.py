"""Terraform's functions, as far as configurations of API Management use them, on known values and on texts with symbols.

Source: developer.hashicorp.com/terraform/language/functions. A function or an argument that is not known here makes the
call a symbol.
"""

import base64
import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from msgspec.structs import replace

from apimdoctor.collect.files.segments import Segment, Text, joined, literal
from apimdoctor.collect.files.terraform import operators
from apimdoctor.collect.files.terraform.files import Files, NoFileError
from apimdoctor.collect.files.terraform.values import Symbol, Value, as_flag, as_text, is_known, key_of

__all__ = ["Files", "NoFileError", "UnknownError", "call", "from_json", "size"]

MAX_RANGE = 2000
MAX_TEXT = 8 << 20
PIECE = 100
"""What one piece of a text counts for."""
_VERB = re.compile(r"%(?:\[(\d{1,3})\])?(?:([-+0 #]*\d{0,3}(?:\.\d{1,2})?)([sdvqtfx])|(%))")


class UnknownError(Exception):
    """The call gives a value that only Terraform knows."""


def call(name: str, values: Sequence[Value], files: Files) -> Value:
    """What a function gives. Raises UnknownError and NoFileError."""
    function = _FILE_FUNCTIONS.get(name)
    try:
        if function is not None:
            return function(files, *values)
        made = _FUNCTIONS[name](*values)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, RecursionError):
        raise UnknownError from None
    if size(made) > MAX_TEXT:
        raise UnknownError
    return made


def size(value: Value, depth: int = 0) -> int:
    """How large a value is, roughly."""
    match value:
        case Text():
            return sum(PIECE + len(segment.text) for segment in value.segments)
        case list():
            return len(value) + (sum(size(one, depth + 1) for one in value) if depth < 8 else 0)
        case dict():
            return len(value) + (sum(size(one, depth + 1) for one in value.values()) if depth < 8 else 0)
        case _:
            return 1


def from_json(value: Any, depth: int = 0) -> Value:
    """A JSON value as one of Terraform's."""
    if depth > 40:
        raise UnknownError
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict):
        return {str(key): from_json(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [from_json(inner, depth + 1) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return literal(str(value))


def _text(value: Value) -> Text:
    text = as_text(value)
    if text is None:
        raise UnknownError
    return text


def _known(value: Value) -> str:
    text = _text(value)
    if not text.known:
        raise UnknownError
    return text.text


def _number(value: Value) -> int | float:
    number = operators.number_of(value)
    if number is None:
        raise UnknownError
    return number


def _list(value: Value) -> list[Value]:
    if isinstance(value, dict):
        return list(value.values())
    if not isinstance(value, list):
        raise UnknownError
    return value


def _map(value: Value) -> dict[str, Value]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnknownError
    return value


def _each_piece(value: Value, change: Callable[[str], str], word: str) -> Value:
    """A change of letters, piece by piece; of a symbol the changed symbol."""
    pieces: list[Segment] = []
    for segment in _text(value).segments:
        if isinstance(segment.symbol, Symbol):
            inner = segment.symbol
            changed = (
                inner
                if word == "lower" and inner.text == inner.text.lower() and inner.attribute in _LOWER_IDS
                else None
            )
            changed = changed or Symbol(f"{word}({inner.text})")
            pieces.append(replace(segment, text=changed.marker, symbol=changed))
        else:
            pieces.append(replace(segment, text=change(segment.text)))
    return Text(tuple(pieces))


_LOWER_IDS = frozenset({"client_id", "tenant_id", "object_id"})
"""GUIDs, which Azure writes in lower case: lower() changes nothing."""


def _trim(value: Value, cut: Callable[[str], tuple[int, int]]) -> Value:
    text = _text(value)
    start, end = cut(text.text)
    return text.sliced(start, end)


def _trim_prefix(value: Value, prefix: Value) -> Value:
    head = _known(prefix)
    return _trim(value, lambda whole: (len(head) if head and whole.startswith(head) else 0, len(whole)))


def _trim_suffix(value: Value, suffix: Value) -> Value:
    tail = _known(suffix)
    return _trim(value, lambda whole: (0, len(whole) - (len(tail) if tail and whole.endswith(tail) else 0)))


def _trim_set(value: Value, letters: Value) -> Value:
    of = _known(letters)
    return _trim(value, lambda whole: (len(whole) - len(whole.lstrip(of)), len(whole.rstrip(of))))


def _trim_space(value: Value) -> Value:
    return _text(value).stripped()


def _replace(value: Value, old: Value, new: Value) -> Value:
    text, search = _text(value), _known(old)
    if len(search) > 2 and search.startswith("/") and search.endswith("/"):
        raise UnknownError  # a regular expression of another dialect
    return text.replaced(search, _text(new))


def _format(form: Value, *values: Value) -> Value:
    spec, pieces, at, position = _known(form), [], 0, 0
    source = _text(form)
    for found in _VERB.finditer(spec):
        pieces.append(source.sliced(at, found.start()))
        at = found.end()
        if found[4]:
            pieces.append(literal("%"))
            continue
        position = int(found[1]) if found[1] else position + 1
        pieces.append(_formatted(found[2] or "", found[3], values[position - 1]))
    return joined((*pieces, source.sliced(at, len(spec))))


def _formatted(flags: str, verb: str, value: Value) -> Text:
    text = _text(value)
    if verb == "q":
        return literal('"') + text + literal('"')
    if not flags or not text.known:
        return text
    if verb == "d":
        return literal(f"%{flags}d" % int(_number(value)))
    return literal(f"%{flags}s" % text.text)


def _join(between: Value, *lists: Value) -> Value:
    parts = [_text(one) for given in lists for one in _list(given)]
    return joined(parts, _text(between))


def _split(between: Value, value: Value) -> Value:
    text, sign = _text(value), _known(between)
    found: list[Value] = []
    at = 0
    whole = text.text
    while sign and (end := whole.find(sign, at)) >= 0 and len(found) < MAX_RANGE:
        found.append(text.sliced(at, end))
        at = end + len(sign)
    return [*found, text.sliced(at, len(whole))]


def _concat(*lists: Value) -> Value:
    return [one for given in lists for one in _list(given)]


def _flatten(value: Value) -> Value:
    found: list[Value] = []
    waiting = list(reversed(_list(value)))
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        else:
            found.append(one)
    return found


def _merge(*maps: Value) -> Value:
    found: dict[str, Value] = {}
    for one in maps:
        found.update(_map(one))
    return found


def _set(value: Value) -> Value:
    found: list[Value] = []
    seen: set[str] = set()
    for one in _list(value):
        key = key_of(one)
        if key is None or key not in seen:
            found.append(one)
            seen.add(key or "")
    return sorted(found, key=lambda one: key_of(one) or "") if all(map(is_known, found)) else found


def _distinct(value: Value) -> Value:
    found: list[Value] = []
    for one in _list(value):
        if one not in found:
            found.append(one)
    return found


def _lookup(of: Value, key: Value, *default: Value) -> Value:
    name = _known(key)
    table = _map(of)
    if name in table:
        return table[name]
    if default:
        return default[0]
    raise UnknownError


def _element(of: Value, at: Value) -> Value:
    given = _list(of)
    return given[int(_number(at)) % len(given)]


def _contains(of: Value, value: Value) -> Value:
    given = _list(of)
    if value in given and is_known(value):
        return True
    if all(map(is_known, given)) and is_known(value):
        return False
    raise UnknownError


def _length(value: Value) -> Value:
    if isinstance(value, Text):
        return len(_known(value))
    return len(value) if isinstance(value, dict) else len(_list(value))


def _keys(value: Value) -> Value:
    return [literal(key) for key in sorted(_map(value))]


def _values(value: Value) -> Value:
    return [inner for _, inner in sorted(_map(value).items())]


def _zipmap(keys: Value, values: Value) -> Value:
    return dict(zip([_known(key) for key in _list(keys)], _list(values), strict=False))


def _range(*given: Value) -> Value:
    return list(range(*(int(_number(one)) for one in given))[:MAX_RANGE])


def _slice(value: Value, start: Value, end: Value) -> Value:
    return _list(value)[int(_number(start)) : int(_number(end))]


def _substr(value: Value, start: Value, length: Value) -> Value:
    text, first, many = _known(value), int(_number(start)), int(_number(length))
    end = len(text) if many < 0 else first + many
    return _text(value).sliced(first, min(end, len(text)))


def _tobool(value: Value) -> Value:
    known = as_flag(value)
    if known is None:
        raise UnknownError
    return known


def _plain(value: Value, depth: int = 0) -> Any:
    if depth > 40:
        raise UnknownError
    match value:
        case Text():
            return value.text
        case Symbol():
            return value.marker
        case list():
            return [_plain(one, depth + 1) for one in value]
        case dict():
            return {key: _plain(inner, depth + 1) for key, inner in value.items()}
        case _:
            return value


class Encoded(Text, frozen=True, eq=False):
    """JSON that was made of a value, which is kept with the places of its texts."""

    value: Value = None


def _jsonencode(value: Value) -> Value:
    # Markers stay in the text, where they are found again as what they are.
    text = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)
    return Encoded((Segment(text),), value)


def _jsondecode(value: Value) -> Value:
    if isinstance(value, Encoded):
        return value.value
    return from_json(json.loads(_known(value)))


def _yamldecode(value: Value) -> Value:
    import yaml

    text = _known(value)
    if len(text) > 1 << 20 or re.search(r"(?m)[\s:\-\[,]\*\w", text):
        raise UnknownError  # aliases can make a small text huge
    try:
        return from_json(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506
    except yaml.YAMLError:
        raise UnknownError from None


def _base64decode(value: Value) -> Value:
    return literal(base64.b64decode(_known(value), validate=True).decode())


def _file(files: Files, path: Value) -> Value:
    written = files.read(path)
    return files.text(written)


def _fileset(files: Files, folder: Value, pattern: Value) -> Value:
    return [literal(name) for name in files.matching(_known(folder), _known(pattern))]


def _fileexists(files: Files, path: Value) -> Value:
    return files.exists(_known(path))


_FILE_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "file": _file,
    "fileset": _fileset,
    "fileexists": _fileexists,
}
_SAME: Callable[[Value], Value] = lambda value: value  # noqa: E731 (a row of the table)
_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "abspath": _SAME,
    "alltrue": lambda value: all(_tobool(one) for one in _list(value)),
    "anytrue": lambda value: any(_tobool(one) for one in _list(value)),
    "base64decode": _base64decode,
    "basename": lambda value: literal(posixpath.basename(_known(value))),
    "chomp": lambda value: _trim(value, lambda whole: (0, len(whole.rstrip("\r\n")))),
    "coalescelist": lambda *lists: next(one for one in map(_list, lists) if one),
    "compact": lambda value: [one for one in _list(value) if one is not None and one != literal("")],
    "concat": _concat,
    "contains": _contains,
    "dirname": lambda value: literal(posixpath.dirname(_known(value)) or "."),
    "distinct": _distinct,
    "element": _element,
    "endswith": lambda value, end: _known(value).endswith(_known(end)),
    "flatten": _flatten,
    "format": _format,
    "index": lambda of, value: _list(of).index(value),
    "join": _join,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "lower": lambda value: _each_piece(value, str.lower, "lower"),
    "max": lambda *values: max(map(_number, values)),
    "merge": _merge,
    "min": lambda *values: min(map(_number, values)),
    "nonsensitive": _SAME,
    "one": lambda value: next(iter(_list(value)), None),
    "pathexpand": _SAME,
    "range": _range,
    "replace": _replace,
    "reverse": lambda value: list(reversed(_list(value))),
    "slice": _slice,
    "sort": lambda value: sorted(_list(value), key=_known),
    "split": _split,
    "startswith": lambda value, start: _known(value).startswith(_known(start)),
    "substr": _substr,
    "title": lambda value: _each_piece(value, str.title, "title"),
    "tobool": _tobool,
    "tolist": _list,
    "tomap": _map,
    "tonumber": _number,
    "toset": _set,
    "tostring": _text,
    "trim": _trim_set,
    "trimprefix": _trim_prefix,
    "trimspace": _trim_space,
    "trimsuffix": _trim_suffix,
    "upper": lambda value: _each_piece(value, str.upper, "upper"),
    "urlencode": lambda value: literal(quote_plus(_known(value))),
    "values": _values,
    "yamldecode": _yamldecode,
    "zipmap": _zipmap,
}
"""Not here, so always a symbol: what depends on the clock, on chance or on secrets, hashes, and regular expressions,
whose cost a hostile pattern decides."""
