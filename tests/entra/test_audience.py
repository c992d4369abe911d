"""A string in a policy names an app registration more or less surely, a Microsoft API, nothing, or nobody knows."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from apimdoctor.entra.audience import Directory, Match, Named, Nothing
from apimdoctor.entra.known import Unsure
from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.snapshot import AppRegistration, EntraTenant, PermissionScope, ServicePrincipal
from tests.counted import growth

TENANT = "b185062c-d72d-4393-8b14-dc562730a6eb"
PARTNER = "34e48bf7-b9b2-4999-bd51-e8281a7342fb"
APP = "644d315a-dbbc-400f-87fd-fa353a23fec8"
OBJECT = "5b9e5a4f-2e4d-4c59-8a8e-0a6ff0e8ad3f"
PRINCIPAL = "c0a3a6d8-6a4f-4d0f-9a84-8f6f4f0d9a51"
STRANGER = "7d3a1ed4-21f8-4a53-bb8f-70b5aa5d8e17"

orders = AppRegistration(
    id=OBJECT,
    app_id=APP,
    display_name="Freight Orders",
    identifier_uris=("api://freight-orders", "https://orders.larkspur.example"),
    scopes=(PermissionScope(id="1", value="Orders.Read"),),
)
tenant = EntraTenant(id=TENANT, app_registrations=(orders,), whole=("app_registrations", "service_principals"))


def one(found: Named) -> Match:
    assert isinstance(found, tuple)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("text", "how", "certainty"),
    [
        (APP, "app id", "certain"),
        (APP.upper(), "app id", "certain"),
        (f" {APP}\n", "app id", "certain"),
        (f"spn:{APP}", "app id", "certain"),
        ("api://freight-orders", "identifier uri", "certain"),
        ("api://freight-orders/", "identifier uri", "likely"),
        ("https://Orders.Larkspur.example", "identifier uri", "likely"),
        (f"api://{APP}", "app id", "certain"),
        (f"api://{TENANT}/{APP}", "app id", "likely"),
        (f"api://{APP}/access_as_user", "app id", "likely"),
        ("api://freight-orders/.default", "identifier uri", "likely"),
        ("api://freight-orders/Orders.Read", "identifier uri", "likely"),
        (OBJECT, "object id", "likely"),
        (f"api://{OBJECT}", "object id", "likely"),
    ],
)
def test_an_app_registration_is_named_in_many_ways(text: str, how: str, certainty: str) -> None:
    match = one(Directory((tenant,)).match(text))
    assert (match.app, match.how, match.certainty) == (orders, how, certainty)
    assert bool(match.doubt) is (certainty != "certain")


@pytest.mark.parametrize(
    "text", ["api://freight", "api://freight-orders/Orders.Write", STRANGER, "urn:orders", "", "{", "api://"]
)
def test_what_nobody_is_named_is_nothing_where_everything_was_read(text: str) -> None:
    assert isinstance(Directory((tenant,)).match(text), Nothing)


@pytest.mark.parametrize(
    ("tenants", "because"),
    [
        ((), "no app registrations were read"),
        ((replace(tenant, whole=("service_principals",)),), "may not all be here"),
        ((replace(tenant, whole=("app_registrations",)),), "service principals"),
    ],
)
def test_what_nobody_is_named_is_unknown_where_something_may_be_missing(
    tenants: tuple[EntraTenant, ...], because: str
) -> None:
    found = Directory(tenants).match(STRANGER)
    assert isinstance(found, Unsure)
    assert because in found.because


def test_what_nobody_is_named_is_unknown_when_the_tenant_that_is_meant_was_not_read() -> None:
    found = Directory((tenant,)).match(STRANGER, (PARTNER,))
    assert isinstance(found, Unsure)
    assert PARTNER in found.because


def test_a_tenant_that_is_not_meant_need_not_be_whole() -> None:
    other = EntraTenant(id=PARTNER)
    assert isinstance(Directory((tenant, other)).match(STRANGER, (TENANT,)), Nothing)


def test_the_object_id_of_a_service_principal_leads_to_its_app_registration() -> None:
    principal = ServicePrincipal(id=PRINCIPAL, app_id=APP)
    match = one(Directory((replace(tenant, service_principals=(principal,)),)).match(PRINCIPAL))
    assert (match.app, match.how, match.certainty) == (orders, "object id", "likely")


def test_a_service_principal_alone_names_an_app_of_another_tenant() -> None:
    principal = ServicePrincipal(
        id=PRINCIPAL, app_id=STRANGER, names=(STRANGER, "api://partner-rates"), owner_tenant=PARTNER
    )
    directory = Directory((replace(tenant, service_principals=(principal,)),))
    for text in (STRANGER, "api://partner-rates"):
        match = one(directory.match(text))
        assert (match.app, match.principal, match.certainty) == (None, principal, "certain")


def test_two_registrations_with_one_app_id_are_both_possible() -> None:
    twin = replace(orders, id=PRINCIPAL, display_name="Freight Orders again")
    found = Directory((replace(tenant, app_registrations=(orders, twin)),)).match(APP)
    assert isinstance(found, tuple)
    assert [match.certainty for match in found] == ["possible", "possible"]


def test_of_two_tenants_with_one_uri_the_one_that_is_meant_is_certain() -> None:
    theirs = EntraTenant(
        id=PARTNER, app_registrations=(replace(orders, app_id=STRANGER, id=PRINCIPAL),), whole=tenant.whole
    )
    directory = Directory((tenant, theirs))
    assert one(directory.match("api://freight-orders", (PARTNER,))).tenant is theirs
    both = directory.match("api://freight-orders")
    assert isinstance(both, tuple)
    assert {match.certainty for match in both} == {"possible"}


def test_a_uri_found_in_another_tenant_than_the_one_meant_is_only_possible() -> None:
    match = one(Directory((tenant,)).match("api://freight-orders", (PARTNER,)))
    assert match.certainty == "possible"
    assert PARTNER in match.doubt


def test_an_app_id_is_unique_in_all_tenants() -> None:
    assert one(Directory((tenant,)).match(APP, (PARTNER,))).certainty == "certain"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
        ("https://graph.microsoft.com/", "Microsoft Graph"),
        ("https://management.azure.com", "Azure Resource Manager"),
        ("https://management.core.windows.net/", "Azure Resource Manager"),
        ("https://vault.azure.net/.default", "Azure Key Vault"),
        ("https://cognitiveservices.azure.com", "Azure Cognitive Services"),
        ("https://ai.azure.com", "Azure Machine Learning"),
        ("499b84ac-1321-427f-aa17-267ca6975798", "Azure DevOps"),
        ("api://AzureADTokenExchange", "Entra token exchange"),
        ("https://larkspur.sharepoint.com", "SharePoint Online"),
    ],
)
def test_an_api_of_microsoft_is_known_without_any_tenant(text: str, name: str) -> None:
    found = Directory(()).match(text)
    assert isinstance(found, MicrosoftApi)
    assert found.name == name


@pytest.mark.parametrize(
    ("text", "host", "served"),
    [
        ("https://cognitiveservices.azure.com", "larkspur.openai.azure.com", True),
        ("https://management.azure.com/", "management.azure.com", True),
        ("https://management.azure.com/", "orders.larkspur.example", False),
        ("https://vault.azure.net", "larkspur-keys.vault.azure.net", True),
        ("https://vault.azure.net", "vault.azure.net.larkspur.example", False),
    ],
)
def test_an_api_of_microsoft_knows_the_hosts_that_take_its_tokens(text: str, host: str, served: bool) -> None:
    found = Directory(()).match(text)
    assert isinstance(found, MicrosoftApi)
    assert found.serves(host) is served


def test_a_client_is_named_by_its_app_id_only() -> None:
    directory = Directory((tenant,))
    assert one(directory.client(APP)).app is orders
    assert isinstance(directory.client("api://freight-orders"), Nothing)


def test_a_client_of_microsoft_needs_no_registration() -> None:
    found = Directory(()).client("04b07795-8ddb-461a-bbee-02f9e1bf7b46")
    assert isinstance(found, MicrosoftApi)
    assert found.name == "Azure CLI"


def registered(count: int) -> EntraTenant:
    many = tuple(
        AppRegistration(
            id=f"{n:08x}-0000-4000-8000-000000000000",
            app_id=f"{n:08x}-1111-4111-8111-111111111111",
            identifier_uris=(f"api://{n:08x}-1111-4111-8111-111111111111", f"https://n{n}.larkspur.example"),
        )
        for n in range(count)
    )
    return replace(tenant, app_registrations=many)


def test_app_registrations_are_indexed_by_work_in_proportion() -> None:
    def indexed(count: int) -> Callable[[], object]:
        one_tenant = registered(count)
        return lambda: Directory((one_tenant,))

    assert growth(indexed, 500, times=4) < 4.5


def test_an_audience_is_found_by_as_much_work_however_many_app_registrations_there_are() -> None:
    def asked(count: int) -> Callable[[], object]:
        directory = Directory((registered(count),))
        return lambda: directory.match("https://n99.larkspur.example")

    assert growth(asked, 500, times=4) == 1
    among = registered(2000)
    found = one(Directory((among,)).match("https://n1999.larkspur.example"))
    assert found.app is among.app_registrations[1999]
