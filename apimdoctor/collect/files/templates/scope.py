"""One use of a template: its parameters as given, and what each of its expressions comes to, evaluated when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct, field

from apimdoctor.collect.files.segments import Text, literal
from apimdoctor.collect.files.templates import functions
from apimdoctor.collect.files.templates.evaluation import evaluated
from apimdoctor.collect.files.templates.nodes import Function, Module, Node, Program, Resource
from apimdoctor.collect.files.templates.values import (
    Deployed,
    Instance,
    Locals,
    Symbol,
    Value,
    shown,
    symbol,
)

MAX_DEPTH = 120
MAX_STEPS = 400_000
"""Parts of expressions that one root may come to: the largest public template stays below a tenth."""
MAX_TURNS = 300


class TooMuchError(Exception):
    """A template that comes to more than anybody would deploy."""


class Loader(Protocol):
    """The files beside a template."""

    def program(self, document: str, path: str) -> Program | None:
        """The template at a path written in another one, or None."""

    def text(self, document: str, path: str) -> Text | None:
        """The text of a file that a template loads, or None."""

    def json(self, document: str, path: str) -> Value:
        """The value of a JSON file that a template loads."""


class Budget(Struct):
    """What is left to one root, shared by all its modules."""

    loader: Loader
    steps: int = MAX_STEPS
    depth: int = 0
    libraries: dict[str, Scope] = field(default_factory=dict)
    """Files of which only variables and functions are used, by path."""
    missing: list[tuple[str, int, str]] = field(default_factory=list)
    """Modules that are not in the repository: document, line, path."""


class Scope:
    """A template in use. Everything is evaluated once; what refers to itself is a symbol."""

    def __init__(
        self,
        program: Program,
        budget: Budget,
        *,
        name: str,
        folder: str,
        given: Mapping[str, Value] | None = None,
        outer: Scope | None = None,
    ) -> None:
        self.program = program
        self.budget = budget
        self.name = name
        """How symbols of its resources begin."""
        self._folder = folder
        self._given = {key.lower(): value for key, value in (given or {}).items()}
        self._outer = outer
        self._known: dict[tuple[str, str], Value] = {}
        self._parameters = {key.lower(): value for key, value in program.parameters.items()}
        self._variables = {key.lower(): value for key, value in program.variables.items()}
        self._resources = {one.symbol.lower(): one for one in program.resources if one.symbol}
        for one in program.resources:
            self._resources.setdefault(one.symbol.rpartition("::")[2].lower(), one)
        self._modules = {one.symbol.lower(): one for one in program.modules if one.symbol}

    # Names

    def parameter(self, name: str) -> Value:
        """What was given, else the default, else a symbol."""
        return self._once("parameter", name, lambda: self._parameter(name))

    def _parameter(self, name: str) -> Value:
        if self._outer is not None:
            return self._outer.parameter(name)
        declared = self._parameters.get(name.lower())
        qualified = f"{self._folder}.{name}" if self._folder else name
        if name.lower() in self._given:
            return _filled(self._given[name.lower()], qualified)
        if declared is None:
            return symbol(qualified)
        if declared.default is None or declared.secure:
            return symbol(qualified, declared.kind.lower().removeprefix("secure"))
        return _filled(self.value(declared.default, {}), qualified)

    def variable(self, name: str) -> Value:
        """The value of a variable."""
        if self._outer is not None:
            return self._outer.variable(name)
        node = self._variables.get(name.lower())
        if node is None:
            return symbol(name)
        return self._once("variable", name, lambda: self.value(node, {}))

    def resource(self, name: str) -> Value:
        """A resource by its symbol: one instance, or a list of them for a loop."""
        declared = self._resources[name.lower()]
        return self._once("resource", declared.symbol, lambda: self._instances(declared))

    def module(self, name: str) -> Value:
        """A module by its symbol."""
        declared = self._modules[name.lower()]
        return self._once("module", name, lambda: self._deployed(declared))

    def output(self, name: str) -> Value:
        """What the template gives to who uses it."""
        node = next((node for key, node in self.program.outputs.items() if key.lower() == name.lower()), None)
        if node is None:
            return symbol(f"{self.name}.outputs.{name}")
        return self._once("output", name, lambda: self.value(node, {}))

    def _once(self, kind: str, name: str, make: Callable[[], Value]) -> Value:
        key = (kind, name.lower())
        if key not in self._known:
            self._known[key] = symbol(f"{self.name}.{name}")  # what refers to itself sees this
            self._known[key] = make()
        return self._known[key]

    # Everything

    def instances(self) -> Iterator[Instance]:
        """All resources of the template and of those it uses."""
        for at, declared in enumerate(self.program.resources):
            found = self.resource(declared.symbol) if declared.symbol else self._unnamed(at, declared)
            yield from (one for one in _flat(found) if isinstance(one, Instance))
        for module in self.program.modules:
            used = self.module(module.symbol)
            for one in _flat(used):
                if isinstance(one, Deployed):
                    yield from one.scope.instances()

    def _unnamed(self, at: int, declared: Resource) -> Value:
        return self._once("resource", f"#{at}", lambda: self._instances(declared))

    def _instances(self, declared: Resource) -> Value:
        parent: Value = None
        if declared.parent:
            parent = self.resource(declared.parent)
        if isinstance(parent, list):
            parent = parent[0] if parent else None
        above = parent if isinstance(parent, (Instance, Symbol)) else None
        label = declared.symbol.replace("::", ".") or declared.type.rpartition("/")[2]
        turns = [
            Instance(
                self, declared.type, body, self._label(label, names),
                above, declared.existing, dict(names), unmet, declared.line, declared.column,
            )
            for body, names, unmet in self.turns(declared.body)
        ]  # fmt: skip
        return turns[0] if len(turns) == 1 and declared.body.kind != "for" else list(turns)

    def _label(self, name: str, names: Locals) -> str:
        turn = ", ".join(filter(None, (shown(value) for value in names.values())))
        return f"{self.name}.{name}{f'[{turn}]' if turn else ''}"

    def turns(self, body: Node, names: Locals | None = None) -> Iterator[tuple[Node, Locals, bool]]:
        """The objects that a body comes to: one for each turn of a loop, with whether its condition is not met."""
        names = names or {}
        if body.kind == "for":
            for inner in self.looped(body, names):
                yield from self.turns(body.children[1], inner)
        elif body.kind == "if":
            unmet = functions.truth(self.value(body.children[0], names)) is False
            for inner_body, inner, other in self.turns(body.children[1], names):
                yield inner_body, inner, unmet or other
        else:
            yield body, names, False

    def looped(self, node: Node, names: Locals) -> Iterator[Locals]:
        """The names of each turn of a loop; one turn with a symbol where nobody knows over what it runs."""
        item, _, index = node.word.partition(",")
        over = self.value(node.children[0], names)
        if not isinstance(over, list):
            number = symbol(f"{shown(over) or item}[*]", "int")
            yield {**names, item: Symbol(number.text), **({index: number} if index else {})}
            return
        for at, value in enumerate(over[:MAX_TURNS]):
            turn = {**names, item: value, **({index: at} if index else {})}
            yield {**turn, "copy:": value} if item.startswith("copy:") else turn

    def _deployed(self, module: Module) -> Value:
        found = []
        for body, names, _ in self.turns(module.body):
            scope = self._used(module, body, names)
            if scope is not None:
                title = body.get("name")
                found.append(Deployed(scope, None if title is None else self.value(title, names)))
        if not found:
            return symbol(f"{self.name}.{module.symbol}")
        return found[0] if len(found) == 1 and module.body.kind != "for" else list(found)

    def _used(self, module: Module, body: Node, names: Locals) -> Scope | None:
        program = module.inline
        if program is None:
            program = self.budget.loader.program(self.program.document, module.path)
        if program is None:
            self.budget.missing.append((self.program.document, module.line, module.path))
            return None
        depth = self.name.count(".")
        if depth > MAX_DEPTH // 4:
            raise TooMuchError
        given: dict[str, Value] = {}
        written = body.get("params")
        for pair in written.children if written is not None and written.kind == "object" else ():
            if pair.kind == "pair" and len(pair.children) == 1:
                given[pair.word] = self.value(pair.children[0], names)
        name = self._label(module.symbol or "module", names)
        outer = self if module.shares_scope else None
        return Scope(program, self.budget, name=name, folder=name, given=given, outer=outer)

    # What stands around an expression

    def named(self, name: str) -> Value:
        """What a bare name means; a symbol when it means nothing here."""
        low = name.lower()
        if low in self._parameters:
            return self.parameter(name)
        if low in self._variables:
            return self.variable(name)
        if low in self._resources:
            return self.resource(name)
        if low in self._modules:
            return self.module(name)
        path, there = self.program.imports.get(name, ("", "*"))
        library = self.library(path) if there != "*" else None
        return symbol(name) if library is None else self._once("import", name, lambda: library.variable(there))

    def library(self, path: str) -> Scope | None:
        """Another file of which variables and functions are used."""
        program = self.budget.loader.program(self.program.document, path)
        if program is None:
            return None
        libraries = self.budget.libraries
        if program.document not in libraries:
            libraries[program.document] = Scope(program, self.budget, name=self.name, folder=self._folder)
        return libraries[program.document]

    def whole_library(self, name: str) -> Scope | None:
        """What `import * as name` brings."""
        path, there = self.program.imports.get(name, ("", ""))
        return self.library(path) if there == "*" else None

    def function(self, name: str) -> tuple[Scope, Function] | None:
        """A function that a template defines, here or in a file it imports from, by its name in lower case."""
        for key, function in self.program.functions.items():
            if key.lower() == name:
                return self, function
        for key, (path, there) in self.program.imports.items():
            library = self.library(path) if key.lower() == name else None
            if library is not None and there in library.program.functions:
                return library, library.program.functions[there]
        return None

    def deployed(self, name: str) -> Value:
        """What `reference` means by a name: a module by its symbol or its deployment's name, or a resource; None else."""
        low = name.lower()
        if low in self._modules:
            return self.module(low)
        if low in self._resources:
            return self.resource(low)
        for module in self._modules.values():
            title = module.body.get("name") if module.body.kind == "object" else None
            if title is not None and shown(self.value(title, {})) == shown(literal(name)):
                return self.module(module.symbol)
        return None

    def value(self, node: Node, names: Locals) -> Value:
        """What an expression comes to."""
        budget = self.budget
        budget.steps -= 1
        budget.depth += 1
        try:
            if budget.steps < 0 or budget.depth > MAX_DEPTH:
                raise TooMuchError
            return evaluated(self, node, names)
        finally:
            budget.depth -= 1


def _filled(value: Value, name: str) -> Value:
    """A parameter's value; one that is empty is left to whoever deploys."""
    return Symbol(symbol(name).text, "string", blank=True) if isinstance(value, Text) and not value.text else value


def _flat(value: Value) -> Iterator[Value]:
    if isinstance(value, list):
        yield from value
    else:
        yield value
