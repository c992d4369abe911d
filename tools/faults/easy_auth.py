"""Planted faults of Easy Auth on the site behind the gateway."""

from __future__ import annotations

from collections.abc import Sequence

from tools.entra_objects import Json, easy_auth, merged
from tools.faults.planting import Patient, fault
from tools.tenant_plan import AppPlan

_FREE: Json = {
    "properties": {
        "globalValidation": {"requireAuthentication": False, "unauthenticatedClientAction": "AllowAnonymous"}
    }
}


def _site(
    at: Patient,
    *,
    app: AppPlan,
    issuer: str = "",
    audiences: Sequence[str] = (),
    clients: Sequence[str] = (),
    changes: Json | None = None,
) -> None:
    """The back end of the API is a site with Easy Auth; without `audiences`, the site takes its app registration's."""
    site = f"{at.api.name}-site"
    own = issuer or at.world.issuer(app.token_version).removesuffix("/")
    body = easy_auth(site, app.app_id, own, audiences or [app.app_id, app.uri], clients)
    at.file(lambda tree: tree.json(f"web/{site}.authsettingsV2.json", merged(body, changes or {})))
    at.api.properties["serviceUrl"] = f"https://{site}.azurewebsites.net"


def _other(at: Patient) -> AppPlan:
    return at.world.apps[0] if at.world.apps[0] is not at.app else at.world.apps[1]


@fault("easy-auth-audience-mismatch", severity="warning")
def _audience_in_other_form(at: Patient) -> None:
    _site(at, app=at.app, audiences=["https://nobody.tenant.example"])
    at.api.after = [f'<authentication-managed-identity resource="{_other(at).uri}" />']


@fault("caller-token-to-other-audience", severity="warning", or_else=("easy-auth-audience-mismatch",))
def _token_for_other_service(at: Patient) -> None:
    _site(at, app=_other(at))


@fault("easy-auth-client-not-allowed")
def _client_not_allowed(at: Patient) -> None:
    back = _other(at)
    clients = at.rng.choice(([back.app_id], [at.world.clients[0]["appId"]], [at.world.gateway_principal]))
    _site(at, app=back, clients=clients)
    at.api.after = [f'<authentication-managed-identity resource="{back.uri}" />']


@fault("easy-auth-any-tenant", severity="warning")
def _any_tenant(at: Patient) -> None:
    word = at.one_of("common", "organizations")
    _site(at, app=at.app, issuer=f"https://login.microsoftonline.com/{word}/v2.0")


@fault("easy-auth-issuer-malformed")
def _issuer_malformed(at: Patient) -> None:
    login, tenant = "https://login.microsoftonline.com", at.world.tenant_id
    _site(at, app=at.app, issuer=at.one_of(f"{login}/v2.0/{tenant}", f"{login}/v2.0"))


@fault("easy-auth-issuer-version", severity="warning")
def _issuer_of_other_version(at: Patient) -> None:
    tenant = at.world.tenant_id
    other = {1: f"https://login.microsoftonline.com/{tenant}/v2.0", 2: f"https://sts.windows.net/{tenant}/"}
    _site(at, app=at.app, issuer=other[at.app.token_version])


@fault("easy-auth-anonymous-backend", severity="warning")
def _anonymous_site(at: Patient) -> None:
    back = _other(at)
    _site(at, app=back, changes=_FREE)
    at.api.after = [f'<authentication-managed-identity resource="{back.uri}" />']
