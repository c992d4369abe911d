"""What runs at a scope: `<base/>` replaced by the parent's section, fragments in place, and where every step came from."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from apimdoctor.policy.nodes import MOST_STEPS, DefaultForward, Inherited, Node, Perhaps, Step, placed_in
from apimdoctor.policy.parts import Base, Opened, Part, Reader
from apimdoctor.policy.tree import Document
from apimdoctor.policy.value import NamedValues
from apimdoctor.policy.way import SECTIONS, Doubt, LeftOut, Scope, ScopeDocument, Section


class Effective(Struct, frozen=True, eq=False):
    """The effective policy of one chain of scopes."""

    sections: Mapping[Section, tuple[Node, ...]]
    left_out: tuple[LeftOut, ...]
    """Sections without `<base/>`, the narrowest scope first."""
    doubts: tuple[Doubt, ...]
    """What may hide a check or a call: unread documents, and what nobody can read in inbound and backend."""
    named: NamedValues
    default_global: bool = False
    """No global policy was given, so the documented default stands in for it."""


class _Composed(Struct, frozen=True, eq=False):
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
        self._parts: dict[tuple[int, str, Scope], dict[Section, Part]] = {}
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

    def _parts_of(self, own: ScopeDocument) -> dict[Section, Part]:
        key = (id(own.document), own.key, own.scope)
        if key not in self._parts:
            self._parts[key] = Reader(own, self._fragments).parts()
        return self._parts[key]


def compose(
    documents: Sequence[ScopeDocument], fragments: Mapping[str, Document | Doubt], named: NamedValues
) -> Effective:
    """The effective policy of scopes given from broad to narrow; use `Composer` for many chains that share scopes."""
    return Composer(fragments, named).compose(documents)


def _nothing(*, default_global: bool) -> _Composed:
    sections: dict[Section, tuple[Node, ...]] = dict.fromkeys(SECTIONS, ())
    sections["backend"] = (DefaultForward(),)
    return _Composed(sections, dict.fromkeys(SECTIONS, 0), default_global=default_global)


def _meet(
    section: Section, part: Part, parent: tuple[Node, ...], size: int, doubts: list[Doubt]
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


def _linked(nodes: "tuple[Node | Base, ...]", parent: tuple[Node, ...]) -> tuple[Node, ...]:
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, Base):
            made.append(Inherited(parent))
        elif isinstance(node, Opened):
            made.append(Step(node.placed, _linked(node.inner, parent)))
        else:
            made.append(node)
    return tuple(made)


def _doubts_in(part: Part) -> Iterator[Doubt]:
    if part.doubt is not None:
        yield part.doubt
    yield from _doubts_among(part.nodes)


def _doubts_among(nodes: "Sequence[Node | Base]") -> Iterator[Doubt]:
    for node in nodes:
        if isinstance(node, Doubt):
            yield node
        elif isinstance(node, Opened):
            yield from _doubts_among(node.inner)
        elif isinstance(node, Step):
            yield from _doubts_among(node.children)


def _once(doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    return tuple(dict.fromkeys(doubts))
