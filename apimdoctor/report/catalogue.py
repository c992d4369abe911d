"""The catalogue of the rules: one self-contained page, searchable, made of nothing but the rules themselves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby
from string import Template
from textwrap import dedent

from apimdoctor.engine.finding import SEVERITIES
from apimdoctor.engine.rule import Example, Rule
from apimdoctor.report.text import paragraphs

_SIGNS = {"error": "×", "warning": "!", "info": "i"}
_OWN = "your own"


def render(rules: Sequence[Rule]) -> str:
    """The page. Rules of one's own may be among them, so their texts are escaped like all others."""
    ranked = sorted(rules, key=lambda rule: (rule.topic, rule.id))
    counts = {severity: sum(rule.severity == severity for rule in ranked) for severity in SEVERITIES}
    style, script = _asset("page.css") + _asset("catalogue.css"), _asset("catalogue.js")
    topics = [(topic or _OWN, tuple(members)) for topic, members in groupby(ranked, key=lambda rule: rule.topic)]
    return Template(_asset("catalogue.html")).substitute(
        policy=_policy(style, script),
        style=style,
        script=script,
        count=len(ranked),
        counts="".join(_count(severity, counts[severity]) for severity in SEVERITIES),
        topics="".join(f'<li><a href="#topic-{_mark(topic)}">{escape(topic)}</a></li>' for topic, _ in topics),
        rules="".join(_topic(topic, members) for topic, members in topics),
    )


def _count(severity: str, count: int) -> str:
    return (
        f'<button type="button" class="chip" data-severity="{severity}" aria-pressed="false">'
        f'<span class="mark {severity}" aria-hidden="true">{_SIGNS[severity]}</span> {count} {severity}</button>'
    )


def _topic(topic: str, rules: Iterable[Rule]) -> str:
    return (
        f'<section class="topic" aria-labelledby="topic-{_mark(topic)}"><h2 id="topic-{_mark(topic)}">{escape(topic)}</h2>'
        f"{''.join(map(_rule, rules))}</section>"
    )


def _rule(rule: Rule) -> str:
    graver = f"<p>It is an error when <code>{escape(rule.error_when.text)}</code>.</p>" if rule.error_when else ""
    links = "".join(f'<li><a rel="noreferrer" href="{escape(link)}">{escape(link)}</a></li>' for link in rule.links)
    return (
        f'<details class="rule" id="{escape(rule.id)}" data-severity="{rule.severity}"><summary>'
        f'<span class="mark {rule.severity}" role="img" aria-label="{rule.severity}">{_SIGNS[rule.severity]}</span> '
        f"<code>{escape(rule.id)}</code> {escape(rule.title)}</summary><div>"
        f"{_prose(rule.about)}"
        f'<p class="told">severity {rule.severity}, confidence {rule.confidence}, cause {escape(rule.cause)}</p>'
        f"<h3>What to change</h3>{_prose(str(rule.fix))}"
        f"<h3>Flagged when</h3>{_code(rule.flag.text)}{graver}"
        f"<h3>Examples</h3>{''.join(map(_example, rule.examples))}"
        f"<h3>Rests on</h3><ul>{links}</ul></div></details>"
    )


def _example(example: Example) -> str:
    given = "".join(_given(key, value) for key, value in example.given.items())
    return (
        f'<details class="example"><summary><span class="tag">{example.expect}</span> {escape(example.name)}</summary>'
        f"{given}</details>"
    )


def _given(key: str, value: object) -> str:
    if isinstance(value, str) and "\n" in value:
        return f"<h4>{escape(key)}</h4>{_code(dedent(value))}"
    if isinstance(value, Mapping):
        texts = {inner: text for inner, text in value.items() if isinstance(text, str) and "\n" in text}
        rest = {inner: text for inner, text in value.items() if inner not in texts}
        plain = _given(key, _plain(rest)) if rest else ""
        return plain + "".join(_given(f"{key}: {inner}", text) for inner, text in texts.items())
    return f"<h4>{escape(key)}</h4>{_code(_plain(value))}"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value).strip()


def _prose(text: str) -> str:
    parts = paragraphs(text.strip("\n"))
    return "".join(_code(part) if "\n" in part else f"<p>{escape(part)}</p>" for part in parts)


def _code(text: str) -> str:
    return f'<pre class="code" tabindex="0">{escape(text.strip(chr(10)))}</pre>'


def _mark(topic: str) -> str:
    return escape(topic.replace(" ", "-"))


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return files("apimdoctor.report").joinpath("page", name).read_text("utf-8")
