"""What happens under one effective policy, as subjects: passages, unchecked paths, cors, hops. Made once per way."""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from apimdoctor import snapshot
from apimdoctor.facts.arrivals import arrivals, own_credential
from apimdoctor.facts.backends import Backends
from apimdoctor.facts.conditions import Conditions
from apimdoctor.facts.documents import Surroundings
from apimdoctor.facts.identities import Identities
from apimdoctor.facts.locating import Texts
from apimdoctor.facts.phrasing import variable_reads
from apimdoctor.facts.preflight import cors
from apimdoctor.facts.resource_metadata import resource_metadata
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import (
    ControlName,
    Cors,
    DroppedSteps,
    Hop,
    IdentityChange,
    Passage,
    Place,
    Replacement,
    ResourceMetadata,
    Section,
    Step,
    TokenCheck,
    UncheckedPath,
    VariableRead,
)
from apimdoctor.policy.way import Doubt, Met, Unchecked, VariableUse, Way

# A doubt about what runs after the back end has answered says nothing about checks and calls.
_TOO_LATE = re.compile(r"has no <(?:outbound|on-error)>")

_NARROWER = {"global": 0, "workspace": 1, "product": 2, "api": 3, "operation": 4}


class Elsewhere(Struct, frozen=True, eq=False):
    """Checks that other request contexts of the same operation meet, and the products whose key gives them."""

    checks: tuple[TokenCheck, ...] = ()
    products: tuple[str, ...] = ()


class Shown(Struct, frozen=True, eq=False):
    """A way as subjects: everything of a route that its API does not change."""

    passages: tuple[Passage | Unknown, ...]
    checks_on_every_path: tuple[TokenCheck, ...]
    cors: tuple[Cors | Unknown, ...]
    steps: tuple[Step, ...]
    identity_changes: tuple[IdentityChange, ...]
    dropped: tuple[DroppedSteps, ...]
    resource_metadata: tuple[ResourceMetadata | Unknown, ...]
    replaced: tuple[Replacement | Unknown, ...]
    unforwarded: tuple[Section | Unknown, ...]
    errors_hidden: tuple[Step | Unknown, ...]
    variable_reads: tuple[VariableRead | Unknown, ...]
    doubts: tuple[Unknown, ...]


