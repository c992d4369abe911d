"""Rule files: what they declare, and that every mistake is found with its place."""

from pathlib import Path

import pytest

from apimdoctor.engine.declared import RuleError
from apimdoctor.engine.rule import RulesError, load, packaged, read
from apimdoctor.engine.rulefile import parse
from tests.engine.rules_made import HEAD, ISSUER, a_rule

GOOD = HEAD.format(id="some-rule", severity="error") + ISSUER + "fix: Accept {match.app.issuers}.\n"


def faults(text: str, file: str = "rules/issuer/some-rule.yaml") -> list[str]:
    with pytest.raises(RuleError) as caught:
        parse(text, file)
    return caught.value.faults


def changed(key: str, value: str) -> str:
    lines = [line for line in GOOD.splitlines() if not line.startswith(f"{key}:")]
    return "\n".join([*lines, f"{key}: {value}" if value else ""])


def test_a_rule_knows_what_it_declares() -> None:
    rule = parse(GOOD, "rules/issuer/some-rule.yaml")
    assert (rule.id, rule.topic, rule.severity, rule.cause) == ("some-rule", "issuer", "error", "issuer-other")
    assert [(each.name, each.subject.__name__) for each in rule.each] == [
        ("check", "TokenCheck"),
        ("match", "AppMatch"),
    ]
    assert str(rule.fix) == "Accept {match.app.issuers}."


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("id", "Some_Rule", "id: 'Some_Rule' is not lower-case words with hyphens"),
        ("id", "other-rule", "id: is 'other-rule', but the file is called 'some-rule'"),
        ("title", "", "title: is missing"),
        ("severity", "grave", "severity: 'grave' is not one of error, warning, info"),
        ("confidence", "sure", "confidence: 'sure' is not one of high, medium, low"),
        ("cause", "issuer", "cause: 'issuer' is not one of"),
        ("links", "[http://learn.microsoft.com/x]", "links: 'http://learn.microsoft.com/x' is no https address"),
        ("links", "[]", "links: name the documentation pages"),
        ("colour", "red", "colour: is no key of a rule"),
        ("flagg", "'true'", "flagg: is no key of a rule (did you mean 'flag'?)"),
        ("each", "{check: token_check}", "each.check: Facts has no fact 'token_check' (did you mean 'token_checks'?)"),
        ("each", "{check: token_checks.apps}", "token_checks is a list of TokenCheck: bind it in `each` first"),
        ("each", "{route: routes, api: route.api}", "each.api: route.api must be a list of subjects, is one Api"),
        ("each", "{route: routes, n: route.name}", "each.n: route.name must be a list of subjects, is a text"),
        ("each", "{routes: routes}", "each.routes: a variable is a lower-case word"),
        ("flag", "check.isuer == 'x'", "flag: 1:6: TokenCheck has no fact 'isuer'"),
        ("flag", "check.element", "flag: must be BOOL, is STRING"),
        ("error_when", "check.apps.size() > 0", "error_when: 1:16: the size of apps is not known"),
        ("at", "match.app.issuers", "at: match.app.issuers must be one subject, is a set of texts"),
        ("at", "route", "at: 'route' does not start with a variable of `each`"),
        ("related", "[check.apps]", "related: check.apps must be one subject, is a list of AppMatch"),
        ("message", "'{match.certainty}'", "message: {match.certainty} is read, but only `at` and `related`"),
        ("message", "'{check.isuer}'", "message: {check.isuer}: TokenCheck has no fact 'isuer'"),
        ("message", "'{check.apps}'", "message: {check.apps} must be a text, a number or a set"),
        ("fix", "'{route.name}'", "fix: {route.name} is read, but only `at` and `related`"),
    ],
)
def test_a_mistake_is_found_when_the_rule_loads(key: str, value: str, said: str) -> None:
    assert any(said in fault for fault in faults(changed(key, value)))


def test_all_mistakes_are_told_at_once_and_name_the_file() -> None:
    found = faults(
        changed("severity", "grave").replace("cause: issuer-other", "cause: x").replace("at: check", "at: y")
    )
    assert len(found) == 3
    assert all(fault.startswith("rules/issuer/some-rule.yaml: ") for fault in found)


def test_a_flag_that_grew_beyond_three_lines_asks_for_a_fact() -> None:
    long = " && ".join(['check.element == "validate-jwt"'] * 20)
    assert any("a fact is missing" in fault for fault in faults(changed("flag", f"'{long}'")))


def test_what_is_no_yaml_is_said_without_a_traceback() -> None:
    assert "is not readable as YAML" in faults("id: [some-rule")[0]
    assert "must be a mapping" in faults("- a list")[0]


def test_a_named_value_in_a_message_is_no_placeholder() -> None:
    rule = a_rule(ISSUER.replace("gets {match.app.issuers}", "not {{tenant}}"))
    assert "{{tenant}}" in str(rule.message)


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ("- {expect: clean}", "examples[1]: must be a mapping with a name"),
        ("- {name: a, expect: good}", "examples[1]: expect must be one of flagged, clean, not assessed"),
        ("- {name: a, expect: clean}\n- {name: a, expect: clean}", "there are two examples called 'a'"),
        ("- {name: a, expect: flagged, severity: grave}", "severity is one of"),
    ],
)
def test_mistakes_in_examples_are_found_when_they_are_read(tmp_path: Path, examples: str, said: str) -> None:
    (tmp_path / "some-rule.yaml").write_text(GOOD + "examples:\n" + examples + "\n")
    assert any(said in fault for fault in read([tmp_path])[1])


def test_keys_may_follow_the_examples(tmp_path: Path) -> None:
    text = GOOD.replace("fix:", "examples:\n  - {name: a, expect: clean}\nfix:")
    rule = parse(text, "rules/issuer/some-rule.yaml")
    assert [example.name for example in rule.examples] == ["a"]
    assert str(rule.fix).startswith("Accept")


def test_loading_checks_rules_against_each_other(tmp_path: Path) -> None:
    for folder, name, more in (
        ("a", "some-rule", "explains: [other-rule]\n"),
        ("a", "other-rule", "explains: [some-rule, missing-rule]\n"),
        ("b", "some-rule", ""),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.yaml").write_text(GOOD.replace("id: some-rule", f"id: {name}") + more)
    with pytest.raises(RulesError) as caught:
        load([tmp_path / "a", tmp_path / "b"])
    told = "\n".join(caught.value.faults)
    assert "b/some-rule.yaml: id: some-rule is also declared by a/some-rule.yaml" in told
    assert "explains: there is no rule 'missing-rule'" in told
    assert "explains: leads back to the rule itself" in told


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="holds no rule"):
        load([tmp_path])
    with pytest.raises(RulesError, match="is no folder"):
        load([tmp_path / "missing"])


def test_the_rules_that_ship_are_found_and_load() -> None:
    assert packaged().is_dir()
    assert len(load()) >= 25
