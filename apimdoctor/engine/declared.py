"""What a rule declares, as its file was read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, get_args

from msgspec import Struct

from apimdoctor.engine.condition import Condition
from apimdoctor.engine.finding import Confidence, Severity
from apimdoctor.engine.wording import Path, Template
from apimdoctor.facts import vocabulary

Outcome = Literal["flagged", "clean", "not assessed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Each(Struct, frozen=True):
    """One variable of a rule: bound to every item of the list at the end of a path."""

    name: str
    source: Path
    kind: str
    """The name of the subjects in the vocabulary."""

    @property
    def subject(self) -> type[Any]:
        """What it is bound to."""
        subject: type[Any] = getattr(vocabulary, self.kind)
        return subject


class Example(Struct, frozen=True):
    """A configuration in source terms, and what the rule says of it."""

    name: str
    expect: Outcome
    given: Mapping[str, Any]
    """The other keys: policy, app, api ... as `example_files` describes them."""
    severity: Severity | None = None
    """How grave the gravest finding is; None: the example does not say."""
    says: str = ""
    """Words that stand in a finding's message."""

    def __str__(self) -> str:
        return self.name


class Rule(Struct, frozen=True, kw_only=True, dict=True):
    """A judgement: when something is wrong, where, why, and what to change.

    Its examples are read when they are first asked for: they are most of a rule file, and a scan needs none of them.
    """

    id: str
    topic: str
    title: str
    severity: Severity
    confidence: Confidence
    cause: str
    about: str
    fix: Template
    links: tuple[str, ...]
    each: tuple[Each, ...]
    flag: Condition
    error_when: Condition | None
    at: Path
    related: tuple[Path, ...]
    message: Template
    explains: tuple[str, ...]
    examples_text: str
    file: str

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Its examples; RuleError when they are not well-formed."""
        from apimdoctor.engine.rulefile import examples  # what a scan does not need, it does not load

        return examples(self.examples_text, self.file)

    def __str__(self) -> str:
        return self.id


class RuleError(Exception):
    """All mistakes of one rule file, one line or block each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
