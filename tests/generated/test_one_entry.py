"""One fault, one entry: what many APIs share, equal revisions and versions, and consequences of a cause."""

from apimdoctor.engine.finding import Finding
from tools.pipeline import judged
from tools.tenant_tree import TenantTree, document, validate_jwt

TENANT = "6d0f3a92-58c1-4e7b-a2d4-91b7c05e8f36"
APP = "b41e7c09-3d58-4f26-8a90-c7e2d5f1b638"
V2 = f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"
OPEN = validate_jwt(metadata=[V2])
MANY = 60


def loud(tree: TenantTree) -> list[Finding]:
    return [finding for finding in judged(tree.files).findings if finding.severity != "info"]


def apis(finding: Finding) -> set[str]:
    return {place.api for place in (finding.at, *finding.affects) if place.api}


def many(policy: str) -> TenantTree:
    tree = TenantTree(tenant_id=TENANT)
    for number in range(MANY):
        tree.api(f"api-{number}", policy)
    return tree


def test_a_fragment_that_many_apis_include_is_one_fault_that_affects_them_all() -> None:
    tree = many(document('<base />\n<include-fragment fragment-id="check" />'))
    tree.fragment("check", OPEN)
    (finding,) = loud(tree)
    assert finding.rule == "audience-unchecked"
    assert len(apis(finding)) == MANY


def test_a_name_that_is_missing_in_a_shared_fragment_affects_all_who_include_it() -> None:
    tree = many(document('<base />\n<include-fragment fragment-id="check" />'))
    tree.fragment("check", validate_jwt(metadata=[V2], audiences=["{{audience}}"]))
    tree.named_value("region", "north")
    (finding,) = loud(tree)
    assert finding.rule == "named-value-missing"
    assert len(apis(finding)) == MANY


def test_a_fault_of_the_global_policy_affects_all_apis() -> None:
    tree = many(document("<base />"))
    tree.global_policy(document(OPEN, backend="<forward-request />"))
    (finding,) = loud(tree)
    assert finding.rule == "audience-unchecked"
    assert len(apis(finding)) == MANY


def test_equal_revisions_are_one_fault_of_the_current_one() -> None:
    tree = TenantTree(tenant_id=TENANT)
    tree.api("orders", document(f"<base />\n{OPEN}"))
    for number in ("2", "3"):
        properties = {"apiRevision": number, "isOnline": True}
        tree.api(f"orders;rev={number}", document(f"<base />\n{OPEN}"), path="orders", properties=properties)
    (finding,) = loud(tree)
    assert (finding.rule, finding.at.api) == ("audience-unchecked", "orders")


def test_versions_with_equal_policies_are_one_fault() -> None:
    tree = TenantTree(tenant_id=TENANT)
    for version in ("v1", "v2", "v3"):
        properties = {"apiVersion": version, "apiVersionSetId": "/apiVersionSets/orders"}
        tree.api(f"orders-{version}", document(f"<base />\n{OPEN}"), path="orders", properties=properties)
    (finding,) = loud(tree)
    assert finding.rule == "audience-unchecked"
    assert apis(finding) == {"orders-v1", "orders-v2", "orders-v3"}


def test_versions_with_different_policies_are_judged_apart() -> None:
    tree = TenantTree(tenant_id=TENANT)
    for version, audiences in (("v1", ["api://one"]), ("v2", [])):
        properties = {"apiVersion": version, "apiVersionSetId": "/apiVersionSets/orders"}
        policy = document("<base />\n" + validate_jwt(metadata=[V2], audiences=audiences))
        tree.api(f"orders-{version}", policy, path="orders", properties=properties)
    assert [apis(finding) for finding in loud(tree)] == [{"orders-v2"}]


def test_apis_that_merely_look_alike_are_judged_apart() -> None:
    tree = TenantTree(tenant_id=TENANT)
    for name in ("orders", "invoices"):
        tree.api(name, document(f"<base />\n{OPEN}"))
    assert [finding.at.api for finding in loud(tree)] == ["invoices", "orders"]


def test_the_overwritten_header_tells_what_the_check_then_refuses() -> None:
    """The birth case: an issuer mismatch that is really the gateway's own token."""
    tree = TenantTree(tenant_id=TENANT)
    tree.service("larkspur", principal_id="0a9f6c3e-72b5-4d18-94e7-5c1d8b3f2a60")
    tree.app(
        "orders",
        {
            "id": "f2c85d17-6e04-4b39-8d7a-30e9b6a1c452",
            "appId": APP,
            "displayName": "Orders",
            "signInAudience": "AzureADMyOrg",
            "identifierUris": [],
            "api": {"requestedAccessTokenVersion": 1},
        },
    )
    identity = '<authentication-managed-identity resource="https://storage.azure.com/" />'
    tree.api("orders", document(f"<base />\n{identity}\n{validate_jwt(metadata=[V2], audiences=[APP])}"))
    (finding,) = [found for found in loud(tree) if found.severity == "error"]
    assert finding.rule == "caller-token-overwritten-before-check"
    assert {also.rule for also in finding.also} >= {"issuer-version-mismatch"}
