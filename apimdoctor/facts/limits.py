"""What limits count by and what caches vary by: the origins of a counter's key, and what keeps callers apart."""

from collections.abc import Iterator
from typing import Literal

from apimdoctor.facts import written
from apimdoctor.facts.values import NONE, Unknown, Values, known
from apimdoctor.policy.reads import reads_in, reads_of
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Literal as LiteralValue
from apimdoctor.policy.value import NamedValues

CounterOrigin = Literal[
    "caller header", "caller token", "checked token", "address", "subscription", "constant", "request"
]

_KEYED = frozenset({"rate-limit-by-key", "quota-by-key", "llm-token-limit", "azure-openai-token-limit"})
SEMANTIC = frozenset({"llm-semantic-cache-lookup", "azure-openai-semantic-cache-lookup"})
_ADDRESSES = frozenset(
    f"header:{name}" for name in ("x-forwarded-for", "x-azure-clientip", "x-azure-socketip", "x-real-ip", "client-ip")
)
"""Headers by which a gateway in front (Front Door, Application Gateway) tells the caller's address."""
_KEYS = frozenset({"header:ocp-apim-subscription-key", "query:subscription-key"})
"""The subscription key was looked up before any policy ran (docs: api-management-subscriptions)."""


def counts_by(
    element: Element, named: NamedValues, token_variables: frozenset[str]
) -> tuple[CounterOrigin, ...] | Unknown:
    """Where the key of a counter comes from; `token_variables` hold tokens of checks."""
    if element.name not in _KEYED:
        return ("subscription",) if element.name in ("rate-limit", "quota") else ()
    key = element.get("counter-key")
    if key is None:
        return ()
    value = written.settled(key, named)
    if isinstance(value, LiteralValue):
        return ("constant",)
    reads = reads_of(value)
    found: list[CounterOrigin] = []
    tokens = {token for _, token in reads.claims}
    if any(token.startswith(("header:", "query:")) for token in tokens):
        found.append("caller token")
    elif any(_chosen(place) for place in reads.places):
        found.append("caller header")
    elif any(place in _ADDRESSES for place in reads.places):
        found.append("address")
    for name in reads.variables:
        if name not in token_variables:
            return Unknown(f"what the variable {name} holds is not told by this step")
        found.append("checked token")
    if "ip" in reads.words:
        found.append("address")
    if any(place in _KEYS for place in reads.places) or any(
        word.partition(".")[0] == "subscription" for word in reads.words
    ):
        found.append("subscription")
    if not found and reads.unknown:
        return Unknown(reads.unknown)
    return tuple(dict.fromkeys(found)) or ("request",)


def _chosen(place: str) -> bool:
    """Whether callers may write what they like there."""
    return place.startswith(("header:", "query:")) and place not in _ADDRESSES | _KEYS


def varies_by(element: Element, named: NamedValues) -> Values:
    """What a cache keeps apart: headers, query parameters, developers."""
    if element.name == "cache-lookup":
        return Values(
            known=(*_varying(element, named), *_developers(element)),
            rest="" if all(isinstance(c.text, LiteralValue) for c in element.elements) else "not all are literal",
        )
    if element.name in SEMANTIC:
        reads = reads_in(element, named)
        words = {word.partition(".")[0] for word in reads.words}
        return known(*(p for p in reads.places if p.startswith("header:")), *sorted(words & {"subscription", "user"}))
    return NONE


def _developers(element: Element) -> Iterator[str]:
    """Whether it keeps developers apart, known by their subscription key (docs: cache-lookup, vary-by-developer)."""
    for attribute, name in (("vary-by-developer", "developer"), ("vary-by-developer-groups", "developer groups")):
        if element.get(attribute) not in (None, LiteralValue("false")):
            yield name


def _varying(element: Element, named: NamedValues) -> Iterator[str]:
    for child in element.elements:
        text = written.told(child.text, named)
        names = [name.strip() for name in text.split(";")] if isinstance(text, str) else []
        if child.name == "vary-by-header":
            yield from (f"header:{name.lower()}" for name in names if name)
        elif child.name == "vary-by-query-parameter":
            yield from (f"query:{name}" for name in names if name)
