"""The expressions in the strings of an ARM template: `[concat(parameters('a'), '-', variables('b').c[0])]`.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions.
"""

from __future__ import annotations

import re

from apimdoctor.collect.files.segments import Text, joined
from apimdoctor.collect.files.templates.nodes import Kind, Node, Scalar

MAX_DEPTH = 60

_BLANK = re.compile(r"\s*+")
_NAME = re.compile(r"[A-Za-z_][\w]*+(?:\.[A-Za-z_]\w*+)?+(?=\s*\()", re.ASCII)
_MEMBER = re.compile(r"\s*\.\s*([A-Za-z_@$][\w@$\-]*+)", re.ASCII)
_NUMBER = re.compile(r"-?\d++")
_QUOTED = re.compile(r"'((?:[^']++|'')*+)'")


class FaultError(Exception):
    """A text that is no expression."""


def is_expression(text: str) -> bool:
    """Whether a string of a template is computed: `[[` is an escaped bracket."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def read(text: Text, line: int = 1, column: int = 1) -> Node:
    """The expression that a string holds, literals at their own places; raises FaultError."""
    return _Reader(text, line, column).whole()


class _Reader:
    def __init__(self, text: Text, line: int, column: int) -> None:
        self._whole = text
        self._text = text.text
        self._line, self._column = line, column
        self._at = 1
        self._depth = 0

    def whole(self) -> Node:
        found = self._value()
        self._blank()
        if self._at != len(self._text) - 1:
            raise FaultError("it does not end where its bracket does")
        return found

    def _node(self, kind: Kind, value: Scalar, *children: Node) -> Node:
        return Node(kind, value, children, self._line, self._column)

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _value(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FaultError("it is nested too deep")
        try:
            return self._followed(self._primary())
        finally:
            self._depth -= 1

    def _primary(self) -> Node:
        self._blank()
        quoted = _QUOTED.match(self._text, self._at)
        if quoted is not None:
            start, end = quoted.span(1)
            self._at = quoted.end()
            return self._node("literal", self._literal(start, end))
        number = _NUMBER.match(self._text, self._at)
        if number is not None:
            self._at = number.end()
            return self._node("literal", int(number[0][:19]))
        name = _NAME.match(self._text, self._at)
        if name is None:
            raise FaultError("a function is missing")
        self._at = name.end()
        return self._node("call", name[0], *self._arguments())

    def _literal(self, start: int, end: int) -> Text:
        if "''" not in self._text[start:end]:
            return self._whole.sliced(start, end)
        parts = []
        while (found := self._text.find("''", start, end)) >= 0:
            parts.append(self._whole.sliced(start, found + 1))
            start = found + 2
        return joined([*parts, self._whole.sliced(start, end)])

    def _arguments(self) -> list[Node]:
        self._need("(")
        found: list[Node] = []
        self._blank()
        if self._take(")"):
            return found
        while True:
            found.append(self._value())
            self._blank()
            if not self._take(","):
                self._need(")")
                return found

    def _followed(self, base: Node) -> Node:
        while True:
            member = _MEMBER.match(self._text, self._at)
            if member is not None:
                self._at = member.end()
                base = self._node("member", member[1], base)
                continue
            self._blank()
            if self._at >= len(self._text) - 1 or not self._take("["):
                return base
            base = self._node("index", None, base, self._value())
            self._need("]")

    def _take(self, sign: str) -> bool:
        if self._text[self._at : self._at + 1] != sign:
            return False
        self._at += 1
        return True

    def _need(self, sign: str) -> None:
        self._blank()
        if not self._take(sign):
            raise FaultError(f"{sign!r} is missing")
