"""What the roads to a peer have in common: they send and receive without a wait, where they can."""

from __future__ import annotations

from abc import abstractmethod
from math import inf
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

__all__ = ("Road", "receive_until")


class Road(ByteStream):
    """A byte stream that takes at once what the kernel takes, and gives at once what there is."""

    @abstractmethod
    def send_nowait(self, *items: bytes) -> bool:
        """Give the kernel what it takes at once. Passes no checkpoint and raises nothing.

        Args:
            items: To be sent one behind the other, which need not be joined for that.

        Returns:
            Whether that was all; else `send` must be called, with nothing even, and sends the rest
            before anything else. What is wrong with the connection, it says then.
        """

    @abstractmethod
    def receive_nowait(self, max_bytes: int) -> bytes | None:
        """What there is, as far as that is known. Passes no checkpoint and raises nothing.

        Returns:
            None where `receive` has to be called, which waits or says what is wrong.
        """

    @abstractmethod
    async def receive_until(self, max_bytes: int, until: float) -> bytes | None:
        """What has come, as `receive`.

        Args:
            max_bytes: At most.
            until: How long to wait for it, on the event loop's clock.

        Returns:
            None where nothing came.
        """


def receive_until(
    stream: ByteStream, max_bytes: int, until: float
) -> Coroutine[Any, Any, bytes | None]:
    """The same of any stream."""
    if isinstance(stream, Road):
        return stream.receive_until(max_bytes, until)
    return stream.receive(max_bytes) if until == inf else _timed(stream, max_bytes, until)


async def _timed(stream: ByteStream, max_bytes: int, until: float) -> bytes | None:
    with anyio.CancelScope(deadline=until):
        return await stream.receive(max_bytes)
    return None
