"""What a policy expression reads, tests and yields, as far as its text tells; what it cannot tell is unknown with a reason."""

import re
from functools import lru_cache

from msgspec import Struct

from apimdoctor.policy.code import Node, OutsideError, Token, tokens
from apimdoctor.policy.code_places import Places, Read, below, locals_of
from apimdoctor.policy.code_reader import Reader
from apimdoctor.policy.formula import OPEN, Conditions, Formula, Test, tests
from apimdoctor.policy.span import expression_end

__all__ = ["Read", "Reading", "Test", "expression_end", "read", "tree_of"]

_NAMED = re.compile(r"\{\{[ \t]*+([\w.\-]++)[ \t]*+\}\}")
_FROM_CALLER = ("method", "path", "host", "url", "body")
_PAIRS = {")": "(", "]": "[", "}": "{"}


class Reading(Struct, frozen=True):
    """What is known of an expression before any request. Empty fields and an `unknown` reason: nothing is known of it."""

    reads: tuple[Read, ...] = ()
    """Everything it reads, in order of appearance, each way of reading once."""
    parses: tuple[str, ...] = ()
    """Places whose text it parses as a token itself (AsJwt, TryParseJwt), which verifies nothing; "" an unknown place."""
    carries: tuple[str, ...] = ()
    """Places whose content may go into its result."""
    named_values: tuple[str, ...] = ()
    constant: str | bool | None = None
    """Its result when that is the same for every request."""
    condition: Formula = OPEN
    """What it asks, when it stands for yes or no."""
    faults: tuple[str, ...] = ()
    """Why it cannot compile, in words."""
    unknown: str = ""
    """Why it, or a part of it, could not be read."""

    def of(self, kind: str) -> tuple[str, ...]:
        """Names read of a kind: `header` (lower case), `query`, `parameter`, `variable`, `claim`; `*` for computed names."""
        found = (read.place.partition(":") for read in self.reads)
        return tuple(dict.fromkeys(name for place, colon, name in found if colon and place == kind))

    @property
    def headers(self) -> tuple[str, ...]:
        """Request headers it reads, lower case; `*`: any, or one whose name is computed."""
        return self.of("header")

    @property
    def queries(self) -> tuple[str, ...]:
        """Query parameters it reads."""
        return self.of("query")

    @property
    def variables(self) -> tuple[Read, ...]:
        """Reads of `context.Variables`, with how, the type they are cast to, and the default."""
        return tuple(read for read in self.reads if read.place.startswith("variable:"))

    @property
    def claims(self) -> tuple[Read, ...]:
        """Claims it reads, each with the place its token comes from."""
        return tuple(read for read in self.reads if read.place.startswith("claim:"))

    @property
    def words(self) -> tuple[str, ...]:
        """Other words of the context it reads: `method`, `product.id`, `certificate`, `lasterror.reason` ..."""
        return tuple(dict.fromkeys(read.place for read in self.reads if ":" not in read.place))

    @property
    def tests(self) -> tuple[Test, ...]:
        """The tests of its condition."""
        return tests(self.condition)

    @property
    def from_caller(self) -> tuple[str, ...]:
        """What it reads that the caller of an API may write as he likes: headers, query, path, method, body."""
        found = (read.place for read in self.reads)
        callers = (p for p in found if p in _FROM_CALLER or p.partition(":")[0] in ("header", "query", "parameter"))
        return tuple(dict.fromkeys(callers))

    def guarded(self, place: str) -> bool:
        """Whether it asks if a place exists (ContainsKey, null, empty) before, or beside, reading it."""
        return any(r.place == place and r.how == "contains" for r in self.reads) or any(
            test.place == place and test.operator == "exists" for test in self.tests
        )


@lru_cache(maxsize=4096)
def read(code: str, block: bool = False) -> Reading:
    """What the C# of `@(code)` or `@{code}` reads, tests and yields.

    Most code is read by the small reader of `code_reader`, which loads nothing; what it does not know goes to the grammar
    of the whole language (`csharp`), up to 16 KiB and within a bound of time.
    """
    named_values = tuple(dict.fromkeys(_NAMED.findall(code)))
    try:
        found = tokens(code)
    except OutsideError:
        found = None
    faults = _faults(code, found)
    if faults:
        return Reading(
            named_values=named_values, faults=faults, unknown=f"the expression does not compile: {faults[0]}"
        )
    from apimdoctor.policy.csharp import MAX_SIZE, UnreadCodeError, read_code

    if len(code) > MAX_SIZE:
        return Reading(named_values=named_values, unknown="the expression is longer than 16 KiB")
    try:
        tree = _small(found, block) if found is not None else None
        return _reading(tree or read_code(code, block=block), block, named_values)
    except UnreadCodeError as fault:
        return Reading(named_values=named_values, unknown=str(fault))


