"""The back end's Easy Auth against the token that reaches it.

Facts and their doubts: entra-tokens section 7. Whether an openIdIssuer of one version accepts tokens of the other is
reported both ways, so that comparison alone decides nothing.
"""

from typing import Literal

from msgspec import Struct

from apimdoctor.diagnose.token import Token
from apimdoctor.entra import issuers
from apimdoctor.facts import values
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import SiteAuth

Compared = Literal["login", "issuer", "audience", "client"]


class SiteTest(Struct, frozen=True):
    """One comparison of Easy Auth: `passed` None where it cannot be decided."""

    site: SiteAuth
    what: Compared
    passed: bool | None
    detail: str
    expected: str = ""
    seen: str = ""
    status: int = 0


def examine(site: SiteAuth, token: Token | None, unknown: str = "") -> tuple[SiteTest, ...]:
    """The comparisons of a site for the token that travels to it; empty when the site lets everybody in."""
    if site.requires_login is False:
        return ()
    if isinstance(site.requires_login, Unknown):
        return (SiteTest(site, "login", None, site.requires_login.because),)
    if token is None:
        return (SiteTest(site, "login", None, unknown or "the token that reaches the site is not known"),)
    if token.kind == "none":
        return (SiteTest(site, "login", False, "the site demands a login and no token reaches it", status=401),)
    if not token.readable:
        return (SiteTest(site, "login", False, f"what reaches the site is a {token.kind}", status=401),)
    return (_issuer(site, token), _audience(site, token), _client(site, token))


def _issuer(site: SiteAuth, token: Token) -> SiteTest:
    if isinstance(site.issuer, Unknown):
        return SiteTest(site, "issuer", None, site.issuer.because)
    if not site.issuer:
        return SiteTest(site, "issuer", True, "the site does not compare issuers")
    wanted, seen = issuers.read(site.issuer), issuers.read(token.issuer)
    if site.issuer.rstrip("/") == token.issuer.rstrip("/"):
        return SiteTest(site, "issuer", True, f"the issuer {token.issuer} is the site's", site.issuer, token.issuer)
    if wanted.tenant_id and seen.tenant_id and wanted.tenant_id != seen.tenant_id:
        return SiteTest(site, "issuer", False, "the token is of another tenant", site.issuer, token.issuer, 401)
    detail = (
        f"the site's issuer is {site.issuer}, the token's is {token.issuer}; whether it takes both is not documented"
    )
    return SiteTest(site, "issuer", None, detail, site.issuer, token.issuer, 401)


def _audience(site: SiteAuth, token: Token) -> SiteTest:
    return _among(site, "audience", site.accepted_audiences, token.audiences, 401)


def _client(site: SiteAuth, token: Token) -> SiteTest:
    if site.accepted_clients.all:
        return SiteTest(site, "client", True, "the site takes every client")
    return _among(site, "client", site.accepted_clients, (token.client,) if token.client else (), 403)


def _among(site: SiteAuth, what: Compared, accepted: Values, seen: tuple[str, ...], status: int) -> SiteTest:
    shown = ", ".join(seen) or "nothing"
    answer = values.meets(accepted, values.known(*seen)) if seen else False
    if isinstance(answer, Unknown):
        return SiteTest(site, what, None, answer.because, str(accepted), shown)
    if answer:
        return SiteTest(site, what, True, f"the {what} {shown} is allowed", str(accepted), shown)
    return SiteTest(site, what, False, f"the {what} {shown} is not allowed", str(accepted), shown, status)
