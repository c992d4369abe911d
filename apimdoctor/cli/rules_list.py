"""`apimdoctor rules list`: every rule in a line, by topic."""

import argparse
from itertools import groupby

from apimdoctor.cli import choice


def run(options: argparse.Namespace) -> int:
    """Print the rules, by topic."""
    known = choice.rules(options.rules)
    width = max(len(rule.id) for rule in known)
    for topic, members in groupby(sorted(known, key=lambda rule: (rule.topic, rule.id)), key=lambda rule: rule.topic):
        print(f"{topic or 'your own'}/")
        for rule in members:
            mark = "*" if rule.error_when else ""
            print(f"  {rule.severity + mark:8}  {rule.id:{width}}  {rule.title}")
    print(f"{len(known)} rules; * an error where the facts prove it; apimdoctor explain RULE tells more")
    return 0
