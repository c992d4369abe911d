"""Planted faults of accepted issuers."""

from __future__ import annotations

from tools.faults.planting import Patient, fault
from tools.tenant_plan import guid


@fault("issuer-version-mismatch")
def _issuer_version(at: Patient) -> None:
    other = 3 - at.app.token_version
    tenant = at.rng.choice(("{{tenant}}", at.world.tenant_id))
    at.check.metadata = [at.world.metadata(other, tenant)]
    at.check.issuers = at.rng.choice(([], [at.world.issuer(other)]))
    at.check.audiences = [at.app.app_id, at.app.uri]
    at.anywhere()


@fault(
    "issuer-not-accepted",
    or_else=(
        "metadata-of-other-tenant",
        "issuer-of-other-tenant",
    ),
)
def _issuer_not_accepted(at: Patient) -> None:
    at.check.metadata = [at.world.metadata(at.app.token_version, guid(at.rng))]
    at.check.issuers = []
    at.anywhere()


@fault("issuer-never-issued", severity="warning")
def _issuer_never_issued(at: Patient) -> None:
    tenant = at.world.tenant_id
    at.check.metadata = [at.world.metadata(at.app.token_version)]
    at.check.issuers = [
        at.rng.choice(
            (
                f"https://sts.windows.net/{tenant}",
                f"https://login.microsoftonline.com/{tenant}/",
                f"https://sts.windows.net/{tenant}/v2.0",
            )
        )
    ]


@fault("issuer-of-other-tenant", severity="warning")
def _issuer_of_other_tenant(at: Patient) -> None:
    at.check.metadata = [at.world.metadata(at.app.token_version)]
    at.check.issuers = [f"https://sts.windows.net/{guid(at.rng)}/"]


@fault("issuer-unchecked", severity="info")
def _issuer_unchecked(at: Patient) -> None:
    at.check.metadata, at.check.issuers = [], []
    at.check.keys = "<key>{{outside-key}}</key>"


@fault("any-tenant-accepted", severity="warning")
def _any_tenant(at: Patient) -> None:
    at.version(2)
    at.check.metadata = [at.world.metadata(2, at.rng.choice(("common", "organizations")))]
    at.check.issuers, at.check.audiences = [], [at.app.app_id]


@fault("issuer-of-other-cloud", severity="warning")
def _issuer_of_other_cloud(at: Patient) -> None:
    at.version(2)
    tenant = at.world.tenant_id
    other = at.one_of("login.microsoftonline.us", "login.partner.microsoftonline.cn")
    at.check.issuers = [f"https://{other}/{tenant}/v2.0"]


@fault("b2c-issuer-form", severity="warning")
def _b2c_issuer_form(at: Patient) -> None:
    tenant, name = at.world.tenant_id, at.world.service
    at.check.metadata = [f"https://{name}.b2clogin.com/{tenant}/v2.0/.well-known/openid-configuration?p=b2c_1_sign_in"]
    at.check.issuers = [
        at.one_of(
            f"https://{name}.b2clogin.com/{tenant}/v2.0",
            f"https://{name}.b2clogin.com/{tenant}/",
            f"https://login.microsoftonline.com/te/{tenant}/b2c_1_sign_in/v2.0/",
        )
    ]
    at.check.audiences, at.check.claims = [at.app.app_id], []
