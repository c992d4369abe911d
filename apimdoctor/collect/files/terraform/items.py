"""One resource as a configuration or a plan describes it: its arguments, and where it is written."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect.files.anchors import Literals
from apimdoctor.collect.files.segments import Text
from apimdoctor.collect.files.terraform.values import Symbol, Target, Value, as_flag, as_text
from apimdoctor.snapshot import Origin


class Item(Struct, eq=False):
    """A resource instance. Nested blocks are lists of tables, as in a plan."""

    target: Target
    root: str
    """Folder of the root module, or the file of the plan."""
    path: str
    """The file it is written in."""
    origin: Origin
    values: Mapping[str, Value] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    """Nested blocks of which not all are known, and arguments that Terraform is told to ignore."""
    off: bool = False
    """Switched off, unless who deploys switches it on."""
    literals: Literals | None = None
    """The texts of the JSON file it was read from."""

    def place_of(self, text: str) -> Origin:
        """Where one of its texts stands, when it was read from JSON, else where it stands itself."""
        anchors = self.literals.anchors(text) if self.literals is not None else ()
        if not anchors:
            return self.origin
        return replace(self.origin, line=anchors[0][1], column=anchors[0][2], anchors=anchors)

    @property
    def type(self) -> str:
        """The type, `data.` before that of a data source."""
        return self.target.type

    def get(self, name: str) -> Value:
        """The value of an argument; None when it is not written."""
        return self.values.get(name)

    def text(self, name: str) -> str:
        """An argument as text, markers in place of what is unknown; "" when it is not written."""
        text = as_text(self.values.get(name))
        return "" if text is None else text.text

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """An argument that is true or false; the default when it is not written, None when it is unknown."""
        value = self.values.get(name)
        return default if value is None else as_flag(value)

    def blocks(self, name: str) -> list[Mapping[str, Value]]:
        """Nested blocks of a kind."""
        return tables(self.values.get(name))

    def block(self, name: str) -> Mapping[str, Value]:
        """The first nested block of a kind; empty when there is none."""
        return next(iter(self.blocks(name)), {})


def tables(value: Value) -> list[Mapping[str, Value]]:
    """The tables of a list of tables."""
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: Value) -> list[str]:
    """The texts of a list; a list that is unknown is one marker."""
    if isinstance(value, Symbol):
        return [value.marker]
    found = [as_text(one) for one in value] if isinstance(value, list) else []
    return [text.text for text in found if text is not None]


def plain(value: Value, depth: int = 0) -> Any:
    """A value as JSON, markers in place of what is unknown."""
    if depth > 40:
        return None
    match value:
        case Text():
            return value.text
        case Symbol():
            return value.marker
        case list():
            return [plain(one, depth + 1) for one in value]
        case dict():
            return {name: plain(inner, depth + 1) for name, inner in value.items()}
        case _:
            return value
