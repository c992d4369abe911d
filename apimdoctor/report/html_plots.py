"""The plots of the HTML report: how routes are protected, and findings by topic and severity."""

from collections.abc import Sequence
from html import escape

from apimdoctor.engine.finding import SEVERITIES
from apimdoctor.report.model import Report
from apimdoctor.report.subjects import counted
from apimdoctor.report.token_paths import KINDS, Drawing, totals

_MOST_TOPICS = 8
_PROTECTED = {
    "checked": "check a token on every way",
    "partly": "check a token on some ways only",
    "key": "want a key and check no token",
    "open": "are open",
    "unknown": "are not assessed",
}


def overview(report: Report, drawn: Drawing) -> str:
    """Two plots: how routes are protected, and findings by topic and severity."""
    counts = totals(drawn.protection)
    if not sum(counts) and not report.verdicts.findings:
        return ""
    routes = (
        f'<h3>Protection of {counted(sum(counts), "route")}</h3>{_strip(counts)}<ul class="legend">'
        + "".join(
            f'<li><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">'
            f'<rect class="z {kind}" width="12" height="12"/></svg>'
            f"<b>{count}</b> {_PROTECTED[kind]}</li>"
            for kind, count in zip(KINDS, counts, strict=True)
        )
        + "</ul>"
        if sum(counts)
        else ""
    )
    return (
        '<section id="overview" aria-labelledby="overview-title"><h2 id="overview-title">Overview</h2>'
        f'<div class="plots"><div>{routes}</div><div>{_topics(report)}</div></div></section>'
    )


def _strip(counts: Sequence[int]) -> str:
    whole, at, bars = max(sum(counts), 1), 0.0, []
    for kind, count in zip(KINDS, counts, strict=True):
        width = 1000 * count / whole
        if count:
            bars.append(f'<rect class="z {kind}" x="{at:.1f}" width="{max(width - 3, 2):.1f}" height="20"/>')
        at += width
    told = ", ".join(f"{count} {_PROTECTED[kind]}" for kind, count in zip(KINDS, counts, strict=True) if count)
    return (
        f'<svg class="strip" viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="{escape(told)}">'
        f"{''.join(bars)}</svg>"
    )


def _topics(report: Report) -> str:
    found: dict[str, list[int]] = {}
    for one in report.verdicts.findings:
        found.setdefault(one.cause, [0, 0, 0])[SEVERITIES.index(one.severity)] += 1
    ranked = sorted(found.items(), key=lambda item: ([-count for count in item[1]], item[0]))[:_MOST_TOPICS]
    if not ranked:
        return ""
    most = max(sum(counts) for _, counts in ranked)
    rows = []
    for cause, counts in ranked:
        at, bars = 0.0, []
        for severity, count in zip(SEVERITIES, counts, strict=True):
            width = 1000 * count / most
            bars.append(f'<rect class="s {severity}" x="{at:.1f}" width="{width:.1f}" height="12"/>' if count else "")
            at += width
        told = ", ".join(counted(count, severity) for severity, count in zip(SEVERITIES, counts, strict=True) if count)
        rows.append(
            f'<tr><th scope="row">{escape(cause.replace("-", " "))}</th><td><svg class="strip" viewBox="0 0 1000 12" '
            f'preserveAspectRatio="none" aria-hidden="true">{"".join(bars)}</svg></td><td>{told}</td></tr>'
        )
    return (
        '<h3 id="topics-title">Findings by topic</h3><table class="topics" aria-labelledby="topics-title"><tbody>'
        f"{''.join(rows)}</tbody></table>"
    )
