"""Cures of app registrations and service principals: the PATCH of Microsoft Graph, and who depends on what it changes.

A list is replaced whole by a PATCH (learn.microsoft.com/graph/api/application-update), so a body holds the items that
stay. Scopes and roles carry descriptions that are not read; a list of them is only written where it was empty.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from apimdoctor.engine.prescription import ObjectPatch, PolicyEdit, Prescription
from apimdoctor.facts.values import Values, meets
from apimdoctor.facts.vocabulary import App, AppMatch, ServicePrincipal, SiteAuth, TokenCheck
from apimdoctor.prescribe import sending
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.lists import add_to_list
from apimdoctor.prescribe.registration_known import registration, registrations
from apimdoctor.prescribe.text import CannotEditError
from apimdoctor.snapshot import AppRegistration

_MOST_NAMES = 6
_IDS = "delegatedPermissionIds"


def switch_version(case: Case) -> Iterator[Prescription]:
    """Entra ID issues version 2 tokens for the API, where all who check them are ready or get ready first."""
    app: App = case.subject("match").app
    if app.token_version != 1:
        raise CannotEditError("the tokens are of version 2")
    one = registration(case, app.app_id)
    waiting, effects = _dependents(case, app)
    issuers = ", ".join(app.issuers_of_other_version.known)
    steps = [
        f"Let {place} accept the issuer {issuers} and the audience {app.app_id} beside the present ones."
        for place in waiting
    ]
    steps += [
        "Set requestedAccessTokenVersion to 2 (accessTokenAcceptedVersion in a manifest of the older form).",
        "Wait until the last version 1 token has expired, a day at most.",
        "Then remove the version 1 issuer, and the audiences that version 2 tokens do not carry.",
    ]
    yield Prescription(
        title=f'Let Entra ID issue version 2 tokens for "{app.display_name}"',
        safety="review",
        changes=(*_bare_id_accepted(case, app), _application(case, one, {"api": {"requestedAccessTokenVersion": 2}})),
        side_effects=effects,
        steps=tuple(steps),
    )


def _bare_id_accepted(case: Case, app: App) -> Iterator[PolicyEdit]:
    """What lets the finding's own check accept the audience of version 2 tokens, the bare client id; nothing where it does."""
    for check in case.subjects("check"):
        if app.app_id not in check.accepted_audiences.known and not check.accepted_audiences.all:
            script = case.script(check.place)
            added = add_to_list(script, script.at(check.place), "audiences", "audience", (app.app_id,))
            yield script.edit(added)


def _dependents(case: Case, app: App) -> tuple[list[str], tuple[str, ...]]:
    """Where version 2 tokens would not pass, and a sentence for each check, site and client that the change reaches."""
    other = app.issuers_of_other_version
    waiting, told = [], []
    own = case.finding.at
    for check in case.facts.token_checks:
        if isinstance(check, TokenCheck) and _names(check.apps, app) and check.place != own:
            where = f"{check.element} at {check.place.document or check.place.resource}:{check.place.line}"
            fits = meets(check.accepted_issuers, other) is True and app.app_id in check.accepted_audiences.known
            if not fits:
                waiting.append(where)
            told.append(f"{where} {'accepts both versions' if fits else 'does not surely accept version 2 tokens'}.")
    for site in case.facts.sites:
        if isinstance(site, SiteAuth) and _names(site.apps, app):
            fits = meets(site.accepted_issuers, other) is True
            if not fits:
                waiting.append(f"Easy Auth of {site.host}")
            told.append(f"Easy Auth of {site.host} {'accepts' if fits else 'may not accept'} version 2 tokens.")
    clients = sorted({one.display_name for one in registrations(case) if _asks(one, app.app_id)})
    if clients:
        more = f" and {len(clients) - _MOST_NAMES} more" if len(clients) > _MOST_NAMES else ""
        told.append(
            f"Tokens of {', '.join(clients[:_MOST_NAMES])}{more} then carry the bare client id as audience, azp instead of "
            "appid and preferred_username instead of upn; back ends that read the old claims have to follow."
        )
    return waiting, tuple(told)


def _names(matches: tuple[object, ...], app: App) -> bool:
    return any(isinstance(match, AppMatch) and match.app is app for match in matches)


def _asks(one: AppRegistration, app_id: str) -> bool:
    return any(access.resource_app_id == app_id for access in one.required_access)


