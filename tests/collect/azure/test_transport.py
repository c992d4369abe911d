"""The transport: nothing leaves but reads of the cloud's own hosts, and no faster than Azure allows."""

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web
from azure.core.exceptions import ServiceRequestError

from apimdoctor.collect.azure.clouds import CLOUDS
from apimdoctor.collect.azure.credentials import Tokens, maker
from apimdoctor.collect.azure.failures import ForbiddenRequestError, LoginError, clean
from apimdoctor.collect.azure.pace import Pace
from apimdoctor.collect.azure.policies import is_read, unreachable
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.errors import ApimDoctorError
from tests.collect.azure.small_azure import (
    CLIENT,
    SECRET,
    SERVICE,
    SUBSCRIPTION,
    TENANT,
    SmallAzure,
    StillClock,
    cloud_at,
    orders,
    read,
)


def through(asking: Callable[[Transport], Coroutine[Any, Any, Any]], cloud: Any = None) -> Any:
    async def whole() -> Any:
        async with Transport(cloud or CLOUDS["public"], tokens=Tokens(Given)) as transport:
            return await asking(transport)

    return asyncio.run(whole())


class Given:
    """A credential with one token for everybody."""

    token = "given-token"
    expires_on = 4_000_000_000

    async def get_token(self, *_scopes: str, **_options: str) -> "Given":
        return self

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{SERVICE}/namedValues/x/listValue"),
        ("POST", f"{SERVICE}/subscriptions/master/listSecrets"),
        ("POST", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement/register"),
        ("POST", f"{SERVICE}/policyFragments/x/listReferences"),
        ("POST", "/providers/Microsoft.ResourceGraph/resources/../../x"),
        ("POST", "/v1.0/$batch/x"),
        ("PUT", SERVICE),
        ("PATCH", SERVICE),
        ("DELETE", SERVICE),
        ("HEAD", SERVICE),
    ],
)
def test_nothing_but_reads_leaves(method: str, path: str) -> None:
    assert not is_read(method, path)
    with pytest.raises(ForbiddenRequestError, match="only reads"):
        through(lambda transport: transport.send(method, f"https://management.azure.com{path}"))


@pytest.mark.parametrize("path", ["/providers/Microsoft.ResourceGraph/resources", "/v1.0/$batch"])
def test_the_two_queries_that_are_posted_are_reads(path: str) -> None:
    assert is_read("POST", path)


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com.evil.example/subscriptions",
        "https://management.azure.com@evil.example/subscriptions",
        "http://management.azure.com/subscriptions",
        "https://management.azure.com:8443/subscriptions",
        "https://evil.example/",
        "//management.azure.com/",
    ],
)
def test_only_the_clouds_own_hosts_are_asked(url: str) -> None:
    with pytest.raises(ForbiddenRequestError, match="not let out"):
        through(lambda transport: transport.send("GET", url))


def test_a_whole_scan_writes_nothing_and_lists_no_secret() -> None:
    azure = orders(SmallAzure())
    read(azure)
    posts = [path.rpartition("/")[2] for path in azure.paths("POST")]
    assert set(posts) <= {"token", "$batch", "resources"}
    assert {one.method for one in azure.seen} <= {"GET", "POST"}
    assert not [path for path in azure.paths() if "list" in path.rpartition("/")[2].lower()]


def test_the_token_bucket_lets_the_burst_out_and_then_25_in_a_second() -> None:
    still = StillClock()

    async def ask() -> float:
        pace = Pace(still.clock)
        for _ in range(250):
            await pace.admit()
        at_once = still.time
        for _ in range(100):
            await pace.admit()
        return at_once

    assert asyncio.run(ask()) == 0.0
    assert 3.9 < still.time < 4.4


def test_the_bucket_follows_what_azure_says_is_left() -> None:
    still = StillClock()

    async def ask() -> None:
        pace = Pace(still.clock)
        await pace.admit()
        pace.answered(3)
        for _ in range(28):
            await pace.admit()

    asyncio.run(ask())
    assert 0.9 < still.time < 1.2


def test_a_larger_allowance_is_used() -> None:
    still = StillClock()

    async def ask() -> None:
        pace = Pace(still.clock)
        await pace.admit()
        pace.answered(11_999)
        for _ in range(5_000):
            await pace.admit()

    asyncio.run(ask())
    assert still.time == 0.0


