"""Entra objects from JSON: Microsoft Graph, `az ad app list`, and the portal manifest of before 2025."""

from collections.abc import Mapping

from apimdoctor.collect.fields import Json, flag, tables, text, texts
from apimdoctor.collect.registration import LEGACY_NAMES, app_registration, app_roles, permission_scope, required
from apimdoctor.snapshot import AppRoleAssignment, DelegatedGrant, EntraTenant, Origin, ServicePrincipal

__all__ = ["app_registration", "app_role_assignment", "delegated_grant", "kind_of", "organization", "service_principal"]

_NOWHERE = Origin()

_TENANT_KINDS: Mapping[str, str] = {"aad": "workforce", "aad b2c": "b2c", "ciam": "external id"}

_REGISTRATION_MARKS = frozenset(
    {
        "identifierUris",
        "requestedAccessTokenVersion",
        "requiredResourceAccess",
        "signInAudience",
        "api",
        "availableToOtherTenants",
        *LEGACY_NAMES,
    }
)
_PRINCIPAL_MARKS = frozenset(
    {"servicePrincipalType", "servicePrincipalNames", "appOwnerOrganizationId", "appRoleAssignmentRequired"}
)
_TYPES: Mapping[str, str] = {
    "#microsoft.graph.application": "app_registrations",
    "#microsoft.graph.serviceprincipal": "service_principals",
    "#microsoft.graph.organization": "organization",
    "#microsoft.graph.approleassignment": "app_role_assignments",
    "#microsoft.graph.oauth2permissiongrant": "delegated_grants",
}


def kind_of(json: Json) -> str:
    """Which collection of a tenant an object belongs to, by its content: a field of EntraTenant, `organization` or ""."""
    declared = json.get("@odata.type")
    if isinstance(declared, str):
        # Lists of directoryObjects are mixed (learn.microsoft.com/graph/api/resources/directoryobject).
        return _TYPES.get(declared.lower(), "")
    keys = json.keys()
    if "appId" in keys:
        if not _PRINCIPAL_MARKS.isdisjoint(keys):
            return "service_principals"
        return "" if _REGISTRATION_MARKS.isdisjoint(keys) else "app_registrations"
    if "verifiedDomains" in keys:
        return "organization"
    if {"principalId", "resourceId", "appRoleId"} <= keys:
        return "app_role_assignments"
    if {"clientId", "resourceId", "consentType"} <= keys:
        return "delegated_grants"
    return ""


def service_principal(json: Json, origin: Origin = _NOWHERE) -> ServicePrincipal:
    """The service principal of a Graph object.

    Source: learn.microsoft.com/graph/api/resources/serviceprincipal; it has no token version of its own.
    """
    names = {"servicePrincipalNames": "names", "appRoles": "app_roles"}
    unread = [field for name, field in names.items() if name not in json]
    if "oauth2PermissionScopes" not in json and "oauth2Permissions" not in json:
        unread.append("scopes")
    return ServicePrincipal(
        id=text(json, "id") or required(json, "objectId"),
        app_id=required(json, "appId").lower(),
        display_name=text(json, "displayName"),
        kind=text(json, "servicePrincipalType") or "Application",
        enabled=flag(json, "accountEnabled"),
        assignment_required=flag(json, "appRoleAssignmentRequired"),
        owner_tenant=text(json, "appOwnerOrganizationId").lower(),
        names=texts(json, "servicePrincipalNames"),
        app_roles=app_roles(json),
        scopes=tuple(
            map(permission_scope, tables(json, "oauth2PermissionScopes") or tables(json, "oauth2Permissions"))
        ),
        alternative_names=texts(json, "alternativeNames"),
        token_encryption_key_id=text(json, "tokenEncryptionKeyId"),
        unread=tuple(sorted(unread)),
        origin=origin,
    )


def app_role_assignment(json: Json) -> AppRoleAssignment:
    """The assignment of an app role (learn.microsoft.com/graph/api/resources/approleassignment)."""
    principal, resource, role = (required(json, name) for name in ("principalId", "resourceId", "appRoleId"))
    return AppRoleAssignment(
        id=text(json, "id") or f"{principal}/{resource}/{role}",
        principal_id=principal,
        principal_kind=text(json, "principalType"),
        principal_name=text(json, "principalDisplayName"),
        resource_id=resource,
        role_id=role,
        created=text(json, "createdDateTime"),
    )


def delegated_grant(json: Json) -> DelegatedGrant:
    """A delegated permission grant: both ids are object ids of service principals, the scopes are separated by blanks.

    Source: learn.microsoft.com/graph/api/resources/oauth2permissiongrant.
    """
    client, resource = required(json, "clientId"), required(json, "resourceId")
    principal = text(json, "principalId")
    return DelegatedGrant(
        id=text(json, "id") or "/".join(filter(None, (client, resource, principal))),
        client_id=client,
        resource_id=resource,
        consent_kind=text(json, "consentType"),
        principal_id=principal,
        scopes=tuple(text(json, "scope").split()),
    )


def organization(json: Json, origin: Origin = _NOWHERE) -> EntraTenant:
    """The tenant that an organization object describes, still without its objects.

    Source: learn.microsoft.com/graph/api/resources/organization (tenantType: AAD, AAD B2C, CIAM).
    """
    kind = text(json, "tenantType")
    return EntraTenant(
        id=required(json, "id").lower(),
        display_name=text(json, "displayName"),
        kind=_TENANT_KINDS.get(kind.lower(), kind.lower()),
        domains=tuple(sorted({text(domain, "name").lower() for domain in tables(json, "verifiedDomains")} - {""})),
        whole=("domains",) if isinstance(json.get("verifiedDomains"), list) else (),
        origin=origin,
    )
