"""Cors elements as a browser's preflight meets them: what they allow, and which token checks stand above them."""

from apimdoctor.facts import written
from apimdoctor.facts.locating import Texts
from apimdoctor.facts.values import NONE, Values
from apimdoctor.facts.vocabulary import Cors
from apimdoctor.policy.record import TOKEN_CHECKS
from apimdoctor.policy.way import CorsMet

_DEFAULT_METHODS = Values(known=("GET", "POST"))
"""docs: cors, "allowed-methods ... is required if methods other than GET or POST are allowed"."""


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
    return Cors(
        place=texts.place(met.placed),
        scope=texts.scope(met.placed),
        position=met.position,
        direct_child=met.direct_child,
        checks_above=texts.every_check(one for one in met.steps_above if one.element.name in TOKEN_CHECKS),
        origins=listed("allowed-origins", "origin", "lower"),
        allowed_headers=listed("allowed-headers", "header", "lower"),
        allowed_methods=_DEFAULT_METHODS if methods == NONE else methods,
        credentials=written.flag(element.get("allow-credentials"), around.named, default=False),
        terminates_unmatched=written.flag(element.get("terminate-unmatched-request"), around.named, default=True),
    )
