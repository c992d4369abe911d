"""What holds on the ways that reached a step: who is in which place, what ran, what was skipped; and how ways join.

Ways are kept in two bundles, those on which a check has read the caller's token and those on which none has. Within a bundle
everything is joined, so that work grows with the number of steps and never with the number of ways.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Literal, TypeVar

from msgspec import Struct, field

from apimdoctor.policy.value import Value
from apimdoctor.policy.way import ControlKind, Placed

AUTHORIZATION = "header:authorization"
CERTIFICATE = "certificate"

Who = Literal["caller", "gateway", "basic", "text", "made", "removed", "unset", "unknown"]


class Token(Struct, frozen=True):
    """A token that the gateway's managed identity gets."""

    resource: Value | None
    client_id: Value | None
    placed: Placed
    ignore_error: bool = False


class Holding(Struct, frozen=True):
    """What stands in a place on some way, and the step that put it there (None: the request came with it).

    `caller`: the caller's own, first found in `origin`; `gateway`: a token of the gateway's identity; `text`: a constant;
    `made`: computed from `sources`; `unknown`: nobody can tell, for `reason`.
    """

    who: Who
    by: Placed | None = None
    origin: str = ""
    token: Token | None = None
    text: str = ""
    sources: frozenset[str] = frozenset()
    reason: str = ""
    checked_by: Placed | None = None
    """The token check whose output this is."""

    def moved(self, by: Placed) -> "Holding":
        """The same content, put elsewhere by a step."""
        return Holding(
            self.who, by, self.origin, self.token, self.text, self.sources, self.reason, self.checked_by
        )  # every field, since each move of each token makes one


Holdings = frozenset[Holding]
UNSET = Holding("unset")
_UNSET: Holdings = frozenset({UNSET})


def native(place: str) -> Holdings:
    """What a place holds when a request arrives: the caller's own; variables nothing."""
    return _UNSET if place.startswith("variable:") else frozenset({Holding("caller", origin=place)})


def written_by(holdings: Holdings) -> tuple[Placed, ...]:
    """The steps that put something there, in order of text."""
    found = {held.by for held in holdings if held.by is not None}
    return tuple(sorted(found, key=lambda placed: (placed.document, placed.element.start)))


class Target(Struct, frozen=True):
    """Where a request is to be sent: None in both for the API's own back end."""

    backend_id: Value | None = None
    url: Value | None = None


HOME = Target()
Bits = int
"""A set of numbers of steps, checks, conditions or doubts: joins are cheap however many there are."""
T = TypeVar("T")


MOST_TOLD = 256
"""A list in a way holds no more than so many: with one for each of thousands of steps it would grow beyond all bounds."""


class Register(dict[T, int]):
    """Numbers things in the order they are first met."""

    def __init__(self) -> None:
        super().__init__()
        self._things: list[T] = []

    def bit(self, thing: T) -> Bits:
        """The set that holds this thing alone."""
        return 1 << self.setdefault(thing, len(self))

    def members(self, bits: Bits) -> tuple[T, ...]:
        """The things of a set in order, `MOST_TOLD` at most."""
        if not bits:
            return ()
        if len(self._things) != len(self):
            self._things = list(self)
        return tuple(self._things[number] for number in islice(numbers(bits), MOST_TOLD))


def numbers(bits: Bits) -> Iterator[int]:
    """The members of a set of numbers, ascending."""
    text = bin(bits)[:1:-1]
    position = text.find("1")
    while position >= 0:
        yield position
        position = text.find("1", position + 1)


Forwarded = Literal["no", "yes", "perhaps"]
Tested = frozenset[tuple[int, str]]
"""Claims of a check's token that were tested on every way: (number of the check, claim)."""


