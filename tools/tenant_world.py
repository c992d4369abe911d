"""A whole generated tenant and its service, and how it is written down as files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tools.entra_objects import Json, assignment, grant, principal
from tools.tenant_plan import ApiPlan, AppPlan
from tools.tenant_tree import V1_ISSUER, V1_METADATA, V2_ISSUER, V2_METADATA, Op, TenantTree, document


@dataclass(kw_only=True)
class World:
    """A whole tenant and its service."""

    tenant_id: str
    service: str
    gateway_principal: str
    gateway_client: str
    identity: bool = True
    apps: list[AppPlan] = field(default_factory=list)
    clients: list[Json] = field(default_factory=list)
    client_principals: list[Json] = field(default_factory=list)
    other_principals: list[Json] = field(default_factory=list)
    apis: list[ApiPlan] = field(default_factory=list)
    products: dict[str, str] = field(default_factory=dict)
    named_values: dict[str, str | None] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    global_inbound: list[str] = field(default_factory=list)
    console_client: str = ""
    grants: list[Json] = field(default_factory=list)
    held: list[Json] | None = None
    """The app role assignments; None: those of the clients that the usual tenant has."""
    further: list[Callable[[TenantTree], None]] = field(default_factory=list)
    """What else is written down, after all the rest."""

    def grant(self, number: int, app: AppPlan) -> None:
        """One of the clients may use the scope of an app registration for its users."""
        if self.client_principals:
            client = self.client_principals[number % len(self.client_principals)]
            resource = app.service_principal(self.tenant_id)
            self.grants.append(grant(f"g{len(self.grants):06}", client=client, resource=resource, scope=app.scope))

    def issuer(self, version: int) -> str:
        """The issuer of the tenant's tokens of a version."""
        return (V1_ISSUER if version == 1 else V2_ISSUER).format(tenant=self.tenant_id)

    def metadata(self, version: int, tenant: str = "") -> str:
        """The metadata URL that states the issuer of a version."""
        return (V1_METADATA if version == 1 else V2_METADATA).format(tenant=tenant or self.tenant_id)

    def files(self) -> dict[str, bytes]:
        """The tenant as a folder."""
        tree = TenantTree(tenant_id=self.tenant_id, name=self.service.capitalize(), domain=f"{self.service}.example")
        tree.service(self.service, principal_id=self.gateway_principal if self.identity else "")
        if self.global_inbound:
            tree.global_policy(document("\n".join(self.global_inbound), backend="<forward-request />"))
        for name, policy in self.products.items():
            tree.product(name, policy)
        for name, value in self.named_values.items():
            tree.named_value(name, value)
        for workspace in sorted({api.workspace for api in self.apis} - {""}):
            self._write_workspace(tree, workspace)
        for name, scope in self.subscriptions.items():
            tree.subscription(name, scope)
        for api in self.apis:
            _write_api(tree, api)
        if any(api.console for api in self.apis):
            tree.console_server("sign-in", self.console_client, f"{self.apps[0].app_id}/.default")
        self._write_entra(tree)
        for write in self.further:
            write(tree)
        return tree.files

    def _write_workspace(self, tree: TenantTree, workspace: str) -> None:
        """A workspace has products and named values of its own."""
        tree.workspace(workspace)
        for product in sorted({name for api in self.apis if api.workspace == workspace for name in api.products}):
            tree.product(product, workspace=workspace)
        for name, value in self.named_values.items():
            tree.named_value(name, value, workspace=workspace)

    def _write_entra(self, tree: TenantTree) -> None:
        """Collections as Graph lists them; legacy manifests as files of their own."""
        graph = [app.body() for app in self.apps if not app.legacy] + self.clients
        tree.files["entra/applications.json"] = _listed(graph)
        for app in self.apps:
            if app.legacy:
                tree.app(app.name.lower().replace(" ", "-"), app.body())
        principals = [app.service_principal(self.tenant_id) for app in self.apps if app.principal_changes is not None]
        principals += [*self.client_principals, *self.other_principals]
        if self.identity:
            principals.append(
                principal(
                    object_id=self.gateway_principal,
                    app_id=self.gateway_client,
                    name=self.service,
                    owner=None,
                    kind="ManagedIdentity",
                )
            )
        tree.files["entra/servicePrincipals.json"] = _listed(principals)
        tree.assignments(self.assignments() if self.held is None else self.held)
        tree.grants(self.grants)

    def assignments(self) -> list[Json]:
        """Each client holds the role of one API."""
        resources = {
            app.name: app.service_principal(self.tenant_id) for app in self.apps[: len(self.client_principals)]
        }
        return [
            assignment(f"a{number:06}", holder=holder, resource=resources[app.name], role_id=app.role_id)
            for number, (holder, app) in enumerate(zip(self.client_principals, self.apps, strict=False))
        ]


def _listed(entries: Sequence[Json]) -> bytes:
    return (json.dumps({"value": list(entries)}, indent=1) + "\n").encode()


def _write_api(tree: TenantTree, api: ApiPlan) -> None:
    if api.placement == "fragment":
        tree.fragment(f"check-{api.name}", api.check.xml(), workspace=api.workspace)
    ops = [Op(name=o.name, method=o.method, template=o.template, policy=api.operation_text(o)) for o in api.operations]
    properties: Json = {"serviceUrl": f"https://{api.name}.internal.example", **api.properties}
    if api.console:
        server = {"authorizationServerId": "sign-in", "scope": api.console}
        properties["authenticationSettings"] = {"oAuth2AuthenticationSettings": [server]}
    tree.api(
        api.name,
        api.text(),
        key=api.key,
        operations=ops,
        products=api.products,
        workspace=api.workspace,
        properties=properties,
    )
    if api.revision and not api.workspace:
        properties = {**properties, "apiRevision": "2", "isOnline": True}
        tree.api(f"{api.name};rev=2", api.text(), path=api.name, key=api.key, operations=ops, properties=properties)
