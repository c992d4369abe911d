"""Conditions that guard part of a policy: what they read, what of it the caller chooses, and whether they can hold."""

from collections.abc import Iterator
from typing import Literal as Words

from msgspec import Struct, field

from apimdoctor.facts import written
from apimdoctor.facts.locating import Texts
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Condition
from apimdoctor.policy.expression import Reading, read
from apimdoctor.policy.value import Expression, Literal, Value, symbol
from apimdoctor.policy.way import Condition as Guard
from apimdoctor.policy.way import Placed, VariableUse, Way

SHOWN = 160
"""Longest condition that a report quotes whole."""

_NOT_CHOSEN = frozenset({"method", "host"})
"""What comes from the caller and is settled all the same once a request has reached an operation of the gateway."""


class Conditions(Struct, eq=False):
    """Makes conditions, each once for the element, the scope and what its variables hold there."""

    texts: Texts
    _made: dict[object, Condition] = field(default_factory=dict)

    def all(self) -> tuple[Condition, ...]:
        """Every condition made so far."""
        return tuple(self._made.values())

    def of(self, guard: Guard, way: Way) -> Condition:
        """A guard on a way."""
        around, policy = self.texts.text(guard.placed)
        value = written.settled(guard.value, around.named)
        reading = reading_of(value)
        uses = {use.name: use for use in way.variables if use.reader == guard.placed}
        chosen = self._from_caller(reading, uses)
        never_set = _never_set(reading, uses)
        key = (policy.key, id(guard.placed.element), self.texts.scope(guard.placed), chosen, never_set)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Condition(
                place=self.texts.place(guard.placed),
                text=written.short(symbol(guard.value), SHOWN),
                constant=_constant(value, reading),
                reads=_reads(reading),
                from_caller=chosen,
                never_set=never_set,
            )
        return found

    def _from_caller(self, reading: Reading | None, uses: dict[str, VariableUse]) -> tuple[str, ...] | Unknown:
        if reading is None:
            return ()
        found = [place for place in reading.from_caller if place not in _NOT_CHOSEN]
        found += [f"token in {place}" for place in reading.parses if place and place not in found]
        doubt = reading.unknown
        for name in dict.fromkeys(one.place.partition(":")[2] for one in reading.variables):
            use = uses.get(name)
            origins = [self._set_from_caller(setter) for setter in use.setters] if use else []
            if any(origin is True for origin in origins):
                found.append(f"variable:{name}")
            doubt = doubt or next((o.because for o in origins if isinstance(o, Unknown)), "")
        # One thing that the caller chooses is enough to answer whether he chooses anything.
        return tuple(dict.fromkeys(found)) if found or not doubt else Unknown(doubt)

    def _set_from_caller(self, setter: Placed) -> bool | Unknown:
        if setter.element.name != "set-variable":
            return False
        around, _ = self.texts.text(setter)
        value = setter.element.get("value")
        reading = reading_of(written.settled(value, around.named)) if value is not None else None
        if reading is None:
            return False
        if [place for place in reading.from_caller if place not in _NOT_CHOSEN]:
            return True
        if reading.variables or reading.unknown:
            return Unknown(f"what {setter.element.name} at line {setter.element.position.line} holds is not known")
        return False


def reading_of(value: Value) -> Reading | None:
    """What the expression in a value reads; None when it holds none."""
    if isinstance(value, Expression):
        return read(value.code, value.block)
    if isinstance(value, Literal):
        return None
    return Reading(unknown=written.why(value))


def _constant(value: Value, reading: Reading | None) -> "Words['true', 'false', ''] | Unknown":
    if isinstance(value, Literal):
        return "true" if value.text.strip().lower() == "true" else "false"
    if reading is None or reading.unknown:
        return Unknown(reading.unknown if reading else written.why(value))
    if reading.constant is None and reading.named_values and not reading.reads:
        return Unknown(f"the value of {{{{{reading.named_values[0]}}}}} is not known")
    if reading.constant is None:
        return ""
    return "true" if str(reading.constant).lower() == "true" else "false"


def _reads(reading: Reading | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.place for one in reading.reads)) if reading else ()


def _never_set(reading: Reading | None, uses: dict[str, VariableUse]) -> tuple[str, ...] | Unknown:
    if reading is None:
        return ()
    found = tuple(_unset(reading, uses))
    doubts = [use.doubts[0].reason for use in uses.values() if not use.setters and use.doubts]
    if not found and (doubts or reading.unknown):
        return Unknown(doubts[0] if doubts else reading.unknown)
    return found


def _unset(reading: Reading, uses: dict[str, VariableUse]) -> Iterator[str]:
    for name in dict.fromkeys(one.place.partition(":")[2] for one in reading.variables):
        use = uses.get(name)
        if use is not None and not use.setters and not use.doubts:
            yield name
