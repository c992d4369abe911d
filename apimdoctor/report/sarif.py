"""The SARIF 2.1.0 report, as GitHub code scanning, Azure DevOps and editors read it.

Code scanning refuses a whole file for one result without a physical location, shows suppressed results as open, and
merges results of one line unless they carry fingerprints of their own (docs.github.com: SARIF support for code
scanning): so every result has a file and a fingerprint, and waived findings are left out.
"""

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from apimdoctor.engine.finding import Finding, Severity
from apimdoctor.engine.prescription import PolicyEdit, Prescription
from apimdoctor.facts.vocabulary import Place
from apimdoctor.prescribe.choosing import in_files
from apimdoctor.report.hostile import visible
from apimdoctor.report.json import escaped
from apimdoctor.report.model import Report, RuleText
from apimdoctor.report.prescribed import SAID
from apimdoctor.report.spot import Spot, spot
from apimdoctor.report.subjects import naming, where

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
CATEGORY = "apimdoctor/"
"""Everything before the last `/` is the category that an upload replaces."""
MOST_RESULTS = 5000
"""Code scanning keeps 5,000 of the at most 25,000 results of a run."""
LONGEST = 1024
"""Of a rule's descriptions."""

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_PRECISION = {"high": "high", "medium": "medium", "low": "low"}
_PROBLEM: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "recommendation"}
_GRAVITY: dict[Severity, str] = {"error": "8.0", "warning": "5.5", "info": "2.0"}
"""security-severity: high, medium, low, away from the borders between them."""
ADMITTING = frozenset(
    {
        "audience-unchecked",
        "missing-base",
        "missing-protection",
        "policy-order-other",
        "multi-tenant-issuer",
        "app-only-token-without-roles",
        "tenant-mismatch",
        "signing-key-config",
        "easy-auth-mismatch",
        "app-hygiene",
    }
)
"""Causes by which somebody may get in who should not: only these are security results."""


def render(report: Report) -> str:
    """The report as SARIF text, ending in a newline."""
    return escaped(json.dumps(body(report), ensure_ascii=False, indent=1)) + "\n"


def body(report: Report) -> dict[str, object]:
    """The report as plain values."""
    rules = {rule.id: number for number, rule in enumerate(report.rules)}
    carried = report.comparison.unseen if report.comparison else ()
    listed = [*((one, False) for one in report.verdicts.findings), *((one, True) for one in carried)]
    marks = _Marks()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "apimdoctor",
                        "fullName": f"apimdoctor {report.version}",
                        "semanticVersion": report.version,
                        "rules": [_rule(rule) for rule in report.rules],
                    }
                },
                "automationDetails": {"id": CATEGORY},
                "invocations": [_invocation(report, len(listed))],
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, old, rules, report, marks) for one, old in listed[:MOST_RESULTS]],
            }
        ],
    }


