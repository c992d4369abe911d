"""The snapshot document: every service, tenant, site and metadata document that was read, and the gaps."""

from typing import Literal

from msgspec import Struct

from apimdoctor.snapshot.apim import Service
from apimdoctor.snapshot.entra import EntraTenant
from apimdoctor.snapshot.origin import Origin

SCHEMA = "apimdoctor/snapshot/1"

APP_REGISTRATIONS = "app registrations"
"""The scope of the gap of a job that leaves Entra ID to another one."""

GapKind = Literal["denied", "throttled", "failed", "unparsed", "skipped"]


class Gap(Struct, frozen=True, kw_only=True):
    """Something that could not be read. `scope` names it (a resource id, a file, `app registrations of tenant X`)."""

    scope: str
    kind: GapKind
    detail: str
    hint: str = ""


class Source(Struct, frozen=True, kw_only=True):
    """Where (part of) the snapshot came from: `kind` is azure, folder, file or snapshot."""

    kind: str
    name: str


class SiteAuth(Struct, frozen=True, kw_only=True):
    """Easy Auth settings (authsettingsV2, without secrets) of an App Service or Function site."""

    id: str
    """ARM resource id of the site, or "" when a file did not tell."""
    site: str
    """Name of the site."""
    hosts: tuple[str, ...] = ()
    enabled: bool | None = None
    require_authentication: bool | None = None
    unauthenticated_action: str = ""
    excluded_paths: tuple[str, ...] = ()
    aad_enabled: bool | None = None
    issuer: str = ""
    client_id: str = ""
    allowed_audiences: tuple[str, ...] = ()
    allowed_applications: tuple[str, ...] = ()
    allowed_identities: tuple[str, ...] = ()
    allowed_groups: tuple[str, ...] = ()
    claim_check_applications: tuple[str, ...] = ()
    claim_check_groups: tuple[str, ...] = ()
    config_file: str = ""
    unread: tuple[str, ...] = ()
    origin: Origin = Origin()


class OpenIdMetadata(Struct, frozen=True, kw_only=True):
    """An OpenID metadata document that was fetched in the second round. `key_ids` are the kids of its key set."""

    url: str
    issuer: str = ""
    jwks_uri: str = ""
    key_ids: tuple[str, ...] = ()
    keys: tuple[tuple[str, str, str], ...] = ()
    """RSA keys as (kid, n, e), base64url: public material only."""
    fetched_at: str = ""


class DescribedCloud(Struct, frozen=True, kw_only=True):
    """A cloud that a file describes. Its issuers are templates with `{tenant}`; "" is not told."""

    name: str
    issuer_v1: str = ""
    issuer_v2: str = ""


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything one run read. Sorted by id; nothing in it depends on a clock but `collected_at` (ISO 8601, UTC)."""

    schema: str = SCHEMA
    collected_at: str = ""
    cloud: str = "public"
    sources: tuple[Source, ...] = ()
    services: tuple[Service, ...] = ()
    tenants: tuple[EntraTenant, ...] = ()
    sites: tuple[SiteAuth, ...] = ()
    metadata: tuple[OpenIdMetadata, ...] = ()
    gaps: tuple[Gap, ...] = ()
    collected_by: str = ""
    """The version of apimdoctor that read it from Azure; "" for what was read from files, or by several."""
    clouds: tuple[DescribedCloud, ...] = ()
    """Clouds whose issuers the cloud file tells."""
