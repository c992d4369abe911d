"""Policy elements as steps: what each writes, answers, counts by, calls, and sends of a caller's token."""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from apimdoctor.facts import written
from apimdoctor.facts.documents import Policy
from apimdoctor.facts.hosts import Hosts
from apimdoctor.facts.limits import SEMANTIC, counts_by, varies_by
from apimdoctor.facts.values import NONE, Unknown, Values, known, unread
from apimdoctor.facts.vocabulary import PolicyScope, Step
from apimdoctor.policy.reads import NOTHING, Reads, reading_of, reads_in, reads_of, written_in
from apimdoctor.policy.tree import Document, Element
from apimdoctor.policy.value import Expression, NamedValues, Value, symbol
from apimdoctor.policy.value import Literal as LiteralValue

Role = Literal["identity", "answer", "cache", "counter", "log", "call", "route", "control", "check", "other"]
ROLES: Mapping[str, Role] = {
    **dict.fromkeys(
        (
            "authentication-basic",
            "authentication-certificate",
            "authentication-managed-identity",
            "authentication-token",
            "authentication-token-store",
            "get-authorization-context",
        ),
        "identity",
    ),
    **dict.fromkeys(("return-response", "mock-response"), "answer"),
    **dict.fromkeys(("cache-lookup", "llm-semantic-cache-lookup", "azure-openai-semantic-cache-lookup"), "cache"),
    **dict.fromkeys(
        (
            "rate-limit",
            "rate-limit-by-key",
            "quota",
            "quota-by-key",
            "llm-token-limit",
            "azure-openai-token-limit",
            "limit-concurrency",
        ),
        "counter",
    ),
    **dict.fromkeys(
        (
            "trace",
            "log-to-eventhub",
            "emit-metric",
            "llm-emit-token-metric",
            "azure-openai-emit-token-metric",
            "set-request-metric-dimension-value",
        ),
        "log",
    ),
    **dict.fromkeys(
        (
            "send-request",
            "send-one-way-request",
            "send-service-bus-message",
            "publish-to-dapr",
            "invoke-dapr-binding",
            "llm-content-safety",
            "forward-request",
        ),
        "call",
    ),
    **dict.fromkeys(("set-backend-service", "rewrite-uri", "proxy", "invoke-request"), "route"),
    **dict.fromkeys(("ip-filter", "check-header", "validate-client-certificate"), "control"),
    **dict.fromkeys(("validate-jwt", "validate-azure-ad-token"), "check"),
}
"""What an element is for (docs: the policy reference's categories); `other` for the rest."""

_OVERWRITES = frozenset(
    {
        "authentication-basic",
        "authentication-managed-identity",
        "authentication-token",
        "authentication-token-store",
    }
)
_SETS_VARIABLE = {
    "set-variable": "name",
    "cache-lookup-value": "variable-name",
    "send-request": "response-variable-name",
    "get-authorization-context": "context-variable-name",
    "validate-jwt": "output-token-variable-name",
    "validate-azure-ad-token": "output-token-variable-name",
}
_VERIFIES = re.compile(r"\b(?:Verify|VerifyData|VerifyHash|ComputeHash)\b")
_ALL_HEADERS = re.compile(
    r"\b(?:\bin\s+context\.Request\.Headers\s*\)|context\.Request\.Headers\s*\.\s*(?:Select|Aggregate|ToDictionary)\b"
    r"|SerializeObject\(\s*context\.Request\.Headers\s*\))"
)
_HOST = re.compile(r"\s*(?:(?P<scheme>https?)://)(?P<host>[^/\s:?#]+)", re.IGNORECASE)


