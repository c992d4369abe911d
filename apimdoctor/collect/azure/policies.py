"""The one list of policies that every request to Azure passes, whichever SDK made it: read only, pinned, paced, repeated."""

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec
from azure.core.exceptions import AzureError as SdkError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy
from msgspec import Struct, field

from apimdoctor import __version__
from apimdoctor.collect.azure.clouds import Origin, origin_of
from apimdoctor.collect.azure.credentials import Tokens
from apimdoctor.collect.azure.failures import (
    AzureError,
    ForbiddenRequestError,
    RefusedError,
    UnreachableError,
    UnreadableError,
    clean,
    unreachable,
)
from apimdoctor.collect.azure.pace import Clock, Pace

POSTS = (
    re.compile(r"/providers/Microsoft\.ResourceGraph/resources"),
    re.compile(r"/v1\.0/\$batch"),
)
"""The only paths that are posted to: the read-only Resource Graph query, and batches of reads of Microsoft Graph."""

RECEIVE = "receive"
"""The keyword under which a caller of an SDK hands in a function that takes each answer."""

LONGEST_WAIT = 120.0
"""Seconds that Azure may ask to wait; a longer wait is given up as throttled."""
_REPEATED = frozenset({408, 429, 500, 502, 503, 504})
_MOST = {429: 9}
_MOST_OTHERS = 5
_MOST_UNREACHABLE = 3
_MAX_BODY = 1 << 28
_SUBSCRIPTION = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})")
_REMAINING = ("x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads")


class Answer(Struct, frozen=True):
    """What Azure said: the decoded JSON, or the text of an answer that is no JSON."""

    json: Any
    body: bytes
    content_type: str = ""


class _Thin(dict[str, Any]):
    """What an SDK sees of an answer: the next link alone, so that its slow models are made of nothing."""

    status_code = 200
    headers: Mapping[str, str] = {}


class Target(Struct, frozen=True):
    """What may be asked: everything below `path` of an origin, with a token for `scope`."""

    origin: Origin
    path: str
    scope: str


class Counts(Struct):
    """How many requests went out, and how many of them were repeats."""

    requests: int = 0
    repeats: int = 0
    by_path: dict[str, int] = field(default_factory=dict)


class Around(Struct):
    """What the policies of one run share."""

    clock: Clock
    allowed: tuple[Target, ...]
    paces: dict[str, Pace] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    waiting: Callable[[float], None] = lambda _seconds: None
    _proxies: dict[Origin, str | None] = field(default_factory=dict)

    def proxy(self, url: str) -> str | None:
        """The proxy that the environment names for an address; it is looked up once for each host."""
        origin = origin_of(url)
        if origin is None:
            return None
        if origin not in self._proxies:
            named = None if proxy_bypass(origin.host) else getproxies().get(origin.scheme)
            self._proxies[origin] = named
        return self._proxies[origin]

    def target(self, url: str) -> Target:
        """The target an address belongs to; a request to any other is not let out."""
        origin, path = origin_of(url), urlsplit(url).path
        for target in self.allowed:
            if target.origin == origin and (path == target.path or path.startswith(target.path + "/")):
                return target
        raise ForbiddenRequestError(f"a request to {clean(origin.host, 80) if origin else 'no host'} is not let out")

    def pace(self, url: str) -> Pace:
        """The pace of the limit that a request counts against: its subscription's, else its host's."""
        found = _SUBSCRIPTION.search(url)
        origin = origin_of(url)
        key = found[1].lower() if found else origin.host if origin else ""
        pace = self.paces.get(key)
        if pace is None:
            pace = self.paces[key] = Pace(self.clock) if found else Pace(self.clock, burst=1000, per_second=100)
        return pace


