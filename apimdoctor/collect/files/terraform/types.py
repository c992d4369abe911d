"""Defaults that the type of a variable gives: `optional(type, default)` in objects."""

from typing import TYPE_CHECKING

from apimdoctor.collect.files.terraform.hcl import Expression
from apimdoctor.collect.files.terraform.values import Value

if TYPE_CHECKING:
    import tree_sitter

    from apimdoctor.collect.files.terraform.evaluate import Evaluator, Scope

MAX_DEPTH = 20


def with_defaults(value: Value, type_of: Expression, by: "Evaluator", scope: "Scope") -> Value:
    """A value with the attributes that its type makes optional filled in."""
    if not isinstance(value, dict | list) or "optional" not in type_of.text:
        return value
    return _Filling(type_of, by, scope).filled(value, type_of.node, 0)


class _Filling:
    """One type and its defaults."""

    def __init__(self, type_of: Expression, by: "Evaluator", scope: "Scope") -> None:
        self._chunk = type_of.chunk
        self._by = by
        self._scope = scope

    def filled(self, value: Value, node: "tree_sitter.Node", depth: int) -> Value:
        """The value as this type has it."""
        name, arguments = self._call(node)
        if depth > MAX_DEPTH or not arguments:
            return value
        if name == "optional":
            return self.filled(value, arguments[0], depth + 1)
        if name in ("list", "set") and isinstance(value, list):
            return [self.filled(one, arguments[0], depth + 1) for one in value]
        if name == "map" and isinstance(value, dict):
            return {key: self.filled(one, arguments[0], depth + 1) for key, one in value.items()}
        if name == "object" and isinstance(value, dict):
            return self._object(value, arguments[0], depth)
        return value

    def _object(self, value: dict[str, Value], node: "tree_sitter.Node", depth: int) -> Value:
        made = dict(value)
        for name, type_of in self._members(node):
            kind, arguments = self._call(type_of)
            if name not in made or made[name] is None:
                if kind != "optional":
                    continue
                default = (
                    self._by.value(Expression(self._chunk, arguments[1]), self._scope) if len(arguments) > 1 else None
                )
                made[name] = default
            if isinstance(made[name], dict | list):
                made[name] = self.filled(made[name], type_of, depth + 1)
        return made

    def _members(self, node: "tree_sitter.Node") -> "list[tuple[str, tree_sitter.Node]]":
        found = []
        for element in _down(node, "object").children:
            sides = [child for child in element.children if child.type == "expression"]
            if element.type == "object_elem" and len(sides) == 2:
                found.append((self._chunk.written(sides[0]).strip('"'), sides[1]))
        return found

    def _call(self, node: "tree_sitter.Node") -> "tuple[str, list[tree_sitter.Node]]":
        call = _down(node, "function_call")
        if call.type != "function_call":
            return "", []
        given = next((child for child in call.children if child.type == "function_arguments"), None)
        arguments = [child for child in given.children if child.type == "expression"] if given is not None else []
        return self._chunk.written(call.children[0]), arguments


def _down(node: "tree_sitter.Node", kind: str) -> "tree_sitter.Node":
    """Through expressions of one part to the part of a kind."""
    while node.type != kind and node.type in ("expression", "collection_value") and node.child_count == 1:
        node = node.children[0]
    return node
