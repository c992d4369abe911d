"""What happens on a route: checks passed, ways without one, whose token travels, and who changed it."""

from apimdoctor.facts.values import NONE, Unknown, known
from apimdoctor.facts.vocabulary import Hop, IdentityChange, Passage, Route
from tests.facts.house import (
    CLIENT,
    GATEWAY,
    GATEWAY_CLIENT,
    JWT,
    MANAGED,
    TENANT,
    House,
    Op,
    anonymous,
    document,
    facts_of,
    only_path,
    reasons,
    routes,
)


def only_passage(route: Route) -> Passage:
    (found,) = route.passages
    assert isinstance(found, Passage)
    return found


def only_hop(route: Route) -> Hop:
    (found,) = route.hops
    assert isinstance(found, Hop)
    return found


# ------------------------------------------------------------ passages
def test_a_check_on_every_path_reads_the_callers_own_token() -> None:
    route = anonymous(facts_of("<base />" + JWT))
    passage = only_passage(route)
    assert (passage.on, passage.token_written_by, passage.caller_token_reaches) == ("every path", (), True)
    assert route.unchecked == ()
    assert len(route.check_ids.known) == 1


def test_a_managed_identity_above_the_check_writes_the_token_it_reads() -> None:
    route = anonymous(facts_of("<base />" + MANAGED + JWT))
    passage = only_passage(route)
    (change,) = passage.token_written_by
    assert isinstance(change, IdentityChange)
    assert (change.kind, change.resource, change.writes) == (
        "managed identity",
        "https://vault.azure.net",
        known("header:authorization"),
    )
    assert passage.caller_token_reaches is False


def test_a_way_whose_check_reads_something_else_is_called_overwritten() -> None:
    path = only_path(anonymous(facts_of("<base />" + MANAGED + JWT)))
    assert (path.why, path.ends) == ("overwritten", "back end")
    assert path.missed == path.misread != ()


def test_a_managed_identity_below_the_check_changes_what_travels_on() -> None:
    route = anonymous(facts_of("<base />" + JWT + MANAGED))
    assert only_passage(route).token_written_by == ()
    hop = only_hop(route)
    assert [change.kind for change in hop.identity if isinstance(change, IdentityChange)] == ["managed identity"]
    assert (hop.caller_checked, hop.caller_token_travels) == ("always", False)


def test_steps_above_the_check_stand_before_it() -> None:
    limit = '<rate-limit-by-key calls="5" renewal-period="60" counter-key="@(context.Request.IpAddress)" />'
    (step,) = only_passage(anonymous(facts_of("<base />" + limit + JWT))).before
    assert not isinstance(step, Unknown)
    assert (step.element, step.role, step.counts_by) == ("rate-limit-by-key", "counter", ("address",))


def test_a_second_check_of_the_same_token_comes_later() -> None:
    facts = facts_of("<base />" + JWT, operations=[Op(name="list", policy=document("<base />" + JWT))])
    first = anonymous(facts).passages[0]
    assert isinstance(first, Passage)
    assert [check.scope for check in first.later if not isinstance(check, Unknown)] == ["operation"]


# ------------------------------------------------------------ ways without a check
def test_nothing_at_any_scope_is_a_way_without_check() -> None:
    path = only_path(anonymous(facts_of("<base />")))
    assert (path.why, path.ends, path.missed) == ("no check", "back end", ())


def test_a_check_in_the_product_alone_is_missed_in_other_contexts() -> None:
    house = House().app()
    house.tree.product("basic", document("<base />" + JWT))
    house.tree.product("gold", document("<base />"))
    found = routes(house.api(key=True, products=["basic", "gold"]).facts())
    for context in (("API key", ""), ("all-APIs key", ""), ("product key", "gold")):
        path = only_path(found[("list", *context)])
        assert (path.why, path.checked_in) == ("other context", ("basic",))
        assert [check.scope for check in path.missed] == ["product"]
    assert found[("list", "product key", "basic")].unchecked == ()


def test_a_check_behind_a_header_is_missed_by_the_callers_choice() -> None:
    guard = f"<choose><when condition='@(context.Request.Headers.ContainsKey(\"X-User\"))'>{JWT}</when></choose>"
    path = only_path(anonymous(facts_of("<base />" + guard)))
    assert path.why == "condition"
    (condition,) = path.conditions
    assert (condition.from_caller, condition.constant, condition.never_set) == (("header:x-user",), "", ())


def test_a_guard_that_reads_a_variable_nobody_sets_never_holds() -> None:
    guard = (
        "<choose><when condition='@(context.Variables.GetValueOrDefault<bool>(\"checked\"))'>"
        + JWT
        + "</when></choose>"
    )
    path = only_path(anonymous(facts_of("<base />" + guard)))
    assert path.why == "condition"
    assert path.conditions[0].never_set == ("checked",)


