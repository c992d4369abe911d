"""What would make a naive reading of Entra ID wrong, one test for each."""

import pytest
from msgspec.structs import replace

from apimdoctor.entra import claims, clouds, issuers, metadata, microsoft
from apimdoctor.entra.audience import Directory, Nothing
from apimdoctor.entra.known import Unsure
from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.entra.tokens import Home, emitted, token_version
from apimdoctor.facts.apps import build_apps
from apimdoctor.facts.values import Unknown, Values, meets
from apimdoctor.facts.vocabulary import App, AppMatch
from apimdoctor.snapshot import (
    AppRegistration,
    AppRole,
    AppRoleAssignment,
    Credential,
    EntraTenant,
    PreAuthorizedClient,
    RedirectUri,
    ServicePrincipal,
    Snapshot,
)

TENANT = "6b0f7d1e-2c94-4a58-b3e7-8f5d1a9c0e42"
PARTNER = "d94c2a7b-5e10-4f83-9a6d-1b7e3f0c8d25"
APP = "3e8a5c1f-7b26-4d90-8c4e-a2f6d0b9e713"
OBJECT = "a7d3f0b8-4e6c-4192-b5d8-0c9e2f7a1b64"
PRINCIPAL = "1c5b9e7d-8f2a-4036-a4c1-e7d0b3f6a958"
CLIENT = "f06d2b9a-3c7e-4851-9e0f-b8a4c5d7e132"
LOGIN = "https://login.microsoftonline.com"
END = "/.well-known/openid-configuration"
V1 = f"https://sts.windows.net/{TENANT}/"
V2 = f"{LOGIN}/{TENANT}/v2.0"

orders = AppRegistration(
    id=OBJECT,
    app_id=APP,
    display_name="Freight Orders",
    sign_in_audience="AzureADMyOrg",
    identifier_uris=("api://freight-orders", "https://orders.larkspur.example"),
    app_roles=(AppRole(id="r1", value="Orders.Import", members=("Application",)),),
)
second = replace(orders, requested_access_token_version=2)
home = Home(tenant=TENANT, cloud=clouds.PUBLIC, kind="workforce")
tenant = EntraTenant(id=TENANT, app_registrations=(orders,), whole=("app_registrations", "service_principals"))


def fact(*app_registrations: AppRegistration, **changes: object) -> App:
    read = replace(tenant, app_registrations=app_registrations or (orders,), **changes)  # type: ignore[arg-type]
    (match,) = build_apps(Snapshot(tenants=(read,), collected_at="2026-03-01T00:00:00Z")).match_audience(APP)
    assert isinstance(match, AppMatch)
    return match.app


def test_null_is_version_1_but_a_version_that_was_not_read_is_unknown() -> None:
    assert token_version(orders) == (1, "")
    version, doubt = token_version(replace(orders, unread=("requested_access_token_version",)))
    assert version is None
    assert "was not read" in doubt


def test_the_registration_of_the_api_decides_not_that_of_a_client_with_a_like_name() -> None:
    client = replace(orders, id=CLIENT, app_id=CLIENT, identifier_uris=(), requested_access_token_version=2)
    (match,) = build_apps(Snapshot(tenants=(replace(tenant, app_registrations=(client, orders)),))).match_audience(
        "api://freight-orders"
    )
    assert isinstance(match, AppMatch)
    assert (match.app.app_id, match.app.token_version) == (APP, 1)


def test_an_object_id_is_recognised_and_is_no_audience() -> None:
    named = build_apps(Snapshot(tenants=(tenant,))).entry_audience(OBJECT)
    assert (named.form, named.names) == ("object id", "Freight Orders")
    assert OBJECT not in emitted(orders, home).audiences.sure


def test_version_1_audiences_are_a_set_of_all_forms_a_client_may_ask_for() -> None:
    assert emitted(orders, home).audiences.sure == (
        APP,
        "api://freight-orders",
        "https://orders.larkspur.example",
        "api://freight-orders/",
        "https://orders.larkspur.example/",
        f"spn:{APP}",
    )


def test_a_policy_that_lists_both_versions_meets_a_registration_of_either() -> None:
    both_issuers, both_audiences = Values(known=(V1, V2)), Values(known=("api://freight-orders", APP))
    for app in (fact(orders), fact(second)):
        assert meets(both_issuers, app.issuers) is True
        assert meets(both_audiences, app.audiences) is True


