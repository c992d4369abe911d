"""ARM templates evaluated as far as their files tell: parameters, functions, loops, nested and linked templates, places."""

import json
from typing import Any

import pytest

from tests.collect.made_files import POLICY, service_of, snapshot_of

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
KIND = "Microsoft.ApiManagement/service"


def template(*resources: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **members, "resources": list(resources)}


def global_policy(value: str, name: str = "gate/policy", **members: Any) -> dict[str, Any]:
    return {"type": f"{KIND}/policies", "name": name, "properties": {"format": "rawxml", "value": value}, **members}


def text_of(files: dict[str, Any]) -> str:
    policy = service_of(files).policy
    assert policy is not None
    assert not policy.unread
    return policy.text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("[concat('<a>', parameters('env'), '</a>')]", "<a>test</a>"),
        ("[format('<a b=\"{0}\">{{{1}}}</a>', variables('name'), 5)]", '<a b="gate-test">{5}</a>'),
        ("[replace('<a>__X__</a>', '__X__', toUpper(parameters('env')))]", "<a>TEST</a>"),
        ("[if(equals(parameters('env'), 'test'), '<t/>', '<p/>')]", "<t/>"),
        ("[concat('<a>', join(createArray('x', 'y'), ','), '</a>')]", "<a>x,y</a>"),
        ("[concat('<a>', parameters('secret'), '</a>')]", "<a>${secret}</a>"),
        ("[concat('<a>', uniqueString(resourceGroup().id), '</a>')]", "<a>${uniqueString(resourceGroup().id)}</a>"),
        ("[concat('<a>', subscription().tenantId, '</a>')]", "<a>${tenant().tenantid}</a>"),
        ("[uri('https://x.example/a/b', 'c.xml')]<a/>", "[uri('https://x.example/a/b', 'c.xml')]<a/>"),
        ("[[<a/>]", "[<a/>]"),
        ("[concat('<a>it''s</a>')]", "<a>it's</a>"),
        ("[concat('<a>', variables('apis')[1].name, '</a>')]", "<a>rates</a>"),
    ],
)
def test_an_expression_comes_to_what_is_known(expression: str, text: str) -> None:
    files = {
        "azuredeploy.json": template(
            global_policy(expression),
            parameters={
                "env": {"type": "string", "defaultValue": "test"},
                "secret": {"type": "securestring", "defaultValue": "never-told"},
            },
            variables={"name": "[concat('gate-', parameters('env'))]", "apis": [{"name": "orders"}, {"name": "rates"}]},
        )
    }
    if text == "[<a/>]":
        policy = service_of(files).policy
        assert policy is not None
        assert "template expression" in policy.unread
    else:
        assert text_of(files) == text


def test_a_parameter_file_gives_values_and_two_that_differ_give_none() -> None:
    deploy = template(
        global_policy("[concat('<a>', parameters('env'), '</a>')]"), parameters={"env": {"type": "string"}}
    )
    values = {"parameters": {"env": {"value": "prod"}}}
    assert text_of({"azuredeploy.json": deploy, "azuredeploy.parameters.json": values}) == "<a>prod</a>"
    other = {"parameters": {"env": {"value": "test"}}}
    files = {"gate.json": deploy, "gate.parameters.prod.json": values, "gate.parameters.test.json": other}
    assert text_of(files) == "<a>${env}</a>"


def test_comments_and_line_breaks_in_strings_are_read() -> None:
    text = (
        '// deployed by the pipeline\n{"$schema": "SCHEMA", /* all */ "resources": [{\n  "type": "KIND/policies",\n'
        '  "name": "gate/policy",\n  "properties": {"value": "<policies>\n  <inbound />\n</policies>", },\n}]}'
    )
    text = text.replace("SCHEMA", SCHEMA).replace("KIND", KIND)
    policy = service_of({"azuredeploy.json": text}).policy
    assert policy is not None
    assert policy.text == "<policies>\n  <inbound />\n</policies>"
    assert policy.origin.anchors[0][1] == 5


def test_a_policy_in_an_expression_keeps_the_place_of_each_character() -> None:
    written = "[concat('<policies>\n <inbound a=\"', parameters('p'), '\">it''s</inbound></policies>')]"
    body = json.dumps(template(global_policy(written), parameters={"p": {"type": "string"}}), indent=1)
    policy = service_of({"azuredeploy.json": body}).policy
    assert policy is not None
    at = policy.text.index("</inbound>")
    offset, line, column = [anchor for anchor in policy.origin.anchors if anchor[0] <= at][-1]
    assert body.split("\n")[line - 1][column - 1 + at - offset :].startswith("</inbound>")


