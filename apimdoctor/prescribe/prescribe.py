"""Verdicts with their prescriptions: every finding's drafts, of which those are kept that prove to cure it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.prescription import Prescription
from apimdoctor.engine.rulefile import Rule
from apimdoctor.engine.waivers import Waiver
from apimdoctor.facts.build import Built
from apimdoctor.prescribe import audience, checks, claims, coverage, issuer, metadata, order, requests
from apimdoctor.prescribe.case import Case, Prescriber, Prescribers
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.prescribe.texts import Scripts
from apimdoctor.prescribe.verify import Verifier
from apimdoctor.snapshot import Snapshot

TOPICS: tuple[Prescribers, ...] = (
    order.PRESCRIBERS,
    coverage.PRESCRIBERS,
    issuer.TENANT,
    issuer.PRESCRIBERS,
    audience.PRESCRIBERS,
    claims.PRESCRIBERS,
    metadata.PRESCRIBERS,
    checks.PRESCRIBERS,
    requests.PRESCRIBERS,
)
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
    verifier = Verifier(snapshot, judged or verdicts, rules, waivers)

    def cured(finding: Finding) -> Finding:
        case = Case(finding, snapshot, built.facts, scripts)
        kept = (verifier.verified(finding, draft, scripts) for draft in drafts(case))
        return replace(finding, prescriptions=tuple(one[0] for one in kept if one is not None))

    return replace(verdicts, findings=tuple(cured(finding) for finding in verdicts.findings))


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
