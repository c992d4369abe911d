"""An app registration from JSON, in any of its three shapes: Graph, the portal manifest of before 2025, and mixtures."""

from collections.abc import Mapping

from apimdoctor.collect.fields import Json, MalformedError, flag, number, table, tables, text, texts
from apimdoctor.snapshot import (
    AppRegistration,
    AppRole,
    Credential,
    Origin,
    PermissionScope,
    PreAuthorizedClient,
    RedirectUri,
    RequiredAccess,
)

_NOWHERE = Origin()

# Portal manifest names of before 2025 and their Graph counterparts
# (learn.microsoft.com/entra/identity-platform/azure-active-directory-graph-app-manifest-deprecation).
LEGACY_NAMES = frozenset(
    {
        "accessTokenAcceptedVersion",
        "oauth2Permissions",
        "replyUrlsWithType",
        "oauth2AllowImplicitFlow",
        "oauth2AllowIdTokenImplicitFlow",
        "allowPublicClient",
    }
)
_TOLD: Mapping[str, str] = {
    "signInAudience": "sign_in_audience",
    "identifierUris": "identifier_uris",
    "appRoles": "app_roles",
    "optionalClaims": "optional_access_claims",
    "requiredResourceAccess": "required_access",
}
_API_FIELDS = (
    ("requested_access_token_version", "accessTokenAcceptedVersion", "requestedAccessTokenVersion"),
    ("scopes", "oauth2Permissions"),
    ("pre_authorized", "preAuthorizedApplications"),
    ("known_clients", "knownClientApplications"),
    ("accept_mapped_claims", "acceptMappedClaims"),
)


def app_registration(json: Json, origin: Origin = _NOWHERE) -> AppRegistration:
    """The app registration of a Graph object or of a portal manifest; all three placements of the token version.

    Source: learn.microsoft.com/entra/identity-platform/reference-microsoft-graph-app-manifest and reference-app-manifest.
    """
    api = table(json, "api")
    web = table(json, "web")
    legacy = not LEGACY_NAMES.isdisjoint(json)
    graph = "api" in json or "implicitGrantSettings" in web
    version, misplaced = _token_version(json, api)
    implicit = flag(table(web, "implicitGrantSettings"), "enableAccessTokenIssuance")
    public = flag(json, "isFallbackPublicClient")
    return AppRegistration(
        id=text(json, "id") or text(json, "objectId"),
        app_id=required(json, "appId").lower(),
        display_name=text(json, "displayName") or text(json, "name"),
        sign_in_audience=text(json, "signInAudience"),
        requested_access_token_version=version,
        identifier_uris=texts(json, "identifierUris"),
        scopes=tuple(map(permission_scope, tables(api, "oauth2PermissionScopes") or tables(json, "oauth2Permissions"))),
        app_roles=app_roles(json),
        pre_authorized=_pre_authorized(json, api),
        known_clients=texts(api, "knownClientApplications") or texts(json, "knownClientApplications"),
        accept_mapped_claims=flag(api if "acceptMappedClaims" in api else json, "acceptMappedClaims"),
        optional_access_claims=_optional_claims(json),
        group_membership_claims=_group_claims(json),
        redirect_uris=_redirect_uris(json, web),
        implicit_access_tokens=flag(json, "oauth2AllowImplicitFlow") if implicit is None else implicit,
        public_client=flag(json, "allowPublicClient") if public is None else public,
        required_access=_required_access(json),
        credentials=_credentials(json),
        token_encryption_key_id=text(json, "tokenEncryptionKeyId"),
        owners=tuple(text(owner, "id") for owner in tables(json, "owners")) if "owners" in json else None,
        created=text(json, "createdDateTime"),
        publisher_domain=text(json, "publisherDomain"),
        disabled=text(json, "disabledByMicrosoftStatus") or ("isDisabled" if flag(json, "isDisabled") else ""),
        shape="mixed" if legacy and graph else "legacy" if legacy else "graph",
        misplaced=misplaced,
        unread=_untold(json),
        origin=origin,
    )


def permission_scope(json: Json) -> PermissionScope:
    """A permission scope; without isEnabled it is enabled."""
    return PermissionScope(
        id=text(json, "id"),
        value=text(json, "value"),
        enabled=flag(json, "isEnabled") is not False,
        kind=text(json, "type") or "User",
    )


