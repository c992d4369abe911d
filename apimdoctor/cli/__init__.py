"""The command line: arguments, exit codes and printing; what a command needs is imported when it runs."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from apimdoctor.cli.arguments import parse
from apimdoctor.errors import ApimDoctorError

NEWLINE = "\n"
INTERRUPTED = 130
"""As a shell reports a program that Ctrl-C ended."""
CLOSED_PIPE = 141
FAULT = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; nothing is raised."""
    verbose = False
    try:
        _prepare_streams()
        options = parse(argv)
        # One run makes some million small objects that all live to its end, and next to no cycles: looking for
        # garbage among them again and again is a fifth of a large scan, and finds nothing.
        gc.disable()
        verbose = getattr(options, "verbose", False)
        code: int = import_module(options.module).run(options)
        sys.stdout.flush()
    except ApimDoctorError as error:
        complain(error.message, error.hint)
        return error.code
    except SystemExit as left:  # argparse ends --help and --version so
        return left.code if isinstance(left.code, int) else 0
    except KeyboardInterrupt:
        complain("stopped by the keyboard")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; the interpreter's own flush at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except Exception as error:  # noqa: BLE001 - the last resort: a person sees one sentence, not a traceback
        _confess(error, verbose)
        return FAULT
    finally:
        gc.enable()
    return code


def complain(message: str, hint: str = "") -> None:
    """One error on stderr, with the hint below it; safe in a pipeline's log."""
    from apimdoctor.report.hostile import inert, visible

    told = f"apimdoctor: error: {visible(message, keep=NEWLINE)}"
    if hint:
        told += f"\n  hint: {visible(hint)}"
    for line in told.split(NEWLINE):
        print(inert(line), file=sys.stderr)


def _prepare_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A log with a narrow encoding must not end a scan.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _confess(error: Exception, verbose: bool) -> None:
    """A fault of apimdoctor itself. Its text may hold values of the tenant, so the place is told, not the values."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    at = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "an unknown place"  # noqa: PTH119
    complain(
        f"this is a fault of apimdoctor itself: {type(error).__name__} at {at}",
        "please report it with the version and this line"
        + ("" if verbose else "; -v adds where it happened, without values of your tenant"),
    )
    if verbose:
        for frame in frames:
            print(f"    {frame.filename}:{frame.lineno} in {frame.name}", file=sys.stderr)
