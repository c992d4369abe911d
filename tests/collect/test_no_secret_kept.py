"""Secrets planted wherever configuration can hold them: none may be in the snapshot."""

from typing import Any

import pytest

from apimdoctor.collect.files import MemoryTree, read_tree
from apimdoctor.snapshot import store
from tests.collect.made_files import SERVICE_ID, content_of, graph_app, information, organization


def resource(path: str, /, **properties: object) -> dict[str, object]:
    return {"id": f"{SERVICE_ID}/{path}", "properties": properties}


def policies(inner: str) -> str:
    return f"<policies><inbound>{inner}</inbound></policies>"


CANARY = "Canary7Zq9Xw3Lm"
"""Long enough to be no word, short enough to have no form of its own."""
LONG_CANARY = "Canary8Vt2Rk5Wn9Xb4Lp7Qz1Hd6Js3"

PLACES: dict[str, dict[str, Any]] = {
    "header": {
        "apis/o/policy.xml": policies(f'<set-header name="Authorization"><value>Bearer {CANARY}</value></set-header>')
    },
    "named value of a tree": {
        "named values/n/namedValueInformation.json": information(displayName="n", value=LONG_CANARY)
    },
    "secret named value": {
        "named values/n/namedValueInformation.json": information(displayName="n", value=CANARY, secret=True)
    },
    "named value in ARM": {"n.json": resource("namedValues/n", displayName="n-password", value=CANARY)},
    "old named value in ARM": {"n.json": resource("properties/n", displayName="n", secret=True, value=CANARY)},
    "back end": {
        "backends/b/backendInformation.json": information(
            url=f"https://fn.example/api?code={CANARY}",
            credentials={
                "header": {"x-functions-key": [CANARY]},
                "authorization": {"scheme": "Basic", "parameter": CANARY},
            },
        )
    },
    "service URL": {"apis/o/apiInformation.json": information(path="o", serviceUrl=f"https://x.example?sig={CANARY}")},
    "console server": {"a.json": resource("authorizationServers/a", clientSecret=CANARY, resourceOwnerPassword=CANARY)},
    "token body": {
        "a.json": resource("authorizationServers/a", tokenBodyParameters=[{"name": "client_secret", "value": CANARY}])
    },
    "subscription": {"s.json": resource("subscriptions/s", scope="/apis", primaryKey=CANARY, secondaryKey=CANARY)},
    "policy in ARM": {"p.json": resource("policies/policy", value=policies(f"<key>{CANARY}</key>"))},
    "fragment in ARM": {
        "p.json": resource(
            "policyFragments/f", value=f'<fragment><authentication-basic username="u" password="{CANARY}" /></fragment>'
        )
    },
    "bare policy": {
        "x.xml": policies(f'<set-query-parameter name="code"><value>{CANARY}</value></set-query-parameter>')
    },
    "app registration": {
        "a.json": graph_app(
            passwordCredentials=[{"keyId": "k", "secretText": CANARY, "hint": CANARY[:3]}],
            keyCredentials=[{"keyId": "k", "key": CANARY, "customKeyIdentifier": CANARY}],
            web={"redirectUris": [f"https://x.example/?code={CANARY}"]},
            displayName=f"client_secret={CANARY}",
        )
    },
    "service principal": {
        "s.json": {
            "id": "s",
            "appId": "a",
            "servicePrincipalType": "Application",
            "passwordCredentials": [{"secretText": CANARY}],
        }
    },
    "organization": {"organization.json": {**organization(), "onPremises": CANARY}},
    "site": {
        "x.authsettingsV2.json": information(
            platform={"enabled": True},
            identityProviders={"azureActiveDirectory": {"registration": {"clientId": "c", "clientSecret": CANARY}}},
        )
    },
    "damaged JSON": {"a.json": f'{{"appId": "x", "secretText": "{CANARY}'},
    "wrong type": {"a.json": {**graph_app(), "identifierUris": CANARY}},
    "service": {
        "s.json": {"id": SERVICE_ID, "properties": {"publisherEmail": CANARY, "customProperties": {"k": CANARY}}}
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_planted_there_is_in_no_snapshot(place: str) -> None:
    files = {path: content_of(value) for path, value in PLACES[place].items()}
    saved = store.dump(read_tree(MemoryTree(files))).decode()
    assert CANARY not in saved
    assert LONG_CANARY not in saved
