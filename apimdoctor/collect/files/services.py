"""Which service the resources of a folder belong to: by id, by name, by the APIOps tree around them, or by neighbourhood."""

import re
from collections.abc import Iterable

from msgspec import Struct

from apimdoctor.collect import arm
from apimdoctor.collect.arm import Address
from apimdoctor.collect.fields import Json, MalformedError
from apimdoctor.collect.files.assembly import service_of
from apimdoctor.collect.files.contents import Desk
from apimdoctor.collect.files.parts import Part
from apimdoctor.snapshot import Origin, PolicyText, Service

_MARKER = re.compile(r"\$\{[^{}]*\}")


class Draft(Struct):
    """A service being put together from the files of one folder."""

    part: Part
    folder: str
    id: str = ""
    """ARM id; "" when no file told it."""
    apiops: bool = False
    policies_told: bool = False


class Resource(Struct, frozen=True):
    """The JSON of one ARM resource and the place it was found at."""

    address: Address
    json: Json
    origin: Origin
    path: str
    policy: PolicyText | None = None
    """Of a policy or fragment whose text could not be read: that, with the reason."""
    home: str | None = None
    """The folder of what is deployed together, where that is another one than the file's."""

    @property
    def folder(self) -> str:
        """The folder of the file, or of what the file is deployed with."""
        return self.path.rpartition("/")[0] if self.home is None else self.home


