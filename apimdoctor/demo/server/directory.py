"""One tenant as Microsoft Graph tells it: its collections by path."""

from apimdoctor.demo.server import serve_graph
from apimdoctor.demo.server.resources import TENANT
from apimdoctor.demo.server.serve_graph import Json
from apimdoctor.snapshot import EntraTenant, Snapshot


class Directory:
    """The collections of a tenant."""

    def __init__(self, tenant: EntraTenant) -> None:
        identifier = tenant.id or TENANT
        self._found: dict[str, list[Json]] = {
            "organization": [serve_graph.organization(tenant, identifier)],
            "domains": list(map(serve_graph.domain, tenant.domains)),
            "applications": list(map(serve_graph.app_registration, tenant.app_registrations)),
            "serviceprincipals": list(map(serve_graph.service_principal, tenant.service_principals)),
            "oauth2permissiongrants": list(map(serve_graph.delegated_grant, tenant.delegated_grants)),
        }
        for principal in tenant.service_principals:
            self._found[f"serviceprincipals/{principal.id}/approleassignedto".lower()] = []
        for one in tenant.app_role_assignments:
            path = f"serviceprincipals/{one.resource_id}/approleassignedto".lower()
            self._found.setdefault(path, []).append(serve_graph.app_role_assignment(one))

    def items(self, path: str) -> list[Json] | None:
        """The objects of a collection; None where there is none of that path."""
        return self._found.get(path.lower())


def directories(snapshot: Snapshot, tenants: set[str]) -> dict[str, Directory]:
    """The tenants of a snapshot by id, and empty ones for `tenants` of which it holds no objects."""
    found = {tenant.id or TENANT: Directory(tenant) for tenant in snapshot.tenants}
    return found | {one: Directory(EntraTenant(id=one)) for one in sorted(tenants) if one not in found}
