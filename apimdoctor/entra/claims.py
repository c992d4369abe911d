"""Which claims access tokens of Entra ID carry by token version, how each is written, and which callers have it.

Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference, .../optional-claims-reference and
.../claims-validation.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from apimdoctor.entra.known import Known, distinct
from apimdoctor.snapshot.entra import AppRegistration

Written = Literal["one string", "spaced string", "list"]

BOTH = (
    *("aud", "iss", "iat", "nbf", "exp", "idp", "tid", "oid", "sub", "scp", "roles", "groups", "wids", "name"),
    *("uti", "rh", "aio", "ver", "xms_cc", "acrs", "hasgroups", "_claim_names", "_claim_sources"),
)
# Version 2 has these only as optional claims.
FIRST_BY_DEFAULT = ("ipaddr", "onprem_sid", "pwd_exp", "pwd_url", "in_corp", "family_name", "given_name", "upn")
ONLY_FIRST = ("appid", "appidacr", "acr", "amr", "unique_name", *FIRST_BY_DEFAULT)
ONLY_SECOND = ("azp", "azpacr", "preferred_username")
OPTIONAL = ("idtyp",)
"""In neither version unless the app registration asks for it."""

_LISTS = frozenset({"roles", "groups", "wids", "amr", "acrs", "xms_cc"})
_SPACED = frozenset({"scp"})
_STRINGS = (
    frozenset({*BOTH, *ONLY_FIRST, *ONLY_SECOND, *OPTIONAL, "email", "jti", "tfp", "acct", "sid"}) - _LISTS - _SPACED
)

DELEGATED_ONLY = frozenset(
    {"scp", "upn", "unique_name", "preferred_username", "name", "amr", "family_name", "given_name"}
)
"""Claims that only tokens for a signed-in user carry; roles stand in both kinds."""

SAME_MEANING = MappingProxyType(
    {"appid": "azp", "appidacr": "azpacr", "azp": "appid", "azpacr": "appidacr", "unique_name": "preferred_username"}
)
"""What carries the same meaning in the other token version."""


def names(app: AppRegistration, version: int) -> Known:
    """The claims that access tokens of that version may carry for an app registration."""
    rest = ""
    if "optional_access_claims" in app.unread:
        rest = "the optional claims of the app registration were not read"
    elif app.accept_mapped_claims:
        rest = "claims mapping policies may add claims"
    return _names(tuple(name for name, _ in app.optional_access_claims), version, rest)


@lru_cache(maxsize=256)
def _names(optional: tuple[str, ...], version: int, rest: str) -> Known:
    return Known(sure=distinct(*BOTH, *(ONLY_SECOND if version == 2 else ONLY_FIRST), *optional), rest=rest)


def in_every_version(app: AppRegistration, because: str) -> Known:
    """The claims when the token version is not known: those of both, with the reason why there may be more."""
    optional = tuple(name for name, _ in app.optional_access_claims)
    return Known(sure=distinct(*BOTH, *optional), rest=because, perhaps=(*ONLY_FIRST, *ONLY_SECOND))


def how_written(claim: str) -> Written | None:
    """How Entra ID writes a claim: `scp` is one string of scopes between blanks, `roles` a list; None when unknown."""
    if claim in _SPACED:
        return "spaced string"
    if claim in _LISTS:
        return "list"
    return "one string" if claim in _STRINGS else None
