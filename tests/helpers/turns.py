"""How often the others get a turn."""

from __future__ import annotations

import anyio.lowlevel

__all__ = ("Turns",)


class Turns:
    """A task that takes every turn it is given, and counts them.

    Attributes:
        n: How many it was given.
    """

    def __init__(self) -> None:
        self.n = 0

    async def take(self) -> None:
        """To be started beside what is tested."""
        while True:
            await anyio.lowlevel.checkpoint()
            self.n += 1