class Steps(Struct, eq=False):
    """Makes steps, each once for the element and the scope it runs at."""

    token_variables: frozenset[str] = frozenset()
    """Variables into which some token check of any policy puts its token."""
    gateway_variables: frozenset[str] = frozenset()
    """Variables into which some policy puts a token of the gateway's identity."""
    hosts: Hosts = field(default_factory=Hosts)
    _made: dict[tuple[str, int, str, str], Step] = field(default_factory=dict)
    _bases: dict[tuple[str, str], int] = field(default_factory=dict)
    """Offsets of the first `<base/>` by document and section."""

    def of(self, policy: Policy, element: Element, named: NamedValues, section: str, scope: PolicyScope) -> Step:
        """The step of an element of `policy`, at the scope that includes it."""
        key = (policy.key, id(element), section, scope)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(policy, element, named, section, scope)
        return found

    def all(self) -> tuple[Step, ...]:
        """Every step made so far."""
        return tuple(self._made.values())

    def _make(self, policy: Policy, element: Element, named: NamedValues, section: str, scope: PolicyScope) -> Step:
        role = ROLES.get(element.name, "other")
        # Containers hold other steps, which speak for themselves.
        reads = reads_in(element, named) if role != "other" or element.name == "set-variable" else NOTHING
        target = _target(element, named)
        return Step(
            place=policy.at(element, section),
            element=element.name,
            scope=scope,
            section=section,  # type: ignore[arg-type]
            role=role,
            writes=writes(element, named, section),
            answers_as=_answers_as(element, named),
            serves_authorized_requests=_serves_authorized(element, named),
            counts_by=counts_by(element, named, self.token_variables) if role == "counter" else (),
            sends_to=_sends_to(element.name, role),
            host=(host := host_of(target)),
            stands=self.hosts.stands(host),
            varies_by=varies_by(element, named),
            from_caller=_from_caller(target) if role in ("route", "call") else (),
            claims_read=_claims_read(reads),
            before_base=self._before_base(policy, element, section),
            parses_token=_parses(element, named),
            tokens_sent=self._tokens_sent(element, named, reads) if role in ("log", "call") else NONE,
        )

    def _before_base(self, policy: Policy, element: Element, section: str) -> bool:
        key = (policy.key, section)
        if key not in self._bases:
            whole = policy.read.section(section) if isinstance(policy.read, Document) else None
            base = whole.child("base") if whole else None
            self._bases[key] = base.start if base else 0
        return element.start < self._bases[key]

    def _tokens_sent(self, element: Element, named: NamedValues, reads: Reads) -> Values:
        held = {f"variable:{name}" for name in self.token_variables | self.gateway_variables}
        sent = known(*(place for place in reads.carries if place == "header:authorization" or place in held))
        if "header:*" in reads.places and any(_all_headers(symbol(value)) for value in written_in(element, named)):
            sent = known("header:authorization", *sent.known)
        if _copies_authorization(element, named):
            sent = known("header:authorization", *sent.known)
        return Values(known=sent.known, rest=reads.unknown) if reads.unknown else sent


def _copies_authorization(element: Element, named: NamedValues) -> bool:
    """Whether a request of the gateway's own is a copy of the caller's, its token included (docs: send-request, mode)."""
    if element.name not in ("send-request", "send-one-way-request"):
        return False
    if written.told(element.get("mode"), named, "new") != "copy":
        return False
    names = [written.told(header.get("name"), named) for header in element.each("set-header")]
    signs_in = any(element.child(f"authentication-{kind}") for kind in ("managed-identity", "basic", "token"))
    return not signs_in and not any(isinstance(name, Unknown) or name.lower() == "authorization" for name in names)


def _all_headers(code: str) -> bool:
    """Whether a code takes all request headers, and chooses none of them."""
    return bool(_ALL_HEADERS.search(code)) and "authorization" not in code.lower() and ".Where(" not in code


def _parses(element: Element, named: NamedValues) -> bool | Unknown:
    """Whether its own expressions parse a token; one that verifies a signature by hand as well is left aside."""
    if element.constant:
        return False
    doubt: bool | Unknown = False
    for value in written_in(element, named, inside=False):
        reading = reading_of(value)
        if reading is None or (isinstance(value, Expression) and _VERIFIES.search(value.code)):
            continue
        if reading.parses:
            return True
        if reading.unknown:
            doubt = Unknown(reading.unknown)
    return doubt


def _claims_read(reads: Reads) -> tuple[str, ...] | Unknown:
    """Claims of tokens that it parses itself: those of a check's output variable were checked."""
    if reads is NOTHING:
        return ()
    if reads.unknown:
        return Unknown(reads.unknown)
    return tuple(dict.fromkeys(name for name, token in reads.claims if not token.startswith("variable:")))


