"""ARM resource JSON in files: single bodies and lists, with resources in resources."""

from collections.abc import Iterator, Sequence
from typing import Any

from apimdoctor.collect import arm
from apimdoctor.collect.arm.ids import PROVIDER
from apimdoctor.collect.fields import Json, MalformedError, text

_WEB = "microsoft.web/sites"
_MAX_DEPTH = 20


def is_template(json: Json) -> bool:
    """Whether an object is a deployment template, whose expressions must be evaluated first."""
    return "resources" in json and "type" not in json and "id" not in json


def resources(json: Json) -> Iterator[Json]:
    """A resource and those nested in it, each with its type and name written out in full."""
    yield from _nested(json, None, _MAX_DEPTH)


def is_site_auth(json: Json) -> bool:
    """Whether an object holds Easy Auth settings, by its id or type, else by its content."""
    identifier = _lower(json, "id") or _lower(json, "type")
    if identifier.startswith("/"):
        return f"/{_WEB}/" in identifier and "/config/authsettingsv2" in identifier
    if identifier and not identifier.startswith(_WEB):
        return False
    own = arm.properties(json)
    return "identityProviders" in own and ("globalValidation" in own or "platform" in own)


def address_of(json: Json) -> arm.Address | None:
    """Where a resource stands, or None; the link of a product or gateway to an API stands where the API would."""
    identifier, kind = _lower(json, "id"), _lower(json, "type")
    if PROVIDER not in identifier and not kind.startswith(PROVIDER + "/"):
        return None
    return _link(json) if "/apilinks" in (identifier or kind) else arm.address_of(json)


def whole_list(items: Sequence[Any]) -> tuple[arm.Address, str] | None:
    """The parent and the collection that a complete list tells, when all its resources are of one collection."""
    addresses = []
    for item in items:
        address = address_of(item) if isinstance(item, dict) else None
        if address is None or not address.path:
            return None
        addresses.append(address)
    parents = {(found.service_id.lower(), found.service_name, found.path[:-1], found.kind) for found in addresses}
    if len(parents) != 1:
        return None
    first = addresses[0]
    return arm.Address(first.service_id, first.service_name, first.path[:-1]), first.kind


def _nested(json: Json, parent: Json | None, depth: int) -> Iterator[Json]:
    kind, name = json.get("type"), json.get("name")
    if parent is not None and isinstance(kind, str) and isinstance(name, str) and "." not in kind:
        json = {**json, "type": f"{parent.get('type')}/{kind}", "name": f"{parent.get('name')}/{name}"}
    yield json
    if depth:
        for child in _objects(json.get("resources")):
            yield from _nested(child, json, depth - 1)


def _objects(value: object) -> Iterator[Json]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _link(json: Json) -> arm.Address | None:
    """`products/p/apiLinks/l` with its apiId, as `products/p/apis/a`."""
    api = text(arm.properties(json), "apiId").rpartition("/")[2]
    if not api:
        raise MalformedError('"apiId" is missing')
    moved: dict[str, Any] = dict(json)
    identifier, kind = text(json, "id"), text(json, "type")
    if identifier:
        moved["id"] = f"{identifier[: identifier.lower().find('/apilinks')]}/apis/{api}"
    else:
        head = text(json, "name").rpartition("/")[0]
        moved["name"] = f"{head}/{api}" if head else api
        moved["type"] = f"{kind[: kind.lower().find('/apilinks')]}/apis"
    return arm.address_of(moved)


def _lower(json: Json, name: str) -> str:
    value = json.get(name)
    return value.lower() if isinstance(value, str) else ""
