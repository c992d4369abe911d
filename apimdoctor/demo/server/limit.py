"""Azure Resource Manager's limit on reads of a subscription: a bucket that refills, and a refusal when it is empty.

Source: learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling.
"""

import math
import time
from collections.abc import Callable

from msgspec import Struct


class Limit(Struct):
    """A bucket of `burst` reads that refills with `per_second`."""

    burst: float = 250
    per_second: float = 25
    now: Callable[[], float] = time.monotonic
    refused: int = 0
    _left: float = 0
    _seen: float = 0

    def __post_init__(self) -> None:
        self._left, self._seen = self.burst, self.now()

    def read(self) -> tuple[int, int]:
        """Take one read: how many are left, and the seconds to wait when this one is refused (else 0)."""
        now = self.now()
        self._left = min(self.burst, self._left + (now - self._seen) * self.per_second)
        self._seen = now
        if self._left < 1:
            self.refused += 1
            return 0, max(1, math.ceil((1 - self._left) / self.per_second))
        self._left -= 1
        return int(self._left), 0
