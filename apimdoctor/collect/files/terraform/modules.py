"""One instance of a module: its variables, locals, child modules and resources, each evaluated when it is asked for."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect.files.segments import Text, literal
from apimdoctor.collect.files.terraform import remote
from apimdoctor.collect.files.terraform.evaluate import MAX_ELEMENTS, Evaluator, Scope, Step
from apimdoctor.collect.files.terraform.files import Files
from apimdoctor.collect.files.terraform.hcl import Block, Expression
from apimdoctor.collect.files.terraform.types import with_defaults
from apimdoctor.collect.files.terraform.values import Symbol, Target, Value, as_flag, key_of, named, options_of, symbol

if TYPE_CHECKING:
    from apimdoctor.collect.files.terraform.world import World

TENANT = "data.azurerm_client_config.current.tenant_id"
"""The tenant that the providers sign in to: without other words both take the same one (registry.terraform.io, azurerm
and azuread: "tenant_id ... can also be sourced from the ARM_TENANT_ID environment variable")."""
_TENANT_SOURCES = frozenset({"data.azurerm_client_config", "data.azuread_client_config", "data.azurerm_subscription"})
CLIENT_ID = ("client_id", "application_id")
"""The app id of an app registration, by its name since and before azuread 2.44 (registry.terraform.io, azuread)."""
REGISTRATIONS = frozenset({"azuread_application", "azuread_application_registration"})
GIVEN_IDS = frozenset({*REGISTRATIONS, "azuread_service_principal"})
"""Resources whose ids Azure gives."""
_NAMED = re.compile(r"\b(var|local)\.([\w-]+)")
MAX_LOCALS = 8
_OWN_WORDS = frozenset({"each", "count", "self", "terraform", "path"})


def given_id(target: Target, name: str, label: str = "") -> Symbol | None:
    """The symbol of an id that Azure gives, None for other attributes. Ids are in lower case, and so they are compared."""
    if target.type in REGISTRATIONS and name in CLIENT_ID:
        return symbol(f"{label}{target.address.lower()}.client_id", target, "client_id")
    # The `id` of a service principal was its object id until azuread 3.
    if name == "object_id" or (name == "id" and target.type == "azuread_service_principal"):
        return symbol(f"{label}{target.address}.object_id", target, "object_id")
    return None


class Declared(Struct):
    """What the files of one folder declare."""

    folder: str
    variables: dict[str, Block] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    outputs: dict[str, Block] = field(default_factory=dict)
    calls: dict[str, Block] = field(default_factory=dict)
    resources: dict[tuple[str, str], Block] = field(default_factory=dict)
    """By type, `data.` before that of a data source, and name."""
    providers: list[Block] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Take one block of a file."""
        match block.kind, block.labels:
            case "variable", (name, *_):
                self.variables.setdefault(name, block)
            case "output", (name, *_):
                self.outputs.setdefault(name, block)
            case "module", (name, *_):
                self.calls.setdefault(name, block)
            case "resource", (kind, name, *_):
                self.resources.setdefault((kind, name), block)
            case "data", (kind, name, *_):
                self.resources.setdefault((f"data.{kind}", name), block)
            case "provider", (_, *_):
                self.providers.append(block)
            case "locals", _:
                for name, expression in block.body.attributes.items():
                    self.locals.setdefault(name, expression)


class Instance(Struct):
    """One instance of a resource or module call: its key as in an address, and what each and count are in it."""

    key: str = ""
    names: Mapping[str, Value] = field(default_factory=dict)
    off: bool = False
    """Nothing but the default of a variable that nobody sets leaves it out: who deploys may switch it on."""


