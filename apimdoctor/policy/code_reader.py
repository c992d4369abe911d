"""A small reader for the C# that policies mostly hold, so that most need no grammar of the whole language."""

from collections.abc import Sequence

from apimdoctor.policy.code import Node, OutsideError, Token

MAX_DEPTH = 100

_BINARY = {
    "??": 1, "||": 2, "&&": 3, "|": 4, "^": 5, "&": 6, "==": 7, "!=": 7, "<": 8, ">": 8, "<=": 8, ">=": 8,
    "is": 8, "as": 8, "+": 10, "-": 10, "*": 11, "/": 11, "%": 11,
}  # fmt: skip
_ASSIGN = frozenset({"=", "+=", "-=", "*=", "/="})
_OUTSIDE_WORDS = frozenset(
    {"switch", "for", "foreach", "while", "do", "try", "using", "lock", "from", "goto", "checked", "unchecked",
     "stackalloc", "await", "async", "delegate", "sizeof", "yield", "ref", "in", "case", "when",
     "return", "if", "else", "break", "continue", "catch", "finally"}
)  # fmt: skip
_PREDEFINED = frozenset(
    {"string", "bool", "int", "long", "double", "decimal", "float", "object", "byte", "char", "short", "uint", "var"}
)


class Reader:
    """Reads the tokens of one expression or block by precedence climbing, each token a bounded number of times."""

    def __init__(self, given: Sequence[Token], depth: int = 0) -> None:
        self._tokens = given
        self._at = 0
        self._depth = depth

    # Statements

    def block(self) -> Node:
        """All tokens as statements."""
        statements = []
        while self._at < len(self._tokens):
            statements.append(self._statement())
        return Node("block", "", tuple(statements))

    def _statement(self) -> Node:
        self._deeper()
        try:
            if self._take("{"):
                statements = []
                while not self._take("}"):
                    statements.append(self._statement())
                return Node("block", "", tuple(statements))
            if self._take("return"):
                value = Node("constant", "null") if self._peek() == ";" else self.expression()
                self._need(";")
                return Node("return", "", (value,))
            if self._take("throw"):
                value = self.expression()
                self._need(";")
                return Node("other", "throw", (value,))
            if self._take("if"):
                self._need("(")
                condition = self.expression()
                self._need(")")
                then = self._statement()
                otherwise = (self._statement(),) if self._take("else") else ()
                return Node("if", "", (condition, then, *otherwise))
            if self._take(";"):
                return Node("block")
            return self._declaration() or self._expression_statement()
        finally:
            self._depth -= 1

    def _expression_statement(self) -> Node:
        value = self.expression()
        self._need(";")
        return value

    def _declaration(self) -> Node | None:
        """`var x = ...;` or `Type x = ...;`, None when the tokens are something else."""
        start = self._at
        if self._type() and self._kind() == "name" and self._peek(1) in ("=", ";", ","):
            declared = []
            while True:
                name = self._next().text
                if self._take("="):
                    declared.append(Node("declare", name, (self.expression(),)))
                else:
                    declared.append(Node("declare", name))
                if not self._take(","):
                    break
            self._need(";")
            return declared[0] if len(declared) == 1 else Node("block", "", tuple(declared))
        self._at = start
        return None

    # Expressions

    def whole(self) -> Node:
        """All tokens as one expression."""
        value = self.expression()
        if self._at < len(self._tokens):
            raise OutsideError(f"{self._peek()!r} after the expression")
        return value

    def expression(self) -> Node:
        """One expression, assignment, conditional or lambda."""
        self._deeper()
        try:
            left = self._binary(1)
            if self._peek() in _ASSIGN:
                operator = self._next().text
                return Node("assign", operator, (left, self.expression()))
            if self._take("?"):
                then = self.expression()
                self._need(":")
                return Node("condition", "", (left, then, self.expression()))
            return left
        finally:
            self._depth -= 1

    def _binary(self, least: int) -> Node:
        left = self._unary()
        while (strength := _BINARY.get(self._peek(), 0)) >= least and self._kind() != "text":
            operator = self._next().text
            if operator in ("is", "as"):
                written = self._type()
                if not written:
                    raise OutsideError(f"a pattern after {operator}")
                if operator == "is" and self._kind() == "name" and self._peek() not in _BINARY:
                    name = self._next().text
                    left = Node("is", written, (left, Node("out", name)))
                else:
                    left = Node("cast" if operator == "as" else "is", written, (left,))
                continue
            # `??` groups to the right, and nothing is lost by reading it to the left.
            left = Node("binary", operator, (left, self._binary(strength + 1)))
        return left

    def _unary(self) -> Node:
        self._deeper()
        try:
            if self._kind() == "mark":
                operator = self._peek()
                if operator in ("!", "-", "+", "~"):
                    self._at += 1
                    return Node("unary", operator, (self._unary(),))
                if operator == "(" and (read := self._cast() or self._lambda()):
                    return read
            return self._postfix(self._primary())
        finally:
            self._depth -= 1

    def _cast(self) -> Node | None:
        start = self._at
        self._at += 1
        written = self._type()
        if written and self._take(")"):
            following, kind = self._peek(), self._kind()
            predefined = written.rstrip("?[]") in _PREDEFINED
            if kind in ("name", "text", "joined", "number", "named") or following in ("(", "!"):
                if kind != "name" or following not in ("is", "as"):
                    return Node("cast", written, (self._unary(),))
            elif predefined and following == "-":
                return Node("cast", written, (self._unary(),))
        self._at = start
        return None

    def _lambda(self) -> Node | None:
        """`(a, b) => ...`, None when the bracket opens something else."""
        end = self._at + 1
        while end < len(self._tokens) and (self._tokens[end].kind == "name" or self._tokens[end].text == ","):
            end += 1
        if self._peek(end - self._at) == ")" and self._peek(end - self._at + 1) == "=>":
            self._at = end + 2
            return self._lambda_body()
        return None

    def _lambda_body(self) -> Node:
        if self._peek() == "{":
            return Node("lambda", "", (self._statement(),))
        return Node("lambda", "", (self.expression(),))

    def _primary(self) -> Node:
        if self._at >= len(self._tokens):
            raise OutsideError("the code ends where a value is due")
        token = self._next()
        if token.kind in ("text", "number", "named"):
            return Node(token.kind, token.text)  # type: ignore[arg-type]
        if token.kind == "joined":
            return Node("joined", "", tuple(self._joined_part(part) for part in token.parts))
        if token.kind == "name":
            return self._word(token.text)
        if token.text == "(":
            inner = self.expression()
            if self._take(","):
                raise OutsideError("a tuple")
            self._need(")")
            return inner
        raise OutsideError(f"{token.text!r} where a value is due")

    def _joined_part(self, part: Token | tuple[Token, ...]) -> Node:
        if isinstance(part, Token):
            return Node(part.kind, part.text)  # type: ignore[arg-type]
        # After the value a format such as `:x` may follow, which says nothing.
        return Reader(part, self._depth).expression()

    def _word(self, word: str) -> Node:
        if word in ("true", "false", "null"):
            return Node("constant", word)
        if word == "new":
            return self._new()
        if word == "throw":
            return Node("other", "throw", (self.expression(),))
        if word in _OUTSIDE_WORDS:
            raise OutsideError(f"the word {word}")
        if self._take("=>"):
            return self._lambda_body()
        return Node("name", word)

    def _new(self) -> Node:
        written = self._type()
        parts: tuple[Node, ...] = ()
        if self._take("["):
            if not self._take("]"):
                parts = (self.expression(),)
                self._need("]")
            written += "[]"
        elif self._take("("):
            parts = self._arguments(")")
        if self._take("{"):
            parts += (Node("list", "", self._arguments("}")),)
        return Node("new", written, parts)

    def _arguments(self, closer: str) -> tuple[Node, ...]:
        """Comma-separated values up to the closing bracket."""
        values: list[Node] = []
        while not self._take(closer):
            if self._take("out"):
                values.append(self._out())
            elif closer == "}" and self._take("{"):
                values.append(Node("list", "", self._arguments("}")))
            else:
                if self._kind() == "name" and self._peek(1) == ":":
                    self._at += 2  # a named argument: its name says nothing here
                values.append(self.expression())
            if not self._take(","):
                self._need(closer)
                break
        return tuple(values)

    def _out(self) -> Node:
        start = self._at
        if not (self._type() and self._kind() == "name"):
            self._at = start
        return Node("out", self._next().text if self._kind() == "name" else "")

    def _postfix(self, value: Node) -> Node:
        steps = 0
        while True:
            steps += 1
            if steps > 4 * MAX_DEPTH:
                raise OutsideError("a chain of more than a few hundred calls")
            if self._take(".") or self._take("?."):
                if self._kind() != "name":
                    raise OutsideError("a member without a name")
                value = Node("member", self._next().text, (value,))
                if self._peek() == "<" and (types := self._type_arguments()):
                    value = Node("member", value.text + types, value.parts)
            elif self._take("("):
                value = Node("call", "", (value, *self._arguments(")")))
            elif self._peek() == "[" or (self._peek() == "?" and self._peek(1) == "["):
                self._at += 1 if self._peek() == "[" else 2
                value = Node("index", "", (value, *self._arguments("]")))
            elif not (self._take("++") or self._take("--")):
                return value

    # Types

    def _type(self) -> str:
        """The type that stands here (`string`, `Jwt`, `Dictionary<string, string>`, `int?`, `string[]`), "" for none."""
        if self._kind() != "name" or self._peek() in ("new", "true", "false", "null", "out", "return", "throw"):
            return ""
        written = self._next().text
        while self._peek() == "." and self._kind(1) == "name":
            self._at += 1
            written += "." + self._next().text
        if self._peek() == "<":
            start = self._at
            types = self._type_arguments(closed_by=None)
            if types:
                written += types
            else:
                self._at = start
        if self._peek() == "?" and self._peek(1) in (")", ">", ",", ""):
            self._at += 1
            written += "?"
        while self._peek() == "[" and self._peek(1) == "]":
            self._at += 2
            written += "[]"
        return written

    def _type_arguments(self, closed_by: frozenset[str] | None = frozenset({"(", ".", ")", "["})) -> str:
        """`<A, B>` when it stands here and what follows fits; else "" and nothing is read."""
        start = self._at
        self._deeper()
        try:
            self._at += 1
            types = [self._type()]
            while self._take(","):
                types.append(self._type())
            if all(types) and self._take(">") and (closed_by is None or self._peek() in closed_by):
                return f"<{', '.join(types)}>"
            self._at = start
            return ""
        finally:
            self._depth -= 1

    # Tokens

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise OutsideError("nested too deep")

    def _peek(self, ahead: int = 0) -> str:
        index = self._at + ahead
        if index >= len(self._tokens) or self._tokens[index].kind in ("text", "joined", "named"):
            return ""
        return self._tokens[index].text

    def _kind(self, ahead: int = 0) -> str:
        index = self._at + ahead
        return self._tokens[index].kind if index < len(self._tokens) else ""

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, text: str) -> bool:
        if self._peek() == text:
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise OutsideError(f"{text!r} is due before {self._peek()!r}")
