"""Planted faults of the OAuth servers of the developer console."""

from __future__ import annotations

from tools.entra_objects import Json
from tools.faults.planting import Patient, fault
from tools.tenant_plan import guid


def _server(at: Patient, **changes: object) -> None:
    """The API names an OAuth server of its own, healthy but for the changes."""
    login = f"https://login.microsoftonline.com/{at.world.tenant_id}/oauth2/v2.0"
    properties: Json = {
        "displayName": "Planted sign-in",
        "clientId": at.client["appId"],
        "authorizationEndpoint": f"{login}/authorize",
        "tokenEndpoint": f"{login}/token",
        "defaultScope": f"{at.app.uri}/{at.app.scope}",
        "grantTypes": ["authorizationCode"],
        **changes,
    }
    kind = "Microsoft.ApiManagement/service/authorizationServers"
    body = {"type": kind, "name": "planted-sign-in", "properties": properties}
    at.file(lambda tree: tree.json("apim/arm/planted-sign-in.json", body))
    at.api.properties["authenticationSettings"] = {
        "oAuth2AuthenticationSettings": [{"authorizationServerId": "planted-sign-in"}]
    }


@fault("console-client-unknown", severity="warning")
def _client_unknown(at: Patient) -> None:
    _server(at, clientId=guid(at.rng))


@fault("console-endpoints-of-two-versions", severity="warning")
def _two_versions(at: Patient) -> None:
    login = f"https://login.microsoftonline.com/{at.world.tenant_id}/oauth2"
    if at.rng.random() < 0.5:
        _server(at, tokenEndpoint=f"{login}/token")
    else:
        _server(at, authorizationEndpoint=f"{login}/authorize")


@fault("console-provider-of-other-tenant", severity="warning")
def _other_tenant(at: Patient) -> None:
    login = f"https://login.microsoftonline.com/{guid(at.rng)}/oauth2/v2.0"
    _server(at, authorizationEndpoint=f"{login}/authorize", tokenEndpoint=f"{login}/token")


@fault("console-resource-parameter-on-v2", severity="warning")
def _resource_parameter(at: Patient) -> None:
    _server(at, tokenBodyParameters=[{"name": "resource", "value": at.one_of(at.app.uri, at.app.app_id)}])


@fault("console-scope-not-exposed", severity="warning")
def _scope_not_exposed(at: Patient) -> None:
    _server(at, defaultScope=at.one_of("openid profile", f"{at.app.uri}/{at.app.scope}.Write", ""))


@fault("console-scope-unqualified", severity="warning")
def _scope_unqualified(at: Patient) -> None:
    _server(at, defaultScope=at.one_of("User.Read", "access_as_user", "openid User.Read"))