class Trail(Struct):
    """A bundle of ways that reached the same step, joined."""

    places: dict[str, Holdings] = field(default_factory=dict)
    """Only places that some step wrote; for the others see `native`."""
    travel: dict[Target, Holdings] = field(default_factory=lambda: {HOME: native(AUTHORIZATION)})
    """For each back end a request may go to by now, what its Authorization holds then."""
    always: Bits = 0
    """Checks of the caller's token that ran on every way."""
    some: Bits = 0
    """Checks that ran on some way, whatever they read."""
    steps: Bits = 0
    skipped: Bits = 0
    """Checks that stand in branches which these ways did not take."""
    conditions: Bits = 0
    """The conditions that made these ways skip them."""
    doubts: Bits = 0
    controls: frozenset[tuple[ControlKind, Placed]] = frozenset()
    """What turned other callers away, on every way."""
    tested: Tested = frozenset()
    misread: Bits = 0
    """Checks that ran and read something else than the caller's token."""
    forwarded: Forwarded = "no"

    def copy(self) -> "Trail":
        """An independent copy."""
        return self.noted(dict(self.places), dict(self.travel))

    def noted(self, places: dict[str, Holdings], travel: dict[Target, Holdings]) -> "Trail":
        """What is noted of these ways, with these places."""
        return Trail(
            places, travel, self.always, self.some, self.steps, self.skipped, self.conditions, self.doubts, self.controls,
            self.tested, self.misread, self.forwarded,
        )  # fmt: skip

    def at(self, place: str) -> Holdings:
        """What a place may hold."""
        return self.places.get(place) or native(place)

    def put(self, place: str, holdings: Holdings) -> None:
        """Write a place on every way."""
        self.places[place] = holdings
        if place == AUTHORIZATION:
            self.travel = dict.fromkeys(self.travel, holdings)

    def target(self, target: Target) -> None:
        """Send the request elsewhere on every way."""
        self.travel = {target: frozenset().union(*self.travel.values())}


class State:
    """All ways that reached a step: `open` those on which no check has read the caller's token, `closed` the others."""

    __slots__ = ("closed", "open", "trails")

    def __init__(self, open_trail: Trail | None, closed: Trail | None = None) -> None:
        self.open = open_trail
        self.closed = closed
        self.trails: tuple[Trail, ...] = tuple(trail for trail in (open_trail, closed) if trail is not None)

    def copy(self) -> "State":
        """An independent copy."""
        return State(self.open and self.open.copy(), self.closed and self.closed.copy())


NOWHERE = State(None, None)
"""No way leads here."""


def join(states: Iterable[State]) -> State:
    """The ways of several branches together."""
    all_states = list(states)
    return State(_joined([s.open for s in all_states]), _joined([s.closed for s in all_states]))


def merge(trails: Iterable[Trail | None]) -> Trail | None:
    """Several bundles as one; None when there is none."""
    return _joined(list(trails))


def _joined(found: list[Trail | None]) -> Trail | None:
    trails = [trail for trail in found if trail is not None]
    if len(trails) < 2:
        return trails[0] if trails else None
    first = trails[0]
    whole = first.copy()
    for trail in trails[1:]:
        whole.tested = _tested(whole, trail)
        whole.always &= trail.always
        whole.some |= trail.some
        whole.steps |= trail.steps
        whole.skipped |= trail.skipped
        whole.conditions |= trail.conditions
        whole.doubts |= trail.doubts
        whole.misread |= trail.misread
        kinds = {kind for kind, _ in trail.controls}
        whole.controls = frozenset(c for c in whole.controls if c[0] in kinds)
        if whole.forwarded != trail.forwarded:
            whole.forwarded = "perhaps"
        _join_map(whole.places, trail.places)
        for target, holdings in trail.travel.items():
            whole.travel[target] = whole.travel.get(target, frozenset()) | holdings
    return whole


def _join_map(into: dict[str, Holdings], other: Mapping[str, Holdings]) -> None:
    for place in into.keys() | other.keys():
        mine, theirs = into.get(place), other.get(place)
        if mine != theirs:
            into[place] = (mine or native(place)) | (theirs or native(place))


def _tested(one: Trail, other: Trail) -> Tested:
    """A claim counts as tested after a check when each way either did not run the check or tested the claim."""
    both = one.tested & other.tested
    only_one = {t for t in one.tested - both if not other.some >> t[0] & 1}
    only_other = {t for t in other.tested - both if not one.some >> t[0] & 1}
    return both | only_one | only_other
