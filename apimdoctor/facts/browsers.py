"""Which app registrations call an API from a browser: single-page redirect URIs, and a permission for it."""

from collections.abc import Iterable, Iterator

from apimdoctor.facts.values import Values
from apimdoctor.snapshot.entra import AppRegistration, EntraTenant


def browser_clients(app: AppRegistration, tenants: Iterable[EntraTenant]) -> Values:
    """App registrations with a redirect URI of kind spa that are the API's own, are preauthorized, or ask for it.

    Source: learn.microsoft.com/entra/identity-platform/reply-url (kinds of redirect URIs).
    """
    return Values(known=tuple(dict.fromkeys(_names(app, tenants))))


def _names(app: AppRegistration, tenants: Iterable[EntraTenant]) -> Iterator[str]:
    wanted = app.app_id.lower()
    preauthorized = {client.app_id.lower() for client in app.pre_authorized}
    for tenant in tenants:
        for client in tenant.app_registrations:
            if any(one.kind == "spa" for one in client.redirect_uris) and (
                client.app_id.lower() in preauthorized | {wanted}
                or any(access.resource_app_id.lower() == wanted for access in client.required_access)
            ):
                yield client.display_name or client.app_id
