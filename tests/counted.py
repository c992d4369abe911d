"""Work counted instead of timed: how many calls of functions a piece of work takes, on any machine and under any load."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls(work: Callable[[], object]) -> int:
    """How many calls of Python's and of C's functions `work` makes, resumed generators among them."""
    count = 0

    def note(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growth(work: Callable[[int], Callable[[], object]], size: int, times: int) -> float:
    """By what the work grows when its size grows by `times`; `work` prepares uncounted what it returns to be counted."""
    work(size)()  # what is made once and kept would otherwise count for the smaller size only
    return calls(work(size * times)) / calls(work(size))
