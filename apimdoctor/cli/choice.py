"""What of all that could be judged and shown a user has chosen: rules, APIs, severities."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from msgspec.structs import replace

from apimdoctor.engine.finding import SEVERITIES, Finding, Severity, Verdicts
from apimdoctor.engine.rule import Rule, load, packaged
from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.vocabulary import Place
from apimdoctor.report.model import RuleText, apis_of, named_apis
from apimdoctor.snapshot import Snapshot

Key = tuple[str, str, str]
"""Service, workspace and resource name of an API."""


def rules(folders: Sequence[Path] = ()) -> tuple[Rule, ...]:
    """The rules that ship and those of `folders`."""
    for folder in folders:
        if not folder.is_dir():
            raise ApimDoctorError(f"{folder} is no folder", hint="--rules takes a folder of rule files")
    return load([packaged(), *folders])


def selected(known: Sequence[Rule], select: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that --select and --ignore leave."""
    ids = [rule.id for rule in known]
    for name in (*select, *ignore):
        if name not in ids:
            raise unknown_rule(name, ids)
    chosen = tuple(rule for rule in known if (not select or rule.id in select) and rule.id not in ignore)
    if not chosen:
        raise ApimDoctorError("no rule is left to judge by", hint="--select and --ignore leave none")
    return chosen


def unknown_rule(name: str, ids: Sequence[str]) -> ApimDoctorError:
    """The error for a rule that does not exist, with the one that was probably meant."""
    near = get_close_matches(name, ids, n=1)
    hint = f"did you mean {near[0]}?" if near else "apimdoctor rules list shows all of them"
    return ApimDoctorError(f"there is no rule {name!r}", hint=hint)


def texts(known: Iterable[Rule]) -> tuple[RuleText, ...]:
    """What rules say of themselves, for reports."""
    return tuple(
        RuleText(
            id=rule.id,
            title=rule.title,
            severity=rule.severity,
            cause=rule.cause,
            confidence=rule.confidence,
            about=rule.about,
            fix=str(rule.fix),
            links=rule.links,
        )
        for rule in known
    )


def apis(snapshot: Snapshot, names: Sequence[str]) -> frozenset[Key]:
    """The APIs that --api names: by resource name, else by display name, else by path."""
    return frozenset(api(snapshot, name) for name in names)


def api(snapshot: Snapshot, name: str, workspace: str = "") -> Key:
    """The one API of that name. `workspace`: only APIs of workspaces of this name are looked at."""
    spaces = sorted({one.name for service in snapshot.services for one in service.workspaces})
    if workspace and workspace.casefold() not in map(str.casefold, spaces):
        raise ApimDoctorError(
            f"there is no workspace {workspace!r}", hint=f"workspaces: {', '.join(spaces) or 'none were read'}"
        )
    listed: dict[Key, tuple[str, str, str]] = {}
    for service in snapshot.services:
        for space, contents in (("", service.contents), *((w.name, w.contents) for w in service.workspaces)):
            if workspace and space.casefold() != workspace.casefold():
                continue
            for one in sorted(contents.apis, key=lambda api: not api.is_current):
                listed.setdefault((service.name, space, one.name), (one.name, one.display_name, one.path.strip("/")))
    wanted = (name, name, name.strip("/"))
    for way in range(3):
        hits = [key for key, told in listed.items() if told[way] and told[way].casefold() == wanted[way].casefold()]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise ApimDoctorError(
                f"{len(hits)} APIs are called {name!r}: {', '.join(map(_described, sorted(hits)))}",
                hint="name one by its resource name"
                + ("; diagnose also takes its --workspace" if any(space for _, space, _ in hits) else ""),
            )
    near = get_close_matches(name, [told for names in listed.values() for told in names], n=1)
    raise ApimDoctorError(
        f"there is no API {name!r}", hint=f"did you mean {near[0]}?" if near else f"{len(listed)} APIs were read"
    )


def _described(key: Key) -> str:
    service, workspace, name = key
    return f"{name} in {service}" + (f", workspace {workspace}" if workspace else "")


def weighed(verdicts: Verdicts, severity: Mapping[str, Severity]) -> Verdicts:
    """The verdicts with the severities that a configuration gives to rules, the gravest first again."""
    if not severity:
        return verdicts
    findings = [replace(one, severity=severity.get(one.rule, one.severity)) for one in verdicts.findings]
    return replace(verdicts, findings=tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity))))


def shown(verdicts: Verdicts, keys: frozenset[Key], mildest: Severity) -> Verdicts:
    """The verdicts about the chosen APIs (no key: all of them), without what is milder than `mildest`."""
    grave = SEVERITIES[: SEVERITIES.index(mildest) + 1]

    def wanted(finding: Finding) -> bool:
        return finding.severity in grave and (not keys or not keys.isdisjoint(apis_of(finding)))

    def about(subjects: tuple[Place, ...]) -> tuple[Place, ...]:
        return tuple(subject for subject in subjects if keys.intersection(named_apis([subject])))

    unassessed = verdicts.not_assessed
    if keys:
        narrowed = (replace(entry, subjects=about(entry.subjects)) for entry in unassessed)
        unassessed = tuple(entry for entry in narrowed if entry.subjects)
    return replace(
        verdicts,
        findings=tuple(filter(wanted, verdicts.findings)),
        waived=tuple(entry for entry in verdicts.waived if wanted(entry.finding)),
        not_assessed=unassessed,
    )
