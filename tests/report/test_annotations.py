"""Annotations of the two pipelines, read back as their agents read them."""

import re

import pytest
from msgspec.structs import replace

from apimdoctor.engine.finding import Verdicts
from apimdoctor.report import azure, github
from apimdoctor.report.model import Files, Report
from tests.report.hostile_texts import HOSTILE, UNSEEN
from tests.report.made_report import DOCUMENT, HYGIENE, MISMATCH, VERDICTS, report, snapshot

GITHUB = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")
AZURE = re.compile(r"##vso\[task\.logissue ([^\]]*)\](.*)")


def many(severity: str, number: int) -> tuple:
    return tuple(replace(MISMATCH, severity=severity, fingerprint=f"{severity}{one}") for one in range(number))


def in_place(run: Report) -> Report:
    return replace(run, files=Files(paths={DOCUMENT: f"gateway/{DOCUMENT}"}, folder="/agent/source"))


def github_commands(run: Report) -> list[tuple[str, dict[str, str], str]]:
    read = []
    for line in github.render(run).splitlines():
        match = GITHUB.fullmatch(line)
        assert match, line
        properties = dict(part.split("=", 1) for part in match.group(2).split(","))
        read.append((match.group(1), {k: undone(v) for k, v in properties.items()}, undone(match.group(3))))
    return read


def undone(text: str) -> str:
    for code, char in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_github_shows_an_error_at_its_line() -> None:
    kind, told, message = github_commands(in_place(report()))[0]
    assert kind == "error"
    assert told == {
        "file": f"gateway/{DOCUMENT}", "line": "4", "endLine": "4", "col": "5", "title": MISMATCH.rule,
    }  # fmt: skip
    assert message.startswith(MISMATCH.message)


def test_github_gets_at_most_ten_of_a_kind_the_gravest_first_and_a_summary() -> None:
    run = report(Verdicts(findings=(*many("error", 30), *many("warning", 30), *many("info", 30))))
    kinds = [kind for kind, _, _ in github_commands(run)]
    assert {kind: kinds.count(kind) for kind in kinds} == {"error": 10, "warning": 10, "notice": 10}
    assert kinds[:10] == ["error"] * 10
    assert "62 findings more" in github_commands(run)[-1][2]


def test_github_is_told_what_could_not_be_seen() -> None:
    (told,) = (message for kind, told, message in github_commands(report()) if "could not see" in told["title"])
    assert "1 gap (apis/returns/policy.xml) and 1 rule not assessed everywhere" in told


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_hostile_text_becomes_a_command_of_github(hostile: str) -> None:
    finding = replace(MISMATCH, message=hostile, fix=hostile, at=replace(MISMATCH.at, document=hostile))
    run = report(replace(VERDICTS, findings=(finding,)), snapshot(name=hostile, document=hostile))
    text = github.render(run)
    assert [kind for kind, _, _ in github_commands(run)] == ["error", "warning", "notice"]
    assert "##[" not in text and "##vso[" not in text and not set(UNSEEN) & set(text)


def azure_commands(run: Report) -> list[tuple[dict[str, str], str]]:
    read = []
    for line in azure.render(run).splitlines():
        if not line.startswith("##vso["):
            assert "##" not in line
            continue
        match = AZURE.fullmatch(line)
        assert match, line
        properties = dict(part.split("=", 1) for part in match.group(1).split(";") if part)
        read.append(({k: decoded(v) for k, v in properties.items()}, decoded(match.group(2))))
    return read


def decoded(text: str) -> str:
    for code, char in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
        text = text.replace(code, char)
    return text


def test_azure_shows_an_error_at_its_line_with_an_absolute_path() -> None:
    told, message = azure_commands(in_place(report()))[0]
    assert told == {
        "type": "error", "sourcepath": f"/agent/source/gateway/{DOCUMENT}", "linenumber": "4", "columnnumber": "5",
        "code": MISMATCH.rule,
    }  # fmt: skip
    assert message.startswith(MISMATCH.message)


def test_azure_gets_at_most_ten_of_a_kind_and_reads_the_rest_in_the_log() -> None:
    run = report(Verdicts(findings=(*many("error", 30), *many("warning", 30), *many("info", 3))))
    kinds = [told["type"] for told, _ in azure_commands(run)]
    assert {kind: kinds.count(kind) for kind in kinds} == {"error": 10, "warning": 10}
    plain = [line for line in azure.render(run).splitlines() if not line.startswith("##vso[")]
    assert len(plain) == 20 + 21 + 3 + 1


def test_azure_is_told_what_could_not_be_seen() -> None:
    assert any("apimdoctor could not see everything: 1 gap" in message for _, message in azure_commands(report()))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_hostile_text_becomes_a_command_of_azure(hostile: str) -> None:
    info = replace(HYGIENE, severity="info", message=hostile)
    finding = replace(MISMATCH, message=hostile, fix=hostile, at=replace(MISMATCH.at, document=hostile))
    run = report(replace(VERDICTS, findings=(finding, info)), snapshot(name=hostile, document=hostile))
    text = azure.render(run)
    assert [told["type"] for told, _ in azure_commands(run)] == ["error", "warning"]
    assert not [line for line in text.splitlines() if "##vso[" in line[1:] or "##[" in line[1:]]
    assert not set(UNSEEN) & set(text)
