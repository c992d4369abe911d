"""Cures of names that nothing bears: the one existing name that is but a letter or two away."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from apimdoctor.engine.prescription import Prescription, TextEdit
from apimdoctor.facts.vocabulary import Place, Reference
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.snapshot import Contents

_NEAR = 0.84
_PATTERNS = {
    "named value": r"\{{\{{\s*(?P<name>{})\s*\}}\}}",
    "fragment": r"""fragment-id\s*=\s*["'](?P<name>{})["']""",
}


def near_name(case: Case) -> Iterator[Prescription]:
    """The reference names what exists."""
    reference: Reference = case.subject("reference")
    near = get_close_matches(reference.name, _names(case, reference), n=2, cutoff=_NEAR)
    if len(near) != 1 or reference.kind not in _PATTERNS:
        raise CannotEditError("no name resembles it, or several do")
    script = case.script(reference.place)
    pattern = re.compile(_PATTERNS[reference.kind].format(re.escape(reference.name)))
    element = script.at(reference.place)
    edits = [
        TextEdit(start=found.start("name"), end=found.end("name"), text=near[0])
        for found in pattern.finditer(script.text, element.start, element.end)
    ]
    yield Prescription(
        title=f"Write {near[0]} instead of {reference.name}", safety="review", changes=(script.edit(*edits),)
    )


def _names(case: Case, reference: Reference) -> set[str]:
    place: Place = reference.place
    found: set[str] = set()
    for service in case.snapshot.services:
        if service.name == place.service:
            inner = (space.contents for space in service.workspaces if space.name == place.workspace)
            for contents in (service.contents, *inner):
                found |= _bearing(contents, reference.kind)
    return found


def _bearing(contents: Contents, kind: str) -> set[str]:
    if kind == "fragment":
        return {one.name for one in contents.fragments}
    return {one.display_name for one in contents.named_values}


PRESCRIBERS: Prescribers = {"named-value-missing": near_name, "fragment-missing": near_name}
