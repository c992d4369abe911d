"""Logging commands for Azure Pipelines, the gravest first: the agent shows ten of a kind for one task."""

from collections.abc import Iterator

from apimdoctor.engine.finding import Finding
from apimdoctor.report.hostile import inert, visible
from apimdoctor.report.model import Report
from apimdoctor.report.spot import absolute, spot
from apimdoctor.report.subjects import blind_spots, headline, where

MOST = 10
LONGEST = 2000
_ROOM = {"error": MOST, "warning": MOST - 1}
"""A warning is kept for what could not be seen. Other kinds than these two the agent refuses."""


def render(report: Report) -> str:
    """Logging commands, one a line, then a sentence; no text of a tenant is a command."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    used = dict.fromkeys(_ROOM, 0)
    plain: list[Finding] = []
    for one in report.verdicts.findings:
        if one.severity not in _ROOM or used[one.severity] == _ROOM[one.severity]:
            plain.append(one)
            continue
        used[one.severity] += 1
        yield _issue(one, report)
    blind = blind_spots(report)
    if blind:
        yield command("warning", {}, f"apimdoctor could not see everything: {blind}")
    for one in plain:
        yield inert(visible(f"{one.severity} {one.rule} at {where(one.at)}: {one.message}"))
    yield inert(visible(f"apimdoctor: {headline(report)}"))


def _issue(one: Finding, report: Report) -> str:
    at = spot(one.at, report)
    told = {"sourcepath": absolute(at.path, report)}
    if at.line:
        told |= {"linenumber": str(at.line), "columnnumber": str(at.column or 1)}
    told["code"] = one.rule
    state = f"{report.comparison.state(one)}: " if report.comparison and report.comparison.state(one) != "known" else ""
    return command(one.severity, told, f"{state}{one.message}" + (f"\n{one.fix.strip()}" if one.fix else ""))


def command(kind: str, properties: dict[str, str], message: str) -> str:
    """One task.logissue with its values escaped (azure-pipelines-agent, CommandStringConvertor)."""
    told = "".join(f"{name}={_escaped(value)};" for name, value in {"type": kind, **properties}.items() if value)
    return f"##vso[task.logissue {told}]{_escaped(message)}"


def _escaped(text: str) -> str:
    shown = inert(visible(text[:LONGEST], keep="\n"))
    for char, code in (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D")):
        shown = shown.replace(char, code)
    return shown
