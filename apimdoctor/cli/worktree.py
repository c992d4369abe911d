"""Which files hold work that git has not got: asked of git without letting the repository run anything.

`git status` may start a file system monitor and the filters that a repository configures. So git is only asked what its
last commit holds (`ls-tree`, `cat-file`: they run no filter), and the comparison is done here.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from apimdoctor.collect.files.contents import text_of
from apimdoctor.collect.files.tree import UnreadableError
from apimdoctor.errors import ApimDoctorError

_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT", "USERPROFILE", "APPDATA", "PROGRAMDATA", "TMPDIR", "TEMP")
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "protocol.allow=never",
    "credential.helper=",
    "core.askPass=",
)
_SECONDS = 60


def root_of(file: Path) -> Path | None:
    """The root of the work tree that a file stands in, None where it stands in none."""
    return next((folder for folder in file.parents if (folder / ".git").exists()), None)


def uncommitted(files: Iterable[Path]) -> tuple[list[Path], str]:
    """The files (real paths) whose content is not that of the last commit, and a sentence on what could not be asked.

    Files outside of any work tree, and files that git is told to ignore, are nobody's uncommitted work.
    """
    by_root: dict[Path, list[Path]] = {}
    for file in files:
        root = root_of(file)
        if root is not None:
            by_root.setdefault(root, []).append(file)
    if not by_root:
        return [], ""
    program = shutil.which("git")
    if program is None:
        return [], "git is not installed, so nobody can say whether the files have uncommitted changes"
    return [file for root, held in by_root.items() for file in _Git(program, root).differing(held)], ""


class _Git:
    """One work tree, asked through git's plumbing."""

    def __init__(self, program: str, root: Path) -> None:
        self._program = program
        self._root = root

    def differing(self, files: Sequence[Path]) -> list[Path]:
        """Those of the files whose content is not that of the last commit."""
        done = self._run(["rev-parse", "--git-dir"])
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
            raise ApimDoctorError(
                f"git cannot say whether files in {self._root} have uncommitted changes: {said}",
                hint="git status in that folder tells more; nothing was written",
            )
        committed = self._committed(files)
        unknown = [file for file in files if file not in committed]
        ignored = self._ignored(unknown) if unknown else set()
        return [
            file
            for file in files
            if (file in committed and not _same(committed[file], file.read_bytes()))
            or (file not in committed and file not in ignored)
        ]

    def _committed(self, files: Sequence[Path]) -> dict[Path, bytes]:
        names = [self._name(file) for file in files]
        told = self._run(["--literal-pathspecs", "ls-tree", "-z", "--full-tree", "HEAD", "--", *names])
        if told.returncode:
            return {}  # no commit yet
        found: dict[Path, bytes] = {}
        for line in filter(None, told.stdout.split(b"\0")):
            described, _, name = line.partition(b"\t")
            blob = self._run(["cat-file", "blob", described.split(b" ")[2].decode("ascii")])
            if blob.returncode == 0:
                found[self._root / os.fsdecode(name)] = blob.stdout
        return found

    def _ignored(self, files: Sequence[Path]) -> set[Path]:
        asked = b"\0".join(os.fsencode(self._name(file)) for file in files)
        told = self._run(["check-ignore", "-z", "--stdin"], asked)
        return {self._root / os.fsdecode(name) for name in told.stdout.split(b"\0") if name}

    def _name(self, file: Path) -> str:
        return file.relative_to(self._root).as_posix()

    def _run(self, arguments: Sequence[str], given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "GIT_CEILING_DIRECTORIES": str(self._root.parent),
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        try:
            return subprocess.run(  # noqa: S603 - the program is git, found on the PATH, and no shell reads the names
                [self._program, "--no-pager", *settings, *arguments],
                cwd=self._root,
                env=environment,
                input=given,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ApimDoctorError(
                f"git cannot be asked about {self._root}: {type(error).__name__}", hint="nothing was written"
            ) from None


def _same(committed: bytes, present: bytes) -> bool:
    """Whether two contents are one text: a checkout may change line ends, encoding and byte order mark."""
    if committed == present:
        return True
    try:
        return text_of(committed).replace("\r\n", "\n") == text_of(present).replace("\r\n", "\n")
    except UnreadableError:
        return False
