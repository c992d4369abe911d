"""One walk over every policy text: which steps, token checks and identity changes are written in it."""

from collections.abc import Iterable

from msgspec import Struct, field

from apimdoctor.facts import written
from apimdoctor.facts.checks import CHECKS
from apimdoctor.facts.documents import Policy, Surroundings
from apimdoctor.facts.identities import MANAGED_IDENTITY
from apimdoctor.policy.nodes import CONTAINERS
from apimdoctor.policy.tree import Document, Element
from apimdoctor.policy.value import EMPTY, symbol
from apimdoctor.policy.way import SECTIONS, Doubt

_STRUCTURE = frozenset({"policies", "fragment", "base", *SECTIONS})
_CALLS = frozenset({"send-request", "send-one-way-request"})


class Found(Struct, frozen=True, eq=False):
    """A policy element as it stands in its document."""

    element: Element
    section: str


class Contents(Struct, eq=False):
    """What is written in one document."""

    steps: list[Found] = field(default_factory=list)
    checks: list[Found] = field(default_factory=list)
    identities: list[Found] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    """Names of the fragments it includes."""


class Walk(Struct, eq=False):
    """Walks documents, each once."""

    _walked: dict[int, Contents] = field(default_factory=dict)

    def contents(self, policy: Policy) -> Contents:
        """What is written in a policy; nothing when it could not be read."""
        if isinstance(policy.read, Doubt):
            return Contents()
        found = self._walked.get(id(policy.read))
        if found is None:
            found = self._walked[id(policy.read)] = _walked(policy.read)
        return found

    def output_variables(self, everything: Iterable[Surroundings]) -> tuple[frozenset[str], frozenset[str]]:
        """Variables that hold the token of a check, and variables that hold a token of the gateway's identity."""
        checked: set[str] = set()
        own: set[str] = set()
        for around in everything:
            for policy in around.each():
                contents = self.contents(policy)
                for group, names in ((contents.checks, checked), (contents.identities, own)):
                    for found in group:
                        name = written.told(found.element.get("output-token-variable-name"), around.named)
                        if isinstance(name, str) and name:
                            names.add(name)
        return frozenset(checked), frozenset(own)


def _walked(document: Document) -> Contents:
    contents = Contents()
    waiting = [Found(root, "") for root in reversed(document.roots)]
    while waiting:
        found = waiting.pop()
        element, section = found.element, found.section
        if element.name in SECTIONS:
            section = element.name
        if element.name in CHECKS:
            contents.checks.append(Found(element, section))
        elif element.name == MANAGED_IDENTITY:
            contents.identities.append(Found(element, section))
        elif element.name == "include-fragment":
            contents.fragments.append(symbol(element.get("fragment-id") or EMPTY))
        if element.name not in _STRUCTURE and element.name not in CONTAINERS:
            contents.steps.append(Found(element, section))
            if element.name in _CALLS:
                # Its children describe a request of its own; only an identity in it is a step of the gateway too.
                contents.identities += [Found(child, section) for child in element.each(MANAGED_IDENTITY)]
            continue
        waiting += [Found(child, section) for child in reversed(element.children) if isinstance(child, Element)]
    return contents
