"""What a flag may say, what it may not, and what it answers when a fact is not known."""

from typing import Any

import pytest

from apimdoctor.engine.expression import Evaluator
from apimdoctor.engine.typed import ExpressionError, check
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Api, App, AppMatch, Entry, Operation, RequiredClaim, Route, TokenCheck
from tests.engine.made import a_check, a_claim, a_match, a_route, an_api, an_app, an_entry

HIDDEN = Unknown("nobody told")
VARIABLES: dict[str, type[Any]] = {
    "check": TokenCheck,
    "match": AppMatch,
    "claim": RequiredClaim,
    "route": Route,
    "entry": Entry,
}


def subjects(**changed: Any) -> dict[str, Any]:
    return {
        "check": a_check(),
        "match": a_match(),
        "claim": a_claim(),
        "route": a_route(),
        "entry": an_entry(),
    } | changed


def ask(flag: str, **changed: Any) -> bool | Unknown:
    return Evaluator().ask(check(flag, VARIABLES), subjects(**changed))


V1 = Values(known=("https://sts.windows.net/0b2d4f0e-7c35-4a0b-9d3a-5f6f2f1c7a11/",))
V2 = Values(known=("https://login.microsoftonline.com/0b2d4f0e-7c35-4a0b-9d3a-5f6f2f1c7a11/v2.0",))
BOTH = Values(known=V1.known + V2.known)
SOME = Values(known=V1.known, rest="metadata was not read")
UNREAD = Values(rest="nobody told")
ANY = Values(all=True)


@pytest.mark.parametrize(
    ("flag", "changed", "expected"),
    [
        ('check.element == "validate-jwt"', {}, True),
        ('check.element != "validate-jwt"', {}, False),
        ("check.clock_skew_seconds > 300", {"check": a_check(clock_skew_seconds=600)}, True),
        ("check.clock_skew_seconds > 300", {"check": a_check(clock_skew_seconds=0)}, False),
        ("!check.requires_expiry", {"check": a_check(requires_expiry=False)}, True),
        ('"audience" in check.restricts', {"check": a_check(restricts=("audience",))}, True),
        ('check.restricts.all(r, r == "tenant")', {"check": a_check(restricts=("tenant",))}, True),
        ('check.restricts.all(r, r == "tenant")', {"check": a_check(restricts=("tenant", "audience"))}, False),
        ('check.restricts.exists(r, r in ["scope", "role"])', {"check": a_check(restricts=("role",))}, True),
        ("check.children.size() == 0", {}, True),
        ('route.operation.template.contains("/.well-known/")', {}, False),
        ('route.operation.template.startsWith("/orders")', {}, True),
        ('claim.count > 1 && claim.asks_for == "all"', {"claim": a_claim(count=2)}, True),
        ("match.app.token_version == 2 ? claim.count > 0 : claim.count > 5", {}, True),
        ("check.accepted_issuers.meets(match.app.issuers)", {"check": a_check(accepted_issuers=V1)}, False),
        ("check.accepted_issuers.meets(match.app.issuers)", {"check": a_check(accepted_issuers=BOTH)}, True),
        ("check.accepted_issuers.meets(match.app.issuers)", {"check": a_check(accepted_issuers=ANY)}, True),
        ("check.accepted_issuers.everything()", {"check": a_check(accepted_issuers=ANY)}, True),
        ("check.accepted_issuers.everything()", {"check": a_check(accepted_issuers=V1)}, False),
        ("check.accepted_issuers.empty()", {"check": a_check(accepted_issuers=Values())}, True),
        ("check.accepted_issuers.within(match.app.issuers)", {"check": a_check(accepted_issuers=V2)}, True),
        ("match.app.claim_names.includes(claim.name)", {}, False),
        ('match.app.scopes.exists(s, s.value == "read")', {}, False),
        ("check.apps.exists(m, m.app.token_version == 2)", {"check": a_check(apps=(a_match(),))}, True),
    ],
)
def test_a_flag_over_known_facts_is_true_or_false(flag: str, changed: dict[str, Any], expected: bool) -> None:
    assert ask(flag, **changed) is expected


@pytest.mark.parametrize(
    ("flag", "changed"),
    [
        ("check.requires_expiry", {"check": a_check(requires_expiry=HIDDEN)}),
        ("!check.requires_expiry", {"check": a_check(requires_expiry=HIDDEN)}),
        ("check.clock_skew_seconds > 300", {"check": a_check(clock_skew_seconds=HIDDEN)}),
        ("match.app.token_version == 2", {"match": a_match(app=an_app(token_version=HIDDEN))}),
        ("match.app.token_version == 2", {"match": HIDDEN}),
        ("check.accepted_issuers.meets(match.app.issuers)", {"check": a_check(accepted_issuers=UNREAD)}),
        ("check.accepted_issuers.empty()", {"check": a_check(accepted_issuers=UNREAD)}),
        ("check.accepted_issuers.everything()", {"check": a_check(accepted_issuers=UNREAD)}),
        ('route.subject_to.all(c, c == "key")', {"route": a_route(subject_to=HIDDEN)}),
        ("check.apps.exists(m, m.app.token_version == 1)", {"check": a_check(apps=(a_match(), HIDDEN))}),
        ("check.apps.all(m, m.app.token_version == 2)", {"check": a_check(apps=(a_match(), HIDDEN))}),
    ],
)
def test_a_flag_that_needs_an_unknown_fact_gives_its_reason(flag: str, changed: dict[str, Any]) -> None:
    assert ask(flag, **changed) == HIDDEN


