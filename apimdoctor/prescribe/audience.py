"""Cures of audiences: what the API's own tokens carry is accepted, and what they never carry is corrected."""

from collections.abc import Iterator

from apimdoctor.engine.prescription import Prescription, TextEdit
from apimdoctor.facts.values import comparable
from apimdoctor.facts.vocabulary import App, Entry, TokenCheck
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Literal
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.lists import add_to_list, take_out
from apimdoctor.prescribe.registration_known import (
    application_id_of,
    named_alone,
    of_api,
    only_app,
    registrations,
)
from apimdoctor.prescribe.text import CannotEditError, Script, literal


def accept_audience(case: Case) -> Iterator[Prescription]:
    """The check accepts the audience of its app registration's tokens."""
    check, app = case.subject("check"), case.subject("match").app
    script = case.script(check.place)
    wanted = _emitted(app)
    yield Prescription(
        title=f"Accept the audience {', '.join(wanted)} of {app.display_name}'s version {app.token_version} tokens",
        safety="safe" if named_alone(check) else "review",
        changes=(script.edit(*accepting(script, script.at(check.place), check, wanted)),),
    )


def accepting(script: Script, element: Element, check: TokenCheck, wanted: tuple[str, ...]) -> list[TextEdit]:
    """What makes a check accept audiences: in `audiences`, and in the claim aud where it asks for that as well."""
    edits = []
    claim = aud_claim(element)
    if claim is None or check.audiences.known or check.audiences.symbols:
        lacking = _lacking(wanted, check.audiences.known)
        if lacking:
            edits.append(add_to_list(script, element, "audiences", "audience", lacking))
    if claim is not None:
        lacking = _lacking(wanted, check.aud_claim.known)
        if lacking:
            values = "\n".join(f"<value>{one}</value>" for one in lacking)
            edits += [script.add_child(claim, values), script.set_attribute(claim, "match", "any")]
    return edits


def aud_claim(element: Element) -> Element | None:
    """The required claim aud of a token check."""
    around = element.child("required-claims")
    for claim in around.each("claim") if around is not None else ():
        name = claim.get("name")
        if isinstance(name, Literal) and name.text == "aud":
            return claim
    return None


def _lacking(wanted: tuple[str, ...], written: tuple[str, ...]) -> tuple[str, ...]:
    have = {comparable(one) for one in written}
    return tuple(one for one in wanted if comparable(one) not in have)


def _emitted(app: App) -> tuple[str, ...]:
    """The id is an audience in both versions; version 1 carries what the client asked for (entra-tokens section 2)."""
    if app.token_version == 1:
        return (*app.identifier_uris.known, app.app_id)
    return (app.app_id,)


def accept_uris(case: Case) -> Iterator[Prescription]:
    """A check of version 1 tokens accepts the identifier URIs beside the id."""
    check, app = case.subject("check"), case.subject("match").app
    script = case.script(check.place)
    yield Prescription(
        title=f"Accept {', '.join(app.identifier_uris.known)} as well, which clients of version 1 ask by",
        safety="safe",
        changes=(script.edit(*accepting(script, script.at(check.place), check, app.identifier_uris.known)),),
    )


def both_spellings(case: Case) -> Iterator[Prescription]:
    """An audience is accepted with and without its final slash."""
    entry = case.subject("entry")
    script = case.script(entry.place)
    text = literal(script.at(entry.place))
    other = text.rstrip("/") if text.endswith("/") else f"{text}/"
    yield Prescription(
        title=f"Accept {other} as well",
        safety="safe",
        changes=(script.edit(*_beside(script, script.at(entry.place), other)),),
    )


def _beside(script: Script, element: Element, text: str) -> list[TextEdit]:
    edits = [script.insert(f"<{element.name}>{text}</{element.name}>", after=element)]
    if element.name == "value":
        edits.append(script.set_attribute(script.parent(element), "match", "any"))
    return edits


def right_spelling(case: Case) -> Iterator[Prescription]:
    """An audience is written letter by letter as the app registration has it."""
    entry, check = case.subject("entry"), case.subject("check")
    script = case.script(entry.place)
    element = script.at(entry.place)
    text = literal(element)
    names = [name for app in registrations(case) for name in (app.app_id, *app.identifier_uris)]
    meant = {name for name in names if _bare(name) == _bare(text) and name != text}
    if len(meant) > 1:
        meant = {name for name in meant if name.partition(":")[0].lower() == text.partition(":")[0].lower()}
    if not meant and text.startswith("api:/") and not text.startswith("api://"):
        meant = {text.replace("api:/", "api://", 1)}
    if len(meant) != 1:
        raise CannotEditError("which spelling is meant is not known")
    (name,) = meant
    yield Prescription(
        title=f"Write {name} instead of {text}",
        safety="safe",
        changes=(script.edit(*replaced(script, element, name, check.audience_entries)),),
    )


