"""Findings grouped by what a person owns: an API, policies that APIs share, an app registration."""

import re
from collections.abc import Iterable

from msgspec import Struct

from apimdoctor.engine.finding import SEVERITIES, Finding
from apimdoctor.facts.vocabulary import Place
from apimdoctor.report.model import Report, apis_of, named_apis


class Subject(Struct, frozen=True, kw_only=True):
    """What a group of findings is about. `kind` is api, shared, app or other."""

    kind: str
    title: str
    detail: str = ""
    key: tuple[str, ...] = ()


class Group(Struct, frozen=True, kw_only=True):
    """A subject with its findings, the gravest first."""

    subject: Subject
    findings: tuple[Finding, ...]


_RESOURCE_ID = re.compile(
    r"(?i)/subscriptions/[^/\s]+(?:/resourceGroups/[^/\s]+)?/providers/(?:Microsoft\.ApiManagement/service|Microsoft\.Web/sites)"
    r"/([^\s,]+)"
)
_ORDER = ("api", "shared", "app", "other")


def groups(report: Report) -> tuple[Group, ...]:
    """APIs and shared policies first, the gravest first; then app registrations; then what belongs to neither."""
    found: dict[Subject, list[Finding]] = {}
    for finding in report.verdicts.findings:
        found.setdefault(subject_of(finding, report), []).append(finding)
    made = [Group(subject=subject, findings=tuple(sorted(members, key=_gravity))) for subject, members in found.items()]

    def rank(group: Group) -> tuple[bool, int, int, str, tuple[str, ...]]:
        late = group.subject.kind in ("app", "other")
        kind = _ORDER.index(group.subject.kind)
        return (late, _gravity(group.findings[0]), kind, group.subject.title.casefold(), group.subject.key)

    return tuple(sorted(made, key=rank))


def subject_of(finding: Finding, report: Report) -> Subject:
    """The subject a finding is listed under: its API when it stands in one or concerns one alone."""
    at = finding.at
    concerned = apis_of(finding)
    if at.app and not at.api:
        return _app(at.app, report)
    if len(concerned) == 1:
        return _api(concerned[0], report)
    if at.api:
        return _api((at.service, at.workspace, at.api), report)
    if at.product:
        return Subject(kind="shared", title=f"Product {at.product}", detail=at.service, key=("product", at.product))
    if at.service:
        owner = f"workspace {at.workspace}" if at.workspace else at.service
        return Subject(kind="shared", title=f"Shared policies of {owner}", key=("shared", at.service, at.workspace))
    return Subject(kind="other", title="Elsewhere")


def where(place: Place) -> str:
    """A place in one line: file, line and column, else the resource."""
    if place.document:
        position = f":{place.line}:{place.column}" if place.line else ""
        return f"{in_names(place.document)}{position}"
    return in_names(place.resource) or place.service or "the tenant"


def in_names(text: str) -> str:
    """A text with the resource ids in it cut down to what a person calls the resource; programs get the whole id."""
    if "/providers/" not in text:
        return text
    return _RESOURCE_ID.sub(lambda found: found[1].replace("/policies/policy", "/policy"), text)


def naming(place: Place, report: Report) -> str:
    """What stands at a place, for related places: the app registration by its name, or the policy element."""
    if place.app and not place.api:
        return f"app registration {_app(place.app, report).title}"
    if place.section and place.path:
        return place.path.rsplit("/", 1)[-1].split("[")[0]
    return place.operation or place.api or place.resource.rsplit("/", 1)[-1] or "it"


def affected(places: Iterable[Place], report: Report) -> list[tuple[str, list[str]]]:
    """Each concerned API (or app registration) with the operations it concerns, as a person names them."""
    listed: dict[str, list[str]] = {}
    for place in places:
        if place.api:
            key = (place.service, place.workspace, place.api)
            operations = listed.setdefault(_api(key, report).title, [])
            if place.operation:
                label = report.operation_names.get((*key, place.operation), place.operation)
                if label not in operations:
                    operations.append(label)
        elif place.app:
            listed.setdefault(_app(place.app, report).title, [])
    return list(listed.items())


def counted(number: int, one: str, many: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def headline(report: Report) -> str:
    """What a person wants first: errors, warnings, what was not assessed, what could not be read."""
    summary = report.summary
    parts = [counted(summary.error, "error"), counted(summary.warning, "warning")]
    if summary.info:
        parts.append(counted(summary.info, "info", "infos"))
    parts.append(
        f"{counted(len({one.rule for one in report.verdicts.not_assessed}), 'rule')} not assessed everywhere"
        if summary.not_assessed
        else "all assessed"
    )
    parts.append(counted(summary.gaps, "gap") if summary.gaps else "no gaps")
    if summary.waived:
        parts.append(f"{summary.waived} waived")
    return ", ".join(parts)


def verdict(report: Report) -> tuple[str, str]:
    """The state of the tenant in a sentence (its striking part, the rest), for someone with ten seconds."""
    summary = report.summary
    if not (summary.services or summary.app_registrations):
        return "Nothing could be judged:", "no API Management service and no app registration was read."
    failing = {key for f in report.verdicts.findings if f.severity == "error" for key in apis_of(f)}
    if failing:
        return f"{len(failing)} of {counted(summary.apis, 'API')}", "refuse or admit the wrong callers." if len(
            failing
        ) > 1 else "refuses or admits the wrong callers."
    if summary.error:
        return counted(summary.error, "error"), "to put right; no API is concerned directly."
    blind = summary.gaps or summary.not_assessed
    rest = "but not everything could be seen." if blind else f"in {counted(summary.apis, 'API')}."
    return ("No errors," if blind else "No errors"), rest


def unassessed_apis(report: Report) -> set[tuple[str, str, str]]:
    """The APIs for which a rule could not be decided."""
    return {key for entry in report.verdicts.not_assessed for key in named_apis(entry.subjects)}


def _gravity(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _api(key: tuple[str, str, str], report: Report) -> Subject:
    line = report.apis.get(key)
    if line is None:
        return Subject(kind="api", title=key[2], key=key)
    space = f", workspace {line.workspace}" if line.workspace else ""
    return Subject(kind="api", title=line.display_name, detail=f"/{line.path.lstrip('/')}{space}", key=key)


def _app(name: str, report: Report) -> Subject:
    line = report.apps.get(name)
    if line is None:
        return Subject(kind="app", title=name, key=("app", name))
    return Subject(kind="app", title=line.display_name or line.app_id, detail=line.app_id, key=("app", line.app_id))


def changes(report: Report) -> str:
    """What changed since the report it is compared with, in one line; "" without one."""
    found = report.comparison
    if found is None:
        return ""
    parts = [f"{found.count('new')} new", f"{len(found.fixed)} fixed", f"{found.count('changed')} changed"]
    lost = {(one.rule, one.at.resource) for one in found.unseen}
    lost |= {(one.rule, one.at.resource) for one in found.undecided}
    if lost:
        parts.append(f"{len(lost)} newly not assessed")
    return ", ".join(parts)


def blind_spots(report: Report) -> str:
    """What could not be seen, in one sentence; "" when everything could."""
    told = []
    if report.gaps:
        scopes = ", ".join(in_names(gap.scope) or "the source itself" for gap in report.gaps[:3])
        told.append(f"{counted(len(report.gaps), 'gap')} ({scopes}{' ...' if len(report.gaps) > 3 else ''})")
    if report.verdicts.not_assessed:
        told.append(
            f"{counted(len({one.rule for one in report.verdicts.not_assessed}), 'rule')} not assessed everywhere"
        )
    return " and ".join(told)
