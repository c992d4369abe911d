"""Opening tags and their attributes, with expressions, deployment markers and stray quotation marks in the values."""

import re
from typing import NamedTuple

from apimdoctor.policy.markup import (
    EXPRESSION,
    PLAIN,
    Piece,
    Repairs,
    UnreadableError,
    attribute_value,
    expression_piece,
    plain_value,
)
from apimdoctor.policy.tree import Attribute

NAME = r"(?:[^\W\d]|:)[\w:.\-]*+"
_ATTRIBUTE_NAME = r"[\w:][\w:.\-]*+"
MARKUP = re.compile(
    rf"""\s*+<(?:/({NAME})\s*+>"""
    rf"""|({NAME})"""
    rf"""((?:\s++{_ATTRIBUTE_NAME}\s*+=\s*+(?:"(?:[^"<@]++|@(?![({{]))*+"|'(?:[^'<@]++|@(?![({{]))*+'))*+)"""
    r"""\s*+(/?)>)"""
)
"""Blanks, and then a closing tag (its name), or an opening tag in which no expression stands and nothing needs repair
(its name, its attributes, the `/` of an empty one): nearly all markup of a policy, so that one match reads it."""
_PLAIN_ATTRIBUTE = re.compile(rf"""\s++({_ATTRIBUTE_NAME})\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_START = re.compile(rf"<({NAME})")
_END = re.compile(r"\s*+(/?)>")
_HEAD = re.compile(rf"""\s++({_ATTRIBUTE_NAME})\s*+=\s*+(["'])""")
_RUN = {'"': re.compile(r"""(?:[^"<@]++|@(?![({]))*+"""), "'": re.compile(r"""(?:[^'<@]++|@(?![({]))*+""")}
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w.\- ]*+>")
_AFTER_VALUE = re.compile(r"\s|/?>|\Z")
_VALUE_CLOSES = re.compile(rf"""\s*+/?>|\s++{_ATTRIBUTE_NAME}\s*+=\s*+["']""")
_LIMIT = re.compile(r"[<>]|@[({]|\Z")


class Tag(NamedTuple):
    """An opening tag; `end` is the offset after its `>`."""

    name: str
    attributes: tuple[Attribute, ...]
    empty: bool
    end: int


def read_tag(text: str, start: int, repairs: Repairs) -> Tag:
    """The tag that begins at `start`, when it is one that `MARKUP` does not match."""
    return _Unusual(text, start, repairs).tag()


def plain_attributes(text: str, start: int, end: int, repairs: Repairs) -> tuple[Attribute, ...]:
    """The attributes of a tag in which no expression stands and nothing needs repair."""
    attributes = []
    for found in _PLAIN_ATTRIBUTE.finditer(text, start, end):
        name, raw, other = found.groups()
        group = 2
        if raw is None:
            group, raw = 3, other
        if "&" in raw:
            repairs.ampersands(raw)
        value_start, value_end = found.span(group)
        attributes.append(Attribute(name, raw, plain_value(raw), value_start, value_end))
    return _distinct(attributes)


def _distinct(attributes: list[Attribute]) -> tuple[Attribute, ...]:
    if len(attributes) > 1:
        seen: set[str] = set()
        for attribute in attributes:
            if attribute.name in seen:
                raise UnreadableError(f"the attribute {attribute.name} is written twice", attribute.start)
            seen.add(attribute.name)
    return tuple(attributes)


class _Unusual:
    """Reads a tag with expressions or with something to repair, attribute by attribute."""

    def __init__(self, text: str, start: int, repairs: Repairs) -> None:
        self.text = text
        self.start = start
        self.repairs = repairs
        self.position = start
        self.limit = -1

    def tag(self) -> Tag:
        """The whole tag."""
        text = self.text
        found = _START.match(text, self.start)
        if not found:
            raise UnreadableError("a < that begins no element", self.start)
        self.position = found.end()
        attributes: list[Attribute] = []
        while not (end := _END.match(text, self.position)):
            head = _HEAD.match(text, self.position)
            if not head:
                reason = "is malformed here" if text[self.position :].strip() else "is cut off"
                raise UnreadableError(f"the tag <{found.group(1)}> {reason}", self.position)
            attributes.append(self._attribute(head.group(1), head.end(), head.group(2)))
        return Tag(found.group(1), _distinct(attributes), bool(end.group(1)), end.end())

    def _attribute(self, name: str, start: int, quote: str) -> Attribute:
        text = self.text
        pieces, end = self._pieces(name, start, quote)
        if not _AFTER_VALUE.match(text, end + 1):
            end = self._end_with_inner_quotes(name, start, quote, pieces)
            pieces = [Piece(PLAIN, start, end)]
        for piece in pieces:
            if piece.kind == PLAIN:
                self.repairs.ampersands(text[piece.start : piece.end])
        self.position = end + 1
        raw = text[start:end]
        value = attribute_value(text, pieces) if pieces else plain_value(raw)
        return Attribute(name, raw, value, start, end)

    def _pieces(self, name: str, start: int, quote: str) -> tuple[list[Piece], int]:
        """The pieces of a value, and the offset of its closing mark."""
        text, position = self.text, start
        pieces: list[Piece] = []
        while True:
            found = _RUN[quote].match(text, position)
            end = found.end() if found else position
            char = text[end : end + 1]
            if char == "<":
                placeholder = _PLACEHOLDER.match(text, end)
                if not placeholder:
                    raise UnreadableError(f"a < in the value of {name}; is a quotation mark missing?", end)
                end = placeholder.end()
                self.repairs.note("a < in an attribute, read as the marker of a deployment tool")
            if end > position:
                pieces.append(Piece(PLAIN, position, end))
            position = end
            if char == quote:
                return pieces, position
            if char == "@":
                pieces.append(expression_piece(text, position))
                position = pieces[-1].end
            elif not char:
                raise UnreadableError(f"the value of {name} is never closed", start)

    def _end_with_inner_quotes(self, name: str, start: int, quote: str, pieces: list[Piece]) -> int:
        """The end of a plain value that holds quotation marks itself, as in `subject="O="Contoso, Inc.""`.

        That is the first mark with an even number of others before it, after which the tag ends or an attribute begins.
        """
        text = self.text
        if any(piece.kind == EXPRESSION for piece in pieces):
            raise UnreadableError(f"something stands between the value of {name} and the next attribute", start)
        if self.limit < start:  # looked for once in a tag, or many such values would cost their square
            limit = _LIMIT.search(text, start)
            self.limit = limit.start() if limit else len(text)
        inner = 0
        position = text.find(quote, start, self.limit)
        while position >= 0:
            if inner and inner % 2 == 0 and _VALUE_CLOSES.match(text, position + 1):
                self.repairs.note(f"quotation marks inside the value of {name}")
                return position
            inner += 1
            position = text.find(quote, position + 1, self.limit)
        raise UnreadableError(f"where the value of {name} ends cannot be told", start)
