"""Planted faults of app registrations and service principals."""

from __future__ import annotations

from tools.entra_objects import scope_entry
from tools.faults.planting import Patient, fault
from tools.tenant_plan import guid


@fault("service-principal-missing")
def _no_principal(at: Patient) -> None:
    at.app.principal_changes = None
    at.world.grants.pop()  # a grant is for a service principal


@fault("service-principal-disabled")
def _disabled_principal(at: Patient) -> None:
    at.app.principal_changes = {"accountEnabled": False}


@fault("mapped-claims-accepted-multi-tenant")
def _mapped_claims(at: Patient) -> None:
    at.app.legacy, at.app.multi_tenant = False, True
    at.app.changes = {"api": {"acceptMappedClaims": True}}


@fault("token-encryption-on-api", severity="warning")
def _encrypted(at: Patient) -> None:
    at.app.changes = {"tokenEncryptionKeyId": guid(at.rng)}


@fault("implicit-access-tokens", severity="warning")
def _implicit(at: Patient) -> None:
    at.app.legacy = False
    at.app.changes = {
        "web": {
            "redirectUris": ["https://desk.tenant.example/signed-in"],
            "implicitGrantSettings": {"enableAccessTokenIssuance": True, "enableIdTokenIssuance": False},
        }
    }


@fault("redirect-uri-insecure", severity="warning")
def _insecure_redirect(at: Patient) -> None:
    at.app.legacy = False
    uri = at.one_of("http://desk.tenant.example/signed-in", "https://*.tenant.example/signed-in")
    at.app.changes = {"web": {"redirectUris": ["https://desk.tenant.example/signed-in", uri]}}


@fault("identifier-uri-of-unverified-domain", severity="warning")
def _unverified_domain(at: Patient) -> None:
    at.app.legacy = False
    at.app.changes = {"identifierUris": [at.app.uri, f"https://orders.{at.one_of('given-up', 'sold')}-firm.example"]}


@fault("legacy-property-name", severity="warning")
def _legacy_name(at: Patient) -> None:
    at.version(1)
    at.app.legacy = False
    at.app.changes = {at.one_of("accessTokenAcceptedVersion", "requestedAccessTokenVersion"): 2}


@fault("preauthorized-unknown-client", severity="warning")
def _preauthorized_nobody(at: Patient) -> None:
    at.app.legacy = False
    entry = {"appId": guid(at.rng), "delegatedPermissionIds": [at.app.scope_id]}
    at.app.changes = {"api": {"preAuthorizedApplications": [entry]}}


@fault("preauthorized-unknown-scope", severity="warning")
def _preauthorized_for_nothing(at: Patient) -> None:
    at.app.legacy = False
    entry = {"appId": at.client["appId"], "delegatedPermissionIds": [guid(at.rng)]}
    at.app.changes = {"api": {"preAuthorizedApplications": [entry]}}


@fault("scope-disabled", severity="warning")
def _scope_disabled(at: Patient) -> None:
    at.app.legacy = False
    second = {**scope_entry(guid(at.rng), "Planted.Write"), "isEnabled": False}
    at.app.changes = {"api": {"oauth2PermissionScopes": [scope_entry(at.app.scope_id, at.app.scope), second]}}
    at.world.grants[-1] = {**at.world.grants[-1], "scope": f"{at.app.scope} Planted.Write"}
