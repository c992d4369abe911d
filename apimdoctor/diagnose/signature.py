"""A token's signature against the keys of fetched metadata: public material only, and only when both are there."""

from collections.abc import Iterable, Sequence

from apimdoctor.diagnose.token import Token
from apimdoctor.facts.vocabulary import TokenCheck
from apimdoctor.snapshot import OpenIdMetadata

Key = tuple[str, str, str]
"""kid, n, e (base64url)."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256")


def keys_for(check: TokenCheck, fetched: Iterable[OpenIdMetadata]) -> tuple[Key, ...] | None:
    """The keys of all metadata a check trusts; None unless every one of its documents was fetched."""
    by_url = {m.url.rstrip("/").lower(): m for m in fetched if m.keys}
    wanted = [m.url for m in check.metadata]
    if not wanted or any(source.kind != "metadata" for source in check.key_sources):
        return None
    found = [by_url.get(url.rstrip("/").lower()) if isinstance(url, str) else None for url in wanted]
    known = [m for m in found if m is not None]
    return tuple(key for m in known for key in m.keys) if len(known) == len(wanted) else None


def verdict(token: Token, keys: Sequence[Key] | None) -> tuple[bool | None, str]:
    """Whether the signature is right, and why; None: it cannot be checked with what is here."""
    if keys is None or not token.signed:
        return None, ""
    kid = token.header.get("kid")
    fitting = [key for key in keys if key[0] == kid] if isinstance(kid, str) else list(keys)
    if not fitting:
        return False, f"its kid {str(kid)[:60]} is none of the {len(keys)} keys that the metadata lists"
    if token.header.get("alg") not in ALGORITHMS:
        return None, "its algorithm is none that is checked here"
    return (
        (True, "the signature is right")
        if any(_verifies(token, key) for key in fitting)
        else (False, "the signature is not valid")
    )


def _verifies(token: Token, key: Key) -> bool:
    # Imported here: cryptography is slow to load, and most diagnoses have claims only.
    import jwt

    try:
        public = jwt.PyJWK({"kty": "RSA", "n": key[1], "e": key[2], "kid": key[0]}, algorithm=token.header["alg"])
        jwt.PyJWS().decode_complete(token.signed, public, algorithms=list(ALGORITHMS))
    except (jwt.PyJWTError, ValueError):
        return False
    return True
