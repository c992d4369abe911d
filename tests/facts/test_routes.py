"""Routes: every operation of every online revision, in each request context the documentation knows."""

import pytest

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.facts.build import build
from apimdoctor.facts.values import NONE, Unknown, Values, known
from apimdoctor.facts.vocabulary import Route
from tests.facts.house import JWT, House, Op, anonymous, document, facts_of, only_path, reasons, routes

KEYED = {("API key", ""), ("all-APIs key", "")}


def contexts(house: House) -> set[tuple[str, str]]:
    return {(context, product) for _, context, product in routes(house.facts())}


def with_product(*, api_key: bool, product_key: bool) -> House:
    house = House()
    house.tree.product("basic", key=product_key)
    return house.api(key=api_key, products=["basic"])


# ------------------------------------------------------------ request contexts
def test_an_api_that_needs_no_key_is_called_without_one_and_with_keys_of_its_own() -> None:
    assert contexts(House().api(key=False)) == {("no key", ""), *KEYED}


def test_an_api_that_needs_a_key_is_not_called_without_one() -> None:
    assert contexts(House().api(key=True)) == KEYED


def test_the_key_of_each_product_is_a_context() -> None:
    house = with_product(api_key=True, product_key=True)
    house.tree.product("gold")
    house.tree.json("apim/products/gold/apis/ledger/productApiInformation.json", {})
    assert contexts(house) == {("product key", "basic"), ("product key", "gold"), *KEYED}


@pytest.mark.parametrize("api_key", [True, False])
def test_an_open_product_takes_all_calls_without_a_key_whatever_the_api_asks_for(api_key: bool) -> None:
    assert contexts(with_product(api_key=api_key, product_key=False)) == {("open product", "basic"), *KEYED}


def test_whether_a_key_is_needed_is_unknown_when_nobody_says() -> None:
    house = House().api(properties={"subscriptionRequired": None})
    facts = house.facts()
    assert reasons(facts.routes) == ["whether API ledger needs a key was not read"]
    assert contexts(house) == KEYED


def test_holders_of_a_key_are_active_subscriptions_and_open_when_not_all_were_read() -> None:
    house = House().api()
    assert routes(house.facts())[("list", "API key", "")].key_holders.rest
    house.tree.subscription("night job", "/apis/ledger")
    house.tree.subscription("old job", "/apis/ledger", state="cancelled")
    found = routes(house.facts())
    assert found[("list", "API key", "")].key_holders.known == ("night job",)
    assert found[("list", "all-APIs key", "")].key_holders.known == ()


def test_only_the_built_in_key_goes_past_the_products_when_all_subscriptions_are_to_products() -> None:
    house = with_product(api_key=True, product_key=True)
    assert not any(route.only_built_in_key for route in routes(house.facts()).values())
    house.tree.subscription("partner", "/products/basic")
    found = routes(house.facts())
    assert [found[key].only_built_in_key for key in found if key[1] != "product key"] == [True, True]
    assert not found[("list", "product key", "basic")].only_built_in_key
    house.tree.subscription("night job", "/apis/ledger")
    assert not routes(house.facts())[("list", "API key", "")].only_built_in_key


def test_an_api_without_products_is_called_with_keys_of_its_own() -> None:
    house = House().api()
    house.tree.subscription("partner", "/products/other")
    assert not any(route.only_built_in_key for route in routes(house.facts()).values())


def test_operations_that_were_not_read_are_said_to_be_missing() -> None:
    assert reasons(House().api(operations=()).facts().routes) == ["the operations of API ledger were not read"]


# ------------------------------------------------------------ composition
def test_product_policy_runs_only_with_the_key_of_that_product() -> None:
    house = House().app()
    house.tree.product("basic", document("<base />" + JWT))
    found = routes(house.api(key=True, products=["basic"]).facts())
    assert len(found[("list", "product key", "basic")].passages) == 1
    assert found[("list", "API key", "")].passages == ()


def test_scopes_run_from_global_over_workspace_product_and_api_to_operation() -> None:
    def mark(name: str) -> str:
        return document(f'<base /><set-variable name="{name}" value="x" />')

    house = House()
    house.tree.global_policy(mark("global").replace("<base />", "", 1))
    house.tree.workspace("books")
    house.tree.text("apim/workspaces/books/policy.xml", mark("workspace"))
    house.tree.product("basic", mark("product"), workspace="books")
    operation = Op(name="list", policy=mark("operation"))
    house.tree.api("ledger", mark("api"), operations=[operation], products=["basic"], workspace="books")
    route = routes(house.facts())[("list", "product key", "basic")]
    assert [step.scope for step in route.steps if step.element == "set-variable"] == [
        "global",
        "workspace",
        "product",
        "api",
        "operation",
    ]
    assert route.place.workspace == "books"


def test_an_api_without_operations_has_one_route_for_all_requests() -> None:
    route = routes(House().api(key=True, operations=()).facts())[("", "API key", "")]
    assert route.operation.catch_all
    assert route.name == "/*"
    assert route.place.operation == ""


def test_an_operation_policy_without_base_leaves_a_check_out_for_that_operation_only() -> None:
    operations = [Op(name="list"), Op(name="open", policy=document("<set-variable name='a' value='b' />"))]
    facts = facts_of("<base />" + JWT, operations=operations)
    assert anonymous(facts, "list").unchecked == ()
    path = only_path(anonymous(facts, "open"))
    assert (path.why, path.ends) == ("base", "back end")
    assert [section.place.operation for section in path.base] == ["open"]
    assert [check.scope for check in path.missed] == ["api"]


