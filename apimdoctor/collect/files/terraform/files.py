"""The files that a module's functions may read: those of the root, by paths relative to the root module's folder."""

import posixpath
import re
from fnmatch import fnmatchcase

from apimdoctor.collect.files.contents import text_of
from apimdoctor.collect.files.segments import Place, Text, Written, literal
from apimdoctor.collect.files.terraform.templates import Parts, parts_of
from apimdoctor.collect.files.terraform.values import Value, as_text
from apimdoctor.collect.files.tree import Tree, UnreadableError

MAX_MATCHES = 2000
MAX_ALTERNATIVES = 32


class NoFileError(Exception):
    """A file that cannot be read; the message says why, "" when its path is not known."""


class Shelf:
    """The files of a root, each read once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths = tree.paths()
        self.known = frozenset(self.paths)
        self._read: dict[str, Written] = {}
        self._parts: dict[str, Parts] = {}
        self.used: set[str] = set()
        """Files whose text went into a value."""

    def written(self, path: str) -> Written:
        """The text of a file. Raises NoFileError."""
        found = self._read.get(path)
        if found is None:
            try:
                found = self._read[path] = Written(path, text_of(self.tree.read(path)))
            except UnreadableError as error:
                raise NoFileError(f"{path} cannot be read: {error}") from None
        return found

    def parts(self, file: Written) -> Parts:
        """The parts of a template file. Raises TemplateError."""
        if file.path not in self._parts:
            self._parts[file.path] = parts_of(file, 0, len(file.text))
        return self._parts[file.path]


class Files:
    """The files as one root module sees them: its folder is where Terraform runs."""

    def __init__(self, shelf: Shelf, folder: str) -> None:
        self._shelf = shelf
        self._folder = folder

    def read(self, path: Value) -> Written:
        """The file a path names. Raises NoFileError: links and `..` out of the root lead nowhere."""
        text = as_text(path)
        if text is None or not text.known:
            raise NoFileError("")
        found = self._path(text.text)
        if found not in self._shelf.known:
            outside = found.startswith(("../", "/"))
            what = "lies outside of the folder that is read" if outside else "does not exist"
            raise NoFileError(f"the file {text.text[-120:]} {what}")
        return self._shelf.written(found)

    def text(self, file: Written) -> Text:
        """The whole of a file as a value."""
        return literal(file.text, Place(file, 0))

    def parts(self, file: Written) -> Parts:
        """The parts of a template file. Raises TemplateError."""
        return self._shelf.parts(file)

    def exists(self, path: str) -> bool:
        """fileexists()."""
        return self._path(path) in self._shelf.known

    def matching(self, folder: str, pattern: str) -> list[str]:
        """fileset(): paths relative to a folder."""
        base = self._path(folder)
        head = "" if base == "." else base + "/"
        forms = [posixpath.normpath(one).split("/")[:20] for one in _alternatives(pattern[:200])]
        found = [path[len(head) :] for path in self._shelf.paths if path.startswith(head)]
        return [path for path in found if any(_fits(path.split("/"), form) for form in forms)][:MAX_MATCHES]

    def _path(self, path: str) -> str:
        if len(path) > 4096 or path.startswith(("/", "~")):
            return "/"
        return posixpath.normpath(posixpath.join(self._folder, path))


def _fits(path: list[str], pattern: list[str]) -> bool:
    """Whether the steps of a path fit those of a pattern, `**` standing for any number of them."""
    reached = {0}
    for step in path:
        after: set[int] = set()
        for at in _with_any(reached, pattern):
            if at < len(pattern):
                if pattern[at] == "**":
                    after.add(at)
                elif fnmatchcase(step, pattern[at]):
                    after.add(at + 1)
        reached = after
    return len(pattern) in _with_any(reached, pattern)


def _with_any(reached: set[int], pattern: list[str]) -> set[int]:
    found = set(reached)
    for start in sorted(reached):
        at = start
        while at < len(pattern) and pattern[at] == "**":
            at += 1
            found.add(at)
    return found


def _alternatives(pattern: str) -> list[str]:
    """`{a,b}` written out; only the first few."""
    found, done = [pattern], list[str]()
    while found and len(done) + len(found) < MAX_ALTERNATIVES:
        one = found.pop()
        group = re.search(r"\{([^{}]*)\}", one)
        if group is None:
            done.append(one)
        else:
            found += [one[: group.start()] + word + one[group.end() :] for word in group[1].split(",")]
    return done + found
