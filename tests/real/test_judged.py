"""Public configurations that people judged by hand, rebuilt: the true defects are named, the traps stay quiet."""

import flagged_rows
import pytest
import quiet_rows
from judged_house import API, Row

from tools.pipeline import concerns, judged, named_rules, told

NOW = [row for row in flagged_rows.ROWS if not row.later]
LATER = [
    pytest.param(row, marks=pytest.mark.xfail(strict=True, reason=f"needs the rule {row.later}"))
    for row in flagged_rows.ROWS
    if row.later
]


@pytest.mark.parametrize("row", NOW + LATER, ids=lambda row: row.number)
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
