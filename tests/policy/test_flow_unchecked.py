"""Following coverage: which ways no check covers, and the one reason why."""

import pytest

from apimdoctor.policy.flow import follow, words_asked
from apimdoctor.policy.way import Doubt, LeftOut, Unchecked
from tests.policy.ways import CHECK, REFUSE, anywhere, composed, only, policy, way, when

HEADER = '@(context.Request.Headers.ContainsKey("X-Internal"))'
OTHER = '<validate-jwt header-name="X-Token"/>'
ANSWER = "<return-response><set-body>hello</set-body></return-response>"
OWN = "<return-response><set-body>@(context.User.Id)</set-body></return-response>"


def seen(found: Unchecked) -> tuple[str, str]:
    return found.ends, found.why


def elements(found: Unchecked) -> list[str]:
    return [p.element.name for p in found.missed]


def test_a_check_at_the_top_covers_everything() -> None:
    found = way(scopes={"global": anywhere(f"{CHECK}<cors/>"), "api": policy("<base/><trace/>")})
    assert found.unchecked == ()
    assert found.met[0].on == "every path"
    assert found.calls[0].checked == "always"
    assert [p.element.name for p in found.calls[0].checks] == ["validate-jwt"]


def test_nothing_at_any_scope_is_no_check() -> None:
    assert seen(only(way("<base/>"))) == ("back end", "no check")


def test_no_document_at_all_is_no_check() -> None:
    found = way(scopes={})
    assert seen(only(found)) == ("back end", "no check")
    assert found.calls[0].placed is None


def test_a_check_under_a_header_condition_is_skipped_because_of_it() -> None:
    found = way(when(HEADER, CHECK))
    skipped = only(found)
    assert seen(skipped) == ("back end", "condition")
    assert elements(skipped) == ["validate-jwt"]
    (condition,) = skipped.conditions
    assert condition.placed.element.name == "when"
    assert not condition.taken
    assert found.met[0].on == "some paths"
    assert [c.taken for c in found.met[0].conditions] == [True]


def test_a_branch_without_the_check_of_otherwise_is_the_reason() -> None:
    skipped = only(way(when(HEADER, "<trace/>", CHECK)))
    assert seen(skipped) == ("back end", "condition")
    assert [c.taken for c in skipped.conditions] == [True]


def test_a_check_in_every_branch_is_full_coverage() -> None:
    found = way(when(HEADER, OTHER, CHECK))
    assert found.unchecked == ()
    assert [m.on for m in found.met] == ["some paths", "some paths"]
    assert found.calls[0].checked == "always"


def test_a_missing_otherwise_leaves_the_last_way_open() -> None:
    path = '@(context.Request.Url.Path == "/a")'
    second = f"<when condition='{path}'>{OTHER}</when>"
    text = f"<choose><when condition='{HEADER}'>{CHECK}</when>{second}</choose>"
    skipped = only(way(text))
    assert elements(skipped) == ["validate-jwt", "validate-jwt"]
    assert [c.taken for c in skipped.conditions] == [False, False]


def test_a_branch_that_refuses_leaves_the_check_of_the_other_on_every_path() -> None:
    found = way(when(HEADER, REFUSE, CHECK))
    assert found.unchecked == ()
    assert found.met[0].on == "every path"


def test_a_condition_that_is_constant_true_skips_nothing() -> None:
    found = way(when("@(true)", CHECK))
    assert found.unchecked == ()
    assert found.met[0].on == "every path"


def test_a_condition_that_is_constant_false_never_runs_the_check() -> None:
    found = way(when("@(false)", CHECK))
    assert found.met == ()
    assert seen(only(found)) == ("back end", "condition")
    assert elements(only(found)) == ["validate-jwt"]


def test_a_guard_that_nobody_sets_never_runs_the_check() -> None:
    found = way(when('@(context.Variables.GetValueOrDefault<bool>("auth"))', CHECK))
    assert found.met == ()
    assert seen(only(found)) == ("back end", "condition")
    (use,) = found.variables
    assert (use.name, use.setters, use.set_on_every_way) == ("auth", (), False)


def test_a_guard_that_a_step_sets_to_true_always_runs_the_check() -> None:
    found = way(
        '<set-variable name="auth" value="true"/>' + when('@(bool.Parse((string)context.Variables["auth"]))', CHECK)
    )
    assert found.unchecked == ()


