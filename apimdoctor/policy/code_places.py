"""Where the values of an expression come from: headers, query parameters, variables, claims, and words of the context."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from msgspec import Struct, field

from apimdoctor.policy.code import Node

MAX_STEPS = 40
"""Local variables are followed no further than that, so that a loop of definitions ends."""

How = Literal["index", "default", "contains", "whole"]

_TABLES = {
    "context.Request.Headers": "header",
    "context.Request.OriginalHeaders": "header",
    "context.Request.Url.Query": "query",
    "context.Request.OriginalUrl.Query": "query",
    "context.Request.MatchedParameters": "parameter",
    "context.Variables": "variable",
    "context.Response.Headers": "response header",
}
_WORDS = {
    "context.Request.Url.QueryString": "query:*",
    "context.Request.OriginalUrl.QueryString": "query:*",
    "context.Request.Method": "method",
    "context.Request.Url.Path": "path",
    "context.Request.OriginalUrl.Path": "path",
    "context.Request.Url.Host": "host",
    "context.Request.OriginalUrl.Host": "host",
    "context.Request.Url": "url",
    "context.Request.OriginalUrl": "url",
    "context.Request.IpAddress": "ip",
    "context.Request.Certificate": "certificate",
    "context.Request.Body": "body",
}
"""Members of the request that are one word whatever is asked of them (docs: api-management-policy-expressions)."""
_ENTITIES = frozenset(
    {
        "Api",
        "Deployment",
        "GraphQL",
        "LastError",
        "Operation",
        "Product",
        "Response",
        "Subscription",
        "User",
        "Workspace",
    }
)
_TOKEN_MEMBERS = {
    "Subject": "sub",
    "Issuer": "iss",
    "Audiences": "aud",
    "Id": "jti",
    "ExpirationTime": "exp",
    "NotBefore": "nbf",
}
_KEEPS = frozenset(
    {"ToString", "ToLower", "ToLowerInvariant", "ToUpper", "ToUpperInvariant", "Trim", "TrimStart", "TrimEnd", "Replace",
     "Substring", "Split", "First", "FirstOrDefault", "Last", "LastOrDefault", "Single", "SingleOrDefault", "Remove",
     "As", "Value", "ToArray", "ToList", "ElementAt", "ElementAtOrDefault", "Skip", "Take", "Select", "Where", "Join"}
)  # fmt: skip
"""Methods whose result is still the receiver's content."""
_TABLE_STEPS = frozenset({"GetValueOrDefault", "ContainsKey", "TryGetValue", "Claims"})
_ASKS = frozenset(
    {"Equals", "Contains", "StartsWith", "EndsWith", "IsMatch", "IsNullOrEmpty", "IsNullOrWhiteSpace", "ContainsKey", "Any",
     "All", "Verify", "HasValues", "Count", "IndexOf", "TryParseJwt", "TryGetValue"}
)  # fmt: skip
"""Methods whose result says yes or no, or counts, and holds nothing of the receiver."""


class Read(NamedTuple):
    """One read: `place` is `header:name` (lower case), `query:name`, `variable:name`, `claim:name`, or a word (`method`).

    `*` as name: any of them, or one whose name is computed. `token` of a claim: the place the token comes from.
    """

    place: str
    how: How = "whole"
    cast: str = ""
    default: str | None = None
    token: str = ""


class Held(NamedTuple):
    """A token as C# has it: `place` it was taken from (`variable:jwt`, `header:authorization`, "" unknown).

    `parsed`: the expression parsed the text itself, so that nothing was verified; else a check's output variable.
    """

    place: str
    parsed: bool


class Locals(Struct):
    """The local variables of a code: every value each was given."""

    values: dict[str, list[Node]] = field(default_factory=dict)

    def only(self, name: str) -> Node | None:
        """The value of a variable that was given just one."""
        given = self.values.get(name, ())
        return given[0] if len(given) == 1 else None


