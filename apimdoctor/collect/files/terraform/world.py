"""All modules of a root of files: which folders matter, which are root modules, and what their variables are given."""

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from apimdoctor.collect.files.contents import Desk, json_of, text_of
from apimdoctor.collect.files.segments import Place, Written
from apimdoctor.collect.files.terraform import hcl
from apimdoctor.collect.files.terraform.evaluate import Evaluator, Scope
from apimdoctor.collect.files.terraform.files import NoFileError, Shelf
from apimdoctor.collect.files.terraform.functions import UnknownError, from_json
from apimdoctor.collect.files.terraform.hcl import Block, HclError
from apimdoctor.collect.files.terraform.modules import Declared, Module
from apimdoctor.collect.files.terraform.values import Symbol, Value
from apimdoctor.collect.files.terraform.work import Work
from apimdoctor.collect.files.tree import UnreadableError

MAX_MODULES = 3000
MAX_NESTING = 15
_WORDS = re.compile(
    rb"azurerm_api_management|microsoft\.apimanagement|azuread_application|azuread_service_principal|auth_settings"
    rb"|azuread_app_role_assignment|api[_-]man?a?ge?m(?:en)?t|api-mgmt",
    re.IGNORECASE,
)
"""Without one of these a folder holds nothing of ours: looking for them is far cheaper than parsing."""
_LOCAL_SOURCE = re.compile(rb'\bsource\s*=\s*"(\.{1,2}/[^"\n]*)"')
_SOURCE = re.compile(r"^\.{1,2}(?:/|$)")


class _Folder(Struct):
    """The Terraform files of one folder, unparsed."""

    files: list[str]
    calls: set[str]
    speaks: bool


