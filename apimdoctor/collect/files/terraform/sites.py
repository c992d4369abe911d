"""Easy Auth of web and function apps: blocks auth_settings and auth_settings_v2 of the provider azurerm as ARM JSON.

Source: registry.terraform.io, azurerm_linux_function_app.
"""

from collections.abc import Mapping
from typing import Any

from apimdoctor.collect.files.terraform.items import Item, tables, texts
from apimdoctor.collect.files.terraform.values import Value, as_flag, as_text


def is_site(item: Item) -> bool:
    """Whether a resource is a site of App Service with settings of Easy Auth."""
    return item.type.startswith(("azurerm_linux_", "azurerm_windows_")) and bool(
        item.blocks("auth_settings_v2") or item.blocks("auth_settings")
    )


def settings_of(item: Item) -> dict[str, Any]:
    """The body of authsettingsV2 that the blocks amount to."""
    newer = item.block("auth_settings_v2")
    return {"properties": _second(newer) if newer else _first(item.block("auth_settings"))}


def name_of(item: Item) -> str:
    """The name of the site."""
    return item.text("name") or item.target.address


def _second(block: Mapping[str, Value]) -> dict[str, Any]:
    entra = next(iter(tables(block.get("active_directory_v2"))), {})
    told: dict[str, Any] = {
        "platform": {
            "enabled": as_flag(block.get("auth_enabled")) is True,
            "configFilePath": _text(block, "config_file_path"),
        },
        "globalValidation": {
            "requireAuthentication": as_flag(block.get("require_authentication")),
            # Defaults to RedirectToLoginPage.
            "unauthenticatedClientAction": _text(block, "unauthenticated_action") or "RedirectToLoginPage",
            "excludedPaths": texts(block.get("excluded_paths")),
        },
        "identityProviders": {},
    }
    if entra:
        principals = {
            "groups": texts(entra.get("allowed_groups")),
            "identities": texts(entra.get("allowed_identities")),
        }
        told["identityProviders"]["azureActiveDirectory"] = {
            "enabled": True,
            "registration": {
                "openIdIssuer": _text(entra, "tenant_auth_endpoint"),
                "clientId": _text(entra, "client_id"),
            },
            "validation": {
                "allowedAudiences": texts(entra.get("allowed_audiences")),
                "defaultAuthorizationPolicy": {
                    "allowedApplications": texts(entra.get("allowed_applications")),
                    "allowedPrincipals": principals,
                },
                "jwtClaimChecks": {
                    "allowedClientApplications": texts(entra.get("jwt_allowed_client_applications")),
                    "allowedGroups": texts(entra.get("jwt_allowed_groups")),
                },
            },
        }
    return told


def _first(block: Mapping[str, Value]) -> dict[str, Any]:
    entra = next(iter(tables(block.get("active_directory"))), {})
    action = _text(block, "unauthenticated_client_action")
    told: dict[str, Any] = {
        "platform": {"enabled": as_flag(block.get("enabled")) is True},
        "globalValidation": {
            "requireAuthentication": action != "AllowAnonymous" if action else None,
            "unauthenticatedClientAction": action,
        },
        "identityProviders": {},
    }
    if entra:
        told["identityProviders"]["azureActiveDirectory"] = {
            "enabled": True,
            "registration": {"openIdIssuer": _text(block, "issuer"), "clientId": _text(entra, "client_id")},
            "validation": {"allowedAudiences": texts(entra.get("allowed_audiences"))},
        }
    return told


def _text(table: Mapping[str, Value], name: str) -> str:
    text = as_text(table.get(name))
    return "" if text is None else text.text
