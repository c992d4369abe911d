"""Cures of issuers: the issuer of the tokens that Entra ID issues is accepted, one that is never issued is corrected."""

from collections.abc import Iterator

from apimdoctor.engine.prescription import Prescription, TextEdit
from apimdoctor.entra.known import is_guid
from apimdoctor.facts.values import includes, meets
from apimdoctor.facts.vocabulary import App, Entry, Place, TokenCheck
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Literal
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.lists import add_to_list, take_out
from apimdoctor.prescribe.registration_known import named_alone, of_api, only_app
from apimdoctor.prescribe.text import CannotEditError, Script, literal


def accept_issuer(case: Case) -> Iterator[Prescription]:
    """The check accepts the issuer, and where it lacks it the audience, of its app registration's tokens."""
    check, app = case.subject("check"), case.subject("match").app
    script = case.script(check.place)
    element = script.at(check.place)
    if element.name != "validate-jwt":
        raise CannotEditError("validate-azure-ad-token takes no issuers")
    if check.metadata and includes(check.metadata_tenants, app.tenant_id) is False:
        raise CannotEditError("the metadata is that of another tenant")
    issuers = only(app.issuers.known, app)
    edits = [add_to_list(script, element, "issuers", "issuer", issuers), *missing_audience(script, element, check, app)]
    yield Prescription(
        title=f"Accept {', '.join(issuers)}, the issuer of {app.display_name}'s version {app.token_version} tokens",
        safety="safe" if named_alone(check) else "review",
        changes=(script.edit(*edits),),
    )


def only(issuers: tuple[str, ...], app: App) -> tuple[str, ...]:
    """The issuers when they are all that the app registration's tokens carry."""
    if not issuers or app.issuers.rest or app.issuers.symbols or app.issuers.all:
        raise CannotEditError("the issuers of the app registration are not all known")
    return issuers


def missing_audience(script: Script, element: Element, check: TokenCheck, app: App) -> list[TextEdit]:
    """What makes the check accept an audience of the app registration: nothing where it does."""
    if meets(check.accepted_audiences, app.audiences) is not False or check.aud_claim.known != ():
        return []
    return [add_to_list(script, element, "audiences", "audience", (app.app_id,))]


def right_tenant(case: Case) -> Iterator[Prescription]:
    """validate-azure-ad-token names the tenant that issues the tokens."""
    check, app = case.subject("check"), case.subject("match").app
    script = case.script(check.place)
    element = script.at(check.place)
    if element.name != "validate-azure-ad-token" or not is_guid(app.tenant_id):
        raise CannotEditError("there is no tenant id to correct")
    yield Prescription(
        title=f"Name the tenant {app.tenant_id}, in which {app.display_name} is registered",
        safety="review",
        changes=(script.edit(script.set_attribute(element, "tenant-id", app.tenant_id)),),
    )


def correct_issuer(case: Case) -> Iterator[Prescription]:
    """An issuer that no token carries becomes the one that was meant."""
    entry, check = case.subject("entry"), case.subject("check")
    script = case.script(entry.place)
    element = script.at(entry.place)
    text = literal(element)
    meant = _meant(entry, check)
    vouched = [*(e.text for e in check.issuer_entries), *(i for m in check.metadata for i in m.issuers.known)]
    if meant and meant not in vouched:
        title, edit = f"Write {meant} instead of {text}", script.set_text(element, meant)
    elif len(vouched) > 1:
        title, edit = f"Remove {text}: no token carries it", take_out(script, element)
    else:
        raise CannotEditError("which issuer is meant is not known")
    yield Prescription(title=title, safety="safe", changes=(script.edit(edit),))


def _meant(entry: Entry, check: TokenCheck) -> str:
    """The issuer of the tokens that are to be accepted, "" when nobody can say."""
    try:
        app = only_app(check)
    except CannotEditError:
        app = None
    if app is not None and len(app.issuers.known) == 1 and not app.issuers.rest:
        issuer = app.issuers.known[0]
        if entry.tenant == app.tenant_id or not is_guid(str(entry.tenant)):
            return issuer
    return entry.meant if isinstance(entry.meant, str) else ""


