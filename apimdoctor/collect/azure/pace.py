"""How fast Azure may be asked: a token bucket per subscription that follows what Azure says of what is left."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from msgspec import Struct, field

BURST = 250
PER_SECOND = 25.0
"""Reads per subscription and principal (learn.microsoft.com/azure/azure-resource-manager/management/
request-limits-and-throttling): a bucket of 250 that refills with 25 in a second."""
AT_ONCE = 16
"""Requests in flight per subscription; more gains nothing under the limit above (measured)."""


class Clock(Struct, frozen=True):
    """Time and chance, so that tests need neither."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = field(default=random.random)
    """Between 0 and 1."""


class Pace:
    """Lets requests out one by one, none before it is allowed; all wait when Azure asks one to wait."""

    def __init__(
        self, clock: Clock, burst: float = BURST, per_second: float = PER_SECOND, at_once: int = AT_ONCE
    ) -> None:
        self._clock = clock
        self._burst = burst
        self._per_second = per_second
        self._tokens = float(burst)
        self._seen = clock.now()
        self._closed_until = self._seen
        self._in_flight = 0
        self._queue = asyncio.Lock()
        self.slots = asyncio.Semaphore(at_once)
        """One slot per request in flight; a request that waits to be repeated holds none."""

    @property
    def per_second(self) -> float:
        """How many requests in a second once the bucket is empty."""
        return self._per_second

    @property
    def left(self) -> float:
        """How many requests may go now."""
        return max(0.0, self._tokens)

    async def admit(self) -> None:
        """Wait until one more request may go."""
        async with self._queue:
            while True:
                now = self._clock.now()
                self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._per_second)
                self._seen = now
                wait = max(self._closed_until - now, (1 - self._tokens) / self._per_second if self._tokens < 1 else 0.0)
                if wait <= 0:
                    break
                # Less than a millisecond may be too little to change a clock's floating-point number.
                await self._clock.sleep(max(wait, 0.001))
            self._tokens -= 1
            self._in_flight += 1

    def answered(self, remaining: int | None) -> None:
        """An answer came; `remaining` is what Azure says is left, which it counted before those still under way."""
        self._in_flight -= 1
        if remaining is not None:
            self._burst = max(self._burst, float(remaining))
            self._tokens = max(0.0, float(remaining - self._in_flight))

    def close(self, seconds: float) -> None:
        """Let nothing out for a while: Azure has said so."""
        self._closed_until = max(self._closed_until, self._clock.now() + seconds)
