"""Where a resource of API Management stands: its service's name and its path below, from its arguments and references."""

from collections.abc import Iterable, Mapping

from apimdoctor.collect.arm.ids import KINDS, PROVIDER
from apimdoctor.collect.files.segments import Text
from apimdoctor.collect.files.terraform import remote
from apimdoctor.collect.files.terraform.items import Item
from apimdoctor.collect.files.terraform.values import Symbol, Target, Value, as_text, target_of

Path = tuple[tuple[str, str], ...]
MAX_PARENTS = 8

_NAMED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "policy": (),
    "api": (("apis", "name"),),
    "api_policy": (("apis", "api_name"),),
    "api_operation": (("apis", "api_name"), ("operations", "operation_id")),
    "api_operation_policy": (("apis", "api_name"), ("operations", "operation_id")),
    "api_diagnostic": (("apis", "api_name"), ("diagnostics", "identifier")),
    "product": (("products", "product_id"),),
    "product_policy": (("products", "product_id"),),
    "product_api": (("products", "product_id"), ("apis", "api_name")),
    "policy_fragment": (("policyFragments", "name"),),
    "named_value": (("namedValues", "name"),),
    "backend": (("backends", "name"),),
    "authorization_server": (("authorizationServers", "name"),),
    "openid_connect_provider": (("openidConnectProviders", "name"),),
    "diagnostic": (("diagnostics", "identifier"),),
    "gateway": (("gateways", "name"),),
    "gateway_api": (("gateways", ""), ("apis", "")),
    "certificate": (("certificates", "name"),),
    "api_version_set": (("apiVersionSets", "name"),),
    "subscription": (("subscriptions", "subscription_id"),),
    "workspace": (("workspaces", "name"),),
    "workspace_policy": (),
    "workspace_policy_fragment": (("policyFragments", "name"),),
    "workspace_api_version_set": (("apiVersionSets", "name"),),
    "workspace_certificate": (("certificates", "name"),),
}
"""Resource types of the provider azurerm behind `azurerm_api_management_`, and the arguments that name them and what is
above them (registry.terraform.io, azurerm)."""
KEPT = frozenset(_NAMED)
_PARENTS = ("api_management_workspace_id", "workspace_id", "api_management_id", "gateway_id")
_MODULES = {remote.SERVICE: "service", remote.API: "api", remote.PRODUCT: "product", remote.API_POLICY: "api_policy",
            remote.OPERATION_POLICY: "api_operation_policy", remote.PRODUCT_POLICY: "product_policy"}  # fmt: skip


def kind_of(item: Item) -> str:
    """The kind behind `azurerm_api_management_`, also of a module that makes one; "service", or "" for anything else."""
    if item.type in _MODULES:
        return _MODULES[item.type]
    kind = item.type.removeprefix("data.").removeprefix("azurerm_api_management")
    if kind == item.type.removeprefix("data."):
        return ""
    return kind.removeprefix("_") if kind.startswith("_") else "service"


