"""One token on its way through one effective policy, step by step, until a back end, an answer or a refusal.

Three-valued: where a condition cannot be decided both branches are followed, except that a branch which only refuses is
taken to be passed (the request is an ordinary one), and that is said among the assumptions. Send-request, caches and
limits are taken to succeed (DESIGN: diagnose).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.diagnose.checking import Checked, check_token
from apimdoctor.diagnose.signature import Key
from apimdoctor.diagnose.token import Token
from apimdoctor.facts.vocabulary import TokenCheck
from apimdoctor.policy.effective import Effective
from apimdoctor.policy.nodes import DefaultForward, Inherited, Node, Perhaps, Step
from apimdoctor.policy.value import EMPTY as _NOTHING
from apimdoctor.policy.value import Value, literal, symbol
from apimdoctor.policy.way import Doubt, Placed, Way, Writer

MOST_WAYS = 24
"""More open alternatives than this are not followed one by one; the verdict is then unknown."""

Outcome = Literal["passed", "failed", "undecided", "changed", "ran", "skipped", "refused", "answered", "forwarded"]
End = Literal["refused", "answered", "forwarded", "open"]

CHECKS = ("validate-jwt", "validate-azure-ad-token")
WRITES_VARIABLE = frozenset(
    {"variable-name", "response-variable-name", "output-token-variable-name", "context-variable-name"}
)
QUIET = frozenset({"set-variable", "trace", "emit-metric", "log-to-eventhub", "set-body", "rewrite-uri", "set-method"})


class Trail(Struct, frozen=True):
    """A step that ran: what came of it, and why."""

    step: str
    outcome: Outcome
    detail: str
    placed: Placed | None = None


class Held(Struct, frozen=True):
    """Whose token stands in a place: `writer` is the step that put it there, None for the caller's own."""

    token: Token | None
    writer: Writer | None = None
    unknown: str = ""


class State(Struct, frozen=True):
    """What is so at one point of one way."""

    held: dict[str, Held]
    jwts: dict[str, Token] = field(default_factory=dict)
    """Variables that token checks wrote (output-token-variable-name)."""
    constants: dict[str, str] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()
    """Variables that hold something nobody knows before the request."""
    trail: tuple[Trail, ...] = ()
    assumptions: tuple[str, ...] = ()
    checked: tuple[Checked, ...] = ()

    def then(self, trail: Trail) -> "State":
        """The same, one step later."""
        return replace(self, trail=(*self.trail, trail))


class Ending(Struct, frozen=True):
    """Where a way ends: at `placed`, with the failing check when a token check refused."""

    end: End
    state: State
    placed: Placed | None = None
    checked: Checked | None = None
    detail: str = ""


Decide = Callable[[Value, State], bool | None]
FindCheck = Callable[[Placed], TokenCheck | None]
GatewayToken = Callable[[Writer], Token | None]


