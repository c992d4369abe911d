"""How a tenant is written down as files: the APIOps layout for API Management, Graph JSON and manifests for Entra ID.

Used by the generator, by the fixtures of judged configurations and by tests: one place knows the folder names.
Source of the layouts: the APIOps extractor (Azure/apiops) and the Graph v1.0 resource types.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]

V1_ISSUER = "https://sts.windows.net/{tenant}/"
V2_ISSUER = "https://login.microsoftonline.com/{tenant}/v2.0"
V1_METADATA = "https://login.microsoftonline.com/{tenant}/.well-known/openid-configuration"
V2_METADATA = "https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"


def document(inbound: str, *, backend: str = "<base />", outbound: str = "<base />", on_error: str = "<base />") -> str:
    """A whole policy document around the lines of its sections."""
    sections = (("inbound", inbound), ("backend", backend), ("outbound", outbound), ("on-error", on_error))
    body = "\n".join(f"    <{name}>\n{indented(text, 8)}\n    </{name}>" for name, text in sections)
    return f"<policies>\n{body}\n</policies>\n"


def fragment_document(lines: str) -> str:
    """The text of a policy fragment around its statements."""
    return f"<fragment>\n{indented(lines, 4)}\n</fragment>\n"


def indented(text: str, width: int) -> str:
    """The text with every line that is not empty moved to the right."""
    return "\n".join(" " * width + line if line else "" for line in text.strip("\n").split("\n"))


def validate_jwt(
    *,
    metadata: Sequence[str] = (),
    keys: str = "",
    audiences: Sequence[str] = (),
    issuers: Sequence[str] = (),
    claims: str = "",
    attributes: str = 'header-name="Authorization" failed-validation-httpcode="401"',
) -> str:
    """A validate-jwt element with its children in the order that the schema of the service demands."""
    lines = [f"<validate-jwt {attributes}>"]
    lines += [f'    <openid-config url="{url}" />' for url in metadata]
    if keys:
        lines += ["    <issuer-signing-keys>", indented(keys, 8), "    </issuer-signing-keys>"]
    for plural, singular, values in (("audiences", "audience", audiences), ("issuers", "issuer", issuers)):
        if values:
            lines.append(f"    <{plural}>")
            lines += [f"        <{singular}>{value}</{singular}>" for value in values]
            lines.append(f"    </{plural}>")
    if claims:
        lines += ["    <required-claims>", indented(claims, 8), "    </required-claims>"]
    lines.append("</validate-jwt>")
    return "\n".join(lines)


def claim(name: str, values: Sequence[str], *, match: str = "any", separator: str = "") -> str:
    """A claim element of required-claims."""
    split = f' separator="{separator}"' if separator else ""
    if not values:
        return f'<claim name="{name}" />'
    inner = "\n".join(f"    <value>{value}</value>" for value in values)
    return f'<claim name="{name}" match="{match}"{split}>\n{inner}\n</claim>'


@dataclass(frozen=True, kw_only=True)
class Op:
    """One operation of an API, with its own policy text or none."""

    name: str
    method: str = "GET"
    template: str = "/"
    policy: str = ""


@dataclass(kw_only=True)
class TenantTree:
    """One service and one Entra tenant, gathered file by file; `files` is what a folder reader sees."""

    tenant_id: str
    domain: str = "larkspur.example"
    name: str = "Larkspur"
    files: dict[str, bytes] = field(default_factory=dict)
    apim: str = "apim"
    entra: str = "entra"

    def __post_init__(self) -> None:
        if self.tenant_id:
            self.json(f"{self.entra}/organization.json", _organization(self.tenant_id, self.name, self.domain))

    # ---------------------------------------------------------------- files
    def text(self, path: str, text: str) -> None:
        """A text file."""
        self.files[path] = text.encode()

    def json(self, path: str, content: Json | list[Any]) -> None:
        """A JSON file."""
        self.files[path] = (json.dumps(content, indent=2) + "\n").encode()

    # ---------------------------------------------------------------- API Management
    def service(self, name: str, *, principal_id: str = "", resource_id: str = "") -> None:
        """The service itself; with a principal id it has a system-assigned identity."""
        body: Json = {"type": "Microsoft.ApiManagement/service", "name": name}
        if resource_id:
            body["id"] = resource_id
        body["identity"] = (
            {"type": "SystemAssigned", "principalId": principal_id, "tenantId": self.tenant_id}
            if principal_id
            else {"type": "None"}
        )
        body["sku"] = {"name": "Developer", "capacity": 1}
        body["properties"] = {"gatewayUrl": f"https://{name}.azure-api.net", "publisherName": self.name}
        self.json(f"{self.apim}/arm/service.json", body)

    def global_policy(self, text: str) -> None:
        """The policy of all APIs."""
        self.text(f"{self.apim}/policy.xml", text)

    def api(
        self,
        name: str,
        policy: str = "",
        *,
        path: str = "",
        key: bool = True,
        operations: Sequence[Op] = (Op(name="list"),),
        products: Sequence[str] = (),
        workspace: str = "",
        properties: Json | None = None,
    ) -> None:
        """An API with its operations; `name;rev=2` writes a further revision."""
        at = f"{self._room(workspace)}/apis/{name}"
        plain = name.split(";", maxsplit=1)[0]
        body: Json = {
            "displayName": plain.replace("-", " ").capitalize(),
            "path": path or plain,
            "protocols": ["https"],
            "subscriptionRequired": key,
            "isCurrent": ";rev=" not in name,
            **(properties or {}),
        }
        self.json(f"{at}/apiInformation.json", {"properties": body})
        if policy:
            self.text(f"{at}/policy.xml", policy)
        for op in operations:
            told = {"displayName": op.name.capitalize(), "method": op.method, "urlTemplate": op.template}
            self.json(f"{at}/operations/{op.name}/operationInformation.json", {"properties": told})
            if op.policy:
                self.text(f"{at}/operations/{op.name}/policy.xml", op.policy)
        for product in products:
            self.json(f"{self._room(workspace)}/products/{product}/apis/{plain}/productApiInformation.json", {})

    def product(self, name: str, policy: str = "", *, key: bool = True, workspace: str = "") -> None:
        """A product; its members say so themselves (`api(..., products=)`)."""
        at = f"{self._room(workspace)}/products/{name}"
        body = {"displayName": name.capitalize(), "subscriptionRequired": key, "state": "published"}
        self.json(f"{at}/productInformation.json", {"properties": body})
        if policy:
            self.text(f"{at}/policy.xml", policy)

    def fragment(self, name: str, lines: str, *, workspace: str = "") -> None:
        """A policy fragment."""
        at = f"{self._room(workspace)}/policy fragments/{name}"
        self.json(f"{at}/policyFragmentInformation.json", {"properties": {"description": "", "format": "rawxml"}})
        self.text(f"{at}/policy.xml", fragment_document(lines))

    def named_value(self, name: str, value: str | None, *, workspace: str = "") -> None:
        """A named value; None: it is secret."""
        body: Json = {"displayName": name, "secret": value is None}
        if value is not None:
            body["value"] = value
        self.json(f"{self._room(workspace)}/named values/{name}/namedValueInformation.json", {"properties": body})

    def backend(self, name: str, url: str) -> None:
        """A back end entity without credentials."""
        body = {"url": url, "protocol": "http", "credentials": {"header": {}, "query": {}}}
        self.json(f"{self.apim}/backends/{name}/backendInformation.json", {"properties": body})

    def subscription(self, name: str, scope: str, *, state: str = "active") -> None:
        """A subscription with the scope `/products/x`, `/apis/x` or `/apis`."""
        body = {"displayName": name, "scope": scope, "state": state}
        self.json(f"{self.apim}/subscriptions/{name}/subscriptionInformation.json", {"properties": body})

    def console_server(self, name: str, client_id: str, scope: str) -> None:
        """An authorization server of the developer console."""
        login = f"https://login.microsoftonline.com/{self.tenant_id}/oauth2/v2.0"
        body = {
            "displayName": name,
            "clientId": client_id,
            "authorizationEndpoint": f"{login}/authorize",
            "tokenEndpoint": f"{login}/token",
            "defaultScope": scope,
            "grantTypes": ["authorizationCode"],
            "bearerTokenSendingMethods": ["authorizationHeader"],
            "authorizationMethods": ["GET"],
        }
        kind = "Microsoft.ApiManagement/service/authorizationServers"
        self.json(f"{self.apim}/arm/{name}.json", {"type": kind, "name": name, "properties": body})

    def workspace(self, name: str) -> None:
        """A workspace."""
        body = {"displayName": name.capitalize(), "description": ""}
        self.json(f"{self.apim}/workspaces/{name}/workspaceInformation.json", {"properties": body})

    def _room(self, workspace: str) -> str:
        return f"{self.apim}/workspaces/{workspace}" if workspace else self.apim

    # ---------------------------------------------------------------- Entra ID
    def app(self, name: str, body: Json) -> None:
        """An app registration, in whichever shape `body` has."""
        self.json(f"{self.entra}/applications/{name}.json", body)

    def service_principal(self, name: str, body: Json) -> None:
        """A service principal."""
        self.json(f"{self.entra}/servicePrincipals/{name}.json", body)

    def assignments(self, entries: Sequence[Json]) -> None:
        """All app role assignments, as Graph lists them."""
        self.json(f"{self.entra}/appRoleAssignments.json", {"value": list(entries)})

    def grants(self, entries: Sequence[Json]) -> None:
        """All delegated grants, as Graph lists them."""
        self.json(f"{self.entra}/oauth2PermissionGrants.json", {"value": list(entries)})

    def easy_auth(
        self, site: str, *, client_id: str, issuer: str, audiences: Sequence[str], clients: Sequence[str]
    ) -> None:
        """Easy Auth settings of a site that serves as back end."""
        self.json(f"web/{site}.authsettingsV2.json", _easy_auth(site, client_id, issuer, audiences, clients))


def _organization(tenant_id: str, name: str, domain: str) -> Json:
    initial = domain.split(".", maxsplit=1)[0] + ".onmicrosoft.com"
    domains = [{"name": domain, "isDefault": True}, {"name": initial, "isDefault": False}]
    return {"id": tenant_id, "displayName": name, "tenantType": "AAD", "verifiedDomains": domains}


def scope_entry(scope_id: str, value: str) -> Json:
    """An entry of api.oauth2PermissionScopes."""
    return {
        "adminConsentDescription": f"Allows the client to use {value}.",
        "adminConsentDisplayName": value,
        "id": scope_id,
        "isEnabled": True,
        "type": "User",
        "userConsentDescription": None,
        "userConsentDisplayName": None,
        "value": value,
    }


def role_entry(role_id: str, value: str) -> Json:
    """An entry of appRoles that applications may hold."""
    return {
        "allowedMemberTypes": ["Application"],
        "description": value,
        "displayName": value,
        "id": role_id,
        "isEnabled": True,
        "value": value,
    }


def graph_app(
    *,
    object_id: str,
    app_id: str,
    name: str,
    version: Literal[1, 2] | None = None,
    uris: Sequence[str] = (),
    scopes: Sequence[Json] = (),
    roles: Sequence[Json] = (),
    spa: Sequence[str] = (),
    sign_in_audience: str = "AzureADMyOrg",
    wants: Sequence[Json] = (),
) -> Json:
    """An app registration as Graph shows it."""
    implicit = {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False}
    return {
        "id": object_id,
        "appId": app_id,
        "displayName": name,
        "createdDateTime": "2024-09-17T07:41:00Z",
        "signInAudience": sign_in_audience,
        "identifierUris": list(uris),
        "groupMembershipClaims": None,
        "isFallbackPublicClient": None,
        "optionalClaims": None,
        "tags": [],
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": version,
            "oauth2PermissionScopes": list(scopes),
            "preAuthorizedApplications": [],
        },
        "appRoles": list(roles),
        "requiredResourceAccess": list(wants),
        "keyCredentials": [],
        "passwordCredentials": [],
        "web": {"homePageUrl": None, "redirectUris": [], "implicitGrantSettings": implicit},
        "spa": {"redirectUris": list(spa)},
        "publicClient": {"redirectUris": []},
    }


def legacy_app(
    *,
    object_id: str,
    app_id: str,
    name: str,
    version: Literal[1, 2] | None = None,
    uris: Sequence[str] = (),
    scopes: Sequence[Json] = (),
    roles: Sequence[Json] = (),
) -> Json:
    """An app registration as the portal's manifest page showed it before 2025."""
    return {
        "id": object_id,
        "acceptMappedClaims": None,
        "accessTokenAcceptedVersion": version,
        "addIns": [],
        "allowPublicClient": None,
        "appId": app_id,
        "appRoles": [{**role, "lang": None, "origin": "Application"} for role in roles],
        "oauth2AllowUrlPathMatching": False,
        "createdDateTime": "2019-05-21T13:05:12Z",
        "groupMembershipClaims": None,
        "identifierUris": list(uris),
        "informationalUrls": {"termsOfService": None, "support": None, "privacy": None, "marketing": None},
        "keyCredentials": [],
        "knownClientApplications": [],
        "logoUrl": None,
        "logoutUrl": None,
        "name": name,
        "oauth2AllowIdTokenImplicitFlow": False,
        "oauth2AllowImplicitFlow": False,
        "oauth2Permissions": [{**scope, "lang": None, "origin": "Application"} for scope in scopes],
        "oauth2RequirePostResponse": False,
        "optionalClaims": None,
        "orgRestrictions": [],
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [],
        "preAuthorizedApplications": [],
        "replyUrlsWithType": [],
        "requiredResourceAccess": [],
        "samlMetadataUrl": None,
        "signInUrl": None,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": None,
    }


