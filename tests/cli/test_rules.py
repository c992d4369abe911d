"""`rules list`, `rules check` and `explain`."""

from pathlib import Path

import pytest

from apimdoctor.engine.rule import load
from tests.cli.conftest import Run
from tests.cli.folders import write

OWN = """\
id: own-audience-unchecked
title: A token check of ours checks no audience
severity: warning
confidence: high
cause: audience-unchecked
about: Ours must check the audience.
fix: Add one.
links: [https://learn.microsoft.com/azure/api-management/validate-jwt-policy]
each: {check: token_checks}
flag: >-
  check.accepted_audiences.everything()
at: check
message: >-
  {check.element} accepts {check.accepted_audiences}
examples:
  - name: no audience
    expect: flagged
    policy: |
      <validate-jwt header-name="Authorization">
        <openid-config url="https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration" />
      </validate-jwt>
"""


def test_every_rule_is_listed_with_its_title_and_the_number_is_told(run: Run) -> None:
    done = run("rules", "list")
    rules = load()
    assert done.code == 0
    for rule in rules:
        assert any(rule.id in line and rule.title in line for line in done.out.splitlines())
    assert f"{len(rules)} rules" in done.out


@pytest.mark.parametrize("rule", load(), ids=str)
def test_every_rule_explains_itself(run: Run, rule) -> None:
    done = run("explain", rule.id)
    assert done.code == 0
    assert done.out.startswith(f"{rule.id}\n")
    for part in ("Why", "What to change", "Flagged when", *rule.links):
        assert part in done.out
    for example in rule.examples:
        assert f"Example ({example.expect}): {example.name}" in done.out


def test_an_unknown_rule_suggests_the_nearest(run: Run) -> None:
    assert "did you mean issuer-version-mismatch?" in run("explain", "issuer-version-missmatch").err


def test_a_folder_of_own_rules_is_checked_by_its_examples(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "own/own-audience-unchecked.yaml", OWN)
    done = run("rules", "check", tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == "1 rule, 1 example: all hold\n"


def test_an_example_that_turns_out_otherwise_is_named(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "own/own-audience-unchecked.yaml", OWN.replace("expect: flagged", "expect: clean"))
    done = run("rules", "check", tmp_path)
    assert done.code == 1
    assert "example 'no audience': expected clean, is flagged" in done.err


def test_a_misspelled_fact_is_shown_with_a_caret(run: Run, tmp_path: Path) -> None:
    write(
        tmp_path,
        "own/own-audience-unchecked.yaml",
        OWN.replace("check.accepted_audiences.every", "check.acepted.every"),
    )
    done = run("rules", "check", tmp_path)
    assert done.code == 1
    assert "acepted" in done.err
    assert "^" in done.err


def test_own_rules_take_part_in_a_scan(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "own/own-audience-unchecked.yaml", OWN)
    write(
        tmp_path, "in/policy.xml", "<policies><inbound><validate-jwt header-name='Authorization'/></inbound></policies>"
    )
    done = run("scan", "--from", tmp_path / "in", "--rules", tmp_path / "own", "--report", "json")
    judged = done.report["findings"] + done.report["not_assessed"]
    assert "own-audience-unchecked" in {entry["rule"] for entry in judged}


def test_an_example_of_another_severity_or_wording_is_named(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "own/own-audience-unchecked.yaml", OWN.replace("    policy:", "    severity: error\n    policy:"))
    assert "expected severity error, is warning" in run("rules", "check", tmp_path).err
    write(tmp_path, "own/own-audience-unchecked.yaml", OWN.replace("    policy:", "    says: purple\n    policy:"))
    assert "expected 'purple' in: validate-jwt accepts any value" in run("rules", "check", tmp_path).err
