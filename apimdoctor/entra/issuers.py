"""Which kind of issuer a text is, which tenant and cloud it names, and whether any access token carries it.

Source: learn.microsoft.com/entra/identity-platform/access-tokens, .../access-token-claims-reference and
learn.microsoft.com/azure/active-directory-b2c/tokens-overview. The forms marked "never" follow from those: the issuer
always holds the tenant's GUID, version 1 ends with a slash, version 2 does not, except under b2clogin hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from apimdoctor.entra import clouds
from apimdoctor.entra.clouds import PERSONAL_TENANT, Cloud
from apimdoctor.entra.known import is_guid

Issued = Literal[
    "v1 issuer",
    "v2 issuer",
    "personal accounts",
    "b2c",
    "b2c tfp",
    "external id",
]
NeverIssued = Literal[
    "sts without slash",
    "sts with v2.0",
    "login without v2.0",
    "v2 with slash",
    "domain instead of tenant id",
    "common instead of tenant id",
    "letter case",
    "not https",
    "older host",
    "closed cloud",
    "other path",
    "metadata url",
    "personal accounts in version 1",
    "b2c without slash",
    "b2c without v2.0",
    "b2c older host",
    "external id under tenant name",
    "external id with slash",
    "external id without v2.0",
]
Form = Literal[Issued, NeverIssued, "template", "other provider", "no address"]

NEVER_ISSUED: frozenset[str] = frozenset(get_args(NeverIssued))
"""Forms that no access token of Entra ID carries."""

_MANY = frozenset({"common", "organizations", "consumers"})


class Issuer(Struct, frozen=True, kw_only=True):
    """A written issuer, read. `clouds` are those it may belong to: two for sts.windows.net."""

    text: str
    form: Form
    host: str = ""
    tenant: str = ""
    """Tenant id in lower case, or the domain or word that stands in its place; "" = names none."""
    clouds: tuple[str, ...] = ()
    meant: str = ""
    """For a form that is never issued: the issuer that was probably meant, "" when that cannot be said."""

    @property
    def entra(self) -> bool:
        """Whether it is, or tries to be, an issuer of Entra ID, B2C or External ID."""
        return self.form not in ("other provider", "no address")

    @property
    def issued(self) -> bool:
        """Whether tokens exist that carry exactly this text."""
        return self.form in get_args(Issued)

    @property
    def tenant_id(self) -> str:
        """The tenant id, "" when a domain, a word or nothing stands in its place."""
        return self.tenant if is_guid(self.tenant) else ""


def read(text: str, described: Sequence[Cloud] = ()) -> Issuer:
    """The form of an issuer as written. White space around it is ignored here; whether the gateway trims is its matter.

    `described` are the clouds that only a cloud file knows.
    """
    written = text.strip()
    try:
        url = urlsplit(written)
        host = (url.hostname or "").lower()
    except ValueError:
        return Issuer(text=text, form="no address")
    if not url.scheme or not host:
        return Issuer(text=text, form="no address")
    reading = _of_host(url, host, described)
    if reading is None:
        return Issuer(text=text, form="other provider", host=host)
    form, tenant, where, meant = reading
    if form in get_args(Issued):
        form = _spelling(form, url, written, meant)
    if form in get_args(Issued):
        meant = ""
    return Issuer(text=text, form=form, host=host, tenant=tenant, clouds=tuple(c.name for c in where), meant=meant)


_Reading = tuple[Form, str, tuple[Cloud, ...], str]


def _of_host(url: SplitResult, host: str, described: Sequence[Cloud]) -> _Reading | None:
    segments = [segment for segment in url.path.split("/") if segment]
    slash = url.path.endswith("/")
    if ".well-known" in segments and (where := _clouds_of(host)):
        return "metadata url", "", where, ""
    if cloud := clouds.of_b2c_host(host):
        return _b2c(host, segments, slash, cloud)
    if cloud := clouds.of_external_id_host(host):
        return _external_id(host, segments, slash, cloud)
    found = clouds.of_issuer_host(host) or tuple(one for one in described if host in (one.sts_host, one.login_host))
    older = clouds.of_login_host(host)
    if not found and older is None:
        return None
    where = found or ((older,) if older else ())
    if any("{" in segment and not is_guid(segment) for segment in segments):
        return "template", "", where, ""
    return _workforce(host, segments, slash, where)


def _clouds_of(host: str) -> tuple[Cloud, ...]:
    one = clouds.of_login_host(host) or clouds.of_b2c_host(host) or clouds.of_external_id_host(host)
    return (one,) if one else ()


def _workforce(host: str, segments: list[str], slash: bool, where: tuple[Cloud, ...]) -> _Reading:
    cloud = where[0]
    if not segments:
        return "other path", "", where, ""
    tenant, rest = segments[0].lower(), [segment.lower() for segment in segments[1:]]
    if tenant in ("te", "tfp"):
        return "b2c older host", rest[0] if rest else "", where, ""
    if cloud.closed:
        return "closed cloud", tenant, where, ""
    version = 2 if rest == ["v2.0"] else 1
    meant = cloud.issuer(version, tenant) if is_guid(tenant) and rest in ([], ["v2.0"]) else ""
    if not is_guid(tenant):
        form: Form = "common instead of tenant id" if tenant in _MANY else "domain instead of tenant id"
        return (form if "." in tenant or tenant in _MANY else "other path"), tenant, where, ""
    if rest not in ([], ["v2.0"]):
        return "other path", tenant, where, ""
    if tenant == PERSONAL_TENANT and not (version == 2 and host == cloud.login_host):
        # Personal accounts exist in version 2 only.
        return "personal accounts in version 1", tenant, where, cloud.issuer(2, tenant)
    if host in {c.sts_host for c in where}:
        if version == 2:
            return "sts with v2.0", tenant, where, cloud.issuer(2, tenant) if len(where) == 1 else ""
        return ("v1 issuer" if slash else "sts without slash"), tenant, where, meant
    if host != cloud.login_host:
        return "older host", tenant, where, meant
    if version == 1:
        return "login without v2.0", tenant, where, cloud.issuer(2, tenant)
    if slash:
        return "v2 with slash", tenant, where, meant
    return ("personal accounts" if tenant == PERSONAL_TENANT else "v2 issuer"), tenant, where, meant


def _b2c(host: str, segments: list[str], slash: bool, cloud: Cloud) -> _Reading:
    # https://NAME.b2clogin.com/{T}/v2.0/ or, by a setting of the user flow, /tfp/{T}/{policy}/v2.0/
    if any("{" in segment and not is_guid(segment) for segment in segments):
        return "template", "", (cloud,), ""
    tfp = bool(segments) and segments[0].lower() == "tfp"
    tenant = (segments[1] if tfp and len(segments) > 1 else segments[0] if segments and not tfp else "").lower()
    if not tenant:
        return "other path", "", (cloud,), ""
    if not is_guid(tenant):
        return "domain instead of tenant id", tenant, (cloud,), ""
    if segments[-1].lower() != "v2.0":
        return "b2c without v2.0", tenant, (cloud,), "" if tfp else f"https://{host}/{tenant}/v2.0/"
    if len(segments) != (4 if tfp else 2):
        return "other path", tenant, (cloud,), ""
    meant = f"https://{host}/{'/'.join([*segments[:-1]])}/v2.0/"
    if not slash:
        return "b2c without slash", tenant, (cloud,), meant
    return ("b2c tfp" if tfp else "b2c"), tenant, (cloud,), meant


def _external_id(host: str, segments: list[str], slash: bool, cloud: Cloud) -> _Reading:
    # The host label is the tenant's GUID, whatever name the metadata was asked under.
    if any("{" in segment and not is_guid(segment) for segment in segments):
        return "template", "", (cloud,), ""
    if not segments:
        return "other path", "", (cloud,), ""
    tenant = segments[0].lower()
    meant = external_id_issuer(tenant, cloud)
    if not is_guid(tenant):
        return "domain instead of tenant id", tenant, (cloud,), ""
    if len(segments) == 1:
        return "external id without v2.0", tenant, (cloud,), meant
    if len(segments) > 2 or segments[1].lower() != "v2.0":
        return "other path", tenant, (cloud,), meant
    if host != f"{tenant}{cloud.external_id_suffix}":
        return "external id under tenant name", tenant, (cloud,), meant
    return ("external id with slash" if slash else "external id"), tenant, (cloud,), meant


def external_id_issuer(tenant: str, cloud: Cloud = clouds.PUBLIC) -> str:
    """The version 2 issuer of an External ID tenant (source: MicrosoftDocs/entra-docs issue 408)."""
    return f"https://{tenant}{cloud.external_id_suffix}/{tenant}/v2.0"


def b2c_issuer(name: str, tenant: str, cloud: Cloud = clouds.PUBLIC) -> str:
    """The default issuer of a B2C tenant called NAME (source: active-directory-b2c/tokens-overview)."""
    return f"https://{name}{cloud.b2c_suffix}/{tenant}/v2.0/"


def _spelling(form: Form, url: SplitResult, written: str, meant: str) -> Form:
    """The comparison is ordinal: an address that is right but for its scheme or letter case equals no issuer."""
    if url.scheme.lower() != "https":
        return "not https"
    if url.query or url.fragment or set(":@") & set(url.netloc):
        return "other path"
    # The user flow's name inside a tfp issuer keeps the letter case it was given.
    if form != "b2c tfp" and written != meant:
        return "letter case" if written.lower() == meant.lower() else "other path"
    return form
