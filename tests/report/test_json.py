import json as plain

import jsonschema
import pytest
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.facts.vocabulary import Place
from apimdoctor.report import json
from tests.report.made_report import AT, GAP, MISMATCH, VERDICTS, report, with_message


def rendered(run=None) -> dict:
    return plain.loads(json.render(run or report()))


@pytest.mark.parametrize("verdicts", [VERDICTS, Verdicts()], ids=["with findings", "without"])
def test_every_report_satisfies_its_schema(verdicts: Verdicts) -> None:
    validator = jsonschema.Draft202012Validator(json.schema())
    assert [error.message for error in validator.iter_errors(rendered(report(verdicts)))] == []


def test_the_schema_is_itself_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.schema())
    assert json.schema()["$id"] == json.SCHEMA


def test_the_schema_refuses_a_finding_without_a_place() -> None:
    body = rendered()
    del body["findings"][0]["at"]
    with pytest.raises(jsonschema.ValidationError, match="'at' is a required property"):
        jsonschema.validate(body, json.schema())


def test_the_report_has_exactly_the_agreed_keys() -> None:
    body = rendered()
    assert list(body) == ["schema", "tool", "sources", "findings", "not_assessed", "gaps", "waived", "summary"]
    assert list(body["findings"][0]) == [
        "rule", "severity", "confidence", "cause", "message", "at", "related", "affects", "also", "evidence", "fix",
        "prescriptions", "fingerprint",
    ]  # fmt: skip
    assert list(body["summary"]) == [
        "services", "apis", "operations", "routes", "app_registrations", "error", "warning", "info", "waived",
        "not_assessed", "gaps",
    ]  # fmt: skip


def test_a_place_tells_what_is_known_and_nothing_else() -> None:
    assert json.place(AT) == {
        "resource": "apim-larkspur/apis/orders",
        "document": "apis/orders/policy.xml",
        "line": 4,
        "column": 5,
        "service": "apim-larkspur",
        "api": "orders",
        "section": "inbound",
    }
    assert json.place(Place(resource="x")) == {"resource": "x"}


def test_the_summary_counts_what_the_report_lists() -> None:
    body = rendered()
    assert body["summary"] == {
        "services": 1, "apis": 2, "operations": 1, "routes": 0, "app_registrations": 1, "error": 1, "warning": 1,
        "info": 0, "waived": 1, "not_assessed": 1, "gaps": 1,
    }  # fmt: skip


def test_a_waived_finding_carries_its_reason_source_and_end() -> None:
    (waived,) = rendered()["waived"]
    assert waived["finding"]["rule"] == "app-without-owner"
    assert (waived["reason"], waived["source"], waived["until"]) == ("being retired", "apimdoctor.yaml:3", "2031-01-31")


def test_a_gap_says_what_kind_it_is_and_what_to_do() -> None:
    assert rendered()["gaps"] == [{"scope": GAP.scope, "kind": "unparsed", "detail": GAP.detail, "hint": GAP.hint}]


@pytest.mark.parametrize("hostile", ["##vso[task.complete]", "\u202egnp", "\x1b[31m", "\x9b31m", "a\u2028b", "\ud800"])
def test_hostile_text_is_escaped_but_arrives_unchanged(hostile: str) -> None:
    shown = json.render(with_message(hostile))
    assert hostile not in shown
    assert plain.loads(shown)["findings"][0]["message"] == hostile


def test_ordinary_text_in_any_language_stays_readable() -> None:
    assert "Bestellungen für Zürich 注文" in json.render(with_message("Bestellungen für Zürich 注文"))


def test_evidence_holds_texts_numbers_and_lists() -> None:
    run = report(replace(VERDICTS, findings=(replace(MISMATCH, evidence={"a": ("x", "y"), "b": True, "c": 2}),)))
    assert rendered(run)["findings"][0]["evidence"] == {"a": ["x", "y"], "b": True, "c": 2}
