"""Which subjects a rule is asked of: its `each` over the facts, one binding per distinct subjects that it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apimdoctor.engine.rulefile import Each, Rule
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
    """Every distinct binding of a rule's variables, in the order of the facts.

    A variable that neither the flag nor the finding names is dropped as soon as no later path starts from it, so that
    the cost follows distinct subjects and not routes (facts-sketch, section 5).
    """
    level = [Binding({})]
    for place, each in enumerate(rule.each):
        needed = _needed(rule, rule.each[place + 1 :])
        level = _next_level(level, each, facts, needed)
    return level


def _needed(rule: Rule, later: Iterable[Each]) -> frozenset[str]:
    named = {path[0] for path in rule.flag.paths}
    if rule.error_when is not None:
        named |= {path[0] for path in rule.error_when.paths}
    for path in (rule.at, *rule.related, *rule.message.paths, *rule.fix.paths):
        named.add(path[0])
    return frozenset(named | {each.source[0] for each in later})


def _next_level(level: list[Binding], each: Each, facts: Facts, needed: frozenset[str]) -> list[Binding]:
    distinct: dict[tuple[int, ...], Binding] = {}
    for binding in level:
        for item in _items(binding, each, facts):
            subjects = {name: subject for name, subject in binding.subjects.items() if name in needed}
            if each.name in needed:
                subjects[each.name] = item
            key = tuple(id(subject) for subject in subjects.values())
            unread = item if isinstance(item, Unknown) else binding.unread
            if unread is not None:
                key = (*key, id(unread))
            found = distinct.get(key)
            if found is None:
                found = distinct[key] = Binding(subjects, dict(binding.routes), unread)
            else:
                found.routes.update(binding.routes)
            if isinstance(item, Route):
                found.routes[id(item)] = item
    return list(distinct.values())


def _items(binding: Binding, each: Each, facts: Facts) -> Iterable[Any]:
    start, *names = each.source
    if start in binding.subjects:
        value = binding.subjects[start]
    else:
        value, names = facts, list(each.source)
    for name in names:
        if isinstance(value, Unknown):
            return (value,)
        value = getattr(value, name)
    return (value,) if isinstance(value, Unknown) else value


def follow(subjects: Subjects, path: tuple[str, ...]) -> Any:
    """The fact at the end of a dotted path, or the Unknown that stands on the way."""
    value: Any = subjects[path[0]]
    for name in path[1:]:
        if isinstance(value, Unknown):
            return value
        value = getattr(value, name)
    return value
