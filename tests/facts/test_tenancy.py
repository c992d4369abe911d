"""Which cloud a tenant of files is of: its initial domain tells it, else nobody does where policies ask another one."""

import json

import pytest

from apimdoctor.facts.vocabulary import AppMatch
from tests.facts.house import TENANT, House, only_check


def issuers(host: str, domain: str, segment: str = TENANT) -> tuple[tuple[str, ...], str]:
    """What the tokens for the app registration carry, surely and why perhaps more, for a check of that host's metadata."""
    house = House().app()
    house.tree.named_value("tenant", TENANT)
    organization = {"id": TENANT, "tenantType": "AAD", "verifiedDomains": [{"name": domain}]}
    house.tree.files["entra/organization.json"] = json.dumps(organization).encode()
    house.api(
        f'<base /><validate-jwt header-name="Authorization"><openid-config url="https://{host}/{segment}/v2.0/'
        f'.well-known/openid-configuration" /><audiences><audience>api://ledger</audience></audiences></validate-jwt>'
    )
    (match,) = only_check(house.facts()).apps
    assert isinstance(match, AppMatch)
    return match.app.issuers.known, match.app.issuers.rest


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("alder.onmicrosoft.us", "login.microsoftonline.us"),
        ("alder.partner.onmschina.cn", "login.partner.microsoftonline.cn"),
    ],
)
def test_the_initial_domain_tells_a_national_cloud(domain: str, host: str) -> None:
    assert issuers("login.microsoftonline.com", domain) == ((f"https://{host}/{TENANT}/v2.0",), "")


@pytest.mark.parametrize("segment", [TENANT, "alder.onmicrosoft.com", "{{tenant}}"])
def test_the_cloud_is_open_where_policies_ask_another_one_for_the_tenant(segment: str) -> None:
    """Older tenants of US Government have an initial domain as those of the public cloud."""
    known, rest = issuers("login.microsoftonline.us", "alder.onmicrosoft.com", segment)
    assert known == ()
    assert rest == "policies ask login.microsoftonline.us, and nothing that was read says which cloud the tenant is of"


def test_the_metadata_of_another_tenant_says_nothing_of_the_cloud() -> None:
    known, rest = issuers("login.microsoftonline.us", "alder.example", "2f8c61d0-95b3-4e7a-8d14-c70e5b92f3a6")
    assert (known, rest) == ((f"https://login.microsoftonline.com/{TENANT}/v2.0",), "")
