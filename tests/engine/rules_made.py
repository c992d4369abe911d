"""Rules made by hand for the engine's own tests."""

from apimdoctor.engine.declared import Rule
from apimdoctor.engine.rulefile import parse

HEAD = """\
id: {id}
title: Something is wrong
severity: {severity}
confidence: high
cause: issuer-other
about: Because it is.
links: [https://learn.microsoft.com/azure/api-management/validate-jwt-policy]
"""


def a_rule(rest: str, name: str = "some-rule", severity: str = "error") -> Rule:
    """A rule whose fix is `Change it.` unless `rest` says otherwise."""
    text = HEAD.format(id=name, severity=severity) + rest
    return parse(text if "\nfix:" in text else text + "\nfix: Change it.\n", f"rules/issuer/{name}.yaml")


ISSUER = """\
each: {check: token_checks, match: check.apps}
flag: "!check.accepted_issuers.meets(match.app.issuers)"
at: check
related: [match.app]
message: '{check.element} accepts {check.accepted_issuers}, "{match.app.display_name}" gets {match.app.issuers}'
"""

OPEN = """\
each: {route: routes, path: route.unchecked}
flag: path.why == "no check" && path.ends == "back end"
at: route.api
message: '"{route.api.display_name}" is open'
"""
