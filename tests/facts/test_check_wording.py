"""How a token check is put: kinds of key text, spelling of audiences, order of parts, expressions and what is read."""

import pytest

from apimdoctor.facts.values import Unknown, known
from apimdoctor.facts.vocabulary import TokenCheck, VariableRead
from tests.facts.house import APP, METADATA_2, TENANT, House, anonymous, check_of, facts_of, only_check

META = f'<openid-config url="{METADATA_2}" />'
AUDIENCE = f"<audiences><audience>{APP}</audience></audiences>"
CERTIFICATE = (
    "MIIDHTCCAgWgAwIBAgIUSD0AcpFAPek20I5XEUUXj75B1EwDQYJKoZIhvcNAQELBQAwHjEcMBoGA1UEAwwTc3NvLnBhcnRuZXIuZXhhbXBsZTAe"
)
READS = '<set-header name="X-Caller" exists-action="override"><value>@({code})</value></set-header>'


def azure_check(inner: str, attributes: str = "") -> TokenCheck:
    element = "validate-azure-ad-token"
    return only_check(facts_of(f'<{element} tenant-id="{TENANT}" {attributes}>{inner}</{element}>'))


def reads_of(inbound: str) -> list[VariableRead]:
    return [read for read in anonymous(facts_of(inbound)).variable_reads if isinstance(read, VariableRead)]


# ------------------------------------------------------------ keys
@pytest.mark.parametrize(
    ("text", "content"),
    [
        (CERTIFICATE, "certificate or public key"),
        ("c3ltbWV0cmljLWtleQ==", "key"),
        ("MIIshort", "key"),
        ("https://id.fabrikam.example/keys", "address"),
    ],
)
def test_the_text_of_a_key_is_told_by_its_form(text: str, content: str) -> None:
    (key,) = check_of(f"<issuer-signing-keys><key>{text}</key></issuer-signing-keys>{AUDIENCE}").key_sources
    assert (key.kind, key.content) == ("symmetric", content)


def test_what_a_named_value_that_is_missing_holds_is_not_known() -> None:
    (key,) = check_of(f"<issuer-signing-keys><key>{{{{own}}}}</key></issuer-signing-keys>{AUDIENCE}").key_sources
    assert key.kind == "symmetric"
    assert isinstance(key.content, Unknown)


# ------------------------------------------------------------ metadata
def test_a_misspelt_host_resembles_the_one_that_was_meant() -> None:
    (metadata,) = check_of(META.replace("login.microsoftonline", "login.microsoftonlin") + AUDIENCE).metadata
    assert metadata.resembles == "login.microsoftonline.com"


def test_metadata_tells_scheme_and_kind_of_the_tenant() -> None:
    (metadata,) = check_of(META + AUDIENCE).metadata
    assert (metadata.scheme, metadata.resembles, metadata.tenant_kind) == ("https", "", "workforce")


# ------------------------------------------------------------ audiences
@pytest.mark.parametrize(
    ("audience", "difference"),
    [
        (APP, ""),
        (APP.upper(), "letter case"),
        ("api://ledger", ""),
        ("api://Ledger", "letter case"),
        ("api://ledger/", "final slash"),
        (f"api:/{APP}", "scheme"),
        (f"api:{APP}", "scheme"),
        (f"api://{APP}", ""),
        (f"spn:{APP}", ""),
        (f"urn:{APP}", ""),
    ],
)
def test_an_audience_differs_from_what_it_stands_for_in_one_thing(audience: str, difference: str) -> None:
    (entry,) = check_of(f"{META}<audiences><audience>{audience}</audience></audiences>").audience_entries
    assert entry.differs_in == difference


def test_how_an_audience_nobody_may_have_differs_is_not_known() -> None:
    inner = f"{META}<audiences><audience>api://other</audience></audiences>"
    facts = House().api(f'<validate-jwt header-name="Authorization">{inner}</validate-jwt>').facts()
    (entry,) = only_check(facts).audience_entries
    assert isinstance(entry.differs_in, Unknown)


