"""Every rule's flagged examples with their prescriptions: from source policy to patched source, and what is left then."""

from __future__ import annotations

import pytest

from apimdoctor.engine.finding import Finding
from apimdoctor.engine.prescription import PolicyEdit
from tests.prescribe import golden
from tests.prescribe.cures import Patient, after, patients, texts_of


@pytest.mark.parametrize("rule", sorted(golden.by_rule()))
def test_the_prescriptions_of_a_rule_are_those_of_its_golden_file(rule: str) -> None:
    expected = golden.sections((golden.FOLDER / f"{rule}.txt").read_text("utf-8"))
    told = golden.sections(golden.text(golden.by_rule()[rule]))
    # An example that is new has no golden text yet; the next test looks at what cures it.
    assert {name: text for name, text in told.items() if name in expected} == expected


@pytest.mark.parametrize("rule", sorted(golden.by_rule()))
def test_every_rule_that_a_change_of_policies_cures_has_an_example_that_is_cured(rule: str) -> None:
    assert "\n-- " in (golden.FOLDER / f"{rule}.txt").read_text("utf-8")


@pytest.mark.parametrize("patient", patients(), ids=str)
def test_a_cured_example_has_neither_its_finding_nor_a_new_error(patient: Patient) -> None:
    before = patient.seen
    known = {_kind(one) for one in before.all.findings} | {
        (also.rule, also.at.resource) for one in before.all.findings for also in one.also
    }
    for finding in patient.findings:
        for one in finding.prescriptions:
            left = after(patient.snapshot, one).all.findings
            assert finding.fingerprint not in {other.fingerprint for other in left}
            assert {_kind(other) for other in left if other.severity == "error"} <= known


@pytest.mark.parametrize("patient", patients(), ids=str)
def test_a_cure_leaves_the_text_outside_of_its_edits_as_it_is(patient: Patient) -> None:
    before = texts_of(patient.snapshot)
    for finding in patient.findings:
        for one in finding.prescriptions:
            now = texts_of(after(patient.snapshot, one).snapshot)
            edited = {c.at.resource: c.edits for c in one.changes if isinstance(c, PolicyEdit)}
            for resource, text in before.items():
                kept = text
                for edit in reversed(edited.get(resource, ())):
                    kept = kept[: edit.start] + "\0" + kept[edit.end :]
                position = 0
                for piece in kept.split("\0"):
                    position = now[resource].index(piece, position) + len(piece)


def _kind(finding: Finding) -> tuple[str, str]:
    return (finding.rule, finding.at.resource)
