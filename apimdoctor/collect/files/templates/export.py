"""Resources in use as the JSON that collect reads from Azure and from Graph, with the places their policies were typed at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from apimdoctor.collect.files.segments import Text, literal
from apimdoctor.collect.files.templates.naming import GRAPH, described, identity, whole_name, whole_type, written
from apimdoctor.collect.files.templates.values import Deployed, Instance, Lambda, Symbol, Told, Value, shown, text_of
from apimdoctor.snapshot import Origin

_SERVICE = "microsoft.apimanagement/service"
_SITES = ("microsoft.web/sites/config", "microsoft.web/sites/slots/config")
_WITH_TEXT = ("/policies", "/policyfragments")
_ENTRA = {
    "applications": "app_registrations",
    "serviceprincipals": "service_principals",
    "approleassignedto": "app_role_assignments",
    "oauth2permissiongrants": "delegated_grants",
}
"""Types of the Graph extension: learn.microsoft.com/graph/templates/bicep/reference/overview."""
_DEFAULTS: dict[str, Any] = {
    "api": {}, "identifierUris": [], "appRoles": [], "requiredResourceAccess": [], "optionalClaims": None, "web": {},
}  # fmt: skip
"""What an app registration has of the properties that its template leaves out: Graph's own defaults."""
_NO_TEXT = frozenset(
    [
        "accountEnabled",
        "appRoleAssignmentRequired",
        "approvalRequired",
        "enabled",
        "isCurrent",
        "isEnabled",
        "isFallbackPublicClient",
        "isOnline",
        "requireAuthentication",
        "requestedAccessTokenVersion",
        "subscriptionRequired",
        "useInTestConsole",
        "acceptMappedClaims",
        "protocols",
        "identifierUris",
        "appRoles",
        "oauth2PermissionScopes",
        "preAuthorizedApplications",
        "requiredResourceAccess",
        "resourceAccess",
        "grantTypes",
        "optionalClaims",
        "accessToken",
        "redirectUris",
        "allowedAudiences",
        "allowedApplications",
        "excludedPaths",
        "properties",
        "api",
        "web",
        "spa",
        "publicClient",
        "platform",
        "globalValidation",
        "identityProviders",
        "azureActiveDirectory",
        "registration",
        "validation",
        "defaultAuthorizationPolicy",
        "identity",
        "sku",
        "keyVault",
        "credentials",
        "header",
        "query",
        "pool",
        "services",
        "tags",
        "knownClientApplications",
        "delegatedPermissionIds",
        "allowedMemberTypes",
        "additionalProperties",
        "owners",
    ]
)
"""Properties that hold no text, so that a symbol in their place is left out: nobody told their value."""
_UNTYPED = ("bool", "int", "object", "array")
_MAX_DEPTH = 40


class Exported(Struct, frozen=True):
    """A resource: its JSON, and where it is declared; one with a policy: where the policy's text was typed."""

    json: dict[str, Any]
    origin: Origin
    entra: str = ""
    """The collection of a tenant that it belongs to; "" for a resource of Azure."""
    text: Text | None = None
    conditional: bool = False
    root: str = ""
    """The template that the deployment starts with."""
    written: tuple[str, ...] = ()
    """Of an object of Entra: the properties that the template writes."""


def exported(instance: Instance, root: str, prefix: str, linked: Callable[[str, str], Text | None]) -> Exported | None:
    """What apimdoctor keeps of a resource, None for any other. `linked` finds the file that a policy's link leads to."""
    kind = whole_type(instance)
    low = kind.lower()
    if instance.existing or not (low.startswith((_SERVICE, GRAPH)) or low in _SITES):
        return None
    origin = Origin(
        document=prefix + instance.scope.program.document, line=instance.line, column=instance.column, file=True
    )
    if low.startswith(GRAPH):
        return _graph(instance, low.removeprefix(GRAPH), origin, root)
    json: dict[str, Any] = {"type": kind, "name": whole_name(instance).text}
    if low in _SITES and not json["name"].lower().endswith("/authsettingsv2"):
        return None
    text = None
    for name in ("properties", "sku", "identity", "location"):
        value = written(instance, name)
        if name == "properties" and isinstance(value, dict):
            if isinstance(value.get("secret"), Symbol):
                value = {**value, "secret": True}  # what may be a secret is not kept
            if low.endswith(_WITH_TEXT):
                text = next((told for key in ("value", "policyContent") if (told := value.get(key)) is not None), None)
                form = shown(value.get("format") or value.get("contentFormat"))
                file = linked(instance.scope.program.document, text_of(text).text) if form.endswith("-link") else None
                if file is not None:
                    text = file
                    value = {**value, "value": file, "format": literal(form.removesuffix("-link"))}
        made = plain(value)
        if isinstance(made, dict) or (name == "location" and isinstance(made, str)):
            json[name] = made
    if isinstance(text, Text) and text.text:
        typed = text.origin(prefix)
        return Exported(
            json, typed if typed.document else origin, text=text, conditional=instance.conditional, root=root
        )
    return Exported(json, origin, conditional=instance.conditional, root=root)


def _graph(instance: Instance, kind: str, origin: Origin, root: str) -> Exported | None:
    entra = _ENTRA.get(kind)
    if entra is None:
        return None
    body = instance.body.get("properties") or instance.body
    told = plain(instance.scope.value(body, instance.locals))
    if not isinstance(told, dict):
        return None
    label = identity(instance)
    json: dict[str, Any] = {"id": label.below("id").marker, **told}
    if kind == "applications":
        json = {**_DEFAULTS, "appId": label.below("appid").marker, **json}
    elif kind == "serviceprincipals":
        json.setdefault("servicePrincipalType", "Application")
    else:
        json.pop("id")
    return Exported(json, origin, entra, conditional=instance.conditional, root=root, written=tuple(told))


def plain(value: Value, name: str = "", depth: int = _MAX_DEPTH) -> Any:
    """A value as JSON: symbols by their markers where a text may stand, and left out everywhere else."""
    if isinstance(value, Text):
        return value.text
    if isinstance(value, Symbol):
        return None if name in _NO_TEXT or value.kind.lower() in _UNTYPED else value.marker
    if isinstance(value, (Instance, Told)):
        told = described(value) if isinstance(value, Instance) else value
        return None if name in _NO_TEXT else text_of(told).text
    if isinstance(value, (Deployed, Lambda)) or not depth:
        return None
    if isinstance(value, list):
        return [made for item in value if (made := plain(item, "", depth - 1)) is not None]
    if isinstance(value, dict):
        members = {key: (inner, plain(inner, key, depth - 1)) for key, inner in value.items()}
        return {key: made for key, (inner, made) in members.items() if made is not None or inner is None}
    return value
