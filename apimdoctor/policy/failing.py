"""Policy expressions that raise an error on some requests, and types that they may not use."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from apimdoctor.policy.code import Node
from apimdoctor.policy.code_places import Locals, Places, below, locals_of
from apimdoctor.policy.expression import tree_of

On = Literal["line breaks", "base64url text", "text not found", "missing header", "missing claim"]
"""What the request, or the error, holds when the expression fails."""


class Failure(NamedTuple):
    """An error that an expression raises: on what, and the place that holds it (`header:x`, `claim:x`, a word)."""

    on: On
    reads: str


_FORBIDDEN = frozenset(
    {
        "Activator",
        "AppDomain",
        "Assembly",
        "ConfigurationManager",
        "Console",
        "Directory",
        "Dns",
        "Environment",
        "File",
        "FileInfo",
        "HttpClient",
        "HttpUtility",
        "HttpWebRequest",
        "JsonDocument",
        "JsonSerializer",
        "JwtSecurityTokenHandler",
        "Process",
        "SmtpClient",
        "Socket",
        "SqlConnection",
        "Task",
        "TcpClient",
        "Thread",
        "WebClient",
        "WebRequest",
    }
)
"""Types of .NET that people reach for and that the list of allowed types does not hold (docs:
api-management-policy-expressions, ".NET Framework types allowed in policy expressions")."""

_ALWAYS_THERE = frozenset({"aud", "exp", "iat", "iss", "nbf", "oid", "sub", "tid", "ver", "*"})
"""Claims of every access token (docs: access-token-claims-reference)."""
_CLEANS = frozenset({"EscapeDataString", "UrlEncode", "ToBase64String", "SerializeObject", "Split"})
_SEARCHES = frozenset({"IndexOf", "LastIndexOf"})
_ASKS_FOR_TEXT = frozenset({"Contains", "EndsWith", "IsMatch", "StartsWith"})
_COMPARES = frozenset({"<", "<=", ">", ">=", "==", "!="})
_OF_CALLERS = ("header:", "query:", "claim:", "variable:", "parameter:")


@lru_cache(maxsize=4096)
def forbidden_types(code: str, block: bool = False) -> tuple[str, ...]:
    """Types that a code uses and no policy expression may; nothing when it could not be read."""
    tree = tree_of(code, block)
    if tree is None:
        return ()
    own = locals_of(tree).values
    found = (_type(node) for node in below(tree))
    return tuple(dict.fromkeys(name for name in found if name in _FORBIDDEN and name not in own))


def _type(node: Node) -> str:
    if node.kind == "new":
        return node.text.partition("<")[0].rpartition(".")[2]
    if node.kind == "member" and node.parts[0].kind == "name":
        return node.parts[0].text
    if node.kind == "member" and node.parts[0].kind == "member":
        # System.IO.File.ReadAllText, but not context.Task.Id
        names = _names(node.parts[0])
        return names[-1] if names[:1] == ["System"] else ""
    return ""


def _names(node: Node) -> list[str]:
    names: list[str] = []
    while node.kind == "member":
        names.append(node.text)
        node = node.parts[0]
    return [*([node.text] if node.kind == "name" else []), *reversed(names)]


@lru_cache(maxsize=4096)
def failures(code: str, block: bool = False, *, in_header: bool = False) -> tuple[Failure, ...] | None:
    """The errors that a code raises on some requests; None when it could not be read.

    `in_header`: its result goes into a header or the reason phrase of a status, where line breaks are refused.
    """
    tree = tree_of(code, block)
    if tree is None or any(node.kind == "named" for node in below(tree)):
        return None
    return tuple(dict.fromkeys(_Reader(tree).failures(in_header=in_header)))


class _Reader:
    """One code being read."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree
        self._locals: Locals = locals_of(tree)
        self._places = Places(self._locals)
        self._calls = [node for node in below(tree) if node.kind == "call" and node.parts[0].kind == "member"]
        self._called = {node.parts[0].text.partition("<")[0] for node in self._calls}
        self._tries = any(node.kind == "other" and node.text.startswith("try") for node in below(tree))

    def failures(self, *, in_header: bool) -> Iterator[Failure]:
        if in_header:
            yield from self._line_breaks()
        if self._tries:
            # An error that is caught is none.
            return
        yield from self._base64url()
        yield from self._not_found()
        yield from self._missing()

    def _line_breaks(self) -> Iterator[Failure]:
        """Messages of the token library hold line breaks (source: github.com/MicrosoftDocs/azure-docs issue 91179)."""
        if self._called & _CLEANS or any(self._removes_breaks(call) for call in self._calls):
            return
        read = self._places.reads(self._tree)
        if any(one.place == "lasterror.message" for one in read) and self._carried("lasterror.message"):
            yield Failure("line breaks", "lasterror.message")

    def _carried(self, place: str) -> bool:
        if self._tree.kind != "block":
            return place in self._places.origins(self._tree)
        results = (node.parts[0] for node in below(self._tree) if node.kind == "return" and node.parts)
        return any(place in self._places.origins(result) for result in results)

    def _removes_breaks(self, call: Node) -> bool:
        if call.parts[0].text not in ("Replace", "Remove"):
            return False
        texts = [node.text for argument in call.parts[1:] for node in below(argument) if node.kind == "text"]
        return any(character in text for text in texts for character in ("\n", "\r", "\\n", "\\r", "\\s", "[^"))

    def _base64url(self) -> Iterator[Failure]:
        """Parts of a JWT are base64url: other characters and no padding (RFC 7515, section 2)."""
        if self._called & {"Replace", "PadRight"}:
            return
        for call in self._calls:
            if call.parts[0].text == "FromBase64String" and len(call.parts) > 1:
                split = next((n for n in self._through(call.parts[1]) if _splits_at_dot(n)), None)
                if split is not None:
                    yield Failure("base64url text", self._places.origin(split) or "a part of a token")

    def _through(self, node: Node, steps: int = 0) -> Iterator[Node]:
        """The node, what is below it, and what the local variables in it hold."""
        for one in below(node):
            yield one
            if one.kind == "name" and steps < 8:
                for value in self._locals.values.get(one.text, ()):
                    yield from self._through(value, steps + 1)

    def _not_found(self) -> Iterator[Failure]:
        """`text.Substring(0, text.LastIndexOf("@"))` fails for a text without the character: the position is -1."""
        if self._called & _ASKS_FOR_TEXT or self._compares_position():
            return
        for call in self._calls:
            if call.parts[0].text == "Substring" and any(self._is_search(argument) for argument in call.parts[1:]):
                origins = self._places.origins(call.parts[0].parts[0])
                read = next((place for place in origins if place.startswith(_OF_CALLERS)), "")
                if read:
                    yield Failure("text not found", read)

    def _is_search(self, node: Node) -> bool:
        if node.kind == "name":
            value = self._locals.only(node.text)
            return value is not None and value.kind != "name" and self._is_search(value)
        return node.kind == "call" and node.parts[0].kind == "member" and node.parts[0].text in _SEARCHES

    def _compares_position(self) -> bool:
        binaries = (node for node in below(self._tree) if node.kind == "binary" and node.text in _COMPARES)
        return any(self._is_search(part) for node in binaries for part in node.parts)

    def _missing(self) -> Iterator[Failure]:
        """The item of a table that may not be there, taken by `[...]` and not asked for anywhere in the code."""
        reads = tuple(self._places.reads(self._tree))
        asked = {read.place for read in reads if read.how == "contains"}
        for read in reads:
            kind, _, name = read.place.partition(":")
            if read.how != "index" or read.place in asked or name == "*":
                continue
            if kind == "header":
                yield Failure("missing header", read.place)
            elif kind == "claim" and name not in _ALWAYS_THERE:
                yield Failure("missing claim", read.place)


def _splits_at_dot(node: Node) -> bool:
    """`x.Split('.')[1]`."""
    return (
        node.kind == "index"
        and node.parts[0].kind == "call"
        and node.parts[0].parts[0].kind == "member"
        and node.parts[0].parts[0].text == "Split"
        and any(argument.kind == "text" and argument.text == "." for argument in node.parts[0].parts[1:])
    )
