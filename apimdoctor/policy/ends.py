"""How a request ends: forwarded, answered, refused, served from a cache; and why a way to an end had no check."""

from apimdoctor.policy.identity import writer
from apimdoctor.policy.nodes import placed_in
from apimdoctor.policy.reads import written_in
from apimdoctor.policy.record import TOKEN_CHECKS, End, Record
from apimdoctor.policy.state import AUTHORIZATION, CERTIFICATE, NOWHERE, Bits, Holdings, State, merge, written_by
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import EMPTY, Expression, Literal, Mixed, NamedValue, Unresolved, Value, literal, symbol
from apimdoctor.policy.way import Call, Control, Doubt, LeftOut, Placed, Unchecked, Writer

DEFAULT_STATUS = 200
"""Of return-response without set-status, and of mock-response (docs: return-response, mock-response)."""


def status_of(element: Element, record: Record) -> int | None:
    """The status that return-response or mock-response answers with; None when it is computed."""
    if element.name == "mock-response":
        written = record.value(element, "status-code")
    else:
        status = element.child("set-status")
        written = record.value(status, "code") if status is not None else None
        if written is None and element.attribute("response-variable-name") is not None:
            return None
    if written is None:
        return DEFAULT_STATUS
    text = literal(written)
    return int(text) if text is not None and text.strip().isdecimal() else None


def answer(placed: Placed, state: State, record: Record) -> State:
    """return-response and mock-response end the request here: a refusal from 400 up, else an answer."""
    element = placed.element
    if element.name == "mock-response" and literal(record.value(element, "enabled") or EMPTY) == "false":
        return state
    status = status_of(element, record)
    if status is not None and status >= 400:
        return NOWHERE
    computed = status is None and not _passes_on(element, record)
    doubts = (Doubt(f"the status that {element.name} answers with is computed", placed),) if computed else ()
    if any(trail.forwarded != "yes" for trail in state.trails):
        record.end("answer", state, placed, constant=_constant(element, record), doubts=doubts)
    return NOWHERE


def _passes_on(element: Element, record: Record) -> bool:
    """Whether it answers with another service's response, whatever that is: no condition around it asked what it holds."""
    variable = literal(record.value(element, "response-variable-name") or EMPTY)
    if not variable or element.child("set-status") is not None:
        return False
    return not any(variable in symbol(guard.value) for guard in record.guarded)


def _constant(element: Element, record: Record) -> bool:
    if element.name == "mock-response":
        return True
    if element.attribute("response-variable-name") is not None:
        return False
    return not _liquid(element) and all(map(_same_for_everybody, written_in(element, record.named)))


def _same_for_everybody(value: Value) -> bool:
    """Whether a value draws on nothing of the call; code can reach a call through its context only."""
    parts = value.parts if isinstance(value, Mixed) else (value,)
    return all(
        "context" not in part.code and "{{" not in part.code
        if isinstance(part, Expression)
        else isinstance(part, Literal)
        for part in parts
    )


def _liquid(element: Element) -> bool:
    body = element.child("set-body")
    if body is None or body.get("template") != Literal("liquid"):
        return False
    value = body.text
    parts = value.parts if isinstance(value, Mixed) else (value,)
    return any(isinstance(part, (NamedValue, Unresolved)) or "{{" in getattr(part, "text", "") for part in parts)


def cached_answer(placed: Placed, state: State, record: Record) -> None:
    """A cache may answer here (docs: cache-lookup; with an Authorization header only under allow-private-response-caching)."""
    record.end("cached answer", state, placed)


def forward(placed: Placed | None, state: State, record: Record, url_attribute: str = "") -> State:
    """The request goes to a back end; what follows works on the response."""
    waiting = State(
        state.open if state.open and state.open.forwarded != "yes" else None,
        state.closed if state.closed and state.closed.forwarded != "yes" else None,
    )
    if waiting.trails:
        _note_calls(placed, waiting, record, url_attribute)
        record.end("back end", waiting, placed)
    for trail in state.trails:
        trail.forwarded = "yes"
    return state


