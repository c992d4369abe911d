"""What diagnose yields: a verdict, the step that fails, ranked causes, who gets in, and what was taken for granted."""

from dataclasses import dataclass, field
from typing import Literal

from apimdoctor.diagnose.token import Token
from apimdoctor.facts.vocabulary import Place

Verdict = Literal["accepted", "refused", "unknown"]
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingStep:
    """Where the call is refused; `element` is a policy element, or `easy-auth` for the back end."""

    element: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStep:
    """A step of the simulated request: what came of it, and why."""

    step: str
    outcome: str
    detail: str
    scope: str = ""
    place: Place = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A kind of caller, the token Entra would issue it for this API, and what happens to it."""

    caller: str
    token: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
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
