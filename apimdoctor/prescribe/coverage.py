"""Cures of coverage: what is inherited runs, a check stands where it is met, an operation without one gets one."""

from collections.abc import Iterator
from html import escape

from apimdoctor.engine.prescription import PolicyEdit, Prescription, Safety, TextEdit
from apimdoctor.facts.vocabulary import Place, Section
from apimdoctor.policy.value import Literal
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.registration_known import of_api
from apimdoctor.prescribe.text import CannotEditError, Script

_SECTIONS = ("inbound", "backend", "outbound", "on-error")


def insert_base(case: Case) -> Iterator[Prescription]:
    """The section starts with what it inherits."""
    sections = [*case.subjects("section"), *(dropped.section for dropped in case.subjects("dropped"))]
    edits: dict[Place, PolicyEdit] = {}
    for section in sections:
        script = case.script(section.place)
        edits[script.place] = script.edit(_base_in(script, section))
    safety: Safety = "safe" if case.finding.rule == "base-missing-in-backend" else "review"
    name = sections[0].name if sections else ""
    yield Prescription(
        title=f"Put <base /> at the start of the {name} section: everything the policy inherits runs there again",
        safety=safety,
        changes=tuple(edits.values()),
    )


def _base_in(script: Script, section: Section) -> TextEdit:
    element = script.document.section(section.name)
    if element is not None:
        return script.add_child(element, "<base />", first=True)
    whole = f"<{section.name}>\n    <base />\n</{section.name}>"
    root = script.document.roots[0]
    if root.name != "policies":
        raise CannotEditError("the document has no root to put a section into")
    above = [e for e in root.elements if _SECTIONS.index(e.name) < _SECTIONS.index(section.name)]
    return script.insert(whole, after=above[-1]) if above else script.add_child(root, whole, first=True)


def into_inbound(case: Case) -> Iterator[Prescription]:
    """A token check stands in the inbound section, below what it inherits."""
    element = case.subject("element")
    script = case.script(element.place)
    check = script.at(element.place)
    if script.parent(check).name not in _SECTIONS:
        raise CannotEditError("the check stands inside another element")
    base = script.section("inbound").child("base")
    if base is None:
        raise CannotEditError("the inbound section has no <base/>")
    yield Prescription(
        title=f"Move {check.name} into the inbound section",
        safety="safe",
        changes=(script.edit(*script.move(check, after=base)),),
    )


def without_condition(case: Case) -> Iterator[Prescription]:
    """The check runs whatever the condition says: the choose around it goes, its content stays."""
    condition = case.subject("condition")
    script = case.script(condition.place)
    when = script.at(condition.place)
    choose = script.parent(when) if when.name == "when" else when
    branches = list(choose.elements)
    if choose.name != "choose" or len(branches) != 1 or not branches[0].children:
        raise CannotEditError("the condition has other branches")
    yield Prescription(
        title=f"Check every request: take the {', '.join(e.name for e in branches[0].elements)} out of the choose",
        safety="review",
        changes=(script.edit(*script.unwrap(choose, branches[0])),),
        side_effects=("Callers that went past the check are refused without a valid token.",),
    )


def check_in_api(case: Case) -> Iterator[Prescription]:
    """The product's token check stands in the API's policy too, so that it runs whatever key a caller has."""
    check = case.subject("check")
    if len(list(case.subjects("check"))) != 1:
        raise CannotEditError("the products check differently")
    source = case.script(check.place)
    element = source.at(check.place)
    edits: dict[Place, PolicyEdit] = {}
    for operation in case.finding.affects:
        script = case.scripts.at_scope(operation, "api")
        if script is None:
            raise CannotEditError(f"the API {operation.api} has no policy")
        edits[script.place] = script.edit(_below_base(script, source.markup(element)))
    yield Prescription(
        title=f"Run {check.element} in the policy of the API as well",
        safety="review",
        changes=tuple(edits.values()),
        side_effects=("Callers with another key than the product's are refused without a valid token.",),
    )


def check_token(case: Case) -> Iterator[Prescription]:
    """The API checks tokens of its app registration, where it is known which one that is."""
    edits: dict[Place, PolicyEdit] = {}
    title = ""
    for operation in case.finding.affects:
        own = of_api(case, operation)
        app = own.registration
        script = case.scripts.at_scope(operation, "api")
        if script is None:
            raise CannotEditError(f"the API {operation.api} has no policy")
        audiences = "".join(f"        <audience>{escape(one)}</audience>\n" for one in own.audiences)
        markup = (
            f'<validate-azure-ad-token tenant-id="{own.tenant}">\n    <audiences>\n{audiences}    </audiences>\n'
            "</validate-azure-ad-token>"
        )
        edits[script.place] = script.edit(_below_base(script, markup))
        title = f"Check tokens for {app.display_name} ({app.app_id}) in the policy of the API"
    yield Prescription(
        title=title,
        safety="review",
        changes=tuple(edits.values()),
        side_effects=("Callers without a token of this app registration are refused.",),
    )


def _below_base(script: Script, markup: str) -> TextEdit:
    inbound = script.section("inbound")
    base = inbound.child("base")
    preflight = inbound.child("cors")
    above = max((e for e in (base, preflight) if e is not None), key=lambda e: e.start, default=None)
    return script.insert(markup, after=above) if above else script.add_child(inbound, markup, first=True)


def status_of_error(case: Case) -> Iterator[Prescription]:
    """The answer to an error keeps the error's status."""
    step = case.subject("step")
    script = case.script(step.place)
    element = script.at(step.place)
    status = element if element.name == "set-status" else element.child("set-status")
    if status is None or not isinstance(status.get("code"), Literal):
        raise CannotEditError("the status is not written")
    edits = [script.set_attribute(status, "code", "@(context.Response.StatusCode)")]
    if status.attribute("reason") is not None:
        edits.append(script.set_attribute(status, "reason", "@(context.Response.StatusReason)"))
    yield Prescription(
        title="Answer with the status of the error: @(context.Response.StatusCode)",
        safety="review",
        changes=(script.edit(*edits),),
    )


def forward_token(case: Case) -> Iterator[Prescription]:
    """An MCP server hands the caller's token on to the API that its tools call."""
    markup = (
        '<set-header name="Authorization" exists-action="override">\n'
        '    <value>@(context.Request.Headers.GetValueOrDefault("Authorization", ""))</value>\n'
        "</set-header>"
    )
    script = case.scripts.at_scope(case.finding.at, "api")
    if script is None:
        raise CannotEditError("the MCP server has no policy")
    yield Prescription(
        title="Hand the caller's token on to the API behind the tools",
        safety="review",
        changes=(script.edit(_below_base(script, markup)),),
    )


PRESCRIBERS: Prescribers = {
    "base-missing-drops-check": insert_base,
    "base-missing-drops-control": insert_base,
    "base-missing-in-backend": insert_base,
    "check-in-wrong-section": into_inbound,
    "check-guard-never-true": without_condition,
    "check-behind-condition": without_condition,
    "check-only-in-product": check_in_api,
    "built-in-key-passes-check": check_in_api,
    "operation-unprotected": check_token,
    "operation-with-key-only": check_token,
    "console-server-without-check": check_token,
    "managed-identity-for-unchecked-callers": check_token,
    "static-header-as-only-check": check_token,
    "claims-read-before-check": check_token,
    "refusal-turned-into-success": status_of_error,
    "mcp-authorization-not-forwarded": forward_token,
}
