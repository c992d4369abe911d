"""Runs of policy text to values: entities decoded once, expressions kept whole, offsets of the text as written."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from apimdoctor.policy.span import expression_end
from apimdoctor.policy.value import Literal, Mixed, Value
from apimdoctor.policy.value_text import Part, expression_part, joined, literal_parts, value_of

_REFERENCE = re.compile(r"&(?:#(?:(\d{1,8})|[xX]([0-9a-fA-F]{1,8}))|(lt|gt|amp|quot|apos));")
_QUOTE = re.compile(r"&(?:quot|#0*34|#[xX]0*22);")
_STRING_OR_REFERENCE = re.compile(r'"(?:[^"\\]|\\.)*+"|&[#\w]{1,10};', re.DOTALL)
_NAMES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_NOTHING_SPECIAL = re.compile(r"[^&\n\t\r{@_$#%<]*+\Z")
_BLANKS = str.maketrans("\n\t\r", "   ")

PLAIN, EXPRESSION, CDATA = "plain", "expression", "CDATA"


class UnreadableError(Exception):
    """The text cannot be read as a policy: the reason, and the offset it stands at."""

    def __init__(self, error: str, offset: int) -> None:
        super().__init__(error)
        self.error = error
        self.offset = offset


class Repairs:
    """What a strict reader would have refused, each kind once, in words."""

    def __init__(self) -> None:
        self._notes: dict[str, None] = {}

    def note(self, what: str) -> None:
        """Remembers one kind of repair."""
        self._notes[what] = None

    def ampersands(self, raw: str) -> None:
        """Remembers an `&` in plain text that begins no entity of XML."""
        if "&" in raw and raw.count("&") > sum(1 for _ in _REFERENCE.finditer(raw)):
            self.note("an & that begins no entity")

    @property
    def words(self) -> tuple[str, ...]:
        """All of them, in order of appearance."""
        return tuple(self._notes)


class Piece(NamedTuple):
    """A stretch of a run: plain text, an expression, or what a CDATA section holds."""

    kind: str
    start: int
    end: int


def decoded(raw: str) -> str:
    """The text with the five entities of XML and character references replaced once; any other `&` stays as it is."""
    return _REFERENCE.sub(_character, raw) if "&" in raw else raw


def expression_piece(text: str, at: int) -> Piece:
    """The expression whose `@` is at `at`."""
    end = expression_end(text, at)
    if end < 0:
        raise UnreadableError("the expression that starts here is never closed", at)
    return Piece(EXPRESSION, at, end)


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _NAMES[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0x110000:
        return chr(code)
    return found.group()


def decoded_code(written: str) -> str:
    """The C# of an expression as written, entities decoded once.

    In a string between bare quotation marks a `&quot;` is the author's own text: decoded it would end the string.
    """
    code = written.replace("\r\n", "\n")
    if "&" not in code:
        return code
    if '"' in code and _QUOTE.search(code):
        return _STRING_OR_REFERENCE.sub(_outside_strings, code)
    return decoded(code)


def _outside_strings(found: re.Match[str]) -> str:
    token = found.group()
    if token[0] == "&":
        return decoded(token)
    return _REFERENCE.sub(lambda inner: inner.group() if _QUOTE.match(inner.group()) else _character(inner), token)


@lru_cache(maxsize=8192)
def plain_value(raw: str) -> Value:
    """The value of an attribute without expressions; few distinct ones (`X-Trace`, `override` ...) stand in most policies."""
    if _NOTHING_SPECIAL.match(raw):
        return Literal(raw)
    return joined(literal_parts(decoded(raw.replace("\r\n", "\n").translate(_BLANKS))))


def attribute_value(text: str, pieces: Sequence[Piece]) -> Value:
    """The value of an attribute; line breaks and tabs in literal text count as blanks, as XML has it."""
    parts: list[Part] = []
    for piece in pieces:
        raw = text[piece.start : piece.end]
        if piece.kind == EXPRESSION:
            parts.append(expression_part(decoded_code(raw), piece.start))
        else:
            parts += literal_parts(decoded(raw.replace("\r\n", "\n").translate(_BLANKS)))
    return joined(parts)


def text_value(text: str, pieces: Sequence[Piece], *, named_values: bool = True, markup: bool = False) -> Value:
    """The value of a run of character data, without the blanks around it.

    `markup`: literal content of an opaque element, where `<x>` is a tag of its own and no deployment marker.
    """
    if len(pieces) == 1 and pieces[0].kind == PLAIN:
        return plain_text(text[pieces[0].start : pieces[0].end].strip(), named_values, markup)
    parts: list[Part] = []
    for piece in pieces:
        raw = text[piece.start : piece.end]
        if piece.kind == EXPRESSION:
            parts.append(expression_part(decoded_code(raw), piece.start))
        elif piece.kind == CDATA:
            value = value_of(_lines(raw), piece.start, named_values=named_values, brackets=False)
            parts += value.parts if isinstance(value, Mixed) else (value,)
        else:
            parts += literal_parts(decoded(_lines(raw)), named_values=named_values, brackets=not markup)
    return joined(parts, trim=True)


@lru_cache(maxsize=8192)
def plain_text(plain: str, named_values: bool = True, markup: bool = False) -> Value:
    """The value of character data without expressions and CDATA, see `text_value`."""
    if _NOTHING_SPECIAL.match(plain):
        return Literal(plain)
    plain = _lines(decoded(plain))
    if markup and not named_values:
        return Literal(plain)
    return joined(literal_parts(plain, named_values=named_values, brackets=not markup))


def _lines(raw: str) -> str:
    return raw.replace("\r\n", "\n").replace("\r", "\n") if "\r" in raw else raw
