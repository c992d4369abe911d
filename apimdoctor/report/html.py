"""The HTML report: one self-contained page that asks the network for nothing and runs no script but its own."""

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from string import Template

from apimdoctor.report import html_content, html_static
from apimdoctor.report.model import Report
from apimdoctor.report.token_paths import drawing

SCRIPTS = ("base.js", "drawing.js", "prescribed.js", "page.js")
"""The parts of the page's one script, in order."""


def render(report: Report) -> str:
    """The page. Everything from the tenant is escaped text or a JSON block, and the policy of the page forbids the rest."""
    style, script = _asset("page.css"), "".join(map(_asset, SCRIPTS))
    drawn = drawing(report)
    return Template(_asset("page.html")).substitute(
        policy=_policy(style, script),
        title=html_static.title(report),
        style=style,
        opening=html_static.opening(report, drawn),
        reference=html_static.reference(report),
        footer=html_static.footer(report),
        run=block(html_content.content(report, drawn)),
        script=script,
    )


def block(content: object) -> str:
    """JSON as it may stand inside a script element: no `<`, so nothing ends the element or opens a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _policy(style: str, script: str) -> str:
    rules = (
        "default-src 'none'",
        f"style-src '{_digest(style)}'",
        f"script-src '{_digest(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    return "; ".join(rules)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return files("apimdoctor.report").joinpath("page", name).read_text("utf-8")
