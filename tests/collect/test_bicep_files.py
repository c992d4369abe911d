"""Bicep files read without running anything: resources, modules, parameters, loaded policies, app registrations."""

import subprocess
import sys
from pathlib import Path

from tests.collect.made_files import POLICY, api_of, service_of, snapshot_of

CHECK = """<policies>
  <inbound>
    <base />
    <validate-jwt header-name="Authorization"><audiences><audience>__AUDIENCE__</audience></audiences></validate-jwt>
  </inbound>
</policies>
"""
API = """
param serviceName string
resource gate 'Microsoft.ApiManagement/service@2023-05-01-preview' existing = {
  name: serviceName
}
resource orders 'Microsoft.ApiManagement/service/apis@2023-05-01-preview' = {
  parent: gate
  name: 'orders'
  properties: {
    path: 'orders'
    subscriptionRequired: false
  }

  resource list 'operations' = {
    name: 'list'
    properties: { method: 'GET', urlTemplate: '/' }
    resource itsPolicy 'policies' = {
      name: 'policy'
      properties: { format: 'rawxml', value: '<policies><inbound /></policies>' }
    }
  }
}
"""


def test_nested_resources_and_a_parent_make_the_full_name() -> None:
    service = service_of({"infra/main.bicep": API})
    (api,) = service.contents.apis
    assert service.name == "${infra.serviceName}"
    assert (api.name, api.path, api.subscription_required) == ("orders", "orders", False)
    (operation,) = api.operations
    assert operation.policy is not None
    assert operation.policy.text == "<policies><inbound /></policies>"


def test_two_operations_may_each_hold_a_resource_of_one_name() -> None:
    operation = """
  resource %s 'operations' = {
    name: '%s'
    properties: { method: 'GET', urlTemplate: '/' }
    resource policies 'policies' = {
      name: 'policy'
      properties: { value: '<policies><inbound><!-- %s --></inbound></policies>' }
    }
  }
"""
    api = "resource orders 'Microsoft.ApiManagement/service/apis@2023-05-01-preview' = {\n  name: 'gate/orders'\n"
    source = api + operation % ("one", "one", "one") + operation % ("two", "two", "two") + "}\n"
    operations = api_of({"main.bicep": source}).operations
    assert [one.policy is not None and f"<!-- {one.name} -->" in one.policy.text for one in operations] == [True, True]


def test_a_policy_file_that_is_loaded_is_edited_in_place() -> None:
    files = {
        "infra/main.bicep": API
        + """
resource policy 'Microsoft.ApiManagement/service/apis/policies@2023-05-01-preview' = {
  parent: orders
  name: 'policy'
  properties: { format: 'rawxml', value: loadTextContent('../policies/orders.xml') }
}
""",
        "policies/orders.xml": CHECK,
    }
    snapshot = snapshot_of(files)
    (service,) = snapshot.services
    policy = service.contents.apis[0].policy
    assert policy is not None
    assert policy.text == CHECK
    assert (policy.origin.document, policy.origin.anchors, policy.origin.file) == ("policies/orders.xml", (), True)


def test_a_replaced_marker_takes_the_value_and_the_rest_keeps_its_place() -> None:
    files = {
        "main.bicep": API
        + """
param audience string = 'api://orders'
resource policy 'Microsoft.ApiManagement/service/apis/policies@2023-05-01-preview' = {
  parent: orders
  name: 'policy'
  properties: { format: 'rawxml', value: replace(loadTextContent('orders.xml'), '__AUDIENCE__', audience) }
}
""",
        "orders.xml": CHECK,
    }
    policy = api_of(files).policy
    assert policy is not None
    assert policy.text == CHECK.replace("__AUDIENCE__", "api://orders")
    assert policy.origin.document == "orders.xml"
    after = policy.text.index("</audience>")
    offset, line, column = [anchor for anchor in policy.origin.anchors if anchor[0] <= after][-1]
    assert CHECK.split("\n")[line - 1][column - 1 + after - offset :].startswith("</audience>")


def test_what_a_module_is_given_stands_in_its_resources() -> None:
    files = {
        "main.bicep": "module apis 'modules/api.bicep' = {\n  params: { serviceName: 'apim-gate' }\n}\n",
        "modules/api.bicep": API,
    }
    assert service_of(files).name == "apim-gate"


def test_an_app_registration_is_named_by_the_same_symbol_everywhere() -> None:
    app = """
extension microsoftGraphV1
resource app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'orders-api'
  displayName: 'Orders API'
  api: { requestedAccessTokenVersion: 2 }
}
output appId string = app.appId
"""
    policy = """
module app 'app.bicep' = { name: 'app' }
resource global 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {
  name: 'apim-gate/policy'
  properties: { value: '<policies><inbound>${app.outputs.appId}</inbound></policies>' }
}
"""
    snapshot = snapshot_of({"app.bicep": app, "main.bicep": policy})
    (tenant,) = snapshot.tenants
    (registration,) = tenant.app_registrations
    assert (registration.display_name, registration.requested_access_token_version) == ("Orders API", 2)
    assert (registration.origin.document, registration.origin.line) == ("app.bicep", 3)
    text = snapshot.services[0].policy
    assert text is not None
    assert "${applications(orders-api).appid}" in text.text
    assert registration.app_id == "${applications(orders-api).appid}"


def test_a_multi_line_string_stands_where_it_was_typed() -> None:
    files = {
        "main.bicep": "resource global 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {\n"
        "  name: 'apim-gate/policy'\n  properties: {\n    value: '''\n<policies>\n  <inbound />\n</policies>'''\n  }\n}\n"
    }
    policy = service_of(files).policy
    assert policy is not None
    assert policy.text == "<policies>\n  <inbound />\n</policies>"
    assert policy.origin.anchors[0] == (0, 5, 1)


def test_a_line_that_is_not_understood_is_a_gap_and_the_rest_is_read() -> None:
    policy = f"""
resource global 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {{
  name: 'apim-gate/policy'
  properties: {{ value: '{POLICY}' }}
}}
"""
    snapshot = snapshot_of({"main.bicep": "var broken = [1, 2\nparam x string = ((\n" + policy})
    assert next((gap.scope, gap.kind) for gap in snapshot.gaps) == ("main.bicep", "unparsed")
    assert snapshot.services[0].policy is not None


def test_a_parameter_that_is_empty_until_somebody_fills_it_in_is_not_known() -> None:
    policy = """
param tenantId string = ''
param name string = ''
resource global 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {
  name: '${empty(name) ? 'apim-gate' : name}/policy'
  properties: { value: '<policies><inbound>${tenantId}</inbound></policies>' }
}
"""
    service = service_of({"main.bicep": policy})
    assert service.name == "apim-gate"
    assert service.policy is not None
    assert service.policy.text == "<policies><inbound>${tenantId}</inbound></policies>"


def test_a_folder_without_templates_does_not_load_their_reader(tmp_path: Path) -> None:
    (tmp_path / "policy.xml").write_text(POLICY)
    (tmp_path / "storage.bicep").write_text(
        "resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = { name: 's' }\n"
    )
    code = (
        "import sys; from pathlib import Path; from apimdoctor.collect import files; files.read([Path(sys.argv[1])]); "
        "print([name for name in sys.modules if 'files.templates' in name])"
    )
    told = subprocess.run([sys.executable, "-P", "-c", code, tmp_path], capture_output=True, text=True)
    assert told.stdout == "[]\n"
