"""The access tokens Entra ID issues for an app registration: token version, issuers, audiences and claims.

The API's own app registration decides the version, never the client, its endpoint or its library (source:
learn.microsoft.com/entra/identity-platform/access-tokens and .../reference-microsoft-graph-app-manifest).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from apimdoctor.entra import claims, clouds
from apimdoctor.entra.clouds import PERSONAL_TENANT, Cloud
from apimdoctor.entra.issuers import b2c_issuer, external_id_issuer
from apimdoctor.entra.known import Known, distinct
from apimdoctor.snapshot.entra import AppRegistration, EntraTenant, ServicePrincipal

Kind = Literal["workforce", "multi-tenant", "personal", "workforce and personal", "b2c", "external id"]

_PERSONAL = frozenset({"AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"})


class Emitted(Struct, frozen=True, kw_only=True):
    """What access tokens for one app registration look like. `version` None: not known, and `doubt` says why."""

    kind: Kind
    version: int | None
    version_written: bool
    doubt: str = ""
    issuers: Known
    issuers_of_other_version: Known
    audiences: Known
    audiences_of_other_version: Known
    claim_names: Known
    claim_names_of_other_version: Known


class Home(Struct, frozen=True, kw_only=True):
    """The tenant in which tokens are issued, with what its kind rests on."""

    tenant: str
    """Tenant id; "" = not known."""
    cloud: Cloud | None
    kind: str = ""
    """workforce, b2c, external id, or "" when nobody told: then workforce unless `doubt` says otherwise."""
    names: tuple[str, ...] = ()
    """First labels of its initial domains, e.g. contoso for contoso.onmicrosoft.com."""
    doubt: str = ""


def home_of(tenant: EntraTenant, cloud: Cloud | None, *, doubt: str = "") -> Home:
    """The home that a tenant of the snapshot is."""
    ends = clouds.INITIAL_DOMAINS
    labels = (domain.removesuffix(end) for domain in tenant.domains for end in ends if domain.endswith(end))
    return Home(
        tenant=tenant.id,
        cloud=cloud,
        kind=tenant.kind,
        names=distinct(*(x for x in labels if "." not in x)),
        doubt=doubt,
    )


def token_version(app: AppRegistration) -> tuple[int | None, str]:
    """The version of an app registration's access tokens: null means 1, personal accounts force 2 (manifest reference)."""
    if app.sign_in_audience in _PERSONAL:
        return 2, ""
    if "requested_access_token_version" in app.unread or "api" in app.unread:
        return None, f'the token version of "{app.display_name or app.app_id}" was not read'
    if app.requested_access_token_version in (None, 1):
        return 1, ""
    if app.requested_access_token_version == 2:
        return 2, ""
    return None, f"a token version {app.requested_access_token_version} does not exist"


def emitted(app: AppRegistration, home: Home, visited: Sequence[str] = ()) -> Emitted:
    """The tokens of an app registration. `visited`: other tenants in which a multi-tenant one may get tokens too.

    Any tenant may issue tokens for a multi-tenant app registration; the tenants that matter are those that somebody
    names, so `visited` are all tenant ids that the policies at hand mention.
    """
    version, doubt = token_version(app)
    kind = _kind(app, home)
    known = version or 0
    return Emitted(
        kind=kind,
        version=version,
        version_written=app.requested_access_token_version is not None,
        doubt=doubt,
        issuers=_everywhere(app, known, kind, home, visited) if known else _either(kind, home, visited, doubt),
        issuers_of_other_version=(
            _everywhere(app, 3 - known, kind, home, visited) if known else _either(kind, home, visited, doubt)
        ),
        audiences=_audiences(app, known, kind) if known else _any_audience(app, doubt),
        audiences_of_other_version=_audiences(app, 3 - known, kind) if known else _any_audience(app, doubt),
        claim_names=_claims(app, known, kind, doubt),
        claim_names_of_other_version=_claims(app, 3 - known if known else 0, kind, doubt),
    )


def emitted_abroad(principal: ServicePrincipal, home: Home) -> Emitted:
    """The tokens for an app registration of another tenant: its version can't be read here, so it is never assumed.

    Source: a service principal has no such property (learn.microsoft.com/graph/api/resources/serviceprincipal).
    """
    owner = f" {principal.owner_tenant}" if principal.owner_tenant else ""
    because = (
        f'the app registration of "{principal.display_name or principal.app_id}" is in another tenant{owner}, '
        "its token version cannot be read here"
    )
    app_id = principal.app_id.lower()
    stand_in = AppRegistration(id="", app_id=app_id)
    open_issuers = _either("workforce", home, (), because)
    uris = tuple(name for name in principal.names if name.lower() != app_id)
    audiences = Known(sure=(app_id,), rest=because, perhaps=_slashes(uris))
    names = claims.in_every_version(stand_in, because)
    return Emitted(
        kind="multi-tenant",
        version=None,
        version_written=False,
        doubt=because,
        issuers=open_issuers,
        issuers_of_other_version=open_issuers,
        audiences=audiences,
        audiences_of_other_version=audiences,
        claim_names=names,
        claim_names_of_other_version=names,
    )