def _note_calls(placed: Placed | None, state: State, record: Record, url_attribute: str) -> None:
    whole = merge(trail.copy() for trail in state.trails)
    if whole is None:
        return
    checked = "always" if state.open is None else "never" if state.closed is None else "sometimes"
    checks = record.checks.members(whole.always)
    certificates = written_by(whole.places.get(CERTIFICATE, frozenset()))
    own_url = record.value(placed.element, url_attribute) if placed is not None and url_attribute else None
    for target, holdings in whole.travel.items():
        url = own_url if own_url is not None else target.url
        record.calls.append(
            Call(
                placed,
                target.backend_id,
                url,
                _identity(holdings, record),
                any(held.who == "caller" for held in holdings),
                checked,  # type: ignore[arg-type]
                checks,
                certificates,
            )
        )


def _identity(holdings: Holdings, record: Record) -> tuple[Writer | Doubt, ...]:
    found: dict[Writer | Doubt, None] = {}
    for held in sorted(holdings, key=lambda h: (record.steps.get(h.by, -1) if h.by else -1, h.who, h.origin)):
        written = writer(AUTHORIZATION, held)
        if written is not None:
            found[written] = None
    return tuple(found)


# ---------------------------------------------------------------------------------------- ways without a check
def unchecked(record: Record) -> tuple[Unchecked, ...]:
    """Every way without a check of the caller's token, each with its one reason; equal ones once."""
    bases = _bases(record)
    late = _late(record)
    found: dict[Unchecked, None] = {}
    for end in record.ends:
        way = _explained(end, bases, late, record)
        if way is not None:
            found[way] = None
    return tuple(found)


def _bases(record: Record) -> tuple[LeftOut, ...]:
    """Inbound sections without `<base/>`, the narrowest first, down to the one that leaves checks out."""
    chain: list[LeftOut] = []
    for left in record.effective.left_out:
        if left.section != "inbound":
            continue
        chain.append(left)
        if _checks_of(left):
            return tuple(chain)
    return ()


def _checks_of(left: LeftOut) -> tuple[Placed, ...]:
    return tuple(dict.fromkeys(p for p in left.missed if p.element.name in TOKEN_CHECKS))


def _late(record: Record) -> tuple[Placed, ...]:
    """Checks in sections that run after the back end was called."""
    sections = record.effective.sections
    found = [*placed_in(sections["outbound"]), *placed_in(sections["on-error"])]
    return tuple(dict.fromkeys(p for p in found if p.element.name in TOKEN_CHECKS))


def _explained(end: End, bases: tuple[LeftOut, ...], late: tuple[Placed, ...], record: Record) -> Unchecked | None:
    trail = end.trail
    shared = {
        "controls": tuple(
            Control(kind, placed) for kind, placed in sorted(trail.controls, key=lambda c: (c[0], c[1].path))
        ),
        "misread": record.checks.members(trail.misread),
        "doubts": (*record.doubts.members(trail.doubts), *end.doubts),
        "steps": (end.step,) if end.step is not None and end.ends in ("answer", "cached answer") else (),
        "constant_answer": end.constant,
    }
    early = _early(end, record) if end.ends in ("answer", "cached answer") else 0
    if early:
        why = "answer" if end.ends == "answer" else "cache"
        return Unchecked(end.ends, why, record.checks.members(early), (), end.guards, **shared)  # type: ignore[arg-type]
    if end.ends == "cached answer":
        return None  # without a check further on, the way to the back end says the same
    if bases:
        missed = _checks_of(bases[-1])
        return Unchecked(end.ends, "base", missed, bases, end.guards, **shared)  # type: ignore[arg-type]
    if trail.skipped:
        missed = record.checks.members(trail.skipped)
        conditions = record.conditions.members(trail.conditions)
        return Unchecked(end.ends, "condition", missed, (), conditions, **shared)  # type: ignore[arg-type]
    if late:
        return Unchecked(end.ends, "section", late, (), end.guards, **shared)  # type: ignore[arg-type]
    return Unchecked(end.ends, "no check", (), (), end.guards, **shared)  # type: ignore[arg-type]


def _early(end: End, record: Record) -> Bits:
    """Checks that would have run but for this end."""
    found = end.siblings
    for number, section in record.visits[end.visited :]:
        if section in ("inbound", "backend"):
            found |= 1 << number
    return found
