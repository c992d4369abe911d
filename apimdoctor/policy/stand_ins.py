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
_KEYS = {"issuer-signing-keys": "key", "decryption-keys": "key", "ip-filter": "address"}
_ANY_OF = {
    "cors": ("allowed-origins", "allowed-methods", "allowed-headers", "expose-headers"),
    "validate-jwt": ("openid-config", "audiences", "issuers", "required-claims"),
    "validate-azure-ad-token": ("client-application-ids", "audiences", "required-claims"),
    "choose": ("when",),
}
"""Elements whose meaning hangs on which children they have: a marker may stand for any of these."""
_ATTRIBUTES = {"claim": "name", "openid-config": "url", "when": "condition", "include-fragment": "fragment-id"}
"""What is not known of an element that a marker stands for, when it is an attribute."""
_INSIDE = {**_MEMBERS, **_KEYS, "when": "include-fragment"}


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
    if parent == "policies":
        error = f"{found[0].text} stands where sections belong: which they are, only the deployment tells"
        raise UnreadableError(error, text.start)
    for marker in found:
        for name in _names(parent, counts):
            number = counts[name] = counts.get(name, 0) + 1
            yield _stand_in(name, marker, text, Place(place, name, number), lines)


def _names(parent: str, counts: dict[str, int]) -> tuple[str, ...]:
    """What a marker inside an element may stand for; of what stands once, what is not there yet."""
    if parent in _STEPS:
        return ("include-fragment",)
    if parent in _ANY_OF:
        return tuple(name for name in _ANY_OF[parent] if name == "when" or not counts.get(name))
    return (_INSIDE[parent],) if parent in _INSIDE else ()


def _stand_in(name: str, marker: Unresolved, text: Text, place: Place, lines: Lines) -> Element:
    inner = _INSIDE.get(name)
    children: tuple[Element | Text, ...] = ()
    if inner is not None:
        children = (_stand_in(inner, marker, text, Place(place, inner, 1), lines),)
    elif name not in _ATTRIBUTES:
        children = (Text(marker.text, marker, text.start, text.end),)
    attribute = _ATTRIBUTES.get(name)
    attributes = (Attribute(attribute, marker.text, marker, text.start, text.end),) if attribute else ()
    return Element(name, attributes, children, text.start, text.end, lines, place, (text.start, text.end))
