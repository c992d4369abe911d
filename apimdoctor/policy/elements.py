"""What is known of each policy element: where it may stand, what it reads and writes, and when it ends a request."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from apimdoctor.policy.elements_table import ROWS

Repeat = Literal["once per section", "once per definition", "repeatable", "unstated"]
Ends = Literal["never", "always", "sometimes", "refusal"]
Container = Literal["", "branches", "repeated", "parallel", "plain", "on a miss"]

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "acquires_token": "gets a token that is not the caller's",
        "backend_identity": "says who the gateway is towards the back end",
        "cache_read": "reads a cache",
        "cache_write": "writes or clears a cache",
        "conditional": "runs what it contains under a condition only",
        "container": "contains policy elements",
        "content_check": "checks what is sent against the API's description",
        "cors": "answers or marks calls of browsers from other origins",
        "external_call": "makes a call of its own; what stands in it concerns that call",
        "field_authorization": "allows or refuses single GraphQL fields",
        "forwards": "sends the request to the back end",
        "graphql_resolver": "stands in the policy of a GraphQL resolver",
        "include": "puts a fragment in its place",
        "inherit": "puts the broader scope's section in its place",
        "keyed": "counts per value of an expression",
        "llm": "concerns calls of language models",
        "logging": "writes to a log or a metric",
        "may_overwrite_authorization": "writes the Authorization header when its name says so",
        "may_terminate": "may answer, so that nothing below it runs",
        "needs_subscription_key": "has no effect on calls without a subscription key",
        "network_check": "refuses by the caller's address",
        "overwrites_authorization": "writes the Authorization header unless it is told a variable",
        "parallel": "runs what it contains side by side",
        "reads_token": "reads a token of the caller",
        "restarts_pipeline": "sends the request through the gateway again",
        "routes": "says where the request goes",
        "sets_variable": "writes a context variable",
        "terminates": "answers, so that nothing below it runs",
        "throttle": "refuses calls above a number",
        "transforms_body": "changes a body",
        "transforms_request": "changes the request",
        "transforms_response": "changes the response",
        "undocumented": "is in the schema and on no page",
        "validates_caller": "refuses callers whose token or certificate is not accepted",
        "weak_check": "compares a header with fixed texts",
    }
)
"""What each role says of an element."""

CHILD_ORDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "validate-jwt": (
            "openid-config", "issuer-signing-tokens", "issuer-signing-keys", "decryption-keys", "audiences", "issuers",
            "required-claims",
        ),
        "send-request": (
            "set-url", "set-method", "set-header", "set-body", "authentication-certificate", "authentication-token",
            "authentication-token-store", "authentication-managed-identity", "proxy",
        ),
        "return-response": ("set-status", "set-header", "set-body"),
    }
)  # fmt: skip
"""Children that must stand in this order (policy schema of microsoft/vscode-apimanagement, a sequence)."""

CHILDREN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "validate-azure-ad-token": (
            "backend-application-ids", "client-application-ids", "audiences", "required-claims", "decryption-keys",
        ),
        "cors": ("allowed-origins", "allowed-methods", "allowed-headers", "expose-headers"),
    }
)  # fmt: skip
"""Children that may stand in any order (the same schema, `all`)."""

STRUCTURAL = frozenset({"set-url", "when", "otherwise", "value"})
"""Elements that only stand inside of others."""

WEBSOCKET_UNSUPPORTED = frozenset(
    {
        "mock-response", "cache-lookup", "cache-store", "cross-domain", "cors", "jsonp", "set-method", "set-body",
        "xml-to-json", "json-to-xml", "xsl-transform", "validate-content", "validate-parameters", "validate-headers",
        "validate-status-code",
    }
)  # fmt: skip
"""Skipped at run time on a WebSocket API when inherited (docs: websocket-api, "Limitations")."""


class ElementKind(Struct, frozen=True):
    """One policy element. `gateways`: True or False as stated, None where nothing was read about it.

    `reads` and `writes` are places of the main request: `header:authorization`, `header:@name` (the header that the
    attribute `name` names), `variable:@output-token-variable-name`, `url`, `body` ... Those of its attributes count only
    when written; for a token to read or write, the first that is written counts, and a place without `@` otherwise.
    """

    name: str
    sections: tuple[str, ...]
    toolkit_sections: tuple[str, ...]
    scopes: tuple[str, ...]
    scopes_uncertain: tuple[str, ...]
    gateways: Mapping[str, bool | None]
    repeat: Repeat
    documented: bool
    roles: frozenset[str]
    attributes: tuple[str, ...]
    required: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    ends: Ends
    """`refusal`: only by refusing the request. `sometimes`: also by an answer of its own (a cache hit, a preflight)."""
    container: Container
    websocket: bool
    """False: skipped on a WebSocket API when inherited."""

    @property
    def anywhere(self) -> frozenset[str]:
        """Every section some source allows: sources contradict each other, so only others are surely wrong."""
        return frozenset(self.sections) | frozenset(self.toolkit_sections)


_SECTIONS = {"i": "inbound", "b": "backend", "o": "outbound", "e": "on-error", "r": "resolver"}
_SCOPES = {"g": "global", "w": "workspace", "p": "product", "a": "api", "o": "operation", "r": "resolver"}
_GATEWAYS = ("classic", "v2", "consumption", "self_hosted", "workspace")
_STATED = {"y": True, "n": False, "?": None}
_REPEAT: dict[str, Repeat] = {
    "section": "once per section",
    "definition": "once per definition",
    "any": "repeatable",
    "unstated": "unstated",
}
_CONTAINERS: dict[str, Container] = {
    "block": "plain",
    "cache-value": "on a miss",
    "choose": "branches",
    "limit-concurrency": "plain",
    "retry": "repeated",
    "wait": "parallel",
}
_TOKEN_PLACES = ("@token-value", "header:@header-name", "query:@query-parameter-name")
_READS: dict[str, tuple[str, ...]] = {
    "check-header": ("header:@name",),
    "ip-filter": ("ip",),
    "return-response": ("variable:@response-variable-name",),
    "validate-azure-ad-token": (*_TOKEN_PLACES, "header:authorization"),
    "validate-client-certificate": ("certificate",),
    "validate-content": ("body",),
    "validate-jwt": _TOKEN_PLACES,
}
_WRITES: dict[str, tuple[str, ...]] = {
    "find-and-replace": ("body",),
    "invoke-request": ("url",),
    "json-to-xml": ("body",),
    "rewrite-uri": ("url",),
    "set-backend-service": ("backend",),
    "set-body": ("body",),
    "set-header": ("header:@name",),
    "set-method": ("method",),
    "set-query-parameter": ("query:@name",),
    "set-status": ("status",),
    "set-variable": ("variable:@name",),
    "xml-to-json": ("body",),
    "xsl-transform": ("body",),
}
_REFUSING = frozenset(
    {"validates_caller", "weak_check", "network_check", "throttle", "content_check", "field_authorization"}
)


def _writes(name: str, roles: frozenset[str], attributes: tuple[str, ...]) -> tuple[str, ...]:
    variables = tuple(
        f"variable:@{attribute}"
        for attribute in attributes
        if attribute.endswith("variable-name") and name != "return-response"
    )
    authorization = ("header:authorization",) if "overwrites_authorization" in roles else ()
    return (*_WRITES.get(name, ()), *variables, *authorization)


def _ends(roles: frozenset[str]) -> Ends:
    if "terminates" in roles:
        return "always"
    if "may_terminate" in roles:
        return "sometimes"
    return "refusal" if roles & _REFUSING else "never"


def _kind(row: str, attributes: list[str]) -> ElementKind:
    name, sections, toolkit, scopes, gateways, repeat, source, roles = (cell.strip() for cell in row.split("|"))
    named = tuple(attribute.rstrip("!") for attribute in attributes)
    held = frozenset(roles.split())
    return ElementKind(
        name=name,
        sections=tuple(_SECTIONS[letter] for letter in sections),
        toolkit_sections=tuple(_SECTIONS[letter] for letter in toolkit if letter != "-"),
        scopes=tuple(_SCOPES[letter.lower()] for letter in scopes),
        scopes_uncertain=tuple(_SCOPES[letter.lower()] for letter in scopes if letter.isupper()),
        gateways=MappingProxyType({place: _STATED[mark] for place, mark in zip(_GATEWAYS, gateways, strict=True)}),
        repeat=_REPEAT[repeat],
        documented=source == "D",
        roles=held,
        attributes=named,
        required=tuple(attribute.rstrip("!") for attribute in attributes if attribute.endswith("!")),
        reads=_READS.get(name, ()),
        writes=_writes(name, held, named),
        ends=_ends(held),
        container=_CONTAINERS.get(name, ""),
        websocket=name not in WEBSOCKET_UNSUPPORTED,
    )


def _table() -> dict[str, ElementKind]:
    kinds: dict[str, ElementKind] = {}
    row, attributes = "", list[str]()
    for line in (*ROWS.splitlines(), "|"):
        if line.startswith(" "):
            attributes += line.split()
            continue
        if row:
            kind = _kind(row, attributes)
            kinds[kind.name] = kind
        row, attributes = line, []
    return kinds


ELEMENTS: Mapping[str, ElementKind] = MappingProxyType(_table())
"""Every policy element that some source names, by name. Names are case-sensitive, and lower case."""
