"""Terraform folders for tests: a small configuration, and what is read of it."""

from collections.abc import Mapping

from apimdoctor.collect.files import MemoryTree, read_tree
from apimdoctor.snapshot import AppRegistration, Origin, PolicyText, Service, Snapshot

POLICY = "<policies>\n  <inbound>\n    <base />\n  </inbound>\n</policies>\n"

BASE = """
data "azurerm_client_config" "current" {}

resource "azurerm_api_management" "gate" {
  name     = "gate"
  location = "northeurope"
  sku_name = "Developer_1"
}

resource "azurerm_api_management_api" "orders" {
  name                = "orders"
  api_management_name = azurerm_api_management.gate.name
  path                = "orders"
  display_name        = "Orders"
  protocols           = ["https"]
}
"""


def read(files: Mapping[str, str]) -> Snapshot:
    """The snapshot of some files."""
    return read_tree(MemoryTree({path: text.encode() for path, text in files.items()}, "made"))


def service(files: Mapping[str, str]) -> Service:
    """The only service of some files."""
    (one,) = read(files).services
    return one


def policy(text: str, **files: str) -> PolicyText:
    """The policy of the API orders when its xml_content is this expression."""
    block = (
        '\nresource "azurerm_api_management_api_policy" "orders" {\n'
        '  api_name = azurerm_api_management_api.orders.name\n  api_management_name = "gate"\n'
        f"  xml_content = {text}\n}}\n"
    )
    (api,) = service({"main.tf": BASE + block, **files}).contents.apis
    assert api.policy is not None
    return api.policy


def apps(files: Mapping[str, str]) -> tuple[AppRegistration, ...]:
    """The app registrations of some files."""
    return tuple(app for tenant in read(files).tenants for app in tenant.app_registrations)


def place(origin: Origin, text: str, part: str) -> tuple[int, int]:
    """The line and column at which a part of a policy text stands in its file."""
    from apimdoctor.policy.place import Lines

    found = Lines(text, origin.anchors).at(text.index(part))
    return found.line, found.column
