"""The whole pipeline over files in memory or on disk: read, build facts, judge. For tests and tools only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.engine.rule import Rule, load
from apimdoctor.facts.build import build

RULES = Path(__file__).resolve().parent.parent / "rules"


@cache
def rules() -> tuple[Rule, ...]:
    """The rules that ship, loaded and type-checked once."""
    return load([RULES])


def judged(tree: Mapping[str, bytes]) -> Verdicts:
    """What the rules say of a tree of files in memory."""
    return judge(rules(), build(files.read_tree(MemoryTree(dict(tree)))))


def judged_folder(folder: Path) -> Verdicts:
    """What the rules say of a folder."""
    return judge(rules(), build(files.read([folder])))


def concerns(finding: Finding, api: str, operation: str = "") -> bool:
    """Whether a finding stands at an API (and operation) or affects it."""
    places = [p for p in (finding.at, *finding.affects) if p.api == api]
    return any(not operation or p.operation == operation for p in places)


def named_rules(finding: Finding) -> set[str]:
    """The rule of a finding and the rules folded into it."""
    return {finding.rule, *(also.rule for also in finding.also)}


def told(finding: Finding) -> str:
    """One line for a failed test: severity, rule, place and message."""
    at = finding.at
    return (
        f"{finding.severity} {finding.rule} at {at.api or at.resource}/{at.operation} line {at.line}: {finding.message}"
    )
