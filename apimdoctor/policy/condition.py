"""Whether a condition holds, as far as its text, the method and the constants in variables decide it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from apimdoctor.policy import formula
from apimdoctor.policy.formula import OPEN, Formula, Test, decide, tests
from apimdoctor.policy.reads import reading_of
from apimdoctor.policy.value import Literal, Value


class Unset:
    """A variable that nothing has set."""


UNSET = Unset()
Constant = str | Unset | None
"""What a variable is known to hold; None: anything."""


def formula_of(value: Value) -> Formula:
    """What a condition asks."""
    if isinstance(value, Literal):
        text = value.text.strip().lower()
        return formula.Known(text == "true") if text in ("true", "false") else OPEN
    reading = reading_of(value)
    if reading is None:
        return OPEN
    return formula.Known(reading.constant) if isinstance(reading.constant, bool) else reading.condition


def variables_of(value: Value) -> frozenset[str]:
    """The variables whose constants may decide a condition."""
    places = (test.place for test in tests(formula_of(value)))
    return frozenset(place.removeprefix("variable:") for place in places if place.startswith("variable:"))


Known = Mapping[str, str | None]
"""What is known of all requests that are followed, by the words of `Reading.words`: `method`, `operation.id`,
`product.id`, `api.path` ...; None: there is none (`product` of a call without a product's key)."""


def holds(value: Value, held: Callable[[str], Constant], known: Known = MappingProxyType({})) -> bool | None:
    """Whether a condition holds, None when that is not known; `held` tells what a variable holds.

    Without a known `method`, `context.Request.Method == "OPTIONS"` does not hold: a preflight carries no token, and the
    way of all other requests is what is asked for.
    """

    def answer(test: Test) -> bool | None:
        if test.place == "method":
            return _method(test, known.get("method") or "")
        if test.place in known:
            now = known[test.place]
            return _compared(test, UNSET if now is None and test.operator == "exists" else now)
        kind, _, name = test.place.partition(":")
        return _compared(test, held(name)) if kind == "variable" and name != "*" else None

    return decide(formula_of(value), answer)


def _method(test: Test, method: str) -> bool | None:
    if test.operator != "equals":
        return None
    asked = {operand.upper() for operand in test.operands}
    if method:
        return method.upper() in asked
    return False if asked == {"OPTIONS"} else None


def _compared(test: Test, now: Constant) -> bool | None:
    if isinstance(now, Unset):
        if test.operator == "exists":
            return False
        now = test.default
    if now is None:
        return None
    if test.operator == "exists":
        return True if now else None
    if test.operator == "is true":
        return {"true": True, "false": False}.get(now.strip().lower())
    fold = test.ignore_case or now.lower() in ("true", "false")
    text = now.lower() if fold else now
    operands = [operand.lower() if fold else operand for operand in test.operands]
    match test.operator:
        case "equals":
            return text in operands
        case "contains":
            return any(operand in text for operand in operands)
        case "starts with":
            return any(text.startswith(operand) for operand in operands)
        case "ends with":
            return any(text.endswith(operand) for operand in operands)
        case _:
            return None
