"""What policies refer to by name, whether it is there, and the literals that stand where a credential may stand."""

from collections.abc import Iterator

from apimdoctor.facts import written
from apimdoctor.facts.documents import Policy, Surroundings, elements
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Reference, WrittenText
from apimdoctor.policy.tree import Element, Text
from apimdoctor.policy.value_text import names
from apimdoctor.policy.way import Doubt
from apimdoctor.snapshot.masks import FILLER, Mask, masks

_FORMS = {"basic": "basic credential", "random": "random text"}
_CERTIFICATE_ATTRIBUTES = ("certificate-id", "thumbprint")


def references(around: Surroundings, policy: Policy) -> Iterator[Reference]:
    """The names in one policy: fragments, named values, back ends and certificates."""
    if isinstance(policy.read, Doubt):
        return
    with_names = "{{" in policy.read.text
    for element in elements(policy.read):
        if element.name in _REFERRING:
            yield from _by_element(around, policy, element)
        if with_names and not element.constant:
            for name in _named_values(element):
                yield _reference(around, policy, element, "named value", name)


_REFERRING = frozenset({"include-fragment", "set-backend-service", "identity", "authentication-certificate", "key"})


def _by_element(around: Surroundings, policy: Policy, element: Element) -> Iterator[Reference]:
    if element.name == "include-fragment":
        yield from _literal(around, policy, element, "fragment", "fragment-id")
    elif element.name == "set-backend-service":
        yield from _literal(around, policy, element, "backend", "backend-id")
    elif element.name == "identity":
        # Its thumbprint is that of a caller's certificate, which nobody uploads (docs: validate-client-certificate).
        yield from _literal(around, policy, element, "certificate", "certificate-id")
    elif element.name in ("authentication-certificate", "key"):
        for attribute in _CERTIFICATE_ATTRIBUTES:
            yield from _literal(around, policy, element, "certificate", attribute)


def _literal(around: Surroundings, policy: Policy, element: Element, kind: str, attribute: str) -> Iterator[Reference]:
    text = written.told(element.get(attribute), around.named)
    if isinstance(text, str) and text:
        yield _reference(around, policy, element, kind, text)


def _reference(around: Surroundings, policy: Policy, element: Element, kind: str, name: str) -> Reference:
    section = element.path.partition("/")[0]
    return Reference(
        place=policy.at(element, section),
        kind=kind,  # type: ignore[arg-type]
        name=name,
        found=_found(around, kind, name),
    )


_COLLECTIONS = {
    "fragment": "fragments",
    "named value": "named_values",
    "backend": "backends",
    "certificate": "certificates",
}


def _found(around: Surroundings, kind: str, name: str) -> bool | Unknown:
    if any(name in one.names(_COLLECTIONS[kind]) for one in (around, *around.shared)):
        return True
    if around.tells_all(_COLLECTIONS[kind]):
        return False
    return Unknown(f"not all {_COLLECTIONS[kind].replace('_', ' ')} of {around.place.service} were read")


def _named_values(element: Element) -> Iterator[str]:
    for attribute in element.attributes:
        if "{{" in attribute.raw:
            yield from names(attribute.value)
    if element.opaque and any(a.name == "template" for a in element.attributes):
        # Liquid has the same braces (docs: set-body, "Using Liquid templates").
        return
    for child in element.children:
        if isinstance(child, Text) and "{{" in child.raw:
            yield from names(child.value)


def written_texts(policy: Policy) -> Iterator[WrittenText]:
    """The literals that were masked when the policy was read, since they have the form of a secret."""
    if isinstance(policy.read, Doubt) or FILLER not in policy.read.text:
        return
    for mask in masks(policy.read.text):
        element = _around(policy.read.roots, mask)
        if element is not None:
            section = element.path.partition("/")[0]
            yield WrittenText(
                place=policy.at(element, section),
                where=_where(element, mask),
                form=_FORMS.get(mask.kind, mask.kind),  # type: ignore[arg-type]
            )


def _around(roots: tuple[Element, ...], mask: Mask) -> Element | None:
    for element in roots:
        if element.start <= mask.start < element.end:
            return _around(tuple(element.elements), mask) or element
    return None


def _where(element: Element, mask: Mask) -> str:
    attribute = next((a.name for a in element.attributes if a.start <= mask.start < a.end), "")
    name = element.attribute("name")
    return " ".join(part for part in (element.name, attribute, name.raw if name else "") if part)
