"""The golden files of cures: `python -m tests.prescribe.golden` writes them anew, to be read before they are committed."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.prescribe.cures import Patient, patients, told

FOLDER = Path(__file__).parent / "golden"


def by_rule() -> dict[str, list[Patient]]:
    """The examples by rule."""
    return {rule: list(group) for rule, group in groupby(patients(), key=lambda patient: patient.rule.id)}


def text(group: list[Patient]) -> str:
    """The golden file of one rule."""
    return "\n".join(told(patient) for patient in group)


def sections(written: str) -> dict[str, str]:
    """A golden file by the names of its examples."""
    parts = [part for part in written.split("== ") if part]
    return {part.partition("\n")[0]: part.rstrip("\n") for part in parts}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for rule, group in by_rule().items():
        (FOLDER / f"{rule}.txt").write_text(text(group), "utf-8")
