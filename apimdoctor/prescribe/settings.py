"""Cures of settings in Azure: Easy Auth of a back end, named values, console servers, the gateway's managed identity.

authsettingsV2 is only ever put whole (learn.microsoft.com/rest/api/appservice/web-apps/update-auth-settings-v2), so its
lines read it, set what changes and put it back. Slots have settings of their own.
"""

from collections.abc import Iterator, Mapping

from apimdoctor.engine.prescription import ObjectPatch, Prescription
from apimdoctor.facts.vocabulary import App, AppMatch
from apimdoctor.facts.vocabulary import SiteAuth as Site
from apimdoctor.prescribe import sending
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.snapshot import Service, SiteAuth

_DIRECTORY = "properties.identityProviders.azureActiveDirectory"
_AUDIENCES = f"{_DIRECTORY}.validation.allowedAudiences"
_ISSUER = f"{_DIRECTORY}.registration.openIdIssuer"
_CLIENTS = f"{_DIRECTORY}.validation.defaultAuthorizationPolicy.allowedApplications"
_IDENTITY = 'identity {\n  type = "SystemAssigned"\n}'


def allow_audience(case: Case) -> Iterator[Prescription]:
    """Easy Auth accepts the audience of the tokens that reach it, beside what it accepts now."""
    arrival = case.subject("arrival")
    site = _site(case, arrival.site)
    if not arrival.audiences.known or "allowed_audiences" in site.unread:
        raise CannotEditError("the audiences are not all known")
    wanted = [*site.allowed_audiences, *(one for one in arrival.audiences.known if one not in site.allowed_audiences)]
    yield _easy_auth(
        f"Let Easy Auth of {site.site} accept {', '.join(arrival.audiences.known)}", site, {_AUDIENCES: wanted}
    )


def allow_client(case: Case) -> Iterator[Prescription]:
    """Easy Auth lets the client in whose token reaches it, beside those it lets in now."""
    arrival = case.subject("arrival")
    site = _site(case, arrival.site)
    clients = arrival.clients.known
    if not clients or site.claim_check_applications or "allowed_applications" in site.unread:
        raise CannotEditError("the clients are not all known")
    yield _easy_auth(
        f"Let Easy Auth of {site.site} allow {', '.join(clients)}",
        site,
        {_CLIENTS: [*site.allowed_applications, *clients]},
    )


def correct_issuer(case: Case) -> Iterator[Prescription]:
    """The openIdIssuer is that of the tokens which its app registration gets."""
    told: Site = case.subject("site")
    yield from _issuer_of(case, told)


def follow_version(case: Case) -> Iterator[Prescription]:
    """The openIdIssuer follows the token version of the app registration."""
    yield from _issuer_of(case, case.subject("arrival").site)


def _issuer_of(case: Case, told: Site) -> Iterator[Prescription]:
    site = _site(case, told)
    apps: dict[str, App] = {
        m.app.app_id: m.app for m in told.apps if isinstance(m, AppMatch) and m.certainty == "certain"
    }
    issuers = {issuer for app in apps.values() for issuer in app.issuers.known}
    if len(issuers) != 1 or any(app.issuers.rest or app.issuers.symbols for app in apps.values()):
        raise CannotEditError("the issuer of the tokens is not known")
    (issuer,) = issuers
    yield _easy_auth(f"Let Easy Auth of {site.site} expect the issuer {issuer}", site, {_ISSUER: issuer})


def demand_login(case: Case) -> Iterator[Prescription]:
    """Requests without a token are refused by the back end itself."""
    site = _site(case, case.subject("arrival").site)
    if site.enabled is not True or site.aad_enabled is False:
        raise CannotEditError("Easy Auth is off")
    settings = {
        "properties.globalValidation.requireAuthentication": True,
        "properties.globalValidation.unauthenticatedClientAction": "Return401",
    }
    effect = "Whoever calls the site past the gateway without a token is refused, health probes too."
    yield _easy_auth(f"Let {site.site} answer 401 to requests without a token", site, settings, effect)


def _site(case: Case, told: Site) -> SiteAuth:
    for site in case.snapshot.sites:
        if _address(site) == told.place.resource and not site.config_file:
            return site
    raise CannotEditError("the settings of the site were not read")


def _address(site: SiteAuth) -> str:
    """How a site is named where its file tells no resource id."""
    return site.id or f"site:{site.site}"


