"""The one door through which text enters a snapshot: secrets are masked by their form, never by what a policy means.

Lexical on purpose: it knows names of headers and forms of keys, and nothing of sections, scopes or order. Named values,
expressions' code, GUIDs, URLs, issuers, audiences and thumbprints pass unchanged; a mask passes unchanged too.
"""

from collections.abc import Callable, Iterator
from secrets import token_bytes
from typing import Any

from apimdoctor.snapshot import forms
from apimdoctor.snapshot.masks import FILLER, Mask, mask, masks, stands_for

__all__ = ["Mask", "Redactor", "masks", "stands_for"]

_Span = tuple[int, int, str]
_MAX_DEPTH = 60
"""Nothing that is kept stands deeper in JSON; what does is left out."""

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
        secret = forms.whole_is_secret(text, name)
        masked = self._whole(text) if secret else self._masked(text, forms.text_spans)
        return masked, bool(masks(masked))

    def json(self, value: Any, depth: int = 0) -> Any:
        """A JSON value with the secrets in its texts masked, and all texts under names that hold nothing but secrets."""
        if isinstance(value, str):
            return self.text(value)
        if depth > _MAX_DEPTH:
            return None
        if isinstance(value, dict):
            return self._table(value, depth + 1)
        if isinstance(value, list):
            return [self.json(inner, depth + 1) for inner in value]
        return value

    def _table(self, table: dict[str, Any], depth: int) -> dict[str, Any]:
        # One loop, and no call for the texts that need none: a scan passes some hundred thousand members through it.
        masked: dict[str, Any] = {}
        for name, inner in table.items():
            if not isinstance(inner, str):
                masked[name] = self.json(inner, depth)
            elif name in SECRET_MEMBERS and inner:
                masked[name] = self._whole(inner)
            elif name in ID_MEMBERS or forms.is_plain(inner):
                masked[name] = inner
            else:
                masked[name] = self._masked(inner, forms.text_spans)
        # {"name": "client_secret", "value": "..."}: how parameters are listed.
        if "value" in table and "name" in table:
            named, inner = table["name"], table["value"]
            if isinstance(inner, str) and isinstance(named, str) and forms.names_secret(named):
                masked["value"] = self._whole(inner)
        return masked

    def _whole(self, text: str) -> str:
        return self._masked(text, lambda whole: iter([forms.trimmed(whole)]))

    def _masked(self, text: str, find: Callable[[str], Iterator[_Span]]) -> str:
        spans = list(find(text))
        if not spans:
            return text
        parts: list[str] = []
        at = 0
        # The longest of those that start together, and of equal ones the one that says why it is a secret.
        for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1], span[2] == "random", span[2])):
            if start < at or start >= end or FILLER in text[start:end]:
                continue  # inside a span that is masked already
            parts += [text[at:start], mask(text[start:end], kind, self._key)]
            at = end
        parts.append(text[at:])
        return "".join(parts)
