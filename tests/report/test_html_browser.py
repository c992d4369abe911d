"""The HTML report in a real browser: its content appears, its controls work, nothing hostile runs."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from apimdoctor.report import html
from apimdoctor.report.model import Report
from tests.report.made_report import MISMATCH, VERDICTS, report, snapshot
from tests.report.test_html import HOSTILE

pytestmark = pytest.mark.browser


def opened(page: Page, run: Report, folder: Path, address: str = "") -> Page:
    file = folder / "report.html"
    file.write_text(html.render(run), "utf-8")
    page.goto(file.as_uri() + address)
    return page


def test_the_gravest_finding_stands_open_with_evidence_and_fix(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    first = page.locator("details.finding").first
    expect(first).to_contain_text("tokens for")
    expect(first.locator("mark")).to_contain_text("<validate-jwt")
    expect(first).to_contain_text("app.token_version")
    expect(first.locator(".fix")).to_contain_text("requestedAccessTokenVersion")


def test_search_narrows_the_findings_and_stays_in_the_address(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    page.keyboard.press("/")
    page.keyboard.type("owner")
    expect(page.locator("details.finding")).to_have_count(1)
    expect(page.locator("details.finding")).to_contain_text("nobody owns")
    assert page.url.endswith("#/q=owner")


def test_an_address_with_a_search_shows_what_was_searched(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path, "#/q=owner")
    expect(page.locator("details.finding")).to_have_count(1)
    expect(page.locator("#query")).to_have_value("owner")


def test_a_severity_can_be_switched_off(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    page.get_by_role("button", name="Errors 1").click()
    expect(page.locator("details.finding")).to_have_count(1)
    expect(page.locator("#groups")).not_to_contain_text("issuer-version-mismatch")


def test_the_theme_can_be_changed(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_the_link_of_a_finding_opens_its_rule(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    page.get_by_role("link", name="About this rule").click()
    expect(page.locator("#rule-issuer-version-mismatch")).to_have_attribute("open", "")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_as_text(page: Page, tmp_path: Path, hostile: str) -> None:
    finding = replace(MISMATCH, message=hostile, evidence={"app.name": hostile})
    opened(page, report(replace(VERDICTS, findings=(finding,)), snapshot(name=hostile)), tmp_path)
    expect(page.locator("details.finding .say")).to_contain_text(hostile)
    expect(page.locator("#rows")).to_contain_text(hostile)
    assert page.locator("img").count() == 0


def test_two_thousand_findings_are_shown_quickly_and_in_part(page: Page, tmp_path: Path) -> None:
    many = tuple(replace(MISMATCH, message=f"finding number {number}") for number in range(2000))
    opened(page, report(replace(VERDICTS, findings=many)), tmp_path)
    expect(page.locator("details.finding")).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("details.finding")).to_have_count(100)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive") < 3000


def test_nothing_is_wider_than_a_small_screen(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, report(), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
