"""Composing: what runs at a scope."""

from apimdoctor.policy.effective import Composer
from apimdoctor.policy.nodes import DefaultForward
from apimdoctor.policy.way import Doubt, ScopeDocument
from tests.policy.ways import CHECK, anywhere, composed, document, policy, steps_of


def test_base_is_replaced_by_the_parents_section_where_it_stands() -> None:
    found = composed({"global": anywhere("<cors/>"), "api": policy("<ip-filter/><base/><rate-limit/>")})
    assert steps_of(found) == ["api ip-filter", "global cors", "api rate-limit"]


def test_all_five_scopes_compose_from_broad_to_narrow() -> None:
    found = composed(
        {
            "global": anywhere("<cors/>"),
            "workspace": policy("<base/><trace/>"),
            "product": policy("<base/><quota/>"),
            "api": policy("<base/><ip-filter/>"),
            "operation": policy("<base/><rate-limit/>"),
        }
    )
    assert steps_of(found) == [
        "global cors",
        "workspace trace",
        "product quota",
        "api ip-filter",
        "operation rate-limit",
    ]


def test_statements_above_base_in_outbound_run_before_the_broad_ones() -> None:
    found = composed(
        {
            "global": policy("", "<forward-request/>", "<trace/>", ""),
            "api": policy("<base/>", outbound="<xml-to-json/><base/>"),
        }
    )
    assert steps_of(found, "outbound") == ["api xml-to-json", "global trace"]


def test_a_scope_without_document_is_transparent() -> None:
    chain = [
        ScopeDocument("global", "g", document(anywhere("<cors/>"))),
        ScopeDocument("product", "p", None),
        ScopeDocument("api", "a", document(policy("<base/><trace/>"))),
    ]
    found = Composer({}, {}).compose(chain)
    assert steps_of(found) == ["global cors", "api trace"]
    assert found.left_out == ()


def test_a_section_without_base_drops_the_whole_chain_for_that_section_only() -> None:
    found = composed({"global": anywhere(CHECK), "api": policy("<trace/>")})
    assert steps_of(found) == ["api trace"]
    assert steps_of(found, "backend") == ["global forward-request"]


def test_what_a_section_leaves_out_is_remembered() -> None:
    found = composed({"global": anywhere(CHECK), "api": policy("<trace/>")})
    (left,) = found.left_out
    assert (left.document, left.section) == ("api", "inbound")
    assert [p.element.name for p in left.missed] == ["validate-jwt"]
    assert left.section_element is not None


def test_base_at_global_scope_has_no_effect() -> None:
    found = composed({"global": policy("<base/><trace/>", "<forward-request/>")})
    assert steps_of(found) == ["global trace"]
    assert found.left_out == ()


def test_base_inside_when_is_replaced_there() -> None:
    text = "<choose><when condition='@(true)'><base/></when></choose>"
    found = composed({"global": anywhere("<cors/>"), "api": policy(text)})
    assert steps_of(found) == ["api choose", "api when", "global cors"]
    assert found.left_out == ()


def test_base_that_stands_twice_is_replaced_twice() -> None:
    found = composed({"global": anywhere("<trace/>"), "api": policy("<base/><cors/><base/>")})
    assert steps_of(found) == ["global trace", "api cors", "global trace"]


def test_a_base_in_a_comment_is_no_base() -> None:
    found = composed({"global": anywhere("<cors/>"), "api": policy("<!-- <base/> --><trace/>")})
    assert steps_of(found) == ["api trace"]


def test_a_check_in_a_comment_does_not_count() -> None:
    assert steps_of(composed({"api": policy(f"<base/><!-- {CHECK} -->")})) == []


def test_a_section_that_is_not_written_leaves_a_doubt() -> None:
    found = composed({"global": anywhere(CHECK), "api": "<policies><outbound><base/></outbound></policies>"})
    assert steps_of(found) == []
    assert [d.reason for d in found.doubts] == [
        "api has no <inbound>: whether the broader scopes run then is not documented"
    ]
    left = next(left for left in found.left_out if left.section == "inbound")
    assert left.section_element is None


def test_a_backend_section_that_is_not_written_still_forwards() -> None:
    found = composed({"global": anywhere(""), "api": "<policies><inbound><base/></inbound></policies>"})
    assert steps_of(found, "backend") == ["global forward-request"]
    assert [left.section_element for left in found.left_out if left.section == "backend"] == [None]


