"""From facts and rules to verdicts: one finding per fault, three outcomes, honest severities."""

from typing import Any

from apimdoctor.engine.declared import Rule
from apimdoctor.engine.finding import Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import (
    Api,
    Facts,
    Passage,
    Place,
    Route,
    TokenCheck,
    UncheckedPath,
)
from tests.engine.made import TENANT, a_check, a_match, a_route, an_api, an_app, made, some_facts
from tests.engine.rules_made import ISSUER, OPEN, a_rule

V1 = Values(known=(f"https://sts.windows.net/{TENANT}/",))
V2 = Values(known=(f"https://login.microsoftonline.com/{TENANT}/v2.0",))
UNREAD = Unknown("app registrations were not read")


def verdict(facts: Facts, *rules: Rule, **more: Any) -> Verdicts:
    return judge(rules or (a_rule(ISSUER),), facts, **more)


def a_path(**given: Any) -> UncheckedPath:
    return made(UncheckedPath, **{"ends": "back end", "why": "no check"} | given)


def route_of(name: str, *paths: UncheckedPath, api: Api | None = None, **given: Any) -> Route:
    api = api or an_api(place=Place(resource="apis/orders", api="orders", revision="1"))
    place = Place(
        resource=f"{api.place.resource}/operations/{name}", api=api.place.api, revision=api.revision, operation=name
    )
    return a_route(place=place, api=api, unchecked=paths, **given)


def test_a_flagged_check_is_a_finding_with_message_evidence_and_places() -> None:
    check = a_check(accepted_issuers=V1, apps=(a_match(),))
    (finding,) = verdict(some_facts(token_checks=(check,))).findings
    assert finding.message == f'validate-jwt accepts {V1.known[0]}, "Orders" gets {V2.known[0]}'
    assert finding.at == check.place
    assert finding.related == (an_app().place,)
    assert finding.evidence["check.accepted_issuers"] == [V1.known[0]]
    assert finding.evidence["match.app.display_name"] == "Orders"
    assert len(finding.fingerprint) == 64


def test_a_clean_check_says_nothing() -> None:
    said = verdict(some_facts(token_checks=(a_check(accepted_issuers=V2, apps=(a_match(),)),)))
    assert said == Verdicts()


def test_an_app_registration_that_was_not_read_leaves_the_rule_open_with_the_reason() -> None:
    check = a_check(accepted_issuers=V1, apps=(UNREAD,))
    said = verdict(some_facts(token_checks=(check,)))
    assert said.findings == ()
    (open_question,) = said.not_assessed
    assert (open_question.rule, open_question.reason) == ("some-rule", UNREAD.because)
    assert open_question.subjects == (check.place,)


def test_what_was_not_read_does_not_matter_where_the_rest_of_the_flag_decides() -> None:
    rule = a_rule(ISSUER.replace('flag: "', 'flag: "check.provider == \\"Entra ID\\" && '))
    check = a_check(accepted_issuers=V1, apps=(UNREAD,), provider="other")
    assert verdict(some_facts(token_checks=(check,)), rule) == Verdicts()


def test_a_list_that_is_empty_is_silence() -> None:
    assert verdict(some_facts(token_checks=(a_check(accepted_issuers=V1, apps=()),))) == Verdicts()


def test_reasons_are_counted_once_with_all_their_subjects() -> None:
    checks = [
        a_check(accepted_issuers=V1, apps=(UNREAD,), place=Place(resource=f"apis/a{number}", path="inbound/x[1]"))
        for number in range(5)
    ]
    (open_question,) = verdict(some_facts(token_checks=tuple(checks))).not_assessed
    assert [place.resource for place in open_question.subjects] == [f"apis/a{number}" for number in range(5)]


def test_a_doubtful_match_makes_an_error_a_warning_that_says_the_doubt() -> None:
    match = a_match(certainty="likely", doubt="another tenant may have the same URI")
    (finding,) = verdict(some_facts(token_checks=(a_check(accepted_issuers=V1, apps=(match,)),))).findings
    assert (finding.severity, finding.confidence) == ("warning", "medium")
    assert finding.doubt == "another tenant may have the same URI"


def test_error_when_raises_the_severity_and_an_unknown_does_not() -> None:
    rest = OPEN + 'error_when: route.context == "no key" && route.api.key_required\n'
    rule = a_rule(rest, severity="warning")
    path = a_path()
    for required, expected in ((True, "error"), (False, "warning"), (Unknown("not told"), "warning")):
        api = an_api(key_required=required, place=Place(resource="apis/orders", api="orders", revision="1"))
        (finding,) = verdict(some_facts(routes=(route_of("get", path, api=api),)), rule).findings
        assert finding.severity == expected


def test_one_api_with_forty_open_operations_is_one_finding_that_affects_forty() -> None:
    path, api = a_path(), an_api(place=Place(resource="apis/orders", api="orders", revision="1"))
    routes = tuple(route_of(f"get-{number}", path, api=api) for number in range(40))
    (finding,) = verdict(some_facts(routes=routes), a_rule(OPEN)).findings
    assert len(finding.affects) == 40
    assert finding.at == api.place


def test_contexts_of_an_operation_are_one_affected_operation() -> None:
    path, api = a_path(), an_api(place=Place(resource="apis/orders", api="orders", revision="1"))
    routes = (route_of("get", path, api=api, context="no key"), route_of("get", path, api=api, context="API key"))
    (finding,) = verdict(some_facts(routes=routes), a_rule(OPEN)).findings
    assert [place.operation for place in finding.affects] == ["get"]


