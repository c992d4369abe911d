"""How a token check is put: the order of its parts, expressions where none may stand, and what its token is called."""

import re
from collections.abc import Callable, Iterator
from typing import Literal as Words

from apimdoctor.facts import written
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Place, WrittenExpression
from apimdoctor.policy.elements import CHILD_ORDER
from apimdoctor.policy.expression import Read
from apimdoctor.policy.reads import reading_of, written_in
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Expression, Literal, Mixed, NamedValues, Value, symbol

Allowed = Words["no", "not stated", "sources differ"]
Called = Words["refresh token", "ID token", ""]

# Container, child and attribute ("" = the child's text) at which an expression may not stand, by element. Source: the
# tables of learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy and validate-jwt-policy; for the
# audiences of validate-azure-ad-token the page of 2022 and github.com/MicrosoftDocs/azure-docs issue 123314 differ.
_PLACES: dict[str, tuple[tuple[str, str, str, Allowed], ...]] = {
    "validate-azure-ad-token": (
        ("client-application-ids", "application-id", "", "no"),
        ("backend-application-ids", "application-id", "", "no"),
        ("audiences", "audience", "", "sources differ"),
    ),
    "validate-jwt": (
        ("", "openid-config", "url", "not stated"),
        ("issuer-signing-keys", "key", "n", "no"),
        ("issuer-signing-keys", "key", "e", "no"),
    ),
}
_VARIABLE = "output-token-variable-name"
_STRING = re.compile(r"\"([A-Za-z0-9_.\- ]{2,60})\"")


def out_of_order(element: Element) -> tuple[str, ...]:
    """The children that stand after one before which the policy schema puts them."""
    order = CHILD_ORDER.get(element.name, ())
    found: dict[str, None] = {}
    furthest = 0
    for child in element.elements:
        if child.name in order:
            place = order.index(child.name)
            if place < furthest:
                found[child.name] = None
            furthest = max(furthest, place)
    return tuple(found)


def expressions(element: Element, named: NamedValues, place: Callable[[Element], Place]) -> Iterator[WrittenExpression]:
    """The expressions of a token check at places that are not known to take one."""
    for container, name, attribute, allowed in _PLACES.get(element.name, ()):
        outer = element.each(container) if container else (element,)
        for child in (child for one in outer for child in one.each(name)):
            value = child.get(attribute) if attribute else child.text
            where = " ".join(filter(None, (container or name, attribute)))
            yield from _expression(value, named, place(child), where, allowed)
    yield from _expression(element.get(_VARIABLE), named, place(element), _VARIABLE, "no")


def _expression(
    value: Value | None, named: NamedValues, place: Place, where: str, allowed: Allowed
) -> Iterator[WrittenExpression]:
    settled = written.settled(value, named) if value is not None else Literal("")
    parts = settled.parts if isinstance(settled, Mixed) else (settled,)
    if any(isinstance(part, Expression) for part in parts):
        yield WrittenExpression(
            place=place,
            where=where,
            allowed=allowed,
            text=written.short(symbol(settled)),
        )


def token_called(value: Value | None, named: NamedValues) -> Called | Unknown:
    """Whether what token-value reads is called a refresh token or an ID token; "" when it is called neither."""
    if value is None:
        return ""
    settled = written.settled(value, named)
    if isinstance(settled, Literal):
        return ""
    if not isinstance(settled, Expression):
        return Unknown(written.why(settled))
    called = [re.sub(r"[^a-z]", "", text.lower()) for text in _STRING.findall(settled.code)]
    if any(text.endswith("accesstoken") for text in called):
        return ""
    if any(text.endswith("refreshtoken") for text in called):
        return "refresh token"
    return "ID token" if any(text.endswith("idtoken") for text in called) else ""


def variable_reads(element: Element, named: NamedValues, name: str) -> tuple[Read, ...]:
    """Every way in which an element's text reads a context variable."""
    readings = (reading_of(value) for value in written_in(element, named))
    return tuple(
        read for reading in readings if reading for read in reading.variables if read.place == f"variable:{name}"
    )
