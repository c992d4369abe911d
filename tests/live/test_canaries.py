"""Planted secrets come out nowhere: not in the snapshot, a report, a log, an error or what is printed."""

import json
import logging
from pathlib import Path

import pytest
from msgspec.structs import replace

from apimdoctor.demo.server import EmbeddedAzure, faults
from apimdoctor.demo.server.answering import Answer, Asked
from apimdoctor.snapshot import NamedValue, Snapshot
from tests.live.larch import SERVICE, larch, policy
from tests.live.test_recorded import scan, with_policy

KEY = "Zq8vN2mXw71LpTgY4sKd9RbCfH3jUeA0"
PASSWORD = "nightingale-Hollow-4471"
SYMMETRIC = "dGhpcy1pcy1hLXBsYW50ZWQtc3ltbWV0cmljLWtleS0wMQ=="
CREDENTIAL = "pL4nted8ackEndCredentialQ7w9Xz2Lm5"
TOLD_BY_MISTAKE = "gF6kPl4ntedByM1stakeT3rV8nB2cX5z"
CANARIES = (KEY, PASSWORD, SYMMETRIC, CREDENTIAL, TOLD_BY_MISTAKE)
POLICY = f"""<policies><inbound>
<set-header name="Ocp-Apim-Subscription-Key"><value>{KEY}</value></set-header>
<set-header name="Authorization"><value>Basic {SYMMETRIC}</value></set-header>
<authentication-basic username="larch" password="{PASSWORD}" />
<validate-jwt header-name="Authorization"><issuer-signing-keys><key>{SYMMETRIC}</key></issuer-signing-keys></validate-jwt>
</inbound></policies>"""


def planted() -> Snapshot:
    plain = NamedValue(name="db", display_name="db", value=f"Server=tcp:db.example;Password={PASSWORD};")
    also = NamedValue(name="api-key", display_name="api-key", value=KEY)
    secret = NamedValue(name="hidden", display_name="hidden", secret=True, value=CREDENTIAL)
    return with_policy(larch(), policy(SERVICE, POLICY), plain, also, secret)


def everything(folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> str:
    """All that a run left behind, on disk, on the streams and in the log."""
    streams = capsys.readouterr()
    kept = "".join(path.read_text("utf-8") for path in sorted(folder.iterdir()))
    return "".join((kept, streams.out, streams.err, caplog.text))


def reports(folder: Path) -> tuple[str, ...]:
    kinds = {"text": "report.txt", "json": "report.json", "html": "report.html"}
    told = [part for kind, name in kinds.items() for part in ("--report", f"{kind}={folder / name}")]
    return (*told, "--save-snapshot", str(folder / "snapshot.json"), "-v")


def assert_clean(left: str, azure: EmbeddedAzure) -> None:
    assert "larch" in left
    assert [canary for canary in (*CANARIES, azure.secret, "token-of-the-embedded-azure") if canary in left] == []


def test_the_embedded_azure_tells_what_is_planted() -> None:
    with EmbeddedAzure(planted(), credential=CREDENTIAL) as azure:
        told = json.dumps(azure.azure.resources.singles)
    assert [canary for canary in (KEY, PASSWORD, SYMMETRIC, CREDENTIAL) if canary not in told] == []


def test_planted_secrets_come_out_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with EmbeddedAzure(planted(), credential=CREDENTIAL, faults=[faults.planted(TOLD_BY_MISTAKE)]) as azure:
        assert scan(azure, *reports(tmp_path)) == 0
        assert len(azure.recorded) > 50
    assert_clean(everything(tmp_path, capsys, caplog), azure)


def test_errors_that_quote_secrets_are_not_quoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def quoting(asked: Asked, answer: Answer) -> Answer:
        told = f"Refused: Authorization: Bearer {asked.token}; client_secret={CREDENTIAL}&x, password={PASSWORD}"
        return replace(answer, status=403).told({"error": {"code": "Refused", "message": told}})

    fault = faults.Fault("quoting", quoting, where="(namedValues|backends|policies/policy|applications)$")
    with EmbeddedAzure(planted(), faults=[fault]) as azure:
        assert scan(azure, *reports(tmp_path)) == 0
    assert fault.struck > 0
    assert_clean(everything(tmp_path, capsys, caplog), azure)


def test_a_login_that_fails_names_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with EmbeddedAzure(planted()) as azure:
        given, azure.azure.login.secret = azure.secret, "another"
        assert scan(azure, "-v") == 3
    streams = capsys.readouterr()
    assert "AADSTS7000215" in streams.err
    assert given not in streams.out + streams.err + caplog.text
