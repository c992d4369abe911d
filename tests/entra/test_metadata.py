"""A metadata address tells which issuer and keys its document has, or why that cannot be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimdoctor.entra import metadata
from apimdoctor.entra.metadata import MALFORMED, read_url

TENANT = "f11d42e8-1c54-4b23-a6af-54503f175a37"
APP = "b4a71232-949f-406e-81e7-acc7db47899d"
END = "/.well-known/openid-configuration"
LOGIN = "https://login.microsoftonline.com"
V1 = f"https://sts.windows.net/{TENANT}/"
V2 = f"{LOGIN}/{TENANT}/v2.0"


@pytest.mark.parametrize(
    ("url", "form", "issuer"),
    [
        (f"{LOGIN}/{TENANT}{END}", "v1", V1),
        (f"{LOGIN}/{TENANT}/v2.0{END}", "v2", V2),
        (f"{LOGIN}/{TENANT.upper()}/v2.0{END}", "v2", V2),
        (f"https://login.windows.net/{TENANT}{END}", "v1", V1),
        (f"https://sts.windows.net/{TENANT}{END}", "v1", V1),
        (f"https://login.microsoftonline.us/{TENANT}{END}", "v1", V1),
        (f"https://login.microsoftonline.us/{TENANT}/v2.0{END}", "v2", f"https://login.microsoftonline.us/{TENANT}/v2.0"),
        (f"https://login.partner.microsoftonline.cn/{TENANT}{END}", "v1", f"https://sts.chinacloudapi.cn/{TENANT}/"),
        (f"{LOGIN}/consumers/v2.0{END}", "consumers", f"{LOGIN}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        (f"https://larkspur.ciamlogin.com/{TENANT}/v2.0{END}", "external id", f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0"),
        (f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0{END}", "external id", f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0"),
    ],
)  # fmt: skip
def test_the_issuer_of_a_documented_address_is_known(url: str, form: str, issuer: str) -> None:
    read = read_url(url)
    assert (read.form, read.issuers.sure, read.issuers.rest) == (form, (issuer,), "")


@pytest.mark.parametrize(
    ("url", "form"),
    [
        (f"{LOGIN}/v2.0/{TENANT}{END}", "swapped"),
        (f"{LOGIN}/{TENANT}/oauth2/v2.0{END}", "misplaced v2.0"),
        (f"{LOGIN}/{TENANT}{END}/v2.0", "misplaced v2.0"),
        (f"{LOGIN}/{TENANT}{END}/", "slash after suffix"),
        (f"{LOGIN}/{TENANT}/v2.0", "no well-known suffix"),
        (f"{LOGIN}/{TENANT}/v2.0/", "no well-known suffix"),
        (f"{LOGIN}{END}", "no tenant"),
        (f"{LOGIN}/v2.0{END}", "no tenant"),
        (f"https://larkspur.ciamlogin.com/v2.0{END}", "no tenant"),
        (f"https://larkspur.ciamlogin.com/v2.0/{TENANT}{END}", "swapped"),
        (f"https://larkspur.b2clogin.com/larkspur.onmicrosoft.com/v2.0{END}", "b2c without flow"),
        ("openid", "no address"),
    ],
)
def test_an_address_of_no_documented_shape_states_no_issuer(url: str, form: str) -> None:
    read = read_url(url)
    assert (read.form, read.issuers.sure) == (form, ())
    assert read.form in MALFORMED
    assert read.issuers.rest


@pytest.mark.parametrize("word", ["common", "organizations"])
def test_tenant_independent_metadata_states_a_template_only(word: str) -> None:
    read = read_url(f"{LOGIN}/{word}/v2.0{END}")
    assert (read.form, read.any_tenant, read.issuers.sure) == (word, True, ())
    assert read.template == f"{LOGIN}/{{tenantid}}/v2.0"


def test_a_b2c_address_names_its_flow_and_leaves_the_issuer_to_a_setting_of_it() -> None:
    for url in (
        f"https://larkspur.b2clogin.com/{TENANT}/B2C_1_signin/v2.0{END}",
        f"https://larkspur.b2clogin.com/tfp/{TENANT}/B2C_1_signin/v2.0{END}",
        f"https://larkspur.b2clogin.com/{TENANT}/v2.0{END}?p=B2C_1_signin",
    ):
        read = read_url(url)
        assert (read.form, read.flow, read.issuers.sure) == ("b2c", "B2C_1_signin", ())
        assert f"https://larkspur.b2clogin.com/{TENANT}/v2.0/" in read.issuers.perhaps


def test_user_flows_have_keys_of_their_own() -> None:
    one = read_url(f"https://larkspur.b2clogin.com/{TENANT}/B2C_1_signin/v2.0{END}")
    other = read_url(f"https://larkspur.b2clogin.com/{TENANT}/B2C_1_reset/v2.0{END}")
    assert one.keys != other.keys


def test_b2c_metadata_on_the_sign_in_host_is_still_known_as_b2c() -> None:
    for start in ("te/", "tfp/", ""):
        read = read_url(f"{LOGIN}/{start}larkspur.onmicrosoft.com/B2C_1_signin/v2.0{END}")
        assert (read.form, read.flow, read.host_deprecated) == ("b2c", "B2C_1_signin", True)


def test_what_an_older_host_states_for_version_2_is_not_guessed() -> None:
    read = read_url(f"https://login.windows.net/{TENANT}/v2.0{END}")
    assert (read.form, read.host_deprecated, read.issuers.sure, read.issuers.perhaps) == ("v2", True, (), (V2,))


def test_the_sign_in_host_of_today_is_not_deprecated() -> None:
    assert not read_url(f"{LOGIN}/{TENANT}{END}").host_deprecated


def test_an_address_over_http_states_nothing_to_rely_on() -> None:
    read = read_url(f"http://login.microsoftonline.com/{TENANT}{END}")
    assert (read.form, read.issuers.sure) == ("not https", ())


def test_the_suffix_may_be_written_in_any_letter_case_and_with_a_query() -> None:
    assert read_url(f"{LOGIN}/{TENANT}/V2.0/.well-known/OpenId-Configuration?x=1").form == "v2"


def test_metadata_of_another_provider_is_left_alone() -> None:
    read = read_url("https://id.larkspur.example/.well-known/openid-configuration")
    assert (read.form, read.version, read.cloud, read.issuers.sure) == ("other provider", 0, "", ())


def test_the_app_registration_whose_own_keys_are_asked_for_is_kept() -> None:
    read = read_url(f"{LOGIN}/{TENANT}/v2.0{END}?appid={APP.upper()}")
    assert (read.form, read.app_id, read.issuers.sure) == ("v2", APP, (V2,))


STARTS = ("", f"{LOGIN}/", "https://x.b2clogin.com/", "https://x.ciamlogin.com/", f"{LOGIN}/{TENANT}/")


@given(st.text(max_size=80), st.sampled_from(STARTS))
def test_no_text_makes_the_reading_fail(text: str, start: str) -> None:
    read = metadata.read_url(start + text)
    assert read.url == start + text
    assert not (read.form in MALFORMED and read.issuers.sure)
