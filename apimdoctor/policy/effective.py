"""What runs at a scope: `<base/>` replaced by the parent's section, fragments in place, and where every step came from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from apimdoctor.policy.tree import Document, Element
from apimdoctor.policy.value import NamedValues, symbol
from apimdoctor.policy.way import SECTIONS, Doubt, LeftOut, Placed, Scope, ScopeDocument, Section

CONTAINERS = frozenset({"block", "choose", "limit-concurrency", "otherwise", "retry", "wait", "when"})
"""Elements whose children are steps of the same request (policy pages of each, XSD of vscode-apimanagement for block)."""

MOST_DEPTH = 32
MOST_STEPS = 20_000
"""Bounds against hostile text: the service takes 256 KiB a policy, and no real one nests or repeats anywhere near this."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A policy element in its place; `children` for containers only (for `choose` its branches)."""

    placed: Placed
    children: "tuple[Node, ...]" = ()

    @property
    def name(self) -> str:
        """The element's name."""
        return self.placed.element.name


@dataclass(frozen=True, slots=True, eq=False)
class Inherited:
    """Where a `<base/>` stands: the steps of the parent's section."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Perhaps:
    """Steps that run or do not: a document that could not be read may hold a `<base/>`, or not."""

    nodes: "tuple[Node, ...]"
    doubt: Doubt


@dataclass(frozen=True, slots=True, eq=False)
class DefaultForward:
    """The forward-request of a global policy that nobody wrote: a new service has it (docs: forward-request)."""


Node = Step | Doubt | Inherited | Perhaps | DefaultForward


@dataclass(frozen=True, slots=True, eq=False)
class Effective:
    """The effective policy of one chain of scopes."""

    sections: Mapping[Section, tuple[Node, ...]]
    left_out: tuple[LeftOut, ...]
    """Sections without `<base/>`, the narrowest scope first."""
    doubts: tuple[Doubt, ...]
    """What may hide a check or a call: unread documents, and what nobody can read in inbound and backend."""
    named: NamedValues
    default_global: bool = False
    """No global policy was given, so the documented default stands in for it."""


@dataclass(slots=True, eq=False)
class _Part:
    """One section of one document before it meets its parent."""

    nodes: "tuple[Node | _Base, ...]" = ()
    element: Element | None = None
    bases: int = 0
    size: int = 0
    transparent: bool = False
    """As if `<base/>` stood there alone."""
    doubt: Doubt | None = None
    """The section may be another one than this."""
    missing: bool = False
    """The document is whole and has no such section."""


@dataclass(frozen=True, slots=True, eq=False)
class _Base:
    """A `<base/>` that has not met its parent yet."""


@dataclass(frozen=True, slots=True, eq=False)
class _Composed:
    """One chain of scopes, with what the next narrower scope needs."""

    sections: Mapping[Section, tuple[Node, ...]]
    sizes: Mapping[Section, int]
    left_out: tuple[LeftOut, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    default_global: bool = False


class Composer:
    """Composes many chains over one set of fragments and named values; equal parts of chains are composed once."""

    def __init__(self, fragments: Mapping[str, Document | Doubt], named: NamedValues) -> None:
        self._fragments = fragments
        self._named = named
        self._parts: dict[tuple[int, str, Scope], dict[Section, _Part]] = {}
        self._chains: dict[tuple[tuple[Scope, str, int], ...], _Composed] = {}
        self._effective: dict[tuple[tuple[Scope, str, int], ...], Effective] = {}
        self._kept: list[object] = []

    def compose(self, documents: Sequence[ScopeDocument]) -> Effective:
        """The effective policy of scopes from broad to narrow. Equal chains give the same object.

        Order and replacement: docs workspaces-overview, howto-policies; a scope without a document is transparent.
        """
        key = tuple((d.scope, d.key, id(d.document)) for d in documents if d.document is not None)
        found = self._effective.get(key)
        if found is None:
            written = [d for d in documents if d.document is not None]
            chain = self._chain(written, key)
            found = Effective(chain.sections, chain.left_out, chain.doubts, self._named, chain.default_global)
            self._effective[key] = found
        return found

    def _chain(self, documents: Sequence[ScopeDocument], key: tuple[tuple[Scope, str, int], ...]) -> _Composed:
        composed = _nothing(default_global=not (documents and documents[0].scope == "global"))
        for count, document in enumerate(documents, start=1):
            known = self._chains.get(key[:count])
            if known is None:
                self._kept.append(document.document)
                known = self._narrowed(composed, document)
                self._chains[key[:count]] = known
            composed = known
        return composed

    def _narrowed(self, parent: _Composed, own: ScopeDocument) -> _Composed:
        parts = self._parts_of(own)
        sections: dict[Section, tuple[Node, ...]] = {}
        sizes: dict[Section, int] = {}
        left_out: list[LeftOut] = []
        doubts: list[Doubt] = []
        for section in SECTIONS:
            part = parts[section]
            own_nodes = _meet(section, part, parent.sections[section], parent.sizes[section], doubts)
            sections[section], sizes[section] = own_nodes
            if section in ("inbound", "backend"):
                doubts += _doubts_in(part)
            if own.scope != "global" and not part.bases and (part.missing or not part.transparent):
                missed = tuple(placed_in(parent.sections[section]))
                left_out.append(LeftOut(own.key, own.scope, section, part.element, missed))
        return _Composed(
            sections, sizes, (*left_out, *parent.left_out), _once((*parent.doubts, *doubts)), parent.default_global
        )

    def _parts_of(self, own: ScopeDocument) -> dict[Section, _Part]:
        key = (id(own.document), own.key, own.scope)
        if key not in self._parts:
            self._parts[key] = _Reader(own, self._fragments).parts()
        return self._parts[key]


def compose(
    documents: Sequence[ScopeDocument], fragments: Mapping[str, Document | Doubt], named: NamedValues
) -> Effective:
    """The effective policy of scopes given from broad to narrow; use `Composer` for many chains that share scopes."""
    return Composer(fragments, named).compose(documents)


def placed_in(nodes: Sequence[Node]) -> Iterator[Placed]:
    """Every step in these nodes in order, containers before what they contain, branches (`when`) as well."""
    for node in nodes:
        if isinstance(node, Step):
            yield node.placed
            yield from placed_in(node.children)
        elif isinstance(node, (Inherited, Perhaps)):
            yield from placed_in(node.nodes)


def _nothing(*, default_global: bool) -> _Composed:
    sections: dict[Section, tuple[Node, ...]] = dict.fromkeys(SECTIONS, ())
    sections["backend"] = (DefaultForward(),)
    return _Composed(sections, dict.fromkeys(SECTIONS, 0), default_global=default_global)


def _meet(
    section: Section, part: _Part, parent: tuple[Node, ...], size: int, doubts: list[Doubt]
) -> tuple[tuple[Node, ...], int]:
    """A section with every `<base/>` replaced by its parent's steps, and how many steps that makes."""
    if part.transparent:
        if part.doubt is None:
            return parent, size
        return (Perhaps(parent, part.doubt) if section == "inbound" else Inherited((part.doubt, *parent)),), size
    whole = part.size + part.bases * size
    if whole > MOST_STEPS:
        doubts.append(Doubt(f"more than {MOST_STEPS} steps after <base/> is replaced"))
        return (doubts[-1],), 1
    return _linked(part.nodes, parent), whole


