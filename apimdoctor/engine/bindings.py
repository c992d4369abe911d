"""Which subjects a rule is asked of: its `each` over the facts, one binding per distinct subjects that it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apimdoctor.engine.rulefile import Rule
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Facts, Route

Subjects = dict[str, Any]
"""Variable to subject; Unknown where an item of the list could not be read."""


@dataclass(slots=True)
class Binding:
    """Subjects a rule is asked of once, and all the routes that lead to them."""

    subjects: Subjects
    routes: dict[int, Route] = field(default_factory=dict)
    unread: Unknown | None = None
    """Why one of the variables holds no subject."""


def bindings(rule: Rule, facts: Facts) -> list[Binding]:
    """Every distinct binding of the variables that the flag and the finding name, in the order of the facts."""
    return _Enumeration(rule, facts).found()


def follow(subjects: Subjects, path: tuple[str, ...]) -> Any:
    """The fact at the end of a dotted path, or the Unknown that stands on the way."""
    return _walked(subjects[path[0]], path[1:])


class _Enumeration:
    """One walk through the facts. Most lists are empty for most routes, so it goes deep first and stops early."""

    def __init__(self, rule: Rule, facts: Facts) -> None:
        self._steps = tuple((each.name, each.source[0], each.source[1:], each.source) for each in rule.each)
        self._facts = facts
        self._named = tuple(each.name for each in rule.each if each.name in _named(rule))
        self._distinct: dict[tuple[int, ...], Binding] = {}
        self._bound: Subjects = {}

    def found(self) -> list[Binding]:
        self._bind(0, None, None)
        return list(self._distinct.values())

    def _bind(self, depth: int, route: Route | None, unread: Unknown | None) -> None:
        if depth == len(self._steps):
            self._keep(route, unread)
            return
        name, start, below, whole = self._steps[depth]
        value = _walked(self._bound[start], below) if start in self._bound else _walked(self._facts, whole)
        for item in (value,) if isinstance(value, Unknown) else value:
            self._bound[name] = item
            if isinstance(item, Unknown):
                self._bind(depth + 1, route, item)
            else:
                self._bind(depth + 1, item if isinstance(item, Route) else route, unread)
        self._bound.pop(name, None)

    def _keep(self, route: Route | None, unread: Unknown | None) -> None:
        bound = self._bound
        key = (id(unread), *[id(bound[name]) for name in self._named])
        binding = self._distinct.get(key)
        if binding is None:
            subjects = {name: bound[name] for name in self._named}
            binding = self._distinct[key] = Binding(subjects, unread=unread)
        if route is not None:
            binding.routes[id(route)] = route


def _named(rule: Rule) -> frozenset[str]:
    """The variables that the flag, its severity, or the finding's identity and text start from."""
    paths: list[tuple[str, ...]] = [*rule.flag.paths, rule.at, *rule.related, *rule.message.paths, *rule.fix.paths]
    if rule.error_when is not None:
        paths.extend(rule.error_when.paths)
    return frozenset(path[0] for path in paths)


def _walked(value: Any, names: Iterable[str]) -> Any:
    for name in names:
        if isinstance(value, Unknown):
            return value
        value = getattr(value, name)
    return value
