"""The edits of one text as a unified diff that `git apply` takes, computed from the edits and not by comparing texts.

The form is that of git (git-scm.com/docs/diff-format): names with `a/` and `b/`, quoted as C strings where they hold
what a header cannot, and a tab after a name with a space. A line ends at a line feed and nowhere else: a carriage return
belongs to its line, as git sees it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from apimdoctor.engine.prescription import TextEdit
from apimdoctor.prescribe.text import applied

CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file\n"
_COMPARED = 250_000
"""Pairs of lines that are compared to make a hunk smaller; a larger one is replaced whole."""
_ESCAPES = {0x07: "\\a", 0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0B: "\\v", 0x0C: "\\f", 0x0D: "\\r"}


class HiddenLineError(Exception):
    """A line that may not be shown would have to stand in the diff."""


class _Swap(Struct, frozen=True):
    """Lines `first` to `last` (exclusive, counted from 0) give way to others."""

    first: int
    last: int
    lines: tuple[str, ...]


def unified(name: str, text: str, edits: Sequence[TextEdit], *, shown: str = "") -> str:
    """The edits of `text` as a diff of the file `name` (`/` between its parts); "" where they change nothing.

    `shown` is the text as it may be shown, of the same length: a line that differs in it holds a secret, so it is left out
    of the context. Raises HiddenLineError where it is itself changed, or where git needs it to find the place.
    """
    lines = _split(text)
    starts = _starts(lines)
    hidden = _hidden(lines, starts, shown) if shown and shown != text else frozenset()
    swaps = [one for block in _blocks(text, starts, edits) for one in _swaps(lines, starts, text, *block)]
    if any(number in hidden for swap in swaps for number in range(swap.first, swap.last)):
        raise HiddenLineError
    told = "".join(_hunks(lines, swaps, hidden))
    return _header(name) + told if told else ""


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _starts(lines: Sequence[str]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts


def _hidden(lines: Sequence[str], starts: Sequence[int], shown: str) -> frozenset[int]:
    return frozenset(number for number, line in enumerate(lines) if shown[starts[number] : starts[number + 1]] != line)


def _blocks(text: str, starts: Sequence[int], edits: Sequence[TextEdit]) -> Iterator[tuple[int, int, list[TextEdit]]]:
    """The lines that edits touch, those of edits on the same lines together."""
    last_line = len(starts) - 1
    first, last, held = -1, -1, list[TextEdit]()
    for edit in edits:
        begin = min(bisect_right(starts, edit.start) - 1, last_line)
        end = min(bisect_right(starts, edit.end), last_line)
        if begin == last_line and begin and not text.endswith("\n"):
            begin -= 1  # behind the last character of a line that has no end
        if held and begin < last:
            last = max(last, end)
            held.append(edit)
            continue
        if held:
            yield first, last, held
        first, last, held = begin, max(begin, end), [edit]
    if held:
        yield first, last, held


def _swaps(
    lines: Sequence[str], starts: Sequence[int], text: str, first: int, last: int, edits: Sequence[TextEdit]
) -> Iterator[_Swap]:
    begin = starts[first]
    moved = [TextEdit(start=edit.start - begin, end=edit.end - begin, text=edit.text) for edit in edits]
    made = _split(applied(text[begin : starts[last]], moved))
    old = lines[first:last]
    while old and made and old[0] == made[0]:
        old, made, first = old[1:], made[1:], first + 1
    while old and made and old[-1] == made[-1]:
        old, made = old[:-1], made[:-1]
    if len(old) * len(made) > _COMPARED:
        yield _Swap(first, first + len(old), tuple(made))
        return
    for tag, one, two, new_one, new_two in SequenceMatcher(None, old, made, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _Swap(first + one, first + two, tuple(made[new_one:new_two]))


def _hunks(lines: Sequence[str], swaps: Sequence[_Swap], hidden: frozenset[int]) -> Iterator[str]:
    shift = 0
    for group in _groups(swaps, hidden):
        begin, end = group[0].first, group[-1].last
        top = _reach(range(begin - 1, max(begin - CONTEXT, 0) - 1, -1), hidden)
        below = _reach(range(end, min(end + CONTEXT, len(lines))), hidden)
        if not below and end < len(lines):
            raise HiddenLineError  # git takes a hunk without lines below for the end of the file
        first, last = begin - top, end + below
        new = last - first + sum(len(swap.lines) - (swap.last - swap.first) for swap in group)
        yield f"@@ -{_span(first, last - first)} +{_span(first + shift, new)} @@\n"
        shift += new - (last - first)
        at = first
        for swap in group:
            yield from _marked(" ", lines[at : swap.first])
            yield from _marked("-", lines[swap.first : swap.last])
            yield from _marked("+", swap.lines)
            at = swap.last
        yield from _marked(" ", lines[at:last])


def _groups(swaps: Sequence[_Swap], hidden: frozenset[int]) -> Iterator[list[_Swap]]:
    """Swaps whose contexts would touch, unless a line that may not be shown stands between them."""
    held: list[_Swap] = []
    for swap in swaps:
        between = range(held[-1].last, swap.first) if held else range(0)
        if held and (len(between) > 2 * CONTEXT or any(number in hidden for number in between)):
            yield held
            held = []
        held.append(swap)
    if held:
        yield held


def _reach(numbers: range, hidden: frozenset[int]) -> int:
    """How many of these lines, from the first on, may be shown."""
    return next((count for count, number in enumerate(numbers) if number in hidden), len(numbers))


def _span(first: int, count: int) -> str:
    return f"{first + 1 if count else first},{count}"


def _marked(sign: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n{_NO_NEWLINE}"


def _header(name: str) -> str:
    one, two = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    # A reader of plain diffs takes a space for the end of the name; git ends such a name with a tab.
    tab = "\t" if " " in name and not one.startswith('"') else ""
    return f"diff --git {one} {two}\n--- {one}{tab}\n+++ {two}{tab}\n"


def _quoted(name: str) -> str:
    """A name as git writes it with core.quotePath: bytes that are no printable ASCII as octal numbers."""
    raw = name.encode("utf-8", "surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return name
    return f'"{"".join(map(_escaped, raw))}"'


def _escaped(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{chr(byte)}"
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
