"""What the Terraform of a root says, as resources of API Management, objects of Entra and sites."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect import arm, graph
from apimdoctor.collect.arm.ids import Address
from apimdoctor.collect.fields import MalformedError
from apimdoctor.collect.files.contents import Desk
from apimdoctor.collect.files.segments import Text
from apimdoctor.collect.files.services import Resource
from apimdoctor.collect.files.terraform import gateway, registrations, remote, sites
from apimdoctor.collect.files.terraform.items import Item, tables, texts
from apimdoctor.collect.files.terraform.modules import REGISTRATIONS, TENANT
from apimdoctor.collect.files.terraform.placing import KEPT, Path, Placing, kind_of
from apimdoctor.collect.files.terraform.values import Symbol, Value, as_text, named, options_of
from apimdoctor.snapshot import Origin, PolicyText, SiteAuth

_POLICY_KINDS = frozenset({"policy", "api_policy", "api_operation_policy", "product_policy", "workspace_policy"})
_FRAGMENTS = frozenset({"policy_fragment", "workspace_policy_fragment"})


class Entra(Struct):
    """One object of Entra: its collection, and the tenant of the root module it is in."""

    path: str
    kind: str
    made: Any
    tenant: str


class Found(Struct):
    """Everything that was found."""

    resources: list[Resource] = field(default_factory=list)
    entra: list[Entra] = field(default_factory=list)
    sites: list[SiteAuth] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Files whose text is the policy of a resource, so that they are no policies without a scope."""


def found(desk: Desk, items: Iterable[Item], tenants: dict[str, str]) -> Found:
    """What some items amount to. `tenants`: the tenant of each root module."""
    items = sorted(items, key=lambda item: item.off)
    reading = _Reading(desk, items, tenants)
    reading.gateways()
    reading.registrations()
    reading.principals()
    reading.easy_auth()
    return reading.into


