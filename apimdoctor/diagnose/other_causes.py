"""Causes that stand beside the failing comparison: overwritten headers, Easy Auth, what the error text and a scan say."""

from collections.abc import Iterable

from apimdoctor.diagnose.check_causes import LIKELY, POSSIBLE, SURE, VERSION_PROPERTY
from apimdoctor.diagnose.diagnosis import Cause
from apimdoctor.diagnose.easy_auth import SiteTest
from apimdoctor.diagnose.evidence import Evidence
from apimdoctor.diagnose.token import Token
from apimdoctor.engine.finding import Finding
from apimdoctor.facts.vocabulary import TokenCheck
from apimdoctor.policy.way import Writer

LETS_IN = frozenset(
    {
        "audience-unchecked",
        "missing-protection",
        "missing-base",
        "multi-tenant-issuer",
        "policy-order-other",
        "header-overwritten-before-validation",
        "signing-key-config",
        "issuer-other",
    }
)
"""Causes of findings that explain why somebody is admitted."""

OUTSIDE = frozenset(
    {
        "preflight-blocked",
        "expression-error",
        "wrong-token-kind",
        "easy-auth-mismatch",
        "header-or-scheme",
        "named-value",
        "b2c-specific",
        "openid-config-url-wrong",
        "signing-key-config",
    }
)
"""Causes of refusals that no comparison of a token shows: another layer refuses, or the token was never the right one."""


def outside(finding: Finding) -> bool:
    """Whether a finding names another layer that refuses although the token checks accept."""
    return finding.cause in OUTSIDE and finding.severity != "info"


FROM_FINDING = {"error": 50.0, "warning": 20.0, "info": 4.0}
BACKED = 45.0
"""What a finding gains when the error text speaks of the same thing."""


def overwritten(check: TokenCheck, writer: Writer, caller: Token) -> Cause:
    """The check read what a step put there, not what the caller sent."""
    element = writer.placed.element.name
    keep = (
        f"Move {element} below {check.element} (after it), so that the caller's token is validated first, or give it "
        "output-token-variable-name and set the header for the back end afterwards with set-header."
    )
    if writer.kind == "removed":
        keep = f"Move {element} below {check.element}: it removes the token before the check reads it."
    theirs = f" The token the client sent (issuer {caller.issuer}) was never looked at." if caller.issuer else ""
    return Cause(
        cause="header-overwritten-before-validation",
        confidence="high",
        message=f"{element} replaces the caller's token before {check.element} reads it, so the gateway checks its own.{theirs}",
        fix=keep,
        rule="caller-token-overwritten-before-check",
        misleading=(
            "Adding the sts.windows.net issuer, or setting the token version of any app registration, only moves the error: "
            "the issuer in the message is that of the gateway's own token."
        ),
        weight=SURE + 20,
    )


def easy_auth(test: SiteTest, token: Token | None) -> Cause:
    """The back end's Easy Auth refuses what the gateway accepted."""
    site = test.site
    fixes = {
        "audience": f"Add {test.seen} to allowedAudiences of {site.host} (its own client id is allowed without being listed).",
        "client": f"Add the client id {test.seen} to allowedApplications of {site.host}.",
        "issuer": (
            f"Make the two agree: set openIdIssuer of {site.host} to {test.seen}, or set {VERSION_PROPERTY} of the API's "
            f"app registration to the version whose issuer is {test.expected}; the audience changes with it."
        ),
        "login": f"Send a token to {site.host} that its Easy Auth accepts, or authenticate the gateway by managed identity.",
    }
    whose = token.label if token else "the token"
    return Cause(
        cause="easy-auth-mismatch",
        confidence="high" if test.passed is False else "medium",
        message=f"the gateway lets the call through; Easy Auth of {site.host} refuses {whose}: {test.detail}",
        fix=fixes[test.what],
        evidence=((test.what, test.expected, test.seen, f"Easy Auth of {site.host}"),),
        weight=SURE if test.passed is False else LIKELY,
    )


