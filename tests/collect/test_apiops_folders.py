"""APIOps trees: scopes from folders, at any depth, several services kept apart."""

from pathlib import Path

import pytest

from apimdoctor.collect.files import read
from apimdoctor.snapshot import ApiAuthentication
from tests.collect.made_files import POLICY, SERVICE_ID, TENANT, api_of, information, service_of, snapshot_of


def test_policies_get_their_scope_from_their_folder() -> None:
    service = service_of(
        {
            "apim/policy.xml": "<policies><!-- global --></policies>",
            "apim/apis/orders/apiInformation.json": information(path="orders"),
            "apim/apis/orders/policy.xml": "<policies><!-- api --></policies>",
            "apim/apis/orders/operations/list/operationInformation.json": information(method="GET", urlTemplate="/"),
            "apim/apis/orders/operations/list/policy.xml": "<policies><!-- operation --></policies>",
            "apim/products/gold/productInformation.json": information(),
            "apim/products/gold/policy.xml": "<policies><!-- product --></policies>",
            "apim/policy fragments/auth/policy.xml": "<fragment><!-- fragment --></fragment>",
            "apim/workspaces/team/policy.xml": "<policies><!-- workspace --></policies>",
        }
    )
    api = service.contents.apis[0]
    texts = [
        service.policy,
        api.policy,
        api.operations[0].policy,
        service.contents.products[0].policy,
        service.contents.fragments[0].policy,
        service.workspaces[0].policy,
    ]
    assert [text.text.split()[1] for text in texts if text] == [
        *("global", "api", "operation", "product", "fragment", "workspace")
    ]
    assert api.operations[0].policy is not None
    assert api.operations[0].policy.origin.document == "apim/apis/orders/operations/list/policy.xml"


def test_what_has_no_policy_file_has_no_policy() -> None:
    service = service_of({"apis/orders/apiInformation.json": information(path="orders")})
    assert service.policy is None
    assert "policy" not in service.unread
    assert service.contents.apis[0].policy is None


def test_an_api_is_online_and_current_when_its_file_does_not_say_otherwise() -> None:
    api = api_of({"apis/orders/apiInformation.json": information(displayName="Orders", path="o", protocols=["https"])})
    assert (api.is_online, api.is_current, api.revision, api.kind) == (True, True, "1", "http")
    assert api.subscription_required is None
    assert api.unread == ("operations", "subscription_required")


def test_everything_an_api_tells_is_kept() -> None:
    api = api_of(
        {
            "apis/orders/apiInformation.json": information(
                apiRevision="3",
                isCurrent=True,
                isOnline=False,
                type="graphql",
                apiVersion="v2",
                apiVersionSetId="/apiVersionSets/orders-set",
                subscriptionRequired=False,
                subscriptionKeyParameterNames={"header": "X-Key", "query": "key"},
                serviceUrl="https://back.example",
                authenticationSettings={
                    "oAuth2": {"authorizationServerId": "aad", "scope": "read"},
                    "openid": {"openidProviderId": "sso", "bearerTokenSendingMethods": []},
                    "oAuth2AuthenticationSettings": [{"authorizationServerId": "/authorizationServers/second"}],
                    "openidAuthenticationSettings": [{"openidProviderId": "sso"}],
                },
            ),
            "version sets/orders-set/versionSetInformation.json": information(versioningScheme="Header"),
        }
    )
    assert (api.revision, api.is_online, api.kind, api.version) == ("3", False, "graphql", "v2")
    assert (api.version_set, api.version_scheme) == ("orders-set", "Header")
    assert (api.key_header, api.key_query, api.subscription_required) == ("X-Key", "key", False)
    assert api.authentication == (
        ApiAuthentication(kind="oauth2", server="aad", scope="read"),
        ApiAuthentication(kind="oauth2", server="second"),
        ApiAuthentication(kind="openid", server="sso"),
    )


def test_revisions_are_apis_of_one_name() -> None:
    service = service_of(
        {
            "apis/orders/apiInformation.json": information(apiRevision="2", isCurrent=True),
            "apis/orders;rev=1/apiInformation.json": information(apiRevision="1"),
            "apis/orders;rev=1/policy.xml": POLICY,
        }
    )
    assert [(api.name, api.revision, api.is_current, api.policy is not None) for api in service.contents.apis] == [
        ("orders", "1", False, True),
        ("orders", "2", True, False),
    ]


