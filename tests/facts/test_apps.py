"""App registrations become facts when something names them, with what Entra ID issues for them and who holds what."""

import pytest
from msgspec.structs import replace

from apimdoctor.facts.apps import Apps, build_apps
from apimdoctor.facts.values import Unknown, meets
from apimdoctor.facts.vocabulary import App, AppMatch
from apimdoctor.snapshot import (
    Api,
    AppRegistration,
    AppRole,
    AppRoleAssignment,
    Contents,
    Credential,
    DelegatedGrant,
    DescribedCloud,
    EntraTenant,
    NamedValue,
    OpenIdMetadata,
    PermissionScope,
    PolicyText,
    PreAuthorizedClient,
    Service,
    ServicePrincipal,
    Snapshot,
)

TENANT = "e7c9f0b3-4a53-4c1e-9d0e-6a1b7f7f2c35"
PARTNER = "2f4f8a0c-7b0e-4a0b-8d6e-3d9c5a1e7b42"
APP = "0d6f3d0e-93a7-4f5c-8a35-3f0e2c1b9a77"
OBJECT = "8a7f1c52-5e0b-4c83-b1a4-9c0d3e6f2a18"
API_PRINCIPAL = "b6e2d9a4-1f3c-4e7a-9b58-7c0a4d2e6f91"
CLIENT = "4c1a7e93-0b6d-4f28-8e5c-d2f9a3b7c610"
CLIENT_PRINCIPAL = "f3b8c2d1-6a9e-4075-a1d4-5e7c9b0f8a26"
ROLE = "91d4e7a2-3c5b-4f60-8e1d-a7b9c0d2f384"
SCOPE = "5a0c8e1f-7d2b-4936-b4f5-c1e8d7a9036b"
STS = f"https://sts.windows.net/{TENANT}/"
LOGIN = f"https://login.microsoftonline.com/{TENANT}/v2.0"

orders = AppRegistration(
    id=OBJECT,
    app_id=APP,
    display_name="Freight Orders",
    sign_in_audience="AzureADMyOrg",
    requested_access_token_version=2,
    identifier_uris=("api://freight-orders",),
    scopes=(
        PermissionScope(id=SCOPE, value="Orders.Read"),
        PermissionScope(id="c", value="Orders.Old", enabled=False),
    ),
    app_roles=(AppRole(id=ROLE, value="Orders.Import", members=("Application",)),),
    pre_authorized=(PreAuthorizedClient(app_id=CLIENT, scope_ids=(SCOPE,)),),
    credentials=(Credential(kind="secret", name="pipeline", end="2026-03-11T00:00:00.0000000Z"),),
)
api_principal = ServicePrincipal(
    id=API_PRINCIPAL, app_id=APP, display_name="Freight Orders", assignment_required=True, app_roles=orders.app_roles
)
importer = ServicePrincipal(
    id=CLIENT_PRINCIPAL, app_id=CLIENT, display_name="gateway", kind="ManagedIdentity", enabled=True
)
assignment = AppRoleAssignment(
    id="a1", principal_id=CLIENT_PRINCIPAL, principal_kind="ServicePrincipal", principal_name="gateway",
    resource_id=API_PRINCIPAL, role_id=ROLE,
)  # fmt: skip
WHOLE = ("app_registrations", "service_principals", "app_role_assignments", "delegated_grants", "domains")
tenant = EntraTenant(
    id=TENANT,
    domains=("larkspur.example",),
    app_registrations=(orders,),
    service_principals=(api_principal, importer),
    app_role_assignments=(assignment,),
    whole=WHOLE,
)
snapshot = Snapshot(collected_at="2026-03-01T12:00:00Z", tenants=(tenant,))


def with_policy(text: str, *tenants: EntraTenant) -> Snapshot:
    contents = Contents(apis=(Api(name="orders", policy=PolicyText(text=text)),))
    return replace(
        snapshot, services=(Service(id="file:apim", name="apim", contents=contents),), tenants=tenants or (tenant,)
    )