@lru_cache(maxsize=1024)
def tree_of(code: str, block: bool = False) -> Node | None:
    """The tree of `@(code)` or `@{code}`, None when it could not be read; `read` says why."""
    if read(code, block).unknown:
        return None
    from apimdoctor.policy.csharp import UnreadCodeError, read_code

    try:
        found = tokens(code)
    except OutsideError:
        found = None
    try:
        return (_small(found, block) if found is not None else None) or read_code(code, block=block)
    except UnreadCodeError:
        return None


def _small(found: list[Token], block: bool) -> Node | None:
    try:
        return Reader(found).block() if block else Reader(found).whole()
    except OutsideError:
        return None


def _reading(tree: Node, block: bool, named_values: tuple[str, ...]) -> Reading:
    found = locals_of(tree)
    places = Places(found)
    result = _result(tree) if block or tree.kind == "block" else tree
    conditions = Conditions(found, places)
    constant = conditions.constant(result) if result else None
    return Reading(
        reads=tuple(dict.fromkeys(places.reads(tree))),
        parses=_parses(tree, places),
        carries=places.origins(result) if result else _all_origins(tree, places),
        named_values=named_values,
        constant=constant if isinstance(constant, (str, bool)) else None,
        condition=conditions.formula(result) if result else OPEN,
    )


def _parses(tree: Node, places: Places) -> tuple[str, ...]:
    callees = (node.parts[0] for node in below(tree) if node.kind == "call" and node.parts[0].kind == "member")
    parsed = (places.origin(callee.parts[0]) for callee in callees if callee.text in ("AsJwt", "TryParseJwt"))
    return tuple(dict.fromkeys(parsed))


def _all_origins(tree: Node, places: Places) -> tuple[str, ...]:
    """Places that go into any of several results."""
    returned = (node.parts[0] for node in below(tree) if node.kind == "return" and node.parts)
    return tuple(dict.fromkeys(place for value in returned for place in places.origins(value)))


def _result(tree: Node) -> Node | None:
    """The value of a block as one expression: `if (a) { return b; } return c;` is `a ? b : c`. None when it has no such form."""
    statements = _flat(tree)
    for index, statement in enumerate(statements):
        if statement.kind == "return":
            return statement.parts[0] if statement.parts else None
        if not any(node.kind == "return" for node in below(statement)):
            continue
        if statement.kind != "if":
            return None
        then = _result(statement.parts[1])
        rest = _result(Node("block", "", (*statement.parts[2:], *statements[index + 1 :])))
        return Node("condition", "", (statement.parts[0], then, rest)) if then and rest else None
    return None


def _flat(tree: Node) -> tuple[Node, ...]:
    return tree.parts if tree.kind == "block" else (tree,)


def _faults(code: str, found: list[Token] | None) -> tuple[str, ...]:
    """Reasons, certain from the tokens alone, why C# refuses the code."""
    if not code.strip():
        return ("it is empty",)
    if found is None:
        return ()
    faults: dict[str, None] = {}
    opened: list[str] = []
    previous = Token("", "")
    for token in found:
        if token.kind in ("text", "joined") and previous.kind in ("text", "joined"):
            faults["two texts follow each other, as a formatter leaves them that doubles quotation marks"] = None
        if token.kind == "mark":
            if token.text in "([{":
                opened.append(token.text)
            elif token.text in _PAIRS and (not opened or opened.pop() != _PAIRS[token.text]):
                faults["its brackets do not match"] = None
                opened.append("")
        elif token.kind == "name" and previous.text == "&" and token.text in ("quot", "lt", "gt", "amp", "apos"):
            faults[f"&{token.text}; stands in the code: it was escaped twice"] = None
        previous = token
    if any(opened):
        faults["its brackets do not match"] = None
    return tuple(faults)
