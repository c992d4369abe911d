"""What stands in the place of a secret: a mask of the same length that keeps the kind and a keyed hash."""

import re
from hashlib import blake2b

from msgspec import Struct

FILLER = "\u2022"
_BRAILLE = 0x2800
_KINDS = ("key", "certificate", "password", "token", "basic", "signature", "secret", "random")

MASK = re.compile(
    rf"{FILLER}(?:(?P<kind>{'|'.join(_KINDS)}):(?P<tag>[0-9a-f]{{8}}){FILLER}+|(?P<short>[\u2800-\u28ff]*){FILLER}*)"
    # Further lines of a secret of several lines hold filler only.
    rf"(?:[^\S\n]*+\n\s*+{FILLER}++(?![\u2800-\u28ff]|(?:{'|'.join(_KINDS)}):))*"
)


class Mask(Struct, frozen=True):
    """A masked span of a text. `tag` is equal where the secrets are; "" when the secret was too short for one."""

    kind: str
    tag: str
    start: int
    end: int


def mask(secret: str, kind: str, key: bytes) -> str:
    """The mask of a secret: same length, line ends kept in place, the kind and the tag as far as the length allows."""
    digest = blake2b("".join(secret.split()).encode("utf-8", "surrogatepass"), key=key, digest_size=4).hexdigest()
    first, rest = _first_line(secret)
    label = f"{FILLER}{kind}:{digest}{FILLER}"
    if len(label) > len(first):
        # Too short for words: one Braille character for the kind and each byte of the tag.
        codes = (_KINDS.index(kind), *bytes.fromhex(digest))
        label = (FILLER + "".join(chr(_BRAILLE + code) for code in codes))[: len(first)]
    filled = label + FILLER * (len(first) - len(label))
    return filled + (re.sub(r"\S", FILLER, rest) if rest else "")


def masks(text: str) -> tuple[Mask, ...]:
    """The masked spans of a text, in order."""
    if FILLER not in text:
        return ()
    return tuple(_read(found) for found in MASK.finditer(text))


def is_mask(text: str) -> bool:
    """Whether a text is one mask and nothing else."""
    return text.startswith(FILLER) and MASK.fullmatch(text) is not None


def stands_for(masked: str, text: str) -> bool:
    """Whether a text with its secrets masked is what the redaction made of `text`, as far as the masks let it be told."""
    if masked == text:
        return True
    if len(masked) != len(text):
        return False
    at = 0
    for one in masks(masked):
        if masked[at : one.start] != text[at : one.start]:
            return False
        at = one.end
    return at > 0 and masked[at:] == text[at:]


def _first_line(secret: str) -> tuple[str, str]:
    end = min((at for at in (secret.find("\n"), secret.find("\r")) if at >= 0), default=len(secret))
    return secret[:end], secret[end:]


def _read(found: re.Match[str]) -> Mask:
    kind, tag, short = found["kind"] or "", found["tag"] or "", found["short"] or ""
    if short:
        codes = [ord(letter) - _BRAILLE for letter in short]
        kind = _KINDS[codes[0]] if codes[0] < len(_KINDS) else "secret"
        tag = bytes(codes[1:5]).hex() if len(codes) >= 5 else ""
    return Mask(kind or "secret", tag, found.start(), found.end())
