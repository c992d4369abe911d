"""Frozen classes whose objects are made quickly: the type checker keeps them from being changed, not each assignment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, eq: bool = True, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(
    cls: type[T] | None = None, /, *, eq: bool = True, kw_only: bool = False
) -> type[T] | Callable[[type[T]], type[T]]:
    """Declare a dataclass with slots that nobody may change; compared by value unless `eq=False`.

    For what a scan makes by the ten thousands. The constructor of dataclasses' own `frozen=True` sets each field through
    a call of `object.__setattr__`, which was a quarter of a scan; here mypy alone refuses an assignment.
    """

    def declared(cls: type[T]) -> type[T]:
        return dataclass(slots=True, eq=eq, unsafe_hash=eq, kw_only=kw_only)(cls)

    return declared if cls is None else declared(cls)
