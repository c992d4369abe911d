"""The tokens that a back end's Easy Auth gets to see: the caller's own behind the token checks, or the gateway's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apimdoctor.facts.values import Unknown, Values, comparable, meets, union
from apimdoctor.facts.vocabulary import App, AppMatch, Arrival, Backend, IdentityChange, SiteAuth, TokenCheck

_SETS_CREDENTIAL = ("authorization:", "managed identity", "header:authorization")


def arrivals(
    backend: Backend,
    identity: Sequence[IdentityChange | Unknown],
    checks: Sequence[TokenCheck],
    checked: object,
    *,
    caller_token_travels: bool,
) -> tuple[Arrival | Unknown, ...]:
    """The tokens of a call; none where no Easy Auth stands, or where no token check says whose tokens come."""
    sites = [site for site in backend.sites if isinstance(site, SiteAuth)]
    if not sites:
        return tuple(site for site in backend.sites if isinstance(site, Unknown))
    own = own_credential(backend)
    if own is not None:
        return (own,)
    return tuple(
        one for site in sites for one in _at(site, identity, checks, checked, caller_token_travels=caller_token_travels)
    )


def own_credential(backend: Backend) -> Unknown | None:
    """Why nobody can tell which Authorization header a back end gets: its entity brings one, too.

    Which one is sent where the policy or the caller has set one as well is not documented.
    """
    if isinstance(backend.credentials, Unknown):
        return None
    own = next((one for one in backend.credentials if one.lower().startswith(_SETS_CREDENTIAL)), "")
    return Unknown(f"back end {backend.name} adds a credential of its own ({own})") if own else None


def _at(
    site: SiteAuth,
    identity: Sequence[IdentityChange | Unknown],
    checks: Sequence[TokenCheck],
    checked: object,
    *,
    caller_token_travels: bool,
) -> Iterator[Arrival | Unknown]:
    for change in identity:
        if isinstance(change, Unknown):
            yield change
        elif change.kind == "managed identity":
            yield _of_gateway(site, change)
        elif isinstance(change.kind, Unknown):
            yield change.kind
    if not caller_token_travels:
        return
    if not checks and checked == "sometimes":
        yield Unknown("different token checks stand on different paths to the back end")
    for check in checks[:1]:
        for match in check.apps:
            yield from (match,) if isinstance(match, Unknown) else _of_caller(site, match.app, check, checks)


def _of_gateway(site: SiteAuth, change: IdentityChange) -> Arrival:
    apps = [match.app for match in change.apps if isinstance(match, AppMatch)]
    unread = [match for match in change.apps if isinstance(match, Unknown)]
    return Arrival(
        place=change.place,
        site=site,
        element=change.element,
        brought_by="gateway",
        meant_for=_shown(change.resource),
        named_by_site=_names(site, apps[0]) if apps else unread[0] if unread else False,
        issuers=change.issuers,
        issuers_of_other_version=union(app.issuers_of_other_version for app in apps) if apps else Values(),
        audiences=change.audiences,
        clients=change.client_ids,
    )


def _of_caller(
    site: SiteAuth, app: App, check: TokenCheck, checks: Sequence[TokenCheck]
) -> Iterator[Arrival | Unknown]:
    """The tokens for an app registration that pass every check on the way, if any do."""
    audiences = app.audiences
    for one in checks:
        for accepted, carried in ((one.accepted_audiences, audiences), (one.accepted_issuers, app.issuers)):
            passes = meets(accepted, carried)
            if passes is not True:
                yield from (passes,) if isinstance(passes, Unknown) else ()
                return
        audiences = _common(one.accepted_audiences, audiences)
    yield Arrival(
        place=check.place,
        site=site,
        element=check.element,
        brought_by="caller",
        meant_for=app.display_name,
        named_by_site=_names(site, app),
        issuers=app.issuers,
        issuers_of_other_version=app.issuers_of_other_version,
        audiences=audiences,
        clients=check.accepted_clients,
    )


def _common(accepted: Values, carried: Values) -> Values:
    """The audiences that both sets have; a final slash is no difference (case: IdentityModel's default)."""
    if accepted.all or accepted.rest or accepted.symbols:
        return carried
    texts = {comparable(text).rstrip("/") for text in accepted.known}
    return Values(
        known=tuple(text for text in carried.known if comparable(text).rstrip("/") in texts),
        symbols=carried.symbols,
        rest=carried.rest,
    )


def _names(site: SiteAuth, app: App) -> bool | Unknown:
    if any(isinstance(match, AppMatch) and match.app is app for match in site.apps):
        return True
    return next((match for match in site.apps if isinstance(match, Unknown)), False)


def _shown(text: str | Unknown) -> str:
    return text if isinstance(text, str) else "a resource that is not known"
