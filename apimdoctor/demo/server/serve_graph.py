"""The bodies in which Microsoft Graph tells the tenants of a snapshot: the inverse of `collect.graph`."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from apimdoctor.snapshot import (
    AppRegistration,
    AppRole,
    AppRoleAssignment,
    Credential,
    DelegatedGrant,
    EntraTenant,
    PermissionScope,
    RedirectUri,
    ServicePrincipal,
)

Json = dict[str, Any]

_TENANT_TYPES = {"workforce": "AAD", "b2c": "AAD B2C", "external id": "CIAM"}
_PROPERTIES = {
    "sign_in_audience": "signInAudience",
    "identifier_uris": "identifierUris",
    "app_roles": "appRoles",
    "optional_access_claims": "optionalClaims",
    "required_access": "requiredResourceAccess",
    "names": "servicePrincipalNames",
    "scopes": "oauth2PermissionScopes",
}
_IN_API = frozenset(
    {"requested_access_token_version", "scopes", "pre_authorized", "known_clients", "accept_mapped_claims"}
)


def organization(one: EntraTenant, identifier: str) -> Json:
    """The tenant (learn.microsoft.com/graph/api/resources/organization)."""
    return {
        "id": identifier,
        "displayName": one.display_name or None,
        "tenantType": _TENANT_TYPES.get(one.kind, one.kind) or None,
        "verifiedDomains": [
            {"name": name, "isDefault": at == 0, "isInitial": name.endswith(".onmicrosoft.com"), "type": "Managed"}
            for at, name in enumerate(one.domains)
        ],
    }


def domain(name: str) -> Json:
    """A domain (learn.microsoft.com/graph/api/resources/domain)."""
    return {"id": name, "authenticationType": "Managed", "isVerified": True}


def app_registration(one: AppRegistration) -> Json:
    """An app registration (learn.microsoft.com/graph/api/resources/application), in Graph's shape whatever it was read from."""
    body: Json = {
        "id": one.id or one.app_id,
        "appId": one.app_id,
        "displayName": one.display_name or None,
        "signInAudience": one.sign_in_audience or None,
        "identifierUris": list(one.identifier_uris),
        "api": _api(one),
        "appRoles": list(map(_app_role, one.app_roles)),
        "optionalClaims": _optional_claims(one),
        "groupMembershipClaims": one.group_membership_claims or None,
        "web": {
            "redirectUris": _uris(one.redirect_uris, "web"),
            "implicitGrantSettings": {
                "enableAccessTokenIssuance": one.implicit_access_tokens,
                "enableIdTokenIssuance": False,
            },
        },
        "spa": {"redirectUris": _uris(one.redirect_uris, "spa")},
        "publicClient": {"redirectUris": _uris(one.redirect_uris, "public client")},
        "isFallbackPublicClient": one.public_client,
        "requiredResourceAccess": _required_access(one),
        "passwordCredentials": [_credential(entry) for entry in one.credentials if entry.kind == "secret"],
        "keyCredentials": [_credential(entry) for entry in one.credentials if entry.kind != "secret"],
        "tokenEncryptionKeyId": one.token_encryption_key_id or None,
        "createdDateTime": one.created or None,
        "publisherDomain": one.publisher_domain or None,
        "disabledByMicrosoftStatus": one.disabled or None,
    }
    if one.owners is not None:
        body["owners"] = [{"id": owner} for owner in one.owners]
    left_out = {_PROPERTIES[name] for name in one.unread if name in _PROPERTIES and name not in _IN_API}
    # `api` is one property: it can be told or left out as a whole only.
    if set(one.unread) >= _IN_API:
        left_out.add("api")
    return {name: value for name, value in body.items() if name not in left_out}