class Handing(AsyncHTTPPolicy[Any, Any]):
    """Hands the decoded answer to whoever asked, and to the SDK only the next link."""

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send, and hand the answer over."""
        receive = request.context.options.pop(RECEIVE, None)
        response = await self.next.send(request)
        answer: Answer = response.context["answer"]
        if receive is not None:
            receive(answer)
        link = answer.json.get("nextLink") if isinstance(answer.json, dict) else None
        thin = _Thin(value=[], nextLink=link if isinstance(link, str) else None)
        response.context["deserialized_data"] = thin
        response.http_response = thin
        return response


class Repeating(AsyncHTTPPolicy[Any, Any]):
    """Repeats what failed for a passing reason, as long as Azure asks it to wait, else longer each time."""

    def __init__(self, around: Around) -> None:
        super().__init__()
        self._around = around

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send until there is an answer that counts."""
        attempt = 0
        while True:
            attempt += 1
            try:
                response = await self.next.send(request)
                response.context["answer"] = _answer(response)
                return response
            except AzureError as error:
                wait = self._wait(error, attempt)
                if wait is None:
                    raise
                if isinstance(error, RefusedError) and error.status == 429:
                    self._around.pace(request.http_request.url).close(wait)
            self._around.counts.repeats += 1
            self._around.waiting(wait)
            await self._around.clock.sleep(wait)

    def _wait(self, error: AzureError, attempt: int) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none."""
        asked = None
        most = _MOST_OTHERS
        if isinstance(error, RefusedError):
            if error.status not in _REPEATED:
                return None
            most = _MOST.get(error.status, _MOST_OTHERS)
            asked = error.wait
        elif isinstance(error, UnreachableError):
            most = 0 if error.lasting else _MOST_UNREACHABLE
        elif not isinstance(error, UnreadableError):
            return None
        if attempt >= most or (asked is not None and asked > LONGEST_WAIT):
            return None
        if asked is not None:
            return asked
        return float(min(20.0, 0.5 * 2 ** (attempt - 1)) * (0.5 + self._around.clock.jitter()))


class Admitting(AsyncHTTPPolicy[Any, Any]):
    """Lets a request out when its subscription's limit allows it, and learns from the answer what is left."""

    def __init__(self, around: Around) -> None:
        super().__init__()
        self._around = around

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Wait for a slot and a token, then send."""
        pace = self._around.pace(request.http_request.url)
        async with pace.slots:
            await pace.admit()
            remaining = None
            try:
                response = await self.next.send(request)
                remaining = _remaining(response.http_response.headers)
                return response
            finally:
                pace.answered(remaining)


class Bearing(AsyncHTTPPolicy[Any, Any]):
    """Adds the token; when it is refused in mid scan, asks once with a fresh one."""

    def __init__(self, around: Around, tokens: Tokens, tenant: str) -> None:
        super().__init__()
        self._around = around
        self._tokens = tokens
        self._tenant = tenant

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send with a token that only the host it was made for ever sees."""
        scope = self._around.target(request.http_request.url).scope
        token = await self._tokens.get(scope, self._tenant)
        request.http_request.headers["Authorization"] = f"Bearer {token}"
        try:
            response = await self.next.send(request)
            if response.http_response.status_code == 401:
                fresh = await self._tokens.renewed(scope, self._tenant, token)
                request.http_request.headers["Authorization"] = f"Bearer {fresh}"
                response = await self.next.send(request)
            return response
        finally:
            # Whatever holds the request later (a log, an exception) holds no token.
            request.http_request.headers.pop("Authorization", None)


class Guarding(AsyncHTTPPolicy[Any, Any]):
    """The last policy: nothing leaves but reads of the cloud's own hosts."""

    def __init__(self, around: Around) -> None:
        super().__init__()
        self._around = around

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send if it is a read of an allowed host."""
        wire = request.http_request
        target = self._around.target(wire.url)
        host = target.origin.host
        if not is_read(wire.method, urlsplit(wire.url).path.removeprefix(target.path)):
            raise ForbiddenRequestError(f"a {wire.method} request is not let out: apimdoctor only reads")
        wire.headers["User-Agent"] = f"apimdoctor/{__version__}"
        wire.headers["Accept-Encoding"] = "gzip"
        request.context.options["proxy"] = self._around.proxy(wire.url)
        self._around.counts.requests += 1
        try:
            return await self.next.send(request)
        except SdkError as error:
            raise unreachable(error, host) from None
        except (OSError, EOFError) as error:
            raise UnreachableError(f"{host} broke off: {type(error).__name__}") from None


def is_read(method: str, path: str) -> bool:
    """Whether a request can change nothing."""
    return method == "GET" or (method == "POST" and any(post.fullmatch(path) for post in POSTS))


def _answer(response: PipelineResponse[Any, Any]) -> Answer:
    """The decoded answer; raises for errors and for JSON that is none."""
    wire = response.http_response
    body = wire.content
    kind = (wire.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if wire.status_code >= 300:
        raise _refused(wire.status_code, body, wire.headers)
    if len(body) > _MAX_BODY:
        raise UnreadableError(f"an answer of {len(body) >> 20} MiB is not read")
    if kind and "json" not in kind and body.lstrip()[:1] not in (b"{", b"["):
        return Answer(None, body, kind)
    try:
        return Answer(msgspec.json.decode(body), body, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableError("the answer is no JSON, or not all of it") from None


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> RefusedError:
    code = detail = ""
    try:
        told = msgspec.json.decode(body) if len(body) < 1 << 20 else None
        error = told.get("error", told) if isinstance(told, dict) else None
        if isinstance(error, dict):
            code, detail = (str(error.get(name) or "") for name in ("code", "message"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return RefusedError(status, clean(code, 80), clean(detail, 200), _asked(headers))


def _asked(headers: Mapping[str, str]) -> float | None:
    """The seconds of Retry-After, in each of its forms."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        told = headers.get(name)
        if not told:
            continue
        try:
            return max(0.0, float(told) * unit)
        except ValueError:
            pass
        try:
            at, sent = parsedate_to_datetime(told), headers.get("date")
            return max(0.0, (at - parsedate_to_datetime(sent)).total_seconds()) if sent else None
        except (TypeError, ValueError):
            continue
    return None


def _remaining(headers: Mapping[str, str]) -> int | None:
    for name in _REMAINING:
        told = headers.get(name)
        if told and told.isascii() and told.isdigit() and len(told) < 10:
            return int(told)
    return None
