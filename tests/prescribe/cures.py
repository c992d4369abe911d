"""Rule examples and their cures: what is prescribed for the finding of one rule, and what is left after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.engine.declared import Rule
from apimdoctor.engine.example_files import files_of
from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.engine.prescription import PolicyEdit, Prescription
from apimdoctor.facts.build import Built, build_whole
from apimdoctor.prescribe.apply import applied
from apimdoctor.prescribe.prescribe import POLICY_TOPICS, prescribed
from apimdoctor.prescribe.texts import every
from apimdoctor.snapshot import Snapshot
from tools.pipeline import rules

MORE = Path(__file__).parent / "more_examples.yaml"


@dataclass(frozen=True, eq=False)
class Patient:
    """An example that a rule flags, in source terms."""

    rule: Rule
    name: str
    given: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.name}"

    @cached_property
    def snapshot(self) -> Snapshot:
        """What the example describes, as read."""
        snapshot = files.read_tree(MemoryTree(files_of(self.name, self.given)))
        moment = self.given.get("collected_at")
        return snapshot if moment is None else replace(snapshot, collected_at=str(moment))

    @cached_property
    def seen(self) -> Seen:
        """The example, judged."""
        return see(self.snapshot)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What its rule finds, with prescriptions."""
        return self.seen.treated(self.rule)


@dataclass(frozen=True)
class Seen:
    """One configuration, judged by every rule."""

    snapshot: Snapshot
    built: Built
    all: Verdicts

    def treated(self, rule: Rule) -> tuple[Finding, ...]:
        """The findings of one rule, with their prescriptions."""
        alone = judge([rule], self.built.facts)
        return prescribed(self.snapshot, self.built, alone, rules(), judged=self.all).findings


def see(snapshot: Snapshot) -> Seen:
    """The configuration, judged."""
    built = build_whole(snapshot)
    return Seen(snapshot, built, judge(rules(), built.facts))


def after(snapshot: Snapshot, prescription: Prescription) -> Seen:
    """The configuration with a prescription carried out."""
    return see(applied(snapshot, prescription.changes))


def texts_of(snapshot: Snapshot) -> dict[str, str]:
    """Every policy text by its resource."""
    return {place.resource: text.text for place, text in every(snapshot)}


@cache
def patients() -> tuple[Patient, ...]:
    """Every flagged example of a rule that a change of policies cures, those of the tests last."""
    return tuple(_patients())


def _patients() -> Iterator[Patient]:
    more = yaml.safe_load(MORE.read_text("utf-8"))
    for rule in rules():
        if not any(rule.id in topic for topic in POLICY_TOPICS):
            continue
        for example in rule.examples:
            if example.expect == "flagged":
                yield Patient(rule, example.name, example.given)
        for one in more.get(rule.id, ()):
            yield Patient(rule, one["name"], {key: value for key, value in one.items() if key != "name"})


def told(patient: Patient) -> str:
    """The prescriptions of an example in policies as its golden file holds them: the title, and the policy before and after."""
    lines = [f"== {patient.name}"]
    for finding in patient.findings:
        for one in finding.prescriptions:
            if not all(isinstance(change, PolicyEdit) for change in one.changes):
                continue
            lines += [f"-- {one.safety}: {one.title}", *(f"-- {effect}" for effect in one.side_effects)]
            lines += [change.diff.rstrip("\n") for change in one.changes if isinstance(change, PolicyEdit)]
    return "\n".join(lines) + "\n"