def from_evidence(evidence: Evidence) -> Iterable[Cause]:
    """Causes that the error text names by itself, whatever the simulation says."""
    if evidence.named_value_missing:
        name = evidence.named_value_missing
        fix = (
            f"Create the named value with the displayName {name} in this service (policies refer to display "
            "names), and override its "
            "value per environment when you publish."
        )
        yield _told(
            "named-value", f"the policy refers to {{{{{name}}}}}, and the service has no such named value", fix, SURE
        )
    if evidence.preflight:
        fix = (
            "Let cors answer the preflight: list Authorization, the subscription key header and content-type "
            "under allowed-headers, and "
            "the method under allowed-methods; cors must stand first in inbound at API or global scope."
        )
        yield _told("preflight-blocked", "the browser's preflight is refused before any token matters", fix, LIKELY)
    if evidence.expression_failed:
        fix = (
            "Make the expression safe for every input: context.LastError.Message may hold line breaks (CRLF), "
            "which no header takes. "
            "Use context.LastError.Reason, or Replace the line breaks first."
        )
        yield _told("expression-error", "an expression of the policy fails while the request runs", fix, LIKELY)
    if evidence.expired:
        yield _told("token-expired-clock", "the token had expired", "Get a fresh token before exp.", LIKELY)
    if evidence.key_mismatch:
        fix = (
            "The text of <key> is read as a symmetric key: for RS256 give certificate-id, or n and e, or an "
            "openid-config document."
        )
        yield _told("signing-key-config", "the key cannot verify the token's algorithm", fix, LIKELY)
    if any("{tenantid}" in issuer.lower() for issuer in evidence.issuers_accepted):
        seen = evidence.issuer_seen
        base = seen.replace("https://sts.windows.net/", "https://login.microsoftonline.com/").rstrip("/")
        fix = (
            "Name the tenant instead of common or organizations: metadata "
            f"{base}/.well-known/openid-configuration ({base}/), or list "
            f"<issuer>{seen}</issuer>."
        )
        message = "the tenant-independent metadata names a template issuer ({tenantid}), which no real issuer equals"
        yield _told("multi-tenant-issuer", message, fix, SURE)
    if evidence.layer == "subscription key":
        fix = "Send the key of a subscription that opens this API, in the header or query parameter the API names."
        yield _told("subscription-key", "the subscription key is missing or does not open this API", fix, SURE)
    if evidence.metadata_unreachable:
        fix = "See that the gateway reaches the metadata address (DNS, network rules, proxy) and that the address is right."
        yield _told("network-metadata-unreachable", "the gateway could not load the metadata", fix, POSSIBLE)


def _told(cause: str, message: str, fix: str, weight: float) -> Cause:
    return Cause(cause=cause, confidence="medium", message=message, fix=fix, weight=weight)


def from_finding(finding: Finding, *, here: bool, evidence: Evidence) -> Cause:
    """A finding of the scan at this route as a candidate; `here`: it stands at the failing step."""
    weight = FROM_FINDING[finding.severity] + (25.0 if here else 0.0)
    if backs(evidence, finding.cause):
        weight += BACKED
    return Cause(
        cause=finding.cause,
        confidence="high" if finding.severity == "error" and finding.confidence == "high" else "medium",
        message=finding.message,
        fix=finding.fix,
        rule=finding.rule,
        evidence=tuple((path, "", _shown(value), "the scan") for path, value in sorted(finding.evidence.items())),
        weight=weight,
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def backs(evidence: Evidence, cause: str) -> bool:
    """Whether the error text speaks of this cause."""
    told = {
        "preflight-blocked": evidence.preflight,
        "expression-error": evidence.expression_failed,
        "named-value": bool(evidence.named_value_missing),
        "easy-auth-mismatch": evidence.layer == "easy auth",
        "policy-order-other": evidence.token_missing,
        "signing-key-config": evidence.key_mismatch or evidence.kid_unmatched,
        "openid-config-url-wrong": evidence.kid_unmatched or evidence.metadata_unreachable,
        "issuer-version-mismatch": bool(evidence.issuer_seen),
        "issuer-other": bool(evidence.issuer_seen),
        "tenant-mismatch": bool(evidence.issuer_seen),
        "audience-mismatch": bool(evidence.audiences_seen) or evidence.claim_expected[0] == "aud",
        "token-expired-clock": evidence.expired,
        "subscription-key": evidence.layer == "subscription key",
    }
    return told.get(cause, False)
