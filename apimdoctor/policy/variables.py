"""Reads of context.Variables, with the steps that may have set them."""

from apimdoctor.policy.nodes import Step
from apimdoctor.policy.reads import own_reads, reads_in
from apimdoctor.policy.record import Record
from apimdoctor.policy.state import Holdings, State, written_by
from apimdoctor.policy.way import VariableUse


def note_reads(step: Step, state: State, record: Record) -> None:
    """Note the variables that a step reads; of a container only what its own attributes read."""
    element = step.placed.element
    if element.constant:
        return
    contains_steps = bool(step.children) or step.name in ("when", "retry", "limit-concurrency")
    reads = own_reads(element, record.named) if contains_steps else reads_in(element, record.named)
    if not reads.variables or not state.trails:
        return
    doubts = 0
    for trail in state.trails:
        doubts |= trail.doubts
    for name in reads.variables:
        holdings: Holdings = frozenset().union(*(trail.at(f"variable:{name}") for trail in state.trails))
        on_every_way = all(held.by is not None for held in holdings)
        use = VariableUse(name, step.placed, written_by(holdings), on_every_way, record.doubts.members(doubts))
        record.variables[use] = None
