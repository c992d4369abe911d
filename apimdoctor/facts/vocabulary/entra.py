"""The subjects of Entra ID: tenants, app registrations with the tokens they get, service principals and grants."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from apimdoctor.facts.values import NONE, Unknown, Values
from apimdoctor.facts.vocabulary.base import Place

Certainty = Literal["certain", "likely", "possible"]
FoundClient = Literal["app registration", "service principal", "Microsoft client", "nothing"]


class Tenant(Struct, frozen=True, kw_only=True, eq=False):
    """An Entra tenant that was read, or whose app registrations were."""

    place: Place = Place()
    id: str
    kind: Literal["workforce", "b2c", "external id", ""]  # "" = nobody told
    cloud: str
    domains: Values


class Credential(Struct, frozen=True, kw_only=True, eq=False):
    """A secret or certificate of an app registration, by dates only."""

    place: Place = Place()
    kind: Literal["secret", "certificate"]
    name: str
    days_left: int | Unknown  # counted from the snapshot's collected_at, never from today


class RedirectUri(Struct, frozen=True, kw_only=True, eq=False):
    """A reply URL of an app registration."""

    place: Place = Place()
    uri: str
    kind: Literal["web", "spa", "public client"]


class IdentifierUri(Struct, frozen=True, kw_only=True, eq=False):
    """An identifier URI of an app registration, with the domain in it."""

    place: Place = Place()
    uri: str
    domain: str  # "" = names no domain (api://GUID, urn:, api://word)
    verified: bool | Unknown  # the domain, or one above it, is a verified domain of the tenant


class AskedApi(Struct, frozen=True, kw_only=True, eq=False):
    """An app registration that a client asks permissions of (requiredResourceAccess)."""

    place: Place = Place()
    display_name: str
    token_version: int | Unknown
    token_version_written: bool


class Scope(Struct, frozen=True, kw_only=True, eq=False):
    """A delegated permission that an app registration exposes."""

    place: Place = Place()
    value: str
    enabled: bool
    still_granted: bool | Unknown = False  # a delegated grant or a preauthorization names it


class Role(Struct, frozen=True, kw_only=True, eq=False):
    """A role that an app registration defines, with who holds it in this tenant."""

    place: Place = Place()
    value: str
    enabled: bool
    for_applications: bool
    for_users: bool
    holders: Values  # display names of service principals, users and groups


class PreauthorizedClient(Struct, frozen=True, kw_only=True, eq=False):
    """A client that gets scopes of an app registration without asking for consent."""

    place: Place = Place()
    client_id: str
    found_as: FoundClient | Unknown
    scope_values: Values
    ids_without_scope: Values = NONE  # ids of permissions it lists that no scope of the app registration has


class ServicePrincipal(Struct, frozen=True, kw_only=True, eq=False):
    """A service principal: an enterprise application or a managed identity."""

    place: Place = Place()
    id: str
    app_id: str
    display_name: str
    kind: str  # Application | ManagedIdentity | ServiceIdentity | Legacy ...: an open list of Graph's
    enabled: bool | Unknown
    assignment_required: bool | Unknown
    owner_tenant: str
    role_values: Values  # "resource/role" it holds


class Grant(Struct, frozen=True, kw_only=True, eq=False):
    """A delegated permission grant from a client to a resource."""

    place: Place = Place()
    client: ServicePrincipal
    resource: ServicePrincipal
    scope_values: Values
    for_everyone: bool


class App(Struct, frozen=True, kw_only=True, eq=False):
    """An app registration that takes part in a token path, and the access tokens Entra ID issues for it."""

    place: Place = Place()
    app_id: str
    object_id: str
    tenant_id: str
    display_name: str
    sign_in_audience: (
        Literal["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"]
        | Unknown
    )
    token_version: int | Unknown  # 1 or 2; a version that is not written is 1
    token_version_written: bool
    # emitted tokens
    issuers: Values
    issuers_of_other_version: Values  # what they would be if the token version were the other one
    audiences: Values
    claim_names: Values  # claims its access tokens may carry, by token version and optional claims
    claim_names_of_other_version: Values
    # what it offers
    identifier_uris: Values
    scope_values: Values  # enabled scopes
    role_values: Values  # enabled roles
    scopes: tuple[Scope, ...] = ()
    roles: tuple[Role, ...] = ()
    preauthorized: tuple[PreauthorizedClient, ...] = ()
    granted_to: Values  # client kinds with a grant or role: 'application', 'user'
    assignment_required: bool | Unknown  # of its service principal in this tenant
    service_principals: tuple[ServicePrincipal | Unknown, ...] = ()  # none or one, in this tenant
    credentials: tuple[Credential, ...] = ()
    redirect_uris: tuple[RedirectUri, ...] = ()
    browser_clients: Values = NONE  # app registrations with single-page redirect URIs that ask for its tokens
    owners: Values
    mapped_claims_accepted: bool | Unknown
    implicit_access_tokens: bool | Unknown
    encryption_key: bool | Unknown
    uris: tuple[IdentifierUri, ...] = ()
    asks_for: tuple[AskedApi | Unknown, ...] = ()  # app registrations that were read
    assigned_clients: Values = NONE  # client ids of service principals to which its service principal is assigned
    misplaced: Values = NONE  # property names written where they are not read


class AppMatch(Struct, frozen=True, kw_only=True, eq=False):
    """An app registration named by a string in a policy.

    When it is less than certain, the engine makes an error a warning and says the doubt.
    """

    place: Place = Place()
    app: App
    named_by: str  # the audience, resource or client id as written
    certainty: Certainty
    doubt: str  # "" when certain
