"""The national clouds of Entra ID: which hosts sign people in, which issue tokens, and which cloud a host belongs to.

Source: learn.microsoft.com/entra/identity-platform/authentication-national-cloud and .../access-tokens; host aliases as
in MSAL's known metadata; the version 1 issuers of China from docs.azure.cn/entra/agent-id/agent-token-claims.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of all personal Microsoft accounts (source: identity-platform/access-tokens)."""


class Cloud(Struct, frozen=True, kw_only=True):
    """One cloud. Issuers are templates with `{tenant}`; version 1 ends with a slash, version 2 does not."""

    name: str
    """public, usgov, china, germany, or the name of a cloud file."""
    word: str = ""
    """How reports call it."""
    login_host: str = ""
    login_aliases: tuple[str, ...] = ()
    issuer_v1: str
    issuer_v2: str
    graph_hosts: tuple[str, ...] = ()
    b2c_suffix: str = ""
    external_id_suffix: str = ""
    initial_domain: str = ""
    """What the domain that each tenant starts with ends in."""
    closed: str = ""
    """Why nothing is issued there any more; "" for a living cloud."""

    def issuer(self, version: int, tenant: str) -> str:
        """The issuer of a workforce tenant's access tokens of that token version; "" where a cloud file does not say it."""
        return (self.issuer_v2 if version == 2 else self.issuer_v1).replace("{tenant}", tenant)

    @property
    def login_hosts(self) -> tuple[str, ...]:
        """The host of sign-in and its older names."""
        return (self.login_host, *self.login_aliases)

    @property
    def sts_host(self) -> str:
        """The host in version 1 issuers; the public cloud and US Government share one."""
        return _host_of(self.issuer_v1)


PUBLIC = Cloud(
    name="public",
    word="public",
    login_host="login.microsoftonline.com",
    login_aliases=("login.windows.net", "login.microsoft.com", "sts.windows.net"),
    issuer_v1="https://sts.windows.net/{tenant}/",
    issuer_v2="https://login.microsoftonline.com/{tenant}/v2.0",
    graph_hosts=("graph.microsoft.com",),
    b2c_suffix=".b2clogin.com",
    external_id_suffix=".ciamlogin.com",
    initial_domain=".onmicrosoft.com",
)
# Version 1 tokens of US Government carry the issuer of the public cloud: never conclude a cloud from that host.
USGOV = Cloud(
    name="usgov",
    word="us government",
    login_host="login.microsoftonline.us",
    login_aliases=("login.usgovcloudapi.net",),
    issuer_v1="https://sts.windows.net/{tenant}/",
    issuer_v2="https://login.microsoftonline.us/{tenant}/v2.0",
    graph_hosts=("graph.microsoft.us", "dod-graph.microsoft.us"),
    b2c_suffix=".b2clogin.us",
    initial_domain=".onmicrosoft.us",
)
CHINA = Cloud(
    name="china",
    word="china",
    login_host="login.partner.microsoftonline.cn",
    login_aliases=("login.chinacloudapi.cn",),
    issuer_v1="https://sts.chinacloudapi.cn/{tenant}/",
    issuer_v2="https://login.partner.microsoftonline.cn/{tenant}/v2.0",
    graph_hosts=("microsoftgraph.chinacloudapi.cn",),
    b2c_suffix=".b2clogin.cn",
    initial_domain=".partner.onmschina.cn",
)
GERMANY = Cloud(
    name="germany",
    word="germany",
    login_host="login.microsoftonline.de",
    issuer_v1="https://sts.microsoftonline.de/{tenant}/",
    issuer_v2="https://login.microsoftonline.de/{tenant}/v2.0",
    graph_hosts=("graph.microsoft.de",),
    b2c_suffix=".b2clogin.de",
    closed="Microsoft Cloud Germany was closed on 29 October 2021",
)

CLOUDS = MappingProxyType({cloud.name: cloud for cloud in (PUBLIC, USGOV, CHINA, GERMANY)})


def named(name: str) -> Cloud | None:
    """The cloud of that name; None for one that only a cloud file describes."""
    return CLOUDS.get(name.lower())


INITIAL_DOMAINS = tuple(cloud.initial_domain for cloud in CLOUDS.values() if cloud.initial_domain)


def of_domains(domains: Iterable[str]) -> Cloud | None:
    """The national cloud that a tenant's initial domain tells; older tenants of US Government have the public one's."""
    national = [cloud for cloud in CLOUDS.values() if cloud.initial_domain and cloud is not PUBLIC]
    return next((c for domain in domains for c in national if domain.lower().endswith(c.initial_domain)), None)


def described(name: str, issuer_v1: str, issuer_v2: str) -> Cloud:
    """A cloud that a file describes: what it says of its issuers, and for the rest the cloud of that name."""
    known = named(name) or Cloud(name=name, word=name, login_host=_host_of(issuer_v2), issuer_v1="", issuer_v2="")
    return replace(known, issuer_v1=issuer_v1 or known.issuer_v1, issuer_v2=issuer_v2 or known.issuer_v2)


def of_login_host(host: str) -> Cloud | None:
    """The cloud whose sign-in host, or an older name of it, this is. sts.windows.net counts as the public cloud's."""
    return _LOGIN.get(host.lower())


def of_issuer_host(host: str) -> tuple[Cloud, ...]:
    """The clouds whose workforce issuers stand under this host: two for sts.windows.net."""
    return _ISSUERS.get(host.lower(), ())


def of_b2c_host(host: str) -> Cloud | None:
    """The cloud of a `NAME.b2clogin.*` host."""
    return next((cloud for cloud in CLOUDS.values() if host.lower().endswith(cloud.b2c_suffix)), None)


def of_external_id_host(host: str) -> Cloud | None:
    """The cloud of a `NAME.ciamlogin.com` host."""
    return PUBLIC if host.lower().endswith(PUBLIC.external_id_suffix) else None


def is_deprecated(host: str) -> bool:
    """Whether this is an older name of a sign-in host: it still answers, and its name is never in a version 2 issuer."""
    cloud = of_login_host(host)
    return cloud is not None and (host.lower() != cloud.login_host or bool(cloud.closed))


def _host_of(issuer: str) -> str:
    return issuer.split("/")[2] if issuer.count("/") > 2 else ""


_LOGIN = {host: cloud for cloud in CLOUDS.values() for host in cloud.login_hosts}
_ISSUERS: dict[str, tuple[Cloud, ...]] = {}
for _cloud in CLOUDS.values():
    for _host in (_cloud.sts_host, _cloud.login_host):
        _ISSUERS[_host] = (*_ISSUERS.get(_host, ()), _cloud)
