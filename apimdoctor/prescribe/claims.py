"""Cures of required claims: how they are split and compared, the name they have in this token version, who writes them."""

import re
from collections.abc import Iterable, Iterator

from apimdoctor.engine.prescription import PolicyEdit, Prescription, Safety, TextEdit
from apimdoctor.facts.vocabulary import Passage, Place, RequiredClaim, TokenCheck, VariableRead
from apimdoctor.policy.tree import Element
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.lists import add_in_order, claim
from apimdoctor.prescribe.text import CannotEditError, Script, literal

_OTHER_NAME = {
    "appid": "azp",
    "azp": "appid",
    "appidacr": "azpacr",
    "azpacr": "appidacr",
    "unique_name": "preferred_username",
    "preferred_username": "unique_name",
}
"""Names of one claim in version 1 and version 2 tokens (access-token-claims-reference)."""
_READ = r"""Variables\s*(?:\[|\.GetValueOrDefault\s*<[^>]*>\s*\()\s*(?:"|&quot;)(?P<name>{})(?:"|&quot;)"""
"""How an expression reads a variable of that name."""
_SAME_VALUE = frozenset({"appid", "azp", "appidacr", "azpacr"})


def split_scopes(case: Case) -> Iterator[Prescription]:
    """A claim of several words is split before it is compared."""
    asked = case.subject("claim")
    script, element = _written(case, asked)
    edits = [script.set_attribute(element, "separator", " ")]
    title = f'Split the claim {asked.name} at blanks: separator=" "'
    if asked.count != 1 and asked.asks_for != "any":
        title += ', and one of the values suffices: match="any"'
        edits.append(script.set_attribute(element, "match", "any"))
    safety: Safety = "safe" if asked.count == 1 else "review"
    yield Prescription(title=title, safety=safety, changes=(script.edit(*edits),))


def any_value(case: Case) -> Iterator[Prescription]:
    """One of the values suffices, because the claim holds one only; scopes are split."""
    asked = case.subject("claim")
    script, element = _written(case, asked)
    values = list(element.each("value"))
    spaced = asked.in_token == "spaced string"  # noqa: S105 - the form of a claim, no password
    words = [word for value in values for word in literal(value).split()]
    edits = []
    if spaced:
        edits.append(script.set_attribute(element, "separator", " "))
        for value in values:
            first, *rest = literal(value).split()
            if rest:
                edits.append(script.set_text(value, first))
                edits.append(script.insert("\n".join(f"<value>{word}</value>" for word in rest), after=value))
    elif len(words) != len(values):
        raise CannotEditError("a value holds several words")
    safety: Safety = "safe" if asked.name == "aud" else "review"  # audiences are always alternatives
    alternatives = [("any", "one of the values suffices"), *([("all", "all are needed")] if spaced else [])]
    for match, words_for in alternatives:
        how = [*edits, script.set_attribute(element, "match", match)]
        title = f'Compare the claim {asked.name} with match="{match}": {words_for}'
        yield Prescription(title=title, safety=safety, changes=(script.edit(*how),))


def name_of_version(case: Case) -> Iterator[Prescription]:
    """The claim is asked for by the name it has in the tokens of this version."""
    asked, app = case.subject("claim"), case.subject("match").app
    script, element = _written(case, asked)
    name = _OTHER_NAME.get(asked.name)
    if name is None or name not in app.claim_names.known:
        raise CannotEditError(f"{asked.name} has no counterpart")
    yield Prescription(
        title=f"Require {name}, which version {app.token_version} tokens carry instead of {asked.name}",
        safety="safe" if name in _SAME_VALUE else "review",
        changes=(script.edit(script.set_attribute(element, "name", name)),),
    )


def right_word(case: Case) -> Iterator[Prescription]:
    """A scope or role is written as the app registration defines it."""
    asked, app = case.subject("claim"), case.subject("match").app
    offered = app.scope_values.known if asked.name == "scp" else app.role_values.known
    script, element = _written(case, asked)
    edits, corrected = [], []
    for value in element.each("value"):
        text = literal(value)
        meant = {one for one in offered if one.lower() == text.rpartition("/")[2].lower()}
        if text not in offered and len(meant) == 1:
            corrected.append(meant.pop())
            edits.append(script.set_text(value, corrected[-1]))
    yield Prescription(
        title=f"Write {', '.join(corrected)}, as {app.display_name} defines it",
        safety="safe",
        changes=(script.edit(*edits),),
    )


