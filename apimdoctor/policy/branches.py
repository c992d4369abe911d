"""What `choose` does to the ways that reach it: who enters which branch, which checks are skipped, what is tested."""

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from apimdoctor.policy.checks import Passed, asks_for_certificate, narrowed, note_passed, tested_by
from apimdoctor.policy.condition import UNSET, Constant, holds, variables_of
from apimdoctor.policy.nodes import Node, Step, placed_in
from apimdoctor.policy.record import TOKEN_CHECKS, Record
from apimdoctor.policy.state import NOWHERE, Bits, State, Trail, join
from apimdoctor.policy.value import EMPTY, Value
from apimdoctor.policy.variables import note_reads
from apimdoctor.policy.way import Condition, Doubt, Placed

Follow = Callable[[Sequence[Node], State], State]


class _Branch(Struct):
    """A branch of `choose`; `placed` None for the way past all of them."""

    placed: Placed | None
    out: State
    condition: Condition | None = None
    """As it holds for this branch."""
    checks: Bits = 0
    entered: bool = False
    mets: range = range(0)
    ends: range = range(0)

    @property
    def refuses(self) -> bool:
        """Whoever enters is turned away."""
        return self.entered and not self.out.trails and not self.ends


def choose(step: Step, state: State, record: Record, follow: Follow) -> State:
    """Follow each branch of a `choose`, and join what gets past it (docs: choose)."""
    branches: list[_Branch] = []
    rest = state
    conditions: list[Condition] = []
    for child in step.children:
        if not isinstance(child, Step) or child.name not in ("when", "otherwise"):
            reason = child.reason if isinstance(child, Doubt) else "only when and otherwise belong into choose"
            record.doubt(child if isinstance(child, Doubt) else Doubt(reason, step.placed), rest)
            continue
        value = record.value(child.placed.element, "condition") if child.name == "when" else None
        if child.name == "when":
            condition = Condition(child.placed, value or EMPTY, taken=True)
            record.step(child.placed, rest)
            note_reads(child, rest, record)
            enter, rest = _parted(condition.value, rest, record)
            branches.append(_entered(child, enter, [condition], record, follow))
            branches[-1].condition = condition
            conditions.append(Condition(child.placed, value or EMPTY, taken=False))
        else:
            enter, rest = rest, NOWHERE
            branches.append(_entered(child, enter, conditions, record, follow))
    branches.append(_Branch(None, rest, entered=bool(rest.trails)))
    _note_skipped(branches, conditions, record)
    _note_tests(branches, state, record)
    falling = [branch for branch in branches if branch.out.trails]
    if len(falling) > 1:
        for branch in falling:
            for number in branch.mets:
                record.mets[number].every = False
    return join(branch.out for branch in branches)


def _entered(step: Step, state: State, guards: list[Condition], record: Record, follow: Follow) -> _Branch:
    checks = checks_in(step.children, record)
    if not state.trails:
        return _Branch(step.placed, NOWHERE, checks=checks)
    mets, ends, depth = len(record.mets), len(record.ends), len(record.guards)
    record.guards += guards
    out = follow(step.children, state.copy())
    del record.guards[depth:]
    branch = _Branch(step.placed, out, checks=checks, entered=True)
    branch.mets = range(mets, len(record.mets))
    branch.ends = range(ends, len(record.ends))
    return branch


def checks_in(nodes: Sequence[Node], record: Record) -> Bits:
    """The token checks written in some steps, whether they run or not."""
    found = 0
    for placed in placed_in(nodes):
        if placed.element.name in TOKEN_CHECKS:
            found |= 1 << record.check_number(placed)
    return found


def _parted(value: Value, state: State, record: Record) -> tuple[State, State]:
    """The ways on which a condition may hold, and those on which it may not."""
    opened = _part(value, state.open, record)
    closed = _part(value, state.closed, record)
    return State(opened[0], closed[0]), State(opened[1], closed[1])


def _part(value: Value, trail: Trail | None, record: Record) -> tuple[Trail | None, Trail | None]:
    if trail is None:
        return None, None
    answer = holds(value, partial(_constant, trail), record.known)
    if answer is not None:
        return (trail, None) if answer else (None, trail)
    names = variables_of(value)
    if len(names) != 1:
        return trail, trail.copy()
    return _part_by(value, trail, min(names), record)


def _part_by(value: Value, trail: Trail, name: str, record: Record) -> tuple[Trail | None, Trail | None]:
    """Part a trail by the constants that the one variable of a condition holds."""
    place = f"variable:{name}"
    yes, no = set(), set()
    for held in trail.at(place):
        answer = holds(value, partial(_constant, narrowed(trail, place, frozenset({held}))), record.known)
        if answer is not False:
            yes.add(held)
        if answer is not True:
            no.add(held)
    enter = narrowed(trail, place, frozenset(yes)) if yes else None
    rest = narrowed(trail, place, frozenset(no)) if no else None
    return enter, rest


def _constant(trail: Trail, name: str) -> Constant:
    """What a variable holds on every way of a trail."""
    holdings = trail.at(f"variable:{name}")
    if len(holdings) != 1:
        return None
    (held,) = holdings
    if held.who == "text":
        return held.text
    return UNSET if held.who == "unset" and not trail.doubts else None


def _note_skipped(branches: list[_Branch], untaken: list[Condition], record: Record) -> None:
    """Ways through a branch skip the checks of the others, because of the conditions that lead there."""
    written = 0
    for branch in branches:
        written |= branch.checks
    if not written:
        return
    holding = {branch.placed for branch in branches if branch.checks}
    decisive = [c for c in untaken if c.placed in holding] or untaken
    for branch in branches:
        missed = written & ~branch.checks
        for number in branch.ends:
            record.ends[number].siblings |= missed
        if branch.out.open is None or not missed:
            continue
        branch.out.open.skipped |= missed
        because = [branch.condition] if branch.condition is not None else decisive
        for condition in because:
            branch.out.open.conditions |= record.conditions.bit(condition)
            if asks_for_certificate(condition, record):
                note_passed(branch.out.open, Passed({"client certificate": condition.placed}))


def _note_tests(branches: list[_Branch], state: State, record: Record) -> None:
    """Who gets past a `choose` of which some branches refuse has been tested by the conditions that lead there."""
    last = max((position for position, branch in enumerate(branches) if branch.refuses), default=-1)
    passed = [Passed(), Passed()]
    for position, branch in enumerate(branches if last >= 0 else ()):
        own = list(passed)
        if branch.condition is not None and (position < last or branch.refuses):
            own = [
                before | tested_by(branch.condition, trail, record) if trail else before
                for before, trail in zip(passed, (state.open, state.closed), strict=True)
            ]
        opened, closed = own
        if branch.out.open is not None:
            note_passed(branch.out.open, opened)
        if branch.out.closed is not None:
            note_passed(
                branch.out.closed, closed if state.open is None else opened if state.closed is None else opened & closed
            )
        if branch.refuses and branch.condition is not None:
            passed = own
