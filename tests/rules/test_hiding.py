"""What is not known never decides: hiding one thing turns no verdict from flagged to clean, or back, and none graver."""

import random

import pytest

from apimdoctor.engine.examples import Result, outcome
from apimdoctor.engine.finding import SEVERITIES
from apimdoctor.engine.judge import judge
from tests.rules.hiding import Hiding, hidings
from tests.rules.shipped import CASES, Case, result

SAMPLE = 8


def turned(case: Case, told: Result, hiding: Hiding) -> str:
    """What hiding one thing did to the verdict that it must not do; "" when nothing."""
    with hiding.applied():
        verdicts = judge([case.rule], told.facts)
    now = outcome(verdicts)
    if "not assessed" not in (now, told.outcome) and now != told.outcome:
        return f"{told.outcome} became {now} with {hiding}"
    if now == told.outcome == "flagged":
        before, after = (
            min(SEVERITIES.index(finding.severity) for finding in each.findings) for each in (told.verdicts, verdicts)
        )
        return f"it became graver with {hiding}" if after < before else ""
    return ""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_hiding_a_thing_turns_no_verdict_round(case: Case) -> None:
    told = result(case.rule.id, case.example.name)
    every = list(hidings(case.rule, told.facts))
    some = random.Random(str(case)).sample(every, min(SAMPLE, len(every)))
    assert every
    assert [wrong for hiding in some if (wrong := turned(case, told, hiding))] == []


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=str)
def test_hiding_any_thing_turns_no_verdict_round(case: Case) -> None:
    told = result(case.rule.id, case.example.name)
    assert [wrong for hiding in hidings(case.rule, told.facts) if (wrong := turned(case, told, hiding))] == []


def test_the_test_has_teeth() -> None:
    """A fact that is replaced by another value, instead of hidden, does turn verdicts round."""
    case = next(
        case for case in CASES if case.rule.id == "tenant-only-token-check" and case.example.expect == "flagged"
    )
    told = result(case.rule.id, case.example.name)
    assert turned(case, told, Hiding(told.facts.token_checks[0], "restricts", ("audience",)))
