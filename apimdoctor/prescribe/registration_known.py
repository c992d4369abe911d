"""Which app registration an API's tokens are for, where its policy does not name one: only what one fact alone tells."""

from collections.abc import Iterable

from msgspec import Struct

from apimdoctor.entra import clouds
from apimdoctor.entra.tokens import Emitted, emitted, home_of
from apimdoctor.facts.vocabulary import Api, App, AppMatch, Facts, Place, RequiredClaim, TokenCheck
from apimdoctor.prescribe.case import Case
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.snapshot import AppRegistration, ServicePrincipal


def only_app(check: TokenCheck) -> App:
    """The one app registration that a check certainly names; CannotEditError when there is none or several."""
    apps = {m.app.app_id: m.app for m in check.apps if isinstance(m, AppMatch) and m.certainty == "certain"}
    if len(apps) != 1:
        raise CannotEditError("the token check does not name exactly one app registration")
    return next(iter(apps.values()))


def registration(case: Case, app_id: str) -> AppRegistration:
    """The app registration of an appId."""
    for app in registrations(case):
        if app.app_id.lower() == app_id.lower():
            return app
    raise CannotEditError(f"no app registration {app_id} was read")


def named_alone(check: TokenCheck) -> bool:
    """Whether a check names one app registration: accepting its tokens then lets nobody in who is not meant."""
    return len({match.app.app_id for match in check.apps if isinstance(match, AppMatch)}) == 1


def application_id_of(case: Case, identity: str) -> tuple[str, str]:
    """The application (client) id and the name of what has an object id."""
    wanted = identity.lower()
    for tenant in case.snapshot.tenants:
        named: tuple[AppRegistration | ServicePrincipal, ...] = (*tenant.app_registrations, *tenant.service_principals)
        for one in named:
            if one.id.lower() == wanted and one.app_id:
                return one.app_id, one.display_name
    raise CannotEditError(f"nothing with the object id {identity} was read")


class Own(Struct, frozen=True, eq=False):
    """The app registration that an API's tokens are for, and these tokens."""

    registration: AppRegistration
    tenant: str
    """Its id."""
    tokens: Emitted

    @property
    def audiences(self) -> tuple[str, ...]:
        """Every audience its tokens may carry: the id, and for version 1 the identifier URIs (entra-tokens section 2)."""
        app = self.registration
        return (app.app_id, *app.identifier_uris) if self.tokens.version == 1 else (app.app_id,)


def of_api(case: Case, place: Place, audiences: Iterable[str] = (), claims: Iterable[RequiredClaim] = ()) -> Own:
    """The app registration of an API: that of the audiences or permissions it asks for, or of its other checks or console.

    Then come the one that bears the API's name, and the only one that offers scopes or roles. CannotEditError when
    the first of these that tells anything tells of two.
    """
    for found in (
        _by_audience(case, audiences),
        _by_permissions(case, claims),
        _by_siblings(case.facts, place),
        _by_console(case, place),
        _by_name(case, place),
        _by_offers(case),
    ):
        if len(found) == 1:
            return _own(case, next(iter(found)))
        if found:
            break
    raise CannotEditError("which app registration the API belongs to is not known")


def _own(case: Case, app_id: str) -> Own:
    for tenant in case.snapshot.tenants:
        for app in tenant.app_registrations:
            if app.app_id.lower() == app_id.lower() and tenant.id:
                home = home_of(tenant, clouds.named(tenant.cloud or case.snapshot.cloud))
                return Own(app, tenant.id, emitted(app, home))
    raise CannotEditError(f"no app registration {app_id} was read, or nobody told its tenant")


def _by_audience(case: Case, audiences: Iterable[str]) -> set[str]:
    wanted = {one.lower() for one in audiences}
    return {
        app.app_id
        for app in registrations(case)
        if not wanted.isdisjoint(name.lower() for name in (app.app_id, *app.identifier_uris))
    }


def _by_permissions(case: Case, claims: Iterable[RequiredClaim]) -> set[str]:
    """Those that offer every scope and role that is asked for."""
    asked = [claim for claim in claims if claim.name in ("scp", "roles") and claim.values.known]
    return {
        app.app_id
        for app in registrations(case)
        if asked and all(set(claim.values.known) <= _offered(app, str(claim.name)) for claim in asked)
    }


def _offered(app: AppRegistration, claim: str) -> set[str]:
    return {one.value for one in (app.scopes if claim == "scp" else app.app_roles)}


def _by_name(case: Case, place: Place) -> set[str]:
    names = {
        name.casefold()
        for api in case.facts.apis
        if isinstance(api, Api) and _same_api(api.place, place)
        for name in (api.name, api.display_name)
    }
    return {app.app_id for app in registrations(case) if app.display_name.casefold() in names}


def _by_siblings(facts: Facts, place: Place) -> set[str]:
    checks = (c for c in facts.token_checks if isinstance(c, TokenCheck) and _same_api(c.place, place))
    return set(_named(checks))


def _named(checks: Iterable[TokenCheck]) -> Iterable[str]:
    for check in checks:
        yield from (m.app.app_id for m in check.apps if isinstance(m, AppMatch))


def _same_api(one: Place, other: Place) -> bool:
    names = ("service", "workspace", "api")
    return bool(one.api) and all(getattr(one, name) == getattr(other, name) for name in names)


def _by_console(case: Case, place: Place) -> set[str]:
    texts = {
        scope.text.lower()
        for route in case.routes()
        if _same_api(route.place, place)
        for server in route.api.console_servers
        for scope in getattr(server, "scopes", ())
        if getattr(scope, "token_for", "") == "app registration"
    }
    return {app.app_id for app in registrations(case) if any(_asks_for(text, app) for text in texts)}


def _asks_for(scope: str, app: AppRegistration) -> bool:
    names = (app.app_id, *app.identifier_uris)
    return any(scope.startswith(f"{name.lower().rstrip('/')}/") for name in names)


def _by_offers(case: Case) -> set[str]:
    return {app.app_id for app in registrations(case) if app.scopes or app.app_roles}


def registrations(case: Case) -> Iterable[AppRegistration]:
    """Every app registration that was read."""
    return (app for tenant in case.snapshot.tenants for app in tenant.app_registrations)
