"""Services and what they hold beside policies: APIs, products, subscriptions, named values and console servers."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, field

from apimdoctor import snapshot
from apimdoctor.facts import consoles, places
from apimdoctor.facts.apps import Apps
from apimdoctor.facts.documents import Surroundings
from apimdoctor.facts.values import NONE, Unknown, Values, known, unread
from apimdoctor.facts.vocabulary import (
    Api,
    ConsoleServer,
    Diagnostic,
    NamedValue,
    Operation,
    Place,
    Product,
    Service,
    Subscription,
)

CATCH_ALL = "/*"


class Resources(Struct, eq=False):
    """Makes the subjects of resources, each once."""

    apps: Apps
    _apis: dict[int, Api] = field(default_factory=dict)
    _operations: dict[int, Operation] = field(default_factory=dict)
    _products: dict[int, Product] = field(default_factory=dict)
    _servers: dict[int, ConsoleServer] = field(default_factory=dict)

    def api(self, around: Surroundings, api: snapshot.Api) -> Api:
        """One revision of an API."""
        made = self._apis.get(id(api))
        if made is None:
            place = places.of_api(around.place, api)
            made = self._apis[id(api)] = Api(
                place=place,
                name=api.name,
                display_name=api.display_name or api.name,
                kind=api.kind,
                revision=api.revision,
                is_current=api.is_current,
                key_required=_told(api.subscription_required, f"whether API {api.name} needs a key was not read"),
                protocols=unread(f"the protocols of API {api.name} were not read")
                if "protocols" in api.unread
                else known(*api.protocols),
                methods=Values(
                    known=tuple(dict.fromkeys(one.method.upper() for one in api.operations)),
                    rest=f"the operations of API {api.name} were not read" if "operations" in api.unread else "",
                ),
                version_set=api.version_set,
                console_servers=tuple(self._console_servers(around, api)),
            )
        return made

    def operation(self, api: Place, operation: snapshot.Operation) -> Operation:
        """An operation of the API at `api`."""
        made = self._operations.get(id(operation))
        if made is None:
            made = self._operations[id(operation)] = Operation(
                place=places.of_operation(api, operation),
                name=operation.name,
                method=operation.method.upper(),
                template=operation.url_template,
                catch_all=False,
            )
        return made

    def product(self, around: Surroundings, of: snapshot.Product) -> Product:
        """A product."""
        made = self._products.get(id(of))
        if made is None:
            made = self._products[id(of)] = product(around, of)
        return made

    def console_server(self, around: Surroundings, server: snapshot.ConsoleServer, asked: str = "") -> ConsoleServer:
        """A console server; `asked` are the scopes that an API asks it for instead of its default ones."""
        made = self._servers.get(id(server)) if not asked else None
        if made is None:
            kind = "authorizationServers" if server.kind == "oauth2" else "openidConnectProviders"
            place = places.of_part(around.place, kind, server.name, server.origin)
            made = consoles.console_server(self.apps, server, place, asked)
            if not asked:
                self._servers[id(server)] = made
        return made

    def _console_servers(self, around: Surroundings, api: snapshot.Api) -> Iterator[ConsoleServer | Unknown]:
        if "authentication" in api.unread:
            yield Unknown(f"the console servers of API {api.name} were not read")
        every = (*around.contents.console_servers, *(s for a in around.shared for s in a.contents.console_servers))
        for named in api.authentication:
            server = next((s for s in every if s.name == named.server and s.kind == named.kind), None)
            if server is None:
                place = places.of_part(around.place, "authorizationServers", named.server, snapshot.Origin())
                yield consoles.unread_server(place, named.server, named.kind)
            else:
                yield self.console_server(around, server, named.scope)


def service(apps: Apps, of: snapshot.Service) -> Service:
    """A service."""
    return Service(
        place=places.of_service(of),
        name=of.name,
        sku=of.sku,
        tenant_id=of.tenant_id,
        identity_client_ids=identity_client_ids(apps, of),
    )


def identity_client_ids(apps: Apps, of: snapshot.Service, kind: str = "") -> Values:
    """Client ids of the managed identities of a service, of one kind (`system`, `user`) or all."""
    if of.identities is None:
        return unread(f"the managed identities of {of.name} were not read")
    fitting = [identity for identity in of.identities if not kind or identity.kind == kind]
    ids: list[str] = []
    rest = ""
    for identity in fitting:
        if identity.client_id:
            ids.append(identity.client_id)
            continue
        found = (
            apps.client_id_of(identity.principal_id)
            if identity.principal_id
            else Unknown(f"the client id of a managed identity of {of.name} was not read")
        )
        if isinstance(found, Unknown):
            rest = found.because
        else:
            ids.append(found)
    if not fitting:
        return NONE
    # An identity exists though its client id is not known: a symbol keeps the set from being empty.
    return Values(known=tuple(ids), symbols=(f"@({kind or 'an'} identity of {of.name})",) if rest else (), rest=rest)


def catch_all(api: Place, kind: str) -> Operation:
    """What stands for every request of an API without operations; a WebSocket API has its handshake."""
    handshake = kind == "websocket"
    return Operation(
        place=api,
        name="onHandshake" if handshake else "",
        method="GET" if handshake else "",
        template="/" if handshake else CATCH_ALL,
        catch_all=True,
    )


def product(around: Surroundings, of: snapshot.Product) -> Product:
    """A product."""
    return Product(
        place=places.of_product(around.place, of),
        name=of.name,
        display_name=of.display_name or of.name,
        key_required=_told(of.subscription_required, f"whether product {of.name} needs a key was not read"),
        state="published" if of.state == "published" else "notPublished" if of.state == "notPublished" else "",
    )


def subscription(around: Surroundings, of: snapshot.Subscription) -> Subscription:
    """A subscription."""
    scope = of.scope.partition("/")[0]
    return Subscription(
        place=places.of_part(around.place, "subscriptions", of.name, of.origin),
        name=of.display_name or of.name,
        scope=scope if scope in ("product", "api", "all APIs") else "",  # type: ignore[arg-type]
        state=of.state,
        built_in=of.built_in,
    )


def named_value(around: Surroundings, of: snapshot.NamedValue, used: "bool | Unknown") -> NamedValue:
    """A named value."""
    return NamedValue(
        place=places.of_part(around.place, "namedValues", of.name, of.origin),
        name=of.display_name,
        secret=of.secret or bool(of.key_vault),
        looks_secret=of.looks_secret,
        used=used,
    )


def diagnostic(around: Surroundings, of: snapshot.Diagnostic) -> Diagnostic:
    """What is logged of every request to a service, or to one API."""
    api = next((api for api in around.contents.apis if of.api and api.name == of.api and api.is_current), None)
    within = places.of_api(around.place, api) if api else around.place
    return Diagnostic(
        place=places.of_part(within, "diagnostics", of.name, of.origin),
        name=of.name,
        headers_logged=tuple(name.lower() for name in of.headers_logged),
    )


def key_holders(around: Sequence[Surroundings]) -> Callable[[str], Values]:
    """Tells the active subscriptions of a scope (`product/NAME`, `api/NAME`, `all APIs`), the built-in one left out."""
    names: dict[str, dict[str, None]] = {}
    rest = ""
    for one in around:
        if "subscriptions" not in one.contents.whole:
            rest = f"the subscriptions of {one.place.workspace or one.place.service} were not all read"
        for of in one.contents.subscriptions:
            if not of.built_in and of.state.lower() in ("active", ""):
                names.setdefault(of.scope, {})[of.display_name or of.name] = None

    def holders(scope: str) -> Values:
        return Values(known=tuple(names.get(scope, ())), rest=rest)

    return holders


def _told(value: bool | None, because: str) -> bool | Unknown:
    return Unknown(because) if value is None else value
