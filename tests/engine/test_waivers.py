"""Accepted faults: where a waiver holds, when it lapses, and what is said of one without effect."""

import datetime
from typing import Any

import pytest

from apimdoctor.engine.finding import Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.engine.waivers import Waiver, parse
from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.values import Values
from apimdoctor.facts.vocabulary import Place
from apimdoctor.facts.vocabulary import Waiver as Comment
from tests.engine.made import a_check, a_match, some_facts
from tests.engine.rules_made import ISSUER, a_rule

TODAY = datetime.date(2026, 5, 17)
AT = Place(
    resource="service/apis/orders",
    document="apis/orders/policy.xml",
    api="orders",
    path="inbound/choose[1]/validate-jwt[1]",
    start=120,
    end=300,
)


def verdict(*waivers: Waiver, comments: tuple[Comment, ...] = (), effect: bool = False, **more: Any) -> Verdicts:
    facts = some_facts(
        token_checks=(a_check(accepted_issuers=Values(), apps=(a_match(),), place=AT),), waivers=comments
    )
    rules = [a_rule(ISSUER, "the-effect"), a_rule(ISSUER + "explains: [the-effect]\n", "the-cause")]
    return judge(rules[0 if effect else 1 :], facts, waivers=waivers, today=TODAY, **more)


def a_waiver(**given: Any) -> Waiver:
    return Waiver(
        **{"rule": "the-cause", "resource": "orders", "reason": "known", "source": "x.yaml: waivers[1]"} | given
    )


def a_comment(**given: Any) -> Comment:
    at = Place(document="apis/orders/policy.xml", line=7)
    return Comment(**{"place": at, "rule": "the-cause", "reason": "accepted in review", "covers": AT} | given)


@pytest.mark.parametrize(
    "resource", ["orders", "service/apis/orders", "*/apis/ord*", "apis/orders/policy.xml", "ORDERS"]
)
def test_a_waiver_names_the_place_by_any_of_its_names(resource: str) -> None:
    said = verdict(a_waiver(resource=resource))
    assert said.findings == ()
    (waived,) = said.waived
    assert (waived.reason, waived.finding.rule) == ("known", "the-cause")
    assert waived.finding.fingerprint


@pytest.mark.parametrize("other", [{"resource": "invoices"}, {"rule": "the-other"}])
def test_a_waiver_of_something_else_has_no_effect_and_that_is_said(other: dict[str, str]) -> None:
    said = verdict(a_waiver(**other), known=("the-cause",))
    assert len(said.findings) == 1
    assert len(said.notices) == 1
    assert "x.yaml: waivers[1]" in said.notices[0]


def test_a_waiver_of_a_rule_that_was_not_selected_is_no_mistake() -> None:
    assert verdict(a_waiver(rule="not-selected"), known=("the-cause", "not-selected")).notices == ()


def test_a_waiver_holds_on_its_last_day_and_lapses_on_the_next() -> None:
    assert verdict(a_waiver(until=TODAY)).findings == ()
    said = verdict(a_waiver(until=TODAY - datetime.timedelta(days=1)))
    assert len(said.findings) == 1
    assert said.notices == ("x.yaml: waivers[1]: the waiver of the-cause lapsed on 2026-05-16",)


@pytest.mark.parametrize(
    "covers",
    [
        AT,
        Place(resource=AT.resource, document=AT.document, path="inbound/choose[1]"),
        Place(resource=AT.resource, document=AT.document, path="elsewhere", start=100, end=400),
    ],
)
def test_a_comment_in_the_policy_covers_its_element_and_what_is_inside(covers: Place) -> None:
    (waived,) = verdict(comments=(a_comment(covers=covers),)).waived
    assert (waived.reason, waived.source) == ("accepted in review", "apis/orders/policy.xml:7")


def test_a_comment_does_not_cover_the_next_element() -> None:
    covers = Place(resource=AT.resource, document=AT.document, path="inbound/choose[2]", start=310, end=400)
    said = verdict(comments=(a_comment(covers=covers),))
    assert len(said.findings) == 1
    assert said.notices == ("apis/orders/policy.xml:7: the waiver of the-cause covers no finding",)


def test_a_comment_without_a_reason_has_no_effect_and_that_is_said() -> None:
    said = verdict(comments=(a_comment(reason=""),))
    assert len(said.findings) == 1
    assert said.notices == ("apis/orders/policy.xml:7: a waiver of the-cause without a reason has no effect",)


def test_what_a_waived_finding_explains_goes_with_it() -> None:
    said = verdict(a_waiver(), effect=True)
    assert said.findings == ()
    assert [also.rule for also in said.waived[0].finding.also] == ["the-effect"]


def test_a_waived_consequence_is_told_apart_from_the_finding_that_explains_it() -> None:
    said = verdict(a_waiver(rule="the-effect"), effect=True)
    assert [(finding.rule, finding.also) for finding in said.findings] == [("the-cause", ())]
    assert [entry.finding.rule for entry in said.waived] == ["the-effect"]


def test_waivers_are_read_from_a_configuration() -> None:
    (waiver,) = parse(
        [{"rule": "x-y", "resource": "orders", "reason": "because", "until": "2031-01-31"}], "apimdoctor.yaml"
    )
    assert waiver.until == datetime.date(2031, 1, 31)
    assert waiver.source == "apimdoctor.yaml: waivers[1]"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"rule": "x"}, "waivers must be a list"),
        (["x"], "waivers[1] must be a mapping"),
        ([{"rule": "x", "resource": "y"}], "waivers[1]: reason is missing"),
        ([{"rule": "x", "resource": "y", "reason": " "}], "waivers[1]: reason is missing"),
        ([{"rule": "x", "resource": "y", "reason": "z", "untill": "2031-01-31"}], "did you mean 'until'?"),
        ([{"rule": "x", "resource": "y", "reason": "z", "until": "soon"}], "until must be a date"),
    ],
)
def test_a_waiver_that_cannot_be_understood_is_an_error_with_its_place(entries: object, said: str) -> None:
    with pytest.raises(ApimDoctorError) as caught:
        parse(entries, "apimdoctor.yaml")
    assert said in str(caught.value)
