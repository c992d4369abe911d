"""Every way to hide one thing that a rule reads: a field, an item of a list, a set or one of its members."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from msgspec.structs import force_setattr

from apimdoctor.engine import schema
from apimdoctor.engine.rule import Rule
from apimdoctor.facts.values import Unknown, Values
from apimdoctor.facts.vocabulary import Facts

HIDDEN = Unknown("hidden by the test")


@dataclass(frozen=True, eq=False)
class Hiding:
    """One fact of one subject, and what stands there instead."""

    subject: Any
    name: str
    instead: Any

    def __str__(self) -> str:
        return f"{type(self.subject).__name__}.{self.name} = {self.instead}"

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The facts with this one hidden, for the time of the block."""
        before = getattr(self.subject, self.name)
        force_setattr(self.subject, self.name, self.instead)
        try:
            yield
        finally:
            force_setattr(self.subject, self.name, before)


def hidings(rule: Rule, facts: Facts) -> Iterator[Hiding]:
    """Every hiding that could matter to this rule."""
    read = fields_read(rule)
    for subject in _below(facts):
        for name, field in schema.fields(type(subject)).items():
            value = getattr(subject, name)
            if (type(subject), name) in read and not isinstance(value, Unknown):
                for instead in _instead(field, value):
                    yield Hiding(subject, name, instead)


def fields_read(rule: Rule) -> set[tuple[type[Any], str]]:
    """The facts a rule touches, as subject and field."""
    variables = {each.name: each.subject for each in rule.each}
    paths = [*rule.flag.paths, *(rule.error_when.paths if rule.error_when else ()), rule.at, *rule.related]
    paths += [*rule.message.paths, *rule.fix.paths]
    starts: list[tuple[type[Any], tuple[str, ...]]] = [(variables[path[0]], path[1:]) for path in paths]
    for each in rule.each:
        bound = each.source[0] in variables
        starts.append((variables[each.source[0]], each.source[1:]) if bound else (Facts, each.source))
    read = set()
    for owner, names in starts:
        current: Any = owner
        for name in names:
            read.add((current, name))
            current = schema.fields(current)[name].subject
    return read


def _instead(field: schema.Field, value: Any) -> Iterator[Any]:
    match field.kind:
        case "set":
            yield Values(rest=HIDDEN.because)
            for member in value.known:
                rest = tuple(other for other in value.known if other != member)
                yield Values(known=rest, symbols=(*value.symbols, "@(hidden)"), rest=value.rest, all=value.all)
        case "subjects":
            if field.items_unknown:
                yield (HIDDEN,)
                for place in range(len(value)):
                    yield (*value[:place], HIDDEN, *value[place + 1 :])
        case "text" | "number" | "flag" | "texts":
            yield HIDDEN


def _below(facts: Facts) -> Iterator[Any]:
    seen: set[int] = set()
    waiting: list[Any] = [facts]
    while waiting:
        subject = waiting.pop()
        if id(subject) in seen or isinstance(subject, Unknown):
            continue
        seen.add(id(subject))
        yield subject
        for field in schema.fields(type(subject)).values():
            if field.subject is not None:
                value = getattr(subject, field.name)
                waiting.extend(value if isinstance(value, tuple) else (value,))
