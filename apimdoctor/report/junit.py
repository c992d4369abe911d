"""The JUnit report: each finding is a test that failed, each rule without one a test that passed, what was not seen is skipped.

Azure's PublishTestResults shows name, classname, message and inner text; reporters on GitHub read `file` and `line`.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree  # writes only; nothing is parsed here

from apimdoctor.engine.finding import Finding
from apimdoctor.report.hostile import inert, visible
from apimdoctor.report.model import Report
from apimdoctor.report.spot import spot
from apimdoctor.report.subjects import affected, groups, where

LONGEST_NAME = 500
"""Azure keeps 512 characters of a test's name."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The report as XML text, ending in a newline."""
    root = ElementTree.Element("testsuites", {"name": "apimdoctor"})
    for group in groups(report):
        title = " ".join(filter(None, (group.subject.title, group.subject.detail)))
        _suite(root, title, [_finding(one, report) for one in group.findings], report)
    _suite(root, "Rules without a finding", list(_passed(report)), report)
    _suite(root, "Not assessed", list(_skipped(report)), report)
    for count in ("tests", "failures", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def text(value: str) -> str:
    """Text as XML 1.0 may hold it and an agent may print it."""
    shown = visible(value, keep="\n\t")
    return "\n".join(inert(line) for line in _NOT_XML.sub("\ufffd", shown).split("\n"))


def _suite(root: ElementTree.Element, name: str, cases: list[ElementTree.Element], report: Report) -> None:
    if not cases:
        return
    suite = ElementTree.SubElement(root, "testsuite", {"name": _name(name)})
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", "0")
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    if report.collected_at:
        suite.set("timestamp", text(report.collected_at))
    suite.extend(cases)


def _finding(one: Finding, report: Report) -> ElementTree.Element:
    at = spot(one.at, report)
    case = _case(at.path, f"{one.rule} {_subject(one)}")
    case.set("file", text(at.path))
    if at.line:
        case.set("line", str(at.line))
    state = f"{report.comparison.state(one)} " if report.comparison else ""
    if one.severity in report.failing:
        failure = ElementTree.SubElement(case, "failure", {"type": one.rule, "message": _line(one.message)})
        failure.text = text(_details(one, report, state))
    else:
        # Milder than what makes the run fail: told, but the test has passed.
        ElementTree.SubElement(case, "system-out").text = text(f"{one.message}\n{_details(one, report, state)}")
    return case


def _subject(one: Finding) -> str:
    at = one.at
    return "/".join(filter(None, (at.service, at.workspace, at.product, at.api, at.operation, at.app))) or at.resource


def _details(one: Finding, report: Report, state: str) -> str:
    lines = [f"{state}{one.severity}, confidence {one.confidence}, at {where(one.at)}"]
    lines += [f"{path} = {value}" for path, value in one.evidence.items()]
    for title, operations in affected(one.affects[:50], report):
        lines.append(f"affects {title}" + (f": {', '.join(operations[:12])}" if operations else ""))
    if one.fix:
        lines += ["", "What to change:", one.fix.strip("\n")]
    return "\n".join(lines)


def _passed(report: Report) -> Iterator[ElementTree.Element]:
    told = {one.rule for one in report.verdicts.findings} | {one.rule for one in report.verdicts.not_assessed}
    for rule in report.rules:
        if rule.id not in told:
            yield _case("rules", rule.id)


def _skipped(report: Report) -> Iterator[ElementTree.Element]:
    for entry in report.verdicts.not_assessed:
        case = _case("not assessed", f"{entry.rule}: {entry.reason}")
        ElementTree.SubElement(case, "skipped", {"message": _line(f"{len(entry.subjects)} places: {entry.reason}")})
        yield case
    for gap in report.gaps:
        case = _case("could not be read", f"{gap.kind} {gap.scope}")
        ElementTree.SubElement(case, "skipped", {"message": _line(f"{gap.detail} {gap.hint}".strip())})
        yield case


def _case(classname: str, name: str) -> ElementTree.Element:
    return ElementTree.Element("testcase", {"classname": _name(classname), "name": _name(name), "time": "0"})


def _name(value: str) -> str:
    return _line(value)[:LONGEST_NAME]


def _line(value: str) -> str:
    return text(" ".join(value.split()))
