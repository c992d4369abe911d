"""A small Azure on loopback: answers by path, records every request, and fails on demand."""

import asyncio
import gzip
import json
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from apimdoctor.collect.azure.clouds import Cloud
from apimdoctor.collect.azure.collect import References, collected
from apimdoctor.collect.azure.pace import Clock
from apimdoctor.collect.azure.progress import Progress
from apimdoctor.collect.azure.selection import Request
from apimdoctor.snapshot import Snapshot

SUBSCRIPTION = "6f0e3c1a-8b1d-4c39-9a55-2f7c1d0b8e64"
TENANT = "c2a7d9e4-51b3-4f08-b6de-90a1f3c47b25"
CLIENT = "1d9b7f52-3c64-4e8a-8f10-7a2e5c9d4b33"
SERVICE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-gate/providers/Microsoft.ApiManagement/service/apim-larch"
SECRET = "canary-client-secret-5f1e"

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


@dataclass
class Seen:
    method: str
    path: str
    query: str
    authorization: str
    body: str = ""
    accepts: str = ""


@dataclass
class SmallAzure:
    """`answers` by path (below /arm or /graph) and `pages` of collections; all others are 404 or empty."""

    answers: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, list[list[Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    tokens: int = 0
    base: str = ""
    remaining: int | None = 11999

    def add(self, path: str, *items: dict[str, Any], kind: str = "") -> None:
        """Resources of a collection below the service, with ids and names."""
        full = [
            {
                "id": f"{SERVICE}/{path}/{item['name']}",
                "type": f"Microsoft.ApiManagement/service/{kind or path}",
                **item,
            }
            for item in items
        ]
        self.pages[f"/arm{SERVICE}/{path}"] = [full]

    def policy(self, path: str, text: str) -> None:
        """A policy of a scope below the service ("" for the service)."""
        parent = f"{SERVICE}/{path}" if path else SERVICE
        body = {"id": f"{parent}/policies/policy", "name": "policy", "properties": {"format": "xml", "value": text}}
        self.answers[f"/arm{parent}/policies/policy"] = body

    def paths(self, method: str = "") -> list[str]:
        """The paths that were asked for."""
        return [one.path for one in self.seen if not method or one.method == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        sent = request.headers
        one = Seen(request.method, request.path, request.query_string, sent.get("Authorization", ""), body)
        one.accepts = sent.get("Accept-Encoding", "")
        self.seen.append(one)
        for fault in self.faults:
            answer = await fault(request)
            if answer is not None:
                return answer
        if request.path.endswith("/oauth2/v2.0/token"):
            self.tokens += 1
            return web.json_response(
                {"access_token": f"token-{self.tokens}", "expires_in": 3600, "token_type": "Bearer"}
            )
        return self._answer(request, body)

    def _answer(self, request: web.Request, body: str) -> web.StreamResponse:
        path = request.path
        if path == "/graph/v1.0/$batch":
            asked = json.loads(body)["requests"]
            return self._json(
                {"responses": [{"id": one["id"], "status": 200, "body": self._part(one["url"])} for one in asked]}
            )
        if path in self.pages:
            return self._json(self._page(path, int(request.query.get("$skip", "0"))))
        if path in self.answers:
            answer = self.answers[path]
            return answer() if callable(answer) else self._json(answer)
        last = path.rpartition("/")[2]
        if last == "policy" or path.startswith("/login"):
            return self._json({"error": {"code": "ResourceNotFound", "message": "Policy not found."}}, 404)
        return self._json({"value": []})

    def _part(self, url: str) -> Any:
        return self.answers.get("/graph/v1.0" + url.partition("?")[0], {"value": []})

    def _page(self, path: str, at: int) -> Any:
        pages = self.pages[path]
        told: dict[str, Any] = {"value": pages[at]}
        if at + 1 < len(pages):
            link = "@odata.nextLink" if path.startswith("/graph") else "nextLink"
            told[link] = f"{self.base}{path}?api-version=2020-01-01&$skip={at + 1}"
        return told

    def _json(self, body: Any, status: int = 200) -> web.Response:
        headers = {"Content-Encoding": "gzip"}
        if self.remaining is not None:
            headers["x-ms-ratelimit-remaining-subscription-reads"] = str(self.remaining)
        content = json.dumps(body).encode()
        if "gzip" in self.seen[-1].accepts:
            content = gzip.compress(content, compresslevel=1)
        else:
            del headers["Content-Encoding"]
        return web.Response(body=content, status=status, content_type="application/json", headers=headers)


def tenant(azure: SmallAzure) -> SmallAzure:
    """A subscription with one service and its directory, nothing in either."""
    azure.pages["/arm/subscriptions"] = [[{"subscriptionId": SUBSCRIPTION, "displayName": "Larch", "tenantId": TENANT}]]
    service = {
        "id": SERVICE,
        "name": "apim-larch",
        "location": "westeurope",
        "sku": {"name": "Developer"},
        "properties": {},
    }
    azure.pages[f"/arm/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement/service"] = [[service]]
    azure.answers[f"/arm{SERVICE}/tenant/access"] = {"properties": {"enabled": False}}
    organization = {
        "id": TENANT,
        "displayName": "Larch",
        "tenantType": "AAD",
        "verifiedDomains": [{"name": "larch.example"}],
    }
    azure.pages["/graph/v1.0/organization"] = [[organization]]
    return azure


def orders(azure: SmallAzure) -> SmallAzure:
    """The same with an API, its policy, a product and a named value."""
    tenant(azure)
    azure.add("apis", {"name": "orders", "properties": {"displayName": "Orders", "path": "orders", "isCurrent": True}})
    azure.add("apis/orders/operations", {"name": "get-order", "properties": {"method": "GET", "urlTemplate": "/{id}"}})
    azure.add("products", {"name": "partners", "properties": {"displayName": "Partners", "state": "published"}})
    azure.add("products/partners/apis", {"name": "orders", "properties": {}})
    azure.add("namedValues", {"name": "aud", "properties": {"displayName": "aud", "value": "api://orders"}})
    azure.policy("", "<policies><inbound /></policies>")
    azure.policy("apis/orders", "<policies><inbound><base /></inbound></policies>")
    return azure


class StillClock:
    """Time that passes only while somebody sleeps, at once."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.time + seconds
        await asyncio.sleep(0)
        self.time = max(self.time, until)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep, lambda: 0.5)


def cloud_at(base: str, ca: Path | None = None) -> Cloud:
    return Cloud(
        name="public",
        authority=base,
        resource_manager=f"{base}/arm",
        microsoft_graph=f"{base}/graph",
        ca=ca,
        from_file=True,
    )


def read(
    azure: SmallAzure,
    *,
    references: References | None = None,
    still: StillClock | None = None,
    progress: Progress | None = None,
    **asked: Any,
) -> Snapshot:
    """What the collectors make of a small Azure, over real HTTP and with both SDKs."""
    return asyncio.run(read_inside(azure, references=references, still=still, progress=progress, **asked))


async def read_inside(
    azure: SmallAzure,
    *,
    references: References | None = None,
    still: StillClock | None = None,
    progress: Progress | None = None,
    named: Callable[[Snapshot], References] | None = None,
    **asked: Any,
) -> Snapshot:
    os.environ.update(AZURE_TENANT_ID=TENANT, AZURE_CLIENT_ID=CLIENT, AZURE_CLIENT_SECRET=SECRET)
    server = web.AppRunner(_application(azure), access_log=None, shutdown_timeout=0.1)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    azure.base = f"http://127.0.0.1:{server.addresses[0][1]}"
    settings: dict[str, Any] = {"auth": "env", "subscriptions": (SUBSCRIPTION,), "collected_at": "2026-05-04T03:02:01Z"}
    request = Request(cloud=cloud_at(azure.base), clock=(still or StillClock()).clock, **(settings | asked))
    try:
        named = named or ((lambda _: references) if references else None)
        return await collected(request, progress or Progress(), named)
    finally:
        await server.cleanup()


def _application(azure: SmallAzure) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", azure.handle)
    return application


@contextmanager
def running(azure: SmallAzure, folder: Path) -> Iterator[Path]:
    """The small Azure in a thread of its own, for the command line: the cloud file that leads to it."""
    loop = asyncio.new_event_loop()
    server = web.AppRunner(_application(azure), access_log=None, shutdown_timeout=0.1)

    async def start() -> int:
        await server.setup()
        await web.TCPSite(server, "127.0.0.1", 0).start()
        return int(server.addresses[0][1])

    azure.base = f"http://127.0.0.1:{loop.run_until_complete(start())}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    file = folder / "cloud.json"
    arm, graph = f"{azure.base}/arm", f"{azure.base}/graph"
    told = {"name": "public", "authority": azure.base, "resource_manager": arm, "microsoft_graph": graph}
    file.write_text(json.dumps(told))
    try:
        yield file
    finally:
        asyncio.run_coroutine_threadsafe(server.cleanup(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
