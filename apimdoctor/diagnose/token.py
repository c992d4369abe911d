"""What a presented token is: its kind, version, issuer, audience, and whose it is, told by its claims.

Recognised before anything else is compared, because a token of the wrong kind is the diagnosis (entra-tokens section 5).
"""

from typing import Any, Literal

from msgspec import Struct, field

from apimdoctor.diagnose.intake import Presented
from apimdoctor.entra import issuers, microsoft

Kind = Literal[
    "none",
    "access token",
    "ID token",
    "Microsoft Graph token",
    "token of a Microsoft API",
    "B2C token",
    "External ID token",
    "token of another provider",
    "encrypted token",
    "opaque token",
    "SAML assertion",
    "refresh token or authorization code",
    "proof-of-possession token",
    "malformed token",
]
Flow = Literal["delegated", "application", ""]

_UNREADABLE: dict[str, Kind] = {
    "none": "none",
    "jwe": "encrypted token",
    "saml": "SAML assertion",
    "opaque": "opaque token",
    "refresh token or authorization code": "refresh token or authorization code",
    "malformed": "malformed token",
    "too large": "malformed token",
}
WRONG_KINDS: frozenset[Kind] = frozenset(
    {
        "ID token",
        "Microsoft Graph token",
        "token of a Microsoft API",
        "encrypted token",
        "opaque token",
        "SAML assertion",
        "refresh token or authorization code",
        "proof-of-possession token",
        "malformed token",
    }
)
"""Kinds that are no access token for anybody's own API."""


class Token(Struct, frozen=True):
    """A token with what its claims tell. `why` says by what its kind was recognised."""

    kind: Kind
    why: str = ""
    version: int | None = None
    issuer: str = ""
    tenant: str = ""
    audiences: tuple[str, ...] = ()
    client: str = ""
    flow: Flow = ""
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    scheme: str = ""
    readable: bool = False
    signed: str = ""
    label: str = "the caller's token"
    """Whose it is, for messages."""

    def __repr__(self) -> str:
        return f"Token(kind={self.kind!r}, version={self.version!r}, label={self.label!r})"  # nothing of a person

    def values(self, claim: str, separator: str = "") -> tuple[str, ...] | None:
        """The values of a claim as the gateway compares them, None when the token does not carry it."""
        if claim not in self.claims or self.claims[claim] is None:
            return None
        value = self.claims[claim]
        if isinstance(value, list):
            return tuple(_word(item) for item in value)
        text = _word(value)
        return tuple(part for part in text.split(separator) if part) if separator else (text,)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def understand(presented: Presented) -> Token:
    """Tell what a presented token is."""
    if presented.form in _UNREADABLE:
        return Token(_UNREADABLE[presented.form], presented.trouble, scheme=presented.scheme, header=presented.header)
    claims, header = presented.claims, presented.header
    issuer = _text(claims, "iss")
    read = issuers.read(issuer)
    kind, why = _kind(presented, read)
    return Token(
        kind=kind,
        why=why,
        version=_version(claims, read),
        issuer=issuer,
        tenant=(_text(claims, "tid") or read.tenant_id).lower(),
        audiences=_audiences(claims),
        client=(_text(claims, "azp") or _text(claims, "appid")).lower(),
        flow=_flow(claims),
        header=header,
        claims=claims,
        scheme=presented.scheme,
        readable=True,
        signed=presented.signed,
    )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _audiences(claims: dict[str, Any]) -> tuple[str, ...]:
    value = claims.get("aud")
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return (value,) if isinstance(value, str) else ()


def _version(claims: dict[str, Any], read: issuers.Issuer) -> int | None:
    # B2C tokens say ver 1.0 whatever their issuer ends with (entra-tokens 2.2), so `ver` counts for workforce issuers.
    told = _text(claims, "ver")
    if told in ("1.0", "2.0"):
        return int(told[0])
    return {"v1 issuer": 1, "v2 issuer": 2}.get(read.form)


def _kind(presented: Presented, read: issuers.Issuer) -> tuple[Kind, str]:
    claims, header = presented.claims, presented.header
    if presented.scheme.lower() == "pop" or (_text(header, "typ").lower() == "pop" and "at" in claims):
        return "proof-of-possession token", "the scheme or header says PoP; the access token is in its claim at"
    api = next((found for audience in _audiences(claims) if (found := microsoft.api_named(audience))), None)
    if api is not None and api.name == "Microsoft Graph":
        nonce = ", and its header carries a nonce" if "nonce" in header else ""
        return "Microsoft Graph token", f"its audience is Microsoft Graph{nonce}"
    if api is not None:
        return "token of a Microsoft API", f"its audience is {api.name}"
    if read.form.startswith("b2c") or "tfp" in claims:
        return "B2C token", "its issuer or claim tfp names a B2C user flow"
    if _is_id_token(claims):
        return "ID token", "it carries claims of a sign-in (nonce, at_hash or c_hash) and neither scp nor a client id"
    if read.form.startswith("external id"):
        return "External ID token", "its issuer is an External ID tenant"
    if not read.entra:
        return "token of another provider", "its issuer is none of Entra ID"
    return "access token", "its issuer is Entra ID and it carries the claims of an access token"


def _is_id_token(claims: dict[str, Any]) -> bool:
    sign_in = any(name in claims for name in ("nonce", "at_hash", "c_hash"))
    return sign_in and not any(name in claims for name in ("scp", "appid", "azp", "roles"))


def _flow(claims: dict[str, Any]) -> Flow:
    told = _text(claims, "idtyp")
    if told in ("app", "user"):
        return "application" if told == "app" else "delegated"
    if claims.get("scp"):
        return "delegated"
    same = claims.get("sub") and claims.get("sub") == claims.get("oid")
    return "application" if same else ""
