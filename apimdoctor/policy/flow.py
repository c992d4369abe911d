"""Follows an effective policy step by step, branches joined, and tells the way of a request through it."""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from apimdoctor.policy import checks, ends, identity
from apimdoctor.policy.branches import checks_in, choose
from apimdoctor.policy.condition import Known
from apimdoctor.policy.effective import Effective
from apimdoctor.policy.elements import ELEMENTS, WEBSOCKET_UNSUPPORTED
from apimdoctor.policy.errors_hidden import hidden
from apimdoctor.policy.nodes import DefaultForward, Inherited, Node, Perhaps, Step, placed_in
from apimdoctor.policy.reads import own_reads, reads_in
from apimdoctor.policy.record import TOKEN_CHECKS, MetDraft, Record
from apimdoctor.policy.state import AUTHORIZATION, NOWHERE, State, Target, Trail, join, numbers
from apimdoctor.policy.value import EMPTY, literal
from apimdoctor.policy.variables import note_reads
from apimdoctor.policy.way import (
    SECTIONS,
    Control,
    CorsMet,
    Doubt,
    LeftOut,
    Met,
    Placed,
    Unchecked,
    Way,
    Writer,
)

SEMANTIC_CACHES = frozenset({"azure-openai-semantic-cache-lookup", "llm-semantic-cache-lookup"})
SEQUENCES = frozenset({"block", "limit-concurrency", "retry"})
"""Containers whose children run in order, at least once (docs: retry runs its body before it looks at its condition)."""
WITHOUT_READS = frozenset({"choose", "otherwise", "wait", "block"})


def follow(
    effective: Effective, method: str = "", *, websocket: bool = False, known: Known = MappingProxyType({})
) -> Way:
    """What happens to a request under an effective policy.

    `method`: the operation's HTTP method, when all requests have one; without it the way of every request but a
    preflight is followed (docs: cors answers preflights before the rest of the policy runs). `known`: what else all these
    requests have in common, see `words_asked`. `websocket`: the policy is that of a WebSocket API, which skips some
    elements (docs: websocket-api, "Limitations").
    """
    record = Record(effective, {**known, "method": method} if method else known, websocket)
    state = State(Trail())
    for section in SECTIONS[:3]:
        record.section = section
        state = _sequence(effective.sections[section], state, record)
        if section == "backend":
            record.unforwarded = any(trail.forwarded == "no" for trail in state.trails)
    _fall_off(state, record)
    return _way(record)


def words_asked(effective: Effective) -> frozenset[str]:
    """Words of the context that conditions ask for (`method`, `operation.id`, `product.id` ...).

    Requests that agree in these go the same way, so that `follow` need not be asked for each.
    """
    found: set[str] = set()
    for section in SECTIONS:
        for placed in placed_in(effective.sections[section]):
            if placed.element.name == "when":
                found |= own_reads(placed.element, effective.named).words
    return frozenset(found)


def _fall_off(state: State, record: Record) -> None:
    """Ways that reach the end of the policy without a back end."""
    left = State(
        state.open if state.open and state.open.forwarded == "no" else None,
        state.closed if state.closed and state.closed.forwarded == "no" else None,
    )
    if left.trails:
        record.end("nothing", left)


def _sequence(nodes: Sequence[Node], state: State, record: Record) -> State:
    for node in nodes:
        if not state.trails:
            # Dead text: its checks are what an early end leaves out.
            record.visits += [(number, record.section) for number in numbers(checks_in((node,), record))]
            continue
        state = _node(node, state, record)
    return state


def _node(node: Node, state: State, record: Record) -> State:
    match node:
        case Doubt():
            record.doubt(node, state)
            return state
        case DefaultForward():
            return ends.forward(None, state, record)
        case Inherited(nodes):
            return _sequence(nodes, state, record)
        case Perhaps(nodes, doubt):
            record.doubt(doubt, state)
            met = len(record.mets)
            both = [_sequence(nodes, state.copy(), record), state]
            for draft in record.mets[met:]:
                draft.every = False
            return join(both)
        case Step():
            return _step(node, state, record)


def _step(step: Step, state: State, record: Record) -> State:
    placed, name = step.placed, step.name
    if record.websocket and name in WEBSOCKET_UNSUPPORTED:
        return state
    if name not in ELEMENTS:
        record.doubt(Doubt(f"<{name}> is no policy element that is known here", placed), state)
    if name not in WITHOUT_READS:
        note_reads(step, state, record)
    if name == "choose":
        return _inside(record, lambda: choose(step, state, record, lambda nodes, s: _sequence(nodes, s, record)))
    if name == "wait":
        return _inside(record, lambda: _wait(step, state, record))
    if name in TOKEN_CHECKS:
        return checks.token_check(placed, state, record)
    if name != "block":
        record.step(placed, state)
    if name in SEQUENCES:
        return _inside(record, lambda: _sequence(step.children, state, record))
    if name in ("return-response", "mock-response"):
        return ends.answer(placed, state, record)
    if name == "forward-request":
        return ends.forward(placed, state, record)
    if name == "invoke-request":
        record.doubt(
            Doubt("invoke-request calls another API of the gateway, whose policies were not followed", placed), state
        )
        ends.forward(placed, state, record, url_attribute="url")
        return NOWHERE
    _effects(placed, state, record)
    return state


def _inside(record: Record, followed: Callable[[], State]) -> State:
    record.depth += 1
    state = followed()
    record.depth -= 1
    return state


