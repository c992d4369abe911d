"""Microsoft's own APIs, client apps and tenants: ids and addresses that every directory knows without registering them.

Source: the service principals that these APIs have in every tenant (names and app ids as Graph lists them),
learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in, and the managed identity
documentation's table of Azure services (learn.microsoft.com/entra/identity/managed-identities-azure-resources).
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

from msgspec import Struct

from apimdoctor.entra.clouds import PERSONAL_TENANT
from apimdoctor.entra.known import is_guid


class MicrosoftApi(Struct, frozen=True, kw_only=True):
    """An API of Microsoft: what clients ask its tokens by, and the hosts that accept those tokens."""

    name: str
    app_id: str = ""
    resources: tuple[str, ...] = ()
    """Addresses without a final slash; the token's audience is the one asked for, with or without one."""
    hosts: tuple[str, ...] = ()
    """Host names, or with a leading dot what their names end with; empty = not known here."""
    unverifiable: bool = False
    """Its tokens are proprietary: their signature can't be verified by others (source: access-tokens)."""

    def serves(self, host: str) -> bool:
        """Whether a host accepts tokens of this API."""
        low = host.lower().rstrip(".")
        return any(low.endswith(one) if one.startswith(".") else low == one for one in self.hosts)


APIS: tuple[MicrosoftApi, ...] = (
    MicrosoftApi(
        name="Microsoft Graph",
        app_id="00000003-0000-0000-c000-000000000000",
        resources=(
            "https://graph.microsoft.com",
            "https://graph.microsoft.us",
            "https://dod-graph.microsoft.us",
            "https://graph.microsoft.de",
            "https://microsoftgraph.chinacloudapi.cn",
        ),
        hosts=(
            "graph.microsoft.com",
            "graph.microsoft.us",
            "dod-graph.microsoft.us",
            "microsoftgraph.chinacloudapi.cn",
        ),
        unverifiable=True,
    ),
    MicrosoftApi(
        name="Azure AD Graph",
        app_id="00000002-0000-0000-c000-000000000000",
        resources=("https://graph.windows.net", "https://graph.chinacloudapi.cn"),
        hosts=("graph.windows.net", "graph.chinacloudapi.cn"),
    ),
    MicrosoftApi(
        name="Azure Resource Manager",
        app_id="797f4846-ba00-4fd7-ba43-dac1f8f63013",
        resources=(
            "https://management.azure.com",
            "https://management.core.windows.net",
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net",
            "https://management.chinacloudapi.cn",
            "https://management.core.chinacloudapi.cn",
        ),
        hosts=(
            "management.azure.com",
            "management.core.windows.net",
            "management.usgovcloudapi.net",
            "management.core.usgovcloudapi.net",
            "management.chinacloudapi.cn",
            "management.core.chinacloudapi.cn",
        ),
    ),
    MicrosoftApi(
        name="Azure Key Vault",
        app_id="cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
        resources=("https://vault.azure.net", "https://vault.usgovcloudapi.net", "https://vault.azure.cn"),
        hosts=(".vault.azure.net", ".vault.usgovcloudapi.net", ".vault.azure.cn"),
    ),
    MicrosoftApi(
        name="Azure Storage",
        app_id="e406a681-f3d4-42a8-90b6-c2b029497af1",
        resources=("https://storage.azure.com",),
        hosts=(
            *(f".{kind}.core.windows.net" for kind in ("blob", "queue", "table", "file", "dfs")),
            *(f".{kind}.core.usgovcloudapi.net" for kind in ("blob", "queue", "table", "file", "dfs")),
            *(f".{kind}.core.chinacloudapi.cn" for kind in ("blob", "queue", "table", "file", "dfs")),
        ),
    ),
    MicrosoftApi(
        name="Azure Cognitive Services",
        app_id="7d312290-28c8-473c-a0ed-8e53749b6d6d",
        resources=(
            "https://cognitiveservices.azure.com",
            "https://cognitiveservices.azure.us",
            "https://cognitiveservices.azure.cn",
        ),
        hosts=(
            ".cognitiveservices.azure.com",
            ".openai.azure.com",
            ".services.ai.azure.com",
            ".cognitiveservices.azure.us",
            ".openai.azure.us",
            ".cognitiveservices.azure.cn",
        ),
    ),
    MicrosoftApi(
        name="Azure Machine Learning",
        app_id="18a66f5f-dbdf-4c17-9dd7-1634712a9cbe",
        resources=("https://ai.azure.com", "https://ml.azure.com"),
        hosts=(
            ".services.ai.azure.com",
            ".inference.ml.azure.com",
            ".models.ai.azure.com",
            "ai.azure.com",
            "ml.azure.com",
        ),
    ),
    MicrosoftApi(
        name="Azure SQL Database",
        app_id="022907d3-0f1b-48f7-badc-1ba6abab6d66",
        resources=(
            "https://database.windows.net",
            "https://database.usgovcloudapi.net",
            "https://database.chinacloudapi.cn",
        ),
        hosts=(".database.windows.net",),
    ),
    MicrosoftApi(
        name="Azure Service Bus",
        app_id="80a10ef9-8168-493d-abf9-3297c4ef6e3c",
        resources=("https://servicebus.azure.net",),
        hosts=(".servicebus.windows.net",),
    ),
    MicrosoftApi(
        name="Azure Event Hubs",
        app_id="80369ed6-5f11-4dd9-bef3-692475845e77",
        resources=("https://eventhubs.azure.net",),
        hosts=(".servicebus.windows.net",),
    ),
    MicrosoftApi(
        name="Azure App Configuration",
        app_id="35ffadb3-7fc1-497e-b61b-381d28e744cc",
        resources=("https://azconfig.io",),
        hosts=(".azconfig.io",),
    ),
    MicrosoftApi(
        name="Azure DevOps",
        app_id="499b84ac-1321-427f-aa17-267ca6975798",
        resources=("https://app.vssps.visualstudio.com",),
        hosts=("dev.azure.com", "vssps.dev.azure.com", ".visualstudio.com", ".dev.azure.com"),
    ),
    MicrosoftApi(
        name="Azure Cosmos DB",
        app_id="a232010e-820c-4083-83bb-3ace5fc29d0b",
        resources=("https://cosmos.azure.com",),
        hosts=(".documents.azure.com",),
    ),
    MicrosoftApi(
        name="Azure Event Grid",
        resources=("https://eventgrid.azure.net",),
        hosts=(".eventgrid.azure.net",),
    ),
    MicrosoftApi(
        name="Azure AI Search",
        resources=("https://search.azure.com",),
        hosts=(".search.windows.net",),
    ),
    MicrosoftApi(name="Azure Batch", resources=("https://batch.core.windows.net",), hosts=(".batch.azure.com",)),
    MicrosoftApi(
        name="Azure Data Lake",
        resources=("https://datalake.azure.net",),
        hosts=(".azuredatalakestore.net",),
    ),
    MicrosoftApi(
        name="Azure Database for open-source engines",
        resources=("https://ossrdbms-aad.database.windows.net",),
        hosts=(".postgres.database.azure.com", ".mysql.database.azure.com"),
    ),
    MicrosoftApi(
        name="Azure Monitor",
        resources=("https://monitor.azure.com", "https://monitoring.azure.com"),
        hosts=(".ingest.monitor.azure.com", ".monitoring.azure.com"),
    ),
    MicrosoftApi(
        name="Log Analytics",
        resources=("https://api.loganalytics.io", "https://api.loganalytics.azure.com"),
        hosts=("api.loganalytics.io", "api.loganalytics.azure.com"),
    ),
    MicrosoftApi(
        name="Power BI",
        app_id="00000009-0000-0000-c000-000000000000",
        resources=("https://analysis.windows.net/powerbi/api",),
        hosts=("api.powerbi.com", "api.fabric.microsoft.com"),
    ),
    MicrosoftApi(
        name="SharePoint Online",
        app_id="00000003-0000-0ff1-ce00-000000000000",
        hosts=(".sharepoint.com",),
    ),
    MicrosoftApi(
        name="Exchange Online",
        app_id="00000002-0000-0ff1-ce00-000000000000",
        resources=("https://outlook.office365.com", "https://outlook.office.com"),
        hosts=("outlook.office365.com", "outlook.office.com"),
    ),
    MicrosoftApi(
        name="Entra token exchange",
        resources=(
            "api://AzureADTokenExchange",
            "api://AzureADTokenExchangeUSGov",
            "api://AzureADTokenExchangeChina",
        ),
    ),
)

