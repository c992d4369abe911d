"""Generated API Management services, as the collectors would read them."""

from typing import Any

from hypothesis import strategies as st

from apimdoctor.snapshot import (
    Api,
    ApiAuthentication,
    Backend,
    ConsoleServer,
    Contents,
    Diagnostic,
    Fragment,
    Gateway,
    Identity,
    NamedValue,
    Operation,
    Origin,
    PolicyText,
    Product,
    Resolver,
    Service,
    Subscription,
    Workspace,
)
from tests.live.made_entra import GUIDS, MAYBE, REDACTOR, TEXTS, WORDS, several

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,6}", fullmatch=True)
KINDS = ("http", "soap", "websocket", "graphql", "odata", "grpc")
LATER_KINDS = ("mcp", "a2a", "somethingNew")
POLICIES = (
    "",
    "<policies><inbound><base /></inbound></policies>",
    '<policies>\r\n\t<inbound><set-variable name="x" value="@(context.Request.Headers[&quot;a&quot;])" /></inbound></policies>',
    "\ufeff<policies><validate-jwt><audiences><audience>{{aud}}</audience></audiences></validate-jwt></policies> ",
    '<policies><set-header name="x-api-key"><value>Zq8vN2mXw71LpTgY4sKd9RbCfH3jUeA0</value></set-header></policies>',
    "<policies><inbound><!-- unfinished",
    "<fragment><ボトル>&#xA;</ボトル></fragment>",
)
VALUES = ("api://orders", "", "Server=tcp:db;Password=Hunter2isNotEnough!;", "{{other}}", "https://a.example/?b=c")
WHOLE = (
    "apis",
    "backends",
    "certificates",
    "console_servers",
    "diagnostics",
    "fragments",
    "gateways",
    "named_values",
    "products",
    "subscriptions",
)


def unique(strategy: st.SearchStrategy, most: int = 2) -> st.SearchStrategy:
    return st.lists(strategy, max_size=most, unique_by=lambda one: one.name)


def at(identifier: str) -> Origin:
    return Origin(document=identifier)


@st.composite
def policy_texts(draw: st.DrawFn, identifier: str, forms: tuple[str, ...] = ("xml",)) -> PolicyText:
    written = draw(st.sampled_from(POLICIES) | TEXTS.filter(lambda text: not text.lstrip().startswith("[")))
    return PolicyText(text=REDACTOR.policy(written), format=draw(st.sampled_from(forms)), origin=at(identifier))


@st.composite
def policies(draw: st.DrawFn, scope: str) -> PolicyText | None:
    return draw(policy_texts(f"{scope}/policies/policy")) if draw(st.booleans()) else None


@st.composite
def below_api(draw: st.DrawFn, api: str, kind: str, made: Any, **texts: Any) -> tuple[Any, ...]:
    found = []
    for name in sorted(draw(st.sets(NAMES, max_size=2))):
        here = f"{api}/{kind}/{name}"
        told = {field: draw(strategy) for field, strategy in texts.items()}
        found.append(made(name=name, policy=draw(policies(here)), origin=at(here), **told))
    return tuple(found)


