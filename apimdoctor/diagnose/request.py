"""What is known of the request itself, and what conditions it decides."""

from dataclasses import dataclass

from apimdoctor.diagnose.walk import State
from apimdoctor.policy.condition import UNSET, holds
from apimdoctor.policy.value import Value


@dataclass(frozen=True, slots=True)
class Request:
    """The request in the words of `context`: its method, and the product, API and operation it meets."""

    method: str = ""
    product: str = ""
    api: str = ""
    operation: str = ""


_COMPUTED = object()


def decide(value: Value, state: State, request: Request) -> bool | None:
    """Whether a condition holds for this request at this point; None when that cannot be known."""

    def held(name: str) -> str | object | None:
        if name in state.constants:
            return state.constants[name]
        return _COMPUTED if name in state.jwts or name in state.computed else UNSET

    return holds(value, held, request.method)