def add_identifier_uri(case: Case) -> Iterator[Prescription]:
    """The app registration gets the URI that the portal proposes."""
    app: App = case.subject("match").app
    one = registration(case, app.app_id)
    uris = [*one.identifier_uris, f"api://{sending.guid(one.app_id, 'client id')}"]
    yield Prescription(
        title=f'Give "{one.display_name}" the identifier URI {uris[-1]}',
        safety="safe",
        changes=(_application(case, one, {"identifierUris": uris}),),
    )


def expose_scope(case: Case) -> Iterator[Prescription]:
    """The first scope of an app registration that exposes none yet."""
    claim, app = case.subject("claim"), case.subject("match").app
    one = registration(case, app.app_id)
    wanted = _all_known(claim.values)
    if one.scopes or "scopes" in one.unread:
        raise CannotEditError("the descriptions of the present scopes were not read, and the list is replaced whole")
    scopes = [
        {
            "id": str(uuid5(NAMESPACE_URL, f"{one.app_id}/scopes/{value}")),
            "value": value,
            "type": "User",
            "isEnabled": True,
            "adminConsentDisplayName": value,
            "adminConsentDescription": f"Call the API with {value}.",
            "userConsentDisplayName": value,
            "userConsentDescription": f"Call the API with {value}.",
        }
        for value in wanted
    ]
    yield Prescription(
        title=f'Expose {", ".join(wanted)} on "{one.display_name}"',
        safety="review",
        changes=(_application(case, one, {"api": {"oauth2PermissionScopes": scopes}}),),
        side_effects=("Clients get the scope only after they ask for it and somebody consents.",),
    )


def define_role(case: Case) -> Iterator[Prescription]:
    """The first roles of an app registration that defines none yet."""
    claim, app = case.subject("claim"), case.subject("match").app
    one = registration(case, app.app_id)
    wanted = _all_known(claim.values)
    if one.app_roles or "app_roles" in one.unread:
        raise CannotEditError("the descriptions of the present roles were not read, and the list is replaced whole")
    roles = [
        {
            "id": str(uuid5(NAMESPACE_URL, f"{one.app_id}/roles/{value}")),
            "value": value,
            "displayName": value,
            "description": f"Callers with {value}.",
            "allowedMemberTypes": ["User", "Application"],
            "isEnabled": True,
        }
        for value in wanted
    ]
    yield Prescription(
        title=f'Define {", ".join(wanted)} on "{one.display_name}"',
        safety="review",
        changes=(_application(case, one, {"appRoles": roles}),),
        side_effects=("Nobody holds a new role: assign it to the callers that should get in.",),
    )


def _all_known(values: Values) -> tuple[str, ...]:
    if not values.known or values.rest or values.symbols or values.all:
        raise CannotEditError("what is required is not all known")
    return tuple(values.known)


def drop_preauthorized(case: Case) -> Iterator[Prescription]:
    """Preauthorizations of clients that do not exist, and of permissions that do not, are taken out."""
    client = case.subject("client")
    app: App = case.subject("app")
    one = registration(case, app.app_id)
    known = {scope.id for scope in one.scopes}
    gone = case.finding.rule == "preauthorized-unknown-client"
    listed = [
        {"appId": entry.app_id, _IDS: [mark for mark in entry.scope_ids if gone or mark in known]}
        for entry in one.pre_authorized
        if not (gone and entry.app_id == client.client_id)
    ]
    yield Prescription(
        title=f'Preauthorize for "{one.display_name}" only what exists',
        safety="review",
        changes=(_application(case, one, {"api": {"preAuthorizedApplications": [e for e in listed if e[_IDS]]}}),),
    )


def end_implicit(case: Case) -> Iterator[Prescription]:
    """No access token goes through the browser's address bar any more."""
    app: App = case.subject("app")
    one = registration(case, app.app_id)
    body: dict[str, object] = {"web": {"implicitGrantSettings": {"enableAccessTokenIssuance": False}}}
    yield Prescription(
        title=f'Issue no access tokens to the address bar for "{one.display_name}"',
        safety="review",
        changes=(_application(case, one, body),),
        side_effects=("Pages that still use the implicit flow get no token; the code flow with PKCE takes its place.",),
    )


def enable_principal(case: Case) -> Iterator[Prescription]:
    """The service principal may get tokens again."""
    app: App = case.subject("match").app
    principal = _principal(app)
    yield Prescription(
        title=f'Enable the service principal of "{app.display_name}"',
        safety="review",
        changes=(
            _sent(
                case, f"servicePrincipals/{principal.id}", principal.display_name, app.app_id, {"accountEnabled": True}
            ),
        ),
    )


