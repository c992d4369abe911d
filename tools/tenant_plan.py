"""The parts of a generated tenant before they are written down: app registrations, and APIs with their token checks.

The plan says what is meant (this API belongs to that app registration, its check stands in a fragment), so that a planted
fault is one change of the plan and its place is known.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from typing import Literal

from tools.entra_objects import (
    Json,
    graph_app,
    legacy_app,
    merged,
    principal,
    role_entry,
    scope_entry,
)
from tools.tenant_tree import (
    document,
    indented,
    validate_jwt,
)

USUAL_ATTRIBUTES = 'header-name="Authorization" failed-validation-httpcode="401"'
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
    changes: Json = field(default_factory=dict)
    """Properties of the app registration that differ from the usual ones, nested ones too."""
    principal_changes: Json | None = field(default_factory=dict)
    """The same for its service principal; None: it has none."""

    @property
    def token_version(self) -> int:
        """1 or 2; null is 1."""
        return self.version or 1

    def body(self) -> Json:
        """The app registration as its file holds it."""
        return merged(self._usual_body(), self.changes)

    def _usual_body(self) -> Json:
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
        usual = principal(
            object_id=self.principal_id,
            app_id=self.app_id,
            name=self.name,
            owner=owner,
            names=[self.uri],
            roles=[role_entry(self.role_id, self.role)],
            scopes=[scope_entry(self.scope_id, self.scope)],
        )
        return merged(usual, self.principal_changes or {})


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
    attributes: str = USUAL_ATTRIBUTES

    def xml(self) -> str:
        """The element."""
        if self.element == "validate-jwt":
            return validate_jwt(
                metadata=self.metadata,
                keys=self.keys,
                audiences=self.audiences,
                issuers=self.issuers,
                claims="\n".join(self.claims),
                attributes=self.attributes,
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
    backend: str = "<base />"
    on_error: str = "<base />"
    properties: Json = field(default_factory=dict)
    """Properties of the API that differ from the usual ones."""
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
            backend=self.backend,
            outbound="\n".join(["<base />", *self.outbound]),
            on_error=self.on_error,
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
