"""What the collectors make of a small Azure, over real HTTP and with both SDKs."""

import re
from pathlib import Path

from aiohttp import web

from apimdoctor.collect.azure.collect import References
from apimdoctor.snapshot import store
from tests.collect.azure.small_azure import (
    CLIENT,
    SECRET,
    SERVICE,
    SUBSCRIPTION,
    TENANT,
    SmallAzure,
    orders,
    read,
    tenant,
)

API_APP = "9d2f4b61-7e0a-4c1d-8b35-6a4f0e7c2d18"
CALLER = "3b7c5e90-1d24-4f6a-9c83-5e2a7f1b0d46"
ROLE = "e41a8c27-60d5-4b93-a7f2-0c9d3e5b8a71"


def test_an_api_arrives_with_its_operations_policies_products_and_named_values() -> None:
    (service,) = read(orders(SmallAzure())).services
    (api,) = service.contents.apis
    assert (api.name, api.path, [one.url_template for one in api.operations]) == ("orders", "orders", ["/{id}"])
    assert api.policy is not None and api.policy.text == "<policies><inbound><base /></inbound></policies>"
    assert api.policy.format == "xml"
    assert api.operations[0].policy is None
    assert service.contents.products[0].apis == ("orders",)
    assert service.contents.named_values[0].value == "api://orders"


def test_a_scan_without_a_fault_has_no_gap_and_every_collection_is_whole() -> None:
    snapshot = read(orders(SmallAzure()))
    assert snapshot.gaps == ()
    assert len(snapshot.services[0].contents.whole) == 10
    assert snapshot.services[0].unread == ()
    assert len(snapshot.tenants[0].whole) == 5


def formula() -> tuple[dict[str, int], int, set[str]]:
    """What README says of a service: how often each letter counts, what a workspace costs, and what it has not."""
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    told = " ".join(readme.partition("How many requests a scan sends:")[2].partition("A service with")[0].split())
    service, _, workspace = told.partition("A workspace costs ")
    terms = {letter: int(times or 1) for times, letter in re.findall(r"(?:(\d+) )?\*([A-Z])\*", service)}
    base = re.search(r"for each service (\d+)", service)
    own = re.match(r"(\d+)", workspace)
    assert base and own
    return terms | {"": int(base[1])}, int(own[1]), set(re.findall(r"\*([A-Z])\*", workspace))


def test_the_number_of_requests_is_what_the_readme_says() -> None:
    azure = tenant(SmallAzure())
    current = [{"name": f"api{n}", "properties": {"path": f"p{n}"}} for n in range(6)]
    former = [{"name": "api0;rev=1", "properties": {"isCurrent": False}}]
    others = [{"name": kind, "properties": {"type": kind}} for kind in ("graphql", "mcp")]
    azure.add("apis", *current, *former, *others)
    for name in ("api0", "api1", "api0;rev=1"):
        azure.add(f"apis/{name}/operations", *({"name": f"op{n}", "properties": {}} for n in range(4)))
    azure.add("apis/graphql/resolvers", *({"name": f"r{n}", "properties": {}} for n in range(3)))
    azure.add("products", *({"name": f"product{n}", "properties": {}} for n in range(5)))
    azure.add("gateways", {"name": "own", "properties": {}})
    told = {"value": "<fragment />", "format": "xml"}
    azure.add("policyFragments", {"name": "told", "properties": told}, {"name": "untold", "properties": {}})
    azure.add("workspaces", {"name": "fruit", "properties": {}})
    azure.add("workspaces/fruit/apis", {"name": "pears", "properties": {}})
    azure.add("workspaces/fruit/products", {"name": "buyers", "properties": {}})
    read(azure)
    asked = [(one.path, one.query) for one in azure.seen if one.path.startswith("/arm")]
    terms, workspace, not_in_workspaces = formula()
    of_service = {"": 1, "A": 9, "C": 8, "O": 12, "P": 5, "G": 1, "Q": 1, "R": 3, "M": 1, "F": 1}
    of_workspace = {"A": 1, "C": 1, "P": 1}
    assert terms.keys() == of_service.keys()
    assert not_in_workspaces == {"G", "Q", "R", "M"}
    count = 2 + sum(times * of_service[letter] for letter, times in terms.items())
    count += workspace + sum(terms[letter] * number for letter, number in of_workspace.items())
    assert len(asked) == count
    assert len(set(asked)) == len(asked)


