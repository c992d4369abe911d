"""App registrations and their kin from Graph JSON, from `az`, and from the portal manifest of before 2025."""

from typing import Any

import pytest

from apimdoctor.snapshot import PermissionScope, PreAuthorizedClient, RedirectUri, RequiredAccess
from tests.collect.made_files import APP, OTHER_TENANT, TENANT, app_of, graph_app, organization, snapshot_of

CLIENT = "1d7c5e93-8a24-4b6f-9e30-c2f1a8b7d654"
RESOURCE = "a3f8e1d6-5b92-4c07-8e4d-7f6b9c0a1253"
LEGACY = {
    "id": "e94a1b7c-3d52-4f68-a0b9-6c8d7e5f4321",
    "appId": APP,
    "name": "Orders",
    "signInAudience": "AzureADMyOrg",
    "accessTokenAcceptedVersion": 2,
    "acceptMappedClaims": True,
    "allowPublicClient": True,
    "oauth2AllowImplicitFlow": True,
    "oauth2Permissions": [{"id": "s1", "value": "Orders.Read", "isEnabled": False, "type": "Admin"}],
    "preAuthorizedApplications": [{"appId": CLIENT.upper(), "permissionIds": ["s1"]}],
    "knownClientApplications": [CLIENT],
    "replyUrlsWithType": [
        {"url": "https://a.example", "type": "Web"},
        {"url": "https://b.example", "type": "Spa"},
        {"url": "https://c.example", "type": "InstalledClient"},
    ],
    "identifierUris": ["api://orders"],
    "appRoles": [],
    "optionalClaims": None,
    "requiredResourceAccess": [],
}


@pytest.mark.parametrize("version", [None, 1, 2])
def test_graph_tells_the_token_version_under_api(version: int | None) -> None:
    app = app_of(api={"requestedAccessTokenVersion": version})
    assert app.requested_access_token_version == version
    assert (app.shape, app.misplaced, app.unread) == ("graph", (), ())


def test_the_portal_manifest_tells_it_by_its_old_name() -> None:
    (tenant,) = snapshot_of({"manifest.json": LEGACY}).tenants
    (app,) = tenant.app_registrations
    assert (app.requested_access_token_version, app.shape, app.misplaced) == (2, "legacy", ())
    assert app.unread == ()


def test_the_page_of_the_old_format_shows_the_new_name_at_top_level() -> None:
    json = {**graph_app(), "requestedAccessTokenVersion": 2}
    del json["api"]
    (app,) = snapshot_of({"manifest.json": json}).tenants[0].app_registrations
    assert app.requested_access_token_version == 2
    assert "requested_access_token_version" not in app.unread


@pytest.mark.parametrize("name", ["accessTokenAcceptedVersion", "requestedAccessTokenVersion"])
def test_a_token_version_beside_api_is_misplaced_and_decides_nothing(name: str) -> None:
    app = app_of(**{name: 2})
    assert app.requested_access_token_version is None
    assert app.misplaced == (name,)


def test_both_shapes_in_one_file_are_mixed() -> None:
    app = app_of(accessTokenAcceptedVersion=2, api={"requestedAccessTokenVersion": 2})
    assert (app.shape, app.requested_access_token_version) == ("mixed", 2)


def test_a_graph_read_without_api_leaves_the_version_unread_not_null() -> None:
    json = graph_app()
    del json["api"], json["appRoles"]
    (app,) = snapshot_of({"app.json": json}).tenants[0].app_registrations
    assert {"requested_access_token_version", "scopes", "app_roles"} <= set(app.unread)
    assert "identifier_uris" not in app.unread


def test_old_names_become_graph_words() -> None:
    (app,) = snapshot_of({"manifest.json": LEGACY}).tenants[0].app_registrations
    assert app.display_name == "Orders"
    assert app.scopes == (PermissionScope(id="s1", value="Orders.Read", enabled=False, kind="Admin"),)
    assert app.pre_authorized == (PreAuthorizedClient(app_id=CLIENT, scope_ids=("s1",)),)
    assert app.known_clients == (CLIENT,)
    assert (app.accept_mapped_claims, app.public_client, app.implicit_access_tokens) == (True, True, True)
    assert app.redirect_uris == (
        RedirectUri(uri="https://a.example", kind="web"),
        RedirectUri(uri="https://b.example", kind="spa"),
        RedirectUri(uri="https://c.example", kind="public client"),
    )


