"""How an audience or key as written differs from what it stands for: letter case, a final slash, the scheme, its kind."""

import re
from collections.abc import Collection
from typing import Literal as Words

from apimdoctor.entra.audience import Directory
from apimdoctor.entra.known import Unsure, is_guid
from apimdoctor.facts import written
from apimdoctor.facts.values import Unknown
from apimdoctor.policy.value import Literal, Value
from apimdoctor.snapshot.masks import masks

Content = Words["key", "certificate or public key", "address"]
Difference = Words["letter case", "final slash", "scheme", ""]

# `api://` with a letter or sign too few or too many, before an app id.
_SCHEME = re.compile(r"(?i)(?P<scheme>[a-z]{2,5}[:;.]?/{0,3})(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?")
_LETTERS = frozenset({"api", "apis", "app", "ap", "pi", "aip", "apl", "apii"})
_PUBLIC = ("-----BEGIN CERTIFICATE", "-----BEGIN PUBLIC KEY", "-----BEGIN RSA PUBLIC KEY")
_SHORTEST = 100
"""A certificate or public key in DER and base64 is longer; a symmetric key hardly ever is, and starts otherwise."""


def differs_in(text: str, directory: Directory, tenants: Collection[str] = ()) -> Difference | Unknown:
    """How an audience differs from the id or identifier URI it stands for; "" when it does not, or stands for nothing.

    Source: audiences are compared letter by letter (Validators of azure-activedirectory-identitymodel-extensions-for-
    dotnet, where one final slash is forgiven), and Entra ID writes ids in lower case.
    """
    found = _SCHEME.fullmatch(text)
    if found is not None and _is_slip(found["scheme"]):
        return "scheme"
    if is_guid(text):
        return "letter case" if text != text.lower() else ""
    named = directory.match(text, tenants)
    if isinstance(named, Unsure):
        return Unknown(named.because)
    if not isinstance(named, tuple) or named[0].how != "identifier uri" or named[0].app is None:
        return ""
    uris = named[0].app.identifier_uris
    if text in uris or not any(text.rstrip("/").casefold() == uri.rstrip("/").casefold() for uri in uris):
        return ""
    return "final slash" if any(text.rstrip("/") == uri.rstrip("/") for uri in uris) else "letter case"


def _is_slip(scheme: str) -> bool:
    letters = scheme.rstrip(":;./").lower()
    return letters in _LETTERS and scheme.lower() != "api://"


def key_content(value: Value) -> Content | Unknown:
    """What the text of a <key> is: a symmetric key, or what does not become one by standing there."""
    if not isinstance(value, Literal):
        return Unknown(written.why(value))
    whole = value.text.strip()
    masked = masks(whole)
    if not masked and whole.lower().startswith(("https://", "http://")):
        return "address"
    # What was masked keeps its kind; see snapshot.redact.
    long_certificate = len(whole) >= _SHORTEST and (
        any(mask.kind == "certificate" for mask in masked) if masked else whole.startswith("MII")
    )
    return "certificate or public key" if long_certificate or whole.startswith(_PUBLIC) else "key"
