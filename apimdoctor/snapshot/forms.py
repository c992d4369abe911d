"""The forms that literal secrets have: the names they stand under, the prefixes they start with, and randomness.

Each search runs only where a word of it occurs, since `in` is a hundred times faster than an alternation; every pattern
is bounded or starts at a place no other start can reach, so that the cost stays linear in hostile text too.
"""

import re
from collections.abc import Iterator

from apimdoctor.snapshot.randomness import GUID, HEX, RANDOM_LENGTH, THUMBPRINTS, is_random, random_spans

Span = tuple[int, int, str]
"""Start, end and kind of a secret in a text."""

_MASKED = "\u2022"
_REACH = 8192
"""How far the values of a header are looked for behind its name."""

# Headers and parameters whose value is a credential (learn.microsoft.com/azure/api-management/api-management-subscriptions,
# learn.microsoft.com/azure/azure-functions/function-keys-how-to).
_CREDENTIAL_NAME = (
    r"(?i:(?:proxy-)?authorization|ocp-apim-subscription-key|(?:x-)?functions-key|x-api-?key|api-?key|subscription-key|"
    r"x-auth-token|x-access-token|[\w-]{0,40}(?:secret|password|api-?key|auth-key)|code|sig)"
)
_ELEMENT = re.compile(
    r"<(?P<tag>set-header|check-header|set-query-parameter|header|parameter)\s[^<>]{0,200}?"
    rf"name\s*=\s*[\"']{_CREDENTIAL_NAME}[\"'][^<>]{{0,200}}(?<!/)>"
)
_VALUE = re.compile(r"<value>(?:<!\[CDATA\[)?(?P<value>[^<]*?)(?:\]\]>)?</value>")
_KEY_ELEMENT = re.compile(
    r"<key(?:\s[^<>]*)?(?<!/)>(?:\s*<!\[CDATA\[(?P<cdata>[^\]<]*)\]\]>\s*|(?P<value>[^<]*))</key>"
)
_ATTRIBUTE = re.compile(
    r"<authentication-(?:basic|certificate)\s[^<>]*?\b(?:password|body)\s*=\s*(?:\"(?P<value>[^\"]*)\"|'(?P<other>[^']*)')"
)
_VARIABLE = re.compile(
    r"<set-variable\s+name\s*=\s*[\"'][^\"'<>]{0,80}?(?i:secret|password|passwd|api[-_]?key|access[-_]?key)[^\"'<>]{0,80}[\"']"
    r"\s+value\s*=\s*(?:\"(?P<value>[^\"@{}<]{8,})\"|'(?P<other>[^'@{}<]{8,})')"
)
_QUOTE = r"(?:\\{0,2}[\"']|&quot;|&apos;|&#3[49];)"
_PAIR = re.compile(rf"\s{{0,8}}\(\s{{0,8}}{_QUOTE}(?P<value>[^\"'&{{}}@:\u2022]+:[^\"'&{{}}@\u2022]+){_QUOTE}")
_SCHEME_VALUE = re.compile(
    r"\s{1,4}(?P<value>[A-Za-z0-9._~+/-]{6,}+={0,2}+)(?![\"'=(:\\])|\s{1,4}(?P<other>[A-Za-z0-9._~+/-]{16,}+={0,2}+)"
)
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9-]{2,24})\s+(?=\S)")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?")
_PEM = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]{3,40})-----(?P<value>[A-Za-z0-9+/=\s\\]{32,}+)")
_ENTRA_SECRET = re.compile(r"(?<![\w~.-])[\w~.-]{3}[78]Q~[\w~.-]{30,36}(?![\w~.-])")


_ASSIGNED = re.compile(r"(?P<value>[^\s&;\"'<>(){}@$\\\u2022][^\s&;\"'<>(){}\\\u2022]{3,})")
_MEMBER = re.compile(rf"{_QUOTE}\s{{0,8}}:\s{{0,8}}{_QUOTE}(?P<value>[^\"'&{{}}@<\\\u2022]{{4,}}){_QUOTE}")
_COMPARED = re.compile(
    rf"{_QUOTE}(?:[^\n;&]|&#?\w{{2,4}};|&){{0,60}}?[)\]]+\s{{0,8}}(?:==|!=|\.Equals\s{{0,4}}\()\s{{0,8}}{_QUOTE}(?P<value>[^\"'&{{}}<\u2022]{{4,}}){_QUOTE}"
)

