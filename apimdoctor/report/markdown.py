"""The Markdown report: short, for a job's summary, a pull request or a ticket."""

import re
from collections.abc import Iterator, Sequence

from apimdoctor.engine.finding import Finding
from apimdoctor.engine.prescription import PolicyEdit, Prescription
from apimdoctor.report.hostile import inert, visible
from apimdoctor.report.model import Report
from apimdoctor.report.prescribed import SAID, admitted, body, heading, lines
from apimdoctor.report.subjects import changes, headline, in_names, subject_of, verdict, where
from apimdoctor.report.text import paragraphs

MOST_BYTES = 900_000
"""GitHub drops a summary beyond 1 MiB whole."""
MOST_ROWS = 100
MOST_FIXES = 20
MOST_GAPS = 30
_SPECIAL = re.compile(r"[\\`*_\[\]|~#!]")
_SIGNS = {"error": "\U0001f534 error", "warning": "\U0001f7e0 warning", "info": "\U0001f535 info"}


def render(report: Report) -> str:
    """The report as GitHub's Markdown, which Azure's summaries show as well."""
    kept: list[str] = []
    size = 0
    for block in _blocks(report):
        size += len(block.encode()) + 2
        if size > MOST_BYTES:
            kept.append("*More is in the report itself.*")
            break
        kept.append(block)
    return "\n".join(inert(line) for line in "\n\n".join(kept).split("\n")) + "\n"


def plain(text: str) -> str:
    """Text of a tenant: no markup, no link, no mention, on one line."""
    shown = visible(" ".join(text.split())).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _SPECIAL.sub(lambda match: f"\\{match.group()}", shown)
    # A zero-width space ends what would be a mention; an escaped slash ends what would become a link.
    shown = shown.replace("@", "@&#8203;").replace("://", ":\\/\\/")
    return re.sub(r"\bwww\.", "www\\.", shown, flags=re.IGNORECASE)


def code(text: str) -> str:
    """Text of a tenant as a span of code that it cannot leave."""
    shown = visible(" ".join(text.split())).replace("|", "\u2502")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown else ""


def block(text: str, language: str = "") -> str:
    """Text of a tenant as a block of code that it cannot leave."""
    shown = visible(text.strip("\n"), keep="\n\t")
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def fix(text: str) -> str:
    """What to change, with markup and policy text as blocks."""
    return "\n\n".join(block(part) if "\n" in part else plain(part) for part in paragraphs(text.strip("\n")))


def _blocks(report: Report) -> Iterator[str]:
    striking, rest = verdict(report)
    yield f"## apimdoctor: {plain(f'{striking} {rest}')}"
    yield f"**{plain(headline(report))}**"
    if report.gaps or report.verdicts.not_assessed:
        yield "Not everything could be seen: what is not listed here may still be wrong."
    changed = changes(report)
    if changed:
        yield f"Since the last report: {changed}."
    findings = report.verdicts.findings
    if findings:
        yield _table(findings[:MOST_ROWS], report)
        if len(findings) > MOST_ROWS:
            yield f"{len(findings) - MOST_ROWS} more, none of them graver, are in the report itself."
        yield from _fixes([one for one in findings if one.severity == "error"] or list(findings), report)
    if report.comparison and report.comparison.fixed:
        yield "### Fixed"
        yield "\n".join(_brief(one, report) for one in report.comparison.fixed[:MOST_ROWS])
    if report.comparison and report.comparison.unseen:
        yield "### Found before, not assessed this time"
        yield "\n".join(_brief(one, report) for one in report.comparison.unseen[:MOST_ROWS])
    yield from _unseen(report)


def _table(findings: Sequence[Finding], report: Report) -> str:
    rows = ["| | Where | Finding |", "|---|---|---|"]
    for one in findings:
        state = report.comparison.state(one) if report.comparison else ""
        mark = f"<br>{state}" if state in ("new", "changed") else ""
        place = f"{plain(subject_of(one, report).title)}<br>{code(_end(where(one.at)))}"
        rows.append(f"| {_SIGNS[one.severity]}{mark} | {place} | {plain(one.message)}<br>{code(one.rule)} |")
    return "\n".join(rows)


def _end(text: str) -> str:
    """The end of a long resource id is what tells it from others."""
    return text if len(text) <= 100 else "..." + text[-97:]


def _fixes(findings: Sequence[Finding], report: Report) -> Iterator[str]:
    listed = [one for one in findings if one.fix or one.prescriptions][:MOST_FIXES]
    if not listed:
        return
    yield "### What to change"
    for one in listed:
        title = plain(subject_of(one, report).title)
        told = "\n\n".join(filter(None, (fix(one.fix), *_prescribed(one.prescriptions))))
        yield f"<details><summary>{title}: {one.rule}</summary>\n\n{told}\n\n</details>"


def _prescribed(listed: Sequence[Prescription]) -> Iterator[str]:
    """The first prescription with its change, the others by their titles."""
    for number, one in enumerate(listed):
        yield f"**{'Or' if number else 'Prescription'}, {SAID[one.safety]}:** {plain(one.title)}"
        if number:
            continue
        for change in one.changes:
            yield code(_end(heading(change)))
            if isinstance(change, PolicyEdit):
                yield block("\n".join(line.rstrip("\r") for line in lines(change)), "diff")
            else:
                yield block(f"{change.method} {change.resource}\n{body(change)}")
                yield from (block(command) for way, command in change.commands.items() if way == "az")
        told = [f"{number}. {plain(step)}" for number, step in enumerate(one.steps, start=1)]
        told += [f"* {plain(line)}" for line in (*one.side_effects, *map(admitted, one.admissions))]
        if told:
            yield "\n".join(told)


def _brief(one: Finding, report: Report) -> str:
    return f"* {plain(subject_of(one, report).title)}: {plain(one.message)} ({code(one.rule)})"


def _unseen(report: Report) -> Iterator[str]:
    lines = [
        f"* {plain(in_names(gap.scope) or 'the source itself')}: {plain(gap.detail)} {plain(gap.hint)}"
        for gap in report.gaps
    ]
    reasons: dict[str, list[str]] = {}
    for entry in report.verdicts.not_assessed:
        reasons.setdefault(entry.reason, []).append(code(entry.rule))
    lines += [f"* {plain(reason)} ({', '.join(rules)})" for reason, rules in reasons.items()]
    if lines:
        yield "### Could not be seen or decided"
        yield "\n".join(lines[:MOST_GAPS])
        if len(lines) > MOST_GAPS:
            yield f"{len(lines) - MOST_GAPS} more are in the report itself."
