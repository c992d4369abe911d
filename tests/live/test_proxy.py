"""The proxy of the environment carries every request, and nothing of a .netrc is ever sent."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import aiohttp
from aiohttp import web

from apimdoctor.demo.server import EmbeddedAzure
from tests.live.larch import larch
from tests.live.reading import expected, read, references


@dataclass
class Proxy:
    """What came through it: method, address and the names of the headers."""

    url: str = ""
    seen: list[tuple[str, str, str]] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        target = request.raw_path if request.raw_path.startswith("http") else str(request.url)
        self.seen.append((request.method, target, request.headers.get("Proxy-Authorization", "")))
        kept = {name: value for name, value in request.headers.items() if name not in ("Host", "Proxy-Authorization")}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, target, headers=kept, data=await request.read()) as answer,
        ):
            told = {n: v for n, v in answer.headers.items() if n not in ("Transfer-Encoding", "Content-Length")}
            return web.Response(status=answer.status, body=await answer.read(), headers=told)


@contextmanager
def proxy() -> Iterator[Proxy]:
    """A forwarding proxy on loopback."""
    loop = asyncio.new_event_loop()
    found = Proxy()

    async def start() -> tuple[web.ServerRunner, int]:
        runner = web.ServerRunner(web.Server(found.handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, int(runner.addresses[0][1])

    runner, port = loop.run_until_complete(start())
    found.url = f"127.0.0.1:{port}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def test_every_request_goes_through_the_proxy_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("default login canary password nightingale-4471\n", "utf-8")
    with proxy() as between, EmbeddedAzure(larch()) as azure:
        named = {"http_proxy": f"http://larch:hollow@{between.url}", "NO_PROXY": "", "no_proxy": ""}
        settings = dict(azure.environment) | named | {"NETRC": str(tmp_path / "netrc")}
        with patch.object(EmbeddedAzure, "environment", settings), patch.dict(os.environ, settings):
            found = read(azure, references(larch()))
    assert found == expected(larch())
    assert len(between.seen) == len(azure.recorded)
    assert {address.partition("//")[2].split("/")[0] for _, address, _ in between.seen} == {
        url.partition("//")[2] for url in azure.urls.values()
    }
    assert {authorization[:6] for _, _, authorization in between.seen} == {"Basic "}


def test_a_host_that_no_proxy_names_is_reached_directly() -> None:
    with proxy() as between, EmbeddedAzure(larch()) as azure:
        settings = dict(azure.environment) | {"http_proxy": f"http://{between.url}"}
        with patch.object(EmbeddedAzure, "environment", settings):
            assert read(azure, references(larch())) == expected(larch())
    assert between.seen == []
