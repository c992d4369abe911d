"""Following checks and other controls: what runs before, what later, what else turns callers away."""

import pytest

from apimdoctor.policy.way import Doubt
from tests.policy.ways import CHECK, REFUSE, anywhere, kinds, only, policy, way, when

JWT = '<validate-jwt header-name="Authorization" output-token-variable-name="jwt"/>'
OTHER = '<validate-azure-ad-token tenant-id="t"/>'
ROLE = '@(!((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("admin"))'
PARSED = '@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Claims["roles"].Contains("admin") != true)'
SECRET = '@(context.Request.Headers.GetValueOrDefault("X-Key","") != "{{key}}")'


def test_steps_above_the_check_may_run_before_it() -> None:
    found = way(f'<rate-limit-by-key counter-key="a"/><base/>{CHECK}<trace/>')
    assert [p.element.name for p in found.met[0].before] == ["rate-limit-by-key"]


def test_steps_of_any_branch_may_run_before_the_check() -> None:
    found = way(when('@(context.Request.Headers.ContainsKey("A"))', "<trace/>", "<emit-metric/>") + CHECK)
    assert [p.element.name for p in found.met[0].before] == ["when", "trace", "emit-metric"]


def test_nothing_runs_before_a_check_that_another_precedes() -> None:
    found = way(f"<trace/>{CHECK}<emit-metric/>{OTHER}")
    assert [p.element.name for p in found.met[1].before] == []


def test_a_check_of_the_same_token_further_down_is_later() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy(f"<base/>{OTHER}")})
    assert [p.element.name for p in found.met[0].later] == ["validate-azure-ad-token"]
    assert found.met[1].later == ()


def test_a_check_of_another_token_is_not_later() -> None:
    found = way(f'{CHECK}<validate-jwt header-name="X-User"/>')
    assert found.met[0].later == ()


def test_checks_in_two_branches_are_not_later_than_each_other() -> None:
    found = way(when('@(context.Request.Headers.ContainsKey("A"))', CHECK, OTHER))
    assert [m.later for m in found.met] == [(), ()]


def test_a_check_of_the_output_of_another_reads_the_same_token() -> None:
    found = way(JWT + "<validate-jwt token-value='@(((Jwt)context.Variables[\"jwt\"]).ToString())'/>")
    assert found.met[1].reads == "variable:jwt"
    assert found.met[1].writers == ()
    assert len(found.met[0].later) == 1


def test_roles_tested_after_the_check_are_said() -> None:
    found = way(JWT + when(ROLE, REFUSE))
    assert found.met[0].tested_later == ("claim:roles",)


def test_roles_that_let_in_are_tested_when_otherwise_refuses() -> None:
    found = way(JWT + when('@(((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("admin"))', "<trace/>", REFUSE))
    assert found.met[0].tested_later == ("claim:roles",)


def test_roles_that_only_route_are_not_tested() -> None:
    found = way(JWT + when(ROLE, "<trace/>"))
    assert found.met[0].tested_later == ()


def test_roles_tested_for_one_method_only_are_not_tested_on_every_way() -> None:
    found = way(JWT + when('@(context.Request.Method == "POST")', when(ROLE, REFUSE)))
    assert found.met[0].tested_later == ()


def test_roles_tested_through_a_variable_are_tested() -> None:
    keep = (
        '<set-variable name="role" value=\'@(((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("roles",""))\'/>'
    )
    found = way(JWT + keep + when('@((string)context.Variables["role"] != "admin")', REFUSE))
    assert found.met[0].tested_later == ("claim:roles",)


def test_roles_tested_by_parsing_the_header_again_are_tested() -> None:
    found = way(CHECK + when(PARSED, REFUSE))
    assert found.met[0].tested_later == ("claim:roles",)


def test_claims_nobody_can_name_leave_a_doubt() -> None:
    code = '@(!((Jwt)context.Variables["jwt"]).Claims.Any(c =&gt; c.Value.Contains("admin")))'
    assert isinstance(way(JWT + when(code, REFUSE)).met[0].tested_later, Doubt)


def test_claims_tested_behind_one_of_two_checks_are_its_own() -> None:
    second = '<validate-jwt header-name="X-Token" output-token-variable-name="jwt"/>'
    found = way(when('@(context.Request.Headers.ContainsKey("A"))', JWT + when(ROLE, REFUSE), second))
    assert [m.tested_later for m in found.met] == [("claim:roles",), ()]


def test_a_test_of_a_parsed_token_that_refuses_is_a_manual_test() -> None:
    found = way(when(PARSED, REFUSE))
    assert kinds(found) == ["manual token test"]
    assert only(found).why == "no check"
    assert [c.kind for c in only(found).controls] == ["manual token test"]


def test_asking_for_a_header_only_is_no_manual_test() -> None:
    code = '@(!context.Request.Headers.ContainsKey("Authorization"))'
    assert kinds(way(when(code, REFUSE))) == []


def test_a_parsed_token_that_only_routes_is_no_manual_test() -> None:
    assert kinds(way(when(PARSED, "<trace/>"))) == []


def test_introspection_with_a_refusal_is_a_manual_test() -> None:
    ask = (
        '<send-request mode="new" response-variable-name="state"><set-body>'
        '@("token=" + context.Request.Headers.GetValueOrDefault("Authorization",""))</set-body></send-request>'
    )
    found = way(ask + when('@(((IResponse)context.Variables["state"]).StatusCode != 200)', REFUSE))
    assert kinds(found) == ["manual token test"]


