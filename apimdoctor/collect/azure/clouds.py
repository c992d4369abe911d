"""Where Azure's services answer: the three national clouds, and clouds that a JSON file describes."""

import json
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from apimdoctor.errors import ApimDoctorError

_KEYS = ("name", "authority", "resource_manager", "microsoft_graph")
_MORE = ("resource_manager_audience", "microsoft_graph_audience", "issuer_v1", "issuer_v2", "ca")
_MAX_FILE = 1 << 16


class Cloud(Struct, frozen=True, kw_only=True):
    """The addresses of one cloud; none of them ends with a slash."""

    name: str
    authority: str
    resource_manager: str
    microsoft_graph: str
    resource_manager_audience: str = ""
    microsoft_graph_audience: str = ""
    issuer_v1: str = ""
    issuer_v2: str = ""
    ca: Path | None = None
    metadata_hosts: tuple[str, ...] = ()
    """Hosts (with a leading dot: their subdomains) whose OpenID metadata may be fetched."""
    from_file: bool = False

    @property
    def resource_manager_scope(self) -> str:
        """What a token for Azure Resource Manager is asked for."""
        return f"{self.resource_manager_audience or self.resource_manager}/.default"

    @property
    def graph_scope(self) -> str:
        """What a token for Microsoft Graph is asked for."""
        return f"{self.microsoft_graph_audience or self.microsoft_graph}/.default"


# Login hosts and their older names: learn.microsoft.com/entra/identity-platform/authentication-national-cloud. Resource
# Manager and its audiences: azure.mgmt.core.tools.get_arm_endpoints. Graph: learn.microsoft.com/graph/deployments.
_PUBLIC = Cloud(
    name="public",
    authority="https://login.microsoftonline.com",
    resource_manager="https://management.azure.com",
    microsoft_graph="https://graph.microsoft.com",
    metadata_hosts=(
        "login.microsoftonline.com",
        "login.windows.net",
        "login.microsoft.com",
        "sts.windows.net",
        ".b2clogin.com",
        ".ciamlogin.com",
    ),
)
_USGOV = Cloud(
    name="usgov",
    authority="https://login.microsoftonline.us",
    resource_manager="https://management.usgovcloudapi.net",
    microsoft_graph="https://graph.microsoft.us",
    resource_manager_audience="https://management.core.usgovcloudapi.net",
    metadata_hosts=("login.microsoftonline.us", "login.usgovcloudapi.net", "sts.windows.net", ".b2clogin.us"),
)
_CHINA = Cloud(
    name="china",
    authority="https://login.chinacloudapi.cn",
    resource_manager="https://management.chinacloudapi.cn",
    microsoft_graph="https://microsoftgraph.chinacloudapi.cn",
    metadata_hosts=(
        "login.partner.microsoftonline.cn",
        "login.chinacloudapi.cn",
        "sts.chinacloudapi.cn",
        ".b2clogin.cn",
    ),
)
CLOUDS: Mapping[str, Cloud] = MappingProxyType({cloud.name: cloud for cloud in (_PUBLIC, _USGOV, _CHINA)})


class Origin(Struct, frozen=True):
    """A scheme, host and port: what a token may be sent to."""

    scheme: str
    host: str
    port: int = field(default=443)


def chosen(name: str) -> Cloud:
    """The cloud of a `--cloud` option: one of the three names, or a JSON file."""
    if name in CLOUDS:
        return CLOUDS[name]
    path = Path(name)
    if not path.is_file():
        raise ApimDoctorError(
            f"there is no cloud {name!r}", f"{', '.join(CLOUDS)} are known; other clouds are described by a JSON file"
        )
    return _from_file(path)


@lru_cache(maxsize=256)
def origin_of(url: str) -> Origin | None:
    """The scheme, host and port of an address, or None when it has none (or carries a name or password)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return Origin(parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name or address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _from_file(path: Path) -> Cloud:
    try:
        content = path.read_bytes()
        if len(content) > _MAX_FILE:
            raise ValueError("it is larger than 64 KiB")
        told = json.loads(content)
    except (OSError, ValueError) as error:
        raise ApimDoctorError(f"the cloud file {path} cannot be read: {error}", "it is a JSON object") from None
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise ApimDoctorError(f"the cloud file {path} is no JSON object of texts", _expected())
    unknown = sorted(told.keys() - {*_KEYS, *_MORE})
    missing = [key for key in _KEYS if not told.get(key)]
    if unknown or missing:
        what = f"says {unknown[0]!r}, which is no setting" if unknown else f"does not say {missing[0]!r}"
        raise ApimDoctorError(f"the cloud file {path} {what}", _expected())
    return _cloud(path, told)


def _cloud(path: Path, told: dict[str, Any]) -> Cloud:
    for key in ("authority", "resource_manager", "microsoft_graph"):
        told[key] = told[key].rstrip("/")
        origin = origin_of(told[key])
        if origin is None or (origin.scheme == "http" and not is_loopback(origin.host)):
            raise ApimDoctorError(
                f"the cloud file {path}: {key} is no https address", "http is for loopback addresses only"
            )
    for key in ("issuer_v1", "issuer_v2"):
        if told.get(key) and "{tenant}" not in told[key]:
            raise ApimDoctorError(
                f"the cloud file {path}: {key} does not say where the tenant stands",
                "an issuer holds {tenant}, such as https://sts.cloud.example/{tenant}/",
            )
    ca = told.pop("ca", "")
    if ca and not (path.parent / ca).is_file():
        raise ApimDoctorError(f"the cloud file {path}: the certificate file {ca} does not exist", "ca names a PEM file")
    host = origin_of(told["authority"])
    return Cloud(
        **{key: value.rstrip("/") if key.endswith("_audience") else value for key, value in told.items()},
        ca=path.parent / ca if ca else None,
        metadata_hosts=(host.host,) if host else (),
        from_file=True,
    )


def _expected() -> str:
    return f"it must say {', '.join(_KEYS)} and may say {', '.join(_MORE)}"
