"""Keeps README honest: the number of rules, the excerpt of the sample report and the help text are written by the program."""

import re
import subprocess
import sys
from pathlib import Path

from apimdoctor.engine.rule import load

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "README.md"
SAMPLE = "sample_reports/larkspur-freight.txt"
SHOWN = "Rate quotes"


def refreshed(text: str, sample: str) -> str:
    """README with what the program says today."""
    text = re.sub(r"(<!-- rule count -->) \d+ rules", rf"\1 {len(load())} rules", text)
    text = _block(text, f"excerpt of {SAMPLE}", excerpt(sample))
    return _block(text, "output of apimdoctor --help", help_text())


def excerpt(sample: str) -> str:
    """The first lines of the sample report, and what it says of one API."""
    blocks = re.split(r"\n\n(?=\S)", sample)
    (shown,) = (block for block in blocks if block.startswith(SHOWN))
    return f"{blocks[0]}\n\n[...]\n\n{shown}\n"


def help_text() -> str:
    """What `apimdoctor --help` prints at 80 columns."""
    command = [sys.executable, "-m", "apimdoctor", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"COLUMNS": "80"}, cwd=ROOT)
    return done.stdout


def _block(text: str, name: str, content: str) -> str:
    head = f"<!-- {name} -->\n```text\n"
    before, found, rest = text.partition(head)
    if not found:
        raise ValueError(f"README has no block <!-- {name} -->")
    _, _, after = rest.partition("```\n")
    return f"{before}{head}{content}```\n{after}"
