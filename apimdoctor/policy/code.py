"""The C# of a policy expression: its tokens, and the small tree that everything else reads."""

import re
from typing import Literal, NamedTuple

Kind = Literal[
    "text", "number", "constant", "named", "name", "member", "index", "call", "cast", "unary", "binary", "condition",
    "joined", "lambda", "new", "list", "out", "is", "declare", "assign", "return", "if", "block", "other",
]  # fmt: skip
"""`text`: a literal string (`text` its value); `constant`: true, false, null; `named`: `{{name}}` outside of a string;
`joined`: an interpolated string; `list`: what an initializer in braces holds; `out`: an out argument."""


class Node(NamedTuple):
    """A piece of C#: `text` is its name, operator, type or literal value, `parts` what it is made of.

    The parts of a member or index begin with its receiver, those of a call with what is called.
    """

    kind: Kind
    text: str = ""
    parts: tuple["Node", ...] = ()


class OutsideError(Exception):
    """The code has a shape this small reader does not know; it may be good C#."""


class Token(NamedTuple):
    """A token: `kind` is `text`, `joined`, `number`, `name`, `named` or `mark`."""

    kind: str
    text: str
    parts: tuple["Token | tuple[Token, ...]", ...] = ()
    """Of an interpolated string: its texts and named values, and the tokens of its holes."""


_MAX_NESTED_STRINGS = 6

_TOKEN = re.compile(
    r"""(?P<blank>\s++|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)
    |(?P<named>\{\{[ \t]*+(?P<display>[\w.\-]++)[ \t]*+\}\})
    |(?P<verbatim>@"(?P<exact>(?:[^"]++|"")*+)")
    |(?P<joined>(?:\$@|@\$|\$)")
    |(?P<string>"(?P<inner>(?:[^"\\]++|\\.)*+)")
    |(?P<char>'(?P<one>\\.[^']{0,8}|[^'\\])')
    |(?P<number>\d[\w.]*+)
    |(?P<name>@?[^\W\d]\w*+)
    |(?P<mark>=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|[-+*/%&|^]=|[{}()\[\].,;:?+\-*/%&|^!~<>=])""",
    re.VERBOSE | re.DOTALL,
)
_JOINED_TEXT = {
    False: re.compile(r"""(?:[^"\\{}]++|\\.|\}\}|\}|\{\{(?![ \t]*+[\w.\-]++[ \t]*+\}\}))*+""", re.DOTALL),
    True: re.compile(r"""(?:[^"{}]++|""|\}\}|\}|\{\{(?![ \t]*+[\w.\-]++[ \t]*+\}\}))*+"""),
}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{1,4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unescaped(inner: str) -> str:
    """The value of what stands between the quotation marks of a regular C# string."""
    if "\\" not in inner:
        return inner

    def character(found: re.Match[str]) -> str:
        code = found.group(1) or found.group(2)
        return chr(int(code, 16)) if code else _ESCAPES.get(found.group(3), found.group(3))

    return _ESCAPE.sub(character, inner)


def tokens(code: str, nested: int = 0) -> list[Token]:
    """The tokens of a code, blanks and comments left out; raises `OutsideError` where no token begins."""
    found, end = _tokens(code, 0, nested, in_hole=False)
    if end < len(code):
        raise OutsideError(f"no token begins with {code[end : end + 1]!r}")
    return found


def _tokens(code: str, position: int, nested: int, *, in_hole: bool) -> tuple[list[Token], int]:
    """The tokens from here; in the hole of an interpolated string up to the brace that ends it."""
    result: list[Token] = []
    depth = 0
    while match := _TOKEN.match(code, position):
        kind = match.lastgroup or ""
        kind = {"display": "named", "exact": "verbatim", "inner": "string", "one": "char"}.get(kind, kind)
        end = match.end()
        if kind == "joined":
            parts, end = _joined(code, end, "@" in match.group(), nested + 1)
            result.append(Token("joined", "", parts))
        elif kind == "verbatim":
            result.append(Token("text", match.group("exact").replace('""', '"')))
        elif kind in ("string", "char"):
            result.append(Token("text", unescaped(match.group("inner" if kind == "string" else "one"))))
        elif kind == "named":
            result.append(Token("named", match.group("display")))
        elif kind != "blank":
            text = match.group()
            if in_hole and text in "{}":
                if text == "}" and not depth:
                    return result, position
                depth += 1 if text == "{" else -1
            result.append(Token(kind, text.removeprefix("@") if kind == "name" else text))
        position = end
    return result, position


def _joined(code: str, position: int, exact: bool, nested: int) -> tuple[tuple[Token | tuple[Token, ...], ...], int]:
    """The parts of an interpolated string, and the offset after its closing mark."""
    if nested > _MAX_NESTED_STRINGS:
        raise OutsideError("strings nested too deep")
    parts: list[Token | tuple[Token, ...]] = []
    while True:
        match = _JOINED_TEXT[exact].match(code, position)
        end = match.end() if match else position
        if end > position:
            text = code[position:end].replace("{{", "{").replace("}}", "}")
            parts.append(Token("text", text.replace('""', '"') if exact else unescaped(text)))
        position = end
        if code.startswith('"', position):
            return tuple(parts), position + 1
        named = _TOKEN.match(code, position)
        if named and named.group("named"):
            parts.append(Token("named", named.group("display")))
            position = named.end()
        elif code.startswith("{", position):
            hole, end = _tokens(code, position + 1, nested, in_hole=True)
            if not code.startswith("}", end):
                raise OutsideError("an interpolated string that does not end")
            parts.append(tuple(hole))
            position = end + 1
        else:
            raise OutsideError("an interpolated string that does not end")
