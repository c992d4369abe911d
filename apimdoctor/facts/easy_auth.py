"""Easy Auth of a site as a fact: what it demands, which tokens it accepts, and which app registrations it names."""

from __future__ import annotations

from msgspec import Struct, field

from apimdoctor import snapshot
from apimdoctor.entra import clouds
from apimdoctor.entra.metadata import MALFORMED, SUFFIX, Metadata
from apimdoctor.facts.apps import Apps
from apimdoctor.facts.registrations import values_of
from apimdoctor.facts.values import ANYTHING, NONE, Unknown, Values, known, unread
from apimdoctor.facts.vocabulary import AppMatch, MetadataForm, Place, SiteAuth


class Sites(Struct, eq=False):
    """Makes the Easy Auth of sites, each once."""

    apps: Apps
    _made: dict[int, SiteAuth] = field(default_factory=dict)

    def of(self, site: snapshot.SiteAuth) -> SiteAuth:
        """The Easy Auth of a site."""
        made = self._made.get(id(site))
        if made is None:
            made = self._made[id(site)] = self._easy_auth(site)
        return made

    def _easy_auth(self, site: snapshot.SiteAuth) -> SiteAuth:
        """Settings of authsettingsV2 (docs: app-service configure-authentication-provider-aad).

        With a configuration file, what Azure shows is not what holds.
        """
        host = next(iter(site.hosts), site.site)
        elsewhere = f"the Easy Auth settings of {host} stand in its file {site.config_file}" if site.config_file else ""
        doubt = Unknown(elsewhere) if elsewhere else None
        place = _place(site)
        metadata = self.apps.read_metadata(site.issuer.strip().rstrip("/") + SUFFIX) if site.issuer.strip() else None
        return SiteAuth(
            place=place,
            host=host,
            client_id=doubt or site.client_id,
            requires_login=doubt or _requires_login(site),
            issuer=doubt or site.issuer,
            accepted_audiences=_audiences(site, elsewhere),
            accepted_clients=_clients(site, elsewhere),
            in_file=bool(site.config_file),
            enabled=doubt or _enabled(site),
            issuer_form=doubt or _form(metadata),
            accepted_issuers=unread(elsewhere) if elsewhere else _issuers(metadata),
            apps=(doubt,) if doubt else tuple(self._named(site, metadata, place)),
        )

    def _named(self, site: snapshot.SiteAuth, metadata: Metadata | None, place: Place) -> list[AppMatch | Unknown]:
        tenants = (metadata.tenant_id,) if metadata and metadata.tenant_id else ()
        found: dict[int, AppMatch | Unknown] = {}
        for text in dict.fromkeys(text for text in (site.client_id, *site.allowed_audiences) if text):
            for match in self.apps.match_audience(text, tenants, place):
                found.setdefault(id(match.app if isinstance(match, AppMatch) else match), match)
        return list(found.values())


def _place(site: snapshot.SiteAuth) -> Place:
    return Place(
        resource=site.id or f"site:{site.site}",
        document=site.origin.document,
        file=site.origin.file,
        line=site.origin.line,
        column=site.origin.column,
    )


def _audiences(site: snapshot.SiteAuth, elsewhere: str) -> Values:
    """Its own client id is always an accepted audience."""
    if elsewhere:
        return unread(elsewhere)
    return Values(
        known=tuple(dict.fromkeys(text for text in (site.client_id, *site.allowed_audiences) if text)),
        rest="the allowed audiences were not read"
        if {"allowed_audiences", "identityProviders"} & set(site.unread)
        else "",
    )


def _clients(site: snapshot.SiteAuth, elsewhere: str) -> Values:
    if elsewhere or {"allowed_applications", "claim_check_applications", "identityProviders"} & set(site.unread):
        return unread(elsewhere or "the allowed applications were not read")
    clients = (*site.allowed_applications, *site.claim_check_applications)
    return known(*clients) if clients else ANYTHING


def _form(metadata: Metadata | None) -> MetadataForm:
    return metadata.form if metadata else "no address"


def _issuers(metadata: Metadata | None) -> Values:
    """What Easy Auth compares the token's issuer with: that of the metadata which belongs to its openIdIssuer.

    With a tenant-independent address it compares none (docs: configure-authentication-provider-aad). The portal writes
    sts.windows.net/{tenant}/v2.0, under which tokens of both versions are seen to pass.
    """
    if metadata is None or metadata.form in ("common", "organizations"):
        return ANYTHING
    if metadata.form in MALFORMED:
        return NONE
    cloud = clouds.named(metadata.cloud)
    if metadata.host == "sts.windows.net" and metadata.version == 2 and metadata.tenant_id and cloud:
        return known(*(cloud.issuer(version, metadata.tenant_id) for version in (1, 2)))
    return values_of(metadata.issuers)


def _enabled(site: snapshot.SiteAuth) -> bool | Unknown:
    if site.enabled is False or site.aad_enabled is False:
        return False
    if site.enabled is None:
        return Unknown(f"whether Easy Auth of {site.site} is on was not read")
    return bool(site.client_id)


def _requires_login(site: snapshot.SiteAuth) -> bool | Unknown:
    if site.enabled is False or site.aad_enabled is False:
        return False
    if site.enabled is None or site.require_authentication is None:
        return Unknown(f"whether {site.site} requires a login was not read")
    return site.require_authentication and site.unauthenticated_action != "AllowAnonymous"
