"""Public configurations that people judged by hand, rebuilt: the true defects are named, the traps stay quiet."""

import flagged_rows
import pytest
import quiet_rows
from judged_house import API, Row

from tools.pipeline import concerns, judged, named_rules, rules, told

SHIPPED = {rule.id for rule in rules()}
"""A row whose rule does not ship yet is expected to fail, and has to be right from the day that it does."""


def _row(row: Row) -> object:
    missing = sorted(set(row.rules) - SHIPPED)
    marks = [pytest.mark.xfail(strict=True, reason=f"needs {missing}")] if set(missing) == set(row.rules) else []
    return pytest.param(row, marks=marks)


@pytest.mark.parametrize("row", [_row(row) for row in flagged_rows.ROWS], ids=[row.number for row in flagged_rows.ROWS])
def test_a_true_defect_is_an_error_or_a_warning_at_its_api(row: Row) -> None:
    findings = [f for f in judged(row.build()).findings if f.severity != "info"]
    here = [f for f in findings if concerns(f, API) or f.at.app]
    assert any(named_rules(f) & set(row.rules) for f in here), "\n".join(map(told, findings)) or "no finding"


@pytest.mark.parametrize("row", quiet_rows.ROWS, ids=lambda row: row.number)
def test_a_false_positive_trap_gets_no_error(row: Row) -> None:
    errors = [f for f in judged(row.build()).findings if f.severity == "error"]
    assert [told(f) for f in errors] == []


def test_a_document_that_is_cut_off_is_named_as_not_assessed_and_never_as_unprotected() -> None:
    verdicts = judged(flagged_rows.cut_off_close_tag())
    assert [told(f) for f in verdicts.findings if f.severity == "error"] == []
    assert verdicts.not_assessed != ()
