"""Every resource of a snapshot by the path under which Azure Resource Manager tells it."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from msgspec import Struct, field

from apimdoctor.demo.server import serve_arm
from apimdoctor.demo.server.serve_arm import Json
from apimdoctor.snapshot import Api, Contents, PolicyText, Service, SiteAuth, Snapshot, Workspace

_T = TypeVar("_T")

SUBSCRIPTION = "8c5d0f7b-2e94-4a61-b3c8-61f0d9a7e425"
"""The subscription of services and sites that were read from files which name none."""
TENANT = "f3b1c6a8-7d20-4e59-9c4f-0a8e52d7b913"
"""The tenant of objects that were read from files which name none."""
_GROUP = "rg-read-from-files"
_CONSOLE = {"oauth2": "authorizationServers", "openid": "openidConnectProviders"}


class Resources(Struct):
    """What Azure Resource Manager knows. Paths are in lower case, as Azure does not tell cases apart."""

    collections: dict[str, list[Json]] = field(default_factory=dict)
    singles: dict[str, Json] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Paths that a snapshot says could not be read."""
    subscriptions: dict[str, str] = field(default_factory=dict)
    """Subscription id and its tenant."""
    sites: list[Json] = field(default_factory=list)
    """Rows of Resource Graph."""

    def list(self, path: str, items: Iterable[Json]) -> None:
        """A collection, and each of its members on its own."""
        found = [*items]
        self.collections[path.lower()] = found
        self.singles |= {str(item["id"]).lower(): item for item in found}

    def policy(self, scope: str, text: PolicyText | None) -> None:
        """The policy of a scope, where it has one."""
        path = f"{scope}/policies/policy"
        if text is not None and text.unread:
            self.refused.add(path.lower())
        elif text is not None:
            self.singles[path.lower()] = serve_arm.policy(text, path)


def resources(snapshot: Snapshot, credential: str = serve_arm.CREDENTIAL) -> Resources:
    """What Azure Resource Manager tells of a snapshot; `credential` stands in for the values of back ends' credentials."""
    found = Resources()
    tenant = next((one.id for one in snapshot.tenants if one.id), TENANT)
    for one in snapshot.services:
        identifier = service_id(one)
        found.subscriptions.setdefault(_part(identifier, "subscriptions"), one.tenant_id or tenant)
        _Below(found, credential).service(one, identifier)
    for site in snapshot.sites:
        identifier = site_id(site)
        found.subscriptions.setdefault(_part(identifier, "subscriptions"), tenant)
        settings = serve_arm.site_auth(site, f"{identifier}/config/authsettingsV2")
        found.singles[str(settings["id"]).lower()] = settings
        hosts = list(site.hosts)
        name = identifier.rpartition("/")[2]
        found.sites.append({"id": identifier, "name": name, "host": hosts[0] if hosts else "", "hosts": hosts})
    for subscription in found.subscriptions:
        base = f"/subscriptions/{subscription}"
        own = [(service_id(one), one) for one in snapshot.services if service_id(one).lower().startswith(base)]
        bodies = [serve_arm.service(one, identifier) for identifier, one in own]
        found.list(f"{base}/providers/Microsoft.ApiManagement/service", bodies)
        groups = {_part(str(body["id"]), "resourceGroups") for body in bodies}
        for group in groups:
            within = [body for body in bodies if _part(str(body["id"]), "resourceGroups") == group]
            found.list(f"{base}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service", within)
    return found


def service_id(one: Service) -> str:
    """The ARM id of a service; one that was read from files without an id gets a fictional one."""
    if one.id.lower().startswith("/subscriptions/"):
        return one.id
    provider = "providers/Microsoft.ApiManagement/service"
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{_GROUP}/{provider}/{_plain(one.name)}"


def site_id(one: SiteAuth) -> str:
    """The ARM id of a site; one that was read from files without an id gets a fictional one."""
    name = one.site.replace("/", "/slots/")
    return one.id or f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{_GROUP}/providers/Microsoft.Web/sites/{name}"


