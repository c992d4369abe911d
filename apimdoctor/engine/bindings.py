"""Which subjects a rule is asked of: its `each` over the facts, one binding per distinct subjects that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any

from msgspec import Struct, field

from apimdoctor.engine.condition import Condition
from apimdoctor.engine.declared import Rule
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Facts, Route

Path = tuple[str, ...]
Bundle = list[Route]
Subjects = dict[str, Any]
"""Variable to subject; Unknown where an item of the list could not be read."""
RuledOut = Callable[[Condition, Subjects], bool]
Known = dict[tuple[int, ...], bool]
"""By the identity of the subjects, whether a term is false for them."""
_ROUTES = ("routes",)


class Binding(Struct):
    """Subjects a rule is asked of once, and all the routes that lead to them."""

    subjects: Subjects
    bundles: dict[int, Bundle] = field(default_factory=dict)
    unread: Unknown | None = None
    """Why one of the variables holds no subject."""

    @property
    def routes(self) -> dict[int, Route]:
        """All the routes, by identity."""
        return {id(route): route for bundle in self.bundles.values() for route in bundle}


class Bundles:
    """The routes of the facts, put together where a rule that looks at some of their facts cannot tell them apart."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._routes = [route for route in facts.routes if not isinstance(route, Unknown)]
        self._unread = [route for route in facts.routes if isinstance(route, Unknown)]
        self._made: dict[frozenset[Path], list[Bundle | Unknown]] = {}
        self._columns: dict[Path, list[object]] = {}
        self.known: dict[str, Known] = {}
        """By the text of a term: many rules have some in common."""

    def of(self, paths: frozenset[Path]) -> list[Bundle | Unknown]:
        """Bundles of routes that hold the very same facts at the end of these paths: the unread first."""
        # What leads to the same subject leads to the same facts below it.
        paths = frozenset(path for path in paths if not any(path[:end] in paths for end in range(len(path))))
        found = self._made.get(paths)
        if found is None:
            made: dict[tuple[object, ...], Bundle] = {}
            columns = [self._column(path) for path in paths]
            keys: Iterable[tuple[object, ...]] = (
                zip(*columns, strict=True) if columns else repeat((), len(self._routes))
            )
            for route, key in zip(self._routes, keys, strict=True):
                bundle = made.get(key)
                if bundle is None:
                    made[key] = [route]
                else:
                    bundle.append(route)
            found = self._made[paths] = [*self._unread, *made.values()]
        return found

    def _column(self, path: Path) -> list[object]:
        found = self._columns.get(path)
        if found is None:
            found = self._columns[path] = [_told_by(_walked(route, path)) for route in self._routes]
        return found


def bindings(rule: Rule, bundles: Bundles, ruled_out: RuledOut) -> list[Binding]:
    """Every distinct binding of the variables that the flag and the finding name, in the order of the facts.

    Routes of which the rule reads the same facts are one subject to it: the first of them stands for all. Left out is
    what the flag is false for: each of its terms is tried as soon as the variables of that term are bound.
    """
    return _Enumeration(rule, bundles, ruled_out).found()


def follow(subjects: Subjects, path: Path) -> Any:
    """The fact at the end of a dotted path, or the Unknown that stands on the way."""
    return _walked(subjects[path[0]], path[1:])


class _Enumeration:
    """One walk through the facts. Most lists are empty for most routes, so it goes deep first and stops early."""

    def __init__(self, rule: Rule, bundles: Bundles, ruled_out: RuledOut) -> None:
        read = _read(rule)
        self._ruled_out = ruled_out
        self._terms = _by_depth(rule, bundles.known)
        named = {path[0] for path in read}
        self._steps = tuple((each.name, each.source[0], each.source[1:], each.source) for each in rule.each)
        self._bundles = bundles
        self._paths = frozenset(read) | {each.source for each in rule.each}
        self._named = tuple(each.name for each in rule.each if each.name in named)
        self._distinct: dict[tuple[int, ...], Binding] = {}
        self._bound: Subjects = {}

    def found(self) -> list[Binding]:
        self._bind(0, None, None)
        return list(self._distinct.values())

    def _bind(self, depth: int, bundle: Bundle | None, unread: Unknown | None) -> None:
        if depth == len(self._steps):
            self._keep(bundle, unread)
            return
        name, start, below, whole = self._steps[depth]
        for item in self._items(name, start, below, whole):
            several = isinstance(item, list)
            self._bound[name] = item[0] if several else item
            for term, names, known in self._terms[depth]:
                key = tuple([id(self._bound[one]) for one in names])
                ruled_out = known.get(key)
                if ruled_out is None:
                    ruled_out = known[key] = self._ruled_out(term, self._bound)
                if ruled_out:
                    break
            else:
                self._bind(depth + 1, item if several else bundle, item if isinstance(item, Unknown) else unread)
        self._bound.pop(name, None)

    def _items(self, name: str, start: str, below: Path, whole: Path) -> Iterable[Any]:
        if start in self._bound:
            value = _walked(self._bound[start], below)
        elif whole == _ROUTES:
            return self._bundles.of(frozenset(path[1:] for path in self._paths if path[0] == name))
        else:
            value = _walked(self._bundles.facts, whole)
        return (value,) if isinstance(value, Unknown) else value

    def _keep(self, bundle: Bundle | None, unread: Unknown | None) -> None:
        bound = self._bound
        key = (id(unread), *[id(bound[name]) for name in self._named])
        binding = self._distinct.get(key)
        if binding is None:
            subjects = {name: bound[name] for name in self._named}
            binding = self._distinct[key] = Binding(subjects, unread=unread)
        if bundle is not None:
            binding.bundles[id(bundle)] = bundle


def _read(rule: Rule) -> list[Path]:
    """What the flag, its severity, and the finding's identity and text read."""
    paths: list[Path] = [*rule.flag.paths, rule.at, *rule.related, *rule.message.paths, *rule.fix.paths]
    if rule.error_when is not None:
        paths.extend(rule.error_when.paths)
    return paths


def _by_depth(rule: Rule, known: dict[str, Known]) -> list[list[tuple[Condition, tuple[str, ...], Known]]]:
    """The terms of the flag, each where the last of its variables is bound."""
    depths = {each.name: depth for depth, each in enumerate(rule.each)}
    found: list[list[tuple[Condition, tuple[str, ...], Known]]] = [[] for _ in rule.each]
    for term in rule.flag.terms:
        found[max(depths[name] for name in term.reads)].append(
            (term, tuple(term.reads), known.setdefault(term.text, {}))
        )
    return found


def _told_by(value: Any) -> object:
    return value if isinstance(value, str) else id(value)


def _walked(value: Any, names: Iterable[str]) -> Any:
    for name in names:
        if isinstance(value, (Unknown, tuple)):  # a flag's path goes on into the items of a list
            return value
        value = getattr(value, name)
    return value
