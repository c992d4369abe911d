"""Planted faults of accepted audiences."""

from __future__ import annotations

from tools.faults.planting import Patient, fault
from tools.tenant_plan import CheckPlan, guid
from tools.tenant_tree import claim


@fault("audience-not-emitted")
def _audience_not_emitted(at: Patient) -> None:
    at.version(2)
    at.check.metadata, at.check.issuers = [at.world.metadata(2)], []
    at.check.audiences = [at.app.uri]
    at.anywhere()


@fault("audience-unchecked")
def _audience_unchecked(at: Patient) -> None:
    at.check.audiences, at.check.claims = [], []
    at.anywhere()


@fault("tenant-only-token-check")
def _tenant_only(at: Patient) -> None:
    at.api.check = CheckPlan(
        element="validate-azure-ad-token", tenant=at.rng.choice(("{{tenant}}", at.world.tenant_id))
    )
    at.anywhere()


@fault("audience-of-microsoft-api")
def _audience_of_microsoft(at: Patient) -> None:
    at.check.audiences = [
        at.rng.choice(
            (
                "https://management.azure.com/",
                "https://management.core.windows.net/",
                "00000003-0000-0000-c000-000000000000",
                "https://vault.azure.net",
            )
        )
    ]


@fault("audience-names-no-app", severity="warning")
def _audience_names_no_app(at: Patient) -> None:
    at.check.audiences = [guid(at.rng)]


@fault("audience-is-object-id")
def _audience_is_object_id(at: Patient) -> None:
    at.check.audiences = [at.rng.choice((at.app.object_id, at.app.principal_id))]


@fault("audience-contradiction")
def _audience_contradiction(at: Patient) -> None:
    pair = [at.app.app_id, at.app.uri]
    at.rng.shuffle(pair)
    at.check.audiences = [pair[0]]
    at.check.claims = [claim("aud", [pair[1]])]


@fault("audience-depends-on-client", severity="warning")
def _audience_depends_on_client(at: Patient) -> None:
    at.version(1)
    at.check.audiences = [at.app.app_id]
    at.anywhere()


@fault("audience-spelling", severity="warning")
def _audience_spelling(at: Patient) -> None:
    version = at.rng.choice((1, 2))
    at.version(version)
    if version == 2:
        # Both spellings of the id: one of them has letters to write in upper case.
        at.check.audiences = [at.app.app_id.upper()]
        return
    at.check.audiences = [
        at.one_of(at.app.uri.replace("api://", "api:/"), at.app.uri.replace("api://", "API://"), f"api:{at.app.app_id}")
    ]


@fault("audience-is-client-app", severity="warning")
def _audience_is_client(at: Patient) -> None:
    client = at.client
    client["spa"] = {"redirectUris": ["https://desk.tenant.example/signed-in"]}
    client["api"]["requestedAccessTokenVersion"] = 2
    at.version(2)
    at.check.audiences, at.check.claims = [client["appId"]], []
