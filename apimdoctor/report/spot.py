"""Where a pipeline shows a finding: a file of the repository with line and column, which every result must have."""

from msgspec import Struct

from apimdoctor.facts.vocabulary import Place
from apimdoctor.report.model import Report


class Spot(Struct, frozen=True):
    """A file (`/` between its parts) and a position in it, counted from 1; 0 = none is known."""

    path: str
    line: int = 0
    column: int = 0


def spot(place: Place, report: Report) -> Spot:
    """The file a place stands in, else the file that findings of a live service are anchored to."""
    if place.document in report.files.paths:
        return Spot(report.files.paths[place.document], place.line, place.column)
    if place.file and place.document:
        return Spot(place.document, place.line, place.column)
    return Spot(report.files.anchor)


def absolute(path: str, report: Report) -> str:
    """The path as an agent finds it that knows no working folder."""
    folder = report.files.folder
    if not folder or path.startswith("/") or path[1:3] == ":/":
        return path
    return f"{folder.rstrip('/')}/{path}"
