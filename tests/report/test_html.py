import base64
import hashlib
import json as plain
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.report import html
from apimdoctor.snapshot import Snapshot
from tests.report.made_report import MISMATCH, VERDICTS, report, snapshot, with_message

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "<!--<script>",
    "javascript:alert(1)",
]


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def run_block(page: str) -> dict:
    block = re.search(r'<script type="application/json" id="run">(.*?)</script>', page, re.DOTALL)
    assert block
    return plain.loads(block.group(1))


def test_the_page_loads_nothing_from_anywhere() -> None:
    for tag, attributes in Elements(html.render(report())).found:
        assert tag not in {"img", "iframe", "object", "embed", "link", "base", "form"}
        assert not {"src", "style", "srcset", "action"} & attributes.keys()
        href = attributes.get("href")
        assert href is None or href.startswith(("#", "https://learn.microsoft.com/"))


def test_the_pages_own_policy_allows_its_style_and_script_and_nothing_else() -> None:
    page = html.render(report())
    (policy,) = (a["content"] for t, a in Elements(page).found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and "default-src 'none'" in policy and "unsafe" not in policy
    for element in ("style", "script"):
        inner = re.search(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert inner
        digest = base64.b64encode(hashlib.sha256(inner.group(1).encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_the_title_and_the_headline_say_the_state_of_the_tenant() -> None:
    page = html.render(report())
    assert "<title>apimdoctor: 1 error, 1 warning" in page
    assert '<h1><em class="">1 of 2 APIs</em> refuses or admits the wrong callers.</h1>' in page


def test_a_run_without_errors_but_with_gaps_does_not_look_safe() -> None:
    page = html.render(report(Verdicts()))
    assert '<em class="unknown">No errors,</em> but not everything could be seen.' in page


def test_a_run_that_read_nothing_says_so() -> None:
    assert "Nothing could be judged:" in html.render(report(Verdicts(), Snapshot()))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_makes_no_element_and_no_attribute(hostile: str) -> None:
    read = snapshot(name=hostile, document=hostile)
    finding = replace(MISMATCH, message=hostile, fix=hostile, evidence={"app.name": hostile})
    verdicts = replace(VERDICTS, findings=(finding,), notices=(hostile,))
    hostile_page, tame_page = html.render(report(verdicts, read)), html.render(report())
    tags = {tag for tag, _ in Elements(hostile_page).found}
    assert tags <= {tag for tag, _ in Elements(tame_page).found} | {"code"}
    assert not any(name.startswith("on") for _, attributes in Elements(hostile_page).found for name in attributes)
    assert run_block(hostile_page)["groups"][0]["findings"][0]["message"] == hostile


def test_unseen_characters_are_shown_by_their_number() -> None:
    page = html.render(report(replace(VERDICTS, notices=("a\u202eb",))))
    assert 'a<span class="unusual">U+202E</span>b' in page
    assert "\u202e" not in html.render(with_message("a\u202eb"))


def test_the_marked_columns_count_as_a_browser_counts() -> None:
    read = snapshot(policy="<policies>\n<inbound>\n😀<base />\n")
    place = replace(MISMATCH.at, line=3, column=2, start=22, end=30)
    block = run_block(html.render(report(replace(VERDICTS, findings=(replace(MISMATCH, at=place),)), read)))
    lines = block["groups"][0]["findings"][0]["excerpt"]["lines"]
    assert lines[-1] == [3, "😀<base />", 2, 10]


def test_every_api_is_listed_with_its_marks() -> None:
    apis = run_block(html.render(report()))["apis"]
    assert [(api["title"], api["marks"]) for api in apis] == [("Orders", ["error", "unknown"]), ("Returns", [])]


def test_a_rendered_report_does_not_depend_on_the_clock() -> None:
    assert html.render(report()) == html.render(report())
