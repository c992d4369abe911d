import re

import pytest
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.report import json, text
from apimdoctor.report.model import Files
from apimdoctor.snapshot import Gap, Snapshot
from tests.report.made_report import (
    AT,
    END,
    HYGIENE,
    MISMATCH,
    POLICY,
    START,
    VERDICTS,
    report,
    snapshot,
    with_message,
)


def test_the_first_line_says_errors_warnings_what_is_undecided_and_what_was_not_read() -> None:
    assert (
        text.render(report()).splitlines()[0] == "1 error, 1 warning, 1 rule not assessed everywhere, 1 gap, 1 waived"
    )


def test_a_clean_run_says_that_everything_was_assessed_and_read() -> None:
    clean = replace(report(Verdicts()), gaps=())
    clean = replace(clean, summary=replace(clean.summary, gaps=0))
    assert text.render(clean).splitlines()[0] == "0 errors, 0 warnings, all assessed, no gaps"


def test_findings_stand_under_their_api_and_app_registrations_come_after_apis() -> None:
    lines = text.render(report()).splitlines()
    api, rule, app = (
        next(number for number, line in enumerate(lines) if line.startswith(start))
        for start in ("Orders  /orders", "  error  issuer-version-mismatch", "App registration Orders")
    )
    assert api < rule < app


def test_the_place_is_shown_with_file_line_and_column_and_the_start_tag_underlined() -> None:
    lines = text.render(report(), width=110).splitlines()
    shown = next(number for number, line in enumerate(lines) if line.endswith("apis/orders/policy.xml:4:5"))
    tag = '<validate-jwt header-name="Authorization" failed-validation-httpcode="401">'
    assert lines[shown + 2].endswith(f"4 | {tag}")
    assert lines[shown + 3].endswith("| " + "^" * len(tag))


def test_evidence_fix_and_consequences_are_shown() -> None:
    shown = text.render(report())
    assert "app.token_version = 1" in shown
    assert "app.token_version_written = no" in shown
    assert "also audience-not-emitted" in shown
    assert "        <issuers>\n          <issuer/>\n" in shown


def test_affected_operations_are_named_as_a_person_knows_them() -> None:
    assert "affects 1 operation of Orders: GET /" in text.render(report())


@pytest.mark.parametrize("width", [80, 100])
def test_no_line_but_an_unbreakable_word_is_wider_than_the_terminal(width: int) -> None:
    for line in text.render(report(), width=width).splitlines():
        assert len(line) <= width or len(line.split()) <= 1, line


def test_text_without_colour_holds_no_escape_sequence() -> None:
    assert "\x1b" not in text.render(report())


def test_colour_changes_nothing_but_colour() -> None:
    coloured = text.render(report(), colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == text.render(report()).split()


def test_quiet_is_the_first_line_and_the_notes() -> None:
    first, *rest = text.render(report(), quiet=True).splitlines()
    assert first.startswith("1 error, 1 warning")
    assert [line.partition(":")[0] for line in rest] == ["note"]


def test_a_rule_undecided_for_one_reason_is_told_once_with_its_number() -> None:
    shown = text.render(report())
    assert shown.count("named value {{issuer}} is secret") == 1
    assert "issuer-not-accepted (2 times)" in shown


def test_a_minified_policy_shows_the_element_and_not_its_left_neighbours() -> None:
    minified = (
        "<policies><inbound>" + "<set-header/>" * 40 + POLICY[START:END].replace("\n", "") + "</inbound></policies>"
    )
    start = minified.index("<validate-jwt")
    place = replace(AT, line=1, column=start + 1, start=start, end=minified.index("</inbound>"))
    shown = text.render(
        report(replace(VERDICTS, findings=(replace(MISMATCH, at=place),)), snapshot(policy=minified)), width=80
    )
    assert re.search(r"1 \| \.\.\. <validate-jwt header-name", shown)
    assert "<set-header/>" not in shown


def test_a_place_whose_text_was_not_kept_is_shown_without_lines() -> None:
    shown = text.render(report(VERDICTS, Snapshot()))
    assert "--> apis/orders/policy.xml:4:5" in shown
    assert "<validate-jwt" not in shown


def test_a_finding_about_one_app_registration_does_not_repeat_it() -> None:
    shown = text.render(report(Verdicts(findings=(HYGIENE,))))
    assert "affects" not in shown


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("Orders\x1b[31m", "Orders<U+001B>[31m"),
        ("\u202egnp.exe", "<U+202E>gnp.exe"),
        ("a\u200bb", "a<U+200B>b"),
        ("a\nb", "a<U+000A>b"),
        ("##vso[task.setvariable variable=x]y", "# #vso[task.setvariable variable=x]y"),
        ("##[error]gone", "# #[error]gone"),
    ],
)
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_is_shown_and_does_nothing(hostile: str, harmless: str, colour: bool) -> None:
    shown = text.render(with_message(hostile), colour=colour)
    assert harmless in shown
    assert hostile not in shown