def test_both_versions_share_their_keys_external_id_and_b2c_do_not() -> None:
    first, later = metadata.read_url(f"{LOGIN}/{TENANT}{END}"), metadata.read_url(f"{LOGIN}/{TENANT}/v2.0{END}")
    external = metadata.read_url(f"https://larkspur.ciamlogin.com/{TENANT}/v2.0{END}")
    b2c = metadata.read_url(f"https://larkspur.b2clogin.com/{TENANT}/B2C_1_in/v2.0{END}")
    assert first.keys == later.keys
    assert len({later.keys, external.keys, b2c.keys}) == 3


def test_the_template_of_tenant_independent_metadata_is_never_compared() -> None:
    read = metadata.read_url(f"{LOGIN}/common/v2.0{END}")
    assert read.issuers.sure == ()
    assert "template" in read.issuers.rest
    assert issuers.read(read.template).issued is False


def test_no_cloud_is_concluded_from_the_host_of_version_1_issuers() -> None:
    assert issuers.read(V1).clouds == ("public", "usgov")
    assert emitted(orders, replace(home, cloud=clouds.USGOV)).issuers.sure == (V1,)


@pytest.mark.parametrize(
    ("text", "issued"),
    [
        (V1, True),
        (V1.rstrip("/"), False),
        (V2, True),
        (f"{V2}/", False),
        (f"https://larkspur.b2clogin.com/{TENANT}/v2.0/", True),
        (f"https://larkspur.b2clogin.com/{TENANT}/v2.0", False),
    ],
)
def test_the_final_slash_of_an_issuer_decides(text: str, issued: bool) -> None:
    assert issuers.read(text).issued is issued


def test_a_domain_is_resolved_before_tenants_are_compared_and_else_unknown() -> None:
    url = f"{LOGIN}/larkspur.example{END}"
    assert metadata.read_url(url, {"larkspur.example": TENANT}).issuers.sure == (V1,)
    unresolved = metadata.read_url(url)
    assert (unresolved.tenant, unresolved.tenant_id, unresolved.issuers.sure) == ("larkspur.example", "", ())
    assert "larkspur.example is not known" in unresolved.issuers.rest


def test_an_upper_case_guid_names_its_app_registration_and_is_in_no_token() -> None:
    (match,) = build_apps(Snapshot(tenants=(tenant,))).match_audience(APP.upper())
    assert isinstance(match, AppMatch)
    assert match.certainty == "certain"
    assert APP.upper() not in emitted(second, home).audiences.sure
    assert issuers.read(V1.upper().replace("HTTPS", "https")).form == "letter case"


def test_what_a_check_of_both_versions_accepts_is_told_whichever_is_in_force() -> None:
    # validate-azure-ad-token takes the issuers of either version.
    for app in (orders, second):
        found = emitted(app, home)
        assert {*found.issuers.sure, *found.issuers_of_other_version.sure} == {V1, V2}


def test_a_key_that_is_not_found_may_come_from_four_wrong_key_sets() -> None:
    addresses = (
        f"{LOGIN}/{TENANT}/v2.0{END}",
        f"https://login.microsoftonline.us/{TENANT}/v2.0{END}",
        f"{LOGIN}/{TENANT}/v2.0{END}?appid={APP}",
        f"https://larkspur.ciamlogin.com/{TENANT}/v2.0{END}",
    )
    assert len({metadata.read_url(url).keys for url in addresses}) == 4