def assign_identity(case: Case) -> Iterator[Prescription]:
    """The gateway's managed identity gets a role of the back end's app registration, or plain access."""
    change, app = case.subject("change"), case.subject("match").app
    resource = _principal(app)
    one = registration(case, app.app_id)
    roles = [role for role in one.app_roles if role.enabled and "Application" in role.members]
    if len(roles) > 1 or "app_roles" in one.unread:
        raise CannotEditError("which role the gateway should hold is not known")
    role = roles[0].id if roles else "00000000-0000-0000-0000-000000000000"
    held = [
        principal
        for tenant in case.snapshot.tenants
        for principal in tenant.service_principals
        if principal.app_id in change.client_ids.known
    ]
    if len(held) != 1:
        raise CannotEditError("the service principal of the managed identity was not read")
    body: dict[str, object] = {"principalId": held[0].id, "resourceId": resource.id, "appRoleId": role}
    path = f"servicePrincipals/{resource.id}/appRoleAssignedTo"
    what = f"the role {roles[0].value}" if roles else "access without a role"
    yield Prescription(
        title=f'Assign {what} of "{app.display_name}" to the managed identity "{held[0].display_name}"',
        safety="review",
        changes=(_sent(case, path, resource.display_name, app.app_id, body, method="POST"),),
        side_effects=("Tokens of a managed identity are kept for up to a day: the role shows only then.",),
    )


def _principal(app: App) -> ServicePrincipal:
    found = [one for one in app.service_principals if isinstance(one, ServicePrincipal)]
    if len(found) != 1:
        raise CannotEditError("the service principal was not read")
    return found[0]


def _application(case: Case, one: AppRegistration, body: dict[str, object]) -> ObjectPatch:
    return _sent(case, f"applications/{one.id}", one.display_name, one.app_id, body)


def _sent(
    case: Case,
    path: str,
    name: str,
    app_id: str,
    body: dict[str, object],
    *,
    method: Literal["PATCH", "POST"] = "PATCH",
) -> ObjectPatch:
    sending.guid(path.split("/")[1], "object id")
    commands = sending.graph(path, body, case.snapshot.cloud, method=method)
    commands |= _in_code(path, sending.guid(app_id, "client id"), body)
    return ObjectPatch(
        kind="graph", method=method, resource=path, name=name, identifier=app_id, body=body, commands=commands
    )


def _in_code(path: str, app_id: str, body: Mapping[str, object]) -> dict[str, str]:
    """The same as arguments of Terraform's azuread provider and of the Graph extension of Bicep."""
    if path.endswith("/appRoleAssignedTo"):
        names = {"principalId": "principal_object_id", "resourceId": "resource_object_id", "appRoleId": "app_role_id"}
        told = sending.terraform({names[name]: value for name, value in body.items()})
        return {
            "terraform": f'resource "azuread_app_role_assignment" "gateway" {told}',
            "bicep": f"resource gateway 'Microsoft.Graph/appRoleAssignedTo@v1.0' = {sending.bicep(body)}",
        }
    kind = "applications" if path.startswith("applications/") else "servicePrincipals"
    lines = {
        "bicep": f"// in the resource 'Microsoft.Graph/{kind}@v1.0' of {app_id}\n{sending.bicep_members(body)}".rstrip()
    }
    block = _TERRAFORM.get(next(iter(body)))
    told = block(body) if block else ""
    if told:
        resource = "azuread_application" if kind == "applications" else "azuread_service_principal"
        lines["terraform"] = f"# in the {resource} of {app_id}\n{told}"
    return lines


def _api(body: Mapping[str, object]) -> str:
    api = body["api"]
    if isinstance(api, Mapping) and list(api) == ["requestedAccessTokenVersion"]:
        return f"api {{\n  requested_access_token_version = {api['requestedAccessTokenVersion']}\n}}"
    return ""


_TERRAFORM: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "api": _api,
    "identifierUris": lambda body: f"identifier_uris = {sending.terraform(body['identifierUris'])}",
    "web": lambda _: "web {\n  implicit_grant {\n    access_token_issuance_enabled = false\n  }\n}",
    "accountEnabled": lambda _: "account_enabled = true",
}

PRESCRIBERS: Prescribers = {
    "issuer-version-mismatch": switch_version,
    "token-version-unset": switch_version,
    "audience-not-emitted": switch_version,
    "identifier-uri-missing": add_identifier_uri,
    "scope-not-exposed": expose_scope,
    "role-not-defined": define_role,
    "preauthorized-unknown-client": drop_preauthorized,
    "preauthorized-unknown-scope": drop_preauthorized,
    "implicit-access-tokens": end_implicit,
    "service-principal-disabled": enable_principal,
    "managed-identity-without-role": assign_identity,
}
