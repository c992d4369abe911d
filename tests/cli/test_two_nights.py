"""The nightly job: night one takes a baseline, a policy changes, night two speaks of exactly what is new and what is gone."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Ran, Run
from tests.cli.folders import API, BOTH, OPERATION, V2_ONLY, sick, write

FORMATS = ("json", "html", "sarif", "junit", "markdown", "github", "azure", "text")


def gateway(folder: Path, *, orders: str, returns: str) -> Path:
    sick(folder, orders)
    write(folder, "apim/apis/returns/apiInformation.json", {"properties": {**API["properties"], "path": "returns"}})
    write(folder, "apim/apis/returns/operations/list/operationInformation.json", OPERATION)
    write(folder, "apim/apis/returns/policy.xml", returns)
    return folder


def first_night(run: Run, *, options: tuple[str, ...] = ()) -> Ran:
    gateway(Path("gateway"), orders=V2_ONLY, returns=BOTH)
    return run("scan", "--from", "gateway", "--report", "json=last.json", *options)


def second_night(run: Run, *options: str, orders: str = BOTH, returns: str = V2_ONLY) -> Ran:
    gateway(Path("gateway"), orders=orders, returns=returns)
    return run("scan", "--from", "gateway", "--compare", "last.json", *options)


def test_the_second_night_shows_one_new_and_one_fixed_finding(run: Run) -> None:
    first_night(run)
    done = second_night(run, "--report", "json")
    found = done.report["comparison"]
    assert done.code == 1
    assert len(found["new"]) == 1 and len(found["fixed"]) == 1 and found["changed"] == []
    (new,) = (one for one in done.report["findings"] if one["fingerprint"] in found["new"])
    assert (new["rule"], new["at"]["api"]) == ("issuer-version-mismatch", "returns")
    assert found["fixed"][0]["at"]["api"] == "orders"


def test_with_a_baseline_only_the_new_error_fails_the_second_night(run: Run) -> None:
    first = first_night(run, options=("--baseline", "known.json", "--update-baseline"))
    assert first.code == 0
    assert second_night(run, "--baseline", "known.json").code == 1
    assert second_night(run, "--baseline", "known.json", orders=V2_ONLY, returns=BOTH).code == 0


def test_a_baseline_drops_what_was_fixed_and_says_so(run: Run) -> None:
    first_night(run, options=("--baseline", "known.json", "--update-baseline"))
    done = second_night(run, "--baseline", "known.json", "--update-baseline", returns=BOTH)
    assert re.search(r"known.json now holds \d known findings, 1 fixed dropped", " ".join(done.out.split()))


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_what_is_new_and_is_whole(run: Run, form: str) -> None:
    first_night(run)
    done = second_night(run, "--report", f"{form}=out/report")
    text = Path("out/report").read_text("utf-8")
    assert done.code == 1
    match form:
        case "json":
            assert len(json.loads(text)["comparison"]["new"]) == 1
        case "html":
            assert "1 new" in text and "1 fixed" in text
        case "sarif":
            (result,) = (r for r in json.loads(text)["runs"][0]["results"] if r["level"] == "error")
            assert result["baselineState"] == "new"
            location = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert location == "gateway/apim/apis/returns/policy.xml"
        case "junit":
            (failure,) = ElementTree.fromstring(text.encode()).iter("failure")
            assert (failure.text or "").startswith("new error")
        case "markdown":
            assert "Since the last report: 1 new, 1 fixed, 0 changed" in text
        case "github":
            assert text.startswith("::error file=gateway/apim/apis/returns/policy.xml,line=4") and "::new: " in text
        case "azure":
            assert f"sourcepath={Path.cwd().as_posix()}/gateway/apim/apis/returns/policy.xml;" in text
            assert "]new: " in text
        case "text":
            assert "since last.json: 1 new, 1 fixed, 0 changed" in text


def test_the_same_file_can_be_compared_with_and_replaced(run: Run) -> None:
    first_night(run)
    second_night(run, "--report", "json=last.json")
    assert len(json.loads(Path("last.json").read_text("utf-8"))["comparison"]["new"]) == 1


def test_a_policy_that_can_no_longer_be_read_fixes_nothing(run: Run) -> None:
    first_night(run)
    found = second_night(run, "--report", "json", orders="<policies><inbound>", returns=BOTH).report["comparison"]
    assert found["fixed"] == []
    assert [one["rule"] for one in found["not_assessed"]] == ["issuer-version-mismatch"]


def test_a_narrower_run_fixes_nothing(run: Run) -> None:
    first_night(run)
    found = second_night(run, "--report", "json", "--api", "returns").report["comparison"]
    assert found["fixed"] == []


def test_lines_that_moved_are_no_change(run: Run) -> None:
    first_night(run)
    moved = V2_ONLY.replace("<policies>", "<policies>\n  <!-- moved -->\n")
    found = second_night(run, "--report", "json", orders=moved, returns=BOTH).report["comparison"]
    assert (found["new"], found["changed"], found["fixed"]) == ([], [], [])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "apimdoctor/report/1"}', '{"schema": "apimdoctor/baseline/1"}']
)
def test_what_is_no_report_is_refused_before_anything_is_read(run: Run, text: str) -> None:
    write(Path(), "last.json", text)
    done = run("scan", "--from", "gateway", "--compare", "last.json")
    assert done.code == 2
    assert "last.json is no report to compare with" in done.err
