"""A small tenant in source terms, and one call on it: what the diagnosis tests are told in."""

import json
from collections.abc import Iterable

from apimdoctor.cli import choice
from apimdoctor.collect.files import MemoryTree, read_tree
from apimdoctor.diagnose.diagnosis import Diagnosis
from apimdoctor.diagnose.evidence import Evidence
from apimdoctor.diagnose.evidence import read as read_error
from apimdoctor.diagnose.examine import Brought, diagnose
from apimdoctor.diagnose.gateway_trace import GatewayTrace
from apimdoctor.diagnose.intake import NOTHING, Presented
from apimdoctor.diagnose.route import Named, choose
from apimdoctor.engine.judge import judge
from apimdoctor.facts.build import build_whole
from apimdoctor.facts.vocabulary import Route

TENANT = "6b1f0c2e-93d4-4a57-8e06-2c7d9f4b1a35"
API_APP = "3f9a7c10-5e2b-4d86-b1c4-7a8e6d0f2b93"
FUNCTION_APP = "c4d8e1f2-07b3-4a69-9c5d-1e6f8a2b4c70"
CLIENT = "9e2d4b6a-1c3f-4e58-a7b9-0d8c6f4e2a51"
IDENTITY = "d7a5c3e1-8f6b-4d29-b0e4-5c3a1f9e7d82"
V1 = f"https://sts.windows.net/{TENANT}/"
V2 = f"https://login.microsoftonline.com/{TENANT}/v2.0"
NOW = 1_790_000_000.0
RULES = choice.rules()


def registration(app_id: str, name: str, version: int | None = None, **more: object) -> dict[str, object]:
    """An app registration in Graph's shape; `api` and the rest are as the Azure portal creates them."""
    made: dict[str, object] = {
        "id": app_id[:-4] + "0b0b",
        "appId": app_id,
        "displayName": name,
        "signInAudience": "AzureADMyOrg",
        "identifierUris": [f"api://{app_id}"],
        "api": {"requestedAccessTokenVersion": version, "oauth2PermissionScopes": []},
        "appRoles": [],
        "optionalClaims": None,
    }
    return {**made, **more}


def scope(value: str) -> dict[str, object]:
    return {"id": "5d1e0f3a-7b2c-4c68-9a4d-8e6f1b3c5d07", "value": value, "isEnabled": True, "type": "User"}


def role(value: str) -> dict[str, object]:
    members = ["Application", "User"]
    return {
        "id": "a1c3e5f7-2b4d-4f68-8a0c-9e7d5b3f1a24",
        "value": value,
        "isEnabled": True,
        "allowedMemberTypes": members,
    }


def policy(inbound: str) -> str:
    return (
        f"<policies><inbound><base />{inbound}</inbound><backend><base /></backend>"
        "<outbound><base /></outbound><on-error><base /></on-error></policies>"
    )


def tenant(inbound: str, apps: Iterable[dict[str, object]], more: dict[str, object] | None = None) -> MemoryTree:
    """The files below as a tree."""
    return MemoryTree(tenant_files(inbound, apps, more), "tenant")


def tenant_files(
    inbound: str, apps: Iterable[dict[str, object]], more: dict[str, object] | None = None
) -> dict[str, bytes]:
    """One service with one API without a key, whose policy has this inbound; `more` are further files."""
    files: dict[str, object] = {
        "apim/apis/orders/apiInformation.json": {
            "properties": {
                "displayName": "Orders",
                "path": "orders",
                "protocols": ["https"],
                "subscriptionRequired": False,
                "isCurrent": True,
            }
        },
        "apim/apis/orders/policy.xml": policy(inbound),
        "apim/apis/orders/operations/list/operationInformation.json": {
            "properties": {"displayName": "List", "method": "GET", "urlTemplate": "/"}
        },
        "apim/arm/service.json": {
            "type": "Microsoft.ApiManagement/service",
            "name": "contoso",
            "identity": {"type": "SystemAssigned", "principalId": IDENTITY, "tenantId": TENANT},
            "properties": {"gatewayUrl": "https://contoso.azure-api.net"},
        },
        "entra/organization.json": {"id": TENANT, "displayName": "Contoso", "verifiedDomains": []},
        **{f"entra/applications/{n}.json": app for n, app in enumerate(apps)},
        **(more or {}),
    }
    return {name: (body if isinstance(body, str) else json.dumps(body)).encode() for name, body in files.items()}


def claims(version: int, audience: str, client: str = CLIENT, **more: object) -> Presented:
    """An access token's claims as Entra ID writes them in that version."""
    made: dict[str, object] = {
        "aud": audience,
        "iss": V1 if version == 1 else V2,
        "tid": TENANT,
        "ver": f"{version}.0",
        "oid": "7c5a3e1f-9d8b-4b64-a2f0-6e4d2c0b8a13",
        "sub": "x1Yz-pairwise",
        "iat": int(NOW) - 60,
        "nbf": int(NOW) - 60,
        "exp": int(NOW) + 3600,
        ("appid" if version == 1 else "azp"): client,
        **more,
    }
    return Presented("claims", "", {"alg": "RS256", "typ": "JWT"}, {k: v for k, v in made.items() if v is not None})


def diagnosed(
    tree: MemoryTree, presented: Presented = NOTHING, error: str = "", trace: GatewayTrace | None = None, key: str = ""
) -> Diagnosis:
    """The diagnosis of a call of the API `orders`."""
    snapshot = read_tree(tree)
    built = build_whole(snapshot)
    routes = [r for r in built.facts.routes if isinstance(r, Route)]
    (api,) = choice.apis(snapshot, ["orders"])
    route = choose(routes, Named(api=api, key=key)).routes[0]
    evidence = read_error(error) if error else Evidence()
    return diagnose(built, snapshot, judge(RULES, built.facts), route, Brought(presented, evidence, trace, NOW))
