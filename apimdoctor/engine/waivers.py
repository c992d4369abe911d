"""Faults that somebody accepted with a reason: in a configuration file, or in a comment of the policy itself."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from apimdoctor.engine.finding import Finding, Waived
from apimdoctor.engine.schema import closest
from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.vocabulary import Place
from apimdoctor.facts.vocabulary import Waiver as Comment

_KEYS = ("rule", "resource", "reason", "until")


class Waiver(Struct, frozen=True, kw_only=True):
    """A rule that may find something at a resource: by whom it was accepted and until when."""

    rule: str
    resource: str
    """A glob over resource id, document, API name, `api/operation`, product or app registration."""
    reason: str
    until: datetime.date | None = None
    source: str = ""
    """The file and line it stands in."""


def parse(entries: object, source: str) -> tuple[Waiver, ...]:
    """The waivers of a configuration file (the value under its key `waivers`)."""
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise ApimDoctorError(f"{source}: waivers must be a list", "each with rule, resource and reason")
    return tuple(_waiver(entry, f"{source}: waivers[{place}]") for place, entry in enumerate(entries, start=1))


def _waiver(entry: Any, source: str) -> Waiver:
    if not isinstance(entry, dict):
        raise ApimDoctorError(f"{source} must be a mapping", "with rule, resource, reason and perhaps until")
    for key in entry:
        if key not in _KEYS:
            raise ApimDoctorError(f"{source}: {key!r} is no key of a waiver{closest(str(key), _KEYS)}")
    texts = {}
    for key in ("rule", "resource", "reason"):
        value = entry.get(key)
        if not isinstance(value, str) or not value.strip():
            raise ApimDoctorError(f"{source}: {key} is missing", "a waiver says which rule, where, and why")
        texts[key] = value.strip()
    return Waiver(**texts, until=_date(entry.get("until"), source), source=source)


def _date(value: object, source: str) -> datetime.date | None:
    if value is None or isinstance(value, datetime.date):
        return value.date() if isinstance(value, datetime.datetime) else value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise ApimDoctorError(f"{source}: until must be a date like 2031-01-31, is {value!r}") from None


class Waivers:
    """All waivers of a run, and what became of each of them."""

    def __init__(
        self, waivers: Iterable[Waiver], comments: Iterable[Comment], rules: Iterable[str], today: datetime.date
    ) -> None:
        self._waivers = tuple(waivers)
        self._comments = tuple(comments)
        self._rules = frozenset(rules)
        self._today = today
        self._used: set[int] = set()

    def waived(self, finding: Finding) -> Waived | None:
        """The finding with the reason why it is accepted, or None when no waiver in force covers it."""
        result = None
        for waiver in self._waivers:
            if waiver.rule == finding.rule and _names(waiver.resource, finding.at):
                self._used.add(id(waiver))
                if waiver.until is None or waiver.until >= self._today:
                    until = waiver.until.isoformat() if waiver.until else ""
                    result = Waived(finding=finding, reason=waiver.reason, source=waiver.source, until=until)
        for comment in self._comments:
            if comment.rule == finding.rule and _covers(comment.covers, finding.at):
                self._used.add(id(comment))
                if comment.reason:
                    result = Waived(finding=finding, reason=comment.reason, source=_line(comment.place))
        return result

    def notices(self, known: Sequence[str]) -> tuple[str, ...]:
        """Waivers that lapsed, that lack a reason, or that had no effect. `known`: the ids of all rules there are."""
        said = []
        for waiver in self._waivers:
            if waiver.until is not None and waiver.until < self._today:
                said.append(f"{waiver.source}: the waiver of {waiver.rule} lapsed on {waiver.until.isoformat()}")
            elif id(waiver) not in self._used:
                said += self._without_effect(waiver.rule, waiver.source, known)
        for comment in self._comments:
            if not comment.reason:
                said.append(f"{_line(comment.place)}: a waiver of {comment.rule} without a reason has no effect")
            elif id(comment) not in self._used:
                said += self._without_effect(comment.rule, _line(comment.place), known)
        return tuple(said)

    def _without_effect(self, rule: str, source: str, known: Sequence[str]) -> list[str]:
        if rule in self._rules:
            return [f"{source}: the waiver of {rule} covers no finding"]
        if rule in known:
            return []
        return [f"{source}: there is no rule {rule!r}{closest(rule, tuple(known))}"]


def _names(glob: str, place: Place) -> bool:
    names = {place.resource, place.document, place.api, place.product, place.app}
    if place.operation:
        names.add(f"{place.api}/{place.operation}")
    pattern = glob.casefold()
    return any(name and fnmatchcase(name.casefold(), pattern) for name in names)


def _covers(covered: Place, place: Place) -> bool:
    """Whether a place is the covered element or stands inside it."""
    if (covered.resource, covered.document) != (place.resource, place.document):
        return False
    if covered.path == place.path or place.path.startswith(covered.path + "/"):
        return True
    return 0 <= covered.start <= place.start and place.end <= covered.end


def _line(place: Place) -> str:
    return f"{place.document}:{place.line}"
