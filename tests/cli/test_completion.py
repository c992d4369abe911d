"""The scripts that `apimdoctor completion` prints, run in the shell they are for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from apimdoctor.cli import main

# What a shell sets when the tab key is pressed in the last of these words.
COMPLETED = (
    'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_apimdoctor; printf "%s\\n" "${COMPREPLY[@]}"'
)


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completion", "bash"]) == 0
    file = tmp_path / "apimdoctor.bash"
    file.write_text(capsys.readouterr().out, "utf-8")
    return file


def completed(script: Path, *words: str) -> list[str]:
    done = subprocess.run(
        ["bash", "-c", COMPLETED, str(script), "apimdoctor", *words], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_bash_completes_a_command(script: Path) -> None:
    assert completed(script, "diag") == ["diagnose"]


def test_bash_completes_an_option_of_the_command(script: Path) -> None:
    assert completed(script, "scan", "--save") == ["--save-snapshot"]


def test_bash_completes_the_value_of_an_option(script: Path) -> None:
    assert completed(script, "scan", "--auth", "w") == ["workload"]


def test_bash_completes_a_file(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configuration").mkdir()
    monkeypatch.chdir(tmp_path)
    assert completed(script, "scan", "--from", "conf") == ["configuration"]


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_takes_its_script(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "zsh"])
    script = capsys.readouterr().out
    assert subprocess.run(["zsh", "-n"], input=script, text=True, capture_output=True).stderr == ""


def test_the_script_of_zsh_names_the_program_it_completes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    assert capsys.readouterr().out.startswith("#compdef apimdoctor\n")


def test_an_unknown_shell_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "elvish"]) == 2
    assert "elvish" in capsys.readouterr().err
