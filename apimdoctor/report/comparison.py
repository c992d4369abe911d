"""What changed since an earlier report: findings that are new, fixed, changed, or no longer assessed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.engine.finding import SEVERITIES, Also, Confidence, Finding, Verdicts
from apimdoctor.facts.vocabulary import Place
from apimdoctor.snapshot import Gap

State = Literal["new", "changed", "known"]

_CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")
_TEXTS = (
    *("resource", "document", "service", "workspace", "product", "api", "revision", "operation", "section", "app"),
)


class Undecided(Struct, frozen=True, kw_only=True):
    """A rule that the earlier report decided at a place, and this one does not."""

    rule: str
    at: Place
    reason: str


class Comparison(Struct, frozen=True, kw_only=True):
    """A run beside an earlier report, by fingerprint."""

    since: str
    """The file of the earlier report."""
    states: Mapping[str, State]
    """Fingerprint of each finding of this run to what it is beside the earlier report."""
    fixed: tuple[Finding, ...] = ()
    """Findings of the earlier report that are gone, where this run looked."""
    unseen: tuple[Finding, ...] = ()
    """Findings of the earlier report that this run could neither find nor deny."""
    undecided: tuple[Undecided, ...] = ()
    """What was assessed then and is not now."""

    def state(self, finding: Finding) -> State:
        """Whether a finding of this run is new, changed or known."""
        return self.states.get(finding.fingerprint, "new")

    def marks(self, state: State) -> list[str]:
        """The fingerprints of the findings that have a state."""
        return [mark for mark, one in self.states.items() if one == state]

    def count(self, state: State) -> int:
        """How many findings of this run have a state."""
        return sum(one == state for one in self.states.values())


def compare(
    earlier: Mapping[str, object],
    verdicts: Verdicts,
    gaps: Iterable[Gap],
    *,
    since: str,
    narrowed: bool = False,
    judged: Iterable[str],
) -> Comparison:
    """The run beside the body of an earlier JSON report.

    A finding that is gone is fixed only where this run looked: not when it was `narrowed`, has a gap that the earlier
    one had not, did not judge by the rule (`judged`), or could not decide it there.
    """
    known_gaps = {(str(gap["scope"]), str(gap["kind"])) for gap in _list(earlier, "gaps")}
    whole = not narrowed and all((gap.scope, gap.kind) in known_gaps for gap in gaps)
    before = {one.fingerprint: one for one in map(finding, _list(earlier, "findings"))}
    accepted = {one.fingerprint for one in (entry.finding for entry in verdicts.waived)}
    states: dict[str, State] = {}
    for one in verdicts.findings:
        known = before.get(one.fingerprint)
        states[one.fingerprint] = "new" if known is None else "changed" if _differs(known, one) else "known"
    open_now = {(entry.rule, place.resource) for entry in verdicts.not_assessed for place in entry.subjects}
    rules = frozenset(judged)
    fixed: list[Finding] = []
    unseen: list[Finding] = []
    for mark, one in before.items():
        if mark in states or mark in accepted:
            continue
        places = (one.at, *one.related, *one.affects)
        blind = not whole or one.rule not in rules or any((one.rule, place.resource) in open_now for place in places)
        (unseen if blind else fixed).append(one)
    return Comparison(
        since=since,
        states=states,
        fixed=tuple(fixed),
        unseen=tuple(unseen),
        undecided=tuple(_undecided(earlier, verdicts)),
    )


def _differs(before: Finding, now: Finding) -> bool:
    """Whether a reader has to look again. Lines may have moved: that is no change."""

    def told(one: Finding) -> object:
        affected = {(place.resource, place.app) for place in one.affects}
        return (one.severity, one.message, affected)

    return told(before) != told(now)


def _undecided(earlier: Mapping[str, object], verdicts: Verdicts) -> Iterable[Undecided]:
    before = {
        (str(entry["rule"]), str(place["resource"]))
        for entry in _list(earlier, "not_assessed")
        for place in _list(entry, "subjects")
    }
    for entry in verdicts.not_assessed:
        for place in entry.subjects:
            if (entry.rule, place.resource) not in before:
                yield Undecided(rule=entry.rule, at=place, reason=entry.reason)


def finding(told: Mapping[str, object]) -> Finding:
    """A finding as an earlier JSON report tells it."""
    severity, confidence = str(told["severity"]), str(told["confidence"])
    if severity not in SEVERITIES or confidence not in _CONFIDENCES:
        raise ValueError(f"a finding is {severity!r} with confidence {confidence!r}")
    return Finding(
        rule=str(told["rule"]),
        title=str(told["rule"]),
        severity=severity,
        confidence=confidence,
        cause=str(told["cause"]),
        message=str(told["message"]),
        at=place(_mapping(told, "at")),
        related=tuple(map(place, _list(told, "related"))),
        affects=tuple(map(place, _list(told, "affects"))),
        also=tuple(
            Also(rule=str(one["rule"]), message=str(one["message"]), at=place(_mapping(one, "at")))
            for one in _list(told, "also")
        ),
        evidence=dict(_mapping(told, "evidence")),
        fix=str(told["fix"]),
        fingerprint=str(told["fingerprint"]),
    )


def place(told: Mapping[str, object]) -> Place:
    """A place as an earlier JSON report tells it."""
    texts = {name: str(told.get(name, "")) for name in _TEXTS}
    line, column = told.get("line", 0), told.get("column", 0)
    if not isinstance(line, int) or not isinstance(column, int):
        raise ValueError("a line is no number")
    return replace(Place(**texts), line=line, column=column)  # type: ignore[arg-type]  # every name is of a text


def _mapping(told: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = told[name]
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")
    return value


def _list(told: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    value = told[name]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"{name} is no list of objects")
    return value
