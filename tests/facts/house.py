"""What tests of facts share: a tenant written as files, and the facts that are built of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.facts.build import build
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Facts, Route, TokenCheck, UncheckedPath
from tools.entra_objects import graph_app
from tools.tenant_tree import V1_ISSUER, V1_METADATA, V2_ISSUER, V2_METADATA, Op, TenantTree, document

TENANT = "7e3b1d52-0c8f-4a96-b5e4-d19f60a3c874"
OTHER_TENANT = "c41f8a07-59d3-4e6b-a2b8-07e5f1d3946a"
APP = "5d90c6e1-b3a7-4f28-9c04-e8a7512fd36b"
APP_OBJECT = "a86f20d4-17ce-4b59-83fa-6c0d9be2145f"
CLIENT = "1bc7e498-62fd-4d0a-9e35-f4a08b6d2c91"
GATEWAY = "e04d9b73-8a15-4c62-b7d8-59f3ac10e6d2"
GATEWAY_CLIENT = "93a5d7f0-4e2b-4186-ac9d-2b71f80e5c34"

METADATA_1 = V1_METADATA.format(tenant=TENANT)
METADATA_2 = V2_METADATA.format(tenant=TENANT)
ISSUER_1 = V1_ISSUER.format(tenant=TENANT)
ISSUER_2 = V2_ISSUER.format(tenant=TENANT)

JWT = (
    f'<validate-jwt header-name="Authorization"><openid-config url="{METADATA_2}" />'
    f"<audiences><audience>{APP}</audience></audiences></validate-jwt>"
)
MANAGED = '<authentication-managed-identity resource="https://vault.azure.net" />'


@dataclass
class House:
    """A service with the API `ledger`, built up piece by piece."""

    tree: TenantTree = field(default_factory=lambda: TenantTree(tenant_id=TENANT, name="Alder", domain="alder.example"))

    def __post_init__(self) -> None:
        self.tree.service("alder")

    def app(self, *, version: Any = 2, uris: Sequence[str] = ("api://ledger",)) -> House:
        """The app registration of the API."""
        body = graph_app(object_id=APP_OBJECT, app_id=APP, name="Ledger", version=version, uris=uris)
        self.tree.json("entra/applications.json", {"value": [body]})
        self.tree.json("entra/servicePrincipals.json", {"value": []})
        return self

    def api(self, inbound: str = "<base />", name: str = "ledger", **more: Any) -> House:
        """An API whose policy has this inbound section; without text none."""
        self.tree.api(name, document(inbound) if inbound else "", **more)
        return self

    def facts(self) -> Facts:
        """The facts."""
        return build(files.read_tree(MemoryTree(self.tree.files)))


def facts_of(inbound: str, **more: Any) -> Facts:
    """The facts of one API that needs no key, with this inbound section."""
    return House().app().api(inbound, key=False, **more).facts()


def only_check(facts: Facts) -> TokenCheck:
    """The one token check there is."""
    (found,) = facts.token_checks
    assert isinstance(found, TokenCheck)
    return found


def check_of(inner: str, attributes: str = 'header-name="Authorization"') -> TokenCheck:
    """The token check of a validate-jwt with these children."""
    return only_check(facts_of(f"<base /><validate-jwt {attributes}>{inner}</validate-jwt>"))


def routes(facts: Facts) -> dict[tuple[str, str, str], Route]:
    """The routes by operation, context and product."""
    return {(r.operation.name, r.context, r.product): r for r in facts.routes if isinstance(r, Route)}


def anonymous(facts: Facts, operation: str = "list") -> Route:
    """The route of a call without a key."""
    return routes(facts)[(operation, "no key", "")]


def only_path(route: Route) -> UncheckedPath:
    """The one way without a check."""
    (found,) = route.unchecked
    assert isinstance(found, UncheckedPath)
    return found


def reasons(items: Sequence[object]) -> list[str]:
    """Why items of a list are not known."""
    return [item.because for item in items if isinstance(item, Unknown)]


__all__ = ["Op", "document"]
