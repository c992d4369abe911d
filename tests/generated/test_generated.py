"""Generated tenants: a healthy one has neither error nor warning; one planted fault is found at its place, and told once."""

import random
from collections.abc import Iterable

import pytest

from apimdoctor.engine.finding import Finding
from tools.faults import FAULTS, Planted, plant
from tools.pipeline import concerns, judged, named_rules, rules, told
from tools.tenant_generator import SIZES, generate

TINY = SIZES["tiny"]
NAMES = sorted(FAULTS)
HEALTHY_SEEDS = range(12)
SAMPLE = 300
WHOLE = 10_000


def _assert_found_alone(number: int) -> None:
    fault = NAMES[number % len(NAMES)]
    world = generate(TINY, f"{fault} {number}")
    planted = plant(fault, world, random.Random(f"{fault} {number}"))
    findings = judged(world.files()).findings
    found = [f for f in findings if _is_meant(f, planted) and f.severity in planted.severities]
    assert found, f"{fault} {number} was not found:\n" + "\n".join(map(told, findings))
    assert _loud(f for f in findings if not _is_meant(f, planted)) == [], f"{fault} {number}"


def _is_meant(finding: Finding, planted: Planted) -> bool:
    """Whether a finding tells the planted fault, at its place."""
    there = not planted.api or concerns(finding, planted.api)
    return there and bool(named_rules(finding) & set(planted.rules))


def _loud(findings: Iterable[Finding]) -> list[str]:
    return [told(finding) for finding in findings if finding.severity != "info"]


def _assert_quiet(seed: int) -> None:
    assert _loud(judged(generate(TINY, seed).files()).findings) == []


@pytest.mark.parametrize("seed", HEALTHY_SEEDS)
def test_a_healthy_tenant_has_neither_error_nor_warning(seed: int) -> None:
    _assert_quiet(seed)


@pytest.mark.parametrize("number", range(SAMPLE))
def test_one_planted_fault_is_found_and_nothing_else_is_told(number: int) -> None:
    _assert_found_alone(number)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(100))
def test_ten_thousand_planted_faults_are_found_alone(part: int) -> None:
    for number in range(part, WHOLE, 100):
        _assert_found_alone(number)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(20))
def test_a_thousand_healthy_tenants_have_neither_error_nor_warning(part: int) -> None:
    for seed in range(1000 + part, 2000, 20):
        _assert_quiet(seed)


def test_the_same_seed_gives_the_same_tenant() -> None:
    assert generate(TINY, 7).files() == generate(TINY, 7).files()
    assert generate(TINY, 7).files() != generate(TINY, 8).files()


def test_a_planted_fault_changes_the_files() -> None:
    world = generate(TINY, 3)
    healthy = world.files()
    plant("audience-unchecked", world, random.Random(3))
    assert world.files() != healthy


def test_a_planter_stands_for_each_rule_that_a_folder_can_break() -> None:
    """Some faults need what no folder holds: credentials expire against the time of a scan."""
    loud = {rule.id for rule in rules() if rule.severity != "info"}
    assert sorted(loud - set(NAMES)) == ["credential-expired"]
