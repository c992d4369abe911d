"""One call examined: which route it takes, what happens to its token there, and the causes ranked.

`diagnose` is the whole of it. It needs the facts, what the rules found, and what the person brought; it reads nothing.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.diagnose import callers, check_causes, other_causes
from apimdoctor.diagnose.diagnosis import Caller, Cause, Diagnosis, FailingStep, TraceStep, Verdict
from apimdoctor.diagnose.easy_auth import SiteTest, examine
from apimdoctor.diagnose.evidence import Evidence
from apimdoctor.diagnose.gateway_trace import GatewayTrace
from apimdoctor.diagnose.grants import older_than_assignment
from apimdoctor.diagnose.intake import NOTHING, Presented
from apimdoctor.diagnose.request import Request, decide
from apimdoctor.diagnose.signature import keys_for
from apimdoctor.diagnose.token import Token, understand
from apimdoctor.diagnose.walk import Ending, Held, State, Trail, Walker
from apimdoctor.engine.finding import Finding, Verdicts
from apimdoctor.facts.build import Built
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import App, Hop, Place, Route, SiteAuth
from apimdoctor.policy.value import Value
from apimdoctor.policy.way import Placed, Writer
from apimdoctor.snapshot import Snapshot

MOST_CAUSES = 3
RELEVANT = 30.0
"""A cause that neither the simulation nor an error finding nor the error text supports is not worth naming."""


class Brought(Struct, frozen=True):
    """What the person has: a token or claims, an error text, a gateway trace, and when the call was made."""

    presented: Presented = NOTHING
    evidence: Evidence = Evidence()
    trace: GatewayTrace | None = None
    now: float | None = None


def diagnose(built: Built, snapshot: Snapshot, verdicts: Verdicts, route: Route, brought: Brought) -> Diagnosis:
    """What happens to this call on this route, why, and what to change."""
    case = _Case(built, snapshot, route, brought)
    return case.diagnosis(_concerning(verdicts.findings, route))


def _concerning(findings: Iterable[Finding], route: Route) -> list[Finding]:
    """The findings that bear on this route: at it, at its API, or affecting it."""

    def bears(place: Place) -> bool:
        same = place.service == route.place.service and place.workspace == route.place.workspace
        if not same or place.api != route.place.api:
            return False
        return not place.operation or place.operation == route.place.operation

    return [f for f in findings if any(bears(p) for p in (f.at, *f.affects))]


class _Case:
    """One call on one route."""

    def __init__(self, built: Built, snapshot: Snapshot, route: Route, brought: Brought) -> None:
        self.built, self.snapshot, self.route, self.brought = built, snapshot, route, brought
        self.way = built.way(route)
        self.effective = built.effective(route)
        self.request = Request(
            method=route.operation.method,
            product=route.product,
            api=route.api.name,
            api_name=route.api.display_name,
            operation=route.operation.name,
            with_product=bool(route.product),
        )

    # ------------------------------------------------------------ the call
    def diagnosis(self, findings: list[Finding]) -> Diagnosis:
        token = understand(self.brought.presented)
        imagined = self.imagined()
        rows = [self.row(one) for one in imagined]
        given = self.brought.presented.form != "none"
        # An error text that misses the token says how the call was made.
        bare = given or not self.way.met or self.brought.evidence.token_missing
        shown = token if bare else self._stand_in(imagined, rows)
        endings = self._walk(shown, self.brought.now if given else None)
        verdict, ending, site = self._verdict(endings)
        causes = self._causes(verdict, ending, site, shown, findings)
        if not given and shown.kind != "none":
            note = f"no token was given: {shown.label} was taken, as Entra ID would issue it"
            endings = [replace(e, state=replace(e.state, assumptions=(*e.state.assumptions, note))) for e in endings]
            ending = (
                endings[0]
                if ending is None
                else replace(ending, state=replace(ending.state, assumptions=(*ending.state.assumptions, note)))
            )
        return Diagnosis(
            verdict=verdict,
            api=self.route.api.name,
            operation=self.route.operation.name,
            context=self.route.context + (f" of {self.route.product}" if self.route.product else ""),
            token=shown,
            failing_step=self._failing(verdict, ending, site),
            gateway_message=_message(verdict, ending, site),
            last_error_reason=_reason(ending),
            causes=causes,
            callers=tuple(rows),
            assumptions=tuple(dict.fromkeys(a for e in endings for a in (*_standing(e, given), *e.state.assumptions))),
            trace=self._trace(ending, site),
            notes=self._notes(),
        )

    def _walk(self, token: Token, now: float | None) -> list[Ending]:
        walker = Walker(
            effective=self.effective,
            way=self.way,
            decide=self._decide,
            find_check=self.built.check,
            gateway_token=self._gateway_token,
            now=now,
            keys_of=lambda check: keys_for(check, self.snapshot.metadata),
        )
        return list(walker.walk(self._held(token)))

    def _held(self, token: Token) -> dict[str, Held]:
        """The token where the first check looks for it: a caller who reads the documentation sends it there."""
        places = {"header:authorization"}
        for met in self.way.met:
            if met.reads and met.reads.startswith(("header:", "query:")):
                places.add(met.reads)
        return {place: Held(token) for place in places}

    def _decide(self, value: Value, state: State) -> bool | None:
        return decide(value, state, self.request)

    def _gateway_token(self, writer: Writer) -> Token | None:
        change = self.built.identity(writer)
        if change is None or not change.issuers.known or not change.audiences.known:
            return None
        issuer, audience = change.issuers.known[0], change.audiences.known[0]
        client = change.client_ids.known[0] if change.client_ids.known else ""
        version = 1 if "sts." in issuer else 2
        return Token(
            kind="access token",
            why="the gateway's managed identity asked for it",
            version=version,
            issuer=issuer,
            audiences=(audience,),
            client=client,
            flow="application",
            header={"alg": "RS256", "typ": "JWT"},
            claims={
                "iss": issuer,
                "aud": audience,
                "ver": f"{version}.0",
                "iat": callers.ISSUED,
                "exp": callers.EXPIRES,
                ("azp" if version == 2 else "appid"): client,
            },
            scheme="Bearer",
            readable=True,
            label="the token of the gateway's own managed identity",
        )

    # ------------------------------------------------------------ who gets in
    def _apps(self) -> list[App]:
        found: dict[str, App] = {}
        for met in self.way.met:
            check = self.built.check(met.check)
            app = check_causes.app_of(check) if check else None
            if app is not None:
                found.setdefault(app.app_id, app)
        return list(found.values())

    def imagined(self) -> list[callers.Imagined]:
        """Nobody, and the callers of the app registrations that the token checks name."""
        apps = self._apps()
        made = [callers.NOBODY]
        for app in apps[:2]:
            made += [*callers.callers_of(app), *callers.stranger(app)]
        if not apps:
            checks = [check for met in self.way.met if (check := self.built.check(met.check))]
            made += [one for check in checks[:1] for one in callers.as_asked(check)]
        return made

    def row(self, imagined: callers.Imagined) -> Caller:
        """What happens to a caller."""
        endings = self._walk(imagined.token, None)
        verdict, ending, site = self._verdict(endings)
        detail = _message(verdict, ending, site) or (
            ending.detail if ending and ending.detail else "reaches the back end"
        )
        if verdict == "unknown":
            detail = next(
                (e.detail for e in endings if e.end == "open"), "depends on a condition that cannot be decided"
            )
        token = imagined.token
        told = f"version {token.version}, aud {', '.join(token.audiences)}" if token.readable else "none"
        return Caller(caller=imagined.caller, token=told, verdict=verdict, detail=detail)

    @staticmethod
    def _stand_in(imagined: Sequence[callers.Imagined], rows: Sequence[Caller]) -> Token:
        """The token of a caller that is meant to pass: one that does, when there is one."""
        meant = [(one, row) for one, row in zip(imagined, rows, strict=True) if one.meant]
        passing = [one for one, row in meant if row.verdict == "accepted"]
        chosen = passing or [one for one, _ in meant]
        return chosen[0].token if chosen else imagined[0].token

    # ------------------------------------------------------------ the verdict
    def _verdict(self, endings: Sequence[Ending]) -> tuple[Verdict, Ending | None, SiteTest | None]:
        outcomes: list[tuple[Verdict, Ending, SiteTest | None]] = []
        for ending in endings:
            if ending.end == "forwarded":
                outcomes.append(self._at_site(ending))
            elif ending.end == "answered":
                outcomes.append(("accepted", ending, None))
            else:
                outcomes.append(("refused" if ending.end == "refused" else "unknown", ending, None))
        if not outcomes:
            return "unknown", None, None
        said = {verdict for verdict, _, _ in outcomes}
        if len(said) == 1:
            return outcomes[0]
        first = next((o for o in outcomes if o[0] == "refused"), outcomes[0])
        return "unknown", first[1], first[2]

    def _at_site(self, ending: Ending) -> tuple[Verdict, Ending, SiteTest | None]:
        held = ending.state.held.get("header:authorization", Held(Token("none")))
        for site in self._sites():
            tests = examine(site, held.token, held.unknown)
            failed = next((t for t in tests if t.passed is False), None)
            if failed:
                return "refused", ending, failed
            open_test = next((t for t in tests if t.passed is None and t.what == "issuer"), None)
            # Reported both ways, so the person's own evidence decides (entra-tokens section 7).
            if open_test and self.brought.evidence.layer == "easy auth":
                return "refused", ending, open_test
        return "accepted", ending, None

    def _sites(self) -> list[SiteAuth]:
        hops = [hop for hop in self.route.hops if isinstance(hop, Hop)]
        return list({id(s): s for hop in hops for s in hop.backend.sites if isinstance(s, SiteAuth)}.values())

    def _failing(self, verdict: Verdict, ending: Ending | None, site: SiteTest | None) -> FailingStep | None:
        if verdict != "refused" or ending is None:
            return None
        if site is not None:
            return FailingStep(element="easy-auth", place=site.site.place)
        if ending.placed is None:
            return None
        return FailingStep(element=ending.placed.element.name, place=self._place(ending.placed))

    def _place(self, placed: Placed) -> Place:
        return self.built.place(placed)

    def _spot(self, verdict: Verdict, ending: Ending | None, site: SiteTest | None) -> Place | None:
        """Where the call fails or stays open."""
        if verdict == "accepted" or ending is None:
            return None
        if site is not None:
            return site.site.place
        return self._place(ending.placed) if ending.placed is not None else None

    # ------------------------------------------------------------ the causes
    def _causes(
        self, verdict: Verdict, ending: Ending | None, site: SiteTest | None, token: Token, findings: Sequence[Finding]
    ) -> tuple[Cause, ...]:
        evidence = self.brought.evidence
        found: list[Cause] = list(other_causes.from_evidence(evidence))
        spot = self._spot(verdict, ending, site)
        if verdict == "refused" and ending is not None:
            found += self._refusal(ending, site, token)
        elif verdict == "unknown" and ending is not None and ending.checked is not None:
            found += [replace(c, weight=c.weight - 30) for c in check_causes.causes_of(ending.checked)]
        for finding in findings:
            here = spot is not None and _same_spot(finding, spot)
            backed = other_causes.backs(evidence, finding.cause)
            shown = verdict == "accepted" and (_demonstrated(finding, ending) or other_causes.outside(finding))
            if verdict == "accepted" and finding.cause not in other_causes.LETS_IN and not (backed or shown):
                continue
            if finding.severity == "error" or here or backed or shown:
                found.append(other_causes.from_finding(finding, here=here or shown, evidence=evidence))
        found += self._contradicted(token)
        return tuple(replace(cause, also_depends=self._depends(cause)) for cause in _ranked(found))

    def _depends(self, cause: Cause) -> tuple[str, ...]:
        """Who else lives on the token version or audience that the cause's fix would change."""
        if cause.cause not in ("issuer-version-mismatch", "audience-mismatch", "easy-auth-mismatch"):
            return ()
        own = {id(check) for met in self.way.met if (check := self.built.check(met.check))}
        told: list[str] = []
        for app in self._apps():
            for other in self.built.facts.token_checks:
                if isinstance(other, Unknown) or id(other) in own:
                    continue
                if any(not isinstance(m, Unknown) and m.app.app_id == app.app_id for m in other.apps):
                    told.append(f"{other.element} at {other.place.document}:{other.place.line}")
            told += [
                f"Easy Auth of {site.host}"
                for site in self.built.facts.sites
                if isinstance(site, SiteAuth) and site.client_id == app.app_id
            ]
        return tuple(dict.fromkeys(told))

    def _refusal(self, ending: Ending, site: SiteTest | None, token: Token) -> list[Cause]:
        if site is not None:
            held = ending.state.held.get("header:authorization")
            return [other_causes.easy_auth(site, held.token if held else None)]
        checked = ending.checked
        if checked is None:
            return []
        place = checked.check.token_from
        held = ending.state.held.get(place) if isinstance(place, str) else None
        if held is not None and held.writer is not None:
            return [other_causes.overwritten(checked.check, held.writer, token)]
        causes = check_causes.causes_of(checked)
        return [older_than_assignment(cause, checked, self.snapshot) for cause in causes]

    def _contradicted(self, token: Token) -> list[Cause]:
        """The validator saw another issuer than the token the client sent: it saw another token."""
        seen = self.brought.evidence.issuer_seen
        trace = self.brought.trace
        proven = trace is not None and any(
            trace.ran_before("authentication-managed-identity", name)
            for name in ("validate-jwt", "validate-azure-ad-token")
        )
        differs = bool(token.readable and token.issuer and seen and seen != token.issuer)
        if not (differs or proven):
            return []
        for met in self.way.met:
            check = self.built.check(met.check)
            writer = next((w for w in met.writers if isinstance(w, Writer) and w.kind != "caller token"), None)
            if check is not None and writer is not None:
                return [other_causes.overwritten(check, writer, token)]
        return []

    # ------------------------------------------------------------ for showing
    def _trace(self, ending: Ending | None, site: SiteTest | None) -> tuple[TraceStep, ...]:
        if ending is None:
            return ()
        steps = [self._shown(trail) for trail in ending.state.trail]
        if site is not None:
            steps.append(TraceStep(step="easy-auth", outcome="failed", detail=site.detail, place=site.site.place))
        return tuple(steps)

    def _shown(self, trail: Trail) -> TraceStep:
        scope = trail.placed.scope if trail.placed else ""
        place = self._place(trail.placed) if trail.placed else Place()
        return TraceStep(step=trail.step, outcome=trail.outcome, detail=trail.detail, scope=scope, place=place)

    def _notes(self) -> tuple[str, ...]:
        trace = self.brought.trace
        if trace is None:
            return ()
        ran = {entry.source for entry in trace.entries}
        unseen = sorted({m.check.element.name for m in self.way.met if m.on == "every path"} - ran)
        return tuple(
            f"the trace shows no {name}, which the configuration read here runs on every way: it may be of "
            "another revision or API"
            for name in unseen
        )


