"""Small folders for the command line: an API whose policy accepts the wrong token version, and broken neighbours."""

import json
from pathlib import Path

TENANT = "5d3c3f0e-8a0e-4a53-9d1e-27f1b14a9c60"
APP_ID = "b7f2b0c4-4d0a-4c3e-8d69-6f5a8c1f2e7d"

API = {"properties": {"displayName": "Orders", "path": "orders", "subscriptionRequired": True}}
OPERATION = {"properties": {"displayName": "List", "method": "GET", "urlTemplate": "/"}}
APP = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications/$entity",
    "id": "0f8c8a55-9f2f-4f6c-9b9e-0e7c6a1d5b34",
    "appId": APP_ID,
    "displayName": "Orders",
    "signInAudience": "AzureADMyOrg",
    "identifierUris": [f"api://{APP_ID}"],
    "api": {"requestedAccessTokenVersion": None},
}
ORGANIZATION = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#organization",
    "value": [
        {
            "id": TENANT,
            "displayName": "Larkspur",
            "tenantType": "AAD",
            "verifiedDomains": [{"name": "larkspur.example", "isDefault": True}],
        }
    ],
}
V2_ONLY = f"""<policies>
  <inbound>
    <base />
    <validate-jwt header-name="Authorization">
      <openid-config url="https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration" />
      <audiences>
        <audience>{APP_ID}</audience>
        <audience>api://{APP_ID}</audience>
      </audiences>
    </validate-jwt>
  </inbound>
  <backend>
    <base />
  </backend>
  <outbound>
    <base />
  </outbound>
</policies>
"""
BOTH = V2_ONLY.replace(
    "      </audiences>",
    f"      </audiences>\n      <issuers>\n        <issuer>https://sts.windows.net/{TENANT}/</issuer>\n"
    f"        <issuer>https://login.microsoftonline.com/{TENANT}/v2.0</issuer>\n      </issuers>",
)


def sick(folder: Path, policy: str = V2_ONLY) -> Path:
    """A service with one API and its app registration; by default the policy accepts tokens nobody gets."""
    write(folder, "apim/apis/orders/apiInformation.json", API)
    write(folder, "apim/apis/orders/operations/list/operationInformation.json", OPERATION)
    write(folder, "apim/apis/orders/policy.xml", policy)
    write(folder, "entra/orders.json", APP)
    write(folder, "entra/organization.json", ORGANIZATION)
    return folder


def healthy(folder: Path) -> Path:
    """The same with a policy that accepts both versions."""
    return sick(folder, BOTH)


def write(folder: Path, name: str, content: object) -> Path:
    """One file of the folder; what is no text is JSON."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), "utf-8")
    return file
