"""What an element's text draws on: request headers, query parameters, variables, claims, the caller's certificate."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from apimdoctor.policy.expression import Reading, read
from apimdoctor.policy.formula import Test
from apimdoctor.policy.tree import Element, Text
from apimdoctor.policy.value import Expression, Mixed, NamedValue, NamedValues, Unresolved, Value
from apimdoctor.policy.value_text import resolve


@dataclass(frozen=True, slots=True)
class Reads:
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
    found = NOTHING
    for part in value.parts if isinstance(value, Mixed) else (value,):
        if isinstance(part, Expression):
            found |= _of_code(part.code, part.block)
        elif isinstance(part, (NamedValue, Unresolved)):
            found |= Reads(named_values=True)
    return found


def values_in(element: Element, named: NamedValues) -> Iterator[Value]:
    """Every value written in an element and in what it contains, named values in place."""
    waiting = [element]
    while waiting:
        now = waiting.pop()
        for attribute in now.attributes:
            yield resolve(attribute.value, named)
        for child in now.children:
            if isinstance(child, Element):
                waiting.append(child)
            elif isinstance(child, Text):
                yield resolve(child.value, named)


def reads_in(element: Element, named: NamedValues) -> Reads:
    """What an element and all that it contains draws on."""
    found = NOTHING
    for value in values_in(element, named):
        here = reads_of(value)
        if here is not NOTHING:
            found |= here
    return found


def own_reads(element: Element, named: NamedValues) -> Reads:
    """What an element's attributes draw on, its content left aside (containers)."""
    found = NOTHING
    for attribute in element.attributes:
        found |= reads_of(resolve(attribute.value, named))
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
