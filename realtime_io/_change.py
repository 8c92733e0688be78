"""Wakes whoever waits for something to change. Where nobody waits, telling costs next to nothing.

An event of anyio's takes over a microsecond to make, and a task that is woken for nothing ten times
that; most changes of a conversation have nobody waiting for them. So the event is made by the first
who waits, and gone once they are told.
"""

from __future__ import annotations

from math import inf

import anyio

__all__ = ("Change",)


class Change:
    """Something that changes, and is looked at again by whoever waits for it."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def tell(self) -> None:
        """It has changed: whoever waits may look. A checkpoint is not passed."""
        if self._event is not None:
            self._event.set()
            self._event = None

    async def wait(self, until: float = inf) -> bool:
        """Return when it has changed next, or at that time of the event loop's clock.

        Returns:
            Whether it has changed.
        """
        if self._event is None:
            self._event = anyio.Event()
        if until == inf:  # as most have it, without the cost of a scope
            await self._event.wait()
            return True
        with anyio.CancelScope(deadline=until) as scope:
            await self._event.wait()
        return not scope.cancelled_caught
