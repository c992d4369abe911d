"""What diagnose yields: a verdict, the step that fails, ranked causes, who gets in, and what was taken for granted."""

from typing import Literal

from msgspec import Struct, field

from apimdoctor.diagnose.token import Token
from apimdoctor.engine.prescription import Prescription
from apimdoctor.facts.vocabulary import Place

Verdict = Literal["accepted", "refused", "unknown"]
Confidence = Literal["high", "medium", "low"]


class Cause(Struct, frozen=True, kw_only=True):
    """One possible cause: `cause` is a word of the diagnosis vocabulary, `rule` the rule that says the same in a scan.

    `evidence` sets expected beside seen: (what, expected, seen, where it comes from).
    """

    cause: str
    confidence: Confidence
    message: str
    fix: str
    rule: str = ""
    evidence: tuple[tuple[str, str, str, str], ...] = ()
    also_depends: tuple[str, ...] = ()
    """Who else depends on the present state: other policies, Easy Auth sites, version 1 consumers."""
    misleading: str = ""
    """Published advice that people will find for this error and that is wrong here."""
    weight: float = 0.0
    prescriptions: tuple[Prescription, ...] = ()
    """Exact changes that cure the finding of `rule` on this call; added to the first cause after examining."""


class FailingStep(Struct, frozen=True, kw_only=True):
    """Where the call is refused; `element` is a policy element, or `easy-auth` for the back end."""

    element: str
    place: Place


class TraceStep(Struct, frozen=True, kw_only=True):
    """A step of the simulated request: what came of it, and why."""

    step: str
    outcome: str
    detail: str
    scope: str = ""
    place: Place = Place()


class Caller(Struct, frozen=True, kw_only=True):
    """A kind of caller, the token Entra would issue it for this API, and what happens to it."""

    caller: str
    token: str
    verdict: Verdict
    detail: str


class Diagnosis(Struct, frozen=True, kw_only=True):
    """The whole answer for one call."""

    verdict: Verdict
    api: str
    operation: str
    context: str
    token: Token
    failing_step: FailingStep | None = None
    gateway_message: str = ""
    last_error_reason: str = ""
    causes: tuple[Cause, ...] = ()
    callers: tuple[Caller, ...] = ()
    assumptions: tuple[str, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
