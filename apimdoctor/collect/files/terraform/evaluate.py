"""What expressions give: operators, references, loops and templates over known values; everything else is a symbol."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect.files.segments import Place, Text, Written, joined, literal
from apimdoctor.collect.files.terraform import functions, operators
from apimdoctor.collect.files.terraform.hcl import Chunk, Expression, expression_at
from apimdoctor.collect.files.terraform.templates import For, Hole, If, Literal, Parts, TemplateError, parts_of
from apimdoctor.collect.files.terraform.values import (
    Symbol,
    Target,
    Value,
    as_flag,
    as_text,
    key_of,
    named,
    options_of,
    symbol,
)
from apimdoctor.collect.files.terraform.work import Work

if TYPE_CHECKING:
    import tree_sitter

MAX_DEPTH = 60
"""Deeper nesting of expressions, locals and modules is not followed."""
MAX_ELEMENTS = 2000
"""Longer loops are not run."""


class Names(Protocol):
    """Where names lead that are no loop variables: variables, locals, modules and resources of one module."""

    def resolved(self, name: str, steps: "list[Step]") -> "tuple[Value, list[Step]] | None":
        """The value of the first steps and the steps that are left; None when no such name exists."""

    def attribute(self, target: Target, name: str) -> "Value | None":
        """An attribute of a resource as the configuration writes it; None when it does not."""

    def instances(self, target: Target) -> "list[Target] | None":
        """The instances of a resource with for_each or count, when they are known."""

    @property
    def files(self) -> functions.Files:
        """The files that functions may read."""


class Scope(Struct, frozen=True):
    """Where an expression stands: its module, and the loop variables around it."""

    module: Names
    names: Mapping[str, Value] = field(default_factory=dict)
    closed: bool = False
    """Inside a template file only the variables it is given exist."""

    def within(self, names: Mapping[str, Value]) -> "Scope":
        """The same place with more loop variables."""
        return Scope(self.module, {**self.names, **names}, self.closed)


class Step(Struct, frozen=True):
    """`.name`, `[index]` or a splat."""

    kind: str
    """`name`, `index` or `each`."""
    value: Value = None


class Evaluator:
    """Evaluates expressions, with one budget for everything."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.depth = 0

    def value(self, expression: Expression, scope: Scope) -> Value:
        """The value of an expression."""
        if self.depth >= MAX_DEPTH or not self.work.spend(1):
            return symbol(expression.text[:80])
        self.depth += 1
        try:
            return _Reading(self, expression.chunk, scope).node(expression.node)
        finally:
            self.depth -= 1

    def rendered(self, parts: Parts, scope: Scope) -> Text:
        """The text of a template."""
        found: list[Text] = []
        large = 0
        for part in parts:
            match part:
                case Literal():
                    self.work.spend(1 + sum(len(segment.text) for segment in part.segments) // 64)
                    found.append(part.text)
                case Hole():
                    found.append(self._hole(part, scope))
                case If():
                    found.append(self._if(part, scope))
                case For():
                    found.append(self._for(part, scope))
            large += functions.size(found[-1])
            if large > functions.MAX_TEXT:
                return as_text(symbol("a text that is too long")) or Text()
            if self.work.spent:
                break
        return joined(found)

    def stretch(self, part: "Hole | If | For", scope: Scope) -> Value:
        """The value of the expression in a template's braces."""
        self.work.spend(1 + (part.end - part.start) // 64)
        expression = expression_at(part.place.file, part.start, part.end) if not self.work.spent else None
        if expression is None:
            return symbol(part.place.file.text[part.start : min(part.end, part.start + 200)].strip())
        return self.value(expression, scope)

    def _hole(self, hole: Hole, scope: Scope) -> Text:
        value = self.stretch(hole, scope)
        text = as_text(value)
        if text is None:
            text = as_text(symbol(named(value))) or Text()
        self.work.spend(functions.size(text) // 64)
        return text.inserted(hole.place)

    def _if(self, part: If, scope: Scope) -> Text:
        condition = self.stretch(part, scope)
        known = as_flag(condition)
        if known is None:
            self.work.note(part.place, f"%{{ if }}: whether {named(condition)} is not known, it is taken to hold")
        return self.rendered(part.otherwise if known is False else part.then, scope)

    def _for(self, part: For, scope: Scope) -> Text:
        found = []
        for key, value in self.elements(self.stretch(part, scope)):
            found.append(
                self.rendered(
                    part.each, scope.within({part.key: key, part.value: value} if part.key else {part.value: value})
                )
            )
            if self.work.spent:
                break
        return joined(found)

    def elements(self, collection: Value) -> Iterator[tuple[Value, Value]]:
        """What a loop goes over: keys and values; one unknown element when the collection is unknown."""
        collection = next((one for one in options_of(collection) if isinstance(one, list | dict) and one), collection)
        match collection:
            case list():
                yield from list(enumerate(collection))[:MAX_ELEMENTS]
            case dict():
                yield from [(literal(key), value) for key, value in list(collection.items())[:MAX_ELEMENTS]]
            case Symbol():
                yield symbol(f"{collection.text}[*].key"), collection.below("[*]")

    def template_file(self, path: Value, names: Value, scope: Scope, place: Place) -> Value:
        """templatefile()."""
        return self._rendered_file(scope.module.files.read(path), names, scope, place)

    def template_text(self, template: Text, names: Value, scope: Scope, place: Place) -> Value:
        """A text that is the whole of a file, or nothing but literal text, rendered as a template."""
        file = template.file
        if file is None or template.text != file.text:
            return template
        return self._rendered_file(file, names, scope, place)

    def _rendered_file(self, file: Written, names: Value, scope: Scope, place: Place) -> Value:
        if not isinstance(names, dict):
            names = {}
        try:
            parts = scope.module.files.parts(file)
        except TemplateError as error:
            self.work.note(Place(file, error.offset), f"the template cannot be read: {error}")
            return literal(file.text, Place(file, 0)).inserted(place)
        return self.rendered(parts, Scope(scope.module, names, closed=True)).inserted(place)


class _Reading(Struct):
    """The nodes of one stretch of a file, in one scope."""

    by: Evaluator
    chunk: Chunk
    scope: Scope

    def node(self, node: "tree_sitter.Node") -> Value:
        """The value of a node."""
        work = self.by.work
        if not work.spend(1) or self.by.depth > MAX_DEPTH:
            return symbol(self.chunk.written(node)[:80])
        self.by.depth += 1
        try:
            return self._of_kind(node)
        finally:
            self.by.depth -= 1

    def _of_kind(self, node: "tree_sitter.Node") -> Value:
        match node.type:
            case "expression" | "literal_value" | "template_expr" | "collection_value" | "operation" | "for_expr":
                return self.sequence([child for child in node.children if child.type != "comment"])
            case "numeric_lit":
                return _number(self.chunk.written(node))
            case "bool_lit":
                return self.chunk.written(node) == "true"
            case "null_lit":
                return None
            case "variable_expr":
                return self.sequence([node])
            case kind:
                read = getattr(self, _METHODS.get(kind, ""), None)
                return read(node) if read is not None else symbol(self.chunk.written(node)[:80])

    def _tuple(self, node: "tree_sitter.Node") -> Value:
        return [self.node(child) for child in node.children if child.type == "expression"]

    def sequence(self, nodes: "list[tree_sitter.Node]") -> Value:
        """A term with the attributes and indexes behind it."""
        if nodes and nodes[0].type == "(":
            inner = next((at for at, node in enumerate(nodes) if node.type == ")"), len(nodes))
            value = self.sequence(nodes[1:inner])
            return self._stepped(value, self._steps(nodes[inner + 1 :]))
        if not nodes:
            return None
        steps = self._steps(nodes[1:])
        if nodes[0].type != "variable_expr":
            return self._stepped(self.node(nodes[0]), steps)
        name = self.chunk.written(nodes[0])
        if name in self.scope.names:
            return self._stepped(self.scope.names[name], steps)
        found = None if self.scope.closed else self.scope.module.resolved(name, steps)
        if found is None:
            return self._stepped(symbol(name), steps)
        return self._stepped(*found)

    def _steps(self, nodes: "list[tree_sitter.Node]") -> list[Step]:
        steps: list[Step] = []
        for node in nodes:
            match node.type:
                case "get_attr":
                    steps.append(Step("name", literal(self.chunk.written(node.children[-1]))))
                case "index":
                    steps.append(Step("index", self._index(node)))
                case "splat":
                    steps.append(Step("each"))
                    steps += self._steps([part for child in node.children for part in child.children])
                case "attr_splat" | "full_splat":
                    steps.append(Step("each"))
                    steps += self._steps(node.children)
        return steps

    def _index(self, node: "tree_sitter.Node") -> Value:
        inner = node.children[0]
        for child in inner.children:
            if child.type == "expression":
                return self.node(child)
        return _number(self.chunk.written(inner).lstrip("."))

    def _stepped(self, value: Value, steps: list[Step]) -> Value:
        for at, step in enumerate(steps):
            if step.kind == "each":
                return self._each(value, steps[at + 1 :])
            value = self._below(value, step)
        return value

    def _each(self, value: Value, steps: list[Step]) -> Value:
        if isinstance(value, Symbol) and value.target and not value.attribute:
            known = self.scope.module.instances(value.target)
            if known is not None:
                return [self._stepped(symbol(one.address, one), steps) for one in known]
        if isinstance(value, dict):
            value = list(value.values()) if all(isinstance(v, dict) for v in value.values()) else [value]
        if isinstance(value, list):
            return [self._stepped(one, steps) for one in value[:MAX_ELEMENTS]]
        if value is None:
            return []
        if isinstance(value, Symbol):
            return self._stepped(value.below("[*]"), steps)
        return [self._stepped(value, steps)]

    def _below(self, value: Value, step: Step) -> Value:
        key = step.value
        if isinstance(value, Symbol) and value.options:
            below = tuple(self._below(one, step) for one in value.options if isinstance(one, dict | list | Symbol))
            return replace(value.below(named(key) if step.kind == "name" else f"[{named(key)}]"), options=below)
        match value:
            case Symbol(target=Target() as target, attribute="") if step.kind == "name" and isinstance(key, Text):
                written = self.scope.module.attribute(target, key.text)
                return value.below(key.text) if written is None else written
            case Symbol(target=Target() as target, attribute="") if not target.key:
                return symbol(
                    f"{target.address}[{named(key)}]",
                    Target(target.module, target.type, target.name, f"[{named(key)}]"),
                )
            case Symbol():
                return value.below(named(key) if step.kind == "name" else f"[{named(key)}]")
            case dict():
                name = key_of(key)
                if name is not None and name in value:
                    return value[name]
                if isinstance(key, Symbol) or (isinstance(key, Text) and not key.known):
                    return symbol(f"{named(value)[:60]}[{named(key)}]")
            case list():
                number = operators.number_of(key)
                if isinstance(number, int) and -1 < number < len(value):
                    return value[number]
                if isinstance(key, Symbol):
                    return symbol(f"{named(value)[:60]}[{named(key)}]")
        return Symbol(symbol(f"{named(value)[:60]}.{named(key)}").text, missing=True)

    def _quoted(self, node: "tree_sitter.Node") -> Value:
        start = self.chunk.offset(node.start_byte) + 1
        end = self.chunk.offset(node.end_byte) - 1
        try:
            parts = parts_of(self.chunk.file, start, end, quoted=True)
        except TemplateError:
            return symbol(self.chunk.file.text[start : min(end, start + 80)])
        if len(parts) == 1 and isinstance(parts[0], Hole):
            # "${x}" alone is x itself, whatever its type.
            value = self.by.stretch(parts[0], self.scope)
            return value.inserted(parts[0].place) if isinstance(value, Text) else value
        return self.by.rendered(parts, self.scope)

    def _heredoc(self, node: "tree_sitter.Node") -> Value:
        file, children = self.chunk.file, node.children
        start = file.text.find("\n", self.chunk.offset(children[1].end_byte)) + 1
        end = file.text.rfind("\n", start, self.chunk.offset(children[-1].start_byte)) + 1
        if not start or end < start:
            return literal("")
        indent = 0
        if self.chunk.written(children[0]) == "<<-":
            lines = [line for line in file.text[start:end].split("\n") if line.strip()]
            indent = min((len(line) - len(line.lstrip(" \t")) for line in lines), default=0)
        try:
            return self.by.rendered(parts_of(file, start, end, indent=indent), self.scope)
        except TemplateError as error:
            self.by.work.note(Place(file, error.offset), f"the template cannot be read: {error}")
            return literal(file.text[start:end], Place(file, start))

    def _object(self, node: "tree_sitter.Node") -> Value:
        made: dict[str, Value] = {}
        for element in node.children:
            if element.type != "object_elem":
                continue
            sides = [child for child in element.children if child.type == "expression"]
            if len(sides) != 2:
                continue
            bare = self.chunk.written(sides[0])
            name: str | None = bare
            if not bare.replace("-", "_").isidentifier():
                name = key_of(self.node(sides[0]))
            if name is not None:
                made[name] = self.node(sides[1])
        return made

    def _conditional(self, node: "tree_sitter.Node") -> Value:
        condition, then, otherwise = [child for child in node.children if child.type == "expression"][:3]
        known = as_flag(asked := self.node(condition))
        if known is not None:
            return self.node(then if known else otherwise)
        first, second = self.node(then), self.node(otherwise)
        if first == second:
            return first
        found = symbol(f"{named(asked)} ? {named(first)[:60]} : {named(second)[:60]}")
        return replace(found, options=(first, second))

    def _operation(self, node: "tree_sitter.Node") -> Value:
        children = [child for child in node.children if child.type != "comment"]
        if node.type == "unary_operation":
            return operators.unary(children[0].type, self.sequence(children[1:]))
        at = next((at for at, child in enumerate(children) if child.type in operators.BINARY), 0)
        left = self.sequence(children[:at])
        if operators.decides(children[at].type, left):
            return as_flag(left)
        return operators.binary(children[at].type, left, self.sequence(children[at + 1 :]))

    def _loop(self, node: "tree_sitter.Node") -> Value:
        intro = next(child for child in node.children if child.type == "for_intro")
        names = [self.chunk.written(child) for child in intro.children if child.type == "identifier"]
        over = next(child for child in intro.children if child.type == "expression")
        given = [child for child in node.children if child.type == "expression"]
        test = next((child for child in node.children if child.type == "for_cond"), None)
        collection = self.node(over)
        made_list: list[Value] = []
        made: dict[str, Value] = {}
        for key, value in self.by.elements(collection):
            own = {names[0]: value} if len(names) == 1 else {names[0]: key, names[1]: value}
            inner = _Reading(self.by, self.chunk, self.scope.within(own))
            if test is not None and as_flag(inner.tested(test)) is False:
                continue
            if node.type == "for_tuple_expr":
                made_list.append(inner.node(given[0]))
            elif (name := key_of(inner.node(given[0]))) is not None:
                made[name] = inner.node(given[1])
            if self.by.work.spent:
                break
        if isinstance(collection, Symbol):
            # Where no option tells the elements, one stands for all: which there are is not known.
            whole: Value = made_list if node.type == "for_tuple_expr" else made
            options = (whole,) if collection.options else ()
            return replace(symbol(f"[for {named(whole)} in {collection.text}]"), options=options)
        return made_list if node.type == "for_tuple_expr" else made

    def tested(self, test: "tree_sitter.Node") -> Value:
        """The condition of a loop."""
        return self.sequence([child for child in test.children if child.type == "expression"])

    def _call(self, node: "tree_sitter.Node") -> Value:
        name = self.chunk.written(node.children[0])
        given = next((child for child in node.children if child.type == "function_arguments"), None)
        arguments = [child for child in given.children if child.type == "expression"] if given is not None else []
        spread = given is not None and any(child.type == "ellipsis" for child in given.children)
        place = self.chunk.place(node)
        if name == "sensitive":
            # The value is not kept, not even as a part of a symbol.
            return symbol(f"sensitive:{place.file.path}:{place.offset}")
        if name in ("try", "can", "coalesce"):
            return self._first_of(name, arguments)
        values = [self.node(argument) for argument in arguments]
        if spread and values and isinstance(values[-1], list):
            values = [*values[:-1], *values[-1]]
        files = self.scope.module.files
        try:
            if name == "templatefile":
                return self.by.template_file(values[0], values[1] if len(values) > 1 else {}, self.scope, place)
            found = functions.call(name, values, files)
        except functions.UnknownError:
            return symbol(f"{name}({', '.join(map(named, values))})")
        except functions.NoFileError as error:
            if str(error):
                self.by.work.note(place, str(error))
            return Symbol(symbol(f"{name}({', '.join(map(named, values))})").text, missing=True)
        self.by.work.spend(functions.size(found) // 64)
        return found.inserted(place) if isinstance(found, Text) and name == "file" else found

    def _first_of(self, name: str, arguments: "list[tree_sitter.Node]") -> Value:
        value: Value = None
        for argument in arguments:
            value = self.node(argument)
            wrong = isinstance(value, Symbol) and value.missing
            if name == "can":
                return not wrong if wrong or not isinstance(value, Symbol) else symbol(f"can({value.text})")
            if not wrong and (name == "try" or (value is not None and value != literal(""))):
                return value
        return value


_METHODS = {
    "string_lit": "_quoted",
    "quoted_template": "_quoted",
    "heredoc_template": "_heredoc",
    "tuple": "_tuple",
    "object": "_object",
    "function_call": "_call",
    "conditional": "_conditional",
    "unary_operation": "_operation",
    "binary_operation": "_operation",
    "for_tuple_expr": "_loop",
    "for_object_expr": "_loop",
}
"""What reads a node of the grammar."""


def _number(written: str) -> Value:
    try:
        return int(written) if written.isdigit() and len(written) < 18 else float(written)
    except ValueError:
        return symbol(written)
