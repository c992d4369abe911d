"""What the HTML report draws, from policy text to the numbers on the page."""

from apimdoctor.report.token_paths import KINDS, Drawing, drawing, totals
from tests.cli.folders import V2_ONLY
from tests.report.drawn_report import judged, small


def drawn() -> Drawing:
    return drawing(small())


def path(api: str, run: Drawing | None = None) -> dict:
    run = run or drawn()
    (key,) = (key for key in run.paths if key[2] == api)
    return run.paths[key][0]


def walked(api: str) -> list[tuple]:
    run = drawn()
    return [(run.steps[number][0], state, holder) for number, state, holder in path(api, run)["steps"]]


def test_a_check_at_which_everyone_is_refused_is_marked_with_the_finding() -> None:
    assert ("validate-jwt", "error", "caller") in walked("orders")


def test_a_check_without_a_finding_is_marked_as_passed() -> None:
    assert ("validate-jwt", "good", "caller") in walked("returns")


def test_after_a_managed_identity_the_header_holds_the_gateway_s_token() -> None:
    holders = {element: holder for element, _, holder in walked("stock")}
    assert holders["authentication-managed-identity"] == "gateway"
    assert holders["validate-jwt"] == "gateway"


def test_the_two_sets_show_what_is_issued_and_whether_it_is_accepted() -> None:
    run = drawn()
    (number,) = path("orders", run)["checks"]
    (match,) = run.checks[number]["apps"]
    assert match["issuers"]["any"] == "no"
    assert [answer for _, answer in match["issuers"]["issued"]] == ["no"]
    assert match["audiences"]["any"] == "yes"


def test_a_step_carries_its_words_its_scope_and_its_place() -> None:
    run = drawn()
    (step,) = (step for step in run.steps if step[0] == "validate-jwt" and step[5].startswith("apim/apis/returns"))
    assert step[1:4] == ["api", "inbound", "check"]
    assert run.texts[step[4]].startswith('<validate-jwt header-name="Authorization">\n  <openid-config')
    assert step[5] == "apim/apis/returns/policy.xml:4"


def test_an_app_registration_knows_the_apis_that_check_its_tokens() -> None:
    run = drawn()
    (users,) = run.used_by.values()
    assert {key[2] for key in users} == {"orders", "returns", "stock"}


def test_routes_are_counted_by_how_they_are_protected() -> None:
    bare = V2_ONLY[: V2_ONLY.index("    <validate-jwt")] + V2_ONLY[V2_ONLY.index("  </inbound>") :]
    counts = dict(zip(KINDS, totals(drawing(judged({"orders": V2_ONLY, "bare": bare})).protection), strict=True))
    assert counts["checked"] >= 1
    assert counts["key"] >= 1
    assert counts["partly"] == 0


def test_ways_that_are_equal_for_several_operations_are_drawn_once() -> None:
    run = drawn()
    for paths in run.paths.values():
        assert len({str(one["steps"]) + one["context"] for one in paths}) == len(paths)
