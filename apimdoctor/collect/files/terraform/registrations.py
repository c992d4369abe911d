"""Resources of the provider azuread as Graph JSON: app registrations put together from their separate resources."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from apimdoctor.collect.files.terraform.items import Item, texts
from apimdoctor.collect.files.terraform.modules import REGISTRATIONS
from apimdoctor.collect.files.terraform.values import Symbol, Value, as_flag, as_text

_Json = dict[str, Any]
_PERSONAL = frozenset({"AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"})
_OWNERS = ("application_id", "application_object_id")
"""How the separate resources name their app registration: by the resource id, until azuread 2.44 by the object id."""
_UNREAD = {
    "api": ("requested_access_token_version", "scopes", "known_clients", "accept_mapped_claims"),
    "app_role": ("app_roles",),
    "identifier_uris": ("identifier_uris",),
    "optional_claims": ("optional_access_claims",),
    "required_resource_access": ("required_access",),
    "oauth2_permission_scope": ("scopes",),
    "requested_access_token_version": ("requested_access_token_version",),
    "sign_in_audience": ("sign_in_audience",),
}


class Registration(Struct):
    """An app registration being put together."""

    item: Item
    json: _Json
    unread: set[str] = field(default_factory=set)


def registrations(items: Iterable[Item], find: Callable[[str, Value], Item | None]) -> list[Registration]:
    """All app registrations, each with what separate resources add to it."""
    items = list(items)
    found = {id(item): _registration(item) for item in items if item.type in REGISTRATIONS}
    for item in items:
        add = _PARTS.get(item.type)
        if add is None:
            continue
        owner = next((one for name in _OWNERS if (one := find(item.root, item.get(name))) is not None), None)
        if owner is not None and id(owner) in found:
            add(found[id(owner)], item)
    return list(found.values())


def app_id_of(item: Item) -> str:
    """The client id: written in a plan of what exists, else a symbol that stands for it."""
    return item.text("client_id") or item.text("application_id")


def _registration(item: Item) -> Registration:
    whole = item.type == "azuread_application"
    api, web = item.block("api"), item.block("web")
    audience = item.text("sign_in_audience") or "AzureADMyOrg"
    made = Registration(
        item,
        {
            "id": item.text("object_id"),
            "appId": app_id_of(item),
            "displayName": item.text("display_name"),
            "signInAudience": audience,
            "identifierUris": texts(item.get("identifier_uris")),
            "api": {
                "oauth2PermissionScopes": [_scope(one, "id") for one in _tables(api, "oauth2_permission_scope")],
                "preAuthorizedApplications": [],
                "knownClientApplications": texts(api.get("known_client_applications")),
                "acceptMappedClaims": as_flag(api.get("mapped_claims_enabled")) is True,
            },
            "appRoles": [_role(one, "id") for one in item.blocks("app_role")],
            "optionalClaims": {
                "accessToken": [_claim(one) for one in _tables(item.block("optional_claims"), "access_token")]
            },
            "groupMembershipClaims": texts(item.get("group_membership_claims")),
            "web": {
                "redirectUris": texts(web.get("redirect_uris")),
                "implicitGrantSettings": {"enableAccessTokenIssuance": _implicit(item, web)},
            },
            "spa": {"redirectUris": texts(item.block("single_page_application").get("redirect_uris"))},
            "publicClient": {"redirectUris": texts(item.block("public_client").get("redirect_uris"))},
            "isFallbackPublicClient": item.flag("fallback_public_client_enabled", default=False),
            "requiredResourceAccess": [_access(one) for one in item.blocks("required_resource_access")],
        },
    )
    written = api.get("requested_access_token_version") if whole else item.get("requested_access_token_version")
    _version(made, written, 1 if whole else 2)
    if audience.startswith("${"):
        made.json.pop("signInAudience")
    for name in item.unsure:
        made.unread.update(_UNREAD.get(name, ()))
    if isinstance(item.get("identifier_uris"), Symbol):
        made.unread.add("identifier_uris")
        made.json["identifierUris"] = []
    return made


def _version(made: Registration, written: Value, default: int) -> None:
    """Unset it is 1 for azuread_application and 2 for azuread_application_registration (registry.terraform.io, azuread)."""
    text = as_text(written)
    if written is None:
        made.json["api"]["requestedAccessTokenVersion"] = default
    elif text is not None and text.text in ("1", "2"):
        made.json["api"]["requestedAccessTokenVersion"] = int(text.text)
    else:
        made.unread.add("requested_access_token_version")


def _implicit(item: Item, web: Mapping[str, Value]) -> bool | None:
    if item.type != "azuread_application":
        return item.flag("implicit_access_token_issuance_enabled", default=False)
    grant = next(iter(_tables(web, "implicit_grant")), {})
    value = grant.get("access_token_issuance_enabled")
    return False if value is None else as_flag(value)


def _scope(table: Mapping[str, Value], own_id: str) -> _Json:
    enabled = as_flag(table.get("enabled"))
    return {
        "id": _text(table, own_id),
        "value": _text(table, "value"),
        "isEnabled": enabled is not False,
        "type": _text(table, "type") or "User",
    }


def _role(table: Mapping[str, Value], own_id: str) -> _Json:
    return {
        "id": _text(table, own_id),
        "value": _text(table, "value"),
        "displayName": _text(table, "display_name"),
        "isEnabled": as_flag(table.get("enabled")) is not False,
        "allowedMemberTypes": texts(table.get("allowed_member_types")),
    }


def _claim(table: Mapping[str, Value]) -> _Json:
    return {"name": _text(table, "name"), "additionalProperties": texts(table.get("additional_properties"))}


def _access(table: Mapping[str, Value]) -> _Json:
    return {
        "resourceAppId": _text(table, "resource_app_id"),
        "resourceAccess": [
            {"id": _text(one, "id"), "type": _text(one, "type")} for one in _tables(table, "resource_access")
        ],
    }


# ---------------------------------------------------------------- separate resources
def _add_uri(made: Registration, item: Item) -> None:
    made.json["identifierUris"].append(item.text("identifier_uri"))


def _add_scope(made: Registration, item: Item) -> None:
    made.json["api"]["oauth2PermissionScopes"].append(_scope(item.values, "scope_id"))


def _add_role(made: Registration, item: Item) -> None:
    made.json["appRoles"].append(_role(item.values, "role_id"))


def _add_preauthorized(made: Registration, item: Item) -> None:
    client = item.text("authorized_client_id") or item.text("authorized_app_id")
    scopes = texts(item.get("permission_ids"))
    made.json["api"]["preAuthorizedApplications"].append({"appId": client, "delegatedPermissionIds": scopes})


def _add_known_clients(made: Registration, item: Item) -> None:
    made.json["api"]["knownClientApplications"] += texts(item.get("known_client_ids"))


def _add_claims(made: Registration, item: Item) -> None:
    made.json["optionalClaims"]["accessToken"] += [_claim(one) for one in item.blocks("access_token")]


def _add_redirects(made: Registration, item: Item) -> None:
    kinds = {"SPA": "spa", "Web": "web", "PublicClient": "publicClient"}
    kind = kinds.get(item.text("type"))
    if kind:
        made.json[kind]["redirectUris"] += texts(item.get("redirect_uris"))


def _add_access(made: Registration, item: Item) -> None:
    asked = [{"id": one, "type": "Role"} for one in texts(item.get("role_ids"))]
    asked += [{"id": one, "type": "Scope"} for one in texts(item.get("scope_ids"))]
    made.json["requiredResourceAccess"].append({"resourceAppId": item.text("api_client_id"), "resourceAccess": asked})


def _add_secret(made: Registration, item: Item) -> None:
    """The dates of a secret or certificate; never its value."""
    kind = "keyCredentials" if item.type.endswith("certificate") else "passwordCredentials"
    told = {
        "keyId": item.text("key_id"),
        "displayName": item.text("display_name"),
        "endDateTime": _date(item.text("end_date")),
    }
    made.json.setdefault(kind, []).append(told)


def _date(text: str) -> str:
    return "" if "${" in text else text


_PARTS: Mapping[str, Callable[[Registration, Item], None]] = {
    "azuread_application_identifier_uri": _add_uri,
    "azuread_application_permission_scope": _add_scope,
    "azuread_application_app_role": _add_role,
    "azuread_application_pre_authorized": _add_preauthorized,
    "azuread_application_known_clients": _add_known_clients,
    "azuread_application_optional_claims": _add_claims,
    "azuread_application_redirect_uris": _add_redirects,
    "azuread_application_api_access": _add_access,
    "azuread_application_password": _add_secret,
    "azuread_application_certificate": _add_secret,
}


def service_principal(item: Item) -> tuple[_Json, set[str]]:
    """A service principal in Graph's terms, and what is not told of it."""
    told: _Json = {
        "id": item.text("object_id"),
        "appId": app_id_of(item),
        "displayName": item.text("display_name"),
        "servicePrincipalType": "Application",
        "accountEnabled": item.flag("account_enabled", default=True),
        "appRoleAssignmentRequired": item.flag("app_role_assignment_required", default=False),
    }
    return told, set()


def role_assignment(item: Item) -> _Json:
    """An app role assignment in Graph's terms."""
    return {
        "principalId": item.text("principal_object_id"),
        "resourceId": item.text("resource_object_id"),
        "appRoleId": item.text("app_role_id"),
    }


def delegated_grant(item: Item) -> _Json:
    """A delegated permission grant in Graph's terms; without a user it is for all (registry.terraform.io, azuread)."""
    user = item.text("user_object_id")
    return {
        "clientId": item.text("service_principal_object_id"),
        "resourceId": item.text("resource_service_principal_object_id"),
        "consentType": "Principal" if user else "AllPrincipals",
        "principalId": user or None,
        "scope": " ".join(texts(item.get("claim_values"))),
    }


def _tables(table: Mapping[str, Value], name: str) -> list[Mapping[str, Value]]:
    value = table.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(table: Mapping[str, Value], name: str) -> str:
    text = as_text(table.get(name))
    return "" if text is None else text.text