def test_everything_graph_tells_is_kept_but_no_secret() -> None:
    app = app_of(
        api={
            "requestedAccessTokenVersion": 2,
            "acceptMappedClaims": False,
            "knownClientApplications": [CLIENT],
            "oauth2PermissionScopes": [{"id": "s1", "value": "Read", "isEnabled": True, "type": "User"}],
            "preAuthorizedApplications": [{"appId": CLIENT, "delegatedPermissionIds": ["s1"]}],
        },
        appRoles=[{"id": "r1", "value": "Run", "isEnabled": True, "allowedMemberTypes": ["Application"]}],
        optionalClaims={"accessToken": [{"name": "aud", "additionalProperties": ["use_guid"]}], "idToken": []},
        groupMembershipClaims="SecurityGroup",
        web={"redirectUris": ["https://w.example"], "implicitGrantSettings": {"enableAccessTokenIssuance": True}},
        spa={"redirectUris": []},
        publicClient={"redirectUris": ["msal://x"]},
        requiredResourceAccess=[{"resourceAppId": RESOURCE, "resourceAccess": [{"id": "p1", "type": "Role"}]}],
        passwordCredentials=[
            {"keyId": "k1", "displayName": "CI", "hint": "q7Z", "secretText": "q7Z-secret", "endDateTime": "2027-01-01"}
        ],
        keyCredentials=[{"keyId": "k2", "usage": "Verify", "key": "MIIDsecret", "startDateTime": "2026-01-01"}],
        owners=[{"id": "o1"}],
        createdDateTime="2024-02-02T00:00:00Z",
        publisherDomain="t.example",
        disabledByMicrosoftStatus="DisabledDueToViolationOfServicesAgreement",
        isFallbackPublicClient=False,
    )
    assert app.optional_access_claims == (("aud", ("use_guid",)),)
    assert app.required_access == (RequiredAccess(resource_app_id=RESOURCE, permission_id="p1", kind="Role"),)
    assert [(one.kind, one.key_id, one.end) for one in app.credentials] == [
        ("secret", "k1", "2027-01-01"),
        ("certificate", "k2", ""),
    ]
    assert app.app_roles[0].members == ("Application",)
    assert (app.owners, app.implicit_access_tokens, app.public_client) == (("o1",), True, False)
    assert app.disabled == "DisabledDueToViolationOfServicesAgreement"
    assert "q7Z" not in repr(app)
    assert "MIID" not in repr(app)


def test_unknown_and_null_properties_are_taken_as_they_come() -> None:
    app = app_of(
        displayName=None, web=None, spa=None, tags=None, newThing={"x": [1]}, api={"oauth2PermissionScopes": None}
    )
    assert app.display_name == ""
    assert app.redirect_uris == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"appId": 5},
        {"appId": None},
        {"identifierUris": "api://x"},
        {"identifierUris": [1]},
        {"api": "none"},
        {"api": {"requestedAccessTokenVersion": "two"}},
        {"api": {"requestedAccessTokenVersion": True}},
        {"appRoles": {"0": {}}},
        {"appRoles": [None]},
        {"optionalClaims": []},
        {"requiredResourceAccess": [{"resourceAccess": "x"}]},
    ],
)
def test_an_object_of_a_wrong_type_is_left_out_with_a_gap_and_the_rest_is_read(wrong: dict[str, Any]) -> None:
    snapshot = snapshot_of({"apps.json": {"value": [graph_app(**wrong), graph_app(appId=CLIENT)]}})
    (tenant,) = snapshot.tenants
    assert [app.app_id for app in tenant.app_registrations] == [CLIENT]
    assert [(gap.scope, gap.kind) for gap in snapshot.gaps] == [("apps.json", "skipped")]
    assert tenant.whole == ()


def test_two_app_registrations_with_one_app_id_are_a_gap_and_the_first_counts() -> None:
    snapshot = snapshot_of({"a.json": graph_app(displayName="first"), "b.json": graph_app(displayName="second")})
    assert [app.display_name for app in snapshot.tenants[0].app_registrations] == ["first"]
    assert APP in snapshot.gaps[0].detail
    assert snapshot.gaps[0].scope == "b.json"


def test_the_same_object_in_two_files_is_no_gap() -> None:
    snapshot = snapshot_of({"a.json": graph_app(), "all.json": {"value": [graph_app()]}})
    assert len(snapshot.tenants[0].app_registrations) == 1
    assert snapshot.gaps == ()


def test_a_manifest_with_placeholders_is_a_gap() -> None:
    snapshot = snapshot_of({"aad.manifest.json": graph_app(appId="${{AAD_APP_CLIENT_ID}}")})
    assert [tenant.app_registrations for tenant in snapshot.tenants] == [()]
    assert "placeholder" in snapshot.gaps[0].detail


def test_a_list_without_next_link_is_whole_and_a_page_is_not() -> None:
    whole = snapshot_of({"apps.json": {"value": [graph_app()]}}).tenants[0]
    page = snapshot_of(
        {"apps.json": {"value": [graph_app()], "@odata.nextLink": "https://graph.example/next"}}
    ).tenants[0]
    pages = snapshot_of(
        {
            "1.json": {"value": [graph_app()], "@odata.nextLink": "https://graph.example/next"},
            "2.json": {"value": [graph_app(appId=CLIENT)]},
        }
    ).tenants[0]
    assert whole.whole == ("app_registrations",)
    assert page.whole == ()
    assert pages.whole == ()


def test_single_files_and_the_lists_of_the_command_line_are_not_whole() -> None:
    assert snapshot_of({"app.json": graph_app()}).tenants[0].whole == ()
    listed = snapshot_of({"apps.json": [graph_app()]}).tenants[0]
    assert (len(listed.app_registrations), listed.whole) == (1, ())


