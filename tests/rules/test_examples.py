"""Every example of every rule says what it promises, from files to verdict."""

import pytest

from apimdoctor.engine.finding import SEVERITIES
from tests.rules.shipped import CASES, Case, result


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_example_holds(case: Case) -> None:
    told = result(case.rule.id, case.example.name)
    why = [entry.reason for entry in told.verdicts.not_assessed] + [entry.message for entry in told.verdicts.findings]
    assert told.outcome == case.example.expect, why
    assert told.verdicts.notices == ()
    if case.example.severity:
        gravest = min((finding.severity for finding in told.verdicts.findings), key=SEVERITIES.index)
        assert gravest == case.example.severity
    assert case.example.says in " ".join(finding.message for finding in told.verdicts.findings)
