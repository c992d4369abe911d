"""The tokens an app registration gets, by token version, audience of sign-in, tenant kind and cloud."""

import pytest
from msgspec.structs import replace

from apimdoctor.entra import clouds, tokens
from apimdoctor.entra.tokens import Home, emitted, emitted_abroad, for_resource, home_of, token_version
from apimdoctor.snapshot import AppRegistration, EntraTenant, ServicePrincipal

TENANT = "93aba8d8-b494-434b-94a3-cb3963fe8a64"
PARTNER = "b3012311-4714-472f-8f2a-9c3e1ccdbba4"
APP = "662d872b-d9c1-4498-b87c-88cee7d18fba"
MSA = "9188040d-6c67-4c5b-b112-36a304b66dad"
STS = f"https://sts.windows.net/{TENANT}/"
LOGIN = f"https://login.microsoftonline.com/{TENANT}/v2.0"

orders = AppRegistration(
    id="47efe817-a590-443e-8f11-911894d3b52b",
    app_id=APP,
    display_name="Freight Orders",
    sign_in_audience="AzureADMyOrg",
    identifier_uris=("api://freight-orders",),
)
second = replace(orders, requested_access_token_version=2)
home = Home(tenant=TENANT, cloud=clouds.PUBLIC, kind="workforce")


