"""Who is in which place after a step: managed identity, basic, set-header, variables, tokens moved about."""

import re
from collections.abc import Iterator

from apimdoctor.policy.reads import Reads, reads_in, reads_of
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
_CONSTANT = re.compile(r'\s*(?:(?P<word>true|false|\d+)|"(?P<text>[^"\\]*)")\s*')
_ONE_VARIABLE = re.compile(
    r'\s*(?:\(\s*[\w.?]+\s*\)\s*)?context\s*\.\s*Variables\s*(?:\[\s*"[^"\\]*"\s*\]|\.\s*GetValueOrDefault\s*(?:<[\w.?]+>)?\s*\([^()]*\))\s*'
)
_SECRET_TEXT = re.compile(r'\{\{[\w.\-]+\}\}|"[^"\\\s]{8,}"')
_NAME_OF = re.compile(r'(?:Headers|Query|Variables)\s*(?:\.\s*\w+\s*(?:<[^<>()]*>)?\s*\(|\[)\s*"[^"]*"')


def compares_secret_header(value: Value, reads: Reads) -> bool:
    """Whether a test compares a request header with a fixed text that could be a shared secret."""
    headers = reads.headers - ORDINARY_HEADERS
    if not headers or not isinstance(value, Expression):
        return False
    return bool(_SECRET_TEXT.search(_NAME_OF.sub("", value.code)))


def content(value: Value, trail: Trail, by: Placed, record: Record) -> Holdings:
    """What a written value may hold on the ways of a trail."""
    if isinstance(value, Literal):
        return frozenset({Holding("text", by, text=value.text)})
    if isinstance(value, Expression) and not value.block and (constant := _CONSTANT.fullmatch(value.code)):
        return frozenset({Holding("text", by, text=constant.group("word") or constant.group("text") or "")})
    reads = reads_of(value)
    if isinstance(value, Expression) and len(reads.variables) == 1 and _ONE_VARIABLE.fullmatch(value.code):
        return frozenset(held.moved(by) for held in trail.at(f"variable:{reads.variables[0]}"))
    found: set[Holding] = set()
    sources: set[str] = set()
    for place, held in _drawn(reads, trail):
        _take(place, held, reads, found, sources, by, record)
    if reads.certificate:
        sources.add("certificate")
    if reads.address:
        sources.add("address")
    if compares_secret_header(value, reads):
        sources.add("secret header")
        found = {held for held in found if held.who != "caller"}
    if sources or not found:
        found.add(Holding("made", by, sources=frozenset(sources)))
    return frozenset(found)


def _drawn(reads: Reads, trail: Trail) -> Iterator[tuple[str, Holding]]:
    places = [f"variable:{name}" for name in reads.variables]
    places += [f"header:{name}" for name in sorted(reads.headers)]
    places += [f"query:{name}" for name in sorted(reads.queries)]
    for place in places:
        for held in trail.at(place):
            yield place, held


def _take(
    place: str, held: Holding, reads: Reads, found: set[Holding], sources: set[str], by: Placed, record: Record
) -> None:
    match held.who:
        case "caller":
            claims = claims_tested(place, held, reads, record)
            if claims:
                sources |= claims
            else:
                found.add(held.moved(by))
        case "gateway" | "basic" | "unknown":
            found.add(held.moved(by))
        case "made":
            sources |= held.sources or {""}
        case "text":
            sources.add("")
        case _:
            pass


def claims_tested(place: str, held: Holding, reads: Reads, record: Record) -> frozenset[str]:
    """Claims that text reads of the caller's token in a place, each as `CHECK|claim:NAME`; CHECK is empty for none."""
    is_variable = place.startswith("variable:")
    if (
        not reads.claims
        and not (reads.parses_token and reads.other_claims)
        and not (is_variable and reads.other_claims)
    ):
        return frozenset()
    if not is_variable and not reads.parses_token:
        return frozenset()
    names = [f"claim:{name}" for name in reads.claims] or ["claim:?"]
    if held.checked_by is not None:
        checks = [str(record.check_number(held.checked_by))]
    else:
        checks = [str(number) for number, mets in record.met_of.items() for met in mets if held.origin in met.origins]
    return frozenset(f"{check}|{name}" for check in (*checks, "") for name in names if check or not held.checked_by)


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
    tells = any(held.who == "caller" for place, held in _drawn(reads, trail) if place != "header:host")
    return "introspection" if tells else "response"


def write(place: str, holdings: list[Holdings], placed: Placed, state: State, record: Record) -> None:
    """Put what each trail's place holds from here on, and note who wrote it."""
    for trail, held in zip(state.trails, holdings, strict=False):
        trail.put(place, held)
        if not place.startswith("variable:"):
            record.writers += [w for h in sorted(held, key=_order) if h.by is placed and (w := writer(place, h))]


def _order(held: Holding) -> tuple[str, str, str]:
    return (held.who, held.origin, held.text)


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
    token = held.token
    if token is None:
        return Writer(held.by, kind, (place,), reason=reason)
    came_from = token.placed if token.placed is not held.by else None
    return Writer(held.by, kind, (place,), token.resource, token.client_id, came_from, token.ignore_error, reason)