# ------------------------------------------------------------ claims
def test_two_values_are_several_and_one_written_twice_is_not() -> None:
    claim = '<required-claims><claim name="azp"><value>{}</value><value>{}</value></claim></required-claims>'
    (two,) = check_of(META + claim.format("one", "other")).claims
    (one,) = check_of(META + claim.format("one", "one")).claims
    assert (two.several, one.several) == (True, False)


def test_values_that_hold_the_separator_are_told() -> None:
    inner = '<claim name="scp" separator=" "><value>Read Write</value><value>List</value></claim>'
    (claim,) = check_of(f"{META}<required-claims>{inner}</required-claims>").claims
    assert claim.values_with_separator == known("Read Write")


# ------------------------------------------------------------ order, expressions, names
def test_a_part_behind_one_that_must_follow_it_is_out_of_order() -> None:
    issuers = "<issuers><issuer>https://id.fabrikam.example</issuer></issuers>"
    assert check_of(META + issuers + AUDIENCE).out_of_order == ("audiences",)
    assert check_of(META + AUDIENCE + issuers).out_of_order == ()


def test_expressions_are_told_where_not_every_source_allows_one() -> None:
    inner = (
        "<client-application-ids><application-id>@(context.User.Id)</application-id></client-application-ids>"
        "<audiences><audience>@(context.Api.Name)</audience></audiences>"
    )
    found = azure_check(inner, 'output-token-variable-name="@(context.Api.Id)"').expressions
    assert [(one.where, one.allowed) for one in found] == [
        ("client-application-ids", "no"),
        ("audiences", "sources differ"),
        ("output-token-variable-name", "no"),
    ]


def test_an_expression_in_an_audience_of_validate_jwt_is_none_of_them() -> None:
    assert check_of(f"{META}<audiences><audience>@(context.Api.Name)</audience></audiences>").expressions == ()


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ('(string)context.Variables["refresh_token"]', "refresh token"),
        ('((JObject)context.Variables["answer"])["id_token"].ToString()', "ID token"),
        ('((JObject)context.Variables["id_token_answer"])["access_token"].ToString()', ""),
        ('context.Request.Headers.GetValueOrDefault("X-Token", "")', ""),
    ],
)
def test_a_token_is_called_by_the_name_it_is_read_under(code: str, called: str) -> None:
    assert check_of(META + AUDIENCE, f"token-value='@({code})'").token_called == called


# ------------------------------------------------------------ reads of variables
def test_a_read_without_default_tells_its_type() -> None:
    code = '((Jwt)context.Variables["jwt"]).Subject'
    (read,) = reads_of(READS.format(code=code))
    assert (read.name, read.cast, read.asked_for, read.set_before) == ("jwt", "Jwt", False, "never")


def test_a_read_with_a_default_misses_nothing() -> None:
    code = 'context.Variables.GetValueOrDefault&lt;Jwt&gt;("jwt")?.Subject'
    (read,) = reads_of(READS.format(code=code))
    assert read.cast == ""


def test_a_variable_that_a_condition_asks_for_is_asked_for() -> None:
    inner = READS.format(code='((Jwt)context.Variables["jwt"]).Subject')
    asked = 'context.Variables.ContainsKey("jwt") || context.Request.HasBody'
    guarded = f"<choose><when condition='@({asked})'>{inner}</when></choose>"
    assert [read.asked_for for read in reads_of(guarded)] == [True, True]


def test_a_fragment_that_is_missing_leaves_open_who_set_a_variable() -> None:
    inner = '<include-fragment fragment-id="gone" />' + READS.format(code='((Jwt)context.Variables["jwt"]).Subject')
    assert any(isinstance(read, Unknown) for read in anonymous(facts_of(inner)).variable_reads)
