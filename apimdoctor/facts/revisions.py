"""What the token checks of a call ask for, in one revision of an API and in the current one.

Every online revision can be called (docs: api-management-revisions), so that one with fewer checks is a way around.
"""

from collections.abc import Iterable

from msgspec import Struct, field

from apimdoctor.facts.drafts import Draft
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import TokenCheck
from apimdoctor.facts.ways import Shown, Ways


class Asked(Struct, frozen=True, eq=False):
    """What the checks on every path of a call ask for: `ids` name them by what they accept, `kinds` say what they restrict."""

    ids: Values = Values()
    kinds: Values = Values()


_NOTHING = Asked()


class Revisions(Struct, eq=False):
    """Compares the calls of revisions."""

    ways: Ways
    _asked: dict[int, Asked] = field(default_factory=dict)
    _ids: dict[int, str] = field(default_factory=dict)
    _current: dict[tuple[str, str, str, str], Asked] = field(default_factory=dict)

    def read(self, drafts: Iterable[Draft]) -> None:
        """Remember the calls of the current revisions among these."""
        drafts = tuple(drafts)
        older = {draft.api.name for draft in drafts if not draft.api.is_current}
        for draft in drafts:
            if draft.api.is_current and draft.api.name in older:
                self._current[_same_call(draft)] = self.asked(self.ways.shown(draft.way))

    def in_current(self, draft: Draft) -> Asked:
        """What the current revision asks for the same call; nothing for one that it does not know."""
        if draft.api.is_current:
            return self.asked(self.ways.shown(draft.way))
        return self._current.get(_same_call(draft), _NOTHING)

    def asked(self, shown: Shown) -> Asked:
        """What the checks on every path ask for."""
        found = self._asked.get(id(shown))
        if found is None:
            checks = shown.checks_on_every_path
            rest = shown.doubts[0].because if shown.doubts else ""
            unread = next((check.restricts.because for check in checks if isinstance(check.restricts, Unknown)), "")
            kinds = (kind for check in checks if not isinstance(check.restricts, Unknown) for kind in check.restricts)
            found = self._asked[id(shown)] = Asked(
                ids=Values(known=tuple(dict.fromkeys(self._id(check) for check in checks)), rest=rest),
                kinds=Values(known=tuple(dict.fromkeys(kinds)), rest=rest or unread),
            )
        return found

    def _id(self, check: TokenCheck) -> str:
        found = self._ids.get(id(check))
        if found is None:
            parts = (
                check.accepted_issuers,
                check.accepted_tenants,
                check.accepted_audiences,
                check.accepted_clients,
                *(f"{claim.name}={claim.values}" for claim in check.claims),
            )
            found = self._ids[id(check)] = f"{check.element} {'; '.join(map(str, parts))}"
        return found


def _same_call(draft: Draft) -> tuple[str, str, str, str]:
    """What a call to another revision has in common with this one: ids of operations may differ between revisions."""
    operation = draft.operation
    call = f"{operation.method.upper()} {operation.url_template}" if operation else ""
    product = draft.context.product.name if draft.context.product else ""
    return draft.api.name, call, draft.context.context, product