def principal(
    *,
    object_id: str,
    app_id: str,
    name: str,
    owner: str | None,
    kind: str = "Application",
    assignment_required: bool = False,
    names: Sequence[str] = (),
    roles: Sequence[Json] = (),
    scopes: Sequence[Json] = (),
) -> Json:
    """A service principal as Graph shows it."""
    return {
        "id": object_id,
        "appId": app_id,
        "displayName": name,
        "servicePrincipalType": kind,
        "accountEnabled": True,
        "appRoleAssignmentRequired": assignment_required,
        "appOwnerOrganizationId": owner,
        "appRoles": list(roles),
        "oauth2PermissionScopes": list(scopes),
        "servicePrincipalNames": [app_id, *names],
        "alternativeNames": [],
    }


def assignment(entry_id: str, *, holder: Json, resource: Json, role_id: str) -> Json:
    """An app role assignment between two service principals."""
    return {
        "id": entry_id,
        "createdDateTime": "2025-02-03T10:15:00Z",
        "appRoleId": role_id,
        "principalDisplayName": holder["displayName"],
        "principalId": holder["id"],
        "principalType": "ServicePrincipal",
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }


def grant(entry_id: str, *, client: Json, resource: Json, scope: str) -> Json:
    """A delegated grant for all users."""
    return {
        "id": entry_id,
        "clientId": client["id"],
        "consentType": "AllPrincipals",
        "principalId": None,
        "resourceId": resource["id"],
        "scope": scope,
    }


def _easy_auth(site: str, client_id: str, issuer: str, audiences: Sequence[str], clients: Sequence[str]) -> Json:
    at = "/subscriptions/5f0c9a4e-61d7-4b0e-8a6b-2f0b51b6c7d1/resourceGroups/rg-apps/providers/Microsoft.Web/sites"
    login = {
        "enabled": True,
        "registration": {
            "openIdIssuer": issuer,
            "clientId": client_id,
            "clientSecretSettingName": "MICROSOFT_PROVIDER_AUTHENTICATION_SECRET",
        },
        "validation": {
            "allowedAudiences": list(audiences),
            "jwtClaimChecks": {},
            "defaultAuthorizationPolicy": {"allowedPrincipals": {}, "allowedApplications": list(clients)},
        },
    }
    return {
        "id": f"{at}/{site}/config/authsettingsV2",
        "name": "authsettingsV2",
        "type": "Microsoft.Web/sites/config",
        "properties": {
            "platform": {"enabled": True, "runtimeVersion": "~1"},
            "globalValidation": {"requireAuthentication": True, "unauthenticatedClientAction": "Return401"},
            "identityProviders": {"azureActiveDirectory": login},
            "httpSettings": {"requireHttps": True},
        },
    }
