"""Cures of order: the step that runs too early moves below the token check, or the check above it."""

from collections.abc import Iterator

from apimdoctor.engine.prescription import PolicyEdit, Prescription
from apimdoctor.facts.vocabulary import Passage, Place, Step, TokenCheck
from apimdoctor.policy.tree import Element
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.text import CannotEditError, Script
from apimdoctor.prescribe.where import BREADTH, home, in_fragment, statement

_HARMLESS = frozenset({"base", "cors", "set-variable", "validate-jwt", "validate-azure-ad-token", "rate-limit"})
"""Steps between which the caller's identity is neither used nor changed."""


def identity_below_check(case: Case) -> Iterator[Prescription]:
    """The gateway's own credential is put in place after the caller's token has been checked."""
    change = case.subject("change")
    check = case.subject("passage").check
    edit, moved, alone = moved_below(case, change.place, change.scope, check.place, check.scope)
    accepted = case.finding.rule == "gateway-token-accepted"
    yield Prescription(
        title=f"Check the caller's token before {change.element} replaces it: {moved}",
        safety="review" if accepted or not alone else "safe",
        changes=(edit,),
        side_effects=(f"{check.element} still accepts {check.accepted_audiences}: see that it is the API's own.",)
        if accepted
        else (),
    )


def step_below_check(case: Case) -> Iterator[Prescription]:
    """A step that calls out, counts or reads the caller's data comes after the token check."""
    step = case.subject("step")
    check = _check_after(case, step)
    edit, moved, alone = moved_below(case, step.place, step.scope, check.place, check.scope)
    yield Prescription(title=f"Check the token first: {moved}", safety="safe" if alone else "review", changes=(edit,))


def _check_after(case: Case, step: Step) -> TokenCheck:
    """The first check of the caller's token that a step runs before."""
    for route in case.routes():
        for passage in route.passages:
            if isinstance(passage, Passage) and step in passage.before:
                return passage.check
    raise CannotEditError("no token check runs after the step")


def answer_below_check(case: Case) -> Iterator[Prescription]:
    """An answer, or a lookup in the cache, comes after the token check."""
    step, check = case.subject("step"), case.subject("check")
    edit, moved, _ = moved_below(case, step.place, step.scope, check.place, check.scope)
    yield Prescription(
        title=f"Check the token before the answer: {moved}",
        safety="review",
        changes=(edit,),
        side_effects=("Callers without a valid token that got this answer so far are refused.",),
    )


def cors_above_check(case: Case) -> Iterator[Prescription]:
    """`cors` runs before the token check, so that a refusal too carries the headers a browser wants."""
    cors = case.subject("cors")
    edits: dict[str, PolicyEdit] = {}
    title = "Answer preflights first"
    for check in case.subjects("check"):
        edit, moved, _ = moved_below(case, check.place, check.scope, cors.place, cors.scope, prefer_second=True)
        edits.setdefault(edit.at.resource, edit)
        title = f"Let cors run before the token check: {moved}"
    yield Prescription(title=title, safety="safe", changes=tuple(edits.values()))


def moved_below(
    case: Case, first: Place, first_scope: str, second: Place, second_scope: str, *, prefer_second: bool = False
) -> tuple[PolicyEdit, str, bool]:
    """The edit after which what ran first runs below what ran second, in words, and whether nothing else is touched.

    In one document the first moves down (with `prefer_second` the second moves up); across scopes the narrower one moves
    around its `<base/>`, because a broader policy runs elsewhere too.
    """
    if first.resource == second.resource and in_fragment(first):
        script = case.script(first)
        upper, lower = script.step_of(script.at(first)), script.step_of(script.at(second))
    else:
        script, upper, lower = _in_policies(case, first, first_scope, second, second_scope)
    if upper is lower or script.parent(upper) is not script.parent(lower) or upper.start > lower.start:
        raise CannotEditError("the two do not stand one after the other")
    if lower.name == "base" or (upper.name != "base" and not prefer_second):
        edits = script.move(upper, after=lower)
        words = f"<{upper.name}> moves below <{lower.name}>"
    else:
        edits = script.move(lower, before=upper)
        words = f"<{lower.name}> moves above <{upper.name}>"
    return script.edit(*edits), words, _alone(script, upper, lower)


def _in_policies(
    case: Case, first: Place, first_scope: str, second: Place, second_scope: str
) -> tuple[Script, Element, Element]:
    one, other = home(case, first, first_scope), home(case, second, second_scope)
    if one.place.resource == other.place.resource:
        return one, statement(one, first), statement(one, second)
    if first_scope not in BREADTH or second_scope not in BREADTH:
        raise CannotEditError("the scopes are not known")
    if BREADTH.index(first_scope) < BREADTH.index(second_scope):
        return other, _base(other), statement(other, second)
    return one, statement(one, first), _base(one)


def _base(script: Script) -> Element:
    base = script.section("inbound").child("base")
    if base is None:
        raise CannotEditError("the section has no <base/>")
    return base


def _alone(script: Script, upper: Element, lower: Element) -> bool:
    """Whether the step passes only steps that do not care whose credential the request carries."""
    between = [e for e in script.parent(upper).elements if upper.start < e.start < lower.start]
    plain = upper.name not in ("choose", "include-fragment")
    return plain and all(element.name in _HARMLESS for element in between)


PRESCRIBERS: Prescribers = {
    "caller-token-overwritten-before-check": identity_below_check,
    "gateway-token-accepted": identity_below_check,
    "local-steps-before-base": step_below_check,
    "backend-from-request-before-check": step_below_check,
    "counter-key-from-unchecked-token": step_below_check,
    "response-before-check": answer_below_check,
    "cached-response-before-check": answer_below_check,
    "cors-not-first": cors_above_check,
}