def matched(apps: Apps, text: str, *tenants: str) -> AppMatch:
    (match,) = apps.match_audience(text, tenants)
    assert isinstance(match, AppMatch)
    return match


def fact(read: Snapshot = snapshot) -> App:
    return matched(build_apps(read), APP).app


def test_an_audience_leads_to_the_tokens_of_its_app_registration() -> None:
    match = matched(build_apps(snapshot), "api://freight-orders")
    assert (match.certainty, match.named_by, match.doubt) == ("certain", "api://freight-orders", "")
    assert match.app.token_version == 2
    assert match.app.issuers.known == (LOGIN,)
    assert match.app.issuers_of_other_version.known == (STS,)
    assert match.app.audiences.known == (APP,)


def test_an_app_registration_is_one_fact_however_often_it_is_named() -> None:
    apps = build_apps(snapshot)
    assert matched(apps, APP).app is matched(apps, "api://freight-orders").app
    assert apps.matched() == apps.all()


def test_an_app_registration_that_nothing_names_is_not_among_the_matched() -> None:
    apps = build_apps(snapshot)
    assert apps.matched() == ()
    assert [app.display_name for app in apps.all()] == ["Freight Orders"]


def test_a_microsoft_api_names_no_app_registration() -> None:
    apps = build_apps(snapshot)
    assert apps.match_audience("https://management.azure.com/") == ()
    named = apps.entry_audience("https://management.azure.com/")
    assert (named.form, named.found_as, named.names) == ("Microsoft API", "Microsoft API", "Azure Resource Manager")


def test_an_audience_that_names_nothing_is_an_unknown_match_and_a_known_entry() -> None:
    apps = build_apps(snapshot)
    (match,) = apps.match_audience("api://missing")
    assert isinstance(match, Unknown)
    named = apps.entry_audience("api://missing")
    assert (named.form, named.found_as, named.names) == ("identifier uri", "nothing", "")


def test_an_audience_that_names_nothing_in_part_of_a_tenant_is_unknown_all_over() -> None:
    part = replace(tenant, whole=())
    named = build_apps(replace(snapshot, tenants=(part,))).entry_audience("9e2d7b4c-1a6f-4c38-8b05-e4f7d1c9a263")
    assert isinstance(named.form, Unknown)
    assert isinstance(named.found_as, Unknown)


@pytest.mark.parametrize("text", [OBJECT, API_PRINCIPAL])
def test_an_object_id_is_told_from_an_app_id(text: str) -> None:
    named = build_apps(snapshot).entry_audience(text)
    assert (named.form, named.found_as, named.names) == ("object id", "app registration", "Freight Orders")


def test_a_client_id_may_name_a_managed_identity() -> None:
    named = build_apps(snapshot).entry_client(CLIENT)
    assert (named.form, named.found_as, named.names) == ("app id", "service principal", "gateway")


def test_a_managed_identity_is_never_what_tokens_are_for() -> None:
    (match,) = build_apps(snapshot).match_audience(CLIENT)
    assert isinstance(match, Unknown)
    assert "managed identity" in match.because


def test_roles_tell_who_holds_them() -> None:
    (role,) = fact().roles
    assert (role.value, role.for_applications, role.for_users) == ("Orders.Import", True, False)
    assert (role.holders.known, role.holders.rest) == (("gateway",), "")


def test_holders_are_open_when_assignments_may_be_missing() -> None:
    part = replace(tenant, app_role_assignments=(), whole=("app_registrations", "service_principals"))
    (role,) = fact(replace(snapshot, tenants=(part,))).roles
    assert role.holders.known == ()
    assert role.holders.rest


def test_disabled_scopes_are_listed_and_not_offered() -> None:
    app = fact()
    assert [scope.value for scope in app.scopes] == ["Orders.Read", "Orders.Old"]
    assert app.scope_values.known == ("Orders.Read",)


def test_a_preauthorized_client_is_looked_up_and_its_scopes_are_named() -> None:
    (client,) = fact().preauthorized
    assert (client.found_as, client.scope_values.known) == ("service principal", ("Orders.Read",))


