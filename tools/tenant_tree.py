"""How a tenant is written down as files: the APIOps layout for API Management, Graph JSON and manifests for Entra ID.

Used by the generator, by the fixtures of judged configurations and by tests: one place knows the folder names.
Source of the layouts: the APIOps extractor (Azure/apiops) and the Graph v1.0 resource types.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.entra_objects import Json, easy_auth, organization

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
            self.json(f"{self.entra}/organization.json", organization(self.tenant_id, self.name, self.domain))

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
        self.json(f"web/{site}.authsettingsV2.json", easy_auth(site, client_id, issuer, audiences, clients))
