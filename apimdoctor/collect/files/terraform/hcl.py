"""The syntax of HCL: files to blocks, attributes and expressions, each with its exact place."""

import re
import time
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct, field

from apimdoctor.collect.files.segments import Place, Written

if TYPE_CHECKING:
    import tree_sitter

MAX_SECONDS = 3.0
"""Longest a file is parsed: real ones take milliseconds, the grammar is not linear on hostile ones."""
MAX_BYTES = 4 << 20
MAX_EXPRESSION = 1 << 16
"""A longer expression inside a template is not read."""
_WIDE = re.compile(r"[^\x00-\x7f]")


class HclError(Exception):
    """HCL that cannot be read; the message says why."""


class Chunk:
    """A stretch of a file that was parsed on its own, with its offsets in the file."""

    def __init__(self, file: Written, start: int, end: int) -> None:
        self.file = file
        self.start = start
        self.text = file.text[start:end]
        self.bytes = self.text.encode("utf-8", "surrogatepass")

    def offset(self, byte: int) -> int:
        """The offset in the file's text of a byte of this stretch."""
        wide, lengths = self._wide
        if not wide:
            return self.start + byte
        index = bisect_right(wide, byte - 1)
        return self.start + byte - (lengths[index - 1] if index else 0)

    def written(self, node: "tree_sitter.Node") -> str:
        """The text of a node."""
        return self.bytes[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def place(self, node: "tree_sitter.Node") -> Place:
        """Where a node stands."""
        return Place(self.file, self.offset(node.start_byte))

    @cached_property
    def _wide(self) -> tuple[list[int], list[int]]:
        """Where the characters of several bytes begin, and how many more bytes than characters end with each."""
        starts, lengths, extra = [], [], 0
        for found in _WIDE.finditer(self.text):
            starts.append(found.start() + extra)
            extra += len(found[0].encode("utf-8", "surrogatepass")) - 1
            lengths.append(extra)
        return starts, lengths


class Expression(Struct, frozen=True):
    """An expression as written."""

    chunk: Chunk
    node: "tree_sitter.Node"

    @property
    def text(self) -> str:
        """As written."""
        return self.chunk.written(self.node)

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.chunk.place(self.node)


class Body(Struct):
    """What a block holds."""

    attributes: dict[str, Expression] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)

    def each(self, kind: str) -> Iterator["Block"]:
        """The blocks of a kind."""
        return (block for block in self.blocks if block.kind == kind)


class Block(Struct):
    """`resource "type" "name" { ... }`; what it holds is read when it is asked for."""

    chunk: Chunk
    node: "tree_sitter.Node"
    kind: str
    labels: tuple[str, ...]
    _body: Body | None = None

    @property
    def body(self) -> Body:
        """What it holds."""
        if self._body is None:
            inner = next((child for child in self.node.children if child.type == "body"), None)
            self._body = _body(self.chunk, inner) if inner is not None else Body()
        return self._body

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.chunk.place(self.node)


class Read(Struct):
    """A file as read; `broken` is where the first thing stands that is no HCL."""

    file: Written
    body: Body
    broken: Place | None = None


def read(file: Written) -> Read:
    """The blocks and attributes of a file. Raises HclError when it cannot be parsed at all."""
    if len(file.text) > MAX_BYTES:
        raise HclError(f"it is larger than {MAX_BYTES >> 20} MiB")
    chunk = Chunk(file, 0, len(file.text))
    root = _parsed(chunk.bytes).root_node
    inner = next((child for child in root.children if child.type == "body"), None)
    body = _body(chunk, inner) if inner is not None else Body()
    broken = _first_error(root) if root.has_error else None
    return Read(file, body, chunk.place(broken) if broken is not None else None)


@lru_cache(maxsize=4096)
def expression_at(file: Written, start: int, end: int) -> Expression | None:
    """The expression in a stretch of a file, such as between `${` and `}`; None for what is none."""
    if end - start > MAX_EXPRESSION:
        return None
    lead = "x = (\n"
    chunk = _Inner(file, start, end, lead)
    try:
        root = _parsed(chunk.bytes).root_node
    except HclError:
        return None
    if root.has_error:
        return None
    node = root
    # config_file > body > attribute > expression > ( expression )
    for wanted in ("body", "attribute", "expression", "expression"):
        found = next((child for child in node.children if child.type == wanted), None)
        if found is None:
            return None
        node = found
    return Expression(chunk, node)


class _Inner(Chunk):
    """A stretch that is parsed as the value of an attribute."""

    def __init__(self, file: Written, start: int, end: int, lead: str) -> None:
        super().__init__(file, start, end)
        self.text = f"{lead}{self.text}\n)\n"
        self.bytes = self.text.encode("utf-8", "surrogatepass")
        self.start -= len(lead)


def _body(chunk: Chunk, node: "tree_sitter.Node") -> Body:
    made = Body()
    for child in node.children:
        if child.type == "attribute":
            name = value = None
            for part in child.children:
                if part.type == "identifier":
                    name = chunk.written(part)
                elif part.type == "expression":
                    value = part
            if name and value is not None:
                made.attributes.setdefault(name, Expression(chunk, value))
        elif child.type == "block":
            words = [chunk.written(part).strip('"') for part in child.children if part.type in _LABELS]
            if words:
                made.blocks.append(Block(chunk, child, words[0], tuple(words[1:])))
    return made


_LABELS = ("identifier", "string_lit")


def _first_error(node: "tree_sitter.Node") -> "tree_sitter.Node":
    """The innermost first node that is an error; the walk goes down only where there is one."""
    for _ in range(200):
        found = next((child for child in node.children if child.has_error or child.is_missing), None)
        if found is None or found.type == "ERROR":
            return found if found is not None else node
        node = found
    return node


@lru_cache(maxsize=1)
def _language() -> "tree_sitter.Language":
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Language(tree_sitter_hcl.language())


def _parsed(source: bytes) -> "tree_sitter.Tree":
    import tree_sitter

    if len(source) < 4096:
        return tree_sitter.Parser(_language()).parse(source)
    latest = time.process_time() + MAX_SECONDS

    def piece(offset: int, _point: object) -> bytes:
        return source[offset : offset + 65536]

    def late(_offset: int, _error: bool) -> bool:
        return time.process_time() > latest

    try:
        return tree_sitter.Parser(_language()).parse(piece, progress_callback=late)
    except ValueError:
        raise HclError("reading it would take too long") from None