def test_an_operation_of_which_only_the_policy_was_extracted_is_kept() -> None:
    api = api_of(
        {
            "apis/orders/apiInformation.json": information(path="o"),
            "apis/orders/operations/list/policy.xml": POLICY,
            "apis/orders/specification.yaml": "openapi: 3.0.1",
        }
    )
    assert [(one.name, one.method, one.unread) for one in api.operations] == [("list", "", ("method", "url_template"))]
    assert "operations" in api.unread


def test_a_product_lists_its_apis() -> None:
    service = service_of(
        {
            "products/gold/productInformation.json": information(
                displayName="Gold", subscriptionRequired=True, approvalRequired=False, state="published"
            ),
            "products/gold/apis/orders/productApiInformation.json": {},
            "products/gold/apis/rates;rev=2/productApiInformation.json": {},
            "products/bare/policy.xml": POLICY,
        }
    )
    bare, gold = service.contents.products
    assert (gold.apis, gold.subscription_required, gold.approval_required, gold.state) == (
        *(("orders", "rates"), True, False, "published"),
    )
    assert gold.unread == ()
    assert "apis" in bare.unread


def test_a_kind_folder_that_exists_makes_the_kind_whole() -> None:
    service = service_of(
        {
            "apis/orders/apiInformation.json": information(path="o"),
            "named values/n/namedValueInformation.json": information(displayName="n", value="1"),
            "workspaces/team/apis/fleet/apiInformation.json": information(path="f"),
        }
    )
    assert service.contents.whole == ("apis", "named_values")
    assert service.workspaces[0].contents.whole == ("apis",)


def test_a_kind_of_which_one_file_is_damaged_is_not_whole() -> None:
    snapshot = snapshot_of(
        {
            "apis/orders/apiInformation.json": information(path="o"),
            "named values/a/namedValueInformation.json": information(displayName="a", value="1"),
            "named values/b/namedValueInformation.json": '{"properties": {"displayName": ',
            "backends/c/backendInformation.json": information(url=5),
        }
    )
    contents = snapshot.services[0].contents
    assert contents.whole == ("apis",)
    assert [value.display_name for value in contents.named_values] == ["a"]
    assert [(gap.scope, gap.kind) for gap in snapshot.gaps] == [
        ("backends/c/backendInformation.json", "skipped"),
        ("named values/b/namedValueInformation.json", "unparsed"),
    ]


def test_an_api_whose_file_is_damaged_keeps_its_policy_and_says_what_is_unread() -> None:
    snapshot = snapshot_of({"apis/orders/apiInformation.json": "{", "apis/orders/policy.xml": POLICY})
    (api,) = snapshot.services[0].contents.apis
    assert api.policy is not None
    assert {"subscription_required", "is_online"} <= set(api.unread)
    assert snapshot.services[0].contents.whole == ("apis",)
    assert [gap.kind for gap in snapshot.gaps] == ["unparsed"]


def test_named_values_tell_secrets_key_vaults_and_plain_secrets() -> None:
    values = service_of(
        {
            "named values/a/namedValueInformation.json": information(displayName="plain", value="north", secret=False),
            "named values/b/namedValueInformation.json": information(displayName="hidden", secret=True, value="k3y"),
            "named values/c/namedValueInformation.json": information(
                displayName="vaulted", secret=True, keyVault={"secretIdentifier": "https://v.vault.azure.net/secrets/s"}
            ),
            "named values/d/namedValueInformation.json": information(
                displayName="careless", value="q8Zr2Wm5Xt9Lb4Vn7Kc1Pd6Hf3Gj0Ys"
            ),
        }
    ).contents.named_values
    assert [(value.display_name, value.secret, value.value, value.key_vault) for value in values[:3]] == [
        ("plain", False, "north", ""),
        ("hidden", True, None, ""),
        ("vaulted", True, None, "https://v.vault.azure.net/secrets/s"),
    ]
    assert values[3].looks_secret
    assert values[3].value != "q8Zr2Wm5Xt9Lb4Vn7Kc1Pd6Hf3Gj0Ys"