class Walker(Struct):
    """Walks one effective policy. `decide` answers conditions; `find_check` and `gateway_token` give the facts."""

    effective: Effective
    way: Way
    decide: Decide
    find_check: FindCheck
    gateway_token: GatewayToken
    now: float | None = None
    keys_of: Callable[[TokenCheck], Sequence[Key] | None] = lambda _check: None
    endings: list[Ending] = field(default_factory=list)
    _writers: dict[tuple[int, str], Writer] = field(default_factory=dict)

    def walk(self, held: dict[str, Held]) -> tuple[Ending, ...]:
        """Every way the request may take, each with its ending."""
        self._writers = {_spot(w.placed): w for w in self.way.writers}
        states: list[State] = [State(held)]
        for section in ("inbound", "backend"):
            states = self._run(self.effective.sections[section], states)
        self.endings += [Ending("answered", s, detail="nothing forwards the request to a back end") for s in states]
        return tuple(self.endings)

    def _run(self, nodes: Iterable[Node], states: list[State]) -> list[State]:
        for node in nodes:
            if not states:
                break
            if isinstance(node, Inherited | Perhaps):
                if isinstance(node, Perhaps):
                    states = [_assume(s, node.doubt.reason) for s in states]
                states = self._run(node.nodes, states)
            elif isinstance(node, Doubt):
                self.endings += [Ending("open", s, node.placed, detail=node.reason) for s in states]
                states = []
            elif isinstance(node, DefaultForward):
                self._forward(None, states)
                states = []
            else:
                states = self._step(node, states)
            if len(states) > MOST_WAYS:
                self.endings.append(Ending("open", states[0], detail="the policy branches into too many ways"))
                states = states[:MOST_WAYS]
        return states

    def _step(self, step: Step, states: list[State]) -> list[State]:
        name = step.name
        if name in CHECKS:
            return [after for s in states if (after := self._check(step.placed, s)) is not None]
        if name == "choose":
            return [after for s in states for after in self._choose(step, s)]
        if name == "return-response":
            return self._end(step.placed, states)
        if name == "mock-response":
            self.endings += [
                Ending("answered", s.then(_trail(step.placed, "answered", "a mocked answer")), step.placed)
                for s in states
            ]
            return []
        if name == "forward-request":
            self._forward(step.placed, states)
            return []
        if step.children:
            return self._run(step.children, states)
        return [self._plain(step.placed, s) for s in states]

    def _check(self, placed: Placed, state: State) -> State | None:
        check = self.find_check(placed)
        if check is None:
            self.endings.append(Ending("open", state, placed, detail="this token check could not be read"))
            return None
        if not isinstance(check.token_from, str):
            self._open(placed, state, check.token_from.because)
            return None
        held = state.held.get(check.token_from, Held(Token("none")))
        if held.unknown or held.token is None:
            self._open(placed, state, held.unknown or "what stands there is computed")
            return None
        checked = check_token(check, held.token, self.now, self.keys_of(check))
        state = replace(state, checked=(*state.checked, checked))
        if checked.passed is True:
            seen = (
                ""
                if held.writer is None
                else f", which is not the caller's but what {held.writer.placed.element.name} put there"
            )
            after = state.then(_trail(placed, "passed", f"accepts {held.token.label}{seen}"))
            name = literal(placed.element.get("output-token-variable-name") or _NOTHING)
            return replace(after, jwts={**after.jwts, name: held.token}) if name else after
        if checked.passed is False and checked.failed is not None:
            detail = f"refuses {held.token.label}: {checked.failed.detail}"
            self.endings.append(
                Ending("refused", state.then(_trail(placed, "failed", detail)), placed, checked, detail)
            )
            return None
        why = checked.undecided.detail if checked.undecided else "undecided"
        self._open(placed, state, why, checked)
        return None

    def _open(self, placed: Placed, state: State, why: str, checked: Checked | None = None) -> None:
        self.endings.append(Ending("open", state.then(_trail(placed, "undecided", why)), placed, checked, why))

    def _choose(self, step: Step, state: State) -> list[State]:
        after: list[State] = []
        rest: State | None = state
        for branch in step.children:
            if rest is None or not isinstance(branch, Step):
                continue
            if branch.name == "otherwise":
                after += self._run(branch.children, [rest])
                return after
            condition = branch.placed.element.get("condition") or _NOTHING
            answer = self.decide(condition, rest)
            if answer is None and _only_refuses(branch.children):
                note = (
                    f"the condition {_short(condition)} does not hold, so {branch.placed.path} does not refuse the call"
                )
                rest = _assume(rest, note)
                continue
            if answer is False:
                continue
            taken = rest.then(_trail(branch.placed, "ran", f"{_short(condition)} {'holds' if answer else 'may hold'}"))
            after += self._run(branch.children, [taken])
            if answer is True:
                rest = None
        if rest is not None:
            after.append(rest)
        return after

    def _end(self, placed: Placed, states: list[State]) -> list[State]:
        status = _status(placed)
        for state in states:
            if status is not None and status >= 400:
                detail = f"the policy itself answers {status}"
                self.endings.append(
                    Ending("refused", state.then(_trail(placed, "refused", detail)), placed, detail=detail)
                )
            else:
                detail = "the policy itself answers" + (f" {status}" if status else "")
                self.endings.append(
                    Ending("answered", state.then(_trail(placed, "answered", detail)), placed, detail=detail)
                )
        return []

    def _forward(self, placed: Placed | None, states: Sequence[State]) -> None:
        for state in states:
            trail = Trail("forward-request", "forwarded", "the request goes to the back end", placed)
            self.endings.append(Ending("forwarded", state.then(trail), placed))

    def _plain(self, placed: Placed, state: State) -> State:
        writer = self._writers.get(_spot(placed))
        if writer is None:
            return self._variable(placed, state)
        held = dict(state.held)
        for place in writer.writes:
            held[place] = self._written(writer, held)
        return replace(state, held=held).then(_trail(placed, "changed", _wrote(writer)))

    def _written(self, writer: Writer, held: dict[str, Held]) -> Held:
        if writer.kind == "managed identity":
            token = self.gateway_token(writer)
            return Held(token, writer, "" if token else "the token of the gateway's identity is not known")
        if writer.kind == "caller token":
            caller = next((h for h in held.values() if h.writer is None and h.token is not None), None)
            return Held(caller.token if caller else Token("none"), None)
        if writer.kind == "removed":
            return Held(Token("none"), writer)
        if writer.kind == "basic":
            return Held(
                Token(
                    "opaque token",
                    "basic credentials stand there",
                    scheme="Basic",
                    label="the gateway's basic credentials",
                ),
                writer,
            )
        return Held(None, writer, "a computed value stands there")

    def _variable(self, placed: Placed, state: State) -> State:
        element = placed.element
        if element.name == "set-variable":
            name, text = literal(element.get("name") or _NOTHING), literal(element.get("value") or _NOTHING)
            constants = {k: v for k, v in state.constants.items() if k != name}
            if name and text is not None:
                constants[name] = text
                return replace(state, constants=constants, computed=state.computed - {name})
            return replace(state, constants=constants, computed=state.computed | {name or ""})
        wrote = {literal(a.value) or "" for a in element.attributes if a.name in WRITES_VARIABLE}
        if wrote:
            state = replace(state, computed=state.computed | wrote)
        return state if element.name in QUIET else state.then(_trail(placed, "ran", ""))