class Ways(Struct, eq=False):
    """Makes the subjects of ways."""

    texts: Texts
    conditions: Conditions
    identities: Identities
    backends: Backends
    _shown: dict[int, Shown] = field(default_factory=dict)
    _unchecked: dict[tuple[int, int], tuple[UncheckedPath | Unknown, ...]] = field(default_factory=dict)
    _hops: dict[tuple[int, str], tuple[Hop | Unknown, ...]] = field(default_factory=dict)

    def shown(self, way: Way) -> Shown:
        """A way as subjects."""
        found = self._shown.get(id(way))
        if found is None:
            found = self._shown[id(way)] = self._show(way)
        return found

    def _show(self, way: Way) -> Shown:
        doubts = tuple(dict.fromkeys(Unknown(d.reason) for d in way.doubts if not _TOO_LATE.search(d.reason)))
        step = self.texts.step
        asked_for = self._asked_for(way)
        return Shown(
            passages=(*(self._passage(met, way) for met in way.met), *doubts),
            checks_on_every_path=self.texts.every_check(
                met.check for met in way.met if met.on == "every path" and met.caller_reaches
            ),
            cors=(*(cors(self.texts, met) for met in way.cors), *doubts),
            steps=tuple(dict.fromkeys(step(placed) for placed in way.steps)),
            identity_changes=tuple(dict.fromkeys(self.identities.of(writer) for writer in way.writers)),
            dropped=tuple(
                DroppedSteps(
                    place=(section := self.texts.section(left)).place,
                    section=section,
                    steps=tuple(dict.fromkeys(step(placed) for placed in left.missed)),
                    instead=doubts[0] if doubts else tuple(dict.fromkeys(placed.element.name for placed in way.steps)),
                )
                for left in way.left_out
                if left.missed
            ),
            resource_metadata=tuple(self._resource_metadata(way)),
            replaced=(
                *(
                    Replacement(place=step(second).place, first=step(first), second=step(second))
                    for first, second in way.replaced
                ),
                *doubts,
            ),
            # What was not read may forward, which makes an empty backend section harmless.
            unforwarded=doubts or tuple(self.texts.section(left) for left in way.unforwarded),
            errors_hidden=tuple(dict.fromkeys((*self._hiding_errors(way), *doubts))),
            variable_reads=tuple(dict.fromkeys(self._variable(use, asked_for) for use in way.variables)),
            doubts=doubts,
        )

    def _resource_metadata(self, way: Way) -> Iterator[ResourceMetadata | Unknown]:
        for placed in way.steps:
            if placed.element.name == "return-response":
                around, _ = self.texts.text(placed)
                place = self.texts.place(placed)
                yield from resource_metadata(placed.element, around.named, place, self.identities.apps)

    def _hiding_errors(self, way: Way) -> Iterator[Step | Unknown]:
        for found in way.errors_hidden:
            if not isinstance(found, Doubt):
                yield self.texts.step(found)
            elif not _TOO_LATE.search(found.reason):
                yield Unknown(found.reason)

    def _passage(self, met: Met, way: Way) -> Passage:
        check = self.texts.check(met.check)
        return Passage(
            place=check.place,
            check=check,
            on=met.on,
            token_written_by=self.identities.each(met.writers),
            caller_token_reaches=met.caller_reaches,
            before=tuple(dict.fromkeys(self.texts.step(placed) for placed in met.before)),
            later=self.texts.every_check(met.later),
            certificates_asked=tuple(
                self.texts.step(control.placed)
                for control in way.controls
                if control.kind == "client certificate" and _NARROWER[control.placed.scope] > _NARROWER[met.check.scope]
            ),
        )

    def _variable(self, use: VariableUse, asked_for: frozenset[str]) -> VariableRead | Unknown:
        if use.doubts:
            return Unknown(use.doubts[0].reason)
        step = self.texts.step(use.reader)
        return VariableRead(
            place=step.place,
            name=use.name,
            step=step,
            set_before="on every path" if use.set_on_every_way else "on some paths" if use.setters else "never",
            cast=self._cast(use),
            asked_for=use.name in asked_for,
        )

    def _cast(self, use: VariableUse) -> str:
        """The type that a step turns a variable into as it stands; with a default nothing is missing."""
        around, _ = self.texts.text(use.reader)
        found = variable_reads(use.reader.element, around.named, use.name)
        return next((read.cast for read in found if read.how == "index" and read.cast), "")

    def _asked_for(self, way: Way) -> frozenset[str]:
        """The variables of which some step asks whether they are set."""
        return frozenset(
            use.name
            for use in way.variables
            for read in variable_reads(use.reader.element, self.texts.text(use.reader)[0].named, use.name)
            if read.how == "contains"
        )

    # ------------------------------------------------------------ ways without a check
    def unchecked(self, way: Way, elsewhere: Elsewhere) -> tuple[UncheckedPath | Unknown, ...]:
        """The ways on which no check reads the caller's token. What may be checked all the same is Unknown."""
        key = (id(way), id(elsewhere))
        found = self._unchecked.get(key)
        if found is None:
            found = self._unchecked[key] = tuple(dict.fromkeys(self._paths(way, elsewhere)))
        return found

    def _paths(self, way: Way, elsewhere: Elsewhere) -> Iterator[UncheckedPath | Unknown]:
        for one in way.unchecked:
            if one.doubts:
                yield Unknown(one.doubts[0].reason)
            else:
                yield self._path(way, one, elsewhere)

    def _path(self, way: Way, one: Unchecked, elsewhere: Elsewhere) -> UncheckedPath:
        last_resort = one.why in ("no check", "section")
        overwritten = last_resort and bool(one.misread)
        other = last_resort and not overwritten and bool(elsewhere.checks)
        misread = self.texts.every_check(one.misread)
        missed = elsewhere.checks if other else misread if overwritten else self.texts.every_check(one.missed)
        base = tuple(self.texts.section(left) for left in one.base)
        conditions = tuple(self.conditions.of(guard, way) for guard in one.conditions)
        steps = tuple(self.texts.step(placed) for placed in one.steps)
        reasons: Sequence[Section | Step | TokenCheck] = (*base, *steps, *missed)
        return UncheckedPath(
            place=conditions[0].place if one.why == "condition" and conditions else _first(reasons),
            ends=one.ends,
            why="other context" if other else "overwritten" if overwritten else one.why,
            constant_answer=one.constant_answer,
            missed=missed,
            base=base,
            conditions=conditions,
            steps=steps,
            checked_in=elsewhere.products if other else (),
            misread=misread,
            subject_to=tuple(dict.fromkeys(control.kind for control in one.controls)),
        )

    # ------------------------------------------------------------ calls
    def hops(self, way: Way, around: Surroundings, api: snapshot.Api, place: str) -> tuple[Hop | Unknown, ...]:
        """The calls of a way for an API, whose own address is the target where the policy sets none."""
        if api.resolvers:
            # A resolver's policy inherits nothing and is not followed; it runs behind the inbound section.
            return (
                *self._hops_of(way, around, api, place),
                Unknown(f"what the resolvers of API {api.name} call is not followed"),
            )
        return self._hops_of(way, around, api, place)

    def _hops_of(self, way: Way, around: Surroundings, api: snapshot.Api, place: str) -> tuple[Hop | Unknown, ...]:
        if not way.calls:
            return self.shown(way).doubts
        own = any(call.backend_id is None and call.url is None for call in way.calls)
        key = (id(way), place if own else "")
        found = self._hops.get(key)
        if found is None:
            found = self._hops[key] = (*self._made_hops(way, around, api), *self.shown(way).doubts)
        return found

    def _made_hops(self, way: Way, around: Surroundings, api: snapshot.Api) -> Iterator[Hop]:
        for call in way.calls:
            backend = self.backends.of_call(around, api, call)
            identity = self.identities.each(call.identity)
            checks = self.texts.every_check(call.checks)
            yield Hop(
                place=self.texts.place(call.placed) if call.placed else backend.place,
                backend=backend,
                host=backend.host,
                identity=identity,
                caller_token_travels=call.caller_token_travels and (own_credential(backend) or True),
                caller_checked=call.checked,
                caller_checks=checks,
                arrivals=arrivals(
                    backend, identity, checks, call.checked, caller_token_travels=call.caller_token_travels
                ),
            )

    def subject_to(self, way: Way, *, key: bool) -> tuple[ControlName, ...] | Unknown:
        """What else turns callers away on every path to a back end that no token check covers."""
        controls: set[ControlName] = {control.kind for control in way.controls}
        open_ways: list[set[ControlName]] = [
            {control.kind for control in one.controls} for one in way.unchecked if one.ends in ("back end", "nothing")
        ]
        if open_ways:
            controls |= set.intersection(*open_ways)
        doubts = self.shown(way).doubts
        if doubts and not controls:
            return doubts[0]
        return (*sorted(controls), "key") if key else tuple(sorted(controls))


def _first(subjects: Iterable[Section | Step | TokenCheck]) -> Place:
    return next((subject.place for subject in subjects), Place())
