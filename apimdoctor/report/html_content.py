"""What the script of the HTML report shows: findings by subject and the list of APIs, as plain values."""

from collections.abc import Iterable

from apimdoctor.engine.finding import SEVERITIES, Finding
from apimdoctor.engine.prescription import Change, PolicyEdit, Prescription
from apimdoctor.report.excerpt import Excerpt
from apimdoctor.report.hostile import shown, visible
from apimdoctor.report.model import ApiLine, Report, apis_of
from apimdoctor.report.prescribed import SAID, SENT_WITH, Row, body, heading, rows
from apimdoctor.report.subjects import Group, affected, counted, groups, naming, unassessed_apis, where
from apimdoctor.report.text import paragraphs, told
from apimdoctor.report.token_paths import MOST_PATHS, Drawing

_MOST_OPERATIONS = 12


def content(report: Report, drawn: Drawing) -> dict[str, object]:
    """The whole block. Ids are numbers of ours: no name of a tenant becomes an id or a link."""
    grouped = groups(report)
    ids = {group.subject.key: f"group-{number}" for number, group in enumerate(grouped)}
    marks = _marks(report)
    numbers = {key: number for number, key in enumerate(report.apis)}
    counts = {severity: sum(f.severity == severity for f in report.verdicts.findings) for severity in SEVERITIES}
    return {
        "severities": [
            [severity, label, counts[severity]]
            for severity, label in zip(SEVERITIES, ("Errors", "Warnings", "Infos"), strict=True)
            if counts[severity]
        ],
        "compared": report.comparison is not None,
        "groups": [_group(number, group, report) for number, group in enumerate(grouped)],
        "apis": [_api(api, marks.get(api.key, []), ids.get(api.key, ""), drawn) for api in report.apis.values()],
        "steps": drawn.steps,
        "texts": drawn.texts,
        "checks": drawn.checks,
        "apps": [_app(number, app, drawn, numbers) for number, app in enumerate(drawn.apps)],
    }


def ids_of(report: Report) -> dict[int, str]:
    """The page's id of each finding, by the finding's identity."""
    return {
        id(finding): f"finding-{number}-{place}"
        for number, group in enumerate(groups(report))
        for place, finding in enumerate(group.findings)
    }


def _app(
    number: int, app: dict[str, object], drawn: Drawing, numbers: dict[tuple[str, str, str], int]
) -> dict[str, object]:
    used = sorted(numbers[key] for key in drawn.used_by.get(number, ()) if key in numbers)
    return {**app, "used": used}


