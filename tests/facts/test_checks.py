"""Token checks say which tokens they accept: issuers, tenants, audiences, clients, claims."""

import pytest

from apimdoctor.facts.values import ANYTHING, NONE, Unknown, Values, known, meets
from apimdoctor.facts.vocabulary import AppMatch
from tests.facts.house import (
    APP,
    APP_OBJECT,
    CLIENT,
    ISSUER_1,
    ISSUER_2,
    METADATA_1,
    METADATA_2,
    OTHER_TENANT,
    TENANT,
    House,
    check_of,
    facts_of,
    only_check,
    reasons,
)

META_1, META_2 = (f'<openid-config url="{url}" />' for url in (METADATA_1, METADATA_2))
AUDIENCE = f"<audiences><audience>{APP}</audience></audiences>"


def issuers(*texts: str) -> str:
    return "<issuers>" + "".join(f"<issuer>{text}</issuer>" for text in texts) + "</issuers>"


def claim(name: str, *values: str, attributes: str = "") -> str:
    inner = "".join(f"<value>{value}</value>" for value in values)
    return f'<required-claims><claim name="{name}" {attributes}>{inner}</claim></required-claims>'


# ------------------------------------------------------------ issuers and tenants
def test_accepted_issuers_are_those_of_the_metadata_and_of_the_list_together() -> None:
    assert check_of(META_2 + issuers(ISSUER_1)).accepted_issuers == known(ISSUER_2, ISSUER_1)


def test_version_1_metadata_states_the_version_1_issuer() -> None:
    assert check_of(META_1).accepted_issuers == known(ISSUER_1)


def test_without_metadata_and_issuers_every_issuer_is_accepted() -> None:
    check = check_of("<issuer-signing-keys><key>{{key}}</key></issuer-signing-keys>")
    assert check.accepted_issuers == ANYTHING
    assert check.accepted_tenants == ANYTHING


def test_metadata_of_common_leaves_the_issuers_open_and_the_tenants_unrestricted() -> None:
    check = check_of(
        '<openid-config url="https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration" />'
    )
    assert check.accepted_issuers.rest
    assert check.accepted_tenants == ANYTHING


def test_a_tid_claim_restricts_the_tenants_of_common_metadata() -> None:
    common = '<openid-config url="https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration" />'
    check = check_of(common + claim("tid", OTHER_TENANT))
    assert check.accepted_tenants == known(OTHER_TENANT)


def test_a_named_value_in_the_metadata_is_read() -> None:
    house = House().app()
    house.tree.named_value("tenant", TENANT)
    house.api(
        f'<base /><validate-jwt header-name="Authorization">{META_2.replace(TENANT, "{{tenant}}")}</validate-jwt>'
    )
    assert only_check(house.facts()).accepted_issuers == known(ISSUER_2)


def test_a_secret_tenant_is_a_symbol_that_equals_itself_and_is_otherwise_open() -> None:
    house = House().app()
    house.tree.named_value("tenant", None)
    inner = META_2.replace(TENANT, "{{tenant}}") + issuers("https://login.microsoftonline.com/{{tenant}}/v2.0")
    house.api(f'<base /><validate-jwt header-name="Authorization">{inner}</validate-jwt>')
    accepted = only_check(house.facts()).accepted_issuers
    assert accepted.symbols == ("https://login.microsoftonline.com/{{tenant}}/v2.0",)
    assert isinstance(meets(accepted, known(ISSUER_2)), Unknown)


def test_validate_azure_ad_token_accepts_both_issuers_of_its_tenant() -> None:
    check = only_check(facts_of(f'<base /><validate-azure-ad-token tenant-id="{TENANT}" />'))
    assert check.accepted_issuers == known(ISSUER_1, ISSUER_2)
    assert check.restricts == ("tenant",)


@pytest.mark.parametrize("text", ["alder.example", f"https://login.microsoftonline.com/{TENANT}/v2.0"])
def test_a_tenant_id_may_be_written_as_a_domain_or_an_address(text: str) -> None:
    check = only_check(facts_of(f'<base /><validate-azure-ad-token tenant-id="{text}" />'))
    assert check.accepted_tenants == known(TENANT)