CLIENTS = MappingProxyType(
    {
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Azure CLI",
        "1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
        "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
        "872cd9fa-d31f-45e0-9eab-6e460a02d1f1": "Visual Studio",
        "1fec8e78-bce4-4aaf-ab1b-5451cc387264": "Microsoft Teams (desktop and mobile)",
        "5e3ce6c0-2b1f-4285-8d4b-75ee78787346": "Microsoft Teams (web)",
        "c44b4083-3bb0-49c1-b47d-974e53cbdf3c": "Azure portal",
        "de8bc8b5-d9f9-48b1-a8ad-b748da725064": "Graph Explorer",
        "14d82eec-204b-4c2f-b7e8-296a70dab67e": "Microsoft Graph Command Line Tools",
        "d3590ed6-52b3-4102-aeff-aad2292ab01c": "Microsoft Office",
        "4765445b-32c6-49b0-83e6-1d93765276ca": "Microsoft 365 (web)",
        "0ec893e0-5785-4de6-99da-4ed124e5296c": "Microsoft 365 (desktop)",
        "bc59ab01-8403-45c6-8796-ac3ef710b3e3": "Outlook (web)",
        "ab9b8c07-8f02-4f72-87fa-80105867a763": "OneDrive",
    }
)
"""App ids of Microsoft's client apps, which have no app registration in anybody's tenant."""

