"""Whether drafts cure their findings: applied in memory and judged again, the finding is gone and no error is new.

Drafts that reach different APIs are tried together, on a snapshot of the APIs that they reach: what is judged for one API
does not depend on another, but for what they share, and that stays. So the cost follows the drafts, not the tenant.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from apimdoctor.engine.declared import Rule
from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.engine.prescription import Change, PolicyEdit, Prescription
from apimdoctor.engine.waivers import Waiver
from apimdoctor.facts.build import Built, build_whole
from apimdoctor.facts.vocabulary import Place
from apimdoctor.prescribe.apply import applied
from apimdoctor.prescribe.reach import ApiKey, Reach, restricted
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.snapshot import Snapshot
from apimdoctor.snapshot.masks import FILLER

Loose = tuple[str, ...]
"""A finding by its rule and the elements it is at, without their numbers among siblings: these shift when a step moves."""
_FEW = 12
"""With so few APIs each trial that reaches most of them has a round of its own: it costs little."""
_NUMBER = re.compile(r"\[\d+\]")


class Trial(Struct, frozen=True, eq=False):
    """A draft to be tried for its finding, and the APIs it reaches."""

    finding: Finding
    draft: Prescription
    reaches: frozenset[ApiKey]


class Cured(Struct, frozen=True, eq=False):
    """The configuration after a draft that cures: what its APIs look like then."""

    snapshot: Snapshot
    built: Built


class Verifier:
    """Tries drafts on one snapshot, of which everything that is found was `found` before."""

    def __init__(
        self, snapshot: Snapshot, built: Built, found: Verdicts, rules: Sequence[Rule], waivers: Sequence[Waiver]
    ) -> None:
        self._snapshot = snapshot
        self._rules = rules
        self._waivers = waivers
        self._reach = Reach(snapshot, built.facts)
        standing = (*found.findings, *(waived.finding for waived in found.waived))
        self._known = Counter(key for one in standing for key in _keys(one))

    def trial(self, finding: Finding, draft: Prescription) -> Trial | None:
        """The draft made ready; None when it would change nothing, or write a mask where a secret stands."""
        if not draft.changes or any(_holds_mask(change) for change in draft.changes):
            return None
        return Trial(finding, draft, self._reach.of(finding, draft))

    def cured(self, trials: Iterable[Trial]) -> Iterator[tuple[Trial, Cured]]:
        """The trials that succeed, each with what it makes: a configuration is let go before the next one is made."""
        alone: list[Trial] = []
        for group in _rounds(trials, len(self._reach.everything)):
            passed, blamed = self._round(group)
            yield from passed.items()
            if len(group) > 1:
                alone += blamed if _apart(group) else [trial for trial in group if trial not in passed]
        for trial in alone:
            yield from self._round([trial])[0].items()

    def _round(self, group: Sequence[Trial]) -> tuple[dict[Trial, Cured], list[Trial]]:
        """Those that cure, and those that would but for a new error of no API, which another of the group may cause."""
        reached = frozenset().union(*(trial.reaches for trial in group))
        snapshot = restricted(self._snapshot, reached) if reached < self._reach.everything else self._snapshot
        tried = []
        for trial in group:
            try:
                snapshot = applied(snapshot, trial.draft.changes)
            except CannotEditError:
                continue
            tried.append(trial)
        if not tried:
            return {}, []
        built = build_whole(snapshot)
        after = judge(self._rules, built.facts, waivers=self._waivers)
        standing = [*after.findings, *(waived.finding for waived in after.waived)]
        left = Counter(_loose(one) for one in standing)
        errors = [one for one in standing if one.severity == "error" and left[_loose(one)] > self._known[_loose(one)]]
        fingerprints = {one.fingerprint for one in standing}
        passed: dict[Trial, Cured] = {}
        blamed = []
        for trial in tried:
            if not self._gone(trial, left, fingerprints) or any(_stands_at(one, trial) for one in errors):
                continue
            if any(not _apis(one) for one in errors):
                blamed.append(trial)
            else:
                passed[trial] = Cured(snapshot, built)
        return passed, blamed

    def _gone(self, trial: Trial, left: Counter[Loose], fingerprints: set[str]) -> bool:
        key = _loose(trial.finding)
        return left[key] < max(1, self._known[key]) and trial.finding.fingerprint not in fingerprints


def _apis(finding: Finding) -> set[tuple[str, str]]:
    return {(place.workspace, place.api) for place in (finding.at, *finding.affects) if place.api}


def _stands_at(finding: Finding, trial: Trial) -> bool:
    """Whether an error concerns an API that the trial reaches."""
    return not _apis(finding).isdisjoint((workspace, api) for _, workspace, api in trial.reaches)


def _rounds(trials: Iterable[Trial], apis: int) -> list[list[Trial]]:
    """The trials in as few groups as come of it.

    No two of a group reach the same API. Trials that reach most APIs would each be a group, so they go together as
    long as they change different things for different findings; one that then fails is tried alone.
    """
    groups: list[tuple[bool, set[object], list[Trial]]] = []
    for trial in trials:
        wide = len(trial.reaches) * 2 > apis > _FEW
        changed = (trial.finding.fingerprint, *(_changed(change) for change in trial.draft.changes))
        touched: set[object] = set(changed) if wide else set(trial.reaches)
        for kind, taken, group in groups:
            if kind == wide and touched and taken.isdisjoint(touched):
                taken.update(touched)
                group.append(trial)
                break
        else:
            groups.append((wide, touched, [trial]))
    return [group for _, _, group in groups]


def _apart(group: Sequence[Trial]) -> bool:
    """Whether no two trials of a group reach the same API."""
    return sum(len(trial.reaches) for trial in group) == len(frozenset().union(*(trial.reaches for trial in group)))


def _changed(change: Change) -> object:
    return (change.at.resource, change.at.document) if isinstance(change, PolicyEdit) else change.resource


def _keys(finding: Finding) -> list[Loose]:
    """Of the finding, and of what it explains: that stood in its shadow before, so it is nothing new."""
    return [_loose(finding), *(_key(also.rule, also.at) for also in finding.also)]


def _loose(finding: Finding) -> Loose:
    return _key(finding.rule, finding.at)


def _key(rule: str, at: Place) -> Loose:
    return (rule, at.resource, _NUMBER.sub("", at.path))


def _holds_mask(change: Change) -> bool:
    """A text that would write a mask where the author's secret stands."""
    return isinstance(change, PolicyEdit) and any(FILLER in edit.text for edit in change.edits)
