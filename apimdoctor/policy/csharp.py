"""C# that the small reader does not know, by way of the tree-sitter grammar, within bounds of size, depth and time."""

import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from apimdoctor.policy.code import Node, Token, tokens, unescaped

if TYPE_CHECKING:
    import tree_sitter

MAX_SIZE = 16 * 1024
MAX_SECONDS = 0.5
"""16 KiB of plain C# take 25 ms; hostile text of that size was seen to take seconds, for the grammar is not linear."""
MAX_LESS_THAN = 500
"""Each `<` may begin type arguments: thousands of them take the parser seconds at the end of the text, unasked."""
MAX_DEPTH = 150

_NAMED = re.compile(r"\{\{[ \t]*+([\w.\-]++)[ \t]*+\}\}")
_PLACE = "named_value_"


class UnreadCodeError(Exception):
    """The code could not be read; the message is the reason, in words for a report."""


def read_code(code: str, *, block: bool) -> Node:
    """The tree of an expression (`block` False) or of the statements of `@{...}`."""
    if len(code) > MAX_SIZE:
        raise UnreadCodeError("the expression is longer than 16 KiB")
    if code.count("<") > MAX_LESS_THAN:
        raise UnreadCodeError("reading the expression would take too long")
    names: list[str] = []

    def placed(found: re.Match[str]) -> str:
        names.append(found.group(1))
        return f"{_PLACE}{len(names) - 1}_"

    # A named value is text, mostly no C#: a name stands in for it, in strings and outside of them alike.
    source = _NAMED.sub(placed, code)
    tree = _parsed((source if block else f"return {source}\n;").encode())
    if tree.root_node.has_error:
        raise UnreadCodeError("the expression is not C# that could be read")
    return _Converter(names).node(tree.root_node, 0)


@lru_cache(maxsize=1)
def _language() -> "tree_sitter.Language":
    import tree_sitter
    import tree_sitter_c_sharp

    return tree_sitter.Language(tree_sitter_c_sharp.language())


def _parsed(source: bytes) -> "tree_sitter.Tree":
    import tree_sitter

    latest = time.process_time() + MAX_SECONDS

    def piece(offset: int, _point: object) -> bytes:
        return source[offset : offset + 4096]

    def late(_offset: int, _error: bool) -> bool:
        return time.process_time() > latest

    try:
        return tree_sitter.Parser(_language()).parse(piece, progress_callback=late)
    except ValueError:
        raise UnreadCodeError("reading the expression would take too long") from None


_SAME = {
    "conditional_expression": "condition",
    "return_statement": "return",
    "if_statement": "if",
    "lambda_expression": "lambda",
    "anonymous_method_expression": "lambda",
    "initializer_expression": "list",
    "block": "block",
    "compilation_unit": "block",
}
_THROUGH = frozenset(
    {"global_statement", "expression_statement", "parenthesized_expression", "argument", "checked_expression",
     "postfix_unary_expression", "interpolation", "local_declaration_statement", "arrow_expression_clause"}
)  # fmt: skip
_TYPES = frozenset(
    {"predefined_type", "implicit_type", "nullable_type", "array_type", "type_argument_list", "implicit_parameter",
     "parameter_list", "parameter", "interpolation_start", "interpolation_brace", "interpolation_format_clause",
     "interpolation_alignment_clause", "interpolation_quote", "comment", "string_literal_content"}
)  # fmt: skip


