"""Work that is no reading: done beside the event loop, which stays open for Ctrl-C."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


async def done(work: Callable[[], _T]) -> _T:
    """What some work gives. Cancelling waits for nothing: the thread ends with the program (a pool would be waited for)."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def tell(answer: Callable[[], None]) -> None:
        if not future.cancelled():
            answer()

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is raised where the work is awaited
            failure = error
            answer: Callable[[], None] = lambda: future.set_exception(failure)  # noqa: E731
        else:
            answer = lambda: future.set_result(result)  # noqa: E731
        # A loop that is closed by now awaits nothing any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, answer)

    threading.Thread(target=run, name="references", daemon=True).start()
    return await future
