"""The expressions of a policy: why one cannot compile, and on what requests one raises an error."""

from collections.abc import Iterable, Iterator

from apimdoctor.facts import written
from apimdoctor.facts.documents import Policy, Surroundings, elements
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Failure, PolicyExpression, TokenCheck
from apimdoctor.policy import failing
from apimdoctor.policy.expression import read
from apimdoctor.policy.tree import Element, Text
from apimdoctor.policy.value import Expression, Literal, Mixed, Value, literal, symbol
from apimdoctor.policy.way import Doubt


class Demanded:
    """What the token checks of a service make sure of: where their tokens stand, and the claims they require."""

    def __init__(self, checks: Iterable[TokenCheck | Unknown]) -> None:
        self.places: set[str] = set()
        for check in checks:
            if isinstance(check, Unknown):
                continue
            if isinstance(check.token_from, str):
                self.places.add(check.token_from)
            self.places |= {f"claim:{claim.name}" for claim in check.claims if isinstance(claim.name, str)}


def expressions(around: Surroundings, policy: Policy, demanded: Demanded) -> Iterator[PolicyExpression]:
    """Every expression that is written in a policy, named values in place."""
    if isinstance(policy.read, Doubt) or "@" not in policy.read.text:
        return
    found = [
        (element, expression, in_header)
        for element in elements(policy.read)
        if not element.constant
        for expression, in_header in _of_element(element, around)
    ]
    settled = demanded.places | set(_asked(policy, found))
    for element, expression, in_header in found:
        yield _expression(policy, element, expression, settled, in_header=in_header)


def _of_element(element: Element, around: Surroundings) -> Iterator[tuple[Expression, bool]]:
    for attribute in element.attributes:
        in_header = element.name == "set-status" and attribute.name == "reason"
        yield from ((one, in_header) for one in _parts(attribute.value, around))
    for child in element.children:
        if isinstance(child, Text):
            in_header = element.name == "value" and "/set-header[" in f"/{element.path}"
            yield from ((one, in_header) for one in _parts(child.value, around))


def _parts(value: Value, around: Surroundings) -> Iterator[Expression]:
    if isinstance(value, Literal):
        return
    now = written.settled(value, around.named)
    for part in now.parts if isinstance(now, Mixed) else (now,):
        if isinstance(part, Expression):
            yield part


def _asked(policy: Policy, found: Iterable[tuple[Element, Expression, bool]]) -> Iterator[str]:
    """Places that a policy asks for somewhere: what stands under such a condition does not fail."""
    if isinstance(policy.read, Doubt):
        return
    for _, expression, _ in found:
        reading = read(expression.code, expression.block)
        yield from (one.place for one in reading.reads if one.how == "contains")
        yield from (test.place for test in reading.tests if test.operator != "is true")
    for element in elements(policy.read):
        if element.name in ("check-header", "header", "parameter"):
            name = element.get("name")
            text = literal(name) if name is not None else None
            if text:
                yield f"header:{text.lower()}"


def _expression(
    policy: Policy, element: Element, expression: Expression, settled: set[str], *, in_header: bool
) -> PolicyExpression:
    section = element.path.partition("/")[0]
    place = policy.at(element, section)
    code, block = expression.code, expression.block
    reading = read(code, block)
    faults: tuple[str, ...] | Unknown = reading.faults or tuple(
        f"{name} is no type that an expression may use" for name in failing.forbidden_types(code, block)
    )
    failed = failing.failures(code, block, in_header=in_header)
    because = reading.unknown or "a named value in the expression is not known"
    text = written.short(symbol(expression))
    return PolicyExpression(
        place=place,
        element=element.name,
        text=text,
        faults=Unknown(because) if failed is None and not faults else faults,
        failures=(Unknown(because),)
        if failed is None
        else tuple(
            Failure(place=place, text=text, on=one.on, reads=one.reads)
            for one in failed
            # That a header is there does not make its text another one.
            if one.on in ("base64url text", "line breaks") or one.reads not in settled
        ),
    )
