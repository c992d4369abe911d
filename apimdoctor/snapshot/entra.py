"""Entra ID as read: app registrations, service principals, assignments and grants of each tenant, in Graph terms."""

from msgspec import Struct

from apimdoctor.snapshot.origin import Origin


class PermissionScope(Struct, frozen=True, kw_only=True):
    """An entry of api.oauth2PermissionScopes (legacy: oauth2Permissions)."""

    id: str
    value: str
    enabled: bool = True
    kind: str = "User"


class AppRole(Struct, frozen=True, kw_only=True):
    """An entry of appRoles. `members` of: User, Application."""

    id: str
    value: str
    enabled: bool = True
    members: tuple[str, ...] = ()
    display_name: str = ""


class PreAuthorizedClient(Struct, frozen=True, kw_only=True):
    """An entry of api.preAuthorizedApplications: `scope_ids` are ids of permission scopes."""

    app_id: str
    scope_ids: tuple[str, ...] = ()


class Credential(Struct, frozen=True, kw_only=True):
    """A secret or certificate, by dates only."""

    kind: str
    """`secret` or `certificate`."""
    key_id: str = ""
    name: str = ""
    start: str = ""
    end: str = ""
    usage: str = ""


class RedirectUri(Struct, frozen=True, kw_only=True):
    """A reply URL with its platform: `web`, `spa` or `public client`."""

    uri: str
    kind: str


class RequiredAccess(Struct, frozen=True, kw_only=True):
    """One permission that a client asks for: `kind` is Scope or Role."""

    resource_app_id: str
    permission_id: str
    kind: str


class AppRegistration(Struct, frozen=True, kw_only=True):
    """An app registration in Graph's terms, whichever of the three manifest shapes it was read from.

    `unread` names the properties the source did not tell (a Graph read without `api` leaves the token version unknown,
    which is not the same as null: null means version 1. Source: entra-tokens 1.3, trap 1).
    """

    id: str
    """Object id; not the application (client) id."""
    app_id: str
    display_name: str = ""
    sign_in_audience: str = ""
    requested_access_token_version: int | None = None
    identifier_uris: tuple[str, ...] = ()
    scopes: tuple[PermissionScope, ...] = ()
    app_roles: tuple[AppRole, ...] = ()
    pre_authorized: tuple[PreAuthorizedClient, ...] = ()
    known_clients: tuple[str, ...] = ()
    accept_mapped_claims: bool | None = None
    optional_access_claims: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Optional claims of access tokens: (name, additional properties)."""
    group_membership_claims: str = ""
    redirect_uris: tuple[RedirectUri, ...] = ()
    implicit_access_tokens: bool | None = None
    public_client: bool | None = None
    required_access: tuple[RequiredAccess, ...] = ()
    credentials: tuple[Credential, ...] = ()
    token_encryption_key_id: str = ""
    owners: tuple[str, ...] | None = None
    created: str = ""
    publisher_domain: str = ""
    disabled: str = ""
    shape: str = "graph"
    """`graph`, `legacy` (portal manifest before 2025) or `mixed`."""
    misplaced: tuple[str, ...] = ()
    """Properties found where this shape does not read them, e.g. `requestedAccessTokenVersion` at top level."""
    unread: tuple[str, ...] = ()
    origin: Origin = Origin()


class ServicePrincipal(Struct, frozen=True, kw_only=True):
    """A service principal (enterprise application or managed identity)."""

    id: str
    app_id: str
    display_name: str = ""
    kind: str = "Application"
    """servicePrincipalType: Application, ManagedIdentity, ServiceIdentity, Legacy ..."""
    enabled: bool | None = None
    assignment_required: bool | None = None
    owner_tenant: str = ""
    names: tuple[str, ...] = ()
    """servicePrincipalNames: the appId and the identifier URIs."""
    app_roles: tuple[AppRole, ...] = ()
    scopes: tuple[PermissionScope, ...] = ()
    alternative_names: tuple[str, ...] = ()
    token_encryption_key_id: str = ""
    unread: tuple[str, ...] = ()
    origin: Origin = Origin()


class AppRoleAssignment(Struct, frozen=True, kw_only=True):
    """Who (`principal_id`) holds which role of which resource service principal. Role id zero means no role."""

    id: str
    principal_id: str
    principal_kind: str = ""
    principal_name: str = ""
    resource_id: str = ""
    role_id: str = ""
    created: str = ""


class DelegatedGrant(Struct, frozen=True, kw_only=True):
    """An oauth2PermissionGrant: `client_id` and `resource_id` are service principal object ids."""

    id: str
    client_id: str
    resource_id: str
    consent_kind: str = ""
    principal_id: str = ""
    scopes: tuple[str, ...] = ()


class EntraTenant(Struct, frozen=True, kw_only=True):
    """One Entra tenant. `whole` names the collections that are complete: only then "nobody has" may be concluded."""

    id: str = ""
    """Tenant id (GUID, lower case); "" for Entra files whose tenant nobody told."""
    display_name: str = ""
    kind: str = ""
    """`workforce`, `b2c`, `external id`, or "" when not told (Graph organization.tenantType: AAD, AAD B2C, CIAM)."""
    domains: tuple[str, ...] = ()
    cloud: str = ""
    app_registrations: tuple[AppRegistration, ...] = ()
    service_principals: tuple[ServicePrincipal, ...] = ()
    app_role_assignments: tuple[AppRoleAssignment, ...] = ()
    delegated_grants: tuple[DelegatedGrant, ...] = ()
    whole: tuple[str, ...] = ()
    """Field names above that are complete, `domains` included."""
    origin: Origin = Origin()
