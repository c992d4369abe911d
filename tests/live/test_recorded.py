"""A recorded run: nothing is written, no secret is asked for, and no token reaches a host it was not made for."""

import os
import re
from pathlib import Path
from unittest.mock import patch

import pytest
from msgspec.structs import replace

import apimdoctor.demo
from apimdoctor.cli import main
from apimdoctor.collect import files
from apimdoctor.demo.server import EmbeddedAzure, Recorded, faults
from apimdoctor.snapshot import NamedValue, PolicyText, Snapshot
from tests.live.larch import SERVICE, larch, policy
from tests.live.reading import environment, read, references

TENANT = Path(apimdoctor.demo.__file__).parent / "tenant"
READS_BY_POST = re.compile(r"/v1\.0/\$batch|/providers/Microsoft\.ResourceGraph/resources")
TELLS_SECRETS = re.compile(r"(?i)list_?(secrets|value|keys)|/list$|regenerate|/tenant/access/.|getsecret")


def recorded_run(snapshot: Snapshot, *planted: faults.Fault) -> list[Recorded]:
    with EmbeddedAzure(snapshot, faults=planted) as azure:
        read(azure, references(snapshot))
        return azure.recorded


def scan(azure: EmbeddedAzure, *options: str) -> int:
    """The command line against an embedded Azure."""
    cloud = ("--cloud", str(azure.cloud_file), "--auth", "env", "--all-subscriptions")
    with patch.dict(os.environ, environment(azure)):
        return main(["scan", *cloud, "--fail-on", "never", *options])


@pytest.mark.parametrize("snapshot", [files.read([TENANT]), larch()], ids=["demo", "larch"])
def test_a_run_writes_nothing_and_asks_for_no_secret(snapshot: Snapshot) -> None:
    found = recorded_run(snapshot)
    assert len(found) > 60
    assert [one.path for one in found if one.method not in ("GET", "POST")] == []
    posts = [one for one in found if one.method == "POST" and not one.is_login]
    assert [one.path for one in posts if not READS_BY_POST.fullmatch(one.path)] == []
    assert [one.path for one in found if TELLS_SECRETS.search(one.path)] == []


def test_a_token_is_sent_with_every_read_and_never_to_the_login() -> None:
    found = recorded_run(files.read([TENANT]))
    assert [one.path for one in found if one.face != "login" and not one.token_sent] == []
    assert [one.path for one in found if one.face == "login" and one.token_sent] == []


def test_no_answer_is_asked_for_twice() -> None:
    asked = [(one.method, one.face, one.path, one.query) for one in recorded_run(larch()) if one.method == "GET"]
    assert sorted(asked) == sorted(set(asked))


def test_an_unregistered_provider_is_not_registered() -> None:
    found = recorded_run(larch(), faults.unregistered(where="arm/.*/(apis|policies/policy|backends)$"))
    assert 409 in [one.status for one in found]
    assert [
        one.path for one in found if one.method == "POST" and one.face == "arm" and "ResourceGraph" not in one.path
    ] == []


def test_a_policy_that_names_a_loopback_or_link_local_address_causes_no_request(tmp_path: Path) -> None:
    with EmbeddedAzure(Snapshot()) as foreign:
        port = foreign.urls["arm"].rpartition(":")[2]
        hosts = [
            f"{host}:{port}"
            for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.0.0.1.example")
        ]
        urls = [f"{scheme}://{host}/.well-known/openid-configuration" for scheme in ("http", "https") for host in hosts]
        urls += ["http://169.254.169.254/metadata/identity/oauth2/token", "https://169.254.169.254/latest"]
        checks = "".join(f'<validate-jwt header-name="a"><openid-config url="{url}" /></validate-jwt>' for url in urls)
        text = f"<policies><inbound>{checks}</inbound></policies>"
        with EmbeddedAzure(with_policy(larch(), policy(SERVICE, text))) as azure:
            assert scan(azure, "--report", f"json={tmp_path / 'report.json'}") == 0
            asked = [one.path for one in azure.recorded if "openid-configuration" in one.path]
    assert foreign.recorded == []
    assert asked == []
    report = (tmp_path / "report.json").read_text("utf-8")
    assert "an address without a name is not fetched" in report or "only https is fetched" in report


def with_policy(snapshot: Snapshot, text: PolicyText, *named: NamedValue) -> Snapshot:
    """A snapshot whose service has this policy, and these named values."""
    service = snapshot.services[0]
    held = replace(service.contents, named_values=(*service.contents.named_values, *named))
    return replace(snapshot, services=(replace(service, policy=text, contents=held),))
