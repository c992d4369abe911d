"""What judging yields: findings, what was not assessed, and what was waived."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import astuple

from apimdoctor.engine.prescription import Prescription
from apimdoctor.facts.vocabulary import Place

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
Confidence = Literal["high", "medium", "low"]


class Also(Struct, frozen=True, kw_only=True):
    """A consequence folded into the finding that explains it."""

    rule: str
    message: str
    at: Place


class Finding(Struct, frozen=True, kw_only=True, eq=False):
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
    bound: tuple[Mapping[str, Any], ...] = ()
    """The subjects the rule's variables stand for, one mapping for each binding that says this: for prescribing, no
    part of a report, nor of what makes two findings equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finding) and astuple(self)[:-1] == astuple(other)[:-1]

    def __hash__(self) -> int:
        return hash((self.rule, self.at, self.message))

    def __repr__(self) -> str:
        return f"Finding({self.rule!r}, {self.severity!r}, {self.message!r}, at={self.at!r})"


class NotAssessed(Struct, frozen=True, kw_only=True):
    """A rule that could not be decided for some subjects, counted per reason."""

    rule: str
    reason: str
    subjects: tuple[Place, ...] = ()


class Waived(Struct, frozen=True, kw_only=True):
    """A finding that a waiver covers, with the reason its author gave."""

    finding: Finding
    reason: str
    source: str
    """The file and line of the waiver."""
    until: str = ""


class Verdicts(Struct, frozen=True, kw_only=True):
    """Everything the rules said of one set of facts, sorted: severity, rule, place."""

    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    waived: tuple[Waived, ...] = ()
    notices: tuple[str, ...] = ()
    """Lapsed waivers, waivers that match nothing, rules that failed."""