def test_a_scan_that_is_throttled_takes_no_longer_than_azure_demands() -> None:
    """A server with the documented bucket: hardly a request is refused, and no more than a tenth of the time is lost."""
    still = StillClock()
    azure = orders(SmallAzure(remaining=None))
    azure.add("apis/orders/operations", *({"name": f"op{n}", "properties": {}} for n in range(900)))
    state = {"tokens": 250.0, "seen": 0.0, "refused": 0}

    async def bucket(request: web.Request) -> web.StreamResponse | None:
        if not request.path.startswith("/arm"):
            return None
        state["tokens"] = min(250.0, state["tokens"] + (still.time - state["seen"]) * 25)
        state["seen"] = still.time
        if state["tokens"] < 1:
            state["refused"] += 1
            return web.json_response({}, status=429, headers={"Retry-After": "1"})
        state["tokens"] -= 1
        return None

    azure.faults.append(bucket)
    snapshot = read(azure, still=still)
    asked = len([path for path in azure.paths() if path.startswith("/arm")])
    assert snapshot.gaps == () and state["refused"] <= 2
    assert still.time <= (asked - 250) / 25 * 1.1


def test_a_login_that_fails_is_one_sentence_without_the_secret() -> None:
    azure = orders(SmallAzure())

    async def refuse(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith("/token"):
            return None
        told = {
            "error": "invalid_client",
            "error_description": f"AADSTS7000222: the secret {CLIENT} has expired. Trace ID: x",
        }
        return web.json_response(told, status=401)

    azure.faults.append(refuse)
    with pytest.raises(ApimDoctorError, match="AADSTS7000222") as error:
        read(azure)
    assert error.value.code == 3
    assert SECRET not in error.value.message + error.value.hint


def test_no_secret_and_no_token_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    read(orders(SmallAzure()))
    assert SECRET not in caplog.text
    assert "token-1" not in caplog.text and "token-2" not in caplog.text


def test_what_is_quoted_of_others_holds_no_token() -> None:
    part = base64.urlsafe_b64encode(json.dumps({"typ": "JWT"}).encode()).decode().rstrip("=")
    told = clean(f"Bearer {part}.abc.def refused\nclient_secret={SECRET}&x=1 {part}.{part}.x")
    assert part not in told and SECRET not in told and "\n" not in told


@pytest.mark.parametrize(
    ("way", "names"),
    [("env", "AZURE_TENANT_ID"), ("workload", "AZURE_FEDERATED_TOKEN_FILE"), ("pipelines", "SYSTEM_ACCESSTOKEN")],
)
def test_a_way_to_sign_in_says_what_it_lacks(way: str, names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
        "SYSTEM_ACCESSTOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ApimDoctorError, match=names):
        maker(CLOUDS["public"], way, "", lambda: None)


def test_a_token_is_asked_for_once_however_many_want_it() -> None:
    made: list[int] = []

    class Slow(Given):
        async def get_token(self, *_scopes: str, **_options: str) -> Given:
            made.append(1)
            await asyncio.sleep(0)
            return self

    async def ask() -> list[str]:
        tokens = Tokens(Slow)
        return await asyncio.gather(*(tokens.get("scope", TENANT) for _ in range(20)))

    assert set(asyncio.run(ask())) == {"given-token"}
    assert len(made) == 1


def test_a_credential_that_breaks_is_a_login_error() -> None:
    class Broken(Given):
        async def get_token(self, *_scopes: str, **_options: str) -> Given:
            raise ValueError("Bearer abc.def")

    with pytest.raises(LoginError, match="no token") as error:
        asyncio.run(Tokens(Broken).get("scope"))
    assert "abc.def" not in error.value.message


def test_an_unreachable_azure_is_one_sentence() -> None:
    cloud = cloud_at("http://127.0.0.1:9")
    with pytest.raises(Exception, match="cannot be reached"):
        through(lambda transport: transport.send("GET", "http://127.0.0.1:9/arm/x"), cloud)


def test_a_certificate_nobody_trusts_is_not_tried_again_and_names_the_remedy() -> None:
    told = "Cannot connect to host x.example:443 ssl:default [SSLCertVerificationError: (1, '[SSL: CERTIFICATE_VERIFY_FAILED]')]"
    error = unreachable(ServiceRequestError(told), "management.azure.com")
    assert error.lasting and "SSL_CERT_FILE" in error.hint
