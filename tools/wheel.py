"""Checks the rules, builds the wheel and looks whether it holds what an installed apimdoctor needs beside its modules."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from apimdoctor.engine import kept
from apimdoctor.engine.rule import packaged, read

ROOT = Path(__file__).resolve().parent.parent


def expected() -> set[str]:
    """Paths inside the wheel: every file of the package, and every rule under apimdoctor/rules."""
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "apimdoctor").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    rules = {f"apimdoctor/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "rules").rglob("*.yaml")}
    return package | rules | {f"apimdoctor/rules/{kept.NAME}"}


def main() -> int:
    """Exit status 1 with the list of missing files."""
    rules, faults = read([packaged()])
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    kept.write(packaged(), rules)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            folder,
            str(ROOT),
        ]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            missing = sorted(expected() - set(archive.namelist()))
    for path in missing:
        print(f"the wheel lacks {path}", file=sys.stderr)
    if not missing:
        print(f"{wheel.name} holds every module, rule, schema and page")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
