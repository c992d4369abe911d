"""Routes: every operation of every online revision in each of its request contexts, with the policy that runs there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from apimdoctor import snapshot
from apimdoctor.facts import places
from apimdoctor.facts.contexts import Callers, RequestContext
from apimdoctor.facts.documents import Policy, Surroundings
from apimdoctor.facts.preflight import browser_callers
from apimdoctor.facts.services import Resources, catch_all
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Operation, Place, Route, TokenCheck
from apimdoctor.facts.ways import Elsewhere, Shown, Ways
from apimdoctor.policy.effective import Effective
from apimdoctor.policy.flow import follow, words_asked
from apimdoctor.policy.way import Doubt, Scope, ScopeDocument, Way

SCOPE_UNKNOWN = "no scope information: nobody told at which scope of which service this policy stands"

Sign = Literal["console server", "checked sibling", "gateway identity"]
_NOWHERE = Elsewhere()


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A route before the facts of its way are made."""

    around: Surroundings
    api: snapshot.Api
    api_place: Place
    operation: snapshot.Operation | None
    context: RequestContext
    way: Way


@dataclass(slots=True, eq=False)
class Followed:
    """Follows effective policies, each once for all routes that share it."""

    _ways: dict[object, Way] = field(default_factory=dict)
    _asked: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _effective: dict[tuple[int, int, int], Effective] = field(default_factory=dict)

    def drafts(self, around: Surroundings) -> Iterator[Draft | Unknown]:
        """Every route of a service or workspace."""
        if not around.service.scopes_known:
            yield Unknown(SCOPE_UNKNOWN)
            return
        if "apis" in around.service.unread:
            yield Unknown(f"the APIs of {around.place.service} were not read")
        callers = Callers(around)
        for api in around.contents.apis:
            if api.is_online:
                yield from self._of_api(around, api, callers)

    def _of_api(self, around: Surroundings, api: snapshot.Api, callers: Callers) -> Iterator[Draft | Unknown]:
        place = places.of_api(around.place, api)
        if "operations" in api.unread:
            yield Unknown(f"the operations of API {api.name} were not read")
        found = callers.contexts(api)
        yield from (context for context in found if isinstance(context, Unknown))
        operations: tuple[snapshot.Operation | None, ...] = api.operations or (None,)
        for operation in operations:
            for context in found:
                if isinstance(context, RequestContext):
                    yield Draft(around, api, place, operation, context, self._way(around, api, operation, context))

    def _way(
        self,
        around: Surroundings,
        api: snapshot.Api,
        operation: snapshot.Operation | None,
        context: RequestContext,
    ) -> Way:
        # All that lives as long as the snapshot may be told apart by its identity.
        scopes = (id(api), id(operation), id(context.product))
        effective = self._effective.get(scopes)
        if effective is None:
            chain = tuple(chain_of(around, api, operation, context.product))
            effective = self._effective[scopes] = around.composer.compose(chain)
        asked = self._asked.get(id(effective))
        if asked is None:
            asked = self._asked[id(effective)] = tuple(sorted(words_asked(effective)))
        known = told_words(api, operation, context, asked) if asked else {}
        websocket = api.kind == "websocket"
        key = (id(effective), websocket, *known.items())
        way = self._ways.get(key)
        if way is None:
            way = self._ways[key] = follow(effective, known=known, websocket=websocket)
        return way


def told_words(
    api: snapshot.Api, operation: snapshot.Operation | None, context: RequestContext, asked: Iterable[str]
) -> dict[str, str | None]:
    """What all requests of a route have in common, of the words that conditions ask for."""
    told: dict[str, str | None] = {"api.name": api.display_name or api.name, "api.path": api.path}
    if operation is not None:
        told |= {"operation.id": operation.name, "operation.name": operation.display_name}
        if operation.method.isalpha():
            told |= {"method": operation.method.upper(), "operation.method": operation.method.upper()}
    product = context.product
    told["product"] = told["product.id"] = product.name if product else None
    if product is None or product.display_name:
        told["product.name"] = product.display_name if product else None
    if not context.by_key:
        told["subscription"] = told["subscription.id"] = told["user"] = told["user.id"] = None
    return {word: told[word] for word in asked if word in told}


def effective_of(draft: Draft) -> Effective:
    """The effective policy of a route; composed once for all that share it."""
    chain = chain_of(draft.around, draft.api, draft.operation, draft.context.product)
    return draft.around.composer.compose(tuple(chain))


