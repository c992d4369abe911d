"""What holds of all the rules together: examples of each outcome, links, words, and what they may compare."""

import re
from urllib.parse import urlsplit

import pytest

from apimdoctor.engine import schema
from apimdoctor.engine.causes import CAUSES
from apimdoctor.engine.rule import Rule
from tests.rules.hiding import fields_read
from tests.rules.shipped import RULES

EVERY = pytest.mark.parametrize("rule", RULES.values(), ids=str)
FIRST = """
    issuer-version-mismatch issuer-not-accepted issuer-never-issued issuer-of-other-tenant issuer-unchecked
    any-tenant-accepted audience-not-emitted audience-unchecked tenant-only-token-check audience-of-microsoft-api
    audience-names-no-app audience-is-object-id audience-contradiction caller-token-overwritten-before-check
    gateway-token-accepted response-before-check operation-unprotected check-only-in-product base-missing-drops-check
    check-behind-condition check-guard-never-true scope-without-separator claim-of-other-version
    console-server-without-check managed-identity-not-enabled
"""
HOSTS = ("learn.microsoft.com",)
ISSUES = re.compile(r"https://github\.com/(Azure|MicrosoftDocs)/[\w.-]+/issues/\d+")
WRONG_WORDS = re.compile(r"\b(AAD|Azure AD|client registration|enterprise app|app reg)\b")


def test_the_first_twenty_five_are_there() -> None:
    assert set(FIRST.split()) <= set(RULES)


@EVERY
def test_a_rule_has_a_flagged_and_a_clean_example(rule: Rule) -> None:
    outcomes = [example.expect for example in rule.examples]
    assert "flagged" in outcomes
    assert "clean" in outcomes


@EVERY
def test_a_rule_that_reads_what_may_be_unknown_has_an_example_not_assessed(rule: Rule) -> None:
    fields = [schema.fields(owner)[name] for owner, name in fields_read(rule)]
    if any(field.unknown or field.items_unknown or field.kind == "set" for field in fields):
        assert "not assessed" in [example.expect for example in rule.examples]


@EVERY
def test_a_rule_that_may_be_graver_shows_when(rule: Rule) -> None:
    if rule.error_when is not None:
        assert "error" in [example.severity for example in rule.examples if example.expect == "flagged"]


@EVERY
def test_an_error_rests_on_high_confidence(rule: Rule) -> None:
    """The exceptions are decided: they are errors although what follows from the fact is inference."""
    exceptions = {"tenant-only-token-check", "any-tenant-accepted", "certificate-missing"}
    graver = rule.severity == "error" or rule.error_when is not None
    assert not graver or rule.confidence == "high" or rule.id in exceptions


@EVERY
def test_links_lead_to_documentation(rule: Rule) -> None:
    """Beside it may stand an issue in a repository of the product's own: the pages leave some behaviour out."""
    documentation = [link for link in rule.links if urlsplit(link).netloc in HOSTS]
    assert documentation
    assert all(ISSUES.fullmatch(link) for link in set(rule.links) - set(documentation))
    assert all("/en-us/" not in link for link in rule.links)


@EVERY
def test_a_rule_is_told_in_whole_sentences(rule: Rule) -> None:
    assert len(rule.title) <= 100
    assert not rule.title.endswith(".")
    assert rule.about.endswith((".", ")"))
    assert str(rule.fix).rstrip().endswith((".", ")"))
    assert len(rule.about) > 150
    assert max(len(line) for line in rule.about.splitlines()) <= 120


@EVERY
def test_a_rule_uses_the_words_of_the_project(rule: Rule) -> None:
    text = " ".join([rule.title, rule.about, str(rule.fix), str(rule.message)])
    assert WRONG_WORDS.findall(text) == []


@EVERY
def test_a_flag_compares_two_facts_or_a_fact_and_a_word(rule: Rule) -> None:
    literal = re.search(r'"|\d|true|false', rule.flag.text) is not None
    question = re.search(r"\.(empty|everything|size)\(|!", rule.flag.text) is not None
    assert len(rule.flag.paths) >= 2 or literal or question


@EVERY
def test_placeholders_of_examples_are_known_ones(rule: Rule) -> None:
    assert re.findall(r"(?<![{\w])\{[A-Z]{2,}\}", rule.examples_text) == []


@EVERY
def test_the_rule_stands_in_the_folder_of_a_topic(rule: Rule) -> None:
    assert rule.topic in {
        "issuer",
        "audience",
        "order",
        "coverage",
        "claims",
        "checks",
        "expressions",
        "identity",
        "easy-auth",
        "registration",
        "console",
    }
    assert rule.cause in CAUSES
