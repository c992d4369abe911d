"""Who is in which place after a step: managed identity, basic, set-header, variables, tokens moved about."""

import re

from apimdoctor.policy.reads import Reads, reading_of, reads_in, reads_of
from apimdoctor.policy.record import Record
from apimdoctor.policy.state import (
    AUTHORIZATION,
    CERTIFICATE,
    Holding,
    Holdings,
    State,
    Token,
    Trail,
)
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import EMPTY, Expression, Literal, Value, literal, symbol
from apimdoctor.policy.value_text import resolve
from apimdoctor.policy.way import Doubt, Placed, Writer, WriterKind

ORDINARY_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-length",
        "content-type",
        "host",
        "origin",
        "referer",
        "user-agent",
    }
)
"""Headers whose values negotiate something and are no secret."""

FROM_CALLER_BY_WAY_OF = frozenset({"introspection", "cache"})
_SECRET_LENGTH = 8
_NAMED = re.compile(r"\{\{[\w.\- ]+\}\}")


def compares_secret(value: Value, reads: Reads, trail: Trail) -> bool:
    """Whether a test compares a request header with a fixed text that could be a shared secret."""
    places = {place for place in reads.places if _from_header(place, trail)}
    if not places:
        return False
    if any(
        test.place in places
        and test.operator == "equals"
        and any(len(text) >= _SECRET_LENGTH for text in test.operands)
        for test in reads.tests
    ):
        return True
    return isinstance(value, Expression) and not reads.claims and bool(_NAMED.search(value.code))


def _from_header(place: str, trail: Trail) -> bool:
    if place.startswith("header:"):
        return place.removeprefix("header:") not in ORDINARY_HEADERS
    origins = (held.origin for held in trail.at(place) if held.who == "caller" and held.checked_by is None)
    return any(o.startswith("header:") and o.removeprefix("header:") not in ORDINARY_HEADERS for o in origins)


def content(value: Value, trail: Trail, by: Placed, record: Record) -> Holdings:
    """What a written value may hold on the ways of a trail."""
    if isinstance(value, Literal):
        return frozenset({Holding("text", by, text=value.text)})
    reading = reading_of(value)
    if reading is not None and reading.constant is not None:
        constant = reading.constant
        text = str(constant).lower() if isinstance(constant, bool) else constant
        return frozenset({Holding("text", by, text=text)})
    reads = reads_of(value)
    if reads.unknown:
        return frozenset({Holding("unknown", by, reason=reads.unknown)})
    found: set[Holding] = set()
    sources = set(tested_sources(value, reads, trail, record))
    alone = reading is not None and len(reads.carries) == 1 and len(reads.places) == 1
    for place in reads.carries:
        if place.startswith(("variable:", "header:", "query:")):
            for held in trail.at(place):
                _take(held, found, sources, by, alone=alone)
    if not found or (sources - {""} and not any(held.who in ("caller", "gateway") for held in found)):
        found.add(Holding("made", by, sources=frozenset(sources)))
    return frozenset(found)


def _take(held: Holding, found: set[Holding], sources: set[str], by: Placed, *, alone: bool) -> None:
    if (
        held.who in ("caller", "gateway", "basic", "unknown")
        or (alone and held.who in ("text", "unset"))
        or held.who == "made"
    ):
        found.add(held.moved(by))
    elif held.who == "text":
        sources.add("")


def tested_sources(value: Value, reads: Reads, trail: Trail, record: Record) -> frozenset[str]:
    """What of the caller a computed value tells: claims, `introspection`, `certificate`, `address`, `secret header`."""
    sources: set[str] = set()
    for name, place in reads.claims:
        for held in trail.at(place) if place else ():
            sources |= claims_of(held, name, record)
    for place in reads.places:
        for held in trail.at(place):
            sources |= held.sources
    if "certificate" in reads.words:
        sources.add("certificate")
    if "ip" in reads.words:
        sources.add("address")
    if compares_secret(value, reads, trail):
        sources.add("secret header")
    return frozenset(sources)


