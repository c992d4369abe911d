"""`apimdoctor completion`: the script by which a shell completes commands, options and their values."""

import argparse
import sys
from collections.abc import Iterator

import shtab

from apimdoctor.cli import arguments


def run(options: argparse.Namespace) -> int:
    """Print the script; the shell reads it once, so completing starts no Python."""
    parser = arguments.parser(whole=True)
    for action in _actions(parser):
        if action.type is arguments.path:
            # shtab reads this attribute of an action; argparse has no place for it.
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    sys.stdout.write(shtab.complete(parser, shell=options.shell).rstrip() + "\n")
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of its actions
        yield action
        if isinstance(action, arguments.Commands):
            for command in action.choices.values():
                yield from _actions(command)
