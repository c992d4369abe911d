"""Written text to values: named values, expressions and deployment markers told apart from literal text."""

import re
from collections.abc import Callable, Iterable

from apimdoctor.policy.span import expression_end
from apimdoctor.policy.value import EMPTY, Expression, Literal, Mixed, NamedValue, NamedValues, Unresolved, Value
from apimdoctor.symbols import is_id

Part = Literal | NamedValue | Expression | Unresolved

_SPECIAL = re.compile(r"\{|@[({@]|@Model\.|__|\$[({]|#\{|<|%%|##")
_OPENING = re.compile(r"@[({]")
# Display names hold letters, digits, dots, dashes and underscores (docs: api-management-howto-properties).
_NAMED = r"\{\{[ \t]*+(?P<name>[\w.\-]++)[ \t]*+\}\}"
# Markers of deployment tools: terraform and bicep templates, replacetokens tasks, Octopus, Azure Pipelines.
_MARKER = (
    r"(?P<marker>\{\{[^{}$#]*+(?:[$#]\{[^{}]*+\}\#?[^{}$#]*+)++\}\}|\$\{[^{}\n]++\}|\#\{[^{}\n]++\}\#?"
    r"|\$\([A-Za-z_][\w.\-]*+\)|__[A-Za-z](?:[A-Za-z0-9.\-]|_(?!_))*+__|<[A-Za-z][\w.\- ]*+>"
    r"|%%[A-Za-z][\w.\-]*+%%|\#\#[A-Za-z][\w.\-]*+\#\#|@@[A-Za-z][\w.\-]*+@@|\A@Model(?:\.\w++)++\Z)"
)
# `{tenant-id}`: a marker as a whole value and in the address of something; elsewhere the parameter of a URL template.
# `{tenantid}` is Entra's own, in the issuer of metadata for several tenants (entra-tokens: issuers).
_BRACED = re.compile(r"(?<![{$#%])\{(?!tenantid\})[A-Za-z][\w.\-]*+\}(?!\})", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*+(?:[a-z][a-z0-9+.\-]*+://|\{[^{}]*+\}\s*+\Z)", re.IGNORECASE)
_MARKER_IN_NAME = re.compile(r"__[A-Za-z](?:[A-Za-z0-9.\-]|_(?!_))*+__")
_NAMED_OR_MARKER = re.compile(f"{_NAMED}|{_MARKER}")
_MARKER_ONLY = re.compile(_MARKER)
_NAME_IN_TEXT = re.compile(_NAMED)


def value_of(text: str, start: int = 0, *, named_values: bool = True, brackets: bool = True) -> Value:
    """What a decoded text is: literal text, `{{named}}`, `@(...)`, a deployment tool's marker, or several of these.

    `start` is the text's offset in its document. `named_values=False` for liquid templates, whose `{{ }}` are their own
    (docs: set-body, "Using Liquid templates"), and for the text of a named value, which may not hold another one.
    A parameter of a URL template such as `/orders/{id}` is literal text. `brackets=False`: `<x>` is a tag, not a marker.
    """
    if not _SPECIAL.search(text):
        return Literal(text) if text else EMPTY
    parts: list[Part] = []
    position = 0
    while found := _OPENING.search(text, position):
        end = expression_end(text, found.start())
        if end < 0:
            break  # nothing closes it: it is no expression, and no later one can be told from its rest
        parts += literal_parts(text[position : found.start()], named_values=named_values, brackets=brackets)
        parts.append(expression_part(text[found.start() : end], start + found.start()))
        position = end
    parts += literal_parts(text[position:], named_values=named_values, brackets=brackets)
    return joined(parts)


def expression_part(written: str, start: int) -> Expression:
    """The expression of a decoded `@(...)` or `@{...}`."""
    return Expression(written[2:-1], written[1] == "{", start)


def literal_parts(text: str, *, named_values: bool = True, brackets: bool = True) -> list[Part]:
    """Text without expressions, cut at named values and deployment markers."""
    if not text:
        return []
    if not _SPECIAL.search(text):
        return [Literal(text)]
    if _BRACED.search(text) and _ADDRESS.match(text):
        return _braced(text, named_values=named_values, brackets=brackets)
    parts: list[Part] = []
    position = 0
    for found in (_NAMED_OR_MARKER if named_values else _MARKER_ONLY).finditer(text):
        if found.start() > position:
            parts.append(Literal(text[position : found.start()]))
        marker = found.group("marker")
        if marker and marker[0] == "<" and (not brackets or "</" in text or "/>" in text):
            parts.append(Literal(marker))
            position = found.end()
            continue
        if marker and is_id(marker):
            # What it stands for is not known, but what it is and that it equals itself.
            parts.append(Literal(marker))
        elif marker or _MARKER_IN_NAME.search(found.group()):
            parts.append(Unresolved(found.group()))
        else:
            parts.append(NamedValue(found.group("name")))
        position = found.end()
    if position < len(text):
        parts.append(Literal(text[position:]))
    return parts


def _braced(text: str, *, named_values: bool, brackets: bool) -> list[Part]:
    """An address, or a whole value, with markers in single braces."""
    parts: list[Part] = []
    position = 0
    for found in _BRACED.finditer(text):
        parts += literal_parts(text[position : found.start()], named_values=named_values, brackets=brackets)
        parts.append(Unresolved(found.group()))
        position = found.end()
    return parts + literal_parts(text[position:], named_values=named_values, brackets=brackets)


def joined(parts: Iterable[Part], *, trim: bool = False) -> Value:
    """One value of parts: neighbouring literal text joined, with `trim` without the blanks around the whole."""
    whole: list[Part] = []
    for part in parts:
        if isinstance(part, Literal) and whole and isinstance(whole[-1], Literal):
            whole[-1] = Literal(whole[-1].text + part.text)
        elif part != EMPTY:
            whole.append(part)
    if trim:
        whole = _trimmed(whole)
    if not whole:
        return EMPTY
    return whole[0] if len(whole) == 1 else Mixed(tuple(whole))


def _trimmed(parts: list[Part]) -> list[Part]:
    if parts and isinstance(parts[0], Literal):
        parts[0] = Literal(parts[0].text.lstrip())
    if parts and isinstance(parts[-1], Literal):
        parts[-1] = Literal(parts[-1].text.rstrip())
    return [part for part in parts if part != EMPTY]


def names(value: Value) -> tuple[str, ...]:
    """The display names of the named values in a value, inside its expressions too, each once, in order."""
    found: dict[str, None] = {}
    for part in value.parts if isinstance(value, Mixed) else (value,):
        if isinstance(part, NamedValue):
            found[part.name] = None
        elif isinstance(part, Expression):
            found.update(dict.fromkeys(_NAME_IN_TEXT.findall(part.code)))
    return tuple(found)


def resolve(value: Value, named: NamedValues, missing: Callable[[str], None] | None = None) -> Value:
    """The value with the text of its named values in place, also inside expressions.

    What is secret, unread or missing stays `NamedValue`; `missing` is told the names that do not exist. A named value's
    text may be an expression; named values in it are not replaced again (docs: api-management-howto-properties).
    """
    if isinstance(value, (Literal, Unresolved)):
        return value
    if isinstance(value, Expression):
        return _resolved_code(value, named, missing)
    parts: list[Part] = []
    for part in value.parts if isinstance(value, Mixed) else (value,):
        if isinstance(part, NamedValue):
            parts += _resolved_name(part, named, missing)
        elif isinstance(part, Expression):
            parts.append(_resolved_code(part, named, missing))
        else:
            parts.append(part)
    return joined(parts)


def _resolved_name(part: NamedValue, named: NamedValues, missing: Callable[[str], None] | None) -> tuple[Part, ...]:
    if part.name not in named:
        if missing:
            missing(part.name)
        return (part,)
    text = named[part.name]
    if text is None:
        return (part,)
    value = value_of(text, named_values=False)
    return value.parts if isinstance(value, Mixed) else (value,)


def _resolved_code(part: Expression, named: NamedValues, missing: Callable[[str], None] | None) -> Expression:
    if "{{" not in part.code:
        return part

    def text_of(found: re.Match[str]) -> str:
        name = found.group("name")
        if name not in named and missing:
            missing(name)
        text = named.get(name)
        return found.group() if text is None else text

    code = _NAME_IN_TEXT.sub(text_of, part.code)
    return part if code == part.code else Expression(code, part.block, part.start)
