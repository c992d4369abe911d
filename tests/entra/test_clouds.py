"""Each cloud has its own hosts, and one host that two clouds share."""

import pytest

from apimdoctor.entra import clouds

TENANT = "5467c335-f72d-4599-a22e-fc2e92430d3a"


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("public", f"https://sts.windows.net/{TENANT}/", f"https://login.microsoftonline.com/{TENANT}/v2.0"),
        ("usgov", f"https://sts.windows.net/{TENANT}/", f"https://login.microsoftonline.us/{TENANT}/v2.0"),
        ("china", f"https://sts.chinacloudapi.cn/{TENANT}/", f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0"),
        ("germany", f"https://sts.microsoftonline.de/{TENANT}/", f"https://login.microsoftonline.de/{TENANT}/v2.0"),
    ],
)
def test_a_cloud_knows_the_issuers_of_both_token_versions(name: str, first: str, second: str) -> None:
    cloud = clouds.named(name)
    assert cloud is not None
    assert (cloud.issuer(1, TENANT), cloud.issuer(2, TENANT)) == (first, second)


def test_the_version_1_issuer_host_of_the_public_cloud_is_that_of_us_government_too() -> None:
    assert [cloud.name for cloud in clouds.of_issuer_host("sts.windows.net")] == ["public", "usgov"]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("login.windows.net", "public"),
        ("LOGIN.microsoft.com", "public"),
        ("login.usgovcloudapi.net", "usgov"),
        ("login.chinacloudapi.cn", "china"),
    ],
)
def test_an_older_name_of_a_sign_in_host_belongs_to_its_cloud_and_is_deprecated(host: str, name: str) -> None:
    cloud = clouds.of_login_host(host)
    assert cloud is not None
    assert cloud.name == name
    assert clouds.is_deprecated(host)


@pytest.mark.parametrize("host", ["login.larkspur.example", "notb2clogin.com", "windows.net", ""])
def test_a_host_of_no_cloud_belongs_to_none(host: str) -> None:
    assert clouds.of_login_host(host) is None
    assert clouds.of_b2c_host(host) is None
    assert clouds.of_external_id_host(host) is None
    assert clouds.of_issuer_host(host) == ()


def test_a_cloud_that_only_a_file_describes_is_not_known_by_name() -> None:
    assert clouds.named("embedded") is None
