"""One cause, one finding: what explains what, and where a consequence goes."""

from apimdoctor.engine.finding import Finding, Severity, Verdicts
from apimdoctor.engine.folding import explained, with_consequences
from apimdoctor.engine.judge import judge
from apimdoctor.facts.values import Values
from apimdoctor.facts.vocabulary import Place
from tests.engine.made import a_check, a_match, some_facts
from tests.engine.rules_made import ISSUER, a_rule

GET, PUT, POST = (Place(resource=f"apis/orders/operations/{name}", operation=name) for name in ("get", "put", "post"))


def found(rule: str, at: str, *affects: Place, severity: Severity = "warning") -> Finding:
    return Finding(
        rule=rule,
        title="",
        severity=severity,
        confidence="high",
        cause="other",
        message=f"{rule} at {at}",
        at=Place(resource=at),
        affects=affects,
    )


def folded(explains: dict[str, tuple[str, ...]], *findings: Finding) -> dict[str, list[str]]:
    return {cause.message: [below.message for below in rest] for cause, rest in explained(findings, explains)}


def test_a_consequence_at_the_same_place_is_folded() -> None:
    assert folded({"cause": ("effect",)}, found("effect", "a"), found("cause", "a")) == {"cause at a": ["effect at a"]}


def test_a_consequence_elsewhere_on_some_of_the_operations_is_folded() -> None:
    assert folded({"cause": ("effect",)}, found("effect", "b", GET), found("cause", "a", GET, PUT)) == {
        "cause at a": ["effect at b"]
    }


def test_a_finding_that_concerns_more_operations_stands_alone() -> None:
    assert folded({"cause": ("effect",)}, found("effect", "b", GET, POST), found("cause", "a", GET, PUT)) == {
        "effect at b": [],
        "cause at a": [],
    }


def test_a_finding_without_operations_is_explained_at_its_own_place_only() -> None:
    assert folded({"cause": ("effect",)}, found("effect", "b"), found("cause", "a", GET)) == {
        "effect at b": [],
        "cause at a": [],
    }


def test_consequences_of_consequences_go_to_the_first_cause() -> None:
    explains = {"first": ("second",), "second": ("third",)}
    assert folded(explains, found("third", "a"), found("second", "a"), found("first", "a")) == {
        "first at a": ["third at a", "second at a"]
    }


def test_the_cause_at_the_same_place_is_preferred() -> None:
    assert folded(
        {"cause": ("effect",)},
        found("cause", "far", GET),
        found("cause", "near", GET, PUT),
        found("effect", "near", GET),
    ) == {"cause at far": [], "cause at near": ["effect at near"]}


def test_a_cause_is_as_grave_as_its_gravest_consequence() -> None:
    finding = with_consequences(found("cause", "a", severity="info"), [found("effect", "a", severity="error")])
    assert finding.severity == "error"
    assert [also.rule for also in finding.also] == ["effect"]


def test_judging_folds_what_a_rule_explains() -> None:
    said: Verdicts = judge(
        [a_rule(ISSUER, "the-effect"), a_rule(ISSUER + "explains: [the-effect]\n", "the-cause")],
        some_facts(token_checks=(a_check(accepted_issuers=Values(), apps=(a_match(),)),)),
    )
    (finding,) = said.findings
    assert finding.rule == "the-cause"
    assert [also.rule for also in finding.also] == ["the-effect"]
