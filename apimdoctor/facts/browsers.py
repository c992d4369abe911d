"""Which app registrations call an API from a browser: single-page redirect URIs, and a permission for it."""

from collections.abc import Iterable

from apimdoctor.facts.values import Values
from apimdoctor.snapshot.entra import AppRegistration, EntraTenant


class Browsers:
    """The app registrations of some tenants that have a redirect URI of kind spa, by the API that they may call.

    Source: learn.microsoft.com/entra/identity-platform/reply-url (kinds of redirect URIs).
    """

    def __init__(self, tenants: Iterable[EntraTenant]) -> None:
        every = (client for tenant in tenants for client in tenant.app_registrations)
        self._clients = [client for client in every if any(one.kind == "spa" for one in client.redirect_uris)]
        self._by_id: dict[str, list[int]] = {}
        self._calling: dict[str, list[int]] = {}
        for at, client in enumerate(self._clients):
            own = client.app_id.lower()
            self._by_id.setdefault(own, []).append(at)
            for called in {own, *(access.resource_app_id.lower() for access in client.required_access)}:
                self._calling.setdefault(called, []).append(at)

    def clients(self, app: AppRegistration) -> Values:
        """Those that are the API itself, are preauthorized, or ask for it."""
        found = set(self._calling.get(app.app_id.lower(), ()))
        for client in app.pre_authorized:
            found.update(self._by_id.get(client.app_id.lower(), ()))
        clients = (self._clients[at] for at in sorted(found))
        return Values(known=tuple(dict.fromkeys(client.display_name or client.app_id for client in clients)))
