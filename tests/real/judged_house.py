"""What every row of the judged public configurations shares: one tenant, a service, and one API under test."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.entra_objects import (
    Json,
    graph_app,
    principal,
    role_entry,
    scope_entry,
)
from tools.tenant_tree import (
    Op,
    TenantTree,
)

TENANT = "6b1f7c02-94a5-4f0d-8e3b-0c5d1a7e92f4"
OBJECT_ID = "d3a86e57-2c19-4b7f-a1d0-73f5c48e6b92"
APP_ID = "8f2d4b61-7e0a-4c95-b3d8-19e6a50c7f34"
GATEWAY_PRINCIPAL = "b95e0d13-6f48-4a2c-9c71-e40d8a37f526"
GATEWAY_CLIENT = "47c1a9f8-03d6-4e5b-8b92-6da1e7f05c3d"
PUBLIC_KEY = '<key id="k1" n="0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc" e="AQAB" />'

API = "ledger"


@dataclass(frozen=True)
class Row:
    """One judged file, rebuilt: the API under test and the rules of which one has to speak (none: no error at all)."""

    number: str
    title: str
    build: Callable[[], dict[str, bytes]]
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def guid(seed: str) -> str:
    """A GUID that is always the same for a name."""
    return str(uuid.UUID(int=random.Random(seed).getrandbits(128), version=4))


def tenant(*, identity: bool = False) -> TenantTree:
    """An Entra tenant and a service in it."""
    tree = TenantTree(tenant_id=TENANT, name="Brightwater Utilities", domain="brightwater.example")
    tree.service("brightwater", principal_id=GATEWAY_PRINCIPAL if identity else "")
    if identity:
        own = principal(
            object_id=GATEWAY_PRINCIPAL, app_id=GATEWAY_CLIENT, name="brightwater", owner=None, kind="ManagedIdentity"
        )
        tree.service_principal("brightwater", own)
    return tree


def with_app(tree: TenantTree, **changes: object) -> TenantTree:
    """The tenant with the app registration of the API under test."""
    body: dict[str, object] = {
        "object_id": OBJECT_ID,
        "app_id": APP_ID,
        "name": "Ledger",
        "version": 2,
        "uris": [f"api://{APP_ID}"],
        "scopes": [scope_entry(guid("scope"), "Ledger.Read")],
        "roles": [role_entry(guid("role"), "Ledger.Read.All")],
    }
    tree.app("ledger", graph_app(**(body | changes)))  # type: ignore[arg-type]
    return tree


def with_api(
    tree: TenantTree,
    policy: str,
    *,
    key: bool = True,
    operations: Sequence[Op] = (Op(name="entries"),),
    products: Sequence[str] = (),
    properties: Json | None = None,
) -> dict[str, bytes]:
    """The finished tree with the API under test."""
    told = {"serviceUrl": "https://ledger.internal.brightwater.example", **(properties or {})}
    tree.api(API, policy, key=key, operations=operations, products=products, properties=told)
    return tree.files
