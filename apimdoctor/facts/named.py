"""What an audience, a client id or a resource as written is, in the words of the vocabulary."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from apimdoctor.entra.audience import Named, Nothing
from apimdoctor.entra.known import Unsure, is_guid
from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import AppMatch, EntryForm, FoundAs

ResourceKind = Literal["app registration", "Azure service", "nothing found"]


class NamedAs(Struct, frozen=True, kw_only=True):
    """What an audience or client id is and names, in the words of vocabulary's Entry."""

    form: EntryForm | Unknown
    found_as: FoundAs | Unknown
    names: str | Unknown = ""


class IdentityToken(Struct, frozen=True, kw_only=True):
    """The access token that a managed identity gets for a resource."""

    resource_is: ResourceKind | Unknown
    issuers: Values
    audiences: Values
    apps: tuple[AppMatch | Unknown, ...] = ()


def named_as(text: str, found: Named) -> NamedAs:
    """What a string is and names, from what the directory found for it."""
    bare = text.strip()
    bare = bare[4:] if bare[:4].lower() == "spn:" else bare
    form: EntryForm = (
        "app id" if is_guid(bare) else "identifier uri" if "://" in bare or bare[:4] == "urn:" else "other"
    )
    if isinstance(found, MicrosoftApi):
        return NamedAs(form="Microsoft API", found_as="Microsoft API", names=found.name)
    if isinstance(found, Nothing):
        return NamedAs(form=form, found_as="nothing")
    if isinstance(found, Unsure):
        # A GUID may be anybody's object id.
        unread = Unknown(found.because)
        return NamedAs(form=unread if form == "app id" else form, found_as=unread, names=unread)
    one = found[0]
    name = one.app.display_name or one.app.app_id if one.app else one.principal.display_name if one.principal else ""
    forms: dict[str, EntryForm] = {
        "app id": "app id" if is_guid(bare) else "identifier uri",
        "identifier uri": "identifier uri",
        "object id": "object id" if is_guid(bare) else "identifier uri",
    }
    return NamedAs(form=forms[one.how], found_as="app registration" if one.app else "service principal", names=name)
