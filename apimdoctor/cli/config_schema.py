"""The JSON Schema of the configuration file, made from the options of `scan`, so that neither can drift from the other."""

import argparse

from apimdoctor.cli import config
from apimdoctor.cli.arguments import FORMATS
from apimdoctor.engine.finding import SEVERITIES

ID = "apimdoctor/config/1"


def schema() -> dict[str, object]:
    """What an editor checks apimdoctor.yaml by."""
    listed = {key: _option(key, action) for key, action in config.scan_options().items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Configuration of apimdoctor",
        "description": "Each key is an option of `apimdoctor scan` without its dashes, but for severity and waivers.",
        "type": "object",
        "additionalProperties": False,
        "properties": {**listed, "severity": _severity(), "waivers": _waivers()},
    }


def _option(key: str, action: argparse.Action) -> dict[str, object]:
    about = {"description": f"{(action.help or key)[0].upper()}{(action.help or key)[1:]}."}
    if action.nargs == 0:
        return {**about, "type": "boolean"}
    one: dict[str, object] = {"type": "string", "minLength": 1}
    if action.choices is not None:
        one = {"enum": list(action.choices)}
    if key == "report":
        one = {"type": "string", "pattern": f"^({'|'.join(FORMATS)})(=.+)?$"}
    if isinstance(action.default, (list, tuple)):
        return {**about, "anyOf": [one, {"type": "array", "items": one}]}
    return {**about, **one}


def _severity() -> dict[str, object]:
    # YAML 1.1 reads a bare `off` as false.
    return {
        "description": "Rule to the severity that its findings get; off leaves the rule out.",
        "type": "object",
        "additionalProperties": {"enum": [*SEVERITIES, config.OFF, False]},
    }


def _waivers() -> dict[str, object]:
    text = {"type": "string", "minLength": 1}
    return {
        "description": "Findings that somebody accepted, with the reason. They stay in the report.",
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["rule", "resource", "reason"],
            "properties": {
                "rule": {**text, "description": "The rule's id."},
                "resource": {
                    **text,
                    "description": "A glob over resource id, document, API, api/operation, product or app registration.",
                },
                "reason": {**text, "description": "Why this is meant."},
                "until": {"type": "string", "format": "date", "description": "The last day; without it, for good."},
            },
        },
    }
