"""The forms that literal secrets have: the names they stand under, the prefixes they start with, and randomness.

Each search runs only where a word of it occurs, since `in` is a hundred times faster than an alternation; every pattern
is bounded or starts at a place no other start can reach, so that the cost stays linear in hostile text too.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int, str]
"""Start, end and kind of a secret in a text."""

SECRET_MEMBERS = frozenset(
    {
        "accessKey",
        "clientSecret",
        "connectionString",
        "customKeyIdentifier",
        "instrumentationKey",
        "key1",
        "key2",
        "password",
        "primaryKey",
        "resourceOwnerPassword",
        "secondaryKey",
        "secretText",
    }
)
"""JSON names whose text is a secret whatever it looks like."""

ID_MEMBERS = frozenset(
    {"id", "principalId", "resourceId", "appRoleId", "clientId", "appId", "type", "@odata.context", "thumbprint"}
)
"""JSON names whose text is an identifier, though it may look random (Graph's ids of grants are base64)."""

_MASKED = "\u2022"

# Headers and parameters whose value is a credential (learn.microsoft.com/azure/api-management/api-management-subscriptions,
# learn.microsoft.com/azure/azure-functions/function-keys-how-to).
_CREDENTIAL_NAME = (
    r"(?i:(?:proxy-)?authorization|ocp-apim-subscription-key|(?:x-)?functions-key|x-api-?key|api-?key|subscription-key|"
    r"x-auth-token|x-access-token|[\w-]{0,40}(?:secret|password|api-?key|auth-key)|code|sig)"
)
_ELEMENT = re.compile(
    r"<(?:set-header|check-header|set-query-parameter|header|parameter)\s[^<>]{0,200}?"
    rf"name\s*=\s*[\"']{_CREDENTIAL_NAME}[\"'][^<>]{{0,200}}(?<!/)>"
)
_VALUE = re.compile(r"\s*(?:<!--[^<>]*-->\s*)*<value>(?:<!\[CDATA\[)?(?P<value>[^<]*?)(?:\]\]>)?</value>")
_KEY_ELEMENT = re.compile(r"<key(?:\s[^<>]*)?(?<!/)>\s*(?:<!\[CDATA\[)?(?P<value>[^<]*?)(?:\]\]>)?\s*</key>")
_ATTRIBUTE = re.compile(
    r"<authentication-(?:basic|certificate)\s[^<>]*?\b(?:password|body)\s*=\s*(?:\"(?P<value>[^\"]*)\"|'(?P<other>[^']*)')"
)
_VARIABLE = re.compile(
    r"<set-variable\s+name\s*=\s*[\"'][^\"'<>]{0,80}?(?i:secret|password|passwd|api[-_]?key|access[-_]?key)[^\"'<>]{0,80}[\"']"
    r"\s+value\s*=\s*(?:\"(?P<value>[^\"@{}<]{8,})\"|'(?P<other>[^'@{}<]{8,})')"
)
_QUOTE = r"(?:\\{0,2}[\"']|&quot;|&apos;|&#3[49];)"
_PAIR = re.compile(rf"\s*\(\s*{_QUOTE}(?P<value>[^\"'&{{}}@\u2022]+:[^\"'&{{}}@\u2022]+){_QUOTE}")
_SCHEME_VALUE = re.compile(
    r"\s{1,4}(?P<value>[A-Za-z0-9._~+/-]{6,}+={0,2}+)(?![\"'=(:\\])|\s{1,4}(?P<other>[A-Za-z0-9._~+/-]{16,}+={0,2}+)"
)
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9-]{2,24})\s+(?=\S)")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?")
_PEM = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]{3,40})-----(?P<value>[A-Za-z0-9+/=\s\\]{32,}+)")
_ENTRA_SECRET = re.compile(r"(?<![\w~.-])[\w~.-]{3}[78]Q~[\w~.-]{30,36}(?![\w~.-])")
_LONG = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}+={0,2}+")

_ASSIGNED = re.compile(r"(?P<value>[^\s&;\"'<>(){}@$\\\u2022][^\s&;\"'<>(){}\\\u2022]{3,})")
_MEMBER = re.compile(rf"{_QUOTE}\s{{0,8}}:\s{{0,8}}{_QUOTE}(?P<value>[^\"'&{{}}@<\\\u2022]{{4,}}){_QUOTE}")
_COMPARED = re.compile(
    rf"{_QUOTE}[^\n;]{{0,60}}?[)\]]+\s{{0,8}}(?:==|!=|\.Equals\s{{0,4}}\()\s{{0,8}}{_QUOTE}(?P<value>[^\"'&{{}}<\u2022]{{4,}}){_QUOTE}"
)
_HERE = r"(?:[?&;\"'>]|^)$"

_GUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_WORDS = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}|\d{5,}|[^A-Za-z0-9]+")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_THUMBPRINTS = (40, 64)
"""Lengths of SHA-1 and SHA-256 in hexadecimal: thumbprints and hashes, which are no secrets."""
_PUBLIC = re.compile(
    r"(?:\b(?:n|e|id|kid|x5t|thumbprint|certificate-id|fingerprint|integrity)\s?=\s?[\"']|<(?:audience|issuer|application-id)>\s*)$"
)
_SECRET_NAME = re.compile(r"(?i:secret|password|passwd|pwd|(?:api|access|function|subscription|shared)[-_]?key)")
_TEMPLATED = re.compile(r"\{\{|@\(|@\{|\$\{|\$\(|://")

# Words that introduce a secret: what follows `word=`, `"word": "` or (for headers) `"word") == "`.
_INTRODUCTIONS: tuple[tuple[str, str], ...] = (
    ("code", "key"),
    ("sig", "signature"),
    ("secret", "secret"),
    ("client_assertion", "token"),
    ("access_token", "token"),
    ("refresh_token", "token"),
    ("password", "password"),
    ("passwd", "password"),
    ("pwd", "password"),
    ("subscription-key", "key"),
    ("functions-key", "key"),
    ("api-key", "key"),
    ("api_key", "key"),
    ("apikey", "key"),
    ("sharedaccesskey", "key"),
    ("accountkey", "key"),
    ("sharedaccesssignature", "signature"),
    ("instrumentationkey", "key"),
    ("authorization", "token"),
    ("auth-token", "token"),
)
_ASSIGNED_ONLY = frozenset({"code", "sig"})
"""Words too common for a JSON member or a comparison to mean anything."""


def text_spans(text: str) -> Iterator[Span]:
    """The secrets in any text."""
    if len(text) < 8:
        return
    low = text.lower()
    yield from _introduced(text, low)
    yield from _schemes(text, low)
    if "eyj" in low:
        yield from ((found.start(), found.end(), "token") for found in _JWT.finditer(text))
    if "-----begin " in low:
        yield from _pem(text)
    if "q~" in low:
        yield from ((found.start(), found.end(), "secret") for found in _ENTRA_SECRET.finditer(text))
    if len(text) >= 32:
        for found in _LONG.finditer(text):
            if _is_random(found[0]) and not _is_public(text, found.start()):
                yield found.start(), found.end(), "key"


def policy_spans(text: str) -> Iterator[Span]:
    """The secrets in a policy text."""
    yield from text_spans(text)
    if "-header" in text or "<set-query-parameter" in text or "<header" in text:
        for element in _ELEMENT.finditer(text):
            value = _VALUE.match(text, element.end())
            while value is not None:
                yield from _credential(text, *value.span("value"))
                value = _VALUE.match(text, value.end())
    if "<key" in text:
        for found in _KEY_ELEMENT.finditer(text):
            yield from _key(text, *found.span("value"))
    if "<authentication-" in text:
        for found in _ATTRIBUTE.finditer(text):
            start, end = found.span("value") if found["value"] is not None else found.span("other")
            if not _TEMPLATED.search(text, start, end):
                yield start, end, "certificate" if text.startswith("MII", start) else "password"
    if "<set-variable" in text:
        for found in _VARIABLE.finditer(text):
            value_text = found["value"] or found["other"]
            if any(letter.isdigit() for letter in value_text) and not _TEMPLATED.search(value_text):
                yield *found.span("value" if found["value"] else "other"), "secret"
    if "GetBytes" in text:
        yield from _pairs(text)


def whole_is_secret(text: str, name: str = "") -> bool:
    """Whether a text as a whole, such as a named value, has the form of a secret; its name may tell."""
    whole = text.strip()
    if len(whole) < 8 or _MASKED in whole or any(letter.isspace() for letter in whole) or _TEMPLATED.search(whole):
        return False
    if _GUID.search(whole) or (_HEX.fullmatch(whole) and len(whole) in _THUMBPRINTS):
        return False
    digits = any(letter.isdigit() for letter in whole)
    if _SECRET_NAME.search(name) and digits and not whole.isdigit() and (whole.lower() != whole or "." not in whole):
        return True
    return len(whole) >= 20 and _is_random(whole, enough=12)


def trimmed(text: str) -> Span:
    """The span of a whole text without the blanks around it."""
    start = len(text) - len(text.lstrip())
    return start, max(start, len(text.rstrip())), "certificate" if text.startswith("MII", start) else "secret"


def _introduced(text: str, low: str) -> Iterator[Span]:
    for word, kind in _INTRODUCTIONS:
        at = low.find(word)
        while at >= 0:
            end = at + len(word)
            following = low[end : end + 1]
            if following == "=":
                before = low[at - 1] if at else "&"
                joined = word not in _ASSIGNED_ONLY and (before in "_-" or before.isalnum())
                if before in "?&;\"'>" or joined:
                    yield from _found(_ASSIGNED, text, end + 1, kind)
            elif following and following in "\"'\\&" and word not in _ASSIGNED_ONLY:
                yield from _found(_MEMBER, text, end, kind)
                yield from _found(_COMPARED, text, end, kind)
            at = low.find(word, end)


