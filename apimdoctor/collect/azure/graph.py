"""Asks Microsoft Graph through its SDK's builders and adapter; pages are taken as bytes, not as its models.

The generated models cost about a thousand times as much as decoding the bytes (measured: 72 s for 5,000 app registrations).
"""

import asyncio
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx
import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect import graph
from apimdoctor.collect.azure.failures import AzureError, RefusedError, UnreadableError, clean, gap
from apimdoctor.collect.azure.progress import Progress
from apimdoctor.collect.azure.transport import Bridge, Transport
from apimdoctor.collect.fields import Json, MalformedError, text
from apimdoctor.snapshot import EntraTenant, Gap, Origin, ServicePrincipal
from apimdoctor.snapshot.redact import Redactor

_T = TypeVar("_T")

PAGE = 999
"""The largest page of directory objects (learn.microsoft.com/graph/paging)."""
_BATCH = 20
"""The most requests in one batch (learn.microsoft.com/graph/json-batching)."""
_ROUNDS = 8

APP_REGISTRATION = (
    "id",
    "appId",
    "displayName",
    "signInAudience",
    "identifierUris",
    "api",
    "appRoles",
    "optionalClaims",
    "groupMembershipClaims",
    "web",
    "spa",
    "publicClient",
    "isFallbackPublicClient",
    "requiredResourceAccess",
    "passwordCredentials",
    "keyCredentials",
    "tokenEncryptionKeyId",
    "createdDateTime",
    "publisherDomain",
    "disabledByMicrosoftStatus",
)
"""Properties that are asked for. One page with keyCredentials is one request of the 150 a minute that Graph allows."""
SERVICE_PRINCIPAL = (
    "id",
    "appId",
    "displayName",
    "servicePrincipalType",
    "accountEnabled",
    "appRoleAssignmentRequired",
    "appOwnerOrganizationId",
    "servicePrincipalNames",
    "appRoles",
    "oauth2PermissionScopes",
    "alternativeNames",
    "tokenEncryptionKeyId",
)
ORGANIZATION = ("id", "displayName", "tenantType", "verifiedDomains")

_RIGHTS = {
    "app_registrations": "grant the identity Application.Read.All",
    "service_principals": "grant the identity Application.Read.All",
    "app_role_assignments": "grant the identity Application.Read.All",
    "delegated_grants": "grant the identity Directory.Read.All",
    "organization": "grant the identity Organization.Read.All or Directory.Read.All",
}
"""learn.microsoft.com/graph/permissions-reference, by what they let be read."""
_WORDS = {
    "app_registrations": "app registrations",
    "service_principals": "service principals",
    "app_role_assignments": "app role assignments",
    "delegated_grants": "delegated grants",
    "organization": "organization and domains",
}


_COLLECTIONS: tuple[tuple[str, tuple[str, ...], Callable[[Json], Any]], ...] = (
    (
        "app_registrations",
        APP_REGISTRATION,
        lambda json: graph.app_registration(json, Origin(document=f"applications/{text(json, 'id')}")),
    ),
    (
        "service_principals",
        SERVICE_PRINCIPAL,
        lambda json: graph.service_principal(json, Origin(document=f"servicePrincipals/{text(json, 'id')}")),
    ),
    ("delegated_grants", (), graph.delegated_grant),
)


class TenantDraft(Struct):
    """What was read of one tenant so far."""

    id: str
    cloud: str
    found: EntraTenant = field(default_factory=EntraTenant)
    gaps: list[Gap] = field(default_factory=list)

    def tenant(self) -> EntraTenant:
        """The tenant as far as it was read."""
        return replace(self.found, id=self.found.id or self.id, cloud=self.cloud)


