"""How much evaluation a repository may cost, and what was not understood on the way."""

from collections.abc import Callable

from apimdoctor.collect.files.segments import Place

STEPS = 1_000_000
"""A repository of a thousand files takes a tenth; a hostile one ends here."""


class Work:
    """One budget of evaluation steps, and the sink of what was not understood, each place once."""

    def __init__(self, report: Callable[[Place, str], None]) -> None:
        self._left = STEPS
        self._report = report
        self._noted: set[tuple[str, int, str]] = set()

    def spend(self, steps: int) -> bool:
        """Take steps; False when none are left."""
        self._left -= steps
        return self._left > 0

    @property
    def spent(self) -> bool:
        """Whether nothing more may be evaluated."""
        return self._left <= 0

    def note(self, place: Place, what: str) -> None:
        """Something at a place that was not understood."""
        key = (place.file.path, place.offset, what)
        if key not in self._noted and len(self._noted) < 2000:
            self._noted.add(key)
            self._report(place, what)
