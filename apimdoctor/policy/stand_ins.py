"""Markers of deployment tools that stand where elements belong: what becomes of them decides what the policy is.

Among steps a marker is read as the inclusion of a fragment that nobody can name, so that all that depends on it stays
open; in a list as one more member that is not known; anywhere else the policy cannot be read before its deployment.
"""

import re
from collections.abc import Iterator

from apimdoctor.policy.markup import UnreadableError
from apimdoctor.policy.place import Lines
from apimdoctor.policy.tree import Attribute, Element, Place, Text
from apimdoctor.policy.value import Literal, Mixed, Unresolved

PLACEHOLDER = re.compile(r"<([A-Za-z][\w.\-]*+)[\w.\- ]*+>")
WORDS_ONLY = frozenset(
    {
        "address", "application-id", "audience", "from", "header", "issuer", "key", "method", "origin", "set-method",
        "set-url", "to", "url", "value",
    }
)  # fmt: skip
"""Elements that never hold another one: whatever looks like a tag in them is a marker."""
_STEPS = frozenset(
    {
        "inbound", "backend", "outbound", "on-error", "fragment", "when", "otherwise", "retry", "wait",
        "limit-concurrency", "block",
    }
)  # fmt: skip
_MEMBERS = {
    "audiences": "audience",
    "issuers": "issuer",
    "client-application-ids": "application-id",
    "backend-application-ids": "application-id",
    "required-claims": "claim",
    "claim": "value",
    "allowed-origins": "origin",
    "allowed-methods": "method",
    "allowed-headers": "header",
    "expose-headers": "header",
}
_CLOSED = frozenset(
    {
        "policies", "validate-jwt", "validate-azure-ad-token", "openid-config", "cors", "choose", "return-response",
        "send-request", "send-one-way-request", "ip-filter", "issuer-signing-keys", "decryption-keys",
    }
)  # fmt: skip
"""Elements whose meaning hangs on which children they have."""


def markers(text: Text) -> tuple[Unresolved, ...]:
    """The markers of a run that is nothing else; () for any other run."""
    parts = text.value.parts if isinstance(text.value, Mixed) else (text.value,)
    if any(isinstance(part, Literal) and part.text.strip() for part in parts):
        return ()
    found = tuple(part for part in parts if isinstance(part, Unresolved))
    return found if len(found) == sum(not isinstance(part, Literal) for part in parts) else ()


def stand_ins(text: Text, parent: str, place: Place | None, lines: Lines, counts: dict[str, int]) -> Iterator[Element]:
    """The elements that stand for a run of markers inside `parent`; none where it may stay text. `counts`: its siblings.

    Raises UnreadableError where nothing can be said of the parent without what they stand for.
    """
    found = markers(text)
    if not found or parent in WORDS_ONLY:
        return
    if parent in _CLOSED:
        error = f"{found[0].text} stands where elements of <{parent}> belong: which they are, only the deployment tells"
        raise UnreadableError(error, text.start)
    member = _MEMBERS.get(parent)
    for marker in found:
        attributes: tuple[Attribute, ...] = ()
        children: tuple[Text, ...] = ()
        if member is not None:
            name = member
            children = (Text(marker.text, marker, text.start, text.end),)
            if member == "claim":
                attributes = (Attribute("name", marker.text, marker, text.start, text.end),)
        elif parent in _STEPS:
            name = "include-fragment"
            attributes = (Attribute("fragment-id", marker.text, marker, text.start, text.end),)
        else:
            return
        number = counts[name] = counts.get(name, 0) + 1
        inner = Place(place, name, number)
        yield Element(name, attributes, children, text.start, text.end, lines, inner, (text.start, text.end))
