"""Markers that stand for ids: equal ones are equal, different ones differ, and a written id may be any of them."""

import pytest

from apimdoctor.facts.values import Unknown, Values, known, meets
from apimdoctor.symbols import holds_id, is_id, only_ids

TENANT = "${data.azurerm_client_config.current.tenant_id}"
APP = "${azuread_application.api.client_id}"
OTHER = "${module.a[x].azuread_application.other.client_id}"
GUID = "6e9b2a34-15f8-4f0c-a9d1-72b06c5e8d13"


@pytest.mark.parametrize("text", [TENANT, APP, OTHER, "${infra/dev:azuread_application.api.client_id}"])
def test_the_ids_that_azure_gives_are_told_from_other_markers(text: str) -> None:
    assert is_id(text) and only_ids(f"api://{text}")


@pytest.mark.parametrize(
    "text", ["${var.client_id}", "${tenant_id}", "${azuread_application.api.display_name}", GUID, "${}"]
)
def test_any_other_marker_may_stand_for_anything(text: str) -> None:
    assert not is_id(text) and not holds_id(text)


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (APP, APP, True),
        (APP, OTHER, False),
        (APP, GUID, None),
        (APP, "api://orders", False),
        (f"https://sts.windows.net/{TENANT}/", f"https://login.microsoftonline.com/{TENANT}/v2.0", False),
        (f"https://sts.windows.net/{TENANT}/", f"https://sts.windows.net/{TENANT}/", True),
        (f"https://sts.windows.net/{TENANT}/", f"https://sts.windows.net/{GUID}/", None),
        (f"api://{APP}", "${var.audience}", None),
    ],
)
def test_sets_with_such_ids_are_compared_as_far_as_every_deployment_agrees(
    left: str, right: str, answer: bool | None
) -> None:
    one = known(left)
    other = Values(symbols=(right,)) if "var." in right else known(right)
    for found in (meets(one, other), meets(other, one)):
        assert isinstance(found, Unknown) if answer is None else found is answer
