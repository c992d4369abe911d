"""The collecting of a whole tenant: selection, services and tenants at the same time, then what the policies name."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct, field

from apimdoctor import __version__
from apimdoctor.collect import arm
from apimdoctor.collect.azure import activity, aside, selection, sites
from apimdoctor.collect.azure.apim import ServiceReader
from apimdoctor.collect.azure.calls import Clients
from apimdoctor.collect.azure.clouds import Cloud
from apimdoctor.collect.azure.draft import Draft, gathered
from apimdoctor.collect.azure.failures import AzureError, LoginError, fatal, gap
from apimdoctor.collect.azure.graph import TenantDraft, TenantReader
from apimdoctor.collect.azure.openid import Fetcher
from apimdoctor.collect.azure.progress import Progress
from apimdoctor.collect.azure.selection import Request, Subscription
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.collect.azure.unchanged import Unchanged, unchanged
from apimdoctor.collect.fields import Json, MalformedError
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import DescribedCloud, Gap, OpenIdMetadata, SiteAuth, Snapshot, Source, store
from apimdoctor.snapshot.redact import Redactor
from apimdoctor.snapshot.whole import APP_REGISTRATIONS

STOPPED = Gap(
    scope="the whole scan",
    kind="skipped",
    detail="it was stopped by the keyboard before everything was read",
    hint="run it again without stopping it",
)


class References(Struct, frozen=True, kw_only=True):
    """What policies name that lies outside of API Management."""

    metadata_urls: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Hosts that requests are sent to."""
    site_ids: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    """Ids of Entra tenants whose tokens are trusted."""


class _Run(Struct):
    """One run: what was read so far."""

    request: Request
    transport: Transport
    progress: Progress
    redactor: Redactor
    chosen: tuple[Subscription, ...] = ()
    services: list[Draft] = field(default_factory=list)
    unchanged: dict[str, Unchanged] = field(default_factory=dict)
    """What an earlier snapshot says of each service, by its id in lower case."""
    tenants: list[TenantDraft] = field(default_factory=list)
    sites: list[SiteAuth] = field(default_factory=list)
    metadata: list[OpenIdMetadata] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    async def first_round(self) -> None:
        """Services and app registrations."""
        self.chosen = await selection.subscriptions(self.transport, self.request)
        readers = await self._service_readers()
        tenants = [] if "entra" in self.request.without else self._tenant_readers()
        if "entra" in self.request.without:
            self.gaps.append(_left_out(APP_REGISTRATIONS, "entra"))
        async with asyncio.TaskGroup() as group:
            for reader, draft in readers:
                group.create_task(self._guarded(reader.read(), draft.gaps, draft.id, arm.last_name(draft.json)))
            for tenant_reader, tenant in tenants:
                name = f"tenant {tenant.id}"
                group.create_task(self._guarded(tenant_reader.read(), tenant.gaps, name, name))

    async def second_round(self, named: References) -> None:
        """What the policies that were read name."""
        known = {tenant.id.lower() for tenant in self.tenants} | {tenant.found.id for tenant in self.tenants}
        if "entra" not in self.request.without:
            self.gaps += [_unread_tenant(tenant) for tenant in sorted(set(named.tenants) - known)]
        async with asyncio.TaskGroup() as group:
            if "openid" in self.request.without:
                self.gaps += [_left_out("OpenID metadata", "openid")] if named.metadata_urls else []
            elif named.metadata_urls:
                group.create_task(self._metadata(named.metadata_urls))
            if "sites" in self.request.without:
                self.gaps += [_left_out("Easy Auth of sites behind back ends", "sites")] if named.hosts else []
            elif named.hosts or named.site_ids:
                group.create_task(self._sites(named))

    def snapshot(self) -> Snapshot:
        """What was read so far."""
        services = [draft.service() for draft in self.services]
        gaps = [*self.gaps, *(one for draft in self.services for one in draft.gaps)]
        gaps += [one for tenant in self.tenants for one in tenant.gaps]
        sources = [Source(kind="azure", name=f"subscription {one.id}") for one in self.chosen]
        sources += [Source(kind="snapshot", name=one.told) for one in self.unchanged.values()]
        sources += [Source(kind="azure", name=f"tenant {tenant.id or tenant.found.id}") for tenant in self.tenants]
        return store.ordered(
            Snapshot(
                collected_at=self.request.collected_at,
                collected_by=__version__,
                cloud=self.request.cloud.name,
                sources=tuple(sources),
                services=tuple(services),
                tenants=tuple(tenant.tenant() for tenant in self.tenants),
                sites=tuple(self.sites),
                metadata=tuple(self.metadata),
                gaps=tuple(gathered(gaps)),
                clouds=_described(self.request.cloud),
            )
        )

    async def _service_readers(self) -> list[tuple[ServiceReader, Draft]]:
        """A reader for each service that is wanted; a subscription that cannot be listed is a gap."""
        request = self.request
        clients = {one.id: Clients(self.transport, one.id, self._tenant_of(one)) for one in self.chosen}
        answers = await asyncio.gather(*(clients[one.id].services(request.resource_group) for one in self.chosen))
        found: list[tuple[Clients, Json]] = []
        errors: list[AzureError] = []
        for one, (items, error) in zip(self.chosen, answers, strict=True):
            found += [(clients[one.id], item) for item in items]
            if error is not None:
                errors.append(error)
                self.gaps.append(gap(f"API Management services of subscription {one.id}", error))
        if errors and not found:
            raise fatal("the API Management services cannot be listed", errors[0])
        if not found:
            raise selection.no_services(self.chosen, request)
        wanted = selection.wanted([item for _, item in found], request)
        if request.since is not None:
            named = {str(item.get("id")).lower() for item in wanted}
            asked = {one.id: self._tenant_of(one) for one in self.chosen}
            written = await activity.since(self.transport, request.since, request.collected_at, asked)
            earlier = unchanged(request.since, written)
            self.unchanged = {name: one for name, one in earlier.items() if name in named}
        readers = []
        for client, item in found:
            if item not in wanted:
                continue
            try:
                json = self.redactor.json(item)
                draft = Draft(json, self.redactor)
                stands = self.unchanged.get(draft.id.lower())
                readers.append((ServiceReader(client, draft, selection.group_of(json), self.progress, stands), draft))
                draft.service()  # a service whose own JSON is malformed is left out here, with its gap
            except MalformedError as error:
                self.gaps.append(
                    Gap(scope="API Management services", kind="unparsed", detail=f"{error}; one is left out")
                )
                readers = [pair for pair in readers if pair[1].json is not json]
                continue
            self.services.append(draft)
        return readers

    def _tenant_of(self, subscription: Subscription) -> str:
        """The tenant whose token a subscription takes; "": the credential's own."""
        return self.request.tenant or (subscription.tenant if len(self.chosen) > 1 else "")

    def _tenant_readers(self) -> list[tuple[TenantReader, TenantDraft]]:
        request = self.request
        own = [request.tenant] if request.tenant else [one.tenant for one in self.chosen]
        readers = []
        for tenant in dict.fromkeys(name.lower() for name in (*own, *request.entra_tenants)):
            draft = TenantDraft(tenant, request.cloud.name)
            self.tenants.append(draft)
            readers.append((TenantReader(self.transport, tenant, draft, self.redactor, self.progress), draft))
        return readers

    async def _guarded(
        self, reading: "asyncio.Future[None] | object", gaps: list[Gap], scope: str, subject: str
    ) -> None:
        """One service or tenant that fails does not stop the others."""
        try:
            await reading  # type: ignore[misc]
        except AzureError as error:
            gaps.append(gap(scope, error))
        except Exception as error:  # noqa: BLE001 - a fault of our own costs one service, and the report says so
            cause = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
            gaps.append(
                Gap(
                    scope=scope,
                    kind="failed",
                    detail=f"a fault of apimdoctor itself: {type(cause).__name__}; what was read before it is kept",
                    hint="please report it with the version and this line",
                )
            )
        self.progress.finished(subject, "")

    async def _metadata(self, urls: Sequence[str]) -> None:
        found, gaps = await Fetcher(self.transport, self.request.openid_hosts).read(urls)
        self.metadata += found
        self.gaps += gaps

    async def _sites(self, named: References) -> None:
        found, gaps = await sites.read(
            self.transport,
            self.request.tenant,
            [one.id for one in self.chosen],
            named.hosts,
            named.site_ids,
            self.redactor,
        )
        self.sites += found
        self.gaps += gaps


