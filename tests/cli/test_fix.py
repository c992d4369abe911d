"""`--fix` and `--diff` on real files and real work trees: what is written, what is refused, and what git makes of a patch.

The change itself is made up: every `<old/>` of a policy gives way to `<new/>`. Which changes cure what is said elsewhere.
"""

import argparse
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from apimdoctor.cli import fixing, main, worktree
from apimdoctor.collect import files
from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.prescription import PolicyEdit, Prescription, Safety, TextEdit
from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.vocabulary import Facts, Place
from apimdoctor.report import diagnosis_json
from apimdoctor.report.model import Report, assemble
from tests.cli.conftest import Run
from tests.cli.folders import OPERATION, V2_ONLY, healthy, sick, write

git_decides = pytest.mark.skipif(not shutil.which("git"), reason="git decides here")

POLICY = "<policies>\n  <inbound>\n    <base />\n    <old/>\n  </inbound>\n</policies>\n"
SECRET = POLICY.replace(
    "<old/>", '<set-header name="x-functions-key"><value>qUx7Rr0-w9Zz81Kd</value></set-header>\n    <old/>'
)
UNIT = "apis/orders/policy.xml"


def folder_of(root: Path, content: bytes | str = POLICY, name: str = UNIT) -> Path:
    write(root, "apis/orders/apiInformation.json", {"properties": {"displayName": "Orders", "path": "orders"}})
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def options(*paths: Path, unsafe: bool = False, diff: bool = False) -> argparse.Namespace:
    return argparse.Namespace(paths=list(paths), fix=True, fix_unsafe=unsafe, diff=diff)


def finding(document: str, *edits: TextEdit, safety: Safety = "safe", title: str = "Use the new one") -> Finding:
    at = Place(resource=document, document=document, file=True)
    change = PolicyEdit(at=at, edits=edits, file=True)
    return Finding(
        rule="old-element",
        title="An old element",
        severity="error",
        confidence="high",
        cause="other",
        message="old",
        at=at,
        prescriptions=(Prescription(title=title, safety=safety, changes=(change,)),),
    )


def reading(*paths: Path, safety: Safety = "safe", old: str = "<old/>", new: str = "<new/>") -> Callable[[], Report]:
    """A scan that finds the first old element of each policy."""

    def look() -> Report:
        snapshot = files.read(list(paths))
        found = []
        for service in snapshot.services:
            for policy in (service.policy, *(api.policy for api in service.contents.apis)):
                if policy and old in policy.text:
                    at = policy.text.index(old)
                    edit = TextEdit(start=at, end=at + len(old), text=new)
                    found.append(finding(policy.origin.document, edit, safety=safety))
        return assemble(snapshot, Facts(), Verdicts(findings=tuple(found)), [], version="0.1.0")

    return look


def fixed(root: Path, **told: str) -> Report:
    return fixing.fix(reading(root, **told), options(root))


def repository(root: Path) -> None:
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "as it was"]):
        git(root, *command)


def git(root: Path, *command: str, given: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        ["git", "-c", "user.name=Iris", "-c", "user.email=iris@larkspur.example", *command],
        cwd=root,
        input=given,
        capture_output=True,
        check=True,
    )


# ------------------------------------------------------------ what is written


@pytest.mark.parametrize(
    "content",
    [
        POLICY.encode(),
        POLICY.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + POLICY.encode(),
        POLICY.encode("utf-16"),
        POLICY.rstrip("\n").encode(),
        POLICY.replace("<base />", "<!-- gr\u00fc\u00df\u200be -->").encode(),
        ('<?xml version="1.0" encoding="windows-1252"?>\n<!-- \u20ac -->' + POLICY).encode("cp1252"),
        POLICY.replace("    <old/>\n", "<old/>\f\u2028\r").encode(),
    ],
    ids=["LF", "CRLF", "BOM", "UTF-16", "no end", "unseen", "cp1252", "odd ends"],
)
def test_every_other_byte_stays_as_it_was(tmp_path: Path, content: bytes) -> None:
    file = folder_of(tmp_path, content)
    old, new = (
        ("<old/>".encode("utf-16-le"), "<new/>".encode("utf-16-le"))
        if content[:2] == b"\xff\xfe"
        else (b"<old/>", b"<new/>")
    )
    assert content.count(old) == 1
    fixed(tmp_path)
    assert file.read_bytes() == content.replace(old, new)


