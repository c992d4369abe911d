"""Resources of API Management: the arguments of the provider azurerm as bodies of Azure Resource Manager."""

from collections.abc import Callable, Mapping
from typing import Any

from apimdoctor.collect.files.terraform.items import Item, plain, tables, texts
from apimdoctor.collect.files.terraform.values import Value, as_flag, as_text

_Json = dict[str, Any]


def body_of(kind: str, item: Item) -> _Json | None:
    """The `properties` that a resource would have in Azure; None for a kind that is no resource with properties."""
    make = _BODIES.get(kind)
    return None if make is None else {name: value for name, value in make(item).items() if value is not None}


def service_of(item: Item) -> _Json:
    """The body of a service."""
    identity = item.block("identity")
    kinds = _text(identity, "type").replace(" ", "") if identity else ""
    users: _Json = {name: {} for name in texts(identity.get("identity_ids"))} if identity else {}
    told: _Json = {"name": item.text("name") or item.target.address, "location": item.text("location")}
    sku = item.text("sku_name").partition("_")[0]
    if sku:
        told["sku"] = {"name": sku}
    if kinds:
        # What only Azure knows of an identity stays away; its kind is written.
        told["identity"] = {"type": kinds, "userAssignedIdentities": users}
    return told


def _api(item: Item) -> _Json:
    """Source: registry.terraform.io, azurerm_api_management_api: subscription_required defaults to true."""
    keys = item.block("subscription_key_parameter_names") or item.block("subscription_key_names")
    revision = item.text("revision")
    return {
        "displayName": item.text("display_name") or None,
        "path": item.text("path"),
        "protocols": _texts(item, "protocols"),
        "type": item.text("api_type") or None,
        "apiRevision": revision or None,
        "isCurrent": True if revision in ("", "1") else None,
        "apiVersion": item.text("version") or item.text("api_version") or None,
        "apiVersionSetId": item.text("version_set_id") or None,
        "serviceUrl": item.text("service_url") or None,
        "subscriptionRequired": item.flag(
            "subscription_required", default=None if item.type.startswith("module:") else True
        ),
        "subscriptionKeyParameterNames": {"header": _text(keys, "header"), "query": _text(keys, "query")}
        if keys
        else None,
        "authenticationSettings": _authentication(item),
    }


def _authentication(item: Item) -> _Json | None:
    oauth, openid = item.block("oauth2_authorization"), item.block("openid_authentication")
    found: _Json = {}
    if oauth and _text(oauth, "authorization_server_name"):
        server = _text(oauth, "authorization_server_name")
        found["oAuth2"] = {"authorizationServerId": server, "scope": _text(oauth, "scope")}
    if openid and _text(openid, "openid_provider_name"):
        found["openid"] = {"openidProviderId": _text(openid, "openid_provider_name")}
    return found or None


def _operation(item: Item) -> _Json:
    return {
        "displayName": item.text("display_name") or None,
        "method": item.text("method"),
        "urlTemplate": item.text("url_template"),
    }


def _product(item: Item) -> _Json:
    published = item.flag("published")
    return {
        "displayName": item.text("display_name") or None,
        # Defaults to true (registry.terraform.io, azurerm_api_management_product).
        "subscriptionRequired": item.flag("subscription_required", default=True),
        "approvalRequired": item.flag("approval_required"),
        "state": None if published is None else "published" if published else "notPublished",
    }


def _named_value(item: Item) -> _Json:
    """A value is kept only where the configuration says that it is no secret."""
    vault = item.block("value_from_key_vault")
    secret = item.flag("secret", default=False)
    told: _Json = {"displayName": item.text("display_name") or None, "secret": secret is not False}
    if vault:
        told["keyVault"] = {"secretIdentifier": _text(vault, "secret_id")}
    elif secret is False and item.get("value") is not None:
        told["value"] = item.text("value")
    return told


def _backend(item: Item) -> _Json:
    credentials = item.block("credentials")
    scheme = next(iter(tables(credentials.get("authorization"))), {})
    told: _Json = {
        "header": _names(credentials.get("header")),
        "query": _names(credentials.get("query")),
        "certificate": texts(credentials.get("certificate")),
    }
    if scheme:
        told["authorization"] = {"scheme": _text(scheme, "scheme")}
    return {
        "url": item.text("url"),
        "protocol": item.text("protocol"),
        "resourceId": item.text("resource_id") or None,
        "credentials": told if credentials else None,
    }


