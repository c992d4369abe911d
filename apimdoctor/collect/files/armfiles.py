"""ARM resource JSON in files: single bodies, lists, and templates with resources in resources."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apimdoctor.collect import arm
from apimdoctor.collect.arm.ids import KINDS, PROVIDER
from apimdoctor.collect.fields import Json, MalformedError, text
from apimdoctor.snapshot import Origin

_WEB = "microsoft.web/sites"


def resources(json: Json, parent: Json | None = None) -> Iterator[Json]:
    """A resource and those nested in it, with the type and name of nested ones written out in full."""
    kind, name = json.get("type"), json.get("name")
    if parent is not None and isinstance(kind, str) and isinstance(name, str) and "." not in kind:
        json = {**json, "type": f"{parent.get('type')}/{kind}", "name": f"{parent.get('name')}/{name}"}
    yield json
    nested = json.get("resources")
    if isinstance(nested, list):
        template = "type" not in json and "id" not in json
        for child in nested:
            if isinstance(child, dict):
                yield from resources(child, None if template else json)


def is_site_auth(json: Json) -> bool:
    """Whether an object holds Easy Auth settings, by its id or type, else by its content."""
    identifier = (str(json.get("id") or "") or str(json.get("type") or "")).lower()
    own = arm.properties(json)
    shaped = "identityProviders" in own and ("globalValidation" in own or "platform" in own)
    if identifier.startswith("/"):
        return f"/{_WEB}/" in identifier and "/config/authsettingsv2" in identifier
    if identifier and not identifier.startswith(_WEB):
        return False
    return shaped


def address_of(json: Json) -> arm.Address | None:
    """Where a resource stands; the link of a product or gateway to an API stands where the API would."""
    identifier, kind = text(json, "id"), text(json, "type")
    if "/apilinks" in (identifier or kind).lower():
        return _link(json)
    return arm.address_of(json)


def is_apim(json: Json) -> bool:
    """Whether a resource names API Management in its id or type, kept or not."""
    return PROVIDER in str(json.get("id") or "").lower() or str(json.get("type") or "").lower().startswith(PROVIDER)


def unfolded(address: arm.Address, json: Json, origin: Origin) -> tuple[arm.Address, bool]:
    """The address of the resource that a policy resource belongs to, and whether it was one."""
    if address.kind != "policies":
        return address, False
    return replace(address, path=address.path[:-1]), True


def _link(json: Json) -> arm.Address | None:
    """`products/p/apiLinks/l` with its apiId, as `products/p/apis/a`."""
    moved: dict[str, Any] = dict(json)
    api = text(arm.properties(json), "apiId").rpartition("/")[2]
    if not api:
        raise MalformedError('"apiId" is missing')
    for name in ("id", "type"):
        value = text(json, name)
        at = value.lower().find("/apilinks")
        moved[name] = value[:at] + "/apis" + ("/" + api if name == "id" else "") if at >= 0 else value
    if not text(json, "id"):
        head = text(json, "name").rpartition("/")[0]
        moved["name"] = f"{head}/{api}" if head else api
    return arm.address_of(moved)


__all__ = ["KINDS", "address_of", "is_apim", "is_site_auth", "resources", "unfolded"]
