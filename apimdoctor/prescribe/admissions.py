"""Who gets in before and after a change, by the callers that a diagnosis tries."""

from collections.abc import Iterator

from apimdoctor.diagnose.callers import Imagined
from apimdoctor.diagnose.examine import callers_at, who_passes
from apimdoctor.engine.finding import Finding
from apimdoctor.engine.prescription import Admission
from apimdoctor.engine.routes import operation_of
from apimdoctor.facts.build import Built
from apimdoctor.facts.vocabulary import Place, Route
from apimdoctor.prescribe.verify import Cured
from apimdoctor.snapshot import Snapshot

_ASKED = "a caller with the token the check asks for"


class Admissions:
    """The callers of one configuration, asked before and after changes of it."""

    def __init__(self, snapshot: Snapshot, built: Built) -> None:
        self._snapshot = snapshot
        self._built = built
        self._routes = _by_call(built)
        self._last: tuple[Built, dict[tuple[str, ...], Route]] | None = None

    def of(self, finding: Finding, after: Cured) -> tuple[tuple[Admission, ...], bool]:
        """Who gets in on the first operation the finding affects; and whether somebody who is meant to loses access."""
        if self._last is None or self._last[0] is not after.built:
            self._last = (after.built, _by_call(after.built))
        changed = self._last[1]
        for call, route in self._of_finding(finding):
            if call in changed:
                return self._compared(route, changed[call], after)
        return (), False

    def _of_finding(self, finding: Finding) -> Iterator[tuple[tuple[str, ...], Route]]:
        affected = set(finding.affects)
        for call, route in self._routes.items():
            if operation_of(route.place) in affected:
                yield call, route

    def _compared(self, route: Route, changed: Route, after: Cured) -> tuple[tuple[Admission, ...], bool]:
        imagined = _worth_trying(
            [*callers_at(self._built, self._snapshot, route), *callers_at(after.built, after.snapshot, changed)]
        )
        then = who_passes(self._built, self._snapshot, route, imagined)
        now = who_passes(after.built, after.snapshot, changed, imagined)
        told = tuple(
            Admission(caller=one.caller, before=one.verdict, after=two.verdict)
            for one, two in zip(then, now, strict=True)
        )
        lost = [one.before == "accepted" and one.after == "refused" for one in told]
        return told, any(gone and caller.meant for gone, caller in zip(lost, imagined, strict=True))


def _worth_trying(imagined: list[Imagined]) -> list[Imagined]:
    """Each caller once. What a check asks for tells nothing where it changes, or where real callers are known."""
    kept: dict[str, Imagined] = {}
    for one in imagined:
        kept.setdefault(one.caller, one)
    asked = [one for one in imagined if one.caller == _ASKED]
    if asked and (len(kept) > 2 or any(one.token != asked[0].token for one in asked)):
        del kept[_ASKED]
    return list(kept.values())


def _by_call(built: Built) -> dict[tuple[str, ...], Route]:
    found: dict[tuple[str, ...], Route] = {}
    for route in built.facts.routes:
        if isinstance(route, Route):
            found[_call(route.place, route)] = route
    return found


def _call(place: Place, route: Route) -> tuple[str, ...]:
    return (place.service, place.workspace, place.api, place.revision, place.operation, route.context, route.product)