def test_a_guard_on_a_variable_that_the_caller_fills_is_the_callers_choice() -> None:
    fill = '<set-variable name="who" value=\'@(context.Request.Headers.GetValueOrDefault("X-User",""))\' />'
    guard = '<choose><when condition=\'@((string)context.Variables["who"] != "")\'>' + JWT + "</when></choose>"
    path = only_path(anonymous(facts_of("<base />" + fill + guard)))
    assert path.conditions[0].from_caller == ("variable:who",)


def test_an_answer_above_the_check_ends_the_way() -> None:
    path = only_path(anonymous(facts_of('<mock-response status-code="200" /><base />' + JWT)))
    assert (path.why, path.ends, path.constant_answer) == ("answer", "answer", True)
    assert [step.element for step in path.steps] == ["mock-response"]


def test_a_refusal_is_no_way_without_check() -> None:
    refuse = '<return-response><set-status code="403" reason="no" /></return-response>'
    assert anonymous(facts_of("<base />" + refuse)).unchecked == ()


def test_a_private_cache_above_the_check_answers_before_it() -> None:
    cache = (
        '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" '
        'allow-private-response-caching="true"><vary-by-header>Accept; X-Tenant</vary-by-header></cache-lookup>'
    )
    path = only_path(anonymous(facts_of("<base />" + cache + JWT)))
    assert (path.why, path.ends) == ("cache", "cached answer")
    (step,) = path.steps
    assert step.serves_authorized_requests is True
    assert "header:accept" in step.varies_by.known


def test_a_control_on_one_branch_belongs_to_the_way_through_that_branch() -> None:
    branch = (
        "<choose><when condition='@(context.Request.Certificate != null)'>"
        '<validate-client-certificate validate-trust="true" /></when>'
        f"<otherwise>{JWT}</otherwise></choose>"
    )
    route = anonymous(facts_of("<base />" + branch))
    assert only_path(route).subject_to == ("client certificate",)
    assert route.subject_to == ("client certificate",)


def test_dropped_steps_are_told_with_their_section() -> None:
    limit = '<rate-limit calls="5" renewal-period="60" />'
    operation = Op(name="list", policy=document("<set-variable name='a' value='b' />"))
    route = anonymous(facts_of("<base />" + limit, operations=[operation]))
    assert [(d.section.name, [s.element for s in d.steps]) for d in route.dropped] == [("inbound", ["rate-limit"])]


def test_a_backend_section_without_base_forwards_nothing() -> None:
    operation = Op(name="list", policy=document("<base />", backend="<set-variable name='a' value='b' />"))
    route = anonymous(facts_of("<base />", operations=[operation]))
    assert [section.name for section in route.unforwarded] == ["backend"]


def test_a_success_in_on_error_hides_a_refusal() -> None:
    answer = '<return-response><set-status code="200" reason="fine" /></return-response>'
    operation = Op(name="list", policy=document("<base />", on_error=answer))
    route = anonymous(facts_of("<base />" + JWT, operations=[operation]))
    assert [step.element for step in route.errors_hidden] == ["return-response"]


# ------------------------------------------------------------ identity changes
def with_identity(resource: str, client_id: str = "") -> IdentityChange:
    house = House().app()
    house.tree.service("alder", principal_id=GATEWAY)
    principal = {
        "id": GATEWAY,
        "appId": GATEWAY_CLIENT,
        "displayName": "alder",
        "servicePrincipalType": "ManagedIdentity",
        "servicePrincipalNames": [GATEWAY_CLIENT],
    }
    house.tree.json("entra/servicePrincipals.json", {"value": [principal]})
    asked = f' client-id="{client_id}"' if client_id else ""
    house.api(f'<base /><authentication-managed-identity resource="{resource}"{asked} />')
    (change,) = house.facts().identity_changes
    assert isinstance(change, IdentityChange)
    return change


def test_the_token_of_an_identity_for_an_azure_service_is_of_version_1() -> None:
    change = with_identity("https://vault.azure.net")
    assert change.resource_is == "Azure service"
    assert change.issuers == known(f"https://sts.windows.net/{TENANT}/")
    assert change.audiences == known("https://vault.azure.net")
    assert change.client_ids == known(GATEWAY_CLIENT)


def test_the_app_registration_decides_what_token_an_identity_gets_for_it() -> None:
    change = with_identity("api://ledger")
    assert change.resource_is == "app registration"
    assert change.issuers == known(f"https://login.microsoftonline.com/{TENANT}/v2.0")


def test_a_resource_nobody_has_is_told() -> None:
    assert with_identity("api://ledgre").resource_is == "nothing found"


def test_a_user_assigned_identity_that_is_not_assigned_fits_nothing() -> None:
    assert with_identity("https://vault.azure.net", CLIENT).client_ids == NONE


def test_a_service_without_identity_has_none_that_fits() -> None:
    (change,) = facts_of("<base />" + MANAGED).identity_changes
    assert isinstance(change, IdentityChange)
    assert change.client_ids == NONE


