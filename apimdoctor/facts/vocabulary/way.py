"""The subjects of a request's way: routes, the checks they pass, the ways around them, and the calls to back ends."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from apimdoctor.facts.values import NONE, Unknown, Values
from apimdoctor.facts.vocabulary.base import Place
from apimdoctor.facts.vocabulary.check import TokenCheck
from apimdoctor.facts.vocabulary.entra import AppMatch
from apimdoctor.facts.vocabulary.gateway import Api, Backend, Operation, Product, SiteAuth
from apimdoctor.facts.vocabulary.policy import Condition, IdentityChange, PolicyScope, Section, Step

Context = Literal["no key", "open product", "product key", "API key", "all-APIs key"]
ControlName = Literal["client certificate", "address filter", "manual token test", "shared secret header", "key"]


class Passage(Struct, frozen=True, kw_only=True, eq=False):
    """A token check as it is met on a route."""

    place: Place = Place()
    check: TokenCheck
    on: Literal["every path", "some paths"]
    token_written_by: tuple[IdentityChange | Unknown, ...] = ()
    """The last writers of what it reads, on some path; none = the caller's own token."""
    caller_token_reaches: bool | Unknown  # on some path it reads the caller's own token
    before: tuple[Step | Unknown, ...] = ()  # steps that may run before any token check of the caller's token
    later: tuple[TokenCheck | Unknown, ...] = ()  # checks of the same token further down the same path
    certificates_asked: tuple[Step, ...] = ()
    """Steps of narrower scopes that, on every path, refuse callers without a client certificate."""


class UncheckedPath(Struct, frozen=True, kw_only=True, eq=False):
    """A way through the policy, to a back end or an answer, on which no check reads the caller's token.

    It has exactly one `why`, so that one hole is one finding. Precedence when several hold: answer, cache > base >
    condition > overwritten (a check runs and reads something else than the caller's token) > other context > section >
    no check.
    """

    place: Place = Place()
    ends: Literal["back end", "answer", "refusal", "cached answer", "nothing"]
    why: Literal["no check", "other context", "overwritten", "base", "condition", "answer", "cache", "section"]
    constant_answer: bool  # everybody is answered the same: nothing in it draws on the call
    missed: tuple[TokenCheck, ...] = ()  # the checks that would have run
    base: tuple[Section, ...] = ()  # why = base: the section that leaves it out
    conditions: tuple[Condition, ...] = ()  # why = condition; else those under which this way is taken
    steps: tuple[Step, ...] = ()  # why = answer, cache: the step
    checked_in: tuple[str, ...] = ()  # why = other context: the products whose key meets the check
    misread: tuple[TokenCheck, ...] = ()  # checks that run on it and read something else than the caller's token
    subject_to: tuple[ControlName, ...] = ()  # other controls on it


class DroppedSteps(Struct, frozen=True, kw_only=True, eq=False):
    """A section without base, with the inherited steps that therefore do not run."""

    place: Place = Place()
    section: Section
    steps: tuple[Step, ...] = ()
    instead: tuple[str, ...] | Unknown = ()  # names of the elements that run on the same way


class Replacement(Struct, frozen=True, kw_only=True, eq=False):
    """A step that overwrites the gateway's own credential, which another step of the same policy put there unused."""

    place: Place = Place()
    first: Step
    second: Step


class ResourceMetadata(Struct, frozen=True, kw_only=True, eq=False):
    """What a policy answers to clients that ask how to get a token (RFC 9728, MCP)."""

    place: Place = Place()
    scopes_supported: Values  # as written
    scope_names: Values  # what follows the resource in them, .default left aside
    authorization_servers: Values
    tenant_ids: Values  # of their tenants
    apps: tuple[AppMatch | Unknown, ...] = ()  # named by the resource in the scopes


class Cors(Struct, frozen=True, kw_only=True, eq=False):
    """A cors element of a route, as a preflight meets it."""

    place: Place = Place()
    scope: PolicyScope
    position: int  # 1 = first among the cors elements of the effective inbound
    direct_child: bool  # not inside choose or a fragment
    checks_above: tuple[TokenCheck, ...] = ()  # those that run before it
    origins: Values
    allowed_headers: Values  # lower case
    allowed_methods: Values  # upper case; GET, HEAD and POST always, for which browsers ask no leave
    credentials: bool | Unknown
    terminates_unmatched: bool | Unknown


