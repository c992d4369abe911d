"""Asks API Management through its SDK, which builds the requests and follows the pages; the bodies are taken as JSON.

Everything is read with the api-version of the SDK, except the list of the service's APIs: MCP servers and A2A agents are
told by a later one only (learn.microsoft.com/azure/api-management/manage-mcp-servers-rest-api).
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from azure.core.exceptions import AzureError as SdkError

from apimdoctor.collect import arm
from apimdoctor.collect.azure.calls import LATER, LISTS, POLICIES, Clients, listed
from apimdoctor.collect.azure.draft import GRAPHQL, Draft, policy_id
from apimdoctor.collect.azure.failures import AzureError, RefusedError, UnreadableError, gap
from apimdoctor.collect.azure.policies import RECEIVE, Answer
from apimdoctor.collect.azure.progress import Progress
from apimdoctor.collect.azure.unchanged import Unchanged
from apimdoctor.collect.fields import Json, MalformedError
from apimdoctor.snapshot import Gap, Origin, PolicyText

_KNOWN_TYPES = frozenset({"http", "soap", "websocket", "graphql", "odata", "grpc"})
"""The types that the SDK's own api-version knows."""
_NO_SUCH_VERSION = frozenset(
    {"InvalidApiVersionParameter", "InvalidResourceType", "NoRegisteredProviderFound", "UnsupportedApiVersion"}
)
_NOT_OFFERED = "MethodNotAllowedInPricingTier"
"""The code with which a tier answers for collections it does not have (issues 182 and 561 of Azure/apiops)."""
_APIS_AT_ONCE = 24

_SIMPLE = ("apiVersionSets", "namedValues", "backends", "subscriptions", "diagnostics", "certificates")
_SERVICE_ONLY = ("authorizationServers", "openidConnectProviders")


