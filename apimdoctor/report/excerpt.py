"""The lines of a policy that a finding speaks of, found again in the snapshot by the place that the facts recorded."""

from collections.abc import Iterator

from msgspec import Struct

from apimdoctor.facts.vocabulary import Place
from apimdoctor.snapshot import Contents, PolicyText, Service, Snapshot

BEFORE = 1
LONGEST = 5
WIDEST = 300


class Excerpt(Struct, frozen=True, kw_only=True):
    """Numbered lines of a policy; `marked` is the number of the line that is underlined from `first` to `last`.

    Columns count characters of the shown text, from 0; `more` says that the element goes on below.
    """

    lines: tuple[tuple[int, str], ...]
    marked: int
    first: int
    last: int
    more: bool = False


class Texts:
    """The policy texts of a snapshot by the document they stand in."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._by_document: dict[str, list[PolicyText]] = {}
        for service in snapshot.services:
            for policy in _policies(service):
                self._by_document.setdefault(policy.origin.document, []).append(policy)

    def excerpt(self, place: Place) -> Excerpt | None:
        """The lines at this place, None where there is no policy text (an app registration, a missing policy)."""
        if place.start < 0:
            return None
        for policy in self._by_document.get(place.document, ()):
            if _stands_at(policy, place):
                return _cut(policy.text, place)
        return None

    def whole(self, document: str) -> str:
        """The text of a file that is itself a policy; "" where there is none."""
        return next((one.text for one in self._by_document.get(document, ()) if not one.origin.anchors), "")

    def element(self, place: Place) -> str:
        """The element at this place as written, with the margin of its first line taken from all; "" where there is none."""
        if place.start < 0:
            return ""
        for policy in self._by_document.get(place.document, ()):
            if _stands_at(policy, place):
                margin = place.start - (policy.text.rfind("\n", 0, place.start) + 1)
                first, *rest = policy.text[place.start : max(place.end, place.start)].splitlines()
                return "\n".join([first, *(line[min(margin, len(line) - len(line.lstrip())) :] for line in rest)])
        return ""


def _policies(service: Service) -> Iterator[PolicyText]:
    if service.policy:
        yield service.policy
    yield from _policies_in(service.contents)
    for workspace in service.workspaces:
        if workspace.policy:
            yield workspace.policy
        yield from _policies_in(workspace.contents)


def _policies_in(contents: Contents) -> Iterator[PolicyText]:
    for api in contents.apis:
        inner = (*(one.policy for one in api.operations), *(one.policy for one in api.resolvers))
        yield from filter(None, (api.policy, *inner))
    for product in contents.products:
        if product.policy:
            yield product.policy
    for fragment in contents.fragments:
        yield fragment.policy


def _stands_at(policy: PolicyText, place: Place) -> bool:
    """Several policies may stand in one document (ARM JSON): the right one has the place at this offset."""
    if place.start >= len(policy.text):
        return False
    line, column = policy.origin.line, policy.origin.column
    since = 0
    for offset, at_line, at_column in policy.origin.anchors:
        if offset > place.start:
            break
        since, line, column = offset, at_line, at_column
    newlines = policy.text.count("\n", since, place.start)
    if newlines:
        line += newlines
        column = place.start - policy.text.rfind("\n", since, place.start)
    else:
        column += place.start - since
    return place.line in (0, line) and place.column in (0, column)


def _cut(text: str, place: Place) -> Excerpt:
    begin = text.rfind("\n", 0, place.start) + 1
    end = max(place.end, place.start + 1)
    stop = text.find("\n", max(end - 1, begin))
    own = [line.rstrip("\r") for line in text[begin : stop if stop >= 0 else len(text)].split("\n")]
    column = place.start - begin
    length = max(_tag_end(text, place.start, end) - place.start, 1)
    if column > WIDEST // 3:
        # A policy in one line: without leaving out what stands before the element, nobody would see it.
        shown = "... " + own[0][column : column + WIDEST]
        return Excerpt(
            lines=((place.line, shown),),
            marked=place.line,
            first=4,
            last=min(4 + length, len(shown)),
            more=len(own) > 1,
        )
    above = [line.rstrip("\r") for line in text[:begin].split("\n")[:-1][-BEFORE:] if line.strip()]
    lines = [*above, *own[:LONGEST]]
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return Excerpt(
        lines=tuple(
            (place.line + index, line[margin : margin + WIDEST]) for index, line in enumerate(lines, start=-len(above))
        ),
        marked=place.line,
        first=column - margin,
        last=min(column - margin + length, WIDEST),
        more=len(own) > LONGEST,
    )


def _tag_end(text: str, start: int, end: int) -> int:
    """Where the underline stops: after the tag's name and what follows it on the line, not beyond the element."""
    newline = text.find("\n", start)
    stop = min(end, newline if newline >= 0 else len(text))
    close = text.find(">", start, stop)
    # An expression may hold `>`; underlining up to it is still right for the eye.
    return close + 1 if close >= 0 else start + len(text[start:stop].rstrip())
