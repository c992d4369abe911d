"""`--diff`, `--fix` and `--fix-unsafe`: prescriptions carried out in the folder's own files, or shown as a patch for git.

Everything is checked before the first file is written: what is refused is refused as a whole, and nothing is left half
done. Azure is never written to.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from apimdoctor.cli import live, rewriting, worktree
from apimdoctor.cli.rewriting import RefusedError, Rewrite
from apimdoctor.errors import ApimDoctorError
from apimdoctor.prescribe.choosing import Choice, chosen
from apimdoctor.prescribe.unified import HiddenLineError, unified
from apimdoctor.report.model import Report

ROUNDS = 10
"""Cures that touch each other are carried out one after the other, each judged anew; a run that finds no end stops here."""


def wanted(options: argparse.Namespace) -> bool:
    """Whether files are to be changed, or the changes to be shown."""
    return bool(options.diff or options.fix or options.fix_unsafe)


def consistent(options: argparse.Namespace) -> None:
    """Refuse what has no files to change, and two things that would share stdout."""
    option = "--diff" if options.diff else "--fix-unsafe" if options.fix_unsafe else "--fix"
    if options.demo or live.wanted(options) or not options.paths:
        raise ApimDoctorError(
            f"{option} works on files, and what stands in Azure is never written to",
            hint="give the folder with --from; the reports show every change, also those of Azure",
        )
    if options.update_baseline:
        raise ApimDoctorError(f"{option} and --update-baseline exclude each other", hint="one after the other")
    if options.diff and any(file is None for _, file in options.reports):
        raise ApimDoctorError(
            "--diff and a report cannot both go to stdout", hint="name a file: --report html=report.html"
        )


def show(report: Report, options: argparse.Namespace) -> bool:
    """Print the changes as patches that `git apply` takes; whether there were any. Nothing is written."""
    _sources(report)
    choice = chosen(report.verdicts.findings, review=options.fix_unsafe)
    patches = []
    for rewrite in _rewrites(choice, report, options.paths):
        try:
            patches.append(_patch(rewrite))
        except HiddenLineError:
            _say(f"{rewrite.document} is not shown: a secret stands in the lines to change; --fix writes the change")
        except _NoTextForGitError as error:
            _say(f"{rewrite.document} is not shown: {error}; --fix writes the change")
    sys.stdout.flush()
    for patch in patches:
        _print(patch)
    _waiting(choice)
    return bool(choice.taken)


def fix(look: Callable[[], Report], options: argparse.Namespace) -> Report:
    """Write the changes, look again and go on until none is left; what is found then."""
    written: set[Path] = set()
    for _ in range(ROUNDS):
        report = look()
        _sources(report)
        choice = chosen(report.verdicts.findings, review=options.fix_unsafe)
        if not choice.taken:
            return report
        rewrites = _rewrites(choice, report, options.paths)
        _writable(rewrites, written)
        _write(rewrites)
        for rewrite in rewrites:
            written.add(rewrite.file)
            _say(f"changed {rewrite.document}: {'; '.join(choice.titles(rewrite.document))}")
    report = look()
    if chosen(report.verdicts.findings, review=options.fix_unsafe).taken:
        _say("there is more to change: run it again")
    return report


def _sources(report: Report) -> None:
    if not any(source.kind in ("folder", "file") for source in report.sources):
        raise ApimDoctorError(
            "a saved snapshot holds no files that could be changed",
            hint="give the folder itself with --from; the reports show every change",
        )


def _rewrites(choice: Choice, report: Report, paths: Sequence[Path]) -> list[Rewrite]:
    """The files of a choice as they are now; refused as a whole when one of them is not what was read."""
    made, refused = [], []
    for document, edits in sorted(choice.edits.items()):
        try:
            made.append(rewriting.prepared(document, paths, report.texts.whole(document), edits))
        except RefusedError as error:
            refused.append(str(error))
    _refuse(refused, "nothing was written; scan again")
    return made


def _writable(rewrites: Sequence[Rewrite], written: set[Path]) -> None:
    """Refuse files that are write-protected, or hold work that git has not got (but for what this run wrote)."""
    _refuse(
        [f"{one.document} is write-protected" for one in rewrites if rewriting.write_protected(one.file)],
        "nothing was written; allow writing, or leave the finding out with --ignore or --api",
    )
    fresh = [one.file for one in rewrites if one.file not in written]
    dirty, unasked = worktree.uncommitted(fresh)
    if unasked and not written:
        _say(unasked)
    _refuse(
        [f"{one.document} has uncommitted changes" for one in rewrites if one.file in dirty],
        "nothing was written; commit or stash them first, so that git can show and undo what is changed",
    )


def _refuse(sentences: Sequence[str], hint: str) -> None:
    if sentences:
        raise ApimDoctorError("\n".join(sentences), hint=hint)


def _write(rewrites: Sequence[Rewrite]) -> None:
    done: list[str] = []
    for rewrite in rewrites:
        try:
            rewriting.replace(rewrite)
        except RefusedError as error:
            told = f"already changed: {', '.join(done)}" if done else "nothing was written"
            raise ApimDoctorError(str(error), hint=told) from None
        done.append(rewrite.document)


class _NoTextForGitError(Exception):
    """A file that git takes for binary."""


def _patch(rewrite: Rewrite) -> bytes:
    if rewrite.form.encoding.startswith(("utf-16", "utf-32")):
        raise _NoTextForGitError(
            f"git takes {rewrite.form.encoding[:6].upper()} for binary, and applies no patch to it"
        )
    mark = rewrite.form.mark.decode("utf-8")
    # A byte order mark belongs to the first line, as git sees it.
    moved = [replace(edit, start=edit.start + len(mark), end=edit.end + len(mark)) for edit in rewrite.edits]
    told = unified(_name(rewrite), mark + rewrite.text, moved, shown=mark + rewrite.shown)
    return told.encode(rewrite.form.encoding, "surrogateescape")


def _name(rewrite: Rewrite) -> str:
    """The file as git apply looks for it: from the root of its work tree, else from here, else from the given folder."""
    here = Path.cwd().resolve()
    anchors: Iterator[Path | None] = iter((worktree.root_of(rewrite.file), here, rewrite.root))
    anchor = next(one for one in anchors if one is not None and rewrite.file.is_relative_to(one))
    return rewrite.file.relative_to(anchor).as_posix()


def _print(patch: bytes) -> None:
    """Bytes, as the files hold them: a stream of text would translate line ends and encodings."""
    sys.stdout.buffer.write(patch)
    sys.stdout.buffer.flush()


def _waiting(choice: Choice) -> None:
    for finding, prescription in choice.waiting:
        _say(
            f"{finding.rule} waits: it touches what others change ({prescription.title}); apply these, then run it again"
        )


def _say(sentence: str) -> None:
    from apimdoctor.report.hostile import inert, visible

    print(inert(f"apimdoctor: {visible(sentence)}"), file=sys.stderr)
