"""The request contexts in which an API can be called: which key a caller may bring, and whose policy that adds.

Source: docs api-management-subscriptions (how the gateway handles requests with and without keys).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apimdoctor import snapshot
from apimdoctor.facts.documents import Surroundings
from apimdoctor.facts.services import key_holders
from apimdoctor.facts.values import NONE, Unknown, Values
from apimdoctor.facts.vocabulary import Context


@dataclass(frozen=True, slots=True, eq=False)
class RequestContext:
    """One way of calling an API, as far as keys go."""

    context: Context
    holders: Values
    product: snapshot.Product | None = None

    @property
    def by_key(self) -> bool:
        """Whether a key is needed for it."""
        return self.context not in ("no key", "open product")


def contexts(around: Surroundings, api: snapshot.Api) -> tuple[RequestContext | Unknown, ...]:
    """Every request context of an API; Unknown where it was not read whether there is one."""
    return tuple(_contexts(around, api))


def _contexts(around: Surroundings, api: snapshot.Api) -> Iterator[RequestContext | Unknown]:
    holding = [product for product in around.contents.products if api.name in product.apis]
    yield from (
        Unknown(f"whether product {product.name} holds API {api.name} was not read")
        for product in around.contents.products
        if "apis" in product.unread and product not in holding
    )
    opened = [product for product in holding if product.subscription_required is False]
    if not opened:
        yield from _without_key(api, holding)
    for product in opened:
        # An open product lets everybody in, even where the API itself asks for a key.
        yield RequestContext("open product", NONE, product)
    everywhere = (around, *around.shared)
    for product in holding:
        if product.subscription_required is not False:
            yield RequestContext("product key", key_holders((around,), f"product/{product.name}"), product)
    yield RequestContext("API key", key_holders((around,), f"api/{api.name}"))
    yield RequestContext("all-APIs key", key_holders(everywhere, "all APIs"))


def _without_key(api: snapshot.Api, holding: list[snapshot.Product]) -> Iterator[RequestContext | Unknown]:
    unsure = next((product for product in holding if product.subscription_required is None), None)
    if api.subscription_required is None:
        yield Unknown(f"whether API {api.name} needs a key was not read")
    elif api.subscription_required is False and unsure is None:
        yield RequestContext("no key", NONE)
    elif unsure is not None:
        yield Unknown(f"whether product {unsure.name} needs a key was not read")
