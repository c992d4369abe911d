"""CEL behind one door: flags are type-checked against the shape of the facts, and asked of facts of which some are unknown.

The hazards of cel-expr-python that end here: errors come back as values; a field that is unknown must be missing, and
nothing else may be; a set must not be compared; an argument of a function must have a concrete type (INT, STRING).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from operator import attrgetter
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool
from msgspec import Struct

from apimdoctor.engine import schema
from apimdoctor.engine.cel_tree import Tree
from apimdoctor.facts import values
from apimdoctor.facts.values import Unknown, Values

Shape = dict[str, "Shape"]
"""The facts that a flag reads below a subject."""

_PACKAGE = "fact"
_KINDS = {
    "text": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "texts": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "number": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "flag": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
}
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_TWO_SETS: dict[str, Callable[[Values, Values], bool | Unknown]] = {"meets": values.meets, "within": values.within}
_ONE_SET: dict[str, Callable[[Values], bool | Unknown]] = {"empty": values.empty, "everything": values.everything}


class ExpressionError(Exception):
    """A flag that cannot be loaded: what is wrong with it, with the line and a caret."""


class EvaluationError(Exception):
    """A flag that failed for another reason than an unknown fact: a fault of apimdoctor."""


class _UndecidedError(LookupError):
    """Raised through CEL by a question to a set that has no answer."""


class Condition(Struct, frozen=True):
    """A checked flag. `reads` is what it needs of each variable it names."""

    text: str
    reads: Mapping[str, Shape]
    paths: tuple[tuple[str, ...], ...]

    telling: Mapping[str, Callable[[Any], object]]
    """For each variable, what of its subject decides the answer: equal where the flag cannot tell subjects apart."""
    terms: tuple[Condition, ...] = ()
    """What `&&` joins at the top: the flag is false as soon as one of them is, whatever the others are."""

    def told_by(self, bound: Mapping[str, Any]) -> tuple[object, ...]:
        """What the answer depends on."""
        return tuple(
            [
                subject if isinstance(subject := bound[name], Unknown) else told(subject)
                for name, told in self.telling.items()
            ]
        )


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
    return Condition(text, _shapes(paths), paths, _telling(paths, variables), tuple(_terms(text, tree, variables)))


class Evaluator:
    """Asks flags of facts. It remembers what it converted, so it must not outlive the facts it saw."""

    def __init__(self) -> None:
        self._sets: list[Values] = []
        self._handles: dict[int, int] = {}
        self._reasons: list[Unknown] = []
        self._seen: dict[tuple[int, int], dict[str, Any]] = {}
        self._kept: list[object] = []
        self._compiled: dict[str, Any] = {}
        self._environment = cel.NewEnv(functions=self._functions())

    def ask(self, condition: Condition, bound: Mapping[str, Any]) -> bool | Unknown:
        """Whether the flag holds for these subjects (one of them may be Unknown as a whole)."""
        facts = {name: self._view(bound[name], shape) for name, shape in condition.reads.items()}
        self._reasons.clear()
        answer = self._expression(condition.text).eval(data=facts)
        if answer.type() == cel.Type.BOOL:
            return bool(answer.plain_value())
        return self._reason(str(answer.plain_value()), condition, bound)

    def _expression(self, text: str) -> Any:
        if text not in self._compiled:
            self._compiled[text] = self._environment.compile(text, disable_check=True)
        return self._compiled[text]

    # ------------------------------------------------------------ facts as CEL sees them
    def _view(self, subject: Any, shape: Shape) -> dict[str, Any]:
        if isinstance(subject, Unknown):
            return {}
        key = (id(subject), id(shape))
        seen = self._seen.get(key)
        if seen is None:
            self._kept.append(subject)
            kinds = schema.fields(type(subject))
            seen = self._seen[key] = {
                name: self._value(value, kinds[name].kind, inner)
                for name, inner in shape.items()
                if not isinstance(value := getattr(subject, name), Unknown)
            }
        return seen

    def _value(self, value: Any, kind: schema.Kind, inner: Shape) -> Any:
        if kind == "set":
            return self._handle(value)
        if kind == "subject":
            return self._view(value, inner)
        if kind == "subjects":
            return [self._view(item, inner) for item in value]
        return list(value) if kind == "texts" else value

    def _handle(self, of: Values) -> int:
        if id(of) not in self._handles:
            self._handles[id(of)] = len(self._sets)
            self._sets.append(of)
        return self._handles[id(of)]

    # ------------------------------------------------------------ questions to sets
    def _functions(self) -> list[Any]:
        number, text, yes = cel.Type.INT, cel.Type.STRING, cel.Type.BOOL
        declared = []
        for name, two in _TWO_SETS.items():
            declared.append(_function(name, yes, [number, number], _asker(two, 2, self._sets, self._reasons)))
        for name, one in _ONE_SET.items():
            declared.append(_function(name, yes, [number], _asker(one, 1, self._sets, self._reasons)))
        declared.append(
            _function("includes", yes, [number, text], _asker(values.includes, 1, self._sets, self._reasons))
        )
        return declared

    # ------------------------------------------------------------ why there is no answer
    def _reason(self, error: str, condition: Condition, bound: Mapping[str, Any]) -> Unknown:
        undecided = re.search(r"undecided:(\d+)\.", error)
        if undecided:
            return self._reasons[int(undecided.group(1))]
        missing = re.search(r'Key not found in map : "(\w+)"', error)
        if missing:
            for name, shape in condition.reads.items():
                found = _unknown_below(bound[name], shape, missing.group(1))
                if found is not None:
                    return found
        raise EvaluationError(f"{condition.text}: {error}")


def _asker(
    question: Callable[..., bool | Unknown], count: int, sets: list[Values], reasons: list[Unknown]
) -> Callable[..., bool]:
    """The question as CEL calls it. It holds the two lists, not the evaluator: a cycle through CEL is never freed."""

    def asked(*arguments: Any) -> bool:
        given = [sets[item] if place < count else item for place, item in enumerate(arguments)]
        answer = question(*given)
        if isinstance(answer, Unknown):
            reasons.append(answer)
            raise _UndecidedError(f"undecided:{len(reasons) - 1}.")
        return answer

    return asked


def _unknown_below(subject: Any, shape: Shape, name: str) -> Unknown | None:
    if isinstance(subject, Unknown):
        return subject if name in shape else None
    for field_name, inner in shape.items():
        value = getattr(subject, field_name)
        if isinstance(value, Unknown):
            if field_name == name:
                return value
            continue
        for item in value if isinstance(value, tuple) else (value,):
            if inner and (found := _unknown_below(item, inner, name)) is not None:
                return found
    return None


def _function(name: str, result: Any, parameters: list[Any], run: Callable[..., bool] | None = None) -> Any:
    label = f"{name}_{len(parameters)}"
    if run is None:
        return cel.FunctionDecl(name, [cel.Overload(label, result, parameters, is_member=True)])
    return cel.FunctionDecl(name, [cel.Overload(label, result, parameters, is_member=True, impl=run)])


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
        *(_function(name, yes, [of, of]) for name in _TWO_SETS),
        *(_function(name, yes, [of]) for name in _ONE_SET),
        _function("includes", yes, [of, cel.Type.STRING]),
    )


@cache
def _typed(variables: tuple[tuple[str, str], ...]) -> Any:
    return cel.NewEnv(
        descriptor_pool=_pool(),
        variables={name: cel.Type(f"{_PACKAGE}.{subject}") for name, subject in variables},
        functions=list(_declarations()),
    )


def _shapes(paths: Iterable[tuple[str, ...]]) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for path in paths:
        level = shapes
        for name in path:
            level = level.setdefault(name, {})
    return shapes


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
            yield Condition(term.strip(), _shapes(paths), paths, _telling(paths, variables))


def _open_brackets(text: str) -> bool:
    bare = _QUOTED.sub("", text)
    return any(bare.count(left) != bare.count(right) for left, right in ("()", "[]", "{}"))


def _telling(
    paths: Iterable[tuple[str, ...]], variables: Mapping[str, type[Any]]
) -> dict[str, Callable[[Any], object]]:
    """Paths are followed through single subjects that are always known; subjects further down count by identity."""
    reached: dict[str, dict[str, None]] = {}
    for path in paths:
        reached.setdefault(path[0], {})[".".join(_followed(path, variables))] = None
    return {variable: attrgetter(*found) for variable, found in reached.items()}


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
