"""What a condition asks, as a formula of simple tests, and what of an expression is constant."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from apimdoctor.policy.code import Node
from apimdoctor.policy.code_places import Locals, Places

MAX_DEPTH = 60

Operator = Literal[
    "equals", "contains", "has item", "starts with", "ends with", "matches", "exists", "is true", "verifies"
]


class Known(Struct, frozen=True):
    """A condition that is constant."""

    answer: bool


class Test(Struct, frozen=True):
    """One comparison of a place (`method`, `header:x`, `variable:x`, `claim:roles`, `product.id`) with literal texts.

    With several operands one of them suffices. `contains` is about a part of the text, `has item` about one of its values,
    or one of the words it is split into. `exists`: it is there, not null, or not empty, whichever the code asks.
    `default`: what stands for a missing header or variable, None when a missing one raises an error. `token`: of a claim,
    where its token comes from.
    """

    place: str
    operator: Operator
    operands: tuple[str, ...] = ()
    ignore_case: bool = False
    default: str | None = None
    token: str = ""


class Not(Struct, frozen=True):
    """The opposite."""

    part: "Formula"


class All(Struct, frozen=True):
    """Every part holds."""

    parts: tuple["Formula", ...]


class AnyOf(Struct, frozen=True):
    """At least one part holds."""

    parts: tuple["Formula", ...]


class Open(Struct, frozen=True):
    """Something that cannot be said as a test."""


Formula = Known | Test | Not | All | AnyOf | Open
OPEN = Open()


def decide(formula: Formula, answer: Callable[[Test], bool | None]) -> bool | None:
    """Whether a formula holds, given what is known of its tests; None when that does not decide it."""
    match formula:
        case Known(known):
            return known
        case Test():
            return answer(formula)
        case Not(part):
            inner = decide(part, answer)
            return None if inner is None else not inner
        case All(parts) | AnyOf(parts):
            enough = isinstance(formula, AnyOf)
            answers = [decide(part, answer) for part in parts]
            return enough if enough in answers else None if None in answers else not enough
        case _:
            return None


def tests(formula: Formula) -> tuple[Test, ...]:
    """All tests of a formula, in order."""
    match formula:
        case Test():
            return (formula,)
        case Not(part):
            return tests(part)
        case All(parts) | AnyOf(parts):
            return tuple(test for part in parts for test in tests(part))
        case _:
            return ()


class Undecided:
    """What is not constant."""


UNDECIDED = Undecided()
Constant = str | bool | int | None | Undecided


class Conditions:
    """Reads formulas and constants out of a code's tree."""

    def __init__(self, found: Locals, places: Places) -> None:
        self._locals = found
        self._places = places

    def formula(self, node: Node, depth: int = 0) -> Formula:
        """The formula of a node that stands for yes or no."""
        if depth > MAX_DEPTH:
            return OPEN
        known = self.constant(node)
        if isinstance(known, bool):
            return Known(known)
        if node.kind == "name":
            value = self._locals.only(node.text)
            return self.formula(value, depth + 1) if value else OPEN
        if node.kind == "unary" and node.text == "!":
            return negated(self.formula(node.parts[0], depth + 1))
        if node.kind == "condition":
            when, then, otherwise = (self.formula(part, depth + 1) for part in node.parts)
            return AnyOf((All((when, then)), All((negated(when), otherwise))))
        if node.kind == "binary":
            return self._binary(node, depth)
        if node.kind == "call":
            return self._call(node)
        return self._truth(node)

    def _truth(self, node: Node) -> Formula:
        """A value that itself is yes or no: `(bool)context.Variables["x"]`."""
        if node.kind == "cast" and node.text.rstrip("?").lower() not in ("bool", "boolean"):
            return OPEN
        return self._parsed_truth(node)

    def _parsed_truth(self, node: Node) -> Formula:
        """A value whose text says yes or no, as in `bool.Parse(...)`."""
        inner = node
        while inner.kind == "cast":
            inner = inner.parts[0]
        read = self._places.read(inner)
        if not read or read.how == "contains":
            return OPEN
        default = read.default if read.default is not None else "false" if read.how == "default" else None
        return Test(read.place, "is true", (), True, default, read.token)

    def _binary(self, node: Node, depth: int) -> Formula:
        if node.text in ("&&", "||"):
            parts = tuple(self.formula(part, depth + 1) for part in _same(node, node.text))
            return All(parts) if node.text == "&&" else AnyOf(parts)
        if node.text not in ("==", "!="):
            return OPEN
        left, right = node.parts
        operand = self.constant(right)
        if isinstance(operand, Undecided):
            left, right = right, left
            operand = self.constant(right)
        if isinstance(operand, bool):
            formula = self.formula(left, depth + 1)
            formula = formula if operand else negated(formula)
        elif operand is None:
            exists = self._test(left, "exists", ())
            formula = negated(exists) if exists != OPEN else OPEN
        elif isinstance(operand, (str, int)):
            formula = self._test(left, "equals", (str(operand),))
        else:
            formula = OPEN
        return negated(formula) if node.text == "!=" else formula

    def _test(self, node: Node, operator: Operator, operands: tuple[str, ...], *, fold: bool = False) -> Formula:
        """A test of the one place a node's content comes from; letters folded when the code does."""
        inner = node
        while True:
            if inner.kind == "name" and (value := self._locals.only(inner.text)):
                inner = value
            elif inner.kind == "cast":
                inner = inner.parts[0]
            elif inner.kind == "call" and inner.parts[0].kind == "member" and inner.parts[0].text in _FOLDS | _PLAIN:
                fold = fold or inner.parts[0].text in _FOLDS
                inner = inner.parts[0].parts[0]
            else:
                break
        read = self._places.read(inner)
        if read and read.how == "contains":
            return OPEN
        if read:
            default = read.default if read.default is not None else "" if read.how == "default" else None
            if operator == "contains" and read.how == "index" and read.place.startswith(_LISTS):
                operator = "has item"
            return Test(read.place, operator, operands, fold, default, read.token)
        # Cut on the way, so that equality says something about a part only; split, it is about one word.
        place = self._places.origin(inner)
        if _is_split(inner) or (operator == "equals" and self._is_item(inner)):
            operator = "has item" if operator in ("equals", "contains") else operator
        elif operator == "equals":
            operator = "contains"
        return Test(place, operator, operands, fold) if place else OPEN

    def _is_item(self, node: Node) -> bool:
        """Whether this is one whole value of a list: `Claims["roles"][0]`, `Headers["x"].First()`."""
        taken = node.kind == "call" and node.parts[0].kind == "member" and node.parts[0].text in _TAKES_ONE
        table = node.parts[0].parts[0] if taken else node.parts[0] if node.kind == "index" else None
        read = self._places.read(table) if table else None
        return bool(read and read.place.startswith(_LISTS))

    def _call(self, node: Node) -> Formula:
        callee, arguments = node.parts[0], node.parts[1:]
        if callee.kind != "member":
            return OPEN
        method = callee.text.partition("<")[0]
        receiver = callee.parts[0]
        owner = receiver.text.lower() if receiver.kind == "name" else ""
        if method == "ContainsKey":
            read = self._places.read(node)
            return Test(read.place, "exists", (), False, None, read.token) if read else OPEN
        if method == "GetValueOrDefault":
            return self._truth(node)
        if method in ("IsNullOrEmpty", "IsNullOrWhiteSpace") and arguments:
            exists = self._test(arguments[0], "exists", ())
            return negated(exists) if exists != OPEN else OPEN
        if owner in ("bool", "boolean", "convert") and method in ("Parse", "ToBoolean") and arguments:
            return self._parsed_truth(arguments[0])
        if owner in ("string", "regex") and len(arguments) >= 2:
            receiver, arguments = arguments[0], arguments[1:]
        if receiver.kind == "member" and method == "Verify":
            return self._test(receiver, "verifies", ())
        operator = _METHODS.get(method)
        return self._compared(operator, receiver, arguments) if operator and arguments else OPEN

    def _compared(self, operator: Operator, receiver: Node, arguments: tuple[Node, ...]) -> Formula:
        fold = any("IgnoreCase" in part.text for argument in arguments[1:] for part in (argument, *argument.parts))
        operand = self.constant(arguments[0])
        if isinstance(operand, str):
            return self._test(receiver, operator, (operand,), fold=fold)
        if operator == "contains":
            items = self._texts(receiver)
            if items:
                return self._test(arguments[0], "equals", items, fold=fold)
        turned = self.constant(receiver)
        if operator == "equals" and isinstance(turned, str):
            return self._test(arguments[0], operator, (turned,), fold=fold)
        return OPEN

    def _texts(self, node: Node) -> tuple[str, ...]:
        """The texts of `new[] {"a", "b"}`, () for anything else."""
        if node.kind == "name" and (value := self._locals.only(node.text)):
            node = value
        if node.kind != "new" or not node.parts or node.parts[-1].kind != "list":
            return ()
        items = [self.constant(part) for part in node.parts[-1].parts]
        texts = tuple(item for item in items if isinstance(item, str))
        return texts if len(texts) == len(items) else ()

    def constant(self, node: Node, depth: int = 0) -> Constant:
        """The value of a node that is the same for every request; `UNDECIDED` for anything else."""
        if depth > MAX_DEPTH:
            return UNDECIDED
        match node.kind:
            case "constant":
                return {"true": True, "false": False}.get(node.text)
            case "text":
                return UNDECIDED if "{{" in node.text else node.text
            case "number":
                return int(node.text) if node.text.isdigit() and len(node.text) < 10 else UNDECIDED
            case "name":
                value = self._locals.only(node.text)
                return self.constant(value, depth + 1) if value else UNDECIDED
            case "cast":
                return self.constant(node.parts[0], depth + 1)
            case "joined":
                return self._joined([self.constant(part, depth + 1) for part in node.parts])
            case "unary":
                inner = self.constant(node.parts[0], depth + 1)
                return not inner if isinstance(inner, bool) and node.text == "!" else UNDECIDED
            case "binary":
                return self._constant_binary(node, depth)
            case "condition":
                when = self.constant(node.parts[0], depth + 1)
                return self.constant(node.parts[1 if when else 2], depth + 1) if isinstance(when, bool) else UNDECIDED
            case "call":
                return self._constant_call(node, depth)
            case _:
                return UNDECIDED

    def _joined(self, values: list[Constant]) -> Constant:
        texts = [str(value) for value in values if isinstance(value, (str, int)) and not isinstance(value, bool)]
        return "".join(texts) if len(texts) == len(values) and any(isinstance(v, str) for v in values) else UNDECIDED

    def _constant_binary(self, node: Node, depth: int) -> Constant:
        operator = node.text
        if operator in ("&&", "||"):
            values = [self.constant(part, depth + 1) for part in _same(node, operator)]
            enough = operator == "||"
            if any(value is enough for value in values):
                return enough
            return not enough if all(isinstance(value, bool) for value in values) else UNDECIDED
        if operator == "+":
            return self._joined([self.constant(part, depth + 1) for part in _same(node, operator)])
        left, right = (self.constant(part, depth + 1) for part in node.parts)
        if isinstance(left, Undecided) or isinstance(right, Undecided):
            return UNDECIDED
        if operator in ("==", "!="):
            return (left == right) == (operator == "==")
        return (right if left is None else left) if operator == "??" else UNDECIDED

    def _constant_call(self, node: Node, depth: int) -> Constant:
        callee = node.parts[0]
        if callee.kind != "member":
            return UNDECIDED
        values = [self.constant(part, depth + 1) for part in node.parts[1:]]
        owner = callee.parts[0].text.lower() if callee.parts[0].kind == "name" else ""
        first = values[0] if values else UNDECIDED
        if callee.text == "IsNullOrEmpty" and not isinstance(first, Undecided):
            return not first
        if owner in ("bool", "boolean", "convert") and isinstance(first, str) and first.lower() in ("true", "false"):
            return first.lower() == "true"
        received = self.constant(callee.parts[0], depth + 1)
        if not isinstance(received, str):
            return UNDECIDED
        if callee.text in _PURE and len(values) == 0:
            return _PURE[callee.text](received)
        if callee.text == "Equals" and isinstance(first, str):
            fold = len(node.parts) > 2 and "IgnoreCase" in node.parts[2].text
            return received.lower() == first.lower() if fold else received == first
        return UNDECIDED


