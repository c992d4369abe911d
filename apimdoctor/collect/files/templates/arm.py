"""An ARM template as the program it declares: parameters, variables, resources at every depth, nested and linked templates.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/syntax, child-resource-name-type, copy-resources and
linked-templates.
"""

from __future__ import annotations

from msgspec.structs import replace

from apimdoctor.collect.files.segments import Text, literal
from apimdoctor.collect.files.templates import arm_expression
from apimdoctor.collect.files.templates.nodes import Function, Module, Node, Parameter, Program, Resource

_DEPLOYMENTS = "microsoft.resources/deployments"
_NOTHING = Node("object")


def read(document: str, json: Node) -> Program:
    """Everything that a template declares."""
    return _Template(document).program(json)


def is_template(json: Node) -> bool:
    """Whether a JSON object is a template: it has resources, and is none itself."""
    resources = json.get("resources")
    return resources is not None and resources.kind in ("list", "object") and not (json.get("type") or json.get("id"))


class _Template:
    def __init__(self, document: str) -> None:
        self._made = Program(document)

    def program(self, json: Node) -> Program:
        """All declarations."""
        made = self._made
        for pair in _pairs(json.get("parameters")):
            kind = _word(pair, "type").lower()
            default = pair.children[0].get("defaultValue")
            made.parameters[pair.word] = Parameter(
                pair.word,
                kind.removeprefix("secure"),
                self.expression(default) if default else None,
                kind.startswith("secure"),
            )
        for pair in _pairs(json.get("variables")):
            if pair.word.lower() == "copy":
                made.variables |= self._copied(pair.children[0])
            else:
                made.variables[pair.word] = self.expression(pair.children[0])
        for pair in _pairs(json.get("outputs")):
            value = pair.children[0].get("value")
            if value is not None:
                made.outputs[pair.word] = self.expression(value)
        for space in json_items(json.get("functions")):
            self._functions(space)
        for symbol, resource in _resources(json.get("resources")):
            self._resource(resource, symbol, "")
        return made

    def _functions(self, space: Node) -> None:
        for pair in _pairs(space.get("members")):
            output = pair.children[0].get("output")
            value = output.get("value") if output is not None else None
            if value is not None:
                names = tuple(_word_of(one.get("name")) for one in json_items(pair.children[0].get("parameters")))
                key = f"{_word_of(space.get('namespace'))}.{pair.word}".lower()
                self._made.functions[key] = Function(names, self.expression(value))

    def _resource(self, json: Node, symbol: str, parent: str) -> None:
        kind = _word_of(json.get("type"))
        label = symbol or f"#{len(self._made.resources) + len(self._made.modules)}"
        if kind.lower() == _DEPLOYMENTS:
            self._deployment(json, label)
            return
        existing = json.get("existing")
        body = self._with_loop(json, self.expression(_without(json, "resources", "copy", "condition")))
        self._made.resources.append(
            Resource(
                label,
                kind.partition("@")[0],
                body,
                existing is not None and existing.value is True,
                parent,
                json.line,
                json.column,
            )
        )
        for name, child in _resources(json.get("resources")):
            self._resource(child, name, label)

    def _deployment(self, json: Node, label: str) -> None:
        inner = json.get("properties") or _NOTHING
        options = inner.get("expressionEvaluationOptions") or _NOTHING
        template = inner.get("template")
        given = [
            replace(pair, children=(self.expression(value),))
            for pair in _pairs(inner.get("parameters"))
            if (value := pair.children[0].get("value")) is not None
        ]
        name = json.get("name")
        body = Node("object", None, (Node("pair", "params", (Node("object", None, tuple(given)),)),), json.line)
        if name is not None:
            body = replace(body, children=(*body.children, Node("pair", "name", (self.expression(name),))))
        link = inner.get("templateLink") or _NOTHING
        made = Module(
            label,
            _linked_path(link),
            self._with_loop(json, body),
            _Template(self._made.document).program(template)
            if template is not None and template.kind == "object"
            else None,
            template is not None and _word_of(options.get("scope")).lower() != "inner",
            json.line,
        )
        if made.inline is not None or made.path:
            self._made.modules.append(made)

    def _with_loop(self, json: Node, body: Node) -> Node:
        condition = json.get("condition")
        if condition is not None:
            body = Node("if", None, (self.expression(condition), body), json.line, json.column)
        copy = json.get("copy")
        return body if copy is None else self._loop(copy, body)

    def _loop(self, copy: Node, body: Node) -> Node:
        count = copy.get("count")
        over = self.expression(count) if count is not None else Node("literal", 1)
        turns = Node("call", "range", (Node("literal", 0), over), copy.line)
        return Node("for", f"copy:{_word_of(copy.get('name')).lower()}", (turns, body), copy.line)

    def _copied(self, copies: Node) -> dict[str, Node]:
        """`copy` among variables or properties: each of its entries is a list that a loop makes."""
        found = {}
        for one in json_items(copies):
            made = one.get("input")
            if made is not None:
                found[_word_of(one.get("name"))] = self._loop(one, self.expression(made))
        return found

    def expression(self, json: Node) -> Node:
        """JSON with its strings read as expressions where they are some."""
        if json.kind == "literal" and isinstance(json.value, Text):
            return self._string(json, json.value)
        if json.kind == "list":
            return replace(json, children=tuple(map(self.expression, json.children)))
        if json.kind != "object":
            return json
        pairs: list[Node] = []
        for pair in json.children:
            if pair.word.lower() == "copy" and pair.children[0].kind == "list":
                pairs += [Node("pair", name, (node,)) for name, node in self._copied(pair.children[0]).items()]
            else:
                pairs.append(replace(pair, children=(self.expression(pair.children[0]),)))
        return replace(json, children=tuple(pairs))

    def _string(self, json: Node, text: Text) -> Node:
        if not arm_expression.is_expression(text.text):
            return replace(json, value=text.sliced(1, len(text.text))) if text.text.startswith("[[") else json
        try:
            return arm_expression.read(text, json.line, json.column)
        except arm_expression.FaultError as fault:
            self._made.faults.append((json.line, f"the expression is not understood: {fault}"))
            return Node("unknown", f"line {json.line} of {self._made.document}", (), json.line, json.column)


