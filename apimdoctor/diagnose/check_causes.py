"""Why a token check refuses a token: from the failing comparison to the cause, with what to change.

Each function answers one kind of comparison. The facts behind the advice: entra-tokens sections 1 to 5, apim-policies
sections 3 to 5.
"""

from apimdoctor.diagnose.checking import Checked, Test
from apimdoctor.diagnose.diagnosis import Cause, Confidence
from apimdoctor.diagnose.token import WRONG_KINDS, Token
from apimdoctor.entra import issuers, metadata
from apimdoctor.facts.vocabulary import App, AppMatch, RequiredClaim, TokenCheck

SURE, LIKELY, POSSIBLE = 100.0, 80.0, 60.0
VERSION_PROPERTY = "api.requestedAccessTokenVersion (accessTokenAcceptedVersion in older manifests)"


def causes_of(checked: Checked) -> list[Cause]:
    """The causes for which this check refuses this token, best first."""
    test, token, check = checked.failed, checked.token, checked.check
    if test is None:
        return []
    if token.kind in WRONG_KINDS and test.what in ("form", "signature", "audience", "issuer", "key"):
        return [_wrong_kind(check, token, test)]
    match test.what:
        case "present" | "settings" | "form":
            return [_absent(check, test)]
        case "signature" | "key":
            return [_keys(check, token, test)]
        case "lifetime":
            return [_lifetime(test)]
        case "issuer" | "tenant":
            return _issuer(check, token, test)
        case "audience":
            return _audience(check, token, test)
        case "client":
            return [_client(test)]
        case _:
            return _claim(check, token, test)


def app_of(check: TokenCheck) -> App | None:
    """The app registration whose tokens the check is for, when exactly one is named."""
    apps = [match.app for match in check.apps if isinstance(match, AppMatch)]
    distinct = {app.app_id: app for app in apps}
    return next(iter(distinct.values())) if len(distinct) == 1 else None


def named(app: App) -> str:
    """An app registration as a message names it."""
    return f'"{app.display_name}" ({app.app_id})'


def _pair(test: Test, source: str = "the policy, and the token") -> tuple[tuple[str, str, str, str], ...]:
    return ((test.claim or test.what, test.expected, test.seen, source),)


def _wrong_kind(check: TokenCheck, token: Token, test: Test) -> Cause:
    app = app_of(check)
    scope = _scope_to_ask(app, check)
    ways = {
        "Microsoft Graph token": (
            "Microsoft Graph's tokens carry a nonce in their header and only Graph can verify them; the client asked for "
            "Graph's scopes (User.Read, .default of graph.microsoft.com, or scopes without a resource in front)"
        ),
        "ID token": "an ID token tells the client who signed in; APIs take access tokens",
        "encrypted token": "only the receiver named by tokenEncryptionKeyId can read it",
    }
    why = ways.get(token.kind, token.why)
    fix = f"Ask Entra ID for a token of this API: request the scope {scope} (for an application {_default(scope)})"
    fix += ", and send the access_token, not the id_token or refresh_token."
    if token.kind == "Microsoft Graph token":
        fix += (
            " Not User.Read, not https://graph.microsoft.com/.default; a Graph token's nonce is no fault of the keys."
        )
        fix += " If the policy redeems a code itself, change the scope it asks for there; expose a scope first if there is none."
    if token.kind == "encrypted token":
        fix = "Remove tokenEncryptionKeyId from the API's app registration, or decrypt with <decryption-keys>."
    return Cause(
        cause="wrong-token-kind",
        confidence="high",
        message=f"{check.element} gets a {token.kind}: {why}",
        fix=fix,
        evidence=_pair(test),
        misleading="Changing the token version of any app registration changes nothing in such a token.",
        weight=SURE,
    )


def _scope_to_ask(app: App | None, check: TokenCheck) -> str:
    if app is not None:
        uris = app.identifier_uris.known or (f"api://{app.app_id}",)
        value = next(iter(app.scope_values.known), ".default")
        return f"{uris[0]}/{value}"
    audience = next(iter(check.accepted_audiences.known), "api://<the API's app id>")
    return f"{audience if '://' in audience else 'api://' + audience}/.default"


def _default(scope: str) -> str:
    return scope if scope.endswith("/.default") else scope.rsplit("/", 1)[0] + "/.default"


