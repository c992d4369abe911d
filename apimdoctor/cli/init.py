"""`apimdoctor init`: writes a commented configuration, or a pipeline, where there is none yet."""

import argparse
import json
from importlib.resources import files
from pathlib import Path

from apimdoctor.cli import config_schema
from apimdoctor.cli.output import replace_file
from apimdoctor.errors import ApimDoctorError

SCHEMA_FILE = "apimdoctor.schema.json"
WRITTEN: dict[str, dict[str, str]] = {
    "config": {"apimdoctor.yaml": "apimdoctor.yaml"},
    "github": {
        ".github/workflows/apimdoctor-nightly.yml": "github-nightly.yml",
        ".github/workflows/apimdoctor-pull-request.yml": "github-pull-request.yml",
    },
    "azure-pipelines": {
        "azure-pipelines/apimdoctor-nightly.yml": "azure-nightly.yml",
        "azure-pipelines/apimdoctor-pull-request.yml": "azure-pull-request.yml",
    },
}
"""What each word writes: file to the template it comes from."""
NEXT = {
    "config": "look through it, then: apimdoctor scan",
    "github": "the nightly workflow says at its top which federated credential and which rights it needs",
    "azure-pipelines": "the nightly pipeline says at its top which service connection and which rights it needs",
}


def run(options: argparse.Namespace) -> int:
    """Write the files of one word into the working folder; one that is there stays as it is, and is an error."""
    contents = made(options.what)
    there = [name for name in contents if Path(name).exists()]
    if there and not options.force:
        raise ApimDoctorError(f"{', '.join(there)} is there already", hint="--force writes it anew")
    for name, content in contents.items():
        replace_file(Path(name), content)
        print(name)
    print(NEXT[options.what])
    return 0


def made(what: str) -> dict[str, str]:
    """File to content."""
    contents = {name: template(source) for name, source in WRITTEN[what].items()}
    if what == "config":
        contents[SCHEMA_FILE] = json.dumps(config_schema.schema(), indent=2) + "\n"
    return contents


def template(name: str) -> str:
    """One of the files that `init` copies."""
    return files("apimdoctor.cli").joinpath("templates", name).read_text("utf-8")