def _linked(nodes: "tuple[Node | _Base, ...]", parent: tuple[Node, ...]) -> tuple[Node, ...]:
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, _Base):
            made.append(Inherited(parent))
        elif isinstance(node, _Open):
            made.append(Step(node.placed, _linked(node.inner, parent)))
        else:
            made.append(node)
    return tuple(made)


@dataclass(frozen=True, slots=True, eq=False)
class _Open(Step):
    """A container in which a `<base/>` stands."""

    inner: "tuple[Node | _Base, ...]" = ()


def _doubts_in(part: _Part) -> Iterator[Doubt]:
    if part.doubt is not None:
        yield part.doubt
    yield from _doubts_among(part.nodes)


def _doubts_among(nodes: "Sequence[Node | _Base]") -> Iterator[Doubt]:
    for node in nodes:
        if isinstance(node, Doubt):
            yield node
        elif isinstance(node, _Open):
            yield from _doubts_among(node.inner)
        elif isinstance(node, Step):
            yield from _doubts_among(node.children)


def _once(doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    return tuple(dict.fromkeys(doubts))


@dataclass(slots=True)
class _Reader:
    """Reads one document into the parts of its sections."""

    own: ScopeDocument
    fragments: Mapping[str, Document | Doubt]
    _section: Section = "inbound"
    _bases: int = 0
    _size: int = 0
    _through: tuple[str, ...] = field(default=())

    def parts(self) -> dict[Section, _Part]:
        document = self.own.document
        if document is None:
            return {section: _Part(transparent=True) for section in SECTIONS}
        if isinstance(document, Doubt):
            return {section: _Part(transparent=True, doubt=document) for section in SECTIONS}
        if document.kind == "policies" or any(document.section(name) for name in SECTIONS):
            return {section: self._written(document, section) for section in SECTIONS}
        doubt = Doubt(f"{self.own.key}: no section (<inbound> ...) stands in this document")
        return {section: _Part(transparent=True, doubt=doubt) for section in SECTIONS}

    def _written(self, document: Document, section: Section) -> _Part:
        element = document.section(section)
        if element is not None:
            return self._part(section, element)
        if document.kind != "policies":
            return _Part(transparent=True)  # a pasted part says nothing of its other sections
        if section == "backend":
            return _Part(transparent=True, missing=True)  # followed to the back end, so that no call is passed over
        if section != "inbound" or self.own.scope == "global":
            return _Part(missing=True)
        # Documented neither way: followed as not inherited, with a doubt that keeps conclusions from becoming errors.
        doubt = Doubt(f"{self.own.key} has no <{section}>: whether the broader scopes run then is not documented")
        return _Part(nodes=(doubt,), size=1, missing=True)

    def _part(self, section: Section, element: Element) -> _Part:
        self._section, self._bases, self._size, self._through = section, 0, 0, ()
        nodes = self._nodes(element, 0, "")
        return _Part(nodes, element, self._bases, self._size)

    def _nodes(self, parent: Element, depth: int, path: str) -> "tuple[Node | _Base, ...]":
        made: list[Node | _Base] = []
        for child in parent.elements:
            self._size += 1
            if self._size > MOST_STEPS:
                made.append(Doubt(f"{self.own.key}: more than {MOST_STEPS} steps in one section"))
                break
            made += self._node(child, depth, path)
        return tuple(made)

    def _node(self, element: Element, depth: int, path: str) -> "tuple[Node | _Base, ...]":
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
            return (_Open(placed, inner=inner),)
        return (Step(placed, tuple(node for node in inner if not isinstance(node, _Base))),)

    def _base(self, placed: Placed) -> "tuple[Node | _Base, ...]":
        if self._through:
            return (Doubt("<base/> in a fragment is not allowed", placed),)
        if self.own.scope == "global":
            return ()
        self._bases += 1
        return (_Base(),)

    def _fragment(self, placed: Placed, depth: int) -> "tuple[Node | _Base, ...]":
        written = placed.element.get("fragment-id")
        name = symbol(written) if written is not None else ""
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
        made: list[Node | _Base] = []
        roots = found.roots[0].elements if found.kind == "fragment" and found.roots else iter(found.roots)
        for root in roots:
            self._size += 1
            if self._size > MOST_STEPS:
                made.append(Doubt(f"{self.own.key}: more than {MOST_STEPS} steps in one section"))
                break
            made += self._node(root, depth, "")
        self._through = ()
        return tuple(made)
