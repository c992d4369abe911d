"""The one door through which text enters a snapshot: secrets are masked by their form, never by what a policy means.

Lexical on purpose: it knows names of headers and forms of keys, and nothing of sections, scopes or order. Named values,
expressions' code, GUIDs, URLs, issuers, audiences and thumbprints pass unchanged; a mask passes unchanged too.
"""

from collections.abc import Callable, Iterator
from secrets import token_bytes
from typing import Any

from apimdoctor.snapshot import forms
from apimdoctor.snapshot.masks import FILLER, Mask, mask, masks

__all__ = ["Mask", "Redactor", "masks"]

_Span = tuple[int, int, str]


class Redactor:
    """Masks secrets in texts. One redactor per run, so that equal secrets have equal tags and no other run's tags."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = token_bytes(32) if key is None else key[:64]

    def policy(self, text: str) -> str:
        """A policy text with its literal secrets masked."""
        return self._masked(text, forms.policy_spans)

    def text(self, text: str) -> str:
        """Any other text with its literal secrets masked."""
        return text if forms.is_plain(text) else self._masked(text, forms.text_spans)

    def named_value(self, text: str, name: str = "") -> tuple[str, bool]:
        """The value of a plain named value, and whether (part of) it was masked since it has the form of a secret."""
        if forms.whole_is_secret(text, name):
            masked = self._masked(text, lambda whole: iter([forms.trimmed(whole)]))
        else:
            masked = self._masked(text, forms.text_spans)
        return masked, bool(masks(masked))

    def json(self, value: Any) -> Any:
        """A JSON value with the secrets in its texts masked, and all texts under names that hold nothing but secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self._member(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner) for inner in value]
        return value

    def _member(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            if name in forms.SECRET_MEMBERS and value:
                return self._masked(value, lambda whole: iter([forms.trimmed(whole)]))
            return value if name in forms.ID_MEMBERS else self.text(value)
        return self.json(value)

    def _masked(self, text: str, find: Callable[[str], Iterator[_Span]]) -> str:
        spans = list(find(text))
        if not spans:
            return text
        parts: list[str] = []
        at = 0
        for start, end, kind in sorted(spans):
            if start < at or start >= end or FILLER in text[start:end]:
                continue  # inside a span that is masked already
            parts += [text[at:start], mask(text[start:end], kind, self._key)]
            at = end
        parts.append(text[at:])
        return "".join(parts)
