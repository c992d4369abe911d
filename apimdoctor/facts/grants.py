"""Who holds what in a tenant: service principals, role assignments and delegated grants, found by object id."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from apimdoctor.facts import vocabulary
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Grant, Place
from apimdoctor.snapshot.entra import AppRoleAssignment, DelegatedGrant, EntraTenant, ServicePrincipal
from apimdoctor.snapshot.origin import Origin

NO_ROLE = "00000000-0000-0000-0000-000000000000"
"""The role id of an assignment that gives access without a role (source: Graph appRoleAssignment)."""


def place_of(origin: Origin, resource: str, app: str = "", path: str = "") -> Place:
    """The place of an Entra object, in a file or by its id."""
    return Place(
        resource=resource,
        document=origin.document,
        line=origin.line if origin.file else 0,
        column=origin.column if origin.file else 0,
        app=app,
        path=path,
        file=origin.file,
    )


def tenant_resource(tenant: EntraTenant) -> str:
    """The name under which reports and fingerprints know a tenant."""
    return f"tenants/{tenant.id or 'unnamed'}"


class Holdings:
    """The service principals of one tenant and what was assigned or granted to and by them, each built once."""

    def __init__(self, tenant: EntraTenant) -> None:
        self._tenant = tenant
        self._facts: dict[str, vocabulary.ServicePrincipal] = {}

    @cached_property
    def by_id(self) -> dict[str, ServicePrincipal]:
        """Service principals by object id."""
        return {principal.id.lower(): principal for principal in self._tenant.service_principals}

    @cached_property
    def by_app_id(self) -> dict[str, ServicePrincipal]:
        """Service principals by app id."""
        return {principal.app_id.lower(): principal for principal in self._tenant.service_principals}

    @cached_property
    def _to_resource(self) -> dict[str, list[AppRoleAssignment]]:
        found: dict[str, list[AppRoleAssignment]] = {}
        for assignment in self._tenant.app_role_assignments:
            found.setdefault(assignment.resource_id.lower(), []).append(assignment)
        return found

    @cached_property
    def _to_principal(self) -> dict[str, list[AppRoleAssignment]]:
        found: dict[str, list[AppRoleAssignment]] = {}
        for assignment in self._tenant.app_role_assignments:
            found.setdefault(assignment.principal_id.lower(), []).append(assignment)
        return found

    @cached_property
    def _consents(self) -> dict[str, list[DelegatedGrant]]:
        found: dict[str, list[DelegatedGrant]] = {}
        for grant in self._tenant.delegated_grants:
            found.setdefault(grant.resource_id.lower(), []).append(grant)
        return found

    def incomplete(self, *collections: str) -> str:
        """Why collections of the tenant may hold more than was read; "" when they are whole."""
        words = {
            "app_role_assignments": "app role assignments",
            "delegated_grants": "delegated grants",
            "service_principals": "service principals",
        }
        missing = [words[name] for name in collections if name not in self._tenant.whole]
        return f"the {' and '.join(missing)} may not all have been read" if missing else ""

    def principal(self, principal: ServicePrincipal) -> vocabulary.ServicePrincipal:
        """The fact of a service principal."""
        known = self._facts.get(principal.id)
        if known is None:
            known = self._facts[principal.id] = self._build(principal)
        return known

    def _build(self, principal: ServicePrincipal) -> vocabulary.ServicePrincipal:
        name = principal.display_name or principal.app_id
        roles = tuple(self._role_name(one) for one in self._to_principal.get(principal.id.lower(), ()))
        return vocabulary.ServicePrincipal(
            place=place_of(
                principal.origin, f"{tenant_resource(self._tenant)}/servicePrincipals/{principal.id}", app=name
            ),
            id=principal.id,
            app_id=principal.app_id,
            display_name=name,
            kind=principal.kind,
            enabled=_told(principal.enabled, name, "is enabled"),
            assignment_required=_told(principal.assignment_required, name, "requires assignment"),
            owner_tenant=principal.owner_tenant,
            role_values=Values(known=roles, rest=self.incomplete("app_role_assignments")),
        )

    def _role_name(self, assignment: AppRoleAssignment) -> str:
        resource = self.by_id.get(assignment.resource_id.lower())
        if resource is None:
            return f"{assignment.resource_id}/{assignment.role_id}"
        value = next((r.value for r in resource.app_roles if r.id.lower() == assignment.role_id.lower()), "")
        name = resource.display_name or resource.app_id
        return f"{name}/{value or ('access' if assignment.role_id == NO_ROLE else assignment.role_id)}"

    def holders(self, resource: ServicePrincipal | None, role_id: str) -> Values:
        """Display names of the service principals, users and groups that hold a role of a resource."""
        if resource is None:
            # Without a service principal in this tenant nobody can hold a role, but absence must be known.
            return Values(rest=self.incomplete("app_role_assignments", "service_principals"))
        named = (
            one.principal_name or one.principal_id
            for one in self._to_resource.get(resource.id.lower(), ())
            if one.role_id.lower() == role_id.lower()
        )
        return Values(known=tuple(dict.fromkeys(named)), rest=self.incomplete("app_role_assignments"))

    def assigned_clients(self, resource: ServicePrincipal | None) -> Values:
        """Client ids of the service principals to which a role of a resource, or access without one, is assigned."""
        if resource is None:
            return Values(rest=self.incomplete("app_role_assignments", "service_principals"))
        found: dict[str, None] = {}
        rest = self.incomplete("app_role_assignments")
        for one in self._to_resource.get(resource.id.lower(), ()):
            principal = self.by_id.get(one.principal_id.lower())
            if principal is not None:
                found[principal.app_id.lower()] = None
            elif one.principal_kind.lower() != "user":
                # A group may hold service principals, which are let in by it.
                rest = rest or f"who {one.principal_name or one.principal_id} is was not read"
        return Values(known=tuple(found), rest=rest)

    def consented(self, resource: ServicePrincipal | None, scope: str) -> bool | Unknown:
        """Whether a delegated grant of a resource names a scope."""
        if resource is not None and any(scope in one.scopes for one in self._consents.get(resource.id.lower(), ())):
            return True
        because = self.incomplete("delegated_grants")
        return Unknown(because) if because else False

    def granted_to(self, resource: ServicePrincipal | None) -> Values:
        """Which kinds of client were granted something of a resource: `application`, `user`."""
        because = self.incomplete("app_role_assignments", "delegated_grants")
        if resource is None:
            return Values(rest=because or self.incomplete("service_principals"))
        kinds = ["user"] if self._consents.get(resource.id.lower()) else []
        assigned = self._to_resource.get(resource.id.lower(), ())
        kinds += ["application" if self._is_application(one) else "user" for one in assigned]
        return Values(known=tuple(dict.fromkeys(kinds)), rest="" if len(set(kinds)) > 1 else because)

    def _is_application(self, assignment: AppRoleAssignment) -> bool:
        # Groups give no app roles to service principals in them, so a group counts as users.
        kind = assignment.principal_kind.lower()
        return kind == "serviceprincipal" or (not kind and assignment.principal_id.lower() in self.by_id)

    def grants(self) -> Iterator[Grant]:
        """The delegated grants both of whose ends were read."""
        for grant in self._tenant.delegated_grants:
            client = self.by_id.get(grant.client_id.lower())
            resource = self.by_id.get(grant.resource_id.lower())
            if client is None or resource is None:
                continue
            yield Grant(
                place=Place(resource=f"{tenant_resource(self._tenant)}/oauth2PermissionGrants/{grant.id}"),
                client=self.principal(client),
                resource=self.principal(resource),
                scope_values=Values(known=grant.scopes),
                for_everyone=grant.consent_kind == "AllPrincipals",
            )

    def assignment_required(self, resource: ServicePrincipal | None) -> bool | Unknown:
        """Whether the service principal in this tenant requires assignment; another tenant's may differ."""
        if resource is None:
            because = self.incomplete("service_principals")
            return Unknown(because or "it has no service principal in this tenant")
        return _told(resource.assignment_required, resource.display_name or resource.app_id, "requires assignment")


def _told(value: bool | None, name: str, what: str) -> bool | Unknown:
    return Unknown(f'whether the service principal "{name}" {what} was not read') if value is None else value
