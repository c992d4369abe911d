"""The case this program was born from, as the person lived it: three errors, one cause, and advice that changed nothing."""

import json

import pytest

from apimdoctor.diagnose.diagnosis import Diagnosis
from apimdoctor.diagnose.gateway_trace import read as read_trace
from tests.diagnose.made import (
    API_APP,
    CLIENT,
    FUNCTION_APP,
    IDENTITY,
    V1,
    V2,
    claims,
    diagnosed,
    registration,
    scope,
    tenant,
)

METADATA = f'<openid-config url="{V2}/.well-known/openid-configuration" />'
ISSUER_ERROR = (
    f"401 JWT Validation Failed: IDX10205: Issuer validation failed. Issuer: '{V1}'. Did not match: "
    f"validationParameters.ValidIssuer: '' or validationParameters.ValidIssuers: '{V2}'."
)
CLAIM_ERROR = f"401 JWT Validation Failed: Claim value mismatch: aud={API_APP}."


def gateway(issuers: str = "", function_version: int | None = None, order: str = "identity first") -> object:
    """The function's API behind the gateway: the managed identity above or below the check."""
    identity = f'<authentication-managed-identity resource="{FUNCTION_APP}" />'
    check = (
        '<validate-jwt header-name="Authorization" failed-validation-httpcode="401">'
        f"{METADATA}<audiences><audience>{API_APP}</audience></audiences>{issuers}</validate-jwt>"
    )
    apps = [
        registration(
            API_APP,
            "Orders API",
            2,
            api={"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [scope("Orders.Read")]},
        ),
        registration(FUNCTION_APP, "orders-func", function_version),
        registration(CLIENT, "Orders web", 2, identifierUris=[]),
    ]
    principal = {
        "id": IDENTITY,
        "appId": IDENTITY[:-4] + "0c0c",
        "displayName": "contoso",
        "servicePrincipalType": "ManagedIdentity",
    }
    steps = identity + check if order == "identity first" else check + identity
    return tenant(steps, apps, {"entra/servicePrincipals/contoso.json": principal})


STS = f"<issuers><issuer>{V1}</issuer></issuers>"
ODYSSEY = {
    "the original error": (gateway(), ISSUER_ERROR),
    "after version 2 on all three manifests": (gateway(function_version=2), ISSUER_ERROR),
    "after adding the sts issuer": (gateway(STS), CLAIM_ERROR),
}


def told(step: str) -> Diagnosis:
    tree, error = ODYSSEY[step]
    return diagnosed(tree, claims(2, API_APP, scp="Orders.Read"), error)


@pytest.mark.parametrize("step", ODYSSEY)
def test_every_step_of_the_odyssey_is_diagnosed_as_the_overwritten_header(step: str) -> None:
    diagnosis = told(step)
    assert (diagnosis.verdict, diagnosis.causes[0].cause) == ("refused", "header-overwritten-before-validation")


@pytest.mark.parametrize("step", ODYSSEY)
def test_the_fix_names_the_step_to_move_and_the_variable(step: str) -> None:
    fix = told(step).causes[0].fix
    assert "authentication-managed-identity" in fix and "output-token-variable-name" in fix


def test_published_advice_that_changes_nothing_is_named() -> None:
    assert "sts.windows.net" in told("the original error").causes[0].misleading


def test_the_client_s_own_token_is_said_to_have_never_been_read() -> None:
    assert V2 in told("the original error").causes[0].message


def test_with_the_check_first_the_same_token_passes_without_a_cause() -> None:
    diagnosis = diagnosed(gateway(order="check first"), claims(2, API_APP, scp="Orders.Read"))
    assert (diagnosis.verdict, diagnosis.causes) == ("accepted", ())


def test_the_gateway_s_own_trace_proves_the_order() -> None:
    entries = [
        {
            "source": "authentication-managed-identity",
            "data": {"message": "A token was added to the Authorization header."},
        },
        {"source": "validate-jwt", "data": {"message": "JWT Validation Failed: Claim value mismatch"}},
    ]
    trace = read_trace(json.dumps({"traceEntries": {"inbound": entries}}))
    diagnosis = diagnosed(gateway(), trace=trace)
    assert diagnosis.causes[0].cause == "header-overwritten-before-validation"


def test_lists_made_to_fit_the_gateway_s_token_admit_everybody_and_that_is_the_diagnosis() -> None:
    identity = f'<authentication-managed-identity resource="{FUNCTION_APP}" />'
    check = (
        f'<validate-jwt header-name="Authorization">{METADATA}<audiences><audience>{FUNCTION_APP}</audience></audiences>{STS}'
        "</validate-jwt>"
    )
    apps = [registration(FUNCTION_APP, "orders-func", None), registration(API_APP, "Orders API", 2)]
    diagnosis = diagnosed(tenant(identity + check, apps))
    assert diagnosis.verdict == "accepted"
    assert diagnosis.causes[0].cause == "header-overwritten-before-validation"