@pytest.mark.parametrize(
    ("cloud", "version", "issuer"),
    [
        ("public", None, STS),
        ("public", 1, STS),
        ("public", 2, LOGIN),
        ("usgov", 1, STS),
        ("usgov", 2, f"https://login.microsoftonline.us/{TENANT}/v2.0"),
        ("china", 1, f"https://sts.chinacloudapi.cn/{TENANT}/"),
        ("china", 2, f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0"),
    ],
)
def test_the_issuer_follows_the_token_version_and_the_cloud(cloud: str, version: int | None, issuer: str) -> None:
    app = replace(orders, requested_access_token_version=version)
    found = emitted(app, replace(home, cloud=clouds.named(cloud)))
    assert (found.issuers.sure, found.issuers.rest) == ((issuer,), "")


def test_the_other_version_is_told_beside_the_one_in_force() -> None:
    found = emitted(second, home)
    assert found.issuers_of_other_version.sure == (STS,)
    assert "api://freight-orders" in found.audiences_of_other_version.sure


def test_version_2_tokens_carry_the_bare_app_id_whatever_is_registered() -> None:
    assert emitted(second, home).audiences.sure == (APP,)


def test_an_upper_case_app_id_stands_in_tokens_in_lower_case() -> None:
    assert emitted(replace(second, app_id=APP.upper()), home).audiences.sure == (APP,)


def test_a_version_1_registration_without_uris_still_gets_its_app_id() -> None:
    assert emitted(replace(orders, identifier_uris=()), home).audiences.sure == (APP, f"spn:{APP}")


def test_the_guid_is_the_only_audience_where_the_optional_claim_asks_for_it() -> None:
    app = replace(orders, optional_access_claims=(("aud", ("use_guid",)),))
    assert emitted(app, home).audiences.sure == (APP,)


def test_unread_identifier_uris_leave_version_1_audiences_open() -> None:
    found = emitted(replace(orders, identifier_uris=(), unread=("identifier_uris",)), home)
    assert APP in found.audiences.sure
    assert "not read" in found.audiences.rest


@pytest.mark.parametrize("audience", ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"])
def test_personal_accounts_force_version_2(audience: str) -> None:
    assert token_version(replace(orders, sign_in_audience=audience)) == (2, "")


def test_personal_accounts_only_have_the_issuer_of_personal_accounts() -> None:
    found = emitted(replace(orders, sign_in_audience="PersonalMicrosoftAccount"), home)
    assert found.issuers.sure == (f"https://login.microsoftonline.com/{MSA}/v2.0",)
    assert (found.issuers_of_other_version.sure, found.issuers_of_other_version.rest) == ((), "")


def test_work_and_personal_accounts_together_have_both_issuers() -> None:
    found = emitted(replace(orders, sign_in_audience="AzureADandPersonalMicrosoftAccount"), home)
    assert found.issuers.sure == (LOGIN, f"https://login.microsoftonline.com/{MSA}/v2.0")


def test_a_multi_tenant_registration_gets_tokens_in_every_tenant_that_is_named() -> None:
    found = emitted(replace(second, sign_in_audience="AzureADMultipleOrgs"), home, (PARTNER, TENANT))
    assert found.issuers.sure == (LOGIN, f"https://login.microsoftonline.com/{PARTNER}/v2.0")


def test_a_single_tenant_registration_gets_tokens_in_its_own_tenant_only() -> None:
    assert emitted(second, home, (PARTNER,)).issuers.sure == (LOGIN,)


def test_a_token_version_that_does_not_exist_is_unknown() -> None:
    version, doubt = token_version(replace(orders, requested_access_token_version=3))
    assert version is None
    assert "3 does not exist" in doubt


def test_a_b2c_registration_gets_its_guid_and_an_issuer_that_the_user_flow_decides() -> None:
    b2c = replace(home, kind="b2c", names=("larkspur",))
    found = emitted(orders, b2c)
    assert (found.kind, found.audiences.sure, found.issuers.sure) == ("b2c", (APP,), ())
    assert f"https://larkspur.b2clogin.com/{TENANT}/v2.0/" in found.issuers.perhaps


def test_external_id_has_the_tenant_id_as_host_label() -> None:
    found = emitted(second, replace(home, kind="external id"))
    assert found.issuers.sure == (f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0",)


def test_version_1_of_external_id_is_left_open() -> None:
    found = emitted(orders, replace(home, kind="external id"))
    assert found.issuers.sure == ()
    assert found.issuers.perhaps == (STS,)


def test_a_tenant_whose_kind_is_in_doubt_leaves_the_issuer_open() -> None:
    found = emitted(second, replace(home, kind="", doubt="it may be an External ID tenant"))
    assert (found.issuers.sure, found.issuers.rest) == ((), "it may be an External ID tenant")


def test_without_a_tenant_id_the_issuer_is_unknown() -> None:
    found = emitted(second, replace(home, tenant=""))
    assert found.issuers.sure == ()
    assert "id of the tenant" in found.issuers.rest


def test_in_a_cloud_that_only_a_file_describes_the_issuer_is_unknown() -> None:
    found = emitted(second, replace(home, cloud=None))
    assert found.issuers.sure == ()
    assert "cloud" in found.issuers.rest


def test_a_described_cloud_issues_by_its_own_templates() -> None:
    own = clouds.Cloud(
        name="lab", issuer_v1="https://sts.lab.example/{tenant}/", issuer_v2="https://login.lab.example/{tenant}/v2.0"
    )
    assert emitted(second, replace(home, cloud=own)).issuers.sure == (f"https://login.lab.example/{TENANT}/v2.0",)


def test_the_closed_german_cloud_issues_nothing_that_is_sure() -> None:
    found = emitted(second, replace(home, cloud=clouds.GERMANY))
    assert found.issuers.sure == ()
    assert "closed" in found.issuers.rest


@pytest.mark.parametrize(
    ("claim", "version", "carried"),
    [
        ("appid", 1, True),
        ("appid", 2, False),
        ("azp", 1, False),
        ("azp", 2, True),
        ("preferred_username", 1, False),
        ("preferred_username", 2, True),
        ("unique_name", 2, False),
        ("upn", 1, True),
        ("upn", 2, False),
        ("scp", 1, True),
        ("scp", 2, True),
        ("roles", 2, True),
        ("idtyp", 2, False),
    ],
)
def test_claims_follow_the_token_version(claim: str, version: int, carried: bool) -> None:
    found = emitted(replace(orders, requested_access_token_version=version), home)
    assert (claim in found.claim_names.sure) is carried


def test_an_optional_claim_is_carried_in_either_version() -> None:
    found = emitted(replace(second, optional_access_claims=(("upn", ()), ("idtyp", ()))), home)
    assert {"upn", "idtyp"} <= set(found.claim_names.sure)


def test_mapped_claims_leave_the_claim_names_open() -> None:
    assert emitted(replace(second, accept_mapped_claims=True), home).claim_names.rest


def test_an_app_registration_of_another_tenant_has_no_known_version() -> None:
    principal = ServicePrincipal(
        id="9c5c195a-5f05-4025-8765-cb08c584ddcf",
        app_id=APP,
        display_name="Partner Rates",
        owner_tenant=PARTNER,
        names=(APP, "api://partner-rates"),
    )
    found = emitted_abroad(principal, home)
    assert (found.version, found.issuers.sure, found.audiences.sure) == (None, (), (APP,))
    assert PARTNER in found.doubt
    assert set(found.issuers.perhaps) == {STS, LOGIN}


def test_a_managed_identity_gets_a_version_1_token_with_the_resource_as_it_asked() -> None:
    found = for_resource("api://freight-orders/.default", 1, orders, home, "")
    assert (found.issuers.sure, found.audiences.sure) == ((STS,), ("api://freight-orders",))


def test_a_managed_identity_gets_a_version_2_token_with_the_app_id() -> None:
    found = for_resource("api://freight-orders", 2, second, home, "")
    assert (found.issuers.sure, found.audiences.sure) == ((LOGIN,), (APP,))


def test_the_name_of_a_tenant_is_its_initial_domain_without_the_ending() -> None:
    tenant = EntraTenant(
        id=TENANT, domains=("larkspur.example", "larkspur.onmicrosoft.com", "mail.larkspur.onmicrosoft.com")
    )
    assert home_of(tenant, clouds.PUBLIC).names == ("larkspur",)


def test_a_home_of_no_told_kind_is_a_workforce_tenant() -> None:
    found = tokens.emitted(second, Home(tenant=TENANT, cloud=clouds.PUBLIC))
    assert (found.kind, found.issuers.sure) == ("workforce", (LOGIN,))
