"""The calls of the API Management SDK: its clients, what lists each collection, and the following of its pages."""

from collections.abc import Callable
from typing import Any

from azure.core.exceptions import AzureError as SdkError

from apimdoctor.collect.azure import paging
from apimdoctor.collect.azure.failures import AzureError, UnreadableError
from apimdoctor.collect.azure.policies import RECEIVE, Answer
from apimdoctor.collect.azure.transport import NoCredential, Transport
from apimdoctor.collect.fields import Json

LATER = "2025-09-01-preview"
"""The api-version that tells APIs of every type."""

# Collection, and where the SDK reads it: of a service, of a workspace (None: a workspace has none).
_Place = tuple[str, str]
LISTS: dict[str, tuple[_Place, _Place | None]] = {
    "apis": (("api", "list_by_service"), ("workspace_api", "list_by_service")),
    "apiVersionSets": (("api_version_set", "list_by_service"), ("workspace_api_version_set", "list_by_service")),
    "products": (("product", "list_by_service"), ("workspace_product", "list_by_service")),
    "policyFragments": (("policy_fragment", "list_by_service"), ("workspace_policy_fragment", "list_by_service")),
    "namedValues": (("named_value", "list_by_service"), ("workspace_named_value", "list_by_service")),
    "backends": (("backend", "list_by_service"), ("workspace_backend", "list_by_workspace")),
    "subscriptions": (("subscription", "list"), ("workspace_subscription", "list")),
    "diagnostics": (("diagnostic", "list_by_service"), ("workspace_diagnostic", "list_by_workspace")),
    "certificates": (("certificate", "list_by_service"), ("workspace_certificate", "list_by_workspace")),
    "authorizationServers": (("authorization_server", "list_by_service"), None),
    "openidConnectProviders": (("open_id_connect_provider", "list_by_service"), None),
    "gateways": (("gateway", "list_by_service"), None),
    "workspaces": (("workspace", "list_by_service"), None),
    "operations": (("api_operation", "list_by_api"), ("workspace_api_operation", "list_by_api")),
    "resolvers": (("graph_ql_api_resolver", "list_by_api"), None),
    "api diagnostics": (("api_diagnostic", "list_by_service"), ("workspace_api_diagnostic", "list_by_workspace")),
    "product apis": (("product_api", "list_by_product"), ("workspace_product_api_link", "list_by_product")),
    "gateway apis": (("gateway_api", "list_by_service"), None),
}
POLICIES: dict[str, tuple[str, str | None]] = {
    "": ("policy", "workspace_policy"),
    "apis": ("api_policy", "workspace_api_policy"),
    "operations": ("api_operation_policy", "workspace_api_operation_policy"),
    "resolvers": ("graph_ql_api_resolver_policy", None),
    "products": ("product_policy", "workspace_product_policy"),
    "policyFragments": ("policy_fragment", "workspace_policy_fragment"),
}


class Clients:
    """The SDK's clients of one subscription, all over the one transport."""

    def __init__(self, transport: Transport, subscription: str, tenant: str) -> None:
        from azure.mgmt.apimanagement.aio import ApiManagementClient

        self._transport = transport
        self._tenant = tenant

        def made(**options: Any) -> Any:
            return ApiManagementClient(
                NoCredential(),  # type: ignore[arg-type]
                subscription,
                transport.cloud.resource_manager,
                transport=transport.sender,
                policies=transport.policies(tenant),
                credential_scopes=[transport.cloud.resource_manager_scope],
                **options,
            )

        self.usual = made()
        self.later = made(api_version=LATER)

    async def tools(self, api: str) -> list[Json]:
        """The tools of an MCP server, by the resource id of its API; the SDK does not know them."""
        url = f"{self._transport.cloud.resource_manager}{api}/tools?api-version={LATER}"
        return await paging.items(self._transport, url, self._tenant)

    async def services(self, group: str = "") -> tuple[list[Json], AzureError | None]:
        """The services of the subscription or of one resource group, and why they are not all."""
        found = self.usual.api_management_service
        if group:
            return await listed(lambda taken: found.list_by_resource_group(group, **{RECEIVE: taken}))
        return await listed(lambda taken: found.list(**{RECEIVE: taken}))


async def listed(
    ask: Callable[[Callable[[Answer], None]], Any], *, pages: int = 0
) -> tuple[list[Json], AzureError | None]:
    """The objects of a collection, page by page (0: all), and why they are not all of them."""
    answers: list[Answer] = []
    seen: set[str] = set()
    error: AzureError | None = None
    try:
        found = ask(answers.append).by_page()
        async for _ in found:
            link = found.continuation_token
            if link is None or len(answers) == pages:
                break
            if link in seen:
                raise UnreadableError("its pages lead back to one that was read")
            seen.add(link)
    except AzureError as failure:
        error = failure
    except (SdkError, ValueError, TypeError, AttributeError) as failure:
        error = UnreadableError(f"the SDK cannot read it: {type(failure).__name__}")
    items: list[Json] = []
    for answer in answers:
        told = answer.json.get("value") if isinstance(answer.json, dict) else None
        if not isinstance(told, list) or not all(isinstance(item, dict) for item in told):
            error = error or UnreadableError("an answer is no list")
            continue
        items += told
    return items, error
