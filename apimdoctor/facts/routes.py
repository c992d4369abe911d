"""Routes: every operation of every online revision in each of its request contexts, with the policy that runs there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from apimdoctor.facts.drafts import Draft
from apimdoctor.facts.preflight import browser_callers
from apimdoctor.facts.revisions import Revisions
from apimdoctor.facts.services import Resources, catch_all
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Api, Operation, Route, TokenCheck
from apimdoctor.facts.ways import Elsewhere, Shown, Ways

Sign = Literal["console server", "checked sibling", "gateway identity"]
_NOWHERE = Elsewhere()


class Routes(Struct, eq=False):
    """Makes routes of drafts."""

    ways: Ways
    resources: Resources
    drafts: dict[int, Draft] = field(default_factory=dict)
    """By the identity of the route made of it."""
    _elsewhere: dict[tuple[tuple[int, ...], tuple[str, ...]], Elsewhere] = field(default_factory=dict)
    _of_products: dict[int, list[TokenCheck]] = field(default_factory=dict)
    """By way: the checks of products' policies that are met on it."""
    _browsers: dict[tuple[int, int], Values] = field(default_factory=dict)
    """By API and way: who calls from a browser."""
    _shared: dict[tuple[int, int, int, int, bool], dict[str, Any]] = field(default_factory=dict)
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
            in_products = self._product_checks(siblings)
            for draft in siblings:
                has_sibling = bool(checked.get(id(draft.api), set()) - {operation})
                route = self._route(draft, self._elsewhere_of(draft, in_products), revisions, has_sibling=has_sibling)
                self.drafts[id(route)] = draft
                yield route

    def _route(self, draft: Draft, elsewhere: Elsewhere, revisions: Revisions, *, has_sibling: bool) -> Route:
        context, operation = draft.context, self._operation(draft)
        # Operations without a policy of their own differ in no more than their name and place: the rest is made once.
        key = (id(draft.api), id(draft.way), id(context), id(elsewhere), has_sibling)
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = self._made_once(draft, elsewhere, revisions, has_sibling=has_sibling)
        in_current = revisions.in_current(draft)
        return Route(
            place=operation.place,
            name=f"{operation.method} {operation.template}".strip(),
            operation=operation,
            check_ids_in_current=in_current.ids,
            restricted_in_current=in_current.kinds,
            **shared,
        )

    def _made_once(
        self, draft: Draft, elsewhere: Elsewhere, revisions: Revisions, *, has_sibling: bool
    ) -> dict[str, Any]:
        """What the routes of one API that share a way and a request context have in common."""
        around, context = draft.around, draft.context
        shown, api = self.ways.shown(draft.way), self.resources.api(around, draft.api)
        asked = revisions.asked(shown)
        return {
            "api": api,
            "context": context.context,
            "product": context.product.name if context.product else "",
            "products": (self.resources.product(around, context.product),) if context.product else (),
            "tools_checked_by": self._tools_checked_by(draft),
            "key_holders": context.holders,
            "only_built_in_key": context.only_built_in,
            "subject_to": self.ways.subject_to(draft.way, key=context.by_key),
            "protection_signs": self._signs(draft, checked=has_sibling),
            "passages": shown.passages,
            "unchecked": self.ways.unchecked(draft.way, elsewhere),
            "check_ids": asked.ids,
            "restricted": asked.kinds,
            "browser_callers": self._browser_callers(api, shown),
            "reaches_back_end": bool(draft.way.calls),
            "hops": self.ways.hops(draft.way, around, draft.api, draft.api_place.resource),
            "cors": shown.cors,
            "steps": shown.steps,
            "identity_changes": shown.identity_changes,
            "dropped": shown.dropped,
            "resource_metadata": shown.resource_metadata,
            "replaced": shown.replaced,
            "unforwarded": shown.unforwarded,
            "errors_hidden": shown.errors_hidden,
            "variable_reads": shown.variable_reads,
        }

    def _browser_callers(self, api: Api, shown: Shown) -> Values:
        key = (id(api), id(shown))
        found = self._browsers.get(key)
        if found is None:
            found = self._browsers[key] = browser_callers(api, shown.passages)
        return found

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

    def _elsewhere_of(self, draft: Draft, in_products: Sequence[tuple[Draft, list[TokenCheck]]]) -> Elsewhere:
        """The product checks that other request contexts of the operation meet, and this one does not."""
        if not in_products:
            return _NOWHERE
        own = {id(check) for other, found in in_products if other is draft for check in found}
        checks: dict[TokenCheck, None] = {}
        products: dict[str, None] = {}
        for other, met in in_products:
            if other is not draft and other.context.product is not None:
                found = [check for check in met if id(check) not in own]
                checks.update(dict.fromkeys(found))
                if found:
                    products[other.context.product.name] = None
        if not checks:
            return _NOWHERE
        key = (tuple(id(check) for check in checks), tuple(products))
        return self._elsewhere.setdefault(key, Elsewhere(tuple(checks), tuple(products)))

    def _product_checks(self, drafts: Iterable[Draft]) -> list[tuple[Draft, list[TokenCheck]]]:
        """The drafts on which checks of a product's policy are met."""
        found = []
        for draft in drafts:
            checks = self._of_products.get(id(draft.way))
            if checks is None:
                passages = self.ways.shown(draft.way).passages
                checks = [p.check for p in passages if not isinstance(p, Unknown) and p.check.scope == "product"]
                self._of_products[id(draft.way)] = checks
            if checks:
                found.append((draft, checks))
        return found

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
