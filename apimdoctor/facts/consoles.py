"""Console servers: authorization servers and OpenID providers of the developer console, and the tokens they ask for."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from apimdoctor import snapshot
from apimdoctor.entra import clouds
from apimdoctor.facts.apps import Apps
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import ConsoleScope, ConsoleServer, Place

_OPENID = frozenset({"openid", "profile", "email", "offline_access"})
_V1 = re.compile(r"/oauth2/(?!v2\.0)", re.IGNORECASE)
_V2 = re.compile(r"/(?:oauth2/)?v2\.0(?:/|$)", re.IGNORECASE)
TokenFor = Literal["app registration", "Microsoft Graph", "Microsoft API", "OpenID only", "nothing found"]


def console_server(apps: Apps, server: snapshot.ConsoleServer, place: Place, asked: str = "") -> ConsoleServer:
    """A console server; `asked` are the scopes that an API asks it for instead of its default ones."""
    ends = (server.authorization_endpoint, server.token_endpoint, server.metadata_endpoint)
    entra = [end for end in ends if clouds.of_login_host(_host(end))]
    apps.match_client(server.client_id)
    sends = next((value for name, value in server.token_body_parameters if name.lower() == "resource"), "")
    return ConsoleServer(
        place=place,
        name=server.display_name or server.name,
        client_id=server.client_id,
        kind="openid" if server.kind == "openid" else "oauth2",
        provider="Entra ID" if entra else "other",
        client_found_as=apps.client_found(server.client_id),
        authorize_version=_version(server.authorization_endpoint),
        token_endpoint_version=_version(server.token_endpoint),
        resource=sends,
        endpoint_tenants=_tenants(apps, entra),
        scopes=tuple(_scope(apps, server, place, text) for text in (asked or server.default_scope).split()),
    )


def unread_server(place: Place, name: str, kind: str) -> ConsoleServer:
    """A console server of which only the name is known: the API's own word that callers come with tokens stands."""
    because = Unknown(f"the console server {name} was not read")
    return ConsoleServer(
        place=place,
        name=name,
        client_id="",
        kind="openid" if kind == "openid" else "oauth2",
        provider=because,
        client_found_as=because,
        authorize_version=because,
        token_endpoint_version=because,
        resource=because,
        endpoint_tenants=Values(rest=because.because),
        scopes=(because,),
    )


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _version(address: str) -> int:
    """Of an endpoint of Entra ID (docs: identity-platform v2-protocols); 0 for any other address."""
    if not clouds.of_login_host(_host(address)):
        return 0
    return 2 if _V2.search(address) else 1 if _V1.search(address) else 0


def _tenants(apps: Apps, addresses: list[str]) -> Values:
    """The tenants that the endpoints name; words like common name none."""
    found: dict[str, None] = {}
    rest = ""
    for address in addresses:
        segments = [segment for segment in urlsplit(address).path.split("/") if segment]
        named = apps.tenant_of(segments[0]) if segments else ""
        if isinstance(named, Unknown):
            rest = named.because
        elif named:
            found[named] = None
    return Values(known=tuple(found), rest=rest)


def _scope(apps: Apps, server: snapshot.ConsoleServer, place: Place, text: str) -> ConsoleScope:
    base, slash, last = text.rpartition("/")
    qualified = bool(slash) and not base.endswith((":", "/"))
    return ConsoleScope(
        place=place,
        text=text,
        token_for=_token_for(apps, server, text, base if qualified else ""),
        qualified=qualified,
        exposed=_exposed(apps, base, last) if qualified else True,
    )


def _token_for(apps: Apps, server: snapshot.ConsoleServer, scope: str, base: str) -> TokenFor | Unknown:
    if scope.lower() in _OPENID:
        return "OpenID only"
    host = _host(server.authorization_endpoint or server.token_endpoint or server.metadata_endpoint)
    if not clouds.of_login_host(host):
        return Unknown(f"what a scope means to {host or 'its provider'} is not known")
    if _version(server.authorization_endpoint) == 1:
        return Unknown("version 1 endpoints take a resource, the scope decides nothing")
    if not base:
        # A scope without a resource in front is one of Microsoft Graph (docs: identity-platform scopes-oidc).
        return "Microsoft Graph"
    kind, _ = apps.match_resource(base)
    if isinstance(kind, Unknown):
        return kind
    if kind == "Azure service":
        api = apps.microsoft_api(base)
        return "Microsoft Graph" if api and api.name == "Microsoft Graph" else "Microsoft API"
    return kind


def _exposed(apps: Apps, base: str, name: str) -> bool | Unknown:
    """Whether what a scope is for exposes it; /.default asks for whatever was granted."""
    if name == ".default":
        return True
    kind, matches = apps.match_resource(base)
    if kind != "app registration":
        return True if isinstance(kind, str) else kind
    for match in matches:
        if isinstance(match, Unknown):
            return match
        if name in match.app.scope_values.known:
            return True
        if match.app.scope_values.rest:
            return Unknown(match.app.scope_values.rest)
    return False