def _standing(ending: Ending, given: bool) -> tuple[str, ...]:
    """What is taken for granted of every token that was brought."""
    proven = any(t.what == "signature" and t.passed for checked in ending.state.checked for t in checked.tests)
    return ("the token's signature counts as right",) if given and not proven else ()


def _demonstrated(finding: Finding, ending: Ending | None) -> bool:
    """Whether this very token shows the finding: it was admitted by checks that compare no audience."""
    checked = ending.state.checked if ending is not None else ()
    return (
        finding.cause == "audience-unchecked" and bool(checked) and all(c.check.accepted_audiences.all for c in checked)
    )


def _same_spot(finding: Finding, place: Place) -> bool:
    spots = [finding.at, *finding.related]
    return any(
        s.document == place.document and s.path and (place.path.startswith(s.path) or s.path.startswith(place.path))
        for s in spots
    )


def _message(verdict: Verdict, ending: Ending | None, site: SiteTest | None) -> str:
    if verdict == "accepted" or ending is None:
        return ""
    if site is not None:
        return f"{site.status or 401} from {site.site.host}: You do not have permission to view this directory or page."
    if ending.checked is not None and ending.checked.failed is not None:
        return ending.checked.failed.message
    return ending.detail if verdict == "refused" else ""


def _reason(ending: Ending | None) -> str:
    failed = ending.checked.failed if ending is not None and ending.checked is not None else None
    return failed.reason if failed else ""