def _absent(check: TokenCheck, test: Test) -> Cause:
    place = check.token_from if isinstance(check.token_from, str) else "the place the check reads"
    return Cause(
        cause="header-or-scheme",
        confidence="medium",
        message=f"{check.element} finds no token: {test.detail}",
        fix=f"Send the access token in {place.replace('header:', 'the header ')} as `Bearer <token>`"
        " and see that nothing before the check removes it.",
        evidence=_pair(test),
        weight=POSSIBLE,
    )


def _lifetime(test: Test) -> Cause:
    return Cause(
        cause="token-expired-clock",
        confidence="high",
        message=test.detail,
        fix="Get a fresh token (clients and caches must renew before exp); clock-skew on the check is 0 unless set.",
        evidence=_pair(test),
        weight=SURE,
    )


def _keys(check: TokenCheck, token: Token, test: Test) -> Cause:
    issuer = issuers.read(token.issuer)
    if issuer.form.startswith("external id") and test.what == "key":
        url = f"https://{issuer.host}/{issuer.tenant}/v2.0{metadata.SUFFIX}"
        fix = f"Take the metadata from the ciamlogin.com host: {url}; login.microsoftonline.com lists other keys."
        return _cause(
            "openid-config-url-wrong", "high", f"External ID signs with its own keys: {test.detail}", fix, test
        )
    if token.kind == "B2C token":
        return _b2c(token, test)
    if any(isinstance(m.form, str) and m.form in metadata.MALFORMED for m in check.metadata):
        url = next((m.url for m in check.metadata if isinstance(m.url, str)), "")
        fix = f"Correct the openid-config url {url}: https://<login host>/<tenant id>/v2.0{metadata.SUFFIX}"
        return _cause("openid-config-url-wrong", "high", test.detail, fix, test)
    fix = (
        "Give the check the provider's public key: <openid-config url> if it publishes metadata, else <key certificate-id> or "
        "<key n e>. The text of <key> is always read as a symmetric key, so a certificate pasted there verifies nothing."
    )
    if test.what == "signature" and "not signed" in test.detail:
        return _cause(
            "signing-key-config", "high", "the token is unsigned (alg none)", "Send the token Entra ID signed.", test
        )
    return _cause("signing-key-config", "high", test.detail, fix, test)


def _b2c(token: Token, test: Test) -> Cause:
    issuer = issuers.read(token.issuer)
    flow = str(token.claims.get("tfp") or token.claims.get("acr") or "<user flow>")
    host = issuer.host or "<name>.b2clogin.com"
    tenant = host.removesuffix(".b2clogin.com") + ".onmicrosoft.com"
    url = f"https://{host}/{tenant}/{flow}/v2.0{metadata.SUFFIX}"
    fix = f"Use the metadata of the B2C user flow, {url}, and its issuer {token.issuer} (with the final slash)."
    message = "the token is of a B2C user flow, which has an issuer and keys of its own; the policy trusts ordinary Entra ID ones"
    return _cause("b2c-specific", "high", message, fix, test)


def _cause(
    word: str, confidence: Confidence, message: str, fix: str, test: Test, weight: float = SURE, misleading: str = ""
) -> Cause:
    return Cause(
        cause=word,
        confidence=confidence,
        message=message,
        fix=fix,
        evidence=_pair(test),
        weight=weight,
        misleading=misleading,
    )


