"""What judging yields: findings, what was not assessed, and what was waived."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from apimdoctor.engine.prescription import Prescription
from apimdoctor.facts.vocabulary import Place

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """A consequence folded into the finding that explains it."""

    rule: str
    message: str
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault: a rule, where it stands, and everything needed to act on it.

    `evidence` holds the values the message names, by their path in the rule; `affects` the operations (or app
    registrations) it concerns; `fingerprint` survives edits elsewhere in the document (no line numbers in it).
    """

    rule: str
    title: str
    severity: Severity
    confidence: Confidence
    cause: str
    message: str
    at: Place
    related: tuple[Place, ...] = ()
    affects: tuple[Place, ...] = ()
    also: tuple[Also, ...] = ()
    evidence: dict[str, object] = field(default_factory=dict)
    """Path to a string, a number, a bool or a list of strings."""
    fix: str = ""
    prescriptions: tuple[Prescription, ...] = ()
    """Exact changes, each verified; added after judging."""
    doubt: str = ""
    """Why an error became a warning: the doubt of a link between policy and app registration."""
    fingerprint: str = ""
    links: tuple[str, ...] = ()
    bound: tuple[Mapping[str, Any], ...] = field(default=(), compare=False, repr=False)
    """The subjects the rule's variables stand for, one mapping for each binding that says this: for prescribing, no
    part of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAssessed:
    """A rule that could not be decided for some subjects, counted per reason."""

    rule: str
    reason: str
    subjects: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A finding that a waiver covers, with the reason its author gave."""

    finding: Finding
    reason: str
    source: str
    """The file and line of the waiver."""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Everything the rules said of one set of facts, sorted: severity, rule, place."""

    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    waived: tuple[Waived, ...] = ()
    notices: tuple[str, ...] = ()
    """Lapsed waivers, waivers that match nothing, rules that failed."""
