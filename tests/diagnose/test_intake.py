"""Token intake: whatever a person pastes is recognised or refused in one sentence."""

import base64
import json

import pytest

from apimdoctor.diagnose.intake import MOST_BYTES, read_claims, read_token
from apimdoctor.errors import ApimDoctorError


def segment(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(payload: object, header: object = None) -> str:
    return f"{segment(header or {'alg': 'RS256', 'typ': 'JWT', 'kid': 'k1'})}.{segment(payload)}.c2ln"


CLAIMS = {"aud": "api://orders", "iss": "https://sts.windows.net/0d1f7c52-9a3e-4b6c-8f25-6a7b8c9d0e1f/", "ver": "1.0"}


@pytest.mark.parametrize(
    "wrapped",
    ["{}", "Bearer {}", "bearer {}", "Authorization: Bearer {}", "> authorization: Bearer {}", "\ufeff {} \n", '"{}"'],
)
def test_a_compact_token_is_read_however_it_was_pasted(wrapped: str) -> None:
    presented = read_token(wrapped.format(compact(CLAIMS)))
    assert (presented.form, presented.claims) == ("jwt", CLAIMS)


def test_a_token_broken_over_lines_by_a_terminal_is_read() -> None:
    token = compact(CLAIMS)
    assert read_token(token[:40] + "\n   " + token[40:]).claims == CLAIMS


def test_the_scheme_before_the_token_is_kept() -> None:
    assert read_token(f"PoP {compact(CLAIMS)}").scheme == "PoP"


def test_the_token_text_never_shows_in_its_representation() -> None:
    token = compact({"sub": "canary-subject"})
    assert token not in repr(read_token(token)) and "canary" not in repr(read_token(token))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "none"),
        ("Bearer ", "none"),
        ("<saml:Assertion xmlns:saml='x'/>", "saml"),
        ("PHNhbWw6QXNzZXJ0aW9u", "saml"),
        ("not-a-token", "opaque"),
        ("0.AXoAtz4.secret", "refresh token or authorization code"),
        ("1.AXoAtz4.secret", "refresh token or authorization code"),
        ("a.b", "malformed"),
        (".".join("a" * 11), "malformed"),
        ("e30.!!!.x", "malformed"),
        ("e30.bm90IGpzb24.x", "malformed"),
        ("W10.e30.x", "malformed"),
    ],
)
def test_other_things_than_a_token_are_recognised_by_form(text: str, form: str) -> None:
    assert read_token(text).form == form


def test_an_encrypted_token_is_named_as_such() -> None:
    assert read_token(segment({"alg": "RSA-OAEP", "enc": "A256GCM"}) + ".a.b.c.d").form == "jwe"


def test_deep_nesting_is_one_sentence_and_no_crash() -> None:
    presented = read_token(f"{segment({'alg': 'none'})}.{segment(b'[' * 10_000 + b']' * 10_000)}.")
    assert presented.form == "malformed" and "\n" not in presented.trouble


def test_huge_numbers_are_one_sentence_and_no_crash() -> None:
    payload = b'{"exp": ' + b"9" * 6000 + b"}"
    assert read_token(f"{segment({'alg': 'RS256'})}.{segment(payload)}.x").form == "malformed"


def test_a_claim_written_twice_is_noticed() -> None:
    payload = b'{"aud": "a", "aud": "b"}'
    presented = read_token(f"{segment({'alg': 'RS256'})}.{segment(payload)}.x")
    assert presented.duplicates == ("aud",)


def test_a_token_the_gateway_would_not_read_is_called_too_large() -> None:
    assert read_token("a" * 300_000).form == "too large"


def test_more_than_a_mebibyte_is_refused_with_a_hint() -> None:
    with pytest.raises(ApimDoctorError) as refused:
        read_token("a" * (MOST_BYTES + 1))
    assert refused.value.hint


@pytest.mark.parametrize("shape", [CLAIMS, {"header": {"alg": "RS256"}, "payload": CLAIMS}, {"claims": CLAIMS}])
def test_claims_are_read_bare_and_as_debuggers_show_them(shape: dict[str, object]) -> None:
    assert read_claims(json.dumps(shape)).claims == CLAIMS


@pytest.mark.parametrize("text", ["", "[]", "{", '{"exp": NaN}', "null"])
def test_claims_that_are_no_object_are_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ApimDoctorError) as refused:
        read_claims(text)
    assert "\n" not in refused.value.message
