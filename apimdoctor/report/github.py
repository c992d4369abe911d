"""Annotations for GitHub Actions, the gravest first: the runner shows ten of a kind for one step."""

from collections.abc import Iterator

from apimdoctor.engine.finding import Finding, Severity
from apimdoctor.report.hostile import inert, visible
from apimdoctor.report.model import Report
from apimdoctor.report.spot import spot
from apimdoctor.report.subjects import blind_spots, headline

MOST = 10
LONGEST = 2000
"""The runner cuts a message at 4,096 characters; escapes count."""
_KINDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_ROOM: dict[str, int] = {"error": MOST, "warning": MOST - 1, "notice": MOST - 1}
"""A warning and a notice are kept for what stands at the end."""


def render(report: Report) -> str:
    """Workflow commands, one a line; between them nothing but their own text is a command."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    used = dict.fromkeys(_ROOM, 0)
    left = 0
    for one in report.verdicts.findings:
        kind = _KINDS[one.severity]
        if used[kind] == _ROOM[kind]:
            left += 1
            continue
        used[kind] += 1
        yield _annotation(kind, one, report)
    blind = blind_spots(report)
    if blind:
        yield command("warning", {"title": "apimdoctor could not see everything"}, blind)
    more = f"; {left} findings more are in the report" if left else ""
    yield command("notice", {"title": "apimdoctor"}, f"{headline(report)}{more}")


def _annotation(kind: str, one: Finding, report: Report) -> str:
    at = spot(one.at, report)
    told = {"file": at.path}
    if at.line:
        told |= {"line": str(at.line), "endLine": str(at.line)}
        if at.column:
            told["col"] = str(at.column)
    told["title"] = one.rule
    state = f"{report.comparison.state(one)}: " if report.comparison and report.comparison.state(one) != "known" else ""
    body = f"{state}{one.message}" + (f"\n{one.fix.strip()}" if one.fix else "")
    return command(kind, told, body)


def command(kind: str, properties: dict[str, str], message: str) -> str:
    """One workflow command with its values escaped (actions/toolkit, command.ts)."""
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{kind} {told}::{_message(message)}"


def _message(text: str) -> str:
    shown = inert(visible(text[:LONGEST], keep="\n"))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
