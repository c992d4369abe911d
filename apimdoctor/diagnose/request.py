"""What is known of the request itself, and which conditions it decides."""

import re

from msgspec import Struct

from apimdoctor.diagnose.token import Token
from apimdoctor.diagnose.walk import Held, State
from apimdoctor.policy.condition import formula_of
from apimdoctor.policy.formula import Test
from apimdoctor.policy.formula import decide as decided
from apimdoctor.policy.value import Value


class Request(Struct, frozen=True):
    """The request in the words of `context`: its method, and the names of what it meets. "" = not known."""

    method: str = ""
    product: str = ""
    product_name: str = ""
    api: str = ""
    api_name: str = ""
    operation: str = ""
    with_product: bool | None = None
    """Whether a product's key (or an open product) is in play."""


def decide(value: Value, state: State, request: Request) -> bool | None:
    """Whether a condition holds for this request at this point; None when that cannot be known."""
    return decided(formula_of(value), lambda test: _answer(test, state, request))


def _answer(test: Test, state: State, request: Request) -> bool | None:
    kind, _, name = test.place.partition(":")
    if kind == "claim":
        return _claim(test, name, state)
    if kind == "variable":
        return _variable(test, name, state)
    if kind in ("header", "query"):
        return _header(test, state.held.get(f"{kind}:{name.lower()}"))
    return _context(test, request)


def _context(test: Test, request: Request) -> bool | None:
    known = {
        "method": request.method,
        "product.id": request.product,
        "product.name": request.product_name,
        "api.id": request.api,
        "api.name": request.api_name,
        "operation.id": request.operation,
    }
    if test.place == "product" and test.operator == "exists":
        return request.with_product
    if test.place.startswith("product") and request.with_product is False:
        return (
            False if test.operator in ("exists", "equals", "contains", "has item", "starts with", "ends with") else None
        )
    text = known.get(test.place, "")
    return compared(test, (text,)) if text else None


def _variable(test: Test, name: str, state: State) -> bool | None:
    if name in state.jwts:
        return True if test.operator == "exists" else None
    if name in state.constants:
        return compared(test, (state.constants[name],))
    if name in state.computed:
        return None
    if test.operator == "exists":
        return False
    return None if test.default is None else compared(test, (test.default,))


def _header(test: Test, held: Held | None) -> bool | None:
    """Only headers that hold a token are known: whether one is there, and how it begins."""
    if held is None or held.unknown or held.token is None:
        return None
    token = held.token
    if test.operator == "exists":
        return token.kind != "none"
    if token.kind == "none":
        return compared(test, (test.default or "",))
    beginning = f"{token.scheme or 'Bearer'} "
    if test.operator == "starts with":
        folded = [o.lower() if test.ignore_case else o for o in test.operands]
        shown = beginning.lower() if test.ignore_case else beginning
        if all(len(o) <= len(shown) for o in folded):
            return any(shown.startswith(o) for o in folded)
    if test.operator == "equals" and all(not operand for operand in test.operands):
        return False
    return None


def _claim(test: Test, name: str, state: State) -> bool | None:
    token = _token_of(test.token, state)
    if token is None or not token.readable:
        return None
    values = token.values(name)
    if values is None:
        if test.operator == "exists":
            return False
        return None if test.default is None else compared(test, (test.default,))
    return compared(test, values)


def _token_of(place: str, state: State) -> Token | None:
    kind, _, name = place.partition(":")
    if kind == "variable":
        return state.jwts.get(name)
    held = state.held.get(place.lower())
    return held.token if held is not None else None


def compared(test: Test, values: tuple[str, ...]) -> bool | None:
    """Whether one of these texts satisfies a test."""
    if test.operator == "exists":
        return any(values)
    if test.operator == "is true":
        return {"true": True, "false": False}.get(values[0].strip().lower()) if len(values) == 1 else None
    fold = test.ignore_case
    texts = [v.lower() if fold else v for v in values]
    operands = [o.lower() if fold else o for o in test.operands]
    match test.operator:
        case "equals":
            return any(text in operands for text in texts)
        case "contains":
            return any(operand in text for text in texts for operand in operands)
        case "has item":
            return any(operand in (text, *text.split()) for text in texts for operand in operands)
        case "starts with":
            return any(text.startswith(operand) for text in texts for operand in operands)
        case "ends with":
            return any(text.endswith(operand) for text in texts for operand in operands)
        case "matches":
            return _matches(texts, operands)
        case _:
            return None


_PLAIN_PATTERN = re.compile(r"\^?[\w .:/@-]*\$?")


def _matches(texts: list[str], patterns: list[str]) -> bool | None:
    """Regular expressions of a policy are hostile text and of another dialect: only plain ones are decided."""
    if not all(_PLAIN_PATTERN.fullmatch(p) for p in patterns):
        return None
    return any(re.search(p.replace(".", r"\."), text) is not None for p in patterns for text in texts)
