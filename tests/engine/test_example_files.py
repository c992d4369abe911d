"""How an example in source terms becomes files."""

import json
from typing import Any

import pytest

from apimdoctor.engine.example_files import PLACEHOLDERS, files_of
from apimdoctor.errors import ApimDoctorError


def files(**given: Any) -> dict[str, str]:
    return {path: content.decode() for path, content in files_of("an example", given).items()}


def test_a_policy_is_the_body_of_the_inbound_section_of_the_api() -> None:
    text = files(policy="<base />")["apim/apis/orders/policy.xml"]
    assert "<inbound>\n<base />\n</inbound>" in text


def test_nothing_is_added_to_a_policy_that_is_a_whole_document() -> None:
    document = "<policies>\n<inbound><base /></inbound></policies>"
    assert files(policy=document)["apim/apis/orders/policy.xml"] == document


def test_scopes_get_their_own_documents() -> None:
    written = files(policy={"global": "<a />", "product": "<b />", "api": "<c />", "operation": "<d />"})
    assert "<a />" in written["apim/policy.xml"]
    assert "<b />" in written["apim/products/starter/policy.xml"]
    assert "<c />" in written["apim/apis/orders/policy.xml"]
    assert "<d />" in written["apim/apis/orders/operations/get-order/policy.xml"]
    assert "apim/products/starter/apis/orders/productApiInformation.json" in written


def test_a_workspace_holds_the_api() -> None:
    written = files(policy={"workspace": "<a />", "api": "<b />"})
    assert "<a />" in written["apim/workspaces/sales/policy.xml"]
    assert "<b />" in written["apim/workspaces/sales/apis/orders/policy.xml"]


def test_the_global_policy_forwards_unless_the_example_says_otherwise() -> None:
    assert "<forward-request />" in files()["apim/policy.xml"]


def test_placeholders_are_replaced_everywhere_and_code_is_left_alone() -> None:
    code = '@{ return $"{A}{context.RequestId}"; } {{A}} {T}'
    text = files(policy=code)["apim/apis/orders/policy.xml"]
    assert PLACEHOLDERS["T"] in text
    assert "{{A}}" in text
    assert "{context.RequestId}" in text


def test_the_first_two_app_registrations_get_the_ids_of_the_placeholders() -> None:
    written = files(apps=[{}, {"displayName": "Shop", "api": {"requestedAccessTokenVersion": 2}}])
    first, second = (json.loads(written[f"entra/applications/{place}.json"]) for place in (1, 2))
    assert (first["appId"], first["id"]) == (PLACEHOLDERS["A"], PLACEHOLDERS["O"])
    assert (second["appId"], second["displayName"]) == (PLACEHOLDERS["B"], "Shop")
    assert second["api"]["requestedAccessTokenVersion"] == 2
    assert second["api"]["oauth2PermissionScopes"] == []


def test_whole_lists_say_so_even_when_they_are_empty() -> None:
    written = files(whole=True, app={})
    assert len(json.loads(written["entra/applications.json"])["value"]) == 1
    assert json.loads(written["entra/servicePrincipals.json"])["value"] == []


def test_a_revision_is_an_api_beside_the_current_one() -> None:
    written = files(policy="<base />", revisions={2: {"policy": "<other />"}})
    body = json.loads(written["apim/apis/orders;rev=2/apiInformation.json"])["properties"]
    assert (body["isCurrent"], body["apiRevision"]) == (False, "2")
    assert "<other />" in written["apim/apis/orders;rev=2/policy.xml"]


def test_a_secret_named_value_has_no_value() -> None:
    written = files(named_values={"tenant": None, "audience": "api://orders"})
    values = {
        name: json.loads(written[f"apim/named values/{name}/namedValueInformation.json"])["properties"]
        for name in ("tenant", "audience")
    }
    assert values["tenant"] == {"displayName": "tenant", "secret": True}
    assert values["audience"]["value"] == "api://orders"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"polcy": ""}, "'polcy' is no key of an example (did you mean 'policy'?)"),
        ({"policy": {"apis": ""}}, "'apis' is no scope (did you mean 'api'?)"),
        ({"named_values": ["x"]}, "named_values must be a mapping"),
    ],
)
def test_a_mistake_in_an_example_is_said_with_its_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ApimDoctorError) as caught:
        files(**given)
    assert "example 'an example'" in str(caught.value)
    assert said in str(caught.value)
