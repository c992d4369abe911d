"""Which app registration or service principal a string in a policy names, and how surely."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.entra import microsoft
from apimdoctor.entra.known import Unsure, is_guid
from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.snapshot.entra import AppRegistration, EntraTenant, ServicePrincipal

Certainty = Literal["certain", "likely", "possible"]
How = Literal["app id", "identifier uri", "object id"]


class Match(Struct, frozen=True, kw_only=True):
    """What a string names. `app` None: only a service principal was found, the app registration is elsewhere."""

    tenant: EntraTenant
    app: AppRegistration | None = None
    principal: ServicePrincipal | None = None
    how: How
    certainty: Certainty = "certain"
    doubt: str = ""


class Nothing(Struct, frozen=True):
    """Everything was read, and nobody has this name."""

    searched: str


Named = tuple[Match, ...] | MicrosoftApi | Nothing | Unsure

_Apps = dict[str, list[tuple[EntraTenant, AppRegistration]]]
_Principals = dict[str, list[tuple[EntraTenant, ServicePrincipal]]]


class Directory:
    """An index of all app registrations and service principals of the tenants that were read."""

    def __init__(self, tenants: Sequence[EntraTenant]) -> None:
        self._tenants = tuple(tenants)
        self._matched: dict[tuple[str, tuple[str, ...]], Named] = {}
        self._app_ids: _Apps = {}
        self._uris: _Apps = {}
        self._folded: _Apps = {}
        self._app_objects: _Apps = {}
        self._principal_ids: _Principals = {}
        self._principal_names: _Principals = {}
        self._principal_objects: _Principals = {}
        for tenant in self._tenants:
            for app in tenant.app_registrations:
                self._add_app(tenant, app)
            for principal in tenant.service_principals:
                self._add_principal(tenant, principal)

    def _add_app(self, tenant: EntraTenant, app: AppRegistration) -> None:
        entry = (tenant, app)
        self._app_ids.setdefault(app.app_id.lower(), []).append(entry)
        if app.id:
            self._app_objects.setdefault(app.id.lower(), []).append(entry)
        for uri in app.identifier_uris:
            self._uris.setdefault(uri, []).append(entry)
            self._folded.setdefault(_fold(uri), []).append(entry)

    def _add_principal(self, tenant: EntraTenant, principal: ServicePrincipal) -> None:
        entry = (tenant, principal)
        self._principal_ids.setdefault(principal.app_id.lower(), []).append(entry)
        if principal.id:
            self._principal_objects.setdefault(principal.id.lower(), []).append(entry)
        for name in principal.names:
            if not is_guid(name):
                self._principal_names.setdefault(_fold(name), []).append(entry)

    def match(self, text: str, tenants: Collection[str] = ()) -> Named:
        """What an audience or a resource names. `tenants`: ids of the tenants whose tokens are meant, when that is told."""
        key = (text, tuple(tenants))
        found = self._matched.get(key)
        if found is None:
            found = self._matched[key] = self._match(text, tenants)
        return found

    def _match(self, text: str, tenants: Collection[str]) -> Named:
        written = text.strip()
        if api := microsoft.api_named(written):
            return api
        bare = written[4:] if written[:4].lower() == "spn:" else written
        found = self._by_guid(bare) if is_guid(bare) else self._by_uri(bare)
        found = _preferred(found, tenants, by_uri=not is_guid(bare))
        if len(found) == 1 and found[0].principal and microsoft.is_microsoft_tenant(found[0].principal.owner_tenant):
            principal = found[0].principal
            return MicrosoftApi(name=principal.display_name or principal.app_id, app_id=principal.app_id.lower())
        return found or self._nothing(written, tenants)

    def client(self, text: str, tenants: Collection[str] = ()) -> Named:
        """What a client id names: clients are named by app id only."""
        bare = text.strip()
        found = _preferred(self._by_guid(bare), tenants, by_uri=False) if is_guid(bare) else ()
        if not found and (name := microsoft.client_named(bare)):
            return MicrosoftApi(name=name, app_id=bare.lower())
        return found or self._nothing(bare, tenants)

    def registrations(self, app_id: str) -> tuple[tuple[EntraTenant, AppRegistration], ...]:
        """The app registrations with that app id; more than one only in damaged input."""
        return tuple(self._app_ids.get(app_id.lower(), ()))

    def principals(self, app_id: str) -> tuple[tuple[EntraTenant, ServicePrincipal], ...]:
        """The service principals of an app id, at most one in each tenant."""
        return tuple(self._principal_ids.get(app_id.lower(), ()))

    def _by_guid(self, guid: str) -> tuple[Match, ...]:
        low = guid.lower()
        if apps := self._app_ids.get(low):
            return _several(
                [Match(tenant=t, app=a, how="app id") for t, a in apps], "several app registrations carry this app id"
            )
        if principals := self._principal_ids.get(low):
            return tuple(Match(tenant=t, principal=p, how="app id") for t, p in principals)
        doubt = "it is written as an object id"
        if apps := self._app_objects.get(low):
            return tuple(Match(tenant=t, app=a, how="object id", certainty="likely", doubt=doubt) for t, a in apps[:1])
        for tenant, principal in self._principal_objects.get(low, ())[:1]:
            owned = [app for home, app in self._app_ids.get(principal.app_id.lower(), ()) if home is tenant]
            match = Match(tenant=tenant, how="object id", certainty="likely", doubt=doubt)
            return (replace(match, app=owned[0]) if owned else replace(match, principal=principal),)
        return ()

    def _by_uri(self, uri: str) -> tuple[Match, ...]:
        if not uri:
            return ()
        found = [Match(tenant=t, app=a, how="identifier uri") for t, a in self._uris.get(uri, ())]
        if not found:
            found = [self._spelled(uri, t, a) for t, a in self._folded.get(_fold(uri), ())]
        if found:
            return tuple(found)
        if principals := self._principal_names.get(_fold(uri)):
            return tuple(self._of_principal(t, p) for t, p in principals)
        return self._by_guid_within(uri) or self._by_scope(uri)

    def _spelled(self, uri: str, tenant: EntraTenant, app: AppRegistration) -> Match:
        same_but_slash = any(uri.rstrip("/") == own.rstrip("/") for own in app.identifier_uris)
        doubt = "it differs from the identifier URI " + ("by a final slash" if same_but_slash else "in letter case")
        return Match(tenant=tenant, app=app, how="identifier uri", certainty="likely", doubt=doubt)

    def _of_principal(self, tenant: EntraTenant, principal: ServicePrincipal) -> Match:
        owned = [app for home, app in self._app_ids.get(principal.app_id.lower(), ()) if home is tenant]
        if owned:
            # The service principal keeps names that its app registration has lost or not yet told.
            doubt = "only its service principal carries this name"
            return Match(tenant=tenant, app=owned[0], how="identifier uri", certainty="likely", doubt=doubt)
        return Match(tenant=tenant, principal=principal, how="identifier uri")

    def _by_guid_within(self, uri: str) -> tuple[Match, ...]:
        """`api://GUID` names its app registration even where nobody registered the URI; other positions only likely."""
        scheme, _, rest = uri.partition("://")
        segments = [segment for segment in rest.split("/") if segment]
        for segment in segments if scheme.lower() == "api" else ():
            if is_guid(segment) and (found := self._by_guid(segment)):
                if len(segments) == 1:
                    return found
                doubt = f"only the id in it is that of the app registration, {uri} is none of its identifier URIs"
                return tuple(replace(m, certainty=_lower(m.certainty, "likely"), doubt=m.doubt or doubt) for m in found)
        return ()

    def _by_scope(self, uri: str) -> tuple[Match, ...]:
        """A scope where an audience belongs: `api://orders/.default`, `api://orders/Orders.Read`."""
        base, _, last = uri.rpartition("/")
        if not base or base.endswith((":", "/")):
            return ()
        doubt = "it is written as a scope"
        return tuple(
            replace(match, certainty=_lower(match.certainty, "likely"), doubt=doubt)
            for match in (Match(tenant=t, app=a, how="identifier uri") for t, a in self._uris.get(base, ()))
            if last == ".default" or (match.app and any(scope.value == last for scope in match.app.scopes))
        )

    def _nothing(self, text: str, tenants: Collection[str]) -> Nothing | Unsure:
        """Nobody has the name, if everything that could have it was read; else why that is not known."""
        because = self.incomplete(tenants)
        return Unsure(f"no app registration that was read is named {text!r}: {because}") if because else Nothing(text)

    def incomplete(self, tenants: Collection[str] = ()) -> str:
        """Why an app registration may exist that was not read, "" when none can."""
        wanted = {tenant.lower() for tenant in tenants}
        read = {tenant.id for tenant in self._tenants}
        if not self._tenants:
            return "no app registrations were read"
        if (missing := sorted(wanted - read)) and "" not in read:
            return f"tenant {missing[0]} was not read"
        asked = [tenant for tenant in self._tenants if not wanted or tenant.id in wanted or not tenant.id]
        for tenant in asked:
            if "app_registrations" not in tenant.whole:
                return f"the app registrations of {_name(tenant)} may not all be here"
            if "service_principals" not in tenant.whole:
                return f"apps of other tenants are told by service principals, those of {_name(tenant)} may not all be here"
        return ""


def _name(tenant: EntraTenant) -> str:
    return f"tenant {tenant.display_name or tenant.id}" if tenant.display_name or tenant.id else "the tenant"


def _fold(uri: str) -> str:
    return uri.rstrip("/").casefold()


def _lower(one: Certainty, other: Certainty) -> Certainty:
    order: tuple[Certainty, ...] = ("certain", "likely", "possible")
    return max(one, other, key=order.index)


def _several(matches: list[Match], doubt: str) -> tuple[Match, ...]:
    if len(matches) < 2:
        return tuple(matches)
    return tuple(replace(match, certainty="possible", doubt=doubt) for match in matches)


def _preferred(found: tuple[Match, ...], tenants: Collection[str], *, by_uri: bool) -> tuple[Match, ...]:
    """Of several tenants' matches those of the tenants meant. App ids are unique everywhere, URIs only in one tenant."""
    wanted = {tenant.lower() for tenant in tenants}
    inside = tuple(match for match in found if not match.tenant.id or match.tenant.id in wanted)
    if by_uri and wanted and found and not inside:
        doubt = (
            f"tokens of tenant {', '.join(sorted(wanted))} are accepted, and the app registration is in another tenant"
        )
        return tuple(replace(m, certainty="possible", doubt=doubt) if not _holds_id(m) else m for m in found)
    chosen = inside if wanted and inside else found
    if len({match.principal.app_id if match.principal else "" for match in chosen}) == 1 and chosen[0].principal:
        # One app of another tenant, present in several tenants that were read.
        return chosen[:1]
    if by_uri and _distinct(chosen) > 1:
        return _several(list(chosen), "several app registrations have this identifier URI")
    return chosen


def _holds_id(match: Match) -> bool:
    """Whether the URI was read through the app id in it, which is unique everywhere."""
    return match.how == "app id"


def _distinct(matches: Iterable[Match]) -> int:
    return len({id(match.app or match.principal) for match in matches})
