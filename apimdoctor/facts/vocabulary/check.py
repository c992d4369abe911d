"""The subjects of a token check: what validate-jwt and validate-azure-ad-token accept, whoever reaches them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from apimdoctor.entra import issuers, metadata
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary.base import Place
from apimdoctor.facts.vocabulary.entra import AppMatch
from apimdoctor.facts.vocabulary.policy import PolicyScope, PolicySection

MetadataForm = metadata.Form
EntryForm = Literal[issuers.Form, "app id", "identifier uri", "object id", "Microsoft API", "other"]
"""Forms of issuers, then of audiences and client ids."""
FoundAs = Literal["app registration", "service principal", "Microsoft API", "nothing"]
Restriction = Literal["issuer", "tenant", "audience", "client", "scope", "role", "subject", "claim"]


class RequiredClaim(Struct, frozen=True, kw_only=True, eq=False):
    """A claim that a token check demands (required-claims)."""

    place: Place = Place()
    name: str | Unknown
    values: Values
    count: int | Unknown  # how many values are written
    asks_for: Literal["all", "any"] | Unknown  # of the values
    separator: str | Unknown  # "" = the whole claim is one value
    in_token: Literal["one string", "spaced string", "list"] | Unknown  # how Entra ID writes the claim
    several: bool | Unknown  # at least two different values are written
    values_with_separator: Values  # values that hold the separator, at which the claim is split before it is compared


class Metadata(Struct, frozen=True, kw_only=True, eq=False):
    """One openid-config URL, and the issuer its document states (read, or known from the URL's form)."""

    place: Place = Place()
    url: str | Unknown
    host: str | Unknown
    form: MetadataForm | Unknown
    clouds: Values  # public, usgov, china, germany; empty = no host of Entra ID
    tenant: str | Unknown  # its id when it can be known, else as the URL names it; "" = names none
    host_deprecated: bool | Unknown  # an older name of a sign-in host
    issuers: Values
    scheme: str | Unknown  # 'https', 'http'; "" = none is written
    resembles: (
        str | Unknown
    )  # the host of Entra ID that `host` is but for a letter or two; "" = it is one, or like none
    tenant_kind: Literal["workforce", "b2c", "external id", ""] | Unknown  # "" = nobody told


class KeySource(Struct, frozen=True, kw_only=True, eq=False):
    """Where a token check takes its keys from."""

    place: Place = Place()
    kind: Literal["metadata", "symmetric", "certificate", "rsa"]  # the text of a key is always taken as symmetric
    content: Literal["key", "certificate or public key", "address", ""] | Unknown  # of that text
    text: str | Unknown


class Entry(Struct, frozen=True, kw_only=True, eq=False):
    """One written issuer, audience or client id, for rules about spelling."""

    place: Place = Place()
    text: str | Unknown
    only_one: bool | Unknown  # no other value of its kind is accepted (the metadata's issuer counted)
    tenant: str | Unknown  # issuers: tenant id in it; "" = names none
    clouds: Values  # issuers: those it may belong to (two for sts.windows.net); empty = no host of Entra ID
    issued: bool | Unknown  # issuers: tokens exist that carry exactly this text (other providers': not told)
    meant: str | Unknown  # issuers that are never issued: the one that was probably meant, "" when nobody can say
    served_here: bool | Unknown  # audiences of Microsoft APIs: the caller's token travels on to a host of that API
    unverifiable: bool | Unknown  # audiences of Microsoft APIs whose tokens nobody else can verify
    form: EntryForm | Unknown
    found_as: FoundAs | Unknown
    names: str | Unknown  # display name of what was found; "" = nothing was
    differs_in: Literal["letter case", "final slash", "scheme", ""] | Unknown  # audiences: from the name it stands for


class WrittenExpression(Struct, frozen=True, kw_only=True, eq=False):
    """A policy expression in a token check, at a place where no source, or not every source, allows one."""

    place: Place = Place()
    where: str  # 'client-application-ids', 'openid-config url' ...
    allowed: Literal["no", "not stated", "sources differ"]
    text: str


class TokenCheck(Struct, frozen=True, kw_only=True, eq=False):
    """A validate-jwt or validate-azure-ad-token element: the tokens it accepts, whoever reaches it."""

    place: Place = Place()
    element: Literal["validate-jwt", "validate-azure-ad-token"]
    scope: PolicyScope
    section: PolicySection
    token_from: str | Unknown  # 'header:authorization', 'query:token', 'variable:jwt'; "" = no source is written
    sources: tuple[str, ...] = ()  # the attributes that name a source, e.g. 'header-name'
    provider: Literal["Entra ID", "other"] | Unknown
    restricts: tuple[Restriction, ...] | Unknown = ()
    tested_later: tuple[Restriction, ...] | Unknown = ()  # what conditions test of its token afterwards, on every route
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
    app_tenants: Values  # their tenants, likewise
    # as written
    audiences: Values
    aud_claim: Values
    claims: tuple[RequiredClaim, ...] = ()
    issuer_entries: tuple[Entry, ...] = ()
    audience_entries: tuple[Entry, ...] = ()
    client_entries: tuple[Entry, ...] = ()
    children: tuple[str, ...] = ()  # names of its child elements in order
    out_of_order: tuple[str, ...] = ()  # those that stand after one before which the policy schema puts them
    token_called: Literal["refresh token", "ID token", ""] | Unknown = (
        ""  # by the name of the variable or member it reads
    )
    apps: tuple[AppMatch | Unknown, ...] = ()
    expressions: tuple[WrittenExpression, ...] = ()  # at places that are not known to take one