def test_a_document_of_nothing_but_base_is_as_good_as_none() -> None:
    with_document = facts_of("<base />" + JWT, operations=[Op(name="list", policy=document("<base />"))])
    assert anonymous(with_document).unchecked == ()
    assert len(with_document.documents) == 2


def test_a_condition_on_the_method_is_decided_for_each_operation() -> None:
    guard = f"<choose><when condition='@(context.Request.Method != \"GET\")'>{JWT}</when></choose>"
    facts = facts_of("<base />" + guard, operations=[Op(name="list"), Op(name="add", method="POST")])
    assert anonymous(facts, "add").unchecked == ()
    assert only_path(anonymous(facts, "list")).ends == "back end"


# ------------------------------------------------------------ revisions
def test_online_revisions_are_routes_and_offline_ones_are_not() -> None:
    house = House().app().api("<base />" + JWT, "ledger", properties={"apiRevision": "3", "isOnline": True})
    house.api(name="ledger;rev=2", properties={"apiRevision": "2", "isOnline": True, "isCurrent": False})
    house.api(name="ledger;rev=1", properties={"apiRevision": "1", "isOnline": False, "isCurrent": False})
    facts = house.facts()
    assert {r.place.revision for r in facts.routes if isinstance(r, Route)} == {"2", "3"}


def test_a_route_of_an_older_revision_knows_the_checks_of_the_current_one() -> None:
    house = House().app().api("<base />" + JWT, properties={"apiRevision": "2", "isOnline": True})
    house.api(name="ledger;rev=1", properties={"apiRevision": "1", "isOnline": True, "isCurrent": False})
    old = [r for r in house.facts().routes if isinstance(r, Route) and not r.api.is_current]
    assert all(r.check_ids == NONE and len(r.check_ids_in_current.known) == 1 for r in old)
    assert old[0].place.resource.split("/operations/")[0].endswith("/apis/ledger;rev=1")


# ------------------------------------------------------------ what could not be read
def test_a_policy_that_cannot_be_parsed_leaves_unchecked_ways_unknown() -> None:
    house = House().app()
    house.tree.api("ledger", "<policies><inbound><base /><validate-jwt header-name=", key=False)
    route = anonymous(house.facts())
    assert reasons(route.unchecked)
    assert reasons(route.passages)
    assert [p for p in route.unchecked if not isinstance(p, Unknown)] == []
    assert all("the policy of API ledger could not be parsed" in because for because in reasons(route.unchecked))


def test_a_missing_fragment_leaves_unchecked_ways_unknown() -> None:
    route = anonymous(facts_of('<base /><include-fragment fragment-id="gone" />'))
    assert reasons(route.unchecked)
    assert [p for p in route.unchecked if not isinstance(p, Unknown)] == []


def test_bare_policies_have_checks_and_no_routes_for_want_of_scope() -> None:
    facts = build(files.read_tree(MemoryTree({"orders.xml": document("<base />" + JWT).encode()})))
    assert len([check for check in facts.token_checks if not isinstance(check, Unknown)]) == 1
    assert all("no scope information" in because for because in reasons(facts.routes))
    assert len(facts.routes) == 1


def test_an_empty_snapshot_gives_no_facts() -> None:
    facts = build(files.read_tree(MemoryTree({})))
    assert (facts.routes, facts.token_checks, facts.apps) == ((), (), ())


# ------------------------------------------------------------ signs and controls
def test_a_key_is_a_control_where_the_context_has_one() -> None:
    found = routes(House().api(key=False).facts())
    assert found[("list", "no key", "")].subject_to == ()
    assert found[("list", "API key", "")].subject_to == ("key",)


def test_an_address_filter_is_a_control() -> None:
    address = '<ip-filter action="allow"><address>203.0.113.7</address></ip-filter>'
    assert anonymous(facts_of("<base />" + address)).subject_to == ("address filter",)


def test_a_checked_operation_beside_it_is_a_sign_that_protection_was_meant() -> None:
    operations = [Op(name="list", policy=document("<base />" + JWT)), Op(name="open")]
    facts = facts_of("<base />", operations=operations)
    assert anonymous(facts, "open").protection_signs == ("checked sibling",)
    assert anonymous(facts, "list").protection_signs == ()


def test_a_console_server_is_a_sign_that_protection_was_meant() -> None:
    settings = {"oAuth2": {"authorizationServerId": "alder-login"}}
    house = House().api(key=False, properties={"authenticationSettings": settings})
    assert anonymous(house.facts()).protection_signs == ("console server",)


def test_checks_are_named_by_what_they_accept_so_that_revisions_compare() -> None:
    one = anonymous(facts_of("<base />" + JWT)).check_ids
    other = anonymous(facts_of("<base /><set-variable name='x' value='y' />" + JWT)).check_ids
    assert one == other != known()
    assert isinstance(one, Values)


# ------------------------------------------------------------ cost
def test_operations_and_contexts_under_one_policy_share_one_way() -> None:
    facts = facts_of("<base />" + JWT, operations=[Op(name=f"op{n}") for n in range(20)])
    found = [route for route in facts.routes if isinstance(route, Route)]
    assert len(found) == 60
    assert len({id(route.passages) for route in found}) == 1
    assert len([check for check in facts.token_checks if not isinstance(check, Unknown)]) == 1