def _wait(step: Step, state: State, record: Record) -> State:
    """All children run; with for="any" the request goes on after the first, so that any may be left out (docs: wait)."""
    if literal(record.value(step.placed.element, "for") or EMPTY) != "any":
        return _sequence(step.children, state, record)
    met = len(record.mets)
    states = [_sequence((child,), state.copy(), record) for child in step.children]
    for draft in record.mets[met:]:
        draft.every = False
    return join(states) if states else state


def _effects(placed: Placed, state: State, record: Record) -> None:
    name = placed.element.name
    if (kind := checks.control(placed, record)) is not None:
        for trail in state.trails:
            trail.controls |= {(kind, placed)}
    if name == "cache-lookup" or name in SEMANTIC_CACHES:
        ends.cached_answer(placed, state, record)
    elif name == "cors":
        _note_cors(placed, state, record)
    elif name == "set-variable":
        identity.set_variable(placed, state, record)
    elif name == "authentication-managed-identity":
        identity.managed_identity(placed, state, record)
    elif name in ("authentication-token", "authentication-token-store"):
        identity.undocumented_token(placed, state, record)
    else:
        identity.outputs(placed, state, record)
        _request_effects(placed, state, record)


def _request_effects(placed: Placed, state: State, record: Record) -> None:
    """Steps that change the request have no effect on it once it was sent: then they write the response."""
    if record.section in ("outbound", "on-error"):
        return
    match placed.element.name:
        case "set-header":
            identity.set_place(placed, state, record, "header")
        case "set-query-parameter":
            identity.set_place(placed, state, record, "query")
        case "authentication-basic":
            identity.basic(placed, state, record)
        case "authentication-certificate":
            identity.certificate(placed, state)
        case "set-backend-service":
            element = placed.element
            target = Target(record.value(element, "backend-id"), record.value(element, "base-url"))
            for trail in state.trails:
                trail.target(target)
        case _:
            pass


def _note_cors(placed: Placed, state: State, record: Record) -> None:
    above = 0
    for trail in state.trails:
        above |= trail.steps
    above &= ~record.steps.bit(placed)
    direct = record.depth == 0 and not placed.fragments
    record.cors.append(CorsMet(placed, len(record.cors) + 1, direct, record.steps.members(above)))


# ------------------------------------------------------------------------------------------------ the way
def _way(record: Record) -> Way:
    effective = record.effective
    met = _met(record)
    final = record.at_back_ends or record.at_answers
    controls = sorted(final.controls, key=lambda c: (c[0], c[1].path)) if final is not None else []
    ways: tuple[Unchecked, ...] = ends.unchecked(record)
    return Way(
        met=met,
        unchecked=ways,
        calls=tuple(dict.fromkeys(record.calls)),
        controls=tuple(Control(kind, placed) for kind, placed in controls),
        cors=tuple(record.cors),
        left_out=effective.left_out,
        writers=_writers(record),
        steps=tuple(record.steps),
        variables=tuple(record.variables),
        doubts=tuple(dict.fromkeys((*effective.doubts, *record.doubts))),
        unforwarded=_unforwarded(record),
        replaced=tuple(pair for pair in record.replaced if not _read_between(*pair, record)),
        errors_hidden=hidden(record) if met else (),
    )


def _unforwarded(record: Record) -> tuple[LeftOut, ...]:
    if not record.unforwarded or (not any(end.ends == "nothing" for end in record.ends) and record.calls):
        return ()
    if record.calls:
        return ()
    return tuple(left for left in record.effective.left_out if left.section == "backend" and left.section_element)


def _read_between(first: Placed, second: Placed, record: Record) -> bool:
    """Whether a step between the two takes the credential somewhere."""
    steps = tuple(record.steps)
    between = steps[record.steps[first] + 1 : record.steps[second] + 1]
    copies = (literal(record.value(one.element, "mode") or EMPTY) == "copy" for one in between)
    return any(copies) or any(AUTHORIZATION in reads_in(one.element, record.named).places for one in between)


def _writers(record: Record) -> tuple[Writer, ...]:
    """Identity changes: writers of Authorization, of what checks read, and of tokens put anywhere."""
    places = {"header:authorization"} | {draft.reads for draft in record.mets if draft.reads is not None}
    found: dict[Writer, None] = {}
    for written in record.writers:
        if places & set(written.writes) or written.kind == "managed identity":
            found[written] = None
    return tuple(found)


def _met(record: Record) -> tuple[Met, ...]:
    drafts: dict[Placed, list[MetDraft]] = {}
    for draft in record.mets:
        drafts.setdefault(draft.check, []).append(draft)
    return tuple(_met_once(found, record) for found in drafts.values())


def _met_once(drafts: list[MetDraft], record: Record) -> Met:
    """One check; it is met more than once where `<base/>` stands more than once."""
    first = drafts[0]
    before = later = 0
    for draft in drafts:
        before |= draft.before
        later |= draft.later
    own = 1 << record.check_number(first.check)
    return Met(
        first.check,
        first.reads,
        "every path" if any(draft.every for draft in drafts) else "some paths",
        tuple(dict.fromkeys(w for draft in drafts for w in draft.writers)),
        any(draft.caller_reaches for draft in drafts),
        record.steps.members(before),
        record.checks.members(later & ~own),
        first.conditions,
        _tested_later(own.bit_length() - 1, record),
    )


def _tested_later(number: int, record: Record) -> tuple[str, ...] | Doubt:
    finals = [final for final in (record.at_back_ends, record.at_answers) if final is not None]
    relevant = [final for final in finals if final.some >> number & 1]
    if not relevant:
        return ()
    claims = set.intersection(*({name for n, name in final.tested if n == number} for final in relevant))
    named = tuple(sorted(claims - {"claim:?"}))
    if not named and "claim:?" in claims:
        return Doubt("a condition tests claims of its token, and nobody can tell which")
    return named
