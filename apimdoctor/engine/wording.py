"""Messages with facts in them: `{check.accepted_issuers}` in a rule's text, and how a fact reads in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from apimdoctor.facts.values import Unknown, Values

_PLACEHOLDER = re.compile(r"(?<!\{)\{([A-Za-z_][\w.]*)\}(?!\})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SOURCE = re.compile(r"^(header|query|variable):(.+)$", re.DOTALL)
"""How facts name where a token stands."""
_MOST_ITEMS = 6
_MOST_TEXT = 240
_MOST_EVIDENCE = 50

Path = tuple[str, ...]
Fact = str | int | bool | Values | tuple[str, ...] | Unknown


class Template(Struct, frozen=True):
    """A text with placeholders, split once: texts and paths by turns."""

    parts: tuple[str | Path, ...]

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else "{" + ".".join(part) + "}" for part in self.parts)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The facts it shows, each once, in order."""
        return tuple(dict.fromkeys(part for part in self.parts if isinstance(part, tuple)))

    def filled(self, fact: Callable[[Path], object]) -> str:
        """The text with each placeholder replaced by the fact `fact` finds for it."""
        return "".join(part if isinstance(part, str) else shown(fact(part)) for part in self.parts)


def template(text: str) -> Template:
    """A template from its text; `{{name}}` is an API Management named value and stays as it is."""
    pieces = _PLACEHOLDER.split(text)
    return Template(
        tuple(
            tuple(piece.split(".")) if place % 2 else piece for place, piece in enumerate(pieces) if place % 2 or piece
        )
    )


def shown(value: object) -> str:
    """A fact as it stands in a sentence: one line, no control characters, long lists cut with their rest counted."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Unknown(because=because):
            return f"something not known ({_line(because)})"
        case Values(all=True):
            return "any value"
        case Values():
            listed = _listed([*value.known, *value.symbols])
            if not value.rest:
                return listed or "nothing"
            return f"{listed} and perhaps more" if listed else f"something not known ({_line(value.rest)})"
        case tuple():
            return _listed([str(item) for item in value]) or "nothing"
    return _line(_SOURCE.sub(r"the \1 \2", str(value)))


def evidence(value: object) -> object:
    """A fact as a report's JSON holds it: a text, a number, true or false, or a list of texts."""
    match value:
        case bool() | int():
            return value
        case Values(all=True):
            return ["(any value)"]
        case Values():
            known = [_line(text) for text in (*value.known, *value.symbols)][:_MOST_EVIDENCE]
            return [*known, f"(perhaps more: {_line(value.rest)})"] if value.rest else known
        case tuple():
            return [_line(str(item)) for item in value][:_MOST_EVIDENCE]
    return shown(value)


def _listed(items: list[str]) -> str:
    lines = [_line(item) for item in items[:_MOST_ITEMS]]
    if len(items) > _MOST_ITEMS:
        return ", ".join(lines) + f" and {len(items) - _MOST_ITEMS} more"
    return " and ".join([", ".join(lines[:-1]), lines[-1]]) if len(lines) > 1 else "".join(lines)


def _line(text: str) -> str:
    plain = " ".join(_CONTROL.sub(" ", text).split())
    return plain if len(plain) <= _MOST_TEXT else plain[: _MOST_TEXT - 1] + "…"
