"""What a scan's exit code says, case by case."""

from pathlib import Path

import pytest

from apimdoctor.cli import scan
from tests.cli.conftest import Run
from tests.cli.folders import healthy, sick, write


def test_an_error_is_exit_code_1(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path))
    assert (done.code, done.err) == (1, "")
    assert "issuer-version-mismatch" in done.out


def test_a_healthy_folder_is_exit_code_0(run: Run, tmp_path: Path) -> None:
    assert run("scan", "--from", healthy(tmp_path)).code == 0


def test_findings_do_not_count_when_nothing_shall_fail(run: Run, tmp_path: Path) -> None:
    assert run("scan", "--from", sick(tmp_path), "--fail-on", "never").code == 0


def test_milder_findings_count_when_they_shall(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    done = run("scan", "--from", folder, "--ignore", "issuer-version-mismatch,issuer-not-accepted", "--report", "json")
    milder = {finding["severity"] for finding in done.report["findings"]}
    for severity in ("warning", "info"):
        counts = {"warning": {"error", "warning"}, "info": {"error", "warning", "info"}}[severity]
        code = run(
            "scan", "--from", folder, "--ignore", "issuer-version-mismatch,issuer-not-accepted", "--fail-on", severity
        ).code
        assert code == (1 if milder & counts else 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan"],
        ["scan", "--from", "no/such/folder"],
        ["scan", "--from", ".", "--report", "pdf"],
        ["scan", "--from", ".", "--report", "json", "--report", "html"],
        ["scan", "--from", ".", "--report", "json=a", "--report", "html=a"],
        ["scan", "--from", ".", "--select", "no-such-rule"],
        ["scan", "--from", ".", "--update-baseline"],
        ["scan", "--from", ".", "--baseline", "none.json"],
        ["scan", "--from", ".", "--config", "none.yaml"],
        ["scan", "--from", ".", "--rules", "none"],
        ["scan", "--from", ".", "--api", "none"],
        ["scan", "--from", ".", "--fail-on", "sometimes"],
        ["scan", "--fr", "."],
        ["explain", "no-such-rule"],
        ["rules"],
        ["rules", "check", "none"],
        [],
        ["cure"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2_and_one_error(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("apimdoctor: error: ")
    assert done.err.count("apimdoctor: error: ") == 1


def test_nothing_readable_is_exit_code_3(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", tmp_path)
    assert done.code == 3
    assert "1 gap" in done.out


def test_a_gap_is_exit_code_3_only_when_strict(run: Run, tmp_path: Path) -> None:
    folder = healthy(tmp_path)
    write(folder, "apim/apis/returns/apiInformation.json", "{")
    assert run("scan", "--from", folder).code == 0
    assert run("scan", "--from", folder, "--strict").code == 3


def test_findings_go_before_incompleteness(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    write(folder, "apim/apis/returns/apiInformation.json", "{")
    assert run("scan", "--from", folder, "--strict").code == 1


def test_a_fault_of_the_program_is_exit_code_4_without_values(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a value of the tenant")

    monkeypatch.setattr(scan, "build_whole", broken)
    for more in ([], ["-v"]):
        done = run("scan", "--from", sick(tmp_path), *more)
        assert done.code == 4
        assert "this is a fault of apimdoctor itself: RuntimeError at test_exit_codes.py" in done.err
        assert "please report it" in done.err
        assert "a value of the tenant" not in done.err
    assert "in broken" in done.err


def test_a_report_that_cannot_be_written_is_exit_code_2(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path), "--report", f"json={tmp_path}")
    assert done.code == 2
    assert f"cannot write {tmp_path}" in done.err
