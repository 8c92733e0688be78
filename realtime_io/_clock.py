"""The only place that reads a clock: the event loop's monotonic one, and the wall clock.

The core takes time as an argument; this is where it comes from. `now()` is the clock that anyio's
deadlines run on, so whoever virtualises the loop's clock (see `virtual`) virtualises ours with it.
`unix_time()` is the system's, or what was set for the tasks of a context: a recording that is
played names times of the day it was made.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

import anyio

from realtime_io._loops import trio_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("Hold", "hold_of", "kept_still", "loop_clock", "now", "set_to", "spent", "unix_time")

_AHEAD_S: Final[ContextVar[float | None]] = ContextVar("_AHEAD_S", default=None)


class Hold:
    """What keeps a virtual clock from jumping: work that takes real time, in threads."""

    def __init__(self) -> None:
        self.n_busy: int = 0


_HOLD: Final[ContextVar[Hold | None]] = ContextVar("_HOLD", default=None)


def now() -> float:
    """Seconds on the event loop's monotonic clock."""
    return anyio.current_time()


def loop_clock() -> Callable[[], float]:
    """`now` for the event loop that runs, which is not looked for each time: that is most of what
    `now` takes (0.5 us for 0.06), and a session asks at every frame.
    """
    trio = trio_here()
    if trio is not None:
        clock: Callable[[], float] = trio.lowlevel.current_clock().current_time
        return clock
    import asyncio

    return asyncio.get_running_loop().time


spent: Final = time.perf_counter
"""Seconds that really pass, whatever the event loop's clock says: to give others a turn by. No
deadline hangs on it.
"""


def unix_time() -> float:
    """Seconds since 1970."""
    ahead_s = _AHEAD_S.get()
    return time.time() if ahead_s is None else now() + ahead_s


@contextmanager
def set_to(seconds: float) -> Iterator[None]:
    """For this task and those it starts, it is so many seconds since 1970 now."""
    before = _AHEAD_S.get()
    _AHEAD_S.set(seconds - now())
    try:
        yield
    finally:
        _AHEAD_S.set(before)  # no token: a fixture may end in another context than it began in


@contextmanager
def hold_of(hold: Hold) -> Iterator[None]:
    """For this task and those it starts, work in threads is noted in *hold*."""
    before = _HOLD.set(hold)
    try:
        yield
    finally:
        _HOLD.reset(before)


@contextmanager
def kept_still() -> Iterator[None]:
    """A virtual clock stands still in the block, which waits for a thread."""
    hold = _HOLD.get() or Hold()
    hold.n_busy += 1
    try:
        yield
    finally:
        hold.n_busy -= 1
