"""A prescription applied to a snapshot in memory, so that the cured configuration can be judged."""

from collections.abc import Iterable

from msgspec.structs import replace

from apimdoctor.engine.prescription import Change, ObjectPatch, PolicyEdit
from apimdoctor.facts.vocabulary import Place
from apimdoctor.prescribe import texts
from apimdoctor.prescribe.objects import patched
from apimdoctor.prescribe.text import applied as edited
from apimdoctor.prescribe.text import shifted
from apimdoctor.snapshot import PolicyText, Snapshot


def applied(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """The snapshot after the changes; CannotEditError when it does not hold what they change."""
    edits: dict[texts.Key, PolicyEdit] = {}
    for change in changes:
        if isinstance(change, ObjectPatch):
            snapshot = patched(snapshot, change)
        else:
            edits[(change.at.resource, change.at.document)] = change
    if not edits:
        return snapshot

    def change_text(place: Place, text: PolicyText) -> PolicyText:
        edit = edits.get((place.resource, place.document))
        return text if edit is None else _after(text, edit)

    return texts.changed(snapshot, change_text)


def _after(text: PolicyText, edit: PolicyEdit) -> PolicyText:
    anchors = tuple((shifted(offset, edit.edits), line, column) for offset, line, column in text.origin.anchors)
    return replace(text, text=edited(text.text, edit.edits), origin=replace(text.origin, anchors=anchors))
