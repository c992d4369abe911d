"""What a root of files holds, recognised by content: APIOps trees, ARM JSON, Entra objects, sites and bare policies."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from apimdoctor.collect import arm
from apimdoctor.collect.fields import Json, MalformedError
from apimdoctor.collect.files import apiops, armfiles, bare, markdown
from apimdoctor.collect.files.anchors import Literals
from apimdoctor.collect.files.contents import Desk, attempt, json_of, text_of
from apimdoctor.collect.files.entrafiles import EntraFiles, items_of
from apimdoctor.collect.files.services import Resource, Services
from apimdoctor.collect.files.tree import FolderTree, MemoryTree, Tree, UnreadableError
from apimdoctor.collect.graph import kind_of
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import Gap, Origin, PolicyText, Service, SiteAuth, Snapshot, Source, store
from apimdoctor.snapshot.redact import Redactor

if TYPE_CHECKING:
    from apimdoctor.collect.files.templates.compiler import Compiler
    from apimdoctor.collect.files.terraform import Found

_TERRAFORM_WORDS = (b"azurerm_api_management", b"azuread_", b"Microsoft.ApiManagement")
"""What a Terraform file in JSON says when it speaks of something that is read elsewhere."""
_POLICY_FILES = (".xml", ".tpl", ".tftpl", ".tmpl", ".policy", ".cshtml")
_GZIP = b"\x1f\x8b"
# Words without which a JSON file cannot be one of ours, in lower case: looking for them is far cheaper than decoding.
_WORDS = (
    b"microsoft.apimanagement",
    b'"appid"',
    b'"verifieddomains"',
    b'"approleid"',
    b'"consenttype"',
    b'"identityproviders"',
    b"authsettingsv2",
    b"$metadata#",
    b"apimdoctor/snapshot/",
    b'"terraform_version"',
)
_DEPLOYED = (b"microsoft.apimanagement", b"microsoft.graph/", b"authsettingsv2")
"""Words without which no template deploys anything that is kept."""
_EMPTY_LIST = 200
"""A shorter file may be a Graph list without objects, which only its file name tells."""


def read(paths: Sequence[Path], *, redactor: Redactor | None = None, bicep: bool = False) -> Snapshot:
    """What folders, single files and saved snapshots hold, as one snapshot. A path that does not exist is an error.

    `bicep`: folders' Bicep files are compiled by the program of that name.
    """
    redactor = redactor or Redactor()
    for path in paths:
        if not path.exists():
            raise ApimDoctorError(f"{path} does not exist", "give a folder, a file or a saved snapshot")
        if not path.is_dir() and not path.is_file():
            raise ApimDoctorError(f"{path} is neither a folder nor a file", "give a folder, a file or a saved snapshot")
    found = []
    for path, prefix in zip(paths, prefixes(paths), strict=True):
        if path.is_dir():
            tree = FolderTree(path)
            source = _source("folder", path)
            found.append(
                read_tree(tree, redactor=redactor, prefix=prefix, source=source, compiler=_compiler(tree, bicep))
            )
        else:
            found.append(_read_file(path, redactor, prefix))
    return store.merge(found)


def read_tree(
    tree: Tree,
    *,
    redactor: Redactor | None = None,
    prefix: str = "",
    source: Source | None = None,
    compiler: "Compiler | None" = None,
) -> Snapshot:
    """What one root holds. `prefix` stands before every path in the snapshot; nothing recognised is a gap."""
    reading = _Reading(Desk(tree, redactor or Redactor(), prefix), compiler=compiler)
    return reading.snapshot(source or Source(kind="folder", name=tree.name))


class _Reading:
    """One root on its way into a snapshot; `named` when a person named its only file, whatever the file is called."""

    def __init__(self, desk: Desk, *, named: bool = False, compiler: "Compiler | None" = None) -> None:
        self._desk = desk
        self._compiler = compiler
        self._named = named
        self._services = Services(desk)
        self._entra = EntraFiles(desk)
        self._sites: list[SiteAuth] = []
        self._resources: list[Resource] = []
        self._wholes: list[tuple[Resource, str]] = []
        self._roots: set[str] = set()
        self._loose: list[str] = []
        self._bare: dict[str, PolicyText] = {}
        self._bicep: list[str] = []
        self._arm: list[str] = []
        self._deploys = False

    def snapshot(self, source: Source) -> Snapshot:
        """Everything the root holds."""
        for path in self._desk.tree.paths():
            self._file(path)
        placed = self._templates() | self._terraform()
        for path in self._loose:
            if path not in placed:
                self._loose_policy(path)
        self._services.add(self._resources)
        for parent, kind in self._wholes:
            self._services.add_whole(parent, kind)
        services = self._services.made()
        if self._bare:
            services = (*services, bare.service_of(self._desk, self._bare))
        tenants = self._entra.made()
        services = _with_tenants(services, [tenant.id for tenant in tenants])
        if not (services or tenants or self._sites):
            hint = (
                "expected: an APIOps folder, policies, ARM, Bicep or Terraform, app registrations or a saved snapshot"
            )
            if any(path.lower().endswith(markdown.SUFFIXES) for path in self._desk.tree.paths()):
                hint += "; policies in Markdown are samples: name the file itself to have them judged"
            self._desk.gap("", "skipped", f"nothing in {source.name} is configuration that apimdoctor knows", hint)
        sites, gaps = tuple(self._sites), tuple(self._desk.gaps)
        return store.ordered(Snapshot(sources=(source,), services=services, tenants=tenants, sites=sites, gaps=gaps))

    def _terraform(self) -> set[str]:
        """What Terraform files describe; the answer is the policy files they place. Without any, nothing is paid."""
        if not any(path.endswith(".tf") for path in self._desk.tree.paths()):
            return set()
        from apimdoctor.collect.files import terraform

        found = terraform.of_folder(self._desk)
        self._take(found)
        return found.used

    def _take(self, found: "Found") -> None:
        """What Terraform describes."""
        self._resources += found.resources
        self._sites += found.sites
        for one in found.entra:
            self._entra.add_made(one.path, one.kind, one.made, one.tenant)

    def _file(self, path: str) -> None:
        lower = path.lower()
        place = apiops.place_of(path)
        if place is not None:
            self._apiops_file(path, place)
        elif lower.endswith(_POLICY_FILES):
            self._loose.append(path)
        elif lower.endswith((".bicep", ".bicepparam")):
            content = self._desk.read(path)
            if content is not None:
                self._template(self._bicep, path, content.lower())
        elif lower.endswith(".tf.json"):
            content = self._desk.read(path)
            if content is not None and any(word in content for word in _TERRAFORM_WORDS):
                self._desk.gap(path, "skipped", "Terraform in JSON syntax is not read", "its plan as JSON is read")
        elif lower.endswith((".json", ".jsonc")):
            content = self._desk.read(path)
            if content is not None:
                self._json_file(path, content)
        elif self._named and lower.endswith(markdown.SUFFIXES):
            self._samples(path)
        elif self._named:
            content = self._desk.read(path)
            if content is not None and _is_json(content):
                self._json_file(path, content)
            else:
                self._loose.append(path)

    def _apiops_file(self, path: str, place: apiops.Place) -> None:
        draft = self._services.tree(place.root)
        self._roots.add(place.root)
        owner = draft.part
        for depth, (kind, _) in enumerate(place.path):
            if depth == 0 or place.path[depth - 1][0] == "workspaces":
                owner = draft.part.at(place.path[:depth])
                owner.whole.add(kind)
        part = draft.part.at(place.path)
        if place.policy:
            part.policy = self._policy(path)
            return
        draft.policies_told = True
        if place.path[-1][0] == "products":
            part.whole.add("apis")
        content = self._desk.read(path)
        json = None if content is None else attempt(self._desk, path, content, json_of, "the resource")
        if isinstance(json, dict):
            part.tell(
                self._desk.redactor.json(json) if place.path[-1][0] not in _OWN_TEXTS else json, self._desk.origin(path)
            )
        elif json is not None:
            self._desk.gap(path, "unparsed", "the resource cannot be read: it is no JSON object")

    def _policy(self, path: str) -> PolicyText:
        content = self._desk.read(path)
        origin = self._desk.origin(path)
        if content is None:
            return PolicyText(origin=origin, unread="the file cannot be read")
        try:
            return PolicyText(text=self._desk.redactor.policy(text_of(content)), origin=origin)
        except UnreadableError as error:
            self._desk.gap(path, "unparsed", f"the policy cannot be read: {error}", "save the file as UTF-8")
            return PolicyText(origin=origin, unread=str(error))

    def _loose_policy(self, path: str) -> None:
        """A policy outside any resource's folder: the service's own at the root of a tree, else one without scope."""
        folder, _, file = path.rpartition("/")
        if folder in self._roots and apiops.is_policy_name(file.lower()):
            draft = self._services.tree(folder)
            draft.part.policy = self._policy(path)
            return
        content = self._desk.read(path)
        if content is None or b"<" not in content[:4096]:
            return
        try:
            text = text_of(content)
        except UnreadableError as error:
            if b"<policies" in content or b"<fragment" in content:
                self._desk.gap(path, "unparsed", f"the policy cannot be read: {error}", "save the file as UTF-8")
            return
        if bare.root_of(text):
            self._bare[path] = PolicyText(text=self._desk.redactor.policy(text), origin=self._desk.origin(path))

    def _samples(self, path: str) -> None:
        """Policies in the fences of a Markdown file that a person named."""
        content = self._desk.read(path)
        text = None if content is None else attempt(self._desk, path, content, text_of, "the text")
        for policy, anchor in markdown.samples(text) if isinstance(text, str) else ():
            origin = replace(self._desk.origin(path), line=anchor[1], anchors=(anchor,))
            self._bare[f"{path}:{anchor[1]}"] = PolicyText(text=self._desk.redactor.policy(policy), origin=origin)

    def _json_file(self, path: str, content: bytes) -> None:
        if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in content[:4]:
            try:
                content = text_of(content).encode()
            except UnreadableError:
                return  # no JSON of ours is binary
        low = content.lower()
        if b'"resources"' in low and b"deploymenttemplate.json" in low:
            self._template(self._arm, path, low)
            return
        if not any(word in low for word in _WORDS) and len(content) > _EMPTY_LIST:
            return
        if len(content) <= _EMPTY_LIST and b'"value"' not in low and not any(word in low for word in _WORDS):
            return
        json = attempt(self._desk, path, content, json_of, "the JSON")
        if isinstance(json, dict) and armfiles.is_template(json):
            self._template(self._arm, path, low)
        else:
            self._objects(path, json, Literals(content))

    def _template(self, kind: list[str], path: str, low: bytes) -> None:
        """Note a template; `low` is its content in lower case."""
        kind.append(path)
        self._deploys = self._deploys or any(word in low for word in _DEPLOYED)

    def _templates(self) -> frozenset[str]:
        """What ARM templates and Bicep files deploy; the answer is the files whose text has found its place."""
        if not self._deploys:
            return frozenset()
        # A folder whose templates deploy other things does not pay for their reader.
        from apimdoctor.collect.files.templates.found import Templates

        found = Templates(self._desk, self._bicep, self._arm, self._compiler)
        for one in found.exported():
            if one.entra:
                json = self._desk.redactor.json(one.json)
                self._entra.add(one.root, one.entra, json, one.origin, found.tenant)
                continue
            try:
                self._resource(one.root, one.json, one.origin)
            except MalformedError as error:
                scope = one.origin.document.removeprefix(self._desk.prefix)
                self._desk.gap(scope, "skipped", f"line {one.origin.line}: {error}; the object is left out")
        return frozenset(found.loaded)

    def _objects(self, path: str, json: Any, literals: Literals) -> None:
        items = items_of(json)
        if items is None:
            if isinstance(json, dict):
                self._object(path, json, literals)
            return
        kinds = {self._object(path, item, literals) for item in items if isinstance(item, dict)} - {""}
        if isinstance(json, dict):
            self._entra.add_list(path, kinds, json)
            if items and not kinds and not (json.get("nextLink") or json.get("@odata.nextLink")):
                self._whole_list(path, items)

    def _object(self, path: str, json: Json, literals: Literals) -> str:
        """Take one object; the answer is its Entra collection, or "" for anything else."""
        kind = kind_of(json)
        if kind:
            self._entra.add(path, kind, self._desk.redactor.json(json))
            return kind
        if str(json.get("schema") or "").startswith("apimdoctor/snapshot/"):
            self._desk.gap(path, "skipped", "a saved snapshot inside a folder is not read", "give it as its own source")
            return ""
        if json.keys() >= {"format_version", "terraform_version"}:
            from apimdoctor.collect.files import terraform

            self._take(terraform.of_plan(self._desk, path, json, literals))
            return ""
        for resource in armfiles.resources(json):
            try:
                self._resource(path, resource, self._desk.origin(path), literals)
            except MalformedError as error:
                self._desk.gap(path, "skipped", f"{error}; the object is left out", "correct the property")
        return ""

    def _resource(self, path: str, json: Json, origin: Origin, literals: Literals | None = None) -> None:
        if armfiles.is_site_auth(json):
            file = path.rpartition("/")[2].partition(".")[0]
            stem = file if literals is not None else str(json.get("name")).rpartition("/")[0]
            self._sites.append(arm.site_auth(self._desk.redactor.json(json), stem, origin))
            return
        address = armfiles.address_of(json)
        if address is None:
            return
        if address.kind not in _OWN_TEXTS:
            json = self._desk.redactor.json(json)
        elif address.kind != "namedValues" and literals is not None:
            own = arm.properties(json)
            written = own.get("value", own.get("policyContent"))
            anchors = literals.anchors(written) if isinstance(written, str) else ()
            origin = replace(origin, line=anchors[0][1], column=anchors[0][2], anchors=anchors) if anchors else origin
        self._resources.append(Resource(address, json, origin, path))

    def _whole_list(self, path: str, items: Sequence[Any]) -> None:
        try:
            found = armfiles.whole_list(items)
        except MalformedError:
            return  # the object has a gap of its own
        if found is not None:
            self._wholes.append((Resource(found[0], {}, self._desk.origin(path), path), found[1]))


_OWN_TEXTS = frozenset({"policies", "policyFragments", "namedValues"})
"""Resources whose texts pass the redactor on their own, since it must see them whole."""


def _read_file(path: Path, redactor: Redactor, prefix: str) -> Snapshot:
    try:
        content = FolderTree(path.parent).read(path.name)
    except UnreadableError as error:
        gap = Gap(scope=prefix + path.name, kind="failed", detail=f"the file cannot be read: {error}")
        return Snapshot(sources=(_source("file", path),), gaps=(gap,))
    if content.startswith(_GZIP) or b'"apimdoctor/snapshot/' in content[:4096]:
        return replace(store.load(content), sources=(_source("snapshot", path),))
    tree = MemoryTree({path.name: content}, path.name)
    return _Reading(Desk(tree, redactor, prefix), named=True).snapshot(_source("file", path))


def _compiler(tree: FolderTree, asked: bool) -> "Compiler | None":
    if not asked:
        return None
    from apimdoctor.collect.files.templates.compiler import Compiler

    return Compiler(tree.folder)


def _is_json(content: bytes) -> bool:
    try:
        return text_of(content[:64]).lstrip()[:1] in {"{", "["}
    except UnreadableError:
        return False


def _with_tenants(services: Sequence[Service], tenants: Sequence[str]) -> tuple[Service, ...]:
    """Services that tell no tenant belong to the only one there is."""
    only = tenants[0] if len(set(tenants)) == 1 else ""
    return tuple(service if service.tenant_id or not only else replace(service, tenant_id=only) for service in services)


def prefixes(paths: Sequence[Path]) -> list[str]:
    """What stands before the paths of each root: nothing for a single one, else its name, numbered where names are equal."""
    if len(paths) == 1:
        return [""]
    seen: dict[str, int] = {}
    found = []
    for path in paths:
        name = path.resolve().name
        seen[name] = seen.get(name, 0) + 1
        found.append(f"{name}/" if seen[name] == 1 else f"{name}-{seen[name]}/")
    return found


def _source(kind: str, path: Path) -> Source:
    return Source(kind=kind, name=path.as_posix())