class VariableRead(Struct, frozen=True, kw_only=True, eq=False):
    """A read of a context variable, with who set it before."""

    place: Place = Place()
    name: str
    step: Step
    set_before: Literal["on every path", "on some paths", "never"]
    cast: str  # the type it is turned into without a default, 'Jwt', 'string' ...; "" = none is written
    asked_for: bool  # a step of the route asks whether it is set (ContainsKey)


class Arrival(Struct, frozen=True, kw_only=True, eq=False):
    """A token that a back end with Easy Auth gets on some way: the caller's own, or the gateway's."""

    place: Place = Place()  # of the token check it passed, or of the step that got it
    site: SiteAuth
    element: str
    brought_by: Literal["caller", "gateway"]
    meant_for: str  # the app registration's name, or the resource as written
    named_by_site: bool | Unknown  # the site's settings name that app registration
    issuers: Values
    issuers_of_other_version: Values
    audiences: Values
    clients: Values  # client ids in it; everything when the token check restricts none


class Hop(Struct, frozen=True, kw_only=True, eq=False):
    """A call from the gateway to a back end, on some path of a route."""

    place: Place = Place()
    backend: Backend
    host: str | Unknown
    identity: tuple[IdentityChange | Unknown, ...] = ()  # none = the caller's own token, if any
    caller_token_travels: bool | Unknown
    caller_checked: Literal["always", "sometimes", "never"] | Unknown
    caller_checks: tuple[TokenCheck, ...] = ()  # that run before it on every path
    arrivals: tuple[Arrival | Unknown, ...] = ()  # where Easy Auth stands before the back end


class Route(Struct, frozen=True, kw_only=True, eq=False):
    """One operation of an online revision, called in one request context."""

    place: Place = Place()
    name: str  # 'GET /orders/{id}'
    api: Api
    operation: Operation
    context: Context
    product: str
    products: tuple[Product, ...] = ()  # none or one: the product whose policy applies
    tools_checked_by: tuple[TokenCheck, ...] = ()  # for an MCP server: checks of the API that its tools call
    key_holders: Values  # active subscriptions that give this context; the built-in all-access key is not one of them
    only_built_in_key: bool = False
    """The API is in a product, and nobody has a key that goes past the products, but for the built-in one; false where
    the subscriptions were not all read."""
    subject_to: tuple[ControlName, ...] | Unknown = ()  # other controls on every path that no token check covers
    protection_signs: tuple[Literal["console server", "checked sibling", "gateway identity"], ...] | Unknown = ()
    """What shows that a check was meant here: a console server on the API, a token check on another of its operations,
    or the gateway's own identity towards the back end."""
    passages: tuple[Passage | Unknown, ...] = ()
    unchecked: tuple[UncheckedPath | Unknown, ...] = ()
    check_ids: Values  # the token checks met on every path, named by what they accept, not by where they stand
    check_ids_in_current: Values  # the same, for this operation and context in the current revision
    restricted: Values = NONE  # what the checks on every path restrict: 'audience', 'role' ...
    restricted_in_current: Values = NONE
    browser_callers: Values = NONE  # consoles and single-page clients, where a token check names their API
    reaches_back_end: bool = True  # on some path
    hops: tuple[Hop | Unknown, ...] = ()
    cors: tuple[Cors | Unknown, ...] = ()
    steps: tuple[Step, ...] = ()  # every step that may run, in order
    identity_changes: tuple[IdentityChange, ...] = ()  # on the main request, in order
    resource_metadata: tuple[ResourceMetadata | Unknown, ...] = ()
    replaced: tuple[Replacement | Unknown, ...] = ()
    dropped: tuple[DroppedSteps, ...] = ()
    unforwarded: tuple[Section | Unknown, ...] = ()  # backend sections that leave the inherited forward-request out
    errors_hidden: tuple[Step | Unknown, ...] = ()  # on-error steps that turn a refusal into success
    variable_reads: tuple[VariableRead | Unknown, ...] = ()
