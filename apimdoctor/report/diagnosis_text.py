"""The text diagnosis: the way of the token as a picture, the cause with its evidence, the fix, and who gets in."""

import textwrap
from collections.abc import Iterator

from apimdoctor.diagnose.diagnosis import Cause, Diagnosis
from apimdoctor.report import text_prescribed
from apimdoctor.report.hostile import inert, visible
from apimdoctor.report.painting import Line, painted

_MARK = {
    "passed": "ok",
    "failed": "XX",
    "undecided": "??",
    "changed": "->",
    "refused": "XX",
    "answered": "<-",
    "forwarded": "=>",
}
_STYLE = {"accepted": "bold green", "refused": "bold red", "unknown": "bold yellow"}
_OUTCOME_STYLE = {"failed": "red", "refused": "red", "undecided": "yellow", "changed": "magenta", "passed": "green"}


def render(diagnosis: Diagnosis, *, width: int = 80, colour: bool = False) -> str:
    """The diagnosis as text."""
    width = max(width, 40)
    lines = [*_head(diagnosis, width), *_path(diagnosis, width), *_causes(diagnosis, width)]
    lines += [*_callers(diagnosis, width), *_assumptions(diagnosis, width)]
    return painted(lines, colour=colour)


def _head(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    said = {"accepted": "The call is accepted.", "refused": "The call is refused.", "unknown": "The verdict is open."}
    first = said[diagnosis.verdict]
    if diagnosis.verdict == "accepted" and diagnosis.causes:
        first = "The call is accepted, and it should not be like this."
    if diagnosis.failing_step is not None:
        place = diagnosis.failing_step.place
        where = f" ({visible(place.document)}:{place.line})" if place.document and place.line else ""
        first += f" It fails at {visible(diagnosis.failing_step.element)}{where}."
    yield ((first, _STYLE[diagnosis.verdict]),)
    if diagnosis.gateway_message:
        yield from _wrapped("gateway: " + diagnosis.gateway_message, width, "  ", "dim")


def _path(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    token = diagnosis.token
    yield ()
    yield (("The way of the token", "bold"),)
    told = token.kind + (f", version {token.version}" if token.version else "")
    yield from _wrapped(f"caller      {told}", width, "  ", "")
    if token.issuer:
        yield from _wrapped(f"Entra ID    iss {token.issuer}", width, "  ", "", hanging=" " * 12)
        yield from _wrapped(f"            aud {', '.join(token.audiences)}", width, "  ", "", hanging=" " * 12)
    where = f"{diagnosis.api} / {diagnosis.operation}, {diagnosis.context}"
    yield from _wrapped(f"gateway     {where}", width, "  ", "")
    for step in diagnosis.trace:
        mark = _MARK.get(step.outcome, "  ")
        place = f" line {step.place.line}" if step.place.line else ""
        scope = f" ({step.scope}{place})" if step.scope else ""
        text = f"  {mark} {step.step}{scope}" + (f": {step.detail}" if step.detail else "")
        yield from _wrapped(text, width, "  ", _OUTCOME_STYLE.get(step.outcome, ""), hanging="       ")


def _causes(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    for number, cause in enumerate(diagnosis.causes, start=1):
        yield ()
        yield (
            (f"{'Cause' if number == 1 else 'Or'}: {cause.cause}", "bold"),
            (f"  confidence {cause.confidence}", "dim"),
        )
        yield from _wrapped(cause.message, width, "  ", "")
        yield from _evidence(cause, width)
        if cause.fix:
            yield from _wrapped("Change: " + cause.fix, width, "  ", "green", hanging="    ")
        for place, one in enumerate(cause.prescriptions):
            yield from text_prescribed.told(one, width, whole=not place, uncut=False)
        if cause.also_depends:
            yield from _wrapped(
                "On the present state depend: " + ", ".join(cause.also_depends), width, "  ", "dim", hanging="    "
            )
        if cause.misleading and number == 1:
            yield from _wrapped("Not this: " + cause.misleading, width, "  ", "dim", hanging="    ")
        if cause.rule:
            yield ((f"  apimdoctor explain {cause.rule}", "dim"),)
    if not diagnosis.causes:
        yield ()
        yield (("No cause was found in the configuration that was read.", ""),)


def _evidence(cause: Cause, width: int) -> Iterator[Line]:
    for what, expected, seen, source in cause.evidence:
        if not expected:
            continue
        yield from _wrapped(f"{what}: expected {expected}", width, "    ", "")
        yield from _wrapped(f"{' ' * len(what)}  seen     {seen or 'nothing'}", width, "    ", "")
        yield from _wrapped(f"{' ' * len(what)}  from     {source}", width, "    ", "dim")


def _callers(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    if not diagnosis.callers:
        return
    yield ()
    yield (("Who gets in", "bold"),)
    for caller in diagnosis.callers:
        style = {"accepted": "green", "refused": "red", "unknown": "yellow"}[caller.verdict]
        yield from _wrapped(f"{caller.verdict:9} {caller.caller}", width, "  ", style, hanging=" " * 12)
        if caller.verdict != "accepted":
            yield from _wrapped(caller.detail, width, " " * 12, "dim")


def _assumptions(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    told = [*diagnosis.assumptions, *diagnosis.notes]
    if not told:
        return
    yield ()
    yield (("Taken for granted", "bold"),)
    for assumption in told:
        yield from _wrapped("- " + assumption, width, "  ", "dim", hanging="    ")


def _wrapped(text: str, width: int, indent: str, style: str, *, hanging: str = "") -> Iterator[Line]:
    shown = inert(visible(" ".join(text.split()) if "\n" in text else text))
    for line in textwrap.wrap(
        shown, width, initial_indent=indent, subsequent_indent=indent + hanging, break_on_hyphens=False
    ) or [indent]:
        yield ((line, style),)
