"""CEL asked of facts of which some are unknown.

The hazards of cel-expr-python that end here: errors come back as values; a field that is unknown must be missing, and
nothing else may be; a set must not be compared; an argument of a function must have a concrete type (INT, STRING).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cel_expr_python import cel
from msgspec import Struct

from apimdoctor.engine.condition import Condition, Shape
from apimdoctor.facts import values
from apimdoctor.facts.values import Unknown, Values

TWO_SETS: dict[str, Callable[[Values, Values], bool | Unknown]] = {"meets": values.meets, "within": values.within}
ONE_SET: dict[str, Callable[[Values], bool | Unknown]] = {"empty": values.empty, "everything": values.everything}


class EvaluationError(Exception):
    """A flag that failed for another reason than an unknown fact: a fault of apimdoctor."""


class _UndecidedError(LookupError):
    """Raised through CEL by a question to a set that has no answer."""


class Evaluator:
    """Asks flags of facts. It remembers what it converted, so it must not outlive the facts it saw."""

    def __init__(self) -> None:
        self._sets: list[Values] = []
        self._handles: dict[int, int] = {}
        self._seen: dict[tuple[int, int], dict[str, Any]] = {}
        self._kept: list[object] = []

    def ask(self, condition: Condition, bound: Mapping[str, Any]) -> bool | Unknown:
        """Whether the flag holds for these subjects (one of them may be Unknown as a whole)."""
        facts = {name: self._view(bound[name], shape) for name, shape in condition.reads.items()}
        _ASKED.sets, _ASKED.reasons = self._sets, []
        answer = _expression(condition.text, condition.code).eval(data=facts)
        if answer.type() == cel.Type.BOOL:
            return bool(answer.plain_value())
        return _reason(str(answer.plain_value()), condition, bound)

    # ------------------------------------------------------------ facts as CEL sees them
    def _view(self, subject: Any, shape: Shape) -> dict[str, Any]:
        if isinstance(subject, Unknown):
            return {}
        key = (id(subject), id(shape))
        seen = self._seen.get(key)
        if seen is None:
            self._kept.append(subject)
            seen = self._seen[key] = {
                name: self._value(value, inner)
                for name, inner in shape.items()
                if not isinstance(value := getattr(subject, name), Unknown)
            }
        return seen

    def _value(self, value: Any, inner: Shape) -> Any:
        if isinstance(value, Values):
            return self._handle(value)
        if isinstance(value, Struct):
            return self._view(value, inner)
        if isinstance(value, tuple):
            return [item if isinstance(item, str) else self._view(item, inner) for item in value]
        return value

    def _handle(self, of: Values) -> int:
        if id(of) not in self._handles:
            self._handles[id(of)] = len(self._sets)
            self._sets.append(of)
        return self._handles[id(of)]


def coded(text: str) -> bytes:
    """A text as CEL keeps what it has read."""
    code: bytes = _expression(text, b"").serialize()
    return code


class _Asked(Struct):
    """The sets that the numbers in a question mean, and why questions had no answer; of the flag that is asked now.

    The functions that CEL calls see this, and no evaluator: a cycle through CEL is never freed.
    """

    sets: list[Values] = []
    reasons: list[Unknown] = []


_ASKED = _Asked()


@cache
def _environment() -> Any:
    number, text, yes = cel.Type.INT, cel.Type.STRING, cel.Type.BOOL
    return cel.NewEnv(
        functions=[
            *(question(name, yes, [number, number], _asker(two, 2)) for name, two in TWO_SETS.items()),
            *(question(name, yes, [number], _asker(one, 1)) for name, one in ONE_SET.items()),
            question("includes", yes, [number, text], _asker(values.includes, 1)),
        ]
    )


@cache
def _expression(text: str, code: bytes) -> Any:
    if code:
        try:
            return _environment().deserialize(code)
        except (RuntimeError, ValueError, TypeError):  # kept by another version of CEL
            pass
    return _environment().compile(text, disable_check=True)


def _asker(put: Callable[..., bool | Unknown], count: int) -> Callable[..., bool]:
    """The question as CEL calls it."""

    def asked(*arguments: Any) -> bool:
        given = [_ASKED.sets[item] if place < count else item for place, item in enumerate(arguments)]
        answer = put(*given)
        if isinstance(answer, Unknown):
            _ASKED.reasons.append(answer)
            raise _UndecidedError(f"undecided:{len(_ASKED.reasons) - 1}.")
        return answer

    return asked


def question(name: str, result: Any, parameters: list[Any], run: Callable[..., bool] | None = None) -> Any:
    """A question to sets as CEL declares it; `run`: what answers it."""
    label = f"{name}_{len(parameters)}"
    if run is None:
        return cel.FunctionDecl(name, [cel.Overload(label, result, parameters, is_member=True)])
    return cel.FunctionDecl(name, [cel.Overload(label, result, parameters, is_member=True, impl=run)])


# ---------------------------------------------------------------- why there is no answer
def _reason(error: str, condition: Condition, bound: Mapping[str, Any]) -> Unknown:
    undecided = re.search(r"undecided:(\d+)\.", error)
    if undecided:
        return _ASKED.reasons[int(undecided.group(1))]
    missing = re.search(r'Key not found in map : "(\w+)"', error)
    if missing:
        for name, shape in condition.reads.items():
            found = _unknown_below(bound[name], shape, missing.group(1))
            if found is not None:
                return found
    raise EvaluationError(f"{condition.text}: {error}")


def _unknown_below(subject: Any, shape: Shape, name: str) -> Unknown | None:
    if isinstance(subject, Unknown):
        return subject if name in shape else None
    for field_name, inner in shape.items():
        value = getattr(subject, field_name)
        if isinstance(value, Unknown):
            if field_name == name:
                return value
            continue
        for item in value if isinstance(value, tuple) else (value,):
            if inner and (found := _unknown_below(item, inner, name)) is not None:
                return found
    return None
