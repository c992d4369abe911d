"""Token checks as they are met, and what else turns callers away: certificates, addresses, secrets, tests by hand."""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from apimdoctor.policy.condition import holds
from apimdoctor.policy.identity import ORDINARY_HEADERS, order, tested_sources, writer
from apimdoctor.policy.reads import reads_of
from apimdoctor.policy.record import MetDraft, Record
from apimdoctor.policy.state import AUTHORIZATION, NOWHERE, Holding, Holdings, State, Trail, merge, numbers
from apimdoctor.policy.value import EMPTY, Value, literal, symbol
from apimdoctor.policy.value_text import resolve
from apimdoctor.policy.way import Condition, ControlKind, Doubt, Placed

MOST_LATER = 64
"""Of the checks after a check no more are told: a list for each of thousands would grow beyond all bounds."""


def read_place(placed: Placed, record: Record) -> str | None:
    """Where a token check reads its token: `header:authorization`, `query:NAME`, `variable:NAME`; None: undecided.

    docs validate-jwt: one of header-name, query-parameter-name, token-value; validate-azure-ad-token: Authorization
    unless it says otherwise.
    """
    element = placed.element
    if (header := record.value(element, "header-name")) is not None:
        name = literal(header)
        return None if name is None else f"header:{name.strip().lower()}"
    if (query := record.value(element, "query-parameter-name")) is not None:
        name = literal(query)
        return None if name is None else f"query:{name}"
    if (token := record.value(element, "token-value")) is not None:
        return _place_of_expression(token)
    return "header:authorization" if element.name == "validate-azure-ad-token" else None


def _place_of_expression(value: Value) -> str | None:
    reads = reads_of(value)
    kinds = ("header:", "query:", "variable:")
    places = [place for place in reads.carries or reads.places if place.startswith(kinds) and not place.endswith(":*")]
    return places[0] if len(places) == 1 else None


def token_check(placed: Placed, state: State, record: Record) -> State:
    """A token check: ways on which it reads the caller's token are closed; refused callers have left."""
    number = record.check_number(placed)
    record.visits.append((number, record.section))
    met = MetDraft(placed, read_place(placed, record), conditions=record.guarded)
    if state.open is not None:
        met.before = state.open.steps
    record.step(placed, state)
    after = [_met_by(met, trail, number) for trail in state.trails]
    record.mets.append(met)
    record.met_of.setdefault(number, []).append(met)
    _note_earlier(met, number, state.trails, record)
    return _split(after, state, number, record)


class _Read(Struct):
    """What a check finds on the ways of one trail."""

    callers: Holdings
    others: Holdings
    """Something that is not the caller's and may pass for a token."""
    doubts: tuple[Doubt, ...]


def _met_by(met: MetDraft, trail: Trail, number: int) -> _Read:
    trail.some |= 1 << number
    trail.tested = frozenset(t for t in trail.tested if t[0] != number)
    place = met.reads
    if place is None:
        met.caller_reaches = True
        met.writers[Doubt("where this check reads its token is not decided", met.check)] = None
        met.origins |= {"?"}
        return _Read(frozenset({Holding("caller", origin="?")}), frozenset(), ())
    held_here = trail.at(place)
    callers = frozenset(held for held in held_here if held.who == "caller")
    doubts: list[Doubt] = []
    for held in sorted(held_here, key=order):
        written = writer(place, held)
        if held.who == "unset":
            met.writers[Doubt(f"nothing sets {place.removeprefix('variable:')} on some way", met.check)] = None
        elif place.startswith("variable:") and held.who == "caller":
            continue
        elif written is not None:
            met.writers[written] = None
            if written.kind == "unknown":
                doubts.append(Doubt(written.reason, written.placed))
    if callers:
        met.caller_reaches = True
        met.origins |= {held.origin for held in callers}
    # Where nothing is left to read the check refuses everybody: such a way goes on with nobody on it.
    others = held_here - callers - frozenset(held for held in held_here if held.who in ("removed", "unset"))
    return _Read(callers, others, tuple(doubts))


def _note_earlier(met: MetDraft, number: int, trails: Iterable[Trail], record: Record) -> None:
    """Earlier checks of the same token get this one as a later one."""
    earlier = 0
    for trail in trails:
        earlier |= trail.some
    record.awaiting |= 1 << number
    for other in numbers(earlier & record.awaiting & ~(1 << number)):
        for draft in record.met_of.get(other, ()):
            if draft.origins & met.origins:
                draft.later |= 1 << number
                if draft.later.bit_count() >= MOST_LATER:
                    record.awaiting &= ~(1 << other)


