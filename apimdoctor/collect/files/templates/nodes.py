"""What a deployment template says, ARM or Bicep: expressions as one tree, and the declarations that hold them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect.files.segments import Text

Scalar = Text | bool | int | str | None

Kind = Literal[
    "literal",  # value: what it is
    "text",  # children: parts, one after the other
    "name",  # value: the name
    "call",  # value: the function, with its namespace where one is written; children: arguments
    "method",  # value: the function; children: what it is called on, then arguments
    "member",  # value: the property; children: of what
    "index",  # children: of what, at what
    "list",  # children
    "object",  # children: one "pair" (value: the key, children: the value) or "spread" or "for" each
    "pair",  # value: key or None when computed; children: value, or computed key and value
    "spread",  # children: what is spread
    "for",  # value: "item,index"; children: over what, body
    "choice",  # children: condition, then, else
    "if",  # children: condition, body
    "unary",  # value: operator; children: operand
    "binary",  # value: operator; children: left, right
    "lambda",  # value: parameters, separated by commas; children: body
    "unknown",  # value: the words of it that a symbol may show
]


class Node(Struct, frozen=True):
    """A part of an expression, with the line it starts on."""

    kind: Kind
    value: Scalar = None
    children: tuple[Node, ...] = ()
    line: int = 1
    column: int = 1

    @property
    def word(self) -> str:
        """The value as a word."""
        return self.value if isinstance(self.value, str) else self.value.text if isinstance(self.value, Text) else ""

    def with_first(self, child: Node) -> Node:
        """The same node with one more child before the others."""
        return replace(self, children=(child, *self.children))

    def get(self, name: str) -> Node | None:
        """The value of a property of an object, whatever the case of its name; the last one counts."""
        low = name.lower()
        found = None
        for child in self.children if self.kind == "object" else ():
            if child.kind == "pair" and len(child.children) == 1 and child.word.lower() == low:
                found = child.children[0]
        return found


class Parameter(Struct, frozen=True):
    """A parameter: `kind` is its type as far as one word says it; a secret's default is never used."""

    name: str
    kind: str = ""
    default: Node | None = None
    secure: bool = False


class Resource(Struct, frozen=True):
    """A resource that a template declares. `symbol` is its name in the template, with `::` after those it is nested in."""

    symbol: str
    type: str
    """With the parents' types where they are written, without the API version."""
    body: Node
    """The object of its properties, `name` and so on; a "for" or "if" around it stays."""
    existing: bool = False
    parent: str = ""
    """The symbol of the resource it is nested in."""
    line: int = 1
    column: int = 1


class Module(Struct, frozen=True):
    """A template used by another: a file, or one written inside (`inline`)."""

    symbol: str
    path: str
    body: Node
    """The object with `params`; a "for" or "if" around it stays."""
    inline: Program | None = None
    shares_scope: bool = False
    """Whether expressions of an inline template are evaluated with the parameters of the outer one."""
    line: int = 1


class Function(Struct, frozen=True):
    """A function that a template defines."""

    parameters: tuple[str, ...]
    body: Node


class Program(Struct):
    """Everything that one template declares."""

    document: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    variables: dict[str, Node] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    outputs: dict[str, Node] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Names taken from other files: the name here, the file and the name there ("*" for all of it)."""
    paths: list[tuple[int, str]] = field(default_factory=list)
    """Every file that is loaded or imported, with its line; "" for a path that is computed."""
    using: str = ""
    """The template that a parameter file is for."""
    faults: list[tuple[int, str]] = field(default_factory=list)
    """Lines that are not understood, with the reason."""
    bicep: bool = False