class World:
    """The modules of a root, parsed and opened as they are needed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.shelf = Shelf(desk.tree)
        self.work = Work(self._note)
        self.by = Evaluator(self.work)
        self.modules: dict[tuple[str, str], Module] = {}
        self._declared: dict[str, Declared] = {}
        self._labels: dict[str, str] = {}
        self._folders = self._scanned()
        self._visited: set[str] = set()

    # ------------------------------------------------------------ opening
    def opened(self) -> Iterator[Module]:
        """Every instance of every module, from the root modules down."""
        for folder in self._roots():
            yield from self._below(self._root(folder))
        if self.work.spent:
            self._desk.gap("", "skipped", "the Terraform files take too long to evaluate; the rest is not read")

    def called(self, folder: str, block: Block) -> Declared | None:
        """What the module of a call declares, when it is in this root."""
        source = self.source_of(block)
        if not _SOURCE.match(source):
            return None
        path = _normal(posixpath.join(folder, source))
        if path is None or path not in self._folders:
            return None
        return self.declared(path)

    @staticmethod
    def source_of(block: Block) -> str:
        """The source of a module call as written; it may hold no expression."""
        expression = block.body.attributes.get("source")
        return expression.text.strip().strip('"') if expression is not None else ""

    def label(self, folder: str) -> str:
        """What tells the ids given in one root module from those in another: nothing in the first."""
        known = self._labels.get(folder)
        if known is None:
            plain = re.sub(r"[^\w.\-/]", "-", folder).lower()
            known = self._labels[folder] = f"{plain}:" if self._labels else ""
        return known

    def may_open(self, address: str) -> bool:
        """Whether one more module may be opened."""
        return len(self.modules) < MAX_MODULES and address.count("module.") <= MAX_NESTING and not self.work.spent

    def declared(self, folder: str) -> Declared:
        """What the files of a folder declare."""
        found = self._declared.get(folder)
        if found is None:
            found = self._declared[folder] = Declared(folder)
            for path in self._folders[folder].files:
                self._declare(found, path)
        self._visited.add(folder)
        return found

    def _root(self, folder: str) -> Module:
        return Module(self, self.declared(folder), "", folder, self._given(folder))

    def _below(self, module: Module) -> Iterator[Module]:
        yield module
        for _, _, child in module.children():
            if child is not None:
                yield from self._below(child)

    def _declare(self, into: Declared, path: str) -> None:
        try:
            written = self.shelf.written(path)
            read = hcl.read(written)
        except (NoFileError, HclError) as error:
            self._desk.gap(path, "unparsed", f"the Terraform file cannot be read: {error}")
            return
        if read.broken is not None:
            self._note(read.broken, "this is no HCL; what stands around it is not read")
        for block in read.body.blocks:
            into.add(block)

    def _note(self, place: Place, what: str) -> None:
        line, _ = place.file.line_and_column(place.offset)
        self._desk.gap(f"{place.file.path}:{line}", "unparsed", what)

    # ------------------------------------------------------------ folders
    def _scanned(self) -> dict[str, _Folder]:
        found: dict[str, _Folder] = {}
        for path in self.shelf.paths:
            if not path.endswith(".tf"):
                continue
            try:
                content = self._desk.tree.read(path)
            except UnreadableError:
                content = b""  # the shelf says why when the file is asked for
            folder = posixpath.dirname(path)
            one = found.setdefault(folder, _Folder([], set(), speaks=False))
            one.files.append(path)
            one.speaks = one.speaks or _WORDS.search(content) is not None
            for source in _LOCAL_SOURCE.findall(content):
                called = _normal(posixpath.join(folder, source.decode("utf-8", "replace")))
                if called is not None:
                    one.calls.add(called)
        return found

    def _roots(self) -> Iterator[str]:
        """Folders nobody calls that lead to something of ours; then what nobody who was opened calls."""
        called = {path for name, one in self._folders.items() for path in one.calls if path != name}
        speaking = self._leading()
        for folder in sorted(self._folders):
            if folder in speaking and folder not in called:
                yield folder
        for folder in sorted(self._folders):
            # A module whose calls are all switched off is left out; one of a circle is opened somewhere.
            off = any(folder in self._folders[name].calls for name in self._visited)
            if self._folders[folder].speaks and folder not in self._visited and not off:
                yield folder

    def _leading(self) -> set[str]:
        """Folders that speak of API Management or Entra, and those that call them."""
        found = {name for name, one in self._folders.items() if one.speaks}
        callers: dict[str, set[str]] = {}
        for name, one in self._folders.items():
            for path in one.calls:
                callers.setdefault(path, set()).add(name)
        waiting = list(found)
        while waiting:
            for caller in callers.get(waiting.pop(), set()) - found:
                found.add(caller)
                waiting.append(caller)
        return found

    # ------------------------------------------------------------ values of variables
    def _given(self, folder: str) -> dict[str, Value]:
        """What tfvars give: those Terraform loads by itself decide, of the others only what all agree on."""
        own = {name for name in self._folders if name != folder}
        declared = self.declared(folder).variables
        automatic: dict[str, Value] = {}
        others: dict[str, list[Value]] = {}
        files = 0
        for path in self.shelf.paths:
            if not path.endswith((".tfvars", ".tfvars.json")) or not _within(path, folder):
                continue
            place, name = posixpath.dirname(path), posixpath.basename(path)
            if place == folder and (name.startswith("terraform.tfvars") or ".auto.tfvars" in name):
                automatic.update(self._variables(path))
            elif place not in own:
                told = {key: value for key, value in self._variables(path).items() if key in declared}
                files += bool(told)  # settings of the backend are no environment
                for key, value in told.items():
                    others.setdefault(key, []).append(value)
        found = {
            key: _agreed(key, values, everywhere=len(values) == files or "default" not in declared[key].body.attributes)
            for key, values in others.items()
        }
        return {**found, **automatic}

    def _variables(self, path: str) -> dict[str, Value]:
        try:
            if path.endswith(".json"):
                value = from_json(json_of(self._desk.tree.read(path)))
                return value if isinstance(value, dict) else {}
            file = Written(path, text_of(self._desk.tree.read(path)))
            attributes = hcl.read(file).body.attributes
        except (UnreadableError, HclError, UnknownError) as error:
            self._desk.gap(path, "unparsed", f"the variables cannot be read: {error}")
            return {}
        nothing = Scope(Module(self, Declared(""), "", "/", {}), closed=True)
        return {name: self.by.value(expression, nothing) for name, expression in attributes.items()}


def _agreed(name: str, values: list[Value], *, everywhere: bool) -> Value:
    """The value that every environment gives a variable, else the variable as a symbol."""
    if everywhere and all(value == values[0] for value in values):
        return values[0]
    return Symbol(f"var.{name}")


def _within(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")


def _normal(path: str) -> str | None:
    found = posixpath.normpath(path)
    if found == ".." or found.startswith(("../", "/")):
        return None
    return "" if found == "." else found
