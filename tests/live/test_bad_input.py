"""What a person may get wrong or lack, on the command line: one sentence, one hint, the exit code, and nothing else."""

import json
import os
import socket
from pathlib import Path
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from apimdoctor.cli import main
from apimdoctor.demo.server import EmbeddedAzure, faults
from apimdoctor.demo.server.answering import Answer, Asked
from apimdoctor.snapshot import Snapshot
from tests.live.larch import SUBSCRIPTION, TENANT, larch
from tests.live.reading import environment

UNKNOWN = "7a1c9e5d-3b40-4f86-92d7-e0b5c8a6f314"
OTHER = "c60e2b97-58d4-4a13-8f7b-1d9e3a5c7024"


def told(
    azure: EmbeddedAzure,
    capsys: pytest.CaptureFixture[str],
    *options: str,
    cloud: Path | None = None,
    command: str = "scan",
    **settings: str,
) -> tuple[int, str, str]:
    """Exit code, sentence and hint of a run; that there is nothing else is looked at here."""
    with patch.dict(os.environ, {**environment(azure), **settings}):
        code = main([command, "--cloud", str(cloud or azure.cloud_file), "--auth", "env", *options])
    streams = capsys.readouterr()
    assert streams.out == ""
    first, *rest = streams.err.splitlines()
    assert len(rest) == 1 and rest[0].strip().startswith("hint: "), streams.err
    assert azure.secret not in streams.err and "token-of-the-embedded-azure" not in streams.err
    assert "Traceback" not in streams.err
    return code, first, rest[0].strip()


def test_an_unknown_subscription(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch()) as azure:
        code, sentence, hint = told(azure, capsys, "--subscription", UNKNOWN)
    assert code == 2
    assert f"subscription {UNKNOWN} does not exist, or this identity may not see it" in sentence
    assert "--tenant" in hint


def test_a_misspelled_name_of_a_subscription(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch()) as azure:
        code, sentence, hint = told(azure, capsys, "--subscription", f"Subscripton {SUBSCRIPTION[:8]}")
    assert code == 2
    assert "sees no subscription called" in sentence
    assert f"'Subscription {SUBSCRIPTION[:8]}'" in hint


def test_a_tenant_that_is_not_the_subscriptions(capsys: pytest.CaptureFixture[str]) -> None:
    both = replace(larch(), tenants=(*larch().tenants, replace(larch().tenants[0], id=OTHER)))
    hidden = faults.Fault("other tenant", lambda _, answer: answer.told({"value": []}), where="^arm/subscriptions$")
    with EmbeddedAzure(both, faults=[hidden]) as azure:
        code, sentence, hint = told(azure, capsys, "--subscription", SUBSCRIPTION, "--tenant", OTHER)
    assert code == 2
    assert "belongs to another tenant than the one signed in to" in sentence
    assert f"--tenant with its tenant (Azure names {TENANT})" in hint


def test_a_tenant_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch()) as azure:
        code, sentence, hint = told(azure, capsys, "--subscription", SUBSCRIPTION, "--tenant", OTHER)
    assert code == 3
    assert "AADSTS90002" in sentence
    assert "AZURE_TENANT_ID" in hint or "--tenant" in hint


def test_an_identity_that_sees_no_subscription(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = faults.Fault("nothing", lambda _, answer: answer.told({"value": []}), where="^arm/subscriptions$")
    with EmbeddedAzure(larch(), faults=[nothing]) as azure:
        code, sentence, hint = told(azure, capsys, "--all-subscriptions")
    assert code == 3
    assert "sees no subscription" in sentence
    assert "API Management Service Reader Role" in hint


def test_an_identity_without_any_right(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch(), faults=[faults.refused(where="^(arm|graph)")]) as azure:
        code, sentence, hint = told(azure, capsys, "--all-subscriptions")
    assert code == 3
    assert "the subscriptions cannot be listed: Azure answered 403" in sentence
    assert "apimdoctor access" in hint


def test_a_subscription_without_api_management(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(replace(larch(), services=())) as azure:
        code, sentence, hint = told(azure, capsys, "--all-subscriptions")
    assert code == 3
    assert "there is no API Management service in subscription" in sentence
    assert "Reader" in hint


def test_a_login_that_has_expired(capsys: pytest.CaptureFixture[str]) -> None:
    def expired(_: Asked, answer: Answer) -> Answer:
        sentence = "AADSTS700082: The refresh token has expired due to inactivity."
        return replace(answer, status=400).told({"error": "invalid_grant", "error_description": sentence})

    with EmbeddedAzure(larch(), faults=[faults.Fault("expired", expired, where="^login.*token$")]) as azure:
        code, sentence, hint = told(azure, capsys, "--all-subscriptions")
    assert code == 3
    assert "not signed in to Azure" in sentence and "AADSTS700082" in sentence
    assert "AZURE_CLIENT_SECRET" in hint


def test_tokens_that_are_refused_also_when_they_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch(), faults=[faults.refused(401, "ExpiredAuthenticationToken", where="^arm")]) as azure:
        code, sentence, hint = told(azure, capsys, "--all-subscriptions")
    assert code == 3
    assert "Azure answered 401" in sentence
    assert hint


def elsewhere(azure: EmbeddedAzure, **addresses: str) -> Path:
    """The cloud file of an embedded Azure with other addresses."""
    file = azure.cloud_file.with_name("elsewhere.json")
    file.write_text(json.dumps(json.loads(azure.cloud_file.read_text("utf-8")) | addresses), "utf-8")
    return file


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("face", ["authority", "resource_manager"])
def test_no_network(face: str, capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch()) as azure:
        cloud = elsewhere(azure, **{face: f"http://127.0.0.1:{closed_port()}"})
        if face == "resource_manager":
            azure.azure.login.services |= {json.loads(cloud.read_text("utf-8"))["resource_manager"]: "arm"}
        code, sentence, hint = told(azure, capsys, "--all-subscriptions", cloud=cloud)
    assert code == 3
    assert "127.0.0.1" in sentence
    assert "network" in hint


def test_a_certificate_that_nobody_trusts(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch(), https=True) as azure:
        cloud = elsewhere(azure, ca="")
        code, sentence, hint = told(azure, capsys, "--all-subscriptions", cloud=cloud)
    assert code == 3
    assert "TLS" in sentence or "certificate" in sentence.lower()
    assert "SSL_CERT_FILE" in hint


def test_access_says_the_same_of_an_unknown_tenant(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(Snapshot()) as azure:
        code, sentence, _ = told(azure, capsys, "--tenant", OTHER, command="access")
    assert code == 3
    assert "AADSTS90002" in sentence