_SECRET_NAME = re.compile(r"(?i:secret|password|passwd|pwd|(?:api|access|function|subscription|shared)[-_]?key)")
_TEMPLATED = re.compile(r"\{\{|@\(|@\{|\$\{|\$\(|://")

# Words that introduce a secret: what follows `word=`, `"word": "`, or `"word") == "`, and the values of the header so named.
_INTRODUCTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("secret", "secret", ()),
    ("password", "password", ()),
    ("passwd", "password", ()),
    ("pwd", "password", ()),
    ("assertion", "token", ("client_assertion",)),
    ("token", "token", ("access_token", "refresh_token", "auth-token", "access-token")),
    (
        "key",
        "key",
        (
            *("subscription-key", "functions-key", "api-key", "api_key", "apikey", "sharedaccesskey", "accountkey"),
            *("instrumentationkey", "accesskey", "access_key", "auth-key", "primarykey", "secondarykey"),
        ),
    ),
    ("signature", "signature", ("sharedaccesssignature",)),
    ("authorization", "token", ()),
)
"""Word, kind of what follows, and the whole words that count where the word alone is too common."""
_COMMON = (("code", "key"), ("sig", "signature"))
"""Words that mean something only as the name of a query parameter."""
_SCHEMES = (("basic", "basic"), ("bearer", "token"))
"""Authentication schemes, and the kind of what follows them."""
_ANY_WORD = re.compile(
    "|".join(
        re.escape(word)
        for word in (
            *(word for word, _, _ in _INTRODUCTIONS),
            *(f"{word}=" for word, _ in _COMMON),
            *(scheme for scheme, _ in _SCHEMES),
            *("eyj", "-----begin ", "q~"),
        )
    )
)
"""Every word of which one must occur before a form other than randomness is searched for."""
_SHORT = 200
"""Up to this length one search for any of the words is cheaper than one for each."""
_PLACEHOLDER = re.compile(r"#?\{#?[A-Za-z][\w.-]*#?\}#?|__[A-Za-z][\w.-]*__|%[A-Za-z]\w*%|\[[A-Za-z][\w -]*\]")
"""A value that consists of one placeholder: {name}, #{name}#, __name__, %name%, [name] (public repositories)."""


def is_plain(text: str) -> bool:
    """Whether a text is too short for a form of its own with nothing to introduce a secret, or a GUID: most texts are."""
    if len(text) < 32:
        return "=" not in text and " " not in text and '"' not in text
    return len(text) == 36 and text[8] == text[13] == text[18] == text[23] == "-" and "=" not in text


def text_spans(text: str) -> Iterator[Span]:
    """The secrets in any text."""
    if len(text) < _SHORT and not _ANY_WORD.search(text.lower()):
        return random_spans(text) if len(text) >= RANDOM_LENGTH else iter(())
    return _spans(text, policy=False)


def policy_spans(text: str) -> Iterator[Span]:
    """The secrets in a policy text."""
    yield from _spans(text, policy=True)
    if "<key" in text:
        for found in _KEY_ELEMENT.finditer(text):
            yield from _key(text, *found.span("value" if found["value"] is not None else "cdata"))
    if "<authentication-" in text:
        for found in _ATTRIBUTE.finditer(text):
            start, end = found.span("value") if found["value"] is not None else found.span("other")
            if not _TEMPLATED.search(text, start, end):
                yield start, end, "certificate" if text.startswith("MII", start) else "password"
    if "<set-variable" in text:
        yield from _variables(text)
    if "GetBytes" in text:
        yield from _pairs(text)


def _spans(text: str, policy: bool) -> Iterator[Span]:
    low = text.lower()
    if len(low) != len(text):
        low = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    yield from _introduced(text, low, policy)
    yield from _schemes(text, low)
    if "eyj" in low:
        yield from ((found.start(), found.end(), "token") for found in _JWT.finditer(text))
    if "-----begin " in low:
        yield from _pem(text)
    if "q~" in low:
        yield from ((found.start(), found.end(), "secret") for found in _ENTRA_SECRET.finditer(text))
    if len(text) >= RANDOM_LENGTH:
        yield from random_spans(text)