def test_the_kinds_of_granted_clients_come_from_assignments_and_consents() -> None:
    assert fact().granted_to.known == ("application",)
    grant = DelegatedGrant(id="g1", client_id=CLIENT_PRINCIPAL, resource_id=API_PRINCIPAL, scopes=("Orders.Read",))
    consented = replace(tenant, delegated_grants=(grant,))
    apps = build_apps(replace(snapshot, tenants=(consented,)))
    assert set(matched(apps, APP).app.granted_to.known) == {"application", "user"}
    (found,) = apps.grants()
    assert (found.client.display_name, found.resource.app_id, found.scope_values.known) == (
        "gateway",
        APP,
        ("Orders.Read",),
    )


def test_a_service_principal_tells_the_roles_it_holds() -> None:
    held = {one.display_name: one.role_values.known for one in build_apps(snapshot).service_principals()}
    assert held["gateway"] == ("Freight Orders/Orders.Import",)


def test_credentials_count_days_from_when_the_snapshot_was_taken() -> None:
    (secret,) = fact().credentials
    assert (secret.kind, secret.days_left) == ("secret", 9)


def test_without_a_time_of_collection_no_days_are_counted() -> None:
    (secret,) = fact(replace(snapshot, collected_at="")).credentials
    assert isinstance(secret.days_left, Unknown)


def test_an_app_registration_of_another_tenant_has_no_known_version() -> None:
    rates = ServicePrincipal(
        id="x1", app_id=PARTNER, display_name="Partner Rates", owner_tenant=PARTNER, names=("api://rates",)
    )
    apps = build_apps(replace(snapshot, tenants=(replace(tenant, service_principals=(rates,)),)))
    app = matched(apps, "api://rates").app
    assert isinstance(app.token_version, Unknown)
    assert (app.tenant_id, app.issuers.known, app.display_name) == (PARTNER, (), "Partner Rates")


def test_a_multi_tenant_registration_gets_tokens_in_tenants_that_a_policy_names() -> None:
    open_to_all = replace(tenant, app_registrations=(replace(orders, sign_in_audience="AzureADMultipleOrgs"),))
    text = f'<validate-azure-ad-token tenant-id="{PARTNER}" />'
    app = fact(with_policy(text, open_to_all))
    assert set(app.issuers.known) == {LOGIN, f"https://login.microsoftonline.com/{PARTNER}/v2.0"}


def test_a_tenant_may_be_named_in_a_named_value() -> None:
    named_value = NamedValue(name="partner-tenant", display_name="partner-tenant", value=PARTNER)
    service = Service(id="file:apim", name="apim", contents=Contents(named_values=(named_value,)))
    assert PARTNER in build_apps(replace(snapshot, services=(service,))).tenancy.named


def test_the_owner_of_its_service_principals_tells_the_tenant_of_files_without_one() -> None:
    owned = replace(tenant, id="", service_principals=(replace(api_principal, owner_tenant=TENANT),))
    match = matched(build_apps(replace(snapshot, tenants=(owned,))), APP)
    assert (match.app.tenant_id, match.app.issuers.known, match.certainty) == (TENANT, (LOGIN,), "certain")


def test_the_only_tenant_that_policies_name_is_taken_with_a_doubt() -> None:
    text = f"<issuer>https://sts.windows.net/{TENANT}/</issuer>"
    match = matched(build_apps(with_policy(text, replace(tenant, id=""))), APP)
    assert (match.app.issuers.known, match.certainty) == ((LOGIN,), "likely")
    assert TENANT in match.doubt


def test_among_several_named_tenants_none_is_taken() -> None:
    text = f"<issuer>https://sts.windows.net/{TENANT}/</issuer><issuer>https://sts.windows.net/{PARTNER}/</issuer>"
    app = matched(build_apps(with_policy(text, replace(tenant, id=""))), APP).app
    assert (app.issuers.known, app.tenant_id) == ((), "")
    assert app.issuers.rest


def test_policies_that_ask_external_id_hosts_leave_a_tenant_of_untold_kind_open() -> None:
    text = f'<openid-config url="https://{TENANT}.ciamlogin.com/{TENANT}/v2.0/.well-known/openid-configuration" />'
    app = fact(with_policy(text))
    assert app.issuers.known == ()
    assert "External ID" in app.issuers.rest