def below(root: Node) -> Iterator[Node]:
    """The node and all below it, without recursion."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.parts))


def locals_of(root: Node) -> Locals:
    """The local variables of a code: declared, assigned, filled by `out`, or named by a pattern."""
    found = Locals()
    for node in below(root):
        if node.kind == "declare":
            found.values.setdefault(node.text, []).extend(node.parts[:1])
        elif node.kind == "assign" and node.parts[0].kind == "name":
            name = node.parts[0].text
            value = node.parts[1] if node.text == "=" else Node("binary", "+", node.parts)
            found.values.setdefault(name, []).append(value)
        elif node.kind == "is" and len(node.parts) > 1:
            found.values.setdefault(node.parts[1].text, []).append(Node("cast", node.text, node.parts[:1]))
        elif node.kind == "call" and node.parts[0].kind == "member":
            for argument in node.parts[1:]:
                if argument.kind == "out" and argument.text:
                    found.values.setdefault(argument.text, []).append(_filled(node.parts[0], node.parts[1:2]))
    return found


def _filled(callee: Node, first: tuple[Node, ...]) -> Node:
    """What an out argument is given: the token of TryParseJwt, the item of TryGetValue."""
    if callee.text == "TryParseJwt":
        return Node("call", "", (Node("member", "AsJwt", callee.parts),))
    if callee.text == "TryGetValue":
        return Node("index", "", (*callee.parts, *first))
    return Node("other", callee.text, callee.parts)


class Places:
    """Answers where a node's value comes from, by way of local variables."""

    def __init__(self, found: Locals) -> None:
        self._locals = found

    def dotted(self, node: Node, steps: int = 0) -> str:
        """`context.Request.Headers` for such a chain, "" for anything else."""
        names: list[str] = []
        while node.kind == "member":
            names.append(node.text)
            node = node.parts[0]
        if node.kind != "name":
            return ""
        if node.text != "context":
            value = self._locals.only(node.text)
            start = self.dotted(value, steps + 1) if value and steps < MAX_STEPS else ""
            if not start:
                return ""
            names.append(start)
        else:
            names.append("context")
        return ".".join(reversed(names))

    def read(self, node: Node, cast: str = "") -> Read | None:
        """The read that this node itself is, None when it is none."""
        if node.kind == "index" or (node.kind == "call" and node.parts[0].kind == "member"):
            return self._item(node, cast)
        if node.kind == "member":
            return self._member(node)
        return None

    def _item(self, node: Node, cast: str) -> Read | None:
        """An item of a table (`Headers["x"]`, `Variables.GetValueOrDefault<T>("x", d)`, `Claims.ContainsKey("x")`)."""
        if node.kind == "index":
            table, method, arguments = node.parts[0], "", node.parts[1:]
        else:
            table, method, arguments = node.parts[0].parts[0], node.parts[0].text, node.parts[1:]
        base, _, generic = method.partition("<")
        how: How = "index" if not base else "contains" if base == "ContainsKey" else "default"
        if base not in ("", "GetValueOrDefault", "ContainsKey", "TryGetValue"):
            return None
        name = arguments[0].text if arguments and arguments[0].kind == "text" else "*"
        default = (
            arguments[1].text if len(arguments) > 1 and arguments[1].kind in ("text", "constant", "number") else None
        )
        kind = _TABLES.get(self.dotted(table), "")
        if kind:
            name = name.lower() if kind.endswith("header") else name
            return Read(f"{kind}:{name}", how, generic.rstrip(">") or cast, default)
        if table.kind == "member" and table.text == "Claims" and (token := self.token(table.parts[0])):
            return Read(f"claim:{name}", how, cast, default, token.place)
        return None

    def _member(self, node: Node) -> Read | None:
        path = self.dotted(node)
        if path:
            word = _word(path)
            return Read(word) if word else None
        claim = "*" if node.text == "Claims" else _TOKEN_MEMBERS.get(node.text, "")
        if claim and (token := self.token(node.parts[0])):
            return Read(f"claim:{claim}", "whole", "", None, token.place)
        return None

    def token(self, node: Node) -> Held | None:
        """The token a node is, None when nothing says that it is one. Each node is looked at once."""
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            now = waiting.pop()
            if id(now) in seen:
                continue
            seen.add(id(now))
            held = self._held(now)
            if held is not None:
                return held
            if now.kind == "cast":
                waiting.append(now.parts[0])
            elif now.kind == "name":
                waiting.extend(reversed(self._locals.values.get(now.text, ())))
            elif now.kind in ("condition", "binary"):
                waiting.extend(reversed(now.parts[-2:]))
        return None

    def _held(self, node: Node) -> Held | None:
        """The token that a node is by itself."""
        if node.kind == "cast" and node.text.rpartition(".")[2].rstrip("?") == "Jwt":
            return self.token(node.parts[0]) or Held(self.origin(node.parts[0]), parsed=False)
        if node.kind == "call" and node.parts[0].kind == "member":
            method = node.parts[0].text
            if method == "AsJwt":
                return Held(self.origin(node.parts[0].parts[0]), parsed=True)
            if method.endswith("<Jwt>"):
                read = self.read(node)
                return Held(read.place, parsed=False) if read else None
        return None

    def origin(self, node: Node) -> str:
        """The one place whose content a value is, cut and changed perhaps; "" when there is none or more than one."""
        found = set(self.origins(node))
        return found.pop() if len(found) == 1 else ""

    def origins(self, node: Node) -> tuple[str, ...]:
        """The places whose content may go into a value; what is merely tested on the way is not among them.

        Each node is followed once: variables that are made of each other (`a += b; b = a + a`) cost no more than their text.
        """
        found: dict[str, None] = {}
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            now = waiting.pop()
            if id(now) in seen:
                continue
            seen.add(id(now))
            read = self.read(now)
            if read is None:
                waiting.extend(reversed(tuple(self._through(now))))
            elif read.how != "contains":
                found[read.place] = None
        return tuple(found)

    def _through(self, node: Node) -> Iterable[Node]:
        """The nodes whose content goes into a node's value."""
        kind, parts = node.kind, node.parts
        if kind == "name":
            return self._locals.values.get(node.text, ())
        if kind in ("cast", "joined", "list", "new"):
            return parts
        if kind in ("index", "member"):
            return parts[:1]
        if kind == "binary":
            return parts if node.text in ("+", "??") else ()
        if kind == "condition":
            return parts[1:]
        if kind != "call":
            return ()
        callee = parts[0]
        method = callee.text.partition("<")[0] if callee.kind == "member" else ""
        if method in _ASKS:
            return ()
        static = callee.kind != "member" or callee.parts[0].kind == "name"
        return (
            *(callee.parts if callee.kind == "member" else ()),
            *(parts[1:] if static or method not in _KEEPS else ()),
        )

    def reads(self, root: Node) -> Iterator[Read]:
        """Every read in a code, each where it stands."""
        waiting: list[tuple[Node, str]] = [(root, "")]
        while waiting:
            node, cast = waiting.pop()
            read = self.read(node, cast)
            if read:
                yield read
                # The table itself was read by name: only its arguments hold further reads, and the token of a claim.
                waiting.extend((part, "") for part in node.parts[1:])
                if read.place.startswith("claim:"):
                    table = node.parts[0]
                    while table.kind == "member" and table.text.partition("<")[0] in _TABLE_STEPS:
                        table = table.parts[0]
                    waiting.append((table, ""))
            elif node.kind == "member" and (kind := _TABLES.get(self.dotted(node), "")):
                yield Read(f"{kind}:*")
            else:
                written = node.text if node.kind == "cast" else ""
                waiting.extend((part, written) for part in reversed(node.parts))


def _word(path: str) -> str:
    """The word of a member of the context: `method`, `product.id`; "" for the tables and for nothing known."""
    if path in _TABLES:
        return ""
    for prefix, word in _WORDS.items():
        if path == prefix or path.startswith(prefix + "."):
            return word
    steps = path.split(".")
    if len(steps) > 1 and steps[1] in _ENTITIES:
        return ".".join(step.lower() for step in steps[1:3])
    return ""
