"""Prescriptions in every report: the change itself, in the words and forms of each."""

import json as plain

import jsonschema
import pytest
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.engine.prescription import ObjectPatch, PolicyEdit, Prescription, TextEdit
from apimdoctor.report import html, json, markdown, prescribed, sarif, text
from apimdoctor.report.model import Files, Report
from tests.report.hostile_texts import HOSTILE, UNSEEN
from tests.report.made_report import ACCEPT, APP_ID, DOCUMENT, ISSUERS, MISMATCH, POLICY, SWITCH, report


def with_prescriptions(*listed: Prescription) -> Report:
    return report(Verdicts(findings=(replace(MISMATCH, prescriptions=listed),)))


def test_the_terminal_shows_the_lines_of_the_first_and_the_title_of_the_others() -> None:
    told = text.render(report())
    assert "    prescription  safe\n      Accept the issuer of version 1 too\n" in told
    assert "\n      +        <issuer>https://sts.windows.net/" in told
    assert "gets in: Orders web (delegated): refused, then accepted" in told
    assert "    or  to review\n      Let Entra ID issue version 2\n" in told
    assert "az rest" not in told
    assert "az rest" in text.render(report(), verbose=True)


def test_a_long_change_is_cut_in_the_terminal_and_says_where_it_is_whole() -> None:
    edit = TextEdit(start=0, end=0, text="<!-- -->\n" * 40)
    (change,) = ACCEPT.changes
    assert isinstance(change, PolicyEdit)
    from apimdoctor.prescribe.unified import unified

    long = replace(ACCEPT, changes=(replace(change, edits=(edit,), diff=unified(DOCUMENT, POLICY, [edit])),))
    told = text.render(with_prescriptions(long))
    assert "more lines: --diff prints them all" in told
    assert told.count("+<!-- -->") < 40 <= text.render(with_prescriptions(long), verbose=True).count("+<!-- -->")


def test_json_tells_all_of_it_and_satisfies_its_schema() -> None:
    told = plain.loads(json.render(report()))
    jsonschema.Draft202012Validator(json.schema()).validate(told)
    policy, patch = told["findings"][0]["prescriptions"]
    (change,) = policy["changes"]
    assert (change["kind"], change["file"], change["at"]["document"]) == ("policy", True, DOCUMENT)
    assert change["edits"] == [{"start": ISSUERS.start, "end": ISSUERS.end, "text": ISSUERS.text}]
    assert change["diff"].startswith("diff --git ")
    (sent,) = patch["changes"]
    assert (sent["kind"], sent["method"], sent["identifier"]) == ("graph", "PATCH", APP_ID)
    assert sent["body"] == {"api": {"requestedAccessTokenVersion": 2}}
    assert patch["steps"] == ["Accept both.", "Switch.", "Clean up."]


def test_sarif_carries_edits_of_files_as_fixes_and_nothing_else() -> None:
    run = replace(report(), files=Files(paths={DOCUMENT: f"gateway/{DOCUMENT}"}))
    result = plain.loads(sarif.render(run))["runs"][0]["results"][0]
    (fix,) = result["fixes"]
    (changed,) = fix["artifactChanges"]
    assert changed["artifactLocation"]["uri"] == f"gateway/{DOCUMENT}"
    (replacement,) = changed["replacements"]
    line = POLICY.count("\n", 0, ISSUERS.start) + 1
    assert replacement["deletedRegion"] == {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 1}
    assert replacement["insertedContent"]["text"] == ISSUERS.text


def test_a_policy_that_is_no_file_is_no_fix_of_sarif() -> None:
    (change,) = ACCEPT.changes
    assert isinstance(change, PolicyEdit)
    run = with_prescriptions(replace(ACCEPT, changes=(replace(change, file=False),)))
    assert "fixes" not in plain.loads(sarif.render(run))["runs"][0]["results"][0]


def test_markdown_shows_the_change_as_a_diff() -> None:
    told = markdown.render(report())
    assert "**Prescription, safe:** Accept the issuer of version 1 too" in told
    assert "```diff\n@@ -6,6 +6,9 @@\n" in told
    assert "**Or, to review:** Let Entra ID issue version 2" in told


def test_before_and_after_stand_side_by_side() -> None:
    (change,) = ACCEPT.changes
    assert isinstance(change, PolicyEdit)
    (hunk,) = prescribed.rows(change)
    assert [(row.before, row.after, row.changed) for row in hunk][2:7] == [
        (8, 8, False),
        (0, 9, True),
        (0, 10, True),
        (0, 11, True),
        (9, 12, False),
    ]


def test_lines_that_give_way_stand_beside_those_that_come() -> None:
    change = PolicyEdit(at=MISMATCH.at, edits=(), diff="--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@\n a\r\n-b\n-c\n+d\n")
    (hunk,) = prescribed.rows(change)
    assert [(row.before, row.old, row.after, row.new) for row in hunk] == [
        (1, "a", 1, "a"),
        (2, "b", 2, "d"),
        (3, "c", 0, ""),
    ]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_prescription_acts_on_its_reader(hostile: str) -> None:
    patch = ObjectPatch(
        kind="graph",
        resource=hostile,
        name=hostile,
        identifier=hostile,
        body={hostile: hostile},
        commands={"az": hostile},
    )
    edit = replace(ACCEPT.changes[0], diff=f"@@ -1,1 +1,1 @@\n-{hostile}\n+{hostile}\n")  # type: ignore[type-var]
    evil = replace(
        SWITCH,
        title=hostile,
        changes=(edit, patch),
        side_effects=(hostile,),
        steps=(hostile,),
        admissions=ACCEPT.admissions,
    )
    run = with_prescriptions(evil)
    for told in (text.render(run, verbose=True), markdown.render(run), json.render(run), sarif.render(run)):
        assert not (set(UNSEEN) - {"\ufffe"}) & set(told)  # a noncharacter acts on nobody who reads JSON
        assert "##vso[" not in told and "\n::" not in told
    page = html.render(run)
    assert page.count("<script") == 2 and "onerror=alert(1)>" not in page.partition('id="run"')[2].partition(
        "</script>"
    )[0].replace("\\u003e", "")