def test_a_guard_set_in_one_branch_runs_the_check_on_those_ways_only() -> None:
    set_it = '<set-variable name="auth" value="@(true)"/>'
    found = way(when(HEADER, set_it) + when('@(context.Variables.GetValueOrDefault<bool>("auth"))', CHECK))
    assert seen(only(found)) == ("back end", "condition")
    assert found.met[0].on == "some paths"


def test_ways_that_a_variable_marks_as_unchecked_can_be_refused_by_it() -> None:
    mark = '<set-variable name="checked" value="@(true)"/>'
    refuse = when('@(!context.Variables.GetValueOrDefault<bool>("checked"))', REFUSE)
    found = way(when(HEADER, CHECK + mark) + refuse)
    assert found.unchecked == ()


def test_a_guard_that_a_missing_fragment_may_set_is_not_decided() -> None:
    found = way(
        '<include-fragment fragment-id="gone"/>' + when('@(context.Variables.GetValueOrDefault<bool>("auth"))', CHECK)
    )
    assert len(found.met) == 1
    assert [d.reason for d in only(found).doubts] == ["fragment gone was not found"]
    assert found.variables[0].doubts != ()


def test_a_plain_named_value_decides_a_condition() -> None:
    found = way(when("@({{enforce}})", CHECK), named={"enforce": "false"})
    assert found.met == ()


def test_a_condition_on_a_secret_named_value_is_open() -> None:
    found = way(when("@({{enforce}})", CHECK), named={"enforce": None})
    assert seen(only(found)) == ("back end", "condition")
    assert len(found.met) == 1


def test_a_missing_base_that_leaves_a_check_out_is_the_reason() -> None:
    found = only(way(scopes={"global": anywhere(CHECK), "api": policy("<trace/>")}))
    assert seen(found) == ("back end", "base")
    assert [left.document for left in found.base] == ["api"]
    assert elements(found) == ["validate-jwt"]


def test_two_scopes_without_base_are_both_named() -> None:
    found = only(way(scopes={"global": anywhere(CHECK), "api": policy(""), "operation": policy("<trace/>")}))
    assert [left.document for left in found.base] == ["operation", "api"]


def test_a_missing_base_of_a_checked_section_leaves_no_way_open() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy(OTHER)})
    assert found.unchecked == ()
    assert [isinstance(left, LeftOut) for left in found.left_out] == [True]


def test_a_missing_base_without_a_check_above_is_no_check() -> None:
    found = only(way(scopes={"global": anywhere("<cors/>"), "api": policy("<trace/>")}))
    assert seen(found) == ("back end", "no check")


def test_a_base_inside_when_puts_the_inherited_check_behind_the_condition() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy(when(HEADER, "<base/>"))})
    assert seen(only(found)) == ("back end", "condition")
    assert found.met[0].check.scope == "global"


def test_a_base_in_both_branches_covers_both() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy(when(HEADER, "<base/>", "<trace/><base/>"))})
    assert found.unchecked == ()
    assert len(found.met) == 1


def test_a_repeated_base_meets_its_check_once() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy("<base/><base/>")})
    assert len(found.met) == 1
    assert found.met[0].later == ()


def test_a_check_of_the_product_covers_its_context() -> None:
    product = {"product": policy(f"<base/>{CHECK}"), "api": policy("<base/>")}
    assert way(scopes=product).unchecked == ()  # type: ignore[arg-type]
    assert seen(only(way(scopes={"api": policy("<base/>")}))) == ("back end", "no check")


@pytest.mark.parametrize("end", [ANSWER, "<mock-response/>", '<mock-response status-code="201"/>'])
def test_an_answer_before_the_inherited_check_is_the_reason(end: str) -> None:
    found = only(way(scopes={"global": anywhere(CHECK), "api": policy(f"{end}<base/>")}))
    assert seen(found) == ("answer", "answer")
    assert elements(found) == ["validate-jwt"]
    assert len(found.steps) == 1
    assert found.constant_answer


def test_a_computed_answer_is_not_constant() -> None:
    found = only(way(OWN + CHECK))
    assert seen(found) == ("answer", "answer")
    assert not found.constant_answer


