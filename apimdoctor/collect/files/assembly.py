"""How resources found one by one, in folders or in ARM files, become one service of the snapshot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from apimdoctor.collect import arm
from apimdoctor.collect.fields import Json, MalformedError
from apimdoctor.collect.files.contents import Desk
from apimdoctor.snapshot import (
    Api,
    ConsoleServer,
    Contents,
    Diagnostic,
    Fragment,
    Gateway,
    NamedValue,
    Operation,
    Origin,
    PolicyText,
    Product,
    Resolver,
    Service,
    Workspace,
)

_T = TypeVar("_T")

FIELDS = {
    "apis": "apis",
    "products": "products",
    "policyFragments": "fragments",
    "namedValues": "named_values",
    "backends": "backends",
    "subscriptions": "subscriptions",
    "diagnostics": "diagnostics",
    "gateways": "gateways",
    "certificates": "certificates",
}
"""Collections in ARM's spelling and the fields of Contents they fill."""
_CONSOLE = {"authorizationServers": "oauth2", "openidConnectProviders": "openid"}


@dataclass(slots=True)
class Part:
    """A resource as far as it was found: its JSON, its policy, and the resources below it by collection and name."""

    name: str
    json: Json = field(default_factory=dict)
    origin: Origin = Origin()
    policy: PolicyText | None = None
    told: bool = False
    """Whether its own JSON was found and read."""
    below: dict[str, dict[str, "Part"]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    """Collections below of which the source told everything, in ARM's spelling."""

    def at(self, path: Iterable[tuple[str, str]]) -> "Part":
        """The part at a path below, made when it is not there yet."""
        part = self
        for kind, name in path:
            part = part.below.setdefault(kind, {}).setdefault(name, Part(name))
        return part

    def tell(self, json: Json, origin: Origin) -> bool:
        """Keep the resource's JSON; the first one stays, and False says that there was one."""
        if self.told:
            return False
        self.json, self.origin, self.told = json, origin, True
        return True

    def parts(self, kind: str) -> list["Part"]:
        """The resources of a collection, sorted by name."""
        return [part for _, part in sorted(self.below.get(kind, {}).items())]


def service_of(desk: Desk, part: Part, identifier: str, *, policy_told: bool) -> Service:
    """The service a part has become; `policy_told` when an absent service policy means that there is none."""
    maker = _Maker(desk)
    unread = [] if policy_told or part.policy else ["policy"]
    if "workspaces" not in part.whole and not part.below.get("workspaces"):
        unread.append("workspaces")
    made = maker.made(lambda: arm.service(part.json, id=identifier), part) if part.told else None
    if made is None:
        made = Service(id=identifier, name=part.name)
        unread += ["gateway_url", "location", "sku", "tenant_id"]
    access = [arm.properties(child.json).get("enabled") for child in part.parts("tenant") if child.name == "access"]
    return replace(
        made,
        name=made.name or part.name,
        policy=part.policy,
        contents=maker.contents(part),
        workspaces=tuple(map(maker.workspace, part.parts("workspaces"))),
        direct_management=access[0] if access and isinstance(access[0], bool) else None,
        origin=part.origin,
        unread=tuple(sorted(unread)),
    )


class _UntoldError(Exception):
    """A resource that is named, but whose own JSON was not found or not read."""


class _Maker:
    """Makes snapshot objects of parts; a part whose JSON is malformed becomes a gap."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def made(self, make: Callable[[], _T], part: Part) -> _T | None:
        """What `make` returns, or None and a gap for the part."""
        try:
            return make()
        except MalformedError as error:
            scope = part.origin.document.removeprefix(self._desk.prefix) or part.name
            self._desk.gap(scope, "skipped", f"{error}; the object is left out", "correct the property")
        except _UntoldError:
            pass  # its file has a gap of its own
        return None

    def contents(self, part: Part) -> Contents:
        """What a service or a workspace holds; a collection that lost an object is no longer whole."""
        whole = set(part.whole)
        redactor = self._desk.redactor

        def each(kind: str, make: Callable[[Part], _T], below: Part = part) -> tuple[_T, ...]:
            made = [self.made(lambda child=child: make(child), child) for child in below.parts(kind)]  # type: ignore[misc]
            if None in made:
                whole.discard(kind)
            return tuple(one for one in made if one is not None)

        def diagnostic(child: Part) -> Diagnostic:
            return arm.diagnostic(_json(child), child.name, origin=child.origin)

        def named_value(child: Part) -> NamedValue:
            return arm.named_value(_json(child), redactor, child.name, child.origin)

        def console(kind: str, form: str) -> tuple[ConsoleServer, ...]:
            return each(kind, lambda child: arm.console_server(_json(child), form, child.name, child.origin))

        apis = each("apis", lambda child: self._api(child, _schemes(part)))
        contents = Contents(
            apis=_distinct(apis),
            products=each("products", self._product),
            fragments=each("policyFragments", self._fragment),
            named_values=each("namedValues", named_value),
            backends=each("backends", lambda child: arm.backend(_json(child), child.name, child.origin)),
            console_servers=tuple(server for kind, form in _CONSOLE.items() for server in console(kind, form)),
            subscriptions=each("subscriptions", lambda child: arm.subscription(_json(child), child.name, child.origin)),
            diagnostics=each("diagnostics", diagnostic)
            + tuple(found for child in part.parts("apis") for found in self._api_diagnostics(child)),
            gateways=each("gateways", self._gateway),
            certificates=tuple(
                sorted(
                    name
                    for names in each("certificates", lambda child: arm.certificate(child.json, child.name))
                    for name in names
                )
            ),
        )
        fields = {FIELDS[kind] for kind in whole if kind in FIELDS}
        if whole >= _CONSOLE.keys():
            fields.add("console_servers")
        return replace(contents, whole=tuple(sorted(fields)))

    def workspace(self, part: Part) -> Workspace:
        """A workspace; malformed JSON of its own costs only its display name."""
        made = self.made(lambda: arm.workspace(part.json, part.name), part) or Workspace(name=part.name)
        return replace(made, policy=part.policy, contents=self.contents(part), origin=part.origin)

    def _api(self, part: Part, schemes: dict[str, str]) -> Api:
        """An API, also one of which only the policy was found."""
        operations = [self.made(lambda child=child: _operation(child), child) for child in part.parts("operations")]  # type: ignore[misc]
        resolvers = [self.made(lambda child=child: _resolver(child), child) for child in part.parts("resolvers")]  # type: ignore[misc]
        unread = (
            set()
            if part.told
            else {"authentication", "is_online", "path", "protocols", "service_url", "subscription_required"}
        )
        if None in operations or not (
            "operations" in part.whole or any(child.told for child in part.parts("operations"))
        ):
            unread.add("operations")
        if None in resolvers:
            unread.add("resolvers")
        if "subscriptionRequired" not in arm.properties(part.json):
            unread.add("subscription_required")
        return arm.api(
            part.json,
            part.name,
            policy=part.policy,
            operations=[operation for operation in operations if operation is not None],
            resolvers=[resolver for resolver in resolvers if resolver is not None],
            version_schemes=schemes,
            unread=unread,
            origin=_origin(part),
        )

    def _product(self, part: Part) -> Product:
        unread = set() if part.told else {"approval_required", "state", "subscription_required"}
        if "apis" not in part.whole:
            unread.add("apis")
        names = {child.name.partition(";rev=")[0] for child in part.parts("apis")}
        return arm.product(part.json, part.name, apis=names, policy=part.policy, unread=unread, origin=_origin(part))

    def _fragment(self, part: Part) -> Fragment:
        policy = part.policy
        if policy is None and part.told and "value" in arm.properties(part.json):
            policy = arm.policy_text(part.json, self._desk.redactor, part.origin)
        missing = PolicyText(format="", origin=part.origin, unread="no text of the fragment was found")
        return arm.fragment(part.name, policy or missing, _origin(part))

    def _gateway(self, part: Part) -> Gateway:
        names = {child.name.partition(";rev=")[0] for child in part.parts("apis")}
        return arm.gateway(part.json, part.name, names, part.origin)

    def _api_diagnostics(self, api: Part) -> list[Diagnostic]:
        found = []
        for part in api.parts("diagnostics"):
            name = api.name.partition(";rev=")[0]
            made = self.made(
                lambda part=part, name=name: arm.diagnostic(_json(part), part.name, name, part.origin), part
            )  # type: ignore[misc]
            found += [made] if made is not None else []
        return found


def _json(part: Part) -> Json:
    if not part.told:
        raise _UntoldError
    return part.json


def _operation(part: Part) -> Operation:
    return arm.operation(part.json, part.name, policy=part.policy, origin=_origin(part))


def _resolver(part: Part) -> Resolver:
    return arm.resolver(part.json, part.name, policy=part.policy, origin=_origin(part))


def _origin(part: Part) -> Origin:
    """Where a resource is written; where only its policy was found, there."""
    return part.policy.origin if not part.told and part.policy is not None else part.origin


def _schemes(part: Part) -> dict[str, str]:
    schemes = {child.name: arm.properties(child.json).get("versioningScheme") for child in part.parts("apiVersionSets")}
    return {name: scheme for name, scheme in schemes.items() if isinstance(scheme, str)}


def _distinct(apis: tuple[Api, ...]) -> tuple[Api, ...]:
    """Revisions once: ARM names the current one both `echo` and `echo;rev=2`."""
    found: dict[tuple[str, str], Api] = {}
    for api in apis:
        found.setdefault((api.name, api.revision), api)
    return tuple(found[key] for key in sorted(found))
