"""What an OpenID metadata address is, which tenant it asks, and which issuer and keys its document states.

Source: learn.microsoft.com/entra/identity-platform/access-tokens (metadata per version, tenant-independent metadata,
`?appid=` for app-specific keys), learn.microsoft.com/azure/active-directory-b2c/tokens-overview, and the metadata
captured in the test material of azure-activedirectory-identitymodel-extensions-for-dotnet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.entra import clouds, issuers
from apimdoctor.entra.clouds import PERSONAL_TENANT, Cloud
from apimdoctor.entra.known import Known, distinct, is_guid

Form = Literal[
    "v1",
    "v2",
    "common",
    "organizations",
    "consumers",
    "b2c",
    "b2c without flow",
    "external id",
    "swapped",
    "misplaced v2.0",
    "slash after suffix",
    "no well-known suffix",
    "no tenant",
    "not https",
    "other provider",
    "no address",
]

SUFFIX = "/.well-known/openid-configuration"
MALFORMED: frozenset[str] = frozenset(
    {
        "swapped",
        "misplaced v2.0",
        "slash after suffix",
        "no well-known suffix",
        "no tenant",
        "b2c without flow",
        "no address",
    }
)
"""Forms under which Microsoft documents no metadata."""

_MANY = ("common", "organizations", "consumers")


class Metadata(Struct, frozen=True, kw_only=True):
    """A metadata address, read without fetching it."""

    url: str
    form: Form
    host: str = ""
    version: int = 0
    """Of the tokens whose issuer the document states; 0 = not Entra ID, or not said by the address."""
    tenant: str = ""
    """Tenant id in lower case when it can be known, else the domain or word in its place; "" = names none."""
    cloud: str = ""
    issuers: Known = Known(rest="the address does not tell which issuer its document states")
    template: str = ""
    """Of tenant-independent metadata: the issuer with `{tenantid}` that the document literally states."""
    keys: str = ""
    """Key set: `workforce CLOUD` is one set for both token versions; B2C has one per user flow, External ID its own."""
    app_id: str = ""
    """The app registration whose own signing keys are asked for (`?appid=`)."""
    flow: str = ""
    """The B2C user flow or custom policy."""
    host_deprecated: bool = False

    @property
    def tenant_id(self) -> str:
        """The tenant id, "" when the address holds a domain nobody resolved, a word, or nothing."""
        return self.tenant if is_guid(self.tenant) else ""

    @property
    def any_tenant(self) -> bool:
        """Whether it serves the keys of every organization's tenant."""
        return self.form in ("common", "organizations")


def read_url(
    url: str, tenant_ids: Mapping[str, str] = MappingProxyType({}), described: Sequence[Cloud] = ()
) -> Metadata:
    """The form of a metadata address. `tenant_ids` gives the tenant id of the domains that are known, `described` the
    clouds that only a cloud file knows.
    """
    written = url.strip()
    try:
        parts = urlsplit(written)
        host = (parts.hostname or "").lower()
    except ValueError:
        return Metadata(url=url, form="no address")
    if not parts.scheme or not host:
        return Metadata(url=url, form="no address")
    cloud = clouds.of_login_host(host) or next((one for one in described if one.login_host == host), None)
    b2c, external = clouds.of_b2c_host(host), clouds.of_external_id_host(host)
    found = cloud or b2c or external
    if found is None:
        return Metadata(url=url, form="other provider", host=host)
    query = {name.lower(): value for name, value in parse_qsl(parts.query)}
    base = Metadata(
        url=url,
        form="no well-known suffix",
        host=host,
        cloud=found.name,
        app_id=query.get("appid", "").lower(),
        flow=query.get("p", ""),
        host_deprecated=clouds.is_deprecated(host),
    )
    segments, wrong = _segments(parts)
    if b2c is not None:
        read = _b2c(base, segments, b2c, tenant_ids)
    elif external is not None:
        read = _external_id(base, segments, external, tenant_ids)
    else:
        read = _workforce(base, segments, found, tenant_ids)
    if wrong and read.form not in ("swapped", "misplaced v2.0"):
        return replace(read, form=wrong, issuers=_nothing(wrong))
    if parts.scheme.lower() != "https":
        return replace(read, form="not https", issuers=_nothing("not https"))
    return read


