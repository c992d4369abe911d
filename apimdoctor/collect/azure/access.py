"""What the signed-in identity may read: each right tried with one small read, and how to ask for those that are missing."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.collect import arm
from apimdoctor.collect.azure import selection
from apimdoctor.collect.azure.calls import Clients, listed
from apimdoctor.collect.azure.collect import signed_in
from apimdoctor.collect.azure.failures import AzureError, RefusedError
from apimdoctor.collect.azure.graph import TenantDraft, TenantReader
from apimdoctor.collect.azure.policies import RECEIVE
from apimdoctor.collect.azure.progress import Progress
from apimdoctor.collect.azure.selection import Request
from apimdoctor.collect.azure.sites import RESOURCE_GRAPH
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.collect.fields import Json
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot.redact import Redactor

_GRAPH_API = "00000003-0000-0000-c000-000000000000"
# Application permissions of Microsoft Graph (learn.microsoft.com/graph/permissions-reference).
_PERMISSIONS = {
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
}
_ROLE = "API Management Service Reader Role"


class Right(Struct, frozen=True, kw_only=True):
    """One thing that may or may not be read."""

    name: str
    needs: str
    """The role or permission that gives it."""
    held: bool | None
    """None: it could not be tried."""
    detail: str = ""
    ask: str = ""
    """The command or the role to ask for, when it is missing."""
    facts: tuple[str, ...] = ()
    """The facts that are unknown without it, by their names in rules."""
    optional: bool = False


class Identity(Struct, frozen=True, kw_only=True):
    """Who is signed in, as far as the token says."""

    object_id: str = ""
    client_id: str = ""
    tenant: str = ""
    person: bool = False


class Access(Struct, frozen=True, kw_only=True):
    """What was tried, and as whom."""

    identity: Identity
    rights: tuple[Right, ...]


def access(request: Request) -> Access:
    """Try every right that a scan of the same request would use."""
    return asyncio.run(tried(request))


async def tried(request: Request) -> Access:
    """The same inside a running event loop."""
    transport = Transport(request.cloud, request.auth, request.tenant, clock=request.clock)
    async with transport:
        await signed_in(transport, request)
        token = await transport.tokens.get(request.cloud.resource_manager_scope, request.tenant)
        identity = _identity(token)
        rights = await _of_resources(transport, request, identity)
        if "entra" not in request.without:
            for tenant in dict.fromkeys(
                name.lower() for name in (request.tenant or identity.tenant, *request.entra_tenants)
            ):
                rights += await _of_directory(transport, tenant, request, identity)
        return Access(identity=identity, rights=tuple(rights))


async def _of_resources(transport: Transport, request: Request, identity: Identity) -> list[Right]:
    """Subscriptions, services, policies and sites."""
    everything = request if request.subscriptions else replace(request, all_subscriptions=True)
    needs = f"{_ROLE} or Reader, on the service or above it"
    try:
        chosen = await selection.subscriptions(transport, everything)
    except ApimDoctorError as error:
        return [
            Right(
                name="subscriptions",
                needs=needs,
                held=False,
                detail=error.message,
                ask=_assign(identity, "/subscriptions/SUBSCRIPTION"),
                facts=("services", "apis", "routes", "token_checks"),
            )
        ]
    rights = [
        Right(name="subscriptions", needs=needs, held=True, detail=", ".join(one.name or one.id for one in chosen))
    ]
    for one in chosen:
        clients = Clients(transport, one.id, request.tenant)
        services, failure = await clients.services(request.resource_group)
        found = ", ".join(map(arm.last_name, services)) or "none"
        rights.append(
            Right(
                name=f"API Management services of {one.name or one.id}",
                needs=needs,
                held=failure is None,
                detail=failure.message if failure else found,
                ask="" if failure is None else _assign(identity, f"/subscriptions/{one.id}"),
                facts=("services", "apis", "routes", "token_checks"),
            )
        )
        for service in selection.wanted(services, request):
            rights += await _of_service(clients, service, identity)
    if "sites" not in request.without:
        rights.append(await _of_sites(transport, request, [one.id for one in chosen], identity))
    return rights


async def _of_service(clients: Clients, service: Json, identity: Identity) -> list[Right]:
    at = (selection.group_of(service), arm.last_name(service))
    sdk = clients.usual
    tries: tuple[tuple[str, Callable[[], Awaitable[AzureError | None]], tuple[str, ...]], ...] = (
        ("APIs", lambda: _lists(sdk.api, at), ("apis", "routes")),
        ("policies", lambda: _policy(sdk.policy, at), ("token_checks", "steps", "documents", "routes")),
        ("named values", lambda: _lists(sdk.named_value, at), ("named_values",)),
        ("back ends", lambda: _lists(sdk.backend, at), ("backends",)),
    )
    rights = []
    for name, attempt, facts in tries:
        error = await attempt()
        rights.append(
            Right(
                name=f"{name} of {at[1]}",
                needs=f"{_ROLE} or Reader, on the service or above it",
                held=error is None,
                detail=error.message if error else "",
                ask="" if error is None else _assign(identity, str(service["id"])),
                facts=facts,
            )
        )
    return rights


async def _of_sites(transport: Transport, request: Request, subscriptions: Sequence[str], identity: Identity) -> Right:
    url = f"{transport.cloud.resource_manager}/providers/Microsoft.ResourceGraph/resources?api-version={RESOURCE_GRAPH}"
    query = "Resources | where type =~ 'microsoft.web/sites' | summarize sites = count()"
    held, detail = True, "those that this identity has Reader on are found"
    try:
        await transport.send(
            "POST", url, tenant=request.tenant, json={"subscriptions": list(subscriptions), "query": query}
        )
    except AzureError as error:
        held, detail = False, error.message
    return Right(
        name="Easy Auth of sites behind back ends",
        needs="Reader on the sites",
        held=held,
        detail=detail,
        ask="" if held else _assign(identity, "SITE-ID", "Reader"),
        facts=("sites",),
        optional=True,
    )


async def _of_directory(transport: Transport, tenant: str, request: Request, identity: Identity) -> list[Right]:
    reader = TenantReader(transport, tenant, TenantDraft(tenant, request.cloud.name), Redactor(), Progress())
    tries = (
        ("app registrations", "app_registrations", "Application.Read.All", ("apps", "app", "app_issuers"), False),
        (
            "service principals and role assignments",
            "service_principals",
            "Application.Read.All",
            ("service_principals",),
            False,
        ),
        ("delegated grants", "delegated_grants", "Directory.Read.All", ("grants",), True),
        ("organization and domains", "organization", "Organization.Read.All", ("tenants",), True),
    )
    rights = []
    for name, what, permission, facts, optional in tries:
        error: AzureError | None = None
        try:
            await reader.reads(what)
        except AzureError as failure:
            error = failure
        rights.append(
            Right(
                name=f"{name} of tenant {tenant}",
                needs=f"{permission} of Microsoft Graph",
                held=error is None if error is None or isinstance(error, RefusedError) else None,
                detail=error.message if error else "",
                ask="" if error is None else _permit(identity, permission),
                facts=facts,
                optional=optional,
            )
        )
    return rights


async def _lists(group: Any, at: tuple[str, str]) -> AzureError | None:
    """Why a collection cannot be read; its first object is enough."""
    _, error = await listed(lambda taken: group.list_by_service(*at, top=1, **{RECEIVE: taken}), pages=1)
    return error


async def _policy(group: Any, at: tuple[str, str]) -> AzureError | None:
    try:
        await group.get(*at, "policy", format="xml")
    except RefusedError as error:
        return None if error.status == 404 else error
    except AzureError as error:
        return error
    return None


def _identity(token: str) -> Identity:
    """What the token says of its owner; it was given to us by Entra ID, and is not checked for that."""
    try:
        payload = token.split(".")[1]
        told = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error, msgspec.DecodeError):
        return Identity()
    if not isinstance(told, dict):
        return Identity()
    texts = {name: value for name in ("oid", "appid", "tid") if isinstance(value := told.get(name), str)}
    return Identity(
        object_id=texts.get("oid", ""),
        client_id=texts.get("appid", ""),
        tenant=texts.get("tid", "").lower(),
        person=told.get("idtyp") != "app",
    )


def _assign(identity: Identity, scope: str, role: str = _ROLE) -> str:
    who = identity.object_id or "OBJECT-ID"
    return f'az role assignment create --assignee-object-id {who} --role "{role}" --scope "{scope}"'


def _permit(identity: Identity, permission: str) -> str:
    if identity.person and identity.object_id:
        return "ask an administrator for the Entra role Directory Readers"
    who = identity.client_id or "CLIENT-ID"
    return (
        f"az ad app permission add --id {who} --api {_GRAPH_API} --api-permissions {_PERMISSIONS[permission]}=Role"
        f" && az ad app permission admin-consent --id {who}"
    )
