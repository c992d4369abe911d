"""Faults of the network and of Azure: what passes changes nothing, what lasts is a gap; no test waits."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from aiohttp import web

from apimdoctor.collect.azure.collect import STOPPED, References
from apimdoctor.snapshot import Snapshot
from tests.collect.azure.small_azure import (
    SERVICE,
    SUBSCRIPTION,
    Fault,
    SmallAzure,
    StillClock,
    orders,
    read,
    read_inside,
)

WHOLE = read(orders(SmallAzure()))
POLICY = f"/arm{SERVICE}/apis/orders/policies/policy"


def status(code: int, headers: dict[str, str] | None = None, error: str = "Planted") -> Callable[[], web.Response]:
    return lambda: web.json_response({"error": {"code": error, "message": "planted"}}, status=code, headers=headers)


def on(path: str, answer: Callable[[], web.StreamResponse], times: int = 1 << 30) -> Fault:
    """A fault that answers in place of Azure, so many times, on paths that end so."""
    left = [times]

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith(path) or left[0] <= 0:
            return None
        left[0] -= 1
        return answer()

    return fault


def cut_off(path: str, times: int = 1 << 30) -> Fault:
    """A connection that ends in the middle of the body."""
    left = [times]

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith(path) or left[0] <= 0:
            return None
        left[0] -= 1
        response = web.StreamResponse(headers={"Content-Length": "500", "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"value": [')
        if request.transport is not None:
            request.transport.close()
        return response

    return fault


def without_gaps(snapshot: Snapshot) -> tuple[object, ...]:
    return (snapshot.services, snapshot.tenants)


@pytest.mark.parametrize(
    "answer",
    [
        status(429, {"Retry-After": "3"}),
        status(429),
        status(500),
        status(502),
        status(503, {"Retry-After": "1"}),
        status(504),
        lambda: web.Response(text='{"value": [', content_type="application/json"),
        lambda: web.Response(text="<html>gateway</html>", content_type="application/json"),
    ],
)
@pytest.mark.parametrize("path", ["/apis", "/apis/orders/policies/policy", "/applications", "/organization"])
def test_a_passing_fault_changes_nothing(path: str, answer: Callable[[], web.StreamResponse]) -> None:
    azure = orders(SmallAzure(faults=[on(path, answer, times=2)]))
    assert read(azure) == WHOLE


@pytest.mark.parametrize("path", ["/apis", "/apis/orders/policies/policy", "/applications"])
def test_a_connection_that_breaks_in_mid_body_is_tried_again(path: str) -> None:
    assert read(orders(SmallAzure(faults=[cut_off(path, times=2)]))) == WHOLE


def test_retry_after_is_waited_for_and_everybody_waits() -> None:
    still = StillClock()
    read(orders(SmallAzure(faults=[on("/apis", status(429, {"Retry-After": "17"}), times=1)])), still=still)
    assert 17.0 in still.slept


def test_a_wait_beyond_the_cap_is_given_up_as_throttled() -> None:
    still = StillClock()
    snapshot = read(
        orders(SmallAzure(faults=[on("apim-larch/apis", status(429, {"Retry-After": "86400"}))])), still=still
    )
    assert [gap.kind for gap in snapshot.gaps] == ["throttled"]
    assert max(still.slept, default=0) < 200


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (on("/apis/orders/policies/policy", status(403, error="AuthorizationFailed")), "denied"),
        (on("/apis/orders/policies/policy", status(500)), "failed"),
        (on("/apis/orders/policies/policy", status(429)), "throttled"),
        (cut_off("/apis/orders/policies/policy"), "failed"),
        (
            on("/apis/orders/policies/policy", lambda: web.Response(text="{", content_type="application/json")),
            "unparsed",
        ),
    ],
)
def test_a_fault_that_lasts_costs_the_one_policy_and_is_a_gap(fault: Fault, kind: str) -> None:
    snapshot = read(orders(SmallAzure(faults=[fault])))
    (gap,) = snapshot.gaps
    assert (gap.kind, gap.scope) == (kind, f"{SERVICE}/apis/orders/policies/policy")
    (api,) = snapshot.services[0].contents.apis
    assert api.policy is not None and api.policy.unread
    assert api.operations == WHOLE.services[0].contents.apis[0].operations
    assert snapshot.tenants == WHOLE.tenants


def test_what_is_denied_in_the_directory_names_the_permission_to_ask_for() -> None:
    azure = orders(SmallAzure(faults=[on("/oauth2PermissionGrants", status(403, error="Authorization_RequestDenied"))]))
    snapshot = read(azure)
    (gap,) = snapshot.gaps
    assert gap.kind == "denied" and "Directory.Read.All" in gap.hint
    assert "delegated_grants" not in snapshot.tenants[0].whole
    assert snapshot.services == WHOLE.services


def test_domains_are_asked_for_where_the_organization_is_denied() -> None:
    azure = orders(SmallAzure(faults=[on("/organization", status(403))]))
    azure.pages["/graph/v1.0/domains"] = [[{"id": "larch.example", "isVerified": True}]]
    snapshot = read(azure)
    assert snapshot.tenants[0].domains == ("larch.example",)
    assert len(snapshot.gaps) == 1


def test_a_token_refused_in_mid_scan_is_replaced_once() -> None:
    azure = orders(SmallAzure())
    refused: list[str] = []

    async def expire(request: web.Request) -> web.StreamResponse | None:
        authorization = request.headers.get("Authorization", "")
        if request.path.endswith("/operations"):
            refused.append(authorization)
        if refused and authorization == refused[0]:
            return status(401, error="ExpiredAuthenticationToken")()
        return None

    azure.faults.append(expire)
    assert read(azure) == WHOLE
    assert azure.tokens == 3


def test_a_token_refused_for_good_is_not_asked_for_forever() -> None:
    azure = orders(SmallAzure(faults=[on("/namedValues", status(401))]))
    snapshot = read(azure)
    assert [gap.kind for gap in snapshot.gaps] == ["denied"]
    assert len([path for path in azure.paths() if path.endswith("/namedValues")]) == 2


def test_a_missing_provider_registration_is_never_repaired() -> None:
    azure = orders(SmallAzure(faults=[on("/backends", status(409, error="MissingSubscriptionRegistration"))]))
    read(azure)
    assert not [path for path in azure.paths("POST") if path.endswith("/register")]


def test_no_token_follows_a_next_link_to_another_host() -> None:
    azure = orders(SmallAzure())
    stranger = SmallAzure()

    async def scan() -> Snapshot:
        server = web.AppRunner(_everything(stranger), shutdown_timeout=0.1)
        await server.setup()
        site = web.TCPSite(server, "127.0.0.1", 0)
        await site.start()
        link = f"http://127.0.0.1:{server.addresses[0][1]}/more"
        azure.answers[f"/arm{SERVICE}/backends"] = {"value": [], "nextLink": link}
        azure.answers["/graph/v1.0/applications"] = {"value": [], "@odata.nextLink": link}
        try:
            return await read_inside(azure)
        finally:
            await server.cleanup()

    snapshot = asyncio.run(scan())
    assert stranger.seen == []
    assert [gap.kind for gap in snapshot.gaps] == ["skipped", "skipped"]


def test_next_links_that_go_round_in_a_circle_end() -> None:
    azure = orders(SmallAzure())
    backend = {"id": f"{SERVICE}/backends/b", "name": "b", "properties": {}}

    def circle() -> web.Response:
        return web.json_response({"value": [backend], "nextLink": f"{azure.base}/arm{SERVICE}/backends?$skip=1"})

    def ring() -> web.Response:
        return web.json_response({"value": [], "@odata.nextLink": f"{azure.base}/graph/v1.0/applications?$skip=1"})

    azure.answers[f"/arm{SERVICE}/backends"] = circle
    azure.answers["/graph/v1.0/applications"] = ring
    snapshot = read(azure)
    assert [gap.kind for gap in snapshot.gaps] == ["unparsed", "unparsed"]
    assert [one.name for one in snapshot.services[0].contents.backends] == ["b"]


def test_one_service_that_fails_does_not_stop_the_other() -> None:
    azure = orders(SmallAzure())
    pages = azure.pages[f"/arm/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement/service"]
    other = SERVICE.replace("apim-larch", "apim-elm")
    pages[0].append({"id": other, "name": "apim-elm", "properties": {}})

    async def broken(request: web.Request) -> web.StreamResponse | None:
        return status(403)() if "/apim-elm/" in request.path else None

    azure.faults.append(broken)
    snapshot = read(azure)
    assert WHOLE.services[0] in snapshot.services
    assert all("/apim-elm" in gap.scope for gap in snapshot.gaps) and snapshot.gaps


def test_many_gaps_with_one_reason_are_one_gap() -> None:
    azure = orders(SmallAzure())
    azure.add("apis/orders/operations", *({"name": f"op{n}", "properties": {}} for n in range(40)))

    async def denied(request: web.Request) -> web.StreamResponse | None:
        return status(403)() if "/operations/" in request.path else None

    azure.faults.append(denied)
    (gap,) = read(azure).gaps
    assert gap.scope.endswith("/apis/*/operations/*/policies/policy") and "40 times" in gap.detail


def test_ctrl_c_keeps_what_was_read_with_a_gap() -> None:
    azure = orders(SmallAzure())

    async def scan() -> Snapshot:
        reading = asyncio.ensure_future(read_inside(azure))

        async def stop(request: web.Request) -> web.StreamResponse | None:
            if request.path.endswith("/apis/orders/policies/policy"):
                reading.cancel()
                await asyncio.sleep(30)
            return None

        azure.faults.append(stop)
        return await asyncio.wait_for(asyncio.shield(reading), 5)

    snapshot = asyncio.run(scan())
    assert STOPPED in snapshot.gaps
    (api,) = snapshot.services[0].contents.apis
    assert api.policy is not None and "stopped" in api.policy.unread


def test_ctrl_c_waits_for_no_computation() -> None:
    begun, never = threading.Event(), threading.Event()

    def long(_: Snapshot) -> References:
        begun.set()
        never.wait(600)
        return References()

    async def scan() -> Snapshot:
        reading = asyncio.ensure_future(read_inside(orders(SmallAzure()), named=long))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        reading.cancel()
        return await reading

    try:
        snapshot = asyncio.run(scan())
    finally:
        never.set()
    assert STOPPED in snapshot.gaps
    assert snapshot.services == WHOLE.services


def test_a_computation_that_fails_ends_the_scan_with_its_own_error() -> None:
    def fails(_: Snapshot) -> References:
        raise ValueError("planted")

    with pytest.raises(ValueError, match="planted"):
        asyncio.run(read_inside(orders(SmallAzure()), named=fails))


def _everything(azure: SmallAzure) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", azure.handle)
    return application
