"""The embedded Azure at work: three services on loopback ports, in a thread and event loop of its own."""

import asyncio
import gzip
import json
import ssl
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from uuid import uuid4

from aiohttp import web
from msgspec import Struct

from apimdoctor.demo.server import serve_arm
from apimdoctor.demo.server.answering import ARM, GRAPH, LOGIN, Answer, Asked, Azure
from apimdoctor.demo.server.directory import directories
from apimdoctor.demo.server.faults import Fault
from apimdoctor.demo.server.limit import Limit
from apimdoctor.demo.server.login import Login, documents
from apimdoctor.demo.server.resources import TENANT, resources
from apimdoctor.snapshot import Snapshot

_HOST = "127.0.0.1"
_FACES = (LOGIN, ARM, GRAPH)
_WORTH_PACKING = 1400
_START_SECONDS = 20


class Recorded(Struct, frozen=True, kw_only=True):
    """A request that came, and the status it was answered with; of its token only that there was one."""

    method: str
    face: str
    host: str
    path: str
    query: str
    token_sent: bool
    status: int

    @property
    def is_login(self) -> bool:
        """Whether a token was asked for."""
        return self.face == LOGIN and self.path.endswith("/oauth2/v2.0/token")


class EmbeddedAzure:
    """Serves a snapshot as Azure would. Use it as a context manager; `cloud_file` and `environment` lead to it."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        faults: Sequence[Fault] = (),
        https: bool = False,
        page_size: int = 100,
        latency: float = 0.0,
        credential: str = serve_arm.CREDENTIAL,
        limit: Limit | None = None,
    ) -> None:
        found = resources(snapshot, credential)
        self._credential = credential
        known = {tenant.lower() for tenant in found.subscriptions.values()}
        self.directories = directories(snapshot, known or {TENANT})
        self.secret = f"embedded-{uuid4()}"
        login = Login(frozenset(self.directories), self.secret, documents=documents(snapshot.metadata))
        self.azure = Azure(resources=found, directories=self.directories, login=login, page_size=page_size, limit=limit)
        self.subscriptions = tuple(found.subscriptions)
        self.tenant = next(iter(found.subscriptions.values()), next(iter(self.directories)))
        self.faults = list(faults)
        self.recorded: list[Recorded] = []
        self.urls: dict[str, str] = {}
        self._https = https
        self._latency = latency
        self._ports: dict[int, str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="embedded Azure", daemon=True)
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> "EmbeddedAzure":
        self._folder = TemporaryDirectory(prefix="apimdoctor-demo-")
        self._thread.start()
        if not self._ready.wait(_START_SECONDS) or self._failure is not None:
            self._folder.cleanup()
            raise RuntimeError("the embedded Azure did not start") from self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_SECONDS)
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def cloud_file(self) -> Path:
        """The description of this cloud, for `--cloud FILE`; there as long as the context is open."""
        if self._folder is None:
            raise RuntimeError("the embedded Azure is not open")
        return Path(self._folder.name) / "cloud.json"

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which `--auth env` signs in here, also where a proxy is set."""
        return {
            "AZURE_TENANT_ID": self.tenant,
            "AZURE_CLIENT_ID": "2e8c7d04-94f5-4b1c-a6d3-58b70e1f92ac",
            "AZURE_CLIENT_SECRET": self.secret,
            "NO_PROXY": _HOST,
            "no_proxy": _HOST,
        }

    def becomes(self, snapshot: Snapshot, at: str) -> None:
        """Serve another state from now on; what differs was written at a time (ISO 8601, UTC), says the Activity Log."""
        found = resources(snapshot, self._credential)
        self.azure.log.changed(self.azure.resources, found, at)
        self.azure.resources = found
        # The tenants are the same ones.
        self.directories |= directories(snapshot, set(self.directories))

    def forget_tokens(self) -> None:
        """Refuse from now on every token that was given."""
        self.azure.login.forget()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever started the thread
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.2)
        await runner.setup()
        context = None
        cloud = {"name": "public"}
        if self._https:
            from apimdoctor.demo.server import certificates

            ca, server = certificates.write(self.cloud_file.parent)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(server)
            cloud["ca"] = ca.name
        try:
            for face in _FACES:
                site = web.TCPSite(runner, _HOST, 0, ssl_context=context)
                await site.start()
                port = runner.addresses[-1][1]
                self._ports[port] = face
                self.urls[face] = f"{'https' if context else 'http'}://{_HOST}:{port}"
            self.azure.login.services |= {self.urls[ARM]: ARM, self.urls[GRAPH]: GRAPH}
            cloud |= {"authority": self.urls[LOGIN], "resource_manager": self.urls[ARM]}
            cloud |= {"microsoft_graph": self.urls[GRAPH]}
            self.cloud_file.write_text(json.dumps(cloud), "utf-8")
            self._ready.set()
            await self._stop.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        transport = request.transport
        port = transport.get_extra_info("sockname")[1] if transport is not None else 0
        face = self._ports.get(port, LOGIN)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        asked = Asked(
            face=face,
            method=request.method,
            path=request.path,
            query=dict(request.query),
            token=token if scheme.lower() == "bearer" else "",
            body=await request.read(),
            base=self.urls.get(face, ""),
        )
        try:
            answer = self.azure.answer(asked)
        except (ValueError, KeyError, TypeError, AttributeError):
            answer = Answer(status=400).told(serve_arm.error("BadRequest", "The request is malformed."))
        for fault in self.faults:
            answer = fault.applied(asked, answer)
        sent = bool(request.headers.get("Authorization"))
        self.recorded.append(
            Recorded(
                method=request.method,
                face=face,
                host=request.host,
                path=request.path,
                query=request.query_string,
                token_sent=sent,
                status=answer.status,
            )
        )
        if answer.delay or self._latency:
            await asyncio.sleep(answer.delay + self._latency)
        return await self._sent(request, answer)

    async def _sent(self, request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
        headers = {**dict(answer.headers), "Content-Type": answer.content_type}
        body = answer.body
        if len(body) > _WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if not answer.cut:
            return web.Response(status=answer.status, body=body, headers=headers)
        response = web.StreamResponse(status=answer.status, headers={**headers, "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response