def _segments(parts: SplitResult) -> tuple[list[str], Form | None]:
    """The path before the well-known suffix, and what is wrong with the suffix."""
    path = parts.path
    wrong: Form | None = None
    at = path.lower().find(SUFFIX)
    if at < 0:
        return [s for s in path.split("/") if s], "no well-known suffix"
    after = path[at + len(SUFFIX) :]
    segments = [s for s in path[:at].split("/") if s]
    if after.strip("/").lower() == "v2.0":
        wrong = "misplaced v2.0"
    elif after:
        wrong = "slash after suffix" if not after.strip("/") else "no well-known suffix"
    return segments, wrong


def _nothing(form: str) -> Known:
    return Known(rest=f"no metadata is documented for an address of this form ({form})")


def _resolve(tenant: str, tenant_ids: Mapping[str, str]) -> tuple[str, str]:
    """The tenant as id when that is known, and why it is not."""
    low = tenant.lower()
    if is_guid(low):
        return low, ""
    found = tenant_ids.get(low, "")
    return found or low, "" if found else f"the tenant id of {low} is not known"


def _workforce(base: Metadata, segments: list[str], cloud: Cloud, tenant_ids: Mapping[str, str]) -> Metadata:
    keys = f"workforce {cloud.name}"
    low = [segment.lower() for segment in segments]
    if low in ([], ["v2.0"]):
        return replace(base, form="no tenant", issuers=_nothing("no tenant"))
    if low[0] == "v2.0":
        return replace(base, form="swapped", tenant=low[1], issuers=_nothing("swapped"))
    if low[0] in ("te", "tfp"):
        # The former host of B2C: /te/{tenant}/{flow}/v2.0
        return replace(_b2c(base, segments[1:], cloud, tenant_ids), host_deprecated=True)
    if base.flow or (len(low) > 1 and low[1].startswith("b2c_1")):
        return replace(_b2c(base, segments, cloud, tenant_ids), host_deprecated=True)
    if low[0] in _MANY:
        return _tenant_independent(base, low, cloud)
    tenant, unresolved = _resolve(low[0], tenant_ids)
    read = replace(base, tenant=tenant, keys=f"{keys} app {base.app_id}" if base.app_id else keys)
    if low[1:] not in ([], ["v2.0"]):
        return replace(read, form="misplaced v2.0", issuers=_nothing("misplaced v2.0"))
    version = 2 if low[1:] else 1
    read = replace(read, form="v2" if version == 2 else "v1", version=version)
    if cloud.closed:
        return replace(read, issuers=Known(rest=cloud.closed))
    if unresolved:
        return replace(read, issuers=Known(rest=unresolved))
    if tenant == PERSONAL_TENANT and version == 1:
        return replace(read, issuers=Known(rest="personal accounts have version 2 metadata only"))
    issuer = cloud.issuer(version, tenant)
    if version == 2 and base.host_deprecated:
        return replace(
            read,
            issuers=Known(rest=f"which issuer {base.host} states for version 2 is not documented", perhaps=(issuer,)),
        )
    if not issuer:
        return replace(read, issuers=Known(rest=f"the file of cloud {cloud.name} does not say this issuer"))
    return replace(read, issuers=Known(sure=(issuer,)))