def _ranked(found: Sequence[Cause]) -> tuple[Cause, ...]:
    """The best of each cause, best first, at most three; what another said of the same cause is kept in its fix."""
    best: dict[str, Cause] = {}
    for cause in sorted(found, key=lambda c: -c.weight):
        known = best.get(cause.cause)
        if known is None:
            best[cause.cause] = cause
        elif not known.rule and cause.rule:
            best[cause.cause] = replace(known, rule=cause.rule, fix=_joined(known.fix, cause.fix))
    ranked = sorted(best.values(), key=lambda c: -c.weight)
    return tuple(c for c in ranked if c.weight >= RELEVANT)[:MOST_CAUSES]


def _joined(first: str, second: str) -> str:
    return first if not second or second in first else f"{first} {second}"


def unknown_routes(routes: Sequence[Route | Unknown]) -> list[str]:
    """Why some routes are not known."""
    return [route.because for route in routes if isinstance(route, Unknown)]


def callers_at(built: Built, snapshot: Snapshot, route: Route) -> tuple[callers.Imagined, ...]:
    """The callers that a route is worth trying with: those its token checks tell of, and somebody without a token."""
    return tuple(_Case(built, snapshot, route, Brought()).imagined())


def who_passes(
    built: Built, snapshot: Snapshot, route: Route, imagined: Sequence[callers.Imagined]
) -> tuple[Caller, ...]:
    """What happens to each of these callers on a route."""
    case = _Case(built, snapshot, route, Brought())
    return tuple(case.row(one) for one in imagined)
