"""What was read of one service so far, by path; becoming a snapshot's service at any moment, also in the middle."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect import arm
from apimdoctor.collect.azure.unchanged import KeptApi
from apimdoctor.collect.fields import Json, MalformedError, text
from apimdoctor.snapshot import Api, Contents, Fragment, Gap, Origin, PolicyText, Product, Service, Workspace
from apimdoctor.snapshot.redact import Redactor

_T = TypeVar("_T")

GRAPHQL = "graphql"
STOPPED = "the scan was stopped before it was read"
_MANY = 12
"""More gaps of one kind and reason than this become one."""

_PLAIN = {
    "namedValues": "named_values",
    "backends": "backends",
    "subscriptions": "subscriptions",
    "certificates": "certificates",
}
_CONSOLE = {"authorizationServers": "oauth2", "openidConnectProviders": "openid"}


class Draft(Struct):
    """The JSON of a service and of what it holds. `below` is keyed by path, such as `apis/orders/operations`."""

    json: Json
    redactor: Redactor
    below: dict[str, list[Json]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    """The paths in `below` of which everything was read."""
    policies: dict[str, PolicyText | None] = field(default_factory=dict)
    """By the path of what carries the policy; "" is the service. None: it has none."""
    kept: dict[str, KeptApi] = field(default_factory=dict)
    """APIs of which everything below them is taken from an earlier snapshot."""
    direct_management: bool | None = None
    unread: set[str] = field(default_factory=set)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The resource id of the service."""
        return text(self.json, "id")

    def service(self) -> Service:
        """The service as far as it was read."""
        return _Assembly(self).service()


