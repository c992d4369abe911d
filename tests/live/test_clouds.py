"""Clouds that a file describes: their issuers reach the findings, and every way of signing in trusts their CA."""

import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from apimdoctor.cli import main
from apimdoctor.demo.server import EmbeddedAzure
from apimdoctor.snapshot import DescribedCloud, store
from tests.live.larch import larch
from tests.live.reading import environment, expected, read, references

V1, V2 = "https://sts.lab.example/{tenant}/", "https://login.lab.example/{tenant}/v2.0"


def described(azure: EmbeddedAzure, **more: str) -> Path:
    """The cloud file of an embedded Azure, with more in it."""
    file = azure.cloud_file.with_name("described.json")
    file.write_text(json.dumps(json.loads(azure.cloud_file.read_text("utf-8")) | more), "utf-8")
    return file


def scan(file: Path, azure: EmbeddedAzure, auth: str, *options: str) -> int:
    """The command line with a cloud file; a developer's own sign-in is not there."""
    nobody = {"PATH": "", "AZURE_TOKEN_CREDENTIALS": ""}
    with patch.dict(os.environ, {**environment(azure), **nobody}):
        return main(
            ["scan", "--cloud", str(file), "--auth", auth, "--all-subscriptions", "--fail-on", "never", *options]
        )


def test_the_issuers_of_a_cloud_file_are_kept_in_the_snapshot(tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    with EmbeddedAzure(larch()) as azure:
        assert (
            scan(described(azure, name="lab", issuer_v1=V1, issuer_v2=V2), azure, "env", f"--save-snapshot={saved}")
            == 0
        )
    kept = store.load(saved.read_bytes())
    assert kept.clouds == (DescribedCloud(name="lab", issuer_v1=V1, issuer_v2=V2),)
    assert [tenant.cloud for tenant in kept.tenants] == ["lab"]


def test_an_issuer_without_a_place_for_the_tenant_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAzure(larch()) as azure:
        assert scan(described(azure, issuer_v1="https://sts.lab.example/"), azure, "env") == 2
    told = capsys.readouterr().err
    assert "issuer_v1 does not say where the tenant stands" in told and "{tenant}" in told


def test_the_default_chain_trusts_the_ca_of_a_cloud_file(tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    with EmbeddedAzure(larch(), https=True) as azure:
        assert scan(azure.cloud_file, azure, "default", f"--save-snapshot={saved}") == 0
    assert store.load(saved.read_bytes()).gaps == ()


def test_the_default_chain_reads_what_a_named_way_reads() -> None:
    with EmbeddedAzure(larch()) as azure:
        assert read(azure, references(larch()), auth="default") == expected(larch())
