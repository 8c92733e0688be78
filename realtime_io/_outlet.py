"""The way out of a WebSocket: what waits is sent in order, by one send at a time.

A send that is cancelled leaves half a frame on the wire, and the next frame would be read as its
payload. So there is one place that waits for a send, and a send that is cancelled or fails is the
last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from realtime_io._map import GONE
from realtime_io._road import Road

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from realtime_io._change import Change
    from realtime_io._outbox import Outbox

__all__ = ("Outlet",)


class Outlet:
    """Sends what an outbox holds.

    Args:
        stream: Where to.
        outbox: What waits.
        timeout_s: How long the peer may take nothing, in seconds; None: as long as it likes.
        changed: Told when something was sent, or nothing more will be.

    Attributes:
        sent_code: What our close frame said, once it went out.
        is_broken: Nothing is sent any more.
    """

    __slots__ = (
        "_changed",
        "_is_sending",
        "_is_unsent",
        "_outbox",
        "_road",
        "_stream",
        "_timeout_s",
        "is_broken",
        "sent_code",
    )

    def __init__(
        self, stream: ByteStream, outbox: Outbox, *, timeout_s: float | None, changed: Change
    ) -> None:
        self.sent_code: int | None = None
        self.is_broken: bool = False
        self._stream = stream
        self._road = stream if isinstance(stream, Road) else None
        self._outbox = outbox
        self._timeout_s = timeout_s
        self._changed = changed
        self._is_sending = False  # a task is in flush()
        self._is_unsent = False  # the stream has what it did not send yet

    @property
    def is_idle(self) -> bool:
        """Whether all messages have been given to the stream."""
        return not (self._outbox.queued_frames or self._is_sending or self._is_unsent)

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to be flushed, of whatever kind."""
        return self._is_unsent or not self._outbox.is_empty

    def pour(self, at_least: int = 1) -> bool:
        """Whether all messages were sent without a wait; else there is something to be flushed.

        Args:
            at_least: Keep what is less, in bytes, for what is joined with it.
        """
        return not self._is_sending and self._pour(at_least)

    def _pour(self, at_least: int = 1) -> bool:
        if self._road is None or self._is_unsent or self._outbox.is_ending:
            return False
        self._is_unsent = not self._outbox.pour(self._road.send_nowait, at_least=at_least)
        return not (self._is_unsent or self._outbox.queued_frames)

    async def flush(self) -> str | None:
        """Send all that waits, what is added meanwhile too. Cancelled while it sends, it breaks.

        Returns:
            Why the peer is to be given up, if it is.
        """
        while self._is_sending:
            await self._changed.wait()
        self._is_sending = True
        try:
            while not self.is_broken and self.is_waiting:
                if self._pour():
                    continue
                batch, code = (b"", None) if self._is_unsent else self._outbox.take()
                try:
                    late = await self._send(batch)
                except GONE:
                    self.stop()
                except BaseException:  # cancelled: a part of a frame may be on the wire
                    self.stop()
                    raise
                else:
                    if late is not None:
                        return late
                    self._is_unsent = False
                    self.sent_code = self.sent_code if code is None else code
                self._changed.tell()
        finally:
            self._is_sending = False
            self._changed.tell()
        return None

    async def _send(self, data: bytes) -> str | None:
        """Send a batch, which the peer must take in time."""
        if self._timeout_s is None:
            await self._stream.send(data)
            return None
        with anyio.move_on_after(self._timeout_s) as scope:
            await self._stream.send(data)
        if not scope.cancelled_caught:
            return None
        self.stop()
        what = f"{len(data)} bytes" if data else "the rest of a message"
        return f"the peer did not take {what} within {self._timeout_s:g} s"

    def stop(self) -> None:
        """Send nothing any more, and forget what waits."""
        self.is_broken = True
        self._outbox.drop()
