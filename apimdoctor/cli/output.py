"""Where reports go: the terminal, with colour only where it is wanted, or files that are replaced whole."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TextIO

from apimdoctor.errors import ApimDoctorError
from apimdoctor.report.model import Report

LOG_WIDTH = 80
WIDEST = 110


def write(report: Report, options: argparse.Namespace) -> None:
    """Every report that was asked for; text to stdout when none was."""
    targets: list[tuple[str, Path | None]] = options.reports or [("text", None)]
    write_files(report, options)
    printed = [form for form, file in targets if file is None]
    for form in printed:
        sys.stdout.write(render(form, report, options, stream=sys.stdout))
    if not printed:
        from apimdoctor.report.hostile import visible
        from apimdoctor.report.subjects import headline

        print(headline(report))
        if not options.quiet:
            for form, file in targets:
                print(f"{form}: {visible(str(file))}")


def write_files(report: Report, options: argparse.Namespace) -> None:
    """The reports that go to files."""
    for form, file in options.reports:
        if file:
            replace_file(file, render(form, report, options, stream=None))


def render(form: str, report: Report, options: argparse.Namespace, *, stream: TextIO | None) -> str:
    """The report in one format, for a stream or (None) a file."""
    if form != "text":
        rendered: str = import_module(f"apimdoctor.report.{form}").render(report)
        return rendered
    from apimdoctor.report import text

    return text.render(
        report,
        width=width(stream),
        colour=stream is not None and colour_wanted(stream, os.environ),
        links=stream is not None and links_wanted(stream, os.environ),
        quiet=options.quiet,
        verbose=options.verbose,
    )


def colour_wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """NO_COLOR and FORCE_COLOR decide, in this order (https://no-color.org, https://force-color.org), else a terminal."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


LINKING = {
    "TERM_PROGRAM": ("Hyper", "iTerm.app", "WezTerm", "ghostty", "rio", "vscode", "zed"),
    "TERM": ("alacritty", "foot", "xterm-ghostty", "xterm-kitty"),
}
"""Terminals that follow links, by the variable and the value by which they tell their name."""
_VTE_WITH_LINKS = 5000


def links_wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether the terminal follows links (OSC 8): FORCE_HYPERLINK decides, else it must be one that is known to."""
    forced = environment.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced not in ("", "0")
    if not stream.isatty():
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        "WT_SESSION" in environment
        or (vte.isdecimal() and int(vte) >= _VTE_WITH_LINKS)
        or any(environment.get(name) in known for name, known in LINKING.items())
    )


def width(stream: TextIO | None) -> int:
    """Columns to fill: those of a terminal, or a log's 80."""
    if stream is not None and stream.isatty():
        return min(shutil.get_terminal_size((LOG_WIDTH, 24)).columns, WIDEST)
    return LOG_WIDTH


def replace_file(file: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    beside: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=file.parent, delete=False) as out:
            beside = Path(out.name)
            out.write(text)
        # A report is for its readers, so the usual mask applies; a temporary file is its owner's alone.
        mask = os.umask(0)
        os.umask(mask)
        beside.chmod(0o666 & ~mask)
        beside.replace(file)
    except OSError as error:
        if beside:
            beside.unlink(missing_ok=True)
        raise ApimDoctorError(
            f"cannot write {file}: {error.strerror}", hint="choose a place you may write to"
        ) from None
