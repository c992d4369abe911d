"""Calls of modules that are kept elsewhere: by its name such a module makes an API, a product or a policy.

What their arguments mean is the usage of the modules seen (pagopa/terraform-azurerm-v4, hmcts/cnp-module-api-mgmt-*):
`xml_content`, `policy_xml` and `api_policy_xml_content` hold policies, `api_operation_policies` those of operations.
"""

import re
from collections.abc import Mapping

from apimdoctor.collect.files.segments import Text, joined, literal
from apimdoctor.collect.files.terraform.values import Value, as_text

SERVICE, API, PRODUCT, API_POLICY, OPERATION_POLICY, PRODUCT_POLICY = (
    "module:service",
    "module:api",
    "module:product",
    "module:api_policy",
    "module:api_operation_policy",
    "module:product_policy",
)
_FAMILY = re.compile(r"(?:api_?management|api_?mgmt|apim)(?:_(\w+))?$")
_KINDS = {
    "": SERVICE,
    "api": API,
    "product": PRODUCT,
    "api_policy": API_POLICY,
    "api_operation_policy": OPERATION_POLICY,
    "operation_policy": OPERATION_POLICY,
    "product_policy": PRODUCT_POLICY,
}
POLICY_ARGUMENTS = ("xml_content", "policy_xml", "api_policy_xml_content", "policy_xml_content", "product_policy")


def kind_of(source: str) -> str:
    """What a module makes, by the last part of its source; "" for anything that is not known."""
    bare = source.partition("?")[0].removesuffix(".git").rstrip("/")
    name = bare.rpartition("/")[2]
    if bare.count("/") == 2 and ":" not in bare and "." not in bare.partition("/")[0]:
        name = bare.split("/")[1]  # namespace/name/provider of a registry
    found = _FAMILY.search(name.lower().replace("-", "_"))
    return _KINDS.get(found[1] or "", "") if found else ""


def name_of(values: Mapping[str, Value]) -> Text | None:
    """The resource name of an API that a module makes: versions of one API share the argument `name`."""
    name, version = as_text(values.get("name")), as_text(values.get("api_version"))
    if name is None or version is None or not version.text:
        return name
    return joined((name, version), literal("-"))


def output(kind: str, name: str, values: Mapping[str, Value]) -> Value:
    """What such a module gives back under a name, as far as its arguments tell; None unknown."""
    if name == "product_id" and kind == PRODUCT:
        return values["product_id"] if "product_id" in values else values.get("name")
    if name == "name" and kind == API:
        return name_of(values)
    if name == "name" and kind == SERVICE:
        return values.get("name")
    return None
