"""A text put together from pieces of files: every piece knows where its author wrote it, so that findings point there."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.collect.files.anchors import Anchor
from apimdoctor.snapshot import Origin

MAX_ANCHORS = 20_000
"""A text of more pieces is hostile; what follows keeps the place of the last piece."""


class Written:
    """The text of one file, and where its lines start."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class Place(Struct, frozen=True):
    """An offset in a file."""

    file: Written
    offset: int


class Segment(Struct, frozen=True):
    """A piece: literal text as it stands in a file, or text that stands for something else."""

    text: str
    at: Place | None = None
    """Where it is written; None for text that was computed."""
    via: tuple[Place, ...] = ()
    """Where it was inserted into other texts, the innermost first."""
    symbol: object = None
    """What an unknown piece stands for; its text is then a marker such as `${var.x}`."""


class Text(Struct, frozen=True, eq=False, dict=True):
    """A string value. Equal texts are equal whatever their pieces."""

    segments: tuple[Segment, ...] = ()

    @cached_property
    def text(self) -> str:
        """The whole text, markers in the place of what is unknown."""
        return "".join(segment.text for segment in self.segments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    @property
    def known(self) -> bool:
        """Whether no piece is unknown."""
        return all(segment.symbol is None for segment in self.segments)

    @property
    def only_symbol(self) -> object:
        """The symbol when the text is nothing else."""
        pieces = [segment for segment in self.segments if segment.text]
        return pieces[0].symbol if len(pieces) == 1 else None

    def __add__(self, other: "Text") -> "Text":
        return Text(self.segments + other.segments)

    def sliced(self, start: int, end: int) -> "Text":
        """A part of it; a piece that is unknown is kept whole where it is touched."""
        return Text(tuple(self._cut(start, end)))

    def _cut(self, start: int, end: int) -> Iterator[Segment]:
        at = 0
        for segment in self.segments:
            first, last = max(start - at, 0), min(end - at, len(segment.text))
            at += len(segment.text)
            if first >= last:
                continue
            if segment.symbol is not None or (first == 0 and last == len(segment.text)):
                yield segment
            else:
                moved = replace(segment.at, offset=segment.at.offset + first) if segment.at else None
                yield replace(segment, text=segment.text[first:last], at=moved)

    def inserted(self, place: Place | None) -> "Text":
        """The text as a part of another one, which names it at this place."""
        if place is None:
            return self
        return Text(tuple(replace(segment, via=(*segment.via, place)) for segment in self.segments))

    def replaced(self, old: str, new: "Text") -> "Text":
        """Every occurrence of a text replaced; what is put in remembers the place of what it replaces.

        Only what is known is looked through: what the text of an unknown piece will be nobody can tell.
        """
        if not old or old not in self.text:
            return self
        pieces: list[Segment] = []
        for unknown, run in groupby(self.segments, key=lambda segment: segment.symbol is not None):
            stretch = list(run)
            pieces += stretch if unknown else _replaced(stretch, old, new)
        return Text(tuple(pieces))

    def stripped(self) -> "Text":
        """Without the blanks around it."""
        whole = self.text
        start = len(whole) - len(whole.lstrip())
        return self.sliced(start, len(whole.rstrip()) if start < len(whole) else start)

    @cached_property
    def file(self) -> Written | None:
        """The file most of it stands in."""
        sizes: dict[Written, int] = {}
        for segment in self.segments:
            for place, weight in [(segment.at, len(segment.text)), *((place, 0) for place in segment.via)]:
                if place is not None:
                    sizes[place.file] = sizes.get(place.file, 0) + weight
        return max(sizes, key=lambda file: sizes[file]) if sizes else None

    def origin(self, prefix: str = "") -> Origin:
        """The file a person edits, with anchors unless the text is just what the file holds."""
        file = self.file
        if file is None:
            return Origin()
        pieces = [segment for segment in self.segments if segment.text]
        whole = len(pieces) == 1 and pieces[0].symbol is None and pieces[0].text == file.text
        anchors = () if whole else tuple(_anchors(pieces, file))
        line, column = (anchors[0][1], anchors[0][2]) if anchors else (1, 1)
        return Origin(document=prefix + file.path, line=line, column=column, anchors=anchors, file=True)


def literal(text: str, place: Place | None = None) -> Text:
    """A text of one piece."""
    return Text((Segment(text, place),) if text else ())


def joined(texts: Iterable[Text], between: Text | None = None) -> Text:
    """Texts one after the other."""
    segments: list[Segment] = []
    for position, text in enumerate(texts):
        if position and between is not None:
            segments += between.segments
        segments += text.segments
    return Text(tuple(segments))


def _replaced(run: list[Segment], old: str, new: Text) -> Iterator[Segment]:
    """One pass over known pieces."""
    whole, at = "".join(segment.text for segment in run), 0
    rest = _Cutter(run)
    found = whole.find(old)
    while found >= 0:
        yield from rest.cut(found)
        cut = rest.cut(found + len(old))
        yield from new.inserted(cut[0].at if cut else None).segments
        at = found + len(old)
        found = whole.find(old, at)
    yield from rest.cut(len(whole))


class _Cutter:
    """Cuts known pieces from left to right."""

    def __init__(self, run: list[Segment]) -> None:
        self._run = run
        self._index = 0
        self._inside = 0
        self._at = 0

    def cut(self, end: int) -> list[Segment]:
        """What stands between the last cut and this offset."""
        found = []
        while self._at < end and self._index < len(self._run):
            segment = self._run[self._index]
            take = min(end - self._at, len(segment.text) - self._inside)
            moved = replace(segment.at, offset=segment.at.offset + self._inside) if segment.at else None
            whole = take == len(segment.text)
            text = segment.text[self._inside : self._inside + take]
            found.append(segment if whole else replace(segment, text=text, at=moved))
            self._at += take
            self._inside += take
            if self._inside == len(segment.text):
                self._index, self._inside = self._index + 1, 0
        return found


def _anchors(pieces: list[Segment], file: Written) -> Iterator[Anchor]:
    offset, made, due = 0, 0, -1
    line, column = 1, 1
    for segment in pieces:
        own = segment.at if segment.at is not None and segment.at.file is file and segment.symbol is None else None
        if own is not None:
            if own.offset != due:
                line, column = file.line_and_column(own.offset)
                yield offset, line, column
                made += 1
            due = own.offset + len(segment.text)
        else:
            due = -1
            inserted = next((place for place in (segment.at, *segment.via) if place and place.file is file), None)
            if inserted is not None:
                line, column = file.line_and_column(inserted.offset)
            # Every line of what was put in stands at the one place that put it there.
            at = 0
            while at >= 0 and made < MAX_ANCHORS:
                yield offset + at, line, column
                made += 1
                at = segment.text.find("\n", at) + 1 or -1
        if made >= MAX_ANCHORS:
            return
        offset += len(segment.text)