def _issuer(check: TokenCheck, token: Token, test: Test) -> list[Cause]:
    seen = issuers.read(token.issuer)
    accepted = [issuers.read(text) for text in check.accepted_issuers.known]
    if token.kind == "B2C token":
        return [_b2c(token, test)]
    if seen.form.startswith("external id"):
        fix = f"Take metadata of the host {seen.host}: https://{seen.host}/{seen.tenant}/v2.0{metadata.SUFFIX}"
        return [_cause("openid-config-url-wrong", "high", f"the issuer is External ID's: {test.detail}", fix, test)]
    if any(m.form in ("common", "organizations") for m in check.metadata if isinstance(m.form, str)) and not accepted:
        return [multi_tenant(token, test)]
    same_tenant = [a for a in accepted if a.tenant_id and a.tenant_id == seen.tenant_id]
    if same_tenant and any(a.issued and a.form != seen.form for a in same_tenant):
        return [version_mismatch(check, token, test)]
    if any(not a.issued and a.entra for a in accepted) and (same_tenant or not any(a.tenant_id for a in accepted)):
        fix = f"Write the issuer exactly as tokens carry it: {token.issuer}"
        return [
            _cause("issuer-other", "high", f"no token carries the issuer as it is written: {test.expected}", fix, test)
        ]
    if accepted and seen.tenant_id and all(a.tenant_id for a in accepted):
        fix = (
            f"Accept tenant {seen.tenant_id} (metadata and issuer {token.issuer}), "
            "or have the client sign in at the tenant the policy names."
        )
        return [_cause("tenant-mismatch", "high", f"the token is of tenant {seen.tenant_id}: {test.detail}", fix, test)]
    return [
        _cause(
            "issuer-other", "medium", test.detail, f"Add <issuer>{token.issuer}</issuer> if that issuer is meant.", test
        )
    ]


def multi_tenant(token: Token, test: Test) -> Cause:
    """The metadata of common or organizations states an issuer template that equals no real issuer."""
    base = f"https://login.microsoftonline.com/{token.tenant}/" + ("v2.0" if token.version == 2 else "")
    fix = (
        f"Name the tenant: metadata {base.rstrip('/')}{metadata.SUFFIX} ({base}), or add <issuer>{token.issuer}</issuer>; "
        "for several tenants list each one's issuer or require the claim tid."
    )
    message = "the tenant-independent metadata names a template issuer ({tenantid}), which no real issuer equals"
    return _cause("multi-tenant-issuer", "medium", message, fix, test)


def version_mismatch(check: TokenCheck, token: Token, test: Test) -> Cause:
    """The check accepts the issuer of the other token version."""
    app = app_of(check)
    version = token.version or (1 if "sts." in token.issuer else 2)
    tenant = token.tenant
    suffix = "/v2.0" if version == 2 else ""
    owner = named(app) if app else "the API's app registration"
    fix = (
        f"Either accept what Entra ID issues: add <issuer>{token.issuer}</issuer> beside the metadata (its "
        "keys are shared), or read "
        f"https://login.microsoftonline.com/{tenant}{suffix}{metadata.SUFFIX}. Or change {VERSION_PROPERTY} of {owner} to "
        f"{1 if version == 2 else 2}: then the audience changes too"
        + (
            " (version 2 carries the bare client id)"
            if version == 1
            else " (version 1 carries the identifier URI asked for)"
        )
        + ", for every caller and validator of that API at once."
    )
    message = f"{owner} gets version {version} tokens, issuer {token.issuer}; {check.element} accepts {test.expected}"
    wrong = "The version set on the client's app registration has no effect: the API's own decides."
    return _cause("issuer-version-mismatch", "high", message, fix, test, misleading=wrong)


def _audience(check: TokenCheck, token: Token, test: Test) -> list[Cause]:
    app = app_of(check)
    belongs = app is not None and any(
        a.lower().removeprefix("api://").rstrip("/") == app.app_id for a in token.audiences
    )
    belongs = belongs or (
        app is not None
        and any(a.rstrip("/") in {u.rstrip("/") for u in app.identifier_uris.known} for a in token.audiences)
    )
    seen = ", ".join(token.audiences)
    if app is not None and not belongs:
        scope = _scope_to_ask(app, check)
        fix = f"Ask for a token of this API: scope {scope} (for an application {_default(scope)}); this one is for {seen}."
        return [
            _cause(
                "audience-mismatch", "medium", f"the token was issued for another API: {test.detail}", fix, test, LIKELY
            ),
            _cause("wrong-token-kind", "medium", "the client asked for another API's token", fix, test, POSSIBLE),
        ]
    owner = named(app) if app else "the API's app registration"
    fix = (
        f"Accept the audience the token carries: <audience>{seen}</audience>. Version 2 tokens carry only the "
        "bare client id, version 1 "
        f"tokens the identifier URI or id the client asked for; {VERSION_PROPERTY} of {owner} decides which."
    )
    return [_cause("audience-mismatch", "high", test.detail, fix, test)]


def _client(test: Test) -> Cause:
    fix = f"Add the client id {test.seen} to <client-application-ids>, if this client is meant to call."
    return _cause("missing-scope-or-role", "medium", test.detail, fix, test, LIKELY)