def json_items(json: Node | None) -> tuple[Node, ...]:
    """The objects of a JSON list."""
    return (
        tuple(one for one in json.children if one.kind == "object") if json is not None and json.kind == "list" else ()
    )


def _pairs(json: Node | None) -> tuple[Node, ...]:
    return json.children if json is not None and json.kind == "object" else ()


def _resources(json: Node | None) -> list[tuple[str, Node]]:
    """Resources as a list, or by their symbols (language version 2.0)."""
    if json is not None and json.kind == "object":
        return [(pair.word, pair.children[0]) for pair in json.children if pair.children[0].kind == "object"]
    return [("", one) for one in json_items(json)]


def _without(json: Node, *names: str) -> Node:
    return replace(json, children=tuple(pair for pair in json.children if pair.word.lower() not in names))


def _word(pair: Node, name: str) -> str:
    return _word_of(pair.children[0].get(name))


def _word_of(json: Node | None) -> str:
    return json.value.text if json is not None and isinstance(json.value, Text) else ""


def _linked_path(link: Node) -> str:
    """The path a linked template has beside this one, as far as its address is written out; "" for another account's."""
    relative = _word_of(link.get("relativePath"))
    if relative:
        return relative
    written = _word_of(link.get("uri"))
    quoted = [part for part in written.split("'")[1::2] if part.lower().rstrip("/").endswith(".json")]
    return f"*/{quoted[-1].strip('/')}" if quoted else ""


__all__ = ["is_template", "json_items", "literal", "read"]