_LISTS = ("claim:", "header:", "response header:")
"""What an index gives a list of: `Claims["roles"]` and `Headers["x"]` are arrays (docs: api-management-policy-expressions)."""
_TAKES_ONE = frozenset({"First", "FirstOrDefault", "Last", "LastOrDefault", "Single", "SingleOrDefault"})
_FOLDS = frozenset({"ToLower", "ToLowerInvariant", "ToUpper", "ToUpperInvariant"})
_PLAIN = frozenset({"ToString", "Trim"})
_METHODS: dict[str, Operator] = {
    "Equals": "equals",
    "Contains": "contains",
    "StartsWith": "starts with",
    "EndsWith": "ends with",
    "IsMatch": "matches",
}
_PURE: dict[str, Callable[[str], str]] = {
    "ToLower": str.lower,
    "ToLowerInvariant": str.lower,
    "ToUpper": str.upper,
    "ToUpperInvariant": str.upper,
    "ToString": str,
    "Trim": str.strip,
}


def negated(formula: Formula) -> Formula:
    """The opposite of a formula."""
    if isinstance(formula, Known):
        return Known(not formula.answer)
    return formula.part if isinstance(formula, Not) else OPEN if formula == OPEN else Not(formula)


def _is_split(node: Node) -> bool:
    while node.parts and node.kind in ("call", "member", "index", "cast"):
        if node.kind == "member" and node.text == "Split":
            return True
        node = node.parts[0]
    return False


def _same(node: Node, operator: str) -> list[Node]:
    """The operands of a chain of one operator, from left to right, without recursion."""
    operands: list[Node] = []
    while node.kind == "binary" and node.text == operator:
        operands.append(node.parts[1])
        node = node.parts[0]
    operands.append(node)
    return operands[::-1]
