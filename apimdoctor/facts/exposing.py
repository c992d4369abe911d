"""What an app registration exposes and asks for: identifier URIs, scopes, preauthorized clients, other APIs, credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from msgspec.structs import replace

from apimdoctor.entra import microsoft, tokens
from apimdoctor.entra.known import is_guid
from apimdoctor.facts.grants import Holdings
from apimdoctor.facts.hosts import is_azure, is_within
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import (
    AskedApi,
    Credential,
    FoundClient,
    IdentifierUri,
    Place,
    PreauthorizedClient,
    Scope,
)
from apimdoctor.snapshot.entra import AppRegistration, EntraTenant, PermissionScope, ServicePrincipal


def part(place: Place, path: str) -> Place:
    """The place of a part of an app registration."""
    return replace(place, path=path)


# ------------------------------------------------------------ identifier URIs
def identifier_uris(app: AppRegistration, tenant: EntraTenant, place: Place) -> tuple[IdentifierUri, ...]:
    """The identifier URIs with the domains in them."""
    return tuple(
        IdentifierUri(
            place=part(place, f"identifierUris[{at}]"),
            uri=uri,
            domain=(domain := domain_in(uri)),
            verified=_verified(domain, tenant),
        )
        for at, uri in enumerate(app.identifier_uris, 1)
    )


def domain_in(uri: str) -> str:
    """The domain in an identifier URI; "" for api://GUID, urn: and words (docs: identifier-uri-restrictions).

    Names that Azure gives its sites are left out: Easy Auth once registered them, and nobody can verify them.
    """
    try:
        host = (urlsplit(uri).hostname or "").lower()
    except ValueError:
        return ""
    return host if "." in host and not is_guid(host) and not is_azure(host) else ""


def _verified(domain: str, tenant: EntraTenant) -> bool | Unknown:
    if not domain or any(is_within(domain, one) for one in tenant.domains):
        return True
    if "domains" not in tenant.whole:
        return Unknown("the verified domains of the tenant may not all have been read")
    return False


# ------------------------------------------------------------ scopes
def scopes(
    entries: tuple[PermissionScope, ...],
    place: Place,
    principal: ServicePrincipal | None,
    holdings: Holdings,
    preauthorized: frozenset[str] = frozenset(),
) -> tuple[Scope, ...]:
    """The delegated permissions; `preauthorized` are ids that some preauthorized client lists."""
    return tuple(
        Scope(
            place=part(place, f"api/oauth2PermissionScopes[{at}]"),
            value=scope.value,
            enabled=scope.enabled,
            still_granted=scope.id.lower() in preauthorized or holdings.consented(principal, scope.value),
        )
        for at, scope in enumerate(entries, 1)
    )


def preauthorized(
    app: AppRegistration, place: Place, find_client: Callable[[str], FoundClient | Unknown]
) -> tuple[PreauthorizedClient, ...]:
    """Clients that get scopes without asking for consent."""
    values = {scope.id.lower(): scope.value for scope in app.scopes}
    unread = f'the scopes of "{app.display_name or app.app_id}" were not read' if "scopes" in app.unread else ""
    return tuple(
        PreauthorizedClient(
            place=part(place, f"api/preAuthorizedApplications[{at}]"),
            client_id=client.app_id,
            found_as=find_client(client.app_id),
            # An id that no scope of the app registration has stays an id.
            scope_values=Values(known=tuple(values.get(one.lower(), one) for one in client.scope_ids)),
            ids_without_scope=Values(rest=unread)
            if unread
            else Values(known=tuple(one for one in client.scope_ids if one.lower() not in values)),
        )
        for at, client in enumerate(app.pre_authorized, 1)
    )


def preauthorized_ids(app: AppRegistration) -> frozenset[str]:
    """The ids of the scopes that preauthorized clients list."""
    return frozenset(one.lower() for client in app.pre_authorized for one in client.scope_ids)


# ------------------------------------------------------------ what it asks for
def asked(
    app: AppRegistration, place: Place, find: Callable[[str], AppRegistration | None]
) -> Iterator[AskedApi | Unknown]:
    """The app registrations that were read among those of which it asks permissions; Microsoft's own are left out."""
    if "required_access" in app.unread:
        yield Unknown(f'what "{app.display_name or app.app_id}" asks for was not read')
    for app_id in dict.fromkeys(one.resource_app_id.lower() for one in app.required_access):
        found = find(app_id)
        if found is not None:
            version, doubt = tokens.token_version(found)
            yield AskedApi(
                place=place,
                display_name=found.display_name or found.app_id,
                token_version=Unknown(doubt) if version is None else version,
                token_version_written=found.requested_access_token_version is not None,
            )
        elif microsoft.api_named(app_id) is None:
            yield Unknown(f"the app registration {app_id}, of which permissions are asked, was not read")


# ------------------------------------------------------------ credentials
def credentials(app: AppRegistration, place: Place, collected_at: str) -> tuple[Credential, ...]:
    """Rollover leaves several: rules look at the latest of a kind."""
    return tuple(
        Credential(
            place=part(place, f"{'passwordCredentials' if one.kind == 'secret' else 'keyCredentials'}[{at}]"),
            kind="secret" if one.kind == "secret" else "certificate",
            name=one.name or one.key_id,
            days_left=_days(collected_at, one.end),
        )
        for at, one in enumerate(app.credentials, 1)
    )


def _days(collected_at: str, end: str) -> int | Unknown:
    """Whole days from when the snapshot was taken to the end, negative when it has passed."""
    start, stop = _moment(collected_at), _moment(end)
    if start is None:
        return Unknown("the snapshot does not say when it was taken")
    return Unknown("its end date was not read") if stop is None else (stop - start).days


def _moment(text: str) -> datetime | None:
    # Graph writes up to seven decimals and a Z; only the day matters here.
    try:
        return datetime.fromisoformat(f"{text[:19]}+00:00")
    except ValueError:
        return None
