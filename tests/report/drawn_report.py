"""Reports whose ways of a token are drawn from policy text, small or of the size of a large tenant."""

import json
from functools import cache

from apimdoctor import __version__
from apimdoctor.cli import choice
from apimdoctor.collect import files
from apimdoctor.engine.judge import judge
from apimdoctor.facts.build import build
from apimdoctor.report.model import Report, assemble
from tests.cli.folders import API, APP, BOTH, OPERATION, ORGANIZATION, V2_ONLY

REMOVED = V2_ONLY.replace(
    "    <validate-jwt",
    '    <authentication-managed-identity resource="https://management.azure.com/" />\n    <validate-jwt',
)


def tree(policies: dict[str, str]) -> dict[str, bytes]:
    """A service with an API for each policy, and the app registration that all of them name."""
    told: dict[str, object] = {"entra/orders.json": APP, "entra/organization.json": ORGANIZATION}
    for name, policy in policies.items():
        told[f"apim/apis/{name}/apiInformation.json"] = {
            "properties": {**API["properties"], "displayName": name.title(), "path": name}
        }
        told[f"apim/apis/{name}/operations/list/operationInformation.json"] = OPERATION
        told[f"apim/apis/{name}/policy.xml"] = policy
    return {
        name: (content if isinstance(content, str) else json.dumps(content)).encode() for name, content in told.items()
    }


def judged(policies: dict[str, str]) -> Report:
    snapshot = files.read_tree(files.MemoryTree(tree(policies)))
    facts, rules = build(snapshot), choice.rules()
    return assemble(snapshot, facts, judge(rules, facts), choice.texts(rules), version=__version__)


@cache
def small() -> Report:
    """One API that refuses everyone, one that is right, one whose gateway puts its own token before the check."""
    return judged({"orders": V2_ONLY, "returns": BOTH, "stock": REMOVED})


@cache
def large(apis: int = 2500, wrong: int = 2000) -> Report:
    """As many APIs and findings as a large tenant has."""
    policies = {f"api-{number:04}": V2_ONLY if number < wrong else BOTH for number in range(apis)}
    return judged(policies)
