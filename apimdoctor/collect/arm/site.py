"""Easy Auth of App Service and Function sites, from authsettingsV2 bodies."""

from apimdoctor.collect.arm.ids import properties
from apimdoctor.collect.fields import Json, flag, table, text, texts
from apimdoctor.snapshot import Origin, SiteAuth

_NOWHERE = Origin()


def site_auth(json: Json, site: str = "", origin: Origin = _NOWHERE) -> SiteAuth:
    """The Easy Auth settings of a site, without secrets.

    Source: learn.microsoft.com/rest/api/appservice/web-apps/get-auth-settings-v2-without-secrets. With a `configFilePath`
    the settings live in a file of the site, so that this view tells nothing.
    """
    own = properties(json)
    site_id, name = _site_of(text(json, "id"))
    platform, validation = table(own, "platform"), table(own, "globalValidation")
    aad = table(table(own, "identityProviders"), "azureActiveDirectory")
    checks = table(aad, "validation")
    policy = table(checks, "defaultAuthorizationPolicy")
    principals = table(policy, "allowedPrincipals")
    claims = table(checks, "jwtClaimChecks")
    names = ("platform", "globalValidation", "identityProviders")
    final = name or site
    return SiteAuth(
        id=site_id,
        site=final,
        # The host of a slot is `site-slot` (learn.microsoft.com/azure/app-service/deploy-staging-slots).
        hosts=(f"{final.replace('/', '-').lower()}.azurewebsites.net",) if final else (),
        enabled=flag(platform, "enabled"),
        require_authentication=flag(validation, "requireAuthentication"),
        unauthenticated_action=text(validation, "unauthenticatedClientAction"),
        excluded_paths=texts(validation, "excludedPaths"),
        aad_enabled=flag(aad, "enabled"),
        issuer=text(table(aad, "registration"), "openIdIssuer"),
        client_id=text(table(aad, "registration"), "clientId").lower(),
        allowed_audiences=texts(checks, "allowedAudiences"),
        allowed_applications=texts(policy, "allowedApplications"),
        allowed_identities=texts(principals, "identities"),
        allowed_groups=texts(principals, "groups"),
        claim_check_applications=texts(claims, "allowedClientApplications"),
        claim_check_groups=texts(claims, "allowedGroups"),
        config_file=text(platform, "configFilePath"),
        unread=tuple(sorted(part for part in names if part not in own)),
        origin=origin,
    )


def _site_of(identifier: str) -> tuple[str, str]:
    """The id and the name of the site (`site/slot` for a slot) whose settings a resource id names."""
    head, found, _ = identifier.partition("/config/")
    parts = head.split("/")
    lower = [part.lower() for part in parts]
    if not found or "sites" not in lower:
        return "", ""
    at = lower.index("sites")
    slot = parts[at + 3 : at + 4] if lower[at + 2 : at + 3] == ["slots"] else []
    return head, "/".join([*parts[at + 1 : at + 2], *slot])
