"""OpenID metadata: fetched from hosts of Entra ID only, and never from where a policy's author would like it."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from apimdoctor.collect.azure.clouds import CLOUDS, chosen
from apimdoctor.collect.azure.collect import References
from apimdoctor.collect.azure.failures import ForbiddenRequestError
from apimdoctor.collect.azure.openid import Fetcher, allowed
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import Gap, OpenIdMetadata
from tests.collect.azure.small_azure import SmallAzure, orders, read

PUBLIC = CLOUDS["public"]
KNOWN = "https://login.microsoftonline.com/c2a7d9e4-51b3-4f08-b6de-90a1f3c47b25/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "url",
    [
        KNOWN,
        "https://sts.windows.net/c2a7d9e4-51b3-4f08-b6de-90a1f3c47b25/.well-known/openid-configuration",
        "https://larch.b2clogin.com/larch.onmicrosoft.com/B2C_1_in/v2.0/.well-known/openid-configuration",
        "https://larch.ciamlogin.com/larch.onmicrosoft.com/v2.0/.well-known/openid-configuration",
        "https://LOGIN.microsoftonline.com:443/common/v2.0/.well-known/openid-configuration",
    ],
)
def test_metadata_of_entra_may_be_fetched(url: str) -> None:
    assert allowed(url, PUBLIC) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://login.microsoftonline.com/common/.well-known/openid-configuration",
        "https://127.0.0.1/.well-known/openid-configuration",
        "https://[::1]/.well-known/openid-configuration",
        "https://localhost/.well-known/openid-configuration",
        "https://169.254.169.254/metadata/identity",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://10.0.0.8/x",
        "https://evil.example/.well-known/openid-configuration",
        "https://login.microsoftonline.com.evil.example/x",
        "https://evilb2clogin.com/x",
        "https://login.microsoftonline.com@evil.example/x",
        "https://login.microsoftonline.com:8443/x",
        "file:///etc/passwd",
        "{{metadata}}",
        "https://[",
        "",
    ],
)
def test_nothing_else_may_be_fetched(url: str) -> None:
    with pytest.raises(ForbiddenRequestError):
        allowed(url, PUBLIC)


def test_a_host_of_another_cloud_is_not_fetched() -> None:
    with pytest.raises(ForbiddenRequestError):
        allowed(KNOWN, CLOUDS["china"])


def test_openid_host_allows_one_host_and_no_address() -> None:
    assert allowed("https://id.example/x", PUBLIC, ("id.example",))
    assert allowed("https://id.example:8443/x", PUBLIC, ("id.example:8443",))
    with pytest.raises(ForbiddenRequestError):
        allowed("https://sub.id.example/x", PUBLIC, ("id.example",))
    with pytest.raises(ForbiddenRequestError):
        allowed("https://127.0.0.1/x", PUBLIC, ("127.0.0.1",))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "192.168.7.7",
        "fd00::1",
        "0.0.0.0",
        "224.0.0.1",
    ],
)
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(address: str) -> None:
    async def fetch() -> tuple[list[OpenIdMetadata], list[Gap]]:
        async def resolve(_host: str) -> list[str]:
            return [address]

        async with Transport(PUBLIC) as transport:
            return await Fetcher(transport, resolve=resolve).read([KNOWN])

    found, (gap,) = asyncio.run(fetch())
    assert not found
    assert "not public" in gap.detail


def served(azure: SmallAzure, document: Any, *, keys: Any = None) -> References:
    path = "/common/v2.0/.well-known/openid-configuration"
    azure.answers[path] = document
    azure.answers["/common/keys"] = keys or {"keys": [{"kid": "k1", "kty": "RSA", "n": "AQAB", "e": "AQAB"}]}
    return References(metadata_urls=("https://login.microsoftonline.com" + path,))


def test_issuer_and_keys_arrive() -> None:
    azure = orders(SmallAzure())
    issuer = "https://login.microsoftonline.com/{tenantid}/v2.0"
    jwks = "https://login.microsoftonline.com/common/keys"
    snapshot = read(azure, references=served(azure, {"issuer": issuer, "jwks_uri": jwks}))
    (found,) = snapshot.metadata
    assert (found.issuer, found.key_ids, found.keys) == (issuer, ("k1",), (("k1", "AQAB", "AQAB"),))
    assert snapshot.gaps == ()


def test_no_token_goes_to_a_metadata_host() -> None:
    azure = orders(SmallAzure())
    read(azure, references=served(azure, {"issuer": "x"}))
    (asked,) = [one for one in azure.seen if one.path.endswith("openid-configuration")]
    assert asked.authorization == ""


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1/x"}),
        lambda: web.Response(body=b" " * (1 << 20) + b"{}", content_type="application/json"),
        lambda: web.Response(text="<html>", content_type="application/json"),
        lambda: web.json_response(["x"]),
        lambda: web.json_response({"issuer": 7}),
        lambda: web.Response(status=500),
    ],
)
def test_what_is_no_metadata_is_a_gap(answer: Any) -> None:
    azure = orders(SmallAzure())
    snapshot = read(azure, references=served(azure, answer))
    assert snapshot.metadata == ()
    assert len(snapshot.gaps) == 1


def test_a_policy_naming_a_loopback_address_causes_no_request() -> None:
    azure = orders(SmallAzure())
    urls = ("http://127.0.0.1:9/x", "https://169.254.169.254/latest", "https://localhost/x")
    snapshot = read(azure, references=References(metadata_urls=urls))
    assert len(snapshot.gaps) == 3
    assert not [path for path in azure.paths() if path in ("/x", "/latest")]


def test_a_key_set_that_cannot_be_read_costs_the_keys_and_not_the_issuer() -> None:
    azure = orders(SmallAzure())
    document = {"issuer": "https://i.example/", "jwks_uri": "https://evil.example/keys"}
    snapshot = read(azure, references=served(azure, document))
    assert [one.issuer for one in snapshot.metadata] == ["https://i.example/"]
    assert len(snapshot.gaps) == 1


def test_a_cloud_file_names_what_it_must(tmp_path: Any) -> None:
    file = tmp_path / "cloud.json"
    file.write_text(
        json.dumps(
            {
                "name": "x",
                "authority": "https://login.x.example/",
                "resource_manager": "https://arm.x.example",
                "microsoft_graph": "https://graph.x.example",
            }
        )
    )
    cloud = chosen(str(file))
    assert (cloud.authority, cloud.resource_manager_scope) == (
        "https://login.x.example",
        "https://arm.x.example/.default",
    )


THREE = '"authority": "https://l", "resource_manager": "https://a", "microsoft_graph": "https://g"'


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("[]", "no JSON object"),
        ("{", "cannot be read"),
        ('{"name": "x"}', "'authority'"),
        ('{"name": "x", ' + THREE.replace("https://l", "http://login.x.example") + "}", "authority"),
        ('{"name": "x", "tls": "off", ' + THREE + "}", "'tls'"),
        ('{"name": "x", "ca": "no.pem", ' + THREE + "}", "no.pem"),
    ],
)
def test_a_cloud_file_that_is_wrong_is_one_sentence(tmp_path: Any, told: str, says: str) -> None:
    file = tmp_path / "cloud.json"
    file.write_text(told)
    with pytest.raises(ApimDoctorError, match=says) as error:
        chosen(str(file))
    assert error.value.code == 2 and error.value.hint
