"""One policy file on its way to its changed text: found again, checked, and replaced whole with its mode and encoding."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from apimdoctor.collect.files import prefixes
from apimdoctor.collect.files.contents import Form, form_of, text_of
from apimdoctor.collect.files.tree import UnreadableError
from apimdoctor.engine.prescription import TextEdit
from apimdoctor.prescribe.text import applied
from apimdoctor.snapshot.redact import stands_for


class RefusedError(Exception):
    """A file that is not touched; the message is the sentence that says why."""


class Rewrite(Struct, frozen=True, kw_only=True):
    """A file with the edits that change it."""

    document: str
    """As reports name it."""
    file: Path
    """The real file, links resolved."""
    root: Path
    """The folder that was given to read."""
    before: bytes
    form: Form
    text: str
    """What the file holds."""
    shown: str
    """The same with secrets masked."""
    edits: tuple[TextEdit, ...]

    def after(self) -> bytes:
        """The changed file."""
        try:
            return self.form.bytes_of(applied(self.text, self.edits))
        except UnreadableError as error:
            raise RefusedError(f"{self.document} cannot be changed: {error}") from None


def prepared(document: str, paths: Sequence[Path], shown: str, edits: Sequence[TextEdit]) -> Rewrite:
    """The file of a document and its edits. Raises RefusedError where it is not what was read, or stands elsewhere."""
    root, named = _located(document, paths)
    file = Path(os.path.realpath(named))
    if not file.is_relative_to(root):
        raise RefusedError(f"{document} is a link that leads out of {root}, so it is not changed")
    try:
        before = file.read_bytes()
        text = text_of(before)
    except FileNotFoundError:
        raise RefusedError(f"{document} has vanished since it was read") from None
    except OSError as error:
        raise RefusedError(f"{document} cannot be read again: {(error.strerror or 'no reason told').lower()}") from None
    except UnreadableError as error:
        raise RefusedError(f"{document} has changed since it was read: {error}") from None
    if not stands_for(shown, text):
        raise RefusedError(f"{document} has changed since it was read")
    return Rewrite(
        document=document,
        file=file,
        root=root,
        before=before,
        form=form_of(before),
        text=text,
        shown=shown,
        edits=tuple(edits),
    )


def write_protected(file: Path) -> bool:
    """Whether whoever runs this may not write a file: putting another in its place would go round that."""
    return not os.access(file, os.W_OK)


def replace(rewrite: Rewrite) -> None:
    """Put the changed file in the place of the old one, so that nobody ever reads half of it."""
    after = rewrite.after()
    file, beside = rewrite.file, ""
    try:
        with tempfile.NamedTemporaryFile("wb", dir=file.parent, prefix=".apimdoctor-", delete=False) as out:
            beside = out.name
            out.write(after)
            out.flush()
            os.fsync(out.fileno())
        _dress(beside, file.stat())
        if file.read_bytes() != rewrite.before:
            raise RefusedError(f"{rewrite.document} has changed since it was read")
        os.replace(beside, file)  # noqa: PTH105 - a name, not a Path: it is cleared when it is done
        beside = ""
    except FileNotFoundError:
        raise RefusedError(f"{rewrite.document} has vanished since it was read") from None
    except OSError as error:
        reason = (error.strerror or "no reason told").lower()
        raise RefusedError(f"{rewrite.document} cannot be written: {reason}") from None
    finally:
        if beside:
            Path(beside).unlink(missing_ok=True)


def _dress(beside: str, status: os.stat_result) -> None:
    """The new file's mode and owner are those of the old one."""
    if hasattr(os, "chown") and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):  # only root gives files away; else the file is its new author's
            os.chown(beside, status.st_uid, status.st_gid)
    Path(beside).chmod(stat.S_IMODE(status.st_mode))


def _located(document: str, paths: Sequence[Path]) -> tuple[Path, Path]:
    """The root that a document was read from, and its file, as the readers of files named it."""
    for path, prefix in sorted(zip(paths, prefixes(paths), strict=True), key=lambda pair: -len(pair[1])):
        if document.startswith(prefix):
            folder = path if path.is_dir() else path.parent
            return Path(os.path.realpath(folder)), folder / document[len(prefix) :]
    raise RefusedError(f"{document} is in none of the folders that were given")
