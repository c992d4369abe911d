"""Where documents stand in the working folder: a pipeline shows a finding at a file of its repository, or not at all."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from apimdoctor.engine.finding import Finding
from apimdoctor.engine.prescription import PolicyEdit
from apimdoctor.facts.vocabulary import Place
from apimdoctor.report.model import Files, Report

ANCHORS = ("apimdoctor.yaml", "pyproject.toml", "README.md")


def files(report: Report, roots: Sequence[Path], config: Path | None) -> Files:
    """The files of a report's documents, and the file that findings without one are shown at."""
    here = Path.cwd()
    found = {}
    for document in _documents(report):
        for candidate in _candidates(document, roots):
            if candidate.is_file():
                found[document] = _told(candidate, here)
                break
    anchor = _told(config, here) if config else next((name for name in ANCHORS if Path(name).is_file()), ANCHORS[0])
    return Files(paths=found, anchor=anchor, folder=here.as_posix())


def _documents(report: Report) -> Iterable[str]:
    places = [place for one in report.verdicts.findings for place in (one.at, *one.related, *_changed(one))]
    return dict.fromkeys(place.document for place in places if place.document)


def _changed(finding: Finding) -> Iterable[Place]:
    """The policies that its prescriptions change."""
    for prescription in finding.prescriptions:
        yield from (change.at for change in prescription.changes if isinstance(change, PolicyEdit))


def _candidates(document: str, roots: Sequence[Path]) -> Iterable[Path]:
    """The collectors name a document from its root; with several roots the root's own name stands first."""
    for root in roots:
        if len(roots) == 1:
            yield root if root.is_file() else root / document
            continue
        first, _, rest = document.partition("/")
        name = root.resolve().name
        if first == name or first.startswith(f"{name}-"):
            yield root / rest if rest and root.is_dir() else root


def _told(file: Path, here: Path) -> str:
    # Links are followed: code scanning shows no file behind one.
    real = file.resolve()
    return real.relative_to(here.resolve()).as_posix() if real.is_relative_to(here.resolve()) else real.as_posix()