def _split(found: list[_Read], state: State, number: int, record: Record) -> State:
    bit = 1 << number
    closed: list[Trail | None] = []
    left: Trail | None = None
    for read, trail in zip(found, state.trails, strict=True):
        certain = not read.others
        if trail is state.closed:
            if certain:
                trail.always |= bit
            closed.append(trail)
        elif certain:
            trail.always |= bit
            closed.append(trail)
        else:
            place = record.met_of[number][-1].reads
            if read.callers:
                passed = narrowed(trail, place, read.callers) if place else trail.copy()
                passed.always |= bit
                closed.append(passed)
            left = narrowed(trail, place, read.others) if place else trail
            left.misread |= bit
            for doubt in read.doubts:
                left.doubts |= record.doubts.bit(doubt)
    whole = State(left, merge(closed))
    _put_output(record, state, whole, number)
    return whole


def _put_output(record: Record, before: State, after: State, number: int) -> None:
    """The validated token goes to a variable (docs validate-jwt: output-token-variable-name)."""
    met = record.met_of[number][-1]
    variable = record.value(met.check.element, "output-token-variable-name")
    if variable is None or before is NOWHERE:
        return
    origin = min(met.origins, default="?")
    held = Holding("caller", met.check, origin, checked_by=met.check)
    for trail in after.trails:
        trail.put(f"variable:{symbol(variable)}", frozenset({held}))


# ------------------------------------------------------------------------------------------- other controls
def control(placed: Placed, record: Record) -> ControlKind | None:
    """What an element by itself turns callers away by, None when it does not."""
    element = placed.element
    match element.name:
        case "validate-client-certificate":
            ignored = literal(record.value(element, "ignore-error") or EMPTY) == "true"
            return None if ignored else "client certificate"
        case "ip-filter":
            # A list of addresses that are refused lets everybody else in.
            forbids = literal(record.value(element, "action") or EMPTY) == "forbid"
            return None if forbids else "address filter"
        case "check-header":
            name = literal(record.value(element, "name") or EMPTY)
            compared = any(resolve(value.text, record.named) != EMPTY for value in element.each("value"))
            ordinary = name is not None and name.lower() in ORDINARY_HEADERS
            return "shared secret header" if compared and not ordinary else None
        case _:
            return None


class Passed(Struct, frozen=True):
    """What a caller who gets past tests has been tested for."""

    kinds: Mapping[ControlKind, Placed] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()
    """As `identity.claims_of` writes them."""

    def __or__(self, other: "Passed") -> "Passed":
        return Passed({**other.kinds, **self.kinds}, self.claims | other.claims)

    def __and__(self, other: "Passed") -> "Passed":
        return Passed({k: p for k, p in self.kinds.items() if k in other.kinds}, self.claims & other.claims)


def tested_by(condition: Condition, trail: Trail, record: Record) -> Passed:
    """What a condition tests of the caller, when the other answer is a refusal."""
    reads = reads_of(condition.value)
    sources = tested_sources(condition.value, reads, trail, record)
    claims = frozenset(source for source in sources if "claim:" in source)
    kinds: set[ControlKind] = set()
    if "introspection" in sources or any(claim.startswith("|") for claim in claims):
        kinds.add("manual token test")
    if "certificate" in sources:
        kinds.add("client certificate")
    if "address" in sources:
        kinds.add("address filter")
    if "secret header" in sources:
        kinds.add("shared secret header")
    return Passed(dict.fromkeys(kinds, condition.placed), claims)


def asks_for_certificate(condition: Condition, record: Record) -> bool:
    """Whether nobody without a client certificate gets past a condition: it stands in for the token check beside it."""
    if "certificate" not in reads_of(condition.value).words:
        return False
    without = holds(condition.value, lambda _: None, {**record.known, "certificate": None})
    return without is not None and without is not condition.taken


def note_passed(trail: Trail, passed: Passed) -> None:
    """All callers left on a trail have passed tests."""
    trail.controls |= set(passed.kinds.items())
    tested = (claim.partition("|") for claim in passed.claims)
    trail.tested |= {(int(number), name) for number, _, name in tested if number}


def narrowed(trail: Trail, place: str, holdings: Holdings) -> Trail:
    """The ways of a trail on which a place holds some of what it may hold."""
    found = trail.copy()
    found.places[place] = holdings
    if place == AUTHORIZATION:
        kept = {target: held & holdings for target, held in trail.travel.items()}
        found.travel = {target: held for target, held in kept.items() if held} or dict.fromkeys(trail.travel, holdings)
    return found
