"""The parts of the HTML report that need no script: the verdict, the counts, the gaps, the rules."""

import re
from collections.abc import Iterable
from html import escape

from apimdoctor.engine.finding import SEVERITIES, Finding
from apimdoctor.report.hostile import visible
from apimdoctor.report.html_content import ids_of
from apimdoctor.report.html_plots import overview
from apimdoctor.report.model import Report, RuleText
from apimdoctor.report.subjects import affected, changes, counted, headline, in_names, subject_of, verdict, where
from apimdoctor.report.text import paragraphs
from apimdoctor.report.token_paths import Drawing

_UNUSUAL = re.compile(r"&lt;(U\+[0-9A-F]{4,6})&gt;")
_MOST_NEWS = 5
_SIGNS = {"error": "×", "warning": "!", "info": "i", "unknown": "?"}


def plain(text: str) -> str:
    """Text from a tenant as HTML: escaped, unseen characters shown, and apart from the direction of what is around it."""
    marked = _UNUSUAL.sub(r'<span class="unusual">\1</span>', escape(visible(text)))
    return f"<bdi>{marked}</bdi>"


def title(report: Report) -> str:
    """The title of the page: the verdict, for someone with many tabs."""
    return escape(f"apimdoctor: {headline(report)}")


def opening(report: Report, drawn: Drawing) -> str:
    """What an administrator sees first: the verdict as a sentence, the counts, and what could not be seen."""
    striking, rest = verdict(report)
    summary = report.summary
    blind = summary.gaps or summary.not_assessed
    kind = "" if summary.error else "unknown" if blind or not summary.services else "good"
    facts = [("Read from", source.name) for source in report.sources]
    if report.collected_at:
        facts.append(("Read at", report.collected_at))
    told = "".join(f"<div><dt>{term}</dt><dd>{plain(value)}</dd></div>" for term, value in facts)
    return (
        f'<dl class="facts">{told}</dl>\n'
        f'<h1><em class="{kind}">{escape(striking)}</em> {escape(rest)}</h1>\n'
        f'<p class="lede">{escape(_lede(report))}</p>\n'
        f'<div class="trio"><section aria-labelledby="counts-title"><h2 id="counts-title">In numbers</h2>'
        f'<ul class="counts">{_counts(report)}</ul></section>\n'
        f'<section aria-labelledby="gaps-title"><h2 id="gaps-title">Could not be seen</h2>{_gaps(report)}</section>'
        f"{_since(report)}</div>\n{_change_first(report)}\n{overview(report, drawn)}"
    )


def _since(report: Report) -> str:
    """What changed since the earlier report; nothing where there is none."""
    if report.comparison is None:
        return ""
    marks = ids_of(report)
    news = [one for one in report.verdicts.findings if report.comparison.state(one) != "known"]
    items = [
        f'<li><span class="tag">{report.comparison.state(one)}</span> '
        f'<a href="#{marks[id(one)]}">{plain(one.message)}</a></li>'
        for one in news[:_MOST_NEWS]
    ]
    items += [
        f'<li><span class="tag good">fixed</span> {plain(one.message)}</li>'
        for one in report.comparison.fixed[:_MOST_NEWS]
    ]
    items += [
        f'<li><span class="tag">not assessed now</span> {plain(one.message)}</li>'
        for one in report.comparison.unseen[:_MOST_NEWS]
    ]
    listed = f'<ul class="news">{"".join(items)}</ul>' if items else "<p>Nothing changed.</p>"
    return (
        f'<section aria-labelledby="since-title"><h2 id="since-title">Since {plain(report.comparison.since)}</h2>'
        f"<p><b>{escape(changes(report))}</b></p>{listed}</section>"
    )


def _change_first(report: Report) -> str:
    """At most three changes: errors before warnings, then what concerns most operations."""
    worth = [one for one in report.verdicts.findings if one.fix and one.severity != "info"]
    worth.sort(key=lambda one: (SEVERITIES.index(one.severity), -len(one.affects), one.confidence != "high"))
    if not worth:
        return ""
    marks = ids_of(report)
    cards = "".join(_card(one, marks[id(one)], report) for one in worth[:3])
    return (
        '<section id="first" aria-labelledby="first-title"><h2 id="first-title">Change first</h2>'
        f'<p class="sub">What puts most right, the gravest first.</p><div class="cards">{cards}</div></section>'
    )


def _card(one: Finding, mark: str, report: Report) -> str:
    subject = subject_of(one, report)
    concerned = sum(len(operations) for _, operations in affected(one.affects, report))
    effect = f"{counted(concerned, 'operation')}. " if concerned else ""
    fix = "".join(_tenant_paragraph(part) for part in paragraphs(visible(one.fix, keep="\n\t"))[:3])
    return (
        f'<article class="card {one.severity}"><p class="top"><span class="mark {one.severity}" aria-hidden="true">'
        f"{_SIGNS[one.severity]}</span><b>{plain(subject.title)}</b></p><h3>{plain(one.message)}</h3>"
        f'<div class="fix">{fix}</div><p class="acts">{effect}<a href="#{mark}">Show why</a>'
        f'<button type="button" class="button copy" data-finding="{mark}" hidden>Copy as Markdown</button></p></article>'
    )


