"""Signatures are checked when the keys are in the snapshot, and said to be unchecked when they are not."""

import base64

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec.structs import replace

from apimdoctor.collect.files import read_tree
from apimdoctor.diagnose import examine
from apimdoctor.diagnose.evidence import Evidence
from apimdoctor.diagnose.intake import read_token
from apimdoctor.engine.judge import judge
from apimdoctor.facts.build import build_whole
from apimdoctor.facts.vocabulary import Route
from apimdoctor.snapshot import OpenIdMetadata
from tests.diagnose.made import API_APP, NOW, RULES, V2, claims, registration, tenant

URL = f"{V2}/.well-known/openid-configuration"
CHECK = (
    f'<validate-jwt header-name="Authorization"><openid-config url="{URL}" />'
    f"<audiences><audience>{API_APP}</audience></audiences></validate-jwt>"
)
OURS, THEIRS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def diagnosed(key: rsa.RSAPrivateKey, kid: str, *, fetched: bool) -> examine.Diagnosis:
    public = OURS.public_key().public_numbers()
    metadata = OpenIdMetadata(url=URL, issuer=V2, key_ids=("k1",), keys=(("k1", number(public.n), number(public.e)),))
    snapshot = read_tree(tenant(CHECK, [registration(API_APP, "Orders API", 2)]))
    snapshot = replace(snapshot, metadata=(metadata,) if fetched else ())
    built = build_whole(snapshot)
    route = next(r for r in built.facts.routes if isinstance(r, Route))
    token = jwt.encode(claims(2, API_APP).claims, key, algorithm="RS256", headers={"kid": kid})
    brought = examine.Brought(read_token(token), Evidence(), None, NOW)
    return examine.diagnose(built, snapshot, judge(RULES, built.facts), route, brought)


def test_a_token_signed_with_a_listed_key_is_accepted_and_nothing_is_taken_for_granted() -> None:
    diagnosis = diagnosed(OURS, "k1", fetched=True)
    assert (diagnosis.verdict, diagnosis.assumptions) == ("accepted", ())


@pytest.mark.parametrize(("kid", "code"), [("k1", "IDX10511"), ("k9", "IDX10503")])
def test_a_token_signed_with_another_key_is_refused_with_the_library_s_code(kid: str, code: str) -> None:
    diagnosis = diagnosed(THEIRS, kid, fetched=True)
    assert diagnosis.verdict == "refused" and code in diagnosis.gateway_message


def test_without_keys_the_signature_counts_as_right_and_that_is_said() -> None:
    diagnosis = diagnosed(THEIRS, "k1", fetched=False)
    assert diagnosis.verdict == "accepted" and "the token's signature counts as right" in diagnosis.assumptions
