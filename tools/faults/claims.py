"""Planted faults of required claims and allowed clients."""

from __future__ import annotations

from tools.entra_objects import assignment
from tools.faults.planting import Patient, fault
from tools.tenant_plan import CheckPlan, guid
from tools.tenant_tree import claim


@fault("scope-without-separator", severity="warning")
def _scope_separator(at: Patient) -> None:
    at.check.claims = [claim("scp", [at.app.scope])]
    at.anywhere()


@fault("claim-of-other-version")
def _claim_of_other_version(at: Patient) -> None:
    client = at.world.clients[0]["appId"]
    names = ("appid", "unique_name") if at.app.token_version == 2 else ("azp", "preferred_username")
    name = at.rng.choice(names)
    at.check.claims = [claim(name, [client] if name in ("appid", "azp") else [])]


def _allowing(at: Patient, client: str) -> CheckPlan:
    """A check that names the clients it lets in."""
    return CheckPlan(
        element="validate-azure-ad-token",
        tenant=at.world.tenant_id,
        audiences=[at.app.app_id] if at.app.token_version == 2 else [at.app.app_id, at.app.uri],
        clients=[client],
    )


@fault("client-is-object-id", severity="warning")
def _client_object_id(at: Patient) -> None:
    at.api.check = _allowing(at, at.one_of(at.client["id"], at.client_principal["id"]))


@fault("client-list-names-no-app", severity="warning")
def _client_nobody(at: Patient) -> None:
    at.api.check = _allowing(at, guid(at.rng))


@fault("match-all-on-single-value")
def _match_all(at: Patient) -> None:
    name = "azp" if at.app.token_version == 2 else "appid"
    clients = [client["appId"] for client in at.world.clients[:2]]
    at.check.claims = [
        at.rng.choice(
            (
                claim(name, clients, match="all"),
                claim("aud", [at.app.app_id, at.app.uri], match="all"),
                claim("scp", [f"{at.app.scope} {at.app.scope}.Write"], match="all", separator=" "),
            )
        )
    ]


@fault("mutable-claim-decides", severity="warning")
def _mutable(at: Patient) -> None:
    name = "preferred_username" if at.app.token_version == 2 else at.one_of("upn", "unique_name")
    at.check.claims = [claim(name, [f"dispatch@{at.world.service}.example"], match="any")]


@fault("output-variable-missing")
def _output_variable(at: Patient) -> None:
    wrong = at.one_of("jwt", "token", "validated")
    if at.rng.random() < 0.5:
        at.check.attributes += f' output-token-variable-name="{wrong}-of-caller"'
    at.api.after = [
        at.one_of(
            f'<set-header name="X-Caller" exists-action="override">\n'
            f'    <value>@(((Jwt)context.Variables["{wrong}"]).Subject)</value>\n</set-header>',
            f'<set-variable name="caller" value=\'@(((Jwt)context.Variables["{wrong}"]).Subject)\' />',
        )
    ]


@fault("role-not-assigned", severity="warning")
def _role_nobody_holds(at: Patient) -> None:
    at.world.held = [held for held in at.world.assignments() if held["appRoleId"] != at.app.role_id]
    at.check.claims = [claim("roles", [at.app.role], match=at.one_of("any", "all"))]


@fault("role-not-defined")
def _role_nobody_defines(at: Patient) -> None:
    at.check.claims = [claim("roles", [at.one_of(at.app.role.lower(), "Gateway.Admin", at.app.scope)])]
    at.anywhere()


@fault("scope-not-exposed")
def _scope_nobody_exposes(at: Patient) -> None:
    wrong = at.one_of("access_as_user", at.app.scope.lower(), f"{at.app.uri}/{at.app.scope}")
    at.check.claims = [claim("scp", [wrong], separator=" ")]
    at.anywhere()


@fault("scope-required-from-app-only-callers", severity="warning")
def _scope_of_daemons(at: Patient) -> None:
    at.world.grants.pop()  # the one for the API's app registration
    resource = at.app.service_principal(at.world.tenant_id)
    held = assignment("planted", holder=at.client_principal, resource=resource, role_id=at.app.role_id)
    at.world.held = [*at.world.assignments(), held]