def whole_is_secret(text: str, name: str = "") -> bool:
    """Whether a text as a whole, such as a named value, has the form of a secret; its name may tell."""
    whole = text.strip()
    if len(whole) < 8 or _MASKED in whole or any(letter.isspace() for letter in whole) or _TEMPLATED.search(whole):
        return False
    if GUID.search(whole) or (HEX.fullmatch(whole) and len(whole) in THUMBPRINTS):
        return False
    digits = any(letter.isdigit() for letter in whole)
    if _SECRET_NAME.search(name) and digits and not whole.isdigit() and (whole.lower() != whole or "." not in whole):
        return True
    return len(whole) >= 20 and is_random(whole, enough=12)


def names_secret(name: str) -> bool:
    """Whether a parameter of this name carries a secret."""
    return _SECRET_NAME.search(name) is not None


def trimmed(text: str) -> Span:
    """The span of a whole text without the blanks around it."""
    start = len(text) - len(text.lstrip())
    return start, max(start, len(text.rstrip())), "certificate" if text.startswith("MII", start) else "secret"


def _introduced(text: str, low: str, policy: bool) -> Iterator[Span]:
    for word, kind, wholes in _INTRODUCTIONS:
        at = low.find(word)
        while at >= 0:
            end = at + len(word)
            following = low[end : end + 1]
            if following and following in "=\"'\\&" and (not wholes or low.endswith(wholes, max(0, end - 24), end)):
                if following == "=":
                    for span in _found(_ASSIGNED, text, end + 1, kind):
                        yield span
                        end = span[1]
                else:
                    yield from _found(_MEMBER, text, end, kind)
                    yield from _found(_COMPARED, text, end, kind)
                    if policy:
                        yield from _values(text, at)
            at = low.find(word, end)
    for word, kind in _COMMON:
        yield from _parameters(text, low, word, kind)
        if policy and "<set-query-parameter" in text:
            for named in (f'"{word}"', f"'{word}'"):
                at = low.find(named)
                while at >= 0:
                    yield from _values(text, at)
                    at = low.find(named, at + 1)


def _parameters(text: str, low: str, word: str, kind: str) -> Iterator[Span]:
    at = low.find(word + "=")
    while at >= 0:
        end = at + len(word) + 1
        if not at or low[at - 1] in "?&;\"'>":
            for span in _found(_ASSIGNED, text, end, kind):
                yield span
                end = span[1]
        at = low.find(word + "=", end)


def _values(text: str, at: int) -> Iterator[Span]:
    """The values, commented-out ones too, of the header or query parameter whose name stands at an offset."""
    start = text.rfind("<", max(0, at - 260), at)
    element = _ELEMENT.match(text, start) if start >= 0 else None
    if element is None:
        return
    reach = min(len(text), element.end() + _REACH)
    stops = (
        text.find("</" + element["tag"], element.end(), reach),
        text.find("<" + element["tag"], element.end(), reach),
    )
    stop = min((found for found in stops if found >= 0), default=reach)
    for value in _VALUE.finditer(text, element.end(), stop):
        yield from _credential(text, *value.span("value"))


def _variables(text: str) -> Iterator[Span]:
    for found in _VARIABLE.finditer(text):
        start, end = found.span("value") if found["value"] is not None else found.span("other")
        value = text[start:end]
        if any(letter.isdigit() for letter in value) and not _TEMPLATED.search(value):
            yield start, end, "secret"


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
    for scheme, kind in _SCHEMES:
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
    if start < end and not _is_left_open(text, start, end) and not text.startswith("@", start):
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
    if not value or _MASKED in value or (value.startswith("{{") and value.find("}}") == len(value) - 2):
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
    if not _is_left_open(value, 0, len(value)):
        yield start, end, kind
        return
    for piece in re.finditer(r"(?:^|\}\})(?P<value>[^{}@$]{8,}?)(?=\{\{|$)", value):
        if any(letter.isdigit() for letter in piece["value"]) and "://" not in piece["value"]:
            yield start + piece.start("value"), start + piece.end("value"), kind


def _is_left_open(text: str, start: int, end: int) -> bool:
    """Whether a value is filled in later: by a named value, an expression or a build step that replaces a placeholder."""
    return _TEMPLATED.search(text, start, end) is not None or _PLACEHOLDER.fullmatch(text, start, end) is not None


def _inside(text: str, start: int, end: int) -> tuple[int, int, str]:
    """A span without the blanks at its ends, and its text."""
    value = text[start:end]
    left = len(value) - len(value.lstrip())
    value = value.strip()
    return start + left, start + left + len(value), value
