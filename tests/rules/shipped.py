"""The rules that ship with their examples, run once through the stages before the engine."""

from dataclasses import dataclass
from functools import cache

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.engine.examples import Result, run
from apimdoctor.engine.rule import Example, Rule, load
from apimdoctor.facts.build import build
from apimdoctor.snapshot import Snapshot

RULES = {rule.id: rule for rule in load()}


@dataclass(frozen=True)
class Case:
    """One example of one rule; its name is what pytest shows."""

    rule: Rule
    example: Example

    def __str__(self) -> str:
        return f"{self.rule.id}/{self.example.name}"


CASES = tuple(Case(rule, example) for rule in RULES.values() for example in rule.examples)


def read_tree(tree: dict[str, bytes]) -> Snapshot:
    """What a scan reads of a folder."""
    return files.read_tree(MemoryTree(tree))


@cache
def result(rule: str, example: str) -> Result:
    """What the rule says of its example."""
    (case,) = (case for case in CASES if (case.rule.id, case.example.name) == (rule, example))
    return run(case.rule, case.example, read_tree, build)