def _found(pattern: re.Pattern[str], text: str, at: int, kind: str) -> Iterator[Span]:
    found = pattern.match(text, at)
    if found is None:
        return
    start, end = found.span("value")
    if pattern is _COMPARED:
        yield from _credential(text, start, end, kind)
    elif not _TEMPLATED.search(text, start, end):
        yield start, end, kind


def _schemes(text: str, low: str) -> Iterator[Span]:
    """Credentials after a literal `Basic ` or `Bearer `; prose and challenge parameters are none."""
    for scheme, kind in (("basic", "basic"), ("bearer", "token")):
        at = low.find(scheme)
        while at >= 0:
            end = at + len(scheme)
            found = _SCHEME_VALUE.match(text, end)
            if found is not None:
                start, stop = found.span("value") if found["value"] else found.span("other")
                if _is_credential(text[start:stop], text[stop : stop + 1]):
                    yield start, stop, kind
            at = low.find(scheme, end)


def _is_credential(token: str, following: str) -> bool:
    if following in {"=", '"'} and token.endswith(
        ("_uri", "_metadata", "realm", "_uri=", "_metadata=", "realm=", "error=")
    ):
        return False
    body = token.rstrip("=")
    mixed = body.lower() != body and body.upper() != body and not body.istitle()
    digits = any(letter.isdigit() for letter in body)
    return (digits and (mixed or len(body) >= 16)) or (mixed and len(body) != len(token))


def _pem(text: str) -> Iterator[Span]:
    for found in _PEM.finditer(text):
        start, end = found.span("value")
        start, end, _ = _inside(text, start, end)
        yield start, end, "certificate" if "CERTIFICATE" in found["label"] else "key"


def _key(text: str, start: int, end: int) -> Iterator[Span]:
    start, end, _ = _inside(text, start, end)
    if start < end and not _TEMPLATED.search(text, start, end) and not text.startswith("@", start):
        certificate = text.startswith(("MII", "-----BEGIN CERT"), start)
        yield start, end, "certificate" if certificate else "key"


def _pairs(text: str) -> Iterator[Span]:
    """`user:password` turned into bytes: what an expression makes a Basic credential of."""
    at = text.find("GetBytes")
    while at >= 0:
        found = _PAIR.match(text, at + 8)
        if found is not None:
            yield *found.span("value"), "basic"
        at = text.find("GetBytes", at + 8)


def _credential(text: str, start: int, end: int, kind: str = "key") -> Iterator[Span]:
    """The literal parts of a credential header's value: not its scheme, not its named values, not its code."""
    start, end, value = _inside(text, start, end)
    if not value or _MASKED in value:
        return
    if value.startswith(("@(", "@{")):
        literal = re.fullmatch(rf"@\(\s*{_QUOTE}(?P<value>[^\"'&{{}}@]+){_QUOTE}\s*\)", value)
        if literal is not None:
            yield from _credential(text, start + literal.start("value"), start + literal.end("value"), kind)
        return
    scheme = _SCHEME.match(value)
    if scheme is not None:
        kind = {"basic": "basic", "bearer": "token"}.get(scheme["scheme"].lower(), kind)
        start += scheme.end()
        value = text[start:end]
    elif value.lower() in {"basic", "bearer", "negotiate", "digest"}:
        return
    if not _TEMPLATED.search(value):
        yield start, end, kind
        return
    for piece in re.finditer(r"(?:^|\}\})(?P<value>[^{}@$]{8,}?)(?=\{\{|$)", value):
        if any(letter.isdigit() for letter in piece["value"]) and "://" not in piece["value"]:
            yield start + piece.start("value"), start + piece.end("value"), kind


def _inside(text: str, start: int, end: int) -> tuple[int, int, str]:
    """A span without the blanks at its ends, and its text."""
    value = text[start:end]
    left = len(value) - len(value.lstrip())
    value = value.strip()
    return start + left, start + left + len(value), value


def _is_random(token: str, enough: int = 16) -> bool:
    """Whether a long token is made of letters nobody chose: what is left without GUIDs, words and long numbers."""
    body = token.rstrip("=")
    if _HEX.fullmatch(body):
        return len(body) >= 32 and len(body) not in _THUMBPRINTS and not body.isdigit()
    rest = _WORDS.sub("", _GUID.sub("", body) if "-" in body else body)
    if len(rest) < enough or len(rest) * 20 < len(body) * 11:
        return False
    digits = sum(letter.isdigit() for letter in rest)
    return digits >= 2 and digits < len(rest)


def _is_public(text: str, start: int) -> bool:
    """Whether a random-looking token stands where no secret stands: in a URL, an id, an issuer, an audience, a claim."""
    before = text[max(0, start - 300) : start]
    word = re.split(r"[\s\"'<>(]", before)[-1]
    if "?" not in word and ("://" in word or (text.startswith("//", start) and word.endswith(":"))):
        return True
    if _PUBLIC.search(before[-40:]):
        return True
    return before.rfind("<claim") > max(before.rfind("</claim"), before.rfind("<set-"))