def test_a_loop_makes_a_resource_for_each_turn() -> None:
    api = {
        "type": f"{KIND}/apis",
        "name": "[concat('gate/', parameters('apis')[copyIndex()])]",
        "copy": {"name": "every", "count": "[length(parameters('apis'))]"},
        "properties": {"path": "[parameters('apis')[copyIndex('every')]]"},
    }
    parameters = {"apis": {"type": "array", "defaultValue": ["orders", "rates"]}}
    apis = service_of({"azuredeploy.json": template(api, parameters=parameters)}).contents.apis
    assert [(one.name, one.path) for one in apis] == [("orders", "orders"), ("rates", "rates")]


def test_a_nested_template_is_evaluated_with_what_it_is_given() -> None:
    nested = {
        "type": "Microsoft.Resources/deployments",
        "name": "inner",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"who": {"value": "[parameters('env')]"}},
            "template": template(
                global_policy("[concat('<a>', parameters('who'), '</a>')]"), parameters={"who": {"type": "string"}}
            ),
        },
    }
    files = {"azuredeploy.json": template(nested, parameters={"env": {"type": "string", "defaultValue": "test"}})}
    assert text_of(files) == "<a>test</a>"


@pytest.mark.parametrize(
    "link",
    [
        {"relativePath": "nested/gate.json"},
        {"uri": "[uri(deployment().properties.templateLink.uri, 'nested/gate.json')]"},
        {
            "uri": "[concat(parameters('_artifactsLocation'), '/nested/gate.json', parameters('_artifactsLocationSasToken'))]"
        },
    ],
)
def test_a_linked_template_is_found_in_the_folder(link: dict[str, str]) -> None:
    linked = {
        "type": "Microsoft.Resources/deployments",
        "name": "inner",
        "properties": {"templateLink": link, "parameters": {"who": {"value": "linked"}}},
    }
    inner = template(
        global_policy("[concat('<a>', parameters('who'), '</a>')]"), parameters={"who": {"type": "string"}}
    )
    assert text_of({"azuredeploy.json": template(linked), "nested/gate.json": inner}) == "<a>linked</a>"


def test_a_policy_behind_a_link_is_the_file_it_is_uploaded_from() -> None:
    value = "[concat(parameters('base'), '/policies/orders.xml', parameters('sas'))]"
    policy = {
        "type": f"{KIND}/apis/policies",
        "name": "gate/orders/policy",
        "properties": {"format": "rawxml-link", "value": value},
    }
    files = {"templates/apis.json": template(policy), "templates/policies/orders.xml": POLICY}
    (api,) = service_of(files).contents.apis
    assert api.policy is not None
    assert (api.policy.text, api.policy.format, api.policy.origin.document, api.policy.origin.anchors) == (
        *(POLICY, "rawxml", "templates/policies/orders.xml", ()),
    )


def test_a_template_that_bicep_made_is_not_read_beside_its_source() -> None:
    made = template(global_policy(POLICY), metadata={"_generator": {"name": "bicep"}})
    source = (
        "resource p 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {\n"
        f"  name: 'gate/policy'\n  properties: {{ value: '{POLICY}' }}\n}}\n"
    )
    policy = service_of({"infra/main.json": made, "infra/main.bicep": source}).policy
    assert policy is not None
    assert policy.origin.document == "infra/main.bicep"


def test_an_app_registration_of_the_graph_extension_is_read_from_a_template() -> None:
    app = {
        "import": "microsoftGraphV1",
        "type": "Microsoft.Graph/applications@v1.0",
        "properties": {"uniqueName": "orders", "displayName": "Orders", "identifierUris": ["api://orders.example"]},
    }
    files = {"main.json": {"$schema": SCHEMA, "languageVersion": "2.0", "resources": {"app": app}}}
    (tenant,) = snapshot_of(files).tenants
    (registration,) = tenant.app_registrations
    assert (registration.app_id, registration.identifier_uris) == (
        *("${applications(orders).appid}", ("api://orders.example",)),
    )
    assert (tenant.id, registration.requested_access_token_version) == ("${tenant().tenantid}", None)
    assert "requested_access_token_version" not in registration.unread


def test_a_resource_under_opposite_conditions_is_one() -> None:
    first = global_policy("<a/>", condition="[parameters('old')]")
    second = global_policy("<b/>", condition="[not(parameters('old'))]")
    files = {"azuredeploy.json": template(first, second, parameters={"old": {"type": "bool", "defaultValue": False}})}
    assert text_of(files) == "<b/>"


def test_an_expression_that_is_not_understood_is_a_gap_with_its_line() -> None:
    snapshot = snapshot_of({"azuredeploy.json": template(global_policy("[concat('<a>', ]"))})
    (gap,) = snapshot.gaps
    assert (gap.scope, gap.kind) == ("azuredeploy.json", "unparsed")
    assert "line 10" in gap.detail