def service_principal(one: ServicePrincipal) -> Json:
    """A service principal (learn.microsoft.com/graph/api/resources/serviceprincipal)."""
    body = {
        "id": one.id,
        "appId": one.app_id,
        "displayName": one.display_name or None,
        "servicePrincipalType": one.kind,
        "accountEnabled": one.enabled,
        "appRoleAssignmentRequired": one.assignment_required,
        "appOwnerOrganizationId": one.owner_tenant or None,
        "servicePrincipalNames": list(one.names),
        "appRoles": list(map(_app_role, one.app_roles)),
        "oauth2PermissionScopes": list(map(_scope, one.scopes)),
        "alternativeNames": list(one.alternative_names),
        "tokenEncryptionKeyId": one.token_encryption_key_id or None,
    }
    left_out = {_PROPERTIES[name] for name in one.unread if name in _PROPERTIES}
    return {name: value for name, value in body.items() if name not in left_out}


def app_role_assignment(one: AppRoleAssignment) -> Json:
    """The assignment of an app role (learn.microsoft.com/graph/api/resources/approleassignment)."""
    return {
        "id": one.id,
        "appRoleId": one.role_id,
        "createdDateTime": one.created or None,
        "principalDisplayName": one.principal_name or None,
        "principalId": one.principal_id,
        "principalType": one.principal_kind or None,
        "resourceId": one.resource_id,
    }


def delegated_grant(one: DelegatedGrant) -> Json:
    """A delegated grant (learn.microsoft.com/graph/api/resources/oauth2permissiongrant); its scopes begin with a blank."""
    return {
        "id": one.id,
        "clientId": one.client_id,
        "consentType": one.consent_kind or None,
        "principalId": one.principal_id or None,
        "resourceId": one.resource_id,
        "scope": " " + " ".join(one.scopes),
    }


def error(code: str, message: str) -> Json:
    """The body of an error (learn.microsoft.com/graph/errors)."""
    return {"error": {"code": code, "message": message, "innerError": {"date": "2026-01-01T00:00:00"}}}


def _api(one: AppRegistration) -> Json:
    return {
        "acceptMappedClaims": one.accept_mapped_claims,
        "knownClientApplications": list(one.known_clients),
        "oauth2PermissionScopes": list(map(_scope, one.scopes)),
        "preAuthorizedApplications": [
            {"appId": client.app_id, "delegatedPermissionIds": list(client.scope_ids)} for client in one.pre_authorized
        ],
        "requestedAccessTokenVersion": one.requested_access_token_version,
    }


def _scope(one: PermissionScope) -> Json:
    return {
        "id": one.id,
        "value": one.value,
        "isEnabled": one.enabled,
        "type": one.kind,
        "adminConsentDisplayName": one.value,
    }


def _app_role(one: AppRole) -> Json:
    return {
        "id": one.id,
        "value": one.value,
        "isEnabled": one.enabled,
        "allowedMemberTypes": list(one.members),
        "displayName": one.display_name or None,
        "origin": "Application",
    }


def _optional_claims(one: AppRegistration) -> Json | None:
    if not one.optional_access_claims:
        return None
    claims = [
        {"name": name, "source": None, "essential": False, "additionalProperties": list(more)}
        for name, more in one.optional_access_claims
    ]
    return {"idToken": [], "accessToken": claims, "saml2Token": []}


def _uris(found: Iterable[RedirectUri], kind: str) -> list[str]:
    return [one.uri for one in found if one.kind == kind]


def _required_access(one: AppRegistration) -> list[Json]:
    return [
        {
            "resourceAppId": resource,
            "resourceAccess": [{"id": access.permission_id, "type": access.kind} for access in group],
        }
        for resource, group in groupby(one.required_access, lambda access: access.resource_app_id)
    ]


def _credential(one: Credential) -> Json:
    """A secret or certificate: Graph never tells the secret itself, but its first letters, which a snapshot has not."""
    body: Json = {
        "keyId": one.key_id or None,
        "displayName": one.name or None,
        "startDateTime": one.start or None,
        "endDateTime": one.end or None,
    }
    if one.kind == "secret":
        return {**body, "hint": "Abc", "secretText": None}
    return {**body, "usage": one.usage or None, "type": "AsymmetricX509Cert", "key": None}
