"""The text report: for a terminal of 80 columns and for a log file, gravest first, each finding with its line and its fix."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from apimdoctor.engine.finding import Finding, Severity
from apimdoctor.facts.vocabulary import Place
from apimdoctor.report import text_prescribed
from apimdoctor.report.excerpt import Excerpt
from apimdoctor.report.hostile import shown, visible
from apimdoctor.report.model import Report
from apimdoctor.report.painting import Line, linked, painted
from apimdoctor.report.spot import absolute
from apimdoctor.report.subjects import Group, affected, changes, counted, groups, headline, in_names, naming, where
from apimdoctor.report.wrapping import columns, crop, folded, prose

_STYLE: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}
_TAB = "    "
_MANY = 4


def render(
    report: Report,
    *,
    width: int = 80,
    colour: bool = False,
    links: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> str:
    """The report as text. `quiet` is its first line alone; `verbose` leaves nothing out; `links` need `colour`."""
    width = max(width, 40)
    opening = list(_opening(report, width))
    lines: list[Line] = opening[:1] if quiet else opening
    if not quiet:
        for group in groups(report):
            lines += _group(group, report, width, verbose, links)
        lines += _gone(report, width)
        lines += _not_assessed(report, width, verbose)
        lines += _gaps(report, width)
        lines += _waived(report, width)
        lines += _closing(report)
    lines += _notices(report, width)
    return painted(lines, colour=colour)


def _opening(report: Report, width: int) -> Iterator[Line]:
    summary = report.summary
    style = "bold red" if summary.error else "bold yellow" if summary.warning else "bold"
    yield ((headline(report), style),)
    read = (
        f"{counted(summary.apis, 'API')}, {counted(summary.operations, 'operation')}, "
        f"{counted(summary.routes, 'route')}, {counted(summary.app_registrations, 'app registration')}"
    )
    sources = ", ".join(visible(source.name) for source in report.sources)
    yield from prose(f"in {read}" + (f" from {sources}" if sources else ""), width, style="dim")
    changed = changes(report)
    if changed and report.comparison:
        yield ((f"since {visible(report.comparison.since)}: {changed}", "bold"),)


def _group(group: Group, report: Report, width: int, verbose: bool, links: bool) -> Iterator[Line]:
    subject = group.subject
    label = {"app": "App registration "}.get(subject.kind, "")
    yield ()
    yield (
        (f"{label}{visible(subject.title)}", "bold underline"),
        (f"  {visible(subject.detail)}" if subject.detail else "", "dim"),
    )
    for finding in group.findings:
        yield ()
        yield from _finding(finding, report, width, verbose, links)


def _finding(finding: Finding, report: Report, width: int, verbose: bool, links: bool) -> Iterator[Line]:
    state = report.comparison.state(finding) if report.comparison else "known"
    news = f"  {state}" if state != "known" else ""
    rule = linked("bold", finding.links[0] if links and finding.links else "")
    yield (
        ("  ", ""),
        (finding.severity, _STYLE[finding.severity]),
        ("  ", ""),
        (finding.rule, rule),
        (news, "bold cyan"),
    )
    yield from prose(visible(finding.message), width, indent=4)
    if finding.doubt:
        yield from prose(f"doubt: {visible(finding.doubt)}", width, indent=4, style="yellow")
    yield from _place(finding.at, report, width, links)
    for place in finding.related:
        yield from prose(f"with {visible(naming(place, report))} at {visible(where(place))}", width, indent=4, hang=5)
    yield from _evidence(finding, width)
    yield from _affects(finding, report, width, verbose)
    for also in finding.also:
        yield from prose(f"also {also.rule}: {visible(also.message)}", width, indent=4, hang=5)
    if finding.fix:
        yield from _fix(finding.fix, width)
    for number, prescription in enumerate(finding.prescriptions):
        yield from text_prescribed.told(prescription, width, whole=verbose or not number, uncut=verbose)


def _place(place: Place, report: Report, width: int, links: bool) -> Iterator[Line]:
    path = report.files.paths.get(place.document, "") if links else ""
    style = linked("", f"file://{quote(absolute(path, report))}" if path else "")
    told = visible(where(place))
    # A file stays on one line, so that a terminal opens it at a click.
    first, *rest = [told] if place.file else folded(told, width - 8)
    yield (("    --> ", "blue"), (first, style))
    for part in rest:
        yield ((f"        {part}", ""),)
    excerpt = report.texts.excerpt(place)
    if excerpt:
        yield from _lines(excerpt, width)


def _lines(excerpt: Excerpt, width: int) -> Iterator[Line]:
    digits = len(str(excerpt.lines[-1][0]))
    gutter = 6 + digits
    for number, text in excerpt.lines:
        cells = [_TAB if char == "\t" else shown(char) for char in text]
        cropped = crop("".join(cells), width - gutter - 3)
        yield ((f"    {number:>{digits + 2}} | ", "blue"), (cropped, ""))
        if number == excerpt.marked:
            before = columns("".join(cells[: excerpt.first]))
            length = columns("".join(cells[excerpt.first : excerpt.last]))
            length = max(1, min(length, width - gutter - 3 - before))
            yield ((f"    {'':>{digits + 2}} | ", "blue"), (" " * before + "^" * length, "bold red"))
    if excerpt.more:
        yield ((f"    {'':>{digits + 2}} | ", "blue"), ("...", "dim"))


def _evidence(finding: Finding, width: int) -> Iterator[Line]:
    if not finding.evidence:
        return
    yield (("    evidence", "bold"),)
    for path, value in finding.evidence.items():
        yield from prose(f"{path} = {told(value)}", width, indent=6, hang=4)


def told(value: object) -> str:
    """A value of the evidence as a person reads it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(told, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(str(value)) if value != "" else "not written"


def _affects(finding: Finding, report: Report, width: int, verbose: bool) -> Iterator[Line]:
    listed = affected(finding.affects, report)
    if not listed or finding.affects == (finding.at,):
        return
    if len(listed) > 1 and not verbose:
        titles = [visible(title) for title, _ in listed]
        yield from prose(f"affects {_some(titles, False)}", width, indent=4, hang=8)
        return
    for title, operations in listed:
        names = [visible(name) for name in operations]
        what = f"{counted(len(names), 'operation')} of {visible(title)}: {_some(names, verbose)}" if names else title
        yield from prose(f"affects {visible(what)}", width, indent=4, hang=8)


def _some(names: Sequence[str], all_of_them: bool) -> str:
    if all_of_them or len(names) <= _MANY:
        return ", ".join(names)
    return f"{', '.join(names[: _MANY - 1])} and {len(names) - _MANY + 1} more"


def _fix(fix: str, width: int) -> Iterator[Line]:
    yield (("    fix", "bold green"),)
    for paragraph in paragraphs(visible(fix.strip("\n"), keep="\n\t")):
        if "\n" in paragraph or paragraph.startswith((" ", "\t", "<")):
            for line in paragraph.split("\n"):
                yield ((f"      {line.expandtabs(4)}", ""),)
        else:
            yield from prose(paragraph, width, indent=6)


def paragraphs(text: str) -> list[str]:
    """Prose with its author's line breaks undone; indented lines, markup and lists keep theirs."""
    made: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        lines = block.rstrip().split("\n")
        kept = [line.startswith((" ", "\t", "<", "- ", "* ")) for line in lines]
        if any(kept) and all(kept[kept.index(True) :]):
            prose, code = lines[: kept.index(True)], lines[kept.index(True) :]
            made += [" ".join(prose)] if prose else []
            made.append("\n".join(code))
        elif any(kept):
            made.append("\n".join(lines))
        else:
            made.append(" ".join(line.strip() for line in lines))
    return [one for one in made if one.strip()]


def _gone(report: Report, width: int) -> Iterator[Line]:
    if report.comparison is None:
        return
    for title, told, found in (
        ("Fixed", "found by the earlier report and gone", report.comparison.fixed),
        ("Found before, not assessed now", "by the earlier report", report.comparison.unseen),
    ):
        if found:
            yield ()
            yield ((title, "bold underline"), (f"  {told}", "dim"))
        for one in found:
            yield from prose(f"{one.severity} {one.rule} at {visible(where(one.at))}", width, indent=2)
            yield from prose(visible(one.message), width, indent=4)


def _not_assessed(report: Report, width: int, verbose: bool) -> Iterator[Line]:
    entries = report.verdicts.not_assessed
    if not entries:
        return
    yield ()
    yield (("Not assessed", "bold underline"), ("  what could not be decided, and why", "dim"))
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        times = len(entry.subjects)
        label = f"{entry.rule} ({times} times)" if times > 1 else entry.rule
        by_reason.setdefault(entry.reason, []).append(label)
        if verbose:
            by_reason[entry.reason] += [f"at {visible(where(subject))}" for subject in entry.subjects]
    for reason, labels in by_reason.items():
        yield from prose(visible(reason), width, indent=2)
        yield from prose(", ".join(labels), width, indent=4, style="dim")


def _gaps(report: Report, width: int) -> Iterator[Line]:
    if not report.gaps:
        return
    yield ()
    yield (("Gaps", "bold underline"), ("  what could not be read", "dim"))
    for gap in report.gaps:
        yield from prose(f"{gap.kind}: {visible(in_names(gap.scope) or 'the source itself')}", width, indent=2)
        yield from prose(visible(gap.detail), width, indent=4)
        if gap.hint:
            yield from prose(f"hint: {visible(gap.hint)}", width, indent=4)


def _waived(report: Report, width: int) -> Iterator[Line]:
    if not report.verdicts.waived:
        return
    yield ()
    yield (("Waived", "bold underline"),)
    for entry in report.verdicts.waived:
        place = visible(where(entry.finding.at))
        until = f", until {visible(entry.until)}" if entry.until else ""
        told = f"{entry.finding.rule} at {place}: {visible(entry.reason)} ({visible(entry.source)}{until})"
        yield from prose(told, width, indent=2, hang=2)


def _notices(report: Report, width: int) -> Iterator[Line]:
    for notice in report.verdicts.notices:
        yield from prose(f"note: {visible(notice)}", width, style="yellow")


def _closing(report: Report) -> Iterator[Line]:
    yield ()
    if report.verdicts.findings:
        yield (("apimdoctor explain RULE tells why a rule exists and shows examples.", "dim"),)
