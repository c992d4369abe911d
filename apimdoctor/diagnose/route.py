"""Which route a call takes: the API, operation, revision and request context that a person names, or the usual ones.

The table of request contexts: apim-policies section 1.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from msgspec import Struct

from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.vocabulary import Route

CONTEXTS = {
    "none": ("no key", "open product"),
    "product": ("product key",),
    "api": ("API key",),
    "all": ("all-APIs key",),
}


class Named(Struct, frozen=True, kw_only=True):
    """The call as named. `api` is (service, workspace, resource name); "" elsewhere means: not said."""

    api: tuple[str, str, str]
    operation: str = ""
    revision: str = ""
    product: str = ""
    key: str = ""
    """none, product, api or all; "" = the usual one."""


class Chosen(Struct, frozen=True):
    """The routes to examine (several products: one each), what was taken because nobody said it, or the missing key."""

    routes: tuple[Route, ...]
    assumptions: tuple[str, ...] = ()
    key_missing: bool = False
    """The API cannot be called in that context: the gateway asks for a subscription key before any policy runs."""


def choose(routes: Sequence[Route], named: Named) -> Chosen:
    """The routes of the call. Raises ApimDoctorError when what is named does not exist."""
    service, workspace, api = named.api
    mine = [r for r in routes if r.api.name == api and r.place.service == service and r.place.workspace == workspace]
    mine = _revision(mine, named.revision)
    if not mine:
        raise ApimDoctorError(
            f"the API {api} has no route that could be followed", "its policies may not have been read"
        )
    assumptions: list[str] = []
    mine = _operation(mine, named.operation, assumptions)
    return _context(mine, named, assumptions)


def _revision(routes: list[Route], revision: str) -> list[Route]:
    if not revision:
        current = [r for r in routes if r.api.is_current]
        return current or routes
    found = [r for r in routes if r.api.revision == revision]
    if not found:
        online = sorted({r.api.revision for r in routes})
        raise ApimDoctorError(f"there is no online revision {revision}", f"online: {', '.join(online) or 'none'}")
    return found


def _operation(routes: list[Route], operation: str, assumptions: list[str]) -> list[Route]:
    names = list(dict.fromkeys(r.operation.name for r in routes))
    if operation:
        wanted = operation.casefold()
        for way in range(3):
            found = [r for r in routes if (r.operation.name, r.name, r.operation.template)[way].casefold() == wanted]
            if found:
                return found
        near = get_close_matches(operation, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(names[:8])}"
        raise ApimDoctorError(f"the API has no operation {operation!r}", hint)
    if len(names) > 1:
        assumptions.append(f"no operation was named, so {names[0]} was taken, one of {len(names)}")
    return [r for r in routes if r.operation.name == names[0]]


def _context(routes: list[Route], named: Named, assumptions: list[str]) -> Chosen:
    if named.product:
        found = [r for r in routes if r.product.casefold() == named.product.casefold()]
        if not found:
            products = sorted({r.product for r in routes if r.product})
            raise ApimDoctorError(
                f"the API is not in a product {named.product!r}", f"products: {', '.join(products) or 'none'}"
            )
        return Chosen(tuple(found[:1]), tuple(assumptions))
    if named.key:
        found = [r for r in routes if r.context in CONTEXTS[named.key]]
        if found:
            return Chosen(tuple(found), tuple(assumptions))
        if named.key == "none":
            return Chosen(tuple(routes[:1]), tuple(assumptions), key_missing=True)
        raise ApimDoctorError(f"no key of the kind {named.key} opens this API", f"contexts: {_listed(routes)}")
    return _usual(routes, assumptions)


def _usual(routes: list[Route], assumptions: list[str]) -> Chosen:
    """The only product's key when the API needs a key, else no key."""
    open_ones = [r for r in routes if r.context in CONTEXTS["none"]]
    products = [r for r in routes if r.context == "product key"]
    if open_ones and not (products and routes[0].api.key_required is True):
        return Chosen(tuple(open_ones[:1]), (*assumptions, "no key was named, so the call carries none"))
    if products:
        note = f"no key was named, so a key of the product {products[0].product} was taken"
        return Chosen(tuple(products[:1]), (*assumptions, note))
    taken = open_ones or routes
    return Chosen(tuple(taken[:1]), (*assumptions, f"no key was named, so the context is: {taken[0].context}"))


def _listed(routes: Iterable[Route]) -> str:
    return ", ".join(dict.fromkeys(r.context + (f" of {r.product}" if r.product else "") for r in routes))
