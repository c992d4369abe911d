"""Patches of app registrations, service principals and sites, applied to the objects of a snapshot."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from apimdoctor.engine.prescription import ObjectPatch
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.snapshot import AppRegistration, EntraTenant, ServicePrincipal, Snapshot

Setter = Callable[[Any, Any], Any]
T = TypeVar("T", AppRegistration, ServicePrincipal)


def _api(app: AppRegistration, body: Mapping[str, Any]) -> AppRegistration:
    for name, value in body.items():
        if name != "requestedAccessTokenVersion":
            raise CannotEditError(f"api.{name} cannot be applied to a snapshot")
        app = replace(app, requested_access_token_version=value)
    return app


_APPLICATION: Mapping[str, Setter] = {
    "api": _api,
    "identifierUris": lambda app, uris: replace(app, identifier_uris=tuple(uris)),
    "signInAudience": lambda app, value: replace(app, sign_in_audience=value),
}
_PRINCIPAL: Mapping[str, Setter] = {
    "accountEnabled": lambda principal, value: replace(principal, enabled=value),
    "appRoleAssignmentRequired": lambda principal, value: replace(principal, assignment_required=value),
}


def patched(snapshot: Snapshot, patch: ObjectPatch) -> Snapshot:
    """The snapshot after the patch."""
    kind, _, identity = patch.resource.partition("/")
    if patch.kind != "graph" or kind not in ("applications", "servicePrincipals"):
        raise CannotEditError(f"{patch.resource} cannot be changed in a snapshot")
    tenants = tuple(_in_tenant(tenant, kind, identity, patch.body) for tenant in snapshot.tenants)
    if tenants == snapshot.tenants:
        raise CannotEditError(f"{patch.resource} was not read, or is so already")
    return replace(snapshot, tenants=tenants)


def _in_tenant(tenant: EntraTenant, kind: str, identity: str, body: Mapping[str, Any]) -> EntraTenant:
    if kind == "applications":
        apps = tuple(_set(app, body, _APPLICATION) if app.id == identity else app for app in tenant.app_registrations)
        return replace(tenant, app_registrations=apps)
    principals = tuple(_set(one, body, _PRINCIPAL) if one.id == identity else one for one in tenant.service_principals)
    return replace(tenant, service_principals=principals)


def _set(subject: T, body: Mapping[str, Any], setters: Mapping[str, Setter]) -> T:
    for name, value in body.items():
        if name not in setters:
            raise CannotEditError(f"{name} cannot be applied to a snapshot")
        subject = setters[name](subject, value)
    return subject