class _Assembly:
    """Makes snapshot objects of a draft; one whose JSON is malformed becomes a gap."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def service(self) -> Service:
        draft = self._draft
        spaces = [self._workspace(item) for item in draft.below.get("workspaces", ())]
        unread = set(draft.unread)
        if "workspaces" not in draft.whole:
            unread.add("workspaces")
        return arm.service(
            draft.json,
            policy=self._policy(""),
            contents=self._contents(""),
            workspaces=[space for space in spaces if space is not None],
            direct_management=draft.direct_management,
            unread=unread,
            origin=Origin(document=draft.id),
        )

    def _workspace(self, item: Json) -> Workspace | None:
        path = f"workspaces/{arm.last_name(item)}"
        return self._made(
            path,
            lambda: arm.workspace(
                item, policy=self._policy(path), contents=self._contents(path + "/"), origin=_origin(item)
            ),
        )

    def _contents(self, prefix: str) -> Contents:
        """What a service ("") or a workspace (`workspaces/NAME/`) holds."""
        redactor = self._draft.redactor
        whole = {name for kind, name in _PLAIN.items() if prefix + kind in self._draft.whole}
        lost: set[str] = set()

        def each(kind: str, make: Callable[[Json], _T]) -> list[_T]:
            made = [self._made(f"{prefix}{kind}/{_name(one)}", partial(make, one)) for one in self._list(prefix + kind)]
            if None in made:
                lost.add(_PLAIN.get(kind, "console_servers" if kind in _CONSOLE else kind))
            return [one for one in made if one is not None]

        schemes = {
            arm.last_name(item): text(arm.properties(item), "versioningScheme")
            for item in self._list(prefix + "apiVersionSets")
        }
        apis = each("apis", lambda item: self._api(item, prefix, schemes))
        logging = each("diagnostics", lambda item: arm.diagnostic(item, origin=_origin(item)))
        console = [
            server
            for kind, form in _CONSOLE.items()
            for server in each(kind, lambda item, form=form: arm.console_server(item, form, origin=_origin(item)))  # type: ignore[misc]
        ]
        for kind, name in (("apis", "apis"), ("products", "products"), ("policyFragments", "fragments")):
            whole |= {name} if prefix + kind in self._draft.whole else set()
        # A workspace has no console servers and no gateways (learn.microsoft.com/azure/api-management/workspaces-overview).
        if prefix or all(kind in self._draft.whole for kind in _CONSOLE):
            whole.add("console_servers")
        if prefix or "gateways" in self._draft.whole:
            whole.add("gateways")
        logs = [
            f"{prefix}apis/{arm.last_name(item)}/diagnostics" for item in self._list(prefix + "apis") if _current(item)
        ]
        if all(path in self._draft.whole for path in (prefix + "diagnostics", *logs)):
            whole.add("diagnostics")
        for item in self._list(prefix + "apis"):
            name = arm.last_name(item)
            kept = self._draft.kept.get(f"{prefix}apis/{name}")
            logging += kept.diagnostics if kept else ()
            logging += each(
                f"apis/{name}/diagnostics",
                lambda one, name=name: arm.diagnostic(one, api=name.partition(";")[0], origin=_origin(one)),  # type: ignore[misc]
            )
        return Contents(
            apis=tuple(apis),
            products=tuple(each("products", lambda item: self._product(item, prefix))),
            fragments=tuple(each("policyFragments", lambda item: self._fragment(item, prefix))),
            named_values=tuple(each("namedValues", lambda item: arm.named_value(item, redactor, origin=_origin(item)))),
            backends=tuple(each("backends", lambda item: arm.backend(item, origin=_origin(item)))),
            console_servers=tuple(console),
            subscriptions=tuple(each("subscriptions", lambda item: arm.subscription(item, origin=_origin(item)))),
            diagnostics=tuple(logging),
            gateways=tuple(
                each(
                    "gateways",
                    lambda item: arm.gateway(
                        item, apis=self._api_names(f"gateways/{_name(item)}/apis"), origin=_origin(item)
                    ),
                )
            ),
            certificates=tuple(name for found in each("certificates", arm.certificate) for name in found),
            whole=tuple(sorted(whole - lost - {"diagnostics" for path in lost if path.endswith("/diagnostics")})),
        )

    def _api(self, item: Json, prefix: str, schemes: dict[str, str]) -> Api:
        path = f"{prefix}apis/{arm.last_name(item)}"
        item = self._with_tools(item, path)
        if path in self._draft.kept:
            return self._kept(self._draft.kept[path].api, item, schemes)
        unread = {"operations"} if f"{path}/operations" not in self._draft.whole else set()
        if _kind(item) == GRAPHQL and f"{path}/resolvers" not in self._draft.whole:
            unread.add("resolvers")
        below = {
            kind: [
                self._made(
                    f"{path}/{kind}/{_name(one)}",
                    lambda one=one, make=make, kind=kind: make(  # type: ignore[misc]
                        one, policy=self._policy(f"{path}/{kind}/{arm.last_name(one)}"), origin=_origin(one)
                    ),
                )
                for one in self._list(f"{path}/{kind}")
            ]
            for kind, make in (("operations", arm.operation), ("resolvers", arm.resolver))
        }
        unread |= {kind for kind, made in below.items() if None in made}
        return arm.api(
            item,
            policy=self._policy(path),
            operations=[one for one in below["operations"] if one is not None],
            resolvers=[one for one in below["resolvers"] if one is not None],
            version_schemes=schemes,
            unread=unread,
            origin=_origin(item),
        )

    def _kept(self, one: Api, item: Json, schemes: dict[str, str]) -> Api:
        """An API of which only its own properties were read again."""
        made = arm.api(
            item,
            policy=one.policy,
            operations=one.operations,
            resolvers=one.resolvers,
            version_schemes=schemes,
            origin=_origin(item),
        )
        return replace(made, mcp_backend_api=made.mcp_backend_api or one.mcp_backend_api)

    def _with_tools(self, item: Json, path: str) -> Json:
        """An MCP server with its tools, which a collection of their own tells."""
        tools = self._list(f"{path}/tools")
        own = arm.properties(item)
        return {**item, "properties": {**own, "mcpTools": list(map(arm.properties, tools))}} if tools else item

    def _product(self, item: Json, prefix: str) -> Product:
        path = f"{prefix}products/{arm.last_name(item)}"
        return arm.product(
            item,
            apis=self._api_names(f"{path}/apis"),
            policy=self._policy(path),
            unread=() if f"{path}/apis" in self._draft.whole else ("apis",),
            origin=_origin(item),
        )

    def _fragment(self, item: Json, prefix: str) -> Fragment:
        policy = self._policy(f"{prefix}policyFragments/{arm.last_name(item)}")
        return arm.fragment(
            arm.last_name(item), policy or PolicyText(format="", unread="it has no text"), _origin(item)
        )

    def _api_names(self, path: str) -> list[str]:
        """The APIs of a product or a gateway; in a workspace they are links."""
        names = [
            (text(arm.properties(item), "apiId") or arm.last_name(item)).rstrip("/").rpartition("/")[2]
            for item in self._list(path)
        ]
        return [name.partition(";rev=")[0] for name in names]

    def _policy(self, path: str) -> PolicyText | None:
        if path in self._draft.policies:
            return self._draft.policies[path]
        return PolicyText(format="", unread=STOPPED, origin=Origin(document=policy_id(self._draft.id, path)))

    def _list(self, path: str) -> list[Json]:
        return self._draft.below.get(path, [])

    def _made(self, path: str, make: Callable[[], _T]) -> _T | None:
        try:
            return make()
        except MalformedError as error:
            detail = f"{error}; the object is left out"
            self._draft.gaps.append(Gap(scope=f"{self._draft.id}/{path}", kind="unparsed", detail=detail))
            return None


def policy_id(service: str, path: str) -> str:
    """The resource id of a policy document, or of the fragment that is one."""
    whole = f"{service}/{path}" if path else service
    return whole if "policyFragments/" in path else f"{whole}/policies/policy"


def gathered(gaps: Iterable[Gap]) -> list[Gap]:
    """Gaps with one reason on many resources of one kind as one gap, which tells how many they are."""
    groups: dict[tuple[str, str, str, str], list[Gap]] = {}
    for one in dict.fromkeys(gaps):
        groups.setdefault((_pattern(one.scope), one.kind, one.detail, one.hint), []).append(one)
    found: list[Gap] = []
    for (pattern, *_), members in groups.items():
        if len(members) <= _MANY:
            found += members
        else:
            first = members[0]
            found.append(
                Gap(scope=pattern, kind=first.kind, detail=f"{first.detail}, {len(members)} times", hint=first.hint)
            )
    return found


def _pattern(scope: str) -> str:
    """A scope with the names below the service replaced by stars."""
    head, found, below = scope.partition("/service/")
    name, _, path = below.partition("/")
    if not found or not path:
        return scope
    parts = path.split("/")
    kept = ["*" if at % 2 and part not in ("policy", "access") else part for at, part in enumerate(parts)]
    return f"{head}/service/{name}/{'/'.join(kept)}"


def _current(item: Json) -> bool:
    return ";rev=" not in arm.last_name(item)


def _kind(item: Json) -> str:
    """The type of an API in lower case, from JSON that may not be what is documented."""
    own = arm.properties(item)
    told = own.get("type") if own is not item else None
    return str(told or own.get("apiType") or "http").lower()


def _name(item: Json) -> str:
    try:
        return arm.last_name(item)
    except MalformedError:
        return "?"


def _origin(item: Json) -> Origin:
    return Origin(document=text(item, "id"))