def writes(element: Element, named: NamedValues, section: str) -> Values:
    """The places of the main request, or variables, that an element writes."""
    if element.name in _OVERWRITES:
        output = written.told(element.get("output-token-variable-name"), named)
        if isinstance(output, Unknown):
            return unread(output.because)
        return known(f"variable:{output}" if output else "header:authorization")
    if element.name in _SETS_VARIABLE:
        return _named_place("variable", element.get(_SETS_VARIABLE[element.name]), named)
    if section in ("outbound", "on-error"):
        # From there on, headers are the response's.
        return NONE
    if element.name == "set-header":
        return _named_place("header", element.get("name"), named)
    if element.name == "set-query-parameter":
        return _named_place("query", element.get("name"), named)
    return NONE


def _named_place(kind: str, name: Value | None, named: NamedValues) -> Values:
    text = written.told(name, named)
    if isinstance(text, Unknown):
        return unread(text.because)
    if not text:
        return NONE
    return known(f"{kind}:{text.lower() if kind == 'header' else text}")


def _answers_as(element: Element, named: NamedValues) -> "Literal['refusal', 'answer', ''] | Unknown":
    if element.name == "return-response":
        status = element.child("set-status")
        code = written.told(status.get("code") if status else None, named, "200")
    elif element.name == "mock-response":
        code = written.told(element.get("status-code"), named, "200")
    else:
        return ""
    if isinstance(code, Unknown):
        return code
    return "refusal" if code.strip()[:1] in ("4", "5") else "answer"


def _serves_authorized(element: Element, named: NamedValues) -> bool | Unknown:
    if element.name == "cache-lookup":
        # docs: cache-lookup, allow-private-response-caching
        return written.flag(element.get("allow-private-response-caching"), named, default=False)
    if element.name in SEMANTIC:
        return Unknown("whether a semantic cache answers requests with an Authorization header is not documented")
    return False


def _sends_to(name: str, role: Role) -> "Literal['log', 'back end', 'other host', '']":
    if role == "log":
        return "log"
    if name == "forward-request":
        return "back end"
    return "other host" if role == "call" else ""


def _target(element: Element, named: NamedValues) -> Value | None:
    """The address an element calls or routes to."""
    match element.name:
        case "send-request" | "send-one-way-request":
            url = element.child("set-url")
            found = url.text if url else None
        case "set-backend-service":
            found = element.get("base-url")
        case "rewrite-uri":
            found = element.get("template")
        case "proxy":
            found = element.get("url")
        case _:
            return None
    return written.settled(found, named) if found is not None else None


def host_of(target: Value | None) -> str | Unknown:
    """The host of an address; "" when there is none in it."""
    if target is None:
        return ""
    text = target.text if isinstance(target, LiteralValue) else _start(target)
    found = _HOST.match(text)
    if found and (isinstance(target, LiteralValue) or found.end() < len(text)):
        return found["host"].lower()
    return "" if isinstance(target, LiteralValue) else Unknown(written.why(target))


def scheme_of(target: Value | None) -> str | Unknown:
    """The scheme of an address; "" when there is none in it."""
    if target is None:
        return ""
    text = target.text if isinstance(target, LiteralValue) else _start(target)
    found = _HOST.match(text)
    if found:
        return found["scheme"].lower()
    return "" if isinstance(target, LiteralValue) else Unknown(written.why(target))


def _start(value: Value) -> str:
    parts = getattr(value, "parts", ())
    return parts[0].text if parts and isinstance(parts[0], LiteralValue) else ""


def _from_caller(target: Value | None) -> tuple[str, ...] | Unknown:
    if target is None or isinstance(target, LiteralValue):
        return ()
    reads = reads_of(target)
    # A header that is merely compared picks one of the author's own addresses.
    made_from = tuple(place for place in reads.carries if place.partition(":")[0] in ("header", "query", "variable"))
    held = next((place for place in made_from if place.startswith("variable:")), "")
    if held:
        return Unknown(f"what the variable {held.removeprefix('variable:')} holds is not told by this step")
    return Unknown(reads.unknown) if reads.unknown else made_from
