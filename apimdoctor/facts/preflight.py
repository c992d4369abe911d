"""Cors elements as a browser's preflight meets them: what they allow, and which token checks stand above them."""

from collections.abc import Iterable

from msgspec.structs import replace

from apimdoctor.facts import written
from apimdoctor.facts.locating import Texts
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Api, Cors, Passage
from apimdoctor.policy.record import TOKEN_CHECKS
from apimdoctor.policy.way import CorsMet

_ALWAYS = ("GET", "HEAD", "POST")
"""docs: cors, "allowed-methods ... is required if methods other than GET or POST are allowed"; browsers ask for no leave
for these three (Fetch standard, CORS-safelisted methods)."""


def cors(texts: Texts, met: CorsMet) -> Cors:
    """A cors element of a way."""
    around, _ = texts.text(met.placed)
    element = met.placed.element

    def listed(container: str, name: str, form: str = "") -> Values:
        found = written.values_of((t for c in element.each(container) for t in written.texts(c, name)), around.named)
        if "*" in found.known:
            return Values(all=True)
        known = tuple(getattr(text, form)() if form else text for text in found.known)
        return Values(known=known, symbols=found.symbols, rest=found.rest)

    methods = listed("allowed-methods", "method", "upper")
    if not methods.all:
        methods = replace(methods, known=tuple(dict.fromkeys((*methods.known, *_ALWAYS))))
    return Cors(
        place=texts.place(met.placed),
        scope=texts.scope(met.placed),
        position=met.position,
        direct_child=met.direct_child,
        checks_above=texts.every_check(one for one in met.steps_above if one.element.name in TOKEN_CHECKS),
        origins=listed("allowed-origins", "origin", "lower"),
        allowed_headers=listed("allowed-headers", "header", "lower"),
        allowed_methods=methods,
        credentials=written.flag(element.get("allow-credentials"), around.named, default=False),
        terminates_unmatched=written.flag(element.get("terminate-unmatched-request"), around.named, default=True),
    )


def browser_callers(api: Api, passages: Iterable[Passage | Unknown]) -> Values:
    """Who calls from a browser: the console of the API, and single-page clients of the app registrations it checks for."""
    names: dict[str, None] = {}
    rest = ""
    for server in api.console_servers:
        if isinstance(server, Unknown):
            rest = rest or server.because
        else:
            names[f"the console ({server.name})"] = None
    for passage in passages:
        for match in (passage,) if isinstance(passage, Unknown) else passage.check.apps:
            if isinstance(match, Unknown):
                rest = rest or match.because
            else:
                names.update(dict.fromkeys(match.app.browser_clients.known))
    return Values(known=tuple(names), rest=rest)
