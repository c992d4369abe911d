"""The values that parameter files beside a template give it; what several of them give differently is not known.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/parameter-files, bicep/parameter-files and
azure/developer/azure-developer-cli (`${NAME}` in main.parameters.json stands for an environment variable).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping

from apimdoctor.collect.files.segments import Text, joined
from apimdoctor.collect.files.templates.nodes import Node, Program
from apimdoctor.collect.files.templates.values import Symbol, Value, symbol, text_of

_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*+)(?:=([^{}]*+))?\}", re.ASCII)
_NAMES = ("{stem}.parameters", "{stem}.params", "{stem}-parameters", "{stem}.parameter", "parameters")
MAX_FILES = 20


def given(
    program: Program,
    paths: Collection[str],
    template: Callable[[str], Program | None],
    json: Callable[[str], Node | None],
) -> dict[str, Value]:
    """What all parameter files of a template agree on."""
    told: list[Mapping[str, Value]] = []
    for path in _files(program, paths)[:MAX_FILES]:
        if path.endswith(".bicepparam"):
            made = template(path)
            if made is not None and _named(path, made.using) == program.document:
                told.append({name: value_of(one.default) for name, one in made.parameters.items() if one.default})
        elif (node := json(path)) is not None:
            told.append(_of_json(node))
    secure = {name for name, one in program.parameters.items() if one.secure}
    names = {name for one in told for name in one} - secure
    return {name: value for name in sorted(names) if (value := _agreed(name, told)) is not None}


def _agreed(name: str, told: list[Mapping[str, Value]]) -> Value:
    values = [one[name] for one in told if name in one]
    first = values[0]
    return first if all(type(one) is type(first) and one == first for one in values[1:]) else None


def _files(program: Program, paths: Collection[str]) -> list[str]:
    folder, _, file = program.document.rpartition("/")
    stem = file.rpartition(".")[0].removesuffix(".template").lower()
    wanted = [name.format(stem=stem) for name in _NAMES]
    found = []
    for path in paths:
        if not path.endswith((".bicepparam", ".json")):
            continue
        where, _, name = path.rpartition("/")
        low = name.lower()
        if path.endswith(".bicepparam") or (
            where == folder and any(low == f"{one}.json" or low.startswith(f"{one}.") for one in wanted)
        ):
            found.append(path)
    return sorted(found)


def _named(path: str, using: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), using)) if using else ""


def _of_json(node: Node) -> dict[str, Value]:
    found: dict[str, Value] = {}
    parameters = node.get("parameters")
    for pair in parameters.children if parameters is not None and parameters.kind == "object" else ():
        value = pair.children[0].get("value")
        if value is not None:
            found[pair.word] = value_of(value)
    return found


def value_of(node: Node) -> Value:
    """A written value: JSON, or what a parameter file of Bicep says without computing."""
    if node.kind == "literal":
        return (
            _expanded(node.value)
            if isinstance(node.value, Text)
            else None
            if isinstance(node.value, str)
            else node.value
        )
    if node.kind == "list":
        return [value_of(child) for child in node.children]
    if node.kind == "object":
        return {child.word: value_of(child.children[0]) for child in node.children if len(child.children) == 1}
    if node.kind == "call" and node.word.lower() == "readenvironmentvariable" and node.children:
        return symbol(node.children[0].word, "string")
    return symbol(f"{node.kind} of line {node.line}")


def _expanded(text: Text) -> Value:
    """A text with `${NAME}` of azd as symbols."""
    parts, at = [], 0
    for found in _VARIABLE.finditer(text.text):
        parts += [text.sliced(at, found.start()), text_of(Symbol(found[1], "string"))]
        at = found.end()
    if not at:
        return text
    whole = joined([*parts, text.sliced(at, len(text.text))])
    only = whole.only_symbol
    return only if isinstance(only, Symbol) else whole
