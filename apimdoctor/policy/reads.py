"""What an element's text draws on: request headers, query parameters, variables, the caller's token, its certificate."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from apimdoctor.policy.tree import Element, Text
from apimdoctor.policy.value import Expression, Mixed, NamedValues, Value
from apimdoctor.policy.value_text import resolve

_HEADER = re.compile(r"""Request\s*\.\s*(?:Original)?Headers\s*(?:\.\s*\w+\s*\(|\[)\s*"([^"]*)\"""")
_ANY_HEADER = re.compile(r"""Request\s*\.\s*Headers\b""")
_QUERY = re.compile(r"""\bQuery\s*(?:\.\s*\w+\s*\(|\[)\s*"([^"]*)\"""")
_VARIABLE = re.compile(
    r"""context\s*\.\s*Variables\s*(?:\.\s*\w+\s*(?:<[^<>()]*(?:<[^<>()]*>)?[^<>()]*>)?\s*\(|\[)\s*"([^"]*)\""""
)
_CLAIM = re.compile(r"""\bClaims\s*\??\s*(?:\.\s*\w+\s*\(|\[)\s*"([^"]*)\"""")
_OTHER_CLAIMS = ((re.compile(r"\.\s*Subject\b"), "sub"), (re.compile(r"\.\s*Audiences\b"), "aud"))
_PARSES = re.compile(r"\b(?:AsJwt|TryParseJwt)\b")
_CLAIMS_AT_ALL = re.compile(r"\bClaims\b")
_CERTIFICATE = re.compile(r"Request\s*\.\s*Certificate\b")
_ADDRESS = re.compile(r"Request\s*\.\s*IpAddress\b")
_LAST_ERROR = re.compile(r"\bLastError\b")
_COMMENT_OR_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*+"|//[^\n]*+|/\*.*?\*/', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reads:
    """What text draws on. Header names are lower case; `claims` are names of claims of any token."""

    headers: frozenset[str] = frozenset()
    queries: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()
    claims: frozenset[str] = frozenset()
    other_claims: bool = False
    """It reads claims, some of them in a way that does not tell which."""
    parses_token: bool = False
    certificate: bool = False
    address: bool = False
    last_error: bool = False
    computed: bool = False
    """It holds an expression, whatever that reads."""

    def __or__(self, other: "Reads") -> "Reads":
        return Reads(
            self.headers | other.headers,
            self.queries | other.queries,
            tuple(dict.fromkeys((*self.variables, *other.variables))),
            self.claims | other.claims,
            self.other_claims or other.other_claims,
            self.parses_token or other.parses_token,
            self.certificate or other.certificate,
            self.address or other.address,
            self.last_error or other.last_error,
            self.computed or other.computed,
        )


NOTHING = Reads()


def reads_of(value: Value) -> Reads:
    """What a value draws on when the gateway computes it."""
    if isinstance(value, Expression):
        return _of_code(value.code)
    found = NOTHING
    if isinstance(value, Mixed):
        for part in value.parts:
            if isinstance(part, Expression):
                found |= _of_code(part.code)
    return found


def values_in(element: Element, named: NamedValues) -> Iterator[Value]:
    """Every value written in an element and in what it contains, named values in place."""
    waiting = [element]
    while waiting:
        now = waiting.pop()
        for attribute in now.attributes:
            yield resolve(attribute.value, named)
        for child in now.children:
            if isinstance(child, Element):
                waiting.append(child)
            elif isinstance(child, Text):
                yield resolve(child.value, named)


def reads_in(element: Element, named: NamedValues) -> Reads:
    """What an element and all that it contains draws on."""
    found = NOTHING
    for value in values_in(element, named):
        here = reads_of(value)
        if here is not NOTHING:
            found |= here
    return found


def own_reads(element: Element, named: NamedValues) -> Reads:
    """What an element's attributes draw on, its content left aside (containers)."""
    found = NOTHING
    for attribute in element.attributes:
        found |= reads_of(resolve(attribute.value, named))
    return found


@lru_cache(maxsize=4096)
def _of_code(code: str) -> Reads:
    text = _COMMENT_OR_TEXT.sub(lambda m: m.group() if m.group()[0] == '"' else " ", code)
    claims = set(_CLAIM.findall(text))
    claims |= {name for pattern, name in _OTHER_CLAIMS if pattern.search(text)}
    return Reads(
        headers=frozenset(name.lower() for name in _HEADER.findall(text)),
        queries=frozenset(_QUERY.findall(text)),
        variables=tuple(dict.fromkeys(_VARIABLE.findall(text))),
        claims=frozenset(claims),
        other_claims=len(_CLAIMS_AT_ALL.findall(text)) > len(_CLAIM.findall(text)),
        parses_token=bool(_PARSES.search(text)),
        certificate=bool(_CERTIFICATE.search(text)),
        address=bool(_ADDRESS.search(text)),
        last_error=bool(_LAST_ERROR.search(text)),
        computed=True,
    )
