"""Routes: every operation of every online revision in each of its request contexts, with the policy that runs there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from apimdoctor.facts.drafts import Draft
from apimdoctor.facts.preflight import browser_callers
from apimdoctor.facts.revisions import Revisions
from apimdoctor.facts.services import Resources, catch_all
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Operation, Route, TokenCheck
from apimdoctor.facts.ways import Elsewhere, Ways

Sign = Literal["console server", "checked sibling", "gateway identity"]
_NOWHERE = Elsewhere()


@dataclass(slots=True, eq=False)
class Routes:
    """Makes routes of drafts."""

    ways: Ways
    resources: Resources
    drafts: dict[int, Draft] = field(default_factory=dict)
    """By the identity of the route made of it."""
    _elsewhere: dict[tuple[tuple[int, ...], tuple[str, ...]], Elsewhere] = field(default_factory=dict)
    _catch_all: dict[str, Operation] = field(default_factory=dict)
    _tools: dict[str, dict[TokenCheck, None]] = field(default_factory=dict)
    """By the name of an API that an MCP server was made of: the token checks of its own routes."""

    def of(self, drafts: Iterable[Draft]) -> Iterator[Route]:
        """The routes of all drafts of one service or workspace."""
        by_operation: dict[tuple[int, int], list[Draft]] = {}
        for draft in drafts:
            by_operation.setdefault((id(draft.api), id(draft.operation)), []).append(draft)
        checked = self._checked_operations(by_operation)
        self._note_tools(draft for drafts in by_operation.values() for draft in drafts)
        revisions = Revisions(self.ways)
        revisions.read(draft for drafts in by_operation.values() for draft in drafts)
        for (_, operation), siblings in by_operation.items():
            for draft in siblings:
                route = self._route(draft, siblings, checked.get(id(draft.api), set()) - {operation}, revisions)
                self.drafts[id(route)] = draft
                yield route

    def _route(
        self,
        draft: Draft,
        siblings: list[Draft],
        checked_siblings: set[int],
        revisions: Revisions,
    ) -> Route:
        around, api, context = draft.around, draft.api, draft.context
        shown = self.ways.shown(draft.way)
        operation = self._operation(draft)
        place = operation.place
        asked, in_current = revisions.asked(shown), revisions.in_current(draft)
        return Route(
            place=place,
            name=f"{operation.method} {operation.template}".strip(),
            api=self.resources.api(around, api),
            operation=operation,
            context=context.context,
            product=context.product.name if context.product else "",
            products=(self.resources.product(around, context.product),) if context.product else (),
            tools_checked_by=self._tools_checked_by(draft),
            key_holders=context.holders,
            only_built_in_key=context.only_built_in,
            subject_to=self.ways.subject_to(draft.way, key=context.by_key),
            protection_signs=self._signs(draft, checked=bool(checked_siblings)),
            passages=shown.passages,
            unchecked=self.ways.unchecked(draft.way, self._other_contexts(draft, siblings)),
            check_ids=asked.ids,
            check_ids_in_current=in_current.ids,
            restricted=asked.kinds,
            restricted_in_current=in_current.kinds,
            browser_callers=browser_callers(self.resources.api(around, api), shown.passages),
            reaches_back_end=bool(draft.way.calls),
            hops=self.ways.hops(draft.way, around, api, draft.api_place.resource),
            cors=shown.cors,
            steps=shown.steps,
            identity_changes=shown.identity_changes,
            dropped=shown.dropped,
            resource_metadata=shown.resource_metadata,
            replaced=shown.replaced,
            unforwarded=shown.unforwarded,
            errors_hidden=shown.errors_hidden,
            variable_reads=shown.variable_reads,
        )

    def _note_tools(self, drafts: Iterable[Draft]) -> None:
        drafts = tuple(drafts)
        exposed = {draft.api.mcp_backend_api for draft in drafts} - {""}
        for draft in drafts:
            if draft.api.name in exposed:
                checks = self.ways.shown(draft.way).checks_on_every_path
                self._tools.setdefault(draft.api.name, {}).update(dict.fromkeys(checks))

    def _tools_checked_by(self, draft: Draft) -> tuple[TokenCheck, ...]:
        return tuple(self._tools.get(draft.api.mcp_backend_api, ())) if draft.api.mcp_backend_api else ()

    def _operation(self, draft: Draft) -> Operation:
        if draft.operation is not None:
            return self.resources.operation(draft.api_place, draft.operation)
        key = draft.api_place.resource
        if key not in self._catch_all:
            self._catch_all[key] = catch_all(draft.api_place, draft.api.kind)
        return self._catch_all[key]

    def _other_contexts(self, draft: Draft, siblings: list[Draft]) -> Elsewhere:
        """The product checks that other request contexts of the operation meet, and this one does not."""
        own = {id(check) for check in self._product_checks(draft)}
        checks: dict[TokenCheck, None] = {}
        products: dict[str, None] = {}
        for other in siblings:
            if other is not draft and other.context.product is not None:
                found = [check for check in self._product_checks(other) if id(check) not in own]
                checks.update(dict.fromkeys(found))
                if found:
                    products[other.context.product.name] = None
        if not checks:
            return _NOWHERE
        key = (tuple(id(check) for check in checks), tuple(products))
        return self._elsewhere.setdefault(key, Elsewhere(tuple(checks), tuple(products)))

    def _product_checks(self, draft: Draft) -> list[TokenCheck]:
        passages = self.ways.shown(draft.way).passages
        return [p.check for p in passages if not isinstance(p, Unknown) and p.check.scope == "product"]

    def _checked_operations(self, by_operation: Mapping[tuple[int, int], list[Draft]]) -> dict[int, set[int]]:
        """By API, the operations on whose routes a token check stands in every context."""
        found: dict[int, set[int]] = {}
        for (api, operation), drafts in by_operation.items():
            if all(draft.way.met for draft in drafts):
                found.setdefault(api, set()).add(operation)
        return found

    def _signs(self, draft: Draft, *, checked: bool) -> tuple[Sign, ...]:
        found: list[Sign] = []
        if draft.api.authentication:
            found.append("console server")
        if checked:
            found.append("checked sibling")
        if any(writer.kind == "managed identity" for writer in draft.way.writers):
            found.append("gateway identity")
        return tuple(found)