def test_an_answer_copied_from_a_variable_is_not_constant() -> None:
    copied = '<return-response response-variable-name="answer"><set-status code="200"/></return-response>'
    assert not only(way(copied + CHECK)).constant_answer


def test_an_answer_of_computed_status_is_doubtful() -> None:
    computed = (
        "<return-response><set-status code='@(int.Parse(\"20\" + context.Request.Method.Length))'/></return-response>"
    )
    found = only(way(computed + CHECK))
    assert [d.reason for d in found.doubts] == ["the status that return-response answers with is computed"]


def test_another_service_s_response_is_an_answer() -> None:
    found = only(way('<return-response response-variable-name="answer"/>' + CHECK))
    assert (found.ends, found.constant_answer, found.doubts) == ("answer", False, ())


def test_another_service_s_response_under_a_condition_on_it_may_be_a_refusal() -> None:
    asked = '@(((IResponse)context.Variables["answer"]).StatusCode != 200)'
    answer = '<return-response response-variable-name="answer"/>'
    ways = way(f"<choose><when condition='{asked}'>{answer}</when></choose>" + CHECK).unchecked
    assert [d.reason for d in ways[0].doubts] == ["the status that return-response answers with is computed"]


def test_a_redirect_is_a_constant_answer() -> None:
    redirect = (
        '<return-response><set-status code="302"/><set-header name="Location"><value>/login</value></set-header>'
        "</return-response>"
    )
    found = only(way(redirect + CHECK))
    assert (found.ends, found.constant_answer) == ("answer", True)


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "500"])
def test_a_refusal_before_the_check_is_no_way_in(status: str) -> None:
    refuse = f'<return-response><set-status code="{status}"/></return-response>'
    assert way(when(HEADER, refuse) + CHECK).unchecked == ()


def test_a_mock_that_is_switched_off_answers_nothing() -> None:
    assert way('<mock-response enabled="false"/>' + CHECK).unchecked == ()


def test_an_answer_in_one_branch_names_the_check_of_the_other() -> None:
    found = only(way(when(HEADER, ANSWER, CHECK)))
    assert seen(found) == ("answer", "answer")
    assert elements(found) == ["validate-jwt"]
    assert [c.taken for c in found.conditions] == [True]


def test_an_answer_of_an_api_without_checks_is_no_check() -> None:
    assert seen(only(way("<mock-response/>"))) == ("answer", "no check")


def test_text_below_an_unconditional_answer_is_dead() -> None:
    found = way(f"{CHECK}{ANSWER}<authentication-managed-identity resource='r'/>{OTHER}")
    assert found.unchecked == ()
    assert found.calls == ()
    assert found.writers == ()
    assert len(found.met) == 1


def test_a_cache_before_the_check_may_answer_without_it() -> None:
    cache = '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" allow-private-response-caching="true"/>'
    found = only(way(cache + CHECK))
    assert seen(found) == ("cached answer", "cache")
    assert elements(found) == ["validate-jwt"]
    assert [p.element.name for p in found.steps] == ["cache-lookup"]


@pytest.mark.parametrize("name", ["llm-semantic-cache-lookup", "azure-openai-semantic-cache-lookup"])
def test_a_semantic_cache_before_the_check_may_answer_without_it(name: str) -> None:
    assert seen(only(way(f'<{name} score-threshold="0.1"/>{CHECK}'))) == ("cached answer", "cache")


def test_a_cache_after_the_check_is_right() -> None:
    assert way(f'{CHECK}<cache-lookup vary-by-developer="true" vary-by-developer-groups="true"/>').unchecked == ()


def test_a_cache_of_an_unchecked_api_adds_no_way_of_its_own() -> None:
    found = only(way('<cache-lookup vary-by-developer="true" vary-by-developer-groups="true"/>'))
    assert seen(found) == ("back end", "no check")


@pytest.mark.parametrize("section", ["outbound", "on_error"])
def test_a_check_in_a_late_section_is_the_reason(section: str) -> None:
    found = only(way(scopes={"api": policy("<base/>", **{section: CHECK})}))
    assert seen(found) == ("back end", "section")
    assert elements(found) == ["validate-jwt"]


