"""The steps of an effective policy, each in its place, as a tree that shares what scopes have in common."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from apimdoctor.policy.way import Doubt, Placed

CONTAINERS = frozenset({"block", "choose", "limit-concurrency", "otherwise", "retry", "wait", "when"})
"""Elements whose children are steps of the same request (policy pages of each, XSD of vscode-apimanagement for block)."""

MOST_DEPTH = 32
MOST_STEPS = 20_000
"""Bounds against hostile text: the service takes 256 KiB a policy, and no real one nests or repeats anywhere near this."""


class Step(Struct, frozen=True, eq=False):
    """A policy element in its place; `children` for containers only (for `choose` its branches)."""

    placed: Placed
    children: "tuple[Node, ...]" = ()

    @property
    def name(self) -> str:
        """The element's name."""
        return self.placed.element.name


class Inherited(Struct, frozen=True, eq=False):
    """Where a `<base/>` stands: the steps of the parent's section."""

    nodes: "tuple[Node, ...]"


class Perhaps(Struct, frozen=True, eq=False):
    """Steps that run or do not: a document that could not be read may hold a `<base/>`, or not."""

    nodes: "tuple[Node, ...]"
    doubt: Doubt


class DefaultForward(Struct, frozen=True, eq=False):
    """The forward-request of a global policy that nobody wrote: a new service has it (docs: forward-request)."""


Node = Step | Doubt | Inherited | Perhaps | DefaultForward


def placed_in(nodes: Sequence[Node]) -> Iterator[Placed]:
    """Every step in these nodes in order, containers before what they contain, branches (`when`) as well."""
    for node in nodes:
        if isinstance(node, Step):
            yield node.placed
            yield from placed_in(node.children)
        elif isinstance(node, (Inherited, Perhaps)):
            yield from placed_in(node.nodes)
