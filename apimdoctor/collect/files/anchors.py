"""Where the characters of a policy inside a JSON file stand in that file."""

import re

import msgspec

from apimdoctor.collect.files.contents import text_of
from apimdoctor.collect.files.tree import UnreadableError

Anchor = tuple[int, int, int]
"""Offset in the text, line and column in the file, the latter two counted from 1."""

_MEMBER = re.compile(r'"(?:value|policyContent|xml_content)"\s*:\s*"')
_LITERAL = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+')
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")


class Literals:
    """The long string values of one JSON file, found again by their decoded text."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._source = ""
        self._starts: dict[str, list[int]] | None = None

    def anchors(self, text: str) -> tuple[Anchor, ...]:
        """The places of a decoded text, or () where it cannot be found; equal texts are told apart by their order."""
        if self._starts is None:
            self._starts = self._find()
        starts = self._starts.get(text)
        if not starts:
            return ()
        return self._places(starts.pop(0) if len(starts) > 1 else starts[0])

    def _find(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        try:
            self._source = text_of(self._content)
        except UnreadableError:
            return found
        for member in _MEMBER.finditer(self._source):
            literal = _LITERAL.match(self._source, member.end())
            if literal is None:
                continue
            try:
                text = msgspec.json.decode(f'"{literal[0]}"')
            except (msgspec.DecodeError, UnicodeError):
                continue
            found.setdefault(text, []).append(member.end())
        return found

    def _places(self, start: int) -> tuple[Anchor, ...]:
        line = self._source.count("\n", 0, start) + 1
        first = start - (self._source.rfind("\n", 0, start) + 1) + 1
        literal = _LITERAL.match(self._source, start)
        anchors = [(0, line, first)]
        lost = 0
        for escape in _ESCAPE.finditer(literal[0] if literal is not None else ""):
            lost += len(escape[0]) - 1
            anchors.append((escape.end() - lost, line, first + escape.end()))
        return tuple(anchors)
