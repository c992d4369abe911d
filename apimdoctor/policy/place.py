"""Offsets in a policy text to lines and columns of the file its author edits."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

from apimdoctor.frozen import frozen

_NEWLINE = re.compile("\n")


@frozen
class Position:
    """A place in the author's file, counted from 1; columns count characters."""

    line: int = 1
    column: int = 1


class Lines:
    """The line starts of one text. `anchors` (offset, line, column) as in the snapshot's origin; empty: the text is the file.

    Between two anchors, text and file run alike: a line break in the text is one in the file.
    """

    def __init__(self, text: str, anchors: Sequence[tuple[int, int, int]] = ()) -> None:
        self._text = text
        self._anchors = anchors

    @cached_property
    def _starts(self) -> list[int]:
        # A byte order mark is no column that an editor counts.
        first = 1 if self._text.startswith("\ufeff") else 0
        return [first, *(found.end() for found in _NEWLINE.finditer(self._text))]

    @cached_property
    def _anchor_offsets(self) -> list[int]:
        return [offset for offset, _, _ in self._anchors]

    def at(self, offset: int) -> Position:
        """The place of an offset."""
        starts = self._starts
        line = bisect_right(starts, offset) or 1
        if not self._anchors:
            return Position(line, offset - starts[line - 1] + 1 if offset > starts[0] else 1)
        index = max(0, bisect_right(self._anchor_offsets, offset) - 1)
        anchored, file_line, file_column = self._anchors[index]
        anchor_line = bisect_right(starts, anchored) or 1
        if line == anchor_line:
            return Position(file_line, max(1, file_column + offset - anchored))
        return Position(max(1, file_line + line - anchor_line), max(1, offset - starts[line - 1] + 1))
