"""A type-checked CEL expression as a tree: which facts it reads, and what stands in it that a rule must not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from msgspec import Struct

from apimdoctor.engine import schema

# The part of cel.expr.CheckedExpr (github.com/google/cel-spec, checked.proto and syntax.proto) that is read here.
_F = descriptor_pb2.FieldDescriptorProto
_MESSAGES: dict[str, list[tuple[str, int, str]]] = {
    "Constant": [("bool_value", 2, "bool"), ("int64_value", 3, "int64"), ("string_value", 6, "string?")],
    "Ident": [("name", 1, "string")],
    "Select": [("operand", 1, "Expr"), ("field", 2, "string"), ("test_only", 3, "bool")],
    "Call": [("target", 1, "Expr"), ("function", 2, "string"), ("args", 3, "Expr*")],
    "CreateList": [("elements", 1, "Expr*")],
    "CreateStruct": [("message_name", 1, "string")],
    "Comprehension": [
        ("iter_var", 1, "string"),
        ("iter_range", 2, "Expr"),
        ("accu_var", 3, "string"),
        ("accu_init", 4, "Expr"),
        ("loop_condition", 5, "Expr"),
        ("loop_step", 6, "Expr"),
        ("result", 7, "Expr"),
    ],
    "Expr": [
        ("id", 2, "int64"),
        ("const_expr", 3, "Constant"),
        ("ident_expr", 4, "Ident"),
        ("select_expr", 5, "Select"),
        ("call_expr", 6, "Call"),
        ("list_expr", 7, "CreateList"),
        ("struct_expr", 8, "CreateStruct"),
        ("comprehension_expr", 9, "Comprehension"),
    ],
    "ListType": [("elem_type", 1, "Type")],
    "Type": [("list_type", 6, "ListType"), ("message_type", 9, "string")],
    "TypeEntry": [("key", 1, "int64"), ("value", 2, "Type")],
    "Position": [("key", 1, "int64"), ("value", 2, "int32")],
    "SourceInfo": [("positions", 4, "Position*")],
    "CheckedExpr": [("type_map", 3, "TypeEntry*"), ("expr", 4, "Expr"), ("source_info", 5, "SourceInfo")],
}
_PLAIN = {"bool": _F.TYPE_BOOL, "int64": _F.TYPE_INT64, "int32": _F.TYPE_INT32, "string": _F.TYPE_STRING}

Path = tuple[str, ...]


class Refusal(Struct, frozen=True):
    """Something a flag must not say, and the offset in its text where it says it."""

    message: str
    offset: int


@cache
def _checked_expr() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="cel_tree.proto", package="tree", syntax="proto3")
    for name, entries in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in entries:
            base = kind.rstrip("*?")
            entry = message.field.add(name=field, number=number)
            entry.label = _F.LABEL_REPEATED if kind.endswith("*") else _F.LABEL_OPTIONAL
            if base in _PLAIN:
                entry.type = _PLAIN[base]
            else:
                entry.type, entry.type_name = _F.TYPE_MESSAGE, f".tree.{base}"
            if kind.endswith("?"):
                entry.proto3_optional = True
                entry.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tree.CheckedExpr"))


class Tree:
    """One checked expression over variables that are subjects."""

    def __init__(self, serialized: bytes, variables: Mapping[str, type[Any]]) -> None:
        wrapped = any_pb2.Any.FromString(serialized)
        checked = _checked_expr().FromString(wrapped.value)
        self._root = checked.expr
        self._types = {entry.key: entry.value for entry in checked.type_map}
        self._offsets = {entry.key: entry.value for entry in checked.source_info.positions}
        self._variables = variables
        self._scopes: dict[int, dict[str, Path]] = {}
        self._nodes = list(self._visit(self._root, {}))

    def reads(self) -> tuple[Path, ...]:
        """Every fact it touches, as (variable, field, ...); the items of a list count as the list itself."""
        return self._read_by(self._nodes)

    def conjuncts(self) -> tuple[tuple[int, tuple[Path, ...]], ...]:
        """The terms of `a && b && c`: the offset of the `&&` that ends each (-1 for the last), and what it reads."""
        terms: list[Any] = []
        ends: list[int] = []
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            if node.HasField("call_expr") and node.call_expr.function == "_&&_":
                ends.append(self._offsets.get(node.id, -1))
                waiting.extend(reversed(node.call_expr.args))
            else:
                terms.append(node)
        reads = [self._read_by(list(self._visit(term, {}))) for term in terms]
        return tuple(zip((*sorted(ends), -1), reads, strict=True))

    def _read_by(self, nodes: Sequence[Any]) -> tuple[Path, ...]:
        found: dict[Path, None] = {}
        inner = {node.select_expr.operand.id for node in nodes if node.HasField("select_expr")}
        for node in nodes:
            path = self._path(node)
            if path and node.id not in inner:
                found[path] = None
        return tuple(found)

    def refusals(self) -> Iterator[Refusal]:
        """What type checking lets through although it would make a verdict wrong."""
        for node in self._nodes:
            message = ""
            if node.HasField("select_expr") and node.select_expr.test_only:
                message = "has() turns what is not known into no; ask for the fact itself"
            elif node.HasField("struct_expr"):
                message = "a rule builds no messages"
            elif node.HasField("call_expr"):
                message = self._refused_call(node.call_expr)
            if message:
                yield Refusal(message, self._offsets.get(node.id, 0))

    # ------------------------------------------------------------ walking
    def _visit(self, node: Any, scope: dict[str, Path]) -> Iterator[Any]:
        self._scopes[node.id] = scope
        yield node
        kind = self._kind(node)
        if kind == "select_expr":
            yield from self._visit(node.select_expr.operand, scope)
        elif kind == "call_expr":
            if node.call_expr.HasField("target"):
                yield from self._visit(node.call_expr.target, scope)
            for argument in node.call_expr.args:
                yield from self._visit(argument, scope)
        elif kind == "list_expr":
            for element in node.list_expr.elements:
                yield from self._visit(element, scope)
        elif kind == "comprehension_expr":
            yield from self._visit_comprehension(node.comprehension_expr, scope)

    def _visit_comprehension(self, loop: Any, scope: dict[str, Path]) -> Iterator[Any]:
        yield from self._visit(loop.iter_range, scope)
        inside = {**scope, loop.iter_var: self._path(loop.iter_range), loop.accu_var: ()}
        for part in (loop.accu_init, loop.loop_condition, loop.loop_step):
            yield from self._visit(part, inside)
        yield from self._visit(loop.result, {**scope, loop.accu_var: ()})

    @staticmethod
    def _kind(node: Any) -> str:
        return next((field.name for field, _ in node.ListFields() if field.name != "id"), "")

    def _path(self, node: Any) -> Path:
        if node.HasField("ident_expr"):
            name = node.ident_expr.name
            scope = self._scopes.get(node.id, {})
            if name in scope:
                return scope[name]
            return (name,) if name in self._variables else ()
        if node.HasField("select_expr"):
            base = self._path(node.select_expr.operand)
            return (*base, node.select_expr.field) if base else ()
        return ()

    # ------------------------------------------------------------ what is refused
    def _refused_call(self, call: Any) -> str:
        operands = [*([call.target] if call.HasField("target") else []), *call.args]
        if call.function == "_[_]":
            return "an index picks an item by chance; bind the items in `each`, or use exists"
        if call.function == "size":
            return self._refused_size(operands[0])
        if call.function in {"_==_", "_!=_", "@in"}:
            return self._refused_comparison(operands) or self._refused_word(*operands)
        return ""

    def _refused_size(self, operand: Any) -> str:
        field = self._field(operand)
        if field is not None and field.items_unknown:
            return f"the size of {field.name} is not known while an item may be unknown; use exists or all"
        return ""

    def _refused_comparison(self, operands: list[Any]) -> str:
        for operand in operands:
            message = self._message(operand)
            if message == "fact.Values":
                return "sets are not compared; ask meets, within, includes, empty or everything"
            if message:
                return "subjects are not compared; compare a fact of each"
        return ""

    def _refused_word(self, left: Any, right: Any) -> str:
        for asked, other in ((left, right), (right, left)):
            field = self._field(asked)
            if field is None or field.words is None:
                continue
            never = [word for word in self._literals(other) if word not in field.words]
            if never:
                words = ", ".join(repr(word) for word in sorted(field.words))
                return f"{field.name} is never {never[0]!r}; it is one of {words}"
        return ""

    def _literals(self, node: Any) -> list[str]:
        if node.HasField("const_expr") and node.const_expr.HasField("string_value"):
            return [node.const_expr.string_value]
        if node.HasField("list_expr"):
            return [word for element in node.list_expr.elements for word in self._literals(element)]
        return []

    def _message(self, node: Any) -> str:
        found = self._types.get(node.id)
        if found is None:
            return ""
        return str(
            found.message_type or (found.list_type.elem_type.message_type if found.HasField("list_type") else "")
        )

    def _field(self, node: Any) -> schema.Field | None:
        path = self._path(node)
        if len(path) < 2:
            return None
        current = schema.Field("", "subject", self._variables[path[0]])
        for name in path[1:]:
            if current.subject is None:
                return None
            current = schema.fields(current.subject)[name]
        return current
