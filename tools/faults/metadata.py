"""Planted faults of metadata addresses."""

from __future__ import annotations

from tools.faults.planting import Patient, fault
from tools.tenant_plan import guid


@fault("metadata-of-other-tenant", severity="warning", or_else=("issuer-not-accepted",))
def _metadata_of_other_tenant(at: Patient) -> None:
    at.version(2)
    at.check.metadata = [at.world.metadata(2, guid(at.rng))]
    at.check.issuers = [at.world.issuer(2)]
    at.anywhere()


@fault("metadata-url-malformed")
def _metadata_malformed(at: Patient) -> None:
    login, tenant = "https://login.microsoftonline.com", at.world.tenant_id
    at.check.metadata = [
        at.one_of(
            f"{login}/v2.0/{tenant}/.well-known/openid-configuration",
            f"{login}/{tenant}/v2.0",
            f"{login}/{tenant}/v2.0/",
            f"{login}/v2.0/.well-known/openid-configuration",
            "{{tenant}}/v2.0/.well-known/openid-configuration".replace("{{tenant}}", tenant),
        )
    ]
    at.anywhere()


@fault("metadata-host-unknown")
def _metadata_host_misspelt(at: Patient) -> None:
    host = at.one_of("login.microsoftonlin.com", "login.microsftonline.com", "login.microsoftonline.co")
    at.check.metadata = [f"https://{host}/{at.world.tenant_id}/v2.0/.well-known/openid-configuration"]


@fault("metadata-over-http")
def _metadata_over_http(at: Patient) -> None:
    at.check.metadata = [url.replace("https://", "http://") for url in at.check.metadata]


@fault("b2c-metadata-host", severity="warning")
def _workforce_metadata_for_customers(at: Patient) -> None:
    tenant = at.world.tenant_id
    at.check.metadata = [at.world.metadata(2)]
    at.check.issuers = [f"https://{at.world.service}.b2clogin.com/{tenant}/v2.0/"]
    at.check.audiences = [at.app.app_id]


@fault("b2c-metadata-without-flow")
def _no_user_flow(at: Patient) -> None:
    tenant = at.one_of(at.world.tenant_id, f"{at.world.service}.onmicrosoft.com")
    host = f"https://{at.world.service}.b2clogin.com"
    at.check.metadata = [f"{host}/{tenant}/v2.0/.well-known/openid-configuration"]
    at.check.issuers = []


@fault("external-id-metadata-host", severity="warning")
def _workforce_metadata_for_external_id(at: Patient) -> None:
    tenant = at.world.tenant_id
    at.check.metadata = [at.world.metadata(2)]
    at.check.issuers = [f"https://{tenant}.ciamlogin.com/{tenant}/v2.0"]
    at.check.audiences = [at.app.app_id]
