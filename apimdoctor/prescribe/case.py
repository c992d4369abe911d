"""One finding as those who prescribe see it: the subjects its rule was asked of, and the texts they stand in."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from apimdoctor.engine.finding import Finding
from apimdoctor.engine.prescription import PolicyEdit, Prescription, TextEdit
from apimdoctor.engine.routes import operation_of
from apimdoctor.facts.vocabulary import Facts, Place, Route
from apimdoctor.policy.tree import Element
from apimdoctor.prescribe.text import CannotEditError, Script
from apimdoctor.prescribe.texts import Scripts
from apimdoctor.snapshot import Snapshot


class Case(Struct, frozen=True, eq=False):
    """A finding to prescribe for. Raise `CannotEditError` where its text cannot be changed: then there is no draft."""

    finding: Finding
    snapshot: Snapshot
    facts: Facts
    scripts: Scripts

    def subject(self, name: str) -> Any:
        """The subject that a variable of the rule is bound to; CannotEditError when the finding tells none."""
        for one in self.subjects(name):
            return one
        raise CannotEditError(f"the finding does not tell {name}")

    def subjects(self, name: str) -> Iterator[Any]:
        """The subjects a variable is bound to, each once: several when the finding stands for several bindings."""
        seen: set[int] = set()
        for bound in self.finding.bound:
            if name in bound and id(bound[name]) not in seen:
                seen.add(id(bound[name]))
                yield bound[name]

    def bindings(self) -> tuple[Mapping[str, Any], ...]:
        """Every binding of the rule's variables that the finding stands for."""
        return self.finding.bound

    def routes(self) -> Iterator[Route]:
        """The routes of the operations it affects."""
        affected = set(self.finding.affects)
        for route in self.facts.routes:
            if isinstance(route, Route) and operation_of(route.place) in affected:
                yield route

    def script(self, place: Place) -> Script:
        """The policy text a place stands in."""
        return self.scripts.of(place)

    def element(self, place: Place) -> Element:
        """The policy element at a place."""
        return self.script(place).at(place)

    def edit(self, place: Place, *edits: TextEdit) -> PolicyEdit:
        """The change of the policy text that a place stands in."""
        return self.script(place).edit(*edits)


Prescriber = Callable[[Case], Iterable[Prescription]]
"""Drafts the prescriptions of a finding, the preferred one first. What it says of `diff` and `admissions` is filled in
when the draft is verified."""

Prescribers = Mapping[str, Prescriber]
"""By rule id: what a topic's module offers as `PRESCRIBERS`."""
