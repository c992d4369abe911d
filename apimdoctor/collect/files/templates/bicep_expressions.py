"""Expressions of Bicep read with the place of every character, strings of all kinds included.

Source: learn.microsoft.com/azure/azure-resource-manager/bicep/data-types, operators and bicep-functions-lambda.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from apimdoctor.collect.files.segments import Place, Segment, Text, Written, literal
from apimdoctor.collect.files.templates.nodes import Kind, Node, Resource, Scalar

MAX_DEPTH = 60
"""Deeper nesting is hostile: nobody writes it by hand."""

_COMMENT = r"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/|#(?:disable|restore)-[^\n]*+"
_BLANK = re.compile(rf"(?:[ \t\r]++|{_COMMENT})*+")
_BLANK_OR_LINE = re.compile(rf"(?:\s++|{_COMMENT})*+")
NAME = re.compile(r"[A-Za-z_]\w*+", re.ASCII)
_NUMBER = re.compile(r"\d++", re.ASCII)
_LAMBDA = re.compile(r"(?:\(\s*((?:[A-Za-z_]\w*+\s*,?\s*)*+)\)|([A-Za-z_]\w*+))\s*=>", re.ASCII)
_FOR = re.compile(r"for\s+(?:\(\s*(\w++)\s*,\s*(\w++)\s*\)|(\w++))\s+in\b", re.ASCII)
_NESTED = re.compile(r"resource\s+(\w++)\s+'([^'\n]*+)'\s*(existing\b)?\s*=\s*", re.ASCII)
_CHUNK = re.compile(r"(?:[^'\\$\n]++|\$(?!\{))++")
_ESCAPE = re.compile(r"\\(?:([nrt\\'$])|u\{([0-9a-fA-F]{1,6})\})")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", "$": "$"}
_OPERATOR = re.compile(r"\?\?|\|\||&&|==|!=|=~|!~|<=|>=|<|>|\+|-|\*|/(?![/*])|%")
_STRENGTH = {
    "??": 1, "||": 2, "&&": 3, "==": 4, "!=": 4, "=~": 4, "!~": 4, "<": 5, ">": 5, "<=": 5, ">=": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "%": 7,
}  # fmt: skip
_CONSTANTS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


class FaultError(Exception):
    """A text that is not what Bicep allows there; the offset is where."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.what = what
        self.at = at


