"""How the resources found below a service become the service of a snapshot."""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from apimdoctor.collect import arm
from apimdoctor.collect.fields import Json, MalformedError
from apimdoctor.collect.files.contents import Desk
from apimdoctor.collect.files.parts import Part
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


def service_of(desk: Desk, part: Part, identifier: str, *, policies_told: bool) -> Service:
    """The service a part has become; `policies_told` when a resource without a policy text is known to have none."""
    maker = _Maker(desk, policies_told)
    unread = [] if policies_told or part.policy else ["policy"]
    if "workspaces" not in part.whole and not part.below.get("workspaces"):
        unread.append("workspaces")
    made = maker.made(lambda part: arm.service(part.json, id=identifier), part) if part.told else None
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

    def __init__(self, desk: Desk, policies_told: bool) -> None:
        self._desk = desk
        self._policies_told = policies_told

    def made(self, make: Callable[[Part], _T], part: Part) -> _T | None:
        """What `make` returns, or None and a gap for the part."""
        try:
            return make(part)
        except MalformedError as error:
            scope = part.origin.document.removeprefix(self._desk.prefix) or part.name
            self._desk.gap(scope, "skipped", f"{error}; the object is left out", "correct the property")
        except _UntoldError:
            pass  # its file has a gap of its own
        return None

    def each(self, part: Part, kind: str, make: Callable[[Part], _T], lost: set[str]) -> tuple[_T, ...]:
        """The objects of a collection below a part; `lost` names the collections of which one could not be made."""
        made = [self.made(make, child) for child in part.parts(kind)]
        if None in made:
            lost.add(kind)
        return tuple(one for one in made if one is not None)

    def contents(self, part: Part) -> Contents:
        """What a service or a workspace holds; a collection that lost an object is no longer whole."""
        lost: set[str] = set()
        schemes = _schemes(part)
        apis = self.each(part, "apis", lambda child: self._api(child, schemes), lost)
        logging = self.each(part, "diagnostics", _diagnostic, lost)
        for api in part.parts("apis"):
            logging += self.each(api, "diagnostics", lambda child, api=api: _diagnostic(child, api.name), lost)  # type: ignore[misc]
        contents = Contents(
            apis=_distinct(apis),
            products=self.each(part, "products", self._product, lost),
            fragments=self.each(part, "policyFragments", self._fragment, lost),
            named_values=self.each(part, "namedValues", self._named_value, lost),
            backends=self.each(part, "backends", lambda one: arm.backend(_json(one), one.name, one.origin), lost),
            console_servers=self._console_servers(part, lost),
            subscriptions=self.each(
                part, "subscriptions", lambda one: arm.subscription(_json(one), one.name, one.origin), lost
            ),
            diagnostics=logging,
            gateways=self.each(part, "gateways", _gateway, lost),
            certificates=sum(
                self.each(part, "certificates", lambda one: arm.certificate(one.json, one.name), lost), ()
            ),
        )
        whole = part.whole - lost
        fields = {FIELDS[kind] for kind in whole if kind in FIELDS}
        if whole >= _CONSOLE.keys():
            fields.add("console_servers")
        return replace(contents, whole=tuple(sorted(fields)))

    def workspace(self, part: Part) -> Workspace:
        """A workspace; malformed JSON of its own costs only its display name."""
        made = self.made(lambda part: arm.workspace(part.json, part.name), part) or Workspace(name=part.name)
        return replace(made, policy=part.policy, contents=self.contents(part), origin=part.origin)

    def _api(self, part: Part, schemes: dict[str, str]) -> Api:
        """An API, also one of which only the policy was found."""
        lost: set[str] = set()
        operations = self.each(part, "operations", self._operation, lost)
        resolvers = self.each(part, "resolvers", _resolver, lost)
        unread = self._untold(part, "authentication", "is_online", "path", "protocols", "service_url") | lost
        if "operations" not in part.whole and not any(child.told for child in part.parts("operations")):
            unread.add("operations")
        if "subscriptionRequired" not in arm.properties(part.json):
            unread.add("subscription_required")
        return arm.api(
            part.json,
            part.name,
            policy=part.policy,
            operations=operations,
            resolvers=resolvers,
            version_schemes=schemes,
            unread=unread,
            origin=_origin(part),
        )

    def _operation(self, part: Part) -> Operation:
        unread = self._untold(part, "method", "url_template")
        return arm.operation(part.json, part.name, policy=part.policy, unread=unread, origin=_origin(part))

    def _product(self, part: Part) -> Product:
        unread = self._untold(part, "approval_required", "state", "subscription_required")
        if "apis" not in part.whole:
            unread.add("apis")
        policy = part.policy
        return arm.product(
            part.json, part.name, apis=_api_names(part), policy=policy, unread=unread, origin=_origin(part)
        )

    def _fragment(self, part: Part) -> Fragment:
        policy = part.policy
        if policy is None and part.told and arm.properties(part.json).get("value") is not None:
            policy = arm.policy_text(part.json, self._desk.redactor, part.origin)
        missing = PolicyText(format="", origin=part.origin, unread="no text of the fragment was found")
        return arm.fragment(part.name, policy or missing, _origin(part))

    def _named_value(self, part: Part) -> NamedValue:
        return arm.named_value(_json(part), self._desk.redactor, part.name, part.origin)

    def _console_servers(self, part: Part, lost: set[str]) -> tuple[ConsoleServer, ...]:
        found: tuple[ConsoleServer, ...] = ()
        for kind, form in _CONSOLE.items():

            def made(one: Part, form: str = form) -> ConsoleServer:
                return arm.console_server(_json(one), form, one.name, one.origin)

            found += self.each(part, kind, made, lost)
        return found

    def _untold(self, part: Part, *fields: str) -> set[str]:
        """What is not known of a resource whose own JSON or policy nobody told."""
        unread = set() if part.told else set(fields)
        if part.policy is None and not self._policies_told:
            unread.add("policy")
        return unread


def _json(part: Part) -> Json:
    if not part.told:
        raise _UntoldError
    return part.json


def _resolver(part: Part) -> Resolver:
    return arm.resolver(part.json, part.name, policy=part.policy, origin=_origin(part))


def _diagnostic(part: Part, api: str = "") -> Diagnostic:
    return arm.diagnostic(_json(part), part.name, api.partition(";rev=")[0], part.origin)


def _gateway(part: Part) -> Gateway:
    return arm.gateway(part.json, part.name, _api_names(part), part.origin)


def _api_names(part: Part) -> set[str]:
    return {child.name.partition(";rev=")[0] for child in part.parts("apis")}


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
