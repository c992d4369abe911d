"""`apimdoctor diagnose`: why one call is refused, or why it is let in."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from apimdoctor.cli import choice, config, output
from apimdoctor.cli.scan import read as read_snapshot
from apimdoctor.diagnose import evidence, gateway_trace, intake
from apimdoctor.diagnose.diagnosis import Cause, Diagnosis, FailingStep
from apimdoctor.diagnose.examine import Brought, diagnose
from apimdoctor.diagnose.privacy import shortened
from apimdoctor.diagnose.route import Chosen, Named, choose
from apimdoctor.diagnose.token import understand
from apimdoctor.engine.finding import Verdicts
from apimdoctor.engine.judge import judge
from apimdoctor.engine.routes import operation_of
from apimdoctor.engine.rule import Rule
from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.build import Built, build_whole
from apimdoctor.facts.vocabulary import Place, Route
from apimdoctor.snapshot import Snapshot

ACCEPTED, REFUSED, UNKNOWN = 0, 1, 3


def run(options: argparse.Namespace) -> int:
    """Read, judge, examine the one call, and say it."""
    options = config.applied_sources(options, config.read(options.config), "diagnose")
    brought = _brought(options)
    snapshot = read_snapshot(options)
    api = choice.api(snapshot, options.api, options.workspace or "")
    built = build_whole(snapshot)
    rules = choice.rules(options.rules)
    verdicts = judge(rules, built.facts)
    routes = [r for r in built.facts.routes if isinstance(r, Route)]
    named = Named(
        api=api,
        operation=options.operation or "",
        revision=options.revision or "",
        product=options.product or "",
        key=options.key or "",
    )
    chosen = choose(routes, named)
    if chosen.key_missing:
        diagnosis = _without_key(chosen, brought)
    else:
        told = [diagnose(built, snapshot, verdicts, route, brought) for route in chosen.routes]
        diagnosis = _gravest(told, chosen)
        diagnosis = _prescribed(diagnosis, chosen, snapshot, built, verdicts, rules)
    if not options.show_claims:
        diagnosis = shortened(diagnosis)
    _write(diagnosis, options)
    return _exit_code(diagnosis)


def _brought(options: argparse.Namespace) -> Brought:
    if options.token and options.claims:
        raise ApimDoctorError("--token and --claims exclude each other", "pass the token, or its decoded claims")
    presented = intake.NOTHING
    if options.token:
        presented = intake.read_token(_text(options.token, "token"))
    elif options.claims:
        presented = intake.read_claims(_text(options.claims, "claims"))
    said = options.error or (_text(options.error_file, "error text") if options.error_file else "")
    trace = gateway_trace.read(_text(options.trace, "trace")) if options.trace else None
    told = "\n".join(filter(None, (said, trace.text if trace else "")))
    return Brought(presented, evidence.read(told), trace, _moment(options.now))


def _text(path: str, what: str) -> str:
    """The text of a file or, for `-`, of standard input; no more of it than intake would look at."""
    bound = gateway_trace.MOST_BYTES if what == "trace" else intake.MOST_BYTES + 1
    try:
        if path == "-":
            return sys.stdin.read(bound)
        with Path(path).open("rb") as file:
            raw = file.read(bound)
    except OSError as error:
        raise ApimDoctorError(
            f"cannot read the {what} from {path}: {error.strerror}", "name a file, or - for stdin"
        ) from None
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return raw.decode(encoding, "replace")


def _moment(text: str | None) -> float:
    if not text:
        return time.time()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ApimDoctorError(f"--now {text} is no time", "write it as 2026-01-31T09:30:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _gravest(told: list[Diagnosis], chosen: Chosen) -> Diagnosis:
    """Of several products the one that says most; what was taken for granted is added."""
    order = {"refused": 0, "unknown": 1, "accepted": 2}
    best = min(told, key=lambda d: (order[d.verdict], -len(d.causes)))
    others = [f"{d.context}: {d.verdict}" for d in told if d is not best]
    notes = (*best.notes, *([f"in other contexts: {'; '.join(others)}"] if others else []))
    return replace(best, assumptions=(*chosen.assumptions, *best.assumptions), notes=notes)


def _prescribed(
    diagnosis: Diagnosis, chosen: Chosen, snapshot: Snapshot, built: Built, verdicts: Verdicts, rules: Sequence[Rule]
) -> Diagnosis:
    """The diagnosis with the prescriptions of the finding behind its first cause, where a rule says the same."""
    from apimdoctor.prescribe.prescribe import prescribed

    first = diagnosis.causes[0] if diagnosis.causes else None
    calls = {operation_of(route.place) for route in chosen.routes}
    found = [
        one
        for one in verdicts.findings
        if first and first.rule in (one.rule, *(also.rule for also in one.also)) and calls.intersection(one.affects)
    ]
    if first is None or not found:
        return diagnosis
    (cured,) = prescribed(
        snapshot, built, replace(verdicts, findings=tuple(found[:1])), rules, judged=verdicts
    ).findings
    return replace(diagnosis, causes=(replace(first, prescriptions=cured.prescriptions), *diagnosis.causes[1:]))


def _without_key(chosen: Chosen, brought: Brought) -> Diagnosis:
    """The gateway asks for a subscription key before any policy runs (apim-policies section 1, request context)."""
    route = chosen.routes[0]
    cause = Cause(
        cause="subscription-key",
        confidence="high",
        message=f'the API "{route.api.display_name or route.api.name}" needs a subscription key, and the call carries none',
        fix="Send the key of a subscription to a product that holds the API, in the header or query parameter the API names.",
    )
    return Diagnosis(
        verdict="refused",
        api=route.api.name,
        operation=route.operation.name,
        context="no key",
        token=understand(brought.presented),
        failing_step=FailingStep(element="subscription-key", place=Place()),
        gateway_message="401 Access denied due to missing subscription key.",
        last_error_reason="SubscriptionKeyNotFound",
        causes=(cause,),
        assumptions=chosen.assumptions,
    )


def _write(diagnosis: Diagnosis, options: argparse.Namespace) -> None:
    if options.report == "json":
        from apimdoctor.report import diagnosis_json

        sys.stdout.write(diagnosis_json.render(diagnosis))
        return
    from apimdoctor.report import diagnosis_text

    colour = output.colour_wanted(sys.stdout, os.environ)
    sys.stdout.write(diagnosis_text.render(diagnosis, width=output.width(sys.stdout), colour=colour))


def _exit_code(diagnosis: Diagnosis) -> int:
    if diagnosis.verdict == "unknown":
        return UNKNOWN
    return REFUSED if diagnosis.verdict == "refused" or diagnosis.causes else ACCEPTED
