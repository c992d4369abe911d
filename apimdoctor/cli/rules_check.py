"""`apimdoctor rules check`: rules are loaded, type-checked, and run against their own examples."""

import argparse
import sys

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.engine import examples
from apimdoctor.engine.finding import SEVERITIES
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
    wrong = mistake(example, examples.run(rule, example, _read, build))
    if wrong:
        print(f"{rule.file}: example {example.name!r}: {wrong}", file=sys.stderr)
    elif verbose:
        print(f"{rule.id}: {example.name}: {example.expect}")
    return not wrong


def mistake(example: Example, result: examples.Result) -> str:
    """What an example promises and its result does not keep; "" when it holds."""
    findings, reasons = result.verdicts.findings, [entry.reason for entry in result.verdicts.not_assessed]
    if result.verdicts.notices:
        return "; ".join(result.verdicts.notices)
    if result.outcome != example.expect:
        why = f" ({'; '.join(reasons)})" if result.outcome == "not assessed" else ""
        return f"expected {example.expect}, is {result.outcome}{why}"
    gravest = min((finding.severity for finding in findings), key=SEVERITIES.index, default="")
    if example.severity and gravest != example.severity:
        return f"expected severity {example.severity}, is {gravest or 'nothing'}"
    if example.says not in " ".join(finding.message for finding in findings):
        return f"expected {example.says!r} in: {'; '.join(finding.message for finding in findings)}"
    return ""


def _read(tree: dict[str, bytes]) -> Snapshot:
    return files.read_tree(MemoryTree(tree))
