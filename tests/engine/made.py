"""Facts made by hand for the engine's own tests: every field filled from its type, a few with telling values."""

from typing import Any, TypeVar

from apimdoctor.engine import schema
from apimdoctor.facts.values import Values
from apimdoctor.facts.vocabulary import (
    Api,
    App,
    AppMatch,
    Entry,
    Facts,
    Operation,
    Place,
    RequiredClaim,
    Route,
    TokenCheck,
)

S = TypeVar("S")
TENANT = "0b2d4f0e-7c35-4a0b-9d3a-5f6f2f1c7a11"
_EMPTY: dict[str, Any] = {
    "text": "",
    "number": 0,
    "flag": False,
    "set": Values(),
    "texts": (),
    "subjects": (),
    "place": Place(),
}


def made(subject: type[S], **given: Any) -> S:
    """A subject with the given facts; the rest is the first word allowed, nothing or empty."""
    filled = {}
    for name, entry in schema.fields(subject).items():
        if entry.kind == "subject" and entry.subject is not None:
            filled[name] = given[name] if name in given else made(entry.subject)
        else:
            filled[name] = given.get(
                name, min(entry.words) if entry.words and entry.kind == "text" else _EMPTY[entry.kind]
            )
    return subject(**filled)


def an_app(**given: Any) -> App:
    return made(
        App,
        **{
            "app_id": "5b0a8f6e-2d47-4b56-8a5c-0f0f5a3d9c21",
            "display_name": "Orders",
            "token_version": 2,
            "issuers": Values(known=(f"https://login.microsoftonline.com/{TENANT}/v2.0",)),
            "issuers_of_other_version": Values(known=(f"https://sts.windows.net/{TENANT}/",)),
            "place": Place(resource="app/5b0a8f6e", app="Orders"),
        }
        | given,
    )


def a_match(**given: Any) -> AppMatch:
    return made(AppMatch, **{"app": an_app(), "certainty": "certain"} | given)


def a_check(**given: Any) -> TokenCheck:
    return made(
        TokenCheck,
        **{
            "element": "validate-jwt",
            "provider": "Entra ID",
            "scope": "api",
            "place": Place(
                resource="apis/orders", document="apis/orders/policy.xml", api="orders", path="inbound/validate-jwt[1]"
            ),
        }
        | given,
    )


def a_claim(**given: Any) -> RequiredClaim:
    return made(RequiredClaim, **{"name": "scp", "count": 1, "asks_for": "all"} | given)


def an_entry(**given: Any) -> Entry:
    return made(Entry, **given)


def an_api(**given: Any) -> Api:
    return made(Api, **{"name": "orders", "display_name": "Orders", "is_current": True, "revision": "1"} | given)


def an_operation(**given: Any) -> Operation:
    return made(Operation, **{"name": "get-order", "method": "GET", "template": "/orders/{id}"} | given)


def a_route(**given: Any) -> Route:
    return made(
        Route,
        **{
            "name": "GET /orders/{id}",
            "api": an_api(),
            "operation": an_operation(),
            "context": "no key",
            "place": Place(
                resource="apis/orders/operations/get-order", api="orders", revision="1", operation="get-order"
            ),
        }
        | given,
    )


def some_facts(**given: Any) -> Facts:
    return made(Facts, **given)
