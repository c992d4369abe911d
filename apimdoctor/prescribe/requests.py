"""Cures of what else happens to a request: preflights, caches, and the credential that travels on."""

from collections.abc import Iterator

from apimdoctor.engine.prescription import PolicyEdit, Prescription, TextEdit
from apimdoctor.facts.vocabulary import Passage, Place
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Literal
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.text import CannotEditError, Script

_CORS = ("allowed-origins", "allowed-methods", "allowed-headers", "expose-headers")


def allow_token_headers(case: Case) -> Iterator[Prescription]:
    """Browsers may send the Authorization header, and call every method of the API."""
    cors = case.subject("cors")
    script = case.script(cors.place)
    element = script.at(cors.place)
    edits: list[TextEdit] = []
    added: list[str] = []
    if "authorization" not in cors.allowed_headers.known:
        edits.append(_allow(script, element, "allowed-headers", "header", ("Authorization",)))
        added.append("the header Authorization")
    methods = {route.operation.method for route in case.routes()} - {"", "OPTIONS", *cors.allowed_methods.known}
    if methods:
        edits.append(_allow(script, element, "allowed-methods", "method", tuple(sorted(methods))))
        added.append(", ".join(sorted(methods)))
    yield Prescription(title=f"Allow browsers {' and '.join(added)}", safety="safe", changes=(script.edit(*edits),))


def _allow(script: Script, element: Element, name: str, item: str, values: tuple[str, ...]) -> TextEdit:
    written = element.child(name)
    items = [f"<{item}>{value}</{item}>" for value in values]
    if written is not None:
        return script.add_child(written, "\n".join(items))
    markup = "\n".join([f"<{name}>", *(f"    {one}" for one in items), f"</{name}>"])
    above = [child for child in element.elements if _CORS.index(child.name) < _CORS.index(name)]
    return script.insert(markup, after=above[-1]) if above else script.add_child(element, markup, first=True)


def cors_in_api(case: Case) -> Iterator[Prescription]:
    """The product's cors stands in the API's policy too: a preflight carries no key, so no product applies to it."""
    cors = case.subject("cors")
    source = case.script(cors.place)
    markup = source.markup(source.at(cors.place))
    edits: dict[Place, PolicyEdit] = {}
    for operation in case.finding.affects:
        script = case.scripts.at_scope(operation, "api")
        if script is None:
            raise CannotEditError(f"the API {operation.api} has no policy")
        edits[script.place] = script.edit(script.add_child(script.section("inbound"), markup, first=True))
    yield Prescription(
        title="Answer preflights in the policy of the API: cors as the product has it",
        safety="review",
        changes=tuple(edits.values()),
        side_effects=("Browsers may call the API from these origins whatever product their key is of.",),
    )


def no_credentials(case: Case) -> Iterator[Prescription]:
    """Cookies of any site are not taken."""
    cors = case.subject("cors")
    script = case.script(cors.place)
    yield Prescription(
        title="Remove allow-credentials: a token in a header needs none",
        safety="review",
        changes=(script.edit(script.remove_attribute(script.at(cors.place), "allow-credentials")),),
    )


def let_unmatched_pass(case: Case) -> Iterator[Prescription]:
    """The first cors leaves origins that it does not know to the second."""
    first = case.subject("first")
    script = case.script(first.place)
    yield Prescription(
        title='Let the first cors leave other origins to the second: terminate-unmatched-request="false"',
        safety="review",
        changes=(script.edit(script.set_attribute(script.at(first.place), "terminate-unmatched-request", "false")),),
    )


def vary_by_token(case: Case) -> Iterator[Prescription]:
    """What is cached for one caller is not given to another."""
    step = case.subject("step")
    script = case.script(step.place)
    edit = script.add_child(script.at(step.place), "<vary-by-header>Authorization</vary-by-header>", first=True)
    yield Prescription(
        title="Let the cache vary by the header Authorization", safety="safe", changes=(script.edit(edit),)
    )


def heed_failure(case: Case) -> Iterator[Prescription]:
    """A request for which the gateway gets no token ends there."""
    change = case.subject("change")
    script = case.script(change.place)
    element = script.at(change.place)
    value = element.get("ignore-error")
    if not isinstance(value, Literal):
        raise CannotEditError("ignore-error is not literal")
    yield Prescription(
        title="Remove ignore-error: no request goes on with the caller's token instead of the gateway's",
        safety="review",
        changes=(script.edit(script.remove_attribute(element, "ignore-error")),),
    )


def drop_token(case: Case) -> Iterator[Prescription]:
    """The caller's token ends at the gateway."""
    checks = {
        p.check.place: p.check
        for route in case.routes()
        for p in route.passages
        if isinstance(p, Passage) and p.on == "every path"
    }
    edits: dict[Place, PolicyEdit] = {}
    markup = '<set-header name="Authorization" exists-action="delete" />'
    for place in checks:
        script = case.script(place)
        edits[script.place] = script.edit(script.insert(markup, after=script.step_of(script.at(place))))
    yield Prescription(
        title="Remove the Authorization header below the token check",
        safety="review",
        changes=tuple(edits.values()),
        side_effects=("A back end that reads the caller's token no longer gets it.",),
    )


def first_identity_out(case: Case) -> Iterator[Prescription]:
    """Of two credentials the first goes: the second overwrites it anyway."""
    change = case.subject("change")
    script = case.script(change.first.place)
    yield Prescription(
        title=f"Remove {change.first.element}: {change.second.element} overwrites it",
        safety="review",
        changes=(script.edit(script.remove(script.at(change.first.place))),),
    )


PRESCRIBERS: Prescribers = {
    "cors-misses-token-headers": allow_token_headers,
    "cors-only-in-product": cors_in_api,
    "cors-any-origin-with-credentials": no_credentials,
    "cors-twice": let_unmatched_pass,
    "private-responses-cached-without-vary": vary_by_token,
    "identity-failure-ignored": heed_failure,
    "token-forwarded-to-keyed-backend": drop_token,
    "identity-changed-twice": first_identity_out,
}