@st.composite
def apis(draw: st.DrawFn, scope: str, name: str, revision: int, *, workspace: bool) -> Api:
    current = revision == 1
    path = f"{scope}/apis/{name}" + ("" if current else f";rev={revision}")
    kind = draw(st.sampled_from(KINDS if workspace else KINDS + LATER_KINDS))
    servers = st.builds(ApiAuthentication, kind=st.just(""), server=NAMES, scope=TEXTS)
    entries = [
        ApiAuthentication(kind=form, server=one.server, scope=one.scope)
        for form in ("oauth2", "openid")
        for one in draw(st.lists(servers, max_size=2, unique=True))
    ]
    versioned = draw(st.booleans())
    resolvers: tuple[Resolver, ...] = ()
    if kind == "graphql" and not workspace:
        resolvers = draw(below_api(path, "resolvers", Resolver, path=TEXTS))
    return Api(
        name=name,
        display_name=draw(TEXTS),
        path=draw(TEXTS),
        protocols=draw(several(st.sampled_from(("http", "https", "ws", "wss")), unique=True)),
        kind=kind,
        revision=str(revision),
        is_current=current,
        is_online=draw(st.booleans()),
        version=draw(TEXTS),
        version_set="shared-versions" if versioned else "",
        version_scheme="Segment" if versioned else "",
        subscription_required=draw(MAYBE),
        key_header=draw(TEXTS),
        key_query=draw(TEXTS),
        authentication=tuple(entries),
        service_url=draw(TEXTS),
        mcp_backend_api=draw(NAMES) if kind == "mcp" else "",
        policy=draw(policies(path)),
        operations=draw(
            below_api(
                path,
                "operations",
                Operation,
                display_name=TEXTS,
                method=st.sampled_from(("GET", "POST", "PURGE")),
                url_template=TEXTS,
            )
        ),
        resolvers=resolvers,
        origin=at(path),
    )


@st.composite
def named_values(draw: st.DrawFn, scope: str, name: str) -> NamedValue:
    display = draw(TEXTS) or name
    secret, vault = draw(st.booleans()), draw(st.sampled_from(("", "https://kv-larch.vault.example/secrets/x")))
    value, masked = None, False
    if not secret and not vault and draw(st.booleans()):
        value, masked = REDACTOR.named_value(draw(st.sampled_from(VALUES)), display)
    return NamedValue(
        name=name,
        display_name=display,
        secret=secret,
        value=value,
        key_vault=vault,
        looks_secret=masked,
        origin=at(f"{scope}/namedValues/{name}"),
    )


@st.composite
def backends(draw: st.DrawFn, scope: str, name: str) -> Backend:
    kinds = {f"header:{word}" for word in draw(several(WORDS))} | {f"query:{word}" for word in draw(several(WORDS))}
    kinds |= {f"authorization:{draw(WORDS)}"} if draw(st.booleans()) else set()
    kinds |= set(draw(several(st.sampled_from(("certificate", "managed identity")))))
    return Backend(
        name=name,
        url=draw(TEXTS),
        kind=draw(st.sampled_from(("Single", "Pool"))),
        protocol=draw(st.sampled_from(("http", "soap", ""))),
        credential_kinds=tuple(sorted(kinds)),
        managed_identity_resource=draw(TEXTS) if "managed identity" in kinds else "",
        pool=draw(several(NAMES)),
        resource_id=draw(TEXTS),
        origin=at(f"{scope}/backends/{name}"),
    )


@st.composite
def console_servers(draw: st.DrawFn, scope: str, name: str, kind: str) -> ConsoleServer:
    collection = {"oauth2": "authorizationServers", "openid": "openidConnectProviders"}[kind]
    return ConsoleServer(
        name=name,
        kind=kind,
        display_name=draw(TEXTS),
        authorization_endpoint=draw(TEXTS),
        token_endpoint=draw(TEXTS),
        metadata_endpoint=draw(TEXTS),
        default_scope=draw(TEXTS),
        client_id=draw(GUIDS),
        grant_types=draw(several(WORDS)),
        token_body_parameters=draw(several(st.tuples(st.sampled_from(("resource", "scope")), TEXTS))),
        used_in_test_console=draw(MAYBE),
        origin=at(f"{scope}/{collection}/{name}"),
    )


