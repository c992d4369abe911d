"""What app registrations expose, ask for and hold: domains in identifier URIs, assignments, grants of scopes."""

import pytest

from apimdoctor.facts.exposing import domain_in
from apimdoctor.facts.grants import Holdings
from apimdoctor.facts.values import Unknown
from apimdoctor.snapshot import AppRoleAssignment, DelegatedGrant, EntraTenant, ServicePrincipal

RESOURCE = ServicePrincipal(id="2f8a1c64-b0d7-4e39-95c1-7a6e3d20f8b4", app_id="8c5d7e10-43fa-4b92-a6d8-e1f90b2c7a35")
CLIENT = ServicePrincipal(id="d6b39e07-1f52-4c8d-b4a0-93e7f5c1286a", app_id="41e0a9d3-7c68-4f25-8b1d-0c5f2e9a6b77")
WHOLE = ("app_role_assignments", "delegated_grants", "service_principals")


def assigned(principal: str, kind: str) -> AppRoleAssignment:
    return AppRoleAssignment(id="one", principal_id=principal, principal_kind=kind, resource_id=RESOURCE.id)


def holdings(*assignments: AppRoleAssignment, grants: tuple[DelegatedGrant, ...] = (), whole: bool = True) -> Holdings:
    return Holdings(
        EntraTenant(
            service_principals=(RESOURCE, CLIENT),
            app_role_assignments=assignments,
            delegated_grants=grants,
            whole=WHOLE if whole else (),
        )
    )


@pytest.mark.parametrize(
    ("uri", "domain"),
    [
        ("https://orders.contoso.example/v1", "orders.contoso.example"),
        ("api://orders.contoso.example", "orders.contoso.example"),
        ("api://8c5d7e10-43fa-4b92-a6d8-e1f90b2c7a35", ""),
        ("api://orders", ""),
        ("urn:orders", ""),
        ("https://orders.azurewebsites.net", ""),
        ("https://contoso.onmicrosoft.com/orders", "contoso.onmicrosoft.com"),
        ("https://[broken", ""),
    ],
)
def test_the_domain_in_an_identifier_uri(uri: str, domain: str) -> None:
    assert domain_in(uri) == domain


def test_assigned_service_principals_are_told_by_client_id() -> None:
    found = holdings(assigned(CLIENT.id, "ServicePrincipal")).assigned_clients(RESOURCE)
    assert (found.known, found.rest) == ((CLIENT.app_id,), "")


def test_assigned_users_are_no_clients() -> None:
    found = holdings(assigned("f19c40b7-6ea3-4d58-92b0-c5d7e8a1f364", "User")).assigned_clients(RESOURCE)
    assert (found.known, found.rest) == ((), "")


def test_an_assigned_group_may_hold_service_principals() -> None:
    found = holdings(assigned("f19c40b7-6ea3-4d58-92b0-c5d7e8a1f364", "Group")).assigned_clients(RESOURCE)
    assert found.rest != ""


def test_a_scope_is_granted_no_more_only_when_all_grants_were_read() -> None:
    grant = DelegatedGrant(id="g", client_id=CLIENT.id, resource_id=RESOURCE.id, scopes=("Orders.Read",))
    assert holdings(grants=(grant,), whole=False).consented(RESOURCE, "Orders.Read") is True
    assert holdings(grants=(grant,)).consented(RESOURCE, "Orders.Write") is False
    assert isinstance(holdings(whole=False).consented(RESOURCE, "Orders.Read"), Unknown)
