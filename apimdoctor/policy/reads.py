"""What an element's text draws on: request headers, query parameters, variables, claims, the caller's certificate."""

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from apimdoctor.policy.expression import Reading, read
from apimdoctor.policy.formula import Test
from apimdoctor.policy.tree import Element, Text
from apimdoctor.policy.value import Expression, Literal, Mixed, NamedValue, NamedValues, Unresolved, Value
from apimdoctor.policy.value_text import resolve


class Reads(Struct, frozen=True):
    """What text draws on, in the words of `Reading`: `header:x` (lower case), `query:x`, `variable:x`."""

    places: tuple[str, ...] = ()
    """Headers, query parameters and variables that it reads for whatever purpose."""
    carries: tuple[str, ...] = ()
    """Places whose content may go into the result."""
    claims: tuple[tuple[str, str], ...] = ()
    """Claims it reads, each with the place of the token: (`roles`, `variable:jwt`); `*` for claims nobody can tell."""
    words: frozenset[str] = frozenset()
    tests: tuple[Test, ...] = ()
    named_values: bool = False
    """It holds a named value whose text is not known."""
    computed: bool = False
    """It holds an expression, whatever that reads."""
    unknown: str = ""

    def __or__(self, other: "Reads") -> "Reads":
        return Reads(
            _once(self.places, other.places),
            _once(self.carries, other.carries),
            tuple(dict.fromkeys((*self.claims, *other.claims))),
            self.words | other.words,
            (*self.tests, *other.tests),
            self.named_values or other.named_values,
            self.computed or other.computed,
            self.unknown or other.unknown,
        )

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables it reads."""
        return tuple(
            p.removeprefix("variable:") for p in self.places if p.startswith("variable:") and p != "variable:*"
        )


NOTHING = Reads()


def _once(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def reading_of(value: Value) -> Reading | None:
    """The reading of a value that is one expression, None for any other."""
    return read(value.code, value.block) if isinstance(value, Expression) else None


def reads_of(value: Value) -> Reads:
    """What a value draws on when the gateway computes it."""
    if isinstance(value, Expression):
        return _of_code(value.code, value.block)
    found = NOTHING
    for part in value.parts if isinstance(value, Mixed) else (value,):
        if isinstance(part, Expression):
            found |= _of_code(part.code, part.block)
        elif isinstance(part, (NamedValue, Unresolved)):
            found |= Reads(named_values=True)
    return found


def written_in(element: Element, named: NamedValues, *, inside: bool = True) -> Iterator[Value]:
    """Every value in an element that is no plain text, named values in place; `inside`: in what it contains as well."""
    waiting = [] if element.constant else [element]
    while waiting:
        now = waiting.pop()
        for attribute in now.attributes:
            if not isinstance(attribute.value, Literal):
                yield resolve(attribute.value, named)
        for child in now.children if inside else ():
            if isinstance(child, Element):
                if not child.constant:
                    waiting.append(child)
            elif isinstance(child, Text) and not isinstance(child.value, Literal):
                yield resolve(child.value, named)


def reads_in(element: Element, named: NamedValues) -> Reads:
    """What an element and all that it contains draws on."""
    return NOTHING if element.constant else _all(written_in(element, named, inside=True))


def own_reads(element: Element, named: NamedValues) -> Reads:
    """What an element's attributes draw on, its content left aside (containers)."""
    return NOTHING if element.constant else _all(written_in(element, named, inside=False))


def _all(values: Iterator[Value]) -> Reads:
    found = NOTHING
    for value in values:
        here = reads_of(value)
        found = here if found is NOTHING else found | here
    return found


@lru_cache(maxsize=4096)
def _of_code(code: str, block: bool) -> Reads:
    reading = read(code, block)
    kinds = ("header:", "query:", "variable:")
    places = (found.place for found in reading.reads if found.place.startswith(kinds))
    return Reads(
        places=tuple(dict.fromkeys(places)),
        carries=reading.carries,
        claims=tuple(dict.fromkeys((found.place.removeprefix("claim:"), found.token) for found in reading.claims)),
        words=frozenset(reading.words),
        tests=reading.tests,
        named_values=bool(reading.named_values),
        computed=True,
        unknown=reading.unknown,
    )
