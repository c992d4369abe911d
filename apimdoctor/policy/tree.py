"""A policy document as a tree that remembers where each part of the author's text stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from apimdoctor.policy.value import EMPTY, Value


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the author's file, counted from 1; columns count characters."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: `raw` as written between the quotes, `value` decoded; offsets span the text between the quotes."""

    name: str
    raw: str
    value: Value
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    """Character data: `raw` as written, `value` decoded (entities once; expressions kept whole)."""

    raw: str
    value: Value
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Comment:
    """The text between `<!--` and `-->`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """A policy element. `start` is the offset of its `<`, `end` the offset after its last `>`.

    Elements are compared by identity: two equal texts at two places are two elements.
    """

    name: str
    attributes: tuple[Attribute, ...]
    children: tuple["Element | Text | Comment", ...]
    start: int
    end: int
    position: Position
    path: str = ""
    """Where it stands in its document: `inbound/choose[1]/when[2]/validate-jwt[1]`, without line numbers."""
    inner: tuple[int, int] = (0, 0)
    """Offsets of what stands between its tags; equal for an empty element."""

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, None when it is not written."""
        return next((a for a in self.attributes if a.name == name), None)

    def get(self, name: str) -> Value | None:
        """The value of an attribute, None when it is not written."""
        found = self.attribute(name)
        return found.value if found else None

    @property
    def elements(self) -> Iterator["Element"]:
        """Its child elements in order."""
        return (c for c in self.children if isinstance(c, Element))

    def child(self, name: str) -> "Element | None":
        """Its first child element of that name."""
        return next((c for c in self.elements if c.name == name), None)

    def each(self, name: str) -> Iterator["Element"]:
        """Its child elements of that name."""
        return (c for c in self.elements if c.name == name)

    @property
    def text(self) -> Value:
        """Its character data when that is one run (surrounding blanks cut), else the first run that is not blank."""
        for child in self.children:
            if isinstance(child, Text) and child.raw.strip():
                return child.value
        return EMPTY


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A policy document that could be read. `kind`: `policies`, `fragment`, or `forest` (parts without a root)."""

    text: str
    kind: str
    roots: tuple[Element, ...]
    comments: tuple[Comment, ...] = ()
    repaired: tuple[str, ...] = ()
    """What a strict reader would have refused and was read all the same, in words."""

    def section(self, name: str) -> Element | None:
        """The section element (`inbound` ...) of a `policies` document or forest, None when it is not written."""
        for root in self.roots:
            if root.name == name:
                return root
            if root.name == "policies":
                return root.child(name)
        return None


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Text that could not be read as a policy, with the reason. Conclusions of absence must not be drawn from it."""

    text: str = field(repr=False)
    error: str
    position: Position