def _easy_auth(title: str, site: SiteAuth, settings: Mapping[str, object], *effects: str) -> Prescription:
    resource = f"{_address(site)}/config/authsettingsV2"
    body = _nested(settings)
    commands = sending.merged(resource, settings, sending.WEB) if sending.is_arm(resource) else {}
    commands["bicep"] = (
        f"// in the resource 'Microsoft.Web/sites/config' named authsettingsV2\n{sending.bicep_members(body)}".rstrip()
    )
    patch = ObjectPatch(kind="arm", method="PUT", resource=resource, name=site.site, body=body, commands=commands)
    return Prescription(title=title, safety="review", changes=(patch,), side_effects=effects)


def keep_secret(case: Case) -> Iterator[Prescription]:
    """The named value is kept as a secret."""
    value = case.subject("value")
    patch = _gateway_patch(
        value.place.resource,
        value.name,
        {"properties": {"secret": True}},
        "azurerm_api_management_named_value",
        {"secret": True},
    )
    yield Prescription(
        title=f"Keep the named value {value.name} as a secret",
        safety="review",
        changes=(patch,),
        side_effects=("Its value was readable until now: renew it, or better keep it in Key Vault.",),
    )


def ask_for_default(case: Case) -> Iterator[Prescription]:
    """The developer console asks for all that was consented of the API's app registration."""
    server = case.subject("server")
    apps = {
        m.app.app_id: m.app
        for route in case.routes()
        for passage in route.passages
        for m in getattr(getattr(passage, "check", None), "apps", ())
        if isinstance(m, AppMatch) and m.certainty == "certain"
    }
    if len(apps) != 1:
        raise CannotEditError("which app registration the console should ask for is not known")
    (app,) = apps.values()
    scope = f"{next(iter(app.identifier_uris.known), app.app_id)}/.default"
    patch = _gateway_patch(
        server.place.resource,
        server.name,
        {"properties": {"defaultScope": scope}},
        "azurerm_api_management_authorization_server",
        {"default_scope": scope},
    )
    yield Prescription(title=f"Let the console ask for {scope}", safety="review", changes=(patch,))


def enable_identity(case: Case) -> Iterator[Prescription]:
    """The service gets a system-assigned identity."""
    change = case.subject("change")
    service = next((one for one in case.snapshot.services if one.name == change.place.service), None)
    if service is None or service.identities or "identities" in service.unread:
        raise CannotEditError("the service has identities already, or they were not read")
    yield Prescription(
        title=f"Enable the system-assigned managed identity of {service.name}",
        safety="review",
        changes=(_identity(service),),
        side_effects=("The new identity has no rights yet: assign it the roles that its back ends demand.",),
    )


def _identity(service: Service) -> ObjectPatch:
    body: dict[str, object] = {"identity": {"type": "SystemAssigned"}}
    return _gateway_patch(service.id, service.name, body, "azurerm_api_management", {})


def _gateway_patch(
    resource: str, name: str, body: dict[str, object], terraform: str, arguments: Mapping[str, object]
) -> ObjectPatch:
    commands = sending.arm(resource, body, sending.MANAGEMENT) if sending.is_arm(resource) else {}
    told = [f"{key} = {sending.terraform(value)}" for key, value in arguments.items()] or [_IDENTITY]
    commands["terraform"] = "\n".join([f"# in the {terraform}", *told])
    commands["bicep"] = f"// in the resource itself\n{sending.bicep_members(body)}".rstrip()
    return ObjectPatch(kind="arm", resource=resource, name=name, body=body, commands=commands)


def _nested(settings: Mapping[str, object]) -> dict[str, object]:
    """`a.b` = 1 as {"a": {"b": 1}}."""
    body: dict[str, object] = {}
    for path, value in settings.items():
        *above, last = path.split(".")
        inner = body
        for name in above:
            inner = inner.setdefault(name, {})  # type: ignore[assignment]  # only objects stand above
        inner[last] = value
    return body


PRESCRIBERS: Prescribers = {
    "easy-auth-audience-mismatch": allow_audience,
    "easy-auth-client-not-allowed": allow_client,
    "easy-auth-issuer-malformed": correct_issuer,
    "easy-auth-issuer-version": follow_version,
    "easy-auth-anonymous-backend": demand_login,
    "secret-in-plain-named-value": keep_secret,
    "console-scope-unqualified": ask_for_default,
    "console-scope-not-exposed": ask_for_default,
    "managed-identity-not-enabled": enable_identity,
}
