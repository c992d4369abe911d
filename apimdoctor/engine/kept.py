"""The rules that ship, as they were checked before: what was type-checked once is not checked at each run.

They are kept in one file beside the rules, as Python keeps its bytecode, under a digest of all that decides the result:
the rule files, the vocabulary, and the modules that check. Whoever can write it can write the rules as well, so it is
trusted as they are; it holds plain values, and what is not as expected is checked anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from apimdoctor.engine.condition import Condition
from apimdoctor.engine.declared import Rule

NAME = "checked.msgpack"
_PACKAGE = Path(__file__).parents[1]
_DECIDING = ("engine", "facts/vocabulary", "facts/values.py", "entra")
"""Modules that decide whether a rule is well-formed, and what is kept of it."""
_DIGEST = 32


def rules(folder: Path, check: Callable[[], tuple[Rule, ...]]) -> tuple[Rule, ...]:
    """The rules of a folder: those kept, when nothing has changed since; else those that `check` gives, kept from now on."""
    digest = _digest(folder)
    found = _read(folder / NAME, digest)
    if found is None:
        found = check()
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):  # an installation that nobody may write to
                write(folder, found, digest)
    return found


def write(folder: Path, checked: Iterable[Rule], digest: bytes = b"") -> None:
    """Keep checked rules: under a name of its own first, so that nobody ever reads half a file."""
    content = msgspec.msgpack.encode([_coded(rule) for rule in checked])
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{NAME}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write((digest or _digest(folder)) + content)
        Path(name).chmod(0o644)  # as readable as the rules beside it
        Path(name).replace(folder / NAME)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(file: Path, digest: bytes) -> tuple[Rule, ...] | None:
    try:
        content = file.read_bytes()
        if content[:_DIGEST] != digest:
            return None
        return msgspec.msgpack.decode(memoryview(content)[_DIGEST:], type=tuple[Rule, ...])
    except (OSError, msgspec.MsgspecError):
        return None


def _digest(folder: Path) -> bytes:
    """Of the names and bytes of every file that decides the result."""
    told = hashlib.sha256()
    for root, pattern in ((folder, ".yaml"), *((_PACKAGE / part, ".py") for part in _DECIDING)):
        for path in sorted(_files(root, pattern)):
            content = Path(path).read_bytes()
            name = os.path.relpath(path, root)
            told.update(f"\n{name} {len(content)}\n".encode())
            told.update(content)
    return told.digest()


def _files(root: Path, ending: str) -> Iterable[str]:
    if root.is_file():
        yield str(root)
    for folder, _, names in os.walk(root):
        yield from (os.path.join(folder, name) for name in names if name.endswith(ending))  # noqa: PTH118 - 200 times a start


def _coded(rule: Rule) -> Rule:
    error_when = rule.error_when
    return replace(
        rule, flag=_with_code(rule.flag), error_when=_with_code(error_when) if error_when is not None else None
    )


def _with_code(condition: Condition) -> Condition:
    from apimdoctor.engine.expression import coded

    terms = tuple(map(_with_code, condition.terms))
    return replace(condition, code=coded(condition.text), terms=terms)
