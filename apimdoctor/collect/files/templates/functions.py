"""The functions of ARM and Bicep templates that people use, over values that may hold symbols.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions and bicep/bicep-functions.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote, unquote

from msgspec.structs import replace as changed

from apimdoctor.collect.files.segments import Segment, Text, joined, literal
from apimdoctor.collect.files.templates.values import (
    Symbol,
    Told,
    UnknownError,
    Value,
    asked,
    known,
    shown,
    symbol,
    text_of,
    whole,
)

MAX_LIST = 1000
MAX_TEXT = 4 << 20
"""No policy is longer (the service takes 512 KiB); what grows beyond it is hostile."""

_HOLE = re.compile(r"\{\{|\}\}|\{(\d{1,3})(?:[,:][^{}]{0,40})?\}")

# The public cloud's; another one is told on the command line for live scans only.
_ENVIRONMENT: dict[str, Value] = {
    "name": literal("AzureCloud"),
    "resourceManager": literal("https://management.azure.com/"),
    "authentication": {
        "loginEndpoint": literal("https://login.microsoftonline.com/"),
        "audiences": [literal("https://management.core.windows.net/"), literal("https://management.azure.com/")],
        "tenant": literal("common"),
        "identityProvider": literal("AAD"),
    },
    "graph": literal("https://graph.windows.net/"),
    "suffixes": {
        "keyvaultDns": literal(".vault.azure.net"),
        "storage": literal("core.windows.net"),
        "sqlServerHostname": literal(".database.windows.net"),
    },
}
"""Source: learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-deployment#environment."""

TENANT = symbol("tenant().tenantid", "string")
"""The id of the tenant that a deployment runs in."""

Arguments = Sequence[Value]


def call(name: str, given: Arguments) -> Value:
    """What a function gives; a symbol where that is not known before the deployment."""
    low = name.lower()
    function = _FUNCTIONS.get(low.rpartition(".")[2] if low.startswith(("az.", "sys.")) else low)
    if function is None:
        return asked(name, given)
    try:
        return function(given)
    except (UnknownError, IndexError, ValueError, binascii.Error):
        return asked(name, given)


def truth(value: Value) -> bool | None:
    """Whether a condition holds, None when that is not known."""
    return value if isinstance(value, bool) else None


def _concat(given: Arguments) -> Value:
    if given and isinstance(given[0], list):
        return [item for part in given for item in _list(part)][:MAX_LIST]
    return _bounded(joined([text_of(part) for part in given]))


def _bounded(text: Text) -> Text:
    if sum(len(segment.text) for segment in text.segments) > MAX_TEXT:
        raise UnknownError
    return text


def _format(given: Arguments) -> Value:
    form = given[0]
    if not isinstance(form, Text):
        raise UnknownError
    written, parts, at = form.text, [], 0
    for hole in _HOLE.finditer(written):
        parts.append(form.sliced(at, hole.start()))
        at = hole.end()
        if hole[1] is None:
            parts.append(form.sliced(hole.start(), hole.start() + 1))
        else:
            parts.append(text_of(given[1 + int(hole[1])]))
    return _bounded(joined([*parts, form.sliced(at, len(written))]))


def _replace(given: Arguments) -> Value:
    text, old, new = given[0], given[1], text_of(given[2])
    if not isinstance(text, Text):
        raise UnknownError
    if not isinstance(old, Text) or not old.known or not old.text:
        return text  # which words it replaces is not known; all others stay as they are
    if len(text.text) + text.text.count(old.text) * (len(new.text) - len(old.text)) > MAX_TEXT:
        raise UnknownError
    return text.replaced(old.text, new)


def _spelled(function: str, spell: Callable[[str], str]) -> Callable[[Arguments], Value]:
    """A function such as toLower, piece by piece: a symbol in the text becomes the function's symbol."""

    def applied(given: Arguments) -> Value:
        text = given[0]
        if not isinstance(text, Text):
            raise UnknownError
        pieces: list[Segment] = []
        for segment in text.segments:
            if isinstance(segment.symbol, Symbol):
                pieces += text_of(asked(function, [segment.symbol]), segment.at).segments
            else:
                spelled = spell(segment.text)
                pieces.append(
                    changed(segment, text=spelled, at=segment.at if len(spelled) == len(segment.text) else None)
                )
        return Text(tuple(pieces))

    return applied


