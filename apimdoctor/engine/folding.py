"""One cause, one finding: consequences become "also" lines of what explains them; equal revisions and versions are one fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from apimdoctor.engine.finding import SEVERITIES, Also, Finding
from apimdoctor.engine.routes import RouteIndex, order
from apimdoctor.facts.vocabulary import Place

_REVISION = re.compile(r";rev=\d+")
Key = tuple[object, ...]


def merged_revisions(findings: Sequence[Finding], index: RouteIndex) -> list[Finding]:
    """Findings that say the same of several revisions or versions of an API, as one finding of the first current one."""
    groups: dict[Key, list[Finding]] = {}
    for finding in findings:
        places = (finding.at, *finding.related)
        key: Key = (
            finding.rule,
            finding.message,
            *(_in_all_revisions(place, index.version_set(place)) for place in places),
        )
        groups.setdefault(key, []).append(finding)
    return [_merged(group, index) if len(group) > 1 else group[0] for group in groups.values()]


def explained(
    findings: Sequence[Finding], explains: Mapping[str, Sequence[str]]
) -> list[tuple[Finding, list[Finding]]]:
    """Every finding that nothing explains, with its consequences and theirs."""
    above = _explainers(findings, explains)
    consequences: dict[int, list[Finding]] = {place: [] for place, parent in above.items() if parent is None}
    for place, parent in above.items():
        if parent is not None:
            consequences[_root(parent, above)].append(findings[place])
    return [(findings[place], below) for place, below in consequences.items()]


def with_consequences(finding: Finding, consequences: Sequence[Finding]) -> Finding:
    """The finding with "also" lines for its consequences; it is as grave as the gravest of them."""
    if not consequences:
        return finding
    lines = {Also(rule=entry.rule, message=entry.message, at=entry.at) for entry in consequences}
    severity = min((entry.severity for entry in (finding, *consequences)), key=SEVERITIES.index)
    ranked = sorted(lines, key=lambda also: (also.rule, order(also.at), also.message))
    return replace(finding, also=tuple(ranked), severity=severity)


def _in_all_revisions(place: Place, version_set: str) -> Place:
    """The place as it is in every revision, and in every version where there are such."""
    resource, document = _REVISION.sub("", place.resource), _REVISION.sub("", place.document)
    if version_set:
        named = re.compile(rf"(?<=apis/){re.escape(place.api)}(?=$|/)")
        resource, document = named.sub(lambda _: version_set, resource), named.sub(lambda _: version_set, document)
    return replace(
        place,
        api=version_set or place.api,
        resource=resource,
        document=document,
        revision="",
        line=0,
        column=0,
        start=-1,
        end=-1,
    )


def _merged(group: list[Finding], index: RouteIndex) -> Finding:
    ranked = sorted(group, key=lambda finding: (not index.is_current(finding.at), order(finding.at)))
    affects = sorted({place for finding in group for place in finding.affects}, key=order)
    severity = min((finding.severity for finding in group), key=SEVERITIES.index)
    bound = tuple(one for finding in ranked for one in finding.bound)
    return replace(ranked[0], affects=tuple(affects), severity=severity, bound=bound)


def _explainers(findings: Sequence[Finding], explains: Mapping[str, Sequence[str]]) -> dict[int, int | None]:
    """For each finding the one that explains it: at the same place first, else the one with the fewest operations."""
    causes: dict[str, list[int]] = {}
    for place, finding in enumerate(findings):
        for rule in explains.get(finding.rule, ()):
            causes.setdefault(rule, []).append(place)
    operations = [frozenset(finding.affects) for finding in findings]
    above: dict[int, int | None] = {}
    for place, consequence in enumerate(findings):
        candidates = []
        for other in causes.get(consequence.rule, ()):
            same = findings[other].at == consequence.at
            if same or (operations[place] and operations[place] <= operations[other]):
                candidates.append((not same, len(operations[other]), SEVERITIES.index(findings[other].severity), other))
        above[place] = min(candidates)[-1] if candidates else None
    return above


def _root(place: int, above: Mapping[int, int | None]) -> int:
    """The end of a chain of explanations; there are no rings, because rules that explain each other do not load."""
    parent = above[place]
    while parent is not None:
        place, parent = parent, above[parent]
    return place
