"""An app registration as a fact: what it is, what it offers, and the access tokens Entra ID issues for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from apimdoctor.entra import tokens
from apimdoctor.entra.known import Known
from apimdoctor.entra.tokens import Emitted, Home
from apimdoctor.facts import exposing, vocabulary
from apimdoctor.facts.exposing import part
from apimdoctor.facts.grants import Holdings, place_of, tenant_resource
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import App, FoundClient, Place, RedirectUri, Role
from apimdoctor.snapshot.entra import AppRegistration, AppRole, EntraTenant, PermissionScope, ServicePrincipal

SignInAudience = Literal[
    "AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"
]
_AUDIENCES: tuple[SignInAudience, ...] = get_args(SignInAudience)
_REDIRECTS: dict[str, Literal["web", "spa", "public client"]] = {
    "web": "web",
    "spa": "spa",
    "public client": "public client",
}


def values_of(known: Known) -> Values:
    """The set in the terms of facts; members that are only possible stay unsaid."""
    return Values(known=known.sure, rest=known.rest)


def build_app(
    app: AppRegistration,
    tenant: EntraTenant,
    home: Home,
    holdings: Holdings,
    *,
    visited: tuple[str, ...],
    collected_at: str,
    find_client: Callable[[str], FoundClient | Unknown],
    find_app: Callable[[str], AppRegistration | None],
) -> App:
    """The fact of an app registration that was read."""
    emitted = tokens.emitted(app, home, visited)
    principal = holdings.by_app_id.get(app.app_id.lower())
    place = app_place(app, tenant)
    return App(
        place=place,
        app_id=app.app_id,
        object_id=app.id,
        tenant_id=home.tenant,
        display_name=app.display_name or app.app_id,
        sign_in_audience=_sign_in_audience(app),
        token_version=_version(emitted),
        token_version_written=emitted.version_written,
        issuers=values_of(emitted.issuers),
        issuers_of_other_version=values_of(emitted.issuers_of_other_version),
        audiences=values_of(emitted.audiences),
        claim_names=values_of(emitted.claim_names),
        claim_names_of_other_version=values_of(emitted.claim_names_of_other_version),
        identifier_uris=Values(known=app.identifier_uris, rest=_unread(app, "identifier_uris", "identifier URIs")),
        scope_values=_enabled(app.scopes, _unread(app, "scopes", "scopes")),
        role_values=_enabled(app.app_roles, _unread(app, "app_roles", "roles")),
        scopes=exposing.scopes(app.scopes, place, principal, holdings, exposing.preauthorized_ids(app)),
        roles=tuple(_role(role, principal, holdings, place, at) for at, role in enumerate(app.app_roles)),
        preauthorized=exposing.preauthorized(app, place, find_client),
        granted_to=holdings.granted_to(principal),
        assignment_required=holdings.assignment_required(principal),
        service_principals=_own_principals(principal, holdings),
        credentials=exposing.credentials(app, place, collected_at),
        redirect_uris=tuple(
            RedirectUri(place=part(place, f"redirectUris[{at}]"), uri=one.uri, kind=_REDIRECTS.get(one.kind, "web"))
            for at, one in enumerate(app.redirect_uris, 1)
        ),
        owners=Values(known=app.owners or (), rest="the owners were not read" if app.owners is None else ""),
        mapped_claims_accepted=_flag(app, app.accept_mapped_claims, "accept_mapped_claims", "accepts mapped claims"),
        implicit_access_tokens=_implicit(app),
        encryption_key=bool(app.token_encryption_key_id or (principal and principal.token_encryption_key_id)),
        uris=exposing.identifier_uris(app, tenant, place),
        asks_for=tuple(exposing.asked(app, place, find_app)),
        assigned_clients=holdings.assigned_clients(principal),
        misplaced=Values(known=app.misplaced),
    )


def build_foreign(principal: ServicePrincipal, tenant: EntraTenant, home: Home, holdings: Holdings) -> App:
    """The fact of an app registration of which only the service principal here was read."""
    emitted = tokens.emitted_abroad(principal, home)
    name = principal.display_name or principal.app_id
    place = place_of(principal.origin, f"{tenant_resource(tenant)}/servicePrincipals/{principal.id}", app=name)
    because = emitted.doubt
    uris = tuple(one for one in principal.names if one.lower() != principal.app_id.lower())
    names_unread = "its names were not read" if "names" in principal.unread else ""
    return App(
        place=place,
        app_id=principal.app_id,
        object_id="",
        tenant_id=principal.owner_tenant,
        display_name=name,
        sign_in_audience=Unknown(because),
        token_version=Unknown(because),
        token_version_written=False,
        issuers=values_of(emitted.issuers),
        issuers_of_other_version=values_of(emitted.issuers_of_other_version),
        audiences=values_of(emitted.audiences),
        claim_names=values_of(emitted.claim_names),
        claim_names_of_other_version=values_of(emitted.claim_names_of_other_version),
        identifier_uris=Values(known=uris, rest=names_unread),
        scope_values=_enabled(principal.scopes, "its scopes were not read" if "scopes" in principal.unread else ""),
        role_values=_enabled(principal.app_roles, "its roles were not read" if "app_roles" in principal.unread else ""),
        scopes=exposing.scopes(principal.scopes, place, principal, holdings),
        roles=tuple(_role(role, principal, holdings, place, at) for at, role in enumerate(principal.app_roles)),
        granted_to=holdings.granted_to(principal),
        assignment_required=holdings.assignment_required(principal),
        service_principals=(holdings.principal(principal),),
        owners=Values(rest=because),
        mapped_claims_accepted=Unknown(because),
        implicit_access_tokens=Unknown(because),
        encryption_key=bool(principal.token_encryption_key_id) or Unknown(because),
        assigned_clients=holdings.assigned_clients(principal),
    )


def _own_principals(
    principal: ServicePrincipal | None, holdings: Holdings
) -> tuple[vocabulary.ServicePrincipal | Unknown, ...]:
    if principal is not None:
        return (holdings.principal(principal),)
    because = holdings.incomplete("service_principals")
    return (Unknown(because),) if because else ()


def app_place(app: AppRegistration, tenant: EntraTenant) -> Place:
    """Where an app registration stands."""
    resource = f"{tenant_resource(tenant)}/applications/{app.id or app.app_id}"
    return place_of(app.origin, resource, app=app.display_name or app.app_id)


def _version(emitted: Emitted) -> int | Unknown:
    return Unknown(emitted.doubt) if emitted.version is None else emitted.version


def _sign_in_audience(app: AppRegistration) -> SignInAudience | Unknown:
    known = next((one for one in _AUDIENCES if one == app.sign_in_audience), None)
    return known or Unknown(f'who may sign in to "{app.display_name or app.app_id}" was not read')


def _unread(app: AppRegistration, field: str, words: str) -> str:
    return f'the {words} of "{app.display_name or app.app_id}" were not read' if field in app.unread else ""


def _flag(app: AppRegistration, value: bool | None, field: str, words: str) -> bool | Unknown:
    if value is None and field in app.unread:
        return Unknown(f'whether "{app.display_name or app.app_id}" {words} was not read')
    return bool(value)


def _implicit(app: AppRegistration) -> bool | Unknown:
    if app.implicit_access_tokens is None:
        return Unknown(f'whether "{app.display_name or app.app_id}" allows implicit access tokens was not read')
    return app.implicit_access_tokens


def _enabled(offered: tuple[PermissionScope, ...] | tuple[AppRole, ...], rest: str) -> Values:
    return Values(known=tuple(dict.fromkeys(one.value for one in offered if one.enabled and one.value)), rest=rest)


def _role(role: AppRole, principal: ServicePrincipal | None, holdings: Holdings, place: Place, at: int) -> Role:
    return Role(
        place=part(place, f"appRoles[{at + 1}]"),
        value=role.value,
        enabled=role.enabled,
        for_applications="Application" in role.members,
        for_users="User" in role.members,
        holders=holdings.holders(principal, role.id),
    )