def _trim(given: Arguments) -> Value:
    text = given[0]
    if not isinstance(text, Text):
        raise UnknownError
    return text.stripped()


def _split(given: Arguments) -> Value:
    text, signs = known(given[0]), given[1]
    if isinstance(signs, list):
        parts = re.split("|".join(re.escape(known(sign)) for sign in signs), text)
    else:
        parts = text.split(known(signs))
    return [literal(part) for part in parts[:MAX_LIST]]


def _join(given: Arguments) -> Value:
    return _bounded(joined([text_of(part) for part in _list(given[0])], text_of(given[1])))


def _substring(given: Arguments) -> Value:
    text = given[0]
    if not isinstance(text, Text) or not text.known:
        raise UnknownError
    start = whole(given[1])
    return text.sliced(start, start + whole(given[2]) if len(given) > 2 else len(text.text))


def _take(given: Arguments) -> Value:
    size = whole(given[1])
    if isinstance(given[0], list):
        return given[0][:size]
    if isinstance(given[0], Text) and not given[0].known:
        # How long a symbol is nobody knows: the call is a symbol, unless the text is cut before it.
        first = next(segment for segment in given[0].segments if segment.symbol is not None)
        if given[0].text.find(first.text) < size:
            raise UnknownError
    return _substring([given[0], 0, size])


def _skip(given: Arguments) -> Value:
    size = whole(given[1])
    return given[0][size:] if isinstance(given[0], list) else _substring([given[0], size])


def _length(given: Arguments) -> Value:
    value = given[0]
    if isinstance(value, (list, dict)):
        return len(value)
    return len(known(value))


def _empty(given: Arguments) -> Value:
    value = given[0]
    if value is None or isinstance(value, (list, dict)):
        return not value
    if isinstance(value, Text):
        if any(segment.text and segment.symbol is None for segment in value.segments):
            return False
        return all(isinstance(one := segment.symbol, Symbol) and one.blank for segment in value.segments)
    if isinstance(value, Symbol) and value.blank:
        return True
    raise UnknownError


def _contains(given: Arguments) -> Value:
    where, what = given[0], given[1]
    if isinstance(where, dict):
        return known(what).lower() in {name.lower() for name in where}
    if isinstance(where, list):
        return any(equal(item, what) for item in where)
    return known(what) in known(where)


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same; raises UnknownError when that is not known."""
    if isinstance(left, Text) and isinstance(right, Text):
        if left.text == right.text:
            return True
        known(left), known(right)
        return False
    if isinstance(left, Symbol) or isinstance(right, Symbol):
        if left == right:
            return True
        one, other = (left, right) if isinstance(left, Symbol) else (right, left)
        if isinstance(one, Symbol) and one.blank and isinstance(other, Text):
            return not other.text
        raise UnknownError
    return type(left) is type(right) and left == right


def _equals(given: Arguments) -> Value:
    return equal(given[0], given[1])


def _coalesce(given: Arguments) -> Value:
    for value in given:
        if value is not None:
            return value
    return None


def _if(given: Arguments) -> Value:
    held = truth(given[0])
    if held is None:
        raise UnknownError
    return given[1] if held else given[2]


def _logic(stop: bool) -> Callable[[Arguments], Value]:
    def applied(given: Arguments) -> Value:
        held = [truth(value) for value in given]
        if stop in held:
            return stop
        if None in held:
            raise UnknownError
        return not stop

    return applied


def _not(given: Arguments) -> Value:
    held = truth(given[0])
    if held is None:
        raise UnknownError
    return not held


def _union(given: Arguments) -> Value:
    if all(isinstance(part, dict) for part in given):
        merged: dict[str, Value] = {}
        for part in given:
            merged |= part if isinstance(part, dict) else {}
        return merged
    found: list[Value] = []
    for item in (item for part in given for item in _list(part)):
        if not any(type(item) is type(other) and item == other for other in found[:MAX_LIST]):
            found.append(item)
    return found


def _list(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    raise UnknownError


def _first(given: Arguments) -> Value:
    value = given[0]
    return (value[0] if value else None) if isinstance(value, list) else _substring([value, 0, 1])


def _last(given: Arguments) -> Value:
    value = given[0]
    if isinstance(value, list):
        return value[-1] if value else None
    return literal(known(value)[-1:])


def _range(given: Arguments) -> Value:
    start, count = whole(given[0]), whole(given[1])
    return list(range(start, start + min(max(count, 0), MAX_LIST)))


def _string(given: Arguments) -> Value:
    return text_of(given[0])


def _int(given: Arguments) -> Value:
    return given[0] if isinstance(given[0], int) else int(known(given[0])[:18])


def _bool(given: Arguments) -> Value:
    return given[0] if isinstance(given[0], bool) else known(given[0]).lower() == "true"


def _uri(given: Arguments) -> Value:
    base, rest = text_of(given[0]), text_of(given[1])
    return joined(
        [base.sliced(0, base.text.rfind("/") + 1), rest.sliced(int(rest.text.startswith("/")), len(rest.text))]
    )


def _resource_id(given: Arguments) -> Value:
    """`/subscriptions/S/resourceGroups/G/providers/TYPE/NAME/...`, the type's segments and the names in turn."""
    at = next(
        at for at, value in enumerate(given) if isinstance(value, Text) and "/" in value.text and "." in value.text
    )
    kinds, names = known(given[at]).split("/"), [text_of(name) for name in given[at + 1 :]]
    parts = [
        literal("/subscriptions/"),
        text_of(symbol("subscription().subscriptionId")),
        literal("/resourceGroups/"),
        text_of(symbol("resourceGroup().name")),
        literal(f"/providers/{kinds[0]}"),
    ]
    for position, name in enumerate(names):
        kind = kinds[position + 1] if position + 1 < len(kinds) else ""
        parts += [literal(f"/{kind}/"), name]
    return joined(parts)


