"""Sets of strings that Entra ID's documentation settles wholly, partly, or not at all."""

from __future__ import annotations

import re

from msgspec import Struct

from apimdoctor.symbols import is_id

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class Unsure(Struct, frozen=True):
    """Something that what was read does not decide, and why."""

    because: str


class Known(Struct, frozen=True, kw_only=True):
    """Strings that are surely in a set; `rest` says why there may be more, `perhaps` names some of those."""

    sure: tuple[str, ...] = ()
    rest: str = ""
    perhaps: tuple[str, ...] = ()


def is_guid(text: str) -> bool:
    """Whether the text is a GUID in the form that Entra ID writes, in whatever letter case, or a marker that stands for one."""
    return _GUID.fullmatch(text) is not None or is_id(text)


def distinct(*texts: str) -> tuple[str, ...]:
    """The texts without repetitions and without the empty one, in order."""
    return tuple(dict.fromkeys(text for text in texts if text))
