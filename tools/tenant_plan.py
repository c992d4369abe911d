"""A generated tenant before it is written down: app registrations, APIs with their token checks, and what surrounds them.

The plan says what is meant (this API belongs to that app registration, its check stands in a fragment), so that a planted
fault is one change of the plan and its place is known.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tools.entra_objects import (
    Json,
    assignment,
    graph_app,
    legacy_app,
    principal,
    role_entry,
    scope_entry,
)
from tools.tenant_tree import (
    V1_ISSUER,
    V1_METADATA,
    V2_ISSUER,
    V2_METADATA,
    Op,
    TenantTree,
    document,
    indented,
    validate_jwt,
)

Placement = Literal["api", "fragment", "branches", "operations", "product", "none"]


def guid(rng: random.Random) -> str:
    """A random version 4 GUID."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


@dataclass(kw_only=True)
class AppPlan:
    """An app registration that an API asks tokens for."""

    name: str
    app_id: str
    object_id: str
    principal_id: str
    scope_id: str
    role_id: str
    version: Literal[1, 2] | None
    uri: str
    scope: str
    role: str
    legacy: bool = False
    multi_tenant: bool = False

    @property
    def token_version(self) -> int:
        """1 or 2; null is 1."""
        return self.version or 1

    def body(self) -> Json:
        """The app registration as its file holds it."""
        scopes, roles = [scope_entry(self.scope_id, self.scope)], [role_entry(self.role_id, self.role)]
        if self.legacy:
            return legacy_app(
                object_id=self.object_id,
                app_id=self.app_id,
                name=self.name,
                version=self.version,
                uris=[self.uri],
                scopes=scopes,
                roles=roles,
            )
        audience = "AzureADMultipleOrgs" if self.multi_tenant else "AzureADMyOrg"
        return graph_app(
            object_id=self.object_id,
            app_id=self.app_id,
            name=self.name,
            version=self.version,
            uris=[self.uri],
            scopes=scopes,
            roles=roles,
            sign_in_audience=audience,
        )

    def service_principal(self, owner: str) -> Json:
        """Its service principal in the tenant."""
        return principal(
            object_id=self.principal_id,
            app_id=self.app_id,
            name=self.name,
            owner=owner,
            names=[self.uri],
            roles=[role_entry(self.role_id, self.role)],
            scopes=[scope_entry(self.scope_id, self.scope)],
        )


@dataclass(kw_only=True)
class CheckPlan:
    """A token check, part by part."""

    element: Literal["validate-jwt", "validate-azure-ad-token"] = "validate-jwt"
    metadata: list[str] = field(default_factory=list)
    keys: str = ""
    audiences: list[str] = field(default_factory=list)
    issuers: list[str] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    tenant: str = ""

    def xml(self) -> str:
        """The element."""
        if self.element == "validate-jwt":
            return validate_jwt(
                metadata=self.metadata,
                keys=self.keys,
                audiences=self.audiences,
                issuers=self.issuers,
                claims="\n".join(self.claims),
            )
        lines = [f'<validate-azure-ad-token tenant-id="{self.tenant}" failed-validation-httpcode="401">']
        for plural, singular, values in (
            ("client-application-ids", "application-id", self.clients),
            ("audiences", "audience", self.audiences),
        ):
            if values:
                lines.append(f"    <{plural}>")
                lines += [f"        <{singular}>{value}</{singular}>" for value in values]
                lines.append(f"    </{plural}>")
        if self.claims:
            lines += ["    <required-claims>", indented("\n".join(self.claims), 8), "    </required-claims>"]
        return "\n".join([*lines, "</validate-azure-ad-token>"])


@dataclass(kw_only=True)
class OpPlan:
    """An operation: `filler` are harmless statements of a policy of its own, `policy` a whole text instead."""

    name: str
    method: str
    template: str
    filler: list[str] = field(default_factory=list)
    outbound: list[str] = field(default_factory=list)
    policy: str = ""


@dataclass(kw_only=True)
class ApiPlan:
    """An API: where its token check stands and what runs around it."""

    name: str
    app: AppPlan
    check: CheckPlan
    placement: Placement = "api"
    key: bool = True
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    outbound: list[str] = field(default_factory=list)
    operations: list[OpPlan] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    console: str = ""
    revision: bool = False
    workspace: str = ""
    policy: str = ""
    """A whole text instead of the planned one."""

    def text(self) -> str:
        """The policy of the API."""
        if self.policy:
            return self.policy
        check = {
            "api": self.check.xml(),
            "branches": _branches(self.check),
            "fragment": f'<include-fragment fragment-id="check-{self.name}" />',
        }.get(self.placement, "")
        return document(
            "\n".join(filter(None, ["<base />", *self.before, check, *self.after])),
            outbound="\n".join(["<base />", *self.outbound]),
        )

    def operation_text(self, op: OpPlan) -> str:
        """The policy of one of its operations, or nothing."""
        if op.policy:
            return op.policy
        lines = ["<base />", *([self.check.xml()] if self.placement == "operations" else []), *op.filler]
        if len(lines) == 1 and not op.outbound:
            return ""
        return document("\n".join(lines), outbound="\n".join(["<base />", *op.outbound]))


def _branches(check: CheckPlan) -> str:
    condition = '@(context.Request.Method.Equals("GET", StringComparison.OrdinalIgnoreCase))'
    inner = indented(check.xml(), 8)
    return (
        f'<choose>\n    <when condition="{condition}">\n{inner}\n    </when>\n'
        f"    <otherwise>\n{inner}\n    </otherwise>\n</choose>"
    )


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
        principals = [app.service_principal(self.tenant_id) for app in self.apps]
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
        resources = {
            app.name: app.service_principal(self.tenant_id) for app in self.apps[: len(self.client_principals)]
        }
        held = [
            assignment(f"a{number:06}", holder=holder, resource=resources[app.name], role_id=app.role_id)
            for number, (holder, app) in enumerate(zip(self.client_principals, self.apps, strict=False))
        ]
        tree.assignments(held)


def _listed(entries: Sequence[Json]) -> bytes:
    return (json.dumps({"value": list(entries)}, indent=1) + "\n").encode()


def _write_api(tree: TenantTree, api: ApiPlan) -> None:
    if api.placement == "fragment":
        tree.fragment(f"check-{api.name}", api.check.xml(), workspace=api.workspace)
    ops = [Op(name=o.name, method=o.method, template=o.template, policy=api.operation_text(o)) for o in api.operations]
    properties: Json = {"serviceUrl": f"https://{api.name}.internal.example"}
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
