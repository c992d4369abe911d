"""A root of files to read from: a folder on disk, or files in memory; never a path outside the root."""

import os
from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import Protocol

from apimdoctor.snapshot import Gap

MAX_FILES = 200_000
MAX_DEPTH = 40
MAX_BYTES = 64 << 20
"""The largest file that is read: a Graph list of 20,000 app registrations stays below it."""

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".terraform", ".venv", "node_modules", "__pycache__", "site-packages"}
)
"""Folders in which tools keep things that nobody configured."""


class UnreadableError(Exception):
    """A file that cannot be read; the message says why."""


class Tree(Protocol):
    """Files under one root, by posix path relative to it."""

    @property
    def name(self) -> str:
        """What a person calls the root."""

    def paths(self) -> Sequence[str]:
        """Paths of all files, sorted."""

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises UnreadableError."""

    def gaps(self) -> Sequence[Gap]:
        """What could not be listed."""


class MemoryTree:
    """Files held in memory, for tests, rule examples and single files."""

    def __init__(self, files: Mapping[str, bytes], name: str = "files") -> None:
        self.name = name
        self._files = {PurePosixPath(path).as_posix(): content for path, content in files.items()}

    def paths(self) -> Sequence[str]:
        """Paths of all files, sorted."""
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises UnreadableError."""
        try:
            return self._files[path]
        except KeyError:
            raise UnreadableError("no such file") from None

    def gaps(self) -> Sequence[Gap]:
        """Nothing: memory is always readable."""
        return ()


class FolderTree:
    """A folder on disk. Links are followed inside the root only, and a link to a folder above itself ends there."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name or folder.resolve().name
        self._root = Path(os.path.realpath(folder))
        self._gaps: list[Gap] = []
        self._found: list[str] | None = None

    @property
    def folder(self) -> Path:
        """Where it is on disk, links resolved."""
        return self._root

    def paths(self) -> Sequence[str]:
        """Paths of all files, sorted."""
        if self._found is None:
            self._found = []
            self._walk(self._root, "", (self._identity(self._root),))
            self._found.sort()
        return self._found

    def gaps(self) -> Sequence[Gap]:
        """What could not be listed."""
        self.paths()
        return self._gaps

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises UnreadableError."""
        try:
            # open: five times faster than Path here; without buffer, since each file is read at once.
            with open(f"{self._root}/{path}", "rb", buffering=0) as file:  # noqa: PTH123
                # Told its size, since room for the largest file would be made for each; 0: the system does not know.
                size = os.fstat(file.fileno()).st_size
                content = file.read(size + 1 if 0 < size < MAX_BYTES else MAX_BYTES + 1)
        except OSError as error:
            raise UnreadableError((error.strerror or type(error).__name__).lower()) from None
        if len(content) > MAX_BYTES:
            raise UnreadableError(f"larger than {MAX_BYTES >> 20} MiB")
        return content

    def _walk(self, folder: Path | str, prefix: str, above: tuple[tuple[int, int], ...]) -> None:
        assert self._found is not None  # noqa: S101 (set by the only caller)
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=attrgetter("name"))
        except OSError as error:
            self._gap(prefix or ".", "failed", (error.strerror or type(error).__name__).lower())
            return
        for entry in entries:
            if len(self._found) >= MAX_FILES:
                if not any(gap.scope == "." for gap in self._gaps):
                    self._gap(".", "skipped", f"more than {MAX_FILES} files; the rest is not read")
                return
            path = prefix + entry.name
            if "\n" in path or not path.isprintable():
                self._gap(prefix or ".", "skipped", "a file name with control characters")
            elif entry.is_symlink():
                self._link(entry, path, above)
            elif entry.is_dir(follow_symlinks=False):
                self._enter(entry.path, path, above)
            elif entry.is_file(follow_symlinks=False):
                self._found.append(path)

    def _enter(self, folder: str, path: str, above: tuple[tuple[int, int], ...]) -> None:
        if path.rpartition("/")[2] in SKIPPED_FOLDERS:
            return
        try:
            identity = self._identity(folder)
        except OSError as error:
            self._gap(path, "failed", (error.strerror or type(error).__name__).lower())
            return
        if identity in above:
            self._gap(
                path, "skipped", "the link leads back to a folder above it", "the files are read at their own place"
            )
        elif len(above) > MAX_DEPTH:
            self._gap(path, "skipped", f"folders nested more than {MAX_DEPTH} deep")
        else:
            self._walk(folder, path + "/", (*above, identity))

    def _link(self, entry: os.DirEntry[str], path: str, above: tuple[tuple[int, int], ...]) -> None:
        assert self._found is not None  # noqa: S101 (set by the only caller)
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(self._root):
            self._gap(
                path, "skipped", "the link leads out of the folder", "give the folder it leads to as another root"
            )
        elif target.is_dir():
            self._enter(str(target), path, above)
        elif target.is_file():
            self._found.append(path)
        else:
            self._gap(path, "failed", "the link leads nowhere, or in a circle")

    @staticmethod
    def _identity(folder: Path | str) -> tuple[int, int]:
        status = os.stat(folder)  # noqa: PTH116 (three times faster than Path here)
        return status.st_dev, status.st_ino

    def _gap(self, scope: str, kind: str, detail: str, hint: str = "") -> None:
        self._gaps.append(Gap(scope=scope, kind="failed" if kind == "failed" else "skipped", detail=detail, hint=hint))
