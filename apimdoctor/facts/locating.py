"""From a step of an effective policy back to the text it stands in, and to the subjects made of it."""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from apimdoctor.facts import documents
from apimdoctor.facts.checks import Checks
from apimdoctor.facts.documents import Policy, Surroundings
from apimdoctor.facts.steps import Steps
from apimdoctor.facts.vocabulary import Place, PolicyScope, Section, Step, TokenCheck
from apimdoctor.policy.tree import Element
from apimdoctor.policy.way import LeftOut, Placed


class Texts(Struct, eq=False):
    """Every policy by the key it is composed under."""

    by_key: Mapping[str, tuple[Surroundings, Policy]]
    checks: Checks
    steps: Steps
    met: set[tuple[str, int]] = field(default_factory=set)
    """Policies and elements that some route meets."""
    _sections: dict[tuple[str, str], Section] = field(default_factory=dict)

    def text(self, placed: Placed) -> tuple[Surroundings, Policy]:
        """The policy text in which an element stands: its document, or the fragment it came from."""
        around, policy = self.by_key[placed.document]
        for name in placed.fragments[:1]:
            for one in (around, *around.shared):
                if name in one.fragments:
                    return one, one.fragments[name]
        return around, policy

    def scope(self, placed: Placed) -> PolicyScope:
        """The scope whose policy runs it."""
        return self.by_key[placed.document][1].scope or ""

    def place(self, placed: Placed) -> Place:
        """Where an element stands."""
        return self.text(placed)[1].at(placed.element, placed.section)

    def check(self, placed: Placed) -> TokenCheck:
        """The token check of an element."""
        around, policy = self.text(placed)
        self.met.add((policy.key, id(placed.element)))
        return self.checks.of(policy, placed.element, around.named, placed.section, self.scope(placed))

    def step(self, placed: Placed) -> Step:
        """The step of an element."""
        around, policy = self.text(placed)
        self.met.add((policy.key, id(placed.element)))
        return self.steps.of(policy, placed.element, around.named, placed.section, self.scope(placed))

    def every_check(self, placed: Iterable[Placed]) -> tuple[TokenCheck, ...]:
        """The token checks of elements, each once."""
        return tuple(dict.fromkeys(self.check(one) for one in placed))

    def section(self, left: LeftOut) -> Section:
        """The section of a document."""
        found = self._sections.get((left.document, left.section))
        if found is None:
            _, policy = self.by_key[left.document]
            found = self._sections[(left.document, left.section)] = (
                documents.section(policy, left.section_element)
                if left.section_element is not None
                else Section(
                    place=policy.place,
                    name=left.section,
                    document=policy.place.document,
                    scope=policy.scope,
                    has_base=False,
                    written=False,
                )
            )
        return found

    def section_of(self, policy: Policy, element: Element) -> Section:
        """The section of a document, by its element."""
        found = self._sections.get((policy.key, element.name))
        if found is None:
            found = self._sections[(policy.key, element.name)] = documents.section(policy, element)
        return found
