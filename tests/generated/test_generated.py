"""Generated tenants: a healthy one has no error, and one planted fault is found, at its place, with no other error."""

import random

import pytest

from tools.pipeline import concerns, judged, named_rules, told
from tools.planted_faults import FAULTS, plant
from tools.tenant_generator import SIZES, generate

TINY = SIZES["tiny"]
HEALTHY_SEEDS = range(12)
SAMPLE = [(fault, seed) for seed in range(2) for fault in sorted(FAULTS)]
WHOLE = 10_000


def _assert_found_alone(fault: str, seed: int) -> None:
    world = generate(TINY, f"{fault} {seed}")
    planted = plant(fault, world, random.Random(f"{fault} {seed}"))
    findings = judged(world.files()).findings
    loud = [f for f in findings if f.severity in planted.severities and concerns(f, planted.api)]
    assert any(named_rules(f) & set(planted.rules) for f in loud), "not found:\n" + "\n".join(map(told, findings))
    errors = [f for f in findings if f.severity == "error"]
    assert [told(f) for f in errors if not (concerns(f, planted.api) and named_rules(f) & set(planted.rules))] == []


def _assert_quiet(seed: int) -> None:
    errors = [f for f in judged(generate(TINY, seed).files()).findings if f.severity == "error"]
    assert [told(f) for f in errors] == []


@pytest.mark.parametrize("seed", HEALTHY_SEEDS)
def test_a_healthy_tenant_has_no_error(seed: int) -> None:
    _assert_quiet(seed)


@pytest.mark.parametrize(("fault", "seed"), SAMPLE)
def test_one_planted_fault_is_found_and_nothing_else_is_an_error(fault: str, seed: int) -> None:
    _assert_found_alone(fault, seed)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(100))
def test_ten_thousand_planted_faults_are_found_alone(part: int) -> None:
    faults = sorted(FAULTS)
    for number in range(part, WHOLE, 100):
        _assert_found_alone(faults[number % len(faults)], number)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(20))
def test_a_thousand_healthy_tenants_have_no_error(part: int) -> None:
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
