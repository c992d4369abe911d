"""Verdicts with their prescriptions: every finding's drafts, of which those are kept that prove to cure it."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from apimdoctor.engine.declared import Rule
from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.prescription import Change, ObjectPatch, Prescription
from apimdoctor.engine.waivers import Waiver
from apimdoctor.facts.build import Built
from apimdoctor.prescribe import (
    audience,
    checks,
    claims,
    coverage,
    issuer,
    metadata,
    order,
    registration,
    requests,
    settings,
    spelling,
)
from apimdoctor.prescribe.admissions import Admissions
from apimdoctor.prescribe.case import Case, Prescriber, Prescribers
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.prescribe.texts import Scripts
from apimdoctor.prescribe.unified import HiddenLineError, unified
from apimdoctor.prescribe.verify import Cured, Trial, Verifier
from apimdoctor.snapshot import Snapshot

POLICY_TOPICS: tuple[Prescribers, ...] = (
    order.PRESCRIBERS,
    coverage.PRESCRIBERS,
    issuer.TENANT,
    issuer.PRESCRIBERS,
    audience.PRESCRIBERS,
    claims.PRESCRIBERS,
    metadata.PRESCRIBERS,
    checks.PRESCRIBERS,
    requests.PRESCRIBERS,
    spelling.PRESCRIBERS,
)
"""Cures in the text of policies."""
TOPICS: tuple[Prescribers, ...] = (*POLICY_TOPICS, registration.PRESCRIBERS, settings.PRESCRIBERS)
"""In the order in which alternatives are shown: several topics may prescribe for one rule."""


def prescribed(
    snapshot: Snapshot,
    built: Built,
    verdicts: Verdicts,
    rules: Sequence[Rule],
    *,
    judged: Verdicts | None = None,
    waivers: Sequence[Waiver] = (),
) -> Verdicts:
    """The verdicts, with the prescriptions of their findings.

    `judged`: all that the rules found, where `verdicts` show a part of it: what was found before is no harm done.
    """
    scripts = Scripts(snapshot)
    verifier = Verifier(snapshot, built, judged or verdicts, rules, waivers)
    made: dict[str, list[Trial]] = {}
    for finding in verdicts.findings:
        for draft in drafts(Case(finding, snapshot, built.facts, scripts)):
            trial = verifier.trial(finding, draft)
            if trial is not None:
                made.setdefault(finding.fingerprint, []).append(trial)
    admissions = Admissions(snapshot, built)
    told = {
        trial: _told(trial, after, scripts, admissions)
        for trial, after in verifier.cured(trial for trials in made.values() for trial in trials)
    }

    def treated(finding: Finding) -> Finding:
        kept = (told[trial] for trial in made.get(finding.fingerprint, ()) if trial in told)
        return replace(finding, prescriptions=tuple(kept))

    return replace(verdicts, findings=tuple(treated(finding) for finding in verdicts.findings))


def _told(trial: Trial, after: Cured, scripts: Scripts, admissions: Admissions) -> Prescription:
    """The draft with all that is known of it now: its diffs, and who gets in."""
    changes = tuple(_with_diff(change, scripts) for change in trial.draft.changes)
    told, loses = admissions.of(trial.finding, after)
    safety = "review" if loses else trial.draft.safety
    return replace(trial.draft, changes=changes, admissions=told, safety=safety)


def _with_diff(change: Change, scripts: Scripts) -> Change:
    if isinstance(change, ObjectPatch):
        return change
    name = (change.at.document or change.at.resource).lstrip("/")
    try:
        diff = unified(name, scripts.of(change.at).text, change.edits)
    except HiddenLineError:
        diff = ""
    return replace(change, diff=diff)


def drafts(case: Case) -> Iterator[Prescription]:
    """What may cure a finding, not yet verified, the preferred one first."""
    for prescriber in prescribers(case.finding.rule):
        try:
            yield from prescriber(case)
        except CannotEditError:
            continue


def prescribers(rule: str) -> Iterator[Prescriber]:
    """Those who prescribe for a rule."""
    for topic in TOPICS:
        if rule in topic:
            yield topic[rule]