def collect(
    request: Request,
    progress: Progress | None = None,
    references: Callable[[Snapshot], References] | None = None,
) -> Snapshot:
    """Read what a request asks for. `references` tells what the policies of the first round name.

    Ctrl-C ends it within a second with what was read so far, and the gap STOPPED.
    """
    return asyncio.run(collected(request, progress or Progress(), references))


async def collected(
    request: Request, progress: Progress, references: Callable[[Snapshot], References] | None = None
) -> Snapshot:
    """The same inside a running event loop; stopped by cancelling its task."""
    transport = Transport(request.cloud, request.auth, request.tenant, clock=request.clock)
    transport.around.waiting = progress.waiting
    async with transport:
        run = _Run(request, transport, progress, Redactor())
        await signed_in(transport, request)
        try:
            await run.first_round()
            if references is not None:
                read = run.snapshot()
                await run.second_round(await aside.done(lambda: references(read)))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            run.gaps.append(STOPPED)
        except BaseExceptionGroup as group:
            raise _first(group) from None
        return run.snapshot()


def was_stopped(snapshot: Snapshot) -> bool:
    """Whether the keyboard ended the collecting."""
    return STOPPED in snapshot.gaps


async def signed_in(transport: Transport, request: Request) -> None:
    """The first token: without one nothing can be read."""
    try:
        await transport.tokens.get(request.cloud.resource_manager_scope, request.tenant)
    except LoginError as error:
        raise fatal("not signed in to Azure", error) from None
    except AzureError as error:
        raise fatal("the login failed", error) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        known = [one for one in found.exceptions if isinstance(one, ApimDoctorError)]
        found = known[0] if known else found.exceptions[0]
    return found


def _described(cloud: Cloud) -> tuple[DescribedCloud, ...]:
    if not (cloud.issuer_v1 or cloud.issuer_v2):
        return ()
    return (DescribedCloud(name=cloud.name, issuer_v1=cloud.issuer_v1, issuer_v2=cloud.issuer_v2),)


def _left_out(what: str, part: str) -> Gap:
    return Gap(scope=what, kind="skipped", detail=f"left out by --without {part}", hint=f"leave --without {part} away")


def _unread_tenant(tenant: str) -> Gap:
    return Gap(
        scope=f"{APP_REGISTRATIONS} of tenant {tenant}",
        kind="skipped",
        detail="policies trust tokens of this tenant, which was not read",
        hint=f"--entra-tenant {tenant} reads it too, when the identity may",
    )
