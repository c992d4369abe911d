"""Hosts that are those of Entra ID but for a letter or two: what a misspelt metadata address was meant to ask.

Source: learn.microsoft.com/entra/identity-platform/authentication-national-cloud for the hosts there are.
"""

from __future__ import annotations

from apimdoctor.entra import clouds

_SLIPS = 2
# Hosts of Microsoft that come as near to a host of sign-in as a misspelling does.
_OTHERS = frozenset({"login.microsoftonline-p.com", "login-us.microsoftonline.com"})
_LONGEST = 64


def resembles(host: str) -> str:
    """The host of Entra ID that this one is but for a letter or two; "" when it is one of them, or like none."""
    low = host.lower()
    if not low or len(low) > _LONGEST or low in _OTHERS or _is_known(low):
        return ""
    names = [name for cloud in clouds.CLOUDS.values() if not cloud.closed for name in cloud.login_hosts]
    near = [(slips, name) for name in names if (slips := _slips(low, name)) <= _SLIPS]
    return min(near)[1] if near else ""


def _is_known(host: str) -> bool:
    return bool(clouds.of_login_host(host) or clouds.of_b2c_host(host) or clouds.of_external_id_host(host))


def _slips(one: str, other: str) -> int:
    """How many letters must be added, left out or replaced to make one of the other."""
    if abs(len(one) - len(other)) > _SLIPS:
        return _SLIPS + 1
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != wanted)))
        before = now
    return before[-1]