def claims_of(held: Holding, name: str, record: Record) -> frozenset[str]:
    """A claim of a token, as `CHECK|claim:NAME` for each check that has read the same token; CHECK is empty for none."""
    if held.who != "caller":
        return frozenset()
    claim = "claim:?" if name == "*" else f"claim:{name}"
    if held.checked_by is not None:
        return frozenset({f"{record.check_number(held.checked_by)}|{claim}"})
    checks = [str(number) for number, mets in record.met_of.items() for met in mets if held.origin in met.origins]
    return frozenset(f"{check}|{claim}" for check in (*checks, ""))


# ------------------------------------------------------------------------------------------------ steps
def managed_identity(placed: Placed, state: State, record: Record) -> None:
    """The gateway's token overwrites Authorization, or fills a variable (docs: authentication-managed-identity)."""
    element = placed.element
    variable = record.value(element, "output-token-variable-name")
    token = Token(
        record.value(element, "resource"),
        record.value(element, "client-id"),
        placed,
        literal(record.value(element, "ignore-error") or EMPTY) == "true",
    )
    held = frozenset({Holding("gateway", placed, token=token)})
    place = AUTHORIZATION if variable is None else f"variable:{symbol(variable)}"
    write(place, [held] * 2, placed, state, record)


def basic(placed: Placed, state: State, record: Record) -> None:
    """Basic credentials overwrite Authorization (docs: authentication-basic)."""
    write(AUTHORIZATION, [frozenset({Holding("basic", placed)})] * 2, placed, state, record)


def undocumented_token(placed: Placed, state: State, record: Record) -> None:
    """authentication-token and -token-store: in the service's schema, hardly documented, so their token is unknown."""
    variable = record.value(placed.element, "output-token-variable-name")
    place = AUTHORIZATION if variable is None else f"variable:{symbol(variable)}"
    held = Holding("unknown", placed, reason=f"{placed.element.name} is not documented")
    write(place, [frozenset({held})] * 2, placed, state, record)


def certificate(placed: Placed, state: State) -> None:
    """The gateway's client certificate goes to the back end; no header changes (docs: authentication-certificate)."""
    for trail in state.trails:
        trail.put(CERTIFICATE, frozenset({Holding("made", placed)}))


def set_place(placed: Placed, state: State, record: Record, kind: str) -> None:
    """set-header and set-query-parameter on the request, by their exists-action (docs: set-header)."""
    name = record.value(placed.element, "name")
    written = literal(name or EMPTY)
    if written is None:
        doubt = Doubt(f"the name of this {kind} is {symbol(name or EMPTY)}", placed)
        _blur(placed, doubt, state, record, kind)
        return
    place = f"{kind}:{written.lower() if kind == 'header' else written}"
    action = literal(record.value(placed.element, "exists-action") or Literal("override")) or "?"
    holdings = [_after(placed, action, trail.at(place), trail, record) for trail in state.trails]
    write(place, holdings, placed, state, record)


def _blur(placed: Placed, doubt: Doubt, state: State, record: Record, kind: str) -> None:
    """A step writes some header, perhaps Authorization."""
    if kind != "header":
        return
    held = Holding("unknown", placed, reason=doubt.reason)
    write(AUTHORIZATION, [trail.at(AUTHORIZATION) | {held} for trail in state.trails], placed, state, record)


def _after(placed: Placed, action: str, before: Holdings, trail: Trail, record: Record) -> Holdings:
    if action == "delete":
        return frozenset({Holding("removed", placed)})
    new: Holdings = frozenset()
    for value in placed.element.each("value"):
        new |= content(resolve(value.text, record.named), trail, placed, record)
    if action == "override":
        return new or frozenset({Holding("removed", placed)})
    if action == "skip":
        may_be_absent = any(held.who in ("caller", "removed", "unset") for held in before)
        return before | new if may_be_absent else before
    if action == "append":
        return before | new
    return before | {Holding("unknown", placed, reason=f"exists-action is {action}")}


def set_variable(placed: Placed, state: State, record: Record) -> None:
    """set-variable, with what its value holds."""
    name = record.value(placed.element, "name")
    value = record.value(placed.element, "value") or EMPTY
    for trail in state.trails:
        trail.put(f"variable:{symbol(name or EMPTY)}", content(value, trail, placed, record))