class ServiceReader:
    """Reads one service into a draft."""

    def __init__(
        self, clients: Clients, draft: Draft, group: str, progress: Progress, unchanged: Unchanged | None = None
    ) -> None:
        self._clients = clients
        self._draft = draft
        self._name = arm.last_name(draft.json)
        self._at = (group, self._name)
        self._progress = progress
        self._unchanged = unchanged
        self._apis = asyncio.Semaphore(_APIS_AT_ONCE)

    async def read(self) -> None:
        """Ask for everything; what fails is a gap in the draft."""
        if self._unchanged is None:
            await _all(self._space(""), self._workspaces(), self._access())
            return
        await self._access()
        if self._draft.direct_management or "direct_management" in self._draft.unread:
            self._unchanged.why_not = "its direct management access is on, or may be: its writes show in no log"
        await _all(self._space(""), self._workspaces())

    async def _workspaces(self) -> None:
        spaces = await self._list("workspaces", "workspaces", ())
        await _all(*(self._space(f"workspaces/{arm.last_name(space)}/") for space in spaces))

    async def _access(self) -> None:
        """Whether the management API that goes around Resource Manager is on; its keys are not asked for."""
        path = f"{self._draft.id}/tenant/access"
        self._progress.planned(self._name, 1)
        try:
            answer = await self._one("tenant_access", (*self._at, "access"))
            enabled = arm.properties(answer.json).get("enabled") if isinstance(answer.json, dict) else None
            self._draft.direct_management = enabled if isinstance(enabled, bool) else None
        except AzureError as error:
            if not _not_offered(error):
                self._draft.unread.add("direct_management")
                self._draft.gaps.append(gap(path, error))
        finally:
            self._progress.done(self._name)

    async def _space(self, prefix: str) -> None:
        """What a service ("") or one of its workspaces holds."""
        within = (prefix.split("/")[1],) if prefix else ()
        simple = _SIMPLE if prefix else (*_SIMPLE, *_SERVICE_ONLY)
        await _all(
            self._policy(prefix.rstrip("/"), "", within),
            *(self._list(prefix + kind, kind, within) for kind in simple),
            self._all_apis(prefix, within),
            self._products(prefix, within),
            self._fragments(prefix, within),
            *(() if prefix else (self._gateways(),)),
        )

    async def _all_apis(self, prefix: str, within: tuple[str, ...]) -> None:
        apis = await self._list(prefix + "apis", "apis", within, later=not prefix)
        await _all(*(self._api(f"{prefix}apis/{arm.last_name(api)}", api, within) for api in apis))

    async def _api(self, path: str, api: Json, within: tuple[str, ...]) -> None:
        kept = self._unchanged.api(path, api) if self._unchanged else None
        if kept is not None:
            self._draft.kept[path] = kept
            self._draft.whole |= {f"{path}/{kind}" for kind in ("operations", "diagnostics", "resolvers")}
            return
        async with self._apis:
            name = arm.last_name(api)
            kind = str(arm.properties(api).get("type") or arm.properties(api).get("apiType") or "http").lower()
            later = kind not in _KNOWN_TYPES
            below = (*within, name)
            reads: list[Coroutine[Any, Any, object]] = [
                self._policy(path, "apis", below, later=later),
                self._below(path, "operations", below, later=later, may_lack=later),
            ]
            if ";rev=" not in name:
                reads.append(self._list(f"{path}/diagnostics", "api diagnostics", below, later=later, may_lack=later))
            if kind == GRAPHQL and not within:
                reads.append(self._below(path, "resolvers", below))
            elif kind == GRAPHQL:
                # Workspaces have no synthetic GraphQL, hence no resolvers.
                self._draft.whole.add(f"{path}/resolvers")
            if kind == "mcp" and not arm.properties(api).get("mcpTools"):
                reads.append(self._tools(path, api))
            await _all(*reads)

    async def _tools(self, path: str, api: Json) -> None:
        """Which operations an MCP server offers; one that passes everything on may have no such collection."""
        self._progress.planned(self._name, 1)
        try:
            self._draft.below[f"{path}/tools"] = self._named(
                f"{path}/tools", await self._clients.tools(str(api.get("id")))
            )
        except AzureError as error:
            if not (isinstance(error, RefusedError) and error.status in (400, 404)):
                self._draft.gaps.append(gap(f"{self._draft.id}/{path}/tools", error))
        finally:
            self._progress.done(self._name)

    async def _below(
        self, path: str, kind: str, at: tuple[str, ...], *, later: bool = False, may_lack: bool = False
    ) -> None:
        """Operations or resolvers of an API, each with its policy."""
        found = await self._list(f"{path}/{kind}", kind, at, later=later, may_lack=may_lack)
        await _all(
            *(
                self._policy(f"{path}/{kind}/{arm.last_name(one)}", kind, (*at, arm.last_name(one)), later=later)
                for one in found
            )
        )

    async def _products(self, prefix: str, within: tuple[str, ...]) -> None:
        names = [arm.last_name(one) for one in await self._list(prefix + "products", "products", within)]
        await _all(
            *(self._list(f"{prefix}products/{name}/apis", "product apis", (*within, name)) for name in names),
            *(self._policy(f"{prefix}products/{name}", "products", (*within, name)) for name in names),
        )

    async def _fragments(self, prefix: str, within: tuple[str, ...]) -> None:
        """Fragments: their list tells the texts; one that it does not tell is asked for."""
        for item in await self._list(prefix + "policyFragments", "policyFragments", within):
            name = arm.last_name(item)
            path = f"{prefix}policyFragments/{name}"
            if isinstance(arm.properties(item).get("value"), str):
                self._draft.policies[path] = self._text(Answer(item, b""), path)
            else:
                await self._policy(path, "policyFragments", (*within, name))

    async def _gateways(self) -> None:
        for item in await self._list("gateways", "gateways", ()):
            name = arm.last_name(item)
            await self._list(f"gateways/{name}/apis", "gateway apis", (name,))

    async def _list(
        self, path: str, kind: str, within: tuple[str, ...], *, later: bool = False, may_lack: bool = False
    ) -> list[Json]:
        """A collection, noted in the draft; `may_lack`: an error may mean that such an API has none."""
        service, workspace = LISTS[kind]
        in_workspace = path.startswith("workspaces/")
        group, method = workspace if in_workspace and workspace else service
        self._progress.planned(self._name, 1)
        items, error = await self._asked(group, method, within, later=later)
        if isinstance(error, RefusedError) and later and kind == "apis" and error.code in _NO_SUCH_VERSION:
            items, error = await self._asked(group, method, within)
            self._draft.gaps.append(
                Gap(
                    scope=f"{self._draft.id}/apis",
                    kind="skipped",
                    detail=f"this cloud has no api-version {LATER}: MCP servers and A2A agents are not told by the older one",
                )
            )
        self._progress.done(self._name)
        items = self._named(path, items)
        self._draft.below[path] = items
        if (
            error is None
            or _not_offered(error)
            or (may_lack and isinstance(error, RefusedError) and error.status in (400, 404))
        ):
            self._draft.whole.add(path)
        else:
            self._draft.gaps.append(gap(f"{self._draft.id}/{path}", error))
        return items

    async def _asked(
        self, group: str, method: str, within: tuple[str, ...], *, later: bool = False
    ) -> tuple[list[Json], AzureError | None]:
        client = self._clients.later if later else self._clients.usual
        ask = getattr(getattr(client, group), method)
        return await listed(lambda taken: ask(*self._at, *within, **{RECEIVE: taken}))

    def _named(self, path: str, items: list[Json]) -> list[Json]:
        """The objects without those that have no usable name, masked at the one door; the same twice counts once."""
        own_texts = path.rpartition("/")[2] in ("namedValues", "policyFragments")
        found: dict[str, Json] = {}
        for item in items:
            try:
                name = arm.last_name(item)
                if not name:
                    raise MalformedError('"name" is missing')
            except MalformedError as error:
                self._draft.gaps.append(
                    Gap(scope=f"{self._draft.id}/{path}", kind="unparsed", detail=f"{error}; the object is left out")
                )
                continue
            found.setdefault(name, item if own_texts else self._draft.redactor.json(item))
        return list(found.values())

    async def _policy(self, path: str, kind: str, at: tuple[str, ...], *, later: bool = False) -> None:
        """The policy of one scope: its text, None where there is none, or unread with the reason."""
        stands = self._unchanged.policy(path) if self._unchanged and kind in ("products", "policyFragments") else None
        if stands is not None:
            (self._draft.policies[path],) = stands
            return
        service, workspace = POLICIES[kind]
        group = workspace if path.startswith("workspaces/") and workspace else service
        fragment = kind == "policyFragments"
        self._progress.planned(self._name, 1)
        try:
            answer = await self._one(
                group, (*self._at, *at, *(() if fragment else ("policy",))), later=later, format="xml"
            )
            self._draft.policies[path] = self._text(answer, path)
        except AzureError as error:
            if isinstance(error, RefusedError) and error.status == 404 and not fragment:
                self._draft.policies[path] = None
                return
            self._unread(path, gap(policy_id(self._draft.id, path), error))
        finally:
            self._progress.done(self._name)

    def _text(self, answer: Answer, path: str) -> PolicyText | None:
        """The text in an answer, also where it is the policy itself and not JSON that holds it."""
        origin = Origin(document=policy_id(self._draft.id, path))
        if answer.json is None:
            try:
                written = answer.body.decode("utf-8-sig")
            except UnicodeDecodeError:
                return self._unread(path, Gap(scope=origin.document, kind="unparsed", detail="its text is not UTF-8"))
            form = "rawxml" if "raw+xml" in answer.content_type else "xml"
            return PolicyText(text=self._draft.redactor.policy(written), format=form, origin=origin)
        try:
            if not isinstance(answer.json, dict):
                raise MalformedError("the answer is no object")
            return arm.policy_text(answer.json, self._draft.redactor, origin)
        except MalformedError as error:
            return self._unread(path, Gap(scope=origin.document, kind="unparsed", detail=str(error)))

    def _unread(self, path: str, why: Gap) -> PolicyText:
        self._draft.gaps.append(why)
        unread = PolicyText(format="", origin=Origin(document=policy_id(self._draft.id, path)), unread=why.detail)
        self._draft.policies[path] = unread
        return unread

    async def _one(self, group: str, at: tuple[str, ...], *, later: bool = False, **options: Any) -> Answer:
        client = self._clients.later if later else self._clients.usual
        taken: list[Answer] = []
        try:
            await getattr(client, group).get(*at, **options, **{RECEIVE: taken.append})
        except (SdkError, ValueError, TypeError, AttributeError) as error:
            if not taken:
                raise UnreadableError(f"the SDK cannot read it: {type(error).__name__}") from None
        return taken[0]


def _not_offered(error: AzureError) -> bool:
    """Whether a collection cannot exist in the service's tier, so that it is empty and known to be."""
    return isinstance(error, RefusedError) and error.code == _NOT_OFFERED


async def _all(*reads: Coroutine[Any, Any, object]) -> None:
    """Run reads at the same time; the first exception that is no gap ends them all."""
    async with asyncio.TaskGroup() as group:
        for read in reads:
            group.create_task(read)
