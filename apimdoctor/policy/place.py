"""Offsets in a policy text to lines and columns of the file its author edits."""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct


class Position(Struct, frozen=True):
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
        self._line_starts: list[int] = []
        self._anchor_offsets = [offset for offset, _, _ in anchors]

    @property
    def _starts(self) -> list[int]:
        starts = self._line_starts
        if not starts:  # looked for when the first place is asked for
            text = self._text
            # A byte order mark is no column that an editor counts.
            starts.append(1 if text.startswith("\ufeff") else 0)
            end = text.find("\n")
            while end >= 0:
                starts.append(end + 1)
                end = text.find("\n", end + 1)
        return starts

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
