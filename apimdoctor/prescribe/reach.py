"""Which APIs a change reaches, so that a draft is tried on these alone: policies of broader scopes reach further."""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from apimdoctor.engine.finding import Finding
from apimdoctor.engine.prescription import ObjectPatch, Prescription
from apimdoctor.facts.vocabulary import AppMatch, Facts, Place, TokenCheck
from apimdoctor.prescribe import texts
from apimdoctor.snapshot import Contents, PolicyText, Service, Snapshot

ApiKey = tuple[str, str, str]
"""Resource id of the service, workspace, and name of the API."""
_INCLUDED = re.compile(r"""fragment-id\s*=\s*["']([^"']+)["']""")
_FRAGMENTS = "/policyFragments/"


class Reach:
    """The APIs of a snapshot by what their requests meet."""

    def __init__(self, snapshot: Snapshot, facts: Facts) -> None:
        self._facts = facts
        self._snapshot = snapshot
        self._policies: list[tuple[Place, PolicyText]] = list(texts.every(snapshot))
        self.everything = frozenset(
            (service.id, workspace, api.name)
            for service in snapshot.services
            for workspace, contents in _spaces(service)
            for api in contents.apis
        )
        self._services = {service.name: service.id for service in snapshot.services}
        self._known: dict[Place, frozenset[ApiKey]] = {}

    def of(self, finding: Finding, draft: Prescription) -> frozenset[ApiKey]:
        """The APIs that a finding and the changes of a draft concern."""
        places = [finding.at, *finding.affects]
        found = {key for place in places if place.api for key in self._at(place)}
        for change in draft.changes:
            if isinstance(change, ObjectPatch):
                found |= self._of_patch(change)
            else:
                found |= self._at(change.at)
        return frozenset(found)

    def _at(self, place: Place) -> frozenset[ApiKey]:
        """The APIs whose requests meet a policy, or a resource, that stands at a place."""
        owner = replace(place, line=0, column=0, section="", path="", start=-1, end=-1)
        found = self._known.get(owner)
        if found is None:
            self._known[owner] = frozenset()  # fragments that include each other
            found = self._known[owner] = self._met(owner)
        return found

    def _met(self, place: Place) -> frozenset[ApiKey]:
        if _FRAGMENTS in place.resource:
            name = place.resource.partition(_FRAGMENTS)[2]
            including = (at for at, text in self._policies if name in _INCLUDED.findall(text.text))
            return frozenset(key for at in including for key in self._at(at))
        service = self._services.get(place.service)
        same = {key for key in self.everything if service in (None, key[0])}
        if place.workspace:
            same = {key for key in same if key[1] == place.workspace}
        if place.api:
            return frozenset(key for key in same if key[2] == place.api)
        if place.product:
            names = {name for one in self._snapshot.services for name in _apis_of_product(one, place.product)}
            return frozenset(key for key in same if key[2] in names)
        return frozenset(same)

    def _of_patch(self, patch: ObjectPatch) -> frozenset[ApiKey]:
        """Those whose token checks name the app registration; everything when none does."""
        identity = patch.resource.rpartition("/")[2]
        checks = (check for check in self._facts.token_checks if isinstance(check, TokenCheck))
        found = {
            key
            for check in checks
            for match in check.apps
            if isinstance(match, AppMatch) and match.app.object_id == identity
            for key in self._at(check.place)
        }
        return frozenset(found) or self.everything


def restricted(snapshot: Snapshot, kept: Iterable[ApiKey]) -> Snapshot:
    """The snapshot with only these APIs; all that APIs share stays."""
    wanted = frozenset(kept)
    return replace(snapshot, services=tuple(_service(service, wanted) for service in snapshot.services))


def _service(service: Service, wanted: frozenset[ApiKey]) -> Service:
    workspaces = tuple(
        replace(space, contents=_contents(space.contents, (service.id, space.name), wanted))
        for space in service.workspaces
    )
    return replace(service, contents=_contents(service.contents, (service.id, ""), wanted), workspaces=workspaces)


def _contents(contents: Contents, space: tuple[str, str], wanted: frozenset[ApiKey]) -> Contents:
    names = {api.name for api in contents.apis if (*space, api.name) in wanted}
    names |= {api.mcp_backend_api for api in contents.apis if api.name in names}
    return replace(contents, apis=tuple(api for api in contents.apis if api.name in names))


def _spaces(service: Service) -> Iterable[tuple[str, Contents]]:
    yield "", service.contents
    for workspace in service.workspaces:
        yield workspace.name, workspace.contents


def _apis_of_product(service: Service, name: str) -> Iterable[str]:
    for _, contents in _spaces(service):
        for product in contents.products:
            if product.name == name:
                yield from product.apis
