"""One scope's policy document cut into its sections, fragments in place, `<base/>` not yet replaced."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from apimdoctor.policy.nodes import CONTAINERS, MOST_DEPTH, MOST_STEPS, Node, Step
from apimdoctor.policy.tree import Document, Element
from apimdoctor.policy.value import Unresolved, symbol
from apimdoctor.policy.way import SECTIONS, Doubt, Placed, ScopeDocument, Section


class Part(Struct, eq=False):
    """One section of one document before it meets its parent."""

    nodes: "tuple[Node | Base, ...]" = ()
    element: Element | None = None
    bases: int = 0
    size: int = 0
    transparent: bool = False
    """As if `<base/>` stood there alone."""
    doubt: Doubt | None = None
    """The section may be another one than this."""
    missing: bool = False
    """The document is whole and has no such section."""


class Base(Struct, frozen=True, eq=False):
    """A `<base/>` that has not met its parent yet."""


class Opened(Step, frozen=True, eq=False):
    """A container in which a `<base/>` stands."""

    inner: "tuple[Node | Base, ...]" = ()


class Reader(Struct):
    """Reads one document into the parts of its sections."""

    own: ScopeDocument
    fragments: Mapping[str, Document | Doubt]
    _section: Section = "inbound"
    _bases: int = 0
    _size: int = 0
    _through: tuple[str, ...] = ()

    def parts(self) -> dict[Section, Part]:
        """The sections, each as written, transparent or in doubt."""
        document = self.own.document
        if document is None:
            return {section: Part(transparent=True) for section in SECTIONS}
        if isinstance(document, Doubt):
            return {section: Part(transparent=True, doubt=document) for section in SECTIONS}
        if document.kind == "policies" or any(document.section(name) for name in SECTIONS):
            return {section: self._written(document, section) for section in SECTIONS}
        doubt = Doubt(f"{self.own.key}: no section (<inbound> ...) stands in this document")
        return {section: Part(transparent=True, doubt=doubt) for section in SECTIONS}

    def _written(self, document: Document, section: Section) -> Part:
        element = document.section(section)
        if element is not None:
            return self._part(section, element)
        if document.kind != "policies":
            return Part(transparent=True)  # a pasted part says nothing of its other sections
        if section == "backend":
            return Part(transparent=True, missing=True)  # followed to the back end, so that no call is passed over
        if section != "inbound" or self.own.scope == "global":
            return Part(missing=True)
        # Documented neither way: followed as not inherited, with a doubt that keeps conclusions from becoming errors.
        doubt = Doubt(f"{self.own.key} has no <{section}>: whether the broader scopes run then is not documented")
        return Part(nodes=(doubt,), size=1, missing=True)

    def _part(self, section: Section, element: Element) -> Part:
        self._section, self._bases, self._size, self._through = section, 0, 0, ()
        nodes = self._nodes(element, 0, "")
        if not self._bases and (marker := next(_stand_ins(element), "")):
            # A marker may bring anything, a <base/> too.
            doubt = Doubt(f"what {marker} stands for is not known before the deployment")
            return Part(element=element, transparent=True, doubt=doubt)
        return Part(nodes, element, self._bases, self._size)

    def _nodes(self, parent: Element, depth: int, path: str) -> "tuple[Node | Base, ...]":
        made: list[Node | Base] = []
        for child in parent.elements:
            self._size += 1
            if self._size > MOST_STEPS:
                made.append(Doubt(f"{self.own.key}: more than {MOST_STEPS} steps in one section"))
                break
            made += self._node(child, depth, path)
        return tuple(made)

    def _node(self, element: Element, depth: int, path: str) -> "tuple[Node | Base, ...]":
        placed = Placed(element, self.own.key, self.own.scope, self._section, path or element.path, self._through)
        if element.name == "base":
            return self._base(placed)
        if element.name == "include-fragment":
            return self._fragment(placed, depth)
        if element.name not in CONTAINERS:
            return (Step(placed),)
        if depth >= MOST_DEPTH:
            return (Doubt(f"nested deeper than {MOST_DEPTH} levels", placed),)
        before = self._bases
        inner = self._nodes(element, depth + 1, "")
        if self._bases != before:
            return (Opened(placed, inner=inner),)
        return (Step(placed, tuple(node for node in inner if not isinstance(node, Base))),)

    def _base(self, placed: Placed) -> "tuple[Node | Base, ...]":
        if self._through:
            return (Doubt("<base/> in a fragment is not allowed", placed),)
        if self.own.scope == "global":
            return ()
        self._bases += 1
        return (Base(),)

    def _fragment(self, placed: Placed, depth: int) -> "tuple[Node | Base, ...]":
        written = placed.element.get("fragment-id")
        name = symbol(written) if written is not None else ""
        if isinstance(written, Unresolved):
            return (Doubt(f"what {name} stands for is not known before the deployment", placed),)
        if self._through:
            return (Doubt(f"fragment {name} inside fragment {self._through[0]} is not allowed", placed),)
        found = self.fragments.get(name)
        if found is None:
            return (Doubt(f"fragment {name or '(not named)'} was not found", placed),)
        if isinstance(found, Doubt):
            return (Doubt(f"fragment {name}: {found.reason}", placed),)
        if found.kind == "policies":
            return (Doubt(f"fragment {name} is a whole policy document", placed),)
        self._through = (name,)
        made: list[Node | Base] = []
        roots = found.roots[0].elements if found.kind == "fragment" and found.roots else iter(found.roots)
        for root in roots:
            self._size += 1
            if self._size > MOST_STEPS:
                made.append(Doubt(f"{self.own.key}: more than {MOST_STEPS} steps in one section"))
                break
            made += self._node(root, depth, "")
        self._through = ()
        return tuple(made)


def _stand_ins(section: Element) -> Iterator[str]:
    """Markers among the steps of a section that are no fragment's id: the whole element is written as the marker."""
    for child in section.elements:
        if child.name == "include-fragment" and isinstance(found := child.get("fragment-id"), Unresolved):
            attribute = child.attribute("fragment-id")
            if attribute is not None and (attribute.start, attribute.end) == (child.start, child.end):
                yield found.text