class Placing:
    """Finds the places of all items of a root of files."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = {(item.root, item.target): item for item in items}
        self._names: dict[str, str] = {}
        self._homes: dict[str, str] = {}

    def of(self, item: Item, depth: int = 0) -> tuple[str, Path] | None:
        """The service's name ("" unknown) and the path below it; None for what has no place of its own."""
        if depth > MAX_PARENTS:
            return None
        if item.type.removeprefix("data.").startswith("azapi_"):
            return self._of_azapi(item, depth)
        kind = kind_of(item)
        if kind == "service":
            name = item.get("name")
            return self._service(item, Symbol(f"{item.target.address}.name") if name is None else name), ()
        if kind not in _NAMED:
            return None
        service, above = self._above(item, depth)
        return service, (*above, *self._own(item, kind))

    def target(self, root: str, value: Value) -> Item | None:
        """The item that a value such as `azurerm_api_management_api.x.id` names."""
        found = target_of(value)
        return self._items.get((root, found.target)) if found is not None and found.target is not None else None

    def of_id(self, item: Item, value: Value, depth: int = 0) -> tuple[str, Path] | None:
        """The place that an id names: of a resource here, below one, or written out."""
        text = as_text(value)
        if text is None or depth > MAX_PARENTS:
            return None
        first = next((segment for segment in text.segments if segment.text), None)
        if first is None:
            return None
        if isinstance(first.symbol, Symbol):
            rest = text.text[len(first.text) :]
            above = self._of_symbol(item, first.symbol, depth)
            below = _pairs(rest) if rest.strip("/") else ()
            return None if above is None or below is None else (above[0], (*above[1], *below))
        return self._of_written(item, text.text)

    def _of_symbol(self, item: Item, symbol: Symbol, depth: int) -> tuple[str, Path] | None:
        named = self._items.get((item.root, symbol.target)) if symbol.target else None
        if named is not None:
            return self.of(named, depth + 1)
        # The id of something that is not here: of the service, where one is expected.
        return self._service(item, Symbol(symbol.text.removesuffix(".id") + ".name")), ()

    def _of_written(self, item: Item, written: str) -> tuple[str, Path] | None:
        low = written.lower()
        at = low.find(f"/{PROVIDER}/service/")
        if at < 0:
            return None
        name, _, rest = written[at + len(PROVIDER) + len("//service/") :].partition("/")
        below = _pairs(rest) if rest.strip("/") else ()
        text = Text(()) if not name else as_text(_text(name))
        return None if below is None else (self._service(item, text), below)

    def _above(self, item: Item, depth: int) -> tuple[str, Path]:
        for name in ("api_management_name", "api_mgmt_name"):
            if item.get(name) is not None:
                return self._service(item, item.get(name)), ()
        for name in _PARENTS:
            found = self.of_id(item, item.get(name), depth + 1) if item.get(name) is not None else None
            if found is not None:
                return found
        return self._service(item, None), ()

    def _own(self, item: Item, kind: str) -> Path:
        path = []
        for collection, argument in _NAMED[kind]:
            path.append((collection, self._name(item, kind, argument)))
        return tuple((collection, name) for collection, name in path if name)

    def _name(self, item: Item, kind: str, argument: str) -> str:
        if item.type == remote.API and argument == "name":
            text = remote.name_of(item.values)
            return text.text if text is not None else f"${{{item.target.address}}}"
        if kind == "api" and argument == "name":
            revision = item.text("revision")
            return f"{item.text('name')};rev={revision}" if revision not in ("", "1") else item.text("name")
        if kind == "gateway_api":
            return ""
        value = item.get(argument)
        if value is None and argument == "product_id":
            value = item.get("name")
        text = as_text(value)
        if text is None or not text.text:
            return f"${{{item.target.address}}}" if argument else ""
        named = self.target(item.root, value)
        if named is not None and argument in ("api_name", "product_id"):
            found = self.of(named, 1)
            return found[1][-1][1] if found is not None and found[1] else text.text
        return text.text.partition(";rev=1")[0] if text.text.endswith(";rev=1") else text.text

    def _of_azapi(self, item: Item, depth: int) -> tuple[str, Path] | None:
        kinds = item.text("type").partition("@")[0].split("/")
        if len(kinds) < 2 or kinds[0].lower() != PROVIDER or kinds[1].lower() != "service":
            return None
        if item.get("resource_id") is not None:
            return self.of_id(item, item.get("resource_id"), depth + 1)
        name = item.text("name")
        if len(kinds) == 2:
            return (self._service(item, item.get("name")), ()) if name else None
        own = KINDS.get(kinds[-1].lower(), "apis" if kinds[-1].lower() == "apilinks" else "")
        above = self.of_id(item, item.get("parent_id"), depth + 1) if item.get("parent_id") is not None else None
        if not own or above is None or len(above[1]) != len(kinds) - 3:
            return None
        return above[0], (*above[1], (own, name or f"${{{item.target.address}}}"))

    def home(self, service: str) -> str | None:
        """The folder of the root module that speaks of a service first."""
        return self._homes.get(service)

    def _service(self, item: Item, name: Value) -> str:
        """The name a service goes by; one that is nothing but unknown is another one in every root module."""
        found = self._named(item, name)
        self._homes.setdefault(found, item.root)
        return found

    def _named(self, item: Item, name: Value) -> str:
        text = as_text(name)
        if text is None or not text.text:
            return ""
        if not text.only_symbol:
            return text.text
        found = target_of(text)
        if found is not None and found.attribute == "id":
            text = as_text(Symbol(found.text.removesuffix(".id") + ".name")) or text
        first = self._names.setdefault(text.text, item.root)
        return text.text if first == item.root else f"{text.text} of {item.root}"


def _text(name: str) -> Text:
    from apimdoctor.collect.files.segments import literal

    return literal(name)


def _pairs(rest: str) -> Path | None:
    parts = rest.strip("/").split("/")
    kinds = [KINDS.get(kind.lower(), "") for kind in parts[::2]]
    if len(parts) % 2 or not all(kinds) or not all(parts):
        return None
    return tuple(zip(kinds, parts[1::2], strict=True))


def is_target(value: Value) -> Target | None:
    """The resource that a value is an attribute of."""
    found = target_of(value)
    return found.target if found is not None else None