def _names(value: Value) -> _Json:
    """The names of a table of credentials, never their values."""
    return {name: [] for name in value} if isinstance(value, dict) else {}


def _authorization_server(item: Item) -> _Json:
    return {
        "displayName": item.text("display_name") or None,
        "authorizationEndpoint": item.text("authorization_endpoint") or None,
        "tokenEndpoint": item.text("token_endpoint") or None,
        "defaultScope": item.text("default_scope") or None,
        "clientId": item.text("client_id") or None,
        "grantTypes": _texts(item, "grant_types"),
        "tokenBodyParameters": [
            {"name": _text(one, "name"), "value": _text(one, "value")} for one in item.blocks("token_body_parameter")
        ],
    }


def _openid(item: Item) -> _Json:
    return {
        "displayName": item.text("display_name") or None,
        "metadataEndpoint": item.text("metadata_endpoint") or None,
        "clientId": item.text("client_id") or None,
    }


def _subscription(item: Item) -> _Json:
    """What a subscription is for; neither key is read. Without product and API it is for all APIs."""
    if item.get("product_id") is not None:
        scope = f"/products/{_last(item.text('product_id'))}"
    elif item.get("api_id") is not None:
        scope = f"/apis/{_last(item.text('api_id'))}"
    else:
        scope = "/apis"
    return {"displayName": item.text("display_name") or None, "state": item.text("state") or None, "scope": scope}


def _diagnostic(item: Item) -> _Json:
    def message(name: str) -> _Json:
        return {"headers": texts(item.block(name).get("headers_to_log"))}

    return {
        "frontend": {"request": message("frontend_request"), "response": message("frontend_response")},
        "backend": {"request": message("backend_request"), "response": message("backend_response")},
    }


def _version_set(item: Item) -> _Json:
    return {
        "displayName": item.text("display_name") or None,
        "versioningScheme": item.text("versioning_scheme") or None,
    }


def _nothing(item: Item) -> _Json:
    return {"displayName": item.text("display_name") or None}


def _certificate(item: Item) -> _Json:
    return {"thumbprint": item.text("thumbprint") or None}


_BODIES: Mapping[str, Callable[[Item], _Json]] = {
    "api": _api,
    "api_operation": _operation,
    "api_version_set": _version_set,
    "workspace_api_version_set": _version_set,
    "product": _product,
    "product_api": _nothing,
    "named_value": _named_value,
    "backend": _backend,
    "authorization_server": _authorization_server,
    "openid_connect_provider": _openid,
    "subscription": _subscription,
    "diagnostic": _diagnostic,
    "api_diagnostic": _diagnostic,
    "gateway": _nothing,
    "certificate": _certificate,
    "workspace_certificate": _certificate,
    "workspace": _nothing,
}


def azapi_body(item: Item) -> _Json:
    """The `properties` of an azapi_resource; until version 2 its body is JSON in a text."""
    body = item.get("body")
    inner = getattr(body, "value", body)
    made = plain(inner) if isinstance(inner, dict) else None
    own = made.get("properties") if isinstance(made, dict) else None
    return _without_markers(own) if isinstance(own, dict) else {}


_STRUCTURED = frozenset(
    {"managedIdentity", "services", "pool", "credentials", "protocols", "authenticationSettings", "header", "query",
     "subscriptionKeyParameterNames", "subscriptionRequired", "approvalRequired", "isCurrent", "isOnline", "secret",
     "keyVault", "mcpTools", "grantTypes", "tokenBodyParameters", "frontend", "backend", "headers", "authorization"}
)  # fmt: skip
"""Properties that hold no text: where only a marker is known of them, nothing is."""


def _without_markers(told: _Json, depth: int = 0) -> _Json:
    made: _Json = {}
    for name, value in told.items():
        if name in _STRUCTURED and isinstance(value, str):
            continue
        made[name] = _without_markers(value, depth + 1) if isinstance(value, dict) and depth < 10 else value
    if isinstance(told.get("secret"), str):
        made.update(secret=True)  # it may be one
        made.pop("value", None)
    return made


def _texts(item: Item, name: str) -> list[str] | None:
    return texts(item.get(name)) if item.get(name) is not None else None


def _text(table: Mapping[str, Value], name: str) -> str:
    text = as_text(table.get(name))
    return "" if text is None else text.text


def _last(identifier: str) -> str:
    return identifier.rstrip("/").rpartition("/")[2]


def is_false(value: Value) -> bool:
    """Whether a value is known to be false."""
    return as_flag(value) is False
