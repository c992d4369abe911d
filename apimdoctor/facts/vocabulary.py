"""The only vocabulary that rules see: what was read, and what Entra ID and the gateway will do with it.

Three conventions carry the whole design:
* "" and [] mean "not written". There is no null.
* ``Unknown`` stands where a hint allows it, in place of a field or of a list item. Rules never mention it: touching one makes
  the rule "not assessed", unless the rest of the condition decides alone (true || unknown is true, false && unknown is false).
  A list of strings has no unknown items: it is unknown as a whole, or it is a Values.
* A fact sits on the narrowest subject that determines it (an accepted issuer on the token check, the token it meets on
  the passage), so that a fault judged there is judged once, however many operations pass it.
Lists of subjects only point downwards: a cycle through lists cannot be shown to CEL.
"""

from __future__ import annotations

from dataclasses import dataclass

from apimdoctor.facts.values import Unknown, Values

fact = dataclass(frozen=True, kw_only=True, eq=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a subject stands, in the terms of a report. `path` is the part of the fingerprint that names the element."""

    resource: str = ""
    document: str = ""
    line: int = 0
    column: int = 0
    service: str = ""
    workspace: str = ""
    product: str = ""
    api: str = ""
    revision: str = ""
    operation: str = ""
    section: str = ""
    app: str = ""
    path: str = ""  # 'inbound/choose[1]/when[2]/validate-jwt[1]', 'api/oauth2PermissionScopes[2]'
    file: bool = False  # `document` is a file that a person edits
    start: int = -1  # offsets in the document's text, for showing the lines; -1 = none
    end: int = -1


# ---------------------------------------------------------------- Entra ID
@fact
class Tenant:
    place: Place = Place()
    id: str
    kind: str  # workforce | b2c | external-id
    cloud: str
    domains: Values


@fact
class Credential:
    place: Place = Place()
    kind: str  # secret | certificate
    name: str
    days_left: int  # counted from the snapshot's collected_at, never from today


@fact
class RedirectUri:
    place: Place = Place()
    uri: str
    kind: str  # web | spa | public client


@fact
class Scope:
    place: Place = Place()
    value: str
    enabled: bool


@fact
class Role:
    """A role that an app registration defines, with who holds it in this tenant."""

    place: Place = Place()
    value: str
    enabled: bool
    for_applications: bool
    for_users: bool
    holders: Values  # display names of service principals, users and groups


@fact
class PreauthorizedClient:
    place: Place = Place()
    client_id: str
    found_as: str | Unknown  # app registration | service principal | Microsoft client | nothing
    scope_values: Values


@fact
class ServicePrincipal:
    place: Place = Place()
    id: str
    app_id: str
    display_name: str
    kind: str  # Application | ManagedIdentity | ServiceIdentity
    enabled: bool | Unknown
    assignment_required: bool | Unknown
    owner_tenant: str
    role_values: Values  # "resource/role" it holds


@fact
class Grant:
    place: Place = Place()
    client: ServicePrincipal
    resource: ServicePrincipal
    scope_values: Values
    for_everyone: bool


@fact
class App:
    """An app registration that takes part in a token path, and the access tokens Entra ID issues for it."""

    place: Place = Place()
    app_id: str
    object_id: str
    tenant_id: str
    display_name: str
    sign_in_audience: str | Unknown
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
    service_principals: tuple[ServicePrincipal, ...] = ()  # none or one
    credentials: tuple[Credential, ...] = ()
    redirect_uris: tuple[RedirectUri, ...] = ()
    owners: Values
    mapped_claims_accepted: bool | Unknown
    implicit_access_tokens: bool | Unknown
    encryption_key: bool | Unknown
    serves: Values  # API Management services whose checks name it


@fact
class AppMatch:
    """An app registration named by a string in a policy. Less than certain: the finding becomes a warning that says the doubt."""

    place: Place = Place()
    app: App
    named_by: str  # the audience, resource or client id as written
    certainty: str  # certain | likely | possible
    doubt: str  # "" when certain


# ---------------------------------------------------------------- policy text
@fact
class Condition:
    place: Place = Place()
    text: str
    constant: str | Unknown  # 'true', 'false', "" when it depends on the request
    reads: tuple[str, ...] = ()  # 'header:X-Debug', 'variable:isAdmin', 'product', 'method' ...
    from_caller: tuple[str, ...] | Unknown = ()  # those of `reads` that the caller chooses
    never_set: tuple[str, ...] | Unknown = ()  # variables it reads that no earlier step sets


@fact
class Step:
    """A policy element that runs, with what the element table says of it."""

    place: Place = Place()
    element: str
    scope: str  # global | workspace | product | api | operation
    section: str
    role: str  # identity | answer | cache | counter | log | call | route | control | other
    writes: Values  # 'header:Authorization', 'variable:token' ... of the main request
    answers_as: str | Unknown  # refusal | answer | "" (does not end the request)
    serves_authorized_requests: bool | Unknown  # a cache that answers requests with an Authorization header
    counts_by: (
        tuple[str, ...] | Unknown
    ) = ()  # origins of a counter key: caller header | caller token | checked token | address | subscription | constant
    sends_to: str  # log | back end | other host | ""
    host: str | Unknown  # a literal host it calls
    varies_by: Values  # of a cache: headers and query parameters
    from_caller: tuple[str, ...] | Unknown = ()  # caller data its target is made from
    claims_read: tuple[str, ...] | Unknown = ()  # claims it reads from a token it parses itself
    tokens_sent: Values  # 'header:Authorization', 'variable:msi' ... among what it sends


@fact
class IdentityChange:
    """A step that puts the gateway's own credential where a caller's token was, and the token it gets."""

    place: Place = Place()
    element: str
    scope: str
    writes: Values
    kind: str | Unknown  # managed identity | basic | header | removed | caller token (moved from another header)
    resource: str | Unknown  # as written
    resource_is: str | Unknown  # app registration | Azure service | nothing found
    client_id: str | Unknown  # "" = the system-assigned identity
    client_ids: Values  # client ids of the service's identities that fit it
    issuers: Values  # of the token it gets
    audiences: Values
    apps: tuple[AppMatch | Unknown, ...] = ()


@fact
class RequiredClaim:
    place: Place = Place()
    name: str | Unknown
    values: Values
    count: int | Unknown  # how many values are written
    asks_for: str  # all | any (of the values)
    separator: str | Unknown  # "" = the whole claim is one value
    in_token: str | Unknown  # one string | spaced string | list (how Entra ID writes the claim)


@fact
class Metadata:
    """One openid-config URL, and the issuer its document states (read, or known from the URL's form)."""

    place: Place = Place()
    url: str | Unknown
    host: str | Unknown
    form: (
        str | Unknown
    )  # v1 | v2 | common | b2c | b2c without flow | external id | swapped | no well-known suffix | other
    tenant: str | Unknown
    issuers: Values


@fact
class KeySource:
    place: Place = Place()
    kind: str  # metadata | symmetric | certificate | rsa | url
    text: str | Unknown


@fact
class Entry:
    """One written issuer, audience or client id, for rules about spelling."""

    place: Place = Place()
    text: str | Unknown
    only_one: bool | Unknown  # no other value of its kind is accepted (metadata's issuer counted)
    tenant: str | Unknown  # issuers: tenant id in it; "" = names none
    cloud: str | Unknown  # issuers: public | us government | china | germany | ""
    served_here: bool | Unknown  # audiences of Microsoft APIs: the caller's token travels on to a host of that API
    form: str | Unknown  # v1 issuer | v2 issuer | sts without slash | app id | object id | Microsoft API | ...
    found_as: str | Unknown  # app registration | service principal | Microsoft API | nothing


@fact
class TokenCheck:
    """A validate-jwt or validate-azure-ad-token element: the tokens it accepts, whoever reaches it."""

    place: Place = Place()
    element: str
    scope: str
    section: str
    token_from: str | Unknown  # 'header:Authorization', 'query:token', 'variable:jwt'
    provider: str | Unknown  # Entra ID | other
    restricts: tuple[str, ...] = ()  # of: issuer tenant audience client scope role subject claim
    tested_later: (
        tuple[str, ...] | Unknown
    ) = ()  # the same words: what conditions test of its token afterwards, on every route
    # accepted tokens; "all" when nothing restricts them
    accepted_issuers: Values  # issuers of the metadata and of <issuers>, together
    accepted_tenants: Values
    accepted_audiences: Values  # in <audiences> and, when it is required, in the aud claim
    accepted_clients: Values
    # settings, defaults applied
    requires_expiry: bool | Unknown
    requires_signature: bool | Unknown
    clock_skew_seconds: int | Unknown
    scheme: str | Unknown  # "" = any
    output_variable: str
    metadata: tuple[Metadata, ...] = ()
    key_sources: tuple[KeySource, ...] = ()
    metadata_tenants: Values  # tenants whose keys it trusts
    app_issuers: Values  # of all app registrations it names; open when one could not be named
    # as written
    audiences: Values
    aud_claim: Values
    claims: tuple[RequiredClaim, ...] = ()
    issuer_entries: tuple[Entry, ...] = ()
    audience_entries: tuple[Entry, ...] = ()
    client_entries: tuple[Entry, ...] = ()
    apps: tuple[AppMatch | Unknown, ...] = ()


# ---------------------------------------------------------------- API Management
@fact
class Service:
    place: Place = Place()
    name: str
    sku: str
    tenant_id: str
    identity_client_ids: Values  # client ids of its managed identities


@fact
class ConsoleScope:
    place: Place = Place()
    text: str
    token_for: str | Unknown  # app registration | Microsoft Graph | OpenID only | nothing found


@fact
class ConsoleServer:
    """An authorization server or OpenID provider of the developer console: it asks for tokens, it protects nothing."""

    place: Place = Place()
    name: str
    client_id: str
    scopes: tuple[ConsoleScope, ...] = ()


@fact
class Api:
    place: Place = Place()
    name: str
    display_name: str
    kind: str
    revision: str
    is_current: bool
    key_required: bool | Unknown
    console_servers: tuple[ConsoleServer, ...] = ()


@fact
class Operation:
    place: Place = Place()
    name: str
    method: str
    template: str


@fact
class Product:
    place: Place = Place()
    name: str
    key_required: bool
    state: str


@fact
class Subscription:
    place: Place = Place()
    name: str
    scope: str  # product | api | all APIs
    state: str


@fact
class Section:
    """One section of one policy document."""

    place: Place = Place()
    name: str
    document: str
    has_base: bool


@fact
class PolicyDocument:
    place: Place = Place()
    scope: str
    readable: bool
    sections: tuple[Section, ...] = ()


@fact
class Reference:
    """A name in a policy: fragment, named value, certificate, backend."""

    place: Place = Place()
    kind: str
    name: str
    found: bool | Unknown


@fact
class WrittenText:
    """A literal that stands where a credential may stand."""

    place: Place = Place()
    where: str  # 'set-header Authorization', 'authentication-basic password', 'check-header value' ...
    form: str | Unknown  # key | basic credential | token | connection string | other


@fact
class PolicyElement:
    """An element as written, for rules about where it may stand (files only: a live service has refused these)."""

    place: Place = Place()
    name: str
    scope: str
    section: str
    scopes_allowed: Values
    sections_allowed: Values


@fact
class NamedValue:
    place: Place = Place()
    name: str
    secret: bool
    used: bool


@fact
class Fragment:
    place: Place = Place()
    name: str
    checks: tuple[TokenCheck, ...] = ()


@fact
class SiteAuth:
    """Easy Auth of a web app that serves as back end."""

    place: Place = Place()
    host: str
    client_id: str
    requires_login: bool | Unknown
    accepted_audiences: Values
    accepted_clients: Values


@fact
class Backend:
    place: Place = Place()
    host: str | Unknown
    sites: tuple[SiteAuth, ...] = ()  # none or one


# ---------------------------------------------------------------- the way of a request
@fact
class Passage:
    """A token check as it is met on a route."""

    place: Place = Place()
    check: TokenCheck
    on: str  # every path | some paths
    token_written_by: tuple[
        IdentityChange | Unknown, ...
    ] = ()  # the last writers of what it reads, on some path; none = the caller's own token
    before: tuple[Step | Unknown, ...] = ()  # steps that may run before any token check of the caller's token
    later: tuple[TokenCheck | Unknown, ...] = ()  # checks of the same token further down the same path


@fact
class UncheckedPath:
    """A way through the policy, to a back end or an answer, on which no check reads the caller's token."""

    place: Place = Place()
    ends: str  # back end | answer | refusal | cached answer
    why: str  # no check | other context | base | condition | answer | cache | section
    missed: tuple[TokenCheck, ...] = ()  # the checks that would have run
    base: tuple[Section, ...] = ()  # why = base: the section that leaves it out
    conditions: tuple[Condition, ...] = ()  # why = condition
    steps: tuple[Step, ...] = ()  # why = answer, cache: the step
    checked_in: tuple[str, ...] = ()  # why = other context: the products whose key meets the check


@fact
class Cors:
    """A cors element of a route, as a preflight meets it."""

    place: Place = Place()
    position: int  # 1 = first among the cors elements of the effective inbound
    direct_child: bool  # not inside choose or a fragment
    steps_above: int
    origins: Values
    credentials: bool | Unknown


@fact
class Hop:
    """A call from the gateway to a back end, on some path of a route."""

    place: Place = Place()
    backend: Backend
    host: str | Unknown
    identity: tuple[IdentityChange | Unknown, ...] = ()  # none = the caller's own token, if any
    caller_checked: str | Unknown  # always | sometimes | never
    caller_checks: tuple[TokenCheck, ...] = ()  # that run before it on every path


@fact
class Route:
    """One operation of an online revision, called in one request context."""

    place: Place = Place()
    name: str  # 'GET /orders/{id}'
    api: Api
    operation: Operation
    context: str  # no key | open product | product key | API key | all-APIs key
    product: str
    key_holders: Values  # active subscriptions that give this context; the built-in all-access key is not one of them
    subject_to: (
        tuple[str, ...] | Unknown
    ) = ()  # other controls on every path: client certificate | address filter | manual token test | key
    passages: tuple[Passage | Unknown, ...] = ()
    unchecked: tuple[UncheckedPath | Unknown, ...] = ()
    check_ids: Values  # the token checks met on every path, named by what they accept, not by where they stand
    check_ids_in_current: Values  # the same, for this operation and context in the current revision
    hops: tuple[Hop | Unknown, ...] = ()
    cors: tuple[Cors | Unknown, ...] = ()


@fact
class Facts:
    """Where every `each` starts."""

    collected_at: str = ""
    tenants: tuple[Tenant, ...] = ()
    apps: tuple[App, ...] = ()
    service_principals: tuple[ServicePrincipal, ...] = ()
    grants: tuple[Grant, ...] = ()
    services: tuple[Service, ...] = ()
    apis: tuple[Api, ...] = ()
    routes: tuple[Route, ...] = ()
    token_checks: tuple[TokenCheck, ...] = ()
    steps: tuple[Step, ...] = ()
    conditions: tuple[Condition, ...] = ()
    identity_changes: tuple[IdentityChange, ...] = ()
    documents: tuple[PolicyDocument, ...] = ()
    elements: tuple[PolicyElement, ...] = ()
    references: tuple[Reference, ...] = ()
    written_texts: tuple[WrittenText, ...] = ()
    named_values: tuple[NamedValue, ...] = ()
    fragments: tuple[Fragment, ...] = ()
    backends: tuple[Backend, ...] = ()
    products: tuple[Product, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    console_servers: tuple[ConsoleServer, ...] = ()
