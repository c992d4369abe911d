"""The text of a file whatever its encoding, and its JSON with the secrets masked."""

import codecs
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from apimdoctor.collect.files.tree import Tree, UnreadableError
from apimdoctor.snapshot import Gap, GapKind, Origin
from apimdoctor.snapshot.redact import Redactor

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Desk:
    """One root being read: its tree, the redactor every text passes, and the gaps found on the way."""

    def __init__(self, tree: Tree, redactor: Redactor, prefix: str = "") -> None:
        self.tree = tree
        self.redactor = redactor
        self.prefix = prefix
        self.gaps: list[Gap] = [
            Gap(scope=prefix + gap.scope, kind=gap.kind, detail=gap.detail, hint=gap.hint) for gap in tree.gaps()
        ]

    def origin(self, path: str) -> Origin:
        """The place of a file."""
        return Origin(document=self.prefix + path, file=True)

    def gap(self, path: str, kind: GapKind, detail: str, hint: str = "") -> None:
        """Note that a file, or an object in it, could not be read."""
        self.gaps.append(Gap(scope=self.prefix + path, kind=kind, detail=detail, hint=hint))

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None and a gap."""
        try:
            return self.tree.read(path)
        except UnreadableError as error:
            self.gap(path, "failed", f"the file cannot be read: {error}", "check the file and its permissions")
            return None


class Form(Struct, frozen=True):
    """How a text stands in a file: the byte order mark and the encoding, so that it can be written back the same way."""

    mark: bytes
    encoding: str

    def bytes_of(self, text: str) -> bytes:
        """The file that holds this text. Raises UnreadableError for what the encoding cannot say."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError:
            raise UnreadableError(f"{self.encoding.upper()} cannot hold its text") from None


def form_of(content: bytes) -> Form:
    """How the text of a file stands in it.

    UTF-8, or what a byte order mark or the zero bytes of UTF-16 tell; Windows-1252 where that is what the XML declares.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Form(mark, encoding)
    start = content[:4]
    if len(start) == 4 and start[1] == 0 and start[3] == 0 and start[0]:
        return Form(b"", "utf-16-le")
    if len(start) == 4 and start[0] == 0 and start[2] == 0 and start[1]:
        return Form(b"", "utf-16-be")
    declared = content[:100].lower()
    if b"iso-8859-1" in declared or b"windows-1252" in declared:
        return Form(b"", "cp1252")
    return Form(b"", "utf-8")


def text_of(content: bytes) -> str:
    """The text of a file without its byte order mark; line ends as they are. Raises UnreadableError."""
    form = form_of(content)
    return _decoded(content[len(form.mark) :], form.encoding)


def json_of(content: bytes) -> Any:
    """The JSON of a file. Raises UnreadableError, whose message never quotes the file."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError):
        pass
    try:
        return msgspec.json.decode(text_of(content))
    except RecursionError:
        raise UnreadableError("it is nested too deep") from None
    except msgspec.DecodeError as error:
        raise UnreadableError(f"it is no JSON ({_position(error)})") from None


def attempt(desk: Desk, path: str, content: bytes, decode: Callable[[bytes], Any], what: str) -> Any:
    """What `decode` makes of a file, or None and a gap that says what was expected there."""
    try:
        return decode(content)
    except UnreadableError as error:
        desk.gap(path, "unparsed", f"{what} cannot be read: {error}", "correct the file, or take it out of the folder")
        return None


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableError(f"its text is not {encoding.upper()}") from None


def _position(error: msgspec.DecodeError) -> str:
    message = str(error)
    _, found, position = message.rpartition("(byte ")
    return (
        f"byte {position.rstrip(')')}"
        if found
        else "it ends too early"
        if "truncated" in message
        else "not well-formed"
    )