class Reader:
    """One pass over the text of one Bicep file."""

    def __init__(self, text: str, document: str) -> None:
        self.text = text
        self.file = Written(document, text)
        self.at = 0
        self.depth = 0
        self.nested: list[Resource] = []
        self.owners: list[tuple[str, str]] = []
        self.paths: list[tuple[int, str]] = []
        """Files that are loaded, with the line."""
        self._loose = 0

    # Places

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, counted from 1."""
        return self.file.line_and_column(offset)

    def node(self, kind: Kind, start: int, value: Scalar = None, *children: Node) -> Node:
        """A node that starts at an offset."""
        line, column = self.place(start)
        return Node(kind, value, children, line, column)

    # Words

    def blank(self, *, lines: bool = False) -> None:
        """Skips blanks and comments, with `lines` also line breaks."""
        found = (_BLANK_OR_LINE if lines or self._loose else _BLANK).match(self.text, self.at)
        self.at = found.end() if found else self.at

    def take(self, word: str) -> bool:
        """Skips a sign, if it comes next."""
        self.blank()
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def need(self, word: str) -> None:
        """Skips a sign that must come next."""
        if not self.take(word):
            raise FaultError(f"{word!r} is missing", self.at)

    def name(self) -> str:
        """The name that comes next, or ""."""
        self.blank()
        found = NAME.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    # Expressions

    def expression(self) -> Node:
        """One expression."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FaultError("it is nested too deep", self.at)
        try:
            self.blank()
            found = _LAMBDA.match(self.text, self.at)
            if found is not None:
                start, self.at = self.at, found.end()
                self.blank(lines=True)
                names = (found[1] if found[1] is not None else found[2]).replace(" ", "").strip(",")
                return self.node("lambda", start, names, self.expression())
            return self._choice()
        finally:
            self.depth -= 1

    def _choice(self) -> Node:
        start = self.at
        condition = self._binary(1)
        if not self._ahead("?") or self._ahead("??"):
            return condition
        self._skip_to("?")
        self.blank(lines=True)
        then = self.expression()
        if not self._ahead(":"):
            raise FaultError("':' is missing", self.at)
        self._skip_to(":")
        self.blank(lines=True)
        return self.node("choice", start, None, condition, then, self.expression())

    def _ahead(self, sign: str) -> bool:
        """Whether a sign comes next, also on a later line."""
        found = _BLANK_OR_LINE.match(self.text, self.at)
        return self.text.startswith(sign, found.end() if found else self.at)

    def _skip_to(self, sign: str) -> None:
        self.blank(lines=True)
        self.need(sign)

    def _binary(self, least: int) -> Node:
        self.blank()
        start = self.at
        left = self._unary()
        while True:
            self.blank()
            found = _OPERATOR.match(self.text, self.at)
            strength = _STRENGTH[found[0]] if found is not None else 0
            if found is None or strength < least:
                return left
            self.at = found.end()
            self.blank(lines=True)
            left = self.node("binary", start, found[0], left, self._binary(strength + 1))

    def _unary(self) -> Node:
        self.blank()
        signs = []
        while self.text[self.at : self.at + 1] in ("!", "-") and self.text[self.at :]:
            signs.append((self.at, self.text[self.at]))
            self.at += 1
            self.blank()
        found = self._followed(self._primary())
        for start, sign in reversed(signs):
            found = self.node("unary", start, sign, found)
        return found

    def _followed(self, base: Node) -> Node:
        """What follows a value: `.name`, `[at]`, `::nested`, `.method()` and their forgiving forms."""
        while True:
            start = self.at
            self.blank()
            if self.text.startswith("::", self.at):
                self.at += 2
                base = self.node("name", start, self.name())
            elif self.text[self.at : self.at + 1] == ".":
                self.at += 2 if self.text.startswith(".?", self.at) else 1
                named = self.at
                name = self.name()
                if not name:
                    raise FaultError("a name is missing", self.at)
                if self.text[self.at : self.at + 1] == "(":
                    base = self._loaded(self.node("method", start, name, *self._arguments())).with_first(base)
                else:
                    base = self.node("member", named, name, base)
            elif self.text[self.at : self.at + 1] == "[" and self.at == start:
                self.at += 2 if self.text.startswith("[?", self.at) else 1
                base = self.node("index", start, None, base, self._inside("]"))
            elif self.text[self.at : self.at + 1] == "!" and self.text[self.at + 1 : self.at + 2] not in ("=", "~"):
                self.at += 1
            else:
                self.at = start
                return base

    def _inside(self, closing: str) -> Node:
        self._loose += 1
        try:
            found = self.expression()
            self.need(closing)
            return found
        finally:
            self._loose -= 1

    def _arguments(self) -> tuple[Node, ...]:
        self.need("(")
        self._loose += 1
        found = []
        try:
            while not self.take(")"):
                found.append(self.expression())
                if not self.take(","):
                    self.need(")")
                    break
        finally:
            self._loose -= 1
        return tuple(found)

    def _primary(self) -> Node:
        start = self.at
        sign = self.text[start : start + 1]
        if sign == "'" or (sign == "$" and self._is_interpolated(start)):
            return self.string()
        if sign == "{":
            return self.object()
        if sign == "[":
            return self._list()
        if sign == "(":
            self.at += 1
            return self._inside(")")
        number = _NUMBER.match(self.text, start)
        if number is not None:
            self.at = number.end()
            return self.node("literal", start, int(number[0][:18]))
        name = self.name()
        if not name:
            raise FaultError("an expression is missing", start)
        if self.text[self.at : self.at + 1] == "(":
            return self._loaded(self.node("call", start, name, *self._arguments()))
        if name in _CONSTANTS:
            return self.node("literal", start, _CONSTANTS[name])
        return self.node("name", start, name)

    def _loaded(self, call: Node) -> Node:
        """Notes the file that a call such as loadTextContent names."""
        if call.word.lower().startswith("load"):
            path = call.children[0] if call.children else None
            self.paths.append((call.line, path.word if path is not None and path.kind == "literal" else ""))
        return call

    # Objects and lists

    def object(self) -> Node:
        """`{ name: value ... }`; resources nested in it are kept aside."""
        start = self.at
        self.need("{")
        loose, self._loose = self._loose, 0
        found: list[Node] = []
        try:
            while not self._closed("}"):
                nested = _NESTED.match(self.text, self.at)
                if self.text[self.at] == "@":
                    self.at += 1
                    self.expression()
                elif nested is not None:
                    self._nested_resource(nested)
                else:
                    found.append(self._pair())
        finally:
            self._loose = loose
        return self.node("object", start, None, *found)

    def _closed(self, sign: str) -> bool:
        self.blank(lines=True)
        while self.text[self.at : self.at + 1] == ",":
            self.at += 1
            self.blank(lines=True)
        if self.at >= len(self.text):
            raise FaultError(f"{sign!r} is missing", self.at)
        return self.take(sign)

    def _pair(self) -> Node:
        start = self.at
        if self.text.startswith("...", start):
            self.at += 3
            return self.node("spread", start, None, self.expression())
        key: Node | None = None
        name = self.name()
        if not name:
            if self.text[self.at : self.at + 1] != "'":
                raise FaultError("the name of a property is missing", self.at)
            key = self.string()
            name = key.word if key.kind == "literal" else ""
        self.need(":")
        self.blank(lines=True)
        value = self.expression()
        if key is not None and key.kind != "literal":
            return self.node("pair", start, None, key, value)
        return self.node("pair", start, name, value)

    def _list(self) -> Node:
        start = self.at
        self.need("[")
        loose, self._loose = self._loose, 0
        found: list[Node] = []
        try:
            while not self._closed("]"):
                loop = _FOR.match(self.text, self.at)
                if loop is not None and not found:
                    made = self.loop(loop)
                    self.blank(lines=True)
                    self.need("]")
                    return made
                if self.text.startswith("...", self.at):
                    self.at += 3
                    found.append(self.node("spread", self.at, None, self.expression()))
                else:
                    found.append(self.expression())
        finally:
            self._loose = loose
        return self.node("list", start, None, *found)

    def loop(self, found: re.Match[str]) -> Node:
        """`for item in items: body`, without the brackets around it."""
        start, self.at = self.at, found.end()
        over = self.expression()
        self.need(":")
        self.blank(lines=True)
        names = f"{found[1]},{found[2]}" if found[1] else found[3]
        return self.node("for", start, names, over, self.conditional())

    def conditional(self) -> Node:
        """A body, perhaps behind `if (condition)`."""
        self.blank()
        start = self.at
        if self.text.startswith("if", start) and self.text[start + 2 :].lstrip()[:1] == "(":
            self.at += 2
            self.need("(")
            condition = self._inside(")")
            self.blank(lines=True)
            return self.node("if", start, None, condition, self.expression())
        return self.expression()

    def body(self) -> Node:
        """What a resource or a module is: an object, perhaps behind `if`, or a loop over such."""
        self.blank(lines=True)
        if self.text[self.at : self.at + 1] == "[":
            return self._list()
        return self.conditional()

    def _nested_resource(self, found: re.Match[str]) -> None:
        written = found[2].partition("@")[0]
        owner, kind = self.owners[-1] if self.owners else ("", "")
        symbol = f"{owner}::{found[1]}"  # two resources may each hold one of this name
        whole = written if "." in written or not kind else f"{kind}/{written}"
        line, column = self.place(self.at)
        self.at = found.end()
        made = Resource(symbol, whole, Node("unknown"), bool(found[3]), owner, line, column)
        self.owners.append((symbol, whole))
        try:
            body = self.body()
        finally:
            self.owners.pop()
        self.nested.append(replace(made, body=body))

    # Strings

    def _is_interpolated(self, start: int) -> bool:
        dollars = start
        while self.text[dollars : dollars + 1] == "$":
            dollars += 1
        return self.text.startswith("'''", dollars)

    def string(self) -> Node:
        """A string of any kind: `'...'` and `$'''...'''` with what is interpolated, `'''...'''` as it stands."""
        start = self.at
        dollars = 0
        while self.text[self.at : self.at + 1] == "$":
            self.at += 1
            dollars += 1
        if self.text.startswith("'''", self.at):
            return self._multi_line(start, "$" * dollars + "{" if dollars else "")
        self.at += 1
        parts: list[Node] = []
        while True:
            chunk = self._chunk()
            if chunk.segments:
                parts.append(self.node("literal", start, chunk))
            if self.text.startswith("${", self.at):
                parts.append(self._interpolated(2))
            elif self.text[self.at : self.at + 1] == "'":
                self.at += 1
                return self._text(start, parts)
            else:
                raise FaultError("the string is never closed", start)

    def _interpolated(self, skip: int) -> Node:
        self.at += skip
        return self._inside("}")

    def _text(self, start: int, parts: list[Node]) -> Node:
        if not parts:
            return self.node("literal", start, Text())
        if len(parts) == 1 and parts[0].kind == "literal":
            return parts[0]
        return self.node("text", start, None, *parts)

    def _chunk(self) -> Text:
        """Literal characters up to the quote or an interpolation, escapes replaced."""
        pieces: list[Segment] = []
        while True:
            start = self.at
            found = _CHUNK.match(self.text, start)
            if found is not None:
                pieces.append(Segment(found[0], Place(self.file, start)))
                self.at = found.end()
                continue
            escape = _ESCAPE.match(self.text, start)
            if escape is None:
                return Text(tuple(pieces))
            code = int(escape[2], 16) if escape[2] else 0
            sign = (
                _ESCAPES[escape[1]]
                if escape[1]
                else "\ufffd"
                if code > 0x10FFFF or 0xD800 <= code < 0xE000
                else chr(code)
            )
            pieces.append(Segment(sign, Place(self.file, start)))
            self.at = escape.end()

    def _multi_line(self, start: int, opening: str) -> Node:
        """`'''...'''`: the line break right after the quotes is no part of it, and nothing is escaped."""
        self.at += 3
        for newline in ("\r\n", "\n"):
            if self.text.startswith(newline, self.at):
                self.at += len(newline)
                break
        end = self.text.find("'''", self.at)
        if end < 0:
            raise FaultError("the string is never closed", start)
        while self.text[end + 3 : end + 4] == "'":
            end += 1
        parts: list[Node] = []
        while opening and (found := self.text.find(opening, self.at, end)) >= 0:
            parts += self._verbatim(self.at, found)
            self.at = found
            parts.append(self._interpolated(len(opening)))
        parts += self._verbatim(self.at, end)
        self.at = end + 3
        return self._text(start, parts)

    def _verbatim(self, start: int, end: int) -> list[Node]:
        if start >= end:
            return []
        return [self.node("literal", start, literal(self.text[start:end], Place(self.file, start)))]