def chain_of(
    around: Surroundings,
    api: snapshot.Api,
    operation: snapshot.Operation | None,
    product: snapshot.Product | None,
) -> Iterator[ScopeDocument]:
    """The documents from broad to narrow (docs: workspaces-overview, howto-policies)."""
    for one in (*around.shared, around):
        scope: Scope = "global" if one.workspace is None else "workspace"
        if one.unread is not None:
            yield ScopeDocument(scope, f"{one.place.resource}/policies/policy", Doubt(one.unread.because))
        elif one.policy:
            yield _document(one.policy, scope)
    if product is not None:
        if policy := around.policies.get(id(product)):
            yield _document(policy, "product")
        elif "policy" in product.unread:
            yield ScopeDocument(
                "product", f"{around.place.resource}/products/{product.name}", _unread("product", product)
            )
    if policy := around.policies.get(id(api)):
        yield _document(policy, "api")
    elif "policy" in api.unread:
        yield ScopeDocument("api", f"{around.place.resource}/apis/{api.name}", _unread("API", api))
    if operation is not None and (policy := around.policies.get(id(operation))):
        yield _document(policy, "operation")


def _document(policy: Policy, scope: Scope) -> ScopeDocument:
    return ScopeDocument(scope, policy.key, policy.composed)


def _unread(kind: str, owner: "snapshot.Api | snapshot.Product") -> Doubt:
    return Doubt(f"the policy of {kind} {owner.name} was not read")


@dataclass(slots=True, eq=False)
class Routes:
    """Makes routes of drafts."""

    ways: Ways
    resources: Resources
    drafts: dict[int, Draft] = field(default_factory=dict)
    """By the identity of the route made of it."""
    _elsewhere: dict[tuple[tuple[int, ...], tuple[str, ...]], Elsewhere] = field(default_factory=dict)
    _catch_all: dict[str, Operation] = field(default_factory=dict)
    _ids: dict[int, str] = field(default_factory=dict)
    _checks_of: dict[int, Values] = field(default_factory=dict)

    def of(self, drafts: Iterable[Draft]) -> Iterator[Route]:
        """The routes of all drafts of one service or workspace."""
        by_operation: dict[tuple[int, int], list[Draft]] = {}
        for draft in drafts:
            by_operation.setdefault((id(draft.api), id(draft.operation)), []).append(draft)
        checked = self._checked_operations(by_operation)
        current = self._current(by_operation)
        for (_, operation), siblings in by_operation.items():
            for draft in siblings:
                route = self._route(draft, siblings, checked.get(id(draft.api), set()) - {operation}, current)
                self.drafts[id(route)] = draft
                yield route

    def _route(
        self,
        draft: Draft,
        siblings: list[Draft],
        checked_siblings: set[int],
        current: Mapping[tuple[str, str, str, str], Values],
    ) -> Route:
        around, api, context = draft.around, draft.api, draft.context
        shown = self.ways.shown(draft.way)
        operation = self._operation(draft)
        place = operation.place
        ids = self.check_ids(shown)
        return Route(
            place=place,
            name=f"{operation.method} {operation.template}".strip(),
            api=self.resources.api(around, api),
            operation=operation,
            context=context.context,
            product=context.product.name if context.product else "",
            key_holders=context.holders,
            subject_to=self.ways.subject_to(draft.way, key=context.by_key),
            protection_signs=self._signs(draft, checked=bool(checked_siblings)),
            passages=shown.passages,
            unchecked=self.ways.unchecked(draft.way, self._other_contexts(draft, siblings)),
            check_ids=ids,
            check_ids_in_current=ids if api.is_current else _in_current(draft, current),
            browser_callers=browser_callers(self.resources.api(around, api), shown.passages),
            reaches_back_end=bool(draft.way.calls),
            hops=self.ways.hops(draft.way, around, api, draft.api_place.resource),
            cors=shown.cors,
            steps=shown.steps,
            identity_changes=shown.identity_changes,
            dropped=shown.dropped,
            unforwarded=shown.unforwarded,
            errors_hidden=shown.errors_hidden,
            variable_reads=shown.variable_reads,
        )

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

    # ------------------------------------------------------------ revisions
    def check_ids(self, shown: Shown) -> Values:
        """The checks met on every path, named by what they accept."""
        found = self._checks_of.get(id(shown))
        if found is None:
            found = self._checks_of[id(shown)] = Values(
                known=tuple(dict.fromkeys(self._id(check) for check in shown.checks_on_every_path)),
                rest=shown.doubts[0].because if shown.doubts else "",
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

    def _current(self, by_operation: Mapping[tuple[int, int], list[Draft]]) -> dict[tuple[str, str, str, str], Values]:
        older = {draft.api.name for drafts in by_operation.values() for draft in drafts if not draft.api.is_current}
        return {
            _same_call(draft): self.check_ids(self.ways.shown(draft.way))
            for drafts in by_operation.values()
            for draft in drafts
            if draft.api.is_current and draft.api.name in older
        }


def _same_call(draft: Draft) -> tuple[str, str, str, str]:
    """What a call to another revision has in common with this one: ids of operations may differ between revisions."""
    operation = draft.operation
    call = f"{operation.method.upper()} {operation.url_template}" if operation else ""
    product = draft.context.product.name if draft.context.product else ""
    return draft.api.name, call, draft.context.context, product


def _in_current(draft: Draft, current: Mapping[tuple[str, str, str, str], Values]) -> Values:
    found = current.get(_same_call(draft))
    # A call that the current revision does not know cannot be checked less than there.
    return found if found is not None else Values()