def _bare(name: str) -> str:
    """A name without what misspellings are about: scheme, slashes, letter case."""
    return name.lower().rpartition(":")[2].replace("/", "")


def replaced(script: Script, element: Element, name: str, entries: tuple[Entry, ...]) -> list[TextEdit]:
    """The entry with another text, or without it where that stands beside it already."""
    others = (one.text for one in entries if one.place.start != element.start)
    there = any(isinstance(text, str) and comparable(text) == comparable(name) for text in others)
    return [take_out(script, element) if there else script.set_text(element, name)]


def application_id(case: Case) -> Iterator[Prescription]:
    """An object id becomes the application (client) id of the same app registration."""
    entry, check = case.subject("entry"), case.subject("check")
    script = case.script(entry.place)
    element = script.at(entry.place)
    text = literal(element)
    app_id, name = application_id_of(case, text)
    entries = check.client_entries if case.finding.rule == "client-is-object-id" else check.audience_entries
    yield Prescription(
        title=f"Write {app_id}, the application (client) id of {name}, instead of its object id",
        safety="safe",
        changes=(script.edit(*replaced(script, element, app_id, entries)),),
    )


def own_audience(case: Case) -> Iterator[Prescription]:
    """The audience of somebody else's API gives way to the API's own."""
    entry, check = case.subject("entry"), case.subject("check")
    script = case.script(entry.place)
    element = script.at(entry.place)
    text = literal(element)
    others = [one for one in check.audience_entries if one is not entry]
    if others:
        title, edit = f"Remove the audience {text}", take_out(script, element)
    else:
        app = of_api(case, check.place).registration
        title, edit = (
            f"Accept {app.app_id} ({app.display_name}) instead of {text}",
            script.set_text(element, app.app_id),
        )
    yield Prescription(
        title=title,
        safety="review",
        changes=(script.edit(edit),),
        side_effects=(f"Callers that send a token for {text} are refused: they must ask for the API's own scope.",),
    )


def drop_client(case: Case) -> Iterator[Prescription]:
    """A client that nothing in the tenant is goes, where others are allowed."""
    entry, check = case.subject("entry"), case.subject("check")
    script = case.script(entry.place)
    element = script.at(entry.place)
    if len(check.client_entries) < 2:
        raise CannotEditError("without it every client would be allowed")
    yield Prescription(
        title=f"Remove the client {literal(element)}, which nothing in the tenant is",
        safety="review",
        changes=(script.edit(take_out(script, element)),),
    )


def one_demand(case: Case) -> Iterator[Prescription]:
    """`audiences` alone says which audiences are accepted, and with what the tokens carry."""
    check = case.subject("check")
    script = case.script(check.place)
    element = script.at(check.place)
    claim = aud_claim(element)
    if claim is None:
        raise CannotEditError("there is no claim aud")
    lacking = _lacking(_emitted(only_app(check)), check.audiences.known)
    edits = [take_out(script, claim)]
    if lacking:
        edits.append(add_to_list(script, element, "audiences", "audience", lacking))
    yield Prescription(
        title="Remove the required claim aud: <audiences> says it, and no token can satisfy both",
        safety="safe",
        changes=(script.edit(*edits),),
    )


def demand_audience(case: Case) -> Iterator[Prescription]:
    """A check that compares no audience compares the API's own."""
    check = case.subject("check")
    script = case.script(check.place)
    own = of_api(case, check.place, claims=check.claims)
    app, audiences = own.registration, own.audiences
    yield Prescription(
        title=f"Accept tokens for {app.display_name} only: {', '.join(audiences)}",
        safety="review",
        changes=(script.edit(add_to_list(script, script.at(check.place), "audiences", "audience", audiences)),),
        side_effects=("Callers that send tokens for other APIs are refused.",),
    )


PRESCRIBERS: Prescribers = {
    "audience-not-emitted": accept_audience,
    "audience-depends-on-client": accept_uris,
    "audience-final-slash": both_spellings,
    "audience-spelling": right_spelling,
    "audience-is-object-id": application_id,
    "client-is-object-id": application_id,
    "audience-of-microsoft-api": own_audience,
    "audience-names-no-app": own_audience,
    "client-list-names-no-app": drop_client,
    "audience-contradiction": one_demand,
    "audience-unchecked": demand_audience,
    "tenant-only-token-check": demand_audience,
}
