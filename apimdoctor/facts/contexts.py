"""The request contexts in which an API can be called: which key a caller may bring, and whose policy that adds.

Source: docs api-management-subscriptions (how the gateway handles requests with and without keys).
"""

from collections.abc import Iterator

from msgspec import Struct

from apimdoctor import snapshot
from apimdoctor.facts.documents import Surroundings
from apimdoctor.facts.services import key_holders
from apimdoctor.facts.values import NONE, Unknown, Values, empty
from apimdoctor.facts.vocabulary import Context


class RequestContext(Struct, frozen=True, eq=False):
    """One way of calling an API, as far as keys go."""

    context: Context
    holders: Values
    product: snapshot.Product | None = None
    only_built_in: bool = False
    """Whether it is known that only the built-in key goes past the products that hold the API."""

    @property
    def by_key(self) -> bool:
        """Whether a key is needed for it."""
        return self.context not in ("no key", "open product")


class Callers:
    """Who can call the APIs of a service or workspace: its products and subscriptions, found by API."""

    def __init__(self, around: Surroundings) -> None:
        self._products: dict[str, list[snapshot.Product]] = {}
        for product in around.contents.products:
            for api in product.apis:
                self._products.setdefault(api, []).append(product)
        self._unread = [product for product in around.contents.products if "apis" in product.unread]
        self._holders = key_holders((around,))
        self._everywhere = key_holders((around, *around.shared))

    def contexts(self, api: snapshot.Api) -> tuple[RequestContext | Unknown, ...]:
        """Every request context of an API; Unknown where it was not read whether there is one."""
        return tuple(self._contexts(api))

    def _contexts(self, api: snapshot.Api) -> Iterator[RequestContext | Unknown]:
        holding = self._products.get(api.name, [])
        yield from (
            Unknown(f"whether product {product.name} holds API {api.name} was not read")
            for product in self._unread
            if product not in holding
        )
        opened = [product for product in holding if product.subscription_required is False]
        if not opened:
            yield from _without_key(api, holding)
        for product in opened:
            # An open product lets everybody in, even where the API itself asks for a key.
            yield RequestContext("open product", NONE, product)
        for product in holding:
            if product.subscription_required is not False:
                yield RequestContext("product key", self._holders(f"product/{product.name}"), product)
        past_products: tuple[tuple[Context, Values], ...] = (
            ("API key", self._holders(f"api/{api.name}")),
            ("all-APIs key", self._everywhere("all APIs")),
        )
        for context, holders in past_products:
            yield RequestContext(context, holders, only_built_in=bool(holding) and empty(holders) is True)


def _without_key(api: snapshot.Api, holding: list[snapshot.Product]) -> Iterator[RequestContext | Unknown]:
    unsure = next((product for product in holding if product.subscription_required is None), None)
    if api.subscription_required is None:
        yield Unknown(f"whether API {api.name} needs a key was not read")
    elif api.subscription_required is False and unsure is None:
        yield RequestContext("no key", NONE)
    elif unsure is not None:
        yield Unknown(f"whether product {unsure.name} needs a key was not read")
