"""The JSON diagnosis, `apimdoctor/diagnosis/1`: for programs, stable; identifying claims are not in it."""

import json
from importlib.resources import files

from apimdoctor.diagnose.diagnosis import Cause, Diagnosis, TraceStep
from apimdoctor.report.json import escaped, prescription

SCHEMA = "apimdoctor/diagnosis/1"


def render(diagnosis: Diagnosis) -> str:
    """The diagnosis as JSON text, ending in a newline."""
    return escaped(json.dumps(body(diagnosis), ensure_ascii=False, indent=2)) + "\n"


def schema() -> dict[str, object]:
    """The JSON Schema that every JSON diagnosis satisfies."""
    text = files("apimdoctor.report").joinpath("schemas/diagnosis-1.json").read_text("utf-8")
    loaded: dict[str, object] = json.loads(text)
    return loaded


def body(diagnosis: Diagnosis) -> dict[str, object]:
    """The diagnosis as plain values."""
    token, failing = diagnosis.token, diagnosis.failing_step
    return {
        "schema": SCHEMA,
        "verdict": diagnosis.verdict,
        "api": diagnosis.api,
        "operation": diagnosis.operation,
        "context": diagnosis.context,
        "failing_step": None
        if failing is None
        else {
            "element": failing.element,
            "document": failing.place.document,
            "line": failing.place.line or None,
            "column": failing.place.column or None,
        },
        "gateway_message": diagnosis.gateway_message,
        "last_error_reason": diagnosis.last_error_reason,
        "token": {
            "kind": token.kind,
            "version": token.version,
            "issuer": token.issuer,
            "audience": ", ".join(token.audiences),
        },
        "causes": [_cause(cause) for cause in diagnosis.causes],
        "callers": [
            {"caller": c.caller, "token": c.token, "verdict": c.verdict, "detail": c.detail} for c in diagnosis.callers
        ],
        "assumptions": list(diagnosis.assumptions),
        "notes": list(diagnosis.notes),
        "trace": [_step(step) for step in diagnosis.trace],
    }


def _cause(cause: Cause) -> dict[str, object]:
    told: dict[str, object] = {
        "cause": cause.cause,
        "confidence": cause.confidence,
        "message": cause.message,
        "fix": cause.fix,
        "evidence": [
            {"what": what, "expected": expected, "seen": seen, "from": source}
            for what, expected, seen, source in cause.evidence
        ],
        "also_depends": list(cause.also_depends),
        "misleading": cause.misleading,
    }
    if cause.rule:
        told["rule"] = cause.rule
    if cause.prescriptions:
        told["prescriptions"] = [prescription(one) for one in cause.prescriptions]
    return told


def _step(step: TraceStep) -> dict[str, object]:
    return {
        "step": step.step,
        "outcome": step.outcome,
        "detail": step.detail,
        "scope": step.scope,
        "document": step.place.document,
        "line": step.place.line or None,
    }