def test_introspection_read_through_a_variable_is_a_manual_test() -> None:
    ask = (
        '<send-request mode="copy" response-variable-name="state"/>'
        '<set-variable name="active" value='
        '\'@((bool)((IResponse)context.Variables["state"]).Body.As&lt;JObject&gt;()["active"])\'/>'
    )
    found = way(ask + when('@(!(bool)context.Variables["active"])', REFUSE))
    assert kinds(found) == ["manual token test"]


def test_an_own_request_without_the_callers_token_tests_nobody() -> None:
    ask = '<send-request mode="new" response-variable-name="state"><set-url>https://a.example</set-url></send-request>'
    assert kinds(way(ask + when('@(((IResponse)context.Variables["state"]).StatusCode != 200)', REFUSE))) == []


def test_a_literal_in_check_header_is_a_shared_secret() -> None:
    text = '<check-header name="X-Azure-FDID" failed-check-httpcode="403"><value>{{fdid}}</value></check-header>'
    assert kinds(way(text, named={"fdid": None})) == ["shared secret header"]


def test_check_header_of_a_content_type_is_no_secret() -> None:
    text = (
        '<check-header name="Content-Type" failed-check-httpcode="415"><value>application/json</value></check-header>'
    )
    assert kinds(way(text)) == []


def test_a_header_compared_with_a_named_value_is_a_shared_secret() -> None:
    assert kinds(way(when(SECRET, REFUSE), named={"key": None})) == ["shared secret header"]


def test_a_header_compared_with_a_plain_text_is_a_shared_secret() -> None:
    assert kinds(way(when(SECRET, REFUSE), named={"key": "c6a1d4c2b7f04f1e"})) == ["shared secret header"]


def test_a_header_that_routes_is_no_secret() -> None:
    assert kinds(way(when(SECRET, "<trace/>"), named={"key": None})) == []


def test_a_client_certificate_policy_is_a_control() -> None:
    assert kinds(way('<validate-client-certificate validate-trust="true"/>')) == ["client certificate"]


def test_a_client_certificate_policy_that_ignores_errors_is_none() -> None:
    assert kinds(way('<validate-client-certificate ignore-error="true"/>')) == []


@pytest.mark.parametrize(
    ("condition", "controls"),
    [
        ("context.Request.Certificate == null", ["client certificate"]),
        ("context.Request.Certificate == null || !context.Request.Certificate.Verify()", ["client certificate"]),
        ("context.Request.Certificate != null", []),  # without a certificate nobody is checked at all
        ('context.Request.Certificate == null && context.Request.Method == "POST"', []),
        ('context.Request.Headers.ContainsKey("X-User")', []),
    ],
)
def test_a_certificate_may_stand_in_for_the_token_check_that_it_skips(condition: str, controls: list[str]) -> None:
    code = condition.replace("&", "&amp;").replace('"', "&quot;")
    skipped = only(way(f'<choose><when condition="@({code})">{CHECK}</when></choose>'))
    assert [control.kind for control in skipped.controls] == controls


def test_a_client_certificate_expression_that_refuses_is_a_control() -> None:
    code = "@(context.Request.Certificate == null || !context.Request.Certificate.Verify())"
    assert kinds(way(when(code, REFUSE))) == ["client certificate"]


@pytest.mark.parametrize(("action", "expected"), [("allow", ["address filter"]), ("forbid", [])])
def test_only_a_list_of_allowed_addresses_filters(action: str, expected: list[str]) -> None:
    assert kinds(way(f'<ip-filter action="{action}"><address>10.0.0.1</address></ip-filter>')) == expected


def test_a_control_in_one_branch_is_not_on_every_way() -> None:
    found = way(when('@(context.Request.Headers.ContainsKey("A"))', '<ip-filter action="allow"/>'))
    assert kinds(found) == []


def test_a_control_in_each_branch_is_on_every_way() -> None:
    allow = '<ip-filter action="allow"/>'
    assert kinds(way(when('@(context.Request.Headers.ContainsKey("A"))', allow, allow))) == ["address filter"]


def test_a_secret_in_the_branch_beside_the_check_stands_on_the_unchecked_way() -> None:
    found = way(
        when('@(context.Request.Headers.ContainsKey("X-Key"))', when(SECRET, REFUSE), CHECK), named={"key": None}
    )
    assert [c.kind for c in only(found).controls] == ["shared secret header"]
    assert kinds(found) == []


def test_cors_elements_are_met_in_order_with_what_stands_above() -> None:
    found = way(scopes={"global": anywhere("<cors/>"), "api": policy(f"{CHECK}<cors/><base/>")})
    assert [(c.placed.scope, c.position, c.direct_child) for c in found.cors] == [("api", 1, True), ("global", 2, True)]
    assert [p.element.name for p in found.cors[0].steps_above] == ["validate-jwt"]


def test_cors_in_choose_or_a_fragment_is_no_direct_child() -> None:
    found = way(
        when('@(context.Api.Id == "a")', "<cors/>") + '<include-fragment fragment-id="c"/>',
        fragments={"c": "<fragment><cors/></fragment>"},
    )
    assert [c.direct_child for c in found.cors] == [False, False]


def test_every_reader_of_a_variable_knows_its_setters() -> None:
    found = way(
        '<set-variable name="a" value="1"/>'
        + when('@(context.Request.Headers.ContainsKey("A"))', '<set-variable name="b" value="2"/>')
        + '<set-header name="X"><value>@((string)context.Variables["a"] + (string)context.Variables["b"])</value></set-header>'
    )
    uses = {use.name: (len(use.setters), use.set_on_every_way) for use in found.variables}
    assert uses == {"a": (1, True), "b": (1, False)}


def test_an_output_variable_that_no_check_writes_has_no_setter() -> None:
    found = way(CHECK + when(ROLE, REFUSE))
    assert [(u.name, u.setters) for u in found.variables] == [("jwt", ())]
