"""ARM JSON in files: single resources, lists, templates, and the place of a policy inside them."""

import json

import pytest

from tests.collect.made_files import OTHER_TENANT, POLICY, SERVICE_ID, TENANT, content_of, service_of, snapshot_of

OTHER_ID = SERVICE_ID.replace("/gate", "/portal")
SERVICE = {"id": SERVICE_ID, "name": "gate", "type": "Microsoft.ApiManagement/service", "properties": {}}


def resource(path: str, /, **properties: object) -> dict[str, object]:
    return {"id": f"{SERVICE_ID}/{path}", "name": path.rpartition("/")[2], "properties": properties}


def test_resources_find_their_place_by_id() -> None:
    service = service_of(
        {
            "1.json": SERVICE,
            "2.json": resource("apis/orders", path="o", subscriptionRequired=True),
            "3.json": resource("apis/orders/policies/policy", format="xml", value=POLICY),
            "4.json": resource("apis/orders/operations/list", method="GET", urlTemplate="/"),
            "5.json": resource("apis/orders/operations/list/policies/policy", format="rawxml", value=POLICY),
            "6.json": resource("policies/policy", value=POLICY),
            "7.json": resource("products/gold/policies/policy", value=POLICY),
            "8.json": resource("policyFragments/auth", value="<fragment />", format="xml"),
            "9.json": resource("workspaces/team/policies/policy", value=POLICY),
            "a.json": resource("tenant/access", enabled=True),
        }
    )
    (api,) = service.contents.apis
    assert service.id == SERVICE_ID
    assert (api.policy and api.policy.format, api.operations[0].policy and api.operations[0].policy.format) == (
        *("xml", "rawxml"),
    )
    assert service.policy is not None
    assert service.contents.products[0].policy is not None
    assert service.contents.fragments[0].policy.text == "<fragment />"
    assert service.workspaces[0].policy is not None
    assert service.direct_management is True


def test_what_single_resources_do_not_tell_is_unread() -> None:
    service = service_of(
        {
            "1.json": SERVICE,
            "2.json": resource("apis/orders", path="o", subscriptionRequired=True),
            "3.json": resource("apis/rates/operations/list", method="GET"),
        }
    )
    orders, rates = service.contents.apis
    assert "policy" in service.unread
    assert {"policy", "operations"} <= set(orders.unread)
    assert rates.operations[0].unread == ("policy",)
    assert service.contents.whole == ()


def test_a_list_without_next_link_makes_its_collection_whole() -> None:
    apis = {"value": [resource("apis/orders", path="o"), resource("apis/rates", path="r")]}
    operations = {"value": [resource("apis/orders/operations/list", method="GET")], "count": 1}
    links = {"value": [{**resource("products/gold/apiLinks/l1", apiId=f"{SERVICE_ID}/apis/orders")}]}
    service = service_of({"a.json": apis, "b.json": operations, "c.json": links})
    assert service.contents.whole == ("apis",)
    assert ["operations" in api.unread for api in service.contents.apis] == [False, True]
    assert service.contents.products[0].apis == ("orders",)
    assert "apis" not in service.contents.products[0].unread


def test_a_page_of_a_list_is_not_whole() -> None:
    page = {"value": [resource("apis/orders", path="o")], "nextLink": "https://management.example/next"}
    assert service_of({"a.json": page}).contents.whole == ()


def test_two_services_in_one_folder_keep_their_own_resources() -> None:
    services = snapshot_of(
        {
            "a.json": SERVICE,
            "b.json": {
                **SERVICE,
                "id": OTHER_ID,
                "name": "portal",
                "identity": {"tenantId": OTHER_TENANT, "type": "None"},
            },
            "c.json": resource("apis/orders", path="o"),
            "d.json": {"id": f"{OTHER_ID.upper()}/apis/rates", "properties": {"path": "r"}},
        }
    ).services
    assert [(service.name, [api.path for api in service.contents.apis]) for service in services] == [
        ("gate", ["o"]),
        ("portal", ["r"]),
    ]


