"""API Management as read: services, workspaces, APIs, operations, products and the policy texts on each of them.

Three words for what is not there: `None` or "" means the source says it is not set; a name in `unread` means the source
did not tell, so nothing may be concluded from it; and a collection is complete only when `whole` names it.
"""

from msgspec import Struct, field

from apimdoctor.snapshot.origin import Origin


class PolicyText(Struct, frozen=True, kw_only=True):
    """The text of a policy document or fragment, redacted. `unread` gives the reason when it could not be read."""

    text: str = ""
    format: str = "rawxml"
    """`xml` (expressions entity-escaped), `rawxml` (as typed) or "" when the source does not say."""
    origin: Origin = Origin()
    unread: str = ""


class Operation(Struct, frozen=True, kw_only=True):
    """One operation of an API. `policy` None: it has no policy document, so it is transparent."""

    name: str
    display_name: str = ""
    method: str = ""
    url_template: str = ""
    policy: PolicyText | None = None
    origin: Origin = Origin()
    unread: tuple[str, ...] = ()
    """Of `method`, `url_template`, `policy`: what the source did not tell."""


class Resolver(Struct, frozen=True, kw_only=True):
    """A GraphQL resolver: its policy inherits nothing (docs: howto-policies)."""

    name: str
    path: str = ""
    policy: PolicyText | None = None
    origin: Origin = Origin()


class ApiAuthentication(Struct, frozen=True, kw_only=True):
    """A console server that an API names in authenticationSettings: it feeds the console and enforces nothing."""

    kind: str
    """`oauth2` or `openid`."""
    server: str
    scope: str = ""


class Api(Struct, frozen=True, kw_only=True):
    """One revision of one API. `name` is the resource name without `;rev=N`."""

    name: str
    display_name: str = ""
    path: str = ""
    protocols: tuple[str, ...] = ()
    kind: str = "http"
    """apiType as the source says it (http, soap, websocket, graphql, odata, grpc, mcp, a2a ...): an open list."""
    revision: str = "1"
    is_current: bool = True
    is_online: bool = True
    version: str = ""
    version_set: str = ""
    version_scheme: str = ""
    subscription_required: bool | None = None
    """None: the source does not say."""
    key_header: str = ""
    key_query: str = ""
    authentication: tuple[ApiAuthentication, ...] = ()
    service_url: str = ""
    mcp_backend_api: str = ""
    """For an MCP server made of an API's operations: that API's name."""
    policy: PolicyText | None = None
    operations: tuple[Operation, ...] = ()
    resolvers: tuple[Resolver, ...] = ()
    origin: Origin = Origin()
    unread: tuple[str, ...] = ()


class Product(Struct, frozen=True, kw_only=True):
    """A product with the names of the APIs it holds. `apis` is complete unless `unread` names it."""

    name: str
    display_name: str = ""
    subscription_required: bool | None = None
    approval_required: bool | None = None
    state: str = ""
    apis: tuple[str, ...] = ()
    policy: PolicyText | None = None
    origin: Origin = Origin()
    unread: tuple[str, ...] = ()


class Fragment(Struct, frozen=True, kw_only=True):
    """A policy fragment; `name` is its fragment-id."""

    name: str
    policy: PolicyText
    origin: Origin = Origin()


class NamedValue(Struct, frozen=True, kw_only=True):
    """A named value; policies refer to it by `display_name`. `value` None: secret, in Key Vault, or not read."""

    name: str
    display_name: str
    secret: bool = False
    value: str | None = None
    key_vault: str = ""
    looks_secret: bool = False
    """A plain value that the redaction masked because it has the form of a secret."""
    origin: Origin = Origin()


class Backend(Struct, frozen=True, kw_only=True):
    """A back end entity. Of its credentials only the kinds and names are kept, never a value."""

    name: str
    url: str = ""
    kind: str = "Single"
    protocol: str = ""
    credential_kinds: tuple[str, ...] = ()
    """Of: `header:NAME`, `query:NAME`, `authorization:SCHEME`, `certificate`, `managed identity`."""
    managed_identity_resource: str = ""
    pool: tuple[str, ...] = ()
    """For kind Pool: names of the members."""
    resource_id: str = ""
    origin: Origin = Origin()


class ConsoleServer(Struct, frozen=True, kw_only=True):
    """An authorization server or OpenID Connect provider of the developer console."""

    name: str
    kind: str
    """`oauth2` (authorizationServers) or `openid` (openidConnectProviders)."""
    display_name: str = ""
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    metadata_endpoint: str = ""
    default_scope: str = ""
    client_id: str = ""
    grant_types: tuple[str, ...] = ()
    token_body_parameters: tuple[tuple[str, str], ...] = ()
    used_in_test_console: bool | None = None
    origin: Origin = Origin()


class Subscription(Struct, frozen=True, kw_only=True):
    """A subscription to a product, an API or all APIs; its keys are never read."""

    name: str
    display_name: str = ""
    scope: str = ""
    """`product/NAME`, `api/NAME` or `all APIs`."""
    state: str = ""
    built_in: bool = False
    """The built-in all-access subscription."""
    origin: Origin = Origin()


class Diagnostic(Struct, frozen=True, kw_only=True):
    """Logging of a service (`api` "") or of one API: the header names it writes down."""

    name: str
    api: str = ""
    headers_logged: tuple[str, ...] = ()
    origin: Origin = Origin()


class Gateway(Struct, frozen=True, kw_only=True):
    """A self-hosted gateway with the APIs assigned to it."""

    name: str
    apis: tuple[str, ...] = ()
    origin: Origin = Origin()


class Contents(Struct, frozen=True, kw_only=True):
    """What a service and a workspace both hold. `whole` names the collections that are complete."""

    apis: tuple[Api, ...] = ()
    products: tuple[Product, ...] = ()
    fragments: tuple[Fragment, ...] = ()
    named_values: tuple[NamedValue, ...] = ()
    backends: tuple[Backend, ...] = ()
    console_servers: tuple[ConsoleServer, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    certificates: tuple[str, ...] = ()
    """Names and thumbprints of uploaded certificates."""
    whole: tuple[str, ...] = ()
    """Field names above, e.g. `named_values`, of which the source told everything."""


class Workspace(Struct, frozen=True, kw_only=True):
    """A workspace of a service."""

    name: str
    display_name: str = ""
    policy: PolicyText | None = None
    contents: Contents = field(default_factory=Contents)
    origin: Origin = Origin()


class Identity(Struct, frozen=True, kw_only=True):
    """A managed identity assigned to a service. `client_id` "" when the source does not say: then Entra knows it."""

    kind: str
    """`system` or `user`."""
    principal_id: str = ""
    client_id: str = ""
    resource_id: str = ""


class Service(Struct, frozen=True, kw_only=True):
    """An API Management service, or one tree of files that describes one."""

    id: str
    """ARM resource id, or `file:` and the folder for trees without one."""
    name: str
    location: str = ""
    sku: str = ""
    tenant_id: str = ""
    """Tenant of its identity or of the resource; "" unknown."""
    gateway_url: str = ""
    identities: tuple[Identity, ...] | None = None
    """None: the source does not say; () means it has none."""
    policy: PolicyText | None = None
    workspaces: tuple[Workspace, ...] = ()
    contents: Contents = field(default_factory=Contents)
    scopes_known: bool = True
    """False for bare policy files whose place in a service nobody told: only rules without scope may speak."""
    direct_management: bool | None = None
    origin: Origin = Origin()
    unread: tuple[str, ...] = ()
    """Field names the source did not tell, e.g. `policy`, `workspaces`."""
