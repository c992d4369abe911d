"""One token against one token check: what the gateway compares, in its order, and the message it gives.

Order of IdentityModel (entra-tokens 6.1): signature, lifetime, audience, issuer; when no key fits the token, lifetime,
issuer, audience and only then the key. Then required-claims (apim-policies section 3). The first failure hides the rest.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from apimdoctor.diagnose import signature
from apimdoctor.diagnose.signature import Key
from apimdoctor.diagnose.token import Token
from apimdoctor.entra import metadata
from apimdoctor.facts import values
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import RequiredClaim, TokenCheck

What = Literal[
    "present", "form", "key", "signature", "lifetime", "audience", "issuer", "tenant", "client", "claim", "settings"
]

_SYMMETRIC = ("HS256", "HS384", "HS512")


class Test(Struct, frozen=True):
    """One comparison: `passed` True, False, or None when it cannot be decided (`detail` says why)."""

    what: What
    passed: bool | None
    detail: str
    expected: str = ""
    seen: str = ""
    message: str = ""
    """What the gateway answers or traces when it fails."""
    reason: str = ""
    """context.LastError.Reason when it fails."""
    claim: str = ""


class Checked(Struct, frozen=True):
    """The outcome of one token check for one token: its tests in order, and the first that fails or stays open."""

    check: TokenCheck
    token: Token
    tests: tuple[Test, ...]

    @property
    def failed(self) -> Test | None:
        """The first test that fails; None when none does, or when an open one comes first."""
        return next((t for t in self.tests if t.passed is False), None)

    @property
    def undecided(self) -> Test | None:
        """The first test that cannot be decided."""
        return next((t for t in self.tests if t.passed is None), None)

    @property
    def passed(self) -> bool | None:
        """True, False, or None when it cannot be decided. A failing test decides, whatever stays open beside it."""
        if self.failed is not None:
            return False
        return None if self.undecided is not None else True


def check_token(
    check: TokenCheck, token: Token, now: float | None = None, keys: Sequence[Key] | None = None
) -> Checked:
    """Compare a token with a check. `now` in seconds since 1970; None: the lifetime is taken to be right.

    `keys` are those of the metadata the check trusts; None: they were not fetched, and the signature counts as right.
    """
    return Checked(check, token, tuple(_tests(check, token, now, keys)))


def _tests(check: TokenCheck, token: Token, now: float | None, keys: Sequence[Key] | None) -> Iterator[Test]:
    yield from _present(check, token)
    if token.kind == "none" or not token.readable:
        return
    key = _key(check, token) or _signed(token, keys)
    lifetime = _lifetime(check, token, now)
    audience, issuer = _audience(check, token), _issuer(check, token)
    if key is not None and key.what == "key":
        yield from (*lifetime, *issuer, *audience, key)
    else:
        yield from (*((key,) if key else ()), *lifetime, *audience, *issuer)
    yield from _client(check, token)
    yield from (_claim(claim, token) for claim in check.claims)


def _present(check: TokenCheck, token: Token) -> Iterator[Test]:
    if check.token_from == "":
        yield Test("settings", False, "the check names no place to read the token from", message="JWT not present.")
        return
    place = check.token_from if isinstance(check.token_from, str) else "an expression"
    wanted = check.scheme if isinstance(check.scheme, str) else ""
    if token.kind == "none":
        yield Test("present", False, f"nothing stands in {place}", message="JWT not present.", reason="TokenNotPresent")
    elif wanted and token.scheme and token.scheme.lower() != wanted.lower():
        detail = f"the scheme is {token.scheme}, the check wants {wanted}"
        yield Test("present", False, detail, wanted, token.scheme, "JWT not present.", "TokenNotPresent")
    elif not token.readable:
        detail = f"this is a {token.kind}: {token.why}"
        yield Test(
            "form",
            False,
            detail,
            "a signed JWT",
            token.kind,
            "JWT Validation Failed: IDX12741 or IDX14100",
            "JwtInvalid",
        )
    else:
        yield Test("present", True, f"a token stands in {place}")


def _key(check: TokenCheck, token: Token) -> Test | None:
    algorithm = str(token.header.get("alg", ""))
    if algorithm.lower() == "none":
        if check.requires_signature is False:
            return Test("signature", True, "the check accepts unsigned tokens")
        return Test(
            "signature",
            False,
            "the token is not signed",
            message=_idx("IDX10504", "it has no signature"),
            reason="JwtInvalid",
        )
    if token.kind == "Microsoft Graph token" and ("nonce" in token.header or not token.header):
        detail = "Microsoft Graph's tokens are signed so that only Graph can verify them"
        return Test(
            "signature",
            False,
            detail,
            message=_idx("IDX10511", "the signature is not valid"),
            reason="TokenSignatureInvalid",
        )
    kinds = {source.kind for source in check.key_sources}
    if kinds == {"symmetric"} and algorithm and algorithm not in _SYMMETRIC:
        detail = f"the key is read as a symmetric one, and the token is signed with {algorithm}"
        message = f"IDX10634: Unable to create the SignatureProvider. Algorithm: '{algorithm}', SecurityKey: SymmetricSecurityKey"
        return Test("signature", False, detail, "HS256", algorithm, message, "JwtInvalid")
    if not kinds and check.element == "validate-jwt":
        return Test(
            "key",
            False,
            "the check has no keys",
            message=_idx("IDX10500", "no keys were provided"),
            reason="TokenSignatureKeyNotFound",
        )
    return _key_family(check, token)


def _signed(token: Token, keys: Sequence[Key] | None) -> Test | None:
    right, why = signature.verdict(token, keys)
    if right is None:
        return None
    if right:
        return Test("signature", True, why)
    if "kid" in why:
        return Test(
            "key",
            False,
            why,
            message=_idx("IDX10503", "its kid did not match any keys"),
            reason="TokenSignatureKeyNotFound",
        )
    return Test(
        "signature", False, why, message=_idx("IDX10511", "the signature is not valid"), reason="TokenSignatureInvalid"
    )


_OWN_KEYS = {
    "access token": "workforce",
    "ID token": "workforce",
    "B2C token": "b2c",
    "External ID token": "external id",
    "token of another provider": "other provider",
}


def _key_family(check: TokenCheck, token: Token) -> Test | None:
    """Whether the metadata that the check trusts lists the kind of keys this token is signed with (entra-tokens 2.3)."""
    if not check.metadata or any(source.kind != "metadata" for source in check.key_sources):
        return None
    addresses = [metadata.read_url(m.url) if isinstance(m.url, str) else None for m in check.metadata]
    if all(a is not None and a.form in metadata.MALFORMED for a in addresses):
        detail = "the metadata address is none that Entra ID documents, so no keys are loaded"
        return Test(
            "key", False, detail, message=_idx("IDX20803", "unable to obtain configuration"), reason="JwtInvalid"
        )
    own = _OWN_KEYS.get(token.kind, "")
    listed = [a.keys or a.form if a is not None else "?" for a in addresses]
    if not own or "?" in listed or any(keys.startswith(own) for keys in listed):
        return None
    shown = ", ".join(sorted(set(listed)))
    detail = f"the token is signed with keys of the kind {own}, the metadata lists {shown}"
    message = _idx("IDX10503", "its kid did not match any keys")
    return Test("key", False, detail, shown, own, message, "TokenSignatureKeyNotFound")


def _lifetime(check: TokenCheck, token: Token, now: float | None) -> tuple[Test, ...]:
    expires, begins = _seconds(token, "exp"), _seconds(token, "nbf")
    if expires is None:
        if check.requires_expiry is False or "exp" in token.claims:
            return ()
        return (
            Test(
                "lifetime",
                False,
                "the token has no exp",
                message=_idx("IDX10225", "it has no expiration time"),
                reason="JwtInvalid",
            ),
        )
    if now is None:
        return ()
    skew = check.clock_skew_seconds if isinstance(check.clock_skew_seconds, int) else 0
    if now > expires + skew:
        return (
            Test(
                "lifetime",
                False,
                "the token has expired",
                message=_idx("IDX10223", "the token is expired"),
                reason="TokenExpired",
            ),
        )
    if begins is not None and now < begins - skew:
        return (
            Test(
                "lifetime",
                False,
                "the token is not valid yet",
                message=_idx("IDX10222", "the token is not yet valid"),
                reason="JwtInvalid",
            ),
        )
    return (Test("lifetime", True, "the token is within its lifetime"),)


def _seconds(token: Token, claim: str) -> float | None:
    value = token.claims.get(claim)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _audience(check: TokenCheck, token: Token) -> tuple[Test, ...]:
    if check.audiences.all or values.empty(check.audiences) is True:
        return ()
    message = f"JWT Validation Failed: IDX10214: Audience validation failed. Audiences: '{', '.join(token.audiences)}'."
    return (_any_of("audience", check.audiences, token.audiences, message, "TokenAudienceNotAllowed"),)


def _issuer(check: TokenCheck, token: Token) -> tuple[Test, ...]:
    if check.accepted_issuers.all:
        return ()
    message = (
        f"JWT Validation Failed: IDX10205: Issuer validation failed. Issuer: '{token.issuer}'. "
        f"Did not match: ValidIssuers: '{', '.join(check.accepted_issuers.known)}'."
    )
    if check.element == "validate-azure-ad-token":
        message = f"JWT Validation Failed: the issuer '{token.issuer}' is none of the tenant"
    return (_any_of("issuer", check.accepted_issuers, (token.issuer,), message, "TokenIssuerNotAllowed"),)


def _client(check: TokenCheck, token: Token) -> tuple[Test, ...]:
    if check.element != "validate-azure-ad-token" or check.accepted_clients.all:
        return ()
    return (
        _any_of(
            "client",
            check.accepted_clients,
            (token.client,),
            "JWT Validation Failed: the client is not allowed",
            "JwtInvalid",
        ),
    )


def _any_of(what: What, accepted: Values, seen: tuple[str, ...], message: str, reason: str) -> Test:
    """Whether one of the token's values is among the accepted ones. No slash is forgiven here: see apim-policies 3."""
    answer = values.meets(accepted, values.known(*seen)) if seen else False
    shown = ", ".join(seen) or "nothing"
    if isinstance(answer, Unknown):
        return Test(what, None, answer.because, str(accepted), shown)
    if answer:
        return Test(what, True, f"the {what} {shown} is accepted", str(accepted), shown)
    return Test(what, False, f"the {what} {shown} is not accepted", str(accepted), shown, message, reason)


