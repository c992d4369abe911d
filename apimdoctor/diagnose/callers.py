"""The tokens Entra ID would issue for an API to each kind of caller, and callers that should never pass.

Claims by version and kind: entra-tokens sections 3 and 4. What Entra would write and nobody can know (object ids, the
client) is filled with placeholders, so no conclusion may rest on them.
"""

from msgspec import Struct

from apimdoctor.diagnose.token import Flow, Token
from apimdoctor.facts.vocabulary import App, TokenCheck

SOME_CLIENT = "00000000-0000-4000-8000-00000000c11e"
SOME_OBJECT = "00000000-0000-4000-8000-0000000000b1"
OTHER_API = "00000000-0000-4000-8000-0000000000a2"
ISSUED, EXPIRES = 1_700_000_000, 4_100_000_000
"""Seconds since 1970; lifetimes of imagined tokens are never compared with a clock."""


class Imagined(Struct, frozen=True):
    """A caller with the token Entra would issue it. `meant`: the app registration offers this kind of access."""

    caller: str
    token: Token
    meant: bool


def callers_of(app: App) -> tuple[Imagined, ...]:
    """Callers of an API whose app registration is known: users, applications with and without a role, strangers."""
    made: list[Imagined] = []
    scopes, roles = app.scope_values.known, app.role_values.known
    offers_apps = any(role.enabled and role.for_applications for role in app.roles)
    if scopes:
        label = f"a user, through a client with the scope {' '.join(scopes)}"
        made += _token(app, label, "delegated", {"scp": " ".join(scopes)}, meant=True)
    if offers_apps:
        values = [role.value for role in app.roles if role.enabled and role.for_applications]
        label = f"an application with the role {', '.join(values)}"
        made += _token(app, label, "application", {"roles": values}, meant=True)
    plain = not scopes and not roles
    made += _token(app, "an application without any role", "application", {}, meant=plain)
    return tuple(made)


NOBODY = Imagined("somebody without a token", Token("none", label="no token"), meant=False)


def stranger(app: App) -> tuple[Imagined, ...]:
    """An application of the same tenant with a token for some other API."""
    found = _token(app, "an application with a token for another API of the tenant", "application", {}, meant=False)
    return tuple(Imagined(one.caller, _with_audience(one.token, OTHER_API), meant=False) for one in found)


def as_asked(check: TokenCheck) -> tuple[Imagined, ...]:
    """A caller with just the token a check asks for: where no app registration tells what Entra would issue."""
    issuer = next(iter(check.accepted_issuers.known), "")
    audience = next(iter(check.accepted_audiences.known), "an audience nobody told")
    if not issuer:
        return ()
    version = 1 if "sts." in issuer else 2
    claims: dict[str, object] = {"iss": issuer, "aud": audience, "ver": f"{version}.0", "iat": ISSUED, "exp": EXPIRES}
    for claim in check.claims:
        if not isinstance(claim.name, str) or claim.name in claims:
            continue
        wanted = claim.values.known or ("a value nobody told",)
        listed = claim.in_token == "list"  # noqa: S105 - the form of a claim, no password
        claims[claim.name] = list(wanted) if listed else " ".join(wanted)
    token = Token(
        kind="access token",
        version=version,
        issuer=issuer,
        audiences=(audience,),
        client=next(iter(check.accepted_clients.known), SOME_CLIENT),
        header={"alg": "RS256", "typ": "JWT"},
        claims=claims,
        scheme="Bearer",
        readable=True,
        label="the token the check asks for",
    )
    return (Imagined("a caller with the token the check asks for", token, meant=True),)


def _with_audience(token: Token, audience: str) -> Token:
    claims = {**token.claims, "aud": audience}
    return Token(
        kind=token.kind,
        version=token.version,
        issuer=token.issuer,
        tenant=token.tenant,
        audiences=(audience,),
        client=token.client,
        flow=token.flow,
        header=token.header,
        claims=claims,
        scheme="Bearer",
        readable=True,
        label="a token for another API",
    )


def _token(app: App, caller: str, flow: Flow, more: dict[str, object], *, meant: bool) -> list[Imagined]:
    """The token, or nothing where version, issuer or audience are not known."""
    if not isinstance(app.token_version, int) or not app.issuers.known or not app.audiences.known:
        return []
    version = app.token_version
    issuer, audience = app.issuers.known[0], _usual_audience(app)
    claims: dict[str, object] = {
        "aud": audience,
        "iss": issuer,
        "tid": app.tenant_id,
        "oid": SOME_OBJECT,
        "sub": SOME_OBJECT if flow == "application" else "pairwise-subject",
        "ver": f"{version}.0",
        "iat": ISSUED,
        "exp": EXPIRES,
        ("azp" if version == 2 else "appid"): SOME_CLIENT,
        **more,
    }
    token = Token(
        kind="access token",
        version=version,
        issuer=issuer,
        tenant=app.tenant_id,
        audiences=(audience,),
        client=SOME_CLIENT,
        flow=flow,
        header={"alg": "RS256", "typ": "JWT"},
        claims=claims,
        scheme="Bearer",
        readable=True,
        label=f"the token of {caller}",
    )
    return [Imagined(caller, token, meant)]


def _usual_audience(app: App) -> str:
    """What most clients ask by: the identifier URI for version 1, when there is one; else the client id."""
    uris = [uri for uri in app.identifier_uris.known if uri in app.audiences.known]
    return uris[0] if uris and app.token_version == 1 else app.audiences.known[0]
