"""A policy document as a tree that remembers where each part of the author's text stands."""

from collections.abc import Iterator

from msgspec import Struct

from apimdoctor.policy.place import Lines, Position
from apimdoctor.policy.value import EMPTY, Value

__all__ = ["Attribute", "Comment", "Document", "Element", "Place", "Position", "Text", "Unparsed"]


class Attribute(Struct, frozen=True):
    """An attribute: `raw` as written between the quotes, `value` decoded; offsets span the text between the quotes."""

    name: str
    raw: str
    value: Value
    start: int
    end: int


class Text(Struct, frozen=True):
    """One run of character data that is not blank, CDATA included: `raw` as written, `value` decoded.

    Entities are decoded once, expressions kept whole, and the blanks around the value cut.
    """

    raw: str
    value: Value
    start: int
    end: int


class Comment(Struct, frozen=True):
    """The text between `<!--` and `-->`."""

    text: str
    start: int
    end: int


class Place:
    """A step of an element's path. `number` 0: a section, which needs no number. Paths are joined when asked for,

    because written out for every element of a deep document they would outgrow the document by far; then they are
    kept, because each of an element's facts asks again.
    """

    __slots__ = ("_path", "name", "number", "parent")

    def __init__(self, parent: "Place | None", name: str, number: int) -> None:
        self.parent = parent
        self.name = name
        self.number = number
        self._path = ""

    @property
    def path(self) -> str:
        """The whole path."""
        if not self._path:
            step = f"{self.name}[{self.number}]" if self.number else self.name
            self._path = f"{self.parent.path}/{step}" if self.parent else step
        return self._path


class Element(Struct, frozen=True, eq=False):
    """A policy element. `start` is the offset of its `<`, `end` the offset after its last `>`.

    Elements are compared by identity: two equal texts at two places are two elements.
    """

    name: str
    attributes: tuple[Attribute, ...]
    children: tuple["Element | Text | Comment", ...]
    start: int
    end: int
    lines: Lines
    place: Place | None = None
    inner: tuple[int, int] = (0, 0)
    """Offsets of what stands between its tags; equal for an empty element."""
    opaque: bool = False
    """Its content is literal (set-body, xsl-transform ...): one `Text`, never searched for elements."""
    constant: bool = False
    """It and all that it contains is literal text, known when it was read: most elements are, and need no second look."""

    @property
    def position(self) -> Position:
        """The place of its `<` in the author's file."""
        return self.lines.at(self.start)

    @property
    def path(self) -> str:
        """Where it stands in its document: `inbound/choose[1]/when[2]/validate-jwt[1]`, without line numbers.

        The root (`policies`, `fragment`) is not part of it. The number counts siblings of the same name.
        """
        return self.place.path if self.place else ""

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, None when it is not written."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        return None

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
        for child in self.children:
            if isinstance(child, Element) and child.name == name:
                return child
        return None

    def each(self, name: str) -> Iterator["Element"]:
        """Its child elements of that name."""
        return (c for c in self.elements if c.name == name)

    @property
    def text(self) -> Value:
        """Its first run of character data that is not blank (comments and elements end a run)."""
        for child in self.children:
            if isinstance(child, Text):
                return child.value
        return EMPTY


class Document(Struct, frozen=True, eq=False):
    """A policy document that could be read. `kind`: `policies`, `fragment`, or `forest` (parts without a root)."""

    text: str
    kind: str
    roots: tuple[Element, ...]
    comments: tuple[Comment, ...] = ()
    repaired: tuple[str, ...] = ()
    """What a strict reader would have refused and was read all the same, in words."""
    lines: Lines | None = None

    def position(self, offset: int) -> Position:
        """The place of an offset of `text` in the author's file."""
        return (self.lines or Lines(self.text)).at(offset)

    def section(self, name: str) -> Element | None:
        """The section element (`inbound` ...) of a `policies` document or forest, None when it is not written."""
        for root in self.roots:
            if root.name == name:
                return root
            if root.name == "policies":
                return root.child(name)
        return None


class Unparsed(Struct, frozen=True):
    """Text that could not be read as a policy, with the reason. Conclusions of absence must not be drawn from it."""

    text: str
    error: str
    position: Position