def _claim(claim: RequiredClaim, token: Token) -> Test:
    if isinstance(claim.name, Unknown):
        return Test("claim", None, claim.name.because)
    separator = claim.separator if isinstance(claim.separator, str) else ""
    seen = token.values(claim.name, separator)
    if seen is None:
        message = f"JWT Validation Failed: JWT token is missing the following claims: {claim.name}."
        return Test(
            "claim",
            False,
            f"the token carries no {claim.name}",
            str(claim.values),
            "",
            message,
            "TokenClaimNotFound",
            claim.name,
        )
    if claim.count == 0:
        return Test("claim", True, f"the token carries {claim.name}", claim=claim.name)
    answer = (
        values.meets(claim.values, values.known(*seen))
        if claim.asks_for == "any"
        else values.within(claim.values, values.known(*seen))
    )
    shown = ", ".join(seen)
    if isinstance(answer, Unknown):
        return Test("claim", None, answer.because, str(claim.values), shown, claim=claim.name)
    if answer:
        return Test("claim", True, f"{claim.name} is {shown}", str(claim.values), shown, claim=claim.name)
    message = f"JWT Validation Failed: Claim value mismatch: {claim.name}={claim.values}."
    return Test(
        "claim",
        False,
        f"{claim.name} is {shown}, not {claim.values}",
        str(claim.values),
        shown,
        message,
        "TokenClaimValueNotAllowed",
        claim.name,
    )


def _idx(code: str, words: str) -> str:
    return f"JWT Validation Failed: {code}: {words}."
