"""The bench: what a scan costs, against floors that are measured in the same run on the same machine.

`make bench` runs it. Nothing here is a test: times belong in a table that names the machine, not in an assertion.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import xml.parsers.expat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.tenant_generator import SIZES, generate, write

PROGRAM = [str(Path(sys.executable).parent / "apimdoctor")]
_EXPRESSION = re.compile(r"@\(.*?\)(?=[\"<]|&quot;)|@\{.*?\}(?=[\"<])", re.DOTALL)
_CHILD = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.returncode)
sys.stderr.buffer.write(done.stderr[-2000:])
"""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU seconds of one run (the best of several) and its peak memory."""

    seconds: float
    mebibytes: float
    status: int
    error: str = ""


def measure(command: Sequence[str], runs: int) -> Cost:
    """Run a command some times, each under a parent of its own, so that one child's peak is not another's."""
    costs = [_once(command) for _ in range(runs)]
    return min(costs, key=lambda cost: cost.seconds)


def _once(command: Sequence[str]) -> Cost:
    # An installed package has its bytecode; a setting that keeps Python from writing it would be measured instead.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *command], capture_output=True, text=True, check=True, env=environment
    )
    seconds, mebibytes, status = done.stdout.split()
    return Cost(seconds=float(seconds), mebibytes=float(mebibytes), status=int(status), error=done.stderr)


def floor(folder: Path) -> float:
    """CPU seconds for reading every file and parsing it: json alone, and expat after a naive mask of expressions."""
    paths = [path for path in folder.rglob("*") if path.suffix in (".json", ".xml")]
    start = time.process_time()
    for path in paths:
        content = path.read_bytes()
        if path.suffix == ".json":
            json.loads(content)
        else:
            _parse(content.decode())
    return time.process_time() - start


def _parse(text: str) -> None:
    parser = xml.parsers.expat.ParserCreate()
    try:
        parser.Parse(_EXPRESSION.sub("masked", text), True)
    except xml.parsers.expat.ExpatError:
        # the mask is naive on purpose: a document it does not make well-formed still cost its parsing up to there
        return


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(SIZES), default="bench")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{_machine()}, Python {platform.python_version()}, best of {options.runs}")
    with tempfile.TemporaryDirectory() as room:
        _report(Path(room), options.size, options.runs)


def _report(folder: Path, size: str, runs: int) -> None:
    files = generate(SIZES[size], 1).files()
    write(files, folder)
    policies = [content for path, content in files.items() if path.endswith("policy.xml")]
    lines = sum(content.count(b"\n") for content in policies)
    print(f"tenant {size}: {len(policies)} policies of {lines / len(policies):.0f} lines, {len(files)} files")
    bare = measure([sys.executable, "-c", "pass"], runs)
    helped = measure([*PROGRAM, "--help"], runs)
    base = min(floor(folder) for _ in range(runs))
    scan = [*PROGRAM, "scan", "--from", str(folder), "--report", "json", "--fail-on", "never"]
    scanned = measure(scan, runs)
    rows = [
        ("bare interpreter", bare, ""),
        ("apimdoctor --help", helped, f"{helped.seconds / bare.seconds:.1f} x a bare interpreter"),
        ("scan --from FOLDER", scanned, f"{scanned.seconds / base:.1f} x parsing ({base:.2f} s with expat and json)"),
    ]
    print(f"{'':22} {'CPU s':>7} {'MiB':>6}  ratio")
    for name, cost, ratio in rows:
        print(f"{name:22} {cost.seconds:7.2f} {cost.mebibytes:6.0f}  {ratio}")
        if cost.status not in (0, 1, 3):
            print(f"    exit {cost.status}: {cost.error.strip()[-400:]}")


def _machine() -> str:
    try:
        names = [
            line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")
        ]
    except OSError:
        names = []
    model = names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
