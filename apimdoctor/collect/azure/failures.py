"""What can go wrong while Azure is asked, and the gap that each failure leaves; no failure quotes a token or a secret."""

import re

from azure.core.exceptions import ServiceRequestError

from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import Gap

NOTHING_READ = 3
"""The exit code of a scan that could read nothing."""
_TLS = re.compile(r"SSL\w*Error|\[SSL:|CERTIFICATE_VERIFY_FAILED")
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w.-]*|(?i:bearer)\s+\S+")
_SECRETS = re.compile(r"(?i)((?:client_secret|client_assertion|assertion|password|access_token|sig)=)[^&\s]*")


class AzureError(Exception):
    """One request that did not succeed; the message is a clause that can stand behind a colon."""

    kind = "failed"
    hint = "try again; if it stays, open an issue with this line"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        if hint:
            self.hint = hint


class RefusedError(AzureError):
    """Azure answered, and the answer was an error."""

    def __init__(self, status: int, code: str = "", detail: str = "", wait: float | None = None) -> None:
        told = " ".join(filter(None, (code, detail)))
        super().__init__(f"Azure answered {status}" + (f" ({clean(told)})" if told else ""))
        self.status = status
        self.code = code
        self.wait = wait
        """How long Azure asked to wait; None when it did not."""
        if status in (401, 403):
            self.kind = "denied"
            self.hint = "`apimdoctor access` tells which right is missing"
        elif status == 429:
            self.kind = "throttled"
            self.hint = "Azure's own limit is reached; run the scan again later"


class UnreachableError(AzureError):
    """Azure gave no (whole) answer."""

    hint = "check the network, the proxy (HTTPS_PROXY) and the cloud"

    def __init__(self, message: str, hint: str = "", *, lasting: bool = False) -> None:
        super().__init__(message, hint)
        self.lasting = lasting
        """Whether asking again is pointless, as with a certificate nobody trusts."""


class UnreadableError(AzureError):
    """An answer that is not what is documented."""

    kind = "unparsed"


class ForbiddenRequestError(AzureError):
    """A request that the transport does not let out: it would write, or go to a host that is not the cloud's."""

    kind = "skipped"
    hint = "the answer that led there is not followed"


class LoginError(AzureError):
    """No token could be had."""

    kind = "denied"
    hint = "sign in again, for instance with `az login`"


def unreachable(error: Exception, host: str) -> UnreachableError:
    """What a failure of the network means, without what it quotes."""
    told = str(error)
    if isinstance(error, ServiceRequestError) and _TLS.search(told):
        return UnreachableError(
            f"the TLS connection to {host} failed: {clean(told, 160)}",
            "if a proxy signs certificates of its own, name its CA with SSL_CERT_FILE",
            lasting="CERTIFICATE_VERIFY_FAILED" in told,
        )
    if isinstance(error, ServiceRequestError):
        return UnreachableError(f"{host} cannot be reached")
    return UnreachableError(f"{host} broke off its answer")


def clean(text: str, most: int = 300) -> str:
    """A text that came from outside, on one line, without tokens and short."""
    told = _SECRETS.sub(r"\1...", _TOKEN.sub("...", " ".join(text.split())))
    return told if len(told) <= most else told[:most] + "..."


def gap(scope: str, error: AzureError) -> Gap:
    """The gap that a failed request leaves."""
    return Gap(scope=scope, kind=error.kind, detail=error.message, hint=error.hint)  # type: ignore[arg-type]


def fatal(sentence: str, error: AzureError) -> ApimDoctorError:
    """The error that ends a scan when even its first question has no answer."""
    return ApimDoctorError(f"{sentence}: {error.message}", error.hint, NOTHING_READ)
