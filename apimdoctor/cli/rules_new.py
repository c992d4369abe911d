"""`apimdoctor rules new ID`: writes a commented rule of one's own that loads, and whose examples hold, from the start."""

import argparse
import re
from difflib import get_close_matches

from apimdoctor.cli.init import template
from apimdoctor.cli.output import replace_file
from apimdoctor.engine.rule import load
from apimdoctor.errors import ApimDoctorError

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_PLACE = "my-own-rule"


def run(options: argparse.Namespace) -> int:
    """Write the file and say what to do next."""
    if not _ID.fullmatch(options.id):
        raise ApimDoctorError(
            f"{options.id!r} is no id of a rule", hint="write words in lower case with hyphens: audience-without-prefix"
        )
    if any(rule.id == options.id for rule in load()):
        raise ApimDoctorError(f"a rule {options.id!r} ships already", hint=f"apimdoctor explain {options.id} shows it")
    file = options.folder / f"{options.id}.yaml"
    if file.exists():
        raise ApimDoctorError(f"{file} is there already", hint="a rule is written once; change the file")
    options.folder.mkdir(parents=True, exist_ok=True)
    replace_file(file, template("rule.yaml").replace(_PLACE, options.id))
    print(file)
    near = get_close_matches(options.id, [rule.id for rule in load()], n=1)
    if near:
        print(f"something like it ships: apimdoctor explain {near[0]}")
    print(f"change it, then: apimdoctor rules check {options.folder}")
    print(f"use it with: apimdoctor scan --rules {options.folder}")
    return 0
