"""The only place that reads a clock: the event loop's monotonic one, and the wall clock.

The core takes time as an argument; this is where it comes from. `now()` is the clock that anyio's
deadlines run on, so a test that virtualises the loop's clock (trio's MockClock) virtualises ours
with it.
"""

from __future__ import annotations

import time

import anyio

__all__ = ("now", "unix_time")


def now() -> float:
    """Seconds on the event loop's monotonic clock."""
    return anyio.current_time()


def unix_time() -> float:
    """Seconds since 1970."""
    return time.time()
