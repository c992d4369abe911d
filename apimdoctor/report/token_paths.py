"""What the HTML report draws of each API: the ways of a token, the two sets side by side, who uses an app registration."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from apimdoctor.engine.finding import SEVERITIES, Finding
from apimdoctor.facts.values import Unknown, Values, includes, meets
from apimdoctor.facts.vocabulary import App, AppMatch, Facts, Passage, Route, Step, TokenCheck, UncheckedPath
from apimdoctor.report.hostile import visible
from apimdoctor.report.model import Report, named_apis

Key = tuple[str, str, str]
MOST_VALUES = 12
MOST_PATHS = 12
"""Distinct outcomes that an API page draws; the rest is counted."""
LONGEST_TEXT = 4000
KINDS = ("checked", "partly", "key", "open", "unknown")
"""How a route is protected, the best first."""


DECIDING = frozenset(
    {
        "issuer-version-mismatch",
        "issuer-other",
        "audience-mismatch",
        "audience-unchecked",
        "tenant-mismatch",
        "multi-tenant-issuer",
        "header-overwritten-before-validation",
        "policy-order-other",
        "wrong-token-kind",
        "missing-scope-or-role",
        "openid-config-url-wrong",
        "signing-key-config",
        "header-or-scheme",
        "named-value",
    }
)
"""Causes that decide which tokens a check lets through."""


class Drawing(Struct):
    """Everything the page draws, each distinct thing stored once and named by its number."""

    report: Report
    steps: list[list[object]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    checks: list[dict[str, object]] = field(default_factory=list)
    apps: list[dict[str, object]] = field(default_factory=list)
    protection: dict[Key, list[int]] = field(default_factory=dict)
    paths: dict[Key, list[dict[str, object]]] = field(default_factory=dict)
    used_by: dict[int, set[Key]] = field(default_factory=dict)
    _numbers: dict[tuple[str, object], int] = field(default_factory=dict)
    _found: dict[tuple[str, str], list[Finding]] = field(default_factory=dict)
    _undecided: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, facts: Facts) -> None:
        """Take in the facts of the run."""
        for one in self.report.verdicts.findings:
            self._found.setdefault((one.at.document, one.at.path), []).append(one)
        grave = {rule.id for rule in self.report.rules if rule.severity == "error" and rule.cause in DECIDING}
        for entry in self.report.verdicts.not_assessed:
            # A check stays grey only where it could turn out to refuse or admit the wrong tokens.
            if entry.rule not in grave:
                continue
            self._undecided |= {(place.document, place.path, place.api) for place in entry.subjects}
        for app in facts.apps:
            if isinstance(app, App):
                self._app(app)
        distinct: dict[tuple[object, ...], dict[str, object]] = {}
        for route in facts.routes:
            if isinstance(route, Route):
                self._route(route, distinct)

    def _route(self, route: Route, distinct: dict[tuple[object, ...], dict[str, object]]) -> None:
        key = (route.place.service, route.place.workspace, route.place.api)
        kind = protection(route)
        counts = self.protection.setdefault(key, [0] * len(KINDS))
        counts[KINDS.index(kind)] += 1
        checks = [self._check(one.check) for one in route.passages if isinstance(one, Passage)]
        for passage in route.passages:
            for match in passage.check.apps if isinstance(passage, Passage) else ():
                if isinstance(match, AppMatch):
                    self.used_by.setdefault(self._app(match.app), set()).add(key)
        same = (key, route.context, kind, tuple(id(step) for step in route.steps), tuple(checks))
        if same in distinct:
            names = distinct[same]["routes"]
            assert isinstance(names, list)  # noqa: S101 - made below
            names.append(visible(route.name))
            return
        drawn: dict[str, object] = {
            "context": visible(route.context + (f" of {route.product}" if route.product else "")),
            "kind": kind,
            "routes": [visible(route.name)],
            "steps": self._walk(route, key),
            "checks": list(dict.fromkeys(checks)),
            "end": _end(route),
            "holes": [_hole(one) for one in route.unchecked if isinstance(one, UncheckedPath)],
        }
        distinct[same] = drawn
        self.paths.setdefault(key, []).append(drawn)

    def _walk(self, route: Route, key: Key) -> list[list[object]]:
        """Each step as [number, state, whose token Authorization holds afterwards]."""
        changes = {(one.place.document, one.place.path): one for one in route.identity_changes}
        passed = {
            (one.check.place.document, one.check.place.path): one for one in route.passages if isinstance(one, Passage)
        }
        holder = "caller"
        walked: list[list[object]] = []
        for step in route.steps:
            where = (step.place.document, step.place.path)
            change = changes.get(where)
            if change is not None and "header:authorization" in change.writes.known:
                holder = {"removed": "none", "caller token": "caller"}.get(str(change.kind), "gateway")
            walked.append([self._step(step), self._state(where, key, passed.get(where)), holder])
        return walked

    def _state(self, where: tuple[str, str], key: Key, passage: Passage | None) -> str:
        severities = [one.severity for one in self._found.get(where, ()) if not _apis(one) or key in _apis(one)]
        if severities:
            return min(severities, key=SEVERITIES.index)
        if passage is None:
            return ""
        if (*where, key[2]) in self._undecided or (*where, "") in self._undecided:
            return "unknown"
        if passage.caller_token_reaches is False:
            return "misread"
        return "good" if passage.on == "every path" else "partly"

    def _step(self, step: Step) -> int:
        place = step.place
        number = self._numbers.get(("step", id(step)))
        if number is None:
            number = self._numbers["step", id(step)] = len(self.steps)
            text = self.report.texts.element(place)
            where = f"{place.document}:{place.line}" if place.document and place.line else place.document
            self.steps.append(
                [
                    visible(step.element),
                    step.scope,
                    step.section,
                    step.role,
                    self._text(text),
                    visible(where),
                    place.line,
                ]
            )
        return number

    def _text(self, text: str) -> int:
        shown = visible(text[:LONGEST_TEXT], keep="\n\t")
        number = self._numbers.get(("text", shown))
        if number is None:
            number = self._numbers["text", shown] = len(self.texts)
            self.texts.append(shown)
        return number

    def _check(self, check: TokenCheck) -> int:
        number = self._numbers.get(("check", id(check)))
        if number is not None:
            return number
        number = self._numbers["check", id(check)] = len(self.checks)
        matches = [one for one in check.apps if isinstance(one, AppMatch)]
        self.checks.append({})
        self.checks[number] = {
            "element": check.element,
            "where": visible(
                f"{check.place.document}:{check.place.line}" if check.place.line else check.place.document
            ),
            "restricts": list(check.restricts) if not isinstance(check.restricts, Unknown) else [],
            "issuers": _values(check.accepted_issuers),
            "audiences": _values(check.accepted_audiences),
            "clients": _values(check.accepted_clients),
            "apps": [self._match(one, check) for one in matches],
        }
        return number

    def _match(self, match: AppMatch, check: TokenCheck) -> dict[str, object]:
        app = match.app
        return {
            "app": self._app(app),
            "certainty": match.certainty,
            "doubt": visible(match.doubt),
            "issuers": _meeting(app.issuers, check.accepted_issuers),
            "audiences": _meeting(app.audiences, check.accepted_audiences),
        }

    def _app(self, app: App) -> int:
        number = self._numbers.get(("app", id(app)))
        if number is None:
            number = self._numbers["app", id(app)] = len(self.apps)
            version = app.token_version
            written = "" if app.token_version_written else ", not set"
            self.apps.append(
                {
                    "name": visible(app.display_name or app.app_id),
                    "id": visible(app.app_id),
                    "tenant": visible(app.tenant_id),
                    "version": "unknown" if isinstance(version, Unknown) else f"{version}{written}",
                    "issuers": _values(app.issuers),
                    "audiences": _values(app.audiences),
                    "scopes": _values(app.scope_values),
                    "roles": _values(app.role_values),
                }
            )
        return number


def protection(route: Route) -> str:
    """How a route is protected, one of `KINDS`."""
    if any(isinstance(one, Unknown) for one in (*route.passages, *route.unchecked)):
        return "unknown"
    passages = [one for one in route.passages if isinstance(one, Passage)]
    holes = [
        one
        for one in route.unchecked
        if isinstance(one, UncheckedPath) and one.ends not in ("refusal", "nothing") and not one.constant_answer
    ]
    if passages:
        return "partly" if holes else "checked"
    if not holes:
        return "checked"
    keyed = route.context not in ("no key", "open product")
    return "key" if keyed else "open"


def totals(protected: Mapping[Key, Sequence[int]]) -> list[int]:
    """Routes of each kind, over all APIs."""
    return [sum(counts[place] for counts in protected.values()) for place in range(len(KINDS))]


def _apis(finding: Finding) -> tuple[Key, ...]:
    return named_apis((finding.at, *finding.affects))


def _end(route: Route) -> list[object]:
    hops = [hop for hop in route.hops if not isinstance(hop, Unknown)]
    hosts = ["not known" if isinstance(hop.host, Unknown) else visible(hop.host) for hop in hops]
    return [list(dict.fromkeys(hosts)), any(hop.caller_token_travels is True for hop in hops)]


_ENDS = {
    "back end": "the call reaches the back end",
    "answer": "the gateway answers",
    "refusal": "the call is refused",
    "cached answer": "a cached answer is given",
}
_WHY = {
    "no check": "no token check runs",
    "other context": "the check runs with another key only",
    "overwritten": "the check reads another token than the caller's",
    "base": "a section leaves out the check it would inherit",
    "condition": "a condition leads past the check",
    "answer": "a step answers before the check",
    "cache": "a cache answers before the check",
    "section": "the check stands in a section that is too late",
}


def _hole(one: UncheckedPath) -> str:
    return f"{_WHY[one.why]}; {_ENDS[one.ends]}" if one.ends != "nothing" else _WHY[one.why]


def _values(values: Values) -> dict[str, object]:
    listed = [visible(text) for text in (*values.known, *values.symbols)]
    made: dict[str, object] = {"listed": listed[:MOST_VALUES], "more": max(0, len(listed) - MOST_VALUES)}
    if values.all:
        made["all"] = True
    if values.rest:
        made["rest"] = visible(values.rest)
    return made


def _meeting(issued: Values, accepted: Values) -> dict[str, object]:
    """What is issued, each with whether it is accepted, and whether any is."""
    whole = meets(issued, accepted)

    def word(answer: bool | Unknown) -> str:
        return "unknown" if isinstance(answer, Unknown) else "yes" if answer else "no"

    told = [[visible(text), word(includes(accepted, text))] for text in issued.known[:MOST_VALUES]]
    return {"any": word(whole), "issued": told}


def drawing(report: Report) -> Drawing:
    """The drawing of a run."""
    made = Drawing(report)
    if report.facts is not None:
        made.add(report.facts)
    return made