def test_the_flattened_output_of_the_command_line_is_read() -> None:
    service = service_of(
        {
            "show.json": {
                "id": SERVICE_ID,
                "name": "gate",
                "gatewayUrl": "https://gate.example",
                "identity": None,
                "type": "Microsoft.ApiManagement/service",
            },
            "apis.json": [
                {
                    "id": f"{SERVICE_ID}/apis/orders",
                    "name": "orders",
                    "path": "o",
                    "isCurrent": True,
                    "type": "Microsoft.ApiManagement/service/apis",
                }
            ],
        }
    )
    assert (service.gateway_url, service.identities) == ("https://gate.example", ())
    assert [(api.path, api.kind) for api in service.contents.apis] == [("o", "http")]


def test_the_current_revision_under_two_names_is_one_api() -> None:
    service = service_of(
        {
            "a.json": resource("apis/orders", path="o", apiRevision="2", isCurrent=True),
            "b.json": resource("apis/orders;rev=2", path="o", apiRevision="2", isCurrent=True),
            "c.json": resource("apis/orders;rev=1", path="o", apiRevision="1"),
        }
    )
    assert [(api.name, api.revision, api.is_current) for api in service.contents.apis] == [
        ("orders", "1", False),
        ("orders", "2", True),
    ]


def test_a_policy_inside_json_keeps_the_place_of_each_character() -> None:
    text = '<policies>\r\n\t<inbound a="é😀\u2028">&amp;</inbound>\r\n</policies>'
    body = json.dumps({"x": 1, **resource("policies/policy", format="rawxml", value=text)}, indent=2)
    policy = service_of({"p.json": body}).policy
    assert policy is not None
    assert policy.text == text
    lines = body.split("\n")
    anchors = policy.origin.anchors
    for offset, line, column in anchors[:-1]:
        following = next(later for later, _, _ in anchors if later > offset)
        plain = text[offset : following - 1]
        assert lines[line - 1][column - 1 :].startswith(plain)
    assert (policy.origin.line, policy.origin.column) == anchors[0][1:]
    assert lines[anchors[0][1] - 1][anchors[0][2] - 1 :].startswith("<policies>")


def test_equal_policies_in_one_file_have_places_of_their_own() -> None:
    listed = {"value": [resource(f"apis/{name}/policies/policy", value=POLICY) for name in ("a", "b")]}
    apis = service_of({"p.json": listed}).contents.apis
    assert len({api.policy.origin.line for api in apis if api.policy}) == 2


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"format": "xml-link", "value": "https://store.example/policy.xml"}, "behind a link"),
        ({"format": "rawxml", "value": "[parameters('policy')]"}, "template expression"),
        ({"format": "rawxml"}, '"value" is no text'),
    ],
)
def test_a_policy_that_is_not_in_the_file_is_unread_with_the_reason(properties: dict[str, str], reason: str) -> None:
    service = service_of({"p.json": resource("policies/policy", **properties)})
    assert service.policy is not None
    assert reason in service.policy.unread
    assert service.policy.text == ""


def test_the_names_of_policies_of_2018_are_read() -> None:
    service = service_of({"p.json": resource("policies/policy", contentFormat="rawxml", policyContent=POLICY)})
    assert service.policy is not None
    assert service.policy.text == POLICY


def test_a_template_gives_its_resources_however_they_are_nested() -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"gate": {"type": "string", "defaultValue": "gate"}, "env": {"type": "string"}},
        "variables": {"api": "orders"},
        "resources": [
            {
                "type": "Microsoft.ApiManagement/service",
                "name": "[parameters('gate')]",
                "properties": {},
                "resources": [{"type": "apis", "name": "rates", "properties": {"path": "r"}}],
            },
            {
                "type": "Microsoft.ApiManagement/service/apis",
                "name": "[concat(parameters('gate'), '/', variables('api'))]",
                "properties": {"path": "o"},
            },
            {
                "type": "Microsoft.ApiManagement/service/apis/policies",
                "name": "[format('{0}/{1}/policy', parameters('gate'), variables('api'))]",
                "properties": {"format": "rawxml", "value": POLICY},
            },
            {
                "type": "Microsoft.ApiManagement/service/products",
                "name": "[concat(parameters('gate'), '/', parameters('env'))]",
                "properties": {},
            },
            {"type": "Microsoft.Storage/storageAccounts", "name": "x", "properties": {}},
        ],
    }
    service = service_of({"azuredeploy.json": template})
    assert service.name == "gate"
    assert [(api.name, api.policy is not None) for api in service.contents.apis] == [("orders", True), ("rates", False)]
    assert [product.name for product in service.contents.products] == ["${env}"]


