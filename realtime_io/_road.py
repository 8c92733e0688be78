"""What the roads to a peer have in common: they send and receive without a wait, where they can."""

from __future__ import annotations

from abc import abstractmethod

from anyio.abc import ByteStream

__all__ = ("Road",)


class Road(ByteStream):
    """A byte stream that takes at once what the kernel takes, and gives at once what there is."""

    @abstractmethod
    def send_nowait(self, item: bytes) -> bool:
        """Give the kernel what it takes at once. Passes no checkpoint and raises nothing.

        Returns:
            Whether that was all; else `send` must be called, with nothing even, and sends the rest
            before anything else. What is wrong with the connection, it says then.
        """

    @abstractmethod
    def receive_nowait(self, max_bytes: int, *, behind: int) -> bytes | None:
        """What there is. Passes no checkpoint and raises nothing.

        Args:
            max_bytes: At most.
            behind: How much the last `receive` brought, or 0 where this was called since.

        Returns:
            None where `receive` has to be called, which waits or says what is wrong.
        """
