"""The one timer of a session: calls when something is due, and does not wake before.

What is due moves with almost every frame, and almost always away: whatever the server says puts off
the moment at which its silence would count. So a later moment wakes nobody; the timer sleeps on,
finds at the old moment that nothing is due yet, and sleeps until the new one. Only an earlier one
wakes it. While nothing is due at all, as in a session in which nobody speaks, there is no task for
it: one takes 5 KiB.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from realtime_io._change import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import TaskGroup

__all__ = ("Timer",)


class Timer:
    """Calls a function when it is due.

    Args:
        now: The event loop's clock.
        due: When the function is to be called, on that clock; inf: not.
        ring: The function. It is called with the time, and moves what is due.
    """

    __slots__ = ("_due", "_is_running", "_moved", "_now", "_ring", "_sleeps_until", "_tasks")

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
        self._tasks: TaskGroup | None = None
        self._is_running = False
        self._sleeps_until = -inf  # it is awake
        self._moved = Change()

    def start(self, tasks: TaskGroup) -> None:
        """Keep time from now on, in a task of these."""
        self._tasks = tasks
        self.look()

    def look(self) -> None:
        """What is due may have moved. A checkpoint is not passed."""
        if self._tasks is None:
            return
        due = self._due()
        if not self._is_running:
            if due != inf:
                self._is_running = True
                self._tasks.start_soon(self._run, name="realtime_io timer")
        elif due == inf or due < self._sleeps_until:
            self._moved.tell()

    async def _run(self) -> None:
        while (due := self._due()) != inf:
            self._sleeps_until = due
            await self._moved.wait(due)
            self._sleeps_until = -inf
            now = self._now()
            if self._due() <= now:
                self._ring(now)
        self._is_running = False
