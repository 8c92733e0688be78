"""The one timer of a session: calls when something is due, and does not wake before.

What is due moves with almost every frame, and almost always away: whatever the server says puts off
the moment at which its silence would count. So a later moment wakes nobody; the timer sleeps on,
finds at the old moment that nothing is due yet, and sleeps until the new one. Only an earlier one
wakes it.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import anyio

from realtime_io._change import Change

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Timer",)


class Timer:
    """Calls a function when it is due.

    Args:
        now: The event loop's clock.
        due: When the function is to be called, on that clock; inf: not.
        ring: The function. It is called with the time, and moves what is due.
    """

    def __init__(
        self,
        now: Callable[[], float],
        *,
        due: Callable[[], float],
        ring: Callable[[float], object],
    ) -> None:
        self._now = now
        self._due = due
        self._ring = ring
        self._sleeps_until = -inf  # it is awake
        self._sooner = Change()

    def look(self) -> None:
        """What is due may have moved. A checkpoint is not passed."""
        if self._sleeps_until != -inf and self._due() < self._sleeps_until:
            self._sooner.tell()

    async def run(self) -> None:
        """Keep time until cancelled. One task runs this."""
        while True:
            self._sleeps_until = self._due()
            with anyio.CancelScope(deadline=self._sleeps_until):
                await self._sooner.wait()
            self._sleeps_until = -inf
            now = self._now()
            if self._due() <= now:
                self._ring(now)
