"""A flag that was checked: its text, the facts it reads, and what of its subjects decides the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any

from msgspec import Struct

from apimdoctor.facts.values import Unknown

Shape = dict[str, "Shape"]
"""The facts that a flag reads below a subject."""


class Condition(Struct, frozen=True, dict=True):
    """A checked flag. It holds plain values only, so that it can be kept for the next run."""

    text: str
    paths: tuple[tuple[str, ...], ...]
    told: Mapping[str, tuple[str, ...]]
    """For each variable, dotted, the facts of its subject that decide the answer."""
    terms: tuple[Condition, ...] = ()
    """What `&&` joins at the top: the flag is false as soon as one of them is, whatever the others are."""
    code: bytes = b""
    """The text as CEL keeps what it has read, for reading it ten times as fast; empty: nobody has kept it."""

    @cached_property
    def reads(self) -> Mapping[str, Shape]:
        """What it needs of each variable it names."""
        shapes: dict[str, Shape] = {}
        for path in self.paths:
            level = shapes
            for name in path:
                level = level.setdefault(name, {})
        return shapes

    @cached_property
    def telling(self) -> Mapping[str, Callable[[Any], object]]:
        """For each variable, what tells its subjects apart: equal where the flag cannot."""
        return {variable: attrgetter(*names) for variable, names in self.told.items()}

    def told_by(self, bound: Mapping[str, Any]) -> tuple[object, ...]:
        """What the answer depends on."""
        return tuple(
            [
                subject if isinstance(subject := bound[name], Unknown) else told(subject)
                for name, told in self.telling.items()
            ]
        )