def test_a_preflight_guard_is_not_a_way_without_check() -> None:
    guard = '@(context.Request.Method == "OPTIONS")'
    assert way(when(guard, ANSWER) + CHECK).unchecked == ()
    assert way(when('@(context.Request.Method != "OPTIONS")', CHECK)).unchecked == ()


def test_a_guard_on_another_method_is_a_condition() -> None:
    found = only(way(when('@(context.Request.Method == "POST")', CHECK)))
    assert seen(found) == ("back end", "condition")


def test_the_operations_method_decides_a_guard_on_it() -> None:
    text = when('@(context.Request.Method == "POST")', CHECK)
    assert way(text, method="POST").unchecked == ()
    assert seen(only(way(text, method="GET"))) == ("back end", "condition")


def test_base_goes_before_condition() -> None:
    found = only(way(scopes={"global": anywhere(CHECK), "api": policy(when(HEADER, OTHER))}))
    assert found.why == "base"


def test_answer_goes_before_base() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy(ANSWER + OTHER)})
    assert only(found).why == "answer"


def test_condition_goes_before_section() -> None:
    found = only(way(scopes={"api": policy(when(HEADER, CHECK), outbound=OTHER)}))
    assert found.why == "condition"


def test_a_missing_fragment_before_the_back_end_makes_the_way_doubtful() -> None:
    found = only(way('<include-fragment fragment-id="auth"/>'))
    assert [d.reason for d in found.doubts] == ["fragment auth was not found"]


def test_a_missing_fragment_behind_a_check_opens_nothing() -> None:
    found = way(f'{CHECK}<include-fragment fragment-id="log"/>')
    assert found.unchecked == ()
    assert [d.reason for d in found.doubts] == ["fragment log was not found"]


def test_an_answer_above_a_missing_fragment_is_certain() -> None:
    found = only(way(f'{ANSWER}<include-fragment fragment-id="log"/>{CHECK}'))
    assert found.doubts == ()


def test_a_check_hidden_in_a_fragment_counts() -> None:
    found = way('<base/><include-fragment fragment-id="auth"/>', fragments={"auth": f"<fragment>{CHECK}</fragment>"})
    assert found.unchecked == ()
    assert found.met[0].check.fragments == ("auth",)


def test_an_unread_document_makes_inherited_coverage_doubtful() -> None:
    found = only(way(scopes={"global": anywhere(CHECK), "api": Doubt("access was denied")}))
    assert [d.reason for d in found.doubts] == ["access was denied"]


def test_a_section_that_is_not_written_makes_the_way_doubtful() -> None:
    text = "<policies><outbound><base/></outbound></policies>"
    found = only(way(scopes={"global": anywhere(CHECK), "api": text}))
    assert found.why == "base"
    assert len(found.doubts) == 1


def test_commented_checks_do_not_cover() -> None:
    assert seen(only(way(f"<!-- {CHECK} -->"))) == ("back end", "no check")


def test_checks_inside_a_stylesheet_or_a_body_do_not_cover() -> None:
    sheet = '<xsl-transform><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><validate-jwt/></xsl:stylesheet></xsl-transform>'
    assert seen(only(way(sheet))) == ("back end", "no check")


def test_a_check_inside_limit_concurrency_or_block_covers() -> None:
    assert way(f'<limit-concurrency key="a" max-count="3">{CHECK}</limit-concurrency>').unchecked == ()
    assert way(f"<block>{CHECK}</block>").unchecked == ()


def test_a_check_inside_wait_for_any_may_not_run() -> None:
    text = f'<wait for="any">{when("@(true)", CHECK)}<send-request response-variable-name="a"/></wait>'
    assert len(way(text).unchecked) == 1


def test_a_backend_section_without_forward_request_forwards_nothing() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy("<base/>", "")})
    assert found.calls == ()
    assert [left.document for left in found.unforwarded] == ["api"]


def test_a_backend_section_that_answers_itself_is_meant() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy("<base/>", ANSWER)})
    assert found.unforwarded == ()


def test_a_mock_needs_no_forward_request() -> None:
    found = way(scopes={"global": anywhere(CHECK), "api": policy("<base/><mock-response/>", "")})
    assert found.unforwarded == ()


def test_a_way_that_reaches_nothing_is_said() -> None:
    assert seen(only(way(scopes={"api": policy("", "")}))) == ("nothing", "no check")


