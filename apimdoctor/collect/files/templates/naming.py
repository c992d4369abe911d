"""What a resource in use is called, and what of it a template may ask for: its name, its id, its properties."""

from __future__ import annotations

from apimdoctor.collect.files.segments import Text, joined, literal
from apimdoctor.collect.files.templates.nodes import Node
from apimdoctor.collect.files.templates.values import Instance, Symbol, Told, Value, shown, symbol, text_of

GRAPH = "microsoft.graph/"
_KEYS = {
    "applications": ("uniqueName",),
    "serviceprincipals": ("appId", "uniqueName"),
    "groups": ("uniqueName",),
}
"""What tells one object of Microsoft Graph from the others: learn.microsoft.com/graph/templates/bicep/reference."""


def written(instance: Instance, name: str) -> Value:
    """A property as the template writes it, None when it does not."""
    node = instance.body.get(name)
    return None if node is None else instance.scope.value(node, instance.locals)


def above(instance: Instance) -> Instance | Symbol | None:
    """The resource it belongs to: the one it is nested in, or the one it names as its parent."""
    if instance.parent is not None:
        return instance.parent
    named = written(instance, "parent")
    if isinstance(named, list):
        named = named[0] if len(named) == 1 else None
    return named if isinstance(named, (Instance, Symbol)) else None


def whole_type(instance: Instance, depth: int = 10) -> str:
    """The type with those of its parents, as ARM spells it."""
    parent = above(instance)
    if "." in instance.type or not isinstance(parent, Instance) or not depth:
        return instance.type
    return f"{whole_type(parent, depth - 1)}/{instance.type}"


def whole_name(instance: Instance, depth: int = 10) -> Text:
    """The name with those of its parents."""
    own = text_of(written(instance, "name"))
    parent = above(instance)
    if parent is None or not depth or own.text.count("/") + 2 >= len(whole_type(instance).split("/")):
        return own
    head = whole_name(parent, depth - 1) if isinstance(parent, Instance) else text_of(parent)
    return joined([head, literal("/"), own])


def described(instance: Instance) -> Told:
    """What a template may ask a resource for: what it wrote itself, the rest as symbols."""
    if instance.told is None:
        kind = whole_type(instance)
        label = identity(instance)
        instance.told = Told({}, label)  # for a resource that asks itself
        fields: dict[str, Value] = {"type": literal(kind)}
        if not kind.lower().startswith(GRAPH):
            fields |= {"name": text_of(written(instance, "name")), "id": resource_id(kind, whole_name(instance))}
        elif "properties" not in {child.word for child in instance.body.children}:
            fields |= _object(instance, instance.body)
        if kind.lower() == GRAPH + "applications":
            fields["appId"] = label.below("appid")
        body = instance.body.get("properties")
        if body is not None:
            inner = _object(instance, body)
            fields["properties"] = Told(inner, label.below("properties"))
            fields = {**inner, **fields}  # reference() shows the properties at the top
        instance.told = Told(fields, label)
    return instance.told


def _object(instance: Instance, body: Node) -> dict[str, Value]:
    value = instance.scope.value(body, instance.locals)
    return value if isinstance(value, dict) else {}


def identity(instance: Instance) -> Symbol:
    """The symbol of the resource: for objects of Microsoft Graph by what names them there, so that all who mean one agree."""
    kind = whole_type(instance).lower()
    if kind.startswith(GRAPH):
        own = kind.removeprefix(GRAPH)
        for key in _KEYS.get(own, ()):
            value = text_of(written(instance, key) or _property(instance, key))
            if value.text:
                # In lower case and without blanks, as ids are compared.
                name = shown(value).replace(" ", "").lower()
                return symbol(f"{own}({name})")
    return symbol(instance.symbol)


def _property(instance: Instance, name: str) -> Value:
    body = instance.body.get("properties")
    node = body.get(name) if body is not None else None
    return None if node is None else instance.scope.value(node, instance.locals)


def resource_id(kind: str, name: Text) -> Text:
    """The id of a resource of the resource group, by its type and name."""
    provider, *kinds = kind.split("/")
    parts = [
        literal("/subscriptions/"),
        text_of(symbol("subscription().subscriptionId")),
        literal("/resourceGroups/"),
        text_of(symbol("resourceGroup().name")),
        literal(f"/providers/{provider}"),
    ]
    start = 0
    for segment in kinds:
        end = name.text.find("/", start)
        stop = len(name.text) if end < 0 else end
        parts += [literal(f"/{segment}/"), name.sliced(start, stop)]
        start = stop + 1
    return joined(parts)
