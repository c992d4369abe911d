"""The subjects of API Management beside its policies: services, APIs, products, back ends and console servers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from apimdoctor.facts.values import NONE, Unknown, Values
from apimdoctor.facts.vocabulary.base import HostStands, Place
from apimdoctor.facts.vocabulary.check import MetadataForm
from apimdoctor.facts.vocabulary.entra import AppMatch, FoundClient


class Service(Struct, frozen=True, kw_only=True, eq=False):
    """An API Management service, or one tree of files that describes one."""

    place: Place = Place()
    name: str
    sku: str
    tenant_id: str
    identity_client_ids: Values  # client ids of its managed identities


class ConsoleScope(Struct, frozen=True, kw_only=True, eq=False):
    """A scope that a console server asks for."""

    place: Place = Place()
    text: str
    token_for: Literal["app registration", "Microsoft Graph", "Microsoft API", "OpenID only", "nothing found"] | Unknown
    qualified: bool = True  # an identifier URI or id stands in front of it
    exposed: bool | Unknown = True  # what it is for has an enabled scope of that name, or none is named (/.default)


class ConsoleServer(Struct, frozen=True, kw_only=True, eq=False):
    """An authorization server or OpenID provider of the developer console: it asks for tokens, it protects nothing."""

    place: Place = Place()
    name: str
    client_id: str
    kind: Literal["oauth2", "openid"] = "oauth2"  # authorizationServers or openidConnectProviders
    provider: Literal["Entra ID", "other"] | Unknown = "other"
    client_found_as: FoundClient | Unknown = "nothing"
    authorize_version: int | Unknown = 0  # of the sign-in endpoint: 1 or 2; 0 = no endpoint of Entra ID is written
    token_endpoint_version: int | Unknown = 0  # of the token endpoint, likewise
    resource: str | Unknown = ""  # the parameter of that name that it sends for tokens; "" = sends none
    endpoint_tenants: Values = NONE  # ids of the tenants that its endpoints name; empty = they name none (common ...)
    scopes: tuple[ConsoleScope | Unknown, ...] = ()


class Api(Struct, frozen=True, kw_only=True, eq=False):
    """One online revision of one API."""

    place: Place = Place()
    name: str
    display_name: str
    kind: str  # apiType: http, soap, websocket, graphql, odata, grpc, mcp, a2a ...: an open list
    revision: str
    is_current: bool
    key_required: bool | Unknown
    protocols: Values
    methods: Values = NONE  # of its operations
    version_set: str = ""  # the name that it shares with the other versions of the API; "" = it has no versions
    console_servers: tuple[ConsoleServer | Unknown, ...] = ()


class Operation(Struct, frozen=True, kw_only=True, eq=False):
    """One operation of an API; for an API without operations one that stands for every request."""

    place: Place = Place()
    name: str
    method: str  # "" = any
    template: str
    catch_all: bool


class Product(Struct, frozen=True, kw_only=True, eq=False):
    """A product."""

    place: Place = Place()
    name: str
    display_name: str
    key_required: bool | Unknown
    state: Literal["published", "notPublished", ""]


class Subscription(Struct, frozen=True, kw_only=True, eq=False):
    """A subscription, whose key opens a product, an API or all of them."""

    place: Place = Place()
    name: str
    scope: Literal["product", "api", "all APIs", ""]
    state: str
    built_in: bool


class NamedValue(Struct, frozen=True, kw_only=True, eq=False):
    """A named value of a service or workspace."""

    place: Place = Place()
    name: str
    secret: bool
    looks_secret: bool  # a plain value in the form of a secret
    used: bool | Unknown


class Diagnostic(Struct, frozen=True, kw_only=True, eq=False):
    """What a service, or one of its APIs, writes to Application Insights or an event hub."""

    place: Place = Place()
    name: str
    headers_logged: tuple[str, ...] = ()  # lower case


class SiteAuth(Struct, frozen=True, kw_only=True, eq=False):
    """Easy Auth of a web app that serves as back end."""

    place: Place = Place()
    host: str
    client_id: str | Unknown
    requires_login: bool | Unknown
    issuer: str | Unknown
    accepted_audiences: Values
    accepted_clients: Values
    in_file: bool  # the settings stand in a file of the site, not in Azure
    enabled: bool | Unknown = True  # Easy Auth is on, with Entra ID as provider
    issuer_form: MetadataForm | Unknown = "no address"  # of the metadata that belongs to the issuer
    accepted_issuers: Values = NONE  # by what is known of the issuer's form; everything when it compares none
    apps: tuple[AppMatch | Unknown, ...] = ()  # that its client id and its allowed audiences name


class Backend(Struct, frozen=True, kw_only=True, eq=False):
    """A back end: an entity of that kind, or a bare URL."""

    place: Place = Place()
    name: str  # "" = no entity
    host: str | Unknown
    scheme: str | Unknown
    credentials: tuple[str, ...] | Unknown = ()  # kinds its entity adds: 'header:x-functions-key', 'certificate' ...
    stands: HostStands | Unknown = ""  # whose its host is
    private_host: bool | Unknown = False  # an address of a private network, or a name that only such a network knows
    sites: tuple[SiteAuth | Unknown, ...] = ()  # none or one