def test_an_error_section_that_answers_success_hides_refusals() -> None:
    found = way(scopes={"api": policy(CHECK, on_error='<return-response><set-status code="200"/></return-response>')})
    assert [p.element.name for p in found.errors_hidden] == ["return-response"]


def test_an_error_section_that_keeps_the_status_hides_nothing() -> None:
    found = way(scopes={"api": policy(CHECK, on_error='<set-status code="403"/><trace/>')})
    assert found.errors_hidden == ()


def test_a_success_for_other_errors_hides_no_refusal() -> None:
    guard = when(
        '@(context.LastError.Source == "forward-request")',
        '<return-response><set-status code="200"/></return-response>',
    )
    assert way(scopes={"api": policy(CHECK, on_error=guard)}).errors_hidden == ()


def test_a_success_for_failed_checks_hides_refusals() -> None:
    guard = when(
        '@(context.LastError.Source == "validate-jwt")', '<return-response><set-status code="200"/></return-response>'
    )
    assert len(way(scopes={"api": policy(CHECK, on_error=guard)}).errors_hidden) == 1


@pytest.mark.parametrize("code", ["200", "204"])
def test_an_error_section_that_sets_the_status_of_a_success_hides_refusals(code: str) -> None:
    found = way(scopes={"api": policy(CHECK, on_error=f'<set-status code="{code}" reason="OK"/><trace/>')})
    assert [p.element.name for p in found.errors_hidden] == ["set-status"]


@pytest.mark.parametrize(
    "then", ['<set-status code="403"/>', '<return-response><set-status code="401"/></return-response>']
)
def test_the_last_status_that_an_error_section_sets_counts(then: str) -> None:
    found = way(scopes={"api": policy(CHECK, on_error=f'<set-status code="200"/>{then}')})
    assert found.errors_hidden == ()


@pytest.mark.parametrize(
    ("condition", "code", "hidden"),
    [
        ("context.Response.StatusCode == 404", "401", 0),
        ("context.Response.StatusCode == 401", "401", 1),
        ("context.Response.StatusCode == 401", "403", 1),  # a token of the wrong form may still be refused with 401
        ("context.Response.StatusCode == 403", "401", 0),
        ("context.Response.StatusCode == 403", "403", 1),
        ("context.Response.StatusCode >= 400", "401", 1),
    ],
)
def test_a_success_for_another_status_than_the_refusal_hides_nothing(condition: str, code: str, hidden: int) -> None:
    check = f'<validate-jwt header-name="Authorization" failed-validation-httpcode="{code}"/>'
    answer = '<return-response><set-status code="200"/></return-response>'
    on_error = when(f"@({condition.replace('>', '&gt;')})", answer)
    assert len(way(scopes={"api": policy(check, on_error=on_error)}).errors_hidden) == hidden


def test_an_error_section_of_an_api_without_checks_hides_nothing() -> None:
    answer = '<return-response><set-status code="200"/></return-response>'
    assert way(scopes={"api": policy("", on_error=answer)}).errors_hidden == ()


def test_an_unknown_element_may_be_a_check() -> None:
    found = only(way("<validate-anything/>"))
    assert [d.reason for d in found.doubts] == ["<validate-anything> is no policy element that is known here"]


def test_a_websocket_api_skips_an_inherited_mock() -> None:
    effective = composed({"global": anywhere("<mock-response/>"), "api": policy(f"<base/>{CHECK}")})
    assert follow(effective, websocket=True).unchecked == ()
    assert len(follow(effective).unchecked) == 1


def test_what_all_requests_have_in_common_decides_a_condition() -> None:
    effective = composed({"api": policy(when('@(context.Operation.Id != "health")', CHECK))})
    assert words_asked(effective) == {"operation.id"}
    assert follow(effective, known={"operation.id": "get-order"}).unchecked == ()
    assert len(follow(effective, known={"operation.id": "health"}).unchecked) == 1


def test_a_call_without_a_product_fails_a_condition_on_there_being_one() -> None:
    effective = composed({"api": policy(when("@(context.Product == null)", CHECK))})
    assert follow(effective, known={"product": None}).unchecked == ()
    assert len(follow(effective, known={"product": "starter"}).unchecked) == 1
    assert len(follow(effective).unchecked) == 1