@st.composite
def contents(draw: st.DrawFn, scope: str, *, workspace: bool = False) -> Contents:
    def each(kind: str, made: Any) -> tuple[Any, ...]:
        return tuple(draw(made(name)) for name in sorted(draw(st.sets(NAMES, max_size=2))))

    held = [
        draw(apis(scope, name, revision, workspace=workspace))
        for name in sorted(draw(st.sets(NAMES, max_size=2)))
        for revision in sorted({1, *draw(st.sets(st.integers(2, 12), max_size=1))})
    ]
    logging = [("", ""), *((one.name, f"apis/{one.name}/") for one in held if one.is_current)]
    return Contents(
        apis=tuple(held),
        products=each(
            "products",
            lambda name: st.builds(
                Product,
                name=st.just(name),
                display_name=TEXTS,
                subscription_required=MAYBE,
                approval_required=MAYBE,
                state=st.sampled_from(("published", "notPublished", "")),
                apis=st.sets(NAMES, max_size=2).map(lambda names: tuple(sorted(names))),
                policy=policies(f"{scope}/products/{name}"),
                origin=st.just(at(f"{scope}/products/{name}")),
            ),
        ),
        fragments=each(
            "fragments",
            lambda name: st.builds(
                Fragment,
                name=st.just(name),
                policy=policy_texts(f"{scope}/policyFragments/{name}", ("xml", "")),
                origin=st.just(at(f"{scope}/policyFragments/{name}")),
            ),
        ),
        named_values=each("named values", lambda name: named_values(scope, name)),
        backends=each("backends", lambda name: backends(scope, name)),
        console_servers=()
        if workspace
        else (
            *each("authorization servers", lambda name: console_servers(scope, name, "oauth2")),
            *each("providers", lambda name: console_servers(scope, name, "openid")),
        ),
        subscriptions=each(
            "subscriptions",
            lambda name: st.builds(
                Subscription,
                name=st.just(name),
                display_name=TEXTS,
                scope=st.sampled_from(("all APIs", "api/orders", "product/gold")),
                state=st.sampled_from(("active", "suspended", "")),
                built_in=st.just(name == "master"),
                origin=st.just(at(f"{scope}/subscriptions/{name}")),
            ),
        ),
        diagnostics=tuple(
            Diagnostic(
                name="applicationinsights",
                api=api,
                headers_logged=tuple(sorted(draw(st.sets(TEXTS, max_size=2)))),
                origin=at(f"{scope}/{path}diagnostics/applicationinsights"),
            )
            for api, path in logging
            if draw(st.booleans())
        ),
        gateways=()
        if workspace
        else each(
            "gateways",
            lambda name: st.builds(
                Gateway,
                name=st.just(name),
                apis=st.sets(NAMES, max_size=2).map(lambda names: tuple(sorted(names))),
                origin=st.just(at(f"{scope}/gateways/{name}")),
            ),
        ),
        certificates=tuple(sorted(draw(st.sets(NAMES, max_size=2)))),
        whole=WHOLE,
    )


@st.composite
def services(draw: st.DrawFn, identifier: str, tenant: str) -> Service:
    users = sorted(f"{identifier.partition('/providers/')[0]}/id-{name}" for name in draw(st.sets(NAMES, max_size=2)))
    identities = [Identity(kind="system", principal_id=draw(GUIDS))] if draw(st.booleans()) else []
    identities += [
        Identity(kind="user", principal_id=draw(GUIDS), client_id=draw(GUIDS), resource_id=user) for user in users
    ]
    spaces = [
        Workspace(
            name=name,
            display_name=draw(TEXTS),
            policy=draw(policies(f"{identifier}/workspaces/{name}")),
            contents=draw(contents(f"{identifier}/workspaces/{name}", workspace=True)),
            origin=at(f"{identifier}/workspaces/{name}"),
        )
        for name in sorted(draw(st.sets(NAMES, max_size=1)))
    ]
    return Service(
        id=identifier,
        name=identifier.rpartition("/")[2],
        location=draw(TEXTS),
        sku=draw(st.sampled_from(("Developer", "Premium", "BasicV2", "Consumption"))),
        # The tenant of a service is told with its identity.
        tenant_id=tenant,
        gateway_url=draw(TEXTS),
        identities=tuple(identities),
        policy=draw(policies(identifier)),
        workspaces=tuple(spaces),
        contents=draw(contents(identifier)),
        direct_management=draw(MAYBE),
        origin=at(identifier),
    )
