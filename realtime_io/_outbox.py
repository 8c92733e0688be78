"""What waits to be sent, and in which order: control frames, messages, and last the goodbye.

Messages are turned into frames when they are posted, so that one which cannot be sent is refused to
whoever posts it. Frames leave in batches: a call of the kernel for each would cost more than the
rest. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wsproto.events import BytesMessage, TextMessage

from realtime_io._fastlane import FrameMaker
from realtime_proto.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsproto.connection import Connection

    from realtime_io._inbox import SocketLimits

__all__ = ("JOINED_BYTES", "Outbox")

JOINED_BYTES: Final = 64 * 2**10
"""In one send. A longer frame is sent in pieces, with nothing between them."""

MAX_QUEUED_CONTROLS: Final = 128
"""Pongs that wait for a peer which does not read; RFC 6455 5.5.3 lets us leave out the older."""


class Outbox:
    """The frames of one WebSocket that were not sent yet.

    Args:
        connection: wsproto's side, its handshake complete.
        limits: The bounds.
        is_compressed: Whether wsproto makes the frames, for it to compress them.

    Attributes:
        queued_bytes: Of messages, on the wire.
    """

    def __init__(
        self, connection: Connection, limits: SocketLimits, *, is_compressed: bool
    ) -> None:
        self.queued_bytes: int = 0
        self._connection = connection
        self._limits = limits
        self._maker = None if is_compressed else FrameMaker(is_client=connection.client)
        # Lists: an empty deque takes ten times as much memory, and what leaves leaves in one go.
        self._controls: list[bytes] = []
        self._frames: list[bytes] = []
        self._n_begun = 0  # bytes of the first frame that have left
        self._goodbye: tuple[bytes, int] | None = None

    @property
    def queued_frames(self) -> int:
        """How many messages wait."""
        return len(self._frames)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all waits."""
        return not (self._frames or self._controls or self._goodbye)

    @property
    def is_ending(self) -> bool:
        """Whether the goodbye waits."""
        return self._goodbye is not None

    @property
    def is_full(self) -> bool:
        """Whether whoever has more to send should wait."""
        return (
            len(self._frames) >= self._limits.queued_frames
            or self.queued_bytes >= self._limits.queued_bytes
        )

    def put(self, message: str | bytes) -> None:
        """Queue a message, room or not.

        Raises:
            LocalProtocolError: It is too long, or text that UTF-8 cannot carry. Nothing was queued.
        """
        try:
            payload = message.encode() if isinstance(message, str) else message
        except UnicodeEncodeError:
            raise LocalProtocolError("a text message holds half a surrogate pair") from None
        if len(payload) > self._limits.message_bytes:
            raise LocalProtocolError(
                f"a message of {len(payload)} bytes is over the limit of "
                f"{self._limits.message_bytes}"
            )
        if self._maker is None:
            frame = self._connection.send(
                TextMessage(data=message)
                if isinstance(message, str)
                else BytesMessage(data=message)
            )
        else:
            frame = self._maker.make(payload, is_text=isinstance(message, str))
        self._frames.append(frame)
        self.queued_bytes += len(frame)

    def put_control(self, frame: bytes) -> None:
        """Queue a ping or a pong, ahead of messages."""
        self._controls.append(frame)
        del self._controls[:-MAX_QUEUED_CONTROLS]

    def put_goodbye(self, frame: bytes, code: int) -> None:
        """Queue the close frame, behind all that is there; nothing is posted after it."""
        self._goodbye = (frame, code)

    def take(self) -> tuple[bytes, int | None]:
        """What is to be sent next, and what the close frame in it says, where that is its end.

        Empty where nothing waits. It has left the queue, sent or not.
        """
        batch, code = self._take()
        return batch[0] if len(batch) == 1 else b"".join(batch), code

    def _take(self) -> tuple[list[bytes], int | None]:
        batch: list[bytes] = []
        if not self._n_begun:
            batch, self._controls = self._controls, batch
        room = JOINED_BYTES - sum(map(len, batch))
        n_taken = 0
        for frame in self._frames:
            size = len(frame) - self._n_begun
            if size > room:
                if not batch:
                    end = self._n_begun + room
                    batch.append(frame[self._n_begun : end])
                    self._n_begun = end
                    self.queued_bytes -= room
                break
            batch.append(frame[self._n_begun :])
            self._n_begun = 0
            room -= size
            self.queued_bytes -= size
            n_taken += 1
        del self._frames[:n_taken]
        code = None
        if self._goodbye is not None and not self._frames:
            goodbye, code = self._goodbye
            self._goodbye = None
            batch.append(goodbye)
        return batch, code

    def pour(self, send_nowait: Callable[..., bool], *, at_least: int = 1) -> bool:
        """Give what waits away, in order. There must be no goodbye.

        Args:
            send_nowait: Sends these frames, and says whether all was; what was not, it keeps.
            at_least: Keep what is less, in bytes.

        Returns:
            Whether all that was given was sent.
        """
        is_sent = True
        while is_sent and (self._controls or self.queued_bytes >= at_least):
            batch, _ = self._take()
            is_sent = send_nowait(*batch)
        return is_sent

    def drop(self) -> None:
        """Forget what waits, the goodbye too; not the rest of a frame that has begun to leave."""
        del self._frames[bool(self._n_begun) :]
        self._controls.clear()
        self.queued_bytes = sum(map(len, self._frames)) - self._n_begun
        self._goodbye = None