def _tenant_paragraph(text: str) -> str:
    if "\n" in text:
        return f'<pre class="code" tabindex="0">{escape(text)}</pre>'
    return f"<p>{plain(text)}</p>"


def _lede(report: Report) -> str:
    summary = report.summary
    return (
        f"{counted(summary.apis, 'API')} of {counted(summary.services, 'service')} with "
        f"{counted(summary.operations, 'operation')} were compared with "
        f"{counted(summary.app_registrations, 'app registration')}."
    )


def _counts(report: Report) -> str:
    summary = report.summary
    rows = (
        ("error", summary.error, "error" if summary.error == 1 else "errors"),
        ("warning", summary.warning, "warning" if summary.warning == 1 else "warnings"),
        ("info", summary.info, "info" if summary.info == 1 else "infos"),
        ("unknown", summary.not_assessed, "not assessed"),
    )
    listed = "".join(
        f'<li><span class="mark {kind}" aria-hidden="true">{_SIGNS[kind]}</span><b>{count}</b> {label}</li>'
        for kind, count, label in rows
    )
    if summary.waived:
        listed += f'<li><a href="#waived">{summary.waived} waived</a></li>'
    return listed


def _gaps(report: Report) -> str:
    if not report.gaps:
        rest = "Everything that was named could be read."
        if report.summary.not_assessed:
            rest += ' Some rules could not be decided: see <a href="#unassessed">Not assessed</a>.'
        return f"<p>{rest}</p>"
    items = "".join(
        f"<li>{plain(in_names(gap.scope) or 'the source itself')}<small>{gap.kind}: {plain(gap.detail)}"
        + (f"<br>{plain(gap.hint)}" if gap.hint else "")
        + "</small></li>"
        for gap in report.gaps
    )
    return f'<ul class="gaps">{items}</ul>'


def reference(report: Report) -> str:
    """Not assessed, waived, notes and rules: what a reader looks up."""
    sections = [_not_assessed(report)]
    if report.verdicts.waived:
        sections.append(
            _section("waived", "Waived", "Findings that somebody accepted, with the reason.", _waived(report))
        )
    if report.verdicts.notices:
        notes = _list(plain(notice) for notice in report.verdicts.notices)
        sections.append(_section("notes", "Notes", "About this run itself.", notes))
    rules = "".join(_rule(rule) for rule in report.rules)
    sections.append(_section("rules", "Rules", f"The {counted(len(report.rules), 'rule')} of this run.", rules))
    return "\n".join(sections)


def _not_assessed(report: Report) -> str:
    by_reason: dict[str, list[str]] = {}
    for entry in report.verdicts.not_assessed:
        times = f" ({len(entry.subjects)} times)" if len(entry.subjects) > 1 else ""
        by_reason.setdefault(entry.reason, []).append(f"<code>{escape(entry.rule)}</code>{times}")
    items = _list(f"{plain(reason)}<small>{', '.join(rules)}</small>" for reason, rules in by_reason.items())
    purpose = "What could not be decided, and why. It is neither right nor wrong."
    return _section("unassessed", "Not assessed", purpose, items or '<p class="empty">Every rule could be decided.</p>')


def _waived(report: Report) -> str:
    return _list(
        f"<code>{escape(entry.finding.rule)}</code> at {plain(where(entry.finding.at))}"
        f"<small>{plain(entry.reason)} ({plain(entry.source)}{', until ' + plain(entry.until) if entry.until else ''})</small>"
        for entry in report.verdicts.waived
    )


def _rule(rule: RuleText) -> str:
    links = "".join(f'<p><a rel="noreferrer" href="{escape(link)}">{escape(link)}</a></p>' for link in rule.links)
    about = "".join(map(_paragraph, paragraphs(visible(rule.about, keep="\n"))))
    fix = "".join(map(_paragraph, paragraphs(visible(rule.fix, keep="\n"))))
    return (
        f'<details class="rule" id="rule-{escape(rule.id)}"><summary><code>{escape(rule.id)}</code> '
        f"{escape(rule.title)}</summary><div>{about}<p><b>What to change.</b></p>{fix}{links}</div></details>"
    )


def _paragraph(text: str) -> str:
    if "\n" in text:
        return f'<pre class="code" tabindex="0">{escape(text)}</pre>'
    return f"<p>{escape(text)}</p>"


def _list(items: Iterable[str]) -> str:
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="plain">{listed}</ul>' if listed else ""


def _section(name: str, heading: str, purpose: str, inner: str) -> str:
    return (
        f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{heading}</h2>'
        f'<p class="sub">{purpose}</p>{inner}</section>'
    )


def footer(report: Report) -> str:
    """What made the page."""
    return f"apimdoctor {escape(report.version)}. This page holds no secret values and asks the network for nothing."
