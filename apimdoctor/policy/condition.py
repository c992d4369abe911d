"""Whether a condition holds, as far as its text and the constants that variables hold decide it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from apimdoctor.policy.value import Expression, Literal, Value

LONGEST = 4_000
DEEPEST = 40
"""Longer or deeper conditions stay undecided: they are not the guards that this module is for."""

UNSET = None
Held = str | None
"""Text that a variable holds; UNSET when nothing set it."""

Answer = bool | None
"""None: not decided by what is known."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A condition that is constant."""

    answer: bool


@dataclass(frozen=True, slots=True)
class _Not:
    part: "_Test"


@dataclass(frozen=True, slots=True)
class _All:
    parts: "tuple[_Test, ...]"


@dataclass(frozen=True, slots=True)
class _Any:
    parts: "tuple[_Test, ...]"


@dataclass(frozen=True, slots=True)
class _Method:
    """The request's method is (one of) these."""

    method: str


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable compared with a text; `default` is what an unset one counts as, None: an unset one raises an error."""

    name: str
    equals: str
    default: str | None
    fold: bool = False


@dataclass(frozen=True, slots=True)
class _IsSet:
    """`Variables.ContainsKey`."""

    name: str


@dataclass(frozen=True, slots=True)
class _Open:
    """Something that only a request decides."""


_Test = _Known | _Not | _All | _Any | _Method | _Variable | _IsSet | _Open
_OPEN = _Open()

_TOKEN = re.compile(
    r'(?P<text>@?\$?"(?:[^"\\]|\\.)*+"|\'(?:[^\'\\]|\\.)*+\')|(?P<and>&&)|(?P<or>\|\|)|(?P<open>[(\[{])|(?P<close>[)\]}])'
    r"|(?P<not>!(?!=))|(?P<other>[^\"'&|()\[\]{}!]++|.)",
    re.DOTALL,
)
_STRING = r'"((?:[^"\\]|\\.)*+)"'
_VARS = r"context\s*\.\s*Variables"
_GET = (
    rf"{_VARS}\s*\.\s*GetValueOrDefault\s*(?:<\s*(?P<type>[\w.?]+)\s*>)?"
    r'\s*\(\s*"(?P<a>[^"\\]*)"\s*(?:,\s*(?P<default>"[^"\\]*"|\w+)\s*)?\)'
)
_INDEX = rf'(?:\(\s*(?P<cast>[\w.?]+)\s*\)\s*)?{_VARS}\s*\[\s*"(?P<b>[^"\\]*)"\s*\]'
_CONVERTED = rf"Convert\s*\.\s*ToBoolean\s*\(\s*(?:{_INDEX.replace('<cast>', '<cast2>').replace('<b>', '<c>')})\s*\)"
_SOURCE = rf"(?:(?:{_GET})|(?:{_INDEX})|(?:{_CONVERTED}))(?:\s*\.\s*ToString\s*\(\s*\))?"
_COMPARED = re.compile(
    rf'^\(*{_SOURCE}\)*(?:\s*(?:\.\s*Equals\s*\(|(?P<op>==|!=))\s*(?P<value>"[^"\\]*"|true|false|null)\s*(?P<fold>,[^)]*)?\)?)?$',
    re.DOTALL,
)
_CONTAINS = re.compile(rf'^{_VARS}\s*\.\s*ContainsKey\s*\(\s*"([^"\\]*)"\s*\)$')
_METHOD = re.compile(
    r"^context\s*\.\s*Request\s*\.\s*Method(?:\s*\.\s*To(?:Upper|Lower)(?:Invariant)?\s*\(\s*\))?\s*"
    r'(?:(?P<op>==|!=)\s*|\.\s*Equals\s*\(\s*)"(?P<method>[A-Za-z]+)"(?:\s*,[^)]*)?\s*\)?$'
)
_METHOD_TURNED = re.compile(
    r'^"(?P<method>[A-Za-z]+)"\s*(?:(?P<op>==|!=)\s*|\.\s*Equals\s*\(\s*)context\s*\.\s*Request\s*\.\s*Method\s*(?:,[^)]*)?\)?$'
)
_TEXTS = re.compile(rf"^{_STRING}\s*(?P<op>==|!=)\s*{_STRING}$", re.DOTALL)


def variables_of(value: Value) -> frozenset[str]:
    """The variables whose constants may decide a condition."""
    return frozenset(_named(_test_of(value)))


def holds(value: Value, held: Callable[[str], Held | object], method: str = "") -> Answer:
    """Whether a condition holds. `held` tells the constant of a variable: text, UNSET, or anything else for unknown.

    Without `method`, `context.Request.Method == "OPTIONS"` does not hold: a preflight carries no token, and the way of
    all other requests is what is asked for.
    """
    return _answer(_test_of(value), held, method.upper())


def _test_of(value: Value) -> _Test:
    if isinstance(value, Literal):
        text = value.text.strip().lower()
        return _Known(text == "true") if text in ("true", "false") else _OPEN
    if not isinstance(value, Expression) or len(value.code) > LONGEST:
        return _OPEN
    return _read(value.code, value.block)


@lru_cache(maxsize=2048)
def _read(code: str, block: bool) -> _Test:
    text = code.strip()
    if block:
        found = re.fullmatch(r"return\s+(.*?);", text, re.DOTALL)
        if not found or ";" in found.group(1):
            return _OPEN
        text = found.group(1)
    if "//" in text or "/*" in text:
        return _OPEN
    return _parsed(text, 0)


def _parsed(text: str, depth: int) -> _Test:
    text = _bare(text.strip())
    if depth > DEEPEST:
        return _OPEN
    for kind in ("or", "and"):
        parts = _split(text, kind)
        if len(parts) > 1:
            tests = tuple(_parsed(part, depth + 1) for part in parts)
            return _Any(tests) if kind == "or" else _All(tests)
    if text.startswith("!") and not text.startswith("!="):
        rest = text[1:].strip()
        return _Not(_parsed(rest, depth + 1))
    return _atom(text)


def _bare(text: str) -> str:
    """Without brackets around the whole."""
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for found in _TOKEN.finditer(text):
            depth += 1 if found.lastgroup == "open" else -1 if found.lastgroup == "close" else 0
            if depth == 0:
                break
        if found.end() != len(text):
            return text
        text = text[1:-1].strip()
    return text


def _split(text: str, kind: str) -> list[str]:
    parts: list[str] = []
    depth = start = 0
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "open":
            depth += 1
        elif found.lastgroup == "close":
            depth -= 1
        elif found.lastgroup == kind and depth == 0:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]


def _atom(text: str) -> _Test:
    if text in ("true", "false"):
        return _Known(text == "true")
    if found := _TEXTS.match(text):
        return _Known((found.group(1) == found.group(3)) == (found.group("op") == "=="))
    if found := _CONTAINS.match(text):
        return _IsSet(found.group(1))
    if found := _METHOD.match(text) or _METHOD_TURNED.match(text):
        test = _Method(found.group("method").upper())
        return _Not(test) if found.group("op") == "!=" else test
    if found := _COMPARED.match(text):
        return _compared(found)
    return _OPEN


def _compared(found: re.Match[str]) -> _Test:
    name = found.group("a") or found.group("b") or found.group("c") or ""
    kind = (
        (found.group("type") or found.group("cast") or ("bool" if found.group("c") else "")).rpartition(".")[2].lower()
    )
    given = found.group("default")
    default: str | None = None  # Variables["x"] of an unset variable is an error, no default
    if found.group("a") is not None:
        default = given.strip('"') if given else "false" if kind in ("bool", "boolean") else ""
    if given == "null":
        default = ""
    value = found.group("value")
    if value == "null":
        test: _Test = _Not(_IsSet(name))
    elif value is None:
        if kind not in ("bool", "boolean"):
            return _OPEN
        test = _Variable(name, "true", default, fold=True)
    else:
        fold = bool(found.group("fold")) or value in ("true", "false")
        test = _Variable(name, value.strip('"'), default, fold)
    return _Not(test) if found.group("op") == "!=" else test


def _named(test: _Test) -> set[str]:
    if isinstance(test, (_Variable, _IsSet)):
        return {test.name}
    if isinstance(test, _Not):
        return _named(test.part)
    if isinstance(test, (_All, _Any)):
        return {name for part in test.parts for name in _named(part)}
    return set()


def _answer(test: _Test, held: Callable[[str], Held | object], method: str) -> Answer:
    match test:
        case _Known(answer):
            return answer
        case _Not(part):
            inner = _answer(part, held, method)
            return None if inner is None else not inner
        case _All(parts) | _Any(parts):
            wanted = isinstance(test, _Any)
            answers = [_answer(part, held, method) for part in parts]
            if wanted in answers:
                return wanted
            return None if None in answers else not wanted
        case _Method(name):
            return name == method if method else False if name == "OPTIONS" else None
        case _IsSet(name):
            now = held(name)
            return False if now is UNSET else True if isinstance(now, str) else None
        case _Variable():
            return _compare(test, held(test.name))
        case _:
            return None


def _compare(test: _Variable, now: Held | object) -> Answer:
    if now is UNSET:
        now = test.default
    if not isinstance(now, str):
        return None
    return now.lower() == test.equals.lower() if test.fold else now == test.equals