def test_the_subscription_of_an_arm_list_keeps_no_key() -> None:
    service = service_of({"s.json": resource("subscriptions/master", scope=f"{SERVICE_ID}/", primaryKey="k3y-of-all")})
    (subscription,) = service.contents.subscriptions
    assert (subscription.scope, subscription.built_in) == ("all APIs", True)


def test_an_mcp_server_names_the_api_behind_its_tools() -> None:
    tools = [{"name": "list", "operationId": f"{SERVICE_ID}/apis/orders;rev=2/operations/list"}]
    service = service_of({"a.json": resource("apis/tools", type="mcp", mcpTools=tools)})
    assert (service.contents.apis[0].kind, service.contents.apis[0].mcp_backend_api) == ("mcp", "orders")


SITE = {
    "id": "/subscriptions/2f6b8c1d-0e94-4a37-8d52-b1c7e3f9a064/resourceGroups/rg/providers/Microsoft.Web/sites/Orders-Fn"
    "/config/authsettingsV2",
    "name": "authsettingsV2",
    "type": "Microsoft.Web/sites/config",
    "properties": {
        "platform": {"enabled": True, "configFilePath": "auth.json"},
        "globalValidation": {
            "requireAuthentication": True,
            "unauthenticatedClientAction": "Return401",
            "excludedPaths": ["/h"],
        },
        "identityProviders": {
            "azureActiveDirectory": {
                "enabled": True,
                "registration": {"openIdIssuer": f"https://sts.windows.net/{TENANT}/v2.0", "clientId": "C1"},
                "validation": {
                    "allowedAudiences": ["api://orders"],
                    "jwtClaimChecks": {"allowedGroups": ["g"], "allowedClientApplications": ["c2"]},
                    "defaultAuthorizationPolicy": {
                        "allowedApplications": ["c3"],
                        "allowedPrincipals": {"identities": ["o1"], "groups": ["g1"]},
                    },
                },
            }
        },
    },
}


def test_easy_auth_settings_are_read_whole() -> None:
    (site,) = snapshot_of({"web/anything.json": {"value": [SITE]}}).sites
    assert (site.site, site.hosts) == ("Orders-Fn", ("orders-fn.azurewebsites.net",))
    assert (site.enabled, site.require_authentication, site.unauthenticated_action) == (True, True, "Return401")
    assert (site.excluded_paths, site.config_file, site.client_id) == (("/h",), "auth.json", "c1")
    assert (site.allowed_audiences, site.allowed_applications) == (("api://orders",), ("c3",))
    assert (site.allowed_identities, site.allowed_groups) == (("o1",), ("g1",))
    assert (site.claim_check_applications, site.claim_check_groups) == (("c2",), ("g",))
    assert site.unread == ()


def test_easy_auth_settings_without_id_are_named_by_their_file() -> None:
    (site,) = snapshot_of({"web/orders.authsettingsV2.json": {"properties": SITE["properties"]}}).sites
    assert (site.id, site.site) == ("", "orders")


def test_a_slot_has_a_host_of_its_own() -> None:
    slot = {**SITE, "id": str(SITE["id"]).replace("/config/", "/slots/Next/config/")}
    (site,) = snapshot_of({"x.json": slot}).sites
    assert (site.site, site.hosts) == ("Orders-Fn/Next", ("orders-fn-next.azurewebsites.net",))


def test_a_resource_described_twice_is_a_gap_and_the_first_counts() -> None:
    snapshot = snapshot_of({"a.json": resource("apis/o", path="first"), "b.json": resource("apis/o", path="second")})
    assert snapshot.services[0].contents.apis[0].path == "first"
    assert [(gap.scope, gap.kind) for gap in snapshot.gaps] == [("b.json", "skipped")]


def test_json_of_other_azure_services_is_passed_over() -> None:
    other = {"id": "/subscriptions/x/providers/Microsoft.Storage/storageAccounts/y", "properties": {}}
    assert snapshot_of({"a.json": SERVICE, "b.json": content_of(other)}).gaps == ()
