"""The program as a process: what it loads to answer quickly, and how it ends when its surroundings go away."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import apimdoctor.demo

DEMO = Path(apimdoctor.demo.__file__).parent / "tenant"
HEAVY = (
    "azure", "msgraph", "rich", "jwt", "asyncio", "yaml", "msgspec", "tree_sitter", "cel_expr_python", "apimdoctor.engine",
    "apimdoctor.facts", "apimdoctor.policy", "apimdoctor.collect", "apimdoctor.snapshot", "apimdoctor.report",
)  # fmt: skip


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from apimdoctor.cli import main; code = main(['--help']);"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules], code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: apimdoctor")
    assert done.stderr.strip() == "loaded [] 0"


def test_the_version_is_told_on_stdout() -> None:
    done = subprocess.run([sys.executable, "-m", "apimdoctor", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"apimdoctor {apimdoctor.__version__}"


def test_a_reader_that_goes_away_is_no_fault() -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m apimdoctor scan --from '{DEMO}' --report json | head -c 10"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_keyboard_ends_a_scan_with_one_sentence(tmp_path: Path) -> None:
    # Reading blocks on a pipe that nobody writes to.
    os.mkfifo(tmp_path / "policy.xml")
    started = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "apimdoctor",
            "scan",
            "-v",
            "--config",
            str(tmp_path / "policy.xml"),
            "--from",
            str(tmp_path),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    writer = _opened_for_writing(tmp_path / "policy.xml")
    started.send_signal(signal.SIGINT)
    _, told = started.communicate(timeout=30)
    os.close(writer)
    assert told.strip() == "apimdoctor: error: stopped by the keyboard"
    assert started.returncode == 130


def _opened_for_writing(pipe: Path) -> int:
    """The pipe, once somebody reads it: then the program is where the test wants it, however slow the machine is."""
    for _ in range(600):
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nobody read the pipe")
