from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.report import junit
from apimdoctor.report.model import Files, Report
from tests.report.hostile_texts import HOSTILE, UNSEEN
from tests.report.made_report import DOCUMENT, HYGIENE, MISMATCH, RULE, VERDICTS, report, snapshot


def parsed(run: Report | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(run or report()).encode())


def case(root: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = (one for one in root.iter("testcase") if name in one.get("name", ""))
    return found


def test_an_error_is_a_test_that_failed_with_its_fix() -> None:
    found = case(parsed(), MISMATCH.rule)
    failure = found.find("failure")
    assert failure is not None
    assert failure.get("message") == MISMATCH.message
    assert failure.get("type") == MISMATCH.rule
    assert "What to change:" in (failure.text or "")


def test_what_does_not_fail_the_run_does_not_fail_its_test() -> None:
    found = case(parsed(), HYGIENE.rule)
    assert found.find("failure") is None
    assert HYGIENE.message in (found.findtext("system-out") or "")


def test_with_fail_on_warning_a_warning_fails_its_test() -> None:
    assert case(parsed(replace(report(), failing=("error", "warning"))), HYGIENE.rule).find("failure") is not None


def test_file_and_line_lead_to_the_policy() -> None:
    found = case(parsed(replace(report(), files=Files(paths={DOCUMENT: f"gateway/{DOCUMENT}"}))), MISMATCH.rule)
    assert (found.get("file"), found.get("line")) == (f"gateway/{DOCUMENT}", "4")


def test_what_could_not_be_seen_is_skipped_and_never_passed() -> None:
    skipped = [one.get("name", "") for one in parsed().iter("testcase") if one.find("skipped") is not None]
    assert len(skipped) == 2
    assert "issuer-not-accepted" in skipped[0]
    assert "unparsed" in skipped[1]


def test_a_rule_without_a_finding_has_passed() -> None:
    found = case(parsed(report(Verdicts())), RULE.id)
    assert list(found) == []


def test_waived_findings_are_left_out() -> None:
    root = parsed(report(replace(VERDICTS, findings=())))
    assert not [one for one in root.iter("testcase") if HYGIENE.rule in one.get("name", "")]


def test_the_counts_are_those_of_the_tests() -> None:
    root = parsed()
    cases = list(root.iter("testcase"))
    assert root.get("tests") == str(len(cases))
    assert root.get("failures") == "1"
    assert root.get("skipped") == "2"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text_and_the_file_stays_xml(hostile: str) -> None:
    finding = replace(MISMATCH, message=hostile, fix=hostile, evidence={"x": hostile})
    run = report(replace(VERDICTS, findings=(finding, HYGIENE)), snapshot(name=hostile, document=hostile))
    text = junit.render(run)
    root = ElementTree.fromstring(text.encode())
    assert {one.tag for one in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "skipped", "system-out",
    }  # fmt: skip
    assert "##vso[" not in text and "##[" not in text and not set(UNSEEN) & set(text)
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
