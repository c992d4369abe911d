"""Entra objects in files: which tenant they belong to, and which of a tenant's collections are whole."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect import graph
from apimdoctor.collect.fields import Json, MalformedError
from apimdoctor.collect.files.contents import Desk
from apimdoctor.snapshot import EntraTenant, Origin

_T = TypeVar("_T")

_CONTEXTS = {
    "applications": "app_registrations",
    "serviceprincipals": "service_principals",
    "oauth2permissiongrants": "delegated_grants",
    "approleassignments": "app_role_assignments",
    "organization": "organization",
}
"""Entity sets of Graph, as `@odata.context` and file names spell them."""
_WHAT = {
    "app_registrations": "app registration",
    "service_principals": "service principal",
    "app_role_assignments": "app role assignment",
    "delegated_grants": "delegated grant",
    "organization": "organization",
}


NOWHERE = "/"
"""The folder of objects that stand beside no organization: no path can be in it."""


class _Shelf(Struct):
    """The objects of one tenant, by collection and key; the first of equal keys stays."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    complete: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)


class EntraFiles:
    """All Entra objects of one root."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tenants: dict[str, list[EntraTenant]] = {}
        self._found: list[tuple[str, str, Json, Origin, str]] = []
        self._lists: list[tuple[str, str, bool]] = []
        self._made_already: list[tuple[str, str, Any, str]] = []

    def add(self, path: str, kind: str, json: Json, origin: Origin | None = None, tenant: str = "") -> None:
        """Take an object; its tenant is settled when all files are known. `origin` and `tenant` where the file tells them."""
        if kind != "organization":
            self._found.append((path, kind, json, origin or self._desk.origin(path), tenant))
            return
        made = self._made(path, kind, lambda: graph.organization(json, self._desk.origin(path)))
        if made is not None:
            self._tenants.setdefault(path.rpartition("/")[0], []).append(made)

    def add_made(self, path: str, kind: str, made: Any, tenant: str) -> None:
        """Take an object of the snapshot, and the tenant its source tells: a tenant of the files around it goes first."""
        self._made_already.append((path, kind, made, tenant))

    def add_list(self, path: str, kinds: set[str], json: Json) -> None:
        """Note a Graph list: without a nextLink it is whole, unless it lists what hangs on one object only."""
        context = json.get("@odata.context")
        # `#servicePrincipals('ID')/appRoleAssignedTo` hangs on one object; `#servicePrincipals(id,appId)` is a $select.
        partial = isinstance(context, str) and ")/" in context.rpartition("#")[2]
        declared = declared_kind(path, json) if not kinds else ""
        for kind in kinds or {declared} - {""}:
            cut = bool(json.get("@odata.nextLink") or json.get("nextLink"))
            if cut or not partial:
                self._lists.append((path, kind, not cut))

    def made(self) -> tuple[EntraTenant, ...]:
        """The tenants with their objects."""
        shelves: dict[str, _Shelf] = {}
        told: dict[str, str] = {}

        def shelf_of(path: str, tenant: str) -> _Shelf:
            folder = self._folder_of(path)
            if folder == NOWHERE and tenant:
                folder += tenant
                told[folder] = tenant
            return shelves.setdefault(folder, _Shelf())

        for path, kind, json, origin, tenant in self._found:
            self._put(shelf_of(path, tenant), path, kind, json, origin)
        for path, kind, made, tenant in self._made_already:
            self._keep(shelf_of(path, tenant), path, kind, made)
        for path, kind, complete in self._lists:
            shelf = shelves.setdefault(self._folder_of(path), _Shelf())
            (shelf.complete if complete else shelf.cut).add(kind)
        return tuple(
            self._tenant(folder, shelves.get(folder, _Shelf()), told.get(folder, ""))
            for folder in sorted({*shelves, *(folder for folder, found in self._tenants.items() if found)})
        )

    def _tenant(self, folder: str, shelf: _Shelf, told: str) -> EntraTenant:
        known = self._tenants.get(folder, [])
        if len({tenant.id for tenant in known}) > 1:
            self._desk.gap(
                folder, "skipped", "several organizations in one folder; the first counts", "one folder each"
            )
        base = known[0] if known else EntraTenant(id=told)
        whole = {*base.whole, *(shelf.complete - shelf.cut - {"organization"})}
        objects: dict[str, Any] = {
            kind: tuple(found[key] for key in sorted(found)) for kind, found in shelf.objects.items()
        }
        return replace(base, **objects, whole=tuple(sorted(whole)))

    def _folder_of(self, path: str) -> str:
        """The folder of the nearest organization, here or above; a folder no path can have when there is none."""
        folder = path.rpartition("/")[0]
        while folder not in self._tenants:
            if not folder:
                return NOWHERE
            folder = folder.rpartition("/")[0]
        return folder

    def _put(self, shelf: _Shelf, path: str, kind: str, json: Json, origin: Origin) -> None:
        made: Any
        if kind == "app_registrations":
            made = self._made(path, kind, lambda: graph.app_registration(json, origin))
        elif kind == "service_principals":
            made = self._made(path, kind, lambda: graph.service_principal(json, origin))
        elif kind == "app_role_assignments":
            made = self._made(path, kind, lambda: graph.app_role_assignment(json))
        else:
            made = self._made(path, kind, lambda: graph.delegated_grant(json))
        if made is None:
            shelf.cut.add(kind)
            return
        self._keep(shelf, path, kind, made)

    def _keep(self, shelf: _Shelf, path: str, kind: str, made: Any) -> None:
        key = made.app_id if kind == "app_registrations" else made.id
        if "${{" in key:
            shelf.cut.add(kind)
            self._desk.gap(path, "skipped", "its appId is a placeholder", "give the manifest with its values filled in")
            return
        first = shelf.objects.setdefault(kind, {}).setdefault(key, made)
        if first is not made and replace(first, **_place(made)) != made:
            where = getattr(getattr(first, "origin", None), "document", "")
            detail = f"a second {_WHAT[kind]} with {'appId' if kind == 'app_registrations' else 'id'} {key[:80]}; "
            self._desk.gap(path, "skipped", detail + f"the first counts{where and ', of ' + where}", "keep one of them")

    def _made(self, path: str, kind: str, make: Callable[[], _T]) -> _T | None:
        try:
            return make()
        except MalformedError as error:
            detail = f"{_WHAT[kind]}: {error}; the object is left out"
            self._desk.gap(path, "skipped", detail, "export it again")
            return None


def declared_kind(path: str, json: Json) -> str:
    """What a list without objects would hold, by its `@odata.context` or the file's name; "" unknown."""
    context = json.get("@odata.context")
    if isinstance(context, str) and "#" in context:
        return _CONTEXTS.get(context.rpartition("#")[2].partition("(")[0].partition("/")[0].lower(), "")
    return _CONTEXTS.get(path.rpartition("/")[2].rpartition(".")[0].lower(), "")


def items_of(json: Any) -> Sequence[Any] | None:
    """The objects of a list in either form, or None for a single object."""
    if isinstance(json, list):
        return json
    if isinstance(json, dict) and isinstance(json.get("value"), list):
        return list(json["value"])
    return None


def _place(made: Any) -> dict[str, Any]:
    return {"origin": made.origin} if hasattr(made, "origin") else {}
