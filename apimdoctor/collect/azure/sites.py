"""Reads the Easy Auth settings of the App Service and Function sites that requests are sent to."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.collect import arm
from apimdoctor.collect.azure.failures import AzureError, UnreadableError, gap
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.collect.fields import Json, MalformedError, text, texts
from apimdoctor.snapshot import Gap, Origin, SiteAuth
from apimdoctor.snapshot.redact import Redactor

RESOURCE_GRAPH = "2021-03-01"
WEB = "2024-04-01"
"""api-versions (learn.microsoft.com/rest/api/azureresourcegraph, learn.microsoft.com/rest/api/appservice)."""
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_SITE_ID = re.compile(
    r"(?i)(?:https://[^/]+)?(/subscriptions/[^/?#]+/resourceGroups/[^/?#]+/providers/Microsoft\.Web/sites/[^/?#]+(?:/slots/[^/?#]+)?)/?"
)
_MOST_HOSTS = 200
"""Hosts in one query, which must stay below the limits of its language."""
_MOST_PAGES = 50


class Site(Struct, frozen=True):
    """A site that stands behind a host."""

    id: str
    hosts: tuple[str, ...] = ()


async def read(
    transport: Transport,
    tenant: str,
    subscriptions: Sequence[str],
    hosts: Iterable[str],
    ids: Iterable[str],
    redactor: Redactor,
) -> tuple[list[SiteAuth], list[Gap]]:
    """The Easy Auth of the sites with these hosts, and of those that back ends name by resource id."""
    gaps: list[Gap] = []
    found: dict[str, Site] = {}
    for identifier in ids:
        named = _SITE_ID.fullmatch(identifier)
        if named:
            found.setdefault(named[1].lower(), Site(named[1]))
    names = sorted({host.lower().rstrip(".") for host in hosts})
    # Hosts come from policies: only what can be a host name enters the query.
    names = [name for name in names if len(name) < 254 and _HOST.fullmatch(name)]
    for at in range(0, len(names), _MOST_HOSTS):
        try:
            for site in await _search(transport, tenant, subscriptions, names[at : at + _MOST_HOSTS]):
                found[site.id.lower()] = site
        except AzureError as error:
            told = gap("sites behind back ends", error)
            gaps.append(
                replace(told, hint="Reader on the sites, or --without sites") if told.kind == "denied" else told
            )
    answers = await asyncio.gather(*(_settings(transport, tenant, site, redactor) for site in found.values()))
    return [one for one in answers if isinstance(one, SiteAuth)], gaps + [
        one for one in answers if isinstance(one, Gap)
    ]


async def _search(transport: Transport, tenant: str, subscriptions: Sequence[str], names: Sequence[str]) -> list[Site]:
    """The sites with one of the host names, by one read-only query of Resource Graph."""
    among = ", ".join(f"'{name}'" for name in names)
    query = (
        "Resources | where type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots')"
        " | extend host = tolower(tostring(properties.defaultHostName)), hosts = properties.hostNames"
        f" | where host in~ ({among}) or tolower(tostring(hosts)) has_any ({among})"
        " | project id, name, host, hosts | order by id asc"
    )
    url = f"{transport.cloud.resource_manager}/providers/Microsoft.ResourceGraph/resources?api-version={RESOURCE_GRAPH}"
    wanted = set(names)
    found: list[Site] = []
    options: dict[str, Any] = {"resultFormat": "objectArray", "$top": 1000}
    for _ in range(_MOST_PAGES):
        asked = {"subscriptions": list(subscriptions), "query": query, "options": options}
        told = (await transport.send("POST", url, tenant=tenant, json=asked)).json
        rows = told.get("data") if isinstance(told, dict) else None
        if not isinstance(rows, list):
            raise UnreadableError("the answer of Resource Graph is no list")
        found += [
            site for row in rows if isinstance(row, dict) and (site := _site(row)) and wanted.intersection(site.hosts)
        ]
        token = told.get("$skipToken")
        if not isinstance(token, str) or not token:
            return found
        options = {**options, "$skipToken": token}
    raise UnreadableError("the answer of Resource Graph does not end")


def _site(row: Json) -> Site | None:
    try:
        named = _SITE_ID.fullmatch(text(row, "id"))
        hosts = {host.lower() for host in (text(row, "host"), *texts(row, "hosts")) if host}
    except MalformedError:
        return None
    return Site(named[1], tuple(sorted(hosts))) if named else None


async def _settings(transport: Transport, tenant: str, site: Site, redactor: Redactor) -> SiteAuth | Gap:
    """The settings in the view without secrets; the other view (a POST) is never asked for."""
    path = f"{site.id}/config/authsettingsV2"
    try:
        answer = await transport.send(
            "GET", f"{transport.cloud.resource_manager}{path}?api-version={WEB}", tenant=tenant
        )
        if not isinstance(answer.json, dict):
            raise UnreadableError("the answer is no object")
        made = arm.site_auth({**redactor.json(answer.json), "id": path}, origin=Origin(document=path))
        return replace(made, hosts=site.hosts or made.hosts)
    except MalformedError as error:
        return Gap(scope=path, kind="unparsed", detail=str(error))
    except AzureError as error:
        told = gap(path, error)
        return replace(told, hint="Reader on the site, or --without sites") if told.kind == "denied" else told
