"""The objects of Entra ID and of Easy Auth as their services show them: Graph JSON, the old manifest, ARM JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

Json = dict[str, Any]


def merged(body: Json, changes: Json) -> Json:
    """The body with changed properties, nested ones too."""
    out = dict(body)
    for key, value in changes.items():
        inner = out.get(key)
        out[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return out


def organization(tenant_id: str, name: str, domain: str) -> Json:
    """The organization object of a tenant."""
    initial = domain.split(".", maxsplit=1)[0] + ".onmicrosoft.com"
    domains = [{"name": domain, "isDefault": True}, {"name": initial, "isDefault": False}]
    domains.append({"name": "tenant.example", "isDefault": False})  # of the identifier URIs and of what policies call
    return {"id": tenant_id, "displayName": name, "tenantType": "AAD", "verifiedDomains": domains}


def scope_entry(scope_id: str, value: str) -> Json:
    """An entry of api.oauth2PermissionScopes."""
    return {
        "adminConsentDescription": f"Allows the client to use {value}.",
        "adminConsentDisplayName": value,
        "id": scope_id,
        "isEnabled": True,
        "type": "User",
        "userConsentDescription": None,
        "userConsentDisplayName": None,
        "value": value,
    }


def role_entry(role_id: str, value: str) -> Json:
    """An entry of appRoles that applications may hold."""
    return {
        "allowedMemberTypes": ["Application"],
        "description": value,
        "displayName": value,
        "id": role_id,
        "isEnabled": True,
        "value": value,
    }


def graph_app(
    *,
    object_id: str,
    app_id: str,
    name: str,
    version: Literal[1, 2] | None = None,
    uris: Sequence[str] = (),
    scopes: Sequence[Json] = (),
    roles: Sequence[Json] = (),
    spa: Sequence[str] = (),
    sign_in_audience: str = "AzureADMyOrg",
    wants: Sequence[Json] = (),
) -> Json:
    """An app registration as Graph shows it."""
    implicit = {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False}
    return {
        "id": object_id,
        "appId": app_id,
        "displayName": name,
        "createdDateTime": "2024-09-17T07:41:00Z",
        "signInAudience": sign_in_audience,
        "identifierUris": list(uris),
        "groupMembershipClaims": None,
        "isFallbackPublicClient": None,
        "optionalClaims": None,
        "tags": [],
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": version,
            "oauth2PermissionScopes": list(scopes),
            "preAuthorizedApplications": [],
        },
        "appRoles": list(roles),
        "requiredResourceAccess": list(wants),
        "keyCredentials": [],
        "passwordCredentials": [],
        "web": {"homePageUrl": None, "redirectUris": [], "implicitGrantSettings": implicit},
        "spa": {"redirectUris": list(spa)},
        "publicClient": {"redirectUris": []},
    }


def legacy_app(
    *,
    object_id: str,
    app_id: str,
    name: str,
    version: Literal[1, 2] | None = None,
    uris: Sequence[str] = (),
    scopes: Sequence[Json] = (),
    roles: Sequence[Json] = (),
) -> Json:
    """An app registration as the portal's manifest page showed it before 2025."""
    return {
        "id": object_id,
        "acceptMappedClaims": None,
        "accessTokenAcceptedVersion": version,
        "addIns": [],
        "allowPublicClient": None,
        "appId": app_id,
        "appRoles": [{**role, "lang": None, "origin": "Application"} for role in roles],
        "oauth2AllowUrlPathMatching": False,
        "createdDateTime": "2019-05-21T13:05:12Z",
        "groupMembershipClaims": None,
        "identifierUris": list(uris),
        "informationalUrls": {"termsOfService": None, "support": None, "privacy": None, "marketing": None},
        "keyCredentials": [],
        "knownClientApplications": [],
        "logoUrl": None,
        "logoutUrl": None,
        "name": name,
        "oauth2AllowIdTokenImplicitFlow": False,
        "oauth2AllowImplicitFlow": False,
        "oauth2Permissions": [{**scope, "lang": None, "origin": "Application"} for scope in scopes],
        "oauth2RequirePostResponse": False,
        "optionalClaims": None,
        "orgRestrictions": [],
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [],
        "preAuthorizedApplications": [],
        "replyUrlsWithType": [],
        "requiredResourceAccess": [],
        "samlMetadataUrl": None,
        "signInUrl": None,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": None,
    }


def principal(
    *,
    object_id: str,
    app_id: str,
    name: str,
    owner: str | None,
    kind: str = "Application",
    assignment_required: bool = False,
    names: Sequence[str] = (),
    roles: Sequence[Json] = (),
    scopes: Sequence[Json] = (),
) -> Json:
    """A service principal as Graph shows it."""
    return {
        "id": object_id,
        "appId": app_id,
        "displayName": name,
        "servicePrincipalType": kind,
        "accountEnabled": True,
        "appRoleAssignmentRequired": assignment_required,
        "appOwnerOrganizationId": owner,
        "appRoles": list(roles),
        "oauth2PermissionScopes": list(scopes),
        "servicePrincipalNames": [app_id, *names],
        "alternativeNames": [],
    }


def assignment(entry_id: str, *, holder: Json, resource: Json, role_id: str) -> Json:
    """An app role assignment between two service principals."""
    return {
        "id": entry_id,
        "createdDateTime": "2025-02-03T10:15:00Z",
        "appRoleId": role_id,
        "principalDisplayName": holder["displayName"],
        "principalId": holder["id"],
        "principalType": "ServicePrincipal",
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }


def grant(entry_id: str, *, client: Json, resource: Json, scope: str) -> Json:
    """A delegated grant for all users."""
    return {
        "id": entry_id,
        "clientId": client["id"],
        "consentType": "AllPrincipals",
        "principalId": None,
        "resourceId": resource["id"],
        "scope": scope,
    }


def easy_auth(site: str, client_id: str, issuer: str, audiences: Sequence[str], clients: Sequence[str]) -> Json:
    """The authsettingsV2 resource of a site."""
    at = "/subscriptions/5f0c9a4e-61d7-4b0e-8a6b-2f0b51b6c7d1/resourceGroups/rg-apps/providers/Microsoft.Web/sites"
    login = {
        "enabled": True,
        "registration": {
            "openIdIssuer": issuer,
            "clientId": client_id,
            "clientSecretSettingName": "MICROSOFT_PROVIDER_AUTHENTICATION_SECRET",
        },
        "validation": {
            "allowedAudiences": list(audiences),
            "jwtClaimChecks": {},
            "defaultAuthorizationPolicy": {"allowedPrincipals": {}, "allowedApplications": list(clients)},
        },
    }
    return {
        "id": f"{at}/{site}/config/authsettingsV2",
        "name": "authsettingsV2",
        "type": "Microsoft.Web/sites/config",
        "properties": {
            "platform": {"enabled": True, "runtimeVersion": "~1"},
            "globalValidation": {"requireAuthentication": True, "unauthenticatedClientAction": "Return401"},
            "identityProviders": {"azureActiveDirectory": login},
            "httpSettings": {"requireHttps": True},
        },
    }
