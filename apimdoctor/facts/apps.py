"""The app registrations of a snapshot, and which of them a string in a policy names."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit

from msgspec.structs import replace

from apimdoctor.entra import issuers, metadata, tokens
from apimdoctor.entra.audience import Directory, Match, Named, Nothing
from apimdoctor.entra.clouds import CLOUDS
from apimdoctor.entra.issuers import Issuer
from apimdoctor.entra.known import Known, Unsure
from apimdoctor.entra.metadata import Metadata
from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.facts import vocabulary
from apimdoctor.facts.browsers import Browsers
from apimdoctor.facts.grants import Holdings, place_of, tenant_resource
from apimdoctor.facts.hosts import is_azure
from apimdoctor.facts.named import IdentityToken, NamedAs, ResourceKind, named_as
from apimdoctor.facts.registrations import build_app, build_foreign, values_of
from apimdoctor.facts.tenancy import Tenancy
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import App, AppMatch, FoundClient, Grant, Place, Tenant
from apimdoctor.snapshot import AppRegistration, EntraTenant, ServicePrincipal, Snapshot

_KINDS: dict[str, Literal["workforce", "b2c", "external id"]] = {
    "workforce": "workforce",
    "b2c": "b2c",
    "external id": "external id",
}


class Apps:
    """All app registrations of a snapshot. A fact is built when it is first asked for, and only once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._holdings = [Holdings(tenant) for tenant in snapshot.tenants]
        self._position = {id(tenant): at for at, tenant in enumerate(snapshot.tenants)}
        self._built: dict[int, App] = {}
        self._matched: dict[int, App] = {}
        self._issuers: dict[str, Issuer] = {}
        self._metadata: dict[str, Metadata] = {}
        self._unfound = ""
        self.tenancy = Tenancy(snapshot)

    @cached_property
    def directory(self) -> Directory:
        """Names of app registrations and service principals."""
        return Directory(self._snapshot.tenants)

    # ------------------------------------------------------------ all there is
    @cached_property
    def _browsers(self) -> Browsers:
        return Browsers(self._snapshot.tenants)

    @cached_property
    def tenants(self) -> tuple[Tenant, ...]:
        """The tenants that were read."""
        return tuple(self._tenant(tenant) for tenant in self._snapshot.tenants)

    def all(self) -> tuple[App, ...]:
        """Every app registration that was read."""
        return tuple(self._app(t, app) for t in self._snapshot.tenants for app in t.app_registrations)

    def matched(self) -> tuple[App | Unknown, ...]:
        """The app registrations that something named so far; Unknown last when something that is named was not found."""
        found = sorted(self._matched.values(), key=lambda app: (app.tenant_id, app.app_id, app.place.resource))
        return (*found, Unknown(self._unfound)) if self._unfound else tuple(found)

    def service_principals(self) -> tuple[vocabulary.ServicePrincipal, ...]:
        """Every service principal that was read."""
        return tuple(
            holdings.principal(principal)
            for tenant, holdings in zip(self._snapshot.tenants, self._holdings, strict=True)
            for principal in tenant.service_principals
        )

    def grants(self) -> tuple[Grant, ...]:
        """Every delegated grant between service principals that were read."""
        return tuple(grant for holdings in self._holdings for grant in holdings.grants())

    # ------------------------------------------------------------ what a string names
    def match_audience(
        self, text: str, tenants: Collection[str] = (), place: Place | None = None
    ) -> tuple[AppMatch | Unknown, ...]:
        """The app registrations that an audience names; none for a Microsoft API, Unknown when none was found.

        `tenants`: ids of the tenants whose tokens are accepted, where that is known.
        """
        return self._matches(text, self.directory.match(text, tenants), place)

    def match_client(
        self, text: str, tenants: Collection[str] = (), place: Place | None = None
    ) -> tuple[AppMatch | Unknown, ...]:
        """The app registration of a client id; none for Microsoft's own clients."""
        return self._matches(text, self.directory.client(text, tenants), place)

    def match_resource(
        self, text: str, tenants: Collection[str] = (), place: Place | None = None
    ) -> tuple[ResourceKind | Unknown, tuple[AppMatch | Unknown, ...]]:
        """What a resource of authentication-managed-identity is, and the app registrations it names."""
        found = self.directory.match(text.removesuffix("/.default"), tenants)
        matches = self._matches(text, found, place)
        if isinstance(found, MicrosoftApi):
            return "Azure service", matches
        if isinstance(found, Nothing):
            if is_azure(_host(text)):
                return Unknown(f"{text} may be a resource of Azure that is not known here"), matches
            return "nothing found", matches
        return (Unknown(found.because) if isinstance(found, Unsure) else "app registration"), matches

    def entry_audience(self, text: str, tenants: Collection[str] = ()) -> NamedAs:
        """What an audience as written is, and what it names."""
        return named_as(text, self.directory.match(text, tenants))

    def entry_client(self, text: str, tenants: Collection[str] = ()) -> NamedAs:
        """What a client id as written is, and what it names."""
        found = self.directory.client(text, tenants)
        self._matches(text, found, None)
        return named_as(text, found)

    def read_issuer(self, text: str) -> Issuer:
        """An issuer as written; a domain in the place of the tenant id is resolved where it is known."""
        found = self._issuers.get(text)
        if found is None:
            read = issuers.read(text, self.tenancy.described)
            resolved = self.tenant_of(read.tenant) if "." in read.tenant else ""
            found = replace(read, tenant=resolved) if isinstance(resolved, str) and resolved else read
            self._issuers[text] = found
        return found

    def tenant_of(self, text: str) -> str | Unknown:
        """The tenant id for a GUID, a verified domain or `consumers`; "" for `common` and `organizations`."""
        return self.tenancy.id_of(text)

    def kind_of(self, tenant_id: str) -> Literal["workforce", "b2c", "external id", ""]:
        """The kind of a tenant by id; "" when nobody told, or it was not read."""
        return next((tenant.kind for tenant in self.tenants if tenant_id and tenant.id == tenant_id), "")

    def client_id_of(self, principal_id: str) -> str | Unknown:
        """The client id of a managed identity, by the object id of its service principal."""
        for holdings in self._holdings:
            if found := holdings.by_id.get(principal_id.lower()):
                return found.app_id
        return Unknown(f"the service principal {principal_id} was not read, so its client id is not known")

    def read_metadata(self, url: str) -> Metadata:
        """A metadata address: as fetched when it was, else as documented for its form; domains resolved where known."""
        found = self._metadata.get(url)
        if found is None:
            found = self._metadata[url] = self._read_metadata(url)
        return found

    def _read_metadata(self, url: str) -> Metadata:
        read = metadata.read_url(url, self.tenancy.ids_by_domain, self.tenancy.described)
        for fetched in self._snapshot.metadata:
            if fetched.url == url.strip() and fetched.issuer and "{" not in fetched.issuer:
                return replace(read, issuers=Known(sure=(fetched.issuer,)))
        home = next((t for t in self._snapshot.tenants if t.id and t.id == read.tenant_id), None)
        if home and read.form in ("v1", "v2") and home.cloud and home.cloud != read.cloud and home.cloud in CLOUDS:
            because = (
                f"the tenant is in cloud {home.cloud}, what its metadata in cloud {read.cloud} states is not documented"
            )
            return replace(read, issuers=Known(rest=because))
        return read

    def microsoft_api(self, text: str) -> MicrosoftApi | None:
        """The API of Microsoft that an audience or resource names; without `hosts` nobody here knows what serves it."""
        found = self.directory.match(text)
        return found if isinstance(found, MicrosoftApi) else None

    # ------------------------------------------------------------ tokens of managed identities
    def emitted_for_identity(self, resource: str, tenant: str, place: Place | None = None) -> IdentityToken:
        """The token that a managed identity of a service in `tenant` ("" = unknown) gets for a resource."""
        hint = (tenant,) if tenant else ()
        kind, matches = self.match_resource(resource, hint, place)
        home = self.tenancy.elsewhere(tenant)
        version: int | None
        if kind == "Azure service":
            version, app, doubt = 1, None, ""
        elif kind == "nothing found":
            because = f"Entra ID issues no token for {resource}, which nothing is named"
            return IdentityToken(
                resource_is=kind, issuers=Values(rest=because), audiences=Values(rest=because), apps=matches
            )
        else:
            found = self.directory.match(resource.removesuffix("/.default"), hint)
            one = found[0] if isinstance(found, tuple) and len(found) == 1 else None
            app = one.app if one else None
            if app is None:
                because = kind.because if isinstance(kind, Unknown) else "the app registration was not read"
                unread = Values(rest=because)
                return IdentityToken(resource_is=kind, issuers=unread, audiences=unread, apps=matches)
            if not tenant and one and app.sign_in_audience == "AzureADMyOrg":
                # Only its own tenant issues tokens for a single-tenant app registration.
                home = self.tenancy.home(one.tenant)
            version, doubt = tokens.token_version(app)
        emitted = tokens.for_resource(resource, version, app, home, doubt)
        return IdentityToken(
            resource_is=kind,
            issuers=values_of(emitted.issuers),
            audiences=values_of(emitted.audiences),
            apps=matches,
        )

    # ------------------------------------------------------------ building
    def _matches(self, text: str, found: Named, place: Place | None) -> tuple[AppMatch | Unknown, ...]:
        if isinstance(found, MicrosoftApi):
            return ()
        if isinstance(found, Nothing):
            return (Unknown(f"no app registration or service principal is named {found.searched!r}"),)
        if isinstance(found, Unsure):
            self._unfound = "not all app registrations were read, and what was read has not all that is named"
            return (Unknown(found.because),)
        return tuple(self._match(text, one, place) for one in found)

    def _match(self, text: str, match: Match, place: Place | None) -> AppMatch | Unknown:
        if match.app is not None:
            app = self._app(match.tenant, match.app)
        elif match.principal is not None and match.principal.kind == "ManagedIdentity":
            return Unknown(f"{text!r} names a managed identity, for which no tokens are issued")
        elif match.principal is not None:
            app = self._foreign(match.tenant, match.principal)
        else:
            return Unknown(f"{text!r} names nothing that was read")
        self._matched[id(app)] = app
        _, unnamed = self.tenancy.told_id(match.tenant)
        certainty = "likely" if unnamed and match.certainty == "certain" else match.certainty
        doubt = "; ".join(filter(None, (match.doubt, unnamed)))
        return AppMatch(place=place or app.place, app=app, named_by=text, certainty=certainty, doubt=doubt)

    def _tenant(self, tenant: EntraTenant) -> Tenant:
        resource = tenant_resource(tenant)
        because = "" if "domains" in tenant.whole else "its domains may not all have been read"
        return Tenant(
            place=place_of(tenant.origin, resource),
            id=self.tenancy.told_id(tenant)[0],
            kind=_KINDS.get(tenant.kind, ""),
            cloud=tenant.cloud or self._snapshot.cloud,
            domains=Values(known=tenant.domains, rest=because),
        )

    def _app(self, tenant: EntraTenant, app: AppRegistration) -> App:
        known = self._built.get(id(app))
        if known is None:
            multi = app.sign_in_audience != "AzureADMyOrg"
            built = build_app(
                app,
                tenant,
                self.tenancy.home(tenant),
                self._holdings[self._position[id(tenant)]],
                visited=self._visited if multi else (),
                collected_at=self._snapshot.collected_at,
                find_client=self.client_found,
                find_app=self._registration,
            )
            known = self._built[id(app)] = replace(built, browser_clients=self._browsers.clients(app))
        return known

    def _foreign(self, tenant: EntraTenant, principal: ServicePrincipal) -> App:
        known = self._built.get(id(principal))
        if known is None:
            holdings = self._holdings[self._position[id(tenant)]]
            known = self._built[id(principal)] = build_foreign(principal, tenant, self.tenancy.home(tenant), holdings)
        return known

    @cached_property
    def _visited(self) -> tuple[str, ...]:
        """Tenants in which a multi-tenant app registration may get tokens: all that anything here names."""
        read = {tenant.id for tenant in self._snapshot.tenants if tenant.id}
        return tuple(sorted(read | set(self.tenancy.named)))

    def _registration(self, app_id: str) -> AppRegistration | None:
        return next((app for _, app in self.directory.registrations(app_id)), None)

    def client_found(self, client_id: str) -> FoundClient | Unknown:
        """What a client id is."""
        found = self.directory.client(client_id)
        if isinstance(found, MicrosoftApi):
            return "Microsoft client"
        if isinstance(found, Nothing):
            return "nothing"
        if isinstance(found, Unsure):
            return Unknown(found.because)
        return "app registration" if found[0].app else "service principal"


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def build_apps(snapshot: Snapshot) -> Apps:
    """The app registrations of a snapshot, ready to be asked."""
    return Apps(snapshot)
