"""`apimdoctor access`: what the signed-in identity may read, what is missing, and what that costs."""

import argparse
from typing import TYPE_CHECKING

from apimdoctor.cli import choice, config, live
from apimdoctor.engine.rule import Rule
from apimdoctor.report.hostile import visible

if TYPE_CHECKING:
    from apimdoctor.collect.azure.access import Right

COMPLETE, INCOMPLETE = 0, 3


def run(options: argparse.Namespace) -> int:
    """Try each right and print a line for it."""
    from apimdoctor.collect.azure.access import access

    options = config.applied_sources(options, config.read(options.config), "access")
    found = access(live.request(options))
    who = found.identity.object_id or "an identity whose token does not name it"
    print(
        f"signed in as {visible(who)}" + (f", tenant {visible(found.identity.tenant)}" if found.identity.tenant else "")
    )
    rules = choice.rules(())
    for right in found.rights:
        _print(right, rules, verbose=options.verbose)
    missing = [right for right in found.rights if not right.held]
    print(f"{len(missing)} of {len(found.rights)} rights missing" if missing else "nothing is missing")
    return INCOMPLETE if any(not right.optional for right in missing) else COMPLETE


def _print(right: "Right", rules: tuple[Rule, ...], *, verbose: bool) -> None:
    mark = {True: "yes", False: "no", None: "?"}[right.held]
    print(f"  {mark:4}{visible(right.name)}" + (f": {visible(right.detail)}" if right.detail else ""))
    if right.held:
        return
    costs = [rule.id for rule in rules if _needs(rule, right.facts)]
    print(f"      needs {right.needs}{' (optional)' if right.optional else ''}")
    print(
        f"      without it up to {len(costs)} of {len(rules)} rules are not assessed"
        + (f": {', '.join(costs)}" if verbose else "")
    )
    print(f"      {visible(right.ask)}")


def _needs(rule: Rule, facts: tuple[str, ...]) -> bool:
    """Whether a rule speaks of one of these facts."""
    said = {name for each in rule.each for name in each.source}
    said |= {name for path in rule.flag.paths for name in path}
    return not said.isdisjoint(facts)
