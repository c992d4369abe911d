"""The page as an administrator uses it, in Chromium: ways, sets, table, keys, copies, print, and axe-core."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from apimdoctor.report import html
from apimdoctor.report.comparison import Comparison
from apimdoctor.report.model import Report
from tests.cli.folders import V2_ONLY
from tests.report.drawn_report import judged, large, small
from tests.report.hostile_texts import HOSTILE
from tests.report.made_report import HYGIENE, MISMATCH, VERDICTS, report, snapshot

pytestmark = pytest.mark.browser
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def opened(page: Page, run: Report, folder: Path, address: str = "") -> Page:
    file = folder / "report.html"
    file.write_text(html.render(run), "utf-8")
    page.goto(file.as_uri() + address)
    return page


def compared() -> Report:
    found = Comparison(since="last.json", states={MISMATCH.fingerprint: "new"}, fixed=(HYGIENE,))
    return replace(report(replace(VERDICTS, findings=(MISMATCH,))), comparison=found)


def test_the_first_screen_says_what_is_wrong_what_changed_and_what_to_change(page: Page, tmp_path: Path) -> None:
    opened(page, compared(), tmp_path)
    expect(page.locator("h1")).to_contain_text("1 of 2 APIs")
    expect(page.locator(".trio")).to_contain_text("1 new, 1 fixed, 0 changed")
    expect(page.locator("#first .card")).to_contain_text("requestedAccessTokenVersion")
    assert (page.locator("#first h2").bounding_box() or {"y": 9999})["y"] < 900


def test_only_what_is_new_can_be_shown(page: Page, tmp_path: Path) -> None:
    run = replace(
        report(), comparison=Comparison(since="l", states={MISMATCH.fingerprint: "new", HYGIENE.fingerprint: "known"})
    )
    opened(page, run, tmp_path)
    page.get_by_role("button", name="Only new").click()
    expect(page.locator("details.finding")).to_have_count(1)
    assert "new=1" in page.url


def test_an_api_opens_with_its_way_its_sets_and_its_policy(page: Page, tmp_path: Path) -> None:
    opened(page, small(), tmp_path)
    page.locator("#rows").get_by_role("link", name="Orders").click()
    one = page.locator("#one")
    expect(one.locator("svg.way").first).to_be_visible()
    expect(one.locator("svg.way .said.error").first).to_have_text("not what is accepted")
    expect(one.locator("table.two").first).to_contain_text("https://sts.windows.net/")
    expect(one.locator("pre.lit.error").first).to_contain_text("<validate-jwt")
    assert "api=" in page.url


def test_the_address_of_an_api_opens_it(page: Page, tmp_path: Path) -> None:
    opened(page, small(), tmp_path, "#/api=1")
    expect(page.locator("#one")).to_be_visible()


def test_an_app_registration_says_which_apis_use_it(page: Page, tmp_path: Path) -> None:
    opened(page, small(), tmp_path)
    card = page.locator("#registrations details")
    card.locator("summary").click()
    expect(card).to_contain_text("3 APIs check its tokens")
    expect(card.get_by_role("link", name="Returns")).to_be_visible()


def test_copying_gives_markdown_without_live_links(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    page.evaluate("navigator.clipboard.writeText = async (value) => { window.copied = value; }")
    page.locator("#first").get_by_role("button", name="Copy as Markdown").click()
    copied = page.evaluate("window.copied")
    assert copied.startswith("### error: ") and "**What to change**" in copied and "```\n  <issuers>" in copied
    assert "://" not in copied.split("```")[0]
    expect(page.locator("#toast")).to_have_text("Copied as Markdown")


def test_the_keys_move_filter_and_can_be_switched_off(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    page.keyboard.press("e")
    expect(page.locator("details.finding")).to_have_count(1)
    page.keyboard.press("e")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.parentElement.className") == "finding"
    page.keyboard.press("?")
    page.get_by_label("Single letters are keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("e")
    expect(page.locator("details.finding")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
    page = opened(context.new_page(), small(), tmp_path, "#/api=0")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = Axe().run(page, options=RULES).response["violations"]
    context.close()
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []


def test_axe_finds_nothing_where_runs_are_compared(page: Page, tmp_path: Path) -> None:
    opened(page, compared(), tmp_path)
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []


@pytest.mark.parametrize("width", [390, 760])
def test_an_open_api_is_not_wider_than_a_small_screen(page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, small(), tmp_path, "#/api=0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_large_tenant_opens_at_once_and_scrolls_through_all_apis(page: Page, tmp_path: Path) -> None:
    run = large()
    assert run.summary.apis == 2500 and len(run.verdicts.findings) >= 2000
    text = html.render(run)
    assert len(text.encode()) < 10_000_000
    opened(page, run, tmp_path)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive") < 3000
    assert page.locator("#rows tr").count() < 100
    assert page.locator("#apis-table").get_attribute("aria-rowcount") == "2501"
    page.evaluate("const box = document.getElementById('apitable'); box.scrollTop = box.scrollHeight")
    expect(page.locator("#rows")).to_contain_text("Api-2499")
    page.locator("#query").fill("api-1234")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("details.finding")).to_have_count(1)


@pytest.mark.parametrize("hostile", [one for one in HOSTILE if "\ud800" not in one])
def test_hostile_names_run_nothing_on_the_page_of_an_api(page: Page, tmp_path: Path, hostile: str) -> None:
    finding = replace(MISMATCH, message=hostile, fix=hostile, evidence={"x": hostile})
    opened(page, report(replace(VERDICTS, findings=(finding,)), snapshot(name=hostile)), tmp_path, "#/api=0")
    assert page.locator("img, iframe").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('a')].every((one) => /^(#|https:)/.test(one.getAttribute('href')))"
    )


def test_the_page_prints_with_its_findings_open(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    printed = page.pdf()
    assert printed.startswith(b"%PDF")
    assert page.locator("details.finding[open] .inner").count() == 2


def test_the_block_of_a_run_is_valid_json_and_holds_each_text_once() -> None:
    text = html.render(small())
    told = json.loads(text.split('id="run">', 1)[1].split("</script>", 1)[0])
    assert len(set(told["texts"])) == len(told["texts"])


def test_the_strip_of_protection_fills_its_width(page: Page, tmp_path: Path) -> None:
    opened(page, small(), tmp_path)
    strip = page.locator("#overview .strip").first
    box = strip.bounding_box()
    widths = [bar.bounding_box() for bar in strip.locator("rect").all()]
    assert box and sum(one["width"] for one in widths if one) > 0.95 * box["width"]
    assert all(one and one["height"] == box["height"] for one in widths)


def test_every_kind_of_protection_keeps_its_share_of_the_strip(page: Page, tmp_path: Path) -> None:
    bare = V2_ONLY[: V2_ONLY.index("    <validate-jwt")] + V2_ONLY[V2_ONLY.index("  </inbound>") :]
    opened(page, judged({"orders": V2_ONLY, "bare": bare}), tmp_path)
    key = page.locator("#overview .strip rect.key").bounding_box()
    whole = page.locator("#overview .strip").first.bounding_box()
    assert key and whole and key["width"] > 0.3 * whole["width"]
