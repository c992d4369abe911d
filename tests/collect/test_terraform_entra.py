"""App registrations, service principals, grants and sites of Terraform folders."""

import pytest

from tests.collect.made_terraform import apps, read

CLIENT = "${azuread_application.api.client_id}"


def app(body: str, *more: str) -> str:
    return f'resource "azuread_application" "api" {{\n  display_name = "Orders"\n{body}\n}}\n' + "\n".join(more)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (app(""), 1),
        (app("  api {\n    mapped_claims_enabled = true\n  }"), 1),
        (app("  api {\n    requested_access_token_version = 2\n  }"), 2),
        ('resource "azuread_application_registration" "api" {\n  display_name = "Orders"\n}\n', 2),
    ],
)
def test_the_provider_decides_the_token_version_that_is_not_written(text: str, version: int) -> None:
    (found,) = apps({"main.tf": text})
    assert found.requested_access_token_version == version
    assert "requested_access_token_version" not in found.unread


def test_a_token_version_that_is_not_known_is_unread() -> None:
    text = 'variable "v" {}\n' + app("  api {\n    requested_access_token_version = var.v\n  }")
    (found,) = apps({"main.tf": text})
    assert "requested_access_token_version" in found.unread


def test_the_client_id_is_a_symbol_in_lower_case_that_is_the_same_everywhere() -> None:
    config = (
        'resource "azuread_application" "Api" {\n  display_name = "Orders"\n}\n'
        'resource "azuread_application" "client" {\n  display_name = "Client"\n}\n'
        'resource "azuread_application_pre_authorized" "p" {\n  application_id = azuread_application.Api.id\n'
        '  authorized_client_id = azuread_application.client.client_id\n  permission_ids = ["s"]\n}\n'
        'resource "azuread_service_principal" "api" {\n  application_id = azuread_application.Api.application_id\n}\n'
    )
    (tenant,) = read({"main.tf": config}).tenants
    first, client = sorted(tenant.app_registrations, key=lambda one: one.app_id)
    assert (first.app_id, client.app_id) == (CLIENT, "${azuread_application.client.client_id}")
    assert first.pre_authorized[0].app_id == client.app_id
    (principal,) = tenant.service_principals
    assert (principal.app_id, principal.owner_tenant) == (CLIENT, tenant.id)


def test_separate_resources_add_to_their_app_registration() -> None:
    parts = (
        'resource "azuread_application_identifier_uri" "u" {\n  application_id = azuread_application.api.id\n'
        '  identifier_uri = "api://${azuread_application.api.client_id}"\n}\n'
        'resource "azuread_application_permission_scope" "s" {\n  application_id = azuread_application.api.id\n'
        '  scope_id = "b3a91f1e-5c7f-4f0e-8f5a-2f6f6e1d9c11"\n  value = "Orders.Read"\n}\n'
        'resource "azuread_application_app_role" "r" {\n  application_id = azuread_application.api.id\n'
        '  role_id = "0d2cbd0e-8f47-4a88-9d9c-7fdc4e8f2a55"\n  value = "Orders.All"\n'
        '  allowed_member_types = ["Application"]\n}\n'
    )
    (found,) = apps({"main.tf": app("", parts)})
    assert found.identifier_uris == ("api://${azuread_application.api.client_id}",)
    assert [scope.value for scope in found.scopes] == ["Orders.Read"]
    assert [(role.value, role.members) for role in found.app_roles] == [("Orders.All", ("Application",))]


def test_blocks_whose_number_is_not_known_are_unread() -> None:
    body = (
        '  dynamic "app_role" {\n    for_each = var.roles\n    content {\n      id = app_role.value\n      value = "x"\n'
        '      allowed_member_types = ["User"]\n    }\n  }\n'
    )
    (found,) = apps({"main.tf": 'variable "roles" {}\n' + app(body)})
    assert "app_roles" in found.unread


def test_blocks_over_known_values_are_written_out() -> None:
    body = (
        '  dynamic "app_role" {\n    for_each = { a = "Read", b = "Write" }\n    content {\n      id = app_role.key\n'
        '      value = app_role.value\n      allowed_member_types = ["User"]\n    }\n  }\n'
    )
    (found,) = apps({"main.tf": app(body)})
    assert sorted((role.id, role.value) for role in found.app_roles) == [("a", "Read"), ("b", "Write")]


def test_what_terraform_is_told_to_ignore_is_unread() -> None:
    body = '  identifier_uris = ["api://orders"]\n  lifecycle {\n    ignore_changes = [identifier_uris]\n  }'
    (found,) = apps({"main.tf": app(body)})
    assert "identifier_uris" in found.unread


def test_two_root_modules_have_app_registrations_of_their_own() -> None:
    found = apps({"dev/main.tf": app(""), "prod/main.tf": app("")})
    assert len({one.app_id for one in found}) == 2


def test_roles_and_grants_name_the_service_principals() -> None:
    text = app(
        "",
        'resource "azuread_service_principal" "api" {\n  client_id = azuread_application.api.client_id\n}\n',
        'resource "azuread_app_role_assignment" "a" {\n  app_role_id = "r"\n'
        "  principal_object_id = azurerm_linux_web_app.web.identity[0].principal_id\n"
        "  resource_object_id = azuread_service_principal.api.object_id\n}\n",
        'resource "azuread_service_principal_delegated_permission_grant" "g" {\n'
        "  service_principal_object_id = azuread_service_principal.api.id\n"
        '  resource_service_principal_object_id = azuread_service_principal.api.object_id\n  claim_values = ["a", "b"]\n}\n',
    )
    (tenant,) = read({"main.tf": text}).tenants
    (principal,), (assigned,), (grant,) = (
        tenant.service_principals,
        tenant.app_role_assignments,
        tenant.delegated_grants,
    )
    assert assigned.resource_id == principal.id == grant.client_id == grant.resource_id
    assert assigned.principal_id == "${azurerm_linux_web_app.web.identity[0].principal_id}"
    assert (grant.scopes, grant.consent_kind) == (("a", "b"), "AllPrincipals")


def test_the_tenant_is_the_one_the_provider_signs_in_to() -> None:
    told = 'provider "azuread" {\n  tenant_id = "7c0f8a52-3d1e-4a5b-9f60-58e1d2c4b7a9"\n}\n'
    assert [tenant.id for tenant in read({"main.tf": told + app("")}).tenants] == [
        "7c0f8a52-3d1e-4a5b-9f60-58e1d2c4b7a9"
    ]
    (tenant,) = read({"main.tf": app("")}).tenants
    assert tenant.id == "${data.azurerm_client_config.current.tenant_id}"


def test_easy_auth_of_a_function_app() -> None:
    text = (
        'resource "azurerm_linux_function_app" "f" {\n  name = "orders-back"\n  auth_settings_v2 {\n    auth_enabled = true\n'
        '    require_authentication = true\n    unauthenticated_action = "Return401"\n    active_directory_v2 {\n'
        "      client_id = azuread_application.api.client_id\n"
        '      tenant_auth_endpoint = "https://login.microsoftonline.com/t/v2.0"\n'
        '      allowed_audiences = ["api://orders"]\n    }\n    login {}\n  }\n}\n'
    )
    (site,) = read({"main.tf": app("") + text}).sites
    assert (site.site, site.enabled, site.client_id, site.allowed_audiences) == (
        *("orders-back", True, CLIENT, ("api://orders",)),
    )
