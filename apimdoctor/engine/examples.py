"""A rule against its own examples: files, snapshot, facts, verdict, as a scan would do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.engine.declared import Example, Outcome, Rule
from apimdoctor.engine.example_files import files_of
from apimdoctor.engine.finding import Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.facts.vocabulary import Facts

S = TypeVar("S", bound=Struct)


class Result(Struct, frozen=True):
    """What a rule says of an example, with the findings and reasons behind it."""

    outcome: Outcome
    verdicts: Verdicts
    facts: Facts


def run(rule: Rule, example: Example, read: Callable[[dict[str, bytes]], S], build: Callable[[S], Facts]) -> Result:
    """The rule alone over the example; `read` and `build` are the stages before the engine."""
    facts = build(_dated(read(files_of(example.name, example.given)), example))
    verdicts = judge([rule], facts)
    return Result(outcome(verdicts), verdicts, facts)


def _dated(snapshot: S, example: Example) -> S:
    """The snapshot with the time that the example gives: only a scan of Azure knows when it read."""
    moment = example.given.get("collected_at")
    return snapshot if moment is None else replace(snapshot, collected_at=str(moment))


def outcome(verdicts: Verdicts) -> Outcome:
    """Flagged when there is a finding; else not assessed when a question stayed open; else clean."""
    if verdicts.findings:
        return "flagged"
    return "not assessed" if verdicts.not_assessed else "clean"