def _extension_resource_id(given: Arguments) -> Value:
    rest = _resource_id(given[1:])
    tail = text_of(rest)
    return joined([text_of(given[0]), tail.sliced(tail.text.index("/providers/"), len(tail.text))])


def _base64(given: Arguments) -> Value:
    return literal(base64.b64encode(known(given[0]).encode()).decode())


def _from_base64(given: Arguments) -> Value:
    return literal(base64.b64decode(known(given[0])).decode("utf-8", "replace"))


def _arithmetic(do: Callable[[int, int], int]) -> Callable[[Arguments], Value]:
    def applied(given: Arguments) -> Value:
        left, right = whole(given[0]), whole(given[1])
        if max(abs(left), abs(right)) > 1 << 40:
            raise UnknownError
        try:
            return do(left, right)
        except ZeroDivisionError:
            raise UnknownError from None

    return applied


def _compared(do: Callable[[int, int], bool]) -> Callable[[Arguments], Value]:
    return lambda given: do(whole(given[0]), whole(given[1]))


def _items(given: Arguments) -> Value:
    if not isinstance(given[0], dict):
        raise UnknownError
    return [{"key": literal(key), "value": value} for key, value in sorted(given[0].items())]


def _object_keys(given: Arguments) -> Value:
    if not isinstance(given[0], dict):
        raise UnknownError
    return [literal(key) for key in given[0]]


def _create_object(given: Arguments) -> Value:
    return {known(given[at]): given[at + 1] for at in range(0, len(given) - 1, 2)}


def _flatten(given: Arguments) -> Value:
    return [item for part in _list(given[0]) for item in _list(part)][:MAX_LIST]


def _context(name: str) -> Callable[[Arguments], Value]:
    """`resourceGroup()` and the like: an object of which only its name is known here, and that there is one tenant."""
    of_deployment = Told({"tenantId": TENANT}, symbol(f"{name}()"))
    return lambda given: symbol(f"{name}({', '.join(map(shown, given))})") if given else of_deployment


