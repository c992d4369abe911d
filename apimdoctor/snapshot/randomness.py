"""Whether a long token is random: letters that nobody chose, where no public identifier stands."""

import re
from collections.abc import Iterator

_LONG = re.compile(r"[A-Za-z0-9+/_-]{32,}+={0,2}+")
GUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_WORDS = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}|\d{5,}|[^A-Za-z0-9]+")
HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
THUMBPRINTS = (40, 64)
"""Lengths of SHA-1 and SHA-256 in hexadecimal: thumbprints and hashes, which are no secrets."""
_PUBLIC = re.compile(
    r"(?:\b(?:n|e|id|kid|x5t|thumbprint|certificate-id|fingerprint|integrity)\s?=\s?[\"']|<(?:audience|issuer|application-id)>\s*)$"
)
_TOKEN_CLASS = bytes(
    97 if chr(code) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-" else 32
    for code in range(256)
)
RANDOM_LENGTH = 32
"""A shorter token is never taken for random."""
_RUN = b"a" * RANDOM_LENGTH


def random_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Long tokens made of letters nobody chose; runs are found in a translation of the text, ten times faster than by pattern."""
    runs = text.encode("latin-1", "replace").translate(_TOKEN_CLASS)
    at = runs.find(_RUN)
    while at >= 0:
        found = _LONG.match(text, at)
        if found is None:
            return
        if is_random(found[0]) and not _is_public(text, at):
            yield at, found.end(), "random"
        at = runs.find(_RUN, found.end())


def is_random(token: str, enough: int = 16) -> bool:
    """Whether a long token is made of letters nobody chose: what is left without GUIDs, words and long numbers."""
    body = token.rstrip("=")
    if HEX.fullmatch(body):
        return len(body) >= 32 and len(body) not in THUMBPRINTS and not body.isdigit()
    rest = _WORDS.sub("", GUID.sub("", body) if "-" in body else body)
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
