"""Sets of strings of which some members may not be known, and the five questions that rules may ask of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value nobody could read or decide, and why: 'named value {{key}} is secret', 'app registrations were not read'."""

    because: str
    gap: str = ""
    """Scope of the snapshot's gap, when there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A set of strings, perhaps not wholly known. The questions answer True, False or an Unknown with the reason."""

    known: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    """Members whose text is not known: `{{secret}}`, `@(...)`; equal symbols are equal."""
    rest: str = ""
    """Why there may be further members ("" = there are none)."""
    all: bool = False
    """No restriction: every string is a member (accepted sets only)."""
