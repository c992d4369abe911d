"""Token version x metadata version x issuers x audiences x caller, against a small oracle written from the documentation.

The oracle shares nothing with the product: sets of strings, as the access token and validate-jwt pages state them.
"""

import itertools

import pytest

from tests.diagnose.made import API_APP, CLIENT, TENANT, V1, V2, claims, diagnosed, registration, role, scope, tenant

URI = f"api://{API_APP}"
METADATA = {
    "v1": f"https://login.microsoftonline.com/{TENANT}/.well-known/openid-configuration",
    "v2": f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration",
}
ISSUERS: dict[str, tuple[str, ...]] = {"none": (), "v1": (V1,), "v2": (V2,), "both": (V1, V2)}
AUDIENCES: dict[str, tuple[str, ...]] = {"none": (), "guid": (API_APP,), "uri": (URI,), "both": (API_APP, URI)}
CALLERS = ("user", "application with role", "application without role")
MATRIX = list(itertools.product((1, 2), METADATA, ISSUERS, AUDIENCES, CALLERS, ("nothing", "scp", "roles")))


def oracle(version: int, metadata: str, issuers: str, audiences: str, caller: str, demands: str) -> bool:
    """Whether the gateway accepts the token that Entra ID issues."""
    token_issuer = {1: "sts", 2: "login"}[version]
    accepted = {{"v1": "sts", "v2": "login"}[metadata]}
    accepted |= {"none": set(), "v1": {"sts"}, "v2": {"login"}, "both": {"sts", "login"}}[issuers]
    # Version 1: the identifier URI the client asked by; version 2: always the client id of the API.
    token_audience = {1: "uri", 2: "guid"}[version]
    audience_passes = audiences == "none" or audiences in (token_audience, "both")
    carries = {"user": "scp", "application with role": "roles", "application without role": "neither"}[caller]
    return token_issuer in accepted and audience_passes and demands in ("nothing", carries)


def policy(metadata: str, issuers: str, audiences: str, demands: str) -> str:
    listed = "".join(f"<issuer>{i}</issuer>" for i in ISSUERS[issuers])
    wanted = "".join(f"<audience>{a}</audience>" for a in AUDIENCES[audiences])
    claim = {
        "nothing": "",
        "scp": '<required-claims><claim name="scp" separator=" "><value>Orders.Read</value></claim></required-claims>',
        "roles": '<required-claims><claim name="roles" match="any"><value>Orders.Write</value></claim></required-claims>',
    }[demands]
    return (
        f'<validate-jwt header-name="Authorization"><openid-config url="{METADATA[metadata]}" />'
        + (f"<audiences>{wanted}</audiences>" if wanted else "")
        + (f"<issuers>{listed}</issuers>" if listed else "")
        + f"{claim}</validate-jwt>"
    )


def ids(case: object) -> str:
    return str(case)


@pytest.mark.parametrize(("version", "metadata", "issuers", "audiences", "caller", "demands"), MATRIX[::9], ids=ids)
def test_the_verdict_is_that_of_the_documentation(
    version: int, metadata: str, issuers: str, audiences: str, caller: str, demands: str
) -> None:
    examine(version, metadata, issuers, audiences, caller, demands)


@pytest.mark.soak
@pytest.mark.parametrize(("version", "metadata", "issuers", "audiences", "caller", "demands"), MATRIX, ids=ids)
def test_the_verdict_is_that_of_the_documentation_in_every_cell(
    version: int, metadata: str, issuers: str, audiences: str, caller: str, demands: str
) -> None:
    examine(version, metadata, issuers, audiences, caller, demands)


def examine(version: int, metadata: str, issuers: str, audiences: str, caller: str, demands: str) -> None:
    api = {"requestedAccessTokenVersion": version, "oauth2PermissionScopes": [scope("Orders.Read")]}
    apps = [
        registration(API_APP, "Orders API", version, api=api, appRoles=[role("Orders.Write")]),
        registration(CLIENT, "Orders web", 2, identifierUris=[]),
    ]
    more: dict[str, object] = {
        "user": {"scp": "Orders.Read Orders.Other"},
        "application with role": {"roles": ["Orders.Write"], "idtyp": "app"},
        "application without role": {"idtyp": "app"},
    }[caller]
    token = claims(version, URI if version == 1 else API_APP, **more)
    diagnosis = diagnosed(tenant(policy(metadata, issuers, audiences, demands), apps), token)
    expected = "accepted" if oracle(version, metadata, issuers, audiences, caller, demands) else "refused"
    assert diagnosis.verdict == expected
    if expected == "refused":
        assert diagnosis.causes and diagnosis.gateway_message
