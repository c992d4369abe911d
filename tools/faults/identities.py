"""Planted faults of the identity with which the gateway calls back ends."""

from __future__ import annotations

from tools.faults.planting import Patient, fault
from tools.tenant_plan import guid


@fault("managed-identity-not-enabled")
def _identity_missing(at: Patient) -> None:
    at.api.after = [
        f'<authentication-managed-identity resource="https://storage.azure.com/" client-id="{guid(at.rng)}" />',
    ]
    at.anywhere()


@fault("managed-identity-resource-unknown")
def _resource_unknown(at: Patient) -> None:
    at.api.after = [f'<authentication-managed-identity resource="{at.one_of("api://", "")}{guid(at.rng)}" />']


@fault("managed-identity-without-role", severity="warning")
def _identity_without_role(at: Patient) -> None:
    back = at.world.apps[0] if at.world.apps[0] is not at.app else at.world.apps[1]
    back.principal_changes = {"appRoleAssignmentRequired": True}
    at.api.after = [f'<authentication-managed-identity resource="{at.one_of(back.uri, back.app_id)}" />']


@fault("managed-identity-for-unchecked-callers", severity="warning")
def _identity_for_anybody(at: Patient) -> None:
    at.api.placement, at.api.key = "none", True
    at.api.after = ['<authentication-managed-identity resource="https://vault.azure.net" />']


@fault("identity-changed-twice", severity="warning")
def _changed_twice(at: Patient) -> None:
    steps = [
        '<authentication-managed-identity resource="https://storage.azure.com/" />',
        '<authentication-managed-identity resource="https://vault.azure.net" />',
        '<authentication-basic username="{{region}}" password="{{outside-key}}" />',
    ]
    at.api.after = at.rng.sample(steps, 2)


@fault("identity-failure-ignored", severity="warning")
def _failure_ignored(at: Patient) -> None:
    at.api.after = ['<authentication-managed-identity resource="https://vault.azure.net" ignore-error="true" />']


@fault("backend-over-http", severity="warning")
def _back_end_over_http(at: Patient) -> None:
    at.api.properties["serviceUrl"] = f"http://{at.api.name}.tenant.example/v1"


@fault("token-forwarded-to-keyed-backend", severity="warning")
def _token_to_keyed_back_end(at: Patient) -> None:
    body = {
        "url": "https://api.carrier-partner.example/rest",
        "protocol": "http",
        "credentials": {"header": {"X-Api-Key": ["{{outside-key}}"]}, "query": {}},
    }
    at.file(lambda tree: tree.json("apim/backends/carrier/backendInformation.json", {"properties": body}))
    at.api.after = ['<set-backend-service backend-id="carrier" />']
