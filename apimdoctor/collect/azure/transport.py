"""One connection to Azure for a whole run: one session and TLS context under every SDK, behind one list of policies."""

import logging
import os
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest

from apimdoctor.collect.azure.clouds import Cloud, origin_of
from apimdoctor.collect.azure.credentials import Credential, Tokens, maker
from apimdoctor.collect.azure.failures import ForbiddenRequestError
from apimdoctor.collect.azure.pace import Clock
from apimdoctor.collect.azure.policies import (
    RECEIVE,
    Admitting,
    Answer,
    Around,
    Bearing,
    Guarding,
    Handing,
    Repeating,
    Target,
)
from apimdoctor.errors import ApimDoctorError

_CONNECTIONS = 32
_CONNECT_SECONDS = 20
_READ_SECONDS = 60


class Transport:
    """Sends what SDKs and collectors ask. Use it as an asynchronous context manager."""

    def __init__(
        self,
        cloud: Cloud,
        auth: str = "default",
        tenant: str = "",
        *,
        clock: Clock | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        for name in ("azure", "msal", "httpx", "kiota_http"):
            # Without a handler, Python prints the warnings of libraries on stderr; what matters of them becomes a gap.
            logging.getLogger(name).addHandler(logging.NullHandler())
        self.cloud = cloud
        self.around = Around(clock or Clock(), _allowed(cloud))
        self.context = _context(cloud.ca)
        self._session: aiohttp.ClientSession | None = None
        self._sender: AioHttpTransport | None = None
        self.tokens = tokens or Tokens(maker(cloud, auth, tenant, self._login), auth, host=_host(cloud))
        self._pipelines: dict[str, AsyncPipeline[Any, Any]] = {}

    async def __aenter__(self) -> "Transport":
        connector = aiohttp.TCPConnector(ssl=self.context, limit=_CONNECTIONS)
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )
        self._sender = AioHttpTransport(
            session=self._session,
            session_owner=False,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.tokens.close()
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session."""
        if self._session is None:
            raise RuntimeError("the transport is not open")
        return self._session

    @property
    def sender(self) -> Any:
        """What puts requests on the wire, for SDK clients that take their policies from here."""
        if self._sender is None:
            raise RuntimeError("the transport is not open")
        return self._sender

    def policies(self, tenant: str = "") -> list[Any]:
        """The policies of a client whose tokens are of `tenant` ("": the credential's own); each client has its own list."""
        around = self.around
        return [Handing(), Repeating(around), Admitting(around), Bearing(around, self.tokens, tenant), Guarding(around)]

    async def send(self, method: str, url: str, *, tenant: str = "", json: Any = None, body: bytes = b"") -> Answer:
        """The answer to one request that no SDK builds."""
        pipeline = self._pipelines.get(tenant)
        if pipeline is None:
            pipeline = self._pipelines[tenant] = AsyncPipeline(self.sender, self.policies(tenant))
        request = HttpRequest(method, url, headers={"Accept": "application/json"})
        if json is not None:
            request = HttpRequest(method, url, headers={"Accept": "application/json"}, json=json)
        elif body:
            headers = {"Accept": "application/json", "Content-Type": "application/json"}
            request = HttpRequest(method, url, headers=headers, content=body)
        taken: list[Answer] = []
        await pipeline.run(request, **{RECEIVE: taken.append})
        return taken[0]

    def proxy(self, url: str) -> str | None:
        """The proxy that the environment names for an address.

        A session that looks into the environment itself does so in a thread for each request, which costs a third of
        the CPU (measured), and would send what a .netrc holds.
        """
        return self.around.proxy(url)

    def _login(self) -> AioHttpTransport:
        return _LoginTransport(self)


class NoCredential:
    """Stands where an SDK wants a credential: the tokens are added by a policy of our own."""

    async def get_token(self, *scopes: str, **_options: Any) -> Any:
        """Never asked."""
        raise ForbiddenRequestError(f"a token for {scopes[0] if scopes else 'nothing'} is not given to an SDK")

    async def close(self) -> None:
        """Nothing to close."""


class Bridge(httpx.AsyncBaseTransport):
    """Carries the requests of Microsoft Graph's SDK, which uses httpx, over the one transport."""

    def __init__(self, transport: Transport, tenant: str) -> None:
        self._transport = transport
        self._tenant = tenant

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send; an error of Graph is raised here, not answered, so that the SDK makes no model of it."""
        body = await request.aread()
        answer = await self._transport.send(request.method, str(request.url), tenant=self._tenant, body=body)
        return httpx.Response(200, headers={"content-type": "application/json"}, content=answer.body, request=request)


class _LoginTransport(AioHttpTransport):  # type: ignore[misc]  # the SDK loads this class lazily, untyped
    """For azure-identity: only to the authority, with the cloud's CA, and http where the authority is on loopback."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(session=transport.session, session_owner=False)
        self._authority = origin_of(transport.cloud.authority)
        self._transport = transport

    async def send(self, request: Any, **config: Any) -> Any:
        """Send a request for a token."""
        authority = self._authority
        if authority is not None and authority.scheme == "http" and request.url.startswith("https://"):
            # azure-identity insists on https; a cloud file may name a loopback address.
            request.url = "http://" + request.url.removeprefix("https://")
        if origin_of(request.url) != authority:
            raise ForbiddenRequestError("a login is sent to the cloud's authority only")
        return await super().send(request, **{"proxy": self._transport.proxy(request.url), **config})

    async def close(self) -> None:
        """The session belongs to the transport; credentials close theirs when they end."""


def _host(cloud: Cloud) -> str:
    origin = origin_of(cloud.authority)
    return origin.host if origin else "the login"


def _allowed(cloud: Cloud) -> tuple[Target, ...]:
    """Both services, the longer path first: a cloud file may put them on one host."""
    scopes = {cloud.resource_manager: cloud.resource_manager_scope, cloud.microsoft_graph: cloud.graph_scope}
    targets = [
        Target(origin, urlsplit(url).path.rstrip("/"), scope)
        for url, scope in scopes.items()
        if (origin := origin_of(url)) is not None
    ]
    return tuple(sorted(targets, key=lambda target: -len(target.path)))


def _context(ca: Path | None) -> ssl.SSLContext:
    """The system's trust (SSL_CERT_FILE included), REQUESTS_CA_BUNDLE as many proxies document it, and the cloud's CA."""
    try:
        context = ssl.create_default_context()
        bundle = os.environ.get("REQUESTS_CA_BUNDLE", "")
        if bundle and Path(bundle).is_file():
            context.load_verify_locations(bundle)
        if ca is not None:
            context.load_verify_locations(ca)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or type(error).__name__
        raise ApimDoctorError(f"the CA certificates cannot be read: {reason}", "they are PEM files") from None
    return context


__all__ = ["Bridge", "Credential", "NoCredential", "Transport"]