class Services:
    """All services of one root."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._drafts: list[Draft] = []

    def tree(self, root: str) -> Draft:
        """The service of an APIOps tree."""
        for draft in self._drafts:
            if draft.apiops and draft.folder == root:
                return draft
        draft = Draft(Part(root.rpartition("/")[2] or self._desk.tree.name), root, apiops=True)
        self._drafts.append(draft)
        return draft

    def add(self, resources: Iterable[Resource]) -> None:
        """Give every resource to its service: the services themselves first, since they tell ids and names."""
        below: list[Resource] = []
        services: list[Resource] = []
        for resource in resources:
            (below if resource.address.path else services).append(resource)
        for resource in services:
            self._place_service(resource, services)
        for resource in below:
            path = resource.address.path
            if resource.address.kind == "policies":
                self._tell_policy(self._owner(resource).part.at(path[:-1]), resource)
            else:
                self._tell(self._owner(resource).part.at(path), resource)

    def add_whole(self, parent: Resource, kind: str) -> None:
        """Note that a list told all resources of a collection below a parent."""
        self._owner(parent).part.at(parent.address.path).whole.add(kind)

    def made(self) -> tuple[Service, ...]:
        """The services as snapshot objects."""
        taken: set[str] = set()
        found = []
        for draft in self._drafts:
            identifier = draft.id or f"file:{self._desk.prefix}{draft.folder or '.'}"
            if identifier.lower() in taken and not draft.id:
                identifier += f"#{draft.part.name}"
            taken.add(identifier.lower())
            found.append(service_of(self._desk, draft.part, identifier, policies_told=draft.policies_told))
        return tuple(found)

    def _place_service(self, resource: Resource, services: list[Resource]) -> None:
        draft = self._by_id(resource.address.service_id) or self._tree_of_service(resource, services)
        if draft is None and not resource.address.service_id:
            draft = self._by_name(resource)  # a template declares one service twice, under opposite conditions
        if draft is None:
            draft = Draft(Part(resource.address.service_name), resource.folder)
            self._drafts.append(draft)
        self._adopt(draft, resource.address)
        self._tell(draft.part, resource)

    def _tree_of_service(self, resource: Resource, services: list[Resource]) -> Draft | None:
        """The APIOps tree that a service's own JSON belongs to: around its file, else the only one beside it."""
        free = [draft for draft in self._drafts if draft.apiops and not draft.part.told and not draft.id]
        around = [draft for draft in free if _within(resource.folder, draft.folder)]
        if around:
            return max(around, key=lambda draft: len(draft.folder))
        if any(draft.apiops and _within(resource.folder, draft.folder) for draft in self._drafts):
            return None
        folder: str | None = resource.folder
        while folder is not None:
            near = [draft for draft in free if _within(draft.folder, folder)]
            if near:
                rivals = [other for other in services if other is not resource and _within(other.folder, folder)]
                named = [draft for draft in near if draft.part.name.lower() == resource.address.service_name.lower()]
                return near[0] if len(near) == 1 and not rivals else named[0] if len(named) == 1 else None
            folder = _above(folder)
        return None

    def _owner(self, resource: Resource) -> Draft:
        address = resource.address
        found = self._by_id(address.service_id) or self._by_name(resource)
        if found is None and not _is_symbol(address.service_name):
            found = self._around(resource)
        if found is None:
            found = Draft(Part(address.service_name), resource.folder)
            self._drafts.append(found)
        self._adopt(found, address)
        return found

    def _by_id(self, identifier: str) -> Draft | None:
        if not identifier:
            return None
        return next((draft for draft in self._drafts if draft.id.lower() == identifier.lower()), None)

    def _by_name(self, resource: Resource) -> Draft | None:
        address = resource.address
        if not address.service_name:
            return None
        name = address.service_name.lower()
        named = [draft for draft in self._drafts if draft.part.name.lower() == name]
        named = [draft for draft in named if not (draft.id and address.service_id)]
        if _is_symbol(name):
            # What a template leaves open is the same service only in the same deployment.
            named = [draft for draft in named if draft.folder == resource.folder]
        return named[0] if len(named) == 1 else None

    def _around(self, resource: Resource) -> Draft | None:
        """The service whose folder is around the file, or beside it; one that contradicts the resource's id is none."""
        address = resource.address
        fitting = [draft for draft in self._drafts if not (draft.id and address.service_id)]
        if address.service_name:
            # One that has a name of its own is another service, except that a tree's is only that of its folder.
            fitting = [draft for draft in fitting if not draft.part.told and (draft.apiops or not draft.part.name)]
        around = [draft for draft in fitting if _within(resource.folder, draft.folder)]
        if around:
            return max(around, key=lambda draft: len(draft.folder))
        if not address.service_name and len(self._drafts) == 1:
            return self._drafts[0]
        return None

    @staticmethod
    def _adopt(draft: Draft, address: Address) -> None:
        if address.service_id and not draft.id:
            draft.id = address.service_id
        if address.service_name and not draft.part.told:
            draft.part.name = address.service_name

    def _tell(self, part: Part, resource: Resource) -> None:
        if resource.policy is not None and part.policy is None:
            part.policy = resource.policy
        if not part.tell(resource.json, resource.origin) and not _same(part.json, resource.json):
            first = part.origin.document or "another file"
            self._desk.gap(resource.path, "skipped", f"the resource is described a second time; {first} counts")

    def _tell_policy(self, part: Part, resource: Resource) -> None:
        try:
            policy = resource.policy or arm.policy_text(resource.json, self._desk.redactor, resource.origin)
        except MalformedError as error:
            self._desk.gap(resource.path, "unparsed", f"policy: {error}", "export it again")
            policy = PolicyText(format="", origin=resource.origin, unread=str(error))
        if part.policy is None:
            part.policy = policy
        elif part.policy.text != policy.text:
            first = part.policy.origin.document
            self._desk.gap(resource.path, "skipped", f"the resource has a second policy; that of {first} counts")


def _same(one: Json, other: Json) -> bool:
    """Whether two descriptions agree in all that they tell; what each leaves to its deployment may have other names."""
    return one == other or _MARKER.sub("${}", str(one)) == _MARKER.sub("${}", str(other))


def _is_symbol(name: str) -> bool:
    return "${" in name


def _within(folder: str, outer: str) -> bool:
    return not outer or folder == outer or folder.startswith(outer + "/")


def _above(folder: str) -> str | None:
    return folder.rpartition("/")[0] if folder else None
