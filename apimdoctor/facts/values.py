"""Sets of strings of which some members may not be known, and the five questions that rules may ask of them.

The questions answer as three-valued logic demands: True or False only when it holds in every possible world (whatever
text the symbols stand for, whatever further members there are), else an Unknown with the reason.
"""

import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.symbols import holds_id, may_equal, only_ids


class Unknown(Struct, frozen=True):
    """A value nobody could read or decide, and why: 'named value {{key}} is secret', 'app registrations were not read'."""

    because: str
    gap: str = ""
    """Scope of the snapshot's gap, when there is one."""


class Values(Struct, frozen=True, kw_only=True):
    """A set of strings, perhaps not wholly known. The questions answer True, False or an Unknown with the reason."""

    known: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    """Members whose text is not known: `{{secret}}`, `@(...)`; equal symbols are equal."""
    rest: str = ""
    """Why there may be further members ("" = there are none)."""
    all: bool = False
    """No restriction: every string is a member (accepted sets only)."""

    def __str__(self) -> str:
        """For messages: known members, then symbols; what may follow is said."""
        if self.all:
            return "anything"
        named = ", ".join((*self.known, *self.symbols))
        if self.rest:
            return f"{named} and perhaps more ({self.rest})" if named else f"something unknown ({self.rest})"
        return named or "nothing"


Answer = bool | Unknown

NONE = Values()
ANYTHING = Values(all=True)

_UPPER_GUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
# What a symbol's text starts and ends with is certain up to the first, and from the last, character that any of the
# notations for an unknown part may begin or end with: {{x}}, @(x), @{x}, ${x}, #{x}#, $(x), %x%, __x__, <x>, [x].
_FIRST_UNKNOWN = re.compile(r"[{@$#%_<\[(]")
_LAST_UNKNOWN = re.compile(r".*[}@$#%_>\])]", re.DOTALL)


def known(*texts: str) -> Values:
    """The set of exactly these strings."""
    return Values(known=tuple(dict.fromkeys(texts)))


def unread(because: str) -> Values:
    """A set of which nothing is known."""
    return Values(rest=because)


def union(parts: Iterable[Values]) -> Values:
    """All members of all parts."""
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    return Values(
        known=tuple(dict.fromkeys(text for part in parts for text in part.known)),
        symbols=tuple(dict.fromkeys(text for part in parts for text in part.symbols)),
        rest="; ".join(dict.fromkeys(part.rest for part in parts if part.rest)),
        all=any(part.all for part in parts),
    )


def comparable(text: str) -> str:
    """The text as the questions compare it: exactly, but for the case of GUIDs (domain facts: apim-policies 3)."""
    return text if text == text.lower() else _UPPER_GUID.sub(lambda guid: guid.group().lower(), text)


def meets(left: Values, right: Values) -> Answer:
    """Whether the two sets have a member in common."""
    if left.all or right.all:
        lacking = empty(right if left.all else left)
        return lacking if isinstance(lacking, Unknown) else not lacking
    left, right = _parted(left), _parted(right)
    ours, theirs = _texts(left), _texts(right)
    if ours & theirs or set(left.symbols) & set(right.symbols):
        return True
    return _first(
        _perhaps(left.symbols, theirs, right.symbols) or _perhaps(right.symbols, ours, ()),
        left.rest if theirs or right.symbols or right.rest else "",
        right.rest if ours or left.symbols else "",
    )


def within(left: Values, right: Values) -> Answer:
    """Whether every member of the left set is a member of the right one."""
    if right.all:
        return True
    if left.all:
        return Unknown(right.rest) if right.rest else False
    left, right = _parted(left), _parted(right)
    theirs = _texts(right)
    doubt = left.rest
    for text in _texts(left) - theirs:
        perhaps = _perhaps(right.symbols, {text}, ()) or right.rest
        if not perhaps:
            return False
        doubt = doubt or perhaps
    for symbol in left.symbols:
        if symbol not in right.symbols:
            perhaps = _perhaps((symbol,), theirs, right.symbols) or right.rest
            if not perhaps:
                return False
            doubt = doubt or perhaps
    return Unknown(doubt) if doubt else True


def includes(values: Values, text: str) -> Answer:
    """Whether the text is a member."""
    return True if values.all else meets(values, Values(known=(text,)))


def empty(values: Values) -> Answer:
    """Whether the set has no member."""
    if values.all or values.known or values.symbols:
        return False
    return Unknown(values.rest) if values.rest else True


def everything(values: Values) -> Answer:
    """Whether nothing restricts the set."""
    if values.all:
        return True
    return Unknown(values.rest) if values.rest else False


def _parted(values: Values) -> Values:
    """Members that hold an id only a deployment knows, as symbols: of those only what stands around the id is certain."""
    if not any("${" in text for text in values.known):
        return values
    symbolic = tuple(text for text in values.known if holds_id(text))
    known_ones = tuple(text for text in values.known if text not in symbolic)
    return replace(values, known=known_ones, symbols=(*symbolic, *values.symbols))


def _texts(values: Values) -> set[str]:
    return {comparable(text) for text in values.known}


def _first(*reasons: str) -> Answer:
    because = next((reason for reason in reasons if reason), "")
    return Unknown(because) if because else False


def _perhaps(symbols: Iterable[str], texts: Iterable[str], others: tuple[str, ...]) -> str:
    """Why one of the symbols may be one of the texts or of the other symbols; "" when none can be."""
    for symbol in symbols:
        if any(_may_be(symbol, text) for text in texts) or any(
            _may_be(symbol, other, symbolic=True) for other in others
        ):
            return _not_known(symbol)
    return ""


def _may_be(symbol: str, other: str, *, symbolic: bool = False) -> bool:
    """Whether a symbol may stand for a text, or, `symbolic`, for what another symbol stands for."""
    if only_ids(symbol) and (not symbolic or only_ids(other)):
        return may_equal(symbol, other)
    start, end = _certain_ends(comparable(symbol))
    if not symbolic:
        return other.startswith(start) and other.endswith(end) and len(other) >= len(start) + len(end)
    other_start, other_end = _certain_ends(comparable(other))
    return _same_start(start, other_start) and _same_start(end[::-1], other_end[::-1])


def _certain_ends(symbol: str) -> tuple[str, str]:
    first = _FIRST_UNKNOWN.search(symbol)
    last = _LAST_UNKNOWN.match(symbol)
    if first is None or last is None:
        return "", ""
    return symbol[: first.start()], symbol[last.end() :]


def _same_start(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _not_known(symbol: str) -> str:
    return f"the value of {symbol if len(symbol) <= 80 else symbol[:77] + '...'} is not known"
