"""Whether a draft cures its finding: applied in memory and judged again, the finding is gone and no error is new."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.engine.prescription import Change, PolicyEdit, Prescription
from apimdoctor.engine.rulefile import Rule
from apimdoctor.engine.waivers import Waiver
from apimdoctor.facts.build import Built, build_whole
from apimdoctor.prescribe.apply import applied
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.prescribe.texts import Scripts
from apimdoctor.prescribe.unified import unified
from apimdoctor.snapshot import Snapshot
from apimdoctor.snapshot.masks import FILLER

Loose = tuple[str, ...]
"""A finding by its rule and the elements it is at, without their numbers among siblings: these shift when a step moves."""
_NUMBER = re.compile(r"\[\d+\]")


class Verifier:
    """Tries drafts on one snapshot, of which everything that is found was `found` before."""

    def __init__(self, snapshot: Snapshot, found: Verdicts, rules: Sequence[Rule], waivers: Sequence[Waiver]) -> None:
        self._snapshot = snapshot
        self._rules = rules
        self._waivers = waivers
        standing = (*found.findings, *(waived.finding for waived in found.waived))
        self._known = Counter(key for one in standing for key in _keys(one))

    def verified(self, finding: Finding, draft: Prescription, scripts: Scripts) -> tuple[Prescription, Built] | None:
        """The draft with its diffs, and the facts after it; None when it does not cure, or harms."""
        if not draft.changes or any(_holds_mask(change) for change in draft.changes):
            return None
        try:
            snapshot = applied(self._snapshot, draft.changes)
        except CannotEditError:
            return None
        built = build_whole(snapshot)
        after = judge(self._rules, built.facts, waivers=self._waivers)
        if not self._cured(finding, after):
            return None
        return replace(draft, changes=tuple(_shown(change, scripts) for change in draft.changes)), built

    def _cured(self, finding: Finding, after: Verdicts) -> bool:
        standing = [*after.findings, *(waived.finding for waived in after.waived)]
        left = Counter(_loose(one) for one in standing)
        key = _loose(finding)
        if left[key] >= max(1, self._known[key]):
            return False
        if any(
            one.rule == finding.rule and key in _keys(one) and one.fingerprint == finding.fingerprint
            for one in standing
        ):
            return False
        return all(one.severity != "error" or left[_loose(one)] <= self._known[_loose(one)] for one in standing)


def _keys(finding: Finding) -> list[Loose]:
    """Of the finding, and of what it explains: that stood in its shadow before, so it is nothing new."""
    folded = [(also.rule, also.at.resource, _NUMBER.sub("", also.at.path)) for also in finding.also]
    return [_loose(finding), *folded]


def _loose(finding: Finding) -> Loose:
    return (finding.rule, finding.at.resource, _NUMBER.sub("", finding.at.path))


def _holds_mask(change: Change) -> bool:
    """A text that would write a mask where the author's secret stands."""
    return isinstance(change, PolicyEdit) and any(FILLER in edit.text for edit in change.edits)


def _shown(change: Change, scripts: Scripts) -> Change:
    if not isinstance(change, PolicyEdit):
        return change
    name = (change.at.document or change.at.resource).lstrip("/")
    return replace(change, diff=unified(name, scripts.of(change.at).text, change.edits))
