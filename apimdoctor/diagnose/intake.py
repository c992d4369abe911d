"""What a person pasted as a token: its form, and its header and claims when they can be read without a key.

Nothing here verifies a signature, stores the token or prints it. A `Presented` keeps the signed text only for a later
signature check and never shows it.
"""

import json
import re
from typing import Any, Literal

from msgspec import Struct, field

from apimdoctor.errors import ApimDoctorError

MOST_BYTES = 1024 * 1024
"""More than any header can carry; larger input is refused unread."""
GATEWAY_BYTES = 250 * 1024
"""IdentityModel refuses larger tokens with IDX10209 (entra-tokens 6.1)."""

Form = Literal[
    "jwt",
    "jwe",
    "claims",
    "none",
    "saml",
    "opaque",
    "refresh token or authorization code",
    "malformed",
    "too large",
]


class Presented(Struct, frozen=True):
    """A token as presented. `scheme` is the word before it (`Bearer`, `PoP`), "" when there was none."""

    form: Form
    scheme: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    trouble: str = ""
    """Why it could not be read, in one sentence."""
    duplicates: tuple[str, ...] = ()
    """Claims written twice; readers disagree which one counts."""
    signed: str = ""
    """The compact token, for checking its signature against metadata keys; "" when only claims were given."""

    def __repr__(self) -> str:
        return f"Presented(form={self.form!r}, scheme={self.scheme!r}, trouble={self.trouble!r})"


NOTHING = Presented("none")

_HEADER_LINE = re.compile(
    r"^[\s>*-]*(?:curl\b.*?-H\s*)?['\"]?(?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?", re.IGNORECASE
)
_SCHEME = re.compile(r"^(Bearer|PoP|mtls_pop|Basic|SharedKey|Negotiate|DPoP)(?:\s+|$)", re.IGNORECASE)
_BASE64URL = re.compile(r"^[A-Za-z0-9_-]*={0,2}$")
_ENTRA_OPAQUE = re.compile(r"^[01]\.[A-Za-z]")


def read_token(text: str) -> Presented:
    """Read a compact JWT, `Bearer ...`, a pasted header line, or whatever else was pasted instead.

    Kinds other than a JWT are recognised by form (entra-tokens section 5); raises ApimDoctorError only for input larger
    than `MOST_BYTES`.
    """
    if len(text) > MOST_BYTES:
        raise ApimDoctorError(
            "the token is larger than 1 MiB", "Pass the access token alone: one line of three parts with dots between."
        )
    token = text.lstrip("\ufeff").strip()
    token = _HEADER_LINE.sub("", token, count=1)
    scheme_match = _SCHEME.match(token)
    scheme = scheme_match.group(1) if scheme_match else ""
    token = token[scheme_match.end() :] if scheme_match else token
    token = token.strip().strip("'\"").strip()
    if not token:
        return Presented("none", scheme)
    if token.startswith("{"):
        return read_claims(token)
    return _recognise("".join(token.split()), scheme)


def _recognise(token: str, scheme: str) -> Presented:
    if len(token) > GATEWAY_BYTES:
        return Presented(
            "too large", scheme, trouble="the token is larger than 250 KiB, which the gateway refuses (IDX10209)"
        )
    if token.startswith(("<", "PHNhbW", "PD94")):
        return Presented("saml", scheme, trouble="this is a SAML assertion, not a JWT")
    parts = token.split(".")
    if len(parts) == 1:
        return Presented("opaque", scheme, trouble="a JWT has three parts with dots between; this text has none")
    if not all(_BASE64URL.match(part) for part in parts):
        return Presented("malformed", scheme, trouble="a part of the token is not base64url")
    header, trouble, _ = _part(parts[0], "header")
    if header is None:
        if _ENTRA_OPAQUE.match(token):
            return Presented(
                "refresh token or authorization code", scheme, trouble="it begins as Entra's opaque tokens do"
            )
        return Presented("malformed", scheme, trouble=trouble)
    if len(parts) == 5 and "enc" in header:
        return Presented("jwe", scheme, header, trouble="the token is encrypted: only its receiver can read the claims")
    if len(parts) != 3:
        return Presented(
            "malformed", scheme, header, trouble=f"a signed JWT has three parts, this one has {len(parts)}"
        )
    claims, trouble, twice = _part(parts[1], "payload")
    if claims is None:
        return Presented("malformed", scheme, header, trouble=trouble)
    return Presented("jwt", scheme, header, claims, duplicates=twice, signed=token)


def _part(segment: str, name: str) -> tuple[dict[str, Any] | None, str, tuple[str, ...]]:
    # pyjwt decodes; it is imported here because most commands never see a token.
    from jwt.utils import base64url_decode

    try:
        raw = base64url_decode(segment)
    except ValueError:
        return None, f"the {name} is not base64url", ()
    return _json_object(raw, name)


def _json_object(raw: bytes | str, name: str) -> tuple[dict[str, Any] | None, str, tuple[str, ...]]:
    twice: set[str] = set()

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                twice.add(key)
            seen[key] = value
        return seen

    try:
        value = json.loads(raw, object_pairs_hook=once, parse_constant=_no_constant)
    except RecursionError:
        return None, f"the {name} is nested too deeply to be a token's", ()
    except (ValueError, UnicodeDecodeError):
        return None, f"the {name} is not JSON", ()
    if not isinstance(value, dict):
        return None, f"the {name} is JSON, but no object", ()
    return value, "", tuple(sorted(twice))


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def read_claims(text: str) -> Presented:
    """Read claims as JSON: the claims themselves, or `{"header": {...}, "payload": {...}}` as token debuggers show them.

    Raises ApimDoctorError when the text is no JSON object.
    """
    if len(text) > MOST_BYTES:
        raise ApimDoctorError(
            "the claims are larger than 1 MiB", "Pass the decoded token's payload as one JSON object."
        )
    value, trouble, twice = _json_object(text.lstrip("\ufeff"), "text")
    if value is None:
        raise ApimDoctorError(
            f"the claims could not be read: {trouble}", "Pass the decoded token's payload as one JSON object."
        )
    for key in ("payload", "claims"):
        if isinstance(value.get(key), dict):
            header = value.get("header")
            return Presented("claims", "", header if isinstance(header, dict) else {}, value[key], duplicates=twice)
    return Presented("claims", "", {}, value, duplicates=twice)