class _Converter:
    """Nodes of the grammar to nodes of ours."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def node(self, given: "tree_sitter.Node", depth: int) -> Node:
        """One node with all below it."""
        if depth > MAX_DEPTH:
            raise UnreadCodeError("the expression is nested too deep")
        kind = given.type
        convert = getattr(self, "_" + kind, None)
        if convert:
            result = convert(given, depth)
            if isinstance(result, Node):
                return result
        if kind in _THROUGH:
            inner = self.below(given, depth)
            return inner[0] if len(inner) == 1 else Node("block", "", inner)
        if kind.endswith("_literal"):
            return self._literal(given)
        return Node(_SAME.get(kind, "other"), "", self.below(given, depth))  # type: ignore[arg-type]

    def below(self, given: "tree_sitter.Node", depth: int) -> tuple[Node, ...]:
        """Its named children, types and comments left out, argument lists flattened."""
        result: list[Node] = []
        for child in given.named_children:
            if child.type in ("argument_list", "bracketed_argument_list"):
                result += self.below(child, depth + 1)
            elif child.type not in _TYPES:
                result.append(self.node(child, depth + 1))
        return tuple(result)

    def _field(self, given: "tree_sitter.Node", name: str, depth: int) -> Node:
        child = given.child_by_field_name(name)
        return self.node(child, depth + 1) if child else Node("other")

    def _written(self, given: "tree_sitter.Node | None") -> str:
        return self._restored((given.text or b"").decode("utf-8", "replace")) if given else ""

    def _restored(self, text: str) -> str:
        for index, name in enumerate(self.names):
            text = text.replace(f"{_PLACE}{index}_", "{{" + name + "}}")
        return text

    def _literal(self, given: "tree_sitter.Node") -> Node:
        written = self._written(given)
        if given.type == "null_literal" or written in ("true", "false"):
            return Node("constant", written)
        if given.type in ("string_literal", "verbatim_string_literal", "character_literal"):
            found = [token for token in tokens(written) if token.kind == "text"]
            return Node("text", found[0].text if found else written)
        return Node("number", written)

    def _identifier(self, given: "tree_sitter.Node", _depth: int) -> Node:
        written = self._written(given)
        named = _NAMED.fullmatch(written)
        return Node("named", named.group(1)) if named else Node("name", written.removeprefix("@"))

    def _predefined_type(self, given: "tree_sitter.Node", _depth: int) -> Node:
        return Node("name", self._written(given))  # the owner of bool.Parse and string.IsNullOrEmpty

    def _generic_name(self, given: "tree_sitter.Node", _depth: int) -> Node:
        return Node("name", self._written(given))

    def _member_access_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        name = self._written(given.child_by_field_name("name"))
        owner = given.child_by_field_name("expression")
        return self._on_receiver(owner, depth, lambda node: Node("member", name, (node,))) if owner else Node("other")

    def _conditional_access_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        children = [child for child in given.named_children if child.type != "comment"]
        if len(children) < 2:
            return Node("other", "", self.below(given, depth))
        binding = self.node(children[1], depth + 1)
        return self._on_receiver(children[0], depth, lambda receiver: _grafted(binding, receiver))

    def _on_receiver(self, given: "tree_sitter.Node", depth: int, link: Callable[[Node], Node]) -> Node:
        """A link of a chain on its receiver.

        The grammar reads `a == b?.c()` as `(a == b)?.c()`; links bind more tightly than any operator.
        """
        receiver = self.node(given, depth + 1)
        return link(receiver) if given.type == "parenthesized_expression" else _on_last(receiver, link)

    def _invocation_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        called = given.child_by_field_name("function")
        values = given.child_by_field_name("arguments")
        if not called:
            return Node("other")
        arguments = self.below(values, depth) if values else ()
        return self._on_receiver(called, depth, lambda receiver: Node("call", "", (receiver, *arguments)))

    def _element_access_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        table = given.child_by_field_name("expression")
        values = given.child_by_field_name("subscript")
        if not table:
            return Node("other")
        arguments = self.below(values, depth) if values else ()
        return self._on_receiver(table, depth, lambda receiver: Node("index", "", (receiver, *arguments)))

    def _member_binding_expression(self, given: "tree_sitter.Node", _depth: int) -> Node:
        return Node("member", self._written(given.child_by_field_name("name")), (_RECEIVER,))

    def _element_binding_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        return Node("index", "", (_RECEIVER, *self.below(given, depth)))

    def _cast_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        written = self._written(given.child_by_field_name("type"))
        return Node("cast", written, (self._field(given, "value", depth),))

    def _as_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        return Node("cast", self._written(given.child_by_field_name("right")), (self._field(given, "left", depth),))

    def _is_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        return Node("is", self._written(given.child_by_field_name("right")), (self._field(given, "left", depth),))

    def _binary_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        operator = self._written(given.child_by_field_name("operator"))
        if operator == "as":
            return self._as_expression(given, depth)
        return Node("binary", operator, (self._field(given, "left", depth), self._field(given, "right", depth)))

    def _assignment_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        left, right = self._field(given, "left", depth), self._field(given, "right", depth)
        return Node("assign", "=", (left, right))

    def _prefix_unary_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        return Node("unary", self._written(given.children[0]), self.below(given, depth))

    def _variable_declaration(self, given: "tree_sitter.Node", depth: int) -> Node:
        declared = [self.node(c, depth + 1) for c in given.named_children if c.type == "variable_declarator"]
        return declared[0] if len(declared) == 1 else Node("block", "", tuple(declared))

    def _variable_declarator(self, given: "tree_sitter.Node", depth: int) -> Node:
        name = given.child_by_field_name("name")
        inner = [c for c in given.named_children if c != name and c.type not in _TYPES]
        return Node("declare", self._written(name), tuple(self.node(child, depth + 1) for child in inner))

    def _foreach_statement(self, given: "tree_sitter.Node", depth: int) -> Node:
        # The loop's variable holds something of what is gone through.
        gone_through = self._field(given, "right", depth)
        name = self._written(given.child_by_field_name("left"))
        return Node("other", "foreach", (Node("declare", name, (gone_through,)), self._field(given, "body", depth)))

    def _declaration_expression(self, given: "tree_sitter.Node", _depth: int) -> Node:
        return Node("out", self._written(given.child_by_field_name("name")))

    def _argument(self, given: "tree_sitter.Node", depth: int) -> Node:
        inner = self.below(given, depth)
        if given.children and given.children[0].type == "out" and inner and inner[-1].kind == "name":
            return Node("out", inner[-1].text)
        return inner[-1] if inner else Node("other")

    def _object_creation_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        written = given.child_by_field_name("type")
        parts: list[Node] = []
        for child in given.named_children:
            if child.type == "argument_list":
                parts += self.below(child, depth + 1)
            elif child != written and child.type not in _TYPES:
                parts.append(self.node(child, depth + 1))
        return Node("new", self._written(written), tuple(parts))

    def _array_creation_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        return Node("new", self._written(given.child_by_field_name("type")), self.below(given, depth))

    def _implicit_array_creation_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        return Node("new", "[]", self.below(given, depth))

    def _interpolated_string_expression(self, given: "tree_sitter.Node", depth: int) -> Node:
        exact = "@" in self._written(given.children[0])
        parts: list[Node] = []
        for child in given.named_children:
            if child.type == "string_content":
                text = self._written(child)
                parts.append(Node("text", text if exact else unescaped(text)))
            elif child.type == "interpolation":
                parts += self.below(child, depth)[:1]
        return Node("joined", "", tuple(parts))


_RECEIVER = Node("name", "?")


def _on_last(node: Node, link: Callable[[Node], Node]) -> Node:
    """The link put on the last operand of operators that are not in brackets."""
    if node.kind in ("binary", "unary", "cast", "condition") and node.parts:
        return Node(node.kind, node.text, (*node.parts[:-1], _on_last(node.parts[-1], link)))
    return link(node)


def _grafted(binding: Node, receiver: Node) -> Node:
    """The binding after `?.` with its receiver put where its chain begins."""
    chain: list[Node] = []
    node = binding
    while node is not _RECEIVER and node.kind in ("member", "index", "call") and node.parts:
        chain.append(node)
        node = node.parts[0]
    result = receiver if node is _RECEIVER else node
    for link in reversed(chain):
        result = Node(link.kind, link.text, (result, *link.parts[1:]))
    return result


__all__ = ["MAX_SIZE", "Token", "UnreadCodeError", "read_code"]