class TenantReader:
    """Reads one tenant into a draft."""

    def __init__(
        self, transport: Transport, tenant: str, draft: TenantDraft, redactor: Redactor, progress: Progress
    ) -> None:
        from kiota_abstractions.authentication import AnonymousAuthenticationProvider
        from msgraph.graph_request_adapter import GraphRequestAdapter
        from msgraph.graph_service_client import GraphServiceClient

        client = httpx.AsyncClient(transport=Bridge(transport, tenant), trust_env=False, timeout=None)  # noqa: S113 - the transport below has its own
        # The token is added by the transport's own policies, which pin it to the hosts of the cloud.
        self._adapter: Any = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=client)
        self._adapter.base_url = f"{transport.cloud.microsoft_graph}/v1.0"
        self._sleep = transport.around.clock.sleep
        with warnings.catch_warnings():
            # The SDK's own modules warn of each other's deprecated names when they are first imported.
            warnings.simplefilter("ignore", DeprecationWarning)
            client_of_sdk: Any = GraphServiceClient(request_adapter=self._adapter)
            self._builders: dict[str, Any] = {
                "app_registrations": client_of_sdk.applications,
                "service_principals": client_of_sdk.service_principals,
                "delegated_grants": client_of_sdk.oauth2_permission_grants,
                "organization": client_of_sdk.organization,
                "domains": client_of_sdk.domains,
            }
        self._draft = draft
        self._redactor = redactor
        self._progress = progress
        self._subject = f"tenant {draft.id}" if draft.id else "tenant"

    async def read(self) -> None:
        """Ask for everything; what fails is a gap in the draft."""
        self._progress.planned(self._subject, 4)
        await self._organization()
        async with asyncio.TaskGroup() as group:
            for what, select, make in _COLLECTIONS:
                group.create_task(self._collection(what, select, make))
        await self._assignments()

    async def reads(self, what: str) -> None:
        """Ask for one object of a collection: raises what stands against it."""
        await self._page(_information(self._builders[what], ("id",), 1 if what != "organization" else 0))

    async def _organization(self) -> None:
        """The tenant itself; where that is not allowed, at least its domains."""
        items, error = await self._pages(self._builders["organization"], ORGANIZATION, top=0)
        self._progress.done(self._subject)
        found = [
            made
            for item in items
            if (made := self._made("organization", lambda item=item: _organization(item))) is not None  # type: ignore[misc]
        ]
        if found:
            self._draft.found = found[0]
        if error is None:
            return
        self._fail("organization", error)
        domains, error = await self._pages(self._builders["domains"], (), top=0)
        if error is None:
            names = {name.lower() for item in domains if isinstance(name := item.get("id"), str)}
            self._draft.found = replace(self._draft.found, domains=tuple(sorted(names)), whole=("domains",))

    async def _collection(self, what: str, select: Sequence[str], make: Callable[[Json], Any]) -> None:
        items, error = await self._pages(self._builders[what], select)
        self._progress.done(self._subject)
        made = [self._made(what, lambda item=item: make(item)) for item in items]  # type: ignore[misc]
        unique = {one.app_id if what == "app_registrations" else one.id: one for one in made if one is not None}
        whole = set(self._draft.found.whole)
        if error is None and None not in made:
            whole.add(what)
        if error is not None:
            self._fail(what, error)
        changed: dict[str, Any] = {what: tuple(unique[key] for key in sorted(unique))}
        self._draft.found = replace(self._draft.found, whole=tuple(sorted(whole)), **changed)

    async def _assignments(self) -> None:
        """Who was assigned to the service principals of the tenant's own APIs, twenty of them in one request."""
        what = "app_role_assignments"
        if "service_principals" not in self._draft.found.whole:
            self._draft.gaps.append(
                Gap(
                    scope=self._scope(what),
                    kind="skipped",
                    detail="the service principals could not all be read, so theirs are not known",
                    hint=_RIGHTS[what],
                )
            )
        principals = self._of_apis()
        self._progress.planned(self._subject, -(-len(principals) // _BATCH))
        items: list[Json] = []
        error: AzureError | None = None
        for at in range(0, len(principals), _BATCH):
            try:
                items += await self._batch([_assigned(principal) for principal in principals[at : at + _BATCH]])
            except AzureError as failure:
                error = failure
                break
            finally:
                self._progress.done(self._subject)
        made = [self._made(what, lambda item=item: graph.app_role_assignment(item)) for item in self._masked(items)]  # type: ignore[misc]
        unique = {one.id: one for one in made if one is not None}
        if error is not None:
            self._fail(what, error)
        whole = set(self._draft.found.whole)
        if error is None and None not in made and "service_principals" in whole:
            whole.add(what)
        self._draft.found = replace(
            self._draft.found,
            app_role_assignments=tuple(unique[key] for key in sorted(unique)),
            whole=tuple(sorted(whole)),
        )

    def _of_apis(self) -> list[ServicePrincipal]:
        """The service principals that roles of the tenant's own app registrations are assigned on."""
        found = self._draft.found
        own = {registration.app_id for registration in found.app_registrations}
        tenant = self._draft.id.lower() or found.id
        return [
            principal
            for principal in found.service_principals
            if (principal.app_id in own or (tenant and principal.owner_tenant == tenant))
            and (principal.app_roles or principal.assignment_required)
        ]

    async def _pages(
        self, builder: Any, select: Sequence[str], *, top: int = PAGE
    ) -> tuple[list[Json], AzureError | None]:
        """The objects of a collection, masked at the one door, and why they are not all of them."""
        items: list[Json] = []
        seen: set[str] = set()
        try:
            page = await self._page(_information(builder, select, top))
            while True:
                items += _items(page)
                link = page.get("@odata.nextLink")
                if not isinstance(link, str) or not link:
                    break
                if link in seen:
                    raise UnreadableError("its pages lead back to one that was read")
                seen.add(link)
                page = await self._page(builder.with_url(link).to_get_request_information())
        except AzureError as error:
            return self._masked(items), error
        return self._masked(items), None

    async def _page(self, information: Any) -> Json:
        told = msgspec.json.decode(await self._adapter.send_primitive_async(information, "bytes", {}))
        if not isinstance(told, dict):
            raise UnreadableError("an answer is no object")
        return told

    async def _batch(self, urls: Sequence[str]) -> list[Json]:
        """The objects behind several addresses; each part may be throttled or paged on its own."""
        waiting = list(urls)
        items: list[Json] = []
        for attempt in range(1, _ROUNDS + 1):
            answers = await self._ask_batch(waiting)
            again: list[str] = []
            wait = 0.0
            for url, answer in zip(waiting, answers, strict=True):
                status = answer.get("status")
                body = answer.get("body")
                if status == 200 and isinstance(body, dict):
                    items += _items(body)
                    link = body.get("@odata.nextLink")
                    if isinstance(link, str) and link:
                        items += await self._rest(link)
                elif status in (429, 500, 502, 503, 504) and attempt < _ROUNDS:
                    again.append(url)
                    wait = max(wait, _asked(answer), min(20.0, 0.5 * 2**attempt))
                elif status != 404:  # a service principal that has gone since it was listed has no assignments
                    raise _refused(status, body)
            if not again:
                break
            self._progress.waiting(wait)
            await self._sleep(wait)
            waiting = again
        return items

    async def _ask_batch(self, urls: Sequence[str]) -> list[Json]:
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        requests = [{"id": str(at), "method": "GET", "url": url} for at, url in enumerate(urls)]
        information = RequestInformation(Method.POST, "{+baseurl}/$batch", {})
        information.set_stream_content(msgspec.json.encode({"requests": requests}), "application/json")
        told = await self._page(information)
        answers = told.get("responses")
        by_id = {one.get("id"): one for one in answers if isinstance(one, dict)} if isinstance(answers, list) else {}
        if any(str(at) not in by_id for at in range(len(urls))):
            raise UnreadableError("a batch was not answered in full")
        return [by_id[str(at)] for at in range(len(urls))]

    async def _rest(self, link: str) -> list[Json]:
        """The further pages of a part of a batch."""
        builder = self._builders["service_principals"]
        items: list[Json] = []
        seen: set[str] = set()
        while link:
            if link in seen:
                raise UnreadableError("its pages lead back to one that was read")
            seen.add(link)
            page = await self._page(builder.with_url(link).to_get_request_information())
            items += _items(page)
            following = page.get("@odata.nextLink")
            link = following if isinstance(following, str) else ""
        return items

    def _masked(self, items: Sequence[Json]) -> list[Json]:
        return [self._redactor.json(item) for item in items]

    def _made(self, what: str, make: Callable[[], _T]) -> _T | None:
        try:
            return make()
        except MalformedError as error:
            self._draft.gaps.append(
                Gap(scope=self._scope(what), kind="unparsed", detail=f"{error}; the object is left out")
            )
            return None

    def _fail(self, what: str, error: AzureError) -> None:
        told = gap(self._scope(what), error)
        self._draft.gaps.append(replace(told, hint=_RIGHTS[what]) if told.kind == "denied" else told)

    def _scope(self, what: str) -> str:
        return f"{_WORDS[what]} of tenant {self._draft.id}".rstrip()


def _information(builder: Any, select: Sequence[str], top: int) -> Any:
    from kiota_abstractions.base_request_configuration import RequestConfiguration

    information = builder.to_get_request_information(RequestConfiguration())
    # The builders' own classes of query parameters are spelled differently for every collection; their names are not.
    if select:
        information.query_parameters["%24select"] = ",".join(select)
    if top:
        information.query_parameters["%24top"] = top
    return information


def _assigned(principal: ServicePrincipal) -> str:
    return f"/servicePrincipals/{principal.id}/appRoleAssignedTo?$top={PAGE}"


def _organization(json: Json) -> EntraTenant:
    return graph.organization(json, Origin(document=f"organization/{text(json, 'id')}"))


def _items(page: Json) -> list[Json]:
    items = page.get("value")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnreadableError("an answer is no list")
    return items


def _asked(answer: Json) -> float:
    headers = answer.get("headers")
    told = headers.get("Retry-After", headers.get("retry-after")) if isinstance(headers, dict) else None
    return min(120.0, float(told)) if isinstance(told, str) and told.isascii() and told.isdigit() else 0.0


def _refused(status: object, body: object) -> AzureError:
    error = body.get("error") if isinstance(body, dict) else None
    code = clean(str(error.get("code") or ""), 80) if isinstance(error, dict) else ""
    return RefusedError(status, code) if isinstance(status, int) else UnreadableError("a part of a batch has no status")
