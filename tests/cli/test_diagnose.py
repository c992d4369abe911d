"""`apimdoctor diagnose` as a person calls it: verdicts, exit codes, hostile tokens, nothing secret shown."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest

from apimdoctor.cli import main
from apimdoctor.report import diagnosis_json
from tests.diagnose.made import API_APP, CLIENT, V2, claims, policy, registration, scope, tenant_files

API = {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [scope("Orders.Read")]}
APPS = [registration(API_APP, "Orders API", 2, api=API), registration(CLIENT, "Orders web", 2, identifierUris=[])]
CHECK = (
    '<validate-jwt header-name="Authorization">'
    f'<openid-config url="{V2}/.well-known/openid-configuration" /><audiences><audience>{API_APP}</audience></audiences>'
    "</validate-jwt>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, CHECK)


def written(root: Path, inbound: str, more: dict[str, object] | None = None) -> Path:
    for name, raw in tenant_files(inbound, APPS, more).items():
        path = root / "tenant" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return root / "tenant"


def segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def call(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = main(["diagnose", "--from", str(folder), "--api", "orders", *more])
    out, err = capsys.readouterr()
    return code, out, err


def with_claims(tmp_path: Path, **more: object) -> Sequence[str]:
    file = tmp_path / "claims.json"
    file.write_text(json.dumps(claims(2, API_APP, scp="Orders.Read", **more).claims), "utf-8")
    return ("--claims", str(file), "--now", "2026-09-21T14:30:00Z")


def test_a_right_token_is_accepted_with_exit_code_0(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(folder, capsys, *with_claims(tmp_path, exp=4_000_000_000))
    assert (code, out.splitlines()[0]) == (0, "The call is accepted.")


def test_an_expired_token_is_refused_with_exit_code_1(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(folder, capsys, *with_claims(tmp_path, exp=1_600_000_000))
    assert code == 1 and "token-expired-clock" in out


def test_a_check_whose_audience_nobody_knows_leaves_the_verdict_open_with_exit_code_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"properties": {"displayName": "audience", "secret": True}}
    folder = written(
        tmp_path,
        CHECK.replace(API_APP, "{{audience}}"),
        {"apim/named values/audience/namedValueInformation.json": values},
    )
    code, out, _ = call(folder, capsys, *with_claims(tmp_path, exp=4_000_000_000))
    assert (code, out.splitlines()[0]) == (3, "The verdict is open.")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--operation", "lst"), "did you mean list?"),
        (("--revision", "7"), "there is no online revision 7"),
        (("--product", "gold"), "the API is not in a product 'gold'"),
        (("--now", "yesterday"), "--now yesterday is no time"),
        (("--claims", "missing.json"), "cannot read the claims"),
        (("--trace", "missing.json"), "cannot read the trace"),
        (("--claims", "a", "--token", "b"), "exclude each other"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], sentence: str
) -> None:
    code, out, err = call(folder, capsys, *more)
    assert (code, out) == (2, "")
    assert sentence in err and "Traceback" not in err


HOSTILE = {
    "a mebibyte": b"a" * (1024 * 1024),
    "more than a mebibyte": b"a" * (1024 * 1024 + 10),
    "ten dots": b"." * 10,
    "invalid base64": b"!!!.***.???",
    "alg none": (
        segment(b'{"alg":"none"}') + "." + segment(json.dumps(claims(2, API_APP).claims).encode()) + "."
    ).encode(),
    "nested 10,000 deep": (segment(b"{}") + "." + segment(b"[" * 10_000) + ".x").encode(),
    "huge number": (segment(b'{"alg":"RS256"}') + "." + segment(b'{"exp":' + b"9" * 5000 + b"}") + ".x").encode(),
    "huge exponent": (segment(b'{"alg":"RS256"}') + "." + segment(b'{"exp":1e999,"iat":-1e999}') + ".x").encode(),
    "control characters": b"\x00\x1b[31m\x07.\x1b]0;x\x07.\xff\xfe",
    "wrong types": (
        segment(b'{"alg":7,"kid":[]}') + "." + segment(b'{"aud":{},"iss":[],"exp":"x","roles":7}') + ".x"
    ).encode(),
    "a command": b'"; rm -rf / #.##vso[task.setvariable].::error::',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tokens_end_in_a_verdict_or_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    file = tmp_path / "token.txt"
    file.write_bytes(HOSTILE[name])
    code, out, err = call(folder, capsys, "--token", str(file))
    assert code in (1, 2, 3)
    assert "\x1b" not in out + err and "##vso[" not in out + err and "\n::" not in out + err


def test_an_unsigned_token_is_refused_by_the_signature(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token.txt"
    file.write_bytes(HOSTILE["alg none"])
    _, out, _ = call(folder, capsys, "--token", str(file), "--report", "json")
    told = json.loads(out)
    assert told["verdict"] == "refused" and "IDX10504" in told["gateway_message"]


def test_a_token_on_standard_input_is_read_and_never_echoed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = {**claims(2, API_APP).claims, "upn": "canary.person@contoso.example", "oid": "canary-object-id"}
    token = segment(b'{"alg":"RS256"}') + "." + segment(json.dumps(payload).encode()) + ".c2lnbmF0dXJl"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Authorization: Bearer {token}"))
    code, out, err = call(folder, capsys, "--token", "-", "--report", "json")
    assert code in (0, 1)
    for secret in (token, "c2lnbmF0dXJl", "canary.person", "canary-object-id"):
        assert secret not in out + err


@pytest.mark.parametrize("more", [(), ("--error", "IDX10205: Issuer: 'https://sts.windows.net/x/'"), ("--key", "none")])
def test_every_json_diagnosis_satisfies_its_schema(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    for having in ((), with_claims(tmp_path, exp=4_000_000_000), with_claims(tmp_path, aud="other", exp=4_000_000_000)):
        _, out, _ = call(folder, capsys, "--report", "json", *having, *more)
        jsonschema.validate(json.loads(out), diagnosis_json.schema())


def test_a_missing_subscription_key_is_said_before_any_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    information = {
        "properties": {"displayName": "Orders", "path": "orders", "subscriptionRequired": True, "isCurrent": True}
    }
    folder = written(
        tmp_path,
        CHECK,
        {
            "apim/apis/orders/apiInformation.json": information,
            "apim/products/shop/productInformation.json": {
                "properties": {"displayName": "Shop", "subscriptionRequired": True, "state": "published"}
            },
            "apim/products/shop/apis/orders/productApiInformation.json": {},
        },
    )
    code, out, _ = call(folder, capsys, "--key", "none", "--report", "json")
    told = json.loads(out)
    assert (code, told["causes"][0]["cause"]) == (1, "subscription-key")


def test_text_fits_80_columns_and_holds_no_terminal_codes_in_a_pipe(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = call(folder, capsys, *with_claims(tmp_path, aud="api://other", exp=4_000_000_000))
    words = [line for line in out.splitlines() if len(line) > 80 and " " in line.strip()]
    assert words == [] and "\x1b" not in out


def in_workspace(name: str) -> dict[str, object]:
    """The API orders once more, in a workspace, without a token check."""
    api = f"apim/workspaces/{name}/apis/orders"
    return {
        "apim/policy.xml": policy(""),
        f"apim/workspaces/{name}/policy.xml": policy(""),
        f"{api}/policy.xml": policy(""),
        f"apim/workspaces/{name}/workspaceInformation.json": {"properties": {"displayName": name.title()}},
        f"{api}/apiInformation.json": {
            "properties": {
                "displayName": "Orders",
                "path": f"{name}/orders",
                "protocols": ["https"],
                "subscriptionRequired": False,
                "isCurrent": True,
            }
        },
        f"{api}/operations/list/operationInformation.json": {
            "properties": {"displayName": "List", "method": "GET", "urlTemplate": "/"}
        },
    }


def test_an_api_of_a_workspace_is_told_from_its_namesake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path, CHECK, in_workspace("depot"))
    code, _, err = call(folder, capsys)
    assert code == 2
    assert "orders in contoso, workspace depot" in err
    assert "--workspace" in err
    _, out, _ = call(folder, capsys, "--workspace", "depot", "--report", "json")
    # The workspace's own has no token check; that of the service refuses who brings no token.
    assert json.loads(out)["verdict"] == "accepted"


def test_an_unknown_workspace_is_wrong_usage_and_lists_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(written(tmp_path, CHECK, in_workspace("depot")), capsys, "--workspace", "harbour")
    assert code == 2
    assert "there is no workspace 'harbour'" in err
    assert "depot" in err
