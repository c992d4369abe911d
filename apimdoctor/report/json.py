"""The JSON report, `apimdoctor/report/1`: for programs, stable, and complete."""

import json
import re
from importlib.resources import files

from msgspec import structs

from apimdoctor.engine.finding import Also, Finding, NotAssessed, Waived
from apimdoctor.engine.prescription import Change, PolicyEdit, Prescription
from apimdoctor.facts.vocabulary import Place
from apimdoctor.report.comparison import Comparison
from apimdoctor.report.model import Report

SCHEMA = "apimdoctor/report/1"

# A pipeline's log may show this text: characters that do not show themselves, and `##` (which starts an agent's
# command), are written as escapes. The value that a program reads is the same.
_ESCAPED = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]|(?<=#)#")


def render(report: Report) -> str:
    """The report as JSON text, ending in a newline."""
    return escaped(json.dumps(body(report), ensure_ascii=False, indent=2)) + "\n"


def escaped(text: str) -> str:
    """JSON text in which what acts on a log or a terminal is written as escapes; its values are the same."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def schema() -> dict[str, object]:
    """The JSON Schema that every JSON report satisfies."""
    text = files("apimdoctor.report").joinpath("schemas/report-1.json").read_text("utf-8")
    loaded: dict[str, object] = json.loads(text)
    return loaded


def body(report: Report) -> dict[str, object]:
    """The report as plain values; `comparison` only where there is an earlier report to compare with."""
    told: dict[str, object] = {
        "schema": SCHEMA,
        "tool": {"name": "apimdoctor", "version": report.version},
        "sources": [{"kind": source.kind, "name": source.name} for source in report.sources],
        "findings": [finding(one) for one in report.verdicts.findings],
        "not_assessed": [_not_assessed(one) for one in report.verdicts.not_assessed],
        "gaps": [structs.asdict(gap) for gap in report.gaps],
        "waived": [_waived(one) for one in report.verdicts.waived],
        "summary": structs.asdict(report.summary),
    }
    if report.comparison:
        told["comparison"] = _comparison(report.comparison)
    return told


def _comparison(found: Comparison) -> dict[str, object]:
    return {
        "since": found.since,
        "new": found.marks("new"),
        "changed": found.marks("changed"),
        "fixed": [finding(one) for one in found.fixed],
        "not_assessed": [finding(one) for one in found.unseen],
        "newly_undecided": [
            {"rule": one.rule, "reason": one.reason, "subject": place(one.at)} for one in found.undecided
        ],
    }


def finding(one: Finding) -> dict[str, object]:
    """One finding as plain values."""
    return {
        "rule": one.rule,
        "severity": one.severity,
        "confidence": one.confidence,
        "cause": one.cause,
        "message": one.message,
        "at": place(one.at),
        "related": [place(other) for other in one.related],
        "affects": [place(other) for other in one.affects],
        "also": [_also(other) for other in one.also],
        "evidence": dict(one.evidence),
        "fix": one.fix,
        "prescriptions": [prescription(other) for other in one.prescriptions],
        "fingerprint": one.fingerprint,
    }


def prescription(one: Prescription) -> dict[str, object]:
    """A prescription as plain values."""
    return {
        "title": one.title,
        "safety": one.safety,
        "changes": [_change(change) for change in one.changes],
        "side_effects": list(one.side_effects),
        "steps": list(one.steps),
        "admissions": [
            {"caller": entry.caller, "before": entry.before, "after": entry.after} for entry in one.admissions
        ],
    }


def _change(change: Change) -> dict[str, object]:
    if isinstance(change, PolicyEdit):
        return {
            "kind": "policy",
            "at": place(change.at),
            "file": change.file,
            "edits": [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in change.edits],
            "diff": change.diff,
        }
    return {
        "kind": change.kind,
        "resource": change.resource,
        "name": change.name,
        "identifier": change.identifier,
        "method": change.method,
        "body": change.body,
        "commands": dict(change.commands),
    }


_NAMES = ("document", "service", "workspace", "product", "api", "revision", "operation", "section", "app")


def place(one: Place) -> dict[str, object]:
    """A place with what is known of it: `resource` always, the rest where it is told."""
    told: dict[str, object] = {"resource": one.resource}
    if one.document:
        told["document"] = one.document
        if one.line:
            told["line"] = one.line
            told["column"] = one.column or 1
    for name in _NAMES[1:]:
        value = getattr(one, name)
        if value:
            told[name] = value
    return told


def _also(one: Also) -> dict[str, object]:
    return {"rule": one.rule, "message": one.message, "at": place(one.at)}


def _not_assessed(one: NotAssessed) -> dict[str, object]:
    return {"rule": one.rule, "reason": one.reason, "subjects": [place(subject) for subject in one.subjects]}


def _waived(one: Waived) -> dict[str, object]:
    return {"finding": finding(one.finding), "reason": one.reason, "source": one.source, "until": one.until}
