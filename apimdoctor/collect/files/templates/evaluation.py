"""What each kind of expression of a template comes to.

Source: learn.microsoft.com/azure/azure-resource-manager/bicep/operators and bicep-functions-lambda.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apimdoctor.collect.files.segments import Text, joined, literal
from apimdoctor.collect.files.templates import functions
from apimdoctor.collect.files.templates.naming import described
from apimdoctor.collect.files.templates.nodes import Function, Node
from apimdoctor.collect.files.templates.values import (
    Deployed,
    Instance,
    Lambda,
    Locals,
    Outputs,
    Symbol,
    Told,
    UnknownError,
    Value,
    asked,
    known,
    shown,
    symbol,
    text_of,
)

if TYPE_CHECKING:
    from apimdoctor.collect.files.templates.scope import Scope


def evaluated(scope: Scope, node: Node, names: Locals) -> Value:
    """What an expression comes to, with the names of loops and functions around it."""
    return _READERS[node.kind](scope, node, names)


def _literal(scope: Scope, node: Node, names: Locals) -> Value:  # noqa: ARG001 (all readers are called alike)
    return None if isinstance(node.value, str) else node.value


def _text(scope: Scope, node: Node, names: Locals) -> Value:
    text = joined([text_of(scope.value(part, names)) for part in node.children])
    return text if len(text.text) <= functions.MAX_TEXT else symbol("text")


def _name(scope: Scope, node: Node, names: Locals) -> Value:
    return names[node.word] if node.word in names else scope.named(node.word)


def _call(scope: Scope, node: Node, names: Locals) -> Value:
    name = node.word.lower()
    special = _SPECIAL.get(name.rpartition(".")[2] if name.startswith(("az.", "sys.")) else name)
    if special is not None:
        return special(scope, node, names)
    defined = scope.function(name)
    if defined is not None:
        return _defined(*defined, [scope.value(child, names) for child in node.children])
    if name == "if" and len(node.children) == 3:
        return _choice(scope, node, names)
    return functions.call(node.word, [scope.value(child, names) for child in node.children])


def _defined(scope: Scope, function: Function, given: list[Value]) -> Value:
    return scope.value(function.body, dict(zip(function.parameters, given, strict=False)))


def _method(scope: Scope, node: Node, names: Locals) -> Value:
    base, *given = node.children
    if base.kind == "name" and base.word in ("az", "sys"):
        return _call(scope, Node("call", node.word, tuple(given), node.line, node.column), names)
    library = scope.whole_library(base.word) if base.kind == "name" else None
    if library is not None and node.word in library.program.functions:
        return _defined(library, library.program.functions[node.word], [scope.value(one, names) for one in given])
    return symbol(f"{shown(scope.value(base, names))}.{node.word}()")


def _member(scope: Scope, node: Node, names: Locals) -> Value:
    base = node.children[0]
    library = scope.whole_library(base.word) if base.kind == "name" and base.word not in names else None
    return below(scope.value(base, names), node.word) if library is None else library.variable(node.word)


def below(base: Value, name: str) -> Value:
    """A property of a value."""
    if isinstance(base, dict):
        low = name.lower()
        return next((value for key, value in base.items() if key.lower() == low), None)
    if isinstance(base, Instance):
        base = described(base)
    if isinstance(base, Told):
        found = below(base.fields, name)
        return base.otherwise.below(name) if found is None else found
    if isinstance(base, Outputs):
        return base.scope.output(name)
    if isinstance(base, Deployed):
        if name.lower() == "name" and base.title is not None:
            return base.title
        return Outputs(base.scope) if name.lower() == "outputs" else symbol(f"{base.scope.name}.{name}")
    if isinstance(base, Symbol):
        return base.below(name)
    return None


def _index(scope: Scope, node: Node, names: Locals) -> Value:
    base, at = scope.value(node.children[0], names), scope.value(node.children[1], names)
    if isinstance(at, Text) and at.known:
        return below(base, at.text)
    if isinstance(base, list):
        if isinstance(at, int) and not isinstance(at, bool):
            return base[at] if -len(base) <= at < len(base) else None
        if len(base) == 1:
            return base[0]
    of = base if isinstance(base, Symbol) else symbol(shown(base) or "list")
    return of.below(f"[{shown(at)}]")


def _list(scope: Scope, node: Node, names: Locals) -> Value:
    found: list[Value] = []
    for child in node.children:
        if child.kind == "spread":
            more = scope.value(child.children[0], names)
            found += more if isinstance(more, list) else []
        else:
            found.append(scope.value(child, names))
    return found


def _object(scope: Scope, node: Node, names: Locals) -> Value:
    found: dict[str, Value] = {}
    for child in node.children:
        if child.kind == "spread":
            more = scope.value(child.children[0], names)
            found |= more if isinstance(more, dict) else {}
        elif len(child.children) == 2:
            key = scope.value(child.children[0], names)
            if isinstance(key, Text):
                found[key.text] = scope.value(child.children[1], names)
        else:
            found[child.word] = scope.value(child.children[0], names)
    return found


def _for(scope: Scope, node: Node, names: Locals) -> Value:
    return [scope.value(node.children[1], inner) for inner in scope.looped(node, names)]


def _choice(scope: Scope, node: Node, names: Locals) -> Value:
    condition = scope.value(node.children[0], names)
    held = functions.truth(condition)
    if held is not None:
        return scope.value(node.children[1 if held else 2], names)
    then, otherwise = scope.value(node.children[1], names), scope.value(node.children[2], names)
    if isinstance(then, Text) and isinstance(otherwise, Text) and then.text == otherwise.text:
        return then
    return asked("if", [condition, then, otherwise])


def _if(scope: Scope, node: Node, names: Locals) -> Value:
    return scope.value(node.children[1], names)


def _unary(scope: Scope, node: Node, names: Locals) -> Value:
    value = scope.value(node.children[0], names)
    if node.word == "-":
        return -value if isinstance(value, int) else symbol(f"minus {shown(value)}", "int")
    held = functions.truth(value)
    return symbol(f"not {shown(value)}", "bool") if held is None else not held


def _binary(scope: Scope, node: Node, names: Locals) -> Value:
    return functions.operated(node.word, [scope.value(child, names) for child in node.children])


def _lambda(scope: Scope, node: Node, names: Locals) -> Value:
    return Lambda(node, scope, dict(names))


def _unknown(scope: Scope, node: Node, names: Locals) -> Value:  # noqa: ARG001
    return symbol(node.word or "unknown")


def _parameters_call(scope: Scope, node: Node, names: Locals) -> Value:
    name = _first(scope, node, names)
    return scope.parameter(name) if name else symbol("parameters()")


def _variables_call(scope: Scope, node: Node, names: Locals) -> Value:
    name = _first(scope, node, names)
    return scope.variable(name) if name else symbol("variables()")


def _first(scope: Scope, node: Node, names: Locals) -> str:
    try:
        return known(scope.value(node.children[0], names)) if node.children else ""
    except UnknownError:
        return ""


def _copy_index(scope: Scope, node: Node, names: Locals) -> Value:
    given = [scope.value(child, names) for child in node.children]
    loop = given[0].text if given and isinstance(given[0], Text) else ""
    at = names.get(f"copy:{loop.lower()}", names.get("copy:", 0))
    more = next((value for value in given if isinstance(value, int)), 0)
    return at + more if isinstance(at, int) else at


def _load_text(scope: Scope, node: Node, names: Locals) -> Value:
    path = _first(scope, node, names)
    found = scope.budget.loader.text(scope.program.document, path) if path else None
    return asked("loadTextContent", [literal(path)], "string") if found is None else found


def _load_json(scope: Scope, node: Node, names: Locals) -> Value:
    path = _first(scope, node, names)
    value = scope.budget.loader.json(scope.program.document, path) if path else None
    for step in (scope.value(child, names) for child in node.children[1:2]):
        for name in step.text.lstrip("$.").split(".") if isinstance(step, Text) else ():
            value = below(value, name) if name else value
    return asked("loadJsonContent", [literal(path)]) if value is None else value


def _reference(scope: Scope, node: Node, names: Locals) -> Value:
    """What a deployed resource tells of itself: a module's outputs, or a resource by its symbol."""
    given = [scope.value(child, names) for child in node.children]
    last = given[0].text.rpartition("/")[2] if given and isinstance(given[0], Text) else ""
    found = scope.deployed(last) if last else None
    return asked("reference", given[:1]) if found is None else found


