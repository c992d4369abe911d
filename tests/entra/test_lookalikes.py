"""Hosts that come near to those of Entra ID: misspellings are told, other hosts of Microsoft and of firms are not."""

import pytest

from apimdoctor.entra.lookalikes import resembles


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("login.microsoftonlin.com", "login.microsoftonline.com"),
        ("login.microsoft0nline.com", "login.microsoftonline.com"),
        ("logins.microsoftonline.com", "login.microsoftonline.com"),
        ("LOGIN.MICROSOFTONLNE.COM", "login.microsoftonline.com"),
        ("login.partner.microsoftonlne.cn", "login.partner.microsoftonline.cn"),
        ("sts.window.net", "sts.windows.net"),
    ],
)
def test_a_slip_names_the_host_that_was_meant(host: str, meant: str) -> None:
    assert resembles(host) == meant


@pytest.mark.parametrize(
    "host",
    [
        "",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login-us.microsoftonline.com",
        "login.microsoftonline-p.com",
        "contoso.b2clogin.com",
        "contoso.ciamlogin.com",
        "login.fabrikam.example",
        "sso.windows.contoso.example",
        "x" * 5000,
    ],
)
def test_a_host_of_its_own_resembles_none(host: str) -> None:
    assert resembles(host) == ""
