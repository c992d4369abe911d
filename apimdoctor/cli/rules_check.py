"""`apimdoctor rules check`: rules are loaded, type-checked, and run against their own examples."""

import argparse
import sys

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.engine import examples
from apimdoctor.engine.rule import Example, Rule, load, packaged, read
from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.build import build
from apimdoctor.report.subjects import counted
from apimdoctor.snapshot import Snapshot

WRONG = 1


def run(options: argparse.Namespace) -> int:
    """Print every mistake; exit code 1 when there is one."""
    for folder in options.folders:
        if not folder.is_dir():
            raise ApimDoctorError(f"{folder} is no folder", hint="rules check takes folders of rule files")
    own = options.folders or [packaged()]
    # A rule of one's own may explain a rule that ships, so these are loaded beside it, but not run again.
    shipped = {rule.id for rule in load()} if options.folders else set()
    rules, faults = read([packaged(), *options.folders] if options.folders else own)
    rules = tuple(rule for rule in rules if rule.id not in shipped)
    for fault in faults:
        print(fault, file=sys.stderr)
    wrong = len(faults)
    count = 0
    for rule in rules:
        for example in rule.examples:
            count += 1
            wrong += not _holds(rule, example, options.verbose)
    checked = f"{counted(len(rules), 'rule')}, {counted(count, 'example')}"
    print(f"{checked}: {wrong} wrong" if wrong else f"{checked}: all hold")
    return WRONG if wrong else 0


def _holds(rule: Rule, example: Example, verbose: bool) -> bool:
    result = examples.run(rule, example, _read, build)
    if result.outcome != example.expect:
        print(f"{rule.file}: example {example.name!r}: expected {example.expect}, is {result.outcome}", file=sys.stderr)
        return False
    if verbose:
        print(f"{rule.id}: {example.name}: {example.expect}")
    return True


def _read(tree: dict[str, bytes]) -> Snapshot:
    return files.read_tree(MemoryTree(tree))