def for_resource(resource: str, version: int | None, app: AppRegistration | None, home: Home, doubt: str) -> Emitted:
    """The token a managed identity of `home` gets for a resource: version 1 carries the resource as it was asked for.

    Source: the identity's own tenant issues it and the resource's app registration decides the version; `resource`
    may be its id or one of its URIs. Azure's own services (`app` None) issue version 1 tokens.
    """
    asked = resource.removesuffix("/.default")
    stand_in = app or AppRegistration(id="", app_id=asked)
    names = claims.names(stand_in, version) if version else claims.in_every_version(stand_in, doubt)
    if version is None:
        issuers = _either("workforce", home, (), doubt)
        audiences = Known(rest=doubt, perhaps=distinct(stand_in.app_id, asked))
    else:
        issuers = _issuers(version, "workforce", home, ())
        by_id = app is not None and (version == 2 or _use_guid(app))
        audiences = Known(sure=(stand_in.app_id.lower(),) if by_id else (asked,))
    return Emitted(
        kind="workforce",
        version=version,
        version_written=False,
        doubt=doubt,
        issuers=issuers,
        issuers_of_other_version=Known(rest="only one token version is asked for"),
        audiences=audiences,
        audiences_of_other_version=Known(rest="only one token version is asked for"),
        claim_names=names,
        claim_names_of_other_version=names,
    )


def _kind(app: AppRegistration, home: Home) -> Kind:
    if home.kind == "b2c":
        return "b2c"
    if home.kind == "external id":
        return "external id"
    if app.sign_in_audience == "PersonalMicrosoftAccount":
        return "personal"
    if app.sign_in_audience == "AzureADandPersonalMicrosoftAccount":
        return "workforce and personal"
    return "multi-tenant" if app.sign_in_audience == "AzureADMultipleOrgs" else "workforce"


def _issuers(version: int, kind: Kind, home: Home, visited: Sequence[str]) -> Known:
    cloud = home.cloud
    if kind == "personal":
        # Personal accounts do not exist in national clouds.
        return Known(sure=(clouds.PUBLIC.issuer(2, PERSONAL_TENANT),)) if version == 2 else Known()
    if cloud is None:
        return Known(rest="the cloud of the tenant is not known")
    if cloud.closed:
        return Known(rest=cloud.closed)
    if not home.tenant:
        return Known(rest="the id of the tenant that holds the app registration is not known")
    own = cloud.issuer(version, home.tenant)
    if not own:
        return Known(rest=f"the file of cloud {cloud.name} does not say the issuer of version {version} tokens")
    if kind == "b2c":
        perhaps = (*(b2c_issuer(name, home.tenant, cloud) for name in home.names), own)
        return Known(rest="the user flow, and a setting of it, decide the issuer of B2C tokens", perhaps=perhaps)
    if kind == "external id":
        if not cloud.external_id_suffix:
            return Known(rest=f"External ID in cloud {cloud.name} is not documented")
        if version == 2:
            return Known(sure=(external_id_issuer(home.tenant, cloud),))
        return Known(rest="the version 1 issuer of External ID is not documented for own APIs", perhaps=(own,))
    if home.doubt:
        return Known(rest=home.doubt, perhaps=(own,))
    sure = [own]
    if kind != "workforce":
        sure += [cloud.issuer(version, tenant) for tenant in visited if tenant != PERSONAL_TENANT]
    if kind == "workforce and personal" and version == 2:
        sure.append(cloud.issuer(2, PERSONAL_TENANT))
    return Known(sure=distinct(*sure))


def _everywhere(app: AppRegistration, version: int, kind: Kind, home: Home, visited: Sequence[str]) -> Known:
    """The issuers, open for other tenants when nobody told whether the app registration is multi-tenant."""
    own = _issuers(version, kind, home, visited)
    if app.sign_in_audience or kind != "workforce" or own.rest:
        return own
    wide = _issuers(version, "multi-tenant", home, visited)
    if wide.sure == own.sure:
        return own
    because = f'who may sign in to "{app.display_name or app.app_id}" was not read'
    return Known(sure=own.sure, rest=because, perhaps=wide.sure[1:])


def _either(kind: Kind, home: Home, visited: Sequence[str], because: str) -> Known:
    one, two = _issuers(1, kind, home, visited), _issuers(2, kind, home, visited)
    return Known(rest=because, perhaps=distinct(*one.sure, *one.perhaps, *two.sure, *two.perhaps))


def _use_guid(app: AppRegistration) -> bool:
    return any(name == "aud" and "use_guid" in extra for name, extra in app.optional_access_claims)


def _slashes(uris: Sequence[str]) -> tuple[str, ...]:
    """Each URI with and without a final slash: what clients ask for is what stands in version 1 tokens (scopes-oidc)."""
    return distinct(*uris, *(uri.rstrip("/") if uri.endswith("/") else f"{uri}/" for uri in uris))


def _audiences(app: AppRegistration, version: int, kind: Kind) -> Known:
    """Version 2 and B2C: the bare GUID, always. Version 1: a set, by what the client asked for (optional-claims-reference)."""
    app_id = app.app_id.lower()
    if version == 2 or kind == "b2c":
        return Known(sure=(app_id,))
    if _use_guid(app):
        return Known(sure=(app_id,))
    unread = "optional_access_claims" in app.unread or "identifier_uris" in app.unread
    return Known(
        # `spn:` is what old clients of the version 1 endpoint get.
        sure=(app_id, *_slashes(app.identifier_uris), f"spn:{app_id}"),
        rest="identifier URIs or optional claims of the app registration were not read" if unread else "",
    )


def _any_audience(app: AppRegistration, because: str) -> Known:
    # The GUID is an audience in both versions.
    return Known(sure=(app.app_id.lower(),), rest=because, perhaps=_slashes(app.identifier_uris))


def _claims(app: AppRegistration, version: int, kind: Kind, doubt: str) -> Known:
    if kind == "b2c":
        return claims.in_every_version(app, "the user flow decides the claims of B2C tokens")
    return claims.names(app, version) if version else claims.in_every_version(app, doubt)
