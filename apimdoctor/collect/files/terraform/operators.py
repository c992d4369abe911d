"""Operators on known values; with a symbol the result is a symbol, unless one side decides alone."""

from collections.abc import Callable, Mapping

from apimdoctor.collect.files.segments import Text
from apimdoctor.collect.files.terraform.values import Symbol, Value, as_flag, is_known, named, symbol

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b,
}
_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
BINARY = frozenset({*_ARITHMETIC, *_ORDER, "==", "!=", "&&", "||"})


def number_of(value: Value) -> int | float | None:
    """A value where a number is wanted."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, Text) and value.known and len(value.text) < 18:
        try:
            return int(value.text)
        except ValueError:
            return None
    return None


def decides(sign: str, left: Value) -> bool:
    """Whether the left side alone decides."""
    known = as_flag(left)
    return (sign == "&&" and known is False) or (sign == "||" and known is True)


def unary(sign: str, value: Value) -> Value:
    """`!x` and `-x`."""
    if sign == "!" and (known := as_flag(value)) is not None:
        return not known
    if sign == "-" and (number := number_of(value)) is not None:
        return -number
    return symbol(f"{sign}{named(value)}")


def binary(sign: str, left: Value, right: Value) -> Value:
    """`left sign right`."""
    if sign in ("&&", "||"):
        return _logic(sign, left, right)
    if sign in ("==", "!="):
        return _equality(sign, left, right)
    one, other = number_of(left), number_of(right)
    if one is not None and other is not None and abs(one) < 1e15 and abs(other) < 1e15:
        if sign in _ORDER:
            return _ORDER[sign](one, other)
        if sign in _ARITHMETIC and (other or sign not in "/%"):
            made = _ARITHMETIC[sign](one, other)
            return int(made) if isinstance(made, float) and made.is_integer() else made
    return symbol(f"{named(left)} {sign} {named(right)}")


def _logic(sign: str, left: Value, right: Value) -> Value:
    one, other = as_flag(left), as_flag(right)
    decisive = sign == "||"
    if decisive in (one, other):
        return decisive
    if one is not None and other is not None:
        return not decisive
    return right if one is not None else left if other is not None else symbol(f"{named(left)} {sign} {named(right)}")


def _equality(sign: str, left: Value, right: Value) -> Value:
    if is_known(left) and is_known(right):
        same = left == right and isinstance(left, bool) == isinstance(right, bool)
        return same == (sign == "==")
    if isinstance(left, Symbol) and isinstance(right, Symbol) and left.text == right.text:
        return sign == "=="
    # What is only known after apply is a value: resources and data sources do not answer null for their ids.
    return symbol(f"{named(left)} {sign} {named(right)}")
