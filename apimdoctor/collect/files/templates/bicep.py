"""A Bicep file as the program it declares; a statement that is not understood is a fault with its line.

Source: learn.microsoft.com/azure/azure-resource-manager/bicep/file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from apimdoctor.collect.files.templates.bicep_expressions import NAME, FaultError, Reader
from apimdoctor.collect.files.templates.nodes import Function, Module, Node, Parameter, Program, Resource

_STATEMENT = re.compile(
    r"^(?:param|var|resource|module|output|type|func|import|using|extends|extension|provider|targetScope|metadata|assert|@)"
    r"(?![\w:])|^@",
    re.MULTILINE,
)
_IMPORT = re.compile(r"\{([^}]*+)\}\s*from\s*'([^'\n]*+)'|\*\s*as\s+(\w++)\s+from\s*'([^'\n]*+)'|")
_IMPORTED = re.compile(r"(\w++)(?:\s+as\s+(\w++))?")
_STRING_TYPE = "'"
_OPENING, _CLOSING = "([{<", ")]}>"
_MAX_FAULTS = 20


def read(text: str, document: str) -> Program:
    """Everything the file declares."""
    return _File(text, document).program()


class _File(Reader):
    """The statements of one file."""

    def __init__(self, text: str, document: str) -> None:
        super().__init__(text, document)
        self.made = Program(document, paths=self.paths, bicep=True)
        self._decorators: set[str] = set()
        self._start = 0

    def program(self) -> Program:
        """All statements; after one that is not understood, reading goes on at the next."""
        while True:
            self.blank(lines=True)
            if self.at >= len(self.text):
                return self.made
            start = self.at
            self.owners, self.nested, self.depth, self._loose = [], [], 0, 0
            try:
                self._statement()
            except FaultError as fault:
                if len(self.made.faults) < _MAX_FAULTS:
                    self.made.faults.append((self.place(min(fault.at, len(self.text) - 1))[0], fault.what))
                self._recover(start)

    def _recover(self, start: int) -> None:
        following = _STATEMENT.search(self.text, max(self.text.find("\n", start), start + 1))
        self.at = following.start() if following is not None else len(self.text)
        self._decorators = set()

    def _statement(self) -> None:
        start = self.at
        if self.take("@"):
            found = self.expression()
            self._decorators.add(found.word.lower())
            return
        statement = self._statements.get(self.name())
        if statement is None:
            raise FaultError("the statement is not known", start)
        self._start = start
        statement(self)
        self._decorators = set()

    def _declared(self) -> str:
        name = self.name()
        if not name:
            raise FaultError("a name is missing", self.at)
        return name

    def _read_param(self) -> None:
        name = self._declared()
        kind = self._type("=")
        default = self._value() if self.take("=") else None
        self.made.parameters[name] = Parameter(name, kind, default, "secure" in self._decorators)

    def _read_var(self) -> None:
        name = self._declared()
        self._type("=")
        self.need("=")
        self.made.variables[name] = self._value()

    def _read_output(self) -> None:
        name = self._declared()
        self._type("=")
        if self.take("="):
            self.made.outputs[name] = self._value()

    def _read_func(self) -> None:
        name = self._declared()
        self.need("(")
        parameters = []
        while not self.take(")"):
            self.blank(lines=True)
            parameters.append(self._declared())
            self._type(",)")
            self.take(",")
            self.blank(lines=True)
        self._type("=>")
        self.need("=>")
        self.made.functions[name] = Function(tuple(parameters), self._value())

    def _read_resource(self) -> None:
        symbol = self._declared()
        self.blank()
        written = self.string()
        existing = self.name() == "existing"
        self.need("=")
        kind = written.word.partition("@")[0]
        self.owners = [(symbol, kind)]
        body = self.body()
        line, column = self.place(self._start)
        self.made.resources.append(Resource(symbol, kind, body, existing, "", line, column))
        self.made.resources += self.nested

    def _read_module(self) -> None:
        symbol = self._declared()
        self.blank()
        path = self.string()
        self.need("=")
        line = self.place(self._start)[0]
        self.made.modules.append(Module(symbol, path.word, self.body(), line=line))

    def _read_import(self) -> None:
        self.blank()
        found = _IMPORT.match(self.text, self.at)
        if found is None or not found[0]:
            self._skip_line()
            return
        self.at = found.end()
        self.paths.append((self.place(self._start)[0], found[2] or found[4]))
        for one in _IMPORTED.finditer(found[1] or ""):
            self.made.imports[one[2] or one[1]] = (found[2], one[1])
        if found[3]:
            self.made.imports[found[3]] = (found[4], "*")

    def _read_using(self) -> None:
        self.blank()
        if self.text[self.at : self.at + 1] == "'":
            self.made.using = self.string().word
        self._skip_line()

    def _read_type(self) -> None:
        self._declared()
        self.need("=")
        self._type("")

    def _read_metadata(self) -> None:
        self._declared()
        self.need("=")
        self._value()

    def _read_target_scope(self) -> None:
        self.need("=")
        self._value()

    def _value(self) -> Node:
        self.blank(lines=True)
        return self.expression()

    def _skip_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = end if end >= 0 else len(self.text)

    def _type(self, ends: str) -> str:
        """Skips a type up to one of the signs or the end of its line; its first word, or what its brackets make it."""
        self.blank()
        start, inside = self.at, 0
        kind = ""
        while self.at < len(self.text):
            sign = self.text[self.at]
            if not inside and (self.text.startswith(ends, self.at) if ends == "=>" else sign in ends):
                break
            if sign == "\n" and not inside and not self._type_goes_on():
                break
            if sign == _STRING_TYPE:
                self.string()
                kind = kind or "string"
                continue
            if self.text.startswith(("//", "/*"), self.at):
                before = self.at
                self.blank()
                self.at = max(self.at, before + 1)
                continue
            if sign in _OPENING:
                inside += 1
                kind = kind or ("object" if sign == "{" else "")
            elif sign in _CLOSING:
                inside -= 1
            word = NAME.match(self.text, self.at)
            if word is not None and not kind:
                kind = word[0]
            self.at = word.end() if word is not None else self.at + 1
        written = self.text[start : self.at].rstrip().rstrip("?")
        return "array" if written.endswith("]") else kind

    def _type_goes_on(self) -> bool:
        rest = self.at
        self.blank(lines=True)
        more = self.text[self.at : self.at + 1] == "|"
        self.at = rest
        return more

    _statements: ClassVar[dict[str, Callable[[_File], None]]] = {
        "param": _read_param,
        "var": _read_var,
        "resource": _read_resource,
        "module": _read_module,
        "output": _read_output,
        "func": _read_func,
        "type": _read_type,
        "import": _read_import,
        "using": _read_using,
        "metadata": _read_metadata,
        "assert": _read_metadata,
        "targetScope": _read_target_scope,
        "extension": _skip_line,
        "provider": _skip_line,
        "extends": _skip_line,
    }
