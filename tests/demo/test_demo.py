"""The fictional tenant: each planted fault is found at its API, and nothing else is an error."""

import json
from pathlib import Path

import pytest

import apimdoctor.demo
from apimdoctor.engine.finding import Verdicts
from tools.pipeline import concerns, judged_folder, named_rules, told

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text("utf-8"))
TENANT = Path(apimdoctor.demo.__file__).parent / "tenant"


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    return judged_folder(TENANT)


@pytest.mark.parametrize("entry", EXPECTED["errors"], ids=lambda entry: entry["api"])
def test_each_planted_fault_is_an_error_at_its_api(verdicts: Verdicts, entry: dict) -> None:
    here = [f for f in verdicts.findings if concerns(f, entry["api"], entry.get("operation", ""))]
    errors = [f for f in here if f.severity == "error"]
    assert any(named_rules(f) & set(entry["rules"]) for f in errors), "\n".join(map(told, here))


@pytest.mark.parametrize("entry", EXPECTED["errors"], ids=lambda entry: entry["api"])
def test_a_sick_api_has_no_error_but_its_own(verdicts: Verdicts, entry: dict) -> None:
    errors = [f for f in verdicts.findings if f.severity == "error" and concerns(f, entry["api"])]
    assert [told(f) for f in errors if not named_rules(f) & set(entry["rules"])] == []


@pytest.mark.parametrize("api", EXPECTED["healthy"])
def test_an_api_that_only_looks_guilty_has_no_error(verdicts: Verdicts, api: str) -> None:
    errors = [f for f in verdicts.findings if f.severity == "error" and concerns(f, api)]
    assert [told(f) for f in errors] == []


def test_nothing_outside_the_apis_is_an_error(verdicts: Verdicts) -> None:
    apis = [entry["api"] for entry in EXPECTED["errors"]] + EXPECTED["healthy"]
    errors = [f for f in verdicts.findings if f.severity == "error"]
    assert [told(f) for f in errors if not any(concerns(f, api) for api in apis)] == []


def test_the_healthy_apis_get_at_most_a_warning_per_five(verdicts: Verdicts) -> None:
    warnings = [f for f in verdicts.findings if f.severity == "warning"]
    elsewhere = [f for f in warnings if any(concerns(f, api) for api in EXPECTED["healthy"])]
    assert len(elsewhere) <= len(EXPECTED["healthy"]) // 5, "\n".join(map(told, elsewhere))


def test_the_readme_names_every_api_of_the_tenant() -> None:
    told_of = (TENANT / "README.md").read_text("utf-8")
    apis = {path.parent.name.partition(";")[0] for path in TENANT.rglob("apiInformation.json")}
    assert apis == {entry["api"] for entry in EXPECTED["errors"]} | set(EXPECTED["healthy"])
    assert [api for api in sorted(apis) if f"`{api}`" not in told_of] == []