def test_a_managed_identity_gets_a_token_of_its_own_tenant_for_an_app_registration() -> None:
    token = build_apps(snapshot).emitted_for_identity("api://freight-orders", TENANT)
    assert token.resource_is == "app registration"
    assert (token.issuers.known, token.audiences.known) == ((LOGIN,), (APP,))


def test_a_managed_identity_gets_version_1_tokens_for_azure_services() -> None:
    token = build_apps(snapshot).emitted_for_identity("https://vault.azure.net", TENANT)
    assert token.resource_is == "Azure service"
    assert (token.issuers.known, token.audiences.known, token.apps) == ((STS,), ("https://vault.azure.net",), ())


def test_a_managed_identity_of_an_unknown_tenant_gets_an_unknown_issuer_for_azure_services() -> None:
    token = build_apps(snapshot).emitted_for_identity("https://vault.azure.net", "")
    assert token.issuers.known == ()
    assert token.audiences.known == ("https://vault.azure.net",)


def test_a_resource_that_nobody_is_named_is_nothing_found() -> None:
    token = build_apps(snapshot).emitted_for_identity("api://missing", TENANT)
    assert token.resource_is == "nothing found"
    assert isinstance(meets(token.issuers, token.issuers), Unknown)


def test_a_resource_that_may_not_have_been_read_is_unknown() -> None:
    part = replace(snapshot, tenants=(replace(tenant, whole=()),))
    assert isinstance(build_apps(part).emitted_for_identity("api://missing", TENANT).resource_is, Unknown)


def test_metadata_that_was_fetched_wins_over_what_is_documented() -> None:
    url = "https://login.microsoftonline.com/larkspur.onmicrosoft.com/v2.0/.well-known/openid-configuration"
    fetched = replace(snapshot, metadata=(OpenIdMetadata(url=url, issuer=LOGIN),))
    assert build_apps(snapshot).read_metadata(url).issuers.sure == ()
    assert build_apps(fetched).read_metadata(url).issuers.sure == (LOGIN,)


def test_a_verified_domain_in_a_metadata_address_is_resolved() -> None:
    url = "https://login.microsoftonline.com/larkspur.example/v2.0/.well-known/openid-configuration"
    read = build_apps(snapshot).read_metadata(url)
    assert (read.tenant_id, read.issuers.sure) == (TENANT, (LOGIN,))


def test_metadata_asked_of_another_cloud_than_the_tenants_is_unknown() -> None:
    abroad = replace(snapshot, tenants=(replace(tenant, cloud="china"),))
    url = f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"
    read = build_apps(abroad).read_metadata(url)
    assert read.issuers.sure == ()
    assert "china" in read.issuers.rest


def test_the_client_id_of_a_managed_identity_is_found_by_its_principal() -> None:
    apps = build_apps(snapshot)
    assert apps.client_id_of(CLIENT_PRINCIPAL.upper()) == CLIENT
    assert isinstance(apps.client_id_of(PARTNER), Unknown)


@pytest.mark.parametrize(
    ("text", "tenant_id"),
    [("larkspur.example", TENANT), (TENANT.upper(), TENANT), ("common", ""), ("organizations", "")],
)
def test_a_tenant_is_found_by_domain_and_by_id(text: str, tenant_id: str) -> None:
    assert build_apps(snapshot).tenant_of(text) == tenant_id


def test_a_domain_that_no_read_tenant_has_is_unknown() -> None:
    assert isinstance(build_apps(snapshot).tenant_of("partner.example"), Unknown)


def test_an_issuer_with_a_known_domain_tells_its_tenant() -> None:
    read = build_apps(snapshot).read_issuer("https://login.microsoftonline.com/larkspur.example/v2.0")
    assert (read.form, read.tenant_id) == ("domain instead of tenant id", TENANT)


def test_tenants_are_told_with_their_domains() -> None:
    (found,) = build_apps(snapshot).tenants
    assert (found.id, found.kind, found.cloud, found.domains.known) == (TENANT, "", "public", ("larkspur.example",))


