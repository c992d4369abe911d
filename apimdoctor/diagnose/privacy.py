"""A diagnosis without what identifies a person: user names, object ids and subjects are shortened."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from apimdoctor.diagnose.diagnosis import Cause, Diagnosis, TraceStep

IDENTIFYING = (
    *("upn", "unique_name", "preferred_username", "email", "name", "given_name", "family_name", "oid", "sub"),
    *("ipaddr", "onprem_sid", "sid", "uti", "rh", "aio", "puid", "login_hint"),
)
"""Claims that name a person, a device or a session (entra-tokens section 4)."""

SHORTEST = 4
KEPT = 3


def shortened(diagnosis: Diagnosis) -> Diagnosis:
    """The same diagnosis; values of identifying claims of the token are cut to their first letters."""
    claims = diagnosis.token.claims
    secrets = sorted(
        {v for name in IDENTIFYING if isinstance(v := claims.get(name), str) and len(v) >= SHORTEST},
        key=len,
        reverse=True,
    )
    if not secrets:
        return diagnosis
    pattern = re.compile("|".join(map(re.escape, secrets)))

    def cut(text: str) -> str:
        return pattern.sub(lambda m: m.group()[:KEPT] + "…", text)

    return replace(
        diagnosis,
        gateway_message=cut(diagnosis.gateway_message),
        causes=tuple(_cause(cause, cut) for cause in diagnosis.causes),
        trace=tuple(_step(step, cut) for step in diagnosis.trace),
    )


def _cause(cause: Cause, cut: Callable[[str], str]) -> Cause:
    evidence = tuple((what, cut(expected), cut(seen), source) for what, expected, seen, source in cause.evidence)
    return replace(cause, message=cut(cause.message), fix=cut(cause.fix), evidence=evidence)


def _step(step: TraceStep, cut: Callable[[str], str]) -> TraceStep:
    return replace(step, detail=cut(step.detail))
