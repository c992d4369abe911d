"""A written issuer is read into its form, its tenant and the clouds it may belong to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimdoctor.entra import issuers
from apimdoctor.entra.issuers import NEVER_ISSUED

TENANT = "cad56191-a9ae-4ced-91ac-9f1a1a4471e6"
UPPER = "CAD56191-A9AE-4CED-91AC-9F1A1A4471E6"
MSA = "9188040d-6c67-4c5b-b112-36a304b66dad"
V1 = f"https://sts.windows.net/{TENANT}/"
V2 = f"https://login.microsoftonline.com/{TENANT}/v2.0"
CIAM = f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0"
B2C = f"https://larkspur.b2clogin.com/{TENANT}/v2.0/"


@pytest.mark.parametrize(
    ("text", "form", "clouds"),
    [
        (V1, "v1 issuer", ("public", "usgov")),
        (V2, "v2 issuer", ("public",)),
        (f"https://login.microsoftonline.us/{TENANT}/v2.0", "v2 issuer", ("usgov",)),
        (f"https://sts.chinacloudapi.cn/{TENANT}/", "v1 issuer", ("china",)),
        (f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0", "v2 issuer", ("china",)),
        (f"https://login.microsoftonline.com/{MSA}/v2.0", "personal accounts", ("public",)),
        (B2C, "b2c", ("public",)),
        (f"https://larkspur.b2clogin.com/tfp/{TENANT}/B2C_1_SignIn/v2.0/", "b2c tfp", ("public",)),
        (f"https://larkspur.b2clogin.cn/{TENANT}/v2.0/", "b2c", ("china",)),
        (CIAM, "external id", ("public",)),
    ],
)
def test_an_issuer_that_tokens_carry_is_known_by_its_form(text: str, form: str, clouds: tuple[str, ...]) -> None:
    read = issuers.read(text)
    assert (read.form, read.clouds, read.issued, read.meant) == (form, clouds, True, "")


@pytest.mark.parametrize(
    ("text", "form", "meant"),
    [
        (f"https://sts.windows.net/{TENANT}", "sts without slash", V1),
        (f"https://sts.chinacloudapi.cn/{TENANT}/v2.0", "sts with v2.0", f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0"),
        (f"https://login.microsoftonline.com/{TENANT}", "login without v2.0", V2),
        (f"https://login.microsoftonline.com/{TENANT}/", "login without v2.0", V2),
        (f"{V2}/", "v2 with slash", V2),
        (f"https://sts.windows.net/{UPPER}/", "letter case", V1),
        (f"https://Login.MicrosoftOnline.com/{TENANT}/v2.0", "letter case", V2),
        (f"http://sts.windows.net/{TENANT}/", "not https", V1),
        (f"https://login.windows.net/{TENANT}/", "older host", V1),
        (f"https://login.microsoftonline.de/{TENANT}/v2.0", "closed cloud", ""),
        ("https://login.microsoftonline.com/larkspur.example/v2.0", "domain instead of tenant id", ""),
        ("https://sts.windows.net/larkspur.onmicrosoft.com/", "domain instead of tenant id", ""),
        ("https://login.microsoftonline.com/common/v2.0", "common instead of tenant id", ""),
        (f"{V2}/.well-known/openid-configuration", "metadata url", ""),
        (f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0", "other path", ""),
        (f"https://sts.windows.net//{TENANT}/", "other path", V1),
        (f"https://sts.windows.net/{MSA}/", "personal accounts in version 1", f"https://login.microsoftonline.com/{MSA}/v2.0"),
        (f"https://larkspur.b2clogin.com/{TENANT}/v2.0", "b2c without slash", B2C),
        (f"https://larkspur.b2clogin.com/{TENANT}/", "b2c without v2.0", B2C),
        ("https://login.microsoftonline.com/te/larkspur.onmicrosoft.com/b2c_1_in/", "b2c older host", ""),
        (f"https://larkspur.ciamlogin.com/{TENANT}/v2.0", "external id under tenant name", CIAM),
        (f"{CIAM}/", "external id with slash", CIAM),
        (f"https://{TENANT}.ciamlogin.com/{TENANT}", "external id without v2.0", CIAM),
    ],
)  # fmt: skip
def test_a_form_that_no_token_carries_says_what_was_meant(text: str, form: str, meant: str) -> None:
    read = issuers.read(text)
    assert (read.form, read.meant, read.issued) == (form, meant, False)
    assert read.form in NEVER_ISSUED


def test_what_a_version_2_path_under_the_sts_host_meant_is_open_between_two_clouds() -> None:
    read = issuers.read(f"https://sts.windows.net/{TENANT}/v2.0")
    assert (read.form, read.clouds, read.meant) == ("sts with v2.0", ("public", "usgov"), "")


def test_a_template_names_no_tenant() -> None:
    read = issuers.read("https://login.microsoftonline.com/{tenantid}/v2.0")
    assert (read.form, read.tenant, read.entra) == ("template", "", True)


def test_another_provider_is_no_issuer_of_entra() -> None:
    read = issuers.read("https://id.larkspur.example/realms/freight")
    assert (read.form, read.entra, read.clouds) == ("other provider", False, ())


@pytest.mark.parametrize("text", ["", "larkspur", "https://", "https://[::1", "//sts.windows.net/x", "\x00"])
def test_a_text_that_is_no_address_is_said_to_be_none(text: str) -> None:
    assert issuers.read(text).form == "no address"


def test_the_tenant_is_read_in_lower_case() -> None:
    assert issuers.read(f"https://sts.windows.net/{UPPER}/").tenant_id == TENANT


STARTS = ("", "https://sts.windows.net/", "https://login.microsoftonline.com/", "https://larkspur.b2clogin.com/tfp/")


@given(st.text(max_size=60), st.sampled_from(STARTS))
def test_no_text_makes_the_reading_fail(text: str, start: str) -> None:
    read = issuers.read(start + text)
    assert read.text == start + text
    assert not (read.issued and read.form in NEVER_ISSUED)


@given(
    st.uuids(version=4), st.sampled_from(["sts.windows.net", "login.microsoftonline.com", "login.microsoftonline.us"])
)
def test_what_was_meant_is_always_issued_itself(tenant: object, host: str) -> None:
    for path in (f"/{tenant}", f"/{tenant}/", f"/{tenant}/v2.0", f"/{tenant}/v2.0/"):
        read = issuers.read(f"https://{host}{path}")
        assert read.issued or not read.meant or issuers.read(read.meant).issued
