"""Files of a fictional tenant, as bytes by path."""

import json
from typing import Any

from apimdoctor.collect.files import MemoryTree, read_tree
from apimdoctor.snapshot import Api, AppRegistration, Service, Snapshot
from apimdoctor.snapshot.redact import Redactor

TENANT = "5b8d1c3e-92f4-4f0a-8a6d-3e7c9b2f1d40"
OTHER_TENANT = "c0a7e5d2-1f63-4b98-b2c4-8d9e0f3a6b71"
APP = "7e2f9a41-6c3d-4d85-9b10-f4a8c5d2e613"
SERVICE_ID = (
    "/subscriptions/2f6b8c1d-0e94-4a37-8d52-b1c7e3f9a064/resourceGroups/rg-gate/providers"
    "/Microsoft.ApiManagement/service/gate"
)
POLICY = "<policies><inbound><base /></inbound></policies>"


def tree_of(files: dict[str, Any]) -> MemoryTree:
    """Text and bytes as they are, anything else as JSON."""
    return MemoryTree({path: content_of(value) for path, value in files.items()}, "given")


def content_of(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value, indent=2).encode()


def snapshot_of(files: dict[str, Any]) -> Snapshot:
    return read_tree(tree_of(files), redactor=Redactor(b"fixed"))


def service_of(files: dict[str, Any]) -> Service:
    (service,) = snapshot_of(files).services
    return service


def api_of(files: dict[str, Any]) -> Api:
    (api,) = service_of(files).contents.apis
    return api


def app_of(**properties: Any) -> AppRegistration:
    """The app registration that a Graph object becomes."""
    (tenant,) = snapshot_of({"app.json": graph_app(**properties)}).tenants
    (app,) = tenant.app_registrations
    return app


def graph_app(**properties: Any) -> dict[str, Any]:
    return {
        "id": "e94a1b7c-3d52-4f68-a0b9-6c8d7e5f4321",
        "appId": APP,
        "displayName": "Orders",
        "signInAudience": "AzureADMyOrg",
        "identifierUris": [f"api://{APP}"],
        "appRoles": [],
        "optionalClaims": None,
        "requiredResourceAccess": [],
        "api": {"requestedAccessTokenVersion": None, "oauth2PermissionScopes": [], "preAuthorizedApplications": []},
        **properties,
    }


def information(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def organization(identifier: str = TENANT) -> dict[str, Any]:
    return {"id": identifier, "displayName": "T", "verifiedDomains": [{"name": "T.example", "isDefault": True}]}
