"""Services, workspaces and what both hold, from Azure Resource Manager bodies."""

from collections.abc import Iterable

from apimdoctor.collect.arm.ids import last_name, properties
from apimdoctor.collect.fields import Json, flag, table, tables, text, texts
from apimdoctor.snapshot import (
    Backend,
    ConsoleServer,
    Contents,
    Diagnostic,
    Fragment,
    Gateway,
    Identity,
    NamedValue,
    Origin,
    PolicyText,
    Product,
    Service,
    Subscription,
    Workspace,
)
from apimdoctor.snapshot.redact import Redactor

_NOWHERE = Origin()
_NOTHING = Contents()


def service(
    json: Json,
    *,
    id: str = "",  # noqa: A002 (the snapshot's word)
    policy: PolicyText | None = None,
    contents: Contents = _NOTHING,
    workspaces: Iterable[Workspace] = (),
    direct_management: bool | None = None,
    unread: Iterable[str] = (),
    origin: Origin = _NOWHERE,
) -> Service:
    """A service (learn.microsoft.com/rest/api/apimanagement/api-management-service/get); no identity means it has none."""
    own = properties(json)
    identity = table(json, "identity")
    return Service(
        id=id or text(json, "id"),
        name=last_name(json),
        location=text(json, "location"),
        sku=text(table(json, "sku"), "name"),
        tenant_id=(text(identity, "tenantId") or text(json, "tenantId")).lower(),
        gateway_url=text(own, "gatewayUrl"),
        identities=_identities(identity),
        policy=policy,
        workspaces=tuple(sorted(workspaces, key=lambda workspace: workspace.name)),
        contents=contents,
        direct_management=direct_management,
        origin=origin,
        unread=tuple(sorted(set(unread))),
    )


def workspace(
    json: Json,
    name: str = "",
    *,
    policy: PolicyText | None = None,
    contents: Contents = _NOTHING,
    origin: Origin = _NOWHERE,
) -> Workspace:
    """A workspace (learn.microsoft.com/rest/api/apimanagement/workspace/get)."""
    return Workspace(
        name=name or last_name(json),
        display_name=text(properties(json), "displayName"),
        policy=policy,
        contents=contents,
        origin=origin,
    )


def product(
    json: Json,
    name: str = "",
    *,
    apis: Iterable[str] = (),
    policy: PolicyText | None = None,
    unread: Iterable[str] = (),
    origin: Origin = _NOWHERE,
) -> Product:
    """A product (learn.microsoft.com/rest/api/apimanagement/product/get)."""
    own = properties(json)
    return Product(
        name=name or last_name(json),
        display_name=text(own, "displayName"),
        subscription_required=flag(own, "subscriptionRequired"),
        approval_required=flag(own, "approvalRequired"),
        state=text(own, "state"),
        apis=tuple(sorted(set(apis))),
        policy=policy,
        origin=origin,
        unread=tuple(sorted(set(unread))),
    )


def fragment(name: str, policy: PolicyText, origin: Origin = _NOWHERE) -> Fragment:
    """A policy fragment; the resource's name is its fragment-id."""
    return Fragment(name=name, policy=policy, origin=origin)


def named_value(json: Json, redactor: Redactor, name: str = "", origin: Origin = _NOWHERE) -> NamedValue:
    """A named value (learn.microsoft.com/rest/api/apimanagement/named-value/get); a secret's value is never kept."""
    own = properties(json)
    vault = table(own, "keyVault")
    secret = flag(own, "secret") is True
    value, looks_secret = None, False
    if not secret and not vault and own.get("value") is not None:
        value, looks_secret = redactor.named_value(text(own, "value"), text(own, "displayName") or name)
    return NamedValue(
        name=name or last_name(json),
        display_name=text(own, "displayName") or name or last_name(json),
        secret=secret,
        value=value,
        key_vault=text(vault, "secretIdentifier"),
        looks_secret=looks_secret,
        origin=origin,
    )


def backend(json: Json, name: str = "", origin: Origin = _NOWHERE) -> Backend:
    """A back end (learn.microsoft.com/rest/api/apimanagement/backend/get): of its credentials kinds and names only."""
    own = properties(json)
    credentials = table(own, "credentials")
    identity = table(credentials, "managedIdentity")
    kinds = [f"{where}:{key}" for where in ("header", "query") for key in table(credentials, where)]
    scheme = text(table(credentials, "authorization"), "scheme")
    kinds += [f"authorization:{scheme}"] if scheme else []
    # Both lists hold thumbprints or certificate ids, which are no secrets but no concern of the snapshot either.
    kinds += ["certificate"] if credentials.get("certificate") or credentials.get("certificateIds") else []
    kinds += ["managed identity"] if identity else []
    members = tables(table(own, "pool"), "services")
    return Backend(
        name=name or last_name(json),
        url=text(own, "url"),
        kind=(text(own, "type") if own is not json else "") or "Single",
        protocol=text(own, "protocol"),
        credential_kinds=tuple(sorted(kinds)),
        managed_identity_resource=text(identity, "resource"),
        pool=tuple(text(member, "id").rpartition("/")[2] for member in members),
        resource_id=text(own, "resourceId"),
        origin=origin,
    )