class _Marks:
    """Gives equal fingerprints a number, so that no two results of a file are taken for one."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def mark(self, fingerprint: str) -> str:
        self._given[fingerprint] = self._given.get(fingerprint, 0) + 1
        return f"{fingerprint[:16]}:{self._given[fingerprint]}"


def _rule(rule: RuleText) -> dict[str, object]:
    security = rule.cause in ADMITTING
    properties: dict[str, object] = {
        "tags": [*(["security"] if security else []), "authentication", rule.cause],
        "precision": _PRECISION[rule.confidence],
    }
    if security:
        properties["security-severity"] = _GRAVITY[rule.severity]
    else:
        properties["problem.severity"] = _PROBLEM[rule.severity]
    links = "\n".join(f"* <{link}>" for link in rule.links if link.startswith("https://"))
    told = [("", rule.about or rule.title), ("What to change", rule.fix), ("Rests on", links)]
    parts = [(heading, text.strip()) for heading, text in told if text.strip()]
    made: dict[str, object] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": _cut(rule.title or rule.id)},
        "fullDescription": {"text": _cut(rule.about or rule.title or rule.id)},
        "help": {
            "text": "\n\n".join(f"{heading}\n{text}" if heading else text for heading, text in parts),
            "markdown": "\n\n".join(f"## {heading}\n\n{text}" if heading else text for heading, text in parts),
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }
    if rule.links and rule.links[0].startswith("https://"):
        made["helpUri"] = rule.links[0]
    return made


def _result(one: Finding, old: bool, rules: dict[str, int], report: Report, marks: _Marks) -> dict[str, object]:
    said = f"Not assessed this time, found before: {one.message}" if old else one.message
    made: dict[str, object] = {"ruleId": one.rule}
    if one.rule in rules:
        made["ruleIndex"] = rules[one.rule]
    made |= {
        "level": LEVELS[one.severity],
        "message": {"text": message(said)},
        "locations": [_location(one.at, report)],
        "partialFingerprints": {
            "primaryLocationLineHash": marks.mark(one.fingerprint),
            "apimdoctor/v1": one.fingerprint,
        },
    }
    if one.related:
        made["relatedLocations"] = _related(one.related, report)
    if report.comparison:
        # Fixed findings are not listed as absent: code scanning does not know the word and would open them.
        state = "known" if old else report.comparison.state(one)
        made["baselineState"] = {"new": "new", "changed": "updated", "known": "unchanged"}[state]
    fixes = [_fix(prescription, report) for prescription in one.prescriptions if in_files(prescription)]
    if fixes and not old:
        made["fixes"] = fixes
    told: dict[str, object] = {"confidence": one.confidence, "cause": one.cause, "resource": visible(one.at.resource)}
    if one.fix:
        told["fix"] = visible(one.fix, keep="\n\t")
    if one.doubt:
        told["doubt"] = visible(one.doubt)
    made["properties"] = told
    return made


def _fix(one: Prescription, report: Report) -> dict[str, object]:
    """A change of files as editors carry it out."""
    changes = [change for change in one.changes if isinstance(change, PolicyEdit)]
    return {
        "description": {"text": message(f"{one.title} ({SAID[one.safety]})")},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": uri(spot(change.at, report))},
                "replacements": _replacements(change, report.texts.whole(change.at.document)),
            }
            for change in changes
        ],
    }


def _replacements(change: PolicyEdit, text: str) -> list[dict[str, object]]:
    return [
        {
            "deletedRegion": _from(text, edit.start, "start") | _from(text, edit.end, "end"),
            "insertedContent": {"text": edit.text},
        }
        for edit in change.edits
    ]


def _from(text: str, offset: int, side: str) -> dict[str, object]:
    """Line and column of an offset; only a line feed ends a line (SARIF 2.1.0, 3.14.14: newlineSequences)."""
    line = text.count("\n", 0, offset) + 1
    return {f"{side}Line": line, f"{side}Column": offset - text.rfind("\n", 0, offset)}


def _related(places: Sequence[Place], report: Report) -> list[dict[str, object]]:
    return [
        _location(place, report)
        | {"id": number, "message": {"text": message(f"{naming(place, report)}, {where(place)}")}}
        for number, place in enumerate(places[:100])
    ]


def _location(place: Place, report: Report) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": uri(spot(place, report))}}
    physical["region"] = _region(spot(place, report))
    made: dict[str, object] = {"physicalLocation": physical}
    if place.resource:
        name = place.resource.rsplit("/", 1)[-1]
        made["logicalLocations"] = [
            {"name": visible(name), "fullyQualifiedName": visible(place.resource), "kind": "resource"}
        ]
    return made


def _region(at: Spot) -> dict[str, object]:
    # Without a region editors show nothing; the first line stands for the whole file.
    region: dict[str, object] = {"startLine": at.line or 1}
    if at.line and at.column:
        region["startColumn"] = at.column
    return region


def uri(at: Spot) -> str:
    """The file as a URI reference: relative to the repository, or file: where it stands outside of it."""
    # Names of files may hold what is no text; the system reads such bytes as lone surrogates.
    written = quote(
        re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", at.path), "/-._~!$&'()*+,=@", errors="surrogateescape"
    )
    if at.path.startswith("/"):
        return f"file://{written}"
    first, _, rest = written.partition("/")
    # A colon in the first part would read as a scheme.
    return f"{first.replace(':', '%3A')}/{rest}" if rest else first.replace(":", "%3A")


def message(text: str) -> str:
    """Text as a SARIF message: `[text](id)` would be a link, so brackets of a tenant are escaped (SARIF 2.1.0, 3.11.6)."""
    shown = visible(text)
    return shown.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _invocation(report: Report, results: int) -> dict[str, object]:
    """Whether the run saw everything. What it could not see is told, for a file alone cannot be uploaded as complete."""
    told: list[dict[str, object]] = [
        _notice("warning", f"could not be read ({gap.kind}): {gap.scope}: {gap.detail}") for gap in report.gaps
    ]
    told += [
        _notice("note", f"{entry.rule} was not assessed for {len(entry.subjects)} places: {entry.reason}")
        for entry in report.verdicts.not_assessed
    ]
    told += [_notice("note", notice) for notice in report.verdicts.notices]
    if results > MOST_RESULTS:
        told.append(_notice("warning", f"{results - MOST_RESULTS} results are left out; the JSON report has all"))
    return {"executionSuccessful": not report.gaps, "toolExecutionNotifications": told}


def _notice(level: str, text: str) -> dict[str, object]:
    return {"level": level, "message": {"text": message(text)}}


def _cut(text: str) -> str:
    """A description on one line, no longer than is shown."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3].rstrip() + "..."
