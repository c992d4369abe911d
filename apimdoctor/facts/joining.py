"""What all routes together say of a token check: what is tested of its token afterwards, and where the token travels."""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.facts.backends import Backends
from apimdoctor.facts.checks import Afterwards
from apimdoctor.facts.drafts import Draft
from apimdoctor.facts.locating import Texts
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import PolicyScope
from apimdoctor.policy.way import Doubt, Met

CheckKey = tuple[int, PolicyScope]


class _Meetings(Struct, eq=False):
    """The routes on which one token check is met."""

    backends: Backends
    tested: "set[str] | None" = None
    because: str = ""
    drafts: dict[tuple[int, int], Draft] = field(default_factory=dict)

    def add(self, met: Met, draft: Draft) -> None:
        """Note one route."""
        self.drafts.setdefault((id(draft.way), id(draft.api)), draft)
        if isinstance(met.tested_later, Doubt):
            self.because = met.tested_later.reason
            return
        found = set(met.tested_later)
        self.tested = found if self.tested is None else self.tested & found

    def afterwards(self) -> Afterwards:
        """What they say together."""
        tested = tuple(sorted(self.tested or ()))
        # What one route surely does not test is not tested on every route, whatever another one does.
        open_end = bool(self.because) and (self.tested is None or bool(self.tested))
        return Afterwards(tested=Unknown(self.because) if open_end else tested, serves=self._serves)

    def _serves(self, api: MicrosoftApi) -> bool | Unknown:
        because = ""
        for draft in self.drafts.values():
            for call in draft.way.calls:
                if not call.caller_token_travels:
                    continue
                host = self.backends.of_call(draft.around, draft.api, call).host
                if isinstance(host, Unknown):
                    because = host.because
                elif api.serves(host):
                    return True
        return Unknown(because) if because else False


def afterwards(drafts: Iterable[Draft], texts: Texts, backends: Backends) -> Mapping[CheckKey, Afterwards]:
    """By token check (its element and scope), what all routes say of it."""
    found: dict[CheckKey, _Meetings] = {}
    seen: set[tuple[int, int]] = set()
    for draft in drafts:
        if (id(draft.way), id(draft.api)) in seen:
            continue
        seen.add((id(draft.way), id(draft.api)))
        for met in draft.way.met:
            key = (id(met.check.element), texts.scope(met.check))
            if key not in found:
                found[key] = _Meetings(backends)
            found[key].add(met, draft)
    return {key: meetings.afterwards() for key, meetings in found.items()}
