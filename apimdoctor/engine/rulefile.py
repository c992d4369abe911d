"""One rule file: what it declares, and every mistake in it, said so that its author finds the place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args
from urllib.parse import urlsplit

import yaml

from apimdoctor.engine import schema
from apimdoctor.engine.causes import CAUSES
from apimdoctor.engine.condition import Condition
from apimdoctor.engine.declared import OUTCOMES, Each, Example, Outcome, Rule, RuleError
from apimdoctor.engine.finding import SEVERITIES, Confidence
from apimdoctor.engine.typed import ExpressionError, check
from apimdoctor.engine.wording import Path, Template, template
from apimdoctor.facts.vocabulary import Facts

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_EXAMPLES = re.compile(r"^examples:", re.MULTILINE)
_NEXT_KEY = re.compile(r"^[a-z_]+:", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z_]*")
_MOST_FLAG = 400
"""Three lines of a rule file; `>-` joins them to one."""
_ABOUT_EXAMPLE = ("name", "expect", "severity", "says")
_REQUIRED = ("id", "title", "severity", "confidence", "cause", "about", "fix", "links", "each", "flag", "at", "message")
_OPTIONAL = ("error_when", "related", "explains")


def parse(text: str, file: str) -> Rule:
    """The rule that `text` declares; `file` is its name as a person knows it (rules/issuer/x.yaml)."""
    declaration, examples = _parts(text)
    declared = _yaml(declaration, file)
    if not isinstance(declared, dict):
        raise RuleError([f"{file}: must be a mapping of keys like id, title, flag"])
    reading = _Reading(declared, file)
    rule = reading.rule(examples)
    if reading.faults or rule is None:
        raise RuleError([f"{file}: {fault}" for fault in reading.faults])
    return rule


def examples(text: str, file: str) -> tuple[Example, ...]:
    """The examples in a rule file; RuleError when they are not well-formed."""
    faults: list[str] = []
    read = tuple(_examples(_yaml(text, file) or {}, faults))
    if faults:
        raise RuleError([f"{file}: {fault}" for fault in faults])
    return read


def _parts(text: str) -> tuple[str, str]:
    """The text before its examples and the examples; these are a key at the start of a line like all others."""
    found = _EXAMPLES.search(text)
    if found is None:
        return text, ""
    following = _NEXT_KEY.search(text, found.end())
    end = following.start() if following else len(text)
    return text[: found.start()] + text[end:], text[found.start() : end]


def _yaml(text: str, file: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.YAMLError as error:
        raise RuleError([_unreadable(error, text, file)]) from None


def _unreadable(error: yaml.YAMLError, text: str, file: str) -> str:
    """What is wrong with a file that is no YAML: the line, and a caret where its reader gave up."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"{file}: is not readable as YAML: {' '.join(str(error).split())}"
    line = (text.splitlines() or [""])[min(mark.line, max(0, len(text.splitlines()) - 1))]
    told = f"{file}:{mark.line + 1}:{mark.column + 1}: is not readable as YAML: {getattr(error, 'problem', '')}"
    return f"{told}\n | {line}\n | {'.' * mark.column}^"