def test_an_identity_in_a_request_of_its_own_writes_nothing_of_the_main_request() -> None:
    send = (
        '<send-request mode="new" response-variable-name="r"><set-url>https://alder.vault.azure.net/secrets/x</set-url>'
        f"<set-method>GET</set-method>{MANAGED}</send-request>"
    )
    facts = facts_of("<base />" + send + JWT)
    (change,) = facts.identity_changes
    assert isinstance(change, IdentityChange)
    assert (change.kind, change.writes) == ("managed identity", NONE)
    assert only_passage(anonymous(facts)).token_written_by == ()


# ------------------------------------------------------------ hops
def test_the_host_of_a_hop_is_the_apis_own_unless_the_policy_sets_another() -> None:
    properties = {"serviceUrl": "https://ledger.alder.example/v1"}
    assert only_hop(anonymous(facts_of("<base />", properties=properties))).host == "ledger.alder.example"
    elsewhere = '<base /><set-backend-service base-url="https://other.alder.example" />'
    assert only_hop(anonymous(facts_of(elsewhere, properties=properties))).host == "other.alder.example"


def test_a_backend_entity_gives_its_host() -> None:
    house = House()
    house.tree.backend("ledger-host", "https://entity.alder.example/api")
    house.api('<base /><set-backend-service backend-id="ledger-host" />', key=False)
    hop = only_hop(anonymous(house.facts()))
    assert (hop.backend.name, hop.host, hop.backend.scheme) == ("ledger-host", "entity.alder.example", "https")


def test_a_backend_nobody_read_has_an_unknown_host() -> None:
    hop = only_hop(anonymous(facts_of('<base /><set-backend-service backend-id="gone" />')))
    assert hop.host == Unknown("back end gone was not found")


def test_a_site_behind_a_hop_tells_its_easy_auth() -> None:
    house = House().app()
    house.tree.easy_auth(
        "alder-ledger",
        client_id=CLIENT,
        issuer=f"https://sts.windows.net/{TENANT}/",
        audiences=["api://ledger"],
        clients=[],
    )
    house.api(key=False, properties={"serviceUrl": "https://alder-ledger.azurewebsites.net"})
    (site,) = only_hop(anonymous(house.facts())).backend.sites
    assert not isinstance(site, Unknown)
    assert set(site.accepted_audiences.known) == {CLIENT, "api://ledger"}
    assert site.requires_login is True


def test_a_site_that_was_not_read_is_unknown() -> None:
    facts = facts_of("<base />", properties={"serviceUrl": "https://alder-ledger.azurewebsites.net"})
    assert reasons(only_hop(anonymous(facts)).backend.sites)


def _behind_entity(credentials: dict[str, object]) -> Hop:
    house = House().app().api(JWT + '<set-backend-service backend-id="back" />', key=False)
    body = {"url": "https://back.example", "protocol": "http", "credentials": credentials}
    house.tree.json("apim/backends/back/backendInformation.json", {"properties": body})
    return only_hop(anonymous(house.facts()))


def test_whose_token_arrives_is_open_where_the_back_end_entity_brings_an_authorization_of_its_own() -> None:
    hop = _behind_entity({"authorization": {"scheme": "Basic", "parameter": "{{password}}"}})
    assert isinstance(hop.caller_token_travels, Unknown)
    assert "back end back adds a credential of its own" in hop.caller_token_travels.because


def test_a_key_of_the_back_end_entity_leaves_the_callers_token_as_it_is() -> None:
    assert _behind_entity({"header": {"X-Key": ["{{key}}"]}}).caller_token_travels is True


def test_what_graphql_resolvers_call_is_said_to_be_open() -> None:
    house = House().app().api(f"<base />{JWT}", key=False, properties={"type": "graphql"})
    at = "apim/apis/ledger/resolvers/orders"
    house.tree.json(f"{at}/resolverInformation.json", {"properties": {"path": "Query/orders"}})
    resolver = "<http-data-source><http-request><set-method>GET</set-method></http-request></http-data-source>"
    house.tree.text(f"{at}/policy.xml", resolver)
    route = anonymous(house.facts())
    assert "what the resolvers of API ledger call is not followed" in reasons(route.hops)
    assert route.unchecked == ()


def test_a_graphql_api_without_a_check_is_reached_by_anyone() -> None:
    house = House().app().api("<base />", key=False, properties={"type": "graphql"})
    assert only_path(anonymous(house.facts())).why == "no check"


def test_a_condition_on_the_gateway_is_not_the_callers_choice() -> None:
    """Self-hosted gateways are told apart by their id."""
    guard = f"<choose><when condition='@(context.Deployment.Gateway.Id == \"yard\")'>{JWT}</when></choose>"
    (condition,) = only_path(anonymous(facts_of("<base />" + guard))).conditions
    assert condition.from_caller == ()
