"""Where the policy elements of files stand, and where the element table lets them."""

from collections.abc import Iterator

from apimdoctor.facts import places
from apimdoctor.facts.documents import Policy
from apimdoctor.facts.values import Values
from apimdoctor.facts.vocabulary import PolicyElement
from apimdoctor.facts.walking import Contents
from apimdoctor.policy.elements import ELEMENTS


def elements(policy: Policy, contents: Contents) -> Iterator[PolicyElement]:
    """The policy elements of a file. Sources differ on sections, so that one that any of them names is allowed."""
    if not policy.place.file:
        return
    for found in contents.steps:
        kind = ELEMENTS.get(found.element.name)
        if kind is not None:
            yield PolicyElement(
                place=places.of_element(policy.place, found.element, found.section),
                name=found.element.name,
                scope=policy.scope,
                section=found.section,  # type: ignore[arg-type]
                scopes_allowed=Values(known=kind.scopes),
                sections_allowed=Values(known=tuple(dict.fromkeys((*kind.sections, *kind.toolkit_sections)))),
            )