def _applied(scope: Scope, node: Node, names: Locals) -> Value:
    """map, filter, reduce, sort, toObject, groupBy and mapValues; what is no map over a list is a symbol."""
    given = [scope.value(child, names) for child in node.children]
    if len(given) < 2 or not isinstance(given[0], list) or not isinstance(given[1], Lambda):
        return asked(node.word, [one for one in given if not isinstance(one, Lambda)])
    results = [apply(given[1], item, at) for at, item in enumerate(given[0][: functions.MAX_LIST])]
    word = node.word.lower()
    if word == "map":
        return results
    if word == "filter":
        # What may be kept is kept: a resource that may exist is looked at.
        return [item for item, kept in zip(given[0], results, strict=False) if kept is not False]
    if word == "toobject":
        values = (
            [apply(given[2], item, 0) for item in given[0]]
            if len(given) > 2 and isinstance(given[2], Lambda)
            else given[0]
        )
        return {shown(key): value for key, value in zip(results, values, strict=False)}
    return asked(node.word, [])


def apply(function: Lambda, *given: Value) -> Value:
    """What a function that is written as an argument gives."""
    names = function.node.word.split(",")
    return function.scope.value(function.node.children[0], {**function.locals, **dict(zip(names, given, strict=False))})


_READERS: dict[str, Callable[[Scope, Node, Locals], Value]] = {
    "literal": _literal,
    "text": _text,
    "name": _name,
    "call": _call,
    "method": _method,
    "member": _member,
    "index": _index,
    "list": _list,
    "object": _object,
    "for": _for,
    "choice": _choice,
    "if": _if,
    "unary": _unary,
    "binary": _binary,
    "lambda": _lambda,
    "unknown": _unknown,
}
_SPECIAL: dict[str, Callable[[Scope, Node, Locals], Value]] = {
    "parameters": _parameters_call,
    "variables": _variables_call,
    "copyindex": _copy_index,
    "loadtextcontent": _load_text,
    "loadjsoncontent": _load_json,
    "loadyamlcontent": _load_json,
    "reference": _reference,
    "map": _applied,
    "filter": _applied,
    "reduce": _applied,
    "sort": _applied,
    "toobject": _applied,
    "groupby": _applied,
}
