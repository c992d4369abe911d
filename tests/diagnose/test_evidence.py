"""Error texts: which layer speaks, and which values it names."""

import pytest

from apimdoctor.diagnose.evidence import read

TENANT = "5b7e4a90-2c31-4d8f-9e66-1f0a7c3d5b28"
V1 = f"https://sts.windows.net/{TENANT}/"
V2 = f"https://login.microsoftonline.com/{TENANT}/v2.0"


def test_an_issuer_failure_names_the_issuer_seen_and_those_accepted() -> None:
    evidence = read(
        f"JWT Validation Failed: IDX10205: Issuer validation failed. Issuer: '{V1}'. Did not match: "
        f"validationParameters.ValidIssuer: '' or validationParameters.ValidIssuers: '{V2}'.."
    )
    assert (evidence.issuer_seen, evidence.issuers_accepted) == (V1, (V2,))


def test_a_null_in_the_list_of_accepted_issuers_is_no_issuer() -> None:
    assert read(
        f"IDX10205: Issuer: '{V1}'. Did not match: ValidIssuer: 'null' or ValidIssuers: '{V2}'"
    ).issuers_accepted == (V2,)


def test_an_audience_failure_names_both_sides() -> None:
    evidence = read(
        "IDX10214: Audience validation failed. Audiences: 'api://a'. "
        "Did not match: ValidAudience: 'null' or ValidAudiences: 'b, c'"
    )
    assert (evidence.audiences_seen, evidence.audiences_accepted) == (("api://a",), ("b", "c"))


def test_a_claim_mismatch_names_the_expected_value_without_the_final_stop() -> None:
    assert read("Claim value mismatch: aud=api://orders.").claim_expected == ("aud", "api://orders")


def test_missing_claims_are_listed() -> None:
    assert read("JWT token is missing the following claims: roles, scp.").claims_missing == ("roles", "scp")


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("You do not have permission to view this directory or page.", "easy auth"),
        ("Access denied due to missing subscription key. Make sure to include subscription key", "subscription key"),
        ("AADSTS500011: The resource principal named api://x was not found", "entra"),
        ("has been blocked by CORS policy: Response to preflight request", "browser"),
        ('{ "statusCode": 401, "message": "JWT not present." }', "gateway token check"),
        ("Cannot find a property 'audience'", "deployment"),
        ("ExpressionValueEvaluationFailure", "gateway"),
        ("something else", ""),
    ],
)
def test_the_layer_that_speaks_is_told_by_its_words(text: str, layer: str) -> None:
    assert read(text).layer == layer


@pytest.mark.parametrize(
    "text", ['{"statusCode": 401}', "HTTP/1.1 401 Unauthorized", "401 Unauthorized", "status code 401"]
)
def test_the_status_is_found_in_the_usual_shapes(text: str) -> None:
    assert read(text).status == 401


def test_a_number_within_a_word_is_no_status() -> None:
    assert read("order 14012 was lost").status == 0


def test_hidden_arguments_are_noticed_and_not_taken_for_values() -> None:
    evidence = read("IDX10205: Issuer validation failed. [PII of type 'System.String' is hidden].")
    assert evidence.hidden and evidence.issuer_seen == ""


def test_a_very_long_text_is_read_up_to_its_bound() -> None:
    assert read("x" * 2_000_000 + "IDX10223").codes == ()
