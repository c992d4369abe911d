"""Whose a host is, and which of the names are private or Azure's."""

import pytest

from apimdoctor.facts.hosts import Hosts, is_azure
from apimdoctor.facts.values import Unknown
from apimdoctor.snapshot import EntraTenant

READ = Hosts((EntraTenant(domains=("contoso.example", "contoso.onmicrosoft.com"), whole=("domains",)),))
HALF = Hosts((EntraTenant(domains=("contoso.example",)),))


@pytest.mark.parametrize(
    ("host", "stands"),
    [
        ("", ""),
        ("contoso.example", "own domain"),
        ("orders.CONTOSO.example", "own domain"),
        ("notcontoso.example", "elsewhere"),
        ("10.2.0.14", "private network"),
        ("127.0.0.1", "private network"),
        ("203.0.114.9", "elsewhere"),
        ("orders", "private network"),
        ("orders.default.svc.cluster.local", "private network"),
        ("orders.azurewebsites.net", "Azure"),
        ("contoso.vault.azure.net", "Azure"),
        ("fakeazurewebsites.net", "elsewhere"),
    ],
)
def test_a_host_stands_where_its_name_says(host: str, stands: str) -> None:
    assert READ.stands(host) == stands


def test_a_host_is_elsewhere_only_when_all_domains_were_read() -> None:
    assert HALF.stands("orders.contoso.example") == "own domain"
    assert isinstance(HALF.stands("rates.fabrikam.example"), Unknown)
    assert isinstance(Hosts().stands("rates.fabrikam.example"), Unknown)


def test_a_host_that_is_not_known_stays_so() -> None:
    because = Unknown("the value of {{host}} is not known")
    assert READ.stands(because) is because


def test_names_that_only_end_alike_are_not_azures() -> None:
    assert is_azure("a.azure.com")
    assert not is_azure("a.notazure.com")
