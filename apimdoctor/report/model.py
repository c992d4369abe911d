"""What every report shows of one run, in the order in which a person wants it."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from apimdoctor.engine.finding import Confidence, Finding, Severity, Verdicts
from apimdoctor.facts.vocabulary import Facts, Place, Route
from apimdoctor.report.comparison import Comparison
from apimdoctor.report.excerpt import Texts
from apimdoctor.snapshot import Contents, Gap, Snapshot, Source


class RuleText(Struct, frozen=True, kw_only=True):
    """What a rule says of itself."""

    id: str
    title: str
    severity: Severity
    cause: str
    confidence: Confidence = "high"
    about: str = ""
    fix: str = ""
    links: tuple[str, ...] = ()


class Files(Struct, frozen=True, kw_only=True):
    """Where documents stand as seen from the working folder, which a pipeline makes the root of its repository."""

    paths: Mapping[str, str] = field(default_factory=dict)
    """Document to path with `/`: relative to the working folder, absolute where it stands elsewhere."""
    anchor: str = "apimdoctor.yaml"
    """The file that findings without one are shown at: code scanning refuses results without a file."""
    folder: str = ""
    """The working folder itself, for agents that want absolute paths; "" = not told."""


class ApiLine(Struct, frozen=True, kw_only=True):
    """An API as a report names it: resource name, display name, path, and where it stands."""

    service: str
    workspace: str
    name: str
    display_name: str
    path: str
    operations: int

    @property
    def key(self) -> tuple[str, str, str]:
        """Service, workspace and resource name: what makes two APIs the same."""
        return (self.service, self.workspace, self.name)


class AppLine(Struct, frozen=True, kw_only=True):
    """An app registration as a report names it."""

    app_id: str
    display_name: str


class Summary(Struct, frozen=True, kw_only=True):
    """The counts of the JSON report's summary, in its order."""

    services: int = 0
    apis: int = 0
    operations: int = 0
    routes: int = 0
    app_registrations: int = 0
    error: int = 0
    warning: int = 0
    info: int = 0
    waived: int = 0
    not_assessed: int = 0
    gaps: int = 0


class Report(Struct, frozen=True, kw_only=True):
    """One run as all formats show it."""

    version: str
    sources: tuple[Source, ...]
    collected_at: str
    verdicts: Verdicts
    gaps: tuple[Gap, ...]
    summary: Summary
    apis: dict[tuple[str, str, str], ApiLine] = field(default_factory=dict)
    """By service, workspace and resource name, in the order in which they were read."""
    apps: dict[str, AppLine] = field(default_factory=dict)
    """By application id and by object id."""
    operation_names: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    """(service, workspace, API, operation) to `GET /orders/{id}`."""
    rules: tuple[RuleText, ...] = ()
    texts: Texts = field(default_factory=lambda: Texts(Snapshot()))
    facts: Facts | None = None
    """What Entra ID and the gateway do, for drawing it."""
    files: Files = field(default_factory=Files)
    comparison: Comparison | None = None
    """What changed since the report of `--compare`; None = nothing to compare with."""
    failing: tuple[Severity, ...] = ("error",)
    """The severities that make the run fail (`--fail-on`)."""


def assemble(
    snapshot: Snapshot, facts: Facts, verdicts: Verdicts, rules: Iterable[RuleText], *, version: str
) -> Report:
    """The report of one run. What the verdicts leave out (another API, a lower severity) is not counted either."""
    apis: dict[tuple[str, str, str], ApiLine] = {}
    names: dict[tuple[str, str, str, str], str] = {}
    for service in snapshot.services:
        spaces = [("", service.contents), *((space.name, space.contents) for space in service.workspaces)]
        for workspace, contents in spaces:
            _list_apis(service.name, workspace, contents, apis, names)
    registrations = [app for tenant in snapshot.tenants for app in tenant.app_registrations]
    lines = [AppLine(app_id=app.app_id, display_name=app.display_name) for app in registrations]
    gaps = (*snapshot.gaps, *_unparsed(snapshot, facts))
    summary = Summary(
        services=len(snapshot.services),
        apis=len(apis),
        operations=len(names),
        routes=sum(isinstance(route, Route) for route in facts.routes),
        app_registrations=len(registrations),
        error=_count(verdicts.findings, "error"),
        warning=_count(verdicts.findings, "warning"),
        info=_count(verdicts.findings, "info"),
        waived=len(verdicts.waived),
        not_assessed=len(verdicts.not_assessed),
        gaps=len(gaps),
    )
    return Report(
        version=version,
        sources=snapshot.sources,
        collected_at=snapshot.collected_at,
        verdicts=verdicts,
        gaps=gaps,
        summary=summary,
        apis=apis,
        apps={name: line for app, line in zip(registrations, lines, strict=True) for name in (app.id, app.app_id)},
        operation_names=names,
        rules=tuple(sorted(rules, key=lambda rule: rule.id)),
        texts=Texts(snapshot),
        facts=facts,
    )


def apis_of(finding: Finding) -> tuple[tuple[str, str, str], ...]:
    """The APIs that a finding concerns, each once, as (service, workspace, API)."""
    return named_apis((finding.at, *finding.affects))


def named_apis(places: Sequence[Place]) -> tuple[tuple[str, str, str], ...]:
    """The APIs that places name, each once, in their order."""
    return tuple(dict.fromkeys((place.service, place.workspace, place.api) for place in places if place.api))


def _unparsed(snapshot: Snapshot, facts: Facts) -> Iterable[Gap]:
    """Policies that were read but are no policy a reader understands: gaps that only show when they are parsed."""
    told = {gap.scope for gap in snapshot.gaps}
    for document in facts.documents:
        scope = document.place.document or document.place.resource
        if not document.readable and scope not in told:
            told.add(scope)
            yield Gap(scope=scope, kind="unparsed", detail=document.reason, hint="export or save the policy again")


def _count(findings: Sequence[Finding], severity: Severity) -> int:
    return sum(finding.severity == severity for finding in findings)


def _list_apis(
    service: str,
    workspace: str,
    contents: Contents,
    apis: dict[tuple[str, str, str], ApiLine],
    names: dict[tuple[str, str, str, str], str],
) -> None:
    # Revisions are one API to a reader: the current one lends its names.
    for api in sorted(contents.apis, key=lambda api: not api.is_current):
        key = (service, workspace, api.name)
        for operation in api.operations:
            label = f"{operation.method} {operation.url_template}".strip() or operation.display_name
            names.setdefault((*key, operation.name), label or operation.name)
        if key not in apis:
            apis[key] = ApiLine(
                service=service,
                workspace=workspace,
                name=api.name,
                display_name=api.display_name or api.name,
                path=api.path,
                operations=len(api.operations),
            )