def test_the_tools_of_an_mcp_server_are_a_collection_of_their_own() -> None:
    azure = tenant(SmallAzure())
    azure.add("apis", {"name": "tools", "properties": {"type": "mcp"}}, {"name": "orders", "properties": {}})
    named = {"displayName": "list", "operationId": f"{SERVICE}/apis/orders/operations/list"}
    azure.add("apis/tools/tools", {"name": "list", "properties": named})
    apis = {one.name: one for one in read(azure).services[0].contents.apis}
    assert apis["tools"].mcp_backend_api == "orders"
    (asked,) = [one for one in azure.seen if one.path.endswith("/tools/tools")]
    assert asked.query == "api-version=2025-09-01-preview"


def test_tools_that_the_list_of_apis_tells_are_not_asked_for() -> None:
    azure = tenant(SmallAzure())
    told = [{"name": "list", "operationId": "/apis/orders/operations/list"}]
    azure.add("apis", {"name": "tools", "properties": {"type": "mcp", "mcpTools": told}})
    (api,) = read(azure).services[0].contents.apis
    assert api.mcp_backend_api == "orders"
    assert [path for path in azure.paths() if path.endswith("/tools/tools")] == []


def test_tools_that_may_not_be_read_are_a_gap() -> None:
    azure = tenant(SmallAzure())
    azure.add("apis", {"name": "tools", "properties": {"type": "mcp"}})
    refusal = {"error": {"code": "AuthorizationFailed", "message": "no"}}
    azure.answers[f"/arm{SERVICE}/apis/tools/tools"] = lambda: web.json_response(refusal, status=403)
    (gap,) = read(azure).gaps
    assert (gap.scope, gap.kind) == (f"{SERVICE}/apis/tools/tools", "denied")


def test_the_same_policies_are_read_from_pages_as_from_one_list() -> None:
    azure = orders(SmallAzure())
    first = azure.pages[f"/arm{SERVICE}/apis"][0]
    second = {"id": f"{SERVICE}/apis/pears", "name": "pears", "properties": {"path": "pears"}}
    azure.pages[f"/arm{SERVICE}/apis"] = [first, [second]]
    assert [api.name for api in read(azure).services[0].contents.apis] == ["orders", "pears"]


def test_apis_of_a_type_the_sdk_does_not_know_are_not_lost() -> None:
    azure = tenant(SmallAzure())
    azure.add(
        "apis",
        {"name": "tools", "properties": {"type": "mcp", "path": "tools"}},
        {"name": "agent", "properties": {"type": "a2a"}},
    )
    azure.policy("apis/tools", "<policies />")
    snapshot = read(azure)
    assert {api.name: api.kind for api in snapshot.services[0].contents.apis} == {"tools": "mcp", "agent": "a2a"}
    assert next(one for one in azure.seen if one.path.endswith("/apis")).query == "api-version=2025-09-01-preview"
    assert snapshot.gaps == ()


def test_a_revision_keeps_its_number_and_its_own_policy() -> None:
    azure = tenant(SmallAzure())
    azure.add("apis", {"name": "pears;rev=2", "properties": {"apiRevision": "2", "isCurrent": False}})
    azure.policy("apis/pears;rev=2", "<policies><inbound /></policies>")
    (api,) = read(azure).services[0].contents.apis
    assert (api.name, api.revision, api.is_current) == ("pears", "2", False)
    assert api.policy is not None and api.policy.text == "<policies><inbound /></policies>"


def test_a_raw_xml_answer_is_the_policy_and_not_its_absence() -> None:
    from aiohttp import web

    azure = orders(SmallAzure())

    def raw() -> web.Response:
        kind = "application/vnd.ms-azure-apim.policy.raw+xml"
        return web.Response(
            text='<policies><inbound><when condition="@(a < "b")" /></inbound></policies>', content_type=kind
        )

    azure.answers[f"/arm{SERVICE}/apis/orders/policies/policy"] = raw
    policy = read(azure).services[0].contents.apis[0].policy
    assert policy is not None and policy.format == "rawxml" and '@(a < "b")' in policy.text


def test_a_policy_without_a_value_is_unread_and_a_gap() -> None:
    azure = orders(SmallAzure())
    azure.answers[f"/arm{SERVICE}/apis/orders/policies/policy"] = {"properties": {"value": None}}
    snapshot = read(azure)
    policy = snapshot.services[0].contents.apis[0].policy
    assert policy is not None and policy.unread
    assert [gap.kind for gap in snapshot.gaps] == ["unparsed"]


def test_null_and_unknown_fields_change_nothing() -> None:
    azure = orders(SmallAzure())
    plain = read(azure)
    item = azure.pages[f"/arm{SERVICE}/apis"][0][0]
    item["properties"] |= {"description": None, "serviceUrl": None, "surprise": {"deep": [1, None]}}
    item["zones"] = None
    assert read(azure) == plain