def test_a_client_id_among_the_named_values_is_not_taken_for_the_tenant() -> None:
    named = (
        NamedValue(name="tenant-id", display_name="tenant-id", value=TENANT),
        NamedValue(name="client", display_name="client", value=PARTNER),
    )
    service = Service(id="file:apim", name="apim", contents=Contents(named_values=named))
    match = matched(build_apps(replace(snapshot, services=(service,), tenants=(replace(tenant, id=""),))), APP)
    assert (match.app.tenant_id, match.certainty) == (TENANT, "likely")


def test_a_registration_whose_audience_of_sign_in_was_not_read_may_get_tokens_in_other_tenants() -> None:
    untold = replace(tenant, app_registrations=(replace(orders, sign_in_audience="", unread=("sign_in_audience",)),))
    assert fact(replace(snapshot, tenants=(untold,))).issuers.rest == ""
    text = f"<issuer>https://login.microsoftonline.com/{PARTNER}/v2.0</issuer>"
    app = fact(with_policy(text, untold))
    assert app.issuers.known == (LOGIN,)
    assert "was not read" in app.issuers.rest


def test_a_host_with_the_tenants_name_asked_for_its_id_leaves_the_kind_open_too() -> None:
    text = f'<openid-config url="https://larkspurcare.ciamlogin.com/{TENANT}/v2.0/.well-known/openid-configuration" />'
    assert "External ID" in fact(with_policy(text)).issuers.rest


def test_a_tenant_that_is_described_as_workforce_stays_one_whatever_policies_ask() -> None:
    text = f'<openid-config url="https://{TENANT}.ciamlogin.com/{TENANT}/v2.0/.well-known/openid-configuration" />'
    assert fact(with_policy(text, replace(tenant, kind="workforce"))).issuers.known == (LOGIN,)


def test_an_api_of_microsoft_that_only_its_service_principal_tells_has_no_known_hosts() -> None:
    own = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
    first_party = ServicePrincipal(id="m1", app_id=PARTNER, display_name="Office Thing", owner_tenant=own)
    api = build_apps(replace(snapshot, tenants=(replace(tenant, service_principals=(first_party,)),))).microsoft_api(
        PARTNER
    )
    assert api is not None
    assert (api.name, api.hosts) == ("Office Thing", ())


LAB = DescribedCloud(
    name="lab", issuer_v1="https://sts.lab.example/{tenant}/", issuer_v2="https://login.lab.example/{tenant}/v2.0"
)
LAB_LOGIN = f"https://login.lab.example/{TENANT}/v2.0"


def in_lab(cloud: DescribedCloud = LAB) -> Apps:
    return build_apps(replace(snapshot, cloud="lab", clouds=(cloud,), tenants=(replace(tenant, cloud="lab"),)))


def test_a_cloud_file_says_the_issuers_of_its_tenants_app_registrations() -> None:
    app = matched(in_lab(), APP).app
    assert app.issuers.known == (LAB_LOGIN,)
    assert app.issuers_of_other_version.known == (f"https://sts.lab.example/{TENANT}/",)


def test_an_issuer_that_a_cloud_file_does_not_say_is_unknown_and_never_the_public_one() -> None:
    app = matched(in_lab(replace(LAB, issuer_v2="")), APP).app
    assert app.issuers.known == ()
    assert "does not say the issuer of version 2" in app.issuers.rest


def test_metadata_and_issuers_of_a_described_cloud_are_read_as_those_of_entra_id() -> None:
    apps = in_lab()
    read = apps.read_metadata(f"{LAB_LOGIN}/.well-known/openid-configuration")
    assert (read.form, read.cloud, read.issuers.sure) == ("v2", "lab", (LAB_LOGIN,))
    assert apps.read_issuer(LAB_LOGIN).form == "v2 issuer"
    assert apps.read_issuer(f"https://sts.lab.example/{TENANT}").form == "sts without slash"
    assert build_apps(snapshot).read_issuer(LAB_LOGIN).form == "other provider"