class _Below:
    """Adds what a service holds."""

    def __init__(self, found: Resources, credential: str) -> None:
        self._found = found
        self._credential = credential

    def service(self, one: Service, identifier: str) -> None:
        """A service with everything in it."""
        self._found.policy(identifier, one.policy)
        access = f"{identifier}/tenant/access"
        self._found.singles[access.lower()] = serve_arm.resource(
            access, {"id": "integration", "enabled": one.direct_management}
        )
        self._contents(identifier, one.contents)
        self._each(identifier, "workspaces", one.workspaces, serve_arm.workspace)
        for space in one.workspaces:
            self._workspace(space, f"{identifier}/workspaces/{space.name}")

    def _workspace(self, one: Workspace, scope: str) -> None:
        self._found.policy(scope, one.policy)
        self._contents(scope, one.contents, workspace=True)

    def _contents(self, scope: str, held: Contents, *, workspace: bool = False) -> None:
        found, each = self._found, self._each
        self._apis(scope, held)
        each(scope, "products", held.products, serve_arm.product)
        for product in held.products:
            path = f"{scope}/products/{product.name}"
            found.policy(path, product.policy)
            if workspace:
                links = [serve_arm.api_link(f"{path}/apiLinks/{name}", name, scope) for name in product.apis]
                found.list(f"{path}/apiLinks", links)
            else:
                self._references(f"{path}/apis", product.apis, held.apis, scope)
        fragments = [(f"{scope}/policyFragments/{one.name}", one) for one in held.fragments]
        found.list(f"{scope}/policyFragments", [serve_arm.policy(one.policy, path) for path, one in fragments])
        each(scope, "namedValues", held.named_values, serve_arm.named_value)
        each(scope, "backends", held.backends, lambda one, path: serve_arm.backend(one, path, scope, self._credential))
        each(scope, "subscriptions", held.subscriptions, lambda one, path: serve_arm.subscription(one, path, scope))
        each(scope, "diagnostics", [one for one in held.diagnostics if not one.api], serve_arm.diagnostic)
        certificates = [serve_arm.resource(f"{scope}/certificates/{name}", {}) for name in held.certificates]
        found.list(f"{scope}/certificates", certificates)
        if not workspace:
            for kind, collection in _CONSOLE.items():
                servers = [one for one in held.console_servers if one.kind == kind]
                each(scope, collection, servers, serve_arm.console_server)
            each(scope, "gateways", held.gateways, serve_arm.gateway)
            for gateway in held.gateways:
                self._references(f"{scope}/gateways/{gateway.name}/apis", gateway.apis, held.apis, scope)

    def _apis(self, scope: str, held: Contents) -> None:
        found = self._found
        found.list(
            f"{scope}/apis",
            [serve_arm.api(one, f"{scope}/apis/{serve_arm.api_name(one)}", scope) for one in held.apis],
        )
        sets = {one.version_set: one for one in held.apis if one.version_set}
        found.list(
            f"{scope}/apiVersionSets",
            [serve_arm.version_set(one, f"{scope}/apiVersionSets/{name}") for name, one in sets.items()],
        )
        for one in held.apis:
            path = f"{scope}/apis/{serve_arm.api_name(one)}"
            found.policy(path, one.policy)
            if one.mcp_backend_api:
                found.list(f"{path}/tools", [serve_arm.tool(one, f"{path}/tools/tool", scope)])
            self._each(path, "operations", one.operations, serve_arm.operation)
            for operation in one.operations:
                found.policy(f"{path}/operations/{operation.name}", operation.policy)
            if one.kind == "graphql":
                self._each(path, "resolvers", one.resolvers, serve_arm.resolver)
                for resolver in one.resolvers:
                    found.policy(f"{path}/resolvers/{resolver.name}", resolver.policy)
            if one.is_current:
                own = [entry for entry in held.diagnostics if entry.api == one.name]
                self._each(path, "diagnostics", own, serve_arm.diagnostic)

    def _each(self, scope: str, collection: str, held: Iterable[_T], body: Callable[[_T, str], Json]) -> None:
        named: list[tuple[str, Any]] = [
            (f"{scope}/{collection}/{serve_arm.api_name(one) if isinstance(one, Api) else one.name}", one)  # type: ignore[attr-defined]
            for one in held
        ]
        self._found.list(f"{scope}/{collection}", [body(one, path) for path, one in named])

    def _references(self, path: str, names: Iterable[str], apis: Iterable[Api], scope: str) -> None:
        """APIs as the members of a product or gateway: told under its path, with their own properties."""
        known = {one.name: one for one in apis if one.is_current}
        bodies = [
            serve_arm.api(known.get(name) or Api(name=name, display_name=name), f"{path}/{name}", scope)
            for name in names
        ]
        self._found.collections[path.lower()] = bodies


def _part(identifier: str, before: str) -> str:
    parts = identifier.split("/")
    lower = [part.lower() for part in parts]
    following = parts[lower.index(before.lower()) + 1] if before.lower() in lower[:-1] else ""
    return following.lower() if before == "subscriptions" else following


def _plain(name: str) -> str:
    """A name that can stand in an id, of a folder's."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name).strip("-")
    return kept or "service"
