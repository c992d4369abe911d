"""`terraform show -json` of a plan or a state: the resources as they will be, what is known after apply as symbols.

Source: developer.hashicorp.com/terraform/internals/json-format. Values marked as sensitive are not taken.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from apimdoctor.collect.fields import Json
from apimdoctor.collect.files.anchors import Literals
from apimdoctor.collect.files.terraform.functions import UnknownError, from_json
from apimdoctor.collect.files.terraform.items import Item
from apimdoctor.collect.files.terraform.modules import GIVEN_IDS, given_id
from apimdoctor.collect.files.terraform.source import WANTED
from apimdoctor.collect.files.terraform.values import Symbol, Target, Value, symbol
from apimdoctor.snapshot import Origin

MAX_DEPTH = 20
MAX_ITEMS = 50_000


def is_plan(json: Json) -> bool:
    """Whether a JSON object is a plan or a state."""
    return isinstance(json.get("format_version"), str) and any(
        isinstance(json.get(name), dict) for name in ("planned_values", "values")
    )


class Plan(Struct):
    """The items of one plan or state, and the tenant that the provider signs in to."""

    items: list[Item] = field(default_factory=list)
    tenant: str = ""


def read(json: Json, path: str, origin: Origin, literals: Literals) -> Plan:
    """What a plan or state describes."""
    return _Reading(json, path, origin, literals).plan()


class _Reading:
    """One plan."""

    def __init__(self, json: Json, path: str, origin: Origin, literals: Literals) -> None:
        self._json = json
        self._path = path
        self._origin = origin
        self._literals = literals
        self._changes = {
            str(change.get("address")): _table(change.get("change"))
            for change in _tables(json.get("resource_changes"))
            if change.get("mode") != "data"
        }
        self._configuration = _table(_table(json.get("configuration")).get("root_module"))

    def plan(self) -> Plan:
        """Everything in it."""
        found = Plan()
        whole = _table(self._json.get("planned_values")) or _table(self._json.get("values"))
        prior = _table(_table(self._json.get("prior_state")).get("values"))
        seen: set[str] = set()
        for module, resource in (*_resources(_table(whole.get("root_module"))), *_data(prior)):
            address = str(resource.get("address"))
            if address in seen or len(found.items) >= MAX_ITEMS:
                continue
            seen.add(address)
            self._tell_tenant(found, resource)
            if item := self._item(module, resource):
                found.items.append(item)
        return found

    def _tell_tenant(self, found: Plan, resource: Json) -> None:
        if resource.get("type") in ("azurerm_client_config", "azuread_client_config") and not found.tenant:
            tenant = _table(resource.get("values")).get("tenant_id")
            found.tenant = tenant.lower() if isinstance(tenant, str) else ""

    def _item(self, module: str, resource: Json) -> Item | None:
        kind, name = resource.get("type"), resource.get("name")
        if not isinstance(kind, str) or not isinstance(name, str):
            return None
        kind = f"data.{kind}" if resource.get("mode") == "data" else kind
        if not WANTED.fullmatch(kind):
            return None
        index = resource.get("index")
        target = Target(_bare(module), kind, name, "" if index is None else f"[{index}]")
        change = self._changes.get(str(resource.get("address")), {})
        known = _table(change.get("after")) or _table(resource.get("values"))
        unknown = _table(change.get("after_unknown"))
        hidden = change.get("after_sensitive") or resource.get("sensitive_values")
        references = self._references(module, kind, name)
        values: dict[str, Value] = {}
        for key in dict.fromkeys([*known, *unknown]):
            own = self._referred(target, key, references)
            hides = hidden.get(key) if isinstance(hidden, dict) else hidden
            values[key] = _value(known.get(key), unknown.get(key), hides, own, 0)
        return Item(target, self._path, self._path, self._origin, values, literals=self._literals)

    # ------------------------------------------------------------ references
    def _referred(self, target: Target, name: str, references: Mapping[str, list[str]]) -> Symbol:
        """What stands for an argument that is known after apply: what it refers to, when that is one thing, else itself."""
        if target.type in GIVEN_IDS and (given := given_id(target, name)):
            return given
        named = references.get(name, [])
        if len(named) == 2 and named[0].startswith(f"{named[1]}."):
            found = self._resolved(target, named[1], named[0][len(named[1]) + 1 :])
            if found is not None:
                return found
        return symbol(f"{target.address}.{name}", target, name)

    def _resolved(self, target: Target, head: str, attribute: str) -> Symbol | None:
        kind, _, rest = head.partition(".")
        if kind == "data":
            kind, _, rest = rest.partition(".")
            kind = f"data.{kind}"
        if kind in ("var", "local", "module", "each", "count", "path"):
            return None
        name, bracket, key = rest.partition("[")
        named = Target(target.module, kind, name, f"[{key}".replace('"', "") if bracket else target.key)
        if kind in GIVEN_IDS and (given := given_id(named, attribute)):
            return given
        return symbol(f"{named.address}.{attribute}", named, attribute)

    def _references(self, module: str, kind: str, name: str) -> dict[str, list[str]]:
        """What the arguments of a resource refer to, by argument."""
        inside = self._configuration
        for step in _steps(module):
            call = _table(_table(inside.get("module_calls")).get(step))
            inside = _table(call.get("module"))
        for one in _tables(inside.get("resources")):
            if one.get("name") == name and one.get("type") == kind.removeprefix("data."):
                expressions = _table(one.get("expressions"))
                return {key: _names(_table(told).get("references")) for key, told in expressions.items()}
        return {}


def _value(known: Any, unknown: Any, hidden: Any, own: Symbol, depth: int) -> Value:
    """A value with its unknown parts as symbols; what is sensitive counts as unknown."""
    if hidden is True or unknown is True:
        return own
    if depth < MAX_DEPTH and isinstance(known, dict):
        keys = dict.fromkeys([*known, *(unknown if isinstance(unknown, dict) else ())])
        return {
            key: _value(known.get(key), _part(unknown, key), _part(hidden, key), own.below(key), depth + 1)
            for key in keys
        }
    if depth < MAX_DEPTH and isinstance(known, list):
        return [
            _value(one, _part(unknown, at), _part(hidden, at), own.below(f"[{at}]"), depth + 1)
            for at, one in enumerate(known)
        ]
    try:
        return from_json(known)
    except UnknownError:
        return own


def _part(marks: Any, key: str | int) -> Any:
    if isinstance(marks, dict):
        return marks.get(key)
    if isinstance(marks, list) and isinstance(key, int) and key < len(marks):
        return marks[key]
    return None


def _resources(module: Json, depth: int = 0) -> Iterator[tuple[str, Json]]:
    """The resources of a module and those below it, each with the address of its module."""
    address = module.get("address")
    for resource in _tables(module.get("resources")):
        yield address if isinstance(address, str) else "", resource
    for child in _tables(module.get("child_modules")) if depth < MAX_DEPTH else ():
        yield from _resources(child, depth + 1)


def _data(values: Json) -> Iterator[tuple[str, Json]]:
    """What data sources gave when the plan was made."""
    for module, resource in _resources(_table(values.get("root_module"))):
        if resource.get("mode") == "data":
            yield module, resource


def _bare(address: str) -> str:
    return address.replace('"', "")


def _steps(address: str) -> list[str]:
    """The names of the module calls in an address."""
    steps, inside = [], 0
    word = ""
    for letter in address:
        inside += (letter == "[") - (letter == "]")
        if letter == "." and not inside:
            steps.append(word)
            word = ""
        elif not inside and letter != "]":
            word += letter
    return [step for step in [*steps, word] if step and step != "module"]


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _names(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
