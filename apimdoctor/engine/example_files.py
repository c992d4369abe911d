"""How a rule's example, in source terms, becomes a folder of files: the APIOps layout beside Graph JSON.

Keys of an example, all optional, in the property names of ARM and Graph:

* `policy`: the body of the API's inbound section, a whole `<policies>` document, or a mapping of scopes (global,
  workspace, product, api, operation) to these. Nothing is added to it, `<base />` neither.
* `fragments`: fragment id to its statements. `named_values`: name to value, null for a secret.
* `api`, `operation`, `product`, `service`: properties to change; a `product` or a product policy makes a product that
  holds the API. `operations`: further operations, name to their properties, `policy` among them. `revisions`: number to
  `policy` and API properties of a revision that is not current. `apis`: further APIs, name to properties and `policy`.
* `subscriptions`, `backends`, `console_servers`, `diagnostics`: name to properties; `certificates`:
  names. `site`: properties of a site's authsettingsV2.
* `app` or `apps`: app registrations; the first one gets {A} as appId, the second {B}. `service_principals`,
  `assignments`, `grants`: Graph objects. `tenant`: properties of the organization.
* `collected_at`: when a scan read all of this (ISO 8601), which files do not tell.
* `whole: true`: the Graph lists are complete, so that "nobody has it" can be concluded.

Placeholders stand for fixed ids everywhere: see PLACEHOLDERS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from apimdoctor.engine.schema import closest
from apimdoctor.errors import ApimDoctorError

Files = dict[str, bytes]
Json = dict[str, Any]

PLACEHOLDERS: Mapping[str, str] = {
    "A": "3c1f0f6e-5d3b-4a0e-9b57-6a3e6f0a9d14",  # appId of the first app registration
    "B": "c80c4f5e-6a4d-4c2f-8f06-b6c6f4a1e7d2",  # appId of the second one
    "C": "7a9b2f4d-1c9e-4b3a-a5d8-0e7f1c6b2a95",  # appId of a client
    "D": "e2d4a6b8-93f1-4d7c-b0a2-5c8e1f3d7b60",  # appId of another client
    "G": "91d5c3a7-2b8e-4f60-8c1d-7e4a9b0f2d36",  # client id of the service's managed identity
    "P": "a6e0b7d1-48c2-4e9f-9d35-1b7c0a5f8e42",  # its principal (object) id
    "O": "5e8d1c0b-7f2a-4639-a1c4-d09b3e6f7a28",  # object id of the first app registration
    "Q": "0f7b6c2e-a94d-4d18-b3e5-8c1a2d9f4e70",  # object id of the second one
    "T": "d3a1e9c4-6b52-4f7d-8e0a-2c9f5b1d7e83",  # id of the tenant
    "U": "48b7f2d6-0e3c-4a95-9f1b-e6d8c3a07f52",  # id of another tenant
}
_PLACEHOLDER = re.compile(r"(?<![\{\w])\{([A-Z])\}(?!\})")
_KEYS = (
    *(
        "policy",
        "fragments",
        "named_values",
        "api",
        "operation",
        "operations",
        "apis",
        "product",
        "service",
        "revisions",
    ),
    *(
        "subscriptions",
        "backends",
        "console_servers",
        "certificates",
        "diagnostics",
        "site",
        "app",
        "apps",
        "service_principals",
        "assignments",
    ),
    *("grants", "tenant", "whole", "collected_at"),
)
_SCOPES = ("global", "workspace", "product", "api", "operation")
_API = "orders"
_OPERATION = "get-order"
_PRODUCT = "starter"
_WORKSPACE = "sales"
_GRAPH = "https://graph.microsoft.com/v1.0/$metadata#"


def files_of(name: str, given: Mapping[str, Any]) -> Files:
    """The folder that an example describes."""
    for key in given:
        if key not in _KEYS:
            raise ApimDoctorError(f"example {name!r}: {key!r} is no key of an example{closest(key, _KEYS)}")
    return _Folder(name, _filled(dict(given))).files()


def _filled(value: Any) -> Any:
    """The value with its placeholders replaced, at any depth."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: PLACEHOLDERS.get(found.group(1), found.group(0)), value)
    if isinstance(value, Mapping):
        return {_filled(key): _filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value


class _Folder:
    """One example being written down."""

    def __init__(self, name: str, given: Json) -> None:
        self._name = name
        self._given = given
        self._files: Files = {}
        policy = given.get("policy", {})
        self._policies: Mapping[str, str] = policy if isinstance(policy, Mapping) else {"api": policy}
        for scope in self._policies:
            if scope not in _SCOPES:
                raise ApimDoctorError(f"example {name!r}: policy: {scope!r} is no scope{closest(scope, _SCOPES)}")
        self._room = f"apim/workspaces/{_WORKSPACE}" if "workspace" in self._policies else "apim"

    def files(self) -> Files:
        self._service()
        self._api()
        self._product()
        self._parts()
        self._entra()
        return self._files

    # ------------------------------------------------------------ API Management
    def _service(self) -> None:
        if self._given.get("service") is not None:
            body = {"type": "Microsoft.ApiManagement/service", "name": "contoso", "sku": {"name": "Developer"}}
            self._json("apim/arm/service.json", _merged(body, self._mapping("service")))
        self._text("apim/policy.xml", _document(self._policies.get("global", ""), "<forward-request />", ""))
        if "workspace" in self._policies:
            self._json(f"{self._room}/workspaceInformation.json", {"properties": {"displayName": "Sales"}})
            self._text(f"{self._room}/policy.xml", _document(self._policies["workspace"]))

    def _api(self) -> None:
        at = f"{self._room}/apis/{_API}"
        body = {
            "displayName": "Orders",
            "path": "orders",
            "protocols": ["https"],
            "subscriptionRequired": True,
            "isCurrent": True,
            "apiRevision": "1",
            "serviceUrl": "https://orders.contoso.example",
        }
        body = _merged(body, self._mapping("api"))
        self._json(f"{at}/apiInformation.json", {"properties": body})
        self._policy(at, "api")
        self._operation(at, _OPERATION, self._mapping("operation"))
        self._policy(f"{at}/operations/{_OPERATION}", "operation")
        for name, properties in self._mapping("operations").items():
            self._operation(at, name, properties)
        for name, properties in self._mapping("apis").items():
            own = {key: value for key, value in properties.items() if key != "policy"}
            common = {key: value for key, value in body.items() if key not in self._mapping("api")}
            other = _merged({**common, "displayName": name, "path": name}, own)
            self._json(f"{self._room}/apis/{name}/apiInformation.json", {"properties": other})
            self._operation(f"{self._room}/apis/{name}", _OPERATION, {})
            if "policy" in properties:
                self._text(f"{self._room}/apis/{name}/policy.xml", _document(properties["policy"]))
        for number, changed in self._mapping("revisions").items():
            self._revision(str(number), body, changed)

    def _revision(self, number: str, body: Json, changed: Json) -> None:
        at = f"{self._room}/apis/{_API};rev={number}"
        own = {key: value for key, value in changed.items() if key != "policy"}
        body = _merged(body, {"isCurrent": False, "isOnline": True, "apiRevision": number, **own})
        self._json(f"{at}/apiInformation.json", {"properties": body})
        if "policy" in changed:
            self._text(f"{at}/policy.xml", _document(changed["policy"]))
        self._operation(at, _OPERATION, self._mapping("operation"))

    def _operation(self, api: str, name: str, properties: Json) -> None:
        at = f"{api}/operations/{name}"
        own = {key: value for key, value in properties.items() if key != "policy"}
        body = _merged({"displayName": name, "method": "GET", "urlTemplate": "/{id}"}, own)
        self._json(f"{at}/operationInformation.json", {"properties": body})
        if "policy" in properties:
            self._text(f"{at}/policy.xml", _document(properties["policy"]))

    def _product(self) -> None:
        if "product" not in self._policies and "product" not in self._given:
            return
        at = f"{self._room}/products/{_PRODUCT}"
        body = {"displayName": "Starter", "subscriptionRequired": True, "state": "published"}
        body = _merged(body, self._mapping("product"))
        self._json(f"{at}/productInformation.json", {"properties": body})
        self._json(f"{at}/apis/{_API}/productApiInformation.json", {})
        self._policy(at, "product")

    def _parts(self) -> None:
        for name, body in self._mapping("fragments").items():
            at = f"{self._room}/policy fragments/{name}"
            self._json(f"{at}/policyFragmentInformation.json", {"properties": {"format": "rawxml"}})
            whole = body.lstrip().startswith("<fragment")
            self._text(f"{at}/policy.xml", body if whole else f"<fragment>\n{body}\n</fragment>\n")
        for name, value in self._mapping("named_values").items():
            properties = {"displayName": name, "secret": value is None}
            properties |= {} if value is None else {"value": str(value)}
            self._json(f"{self._room}/named values/{name}/namedValueInformation.json", {"properties": properties})
        for name, properties in self._mapping("backends").items():
            body = _merged({"url": f"https://{name}.contoso.example", "protocol": "http"}, properties)
            self._json(f"{self._room}/backends/{name}/backendInformation.json", {"properties": body})
        for name, properties in self._mapping("diagnostics").items():
            self._json(f"{self._room}/diagnostics/{name}/diagnosticInformation.json", {"properties": properties})
        for name in self._given.get("certificates", ()):
            self._json(f"{self._room}/certificates/{name}/certificateInformation.json", {"properties": {}})
        for name, properties in self._mapping("subscriptions").items():
            body = _merged({"displayName": name, "scope": "/apis", "state": "active"}, properties)
            self._json(f"apim/subscriptions/{name}/subscriptionInformation.json", {"properties": body})
        for name, properties in self._mapping("console_servers").items():
            self._json(f"apim/arm/{name}.json", _console_server(name, properties))
        if "site" in self._given:
            kind = {"type": "Microsoft.Web/sites/config", "name": "authsettingsV2"}
            self._json("web/orders.authsettingsV2.json", {**kind, "properties": self._mapping("site")})

    # ------------------------------------------------------------ Entra ID
    def _entra(self) -> None:
        domains = [
            {"name": "contoso.example", "isDefault": True},
            {"name": "contoso.onmicrosoft.com", "isDefault": False},
        ]
        organization = {"id": PLACEHOLDERS["T"], "displayName": "Contoso", "verifiedDomains": domains}
        self._json("entra/organization.json", _merged(organization, self._mapping("tenant")))
        apps = self._given.get("apps", [self._given["app"]] if "app" in self._given else [])
        self._graph("applications", [_app(place, app) for place, app in enumerate(apps)])
        self._graph(
            "servicePrincipals", [_service_principal(each) for each in self._given.get("service_principals", [])]
        )
        self._graph("appRoleAssignments", self._given.get("assignments", []))
        self._graph("oauth2PermissionGrants", self._given.get("grants", []))

    def _graph(self, kind: str, entries: list[Json]) -> None:
        if self._given.get("whole") is True:
            self._json(f"entra/{kind}.json", {"@odata.context": _GRAPH + kind, "value": entries})
            return
        for place, entry in enumerate(entries, start=1):
            self._json(f"entra/{kind}/{place}.json", entry)

    # ------------------------------------------------------------ writing
    def _policy(self, at: str, scope: str) -> None:
        if scope in self._policies:
            self._text(f"{at}/policy.xml", _document(self._policies[scope]))

    def _mapping(self, key: str) -> Json:
        value = self._given.get(key) or {}
        if not isinstance(value, dict):
            raise ApimDoctorError(f"example {self._name!r}: {key} must be a mapping")
        return value

    def _text(self, path: str, text: str) -> None:
        self._files[path] = text.encode()

    def _json(self, path: str, content: Json) -> None:
        self._files[path] = json.dumps(content, indent=2, default=str).encode()


def _document(text: str, backend: str = "<base />", base: str = "<base />") -> str:
    if text.lstrip().startswith("<policies"):
        return text
    sections = (("inbound", text.strip("\n")), ("backend", backend), ("outbound", base), ("on-error", base))
    return "<policies>\n" + "".join(f"<{name}>\n{body}\n</{name}>\n" for name, body in sections) + "</policies>\n"


def _merged(body: Json, changed: Mapping[str, Any]) -> Json:
    """The body with changed properties, nested ones too."""
    merged = dict(body)
    for key, value in changed.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _app(place: int, changed: Json) -> Json:
    ids = (("A", "O", "Orders"), ("B", "Q", "Invoices"))[place] if place < 2 else ("", "", f"App {place + 1}")
    body: Json = {
        "id": PLACEHOLDERS.get(ids[1], ""),
        "appId": PLACEHOLDERS.get(ids[0], ""),
        "displayName": ids[2],
        "signInAudience": "AzureADMyOrg",
        "identifierUris": [],
        "appRoles": [],
        "optionalClaims": None,
        "api": {"requestedAccessTokenVersion": None, "oauth2PermissionScopes": [], "preAuthorizedApplications": []},
        "web": {"redirectUris": [], "implicitGrantSettings": {"enableAccessTokenIssuance": False}},
    }
    return _merged(body, changed)


def _service_principal(changed: Json) -> Json:
    body: Json = {
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appRoleAssignmentRequired": False,
        "appOwnerOrganizationId": PLACEHOLDERS["T"],
        "appRoles": [],
        "oauth2PermissionScopes": [],
        "servicePrincipalNames": [],
    }
    return _merged(body, changed)


def _console_server(name: str, properties: Json) -> Json:
    login = f"https://login.microsoftonline.com/{PLACEHOLDERS['T']}/oauth2/v2.0"
    body = {
        "displayName": name,
        "clientId": PLACEHOLDERS["C"],
        "authorizationEndpoint": f"{login}/authorize",
        "tokenEndpoint": f"{login}/token",
        "defaultScope": "",
        "grantTypes": ["authorizationCode"],
    }
    kind = "Microsoft.ApiManagement/service/authorizationServers"
    return {"type": kind, "name": name, "properties": _merged(body, properties)}
