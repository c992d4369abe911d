"""JSON as people write templates in it: with comments, line breaks in strings and trailing commas, every place kept.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/syntax (comments, multi-line strings).
"""

from __future__ import annotations

import re
from typing import NoReturn

from apimdoctor.collect.files.segments import Place, Segment, Text, Written, literal
from apimdoctor.collect.files.templates.nodes import Kind, Node, Scalar

MAX_DEPTH = 100

_BLANK = re.compile(r"(?:\s++|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+")
_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL
)
_SCALAR = re.compile(r"(true|false|null)\b|(-?\d++)(?![.eE\d])|(-?\d[\d.eE+\-]*+)")
_CONSTANTS = {"true": True, "false": False, "null": None}
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class FaultError(Exception):
    """A text that is no JSON; the line says where."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def read(text: str, document: str) -> Node:
    """The value that a text is; raises FaultError."""
    reader = _Reader(text, document)
    found = reader.value(0)
    reader.blank()
    if reader.at < len(text):
        reader.fail("something follows the end")
    return found


class _Reader:
    def __init__(self, text: str, document: str) -> None:
        self.text = text
        self.file = Written(document, text)
        self.at = 0

    def fail(self, what: str) -> NoReturn:
        """Gives up at the present place."""
        raise FaultError(what, self.file.line_and_column(self.at)[0])

    def blank(self) -> None:
        """Skips blanks and comments."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def value(self, depth: int) -> Node:
        """One value."""
        self.blank()
        if depth > MAX_DEPTH:
            self.fail("it is nested too deep")
        start = self.at
        sign = self.text[start : start + 1]
        if sign == "{":
            return self._node("object", start, None, *self._object(depth))
        if sign == "[":
            self.at += 1
            items = []
            while not self._closed("]"):
                items.append(self.value(depth + 1))
            return self._node("list", start, None, *items)
        if sign == '"':
            return self._node("literal", start, self._string())
        found = _SCALAR.match(self.text, start)
        if found is None:
            self.fail("a value is missing")
        self.at = found.end()
        if found[1]:
            return self._node("literal", start, _CONSTANTS[found[1]])
        return self._node("literal", start, int(found[2][:19]) if found[2] else 0)

    def _node(self, kind: Kind, start: int, value: Scalar, *children: Node) -> Node:
        line, column = self.file.line_and_column(start)
        return Node(kind, value, children, line, column)

    def _object(self, depth: int) -> list[Node]:
        self.at += 1
        found = []
        while not self._closed("}"):
            start = self.at
            if self.text[start : start + 1] != '"':
                self.fail("the name of a property is missing")
            name = self._string().text
            self.blank()
            if self.text[self.at : self.at + 1] != ":":
                self.fail("':' is missing")
            self.at += 1
            found.append(self._node("pair", start, name, self.value(depth + 1)))
        return found

    def _closed(self, sign: str) -> bool:
        self.blank()
        while self.text[self.at : self.at + 1] == ",":
            self.at += 1
            self.blank()
        if self.at >= len(self.text):
            self.fail(f"{sign!r} is missing")
        if self.text[self.at] == sign:
            self.at += 1
            return True
        return False

    def _string(self) -> Text:
        found = _STRING.match(self.text, self.at)
        if found is None:
            self.fail("a string is never closed")
        start = self.at + 1
        self.at = found.end()
        raw = found[1]
        return self._escaped(raw, start) if "\\" in raw else literal(raw, Place(self.file, start))

    def _escaped(self, raw: str, start: int) -> Text:
        """The text of a string with escapes, each of which is a piece of its own."""
        pieces = []
        at = 0
        for escape in _ESCAPE.finditer(raw):
            if escape.start() > at:
                pieces.append(Segment(raw[at : escape.start()], Place(self.file, start + at)))
            pieces.append(Segment(_character(escape), Place(self.file, start + escape.start())))
            at = escape.end()
        if at < len(raw):
            pieces.append(Segment(raw[at:], Place(self.file, start + at)))
        return Text(tuple(pieces))


def _character(escape: re.Match[str]) -> str:
    high, low, code, letter = escape.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if code:
        value = int(code, 16)
        return "\ufffd" if 0xD800 <= value < 0xE000 else chr(value)
    return _LETTERS.get(letter, letter)
