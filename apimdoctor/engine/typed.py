"""Flags type-checked against the shape of the facts: done when a rule is written or first loaded, not at each run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool

from apimdoctor.engine import schema
from apimdoctor.engine.cel_tree import Tree
from apimdoctor.engine.condition import Condition
from apimdoctor.engine.expression import ONE_SET, TWO_SETS, question

_PACKAGE = "fact"
_KINDS = {
    "text": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "texts": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "number": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "flag": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
}
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")


class ExpressionError(Exception):
    """A flag that cannot be loaded: what is wrong with it, with the line and a caret."""


def check(text: str, variables: Mapping[str, type[Any]]) -> Condition:
    """The flag `text` over variables that hold subjects, or an ExpressionError that points at the mistake."""
    environment = _typed(tuple(sorted((name, subject.__name__) for name, subject in variables.items())))
    try:
        compiled = environment.compile(text)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ExpressionError(_readable(str(error))) from None
    if compiled.return_type() != cel.Type.BOOL:
        raise ExpressionError(f"must be BOOL, is {compiled.return_type().name()}")
    tree = Tree(compiled.serialize(), variables)
    for refusal in tree.refusals():
        raise ExpressionError(_with_caret(refusal.message, text, refusal.offset))
    paths = tree.reads()
    if not paths:
        raise ExpressionError("names no fact, so it says nothing about the tenant")
    return Condition(text, paths, _telling(paths, variables), tuple(_terms(text, tree, variables)))


@cache
def _pool() -> Any:
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="fact.proto", package=_PACKAGE, syntax="proto3")
    file.message_type.add(name="Values")
    for subject in schema.subjects():
        message = file.message_type.add(name=subject.__name__)
        for number, entry in enumerate(schema.fields(subject).values(), start=1):
            if entry.kind == "place":
                continue
            declared = message.field.add(name=entry.name, number=number)
            many = entry.kind in ("texts", "subjects")
            declared.label = field_type.LABEL_REPEATED if many else field_type.LABEL_OPTIONAL
            declared.type = _KINDS.get(entry.kind, field_type.TYPE_MESSAGE)
            if declared.type == field_type.TYPE_MESSAGE:
                declared.type_name = f".{_PACKAGE}.{entry.subject.__name__ if entry.subject else 'Values'}"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool


@cache
def _declarations() -> tuple[Any, ...]:
    of, yes = cel.Type(f"{_PACKAGE}.Values"), cel.Type.BOOL
    return (
        *(question(name, yes, [of, of]) for name in TWO_SETS),
        *(question(name, yes, [of]) for name in ONE_SET),
        question("includes", yes, [of, cel.Type.STRING]),
    )


@cache
def _typed(variables: tuple[tuple[str, str], ...]) -> Any:
    return cel.NewEnv(
        descriptor_pool=_pool(),
        variables={name: cel.Type(f"{_PACKAGE}.{subject}") for name, subject in variables},
        functions=list(_declarations()),
    )


def _terms(text: str, tree: Tree, variables: Mapping[str, type[Any]]) -> Iterator[Condition]:
    found = tree.conjuncts()
    ends = [end for end, _ in found[:-1]]
    starts = [0, *(end + 2 for end in ends)]
    written = [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True)]
    if not ends or any(text[end : end + 2] != "&&" for end in ends):
        return
    if any(_open_brackets(term) for term in written):
        return  # some of the terms stand in brackets of their own, which the cuts go through
    for term, (_, paths) in zip(written, found, strict=True):
        # Worth the while only where few subjects differ in what the term reads: not in lists of other subjects.
        if paths and all(_is_plain(path, variables) for path in paths):
            yield Condition(term.strip(), paths, _telling(paths, variables))


def _open_brackets(text: str) -> bool:
    bare = _QUOTED.sub("", text)
    return any(bare.count(left) != bare.count(right) for left, right in ("()", "[]", "{}"))


def _telling(paths: Iterable[tuple[str, ...]], variables: Mapping[str, type[Any]]) -> dict[str, tuple[str, ...]]:
    """Paths are followed through single subjects that are always known; subjects further down count by identity."""
    reached: dict[str, dict[str, None]] = {}
    for path in paths:
        reached.setdefault(path[0], {})[".".join(_followed(path, variables))] = None
    return {variable: tuple(found) for variable, found in reached.items()}


def _is_plain(path: tuple[str, ...], variables: Mapping[str, type[Any]]) -> bool:
    """Whether a path ends in a fact that is no subject, and leads there through single subjects only."""
    subject: type[Any] | None = variables[path[0]]
    for name in path[1:]:
        entry = schema.fields(subject)[name] if subject is not None else None
        if entry is None or entry.kind == "subjects" or (entry.kind == "subject" and entry.unknown):
            return False
        subject = entry.subject
    return subject is None


def _followed(path: tuple[str, ...], variables: Mapping[str, type[Any]]) -> tuple[str, ...]:
    """The names after the variable, up to the first that may hold several subjects or none."""
    subject: type[Any] | None = variables[path[0]]
    for end, name in enumerate(path[1:], start=2):
        entry = schema.fields(subject)[name] if subject is not None else None
        subject = entry.subject if entry is not None and entry.kind == "subject" and not entry.unknown else None
        if subject is None:
            return path[1:end]
    return path[1:]


def _with_caret(message: str, text: str, offset: int) -> str:
    before = text[:offset]
    line = before.count("\n")
    column = offset - (before.rfind("\n") + 1)
    shown = text.split("\n")[line] if text else ""
    return f"{line + 1}:{column + 1}: {message}\n | {shown}\n | {'.' * column}^"


def _readable(error: str) -> str:
    """CEL's own message without its wrapping, with the nearest fact for a misspelt one."""
    plain = re.sub(r"^\w+: ", "", error).removesuffix("]").rsplit(" [", 1)[0]
    plain = plain.replace("ERROR: <input>:", "")
    missing = re.search(r"undefined field '(\w+)' not found in struct '\w+\.(\w+)'", plain)
    if missing:
        owner = next((subject for subject in schema.subjects() if subject.__name__ == missing.group(2)), None)
        near = schema.closest(missing.group(1), tuple(schema.fields(owner))) if owner else ""
        plain = plain.replace(missing.group(0), f"{missing.group(2)} has no fact '{missing.group(1)}'{near}", 1)
    return plain
