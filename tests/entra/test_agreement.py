"""What is emitted, what is read and what is matched agree with each other, for any app registration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimdoctor.entra import clouds, issuers
from apimdoctor.entra.audience import Directory
from apimdoctor.entra.tokens import Home, emitted
from apimdoctor.snapshot import AppRegistration, EntraTenant

guids = st.uuids(version=4).map(str)
registrations = st.builds(
    AppRegistration,
    id=guids,
    app_id=guids,
    sign_in_audience=st.sampled_from(
        ["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount", ""]
    ),
    requested_access_token_version=st.sampled_from([None, 1, 2]),
    identifier_uris=st.lists(st.sampled_from(["api://orders", "https://a.example/x/", "urn:orders"]), unique=True).map(
        tuple
    ),
    optional_access_claims=st.sampled_from([(), (("aud", ("use_guid",)),), (("upn", ()),)]),
)
homes = st.builds(
    Home,
    tenant=guids,
    cloud=st.sampled_from([clouds.PUBLIC, clouds.USGOV, clouds.CHINA]),
    kind=st.sampled_from(["workforce", "b2c", "external id", ""]),
)


@given(registrations, homes, st.lists(guids, max_size=2))
def test_every_issuer_that_is_emitted_is_read_as_issued(app: AppRegistration, home: Home, visited: list[str]) -> None:
    found = emitted(app, home, visited)
    for known in (found.issuers, found.issuers_of_other_version):
        assert all(issuers.read(text).issued for text in known.sure)


@given(registrations, homes)
def test_every_audience_that_is_emitted_names_its_app_registration(app: AppRegistration, home: Home) -> None:
    directory = Directory((EntraTenant(id=home.tenant, app_registrations=(app,)),))
    for text in emitted(app, home).audiences.sure:
        found = directory.match(text)
        assert isinstance(found, tuple)
        assert [match.app for match in found] == [app]


@given(registrations, homes)
def test_the_app_id_is_an_audience_in_either_version(app: AppRegistration, home: Home) -> None:
    found = emitted(app, home)
    assert app.app_id in found.audiences.sure
    assert app.app_id in found.audiences_of_other_version.sure


@given(registrations, homes)
def test_the_issuers_of_the_two_versions_have_nothing_in_common(app: AppRegistration, home: Home) -> None:
    found = emitted(app, home)
    assert not set(found.issuers.sure) & set(found.issuers_of_other_version.sure)


@pytest.mark.parametrize("start", ["", "api://", "spn:", "https://", "urn:"])
@given(text=st.text(max_size=50))
def test_no_text_makes_a_match_fail(start: str, text: str) -> None:
    app = AppRegistration(id="", app_id="0a1c3e5f-7b9d-4f20-8c6e-4d2b0f9a7c51", identifier_uris=("api://orders",))
    directory = Directory((EntraTenant(app_registrations=(app,)),))
    assert directory.match(start + text) is not None
    assert directory.client(start + text) is not None