TENANTS = MappingProxyType(
    {
        PERSONAL_TENANT: "personal Microsoft accounts",
        "f8cdef31-a31e-4b4a-93e4-5f571e91255a": "Microsoft Services",
        "72f988bf-86f1-41af-91ab-2d7cd011db47": "Microsoft",
    }
)
"""Tenants of Microsoft itself; app registrations of the second and third are Microsoft's."""

_BY_ID = {api.app_id: api for api in APIS if api.app_id}
_BY_RESOURCE = {resource.lower(): api for api in APIS for resource in api.resources}


@lru_cache(maxsize=4096)
def api_named(text: str) -> MicrosoftApi | None:
    """The Microsoft API that an audience or resource names: by app id, `spn:`, or address with or without `/.default`."""
    low = text.strip().lower().removeprefix("spn:")
    if is_guid(low):
        return _BY_ID.get(low)
    low = low.removesuffix("/.default").rstrip("/")
    if found := _BY_RESOURCE.get(low):
        return found
    try:
        host = urlsplit(low).hostname or ""
    except ValueError:
        return None
    # SharePoint's resource is each customer's own address.
    return _BY_ID["00000003-0000-0ff1-ce00-000000000000"] if host.endswith(".sharepoint.com") else None


def client_named(app_id: str) -> str:
    """The name of Microsoft's client app with that id, "" when it is none that is known here."""
    low = app_id.strip().lower()
    api = _BY_ID.get(low)
    return CLIENTS.get(low) or (api.name if api else "")


def is_microsoft_tenant(tenant: str) -> bool:
    """Whether app registrations of that tenant are Microsoft's own."""
    return tenant.lower() in TENANTS and tenant.lower() != PERSONAL_TENANT
