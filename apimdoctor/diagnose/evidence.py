"""What an error text tells: messages of the gateway, of the token library, of Easy Auth, of Entra ID and of browsers.

The messages and their meaning: domain facts on validate-jwt's failure catalogue (apim-policies section 3) and on
IdentityModel codes (entra-tokens section 6). The code is read first, its arguments only when they are there: they may
be hidden as personal data.
"""

import re
from typing import Literal

from msgspec import Struct

MOST_CHARACTERS = 256 * 1024

Layer = Literal["", "gateway token check", "gateway", "subscription key", "easy auth", "entra", "browser", "deployment"]


class Evidence(Struct, frozen=True):
    """What an error text tells, "" or empty where it tells nothing."""

    text: str = ""
    status: int = 0
    codes: tuple[str, ...] = ()
    """IDX and AADSTS codes in order of appearance."""
    layer: Layer = ""
    token_missing: bool = False
    issuer_seen: str = ""
    """The issuer of the token that the validator saw."""
    issuers_accepted: tuple[str, ...] = ()
    audiences_seen: tuple[str, ...] = ()
    audiences_accepted: tuple[str, ...] = ()
    claim_expected: tuple[str, str] = ("", "")
    """From "Claim value mismatch: name=value": the value is the expected one (as reported)."""
    claims_missing: tuple[str, ...] = ()
    kid_unmatched: bool = False
    signature_invalid: bool = False
    expired: bool = False
    not_yet_valid: bool = False
    key_mismatch: bool = False
    """IDX10634 and the like: the key cannot verify the token's algorithm."""
    expression_failed: bool = False
    named_value_missing: str = ""
    preflight: bool = False
    metadata_unreachable: bool = False
    hidden: bool = False
    """Arguments are hidden as personal data."""


_CODE = re.compile(r"\b(IDX\d{5}|IDW\d{5}|AADSTS\d{5,7})\b")
_STATUS = re.compile(
    r"(?:\"statusCode\"\s*:\s*|\bHTTP/\d(?:\.\d)?\s+|^\s*|\bstatus(?: code)?:?\s+)([45]\d\d)\b",
    re.IGNORECASE | re.MULTILINE,
)
_ISSUER = re.compile(r"(?<!Valid)Issuer: '([^']{1,400})'")
_VALID_ISSUERS = re.compile(r"ValidIssuers?: '([^']{0,4000})'")
_CONFIGURED_ISSUER = re.compile(r"configuration[^']{0,40}issuer: '([^']{1,400})'", re.IGNORECASE)
_AUDIENCES = re.compile(r"(?<!Valid)Audiences?: '([^']{1,2000})'")
_VALID_AUDIENCES = re.compile(r"ValidAudiences?: '([^']{0,4000})'")
_CLAIM = re.compile(r"Claim value mismatch:\s*([A-Za-z_][\w:/.-]{0,80})=([^\s\"]{0,400})")
_MISSING = re.compile(r"missing the following claims:\s*([\w:/., -]{1,400})", re.IGNORECASE)
_NAMED_VALUE = re.compile(r"Cannot find a property '([^']{1,200})'")
_NO_ISSUER = re.compile(r"no issuer named\s+(\S{1,400})", re.IGNORECASE)

_KID = {"IDX10500", "IDX10501", "IDX10502", "IDX10503", "IDX10516", "IDX10517"}
_SIGNATURE = {"IDX10511", "IDX10508"}
_KEYS = {"IDX10634", "IDX10653", "IDX10720", "IDX10696", "IDX10518"}
_METADATA = {"IDX10261", "IDX20803", "IDX20804", "IDX20807", "IDX20808", "IDX20809", "IDX20806", "IDX10204"}


def read(text: str) -> Evidence:
    """Read an error text: a response body, a trace line, a browser's message, or several of them."""
    text = text[:MOST_CHARACTERS]
    low = text.lower()
    codes = tuple(dict.fromkeys(_CODE.findall(text)))
    seen = set(codes)
    status = _STATUS.search(text)
    claim = _CLAIM.search(text)
    missing = _MISSING.search(text)
    named = _NAMED_VALUE.search(text)
    issuer = _ISSUER.search(text) or _NO_ISSUER.search(text)
    return Evidence(
        text=text,
        status=int(status.group(1)) if status else 0,
        codes=codes,
        layer=_layer(low, codes, bool(named)),
        token_missing="jwt not present" in low or "tokennotpresent" in low or "tokennotfound" in low,
        issuer_seen=issuer.group(1).rstrip(".,;") if issuer else "",
        issuers_accepted=_several(_VALID_ISSUERS.findall(text) + _CONFIGURED_ISSUER.findall(text)),
        audiences_seen=_several([m for m in _AUDIENCES.findall(text) if "IDX10214" in seen or "IDX10215" in seen]),
        audiences_accepted=_several(_VALID_AUDIENCES.findall(text)),
        claim_expected=(claim.group(1), claim.group(2).rstrip(".,;'}")) if claim else ("", ""),
        claims_missing=tuple(w.strip(" .") for w in missing.group(1).split(",") if w.strip(" .")) if missing else (),
        kid_unmatched=bool(seen & _KID) or "tokensignaturekeynotfound" in low,
        signature_invalid=bool(seen & _SIGNATURE) or "invalid signature" in low or "tokensignatureinvalid" in low,
        expired="IDX10223" in seen or "tokenexpired" in low,
        not_yet_valid="IDX10222" in seen,
        key_mismatch=bool(seen & _KEYS),
        expression_failed="expressionvalueevaluationfailure" in low
        or "expression evaluation failed" in low
        or "expression value is invalid" in low,
        named_value_missing=named.group(1) if named else "",
        preflight=_browser(low),
        metadata_unreachable=bool(seen & _METADATA),
        hidden="is hidden" in low or "pii" in low or "'system.string'" in low,
    )


def _several(found: list[str]) -> tuple[str, ...]:
    split = (part.strip() for text in found for part in text.split(","))
    return tuple(dict.fromkeys(p for p in split if p and p.lower() != "null"))


def _browser(low: str) -> bool:
    return "cross-origin" in low or "preflight" in low or "access-control-allow" in low or "cors policy" in low


def _layer(low: str, codes: tuple[str, ...], named_value: bool) -> Layer:
    marks: tuple[tuple[bool, Layer], ...] = (
        (named_value, "deployment"),
        ("subscription key" in low or "subscriptionkey" in low, "subscription key"),
        ("you do not have permission to view this directory" in low, "easy auth"),
        (any(c.startswith("AADSTS") for c in codes), "entra"),
        (_browser(low), "browser"),
        ("jwt validation failed" in low or "validate-jwt" in low or "jwt not present" in low, "gateway token check"),
        (any(c.startswith("IDX") for c in codes), "gateway token check"),
        ("expressionvalueevaluationfailure" in low or "expression value is invalid" in low, "gateway"),
    )
    return next((layer for found, layer in marks if found), "")
