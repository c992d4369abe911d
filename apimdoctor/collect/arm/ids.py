"""Where a resource stands: its path below an API Management service, from its id or from its type and name."""

from msgspec import Struct

from apimdoctor.collect.fields import Json, text

PROVIDER = "microsoft.apimanagement"

KINDS = {
    kind.lower(): kind
    for kind in (
        "apis",
        "operations",
        "resolvers",
        "policies",
        "products",
        "policyFragments",
        "namedValues",
        "backends",
        "authorizationServers",
        "openidConnectProviders",
        "subscriptions",
        "diagnostics",
        "gateways",
        "certificates",
        "apiVersionSets",
        "workspaces",
        "tenant",
    )
}
"""Collections that are kept, in ARM's spelling; `properties` was the name of named values until 2019."""
KINDS["properties"] = "namedValues"


class Address(Struct, frozen=True):
    """A resource of a service: `path` holds (collection, name) pairs and is empty for the service itself."""

    service_id: str
    """ARM id of the service, as written; "" when the resource has no id."""
    service_name: str
    """"" when only the folder tells."""
    path: tuple[tuple[str, str], ...]

    @property
    def kind(self) -> str:
        """The collection, in ARM's spelling; "" for the service."""
        return self.path[-1][0] if self.path else ""


def properties(json: Json) -> Json:
    """The `properties` of a resource; the resource itself where the az command line has flattened them."""
    inner = json.get("properties")
    return inner if isinstance(inner, dict) else json


def last_name(json: Json) -> str:
    """The resource's own name: the last segment of `name`, which templates write with its parents, else of the id."""
    return (text(json, "name") or text(json, "id")).rstrip("/").rpartition("/")[2]


def address_of(json: Json) -> Address | None:
    """Where a resource stands, or None when it is nothing of API Management that is kept."""
    identifier = text(json, "id")
    if identifier.startswith("/"):
        return _from_id(identifier)
    kind = text(json, "type")
    if kind.lower().startswith(PROVIDER + "/"):
        return _from_type(kind, text(json, "name"))
    return None


def _from_id(identifier: str) -> Address | None:
    parts = identifier.strip("/").split("/")
    lower = [part.lower() for part in parts]
    try:
        at = lower.index(PROVIDER)
    except ValueError:
        return None
    if len(parts) < at + 3 or lower[at + 1] != "service":
        return None
    path = _pairs(parts[at + 3 :: 2], parts[at + 4 :: 2])
    return None if path is None else Address("/" + "/".join(parts[: at + 3]), parts[at + 2], path)


def _from_type(kind: str, name: str) -> Address | None:
    kinds, names = kind.split("/")[1:], name.split("/")
    if kinds[0].lower() != "service" or not name:
        return None
    service = ""
    if len(names) == len(kinds):
        service, names = names[0], names[1:]
    elif len(names) != len(kinds) - 1:
        # Only the resource's own name is told, not those of its parents.
        return None if len(kinds) > 2 else Address("", "", ())
    path = _pairs(kinds[1:], names)
    return None if path is None else Address("", service, path)


def _pairs(kinds: list[str], names: list[str]) -> tuple[tuple[str, str], ...] | None:
    if len(kinds) != len(names):
        return None
    known = [KINDS.get(kind.lower(), "") for kind in kinds]
    return tuple(zip(known, names, strict=True)) if all(known) and all(names) else None