def app_roles(json: Json) -> tuple[AppRole, ...]:
    """The app roles of an app registration or service principal."""
    return tuple(
        AppRole(
            id=text(role, "id"),
            value=text(role, "value"),
            enabled=flag(role, "isEnabled") is not False,
            members=texts(role, "allowedMemberTypes"),
            display_name=text(role, "displayName"),
        )
        for role in tables(json, "appRoles")
    )


def required(json: Json, name: str) -> str:
    """The string under a name, which must be there and not empty."""
    value = text(json, name)
    if not value:
        raise MalformedError(f'"{name}" is missing')
    return value


def _untold(json: Json) -> tuple[str, ...]:
    """Fields of which the source says nothing: absence tells nothing, null tells "none"."""
    unread = [field for name, field in _TOLD.items() if name not in json]
    if "api" not in json:
        for field, *names in _API_FIELDS:
            if not any(name in json for name in names):
                unread.append(field)
    return tuple(sorted(unread))


def _token_version(json: Json, api: Json) -> tuple[int | None, tuple[str, ...]]:
    """The token version, and the names written where the other placement decides."""
    here, old = "requestedAccessTokenVersion", "accessTokenAcceptedVersion"
    if "api" in json:
        # Graph reads `api` only (case: `az ad app update --set accessTokenAcceptedVersion=2` leaves version 1).
        return number(api, here), tuple(name for name in (old, here) if name in json)
    if old in json:
        return number(json, old), (here,) if here in json else ()
    # The page of the old format shows the new name at top level (reference-app-manifest, 2025-04).
    return number(json, here), ()


def _pre_authorized(json: Json, api: Json) -> tuple[PreAuthorizedClient, ...]:
    # delegatedPermissionIds in Graph; permissionIds in the old manifest, and in an example of the Graph manifest's page.
    return tuple(
        PreAuthorizedClient(
            app_id=text(client, "appId").lower(),
            scope_ids=texts(client, "delegatedPermissionIds") or texts(client, "permissionIds"),
        )
        for client in tables(api, "preAuthorizedApplications") or tables(json, "preAuthorizedApplications")
    )


def _optional_claims(json: Json) -> tuple[tuple[str, tuple[str, ...]], ...]:
    claims = tables(table(json, "optionalClaims"), "accessToken")
    return tuple((text(claim, "name"), texts(claim, "additionalProperties")) for claim in claims)


def _group_claims(json: Json) -> str:
    """GroupMembershipClaims is one text in Graph ("SecurityGroup,DirectoryRole"); scripts also write a list."""
    if isinstance(json.get("groupMembershipClaims"), list):
        return ",".join(texts(json, "groupMembershipClaims"))
    return text(json, "groupMembershipClaims")


def _redirect_uris(json: Json, web: Json) -> tuple[RedirectUri, ...]:
    found = [RedirectUri(uri=uri, kind="web") for uri in texts(web, "redirectUris")]
    found += [RedirectUri(uri=uri, kind="spa") for uri in texts(table(json, "spa"), "redirectUris")]
    # `publicClient` is true or false in the oldest manifests.
    client = table(json, "publicClient") if not isinstance(json.get("publicClient"), bool) else {}
    found += [RedirectUri(uri=uri, kind="public client") for uri in texts(client, "redirectUris")]
    kinds = {"spa": "spa", "installedclient": "public client"}
    for reply in tables(json, "replyUrlsWithType"):
        found.append(RedirectUri(uri=text(reply, "url"), kind=kinds.get(text(reply, "type").lower(), "web")))
    return tuple(dict.fromkeys(found))


def _required_access(json: Json) -> tuple[RequiredAccess, ...]:
    return tuple(
        RequiredAccess(
            resource_app_id=text(resource, "resourceAppId").lower(),
            permission_id=text(access, "id"),
            kind=text(access, "type"),
        )
        for resource in tables(json, "requiredResourceAccess")
        for access in tables(resource, "resourceAccess")
    )


def _credentials(json: Json) -> tuple[Credential, ...]:
    """Secrets and certificates by id, name and dates; never the secret, the key or its first letters."""
    return tuple(
        Credential(
            kind=kind,
            key_id=text(entry, "keyId"),
            name=text(entry, "displayName"),
            start=text(entry, "startDateTime") or text(entry, "startDate"),
            end=text(entry, "endDateTime") or text(entry, "endDate"),
            usage=text(entry, "usage"),
        )
        for kind, name in (("secret", "passwordCredentials"), ("certificate", "keyCredentials"))
        for entry in tables(json, name)
    )
