"""Whose a host is: in a domain of the tenants that were read, in a private network, Azure's, or elsewhere."""

from __future__ import annotations

from ipaddress import ip_address

from msgspec import Struct, field

from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import HostStands
from apimdoctor.snapshot import EntraTenant

# Names that Azure gives its resources and under which Microsoft's own services stand, in every cloud
# (docs: azure-functions functions-reference, azure-government compare-azure-government-global-azure).
_AZURE = (
    *(".azure.com", ".azure.net", ".azure.us", ".azure.cn", ".windows.net", ".azurewebsites.net", ".azurewebsites.us"),
    *(".azure-api.net", ".azure-api.us", ".azure-api.cn", ".azurecontainerapps.io", ".azurestaticapps.net"),
    *(".azurefd.net", ".azureedge.net", ".trafficmanager.net", ".cloudapp.net", ".chinacloudapi.cn", ".azconfig.io"),
    *(".chinacloudsites.cn", ".chinacloudapp.cn", ".usgovcloudapi.net", ".azmk8s.io", ".signalr.net", ".microsoft.com"),
    *(".microsoftonline.com", ".microsoftonline.us", ".microsoftonline.cn", ".ciamlogin.com", ".b2clogin.com"),
    *(".office.com", ".office365.com", ".sharepoint.com", ".dynamics.com", ".visualstudio.com", ".loganalytics.io"),
    *(".azurecr.io", ".azuredatabricks.net", ".applicationinsights.io", ".powerbi.com", ".usgovcloudapp.net"),
)
# Names that no public resolver knows (RFC 6761, RFC 6762, RFC 9476 and what clusters and private zones use).
_PRIVATE = (".local", ".internal", ".lan", ".corp", ".svc", ".localhost", ".home.arpa", ".test", ".intra", ".intranet")


class Hosts(Struct, eq=False):
    """Tells of hosts, by the verified domains of the tenants that were read."""

    tenants: tuple[EntraTenant, ...] = ()
    _told: dict[str, HostStands | Unknown] = field(default_factory=dict)

    def stands(self, host: str | Unknown) -> HostStands | Unknown:
        """Whose a host is."""
        if isinstance(host, Unknown):
            return host
        found = self._told.get(host)
        if found is None:
            found = self._told[host] = self._stands(host.lower().rstrip("."))
        return found

    def _stands(self, host: str) -> HostStands | Unknown:
        if not host:
            return ""
        if is_private(host):
            return "private network"
        if is_azure(host):
            return "Azure"
        if any(is_within(host, domain) for tenant in self.tenants for domain in tenant.domains):
            return "own domain"
        unread = next((tenant for tenant in self.tenants if "domains" not in tenant.whole), None)
        if unread is not None or not self.tenants:
            return Unknown(
                f"whether {host} is a host of one's own is not known: not all domains of the tenant were read"
            )
        return "elsewhere"


def is_within(host: str, domain: str) -> bool:
    """Whether a host is a domain, or stands under it."""
    return f".{host.lower()}".endswith(f".{domain.lower()}")


def is_azure(host: str) -> bool:
    """Whether a host has a name that Azure gives its resources, or that Microsoft's own services have."""
    return f".{host.lower()}".endswith(_AZURE)


def is_private(host: str) -> bool:
    """Whether a host is an address of a private network, or a name that only such a network knows."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host or f".{host}".endswith(_PRIVATE) or ".svc." in host or ".privatelink." in host