def test_a_pasted_inbound_section_says_nothing_of_the_others() -> None:
    found = composed({"global": policy("", "<forward-request/>", "<trace/>"), "api": "<inbound><base/></inbound>"})
    assert steps_of(found, "outbound") == ["global trace"]
    assert found.doubts == ()


def test_without_a_global_policy_the_default_one_forwards() -> None:
    found = composed({"api": policy("<base/>")})
    assert found.default_global
    (inherited,) = found.sections["backend"]
    assert isinstance(inherited.nodes[0], DefaultForward)  # type: ignore[union-attr]


def test_a_fragment_stands_in_the_place_of_its_inclusion() -> None:
    found = composed(
        {"api": policy('<cors/><include-fragment fragment-id="auth"/><trace/>')},
        {"auth": f"<fragment>{CHECK}</fragment>"},
    )
    assert steps_of(found) == ["api cors", "api validate-jwt", "api trace"]


def test_two_inclusions_of_a_fragment_share_its_elements_and_say_where_they_came_through() -> None:
    include = '<include-fragment fragment-id="auth"/>'
    found = composed({"api": policy(include + include)}, {"auth": f"<fragment>{CHECK}</fragment>"})
    first, second = found.sections["inbound"]
    assert first.placed.element is second.placed.element  # type: ignore[union-attr]
    assert first.placed.fragments == ("auth",)  # type: ignore[union-attr]


def test_a_fragment_without_its_root_is_read_all_the_same() -> None:
    found = composed({"api": policy('<include-fragment fragment-id="auth"/>')}, {"auth": CHECK})
    assert steps_of(found) == ["api validate-jwt"]


def test_a_missing_fragment_is_a_doubt() -> None:
    found = composed({"api": policy('<include-fragment fragment-id="auth"/>')})
    assert [d.reason for d in found.doubts] == ["fragment auth was not found"]


def test_an_unread_fragment_is_a_doubt_with_its_reason() -> None:
    found = composed({"api": policy('<include-fragment fragment-id="auth"/>')}, {"auth": Doubt("access was denied")})
    assert [d.reason for d in found.doubts] == ["fragment auth: access was denied"]


def test_a_fragment_in_a_fragment_is_a_doubt() -> None:
    include = '<include-fragment fragment-id="{}"/>'
    found = composed(
        {"api": policy(include.format("a"))},
        {"a": f"<fragment>{include.format('b')}</fragment>", "b": f"<fragment>{CHECK}</fragment>"},
    )
    assert [d.reason for d in found.doubts] == ["fragment b inside fragment a is not allowed"]


def test_base_in_a_fragment_is_a_doubt() -> None:
    found = composed(
        {"global": anywhere(CHECK), "api": policy('<include-fragment fragment-id="a"/>')},
        {"a": "<fragment><base/></fragment>"},
    )
    assert [d.reason for d in found.doubts] == ["<base/> in a fragment is not allowed"]


def test_a_missing_fragment_in_outbound_hides_no_check() -> None:
    found = composed({"api": policy("<base/>", outbound='<include-fragment fragment-id="log"/><base/>')})
    assert found.doubts == ()


def test_an_unread_document_perhaps_inherits() -> None:
    found = composed({"global": anywhere(CHECK), "api": Doubt("access was denied")})
    assert steps_of(found) == ["global validate-jwt"]
    assert [d.reason for d in found.doubts] == ["access was denied"]


def test_policy_elements_inside_a_body_are_text() -> None:
    body = "<send-request><set-body><validate-jwt/></set-body></send-request>"
    assert steps_of(composed({"api": policy(body)})) == ["api send-request"]


def test_equal_chains_are_composed_once() -> None:
    composer = Composer({}, {})
    chain = [ScopeDocument("global", "g", document(anywhere("<cors/>")))]
    assert composer.compose(chain) is composer.compose([*chain, ScopeDocument("api", "a", None)])


def test_bases_that_would_multiply_without_bound_end_in_a_doubt() -> None:
    many = "<base/>" * 300
    found = composed({"global": anywhere("<trace/>"), "product": policy(many), "api": policy(many)})
    assert any("more than" in doubt.reason for doubt in found.doubts)


def test_deep_nesting_ends_in_a_doubt() -> None:
    text = "<block>" * 100 + CHECK + "</block>" * 100
    found = composed({"api": policy(text)})
    assert any("nested deeper" in doubt.reason for doubt in found.doubts)