def console_server(json: Json, kind: str, name: str = "", origin: Origin = _NOWHERE) -> ConsoleServer:
    """An authorization server (`oauth2`) or OpenID Connect provider (`openid`) of the developer console.

    Source: learn.microsoft.com/rest/api/apimanagement/authorization-server/get and openid-connect-provider/get.
    """
    own = properties(json)
    return ConsoleServer(
        name=name or last_name(json),
        kind=kind,
        display_name=text(own, "displayName"),
        authorization_endpoint=text(own, "authorizationEndpoint"),
        token_endpoint=text(own, "tokenEndpoint"),
        metadata_endpoint=text(own, "metadataEndpoint"),
        default_scope=text(own, "defaultScope"),
        client_id=text(own, "clientId"),
        grant_types=texts(own, "grantTypes"),
        token_body_parameters=tuple(
            (text(parameter, "name"), text(parameter, "value")) for parameter in tables(own, "tokenBodyParameters")
        ),
        used_in_test_console=flag(own, "useInTestConsole"),
        origin=origin,
    )


def subscription(json: Json, name: str = "", origin: Origin = _NOWHERE) -> Subscription:
    """A subscription, without its keys; `master` is the built-in all-access one.

    Source: learn.microsoft.com/rest/api/apimanagement/subscription/get (scope: /products/{id}, /apis or /apis/{id}).
    """
    own = properties(json)
    own_name = name or last_name(json)
    return Subscription(
        name=own_name,
        display_name=text(own, "displayName"),
        scope=_subscription_scope(text(own, "scope") or text(own, "productId")),
        state=text(own, "state"),
        built_in=own_name == "master",
        origin=origin,
    )


def diagnostic(json: Json, name: str = "", api: str = "", origin: Origin = _NOWHERE) -> Diagnostic:
    """Logging of a service or of one API: the header names it writes down.

    Source: learn.microsoft.com/rest/api/apimanagement/diagnostic/get.
    """
    own = properties(json)
    headers: set[str] = set()
    for side in ("frontend", "backend"):
        for message in ("request", "response"):
            headers.update(texts(table(table(own, side), message), "headers"))
    return Diagnostic(name=name or last_name(json), api=api, headers_logged=tuple(sorted(headers)), origin=origin)


def gateway(json: Json, name: str = "", apis: Iterable[str] = (), origin: Origin = _NOWHERE) -> Gateway:
    """A self-hosted gateway with the names of its APIs (learn.microsoft.com/rest/api/apimanagement/gateway/get)."""
    return Gateway(name=name or last_name(json), apis=tuple(sorted(set(apis))), origin=origin)


def certificate(json: Json, name: str = "") -> tuple[str, ...]:
    """The name and the thumbprint of an uploaded certificate: thumbprints are no secrets."""
    return tuple(filter(None, (name or last_name(json), text(properties(json), "thumbprint"))))


def _identities(identity: Json) -> tuple[Identity, ...]:
    kinds = text(identity, "type").replace(" ", "").lower().split(",")
    found = []
    if "systemassigned" in kinds:
        found.append(Identity(kind="system", principal_id=text(identity, "principalId")))
    users = table(identity, "userAssignedIdentities")
    for resource_id in sorted(users):
        told = table(users, resource_id)
        principal, client = text(told, "principalId"), text(told, "clientId")
        found.append(Identity(kind="user", principal_id=principal, client_id=client.lower(), resource_id=resource_id))
    return tuple(found)


def _subscription_scope(scope: str) -> str:
    parts = scope.rstrip("/").split("/")
    lower = [part.lower() for part in parts]
    if len(parts) >= 2 and lower[-2] == "products":
        return f"product/{parts[-1]}"
    if len(parts) >= 2 and lower[-2] == "apis":
        return f"api/{parts[-1].partition(';rev=')[0]}"
    # `/apis`, or the service's own id for the built-in subscription.
    return "all APIs" if lower[-1] == "apis" or (len(parts) >= 2 and lower[-2] == "service") else scope