def _spot(placed: Placed) -> tuple[int, str]:
    return id(placed.element), placed.scope


def _trail(placed: Placed, outcome: Outcome, detail: str) -> Trail:
    return Trail(placed.element.name, outcome, detail, placed)


def _assume(state: State, note: str) -> State:
    return state if note in state.assumptions else replace(state, assumptions=(*state.assumptions, note))


def _short(condition: Value) -> str:
    text = " ".join(symbol(condition).split())
    return text if len(text) <= 80 else text[:77] + "..."


def _status(placed: Placed) -> int | None:
    """The status a return-response answers; 200 when none is written, None when it is computed."""
    status = placed.element.child("set-status")
    if status is None:
        return None if placed.element.get("response-variable-name") else 200
    code = literal(status.get("code") or _NOTHING)
    return int(code) if code and code.isdigit() else None


def _only_refuses(nodes: Sequence[Node]) -> bool:
    """Whether these steps end the request as a refusal, whatever else they do."""
    for node in nodes:
        if isinstance(node, Step) and node.name == "return-response":
            status = _status(node.placed)
            return status is not None and status >= 400
        if isinstance(node, Step) and (node.name in CHECKS or node.name in ("forward-request", "mock-response")):
            return False
        if isinstance(node, Inherited | Perhaps) and node.nodes:
            return False
    return False


def _wrote(writer: Writer) -> str:
    places = ", ".join(writer.writes)
    what = {
        "managed identity": "the token of the gateway's managed identity",
        "basic": "basic credentials",
        "header": "a value of its own",
        "removed": "nothing (it is removed)",
        "caller token": "the caller's own token",
    }.get(writer.kind, "something unknown")
    return f"puts {what} into {places}"