def test_what_a_tier_does_not_offer_is_empty_and_known_to_be() -> None:
    azure = orders(SmallAzure())
    from aiohttp import web

    def refusal() -> web.Response:
        return web.json_response({"error": {"code": "MethodNotAllowedInPricingTier", "message": "no"}}, status=400)

    azure.answers[f"/arm{SERVICE}/gateways"] = refusal
    azure.answers[f"/arm{SERVICE}/workspaces"] = refusal
    snapshot = read(azure)
    assert snapshot.gaps == ()
    assert "gateways" in snapshot.services[0].contents.whole


def test_a_workspace_is_read_like_a_service_with_its_links_to_apis() -> None:
    azure = tenant(SmallAzure())
    azure.add("workspaces", {"name": "fruit", "properties": {"displayName": "Fruit"}})
    azure.add("workspaces/fruit/apis", {"name": "pears", "properties": {"path": "pears"}})
    azure.add("workspaces/fruit/products", {"name": "buyers", "properties": {}})
    link = {"name": "l1", "properties": {"apiId": f"{SERVICE}/workspaces/fruit/apis/pears"}}
    azure.add("workspaces/fruit/products/buyers/apiLinks", link)
    azure.policy("workspaces/fruit/apis/pears", "<policies><inbound /></policies>")
    snapshot = read(azure)
    (space,) = snapshot.services[0].workspaces
    assert space.contents.products[0].apis == ("pears",)
    assert space.contents.apis[0].policy is not None
    assert snapshot.gaps == ()


def test_a_fragment_is_taken_from_the_list_and_asked_for_only_where_that_has_no_text() -> None:
    azure = tenant(SmallAzure())
    azure.add(
        "policyFragments",
        {"name": "cors", "properties": {"value": "<fragment><cors /></fragment>", "format": "xml"}},
        {"name": "auth", "properties": {}},
    )
    asked = {"properties": {"value": "<fragment><validate-jwt /></fragment>", "format": "xml"}}
    azure.answers[f"/arm{SERVICE}/policyFragments/auth"] = asked
    fragments = {one.name: one.policy.text for one in read(azure).services[0].contents.fragments}
    assert fragments == {"auth": "<fragment><validate-jwt /></fragment>", "cors": "<fragment><cors /></fragment>"}
    assert not [path for path in azure.paths() if path.endswith("/policyFragments/cors")]


def directory(azure: SmallAzure) -> SmallAzure:
    roles = [{"id": ROLE, "value": "Orders.Read", "allowedMemberTypes": ["Application"], "isEnabled": True}]
    app = {
        "id": "0a1b",
        "appId": API_APP,
        "displayName": "Orders",
        "api": {"requestedAccessTokenVersion": 2},
        "appRoles": roles,
    }
    api = {
        "id": "5c6d",
        "appId": API_APP,
        "appOwnerOrganizationId": TENANT,
        "appRoles": roles,
        "servicePrincipalNames": [],
    }
    caller = {"id": "7e8f", "appId": CALLER, "servicePrincipalNames": [CALLER], "appRoles": []}
    azure.pages["/graph/v1.0/applications"] = [[app]]
    azure.pages["/graph/v1.0/servicePrincipals"] = [[api], [caller]]
    assigned = {"id": "as1", "principalId": "7e8f", "resourceId": "5c6d", "appRoleId": ROLE}
    azure.answers["/graph/v1.0/servicePrincipals/5c6d/appRoleAssignedTo"] = {"value": [assigned]}
    grant = {
        "id": "g1",
        "clientId": "7e8f",
        "resourceId": "5c6d",
        "consentType": "AllPrincipals",
        "scope": "read write",
    }
    azure.pages["/graph/v1.0/oauth2PermissionGrants"] = [[grant]]
    return azure


def test_a_directory_arrives_with_assignments_and_grants() -> None:
    (found,) = read(directory(tenant(SmallAzure()))).tenants
    assert (found.id, found.kind, found.domains) == (TENANT, "workforce", ("larch.example",))
    assert [app.requested_access_token_version for app in found.app_registrations] == [2]
    assert [one.id for one in found.service_principals] == ["5c6d", "7e8f"]
    assert [one.principal_id for one in found.app_role_assignments] == ["7e8f"]
    assert found.delegated_grants[0].scopes == ("read", "write")


def test_only_service_principals_of_the_tenants_own_apis_are_asked_for_assignments() -> None:
    azure = directory(tenant(SmallAzure()))
    read(azure)
    (batch,) = [one for one in azure.seen if one.path.endswith("/$batch")]
    assert "5c6d" in batch.body and "7e8f" not in batch.body


