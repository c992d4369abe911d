import re

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.report import markdown
from apimdoctor.report.comparison import Comparison
from tests.report.hostile_texts import HOSTILE, UNSEEN
from tests.report.made_report import GAP, HYGIENE, MISMATCH, VERDICTS, report, snapshot, with_message


def html(text: str) -> str:
    """As a renderer of CommonMark with tables shows it, raw HTML allowed."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


def test_the_first_lines_say_the_state_of_the_tenant() -> None:
    lines = markdown.render(report()).splitlines()
    assert lines[0] == "## apimdoctor: 1 of 2 APIs refuses or admits the wrong callers."
    assert lines[2].startswith("**1 error, 1 warning")


def test_an_incomplete_run_says_so_before_the_findings() -> None:
    shown = markdown.render(report(Verdicts()))
    assert "Not everything could be seen" in shown
    assert GAP.scope in shown


def test_findings_are_rows_of_a_table() -> None:
    assert html(markdown.render(report())).count("<tr>") == 3


def test_the_fix_keeps_its_markup_as_a_block() -> None:
    assert "```\n  <issuers>\n    <issuer/>" in markdown.render(report())


def test_what_changed_is_said_in_one_line() -> None:
    found = Comparison(since="last.json", states={MISMATCH.fingerprint: "new"}, fixed=(HYGIENE,))
    shown = markdown.render(replace(report(Verdicts(findings=(MISMATCH,))), comparison=found))
    assert "Since the last report: 1 new, 1 fixed, 0 changed." in shown
    assert "### Fixed" in shown


def test_a_thousand_findings_stay_short_and_the_rest_is_counted() -> None:
    many = tuple(replace(MISMATCH, fingerprint=str(number)) for number in range(1000))
    shown = markdown.render(report(Verdicts(findings=many)))
    assert "900 more, none of them graver" in shown
    assert len(shown.encode()) < markdown.MOST_BYTES


def test_a_summary_is_never_so_large_that_it_is_dropped() -> None:
    huge = tuple(replace(MISMATCH, fix="x" * 100_000, fingerprint=str(number)) for number in range(20))
    assert len(markdown.render(report(Verdicts(findings=huge))).encode()) < markdown.MOST_BYTES + 1000


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_makes_no_markup_link_image_or_command(hostile: str) -> None:
    finding = replace(MISMATCH, message=hostile, fix=f"{hostile}\n\n  {hostile}")
    hostile_page = report(replace(VERDICTS, findings=(finding,)), snapshot(name=hostile, document=hostile))
    text = markdown.render(hostile_page)
    assert "##vso[" not in text and "##[" not in text and not set(UNSEEN) & set(text)
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    tags = set(re.findall(r"<([a-z0-9]+)[ >]", html(text)))
    assert tags <= {
        "h2", "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "br", "br/", "code", "pre", "ul", "li",
        "details", "summary",
    }  # fmt: skip


def test_a_url_a_mention_and_a_reference_do_not_become_links() -> None:
    shown = markdown.plain("see https://larkspur.example and www.larkspur.example @team #12")
    assert "://" not in shown and "www." not in shown and "@t" not in shown and " #12" not in shown


def test_a_pipe_does_not_break_the_table() -> None:
    rows = html(markdown.render(with_message("a | b | c"))).count("<td")
    assert rows == 3


def test_backticks_do_not_end_a_code_span() -> None:
    assert markdown.code("a`b``c") == "```a`b``c```"
