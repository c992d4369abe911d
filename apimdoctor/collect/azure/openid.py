"""Fetches the OpenID metadata that policies name, from hosts that are known to be Entra ID's, and from no others.

The addresses are written by whoever may edit a policy. So: https, no redirect, no private address after resolution, at
most 1 MiB and 5 seconds, no token, and no host but those of the cloud and of `--openid-host`.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct, field

from apimdoctor import __version__
from apimdoctor.collect.azure.clouds import CLOUDS, Cloud, Origin, is_loopback, origin_of
from apimdoctor.collect.azure.failures import (
    AzureError,
    ForbiddenRequestError,
    UnreachableError,
    UnreadableError,
    clean,
    gap,
)
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.collect.fields import Json, MalformedError, tables, text
from apimdoctor.snapshot import Gap, OpenIdMetadata

MOST_BYTES = 1 << 20
MOST_SECONDS = 5.0
_AT_ONCE = 8
_MOST_DOCUMENTS = 500


class Fetcher(Struct):
    """Fetches documents, each address once."""

    transport: Transport
    hosts: tuple[str, ...] = ()
    """Hosts allowed by `--openid-host`, also as `host:port`."""
    resolve: Callable[[str], Awaitable[list[str]]] = field(default=lambda host: _resolved(host))  # noqa: PLW0108 - it is defined below
    """The addresses of a host."""
    _key_sets: dict[str, asyncio.Task[tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]]]] = field(
        default_factory=dict
    )
    _session: aiohttp.ClientSession | None = None

    async def read(self, urls: Iterable[str]) -> tuple[list[OpenIdMetadata], list[Gap]]:
        """The documents at these addresses, and a gap for each that may not or could not be fetched."""
        distinct = sorted(set(urls))
        slots = asyncio.Semaphore(_AT_ONCE)
        gaps: list[Gap] = []
        if len(distinct) > _MOST_DOCUMENTS:
            gaps.append(
                Gap(
                    scope="OpenID metadata",
                    kind="skipped",
                    detail=f"only {_MOST_DOCUMENTS} of {len(distinct)} are fetched",
                )
            )
        connector = aiohttp.TCPConnector(
            ssl=self.transport.context, resolver=_PublicResolver(self.resolve), limit=_AT_ONCE, use_dns_cache=False
        )
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        ) as self._session:
            found: list[OpenIdMetadata] = []

            async def one(url: str) -> None:
                async with slots:
                    try:
                        found.append(await self._document(url, gaps))
                    except AzureError as error:
                        gaps.append(gap(url[:300], error))

            await asyncio.gather(*map(one, distinct[:_MOST_DOCUMENTS]))
        return found, gaps

    async def _document(self, url: str, gaps: list[Gap]) -> OpenIdMetadata:
        """The document; when only its key set cannot be read, that is a gap and the issuer counts."""
        told = await self._json(url)
        try:
            issuer, jwks = text(told, "issuer"), text(told, "jwks_uri")
        except MalformedError as error:
            raise UnreadableError(f"the metadata is not what is documented: {error}") from None
        task = self._key_sets.get(jwks)
        if task is None:
            task = self._key_sets[jwks] = asyncio.ensure_future(self._keys(jwks))
        key_ids: tuple[str, ...] = ()
        keys: tuple[tuple[str, str, str], ...] = ()
        try:
            key_ids, keys = await task
        except AzureError as error:
            gaps.append(gap(jwks[:300], error))
        return OpenIdMetadata(url=url, issuer=issuer, jwks_uri=jwks, key_ids=key_ids, keys=keys)

    async def _keys(self, url: str) -> tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]]:
        """The ids of the keys, and the RSA keys themselves: public material only."""
        if not url:
            return (), ()
        told = await self._json(url)
        try:
            found = tables(told, "keys")
            key_ids = sorted({text(key, "kid") for key in found} - {""})
            rsa = sorted(
                {(text(key, "kid"), text(key, "n"), text(key, "e")) for key in found if text(key, "kty") == "RSA"}
            )
        except MalformedError as error:
            raise UnreadableError(f"the key set is not what is documented: {error}") from None
        return tuple(key_ids), tuple(rsa)

    async def _json(self, url: str) -> Json:
        target = allowed(url, self.transport.cloud, self.hosts)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                content = await self._content(target)
        except TimeoutError:
            raise UnreachableError(f"it took more than {MOST_SECONDS:.0f} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise UnreachableError(f"it cannot be fetched: {type(error).__name__}") from None
        try:
            told = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UnreadableError("it is no JSON") from None
        if not isinstance(told, dict):
            raise UnreadableError("it is no JSON object")
        return told

    async def _content(self, url: str) -> bytes:
        headers = {
            "User-Agent": f"apimdoctor/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        session, proxy = await self._session_for(url)
        async with session.get(url, allow_redirects=False, headers=headers, proxy=proxy) as response:
            if response.status != 200:
                raise UnreachableError(f"the host answered {response.status}")
            content = b""
            while len(content) <= MOST_BYTES and (more := await response.content.read(MOST_BYTES + 1 - len(content))):
                content += more
        if len(content) > MOST_BYTES:
            raise UnreadableError("it is larger than 1 MiB")
        return content

    async def _session_for(self, url: str) -> tuple[aiohttp.ClientSession, str | None]:
        """The session whose resolver refuses addresses that are not public; the cloud's own authority is trusted."""
        proxy = self.transport.proxy(url)
        origin = origin_of(url)
        host = origin.host if origin else ""
        if self.transport.cloud.from_file and origin == origin_of(self.transport.cloud.authority):
            return self.transport.session, proxy
        if proxy:
            # The proxy resolves the name and is itself a private address; what can be told here is told beforehand.
            for address in await self.resolve(host):
                _refuse_private(host, address)
            return self.transport.session, proxy
        if self._session is None:
            raise RuntimeError("the fetcher is not open")
        return self._session, None


