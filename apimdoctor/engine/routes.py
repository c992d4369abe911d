"""Which operations a subject concerns: the ways from the routes down to every subject, walked upwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Api, Facts, Place, Route


def operation_of(place: Place) -> Place:
    """The operation that a route's place stands for: the same for each of its request contexts."""
    return replace(place, product="", section="", path="", start=-1, end=-1)


def affected(routes: Iterable[Route]) -> tuple[Place, ...]:
    """The operations of routes, each once, in order."""
    return tuple(sorted({operation_of(route.place) for route in routes}, key=order))


def order(place: Place) -> tuple[object, ...]:
    """Places in the order of a report."""
    names = (place.service, place.workspace, place.api, place.revision, place.operation, place.product, place.app)
    return (*names, place.document, place.line, place.column, place.resource, place.path)


class RouteIndex:
    """Routes by the subjects they lead to, and by their API. Built when first asked; it must not outlive its facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._parents: dict[int, list[int]] | None = None
        self._routes: dict[int, Route] = {}
        self._by_policy: dict[str, list[Route]] = {}
        self._by_api: dict[tuple[str, ...], list[Route]] = {}
        self._current: dict[tuple[str, ...], str] = {
            (api.place.service, api.place.workspace, api.place.api): api.revision
            for api in facts.apis
            if isinstance(api, Api) and api.is_current
        }
        self._version_sets: dict[tuple[str, ...], str] = {
            (api.place.service, api.place.workspace, api.place.api): api.version_set
            for api in facts.apis
            if isinstance(api, Api) and api.version_set
        }

    def of(self, subject: Any) -> tuple[Place, ...]:
        """The operations whose requests meet this subject; for an API, all of its operations."""
        parents = self._built()
        seen = {id(subject)}
        waiting = [id(subject)]
        found: list[Route] = []
        while waiting:
            key = waiting.pop()
            if key in self._routes:
                found.append(self._routes[key])
            above = [parent for parent in parents.get(key, ()) if parent not in seen]
            seen.update(above)
            waiting.extend(above)
        return affected(found or self._at(getattr(subject, "place", Place())))

    def is_current(self, place: Place) -> bool:
        """Whether a place belongs to the current revision of its API (or to no revision at all)."""
        return place.revision in ("", self._current.get((place.service, place.workspace, place.api), place.revision))

    def version_set(self, place: Place) -> str:
        """What the API of a place shares with its other versions; "" without an API or versions."""
        return self._version_sets.get((place.service, place.workspace, place.api), "")

    def _at(self, place: Place) -> list[Route]:
        """Routes of what a place stands in, for subjects that no route leads to: an API, an operation, a shared policy."""
        if not place.api:
            return self._meeting(place.resource)
        routes = self._by_api.get((place.service, place.workspace, place.api, place.revision), [])
        return [route for route in routes if place.operation in ("", route.place.operation)]

    def _meeting(self, resource: str) -> list[Route]:
        """Routes on which something of a policy runs: a fragment, a product's policy, the global one."""
        if not self._by_policy and resource:
            # Many routes share their steps, so each list is looked through once.
            told: dict[int, set[str]] = {}
            for route in self._routes.values():
                steps = told.get(id(route.steps))
                if steps is None:
                    steps = told[id(route.steps)] = {step.place.resource for step in route.steps}
                for each in steps:
                    self._by_policy.setdefault(each, []).append(route)
        return self._by_policy.get(resource, [])

    def _built(self) -> dict[int, list[int]]:
        if self._parents is None:
            self._parents = {}
            visited: set[int] = set()
            for route in self._facts.routes:
                if isinstance(route, Route):
                    place = route.place
                    key = (place.service, place.workspace, place.api, place.revision)
                    self._by_api.setdefault(key, []).append(route)
                    self._routes[id(route)] = route
                    self._descend(route, visited, self._parents)
        return self._parents

    @staticmethod
    def _descend(start: Any, visited: set[int], parents: dict[int, list[int]]) -> None:
        waiting = [start]
        while waiting:
            subject = waiting.pop()
            if id(subject) in visited:
                continue
            visited.add(id(subject))
            for child in _children(subject):
                parents.setdefault(id(child), []).append(id(subject))
                waiting.append(child)


def _children(subject: Any) -> Iterable[Any]:
    for name in _leading_on(type(subject)):
        value = getattr(subject, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Struct) and not isinstance(item, (Unknown, Values, Place)):
                yield item


def _leading_on(subject: type[Any]) -> tuple[str, ...]:
    """The facts of a subject that may be subjects themselves."""
    found = _LEADING_ON.get(subject)
    if found is None:
        hints = subject.__annotations__
        found = _LEADING_ON[subject] = tuple(name for name in subject.__struct_fields__ if hints[name] not in _PLAIN)
    return found


_PLAIN = frozenset(
    f"{plain}{unknown}"
    for plain in ("str", "bool", "int", "Place", "Values", "tuple[str, ...]")
    for unknown in ("", " | Unknown")
)
"""Hints of facts that are no subjects, as they are mostly written: to be quick, not to be complete."""
_LEADING_ON: dict[type[Any], tuple[str, ...]] = {}
