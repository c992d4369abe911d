"""Whether the on-error section turns the refusal of a token check into a success."""

from collections.abc import Iterator, Sequence

from apimdoctor.policy.condition import holds
from apimdoctor.policy.ends import status_of
from apimdoctor.policy.nodes import Inherited, Node, Perhaps, Step
from apimdoctor.policy.reads import reads_of
from apimdoctor.policy.record import Record
from apimdoctor.policy.value import EMPTY, Value, literal, symbol
from apimdoctor.policy.way import Doubt, Placed

_SPEAKS_OF_CHECKS = ("validate-jwt", "validate-azure-ad-token", "401", "403", "Token", "Unauthorized", "JwtInvalid")
"""What a condition on `context.LastError` holds when it means a failed token check (docs: error-handling)."""


def hidden(record: Record) -> tuple[Placed | Doubt, ...]:
    """The steps of on-error that answer 2xx, or forward, after a token check failed; doubts for what could not be read."""
    return tuple(dict.fromkeys(_successes(record.effective.sections["on-error"], record)))


def _successes(nodes: Sequence[Node], record: Record) -> Iterator[Placed | Doubt]:
    for place, node in enumerate(nodes):
        if isinstance(node, Doubt):
            yield node
        if isinstance(node, (Inherited, Perhaps)):
            yield from _successes(node.nodes, record)
        if not isinstance(node, Step):
            continue
        if node.name in ("return-response", "mock-response"):
            status = status_of(node.placed.element, record)
            if status is not None and 200 <= status < 300:
                yield node.placed
            return
        if node.name in ("forward-request", "invoke-request"):
            yield node.placed
        elif node.name == "set-status":
            # The last one counts, and an answer of its own brings its own status.
            if _succeeds(literal(record.value(node.placed.element, "code") or EMPTY)) and not any(
                isinstance(later, Step) and later.name in ("set-status", "return-response", "mock-response")
                for later in nodes[place + 1 :]
            ):
                yield node.placed
        elif node.name == "choose":
            yield from _in_branches(node, record)
        elif node.children:
            yield from _successes(node.children, record)


def _succeeds(code: str | None) -> bool:
    return code is not None and code.strip().isdecimal() and 200 <= int(code) < 300


def _in_branches(choose: Step, record: Record) -> Iterator[Placed | Doubt]:
    for child in choose.children:
        if not isinstance(child, Step):
            continue
        condition = record.value(child.placed.element, "condition") if child.name == "when" else None
        if condition is not None and not _may_mean_a_check(condition, record):
            continue
        yield from _successes(child.children, record)
        if condition is not None and holds(condition, lambda _: None) is True:
            return


def _may_mean_a_check(condition: Value, record: Record) -> bool:
    """Whether a condition may hold after a refusal, which has the status that its check says."""
    if all(holds(condition, lambda _: None, {"response.statuscode": code}) is False for code in _codes(record)):
        return False
    if not any(word.startswith("lasterror") for word in reads_of(condition).words):
        return True
    text = symbol(condition)
    return any(word in text for word in _SPEAKS_OF_CHECKS)


def _codes(record: Record) -> set[str]:
    """The status codes with which the checks on the way refuse (docs: validate-jwt, failed-validation-httpcode)."""
    written = {literal(record.value(check.element, "failed-validation-httpcode") or EMPTY) for check in record.checks}
    return {code.strip() for code in written if code and code.strip()} | {"401"}