def _marks(report: Report) -> dict[tuple[str, str, str], list[str]]:
    """The marks of each API: its severities, the gravest first, then whether something was not assessed."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for finding in report.verdicts.findings:
        for key in apis_of(finding):
            found.setdefault(key, set()).add(finding.severity)
    for key in unassessed_apis(report):
        found.setdefault(key, set()).add("unknown")
    order = (*SEVERITIES, "unknown")
    return {key: sorted(marks, key=order.index) for key, marks in found.items()}


def _api(api: ApiLine, marks: list[str], group: str, drawn: Drawing) -> dict[str, object]:
    space = f"{api.service}, workspace {api.workspace}" if api.workspace else api.service
    return {
        "title": visible(api.display_name),
        "path": visible(f"/{api.path.lstrip('/')}"),
        "space": visible(space),
        "operations": api.operations,
        "marks": marks,
        "group": group,
        "protection": drawn.protection.get(api.key, []),
        "paths": drawn.paths.get(api.key, [])[:MOST_PATHS],
        "more": max(0, len(drawn.paths.get(api.key, [])) - MOST_PATHS),
        "search": visible(f"{api.display_name} {api.path} {api.name} {space}").lower(),
    }


def _group(number: int, group: Group, report: Report) -> dict[str, object]:
    subject = group.subject
    prefix = "App registration " if subject.kind == "app" else ""
    return {
        "id": f"group-{number}",
        "title": prefix + visible(subject.title),
        "detail": visible(subject.detail),
        "search": visible(f"{subject.title} {subject.detail} {' '.join(subject.key)}").lower(),
        "findings": [
            _finding(f"finding-{number}-{place}", finding, report) for place, finding in enumerate(group.findings)
        ],
    }


def _finding(mark: str, finding: Finding, report: Report) -> dict[str, object]:
    cut = report.texts.excerpt(finding.at)
    return {
        "id": mark,
        "rule": finding.rule,
        "state": report.comparison.state(finding) if report.comparison else "",
        "cause": finding.cause,
        "severity": finding.severity,
        "message": visible(finding.message),
        "doubt": visible(finding.doubt),
        "where": visible(where(finding.at)),
        "excerpt": _excerpt(cut) if cut else None,
        "related": [visible(f"{naming(place, report)} at {where(place)}") for place in finding.related],
        "evidence": [[path, told(value)] for path, value in finding.evidence.items()],
        "fix": [
            ["code" if "\n" in block else "text", block] for block in paragraphs(visible(finding.fix, keep="\n\t"))
        ],
        "prescriptions": [_prescription(one) for one in finding.prescriptions],
        "affects": [_affects(name, operations) for name, operations in affected(finding.affects, report)],
        "also": [visible(f"{also.rule}: {also.message}") for also in finding.also],
        "search": visible(f"{finding.rule} {finding.cause} {finding.message} {where(finding.at)}").lower(),
    }


def _prescription(one: Prescription) -> dict[str, object]:
    return {
        "title": visible(one.title),
        "safety": SAID[one.safety],
        "changes": [_change(change) for change in one.changes],
        "steps": [visible(step) for step in one.steps],
        "effects": [visible(effect) for effect in one.side_effects],
        "admissions": [[visible(entry.caller), entry.before, entry.after] for entry in one.admissions],
    }


def _change(change: Change) -> dict[str, object]:
    """A policy edit as hunks side by side and as text to copy, or a patch as its body and the ways to send it."""
    if isinstance(change, PolicyEdit):
        hunks = [[_row(row) for row in hunk] for hunk in rows(change)]
        return {"name": visible(heading(change)), "hunks": hunks, "copy": change.diff}
    ways = [[change.method, visible(change.resource) + "\n" + visible(body(change), keep="\n")]]
    ways += [[SENT_WITH.get(way, way), visible(command, keep="\n")] for way, command in change.commands.items()]
    return {"name": visible(heading(change)), "ways": ways}


def _row(row: Row) -> list[object]:
    old, new = visible(row.old, keep="\t"), visible(row.new, keep="\t")
    return [row.before, old, row.after, new] if row.changed else [row.before, old, row.after]


def _affects(name: str, operations: list[str]) -> str:
    if not operations:
        return visible(name)
    rest = len(operations) - _MOST_OPERATIONS
    listed = ", ".join(operations[:_MOST_OPERATIONS]) + (f" and {rest} more" if rest > 0 else "")
    return visible(f"{counted(len(operations), 'operation')} of {name}: {listed}")


def _excerpt(cut: Excerpt) -> dict[str, object]:
    """Lines as [number, text, first, last]; first is -1 on lines without a mark."""
    return {"lines": [_line(number, text, cut) for number, text in cut.lines], "more": cut.more}


def _line(number: int, text: str, cut: Excerpt) -> list[object]:
    cells = [char if char == "\t" else shown(char) for char in text]
    if number != cut.marked:
        return [number, "".join(cells), -1, -1]
    # Browsers count UTF-16 units, and a character that is made visible is longer than it was.
    first, last = _units(cells[: cut.first]), _units(cells[: cut.last])
    return [number, "".join(cells), first, last]


def _units(cells: Iterable[str]) -> int:
    return sum(len(cell.encode("utf-16-le")) // 2 for cell in cells)