@pytest.mark.parametrize(
    ("flag", "changed", "expected"),
    [
        ('check.requires_expiry || check.element == "validate-jwt"', {"check": a_check(requires_expiry=HIDDEN)}, True),
        ('check.requires_expiry && check.element != "validate-jwt"', {"check": a_check(requires_expiry=HIDDEN)}, False),
        ("check.apps.exists(m, m.app.token_version == 2)", {"check": a_check(apps=(HIDDEN, a_match()))}, True),
        ("check.apps.all(m, m.app.token_version == 1)", {"check": a_check(apps=(HIDDEN, a_match()))}, False),
        (
            "check.accepted_issuers.meets(match.app.issuers_of_other_version)",
            {"check": a_check(accepted_issuers=SOME)},
            True,
        ),
        ('check.element != "validate-jwt" && match.app.token_version == 2', {"match": HIDDEN}, False),
    ],
)
def test_an_unknown_fact_does_not_matter_where_the_rest_decides(
    flag: str, changed: dict[str, Any], expected: bool
) -> None:
    assert ask(flag, **changed) is expected


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("check.isuer == 1", "1:6: TokenCheck has no fact 'isuer'"),
        ("check.accepted_issuer.empty()", "did you mean 'accepted_issuers'?"),
        ("check.clock_skew_seconds", "must be BOOL, is INT"),
        ("check.element == 1", "no matching overload"),
        ("check.element ==", "Syntax error"),
        ("unheard.of == 1", "undeclared reference to 'unheard.of'"),
        ("has(check.element)", "has() turns what is not known into no"),
        ("check.accepted_issuers == match.app.issuers", "sets are not compared"),
        ("check.accepted_issuers in [match.app.issuers]", "sets are not compared"),
        ("match.app == match.app", "subjects are not compared"),
        ("check.apps.size() > 0", "the size of apps is not known"),
        ("size(route.passages) == 0", "the size of passages is not known"),
        ('check.restricts[0] == "scope"', "an index picks an item by chance"),
        ('check.element == "validate-jtw"', "element is never 'validate-jtw'"),
        ('route.context in ["no key", "some key"]', "context is never 'some key'"),
        ('check.restricts.exists(r, r == "scopes")', "restricts is never 'scopes'"),
        ('"scopes" in check.restricts', "restricts is never 'scopes'"),
        ("true", "names no fact"),
        ('check.element == "validate-jwt" &&\n  claim.asks_for == "each"', ' |   claim.asks_for == "each"\n | '),
    ],
)
def test_a_flag_that_would_be_wrong_is_refused_when_it_loads(flag: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(flag, VARIABLES)
    assert said in str(caught.value)


def test_the_caret_stands_under_the_mistake() -> None:
    with pytest.raises(ExpressionError) as caught:
        check('check.scope == "api" && check.isuer == "x"', VARIABLES)
    first, shown, caret = str(caught.value).split("\n")[:3]
    assert first.startswith("1:30:")
    assert shown[caret.index("^") :].startswith(".isuer")


def test_a_condition_knows_which_facts_it_reads() -> None:
    condition = check("check.apps.exists(m, m.app.issuers.empty()) || claim.count > 0", VARIABLES)
    assert set(condition.paths) == {("check", "apps"), ("check", "apps", "app", "issuers"), ("claim", "count")}


def test_one_evaluator_answers_each_subject_for_itself() -> None:
    flag, evaluator = check("check.requires_expiry", VARIABLES), Evaluator()
    answers = [evaluator.ask(flag, subjects(check=a_check(requires_expiry=value))) for value in (True, False, HIDDEN)]
    assert answers == [True, False, HIDDEN]


def test_made_subjects_are_what_the_vocabulary_declares() -> None:
    assert isinstance(an_api(), Api)
    assert isinstance(an_app(), App)
    assert isinstance(a_route().operation, Operation)


def terms(flag: str) -> list[str]:
    return [term.text for term in check(flag, VARIABLES).terms]


def test_a_flag_comes_apart_at_the_ands_that_no_bracket_holds_together() -> None:
    flag = 'check.token_from == "a && (b" && (match.certainty == "likely" || check.scope == "api") && check.aud_claim.empty()'
    assert terms(flag) == [
        'check.token_from == "a && (b"',
        '(match.certainty == "likely" || check.scope == "api")',
        "check.aud_claim.empty()",
    ]


@pytest.mark.parametrize(
    "flag",
    [
        'check.scope == "api"',
        'check.scope == "api" || check.scope == "global" && check.aud_claim.empty()',
        '(check.scope == "api" && check.aud_claim.empty())',
        '(check.scope == "api" && check.aud_claim.empty()) && match.certainty == "likely"',
        '!(check.scope == "api" && check.aud_claim.empty())',
    ],
)
def test_a_flag_that_cannot_be_cut_without_a_bracket_in_the_way_stays_whole(flag: str) -> None:
    assert terms(flag) == []


def test_subjects_are_alike_to_a_flag_that_reads_nothing_in_which_they_differ() -> None:
    condition = check('match.certainty == "likely" && match.app.token_version == 2', VARIABLES)
    one, other = a_match(app=an_app(display_name="Orders")), a_match(app=an_app(display_name="Invoices"))
    assert condition.told_by({"match": one}) == condition.told_by({"match": other})
    newer = a_match(app=an_app(token_version=2 if one.app.token_version != 2 else 1))
    assert condition.told_by({"match": one}) != condition.told_by({"match": newer})
