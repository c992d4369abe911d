"""All templates of one root of files: which of them a deployment starts with, and what those deploy."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from apimdoctor.collect.files.contents import Desk, text_of
from apimdoctor.collect.files.segments import Place, Text, Written, literal
from apimdoctor.collect.files.templates import arm, bicep, json_text
from apimdoctor.collect.files.templates.compiled import placed
from apimdoctor.collect.files.templates.compiler import CompileError, Compiler
from apimdoctor.collect.files.templates.export import Exported, exported
from apimdoctor.collect.files.templates.functions import TENANT
from apimdoctor.collect.files.templates.nodes import Module, Node, Program
from apimdoctor.collect.files.templates.parameters import given, value_of
from apimdoctor.collect.files.templates.scope import Budget, Scope, TooMuchError
from apimdoctor.collect.files.templates.values import Value
from apimdoctor.collect.files.tree import UnreadableError

MAX_PROGRAM = 8 << 20
_KEPT = ("microsoft.apimanagement/", "microsoft.graph/", "microsoft.web/sites")
"""Providers of what is kept."""
_REGISTRY = re.compile(r"(?:br|ts)[:/]")


class Templates:
    """The templates of a root, each read once, and the files they name beside them."""

    def __init__(
        self, desk: Desk, bicep_files: Iterable[str], arm_files: Iterable[str], compiler: Compiler | None = None
    ) -> None:
        self._desk = desk
        self._compiler = compiler
        self._bicep = sorted(bicep_files)
        self._arm = sorted(arm_files)
        self._paths = frozenset(desk.tree.paths())
        self._programs: dict[str, Program | None] = {}
        self._texts: dict[str, Text | None] = {}
        self._values: dict[str, dict[str, dict[str, Value]]] = {}
        self.tenant = TENANT.marker
        """What stands for the tenant that they are deployed in."""
        self.loaded: set[str] = set()
        """Files whose text stands in a policy that was placed."""

    def exported(self) -> Iterator[Exported]:
        """Everything that all deployments come to, each root's own first, then what only a condition brings."""
        programs = [one for path in (*self._bicep, *self._arm) if (one := self._read(path)) is not None]
        roots = self._roots(programs)
        seen: set[str] = set()
        for root in [*roots, *programs]:
            if root.document in seen or (root not in roots and not self._matters(root)):
                continue
            yield from self._deployed(root, seen)

    # Loader

    def program(self, document: str, path: str) -> Program | None:
        """The template at a path written in another one."""
        found = self._resolved(document, path)
        return self._read(found) if found else None

    def text(self, document: str, path: str) -> Text | None:
        """The text of a file that a template loads."""
        found = self._resolved(document, path)
        if not found:
            return None
        if found not in self._texts:
            self._texts[found] = self._text(found)
        return self._texts[found]

    def json(self, document: str, path: str) -> Value:
        """The value of a JSON file that a template loads."""
        text = self.text(document, path)
        if text is None:
            return None
        try:
            return value_of(json_text.read(text.text, self._resolved(document, path)))
        except (json_text.FaultError, RecursionError):
            return None

    def _linked(self, document: str, address: str) -> Text | None:
        """The policy file that a link leads to once it is uploaded: the one whose path ends as the address does."""
        ending = re.split(r"\$\{[^{}]*\}", address)
        tails = [
            part.strip("/").partition("?")[0] for part in ending if part.strip("/").partition("?")[0].endswith(".xml")
        ]
        if not tails or "://" in tails[-1].partition("/")[0]:
            tails = [tail.partition("://")[2].partition("/")[2] for tail in tails]
        names = [tail for tail in tails if tail]
        while names:
            fitting = [path for path in self._paths if path == names[-1] or path.endswith("/" + names[-1])]
            folder = posixpath.dirname(document)
            near = [path for path in fitting if not folder or path.startswith(folder + "/")] or fitting
            if len(near) == 1:
                return self.text("", near[0])
            if near or "/" not in names[-1]:
                return None
            names[-1] = names[-1].partition("/")[2]  # a container's name is no folder here
        return None

    # Files

    def _resolved(self, document: str, path: str) -> str:
        """The file of the root that a written path leads to, "" when it leads anywhere else."""
        path = path.replace("\\", "/")
        if path.startswith("*/"):
            ending = path[2:].lstrip("./")
            fitting = [one for one in self._arm if one == ending or one.endswith("/" + ending)]
            folder = posixpath.dirname(document)
            near = [one for one in fitting if posixpath.commonpath([one or ".", folder or one]) or folder in one]
            return (near or fitting or [""])[0]
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(document), path))
        return joined if joined in self._paths else ""

    def _text(self, path: str) -> Text | None:
        try:
            text = text_of(self._desk.tree.read(path))
        except UnreadableError as error:
            self._desk.gap(path, "unparsed", f"a template loads it, and it cannot be read: {error}")
            return None
        return literal(text, Place(Written(path, text), 0))

    def _read(self, path: str) -> Program | None:
        if path not in self._programs:
            self._programs[path] = None  # for a module that uses itself
            self._programs[path] = self._program(path)
        return self._programs[path]

    def _program(self, path: str) -> Program | None:
        try:
            text = text_of(self._desk.tree.read(path))
        except UnreadableError as error:
            self._desk.gap(path, "unparsed", f"the template cannot be read: {error}")
            return None
        if len(text) > MAX_PROGRAM:
            self._desk.gap(path, "skipped", f"the template is larger than {MAX_PROGRAM >> 20} MiB")
            return None
        matters = any(word in text.lower() for word in _KEPT)
        if path.lower().endswith((".bicep", ".bicepparam")):
            made = bicep.read(text, path)
        else:
            try:
                json = json_text.read(text, path)
            except json_text.FaultError as fault:
                self._desk.gap(path, "unparsed", f"the template cannot be read: it is no JSON (line {fault.line})")
                return None
            if self._is_compiled(path, json):
                return None
            made = arm.read(path, json)
        for line, what in made.faults[:3] if matters else ():
            self._desk.gap(path, "unparsed", f"line {line} is not understood: {what}", "the rest of the file is read")
        return made

    def _is_compiled(self, path: str, json: Node) -> bool:
        """Whether a template was made from a Bicep file beside it: its author edits that one."""
        generator = (json.get("metadata") or json).get("_generator")
        name = generator.get("name") if generator is not None else None
        return name is not None and name.word.lower() == "bicep" and path[:-5] + ".bicep" in self._paths

    # Roots

    def _roots(self, programs: list[Program]) -> list[Program]:
        """Programs that no other one uses."""
        used = {
            self._resolved(one.document, module.path) for one in programs for module in _modules(one) if module.path
        }
        return [one for one in programs if one.document not in used and self._matters(one)]

    def _matters(self, program: Program, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a program or one that it uses deploys what apimdoctor keeps."""
        if program.document in seen:
            return False
        kinds = (resource.type.lower() for resource in program.resources)
        if any(kind.startswith(_KEPT) for kind in kinds):
            return True
        seen |= {program.document}
        for module in _modules(program):
            if module.inline is not None and self._matters(module.inline, seen - {program.document}):
                return True
            inner = self.program(program.document, module.path) if module.path else None
            if inner is not None and self._matters(inner, seen):
                return True
        return False

    def _deployed(self, root: Program, seen: set[str]) -> list[Exported]:
        """What one deployment comes to, by our own reading, or by what the compiler makes of it at our own places."""
        read = self._read_out(root, root, seen)
        compiled = self._compiled(root) if self._compiler is not None and root.bicep else None
        if compiled is None:
            return read
        texts = {text.text: text for text in self._texts.values() if text is not None}
        return list(placed(self._read_out(compiled, root, seen), read, texts, self._desk.prefix))

    def _compiled(self, root: Program) -> Program | None:
        """What the program bicep makes of a root, None and a gap where it cannot."""
        assert self._compiler is not None  # noqa: S101 (asked by the only caller)
        line = self._leads_out(root, set())
        if line:
            detail = f"line {line} of it, or of a module, names a file that is not in the folder; it is not compiled"
            self._desk.gap(root.document, "skipped", detail, "what leads out of the folder is never read")
            return None
        try:
            content = self._compiler.compiled(root.document)
            return arm.read(root.document, json_text.read(text_of(content), root.document))
        except CompileError as error:
            self._desk.gap(root.document, "failed", f"{error}; the file is read without it", "bicep build says more")
        except (json_text.FaultError, UnreadableError):
            self._desk.gap(root.document, "failed", "what bicep made of it is no template; the file is read without it")
        return None

    def _leads_out(self, program: Program, seen: set[str]) -> int:
        """The line of a path, in a file or in those it uses, that leads to no file of the folder; 0 for none."""
        if program.document in seen:
            return 0
        seen.add(program.document)
        for line, path in (*program.paths, *((module.line, module.path) for module in program.modules)):
            inside = self._resolved(program.document, path)
            if not inside and not _REGISTRY.match(path):
                return line
            inner = self._read(inside) if inside.endswith(".bicep") else None
            if inner is not None and (found := self._leads_out(inner, seen)):
                return found
        return 0

    def _read_out(self, program: Program, root: Program, seen: set[str]) -> list[Exported]:
        budget = Budget(self)
        folder = posixpath.dirname(root.document).replace("/", ".")
        stem = root.document.rpartition(".")[0].replace("/", ".")
        scope = Scope(
            program, budget, name=stem, folder=folder, given=given(root, self._paths, self._read, self._json_node)
        )
        found: list[Exported] = []
        try:
            for instance in scope.instances():
                seen.add(instance.scope.program.document)
                made = exported(instance, root.document, self._desk.prefix, self._linked)
                if made is not None:
                    found.append(made)
        except (TooMuchError, RecursionError):
            self._desk.gap(root.document, "skipped", "the template comes to more than can be read", "split it")
        seen.add(root.document)
        self._tell_missing(budget)
        for one in found:
            if one.text is not None:
                self.loaded |= {place.file.path for segment in one.text.segments if (place := segment.at)}
        return list(_merged(sorted(found, key=lambda one: one.conditional)))

    def _json_node(self, path: str) -> Node | None:
        """A JSON file beside a template, None when it cannot be read."""
        text = self.text("", path)
        try:
            return json_text.read(text.text, path) if text is not None else None
        except json_text.FaultError:
            return None

    def _tell_missing(self, budget: Budget) -> None:
        """A gap for each module that is not here and may hold what apimdoctor keeps."""
        for document, line, path in dict.fromkeys(budget.missing):
            if not _REGISTRY.match(path):
                detail = f"line {line}: the module it uses is not in the folder"
                self._desk.gap(document, "skipped", detail, "scan the folder that holds it too")
            elif "api-management" in path or "apimanagement" in path:
                detail = f"line {line}: the module it uses comes from a registry, and is not read"
                self._desk.gap(
                    document, "skipped", detail, "scan what it deploys: live, or with --bicep after `bicep restore`"
                )


def _modules(program: Program) -> Iterator[Module]:
    for module in program.modules:
        yield module
        if module.inline is not None:
            yield from _modules(module.inline)


def _merged(found: list[Exported]) -> Iterator[Exported]:
    """App registrations that a template writes in two goes, the second with what the first did not know yet, as one."""
    apps: dict[str, Exported] = {}
    for one in found:
        if one.entra != "app_registrations":
            yield one
            continue
        first = apps.setdefault(one.json["appId"], one)
        if first is not one:
            apps[one.json["appId"]] = replace(
                first, json={**first.json, **{name: one.json[name] for name in one.written}}
            )
    yield from apps.values()