class Module:
    """One instance of a module. `address` is "" for a root module."""

    def __init__(
        self,
        world: "World",
        declared: Declared,
        address: str,
        folder: str,
        given: Mapping[str, Value],
        *,
        off: bool = False,
    ) -> None:
        self.world = world
        self.declared = declared
        self.address = address
        self.root_folder = folder
        self.files = Files(world.shelf, folder)
        self.scope = Scope(self)
        self._given = given
        self.off = off
        self._known: dict[tuple[str, ...], Value] = {}
        self._busy: set[tuple[str, ...]] = set()
        self._calls: dict[str, list[tuple[Instance, Module | None]]] = {}
        self._instances: dict[tuple[str, str], tuple[list[Instance], bool]] = {}
        world.modules[folder, address] = self

    # ------------------------------------------------------------ names
    def resolved(self, name: str, steps: list[Step]) -> tuple[Value, list[Step]] | None:
        """The value of the first steps of a reference, and the steps that are left."""
        words = [step.value.text for step in steps[:2] if step.kind == "name" and isinstance(step.value, Text)]
        if name == "var" and words:
            return self.variable(words[0]), steps[1:]
        if name == "local" and words:
            return self.local(words[0]), steps[1:]
        if name == "module" and words:
            return self._output(words[0], steps[1:])
        if name == "path" and words:
            return self._path(words[0]), steps[1:]
        if name == "resource" and len(words) == 2:
            return self._resource(words[0], words[1]), steps[2:]
        if name == "data" and len(words) == 2:
            return self._resource(f"data.{words[0]}", words[1]), steps[2:]
        if name in _OWN_WORDS or not words:
            return None
        return self._resource(name, words[0]), steps[1:]

    def variable(self, name: str) -> Value:
        """The value of a variable; a symbol of its own when nobody gives one."""
        return self.once(("var", name), lambda: self._variable(name), f"var.{name}")

    def local(self, name: str) -> Value:
        """The value of a local."""
        expression = self.declared.locals.get(name)
        if expression is None:
            return symbol(self._named(f"local.{name}"))
        return self.once(("local", name), lambda: self.world.by.value(expression, self.scope), f"local.{name}")

    def _variable(self, name: str) -> Value:
        block = self.declared.variables.get(name)
        body = block.body.attributes if block is not None else {}
        if "sensitive" in body and as_flag(self.world.by.value(body["sensitive"], self.scope)) is not False:
            return symbol(self._named(f"var.{name}"))
        if name in self._given:
            value = self._given[name]
        elif "default" in body:
            value = self.world.by.value(body["default"], self.scope)
        else:
            return symbol(self._named(f"var.{name}"))
        return with_defaults(value, body["type"], self.world.by, self.scope) if "type" in body else value

    def evaluated(self, key: tuple[str, ...], expression: Expression) -> Value:
        """The value of an expression of this module, found once."""
        return self.once(key, lambda: self.world.by.value(expression, self.scope), ".".join(key))

    def once(self, key: tuple[str, ...], make: "Callable[[], Value]", name: str) -> Value:
        """What `make` gives, made once; a symbol of that name while it is being made."""
        if key in self._known:
            return self._known[key]
        if key in self._busy:
            return symbol(self._named(name))  # defined by itself
        self._busy.add(key)
        try:
            value = make()
        finally:
            self._busy.discard(key)
        self._known[key] = value
        return value

    def _named(self, name: str) -> str:
        return f"{self.address}.{name}" if self.address else name

    def _path(self, word: str) -> Value:
        if word == "module":
            return literal(posixpath.relpath(self.declared.folder or ".", self.root_folder or "."))
        return literal(".")

    # ------------------------------------------------------------ resources
    def _resource(self, kind: str, name: str) -> Value:
        if kind != "data.azurerm_client_config" and (kind, name) not in self.declared.resources:
            return symbol(self._named(f"{kind}.{name}"))
        target = Target(self.address, kind, name)
        return symbol(target.address, target)

    def instances_of(self, kind: str, name: str) -> tuple[list[Instance], bool]:
        """The instances of a resource, and whether that is known."""
        key = (kind, name)
        if key not in self._instances:
            # While for_each is evaluated, a reference to the resource itself finds nothing.
            self._instances[key] = ([Instance()], False)
            self._instances[key] = self._repeated(self.declared.resources[key])
        return self._instances[key]

    def _repeated(self, block: Block) -> tuple[list[Instance], bool]:
        attributes = block.body.attributes
        if "for_each" in attributes:
            found, known = self._for_each(self.world.by.value(attributes["for_each"], self.scope))
            if not found and self._by_default(attributes["for_each"]):
                some, _ = self._for_each(symbol(attributes["for_each"].text))
                return [Instance(one.key, one.names, off=True) for one in some], known
            return found, known
        if "count" in attributes:
            found, known = self._count(self.world.by.value(attributes["count"], self.scope))
            off = not found and self._by_default(attributes["count"])
            return [Instance("[0]", {"count": {"index": 0}}, off=True)] if off else found, known
        return [Instance()], True

    def _by_default(self, expression: Expression, depth: int = 0) -> bool:
        """Whether a variable that nobody sets has a say in a value."""
        for kind, name in _NAMED.findall(expression.text):
            if kind == "local":
                local = self.declared.locals.get(name)
                if local is not None and depth < MAX_LOCALS and self._by_default(local, depth + 1):
                    return True
            elif name not in self._given or (
                isinstance(self._given, Given) and depth < MAX_LOCALS and self._given.by_default(name, depth + 1)
            ):
                return True
        return False

    def by_default(self, expression: Expression, depth: int) -> bool:
        """The same for an argument that this module gives to another one."""
        return self._by_default(expression, depth)

    def _for_each(self, over: Value) -> tuple[list[Instance], bool]:
        # What a condition may switch off is there where it does not.
        over = next((one for one in options_of(over) if isinstance(one, list | dict) and one), over)
        if isinstance(over, Symbol) and over.target and not over.attribute:
            known = self.instances(over.target)
            if known is not None:
                over = {one.key.strip("[]"): symbol(one.address, one) for one in known}
        if isinstance(over, list):
            over = {key: one for one in over if (key := key_of(one)) is not None}
        if isinstance(over, dict):
            pairs = list(over.items())[:MAX_ELEMENTS]
            made = [Instance(f"[{key}]", {"each": {"key": literal(key), "value": value}}) for key, value in pairs]
            return made, True
        some = symbol(f"each.key of {named(over)}")
        each: dict[str, Value] = {"key": some, "value": over.below("[*]") if isinstance(over, Symbol) else some}
        return [Instance("[*]", {"each": each})], False

    def _count(self, value: Value) -> tuple[list[Instance], bool]:
        value = next((one for one in options_of(value) if isinstance(one, int) and one), value)
        if isinstance(value, bool) or not isinstance(value, int):
            known = isinstance(value, Text) and value.text.isdigit() and len(value.text) < 6
            if not known:
                return [Instance("[0]", {"count": {"index": symbol(f"count.index of {named(value)}")}})], False
            value = int(value.text) if isinstance(value, Text) else 0
        many = min(max(value, 0), MAX_ELEMENTS)
        return [Instance(f"[{at}]", {"count": {"index": at}}) for at in range(many)], True

    def instances(self, target: Target) -> list[Target] | None:
        """The instances of a resource of any module, as targets."""
        module = self.world.modules.get((self.root_folder, target.module))
        if module is None or (target.type, target.name) not in module.declared.resources or target.key:
            return None
        found, known = module.instances_of(target.type, target.name)
        if not known:
            return None
        return [Target(target.module, target.type, target.name, one.key) for one in found if not one.off]

    def attribute(self, target: Target, name: str) -> Value:
        """An attribute of a resource of any module of this root, as its configuration writes it; None when it does not."""
        module = self.world.modules.get((self.root_folder, target.module))
        if target.type in _TENANT_SOURCES and name == "tenant_id":
            return module.tenant(target.type) if module else symbol(TENANT)
        if target.type in GIVEN_IDS and (given := given_id(target, name, self.world.label(self.root_folder))):
            return given
        if module is None or (target.type, target.name) not in module.declared.resources:
            return None
        if target.type == "data.template_file" and name == "rendered":
            return module.template(target)
        return module.own_attribute(target, name)

    def template(self, target: Target) -> Value:
        """What the data source template_file gives: its template with its variables."""
        block = self.declared.resources[target.type, target.name]
        template, names = self.own_attribute(target, "template"), self.own_attribute(target, "vars")
        if not isinstance(template, Text) or template.file is None:
            return None
        return self.world.by.template_text(template, names, self.scope, block.place)

    def own_attribute(self, target: Target, name: str) -> Value:
        """An attribute of a resource of this module."""
        block = self.declared.resources[target.type, target.name]
        expression = block.body.attributes.get(name)
        if expression is None and name in CLIENT_ID:
            expression = next((block.body.attributes[one] for one in CLIENT_ID if one in block.body.attributes), None)
        if expression is None:
            return None
        key = (target.type, target.name, target.key, name)
        scope = self.scope_of(target)
        return self.once(key, lambda: self.world.by.value(expression, scope), f"{target.address}.{name}")

    def scope_of(self, target: Target) -> Scope:
        """Where the attributes of an instance of a resource are evaluated."""
        found, _ = self.instances_of(target.type, target.name)
        for one in found:
            if one.key == target.key or (not target.key and len(found) == 1):
                return self.scope.within(one.names)
        key = symbol(target.key.strip("[]"))
        return self.scope.within({"each": {"key": key, "value": key.below("value")}, "count": {"index": key}})

    def tenant(self, source: str = "data.azuread_client_config") -> Value:
        """The tenant a provider signs in to."""
        root = self.world.modules.get((self.root_folder, ""), self)
        wanted = "azuread" if source.startswith("data.azuread") else "azurerm"
        blocks = [
            block
            for block in root.declared.providers
            if block.labels[0] == wanted and "alias" not in block.body.attributes
        ]
        for block in blocks:
            if "tenant_id" in block.body.attributes:
                return root.evaluated(("tenant", wanted), block.body.attributes["tenant_id"])
        return symbol(TENANT)

    # ------------------------------------------------------------ child modules
    def children(self) -> Iterator[tuple[Block, "Instance", "Module | None"]]:
        """Every instance of every module call; None where the module is not in the root that is read."""
        for name, block in self.declared.calls.items():
            for instance, module in self._called(name):
                yield block, instance, module

    def _called(self, name: str) -> "list[tuple[Instance, Module | None]]":
        if name not in self._calls:
            self._calls[name] = []
            block = self.declared.calls[name]
            found, _ = self._repeated(block)
            self._calls[name] = [(one, self._child(name, block, one)) for one in found]
        return self._calls[name]

    def _child(self, name: str, block: Block, instance: Instance) -> "Module | None":
        declared = self.world.called(self.declared.folder, block)
        address = self._named(f"module.{name}{instance.key}")
        if declared is None or not self.world.may_open(address):
            return None
        scope = self.scope.within(instance.names)
        given = Given(self.world.by, scope, block)
        return Module(self.world, declared, address, self.root_folder, given, off=self.off or instance.off)

    def _output(self, name: str, steps: list[Step]) -> tuple[Value, list[Step]]:
        bare = symbol(self._named(f"module.{name}"))
        if name not in self.declared.calls:
            return bare, steps
        called = [(one, inner) for one, inner in self._called(name) if not one.off]
        if steps and steps[0].kind == "index":
            key = f"[{named(steps[0].value)}]"
            module = next((module for one, module in called if one.key == key), None)
            rest, bare = steps[1:], bare.below(key)
        else:
            module = called[0][1] if len(called) == 1 else None
            rest = steps
        if not rest or rest[0].kind != "name" or not isinstance(rest[0].value, Text):
            return bare, rest
        output = rest[0].value.text
        if module is None:
            block = self.declared.calls[name]
            kind = remote.kind_of(self.world.source_of(block))
            given = remote.output(kind, output, Given(self.world.by, self.scope, block)) if kind else None
            if given is None and kind:
                key = bare.text.removeprefix(self._named(f"module.{name}"))
                given = replace(bare.below(output), target=Target(self.address, kind, name, key), attribute=output)
            return (bare.below(output) if given is None else given), rest[1:]
        told = module.declared.outputs.get(output)
        if told is None or "value" not in told.body.attributes:
            return bare.below(output), rest[1:]
        expression, inner = told.body.attributes["value"], module
        value = inner.evaluated(("output", output), expression)
        return value, rest[1:]


class Given(Mapping[str, Value]):
    """The arguments of a module call, evaluated when the module asks for them."""

    def __init__(self, by: Evaluator, scope: Scope, block: Block) -> None:
        self._by = by
        self._scope = scope
        self._attributes = block.body.attributes

    def by_default(self, name: str, depth: int) -> bool:
        """Whether a variable that nobody sets has a say in an argument."""
        module = self._scope.module
        return isinstance(module, Module) and module.by_default(self._attributes[name], depth)

    def __getitem__(self, name: str) -> Value:
        return self._by.value(self._attributes[name], self._scope)

    def __contains__(self, name: object) -> bool:
        return name in self._attributes

    def __iter__(self) -> Iterator[str]:
        return iter(self._attributes)

    def __len__(self) -> int:
        return len(self._attributes)
