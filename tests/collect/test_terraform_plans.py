"""Plans and states of Terraform, and that a plan tells what its folder tells."""

import json
from typing import Any

from apimdoctor.cli import choice
from apimdoctor.collect.files import MemoryTree, read_tree
from apimdoctor.engine.judge import judge
from apimdoctor.facts.build import build
from apimdoctor.snapshot import Snapshot
from tests.collect.made_terraform import BASE, read

TENANT = "5d0c6a1b-7e1f-4a73-a3a5-0f6b7f2d9c48"
APP = "b1f0a8d7-93c4-4b1e-8a55-6d2f1c7e0b94"
CHECK = (
    '<policies>\n  <inbound>\n    <base />\n    <validate-jwt header-name="Authorization">\n'
    '      <openid-config url="https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration" />\n'
    "      <audiences>\n        <audience>{app}</audience>\n      </audiences>\n    </validate-jwt>\n  </inbound>\n"
    "  <backend>\n    <base />\n  </backend>\n  <outbound>\n    <base />\n  </outbound>\n  <on-error>\n    <base />\n"
    "  </on-error>\n</policies>\n"
)
FOLDER = BASE + (
    'resource "azuread_application" "api" {\n  display_name = "Orders"\n  identifier_uris = ["api://orders.example"]\n}\n'
    'resource "azurerm_api_management_api_policy" "orders" {\n  api_name = azurerm_api_management_api.orders.name\n'
    '  api_management_name = azurerm_api_management.gate.name\n  xml_content = templatefile("p.tftpl", {\n'
    "    tenant = data.azurerm_client_config.current.tenant_id\n    app = azuread_application.api.client_id\n  })\n}\n"
)


def resource(kind: str, name: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "values": values, **more}


def plan(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": list(resources)}},
        **more,
    }


def of(document: dict[str, Any]) -> Snapshot:
    return read_tree(MemoryTree({"plan.json": json.dumps(document).encode()}, "made"))


GATE = resource(
    "azurerm_api_management", "gate", {"name": "gate", "location": "northeurope", "sku_name": "Developer_1"}
)
ORDERS = resource(
    "azurerm_api_management_api",
    "orders",
    {"name": "orders", "api_management_name": "gate", "path": "orders", "display_name": "Orders", "protocols": ["https"],
     "subscription_required": True, "revision": "1"},
)  # fmt: skip
POLICY = resource(
    "azurerm_api_management_api_policy",
    "orders",
    {"api_name": "orders", "api_management_name": "gate",
     "xml_content": CHECK.replace("{tenant}", TENANT).replace("{app}", APP)},
)  # fmt: skip
REGISTRATION = resource(
    "azuread_application",
    "api",
    {"display_name": "Orders", "client_id": APP, "identifier_uris": ["api://orders.example"], "sign_in_audience": "AzureADMyOrg",
     "api": [{"requested_access_token_version": 1, "oauth2_permission_scope": []}]},
)  # fmt: skip
LOGIN = {
    "address": "data.azurerm_client_config.current",
    "mode": "data",
    "type": "azurerm_client_config",
    "name": "current",
}
PRIOR = {"values": {"root_module": {"resources": [{**LOGIN, "values": {"tenant_id": TENANT}}]}}}


def test_a_policy_in_a_plan_stands_at_its_place_in_the_file() -> None:
    (service,) = of(plan(GATE, ORDERS, POLICY)).services
    (api,) = service.contents.apis
    assert api.policy is not None and APP in api.policy.text
    assert (api.policy.origin.document, len(api.policy.origin.anchors) > 1) == ("plan.json", True)


def test_a_state_is_read_like_a_plan() -> None:
    state = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"child_modules": [{"address": "module.m", "resources": [GATE, ORDERS]}]}},
    }
    (service,) = of(state).services
    assert [api.name for api in service.contents.apis] == ["orders"]


def test_what_is_known_after_apply_is_a_symbol_of_what_it_refers_to() -> None:
    named = resource("azurerm_api_management_named_value", "aud", {"name": "aud", "display_name": "aud",
                     "api_management_name": "gate", "secret": False})  # fmt: skip
    app = resource("azuread_application", "Api", {"display_name": "Orders"})
    document = plan(
        GATE,
        named,
        app,
        resource_changes=[
            {
                "address": named["address"],
                "change": {"after": named["values"], "after_unknown": {"value": True, "id": True}},
            },
            {"address": app["address"], "change": {"after": app["values"], "after_unknown": {"client_id": True}}},
        ],
        configuration={
            "root_module": {
                "resources": [
                    {
                        "type": "azurerm_api_management_named_value",
                        "name": "aud",
                        "expressions": {
                            "value": {"references": ["azuread_application.Api.client_id", "azuread_application.Api"]}
                        },
                    }
                ]
            }
        },
    )
    snapshot = of(document)
    (value,) = snapshot.services[0].contents.named_values
    (found,) = snapshot.tenants[0].app_registrations
    assert value.value == found.app_id == "${azuread_application.api.client_id}"


def test_what_is_sensitive_is_not_kept() -> None:
    named = resource(
        "azurerm_api_management_named_value",
        "key",
        {
            "name": "key",
            "display_name": "key",
            "api_management_name": "gate",
            "secret": False,
            "value": "corn-flower-7",
        },
        sensitive_values={"value": True},
    )
    snapshot = of(plan(GATE, named))
    assert "corn-flower-7" not in repr(snapshot)
    assert snapshot.services[0].contents.named_values[0].value == "${azurerm_api_management_named_value.key.value}"


def test_a_policy_that_only_an_apply_settles_is_unread() -> None:
    policy = {**POLICY, "values": {"api_name": "orders", "api_management_name": "gate"}}
    change = {"after": policy["values"], "after_unknown": {"xml_content": True}}
    (service,) = of(
        plan(GATE, ORDERS, policy, resource_changes=[{"address": policy["address"], "change": change}])
    ).services
    found = service.contents.apis[0].policy
    assert found is not None and "not known before Terraform runs" in found.unread


def _flagged(snapshot: Snapshot) -> set[tuple[str, str, tuple[str, ...]]]:
    verdicts = judge(choice.rules(), build(snapshot))
    return {
        (one.rule, one.at.api, tuple(sorted(place.app for place in one.related if place.app)))
        for one in verdicts.findings
    }


def test_a_plan_and_its_folder_give_the_same_findings() -> None:
    template = CHECK.replace("{tenant}", "${tenant}").replace("{app}", "${app}")
    folder = _flagged(read({"main.tf": FOLDER, "p.tftpl": template}))
    assert ("issuer-version-mismatch", "orders", ("Orders",)) in folder
    assert folder == _flagged(of(plan(GATE, ORDERS, POLICY, REGISTRATION, prior_state=PRIOR)))
