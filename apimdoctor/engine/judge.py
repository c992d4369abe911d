"""Facts and rules in, verdicts out: what is flagged, what could not be assessed and why, what is waived."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from apimdoctor.engine import folding
from apimdoctor.engine.bindings import Binding, Bundles, Subjects, bindings, follow
from apimdoctor.engine.condition import Condition
from apimdoctor.engine.declared import Rule
from apimdoctor.engine.expression import EvaluationError, Evaluator
from apimdoctor.engine.finding import SEVERITIES, Confidence, Finding, NotAssessed, Severity, Verdicts, Waived
from apimdoctor.engine.routes import RouteIndex, affected, order
from apimdoctor.engine.waivers import Waiver, Waivers
from apimdoctor.engine.wording import Path, evidence
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import AppMatch, Certainty, Facts, Place, Route

_CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
_AS_CONFIDENT: dict[Certainty, Confidence] = {"certain": "high", "likely": "medium", "possible": "low"}


def judge(
    rules: Sequence[Rule],
    facts: Facts,
    *,
    waivers: Iterable[Waiver] = (),
    today: datetime.date | None = None,
    known: Sequence[str] = (),
) -> Verdicts:
    """What these rules say of these facts. `today` decides which waivers are in force.

    `known` names all rules there are, where `rules` is a selection: a waiver of a rule that was not selected is then
    no mistake.
    """
    index, evaluator, bundles = RouteIndex(facts), Evaluator(), Bundles(facts)
    findings: list[Finding] = []
    open_questions: list[NotAssessed] = []
    notices: list[str] = []
    for rule in rules:
        judged = _Judged(rule, bundles, evaluator, index)
        try:
            judged.run()
        except Exception as error:  # noqa: BLE001 - one rule's fault must not end the scan
            open_questions.append(NotAssessed(rule=rule.id, reason=f"the rule failed: {type(error).__name__}: {error}"))
            notices.append(f"the rule {rule.id} failed, which is a fault of the rule or of apimdoctor: {error}")
        else:
            findings.extend(judged.findings())
            open_questions.extend(judged.not_assessed())
    named = _named(folding.merged_revisions(findings, index))
    accepted = Waivers(waivers, facts.waivers, [rule.id for rule in rules], today or _today())
    standing, waived = _waived(named, {rule.id: rule.explains for rule in rules}, accepted)
    ids = [rule.id for rule in rules]
    return Verdicts(
        findings=tuple(sorted(standing, key=_rank)),
        not_assessed=tuple(sorted(open_questions, key=lambda entry: (entry.rule, entry.reason))),
        waived=tuple(sorted(waived, key=lambda entry: _rank(entry.finding))),
        notices=(*notices, *accepted.notices([*ids, *known])),
    )


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


class _Judged:
    """One rule over the facts: its cases by place, and the questions that stay open."""

    def __init__(self, rule: Rule, bundles: Bundles, evaluator: Evaluator, index: RouteIndex) -> None:
        self._rule = rule
        self._bundles = bundles
        self._evaluator = evaluator
        self._index = index
        self._answers: dict[tuple[object, ...], bool | Unknown] = {}
        self._cases: dict[tuple[Place, ...], tuple[Finding, dict[int, Route]]] = {}
        self._open: dict[str, dict[Place, None]] = {}

    def run(self) -> None:
        for binding in bindings(self._rule, self._bundles, self._ruled_out):
            answer = self._asked(self._rule.flag, binding.subjects)
            if answer is False:
                continue
            unclear = binding.unread or (answer if isinstance(answer, Unknown) else None) or self._unplaced(binding)
            if unclear is not None:
                self._leave_open(unclear, binding)
            else:
                self._add(binding)

    def findings(self) -> list[Finding]:
        return [
            replace(finding, affects=affected(routes.values())) if routes else finding
            for finding, routes in self._cases.values()
        ]

    def not_assessed(self) -> list[NotAssessed]:
        return [
            NotAssessed(rule=self._rule.id, reason=reason, subjects=tuple(sorted(places, key=order)))
            for reason, places in self._open.items()
        ]

    def _ruled_out(self, term: Condition, subjects: Subjects) -> bool:
        try:
            return self._asked_alike(term, subjects) is False
        except EvaluationError:
            return False  # a fault counts where the whole flag is asked

    def _asked(self, condition: Condition, subjects: Subjects) -> bool | Unknown:
        same = (id(condition), *[id(subjects[name]) for name in condition.reads])
        answer = self._answers.get(same)
        if answer is None:
            answer = self._answers[same] = self._asked_alike(condition, subjects)
        return answer

    def _asked_alike(self, condition: Condition, subjects: Subjects) -> bool | Unknown:
        alike = (id(condition), condition.told_by(subjects))
        answer = self._answers.get(alike)
        if answer is None:
            answer = self._answers[alike] = self._evaluator.ask(condition, subjects)
        return answer

    def _unplaced(self, binding: Binding) -> Unknown | None:
        for path in (self._rule.at, *self._rule.related):
            subject = follow(binding.subjects, path)
            if isinstance(subject, Unknown):
                return subject
        return None

    def _leave_open(self, unclear: Unknown, binding: Binding) -> None:
        places = self._open.setdefault(unclear.because, {})
        subject = follow(binding.subjects, self._rule.at)
        if isinstance(subject, Unknown):
            read = [one for one in binding.subjects.values() if not isinstance(one, Unknown)]
            if not read:
                places.update(dict.fromkeys(affected(binding.routes.values())))
                return
            subject = read[-1]
        if isinstance(subject, Route):
            places.update(dict.fromkeys(route.place for route in binding.routes.values()))
        else:
            places[subject.place] = None

    def _add(self, binding: Binding) -> None:
        finding = self._finding(binding.subjects)
        key = (finding.at, *finding.related)
        found = self._cases.get(key)
        if found is None:
            if not binding.routes:
                at = follow(binding.subjects, self._rule.at)
                finding = replace(finding, affects=self._index.of(at))
            self._cases[key] = (finding, dict(binding.routes))
            return
        routes = {**found[1], **binding.routes}
        graver = SEVERITIES.index(finding.severity) < SEVERITIES.index(found[0].severity)
        kept = replace(finding, affects=found[0].affects) if graver else found[0]
        self._cases[key] = (replace(kept, bound=(*found[0].bound, *finding.bound)), routes)

    def _finding(self, subjects: Subjects) -> Finding:
        def fact(path: Path) -> Any:
            return follow(subjects, path)

        severity, confidence, doubt = self._severity(subjects)
        rule = self._rule
        return Finding(
            rule=rule.id,
            title=rule.title,
            severity=severity,
            confidence=confidence,
            cause=rule.cause,
            message=" ".join(rule.message.filled(fact).split()),
            at=fact(rule.at).place,
            related=tuple(fact(path).place for path in rule.related),
            evidence={".".join(path): evidence(fact(path)) for path in rule.message.paths},
            fix=rule.fix.filled(fact).strip(),
            doubt=doubt,
            links=rule.links,
            bound=(subjects,),
        )

    def _severity(self, subjects: Subjects) -> tuple[Severity, Confidence, str]:
        severity, confidence, doubt = self._rule.severity, self._rule.confidence, ""
        if self._rule.error_when is not None and self._asked(self._rule.error_when, subjects) is True:
            severity = "error"
        for match in subjects.values():
            if isinstance(match, AppMatch) and match.certainty != "certain":
                confidence = min(confidence, _AS_CONFIDENT[match.certainty], key=_CONFIDENCES.index)
                if severity == "error":
                    severity, doubt = "warning", match.doubt
        return severity, confidence, doubt


def _waived(
    findings: list[Finding], explains: Mapping[str, Sequence[str]], accepted: Waivers
) -> tuple[list[Finding], list[Waived]]:
    """Findings that stand and findings that are waived, both with their consequences.

    What a waived finding explains goes with it. A consequence that is waived by itself is told apart, and its severity
    no longer counts for the finding that explains it.
    """
    standing: list[Finding] = []
    waived: list[Waived] = []
    for finding, consequences in folding.explained(findings, explains):
        entry = accepted.waived(finding)
        if entry is not None:
            waived.append(replace(entry, finding=folding.with_consequences(finding, consequences)))
            continue
        apart = [(one, accepted.waived(one)) for one in consequences]
        waived.extend(one for _, one in apart if one is not None)
        standing.append(folding.with_consequences(finding, [one for one, other in apart if other is None]))
    return standing, waived


def _named(findings: Iterable[Finding]) -> list[Finding]:
    """Findings with fingerprints: what they are about, without line numbers, so that edits elsewhere keep them."""
    seen: dict[str, int] = {}
    named = []
    for finding in sorted(findings, key=_rank):
        parts = [finding.rule]
        for place in (finding.at, *finding.related):
            parts += [place.resource, place.path]
        text = "\n".join(parts)
        seen[text] = seen.get(text, 0) + 1
        if seen[text] > 1:
            text += f"\n{seen[text]}"
        named.append(replace(finding, fingerprint=hashlib.sha256(text.encode()).hexdigest()))
    return named


def _rank(finding: Finding) -> tuple[object, ...]:
    related = tuple(order(place) for place in finding.related)
    return (SEVERITIES.index(finding.severity), finding.rule, order(finding.at), related)
