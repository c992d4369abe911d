"""What following a policy notes down on its way: steps, checks met, ends without a check, calls, reads of variables."""

from msgspec import Struct, field

from apimdoctor.policy.condition import Known
from apimdoctor.policy.effective import Effective
from apimdoctor.policy.state import MOST_TOLD, Bits, Register, State, Trail, merge
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import NamedValues, Value
from apimdoctor.policy.value_text import resolve
from apimdoctor.policy.way import Call, Condition, CorsMet, Doubt, OpenEnd, Placed, Section, VariableUse, Writer

TOKEN_CHECKS = frozenset({"validate-azure-ad-token", "validate-jwt"})


class MetDraft(Struct):
    """A token check as it is met, until all of the policy was followed."""

    check: Placed
    reads: str | None
    every: bool = True
    writers: dict[Writer | Doubt, None] = field(default_factory=dict)
    caller_reaches: bool = False
    before: Bits = 0
    later: Bits = 0
    conditions: tuple[Condition, ...] = ()
    origins: frozenset[str] = frozenset()
    """Where the caller's token first stood, for telling checks of the same token."""


class End(Struct):
    """An end that ways without a check reach."""

    ends: OpenEnd
    trail: Trail
    visited: int
    """How many checks had been passed or skipped by then; those after it would have come later."""
    step: Placed | None = None
    constant: bool = False
    guards: tuple[Condition, ...] = ()
    siblings: Bits = 0
    """Checks in the branches beside the one that ends here."""
    doubts: tuple[Doubt, ...] = ()


class Record(Struct):
    """All notes of one walk, and where it stands."""

    effective: Effective
    known: Known = field(default_factory=dict)
    websocket: bool = False
    section: Section = "inbound"
    depth: int = 0
    steps: Register[Placed] = field(default_factory=Register)
    checks: Register[Placed] = field(default_factory=Register)
    conditions: Register[Condition] = field(default_factory=Register)
    doubts: Register[Doubt] = field(default_factory=Register)
    mets: list[MetDraft] = field(default_factory=list)
    met_of: dict[int, list[MetDraft]] = field(default_factory=dict)
    """By the check's number."""
    visits: list[tuple[int, Section]] = field(default_factory=list)
    """Numbers of the checks in the order they stand on the way, those in dead text after an end included."""
    ends: list[End] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    writers: list[Writer] = field(default_factory=list)
    replaced: dict[tuple[Placed, Placed], None] = field(default_factory=dict)
    cors: list[CorsMet] = field(default_factory=list)
    variables: dict[VariableUse, None] = field(default_factory=dict)
    guards: list[Condition] = field(default_factory=list)
    awaiting: Bits = 0
    """Checks that are still told of later ones."""
    at_back_ends: Trail | None = None
    at_answers: Trail | None = None
    unforwarded: bool = False

    @property
    def named(self) -> NamedValues:
        """The named values in reach."""
        return self.effective.named

    @property
    def guarded(self) -> tuple[Condition, ...]:
        """The conditions around the present step, the outermost first."""
        return tuple(self.guards[:MOST_TOLD])

    def value(self, element: Element, name: str) -> Value | None:
        """An attribute with its named values in place, None when it is not written."""
        written = element.get(name)
        return None if written is None else resolve(written, self.named)

    def step(self, placed: Placed, state: State) -> None:
        """Note that a step may run."""
        bit = self.steps.bit(placed)
        for trail in state.trails:
            trail.steps |= bit

    def doubt(self, doubt: Doubt, state: State) -> None:
        """Note that nobody can tell what happens here."""
        bit = self.doubts.bit(doubt)
        for trail in state.trails:
            trail.doubts |= bit

    def check_number(self, placed: Placed) -> int:
        """The number of a token check; noted as standing on the way."""
        return self.checks.setdefault(placed, len(self.checks))

    def end(
        self,
        ends: OpenEnd,
        state: State,
        step: Placed | None = None,
        *,
        constant: bool = False,
        doubts: tuple[Doubt, ...] = (),
    ) -> None:
        """Note that all ways of a state end here, or (a cache) may end here."""
        if ends != "cached answer":
            self._note_final(ends, state)
        if state.open is not None:
            short = state.open.noted({}, {})
            self.ends.append(End(ends, short, len(self.visits), step, constant, self.guarded, doubts=doubts))

    def _note_final(self, ends: OpenEnd, state: State) -> None:
        trails = [trail.noted({}, {}) for trail in state.trails]
        if ends == "back end":
            self.at_back_ends = merge((self.at_back_ends, *trails))
        else:
            self.at_answers = merge((self.at_answers, *trails))
