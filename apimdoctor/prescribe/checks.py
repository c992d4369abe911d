"""Cures of a token check's own settings: its source, its defaults, the order of its children."""

import re
from collections.abc import Iterator

from apimdoctor.engine.prescription import Prescription, TextEdit
from apimdoctor.prescribe.case import Case, Prescriber, Prescribers
from apimdoctor.prescribe.lists import rank
from apimdoctor.prescribe.text import CannotEditError

_SOURCES = ("header-name", "query-parameter-name", "token-value")
_OTHER_TOKEN = re.compile(r"""(?<!Variables\[)(?:"|&quot;)(?P<name>(?:id|refresh)_token)(?:"|&quot;)""")
"""The other tokens in the answer of a token endpoint, as members of its JSON (RFC 6749, OpenID Connect Core)."""
MOST_SKEW = 300
"""Seconds: five minutes, the default of Microsoft's token libraries."""


def in_sequence(case: Case) -> Iterator[Prescription]:
    """The children stand in the order of the schema: each place is taken by the one that belongs there."""
    check = case.subject("check")
    script = case.script(check.place)
    children = list(script.at(check.place).elements)
    edits = [
        TextEdit(start=here.start, end=here.end, text=script.text[due.start : due.end])
        for here, due in zip(children, sorted(children, key=lambda child: rank(child.name)), strict=True)
        if here is not due
    ]
    yield Prescription(
        title=f"Put the children of {check.element} into the order of the schema",
        safety="safe",
        changes=(script.edit(*edits),),
    )


def without(name: str, effect: str) -> Prescriber:
    """The default of a setting holds again."""

    def prescriber(case: Case) -> Iterator[Prescription]:
        check = case.subject("check")
        script = case.script(check.place)
        yield Prescription(
            title=f"Remove {name}: {effect}",
            safety="safe" if check.provider == "Entra ID" and name != "require-scheme" else "review",
            changes=(script.edit(script.remove_attribute(script.at(check.place), name)),),
        )

    return prescriber


def less_skew(case: Case) -> Iterator[Prescription]:
    """Tokens end when they say, give or take five minutes."""
    check = case.subject("check")
    script = case.script(check.place)
    yield Prescription(
        title=f'Write clock-skew="{MOST_SKEW}"',
        safety="safe",
        changes=(script.edit(script.set_attribute(script.at(check.place), "clock-skew", str(MOST_SKEW))),),
    )


def one_source(case: Case) -> Iterator[Prescription]:
    """The token is read from one place: the Authorization header, unless another one is written first."""
    check = case.subject("check")
    script = case.script(check.place)
    element = script.at(check.place)
    written = [name for name in _SOURCES if element.attribute(name) is not None]
    if not written:
        yield Prescription(
            title='Read the token from the header Authorization: header-name="Authorization"',
            safety="safe",
            changes=(script.edit(script.set_attribute(element, "header-name", "Authorization")),),
        )
        return
    if len(written) == 1:
        raise CannotEditError("one source is written")
    for kept in written:
        others = [name for name in written if name != kept]
        yield Prescription(
            title=f"Read the token from {kept}, and remove {', '.join(others)}",
            safety="review",
            changes=(script.edit(*(script.remove_attribute(element, name) for name in others)),),
        )


def access_token(case: Case) -> Iterator[Prescription]:
    """The check reads the access token that stands beside the token it reads now."""
    check = case.subject("check")
    script = case.script(check.place)
    source = script.at(check.place).attribute("token-value")
    found = list(_OTHER_TOKEN.finditer(source.raw)) if source is not None else []
    if source is None or len(found) != 1:
        raise CannotEditError("which token is read is not plain")
    start = source.start + found[0].start("name")
    edit = TextEdit(start=start, end=start + len(found[0]["name"]), text="access_token")
    yield Prescription(
        title=f"Read access_token instead of {found[0]['name']}", safety="review", changes=(script.edit(edit),)
    )


PRESCRIBERS: Prescribers = {
    "child-order": in_sequence,
    "expiry-not-required": without("require-expiration-time", "a token without an expiry is refused"),
    "unsigned-tokens-accepted": without("require-signed-tokens", "an unsigned token is refused"),
    "scheme-on-custom-header": without("require-scheme", "the header holds the bare token"),
    "clock-skew-large": less_skew,
    "token-variable-is-not-the-access-token": access_token,
    "check-without-source": one_source,
}