class _Reading:
    """All items of one source on their way into resources."""

    def __init__(self, desk: Desk, items: list[Item], tenants: dict[str, str]) -> None:
        self._desk = desk
        self._items = items
        self._placing = Placing(items)
        self._tenants = tenants
        self._seen: set[tuple[str, Path]] = set()
        self.into = Found()

    # ------------------------------------------------------------ API Management
    def gateways(self) -> None:
        """Services and everything below them."""
        for item in self._items:
            if item.type.startswith("data."):
                continue
            if item.type.startswith("azapi_"):
                self._azapi(item)
            elif kind := kind_of(item):
                self._gateway(kind, item)

    def _gateway(self, kind: str, item: Item) -> None:
        place = self._placing.of(item)
        if place is None or (kind != "service" and kind not in KEPT):
            return
        if kind == "service":
            self._add(item, place, gateway.service_of(item))
            self._inline_policy(item, place)
            return
        if kind in _FRAGMENTS:
            self._policy(item, place, item.get("value"), item.text("format") or "xml")
            return
        body = gateway.body_of(kind, item)
        if body is not None and kind not in _POLICY_KINDS and place[1]:
            self._add(item, place, {"properties": body})
        if kind in _POLICY_KINDS or item.type.startswith("module:"):
            self._own_policy(item, place)
        self._links(item, place)

    def _own_policy(self, item: Item, place: tuple[str, Path]) -> None:
        written = next((item.get(name) for name in remote.POLICY_ARGUMENTS if item.get(name) is not None), None)
        policies = (*place[1], ("policies", "policy"))
        if written is not None:
            self._policy(item, (place[0], policies), written, "rawxml")
        elif item.get("xml_link") is not None:
            because = "the policy is behind a link, not in the file"
            self._add(item, (place[0], policies), {}, PolicyText(format="", origin=item.origin, unread=because))
        for one in item.blocks("api_operation_policies") if item.type == remote.API else ():
            operation = as_text(one.get("operation_id"))
            if operation is not None and operation.text and place[1]:
                path = (*place[1], ("operations", operation.text), ("policies", "policy"))
                self._policy(item, (place[0], path), one.get("xml_content"), "rawxml")

    def _inline_policy(self, item: Item, place: tuple[str, Path]) -> None:
        """The block `policy` of a service (azurerm until version 4)."""
        block = item.values if item.type == remote.SERVICE else item.block("policy")
        if block.get("xml_content") is not None:
            self._policy(item, (place[0], (("policies", "policy"),)), block.get("xml_content"), "rawxml")

    def _links(self, item: Item, place: tuple[str, Path]) -> None:
        """Products that a module adds its API to."""
        if item.type != remote.API or not place[1]:
            return
        api = place[1][-1][1]
        products = [*texts(item.get("product_ids")), *([item.text("product_id")] if item.get("product_id") else [])]
        for product in products:
            path = (*place[1][:-1], ("products", product), ("apis", api))
            self._add(item, (place[0], path), {"properties": {}})

    def _azapi(self, item: Item) -> None:
        place = self._placing.of(item)
        if place is None or item.type == "azapi_update_resource":
            return
        body = gateway.azapi_body(item)
        kind = place[1][-1][0] if place[1] else ""
        if kind in ("policies", "policyFragments"):
            inner = getattr(item.get("body"), "value", item.get("body"))
            own = next(iter(tables(inner.get("properties"))), {}) if isinstance(inner, dict) else {}
            # The provider sends what is written; without a format Azure reads xml.
            self._policy(item, place, own.get("value"), str(body.get("format") or "xml"))
            return
        if not place[1]:
            self._add(item, place, {"name": place[0], "location": item.text("location"), "properties": body})
        elif kind == "apis" and len(place[1]) > 1 and place[1][-2][0] in ("products", "gateways"):
            api = as_text(body.get("apiId")) if not isinstance(body.get("apiId"), str) else None
            name = str(body.get("apiId") or (api.text if api else "") or place[1][-1][1]).rpartition("/")[2]
            self._add(item, (place[0], (*place[1][:-1], ("apis", name))), {"properties": {}})
        else:
            self._add(item, place, {"properties": body})

    def _policy(self, item: Item, place: tuple[str, Path], written: Value, form: str) -> None:
        text = self._chosen(item, written)
        if text is None or not text.text.strip():
            return
        if form.endswith("-link") or text.only_symbol:
            because = "the policy is behind a link, not in the file" if form.endswith("-link") else _why(text)
            self._add(item, place, {}, PolicyText(format="", origin=item.origin, unread=because))
            self._desk.gap(item.path, "skipped", f"policy of {item.target.address}: {because}")
            return
        origin = text.origin(self._desk.prefix)
        if not origin.document:
            origin = item.place_of(text.text)
        self.into.used.update(_files(text))
        self._add(item, place, {"properties": {"format": form, "value": text.text}}, origin=origin)

    def _chosen(self, item: Item, written: Value) -> Text | None:
        """The text of a policy; where a condition that nobody can settle decides between texts, the first of them."""
        text = as_text(written)
        symbol = text.only_symbol if text is not None else None
        texts_ = [as_text(one) for one in options_of(symbol)] if isinstance(symbol, Symbol) else []
        found = [one for one in texts_ if one is not None and not one.only_symbol and "<" in one.text]
        if found and isinstance(symbol, Symbol) and len(found) > 1:
            what = f"policy of {item.target.address}: which text applies is not known, {named(symbol)[:80]}; the first is read"
            self._desk.gap(item.path, "skipped", what)
        return found[0] if found else text

    def _add(
        self,
        item: Item,
        place: tuple[str, Path],
        json: dict[str, Any],
        policy: PolicyText | None = None,
        origin: Origin | None = None,
    ) -> None:
        service, path = place
        kind = path[-1][0] if path else ""
        key = (service.lower(), path)
        if key in self._seen and (not path or item.off):
            return  # one service in several environments, or what stands there where this is switched off
        self._seen.add(key)
        if kind not in ("policies", "policyFragments", "namedValues"):
            json = self._desk.redactor.json(json)
        address = Address("", service, path)
        place_of = origin or item.origin
        self.into.resources.append(Resource(address, json, place_of, item.path, policy, self._placing.home(service)))

    # ------------------------------------------------------------ Entra
    def registrations(self) -> None:
        """App registrations."""
        for one in registrations.registrations(self._items, self._placing.target):
            json = self._desk.redactor.json(one.json)
            self._entra(one.item, "app_registrations", lambda json=json, one=one: _registration(json, one))

    def principals(self) -> None:
        """Service principals, app role assignments and delegated grants."""
        for item in self._items:
            match item.type:
                case "azuread_service_principal":
                    told, _ = registrations.service_principal(item)
                    told["appOwnerOrganizationId"] = self._tenant(item) if _is_own(item) else None
                    self._entra(
                        item,
                        "service_principals",
                        lambda told=told, item=item: graph.service_principal(told, item.origin),
                    )
                case "azuread_app_role_assignment":
                    told = registrations.role_assignment(item)
                    self._entra(item, "app_role_assignments", lambda told=told: graph.app_role_assignment(told))
                case "azuread_service_principal_delegated_permission_grant":
                    told = registrations.delegated_grant(item)
                    self._entra(item, "delegated_grants", lambda told=told: graph.delegated_grant(told))

    def _entra(self, item: Item, kind: str, make: Any) -> None:
        try:
            made = make()
        except MalformedError as error:
            self._desk.gap(item.path, "skipped", f"{item.target.address}: {error}; the object is left out")
            return
        self.into.entra.append(Entra(item.path, kind, made, self._tenant(item)))

    def _tenant(self, item: Item) -> str:
        return self._tenants.get(item.root) or "${" + TENANT + "}"

    # ------------------------------------------------------------ sites
    def easy_auth(self) -> None:
        """Easy Auth of sites."""
        for item in self._items:
            if not sites.is_site(item):
                continue
            json = self._desk.redactor.json(sites.settings_of(item))
            try:
                self.into.sites.append(arm.site_auth(json, sites.name_of(item), item.origin))
            except MalformedError as error:
                self._desk.gap(item.path, "skipped", f"{item.target.address}: {error}; the object is left out")


def _registration(json: dict[str, Any], one: registrations.Registration) -> Any:
    made = graph.app_registration(json, one.item.origin)
    return replace(made, unread=tuple(sorted({*made.unread, *one.unread})))


def _is_own(item: Item) -> bool:
    """Whether a service principal is that of an app registration of the same tenant."""
    text = as_text(item.get("client_id") if item.get("client_id") is not None else item.get("application_id"))
    symbol = text.only_symbol if text is not None else None
    return isinstance(symbol, Symbol) and symbol.target is not None and symbol.target.type in REGISTRATIONS


def _why(text: Text) -> str:
    symbol = text.only_symbol
    return f"its text, {named(symbol)}, is not known before Terraform runs" if isinstance(symbol, Symbol) else ""


def _files(text: Text) -> Iterator[str]:
    for segment in text.segments:
        if segment.at is not None:
            yield segment.at.file.path
        for place in segment.via:
            yield place.file.path