def test_no_line_begins_with_a_command_of_a_pipeline() -> None:
    fix = "first line\n\n::error::owned\n  ::warning file=x::owned"
    shown = text.render(report(replace(VERDICTS, findings=(replace(MISMATCH, fix=fix),))))
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]


def test_hostile_policy_lines_and_names_are_made_visible() -> None:
    policy = POLICY.replace("<base />", "<base />\u202e##vso[x]")
    place = replace(AT, start=START + 9, end=END + 9)
    read = snapshot(policy=policy, name="Ord\x9bers")
    shown = text.render(report(replace(VERDICTS, findings=(replace(MISMATCH, at=place),)), read))
    assert "<U+202E># #vso[x]" in shown
    assert "Ord<U+009B>ers" in shown


def linked(url: str, shown: str) -> re.Pattern[str]:
    """What a terminal that follows links is sent: the link, codes of colour, and the text it hangs on."""
    return re.compile(rf"\x1b]8;[^;]*;{re.escape(url)}\x1b\\(\x1b\[[\d;]*m)?{re.escape(shown)}")


def test_a_terminal_that_follows_links_gets_the_file_and_the_documentation_of_the_rule() -> None:
    run = replace(report(), files=Files(paths={AT.document: "gateway/a b%.xml"}, folder="/estate"))
    documented = replace(MISMATCH, links=("https://learn.example/issuers",))
    run = replace(run, verdicts=Verdicts(findings=(documented,)))
    text_shown = text.render(run, colour=True, links=True)
    assert linked("https://learn.example/issuers", "issuer-version-mismatch").search(text_shown)
    assert linked("file:///estate/gateway/a%20b%25.xml", "apis/orders/policy.xml:4:5").search(text_shown)


def test_without_links_no_link_is_sent() -> None:
    assert "\x1b]8" not in text.render(report(), colour=True)


def test_a_hostile_file_name_ends_no_link() -> None:
    run = replace(report(), files=Files(paths={AT.document: "x\x1b\\\x07 bold.xml"}, folder="/estate"))
    assert "file:///estate/x%1B%5C%07%20bold.xml" in text.render(run, colour=True, links=True)


SERVICE = (
    "/subscriptions/8b0c5c1e-9d5a-4a7e-9f0d-6c2b1e7a4d35/resourceGroups/rg-gateways"
    "/providers/Microsoft.ApiManagement/service/apim-larkspur"
)


def live_at(document: str) -> str:
    finding = replace(MISMATCH, at=replace(AT, document=document, resource=document, file=False))
    return text.render(report(Verdicts(findings=(finding,))))


def test_a_place_in_azure_is_told_by_its_names_and_not_by_its_whole_resource_id() -> None:
    shown = live_at(f"{SERVICE}/apis/orders/operations/list/policies/policy")
    assert "    --> apim-larkspur/apis/orders/operations/list/policy:4:5\n" in shown
    assert "/subscriptions/" not in shown


def test_long_names_are_folded_between_their_parts_and_nothing_is_wider_than_the_terminal() -> None:
    shown = live_at(f"{SERVICE}/apis/{'orders-' * 7}/operations/{'list-all-' * 5}/policies/policy")
    assert max(map(len, shown.splitlines())) <= 80
    assert f"    --> apim-larkspur/apis/{'orders-' * 7}/\n        operations/" in shown


def test_a_gap_is_told_by_the_names_of_what_was_not_read() -> None:
    gap = Gap(scope=f"{SERVICE}/apis/*/policies/policy", kind="denied", detail="Azure answered 403")
    shown = text.render(replace(report(), gaps=(gap,)))
    assert "  denied: apim-larkspur/apis/*/policy\n" in shown


def test_the_json_report_keeps_the_whole_resource_id() -> None:
    document = f"{SERVICE}/apis/orders/policies/policy"
    finding = replace(MISMATCH, at=replace(AT, document=document, resource=document, file=False))
    assert document in json.render(report(Verdicts(findings=(finding,))))