def role_for_applications(case: Case) -> Iterator[Prescription]:
    """Callers without a user are asked for a role: a scope they never have."""
    asked, app = case.subject("claim"), case.subject("match").app
    roles = [role.value for role in app.roles if role.enabled and role.for_applications]
    if not roles:
        raise CannotEditError("the app registration defines no role for applications")
    script, element = _written(case, asked)
    edits = [script.insert(claim("roles", roles), after=element), script.remove(element)]
    yield Prescription(
        title=f"Require the role {', '.join(roles)} instead of the scope",
        safety="review",
        changes=(script.edit(*edits),),
        side_effects=("Callers need the role assigned; users with the scope alone are refused.",),
    )


def demand_permission(case: Case) -> Iterator[Prescription]:
    """The check asks for a scope, or for a role, whichever the app registration offers."""
    check, app = case.subject("check"), case.subject("match").app
    script = case.script(check.place)
    scopes, roles = app.scope_values.known, app.role_values.known
    if bool(scopes) == bool(roles):
        raise CannotEditError("scopes and roles are offered, and one check cannot ask for either")
    asked = claim("scp", scopes, separator=" ") if scopes else claim("roles", roles)
    element = script.at(check.place)
    written = element.child("required-claims")
    if written is not None:
        edit = script.add_child(written, asked)
    else:
        inner = "\n".join(f"    {line}" for line in asked.splitlines())
        edit = add_in_order(script, element, f"<required-claims>\n{inner}\n</required-claims>", "required-claims")
    yield Prescription(
        title=f"Require {'a scope' if scopes else 'a role'} of {app.display_name}: {', '.join(scopes or roles)}",
        safety="review",
        changes=(script.edit(edit),),
        side_effects=("Callers that hold none of them are refused.",),
    )


def write_variable(case: Case) -> Iterator[Prescription]:
    """The token check writes the variable that a later step reads; or the step reads the one that it writes."""
    read = case.subject("read")
    edits: dict[Place, PolicyEdit] = {}
    written: set[str] = set()
    for route in case.routes():
        check = _only_check(route.passages)
        script = case.script(check.place)
        element = script.at(check.place)
        written.add(check.output_variable)
        if not check.output_variable:
            edits[script.place] = script.edit(script.set_attribute(element, "output-token-variable-name", read.name))
    if written == {""}:
        yield Prescription(
            title=f"Let the token check write the variable {read.name}", safety="safe", changes=tuple(edits.values())
        )
    elif len(written) == 1:
        yield _reading(case, read, written.pop())


def _reading(case: Case, read: VariableRead, name: str) -> Prescription:
    """The step reads the variable that the token check writes."""
    script = case.script(read.place)
    element = script.at(read.place)
    pattern = re.compile(_READ.format(re.escape(read.name)))
    found = pattern.finditer(script.text, element.start, element.end)
    edits = [TextEdit(start=one.start("name"), end=one.end("name"), text=name) for one in found]
    return Prescription(
        title=f"Read the variable {name}, which the token check writes", safety="safe", changes=(script.edit(*edits),)
    )


def _only_check(passages: Iterable[object]) -> TokenCheck:
    checks = [p.check for p in passages if isinstance(p, Passage) and p.on == "every path"]
    if len(checks) != 1:
        raise CannotEditError("which token check is meant is not known")
    return checks[0]


def _written(case: Case, asked: RequiredClaim) -> tuple[Script, Element]:
    script = case.script(asked.place)
    return script, script.at(asked.place)


PRESCRIBERS: Prescribers = {
    "scope-without-separator": split_scopes,
    "match-all-on-single-value": any_value,
    "claim-of-other-version": name_of_version,
    "scope-not-exposed": right_word,
    "role-not-defined": right_word,
    "scope-required-from-app-only-callers": role_for_applications,
    "no-scope-or-role-check": demand_permission,
    "output-variable-missing": write_variable,
}
