"""A small snapshot with one of nearly everything, as a scan of Azure would write it."""

from apimdoctor.snapshot import (
    Api,
    AppRegistration,
    AppRole,
    AppRoleAssignment,
    Backend,
    Contents,
    DelegatedGrant,
    EntraTenant,
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
    ServicePrincipal,
    SiteAuth,
    Snapshot,
    Subscription,
    Workspace,
    store,
)
from tests.live.made import COLLECTED
from tests.live.made_apim import WHOLE

SUBSCRIPTION = "2d6f0b8e-90c3-4a57-8f1e-6b3c5d7a9e04"
TENANT = "b7e4a1c2-5d38-4f96-a0b9-3c8e6f2d1a57"
SERVICE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-larch/providers/Microsoft.ApiManagement/service/larch"
SITE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-larch/providers/Microsoft.Web/sites/larch-func"
APP, PRINCIPAL = "0f9e8d7c-6b5a-4433-a221-10fedcba9876", "9b8a7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"
ROLE = "4c1d2e3f-a0b9-4c8d-97e6-f5a4b3c2d1e0"


def policy(scope: str, text: str = "<policies><inbound><base /></inbound></policies>") -> PolicyText:
    return PolicyText(text=text, format="xml", origin=Origin(document=f"{scope}/policies/policy"))


def api(scope: str, name: str, kind: str = "http", revision: int = 1) -> Api:
    path = f"{scope}/apis/{name}" + (f";rev={revision}" if revision > 1 else "")
    operations = tuple(
        Operation(
            name=each,
            method="GET",
            url_template=f"/{each}",
            policy=policy(f"{path}/operations/{each}") if each == "get" else None,
            origin=Origin(document=f"{path}/operations/{each}"),
        )
        for each in ("get", "list")
    )
    resolver = f"{path}/resolvers/title"
    resolvers = (Resolver(name="title", path="Book/title", policy=policy(resolver), origin=Origin(document=resolver)),)
    return Api(
        name=name,
        display_name=name.capitalize(),
        path=name,
        protocols=("https",),
        kind=kind,
        revision=str(revision),
        is_current=revision == 1,
        subscription_required=True,
        policy=policy(path),
        operations=operations,
        resolvers=resolvers if kind == "graphql" else (),
        origin=Origin(document=path),
    )


def contents(scope: str, *apis: Api, workspace: bool = False) -> Contents:
    def at(path: str) -> Origin:
        return Origin(document=f"{scope}/{path}")

    fragment = PolicyText(text="<fragment><base /></fragment>", format="xml", origin=at("policyFragments/shared"))
    product = f"{scope}/products/gold"
    return Contents(
        apis=apis,
        products=(Product(name="gold", apis=(apis[0].name,), policy=policy(product), origin=at("products/gold")),),
        fragments=(Fragment(name="shared", policy=fragment, origin=fragment.origin),),
        named_values=(
            NamedValue(name="aud", display_name="aud", value="api://larch", origin=at("namedValues/aud")),
            NamedValue(name="key", display_name="key", secret=True, origin=at("namedValues/key")),
        ),
        backends=(
            Backend(
                name="func",
                url="https://larch-func.azurewebsites.net",
                protocol="http",
                credential_kinds=("authorization:Basic", "header:x-functions-key", "query:code"),
                origin=at("backends/func"),
            ),
        ),
        subscriptions=(
            Subscription(name="master", scope="all APIs", built_in=True, origin=at("subscriptions/master")),
        ),
        gateways=() if workspace else (Gateway(name="own", apis=(apis[0].name,), origin=at("gateways/own")),),
        certificates=("root",),
        whole=WHOLE,
    )


def larch() -> Snapshot:
    """The snapshot."""
    space = f"{SERVICE}/workspaces/team"
    service = Service(
        id=SERVICE,
        name="larch",
        location="West Europe",
        sku="Developer",
        tenant_id=TENANT,
        gateway_url="https://larch.azure-api.net",
        identities=(Identity(kind="system", principal_id="6a5b4c3d-2e1f-4098-b7a6-c5d4e3f2a1b0"),),
        policy=policy(SERVICE),
        contents=contents(
            SERVICE,
            api(SERVICE, "books", "graphql"),
            api(SERVICE, "orders"),
            api(SERVICE, "orders", revision=2),
            api(SERVICE, "tools", "mcp"),
        ),
        workspaces=(
            Workspace(
                name="team",
                display_name="Team",
                policy=policy(space),
                contents=contents(space, api(space, "stock"), workspace=True),
                origin=Origin(document=space),
            ),
        ),
        direct_management=False,
        origin=Origin(document=SERVICE),
    )
    roles = (AppRole(id=ROLE, value="Orders.Read", members=("Application",)),)
    tenant = EntraTenant(
        id=TENANT,
        display_name="Larch",
        kind="workforce",
        domains=("larch.example",),
        cloud="public",
        app_registrations=(
            AppRegistration(
                id=APP, app_id=APP, display_name="Larch", app_roles=roles, origin=Origin(document=f"applications/{APP}")
            ),
        ),
        service_principals=(
            ServicePrincipal(
                id=PRINCIPAL, app_id=APP, app_roles=roles, origin=Origin(document=f"servicePrincipals/{PRINCIPAL}")
            ),
        ),
        app_role_assignments=(
            AppRoleAssignment(id="assignment", principal_id=APP, resource_id=PRINCIPAL, role_id=ROLE),
        ),
        delegated_grants=(DelegatedGrant(id="grant", client_id=PRINCIPAL, resource_id=PRINCIPAL, scopes=("a", "b")),),
        whole=("app_registrations", "app_role_assignments", "delegated_grants", "domains", "service_principals"),
        origin=Origin(document=f"organization/{TENANT}"),
    )
    site = SiteAuth(
        id=SITE,
        site="larch-func",
        hosts=("larch-func.azurewebsites.net",),
        enabled=True,
        origin=Origin(document=f"{SITE}/config/authsettingsV2"),
    )
    return store.ordered(Snapshot(collected_at=COLLECTED, services=(service,), tenants=(tenant,), sites=(site,)))