def outputs(placed: Placed, state: State, record: Record) -> None:
    """Variables that an element's `...variable-name` attributes name are filled by it."""
    element = placed.element
    if element.name == "return-response":
        return
    source = "cache" if element.name.startswith("cache-") else element.name
    for attribute in element.attributes:
        if not attribute.name.endswith("variable-name"):
            continue
        name = symbol(resolve(attribute.value, record.named))
        for trail in state.trails:
            origin = _carried(element, trail, record) if element.name == "send-request" else source
            trail.put(f"variable:{name}", frozenset({Holding("made", placed, sources=frozenset({origin}))}))


def _carried(element: Element, trail: Trail, record: Record) -> str:
    """Whether an own request takes something of the caller along, so that its answer tells of the caller."""
    reads = reads_in(element, record.named)
    copies = literal(record.value(element, "mode") or Literal("new")) != "new"
    if copies and any(held.who == "caller" for held in trail.at(AUTHORIZATION)):
        return "introspection"
    places = (place for place in reads.places if place.removeprefix("header:") not in ORDINARY_HEADERS)
    tells = any(held.who == "caller" for place in places for held in trail.at(place))
    return "introspection" if tells else "response"


def write(place: str, holdings: list[Holdings], placed: Placed, state: State, record: Record) -> None:
    """Put what each trail's place holds from here on, and note who wrote it."""
    for trail, held in zip(state.trails, holdings, strict=False):
        if place == AUTHORIZATION and trail.forwarded == "no":
            _note_replaced(trail.at(place), held, placed, record)
        trail.put(place, held)
        if not place.startswith("variable:"):
            record.writers += [w for h in sorted(held, key=order) if h.by is placed and (w := writer(place, h))]


_OWN = ("gateway", "basic")


def _note_replaced(before: Holdings, after: Holdings, placed: Placed, record: Record) -> None:
    """Another credential of the gateway's own takes the place of one that the same text has put there."""
    if not before or any(held.who not in _OWN for held in (*before, *after)):
        return
    put = {_credential(held) for held in after}
    for held in before:
        first = held.by
        if first is None or first is placed or _credential(held) in put:
            continue  # The same once more, as a retry does, changes nothing.
        # A narrower policy, a fragment or the backend section may have a credential of its own.
        if (first.document, first.section, first.fragments) == (placed.document, placed.section, placed.fragments):
            record.replaced[first, placed] = None


def _credential(held: Holding) -> tuple[object, ...]:
    """What makes two credentials of the gateway the same: identity and resource, or name and password."""
    if held.token is not None:
        return (held.who, held.token.resource, held.token.client_id)
    written = held.by.element.attributes if held.by is not None else ()
    return (held.who, *sorted((one.name, one.value) for one in written))


def order(held: Holding) -> tuple[str, str, str, str, int, str]:
    """What tells holdings apart in a fixed order: a set's own order differs from run to run, and a report must not."""
    by = held.by
    where = (by.document, by.element.start) if by else ("", 0)
    return (held.who, held.origin, held.text, *where, "/".join(sorted(held.sources)))


def writer(place: str, held: Holding) -> Writer | None:
    """The step that put something into a place; None when the caller's own stands where it came."""
    if held.by is None or (held.who == "caller" and held.origin == place):
        return None
    kinds: dict[str, WriterKind] = {
        "caller": "caller token",
        "gateway": "managed identity",
        "basic": "basic",
        "removed": "removed",
        "unknown": "unknown",
    }
    kind = kinds.get(held.who, "header")
    reason = held.reason
    if held.who == "made" and held.sources & FROM_CALLER_BY_WAY_OF:
        kind, reason = "unknown", "its value comes from a cache or from a request that carries something of the caller"
    elif held.who == "made" and place.startswith("variable:") and "response" in held.sources:
        # Nothing of the caller's is replaced: where sign-in is the gateway's work, its answer holds the caller's token.
        kind, reason = (
            "unknown",
            "its value comes from a request of the gateway's own, which may have signed the caller in",
        )
    token = held.token
    if token is None:
        return Writer(held.by, kind, (place,), reason=reason)
    came_from = token.placed if token.placed is not held.by else None
    return Writer(held.by, kind, (place,), token.resource, token.client_id, came_from, token.ignore_error, reason)