async def _resolved(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        return []  # behind some proxies only the proxy can resolve names
    return [str(entry[4][0]) for entry in found]


class _PublicResolver(AbstractResolver):
    """Resolves names as usual, and refuses those that lead to an address which is not public."""

    def __init__(self, resolve: Callable[[str], Awaitable[list[str]]]) -> None:
        self._resolve = resolve

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        """The public addresses of a host; what is connected to is what was looked at."""
        addresses = await self._resolve(host)
        for address in addresses:
            _refuse_private(host, address)
        if not addresses:
            raise OSError(None, "the name does not resolve")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def allowed(url: str, cloud: Cloud, hosts: Sequence[str] = ()) -> str:
    """The address to fetch, when it may be fetched; raises otherwise."""
    origin = origin_of(url)
    if origin is None:
        raise ForbiddenRequestError("it is no address that is fetched", "correct the address in the policy")
    if cloud.from_file:
        authority = origin_of(cloud.authority)
        if origin == authority:
            return url
        if origin.scheme == "https" and _among(origin, CLOUDS["public"].metadata_hosts):
            # The cloud of a file stands in for Entra ID: what policies say of its login hosts is asked of its authority.
            parts = urlsplit(url)
            return cloud.authority + parts.path + (f"?{parts.query}" if parts.query else "")
    if origin.scheme != "https":
        raise ForbiddenRequestError("only https is fetched", "correct the address in the policy")
    if _is_address(origin.host) or is_loopback(origin.host):
        raise ForbiddenRequestError("an address without a name is not fetched", "correct the address in the policy")
    if not _among(origin, (*cloud.metadata_hosts, *(host.lower() for host in hosts))):
        host = clean(origin.host, 100)
        raise ForbiddenRequestError(f"{host} is no host of Entra ID", f"--openid-host {host} allows it")
    return url


def _among(origin: Origin, hosts: Sequence[str]) -> bool:
    """Whether a host is one of these; a leading dot stands for subdomains, and a port other than 443 must be said."""
    if f"{origin.host}:{origin.port}" in hosts:
        return True
    return origin.port == 443 and any(
        origin.host == host or (host.startswith(".") and origin.host.endswith(host)) for host in hosts
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        # Browsers and resolvers also read 2130706433 and 0x7f.1 as addresses; a name ends with a letter.
        return not host.rpartition(".")[2][:1].isalpha()
    return True


def _refuse_private(host: str, address: str) -> None:
    found = ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if not found.is_global or found.is_multicast:
        raise ForbiddenRequestError(f"{clean(host, 100)} leads to an address that is not public")