def test_a_further_tenant_is_read_with_a_token_of_its_own() -> None:
    azure = directory(tenant(SmallAzure()))
    other = "b1f60e2d-94c7-4a58-8d3e-2c7a9f05e613"
    read(azure, entra_tenants=(other,))
    logins = [path for path in azure.paths("POST") if path.endswith("/token")]
    assert f"/{other}/oauth2/v2.0/token" in logins


def test_a_tenant_that_policies_trust_and_nobody_read_is_named_once() -> None:
    other = "b1f60e2d-94c7-4a58-8d3e-2c7a9f05e613"
    snapshot = read(orders(SmallAzure()), references=References(tenants=(TENANT, other)))
    (gap,) = snapshot.gaps
    assert other in gap.scope and f"--entra-tenant {other}" in gap.hint


def test_easy_auth_of_a_site_is_found_by_its_host() -> None:
    azure = orders(SmallAzure())
    site = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web/providers/Microsoft.Web/sites/pears"
    row = {
        "id": site,
        "name": "pears",
        "host": "pears.azurewebsites.net",
        "hosts": ["pears.azurewebsites.net", "pears.example"],
    }
    stranger = {"id": site + "x", "name": "pearsx", "host": "other.azurewebsites.net", "hosts": []}
    azure.answers["/arm/providers/Microsoft.ResourceGraph/resources"] = {"data": [row, stranger]}
    settings = {"properties": {"platform": {"enabled": True}, "globalValidation": {}, "identityProviders": {}}}
    azure.answers[f"/arm{site}/config/authsettingsV2"] = settings
    (found,) = read(azure, references=References(hosts=("pears.example",))).sites
    assert (found.site, found.enabled, found.hosts) == ("pears", True, ("pears.azurewebsites.net", "pears.example"))
    assert not [path for path in azure.paths() if path.endswith("/list")]


def test_a_host_that_is_none_never_enters_the_query() -> None:
    azure = orders(SmallAzure())
    azure.answers["/arm/providers/Microsoft.ResourceGraph/resources"] = {"data": []}
    read(azure, references=References(hosts=("a.example", "x') | project secrets", "{{host}}")))
    (query,) = [one.body for one in azure.seen if one.path.endswith("/resources")]
    assert "'a.example'" in query and "secrets" not in query and "{{" not in query


def test_what_is_left_out_is_a_gap_and_costs_no_request() -> None:
    azure = orders(SmallAzure())
    snapshot = read(
        azure,
        without=frozenset({"entra", "sites", "openid"}),
        references=References(hosts=("a.example",), metadata_urls=("https://login.microsoftonline.com/x",)),
    )
    assert [gap.kind for gap in snapshot.gaps] == ["skipped"] * 3
    assert not [path for path in azure.paths() if not path.startswith("/arm") and "/oauth2/" not in path]


def test_two_readings_of_the_same_azure_are_the_same_bytes() -> None:
    first, second = (store.dump(read(directory(orders(SmallAzure())))) for _ in range(2))
    assert first == second


def test_no_planted_secret_is_in_the_snapshot() -> None:
    canary = "Zk4uQ9vWm2Lr8Ts6Yb1Nc5Hd3Gf7Jp0X"
    azure = directory(orders(SmallAzure()))
    azure.policy(
        "apis/orders",
        f'<inbound><set-header name="Ocp-Apim-Subscription-Key"><value>{canary}</value></set-header></inbound>',
    )
    azure.add(
        "namedValues",
        {"name": "plain", "properties": {"displayName": "plain-secret", "value": canary}},
        {"name": "hidden", "properties": {"displayName": "hidden", "secret": True, "value": canary}},
    )
    azure.add(
        "subscriptions", {"name": "s1", "properties": {"scope": "/apis", "primaryKey": canary, "secondaryKey": canary}}
    )
    credentials = {"header": {"x-functions-key": [canary]}, "authorization": {"scheme": "Basic", "parameter": canary}}
    azure.add(
        "backends",
        {"name": "b1", "properties": {"url": f"https://b.example/?code={canary}", "credentials": credentials}},
    )
    azure.add("authorizationServers", {"name": "a1", "properties": {"clientSecret": canary, "clientId": CLIENT}})
    azure.pages["/graph/v1.0/applications"][0][0]["passwordCredentials"] = [
        {"keyId": "k", "secretText": canary, "hint": "Zk4"}
    ]
    written = store.dump(read(azure)).decode()
    assert canary not in written and SECRET not in written and "token-1" not in written