def test_a_back_end_keeps_kinds_of_credentials_only() -> None:
    (backend,) = service_of(
        {
            "backends/orders/backendInformation.json": information(
                url="https://fn.example",
                protocol="http",
                resourceId="https://management.azure.com/x",
                credentials={
                    "header": {"x-functions-key": ["sesame"]},
                    "query": {"code": ["sesame"]},
                    "authorization": {"scheme": "Basic", "parameter": "sesame"},
                    "certificate": ["0123456789ABCDEF0123456789ABCDEF01234567"],
                    "managedIdentity": {"resource": "api://orders"},
                },
            )
        }
    ).contents.backends
    assert backend.credential_kinds == (
        *("authorization:Basic", "certificate", "header:x-functions-key", "managed identity", "query:code"),
    )
    assert backend.managed_identity_resource == "api://orders"
    assert "sesame" not in repr(backend)


def test_a_pool_names_its_members() -> None:
    (pool,) = service_of(
        {
            "backends/pool/backendInformation.json": information(
                type="Pool", pool={"services": [{"id": "/backends/one"}, {"id": "/backends/two", "weight": 3}]}
            )
        }
    ).contents.backends
    assert (pool.kind, pool.pool) == ("Pool", ("one", "two"))


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("/products/gold", "product/gold"),
        ("/apis/orders", "api/orders"),
        ("/apis", "all APIs"),
        (f"{SERVICE_ID}/", "all APIs"),
        (f"{SERVICE_ID}/products/gold", "product/gold"),
    ],
)
def test_a_subscription_tells_its_scope(scope: str, said: str) -> None:
    (subscription,) = service_of(
        {"subscriptions/s/subscriptionInformation.json": information(displayName="S", scope=scope, state="active")}
    ).contents.subscriptions
    assert (subscription.scope, subscription.state, subscription.built_in) == (said, "active", False)


def test_diagnostics_tell_the_headers_they_write_down() -> None:
    diagnostics = service_of(
        {
            "apis/orders/apiInformation.json": information(path="o"),
            "apis/orders/diagnostics/ai/diagnosticInformation.json": information(
                frontend={"request": {"headers": ["Authorization"]}, "response": None}
            ),
            "diagnostics/ai/diagnosticInformation.json": information(backend={"response": {"headers": ["X-A"]}}),
        }
    ).contents.diagnostics
    assert [(one.api, one.headers_logged) for one in diagnostics] == [("", ("X-A",)), ("orders", ("Authorization",))]


def test_gateways_name_their_apis() -> None:
    (gateway,) = service_of(
        {
            "gateways/edge/gatewayInformation.json": information(),
            "gateways/edge/apis/orders/gatewayApiInformation.json": {},
        }
    ).contents.gateways
    assert gateway.apis == ("orders",)


def test_resolvers_are_read() -> None:
    api = api_of(
        {
            "apis/graph/apiInformation.json": information(type="graphql"),
            "apis/graph/resolvers/orders/resolverInformation.json": information(path="Query/orders"),
            "apis/graph/resolvers/orders/policy.xml": "<http-data-source />",
        }
    )
    assert [(one.name, one.path, one.policy is not None) for one in api.resolvers] == [("orders", "Query/orders", True)]


def test_services_at_several_depths_are_kept_apart() -> None:
    services = snapshot_of(
        {
            "env/dev/gate/apis/orders/apiInformation.json": information(path="dev"),
            "env/prod/gate/apis/orders/apiInformation.json": information(path="prod"),
            "env/prod/gate/policy.xml": POLICY,
        }
    ).services
    assert [(service.id, service.contents.apis[0].path, service.policy is not None) for service in services] == [
        ("file:env/dev/gate", "dev", False),
        ("file:env/prod/gate", "prod", True),
    ]


def test_a_tree_with_underscores_and_policies_alone_has_scopes_but_no_service_policy_told() -> None:
    service = service_of(
        {
            "api_management/environments/dev/gate/apis/orders/policy.xml": POLICY,
            "api_management/environments/dev/gate/apis/orders/operations/list/policy.xml": POLICY,
            "api_management/environments/dev/gate/policy_fragments/auth/policy.xml": "<fragment />",
        }
    )
    assert service.scopes_known
    assert service.name == "gate"
    assert [fragment.name for fragment in service.contents.fragments] == ["auth"]
    assert "policy" in service.unread
    assert "path" in service.contents.apis[0].unread


def test_a_policy_with_a_templates_suffix_has_its_scope_too() -> None:
    api = api_of({"apis/orders/policy.xml.tpl": "<policies>${inbound}</policies>"})
    assert api.policy is not None
    assert api.policy.text == "<policies>${inbound}</policies>"


