"""Metadata of a protected resource (RFC 9728) that a policy answers: what clients ask Entra ID for because of it."""

import json
from collections.abc import Iterator
from typing import Any

from apimdoctor.entra import issuers
from apimdoctor.facts import written
from apimdoctor.facts.apps import Apps
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import AppMatch, Place, ResourceMetadata
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Expression, NamedValues, symbol

_KEYS = ("authorization_servers", "scopes_supported")
_DEFAULT = ".default"


def resource_metadata(
    element: Element, named: NamedValues, place: Place, apps: Apps
) -> Iterator[ResourceMetadata | Unknown]:
    """What a return-response tells of a protected resource; nothing when its body is something else."""
    body = element.child("set-body")
    if body is None or body.attribute("template") is not None:
        return
    value = written.settled(body.text, named)
    text = symbol(value)
    if not any(f'"{key}"' in text for key in _KEYS):
        return
    if isinstance(value, Expression):
        yield Unknown("the metadata of the protected resource is computed")
        return
    try:
        told = json.loads(text)
    except ValueError:
        yield Unknown("the metadata of the protected resource is no JSON")
        return
    if isinstance(told, dict):
        scopes, servers = (_texts(told.get(key)) for key in reversed(_KEYS))
        yield ResourceMetadata(
            place=place,
            scopes_supported=_set(scopes),
            scope_names=_set([one.rpartition("/")[2] for one in scopes if not one.endswith(_DEFAULT)]),
            authorization_servers=_set(servers),
            tenant_ids=_tenants(servers, apps),
            apps=tuple(dict.fromkeys(_apps(scopes, apps, place))),
        )


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _set(texts: list[str]) -> Values:
    known = [text for text in texts if "{{" not in text and "@(" not in text]
    return Values(known=tuple(dict.fromkeys(known)), symbols=tuple(dict.fromkeys(t for t in texts if t not in known)))


def _tenants(servers: list[str], apps: Apps) -> Values:
    """Ids of the tenants whose issuers are named; one that names no tenant may stand for any."""
    found: dict[str, None] = {}
    rest = ""
    for server in servers:
        # Clients take the address with and without a slash at its end (RFC 9728, section 3).
        read = issuers.read(server.removesuffix("/"))
        tenant = apps.tenant_of(read.tenant) if read.tenant else ""
        if isinstance(tenant, str) and tenant and "{{" not in server:
            found[tenant] = None
        else:
            rest = f"whose authorization server {server} is, is not known"
    return Values(known=tuple(found), rest=rest)


def _apps(scopes: list[str], apps: Apps, place: Place) -> Iterator[AppMatch | Unknown]:
    for scope in scopes:
        resource, slash, _ = scope.rpartition("/")
        if slash and not resource.endswith((":", "/")):
            if "{{" in resource:
                yield Unknown(f"the value of {resource} is not known")
            else:
                yield from apps.match_resource(resource, place=place)[1]
