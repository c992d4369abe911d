"""What may go wrong between Azure and those who ask it: each fault changes an answer on its way out."""

import json
import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.demo.server import serve_arm
from apimdoctor.demo.server.answering import Answer, Asked

RAW_XML = "application/vnd.ms-azure-apim.policy.raw+xml"
"""The content type of a policy that is told as such and not in JSON (the SDK's own Accept header offers it)."""

_LISTS = frozenset({"value", "data", "responses", "verifiedDomains"})
"""Never null: what holds the objects of an answer, and the domains of a tenant, of which each has one."""


class Fault(Struct):
    """A change of answers. `where` is searched in the service and the path (`arm/subscriptions/...`)."""

    name: str
    change: Callable[[Asked, Answer], Answer]
    where: str = ""
    times: int | None = None
    """How many times at each path; None: always."""
    after: int = 0
    """How many answers to let pass before it begins."""
    most: int | None = None
    """How many times in all; None: no limit."""
    struck: int = 0
    """How many answers it was applied to."""
    _seen: dict[str, int] = field(default_factory=dict)
    _passed: int = 0

    def applied(self, asked: Asked, answer: Answer) -> Answer:
        """The answer with the fault, where and while it applies."""
        place = f"{asked.face}{asked.path}"
        if not re.search(self.where, place):
            return answer
        self._passed += 1
        if self._passed <= self.after or (self.most is not None and self._passed > self.after + self.most):
            return answer
        key = f"{asked.method} {place} {sorted(asked.query.items())}"
        self._seen[key] = self._seen.get(key, 0) + 1
        if self.times is not None and self._seen[key] > self.times:
            return answer
        self.struck += 1
        return self.change(asked, answer)


def throttled(seconds: str = "7", **when: Any) -> Fault:
    """429 with Retry-After, as Azure answers beyond its limits."""
    return Fault("429", lambda _, answer: _error(answer, 429, "TooManyRequests", ("Retry-After", seconds)), **when)


def failing(status: int = 503, **when: Any) -> Fault:
    """500, 502, 503 or 504; gateways in between answer with a page, not with JSON."""

    def change(_: Asked, answer: Answer) -> Answer:
        if status == 502:
            return replace(answer, status=502, body=b"<html><h1>Bad Gateway</h1></html>", content_type="text/html")
        return _error(answer, status, "ServerError")

    return Fault(str(status), change, **when)


def cut_off(**when: Any) -> Fault:
    """The connection is reset in the middle of the body."""
    return Fault("reset", lambda _, answer: replace(answer, cut=True), **when)


def truncated(**when: Any) -> Fault:
    """Half of the JSON, as if it were all."""
    return Fault("truncated", lambda _, answer: replace(answer, body=answer.body[: len(answer.body) // 2]), **when)


def malformed(content: bytes = b'{"value": [}', **when: Any) -> Fault:
    """What is no JSON."""
    return Fault("malformed", lambda _, answer: replace(answer, body=content), **when)


def slow(seconds: float = 0.05, **when: Any) -> Fault:
    """An answer that takes its time."""
    return Fault("slow", lambda _, answer: replace(answer, delay=seconds), **when)


def refused(status: int = 403, code: str = "AuthorizationFailed", **when: Any) -> Fault:
    """A right that is missing."""
    return Fault(str(status), lambda _, answer: _error(answer, status, code), **when)


def unregistered(**when: Any) -> Fault:
    """409 MissingSubscriptionRegistration, at which SDKs register the provider by a POST of their own."""
    return Fault("unregistered", lambda _, answer: _error(answer, 409, "MissingSubscriptionRegistration"), **when)


def next_link(target: str, **when: Any) -> Fault:
    """A next link to another place: `target` is an address, or "" for the page itself (a loop)."""

    def change(asked: Asked, answer: Answer) -> Answer:
        body = _body(answer)
        if not isinstance(body, dict) or not isinstance(body.get("value"), list):
            return answer
        name = "@odata.nextLink" if asked.face == "graph" else "nextLink"
        own = f"{asked.base}{asked.path}?api-version={asked.query.get('api-version', '')}"
        return answer.told({**body, name: target or own})

    return Fault("next link", change, **when)


def raw_xml(**when: Any) -> Fault:
    """Policies as such instead of JSON that holds them."""

    def change(_: Asked, answer: Answer) -> Answer:
        body = _body(answer)
        text = body.get("properties", {}).get("value") if isinstance(body, dict) else None
        if not isinstance(text, str):
            return answer
        return replace(answer, body=text.encode(), content_type=RAW_XML)

    return Fault("raw XML", change, **{"where": "/policies/policy$", **when})


def expired(forget: Callable[[], None], **when: Any) -> Fault:
    """401 in the middle of a scan: `forget` makes the login refuse every token it has given."""

    def change(_: Asked, answer: Answer) -> Answer:
        forget()
        return _error(answer, 401, "ExpiredAuthenticationToken")

    return Fault("401", change, **{"most": 1, **when})


def refused_parts(status: int = 429, seconds: str = "3", **when: Any) -> Fault:
    """Every part of a batch is refused on its own, while the batch itself succeeds."""

    def change(_: Asked, answer: Answer) -> Answer:
        body = _body(answer)
        if not isinstance(body, dict) or "responses" not in body:
            return answer
        refusal = {
            "status": status,
            "headers": {"Retry-After": seconds},
            "body": serve_arm.error("TooManyRequests", ""),
        }
        return answer.told({"responses": [{"id": part["id"], **refusal} for part in body["responses"]]})

    return Fault("parts of a batch", change, **{"where": r"/\$batch$", **when})


def odd_fields(**when: Any) -> Fault:
    """Fields that nobody documents, of every type, in every object; and null where nothing is told."""
    odd: dict[str, Any] = {"futureField": {"deep": [1, None, {"x": True}]}, "unset": None, "größe": 1.5e300, "@odd": []}

    def with_odd(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            told = {key: with_odd(inner, key) for key, inner in value.items()}
            # The names in these are told by whoever made the resource, so that one more would be one more resource.
            return told if name in ("header", "query", "userAssignedIdentities") else told | odd
        if isinstance(value, list):
            return [with_odd(inner) for inner in value] if value or name in _LISTS else None
        return value

    return Fault("odd fields", lambda _, answer: _mapped(answer, with_odd), **when)


def planted(canary: str, **when: Any) -> Fault:
    """Azure tells what it is documented not to tell: `canary` as every kind of secret, in every object."""
    names = (
        "primaryKey",
        "secondaryKey",
        "clientSecret",
        "secretText",
        "password",
        "connectionString",
        "key1",
        "accessKey",
    )

    def with_canary(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            told = {key: with_canary(inner, key) for key, inner in value.items()}
            return (
                told if name in ("header", "query", "userAssignedIdentities") else told | dict.fromkeys(names, canary)
            )
        return [with_canary(inner) for inner in value] if isinstance(value, list) else value

    return Fault("planted", lambda _, answer: _mapped(answer, with_canary), **{"where": "^(arm|graph)", **when})


def _mapped(answer: Answer, change: Callable[[Any], Any]) -> Answer:
    body = _body(answer)
    return answer if body is None else answer.told(change(body))


def _body(answer: Answer) -> Any:
    try:
        return answer.json
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None


def _error(answer: Answer, status: int, code: str, *headers: tuple[str, str]) -> Answer:
    body = serve_arm.error(code, "This is a fault of the embedded Azure.")
    return replace(answer, status=status, headers=(*answer.headers, *headers)).told(body)