@pytest.mark.parametrize("audience", ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"])
def test_a_graph_token_can_not_be_verified_whatever_the_keys(audience: str) -> None:
    api = microsoft.api_named(audience)
    assert api is not None
    assert api.unverifiable


def test_scopes_are_of_delegated_tokens_only_and_roles_of_both_kinds() -> None:
    assert "scp" in claims.DELEGATED_ONLY
    assert "roles" not in claims.DELEGATED_ONLY
    assert (claims.how_written("scp"), claims.how_written("roles")) == ("spaced string", "list")


def test_who_holds_a_role_is_read_from_the_assignments_of_this_tenant() -> None:
    principal = ServicePrincipal(id=PRINCIPAL, app_id=APP)
    held = AppRoleAssignment(
        id="a", principal_id=CLIENT, principal_name="importer", resource_id=PRINCIPAL, role_id="r1"
    )
    whole = (*tenant.whole, "app_role_assignments")
    app = fact(service_principals=(principal,), app_role_assignments=(held,), whole=whole)
    assert app.roles[0].holders == Values(known=("importer",))
    assert fact().roles[0].holders.rest


def test_assignment_is_required_by_the_service_principal_not_by_the_registration() -> None:
    strict = ServicePrincipal(id=PRINCIPAL, app_id=APP, assignment_required=True)
    assert fact(service_principals=(strict,)).assignment_required is True
    assert isinstance(fact().assignment_required, Unknown)


def test_tokens_of_before_a_version_switch_are_told_too() -> None:
    found = emitted(second, home)
    assert found.issuers_of_other_version.sure == (V1,)
    assert set(found.audiences_of_other_version.sure) >= {APP, "api://freight-orders"}


def test_asking_for_the_keys_of_one_app_is_no_mistake_and_changes_no_issuer() -> None:
    read = metadata.read_url(f"{LOGIN}/{TENANT}/v2.0{END}?appid={APP}")
    assert (read.form, read.issuers.sure, read.app_id) == ("v2", (V2,), APP)
    assert read.form not in metadata.MALFORMED


def test_a_registration_shared_by_a_browser_app_and_an_api_is_recognisable() -> None:
    # Its ID tokens carry the same audience as its access tokens.
    shared = fact(replace(second, redirect_uris=(RedirectUri(uri="https://shop.larkspur.example", kind="spa"),)))
    assert [uri.kind for uri in shared.redirect_uris] == ["spa"]
    assert shared.audiences.known == (shared.app_id,)


def test_the_issuer_that_the_portal_writes_for_easy_auth_still_tells_its_tenant() -> None:
    read = issuers.read(f"https://sts.windows.net/{TENANT}/v2.0")
    assert (read.entra, read.tenant_id) == (True, TENANT)


def test_a_tenant_that_nobody_described_is_not_taken_for_external_id_or_b2c() -> None:
    assert emitted(second, replace(home, kind="")).kind == "workforce"


def test_microsofts_own_service_principals_are_no_apps_of_the_tenant() -> None:
    first_party = ServicePrincipal(
        id=PRINCIPAL,
        app_id=CLIENT,
        display_name="Office 365 Thing",
        owner_tenant="f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    )
    found = Directory((replace(tenant, service_principals=(first_party,)),)).match(CLIENT)
    assert isinstance(found, MicrosoftApi)
    assert found.name == "Office 365 Thing"


@pytest.mark.parametrize("uri", ["urn:freight:orders", "https://elsewhere.example/orders/", "api://anything goes"])
def test_any_identifier_uri_that_exists_is_an_audience_however_odd(uri: str) -> None:
    odd = replace(orders, identifier_uris=(uri,))
    assert uri in emitted(odd, home).audiences.sure
    found = Directory((replace(tenant, app_registrations=(odd,)),)).match(uri)
    assert isinstance(found, tuple)
    assert found[0].certainty == "certain"


def test_a_preauthorized_client_of_microsoft_is_not_dangling() -> None:
    azure_cli = PreAuthorizedClient(app_id="04b07795-8ddb-461a-bbee-02f9e1bf7b46")
    unheard_of = PreAuthorizedClient(app_id=CLIENT)
    app = fact(replace(orders, pre_authorized=(azure_cli, unheard_of)))
    assert [client.found_as for client in app.preauthorized] == ["Microsoft client", "nothing"]
    part = fact(replace(orders, pre_authorized=(unheard_of,)), whole=("app_registrations",))
    assert isinstance(part.preauthorized[0].found_as, Unknown)


def test_of_several_credentials_each_keeps_its_own_end() -> None:
    rolled = (
        Credential(kind="secret", name="old", end="2026-02-01T00:00:00Z"),
        Credential(kind="secret", name="new", end="2026-06-01T00:00:00Z"),
    )
    assert [one.days_left for one in fact(replace(orders, credentials=rolled)).credentials] == [-28, 92]


def test_version_1_written_is_the_same_as_version_1_by_absence() -> None:
    written = emitted(replace(orders, requested_access_token_version=1), home)
    absent = emitted(orders, home)
    assert (written.version, written.issuers, written.audiences) == (absent.version, absent.issuers, absent.audiences)
    assert (written.version_written, absent.version_written) == (True, False)


def test_the_printed_example_with_version_before_tenant_is_wrong() -> None:
    assert metadata.read_url(f"{LOGIN}/v2.0/{TENANT}{END}").form == "swapped"


def test_the_tenants_of_microsoft_are_not_strangers() -> None:
    assert microsoft.is_microsoft_tenant("f8cdef31-a31e-4b4a-93e4-5f571e91255a")
    assert issuers.read(f"{LOGIN}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0").form == "personal accounts"
    assert not microsoft.is_microsoft_tenant(PARTNER)


def test_a_deleted_registration_is_missed_only_where_all_were_read() -> None:
    gone = "api://freight-archive"
    assert isinstance(Directory((tenant,)).match(gone), Nothing)
    assert isinstance(Directory((replace(tenant, whole=()),)).match(gone), Unsure)
