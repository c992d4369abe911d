"""The template language inside strings, heredocs and template files: `${...}`, `%{ if }`, `%{ for }`, `~` and escapes."""

import re

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect.files.segments import Place, Segment, Text, Written

_SPECIAL = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_SPECIAL_OR_ESCAPE = re.compile(r"\$\$\{|%%\{|\$\{|%\{|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.", re.DOTALL)
_INSIDE = re.compile(r'["{}]')
_IN_STRING = re.compile(r'\\.|\$\$\{|\$\{|%\{|"', re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORD = re.compile(r"\s*+(if|else|endif|for|endfor)\b")
_FOR = re.compile(r"\s*+([\w-]++)\s*+(?:,\s*+([\w-]++)\s*+)?in\b")
MAX_DEPTH = 40


class Literal(Struct):
    """Text as it is."""

    segments: list[Segment]

    @property
    def text(self) -> Text:
        """As a value."""
        return Text(tuple(self.segments))


class Hole(Struct):
    """`${...}`: the stretch of the expression."""

    start: int
    end: int
    place: Place


class If(Struct):
    """`%{ if c }...%{ else }...%{ endif }`."""

    start: int
    end: int
    place: Place
    then: "Parts" = field(default_factory=list)
    otherwise: "Parts" = field(default_factory=list)


class For(Struct):
    """`%{ for k, v in c }...%{ endfor }`."""

    start: int
    end: int
    place: Place
    key: str
    value: str
    each: "Parts" = field(default_factory=list)


Parts = list[Literal | Hole | If | For]


class TemplateError(Exception):
    """A template that is none; `offset` is where in the file."""

    def __init__(self, why: str, offset: int) -> None:
        super().__init__(why)
        self.offset = offset


def parts_of(file: Written, start: int, end: int, *, quoted: bool = False, indent: int = 0) -> Parts:
    """The parts of a template in a file. `quoted`: backslash escapes count; `indent`: blanks taken from every line."""
    return _Scanner(file, start, end, quoted, indent).read()


class _Scanner:
    """One pass over one template."""

    def __init__(self, file: Written, start: int, end: int, quoted: bool, indent: int) -> None:
        self.file = file
        self.at = start
        self.end = end
        self.indent = indent
        self.special = _SPECIAL_OR_ESCAPE if quoted else _SPECIAL
        self.top: Parts = []
        self.open: list[tuple[If | For, Parts]] = []
        self.into = self.top
        self.strip_next = False

    def read(self) -> Parts:
        """All parts."""
        text = self.file.text
        while self.at < self.end:
            found = self.special.search(text, self.at, self.end)
            if found is None:
                self._literal(self.at, self.end)
                break
            self._literal(self.at, found.start())
            mark = found[0]
            self.at = found.end()
            if mark == "${":
                self._hole(found.start())
            elif mark == "%{":
                self._directive(found.start())
            elif mark[0] == "\\":
                self._keep(Segment(_unescaped(mark), Place(self.file, found.start())))
            else:
                self._literal(found.start() + 1, found.end())
        if self.open:
            raise TemplateError("a directive %{ if } or %{ for } is never closed", self.open[-1][0].place.offset)
        return self.top

    def _literal(self, start: int, end: int) -> None:
        text = self.file.text
        if self.strip_next:
            # Up to the end of the line: the blanks of the next one stay.
            while start < end and text[start].isspace():
                start += 1
                if text[start - 1] == "\n":
                    break
            self.strip_next = start >= end and text[start - 1] != "\n"
        if start >= end:
            return
        if not self.indent:
            self._keep(Segment(text[start:end], Place(self.file, start)))
            return
        while start < end:
            # At the start of a line the blanks that <<- takes away are skipped.
            if start == 0 or text[start - 1] == "\n":
                blank = start
                while blank < end and blank - start < self.indent and text[blank] in " \t":
                    blank += 1
                start = blank
            line = text.find("\n", start, end) + 1 or end
            if line > start:
                self._keep(Segment(text[start:line], Place(self.file, start)))
            start = line

    def _keep(self, segment: Segment) -> None:
        last = self.into[-1] if self.into else None
        if isinstance(last, Literal):
            last.segments.append(segment)
        else:
            self.into.append(Literal([segment]))

    def _inside(self, opened: int) -> tuple[int, int]:
        """The stretch between the braces, without strip marks; the scan goes on behind it."""
        close = _closing(self.file.text, self.at, self.end)
        if close < 0:
            raise TemplateError("a ${ or %{ is never closed", opened)
        start, stop, text = self.at, close, self.file.text
        if text.startswith("~", start):
            start += 1
            self._strip_last()
        if stop > start and text[stop - 1] == "~":
            stop -= 1
            self.strip_next = True
        else:
            self.strip_next = False
        self.at = close + 1
        return start, stop

    def _strip_last(self) -> None:
        last = self.into[-1] if self.into else None
        if isinstance(last, Literal) and last.segments:
            last.segments[-1] = replace(last.segments[-1], text=last.segments[-1].text.rstrip(" \t"))

    def _hole(self, opened: int) -> None:
        start, stop = self._inside(opened)
        self.into.append(Hole(start, stop, Place(self.file, opened)))

    def _directive(self, opened: int) -> None:
        start, stop = self._inside(opened)
        text, place = self.file.text, Place(self.file, opened)
        word = _WORD.match(text, start, stop)
        if word is None:
            raise TemplateError("a directive is neither if nor for", opened)
        match word[1]:
            case "if":
                self._enter(If(word.end(), stop, place))
            case "for":
                names = _FOR.match(text, word.end(), stop)
                if names is None:
                    raise TemplateError("%{ for } names no variable", opened)
                key, value = (names[1], names[2]) if names[2] else ("", names[1])
                self._enter(For(names.end(), stop, place, key, value))
            case "else":
                if not self.open or not isinstance(self.open[-1][0], If):
                    raise TemplateError("%{ else } stands outside of %{ if }", opened)
                self.into = self.open[-1][0].otherwise
            case ending:
                if not self.open or isinstance(self.open[-1][0], If) != (ending == "endif"):
                    raise TemplateError(f"%{{ {ending} }} closes nothing", opened)
                _, self.into = self.open.pop()

    def _enter(self, block: If | For) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise TemplateError("directives are nested too deep", block.place.offset)
        self.into.append(block)
        self.open.append((block, self.into))
        self.into = block.then if isinstance(block, If) else block.each


def _unescaped(mark: str) -> str:
    if mark[1] in "uU":
        code = int(mark.lstrip("\\uU"), 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return _ESCAPES.get(mark[1], mark)


def _closing(text: str, at: int, end: int) -> int:
    """Where the brace stands that closes an expression; -1 none. Strings, and expressions in them, are stepped over."""
    inside = ["{"]
    while inside:
        found = (_IN_STRING if inside[-1] == '"' else _INSIDE).search(text, at, end)
        if found is None:
            return -1
        at, mark = found.end(), found[0]
        if mark == '"':
            if inside[-1] == '"':
                inside.pop()
            else:
                inside.append('"')
        elif mark in ("{", "${", "%{"):
            inside.append("{")
        elif mark == "}":
            inside.pop()
    return at - 1