def test_a_check_affects_the_operations_whose_requests_pass_it() -> None:
    check = a_check(accepted_issuers=V1, apps=(a_match(),))
    passage = made(Passage, check=check)
    routes = (
        route_of("get", passages=(passage,)),
        route_of("put", passages=(passage,)),
        route_of("delete", passages=()),
    )
    (finding,) = verdict(some_facts(token_checks=(check,), routes=routes)).findings
    assert [place.operation for place in finding.affects] == ["get", "put"]


def test_a_fragment_used_by_sixty_apis_is_one_finding() -> None:
    check = a_check(accepted_issuers=V1, apps=(a_match(),), place=Place(resource="policyFragments/auth", path="x[1]"))
    routes = []
    for number in range(60):
        api = an_api(place=Place(resource=f"apis/a{number}", api=f"a{number}", revision="1"))
        routes.append(route_of("get", api=api, passages=(made(Passage, check=check),)))
    (finding,) = verdict(some_facts(token_checks=(check,), routes=tuple(routes))).findings
    assert {place.api for place in finding.affects} == {f"a{number}" for number in range(60)}


def test_revisions_that_say_the_same_are_one_finding_of_the_current_revision() -> None:
    apis, checks = [], []
    for number in ("1", "2"):
        resource = "apis/orders" if number == "2" else "apis/orders;rev=1"
        place = Place(
            resource=resource, document=f"{resource}/policy.xml", api="orders", revision=number, path="i/v[1]"
        )
        apis.append(an_api(place=place, revision=number, is_current=number == "2"))
        checks.append(a_check(accepted_issuers=V1, apps=(a_match(),), place=place))
    (finding,) = verdict(some_facts(token_checks=tuple(checks), apis=tuple(apis))).findings
    assert finding.at.revision == "2"


def test_fingerprints_survive_other_lines_and_tell_elements_apart() -> None:
    def fingerprint(**place: Any) -> str:
        at = Place(**{"resource": "apis/orders", "path": "inbound/validate-jwt[1]"} | place)
        check = a_check(accepted_issuers=V1, apps=(a_match(),), place=at)
        return verdict(some_facts(token_checks=(check,))).findings[0].fingerprint

    assert fingerprint(line=3) == fingerprint(line=30, column=2, document="elsewhere.xml")
    assert fingerprint() != fingerprint(path="inbound/validate-jwt[2]")
    assert fingerprint() != fingerprint(resource="apis/invoices")


def test_a_rule_that_crashes_is_not_assessed_and_the_others_go_on() -> None:
    class Broken(TokenCheck):
        @property
        def accepted_issuers(self) -> Values:  # type: ignore[override]
            raise RuntimeError("no such thing")

    sound = a_check(apps=(a_match(),))
    broken = Broken(**{name: getattr(sound, name) for name in TokenCheck.__struct_fields__})
    path, api = a_path(), an_api(place=Place(resource="apis/orders", api="orders", revision="1"))
    facts = some_facts(token_checks=(broken,), routes=(route_of("get", path, api=api),))
    said = verdict(facts, a_rule(ISSUER, "broken-rule"), a_rule(OPEN, "open-rule"))
    assert [finding.rule for finding in said.findings] == ["open-rule"]
    assert [(entry.rule, "RuntimeError: no such thing" in entry.reason) for entry in said.not_assessed] == [
        ("broken-rule", True)
    ]
    assert "the rule broken-rule failed" in said.notices[0]


def test_findings_come_in_the_order_of_severity_rule_and_place() -> None:
    checks = tuple(
        a_check(accepted_issuers=V1, apps=(a_match(),), place=Place(resource=f"apis/{name}", api=name))
        for name in "cab"
    )
    mild, grave = a_rule(ISSUER, "a-mild-rule", "info"), a_rule(ISSUER, "b-grave-rule", "error")
    found = verdict(some_facts(token_checks=checks), mild, grave).findings
    assert [(finding.severity, finding.at.api) for finding in found] == [
        *(("error", name) for name in "abc"),
        *(("info", name) for name in "abc"),
    ]


def test_the_order_of_facts_does_not_change_the_verdicts() -> None:
    checks = [
        a_check(accepted_issuers=V1, apps=(a_match(),), place=Place(resource=f"apis/{name}", api=name))
        for name in "dabc"
    ]
    assert verdict(some_facts(token_checks=tuple(checks))) == verdict(some_facts(token_checks=tuple(checks[::-1])))


def test_subjects_that_the_flag_does_not_name_are_asked_once() -> None:
    asked = []

    class Watched(UncheckedPath):
        def __getattribute__(self, name: str) -> Any:
            if name == "why":
                asked.append(name)
            return super().__getattribute__(name)

    plain = a_path()
    path = Watched(**{name: getattr(plain, name) for name in UncheckedPath.__struct_fields__})
    api = an_api(place=Place(resource="apis/orders", api="orders", revision="1"))
    routes = tuple(route_of(f"get-{number}", path, api=api) for number in range(30))
    (finding,) = verdict(some_facts(routes=routes), a_rule(OPEN)).findings
    assert len(finding.affects) == 30
    assert len(asked) <= 4


def test_hostile_text_stays_on_one_line_of_the_message() -> None:
    app = an_app(display_name="Orders\n::error::\x1b[31mgotcha" + "x" * 5000)
    check = a_check(accepted_issuers=V1, apps=(a_match(app=app),))
    (finding,) = verdict(some_facts(token_checks=(check,))).findings
    assert "\n" not in finding.message
    assert "\x1b" not in finding.message
    assert len(finding.message) < 1000
