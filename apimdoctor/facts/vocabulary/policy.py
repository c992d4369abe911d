"""The subjects of policy text: documents, sections, steps, conditions, identity changes and what they refer to."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary.base import HostStands, Place
from apimdoctor.facts.vocabulary.entra import AppMatch

PolicyScope = Literal["global", "workspace", "product", "api", "operation", "fragment", "resolver", ""]
"""`fragment` only where no includer is known, `resolver` for GraphQL resolvers, "" when nobody told the scope."""
PolicySection = Literal["inbound", "backend", "outbound", "on-error", ""]


class Condition(Struct, frozen=True, kw_only=True, eq=False):
    """A condition that guards part of a policy."""

    place: Place = Place()
    text: str
    constant: Literal["true", "false", ""] | Unknown  # "" when it depends on the request
    reads: tuple[str, ...] = ()  # 'header:x-debug', 'variable:isAdmin', 'product', 'method' ...
    from_caller: tuple[str, ...] | Unknown = ()  # those of `reads` that the caller chooses
    never_set: tuple[str, ...] | Unknown = ()  # variables it reads that no earlier step sets


class Step(Struct, frozen=True, kw_only=True, eq=False):
    """A policy element that runs, with what the element table says of it."""

    place: Place = Place()
    element: str
    scope: PolicyScope
    section: PolicySection
    role: Literal["identity", "answer", "cache", "counter", "log", "call", "route", "control", "check", "other"]
    writes: Values  # 'header:authorization', 'variable:token' ... of the main request
    answers_as: Literal["refusal", "answer", ""] | Unknown  # "" = does not end the request
    serves_authorized_requests: bool | Unknown  # a cache that answers requests with an Authorization header
    counts_by: (
        tuple[
            Literal["caller header", "caller token", "checked token", "address", "subscription", "constant", "request"],
            ...,
        ]
        | Unknown
    ) = ()  # origins of a counter key
    sends_to: Literal["log", "back end", "other host", ""]
    host: str | Unknown  # a literal host it calls
    varies_by: Values  # of a cache: headers, query parameters, "developer"
    from_caller: tuple[str, ...] | Unknown = ()  # caller data its target is made from
    claims_read: tuple[str, ...] | Unknown = ()  # claims it reads from a token it parses itself
    before_base: bool = False  # it stands above the <base /> of its section
    parses_token: bool | Unknown = False  # its expressions parse a token themselves, which verifies nothing
    tokens_sent: Values  # 'header:authorization', 'variable:msi' ... among what it sends
    stands: HostStands | Unknown = ""  # whose the host it calls is


class IdentityChange(Struct, frozen=True, kw_only=True, eq=False):
    """A step that puts the gateway's own credential where a caller's token was, and the token it gets."""

    place: Place = Place()
    element: str
    scope: PolicyScope
    writes: Values
    kind: Literal["managed identity", "basic", "header", "removed", "caller token"] | Unknown
    """`caller token`: the caller's own, moved from another place."""
    resource: str | Unknown  # as written
    resource_is: Literal["app registration", "Azure service", "nothing found", ""] | Unknown  # "" = names no resource
    client_id: str | Unknown  # "" = the system-assigned identity
    client_ids: Values  # client ids of the service's identities that fit it
    ignores_failure: bool | Unknown  # ignore-error: the request goes on without the new credential
    issuers: Values  # of the token it gets
    audiences: Values
    apps: tuple[AppMatch | Unknown, ...] = ()


class Section(Struct, frozen=True, kw_only=True, eq=False):
    """One section of one policy document."""

    place: Place = Place()
    name: PolicySection
    document: str
    scope: PolicyScope
    has_base: bool
    written: bool = True  # the section element is there


class PolicyDocument(Struct, frozen=True, kw_only=True, eq=False):
    """The policy text of one scope."""

    place: Place = Place()
    scope: PolicyScope
    readable: bool
    reason: str  # why it is not
    refused: bool = False  # its text was there, and is no policy
    sections: tuple[Section, ...] = ()


class Reference(Struct, frozen=True, kw_only=True, eq=False):
    """A name in a policy: fragment, named value, certificate, back end."""

    place: Place = Place()
    kind: Literal["fragment", "named value", "certificate", "backend"]
    name: str
    found: bool | Unknown  # "no" only where the whole collection was read


class WrittenText(Struct, frozen=True, kw_only=True, eq=False):
    """A literal that stands where a credential may stand."""

    place: Place = Place()
    where: str  # 'set-header Authorization', 'authentication-basic password', 'check-header value' ...
    form: Literal["key", "certificate", "password", "token", "basic credential", "signature", "secret", "random text"]
    """By the place it stands in, its name or its form; `random text`: nothing but letters that nobody chose."""


class Failure(Struct, frozen=True, kw_only=True, eq=False):
    """An error that an expression raises on some requests; callers then get 500."""

    place: Place = Place()
    on: Literal["line breaks", "base64url text", "text not found", "missing header", "missing claim"]
    text: str  # of the expression
    reads: str  # what holds it: 'header:x', 'claim:x', 'lasterror.message' ...


class PolicyExpression(Struct, frozen=True, kw_only=True, eq=False):
    """An expression as written, named values in place."""

    place: Place = Place()  # of the element it stands in
    element: str
    text: str
    faults: tuple[str, ...] | Unknown = ()  # why C# or the gateway refuses it, in words
    failures: tuple[Failure | Unknown, ...] = ()


class PolicyElement(Struct, frozen=True, kw_only=True, eq=False):
    """An element as written, for rules about where it may stand (files only: a live service has refused these)."""

    place: Place = Place()
    name: str
    scope: PolicyScope
    section: PolicySection
    scopes_allowed: Values
    sections_allowed: Values


class Fragment(Struct, frozen=True, kw_only=True, eq=False):
    """A policy fragment, with the token checks it holds (each of these is among `Facts.token_checks`)."""

    place: Place = Place()
    name: str
    check_elements: tuple[str, ...] | Unknown = ()  # names of the token check elements in it
    used: bool | Unknown


class Waiver(Struct, frozen=True, kw_only=True, eq=False):
    """A comment in a policy file that waives a rule for the element it stands before: `apimdoctor: ignore RULE reason`."""

    place: Place = Place()  # of the comment
    rule: str
    reason: str
    covers: Place  # the element it stands before; its end is the element's end
