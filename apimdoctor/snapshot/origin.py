"""Where a text or an object was written, so that a finding points at the line its author edits."""

from msgspec import Struct


class Origin(Struct, frozen=True, kw_only=True):
    """A file of the source (posix path relative to its root) or, for Azure, the resource id.

    `anchors` maps offsets in the text to places in the file, for text that stands inside JSON, a heredoc or a
    template: (offset in the text, line, column), ascending, counted from 1. Empty: the text is the file itself.
    """

    document: str = ""
    line: int = 1
    column: int = 1
    anchors: tuple[tuple[int, int, int], ...] = ()
    file: bool = False
    """True when `document` is a file that a person edits, False for a resource id."""
