"""The resources that the modules of a folder describe, as items."""

import re
from collections.abc import Iterator

from apimdoctor.collect.files.terraform import remote
from apimdoctor.collect.files.terraform.evaluate import Scope
from apimdoctor.collect.files.terraform.hcl import Block, Body
from apimdoctor.collect.files.terraform.items import Item
from apimdoctor.collect.files.terraform.modules import Instance, Module
from apimdoctor.collect.files.terraform.values import Symbol, Target, Value, symbol
from apimdoctor.collect.files.terraform.world import World
from apimdoctor.snapshot import Origin

WANTED = re.compile(
    r"(?:data\.)?(?:azurerm_api_management(?:_\w+)?|azapi_(?:update_)?resource)"
    r"|azuread_(?:application(?:_\w+)?|service_principal(?:_delegated_permission_grant)?|app_role_assignment)"
    r"|azurerm_(?:linux|windows)_(?:web|function)_app(?:_slot)?"
)
_COMPUTED = {
    "azuread_application": ("client_id", "object_id"),
    "azuread_application_registration": ("client_id", "object_id"),
    "azuread_service_principal": ("client_id", "object_id"),
}
"""Ids that Azure gives."""
MAX_ITEMS = 50_000
_NEVER = frozenset(
    {"content_value", "tags", "description", "zip_deploy_file", "logo_image", "app_settings", "site_config"}
)
"""Arguments that nobody reads here, some of them large."""


def items(world: World, prefix: str) -> Iterator[Item]:
    """Every resource of API Management, Entra and App Service, and calls of modules that are kept elsewhere."""
    made = 0
    for module in world.opened():
        for one in _of_module(world, module, prefix):
            made += 1
            if made > MAX_ITEMS:
                return
            yield one


def _of_module(world: World, module: Module, prefix: str) -> Iterator[Item]:
    for (kind, name), block in module.declared.resources.items():
        if WANTED.fullmatch(kind):
            found, _ = module.instances_of(kind, name)
            for instance in found:
                yield _item(world, module, block, Target(module.address, kind, name, instance.key), instance, prefix)
    for block, instance, child in module.children():
        if child is None:
            kind = remote.kind_of(world.source_of(block))
            if kind:
                target = Target(module.address, kind, block.labels[0], instance.key)
                yield _item(world, module, block, target, instance, prefix)


def _item(world: World, module: Module, block: Block, target: Target, instance: Instance, prefix: str) -> Item:
    scope = module.scope.within(instance.names)
    values, unsure = _values(world, scope, block.body, 0)
    place = block.place
    line, column = place.file.line_and_column(place.offset)
    origin = Origin(document=prefix + place.file.path, line=line, column=column, file=True)
    for name in _COMPUTED.get(target.type, ()):
        if values.get(name) is None:
            known = module.attribute(target, name)
            values[name] = symbol(f"{target.address}.{name}", target, name) if known is None else known
    unsure |= _ignored(block.body)
    off = module.off or instance.off
    return Item(target, module.root_folder, place.file.path, origin, values, frozenset(unsure), off=off)


def _ignored(body: Body) -> set[str]:
    """Arguments whose later changes Terraform is told to leave alone: what is deployed may differ."""
    found: set[str] = set()
    for block in body.each("lifecycle"):
        expression = block.body.attributes.get("ignore_changes")
        if expression is not None:
            found.update(re.findall(r"[a-z_0-9]+", expression.text))
    return found


def _values(world: World, scope: Scope, body: Body, depth: int) -> tuple[dict[str, Value], set[str]]:
    """Arguments and nested blocks; the names of blocks of which not all are known."""
    values: dict[str, Value] = {
        name: world.by.value(expression, scope) for name, expression in body.attributes.items() if name not in _NEVER
    }
    unsure: set[str] = set()
    for block in body.blocks if depth < 6 else ():
        name = block.kind
        if name == "dynamic" and block.labels:
            name = block.labels[0]
            made, known = _dynamic(world, scope, block, depth)
            if not known:
                unsure.add(name)
        elif name in ("lifecycle", "timeouts", "provisioner", "connection") or name in _NEVER:
            continue
        else:
            inner, below = _values(world, scope, block.body, depth + 1)
            made = [inner]
            if below:
                unsure.add(name)
        listed = values.setdefault(name, [])
        if isinstance(listed, list):
            listed += made
    return values, unsure


def _dynamic(world: World, scope: Scope, block: Block, depth: int) -> tuple[list[Value], bool]:
    content = next(block.body.each("content"), None)
    over = block.body.attributes.get("for_each")
    if content is None or over is None:
        return [], False
    collection = world.by.value(over, scope)
    iterator = block.body.attributes.get("iterator")
    name = iterator.text if iterator is not None else block.labels[0]
    found: list[Value] = []
    for key, value in world.by.elements(collection):
        own: Value = {"key": key, "value": value}
        inner, _ = _values(world, scope.within({name: own}), content.body, depth + 1)
        found.append(inner)
        if world.work.spent:
            break
    return found, isinstance(collection, list | dict)


def reference(target: Target) -> Symbol:
    """A resource as an expression names it."""
    return symbol(target.address, target)
