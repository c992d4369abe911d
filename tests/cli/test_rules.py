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


# ------------------------------------------------------------ a rule of one's own from the start
def test_a_new_rule_is_written_and_its_examples_hold(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "house rules"
    done = run("rules", "new", "our-clients-named", str(folder))
    assert done.code == 0
    assert done.out.splitlines()[0] == str(folder / "our-clients-named.yaml")
    checked = run("rules", "check", str(folder))
    assert (checked.code, checked.out) == (0, "1 rule, 3 examples: all hold\n")


def test_a_new_rule_says_in_comments_what_each_part_is(run: Run, tmp_path: Path) -> None:
    run("rules", "new", "our-clients-named", str(tmp_path))
    lines = (tmp_path / "our-clients-named.yaml").read_text("utf-8").splitlines()
    keys = [
        place for place, line in enumerate(lines) if line.startswith(("id:", "severity:", "about:", "each:", "flag:"))
    ]
    assert len(keys) == 5
    assert all(lines[place - 1].startswith("#") for place in keys)


def test_a_new_rule_judges_policies(run: Run, tmp_path: Path) -> None:
    run("rules", "new", "our-clients-named", str(tmp_path / "house"))
    check = '<validate-azure-ad-token tenant-id="0b9d5a17-64e2-4f83-9c01-d7e8f2a36b54" />'
    write(tmp_path, "apim/apis/orders/policy.xml", f"<policies><inbound>{check}</inbound></policies>")
    write(tmp_path, "apim/apis/orders/apiInformation.json", {"properties": {"displayName": "Orders"}})
    options = ("--rules", str(tmp_path / "house"), "--select", "our-clients-named", "--fail-on", "warning")
    done = run("scan", "--from", str(tmp_path / "apim"), *options)
    assert done.code == 1
    assert "warning  our-clients-named" in done.out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Our_Rule", "'Our_Rule' is no id of a rule"),
        ("single", "'single' is no id of a rule"),
        ("audience-unchecked", "a rule 'audience-unchecked' ships already"),
    ],
)
def test_a_new_rule_needs_an_id_of_its_own(run: Run, tmp_path: Path, name: str, said: str) -> None:
    done = run("rules", "new", name, str(tmp_path))
    assert done.code == 2
    assert said in done.err
    assert not list(tmp_path.iterdir())


def test_a_rule_that_is_there_is_never_written_over(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "our-clients-named.yaml", "mine")
    done = run("rules", "new", "our-clients-named", str(tmp_path))
    assert done.code == 2
    assert "is there already" in done.err
    assert file.read_text("utf-8") == "mine"


def test_a_mistake_in_yaml_is_shown_with_a_caret(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "own.yaml", OWN.replace("at: check", "at: [check"))
    done = run("rules", "check", str(tmp_path))
    assert done.code == 1
    place, line, caret = done.err.splitlines()[:3]
    assert "own.yaml:13:8: is not readable as YAML" in place
    assert line.startswith(" | ")
    assert caret.endswith("^")