@pytest.mark.parametrize("word", ["common", "organizations", "https://login.microsoftonline.com/organizations"])
def test_any_tenant_may_be_written_as_a_word_or_an_address(word: str) -> None:
    check = only_check(facts_of(f'<base /><validate-azure-ad-token tenant-id="{word}" />'))
    assert check.accepted_tenants == ANYTHING
    assert check.restricts == ()


def test_metadata_of_another_provider_leaves_its_issuer_open() -> None:
    check = check_of('<openid-config url="https://id.quarry.example/.well-known/openid-configuration" />' + AUDIENCE)
    assert check.provider == "other"
    assert check.accepted_issuers.rest
    assert check.apps == ()


def test_an_issuer_entry_tells_its_form_and_whether_tokens_carry_it() -> None:
    (entry,) = check_of(issuers(f"https://sts.windows.net/{TENANT}") + AUDIENCE).issuer_entries
    assert (entry.form, entry.issued, entry.meant, entry.tenant) == ("sts without slash", False, ISSUER_1, TENANT)
    assert entry.only_one is True


def test_the_issuer_of_the_metadata_counts_when_an_entry_is_asked_whether_it_is_alone() -> None:
    (entry,) = check_of(META_2 + issuers(ISSUER_1)).issuer_entries
    assert entry.only_one is False


# ------------------------------------------------------------ audiences
def test_without_audiences_and_claim_every_audience_is_accepted() -> None:
    check = check_of(META_2)
    assert check.accepted_audiences == ANYTHING
    assert "audience" not in check.restricts
    assert reasons(check.apps) == ["no audience is checked, so nothing tells for which app registration its tokens are"]


def test_an_aud_claim_restricts_audiences() -> None:
    check = check_of(META_2 + claim("aud", APP))
    assert (check.accepted_audiences, check.aud_claim, check.audiences) == (known(APP), known(APP), NONE)
    assert "audience" in check.restricts


def test_audiences_and_aud_claim_must_both_hold() -> None:
    check = check_of(META_2 + "<audiences><audience>api://ledger</audience></audiences>" + claim("aud", APP))
    assert check.accepted_audiences == NONE


def test_the_mere_presence_of_aud_restricts_nothing() -> None:
    check = check_of(META_2 + claim("aud"))
    assert check.accepted_audiences == ANYTHING
    assert "audience" not in check.restricts


def test_an_audience_names_its_app_registration() -> None:
    (match,) = check_of(META_2 + AUDIENCE).apps
    assert isinstance(match, AppMatch)
    assert (match.app.app_id, match.certainty, match.named_by) == (APP, "certain", APP)


def test_one_app_registration_named_twice_is_one_match() -> None:
    check = check_of(META_2 + f"<audiences><audience>{APP}</audience><audience>api://ledger</audience></audiences>")
    assert len(check.apps) == 1
    assert check.app_issuers == known(ISSUER_2)


def test_an_audience_nobody_has_is_unknown_and_never_an_empty_list() -> None:
    check = check_of(META_2 + "<audiences><audience>api://nobody</audience></audiences>")
    assert len(reasons(check.apps)) == 1
    assert check.audience_entries[0].found_as == "nothing"
    assert check.app_issuers.rest


def test_an_object_id_is_told_from_an_app_id() -> None:
    check = check_of(META_2 + f"<audiences><audience>{APP_OBJECT}</audience></audiences>")
    assert check.audience_entries[0].form == "object id"


def test_an_api_of_microsoft_is_no_app_registration_of_ours() -> None:
    check = check_of(META_2 + "<audiences><audience>https://graph.microsoft.com</audience></audiences>")
    entry = check.audience_entries[0]
    assert check.apps == ()
    assert (entry.form, entry.names, entry.unverifiable) == ("Microsoft API", "Microsoft Graph", True)


def test_an_api_of_microsoft_is_served_here_when_the_token_travels_on_to_it() -> None:
    inner = META_2 + "<audiences><audience>https://vault.azure.net</audience></audiences>"
    inbound = f'<base /><validate-jwt header-name="Authorization">{inner}</validate-jwt>'
    forwarding = inbound + '<set-backend-service base-url="https://alder.vault.azure.net" />'
    assert only_check(facts_of(forwarding)).audience_entries[0].served_here is True
    elsewhere = inbound + '<set-backend-service base-url="https://ledger.alder.example" />'
    assert only_check(facts_of(elsewhere)).audience_entries[0].served_here is False


