"""SARIF against the schema of its standard, and against what code scanning demands beyond it."""

import json as plain
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.report import sarif
from apimdoctor.report.comparison import Comparison
from apimdoctor.report.model import Files, Report
from tests.report.hostile_texts import HOSTILE, UNSEEN
from tests.report.made_report import APP, DOCUMENT, GAP, HYGIENE, MISMATCH, RULE, VERDICTS, report, snapshot

SCHEMA = plain.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))


def rendered(run: Report | None = None) -> dict:
    return plain.loads(sarif.render(run or report()))["runs"][0]


def errors(text: str) -> list[str]:
    return [error.message for error in jsonschema.Draft4Validator(SCHEMA).iter_errors(plain.loads(text))]


@pytest.mark.parametrize("verdicts", [VERDICTS, Verdicts()], ids=["with findings", "without"])
def test_every_report_satisfies_the_schema_of_the_standard(verdicts: Verdicts) -> None:
    assert errors(sarif.render(report(verdicts))) == []


def test_the_schema_refuses_a_run_without_a_tool() -> None:
    body = plain.loads(sarif.render(report()))
    del body["runs"][0]["tool"]
    assert errors(plain.dumps(body)) == ["'tool' is a required property"]


def test_every_result_has_a_file_a_line_and_a_fingerprint_of_its_own() -> None:
    for result in rendered()["results"]:
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"]
        assert physical["region"]["startLine"] >= 1
        assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_a_finding_in_a_policy_file_is_shown_in_place() -> None:
    run = replace(report(), files=Files(paths={DOCUMENT: f"gateway/policy fragments/{DOCUMENT}"}))
    physical = rendered(run)["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == f"gateway/policy%20fragments/{DOCUMENT}"
    assert physical["region"] == {"startLine": 4, "startColumn": 5}


def test_a_live_finding_is_anchored_to_a_file_and_keeps_its_resource() -> None:
    live = replace(MISMATCH, at=replace(MISMATCH.at, document="/subscriptions/x/policies/policy", file=False))
    run = replace(report(Verdicts(findings=(live,))), files=Files(anchor="settings/apimdoctor.yaml"))
    (location,) = rendered(run)["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "settings/apimdoctor.yaml"
    assert location["logicalLocations"][0]["fullyQualifiedName"] == MISMATCH.at.resource


def test_findings_of_one_line_are_told_apart() -> None:
    many = tuple(replace(HYGIENE, fingerprint=mark) for mark in ("aa", "aa", "bb"))
    marks = [
        r["partialFingerprints"]["primaryLocationLineHash"]
        for r in rendered(report(Verdicts(findings=many)))["results"]
    ]
    assert marks == ["aa:1", "aa:2", "bb:1"]


def test_waived_findings_are_left_out_because_code_scanning_would_open_them() -> None:
    run = rendered(report(replace(VERDICTS, findings=())))
    assert run["results"] == []


def test_an_incomplete_run_says_so_and_what_was_not_seen() -> None:
    (invocation,) = rendered()["invocations"]
    assert invocation["executionSuccessful"] is False
    told = " ".join(n["message"]["text"] for n in invocation["toolExecutionNotifications"])
    assert GAP.scope in told
    assert "issuer-not-accepted was not assessed for 2 places" in told


def test_a_complete_run_is_successful() -> None:
    assert rendered(replace(report(), gaps=()))["invocations"][0]["executionSuccessful"] is True


def test_a_finding_that_was_not_assessed_this_time_stays_so_that_an_upload_does_not_close_it() -> None:
    comparison = Comparison(since="last.json", states={}, unseen=(MISMATCH,), fixed=(HYGIENE,))
    (result,) = rendered(replace(report(Verdicts()), comparison=comparison))["results"]
    assert result["message"]["text"].startswith("Not assessed this time, found before: ")
    assert result["ruleId"] == MISMATCH.rule


def test_new_and_changed_findings_say_so() -> None:
    comparison = Comparison(since="last.json", states={MISMATCH.fingerprint: "new", HYGIENE.fingerprint: "changed"})
    states = [one["baselineState"] for one in rendered(replace(report(), comparison=comparison))["results"]]
    assert states == ["new", "updated"]


def test_a_rule_has_all_that_code_scanning_asks_for() -> None:
    (rule,) = rendered()["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
    assert RULE.fix in rule["help"]["markdown"] and RULE.links[0] in rule["help"]["markdown"]
    assert rule["defaultConfiguration"]["level"] == "error"
    assert rule["properties"]["problem.severity"] == "error"


def test_a_rule_by_which_somebody_gets_in_is_a_security_rule() -> None:
    admitting = replace(RULE, id="audience-unchecked", cause="audience-unchecked", severity="warning")
    (rule,) = rendered(replace(report(), rules=(admitting,)))["tool"]["driver"]["rules"]
    assert "security" in rule["properties"]["tags"]
    assert rule["properties"]["security-severity"] == "5.5"


def test_texts_of_a_rule_are_no_longer_than_is_shown() -> None:
    long = replace(RULE, about="word " * 1000)
    (rule,) = rendered(replace(report(), rules=(long,)))["tool"]["driver"]["rules"]
    assert len(rule["fullDescription"]["text"]) <= 1024


def test_more_results_than_are_kept_are_cut_and_said() -> None:
    many = tuple(replace(HYGIENE, fingerprint=str(number)) for number in range(sarif.MOST_RESULTS + 3))
    run = rendered(report(Verdicts(findings=many)))
    assert len(run["results"]) == sarif.MOST_RESULTS
    assert "3 results are left out" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_valid_makes_no_link_and_no_command(hostile: str) -> None:
    finding = replace(MISMATCH, message=hostile, related=(APP,), at=replace(MISMATCH.at, document=hostile))
    run = report(replace(VERDICTS, findings=(finding,), notices=(hostile,)), snapshot(name=hostile, document=hostile))
    text = sarif.render(run)
    assert errors(text) == []
    assert "##" not in text and not set(UNSEEN) & set(text)
    message = plain.loads(text)["runs"][0]["results"][0]["message"]["text"]
    assert "](" not in message.replace("\\]", "")


@pytest.mark.parametrize("path", ["a:b/c d.xml", "100%.xml", "#x?y.xml", "ä/\u202e.xml", "https://larkspur.example/x"])
def test_any_file_name_is_a_relative_reference(path: str) -> None:
    from urllib.parse import unquote, urlsplit

    made = sarif.uri(sarif.Spot(path))
    assert urlsplit(made).scheme == "" and urlsplit(made).netloc == ""
    assert unquote(made) == path
