"""What of Azure shall be read: the request as it was said, and the subscriptions and services it means."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches

from msgspec import Struct, field

from apimdoctor.collect import arm
from apimdoctor.collect.azure import paging
from apimdoctor.collect.azure.clouds import CLOUDS, Cloud
from apimdoctor.collect.azure.failures import NOTHING_READ, AzureError, RefusedError, clean, fatal
from apimdoctor.collect.azure.pace import Clock
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.collect.fields import Json, MalformedError, text
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import Snapshot

SUBSCRIPTIONS = "2022-12-01"
"""The api-version of the list of subscriptions (learn.microsoft.com/rest/api/resources/subscriptions/list)."""
PARTS = ("entra", "sites", "openid")
"""What `--without` may leave out."""
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_WRONG_TENANT = "InvalidAuthenticationTokenTenant"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Request(Struct, frozen=True, kw_only=True):
    """What shall be read, and as whom."""

    cloud: Cloud = CLOUDS["public"]
    auth: str = "default"
    subscriptions: tuple[str, ...] = ()
    """Ids or display names."""
    all_subscriptions: bool = False
    resource_group: str = ""
    services: tuple[str, ...] = ()
    tenant: str = ""
    entra_tenants: tuple[str, ...] = ()
    """Further tenants whose app registrations are read."""
    without: frozenset[str] = frozenset()
    openid_hosts: tuple[str, ...] = ()
    since: Snapshot | None = None
    """An earlier reading: what Azure says has not changed since is taken from it."""
    clock: Clock = field(default_factory=Clock)
    collected_at: str = field(default_factory=_now)


class Subscription(Struct, frozen=True):
    """One Azure subscription that is read."""

    id: str
    name: str
    tenant: str


async def subscriptions(transport: Transport, request: Request) -> tuple[Subscription, ...]:
    """The subscriptions that a request means; raises the sentence that a person can act on."""
    try:
        seen = await _visible(transport, request.tenant)
    except AzureError as error:
        raise fatal("the subscriptions cannot be listed", error) from None
    if request.all_subscriptions:
        if not seen:
            raise _no_rights(request)
        return tuple(seen)
    chosen: dict[str, Subscription] = {}
    for name in request.subscriptions:
        found = await _named(transport, request, name, seen)
        chosen[found.id] = found
    return tuple(chosen.values())


def wanted(services: Sequence[Json], request: Request) -> list[Json]:
    """The services that `--service` names, all of them without it."""
    if not request.services:
        return list(services)
    found = []
    for name in request.services:
        hits = [one for one in services if arm.last_name(one).lower() == name.lower()]
        if not hits:
            names = sorted(arm.last_name(one) for one in services)
            near = get_close_matches(name, names, n=1)
            raise ApimDoctorError(
                f"there is no API Management service {name!r}",
                f"did you mean {near[0]}?"
                if near
                else f"there is {', '.join(names[:8])}"
                if names
                else "none was found",
            )
        found += [one for one in hits if one not in found]
    return found


def group_of(service: Json) -> str:
    """The resource group in a resource id."""
    parts = text(service, "id").split("/")
    lower = [part.lower() for part in parts]
    if "resourcegroups" not in lower[:-1]:
        raise MalformedError('"id" names no resource group')
    return parts[lower.index("resourcegroups") + 1]


def no_services(chosen: Sequence[Subscription], request: Request) -> ApimDoctorError:
    """Nothing to read: no API Management where it was looked for."""
    where = ", ".join(one.name or one.id for one in chosen[:3]) + (" and more" if len(chosen) > 3 else "")
    within = f"resource group {request.resource_group} of " if request.resource_group else ""
    return ApimDoctorError(
        f"there is no API Management service in {within}subscription {where} that this identity may read",
        "check the subscription, and that the identity holds API Management Service Reader Role or Reader on the service",
        NOTHING_READ,
    )


async def _visible(transport: Transport, tenant: str) -> list[Subscription]:
    url = f"{transport.cloud.resource_manager}/subscriptions?api-version={SUBSCRIPTIONS}"
    found = map(_subscription, await paging.items(transport, url, tenant))
    return [one for one in found if one.id]


def _subscription(json: Json) -> Subscription:
    try:
        return Subscription(
            text(json, "subscriptionId").lower(), text(json, "displayName"), text(json, "tenantId").lower()
        )
    except MalformedError:
        return Subscription("", "", "")


async def _named(transport: Transport, request: Request, name: str, seen: Sequence[Subscription]) -> Subscription:
    hits = [one for one in seen if name.lower() == one.id] or [one for one in seen if name == one.name]
    hits = hits or [one for one in seen if name.casefold() == one.name.casefold()]
    if len(hits) == 1:
        return hits[0]
    if hits:
        ids = ", ".join(one.id for one in hits)
        raise ApimDoctorError(f"{len(hits)} subscriptions are called {name!r}", f"name one by its id: {ids}")
    if _GUID.fullmatch(name):
        return await _unlisted(transport, request, name.lower())
    near = get_close_matches(name, [one.name for one in seen], n=1)
    raise ApimDoctorError(
        f"this identity sees no subscription called {name!r}",
        f"did you mean {near[0]!r}?"
        if near
        else f"it sees {len(seen)}; --tenant names another tenant, `az account list` shows all of them",
    )


async def _unlisted(transport: Transport, request: Request, identifier: str) -> Subscription:
    """A subscription the list did not tell: asked for by its id, so that Azure says why."""
    url = f"{transport.cloud.resource_manager}/subscriptions/{identifier}?api-version={SUBSCRIPTIONS}"
    try:
        return _subscription((await transport.send("GET", url, tenant=request.tenant)).json)
    except RefusedError as error:
        if error.code == _WRONG_TENANT or error.status == 401:
            # Azure names the tenants in its sentence: the token's first or last; the one that is not ours is meant.
            other = [found for found in _GUID.findall(error.message) if found.lower() != request.tenant.lower()]
            raise ApimDoctorError(
                f"subscription {identifier} belongs to another tenant than the one signed in to",
                f"say --tenant with its tenant{' (Azure names ' + ', '.join(dict.fromkeys(other)) + ')' if other else ''}",
            ) from None
        hint = "check the id and --tenant; the identity needs Reader, or API Management Service Reader Role, on the service"
        why = (
            "is not visible to this identity"
            if error.status == 403
            else "does not exist, or this identity may not see it"
        )
        raise ApimDoctorError(f"subscription {clean(identifier, 60)} {why}", hint) from None
    except AzureError as error:
        raise fatal(f"subscription {identifier} cannot be read", error) from None


def _no_rights(request: Request) -> ApimDoctorError:
    where = f" in tenant {request.tenant}" if request.tenant else ""
    return ApimDoctorError(
        f"the signed-in identity sees no subscription{where}",
        "assign it API Management Service Reader Role or Reader, or name the tenant with --tenant",
        NOTHING_READ,
    )
