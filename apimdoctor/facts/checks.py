"""Token checks: which tokens a validate-jwt or validate-azure-ad-token element accepts, whoever reaches it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct, field

from apimdoctor.entra import clouds
from apimdoctor.entra.issuers import external_id_issuer
from apimdoctor.entra.known import is_guid
from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.facts import written
from apimdoctor.facts.apps import Apps
from apimdoctor.facts.documents import Policy
from apimdoctor.facts.entries import Reader
from apimdoctor.facts.phrasing import expressions, out_of_order, token_called
from apimdoctor.facts.values import ANYTHING, NONE, Unknown, Values, comparable, known, union, unread
from apimdoctor.facts.vocabulary import (
    AppMatch,
    Entry,
    KeySource,
    Metadata,
    PolicyScope,
    RequiredClaim,
    Restriction,
    TokenCheck,
)
from apimdoctor.policy.reads import reads_of
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import NamedValues, Value

CHECKS = frozenset({"validate-jwt", "validate-azure-ad-token"})
SOURCES = ("header-name", "query-parameter-name", "token-value")

_BY_CLAIM: Mapping[str, Restriction] = {
    "aud": "audience",
    "iss": "issuer",
    "tid": "tenant",
    "azp": "client",
    "appid": "client",
    "scp": "scope",
    "roles": "role",
    "oid": "subject",
    "sub": "subject",
}
_NOT_TOLD = "no audience is checked, so nothing tells for which app registration its tokens are"
_HOST = re.compile(r"https://([^/\s]+)", re.IGNORECASE)


class Afterwards(Struct, frozen=True, eq=False):
    """What all routes together say of a token check."""

    tested: "tuple[str, ...] | Unknown" = ()
    """Claims that conditions test of its token on every route, as `claim:NAME`."""
    serves: "Callable[[MicrosoftApi], bool | Unknown]" = lambda api: Unknown(
        f"no route tells whether the token travels on to {api.name}"
    )


class Checks(Struct, eq=False):
    """Makes token checks, each once for the element and the scope it runs at."""

    apps: Apps
    afterwards: Mapping[tuple[int, PolicyScope], Afterwards] = field(default_factory=dict)
    _made: dict[tuple[str, int, str], TokenCheck] = field(default_factory=dict)

    def of(self, policy: Policy, element: Element, named: NamedValues, section: str, scope: PolicyScope) -> TokenCheck:
        """The token check of an element of `policy`, at the scope that includes it."""
        key = (policy.key, id(element), scope)
        found = self._made.get(key)
        if found is None:
            after = self.afterwards.get((id(element), scope), Afterwards())
            reader = Reader(self.apps, named, policy.place, section)
            made = _Jwt if element.name == "validate-jwt" else _AzureAd
            found = self._made[key] = made(element, reader, scope, after).check()
        return found

    def all(self) -> tuple[TokenCheck, ...]:
        """Every token check made so far."""
        return tuple(self._made.values())


class _Check(Struct, eq=False):
    """What both elements have in common."""

    element: Element
    reader: Reader
    scope: PolicyScope
    after: Afterwards
    claims: tuple[RequiredClaim, ...] = ()
    claim_elements: tuple[Element, ...] = ()
    provider: "str | Unknown" = "Entra ID"
    metadata: tuple[Metadata, ...] = ()
    issuer_entries: tuple[Entry, ...] = ()

    # -- what the two elements differ in
    def read(self) -> None:
        """Fill metadata, issuer entries and provider."""

    def issuers(self) -> Values:
        """Accepted issuers, the claim iss apart."""
        raise NotImplementedError

    def tenants(self) -> Values:
        """Accepted tenants, the claims tid and iss apart."""
        raise NotImplementedError

    def metadata_tenants(self) -> Values:
        """Tenants whose keys it trusts."""
        raise NotImplementedError

    def audience_elements(self) -> list[Element]:
        """Elements whose text is an audience."""
        return _below(self.element, "audiences", "audience")

    def client_elements(self) -> list[Element]:
        """Elements whose text is a client id."""
        return []

    def keys(self) -> tuple[KeySource, ...]:
        """Where its keys come from."""
        return tuple(self.reader.keys(self.element))

    # -- what they share
    @property
    def named(self) -> NamedValues:
        """The named values around it."""
        return self.reader.named

    def attribute(self, name: str, default: str = "") -> "str | Unknown":
        """The text of an attribute."""
        return written.told(self.element.get(name), self.named, default)

    def values(self, elements: Iterable[Element]) -> Values:
        """The set of the texts of some elements."""
        return written.values_of((e.text for e in elements), self.named)

    def claim_values(self, *names: str) -> Values:
        """The values of required claims of these names; everything when none is required with a value."""
        sets = [claim.values for claim in self.claims if claim.name in names and claim.count]
        return _both(sets) if sets else ANYTHING

    def check(self) -> TokenCheck:
        """The subject."""
        self.read()
        self.claim_elements = tuple(_below(self.element, "required-claims", "claim"))
        self.claims = tuple(self.reader.claim(claim, self.provider) for claim in self.claim_elements)
        accepted_issuers = _both([self.issuers(), self.claim_values("iss")])
        accepted_tenants = self._tenants_by_claims()
        audience_elements, client_elements = self.audience_elements(), self.client_elements()
        audiences = self.values(audience_elements)
        aud_claim = self.claim_values("aud")
        accepted_audiences = _both([audiences if audience_elements else ANYTHING, aud_claim])
        clients = self.values(client_elements) if client_elements else ANYTHING
        accepted_clients = _both([clients, self.claim_values("azp", "appid")])
        hints = tuple(text for text in accepted_tenants.known if is_guid(text))
        apps = self._apps(union([audiences, NONE if aud_claim.all else aud_claim]), hints)
        return TokenCheck(
            place=self.reader.place(self.element),
            element=self.element.name,  # type: ignore[arg-type]
            scope=self.scope,
            section=self.reader.section,  # type: ignore[arg-type]
            token_from=self._token_from(),
            sources=tuple(name for name in SOURCES if self.element.attribute(name)),
            provider=self.provider,  # type: ignore[arg-type]
            restricts=self._restricts(accepted_issuers, accepted_tenants, accepted_audiences, accepted_clients),
            tested_later=_restrictions(self.after.tested),
            accepted_issuers=accepted_issuers,
            accepted_tenants=accepted_tenants,
            accepted_audiences=accepted_audiences,
            accepted_clients=accepted_clients,
            requires_expiry=written.flag(self.element.get("require-expiration-time"), self.named, default=True),
            requires_signature=written.flag(self.element.get("require-signed-tokens"), self.named, default=True),
            clock_skew_seconds=_number(self.attribute("clock-skew", "0")),
            scheme=self.attribute("require-scheme"),
            output_variable=_text(self.attribute("output-token-variable-name")),
            metadata=self.metadata,
            key_sources=self.keys(),
            metadata_tenants=self.metadata_tenants(),
            app_issuers=_of_apps(apps, lambda match: match.app.issuers),
            app_tenants=_of_apps(apps, _tenant_of_app),
            audiences=audiences,
            aud_claim=NONE if aud_claim.all else aud_claim,
            claims=self.claims,
            issuer_entries=self.issuer_entries,
            audience_entries=tuple(self._audience_entries(audience_elements, hints)),
            client_entries=tuple(self._client_entries(client_elements, hints)),
            children=tuple(child.name for child in self.element.elements),
            out_of_order=out_of_order(self.element),
            token_called=token_called(self.element.get("token-value"), self.named),
            expressions=tuple(expressions(self.element, self.named, self.reader.place)),
            apps=apps,
        )

    def _tenants_by_claims(self) -> Values:
        tid = self.claim_values("tid")
        if not tid.all:
            return tid
        iss = self.claim_values("iss")
        if not iss.all:
            return _tenants_in(self.reader.apps, iss)
        return self.tenants()

    def _token_from(self) -> "str | Unknown":
        found = [(name, value) for name in SOURCES if (value := self.element.get(name)) is not None]
        if len(found) > 1:
            return Unknown(f"it names {len(found)} sources of the token")
        if not found:
            return "header:authorization" if self.element.name == "validate-azure-ad-token" else ""
        name, value = found[0]
        text = written.told(value, self.named)
        if name == "token-value":
            return _read_from(written.settled(value, self.named))
        if isinstance(text, Unknown):
            return text
        return f"header:{text.strip().lower()}" if name == "header-name" else f"query:{text.strip()}"

    def _restricts(
        self, issuers: Values, tenants: Values, audiences: Values, clients: Values
    ) -> tuple[Restriction, ...]:
        found: list[Restriction] = []
        # A tenant is all that validate-azure-ad-token knows of issuers.
        if not issuers.all and self.element.name == "validate-jwt":
            found.append("issuer")
        if not tenants.all and self.provider == "Entra ID":
            found.append("tenant")
        if not audiences.all:
            found.append("audience")
        if not clients.all:
            found.append("client")
        found += [_restriction(claim) for claim in self.claims]
        return tuple(dict.fromkeys(found))

    def _apps(self, audiences: Values, hints: tuple[str, ...]) -> "tuple[AppMatch | Unknown, ...]":
        if self.provider == "other":
            return ()
        best: dict[int, AppMatch] = {}
        open_ends: list[Unknown] = []
        place = self.reader.place(self.element)
        for text in audiences.known:
            for match in self.reader.apps.match_audience(text, hints, place):
                if isinstance(match, Unknown):
                    open_ends.append(match)
                elif id(match.app) not in best or _surer(match, best[id(match.app)]):
                    best[id(match.app)] = match
        open_ends += [Unknown(f"the value of {written.short(symbol)} is not known") for symbol in audiences.symbols]
        if audiences == NONE:
            open_ends.append(Unknown(_NOT_TOLD))
        return (*best.values(), *dict.fromkeys(open_ends))

    def _audience_entries(self, elements: list[Element], hints: tuple[str, ...]) -> Iterable[Entry]:
        for element in elements:
            yield self.reader.audience(element, hints, self.after.serves, only_one=len(elements) == 1)
        for claim in self.claim_elements:
            if written.told(claim.get("name"), self.named) == "aud":
                values = list(claim.each("value"))
                for value in values:
                    yield self.reader.audience(value, hints, self.after.serves, only_one=len(values) == 1)

    def _client_entries(self, elements: list[Element], hints: tuple[str, ...]) -> Iterable[Entry]:
        for element in elements:
            yield self.reader.client(element, hints, only_one=len(elements) == 1)
        for claim in self.claim_elements:
            if written.told(claim.get("name"), self.named) in ("azp", "appid"):
                values = list(claim.each("value"))
                for value in values:
                    yield self.reader.client(value, hints, only_one=len(values) == 1)


class _Jwt(_Check, eq=False):
    """validate-jwt: the issuers of the metadata and of <issuers> together (apim-policies 3: official template)."""

    _listed: Sequence[Element] = ()

    def read(self) -> None:
        """Fill metadata, issuer entries and provider."""
        self.metadata = tuple(self.reader.metadata(config) for config in self.element.each("openid-config"))
        self._listed = _below(self.element, "issuers", "issuer")
        alone = len(self._listed) + len(self.metadata) == 1
        self.issuer_entries = tuple(self.reader.issuer(issuer, only_one=alone) for issuer in self._listed)
        self.provider = self._whose()

    def _whose(self) -> "str | Unknown":
        forms = [m.form for m in self.metadata]
        if any(isinstance(form, str) and form not in ("other provider", "no address") for form in forms):
            return "Entra ID"
        if any(_is_entra_host(m.host) for m in self.metadata):
            return "Entra ID"
        written_forms = [entry.form for entry in self.issuer_entries]
        if any(isinstance(form, str) and form not in ("other provider", "no address") for form in written_forms):
            return "Entra ID"
        return next((form for form in (*forms, *written_forms) if isinstance(form, Unknown)), "other")

    def issuers(self) -> Values:
        """Accepted issuers, the claim iss apart."""
        if not self.metadata and not self._listed:
            return ANYTHING
        return union([*(m.issuers for m in self.metadata), self.values(self._listed)])

    def tenants(self) -> Values:
        """Accepted tenants, the claims tid and iss apart."""
        if not self.metadata and not self._listed:
            return ANYTHING
        if self.provider == "other":
            return unread("tokens of another provider than Entra ID name no tenant")
        return union([self._metadata_tenants(listed=bool(self._listed)), *map(_tenant_of_entry, self.issuer_entries)])

    def metadata_tenants(self) -> Values:
        """Tenants whose keys it trusts."""
        return self._metadata_tenants(listed=False)

    def _metadata_tenants(self, *, listed: bool) -> Values:
        found: list[Values] = []
        for metadata in self.metadata:
            if isinstance(metadata.tenant, Unknown) or isinstance(metadata.form, Unknown):
                found.append(unread(_because(metadata.tenant, metadata.form)))
            elif metadata.form in ("common", "organizations"):
                # Its issuer is a template, which no token carries literally: beside a list of issuers the list decides.
                found.append(NONE if listed else ANYTHING)
            elif is_guid(metadata.tenant):
                found.append(known(metadata.tenant))
            elif metadata.tenant:
                found.append(unread(f"the tenant id of {metadata.tenant} is not known"))
            else:
                found.append(unread("its metadata address names no tenant"))
        return union(found)


class _AzureAd(_Check, eq=False):
    """validate-azure-ad-token: both issuers of the tenant (not configurable; apim-policies 4)."""

    _tenant: "str | Unknown" = ""

    def read(self) -> None:
        """Fill the tenant."""
        text = self.attribute("tenant-id")
        self._tenant = text if isinstance(text, Unknown) else self._tenant_id(text)

    def _tenant_id(self, text: str) -> "str | Unknown":
        """The tenant id; "" for any tenant. A GUID, a domain, or an address that holds one of them or a word."""
        host = _HOST.match(text.strip())
        bare = text.strip()
        if host:
            steps = [step for step in bare[host.end() :].split("/") if step]
            bare = steps[0] if steps else ""
        if not bare:
            return Unknown("tenant-id is empty")
        return self.reader.apps.tenant_of(bare)

    def tenants(self) -> Values:
        """Accepted tenants, the claims tid and iss apart."""
        if isinstance(self._tenant, Unknown):
            return Values(rest=self._tenant.because)
        return known(self._tenant) if self._tenant else ANYTHING

    def metadata_tenants(self) -> Values:
        """Tenants whose keys it trusts."""
        return self.tenants()

    def issuers(self) -> Values:
        """Accepted issuers, the claim iss apart."""
        if isinstance(self._tenant, Unknown):
            return unread(self._tenant.because)
        if not self._tenant:
            return ANYTHING
        home = self.reader.apps.tenancy.elsewhere(self._tenant)
        endpoint = self.attribute("authentication-endpoint")
        if isinstance(endpoint, Unknown):
            return unread(endpoint.because)
        cloud = home.cloud
        if endpoint and (host := _HOST.match(endpoint.strip())):
            cloud = clouds.of_login_host(host[1]) or cloud
        if cloud is None:
            return unread("the cloud of its tenant is not known")
        if not (cloud.issuer_v1 and cloud.issuer_v2):
            return unread(f"the file of cloud {cloud.name} does not say both issuers")
        own = (external_id_issuer(self._tenant),) if home.kind == "external id" else ()
        return known(cloud.issuer(1, self._tenant), cloud.issuer(2, self._tenant), *own)

    def audience_elements(self) -> list[Element]:
        """Audiences; ids of back ends count as such (apim-policies 4, inferred)."""
        ids = _below(self.element, "backend-application-ids", "application-id")
        return [*_below(self.element, "audiences", "audience"), *ids]

    def client_elements(self) -> list[Element]:
        """Ids of callers: azp or appid of the token."""
        return _below(self.element, "client-application-ids", "application-id")

    def keys(self) -> tuple[KeySource, ...]:
        """The keys of its tenant."""
        return (KeySource(place=self.reader.place(self.element), kind="metadata", content="", text=""),)


def _below(element: Element, container: str, name: str) -> list[Element]:
    return [found for outer in element.each(container) for found in outer.each(name)]


def _both(sets: list[Values]) -> Values:
    """What all of some sets hold, as far as that is decided."""
    written_sets = [one for one in sets if not one.all]
    if not written_sets:
        return ANYTHING
    result = written_sets[0]
    for other in written_sets[1:]:
        theirs = {comparable(text) for text in other.known}
        surely = tuple(text for text in result.known if comparable(text) in theirs)
        symbols = tuple(symbol for symbol in result.symbols if symbol in other.symbols)
        decided = not (result.symbols or other.symbols or result.rest or other.rest)
        because = "" if decided else result.rest or other.rest or "not all values are known"
        result = Values(known=surely, symbols=symbols, rest=because)
    return result


def _tenants_in(apps: Apps, issuers: Values) -> Values:
    tenants = [apps.read_issuer(text).tenant_id for text in issuers.known]
    rest = issuers.rest or ("not all issuers are known" if issuers.symbols or not all(tenants) else "")
    return Values(known=tuple(dict.fromkeys(t for t in tenants if t)), rest=rest)


def _tenant_of_entry(entry: Entry) -> Values:
    if isinstance(entry.tenant, Unknown):
        return unread(entry.tenant.because)
    if entry.tenant:
        return known(entry.tenant)
    return (
        unread(f"{entry.text} names no tenant") if isinstance(entry.text, str) else unread("not all issuers are known")
    )


def _read_from(value: Value) -> "str | Unknown":
    """Where an expression takes the token from, when it is one place."""
    found = reads_of(value).carries
    return found[0] if len(found) == 1 else Unknown("where token-value takes the token from is not told by its text")


def _restrictions(tested: "tuple[str, ...] | Unknown") -> "tuple[Restriction, ...] | Unknown":
    if isinstance(tested, Unknown):
        return tested
    return tuple(dict.fromkeys(_BY_CLAIM.get(name.removeprefix("claim:"), "claim") for name in tested))


def _restriction(claim: RequiredClaim) -> Restriction:
    found = _BY_CLAIM.get(claim.name, "claim") if isinstance(claim.name, str) else "claim"
    # Every token has these claims: demanding their presence alone restricts nothing.
    return "claim" if not claim.count and found not in ("scope", "role") else found


def _of_apps(apps: "tuple[AppMatch | Unknown, ...]", ask: Callable[[AppMatch], Values]) -> Values:
    parts = [unread(app.because) if isinstance(app, Unknown) else ask(app) for app in apps]
    return union(parts) if parts else NONE


def _tenant_of_app(match: AppMatch) -> Values:
    app = match.app
    return known(app.tenant_id) if app.tenant_id else unread(f'the tenant of "{app.display_name}" is not known')


def _surer(one: AppMatch, other: AppMatch) -> bool:
    order = ("certain", "likely", "possible")
    return order.index(one.certainty) < order.index(other.certainty)


def _is_entra_host(host: "str | Unknown") -> bool:
    return isinstance(host, str) and bool(
        clouds.of_login_host(host) or clouds.of_b2c_host(host) or clouds.of_external_id_host(host)
    )


def _because(*maybe: object) -> str:
    return next(one.because for one in maybe if isinstance(one, Unknown))


def _number(text: "str | Unknown") -> "int | Unknown":
    if isinstance(text, Unknown):
        return text
    try:
        return int(text.strip() or "0")
    except ValueError:
        return Unknown(f"{written.short(text)} is no number")


def _text(text: "str | Unknown") -> str:
    return text if isinstance(text, str) else ""
