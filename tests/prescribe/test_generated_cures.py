"""Generated tenants with one planted fault: fixed, scanned again, the fault is gone, nothing is new, all else is as it was."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.engine.prescription import PolicyEdit
from apimdoctor.facts.build import Built, build_whole
from apimdoctor.prescribe.apply import applied
from apimdoctor.prescribe.choosing import chosen
from apimdoctor.prescribe.prescribe import POLICY_TOPICS, prescribed
from apimdoctor.prescribe.reach import Reach, restricted
from apimdoctor.prescribe.text import applied as edited
from apimdoctor.snapshot import Snapshot
from tests.prescribe.cures import texts_of
from tools.faults import FAULTS, plant
from tools.pipeline import concerns, rules
from tools.tenant_generator import SIZES, generate

CURED = sorted(fault for fault in FAULTS if any(fault in topic for topic in POLICY_TOPICS))
SAMPLE = 60
WHOLE = 5_000


@dataclass(frozen=True)
class Scanned:
    """A tenant that was scanned."""

    snapshot: Snapshot
    built: Built
    verdicts: Verdicts


def _scanned(snapshot: Snapshot) -> Scanned:
    built = build_whole(snapshot)
    return Scanned(snapshot, built, judge(rules(), built.facts))


def _planted(number: int) -> tuple[Scanned, str]:
    fault = CURED[number % len(CURED)]
    world = generate(SIZES["tiny"], f"cure {number}")
    sick = plant(fault, world, random.Random(f"cure {number}"))
    return _scanned(files.read_tree(MemoryTree(world.files()))), sick.api


def _treated(scanned: Scanned, api: str) -> tuple[Finding, ...]:
    mine = tuple(one for one in scanned.verdicts.findings if not api or concerns(one, api))
    shown = replace(scanned.verdicts, findings=mine)
    return prescribed(scanned.snapshot, scanned.built, shown, rules(), judged=scanned.verdicts).findings


def _fixed(scanned: Scanned, findings: tuple[Finding, ...]) -> tuple[Snapshot, set[str]]:
    """What --fix-unsafe would make of the files, and the findings it took on."""
    choice = chosen(findings, review=True)
    changes = [change for _, one in choice.taken for change in one.changes]
    merged: dict[str, PolicyEdit] = {}
    for change in changes:
        if isinstance(change, PolicyEdit):
            before = merged.get(change.at.resource)
            edits = {*(before.edits if before else ()), *change.edits}
            merged[change.at.resource] = replace(change, edits=tuple(sorted(edits, key=lambda e: (e.start, e.end))))
    return applied(scanned.snapshot, merged.values()), {finding.fingerprint for finding, _ in choice.taken}


def _assert_fixed(number: int) -> None:
    before, api = _planted(number)
    findings = _treated(before, api)
    cured, taken = _fixed(before, findings)
    if not taken:
        return
    after = _scanned(cured)
    left = {one.fingerprint for one in after.verdicts.findings}
    assert not taken & left
    known = Counter(key for one in before.verdicts.findings for key in _kinds(one))
    now = Counter((one.rule, one.at.resource) for one in after.verdicts.findings if one.severity == "error")
    assert not now - known
    _assert_untouched(before.snapshot, cured, findings)


def _kinds(finding: Finding) -> list[tuple[str, str]]:
    return [(finding.rule, finding.at.resource), *((also.rule, also.at.resource) for also in finding.also)]


def _assert_untouched(before: Snapshot, after: Snapshot, findings: tuple[Finding, ...]) -> None:
    edits = {
        c.at.resource for f in findings for one in f.prescriptions for c in one.changes if isinstance(c, PolicyEdit)
    }
    old, new = texts_of(before), texts_of(after)
    assert {name for name in old if old[name] != new[name]} <= edits
    for finding in findings:
        for one in finding.prescriptions:
            for change in one.changes:
                if isinstance(change, PolicyEdit):
                    _assert_lines_kept(old[change.at.resource], edited(old[change.at.resource], change.edits), change)


def _assert_lines_kept(old: str, new: str, change: PolicyEdit) -> None:
    """Every line that no edit touches stands in the new text, in the same order."""
    lines, position = old.splitlines(keepends=True), 0
    rest = iter(new.splitlines(keepends=True))
    for line in lines:
        end = position + len(line)
        touched = any(edit.start < end and edit.end > position for edit in change.edits)
        within = any(position < edit.start == edit.end < end for edit in change.edits)
        if not touched and not within:
            assert line in rest, line
        position = end


@pytest.mark.parametrize("number", range(SAMPLE))
def test_a_fixed_tenant_has_neither_the_fault_nor_a_new_error(number: int) -> None:
    _assert_fixed(number)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(50))
def test_five_thousand_fixed_tenants_have_neither_the_fault_nor_a_new_error(part: int) -> None:
    for number in range(part, WHOLE, 50):
        _assert_fixed(number)


def test_most_planted_faults_of_policies_are_prescribed_for() -> None:
    treated = {number: _treated(*_planted(number)) for number in range(0, len(CURED), 3)}
    without = [CURED[number] for number, findings in treated.items() if not any(f.prescriptions for f in findings)]
    assert len(without) <= len(treated) // 4, without


@pytest.mark.parametrize("number", range(8))
def test_what_is_found_at_an_api_does_not_depend_on_the_apis_left_out(number: int) -> None:
    whole, api = _planted(number)
    reach = Reach(whole.snapshot, whole.built.facts)
    alone = _scanned(restricted(whole.snapshot, [key for key in reach.everything if key[2] == api]))
    expected = {one.fingerprint for one in whole.verdicts.findings if one.at.api == api}
    assert {one.fingerprint for one in alone.verdicts.findings if one.at.api == api} == expected
