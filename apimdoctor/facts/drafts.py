"""Drafts of routes: every operation in each of its request contexts, with the policy that runs there, followed once."""

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from apimdoctor import snapshot
from apimdoctor.facts import places
from apimdoctor.facts.contexts import Callers, RequestContext
from apimdoctor.facts.documents import Policy, Surroundings
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Place
from apimdoctor.policy.effective import Effective
from apimdoctor.policy.flow import follow, words_asked
from apimdoctor.policy.way import Doubt, Scope, ScopeDocument, Way

SCOPE_UNKNOWN = "no scope information: nobody told at which scope of which service this policy stands"


class Draft(Struct, frozen=True, eq=False):
    """A route before the facts of its way are made."""

    around: Surroundings
    api: snapshot.Api
    api_place: Place
    operation: snapshot.Operation | None
    context: RequestContext
    way: Way


class Followed(Struct, eq=False):
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
        own = operation if id(operation) in around.policies else None  # the others run what their API runs
        scopes = (id(api), id(own), id(context.product))
        effective = self._effective.get(scopes)
        if effective is None:
            chain = tuple(chain_of(around, api, own, context.product))
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
