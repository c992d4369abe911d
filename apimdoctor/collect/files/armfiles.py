"""ARM resource JSON in files: single bodies, lists, and templates with resources in resources."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apimdoctor.collect import arm
from apimdoctor.collect.arm.ids import PROVIDER
from apimdoctor.collect.fields import Json, MalformedError, text

_WEB = "microsoft.web/sites"
_MAX_DEPTH = 20
_CALL = re.compile(r"\[\s*(?:concat|format)?\s*\(?(?P<inside>.*?)\)?\s*\]", re.DOTALL)
_PIECE = re.compile(r"'(?P<literal>(?:[^']|'')*)'|(?P<kind>parameters|variables)\(\s*'(?P<name>[^']*)'\s*\)")


def resources(json: Json) -> Iterator[Json]:
    """A resource and those nested in it, or those of a template, each with its type and name written out in full."""
    if "resources" in json and "type" not in json and "id" not in json:
        names = _Names(json)
        for child in _objects(json["resources"]):
            yield from _nested(child, None, names, _MAX_DEPTH)
    else:
        yield from _nested(json, None, None, _MAX_DEPTH)


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


def _nested(json: Json, parent: Json | None, names: "_Names | None", depth: int) -> Iterator[Json]:
    kind, name = json.get("type"), json.get("name")
    if names is not None and isinstance(name, str):
        name = names.resolved(name)
        json = {**json, "name": name}
    if parent is not None and isinstance(kind, str) and isinstance(name, str) and "." not in kind:
        json = {**json, "type": f"{parent.get('type')}/{kind}", "name": f"{parent.get('name')}/{name}"}
    yield json
    if depth:
        for child in _objects(json.get("resources")):
            yield from _nested(child, json, names, depth - 1)


def _objects(value: object) -> Iterator[Json]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


class _Names:
    """The names of a template's resources: literals, parameters with their default, variables; else the parameter's name.

    Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions.
    """

    def __init__(self, template: Json) -> None:
        parameters = template.get("parameters")
        variables = template.get("variables")
        self._known: dict[tuple[str, str], object] = {}
        for name, told in (parameters if isinstance(parameters, Mapping) else {}).items():
            self._known["parameters", name] = told.get("defaultValue") if isinstance(told, dict) else None
        for name, told in (variables if isinstance(variables, Mapping) else {}).items():
            self._known["variables", name] = told

    def resolved(self, name: str, depth: int = 3) -> str:
        """A name with its expression replaced by what is known of it."""
        found = _CALL.fullmatch(name) if len(name) < 1000 else None
        if found is None or name.startswith("[["):
            return name
        pieces = []
        for piece in _PIECE.finditer(found["inside"]):
            if piece["literal"] is not None:
                pieces.append(piece["literal"].replace("''", "'"))
                continue
            value = self._known.get((piece["kind"], piece["name"]))
            known = isinstance(value, str) and value and depth
            pieces.append(self.resolved(str(value), depth - 1) if known else f"{{{piece['name']}}}")
        if pieces and "{0}" in pieces[0]:
            form, *rest = pieces
            for at, value in enumerate(rest):
                form = form.replace(f"{{{at}}}", value)
            return form
        return "".join(pieces)


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