def test_an_expression_as_audience_is_a_symbol() -> None:
    expression = '@("https://" + context.Request.OriginalUrl.Host)'
    check = check_of(META_2 + f"<audiences><audience>{expression}</audience></audiences>")
    assert check.accepted_audiences == Values(symbols=(expression,))
    assert len(reasons(check.apps)) == 1


def test_ids_of_back_ends_count_as_audiences() -> None:
    inner = f"<backend-application-ids><application-id>{APP}</application-id></backend-application-ids>"
    check = only_check(
        facts_of(f'<base /><validate-azure-ad-token tenant-id="{TENANT}">{inner}</validate-azure-ad-token>')
    )
    assert check.accepted_audiences == known(APP)


# ------------------------------------------------------------ clients and claims
@pytest.mark.parametrize("name", ["azp", "appid"])
def test_a_client_claim_restricts_clients(name: str) -> None:
    check = check_of(META_2 + claim(name, CLIENT))
    assert check.accepted_clients == known(CLIENT)
    assert "client" in check.restricts


def test_client_application_ids_restrict_clients() -> None:
    inner = f"<client-application-ids><application-id>{CLIENT}</application-id></client-application-ids>"
    check = only_check(
        facts_of(f'<base /><validate-azure-ad-token tenant-id="{TENANT}">{inner}</validate-azure-ad-token>')
    )
    assert check.accepted_clients == known(CLIENT)


@pytest.mark.parametrize(
    ("name", "written"), [("scp", "spaced string"), ("roles", "list"), ("groups", "list"), ("azp", "one string")]
)
def test_a_claim_knows_how_entra_id_writes_it(name: str, written: str) -> None:
    assert check_of(META_2 + claim(name, "x")).claims[0].in_token == written


def test_how_another_provider_writes_a_claim_is_not_known() -> None:
    other = '<openid-config url="https://id.quarry.example/.well-known/openid-configuration" />'
    assert isinstance(check_of(other + claim("scp", "read")).claims[0].in_token, Unknown)


def test_defaults_of_a_claim_are_applied() -> None:
    found = check_of(META_2 + claim("scp", "read", "write")).claims[0]
    assert (found.asks_for, found.separator, found.count) == ("all", "", 2)


def test_settings_have_their_documented_defaults() -> None:
    check = check_of(META_2)
    assert (check.requires_expiry, check.requires_signature, check.clock_skew_seconds) == (True, True, 0)


def test_what_is_tested_of_the_token_later_counts_only_when_every_route_tests_it() -> None:
    check = (
        f'<base /><validate-jwt header-name="Authorization" output-token-variable-name="jwt">{META_2}{AUDIENCE}'
        "</validate-jwt>"
    )
    role = (
        '<choose><when condition=\'@(!((Jwt)context.Variables["jwt"]).Claims'
        '.GetValueOrDefault("roles", "").Contains("Read"))'
        '\'><return-response><set-status code="403" reason="no" /></return-response></when></choose>'
    )
    assert only_check(facts_of(check + role)).tested_later == ("role",)
    assert only_check(facts_of(check)).tested_later == ()


def test_where_the_token_is_read_from_is_told_in_lower_case_for_headers() -> None:
    assert check_of(META_2, 'header-name="X-Token"').token_from == "header:x-token"
    assert check_of(META_2, 'query-parameter-name="Token"').token_from == "query:Token"
    assert check_of(META_2, "token-value='@((string)context.Variables[\"msi\"])'").token_from == "variable:msi"


def test_a_key_is_never_shown() -> None:
    secret = "c2VjcmV0LWtleS1vZi10aGUtbGVkZ2VyLTEyMzQ1Njc4OTA="
    check = check_of(f"<issuer-signing-keys><key>{secret}</key></issuer-signing-keys>")
    assert [(key.kind, key.content, key.text) for key in check.key_sources] == [("symmetric", "key", "")]


def test_a_check_in_a_fragment_is_one_check_for_all_who_include_it() -> None:
    house = House().app()
    house.tree.fragment("check", f'<validate-jwt header-name="Authorization">{META_2}{AUDIENCE}</validate-jwt>')
    for name in ("ledger", "stock"):
        house.api('<base /><include-fragment fragment-id="check" />', name, key=False)
    check = only_check(house.facts())
    assert check.scope == "api"
    assert check.place.resource.endswith("/policyFragments/check")
