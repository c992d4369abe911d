"""Patches of app registrations, service principals, sites and gateways, applied to the objects of a snapshot."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from apimdoctor.engine.prescription import ObjectPatch
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.snapshot import (
    AppRegistration,
    AppRole,
    AppRoleAssignment,
    Contents,
    EntraTenant,
    Identity,
    PermissionScope,
    PreAuthorizedClient,
    Service,
    ServicePrincipal,
    SiteAuth,
    Snapshot,
)

Setter = Callable[[Any, Any], Any]
T = TypeVar("T", AppRegistration, ServicePrincipal, SiteAuth)


def _scopes(app: AppRegistration, listed: Sequence[Mapping[str, Any]]) -> AppRegistration:
    scopes = (PermissionScope(id=one["id"], value=one["value"], enabled=one["isEnabled"]) for one in listed)
    return replace(app, scopes=tuple(scopes))


def _roles(app: AppRegistration, listed: Sequence[Mapping[str, Any]]) -> AppRegistration:
    roles = (
        AppRole(id=one["id"], value=one["value"], enabled=one["isEnabled"], members=tuple(one["allowedMemberTypes"]))
        for one in listed
    )
    return replace(app, app_roles=tuple(roles))


def _preauthorized(app: AppRegistration, listed: Sequence[Mapping[str, Any]]) -> AppRegistration:
    clients = (
        PreAuthorizedClient(app_id=one["appId"], scope_ids=tuple(one["delegatedPermissionIds"])) for one in listed
    )
    return replace(app, pre_authorized=tuple(clients))


_APPLICATION: Mapping[str, Setter] = {
    "api.requestedAccessTokenVersion": lambda app, value: replace(app, requested_access_token_version=value),
    "api.oauth2PermissionScopes": _scopes,
    "api.preAuthorizedApplications": _preauthorized,
    "appRoles": _roles,
    "identifierUris": lambda app, uris: replace(app, identifier_uris=tuple(uris)),
    "signInAudience": lambda app, value: replace(app, sign_in_audience=value),
    "web.implicitGrantSettings.enableAccessTokenIssuance": lambda app, value: replace(
        app, implicit_access_tokens=value
    ),
}
_PRINCIPAL: Mapping[str, Setter] = {
    "accountEnabled": lambda principal, value: replace(principal, enabled=value),
    "appRoleAssignmentRequired": lambda principal, value: replace(principal, assignment_required=value),
}
_DIRECTORY = "properties.identityProviders.azureActiveDirectory"
_SITE: Mapping[str, Setter] = {
    f"{_DIRECTORY}.registration.openIdIssuer": lambda site, value: replace(site, issuer=value),
    f"{_DIRECTORY}.validation.allowedAudiences": lambda site, texts: replace(site, allowed_audiences=tuple(texts)),
    f"{_DIRECTORY}.validation.defaultAuthorizationPolicy.allowedApplications": lambda site, ids: replace(
        site, allowed_applications=tuple(ids)
    ),
    "properties.globalValidation.requireAuthentication": lambda site, value: replace(
        site, require_authentication=value
    ),
    "properties.globalValidation.unauthenticatedClientAction": lambda site, value: replace(
        site, unauthenticated_action=value
    ),
}


def patched(snapshot: Snapshot, patch: ObjectPatch) -> Snapshot:
    """The snapshot after the patch."""
    kind, _, rest = patch.resource.partition("/")
    if patch.kind == "arm":
        after = _in_azure(snapshot, patch)
    elif kind == "applications":
        after = _in_tenants(snapshot, lambda tenant: _application(tenant, rest, patch.body))
    elif kind == "servicePrincipals" and rest.endswith("/appRoleAssignedTo"):
        after = _in_tenants(snapshot, lambda tenant: _assigned(tenant, patch.body))
    elif kind == "servicePrincipals":
        after = _in_tenants(snapshot, lambda tenant: _principal(tenant, rest, patch.body))
    else:
        raise CannotEditError(f"{patch.resource} cannot be changed in a snapshot")
    if after == snapshot:
        raise CannotEditError(f"{patch.resource} was not read, or is so already")
    return after


def _in_tenants(snapshot: Snapshot, change: Callable[[EntraTenant], EntraTenant]) -> Snapshot:
    return replace(snapshot, tenants=tuple(map(change, snapshot.tenants)))


def _application(tenant: EntraTenant, identity: str, body: Mapping[str, Any]) -> EntraTenant:
    apps = tuple(_set(app, body, _APPLICATION) if app.id == identity else app for app in tenant.app_registrations)
    return replace(tenant, app_registrations=apps)


def _principal(tenant: EntraTenant, identity: str, body: Mapping[str, Any]) -> EntraTenant:
    principals = tuple(_set(one, body, _PRINCIPAL) if one.id == identity else one for one in tenant.service_principals)
    return replace(tenant, service_principals=principals)


def _assigned(tenant: EntraTenant, body: Mapping[str, Any]) -> EntraTenant:
    if all(one.id != body["resourceId"] for one in tenant.service_principals):
        return tenant
    made = AppRoleAssignment(
        id=f"{body['principalId']} {body['appRoleId']}",
        principal_id=body["principalId"],
        principal_kind="ServicePrincipal",
        resource_id=body["resourceId"],
        role_id=body["appRoleId"],
    )
    return replace(tenant, app_role_assignments=(*tenant.app_role_assignments, made))


def _in_azure(snapshot: Snapshot, patch: ObjectPatch) -> Snapshot:
    site = patch.resource.removesuffix("/config/authsettingsV2")
    if site != patch.resource:
        sites = tuple(
            _set(one, patch.body, _SITE) if (one.id or f"site:{one.site}") == site else one for one in snapshot.sites
        )
        return replace(snapshot, sites=sites)
    return replace(snapshot, services=tuple(_in_service(one, patch) for one in snapshot.services))


def _in_service(service: Service, patch: ObjectPatch) -> Service:
    if patch.resource == service.id and patch.body == {"identity": {"type": "SystemAssigned"}}:
        return replace(service, identities=(*(service.identities or ()), Identity(kind="system")))
    if not patch.resource.startswith(f"{service.id}/"):
        return service
    kind, _, name = patch.resource[len(service.id) + 1 :].partition("/")
    return replace(service, contents=_in_contents(service.contents, kind, name, patch.body))


def _in_contents(contents: Contents, kind: str, name: str, body: Mapping[str, Any]) -> Contents:
    told = dict(_paths(body))
    if kind == "namedValues" and told == {"properties.secret": True}:
        values = (replace(one, secret=True) if one.name == name else one for one in contents.named_values)
        return replace(contents, named_values=tuple(values))
    if kind == "authorizationServers" and list(told) == ["properties.defaultScope"]:
        scope = told["properties.defaultScope"]
        servers = (replace(one, default_scope=scope) if one.name == name else one for one in contents.console_servers)
        return replace(contents, console_servers=tuple(servers))
    raise CannotEditError(f"{kind} cannot be changed so in a snapshot")


def _set(subject: T, body: Mapping[str, Any], setters: Mapping[str, Setter]) -> T:
    for path, value in _paths(body):
        if path not in setters:
            raise CannotEditError(f"{path} cannot be applied to a snapshot")
        subject = setters[path](subject, value)
    return subject


def _paths(body: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """The values of a body by the names that lead to them."""
    found: list[tuple[str, Any]] = []
    for name, value in body.items():
        found += _paths(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
    return found