def drop_issuer(case: Case) -> Iterator[Prescription]:
    """An issuer whose tokens are not meant is taken out, or gives way to the one that is when it stands alone."""
    entry, check = case.subject("entry"), case.subject("check")
    script = case.script(entry.place)
    element = script.at(entry.place)
    text = literal(element)
    if len(check.issuer_entries) > 1 or check.metadata:
        title, edit = f"Remove the issuer {text}", take_out(script, element)
    else:
        issuers = only_app(check).issuers.known
        if len(issuers) != 1:
            raise CannotEditError("without the issuer every issuer would be accepted")
        title, edit = f"Write {issuers[0]} instead of {text}", script.set_text(element, issuers[0])
    yield Prescription(
        title=title,
        safety="review",
        changes=(script.edit(edit),),
        side_effects=("Tokens of this issuer are refused, if there are any.",),
    )


def drop_left_over(case: Case) -> Iterator[Prescription]:
    """Issuers of version 1 tokens go, once there are none left."""
    changes: dict[Place, list[TextEdit]] = {}
    for bound in case.bindings():
        check, app = bound["check"], bound["match"].app
        script = case.script(check.place)
        old = [e for e in check.issuer_entries if e.text in app.issuers_of_other_version.known]
        changes.setdefault(script.place, []).extend(take_out(script, script.at(entry.place)) for entry in old)
    yield Prescription(
        title="Remove the issuer of version 1 tokens",
        safety="review",
        changes=tuple(case.edit(place, *edits) for place, edits in changes.items()),
        steps=("Wait until the last version 1 token has expired (a day after the change of version).", "Remove it."),
    )


def own_tenant_only(case: Case) -> Iterator[Prescription]:
    """Metadata of all tenants becomes that of the tenant in which the app registration stands."""
    check = case.subject("check")
    app = only_app(check)
    if app.sign_in_audience != "AzureADMyOrg" or not is_guid(app.tenant_id):
        raise CannotEditError("tokens of several tenants are meant")
    script = case.script(check.place)
    element = script.at(check.place)
    if element.name == "validate-azure-ad-token":
        edits = [script.set_attribute(element, "tenant-id", app.tenant_id)]
    else:
        edits = [_of_tenant(script, config, app.tenant_id) for config in element.each("openid-config")]
    yield Prescription(
        title=f"Accept tokens of the tenant {app.tenant_id} only: {app.display_name} gets no others",
        safety="review",
        changes=(script.edit(*edits),),
    )


def _of_tenant(script: Script, config: Element, tenant: str) -> TextEdit:
    url = config.get("url")
    if not isinstance(url, Literal):
        raise CannotEditError("the metadata address is not literal")
    for word in ("common", "organizations"):
        if f"/{word}/" in url.text:
            return script.set_attribute(config, "url", url.text.replace(f"/{word}/", f"/{tenant}/", 1))
    raise CannotEditError("the metadata address names a tenant")


def check_issuer(case: Case) -> Iterator[Prescription]:
    """A check with keys of its own compares the issuer as well."""
    check = case.subject("check")
    tokens = of_api(case, check.place, (*check.audiences.known, *check.aud_claim.known)).tokens
    if tokens.issuers.rest or not tokens.issuers.sure:
        raise CannotEditError("the issuers of the app registration are not all known")
    script = case.script(check.place)
    yield Prescription(
        title=f"Compare the issuer: {', '.join(tokens.issuers.sure)}",
        safety="review",
        changes=(script.edit(add_to_list(script, script.at(check.place), "issuers", "issuer", tokens.issuers.sure)),),
    )


PRESCRIBERS: Prescribers = {
    "issuer-version-mismatch": accept_issuer,
    "issuer-not-accepted": accept_issuer,
    "issuer-never-issued": correct_issuer,
    "b2c-issuer-form": correct_issuer,
    "issuer-of-other-tenant": drop_issuer,
    "issuer-of-other-cloud": drop_issuer,
    "migration-left-over": drop_left_over,
    "any-tenant-accepted": own_tenant_only,
    "issuer-unchecked": check_issuer,
}
TENANT: Prescribers = {"issuer-not-accepted": right_tenant}