def _claim(check: TokenCheck, token: Token, test: Test) -> list[Cause]:
    app = app_of(check)
    claim = next((c for c in check.claims if c.name == test.claim), None)
    match test.claim:
        case "aud":
            return _audience_claim(check, token, test)
        case "iss":
            return _issuer(check, token, test)
        case "tid":
            fix = f"Accept tenant {token.tenant} in the claim tid, or sign in at the tenant the policy names."
            return [_cause("tenant-mismatch", "high", test.detail, fix, test)]
        case "roles":
            return [_roles(app, claim, token, test)]
        case "scp":
            return [_scopes(app, claim, token, test)]
        case "appid" | "azp" | "upn" | "unique_name" | "preferred_username" if not test.seen:
            other = {"appid": "azp", "azp": "appid"}.get(test.claim, "oid with tid")
            fix = f"Require {other}: version {token.version or '?'} tokens carry no {test.claim}."
            return [_cause("claim-config-error", "high", test.detail, fix, test)]
    fix = f"Correct the required claim {test.claim}: the token carries {test.seen or 'none of it'}."
    return [_cause("claim-config-error", "medium", test.detail, fix, test, LIKELY)]


def _audience_claim(check: TokenCheck, token: Token, test: Test) -> list[Cause]:
    if not check.audiences.all and check.audiences.known:
        fix = (
            f"<audiences> demands {check.audiences} and <required-claims> demands aud={test.expected}; both must "
            "hold and a token has one "
            f"aud. Remove the claim aud from <required-claims>, or list the audience tokens carry ({test.seen}) in both."
        )
        return [
            _cause(
                "audience-mismatch", "high", f"the two audience lists contradict each other: {test.detail}", fix, test
            )
        ]
    return _audience(check, token, test)


def _roles(app: App | None, claim: RequiredClaim | None, token: Token, test: Test) -> Cause:
    wanted = claim.values.known if claim else ()
    owner = named(app) if app else "the API's app registration"
    defined = set(app.role_values.known) if app else set()
    if app is not None and wanted and not defined.intersection(wanted) and not app.role_values.rest:
        fix = (
            f"Define {', '.join(wanted)} under appRoles of the API {owner}, assign it there to the callers, and "
            "get a new token. "
            "Roles defined on the client's app registration show in its ID token only."
        )
        message = (
            f"the role {', '.join(wanted)} is not defined on the API's app registration {owner}: no access token has it"
        )
        return _cause("claim-config-error", "high", message, fix, test)
    if token.flow == "application":
        fix = (
            f"Assign the app role {', '.join(wanted)} of {owner} to the calling service principal (not only a "
            "delegated permission), and get a "
            "new token: one that is older than the assignment has no roles, and managed identities cache tokens "
            "for about 24 hours."
        )
        return _cause(
            "app-only-token-without-roles", "high", f"an application's token without the role: {test.detail}", fix, test
        )
    fix = f"Assign the role {', '.join(wanted)} of {owner} to the user or group and sign in again, or require scp for users."
    return _cause("missing-scope-or-role", "high", test.detail, fix, test)


def _scopes(app: App | None, claim: RequiredClaim | None, token: Token, test: Test) -> Cause:
    wanted = ", ".join(claim.values.known) if claim else ""
    owner = named(app) if app else "the API's app registration"
    if token.flow == "application" or (not test.seen and not token.claims.get("scp") and token.claims.get("roles")):
        fix = (
            "Tokens of applications (client credentials, managed identity) never carry scp, whatever delegated "
            "permission is consented. Define an "
            f"app role on {owner}, assign it to the client and check roles; or let a user sign in (delegated flow)."
        )
        return _cause("app-only-token-without-roles", "high", f"the caller is an application: {test.detail}", fix, test)
    if claim is not None and claim.separator == "" and " " in str(token.claims.get("scp", "")):
        fix = 'Set separator=" " on the claim scp: it is one string with blanks between the scopes.'
        return _cause("claim-config-error", "high", f"scp is compared as one string: {test.detail}", fix, test)
    fix = f"Have the client ask for the scope {wanted} of {owner} (expose it there if it is missing) and consent to it."
    return _cause("missing-scope-or-role", "high", test.detail, fix, test)
