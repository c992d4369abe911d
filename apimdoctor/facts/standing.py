"""Where the policy elements of files stand, and where the element table lets them."""

from collections.abc import Iterator
from functools import lru_cache

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
        allowed = _allowed(found.element.name)
        if allowed is not None:
            scopes, sections = allowed
            yield PolicyElement(
                place=policy.at(found.element, found.section),
                name=found.element.name,
                scope=policy.scope,
                section=found.section,  # type: ignore[arg-type]
                scopes_allowed=scopes,
                sections_allowed=sections,
            )


@lru_cache(maxsize=512)
def _allowed(name: str) -> tuple[Values, Values] | None:
    """The scopes and sections that the element table gives an element, None for a name it does not hold."""
    kind = ELEMENTS.get(name)
    if kind is None:
        return None
    sections = tuple(dict.fromkeys((*kind.sections, *kind.toolkit_sections)))
    return Values(known=kind.scopes), Values(known=sections)