_FUNCTIONS: dict[str, Callable[[Arguments], Value]] = {
    "concat": _concat,
    "format": _format,
    "replace": _replace,
    "tolower": _spelled("toLower", str.lower),
    "toupper": _spelled("toUpper", str.upper),
    "uricomponent": _spelled("uriComponent", lambda text: quote(text, safe="")),
    "uricomponenttostring": _spelled("uriComponentToString", unquote),
    "trim": _trim,
    "split": _split,
    "join": _join,
    "substring": _substring,
    "take": _take,
    "skip": _skip,
    "length": _length,
    "empty": _empty,
    "contains": _contains,
    "startswith": lambda given: known(given[0]).lower().startswith(known(given[1]).lower()),
    "endswith": lambda given: known(given[0]).lower().endswith(known(given[1]).lower()),
    "indexof": lambda given: known(given[0]).lower().find(known(given[1]).lower()),
    "lastindexof": lambda given: known(given[0]).lower().rfind(known(given[1]).lower()),
    "padleft": lambda given: literal(
        known(text_of(given[0])).rjust(min(whole(given[1]), MAX_LIST), known(given[2]) if len(given) > 2 else " ")
    ),
    "equals": _equals,
    "coalesce": _coalesce,
    "if": _if,
    "and": _logic(stop=False),
    "or": _logic(stop=True),
    "not": _not,
    "true": lambda _: True,
    "false": lambda _: False,
    "null": lambda _: None,
    "union": _union,
    "first": _first,
    "last": _last,
    "range": _range,
    "string": _string,
    "int": _int,
    "bool": _bool,
    "any": lambda given: given[0],
    "array": lambda given: given[0] if isinstance(given[0], list) else [given[0]],
    "createarray": list,
    "createobject": _create_object,
    "items": _items,
    "objectkeys": _object_keys,
    "flatten": _flatten,
    "uri": _uri,
    "resourceid": _resource_id,
    "subscriptionresourceid": _resource_id,
    "tenantresourceid": _resource_id,
    "extensionresourceid": _extension_resource_id,
    "base64": _base64,
    "base64tostring": _from_base64,
    "environment": lambda _: _ENVIRONMENT,
    "add": _arithmetic(lambda left, right: left + right),
    "sub": _arithmetic(lambda left, right: left - right),
    "mul": _arithmetic(lambda left, right: left * right),
    "div": _arithmetic(lambda left, right: int(left / right)),
    "mod": _arithmetic(lambda left, right: left % right),
    "less": _compared(lambda left, right: left < right),
    "lessorequals": _compared(lambda left, right: left <= right),
    "greater": _compared(lambda left, right: left > right),
    "greaterorequals": _compared(lambda left, right: left >= right),
    "resourcegroup": _context("resourceGroup"),
    "subscription": _context("subscription"),
    "tenant": _context("tenant"),
    "deployment": _context("deployment"),
    "managementgroup": _context("managementGroup"),
    "deployer": _context("deployer"),
}
"""By name in lower case."""

OPERATORS: dict[str, Callable[[Arguments], Value]] = {
    "==": _equals,
    "!=": lambda given: not equal(given[0], given[1]),
    "=~": lambda given: known(given[0]).lower() == known(given[1]).lower(),
    "!~": lambda given: known(given[0]).lower() != known(given[1]).lower(),
    "&&": _logic(stop=False),
    "||": _logic(stop=True),
    "??": _coalesce,
    "+": _FUNCTIONS["add"],
    "-": _FUNCTIONS["sub"],
    "*": _FUNCTIONS["mul"],
    "/": _FUNCTIONS["div"],
    "%": _FUNCTIONS["mod"],
    "<": _FUNCTIONS["less"],
    "<=": _FUNCTIONS["lessorequals"],
    ">": _FUNCTIONS["greater"],
    ">=": _FUNCTIONS["greaterorequals"],
}
"""Binary operators of Bicep."""


_WORDS = {"==": "is", "!=": "is not", "=~": "is like", "!~": "is not like", "&&": "and", "||": "or", "??": "else",
          "<": "below", "<=": "at most", ">": "above", ">=": "at least", "+": "plus", "/": "by", "%": "mod"}  # fmt: skip
"""Operators in the text of a symbol, which holds no signs of XML."""


def operated(operator: str, given: Arguments) -> Value:
    """What a binary operator gives."""
    try:
        return OPERATORS[operator](given)
    except UnknownError:
        words = f"{shown(given[0])} {_WORDS.get(operator, operator)} {shown(given[1])}"
        return symbol(words, "" if operator in "??+-*/%" else "bool")
