"""The catalogue page: every rule with its examples, escaped, without the network, and searchable."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from apimdoctor.engine.rule import Rule, load
from apimdoctor.report import catalogue

RULES = load()


class Tags(HTMLParser):
    """The start tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_every_rule_is_on_the_page_once_with_its_examples() -> None:
    page = catalogue.render(RULES)
    marks = [attrs["id"] for tag, attrs in Tags(page).found if tag == "details" and attrs.get("class") == "rule"]
    assert sorted(mark or "" for mark in marks) == sorted(rule.id for rule in RULES)
    assert page.count('<details class="example">') == sum(len(rule.examples) for rule in RULES)
    assert f"What the doctor knows: {len(RULES)} rules" in page


def test_the_page_asks_the_network_for_nothing() -> None:
    page = catalogue.render(RULES)
    assert "default-src 'none'" in page
    assert not [tag for tag, attrs in Tags(page).found if "src" in attrs or tag in ("link", "img", "iframe", "form")]


def test_the_same_rules_in_another_order_make_the_same_page() -> None:
    assert catalogue.render(RULES[::-1]) == catalogue.render(RULES)


def test_a_hostile_rule_of_ones_own_makes_no_markup() -> None:
    evil = "<script>alert(1)</script>"
    hostile: Rule = replace(RULES[0], title=evil, about=evil, links=('https://x.example/"><b>',), topic="")
    page = catalogue.render([hostile])
    assert evil not in page
    assert "<b>" not in page
    assert len(re.findall("<script>", page)) == 1


@pytest.fixture
def shown(page: Page, tmp_path: Path) -> Page:
    """The page in a browser."""
    file = tmp_path / "rules.html"
    file.write_text(catalogue.render(RULES), "utf-8")
    page.goto(file.as_uri())
    return page


@pytest.mark.browser
def test_a_search_leaves_the_rules_that_hold_every_word(shown: Page) -> None:
    shown.locator("#query").fill("azp appid version")
    visible = shown.locator("details.rule:visible")
    expect(shown.locator("#claim-of-other-version")).to_be_visible()
    assert 0 < visible.count() < len(RULES)
    expect(shown.locator("#told")).to_have_text(f"{visible.count()} of {len(RULES)} rules")
    shown.locator("#query").fill("no-such-word-anywhere")
    expect(shown.locator("#empty")).to_be_visible()


@pytest.mark.browser
def test_a_severity_leaves_its_rules(shown: Page) -> None:
    shown.get_by_role("button", name="error").click()
    assert shown.locator("details.rule:visible").count() == sum(rule.severity == "error" for rule in RULES)


@pytest.mark.browser
def test_a_link_opens_its_rule(shown: Page) -> None:
    shown.goto(f"{shown.url}#cors-twice")
    assert shown.locator("#cors-twice").get_attribute("open") is not None


@pytest.mark.browser
def test_axe_finds_nothing(shown: Page) -> None:
    shown.locator("#cors-twice > summary").click()
    found = Axe().run(shown, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "best-practice"]}})
    assert found.violations_count == 0, found.generate_report()