def _tenant_independent(base: Metadata, low: list[str], cloud: Cloud) -> Metadata:
    form: Form = "common" if low[0] == "common" else "organizations" if low[0] == "organizations" else "consumers"
    if low[1:] not in ([], ["v2.0"]):
        return replace(base, form="misplaced v2.0", issuers=_nothing("misplaced v2.0"))
    version = 2 if low[1:] else 1
    keys = f"workforce {cloud.name}"
    if form == "consumers":
        known = (
            Known(sure=(cloud.issuer(2, PERSONAL_TENANT),))
            if version == 2
            else Known(rest="personal accounts have version 2 metadata only")
        )
        return replace(
            base, form=form, version=version, tenant=PERSONAL_TENANT, keys="personal accounts", issuers=known
        )
    return replace(
        base,
        form=form,
        version=version,
        tenant=low[0],
        keys=keys,
        template=cloud.issuer(version, "{tenantid}"),
        # Whether the gateway fills the template in is not documented: never compare the literal.
        issuers=Known(rest=f"the metadata of {low[0]} states a template, {cloud.issuer(version, '{tenantid}')}"),
    )


def _b2c(base: Metadata, segments: list[str], cloud: Cloud, tenant_ids: Mapping[str, str]) -> Metadata:
    """`/{tenant}/{flow}/v2.0`, `/tfp/{tenant}/{flow}/v2.0` or `/{tenant}/v2.0?p={flow}`; keys and issuer are per flow."""
    if segments and segments[0].lower() == "tfp":
        segments = segments[1:]
    if not segments:
        return replace(base, form="no tenant", issuers=_nothing("no tenant"))
    tenant, _ = _resolve(segments[0], tenant_ids)
    rest = [segment for segment in segments[1:] if segment.lower() != "v2.0"]
    flow = base.flow or (rest[0] if rest else "")
    read = replace(base, tenant=tenant, version=2, flow=flow)
    if segments[-1].lower() != "v2.0" and not base.flow and "v2.0" in [s.lower() for s in segments]:
        return replace(read, form="swapped", issuers=_nothing("swapped"))
    if not flow:
        return replace(read, form="b2c without flow", issuers=_nothing("b2c without flow"))
    name = base.host.removesuffix(cloud.b2c_suffix)
    old_host = name == base.host
    perhaps: tuple[str, ...] = ()
    if is_guid(tenant) and not old_host:
        perhaps = distinct(
            issuers.b2c_issuer(name, tenant, cloud), f"https://{base.host}/tfp/{tenant}/{flow.lower()}/v2.0/"
        )
    because = "which of two issuers a B2C user flow states is a setting of the flow"
    return replace(read, form="b2c", keys=f"b2c {tenant} {flow.lower()}", issuers=Known(rest=because, perhaps=perhaps))


def _external_id(base: Metadata, segments: list[str], cloud: Cloud, tenant_ids: Mapping[str, str]) -> Metadata:
    """`https://NAME.ciamlogin.com/{tenant}/v2.0`: the stated issuer has the tenant's GUID as host label."""
    low = [segment.lower() for segment in segments]
    if len(low) > 1 and low[0] == "v2.0":
        return replace(base, form="swapped", tenant=low[1], issuers=_nothing("swapped"))
    label = base.host.removesuffix(cloud.external_id_suffix)
    # The tenant may be left out of the path: the host names it.
    named = low[0] if low and low != ["v2.0"] else label if is_guid(label) else f"{label}.onmicrosoft.com"
    tenant, unresolved = _resolve(named, tenant_ids)
    if unresolved and is_guid(label):
        tenant, unresolved = label, ""
    version = 2 if "v2.0" in low else 1
    read = replace(base, form="external id", tenant=tenant, version=version, keys=f"external id {tenant}")
    if low in ([], ["v2.0"]):
        return replace(read, form="no tenant", issuers=_nothing("no tenant"))
    if low[1:] not in ([], ["v2.0"]):
        return replace(read, form="misplaced v2.0", issuers=_nothing("misplaced v2.0"))
    if unresolved:
        return replace(read, issuers=Known(rest=unresolved))
    if version == 1:
        return replace(read, issuers=Known(rest="version 1 metadata of External ID is not documented"))
    return replace(read, issuers=Known(sure=(issuers.external_id_issuer(tenant, cloud),)))