def test_the_services_own_json_inside_the_tree_names_it() -> None:
    service = service_of(
        {
            "apim/apis/orders/apiInformation.json": information(path="o"),
            "apim/arm/service.json": {
                "id": SERVICE_ID,
                "name": "gate",
                "type": "Microsoft.ApiManagement/service",
                "identity": {
                    "type": "SystemAssigned, UserAssigned",
                    "principalId": "p1",
                    "tenantId": TENANT.upper(),
                    "userAssignedIdentities": {"/ids/reader": {"principalId": "p2", "clientId": "C2"}},
                },
                "properties": {"gatewayUrl": "https://gate.example"},
            },
        }
    )
    assert (service.id, service.name, service.tenant_id, service.gateway_url) == (
        *(SERVICE_ID, "gate", TENANT, "https://gate.example"),
    )
    assert service.identities is not None
    assert [(one.kind, one.principal_id, one.client_id) for one in service.identities] == [
        ("system", "p1", ""),
        ("user", "p2", "c2"),
    ]
    assert [api.name for api in service.contents.apis] == ["orders"]


def test_a_service_without_identity_is_told_apart_from_one_nobody_described() -> None:
    tree = {"apis/orders/apiInformation.json": information(path="o")}
    described = {**tree, "service.json": {"type": "Microsoft.ApiManagement/service", "name": "gate", "properties": {}}}
    assert service_of(described).identities == ()
    assert service_of(tree).identities is None


def test_the_services_json_beside_the_tree_names_it() -> None:
    service = service_of(
        {
            "apim/apis/orders/apiInformation.json": information(path="o"),
            "arm/service.json": {"type": "Microsoft.ApiManagement/service", "name": "gate", "properties": {}},
        }
    )
    assert service.name == "gate"
    assert len(service.contents.apis) == 1


def test_console_servers_beside_the_tree_belong_to_it() -> None:
    service = service_of(
        {
            "apim/apis/orders/apiInformation.json": information(path="o"),
            "apim/arm/server.json": {
                "type": "Microsoft.ApiManagement/service/authorizationServers",
                "name": "aad",
                "properties": {
                    "displayName": "AAD",
                    "clientId": "c",
                    "clientSecret": "s3",
                    "tokenEndpoint": "https://login.example/token",
                    "grantTypes": ["authorizationCode"],
                    "tokenBodyParameters": [{"name": "resource", "value": "api://orders"}],
                },
            },
            "apim/arm/provider.json": {
                "type": "Microsoft.ApiManagement/service/openidConnectProviders",
                "name": "sso",
                "properties": {"metadataEndpoint": "https://login.example/.well-known/openid-configuration"},
            },
        }
    )
    oauth, openid = service.contents.console_servers
    assert (oauth.kind, oauth.name, oauth.grant_types) == ("oauth2", "aad", ("authorizationCode",))
    assert oauth.token_body_parameters == (("resource", "api://orders"),)
    assert (openid.kind, openid.metadata_endpoint) == (
        *("openid", "https://login.example/.well-known/openid-configuration"),
    )


def test_several_roots_are_told_apart_by_their_names(tmp_path: Path) -> None:
    for name in ("one/apim", "two/apim"):
        folder = tmp_path / name / "apis" / "orders"
        folder.mkdir(parents=True)
        (folder / "policy.xml").write_text(POLICY)
    snapshot = read([tmp_path / "one" / "apim", tmp_path / "two" / "apim"])
    documents = [api.policy.origin.document for s in snapshot.services for api in s.contents.apis if api.policy]
    assert documents == ["apim-2/apis/orders/policy.xml", "apim/apis/orders/policy.xml"]
    assert len({service.id for service in snapshot.services}) == 2


def test_the_git_repository_that_a_service_kept_of_itself_tells_scopes() -> None:
    service = service_of(
        {
            "api-management/policies/global.xml": POLICY,
            "api-management/policies/apis/Echo_API.xml": POLICY,
            "api-management/policies/apis/Echo_API/operations/GET_Resource.xml": POLICY,
            "api-management/policies/products/free.xml": POLICY,
        }
    )
    (api,) = service.contents.apis
    assert service.policy is not None
    assert (api.name, api.policy is not None, api.operations[0].name) == ("Echo_API", True, "GET_Resource")
    assert [(product.name, product.policy is not None) for product in service.contents.products] == [("free", True)]