@pytest.mark.parametrize("mode", [0o640, 0o755, 0o600])
def test_the_mode_of_a_file_stays(tmp_path: Path, mode: int) -> None:
    file = folder_of(tmp_path)
    file.chmod(mode)
    fixed(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert b"<new/>" in file.read_bytes()
    assert {one.name for one in file.parent.iterdir()} == {"apiInformation.json", "policy.xml"}


def test_a_secret_in_the_file_stays_the_author_s(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder_of(tmp_path, SECRET)
    fixed(tmp_path)
    assert file.read_text("utf-8") == SECRET.replace("<old/>", "<new/>")
    assert "qUx7Rr0" not in "".join(capsys.readouterr())


def test_a_change_beside_a_secret_on_its_line_keeps_the_secret(tmp_path: Path) -> None:
    text = SECRET.replace("</set-header>\n    <old/>", "</set-header><old/>")
    file = folder_of(tmp_path, text)
    fixed(tmp_path)
    assert file.read_text("utf-8") == text.replace("<old/>", "<new/>")


def test_changes_that_touch_are_made_one_after_the_other(tmp_path: Path) -> None:
    file = folder_of(tmp_path, POLICY.replace("<old/>", "<old/><old/><old/>"))
    report = fixed(tmp_path)
    assert file.read_text("utf-8") == POLICY.replace("<old/>", "<new/><new/><new/>")
    assert report.verdicts.findings == ()


def test_fixing_twice_is_fixing_once(tmp_path: Path) -> None:
    file = folder_of(tmp_path)
    fixed(tmp_path)
    once, moment = file.read_bytes(), file.stat().st_mtime_ns
    fixed(tmp_path)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (once, moment)


def test_changes_without_end_stop_and_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder_of(tmp_path)
    fixed(tmp_path, new="<old/><old/>")
    assert "there is more to change: run it again" in capsys.readouterr().err


def test_what_a_person_should_see_is_written_on_request_only(tmp_path: Path) -> None:
    file = folder_of(tmp_path)
    fixed(tmp_path, safety="review")
    assert file.read_text("utf-8") == POLICY
    fixing.fix(reading(tmp_path, safety="review"), options(tmp_path, unsafe=True))
    assert "<new/>" in file.read_text("utf-8")


def test_one_of_several_roots_is_found_by_its_name(tmp_path: Path) -> None:
    one, two = (
        folder_of(tmp_path / "a" / "gateway"),
        folder_of(tmp_path / "b" / "gateway", POLICY.replace("<old/>", "")),
    )
    roots = [tmp_path / "a" / "gateway", tmp_path / "b" / "gateway"]
    fixing.fix(reading(*roots), options(*roots))
    assert "<new/>" in one.read_text("utf-8") and "<new/>" not in two.read_text("utf-8")


def test_a_link_inside_the_folder_stays_a_link(tmp_path: Path) -> None:
    file = folder_of(tmp_path, name="shared/orders.txt")
    link = tmp_path / UNIT
    link.symlink_to("../../shared/orders.txt")
    fixed(tmp_path)
    assert link.is_symlink() and "<new/>" in file.read_text("utf-8")


# ------------------------------------------------------------ what is refused


def refused(look: Callable[[], Report], told: argparse.Namespace) -> str:
    with pytest.raises(ApimDoctorError) as error:
        fixing.fix(look, told)
    assert error.value.code == 2
    return error.value.message


def after_reading(look: Callable[[], Report], change: Callable[[], object]) -> Callable[[], Report]:
    """Something happens between reading and writing."""

    def disturbed() -> Report:
        report = look()
        change()
        return report

    return disturbed


def test_a_file_that_vanished_is_refused(tmp_path: Path) -> None:
    file = folder_of(tmp_path)
    told = refused(after_reading(reading(tmp_path), file.unlink), options(tmp_path))
    assert told == f"{UNIT} has vanished since it was read"
    assert not file.exists()


@pytest.mark.parametrize("change", [POLICY + "\n", POLICY.replace("base", "bass"), "\xff\xfe"])
def test_a_file_that_changed_since_it_was_read_is_refused(tmp_path: Path, change: str) -> None:
    file = folder_of(tmp_path)
    raw = change.encode("latin-1")
    told = refused(after_reading(reading(tmp_path), lambda: file.write_bytes(raw)), options(tmp_path))
    assert told.startswith(f"{UNIT} has changed since it was read")
    assert file.read_bytes() == raw


def test_a_file_that_became_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    file = folder_of(tmp_path / "gateway")
    outside = folder_of(tmp_path / "elsewhere")

    def swapped() -> None:
        file.unlink()
        file.symlink_to(outside)

    told = refused(after_reading(reading(tmp_path / "gateway"), swapped), options(tmp_path / "gateway"))
    assert "leads out of" in told
    assert outside.read_text("utf-8") == POLICY


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is no longer root, as far as files are concerned."""
    monkeypatch.setattr(
        "os.access", lambda file, mode: mode != os.W_OK or bool(Path(file).stat().st_mode & stat.S_IWUSR)
    )


@pytest.mark.usefixtures("nobody")
def test_a_write_protected_file_is_refused(tmp_path: Path) -> None:
    file = folder_of(tmp_path)
    file.chmod(0o444)
    assert refused(reading(tmp_path), options(tmp_path)) == f"{UNIT} is write-protected"
    assert file.read_text("utf-8") == POLICY


@pytest.mark.usefixtures("nobody")
def test_one_refused_file_keeps_all_others_as_they_are(tmp_path: Path) -> None:
    file = folder_of(tmp_path)
    service = folder_of(tmp_path, name="policy.xml")
    service.chmod(0o444)
    refused(reading(tmp_path), options(tmp_path))
    assert file.read_text("utf-8") == POLICY


@git_decides
class TestInAWorkTree:
    def test_a_committed_file_is_written(self, tmp_path: Path) -> None:
        file = folder_of(tmp_path)
        repository(tmp_path)
        fixed(tmp_path)
        assert "<new/>" in file.read_text("utf-8")

    def test_rounds_after_the_first_do_not_take_our_own_work_for_another_s(self, tmp_path: Path) -> None:
        file = folder_of(tmp_path, POLICY.replace("<old/>", "<old/><old/>"))
        repository(tmp_path)
        fixed(tmp_path)
        assert "<new/><new/>" in file.read_text("utf-8")

    @pytest.mark.parametrize("state", ["changed", "staged", "untracked", "no commit"])
    def test_uncommitted_work_is_refused(self, tmp_path: Path, state: str) -> None:
        file = folder_of(tmp_path)
        if state == "no commit":
            git(tmp_path, "init", "-q")
        elif state == "untracked":
            file.unlink()
            repository(tmp_path)
            folder_of(tmp_path)
        else:
            repository(tmp_path)
            file.write_text(POLICY + "<!-- mine -->", "utf-8")
            if state == "staged":
                git(tmp_path, "add", "-A")
        before = file.read_bytes()
        assert refused(reading(tmp_path), options(tmp_path)) == f"{UNIT} has uncommitted changes"
        assert file.read_bytes() == before

    def test_uncommitted_work_in_other_files_is_none_of_our_business(self, tmp_path: Path) -> None:
        file = folder_of(tmp_path)
        repository(tmp_path)
        (tmp_path / "notes.txt").write_text("mine", "utf-8")
        fixed(tmp_path)
        assert "<new/>" in file.read_text("utf-8")

    def test_a_file_that_git_ignores_is_written(self, tmp_path: Path) -> None:
        file = folder_of(tmp_path)
        (tmp_path / ".gitignore").write_text("apis/\n", "utf-8")
        repository(tmp_path)
        fixed(tmp_path)
        assert "<new/>" in file.read_text("utf-8")

    def test_line_ends_that_the_checkout_made_are_no_work(self, tmp_path: Path) -> None:
        file = folder_of(tmp_path)
        repository(tmp_path)
        file.write_bytes(POLICY.replace("\n", "\r\n").encode())
        fixed(tmp_path)
        assert file.read_bytes() == POLICY.replace("\n", "\r\n").replace("<old/>", "<new/>").encode()

    def test_asking_git_runs_nothing_that_the_repository_configures(self, tmp_path: Path) -> None:
        file = folder_of(tmp_path)
        (tmp_path / ".gitattributes").write_text("*.xml filter=evil diff=evil\n", "utf-8")
        repository(tmp_path)
        trap = tmp_path / "trap.sh"
        trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\ncat\n", "utf-8")
        trap.chmod(0o755)
        for setting in (
            "filter.evil.clean",
            "filter.evil.smudge",
            "core.fsmonitor",
            "diff.evil.textconv",
            "core.pager",
        ):
            git(tmp_path, "config", setting, str(trap))
        git(tmp_path, "config", "core.hooksPath", str(tmp_path))
        file.write_text(POLICY + "<!-- mine -->", "utf-8")
        dirty, said = worktree.uncommitted([file.resolve()])
        assert (dirty, said) == ([file.resolve()], "")
        assert not (tmp_path / "sprung").exists()

    def test_where_git_is_not_installed_that_is_said_and_files_are_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = folder_of(tmp_path)
        repository(tmp_path)
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        fixed(tmp_path)
        assert "<new/>" in file.read_text("utf-8")
        assert "git is not installed" in capsys.readouterr().err


# ------------------------------------------------------------ the patch


def patch_of(look: Callable[[], Report], told: argparse.Namespace, capfdbinary: pytest.CaptureFixture[bytes]) -> bytes:
    capfdbinary.readouterr()
    fixing.show(look(), told)
    return capfdbinary.readouterr().out


@git_decides
@pytest.mark.parametrize(
    "content",
    [
        POLICY.encode(),
        POLICY.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + POLICY.encode(),
        b"\xef\xbb\xbf<old/>" + POLICY.replace("<old/>", "").encode(),
        POLICY.rstrip("\n").encode(),
        POLICY.replace("\n", "").encode(),
        ('<?xml version="1.0" encoding="windows-1252"?>\n<policies><!-- \u20ac -->\n' + POLICY[11:]).encode("cp1252"),
    ],
    ids=["LF", "CRLF", "BOM", "BOM on the line", "no end", "one line", "cp1252"],
)
@pytest.mark.parametrize("inside", [".", "infra/gateway 1"])
def test_git_applies_the_patch_and_makes_what_fix_makes(
    tmp_path: Path, content: bytes, inside: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    root = tmp_path / inside
    file = folder_of(root, content)
    repository(tmp_path)
    git(tmp_path, "config", "core.autocrlf", "false")
    patch = patch_of(reading(root), options(root, diff=True), capfdbinary)
    assert file.read_bytes() == content
    git(tmp_path, "apply", "--check", "-", given=patch)
    git(tmp_path, "apply", "-", given=patch)
    by_git = file.read_bytes()
    file.write_bytes(content)
    fixed(root)
    assert by_git == file.read_bytes() == content.replace(b"<old/>", b"<new/>")


def test_a_patch_for_utf_16_is_refused_with_the_reason(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder_of(tmp_path, POLICY.encode("utf-16"))
    assert fixing.show(reading(tmp_path)(), options(tmp_path, diff=True))
    out, err = capfd.readouterr()
    assert out == ""
    assert f"{UNIT} is not shown: git takes UTF-16 for binary" in err


def test_a_patch_never_shows_a_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder_of(tmp_path, SECRET)
    fixing.show(reading(tmp_path)(), options(tmp_path, diff=True))
    out, err = capfd.readouterr()
    assert "+    <new/>" in out and "qUx7Rr0" not in out + err and "\u2022" not in out


def test_a_change_on_the_line_of_a_secret_is_not_shown_and_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder_of(tmp_path, SECRET.replace("</set-header>\n    <old/>", "</set-header><old/>"))
    fixing.show(reading(tmp_path)(), options(tmp_path, diff=True))
    out, err = capfd.readouterr()
    assert out == "" and "a secret stands in the lines to change" in err and "qUx7Rr0" not in err


def test_a_patch_writes_nothing_even_beside_fix(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = folder_of(tmp_path)
    fixing.show(reading(tmp_path)(), options(tmp_path, diff=True, unsafe=True))
    assert file.read_text("utf-8") == POLICY


# ------------------------------------------------------------ the command line


@pytest.mark.parametrize("option", ["--diff", "--fix", "--fix-unsafe"])
@pytest.mark.parametrize("source", [["--demo"], ["--subscription", "landscape"]])
def test_what_is_in_azure_is_never_written_to(run: Run, option: str, source: list[str]) -> None:
    done = run("scan", *source, option)
    assert done.code == 2
    assert f"{option} works on files" in done.err


@pytest.mark.parametrize("option", ["--diff", "--fix"])
def test_a_snapshot_holds_no_files_to_change(run: Run, tmp_path: Path, option: str) -> None:
    saved = tmp_path / "snapshot.json"
    run("scan", "--from", sick(tmp_path / "folder"), "--save-snapshot", saved)
    done = run("scan", "--from", saved, option)
    assert done.code == 2
    assert "a saved snapshot holds no files" in done.err


def test_a_patch_and_a_report_do_not_share_stdout(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", healthy(tmp_path), "--diff", "--report", "json")
    assert done.code == 2
    assert "--diff and a report cannot both go to stdout" in done.err


def test_a_patch_goes_to_stdout_alone_and_a_report_to_its_file(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    done = run("scan", "--from", healthy(tmp_path / "folder"), "--diff", "--report", f"json={target}")
    assert (done.code, done.out) == (0, "")
    assert target.is_file()


def test_nothing_to_fix_is_a_scan_like_any_other(run: Run, tmp_path: Path) -> None:
    folder = healthy(tmp_path)
    assert run("scan", "--from", folder, "--fix").code == run("scan", "--from", folder).code == 0


def test_the_baseline_is_not_written_from_half_fixed_files(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", healthy(tmp_path), "--fix", "--baseline", tmp_path / "b.json", "--update-baseline")
    assert done.code == 2 and "exclude each other" in done.err


def test_help_says_what_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--help"]) == 0
    told = capsys.readouterr().out
    assert "--fix-unsafe" in told and "never Azure" in told


def test_diagnose_shows_the_change_behind_its_first_cause(run: Run, tmp_path: Path) -> None:
    done = run("diagnose", "--from", sick(tmp_path), "--api", "orders", "--key", "all", "--report", "json")
    prescriptions = done.report["causes"][0]["prescriptions"]
    assert {change["kind"] for one in prescriptions for change in one["changes"]} == {"policy", "graph"}
    jsonschema.Draft202012Validator(diagnosis_json.schema()).validate(done.report)
    text = run("diagnose", "--from", tmp_path, "--api", "orders", "--key", "all").out
    assert "prescription  " in text and "or  to review" in text


@git_decides
def test_git_makes_of_the_patch_what_fix_writes_and_diagnose_accepts_it(run: Run, tmp_path: Path) -> None:
    one, two = sick(tmp_path / "one"), sick(tmp_path / "two")
    repository(one)
    assert run("scan", "--from", two, "--fix-unsafe").code == 0
    shown = run("scan", "--from", one, "--diff", "--fix-unsafe")
    assert shown.code == 1
    git(one, "apply", "--check", "-", given=shown.out.encode())
    git(one, "apply", "-", given=shown.out.encode())
    policy = "apim/apis/orders/policy.xml"
    assert V2_ONLY.encode() != (one / policy).read_bytes() == (two / policy).read_bytes()
    assert run("diagnose", "--from", two, "--api", "orders", "--key", "all").code == 0


def test_a_cure_of_a_selected_rule_does_no_harm_by_the_others(run: Run, tmp_path: Path) -> None:
    sick(tmp_path)
    write(tmp_path, "apim/apis/old/apiInformation.json", {"properties": {"displayName": "Old", "path": "old"}})
    write(tmp_path, "apim/apis/old/operations/list/operationInformation.json", OPERATION)
    write(tmp_path, "apim/apis/old/policy.xml", V2_ONLY.replace("/v2.0/.well-known", "/.well-known"))
    done = run("scan", "--from", tmp_path, "--select", "token-version-unset", "--report", "json")
    (finding,) = done.report["findings"]
    assert finding["prescriptions"] == []  # version 2 tokens would not pass the check of the other API