def _examples(declared: dict[str, Any], faults: list[str]) -> Iterator[Example]:
    names: set[str] = set()
    written = declared.get("examples") or []
    if not isinstance(written, list):
        faults.append("examples: must be a list")
        return
    for place, entry in enumerate(written, start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            faults.append(f"examples[{place}]: must be a mapping with a name")
            continue
        name, expect, severity, says = (entry.get(key) for key in _ABOUT_EXAMPLE)
        if expect not in OUTCOMES:
            faults.append(f"examples[{place}]: expect must be one of {', '.join(OUTCOMES)}, is {expect!r}")
        if severity not in (None, *SEVERITIES) or not isinstance(says, str | None):
            faults.append(f"examples[{place}]: severity is one of {', '.join(SEVERITIES)}, says is a text")
        if name in names:
            faults.append(f"examples[{place}]: there are two examples called {name!r}")
        names.add(str(name))
        given = {key: value for key, value in entry.items() if key not in _ABOUT_EXAMPLE}
        yield Example(str(name), cast(Outcome, expect), given, severity, says or "")


class _Reading:
    """Reads one declaration and keeps every fault it meets."""

    def __init__(self, declared: dict[Any, Any], file: str) -> None:
        self.declared = declared
        self.file = file
        self.faults: list[str] = []

    def rule(self, examples: str) -> Rule | None:
        self._keys()
        identity = self._identity()
        each = self._each()
        variables = {entry.name: entry.subject for entry in each}
        flag = self._condition("flag", variables)
        error_when = self._condition("error_when", variables) if "error_when" in self.declared else None
        at = self._subject("at", self.declared.get("at"), variables)
        related = tuple(self._subject("related", item, variables) for item in self._list("related"))
        roots = (at, *related) if at and all(related) else ()
        message, fix = (self._template(key, variables, roots) for key in ("message", "fix"))
        if self.faults or flag is None:
            return None
        return Rule(
            **identity,
            each=each,
            flag=flag,
            error_when=error_when,
            at=at,
            related=related,
            message=message,
            fix=fix,
            examples_text=examples,
            file=self.file,
        )

    # ------------------------------------------------------------ simple keys
    def _keys(self) -> None:
        for key in self.declared:
            if key not in _REQUIRED and key not in _OPTIONAL:
                self.faults.append(f"{key}: is no key of a rule{schema.closest(str(key), (*_REQUIRED, *_OPTIONAL))}")
        self.faults.extend(f"{key}: is missing" for key in _REQUIRED if key not in self.declared)

    def _identity(self) -> dict[str, Any]:
        name = self._text("id")
        if name and not _ID.fullmatch(name):
            self.faults.append(f"id: {name!r} is not lower-case words with hyphens")
        stem = self.file.rsplit("/", 1)[-1].removesuffix(".yaml")
        if name and name != stem:
            self.faults.append(f"id: is {name!r}, but the file is called {stem!r}")
        folders = self.file.split("/")[:-1]
        return {
            "id": name,
            "topic": folders[-1] if folders else "",
            "title": self._text("title"),
            "severity": self._word("severity", SEVERITIES),
            "confidence": self._word("confidence", get_args(Confidence)),
            "cause": self._word("cause", tuple(sorted(CAUSES))),
            "about": self._text("about"),
            "links": tuple(self._links()),
            "explains": tuple(str(item) for item in self._list("explains")),
        }

    def _text(self, key: str) -> str:
        value = self.declared.get(key, "")
        if not isinstance(value, str) or (key in self.declared and not value.strip()):
            self.faults.append(f"{key}: must be a text")
            return ""
        return value.strip()

    def _word(self, key: str, words: tuple[str, ...]) -> str:
        value = self._text(key)
        if value and value not in words:
            self.faults.append(f"{key}: {value!r} is not one of {', '.join(words)}{schema.closest(value, words)}")
        return value

    def _list(self, key: str) -> list[Any]:
        value = self.declared.get(key, [])
        if not isinstance(value, list):
            self.faults.append(f"{key}: must be a list")
            return []
        return value

    def _links(self) -> Iterator[str]:
        links = self._list("links")
        if "links" in self.declared and not links:
            self.faults.append("links: name the documentation pages the rule rests on")
        for link in links:
            parts = urlsplit(link) if isinstance(link, str) else None
            if parts is None or parts.scheme != "https" or "." not in parts.netloc:
                self.faults.append(f"links: {link!r} is no https address")
            else:
                yield link

    # ------------------------------------------------------------ facts
    def _each(self) -> tuple[Each, ...]:
        written = self.declared.get("each")
        if not isinstance(written, dict) or not written:
            self.faults.append("each: must be a mapping of a variable's name to a path, like check: token_checks")
            return ()
        bound: dict[str, Each] = {}
        for name, source in written.items():
            try:
                bound[name] = self._variable(name, source, bound)
            except schema.PathError as error:
                self.faults.append(f"each.{name}: {error}")
        return tuple(bound.values())

    @staticmethod
    def _variable(name: object, source: object, bound: Mapping[str, Each]) -> Each:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in schema.fields(Facts):
            raise schema.PathError("a variable is a lower-case word that is no name of a list of the facts")
        if not isinstance(source, str):
            raise schema.PathError("must be a path like token_checks or check.apps")
        path = tuple(source.split("."))
        start = bound[path[0]].subject if path[0] in bound else Facts
        field = schema.walk(start, path[1:] if path[0] in bound else path)
        if field.kind != "subjects" or field.subject is None:
            raise schema.PathError(f"{source} must be a list of subjects, is {schema.describe(field)}")
        return Each(name, path, field.subject.__name__)

    def _condition(self, key: str, variables: Mapping[str, type[Any]]) -> Condition | None:
        text = self._text(key)
        if not text or not variables:
            return None
        if len(text) > _MOST_FLAG:
            self.faults.append(f"{key}: is longer than three lines ({_MOST_FLAG} characters); a fact is missing")
        try:
            return check(text, variables)
        except ExpressionError as error:
            self.faults.append(f"{key}: {error}")
            return None

    def _subject(self, key: str, written: object, variables: Mapping[str, type[Any]]) -> Path:
        path = tuple(written.split(".")) if isinstance(written, str) else ()
        if not path or path[0] not in variables:
            if variables and key in self.declared:
                self.faults.append(f"{key}: {written!r} does not start with a variable of `each`")
            return ()
        try:
            field = schema.walk(variables[path[0]], path[1:])
        except schema.PathError as error:
            self.faults.append(f"{key}: {error}")
            return ()
        if field.kind != "subject":
            self.faults.append(f"{key}: {written} must be one subject, is {schema.describe(field)}")
        return path

    def _template(self, key: str, variables: Mapping[str, type[Any]], roots: tuple[Path, ...]) -> Template:
        parsed = template(self._text(key))
        for path in parsed.paths:
            dotted = ".".join(path)
            if roots and not any(path[: len(root)] == root for root in roots):
                self.faults.append(f"{key}: {{{dotted}}} is read, but only `at` and `related` identify a finding")
                continue
            if path[0] not in variables:
                continue
            try:
                field = schema.walk(variables[path[0]], path[1:])
            except schema.PathError as error:
                self.faults.append(f"{key}: {{{dotted}}}: {error}")
                continue
            if field.kind in ("subject", "subjects", "place"):
                self.faults.append(
                    f"{key}: {{{dotted}}} must be a text, a number or a set, is {schema.describe(field)}"
                )
        return parsed