@pytest.mark.parametrize(
    ("file", "content", "whole"),
    [
        (
            "x.json",
            {"@odata.context": "https://graph.example/v1.0/$metadata#applications", "value": []},
            "app_registrations",
        ),
        (
            "x.json",
            {"@odata.context": "https://graph.example/$metadata#servicePrincipals(id,appId)", "value": []},
            "service_principals",
        ),
        ("oauth2PermissionGrants.json", {"value": []}, "delegated_grants"),
        ("appRoleAssignments.json", {"value": []}, "app_role_assignments"),
    ],
)
def test_an_empty_list_is_known_by_its_context_or_its_name(file: str, content: dict[str, Any], whole: str) -> None:
    tenants = snapshot_of({file: content}).tenants
    assert [tenant.whole for tenant in tenants] == [(whole,)]


def test_a_list_of_one_service_principals_assignments_is_not_whole() -> None:
    context = f"https://graph.example/v1.0/$metadata#servicePrincipals('{RESOURCE}')/appRoleAssignedTo"
    assignment = {"id": "a1", "principalId": CLIENT, "resourceId": RESOURCE, "appRoleId": "r1", "principalType": "User"}
    (tenant,) = snapshot_of({"x.json": {"@odata.context": context, "value": [assignment]}}).tenants
    assert [(one.principal_id, one.role_id) for one in tenant.app_role_assignments] == [(CLIENT, "r1")]
    assert tenant.whole == ()


def test_service_principals_grants_and_assignments_are_read_from_one_mixed_list() -> None:
    mixed = {
        "value": [
            {
                "@odata.type": "#microsoft.graph.servicePrincipal",
                "id": "sp1",
                "appId": CLIENT.upper(),
                "servicePrincipalType": "ManagedIdentity",
                "accountEnabled": True,
                "appRoleAssignmentRequired": False,
                "appOwnerOrganizationId": TENANT,
                "servicePrincipalNames": [CLIENT],
                "alternativeNames": ["isExplicit=False"],
                "appRoles": [],
                "oauth2PermissionScopes": [{"id": "s1", "value": "Read"}],
            },
            {"@odata.type": "#microsoft.graph.application", **graph_app()},
            {"@odata.type": "#microsoft.graph.user", "id": "u1", "displayName": "Somebody"},
            {
                "id": "g1",
                "clientId": "sp1",
                "resourceId": "sp2",
                "consentType": "AllPrincipals",
                "scope": " Read  Write",
            },
            {"principalId": "sp1", "resourceId": "sp2", "appRoleId": "r1", "principalType": "ServicePrincipal"},
        ]
    }
    (tenant,) = snapshot_of({"all.json": mixed}).tenants
    (principal,) = tenant.service_principals
    assert (principal.app_id, principal.kind, principal.enabled, principal.owner_tenant) == (
        *(CLIENT, "ManagedIdentity", True, TENANT),
    )
    assert principal.unread == ()
    assert tenant.delegated_grants[0].scopes == ("Read", "Write")
    assert tenant.app_role_assignments[0].id == "sp1/sp2/r1"
    assert len(tenant.app_registrations) == 1


def test_a_service_principal_says_what_it_does_not_tell() -> None:
    (tenant,) = snapshot_of({"sp.json": {"id": "sp1", "appId": CLIENT, "servicePrincipalType": "Application"}}).tenants
    assert tenant.service_principals[0].unread == ("app_roles", "names", "scopes")


@pytest.mark.parametrize(
    ("told", "kind"), [("AAD", "workforce"), ("AAD B2C", "b2c"), ("CIAM", "external id"), (None, "")]
)
def test_an_organization_names_its_tenant_and_kind(told: str | None, kind: str) -> None:
    (tenant,) = snapshot_of({"organization.json": {**organization(TENANT.upper()), "tenantType": told}}).tenants
    assert (tenant.id, tenant.kind, tenant.domains, tenant.whole) == (TENANT, kind, ("t.example",), ("domains",))


def test_entra_files_belong_to_the_nearest_organization_in_or_above_their_folder() -> None:
    tenants = snapshot_of(
        {
            "a/organization.json": organization(TENANT),
            "a/entra/apps/one.json": graph_app(displayName="one"),
            "a/b/organization.json": {"value": [organization(OTHER_TENANT)]},
            "a/b/two.json": graph_app(displayName="two"),
            "c/three.json": graph_app(displayName="three"),
        }
    ).tenants
    assert {tenant.id: tenant.app_registrations[0].display_name for tenant in tenants} == {
        TENANT: "one",
        OTHER_TENANT: "two",
        "": "three",
    }


def test_a_service_without_tenant_belongs_to_the_only_one() -> None:
    tree = {"gate/apis/orders/policy.xml": "<policies />", "organization.json": organization()}
    assert snapshot_of(tree).services[0].tenant_id == TENANT
    two = {**tree, "x/organization.json": organization(OTHER_TENANT)}
    assert snapshot_of(two).services[0].tenant_id == ""
