"""A WebSocket over any anyio ByteStream, in either role, with wsproto as the authority on frames.

Two tasks use it. One reads: `receive`. One writes: `write_forever`, the only one that ever sends on
the stream, because a cancelled send leaves half a frame on the wire and the next one would be read
as its payload. Whoever has something to send posts it (`post`, which passes no checkpoint) and may
wait for `room` before. A raw write that is cancelled or fails poisons the connection: nothing is
sent on it any more.

wsproto limits nothing, lets foreign exceptions escape, and reports its own parse errors as if the
peer had closed. The limits are here, the exceptions are caught by name (_map), and a parse error is
told from a close by wsproto's state: a real close moves it, a parse error does not.

permessage-deflate is neither offered nor accepted: base64 audio gains little, and what it inflates
to has no bound.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel
from attrs import frozen
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from realtime_io._map import GONE, UNPARSABLE
from realtime_proto.errors import ConnectionLost, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.abc import ByteStream
    from wsproto import WSConnection

__all__ = ("DEFAULT_LIMITS", "Closed", "SocketLimits", "WebSocket")

READ_BYTES: Final = 256 * 2**10
JOINED_BYTES: Final = 64 * 2**10
EVENTS_PER_CHECKPOINT: Final = 256
MAX_REASON_BYTES: Final = 123

_CLOSE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""What may be sent; 1004, 1005, 1006 and 1015 are names for things that were not."""


@frozen(kw_only=True)
class SocketLimits:
    """Bounds of one WebSocket.

    Args:
        message_bytes: One message received.
        fragments: Frames of one message received.
        control_frames_per_s: Pings and pongs received; more is a flood.
        queued_frames: Messages that may wait to be sent before `room` makes their producer wait.
        queued_bytes: The same in bytes.
    """

    message_bytes: int = 16 * 2**20
    fragments: int = 1_024
    control_frames_per_s: int = 100
    queued_frames: int = 256
    queued_bytes: int = 4 * 2**20


DEFAULT_LIMITS: Final = SocketLimits()


class Closed(Exception):
    """The WebSocket has ended.

    Attributes:
        code: What the peer's close frame said; 1005 where it was empty, None where none came.
        reason: The peer's words, or ours where the peer broke the protocol.
    """

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class WebSocket:
    """One open WebSocket. Made by the handshakes in _handshake.

    Args:
        stream: The connection below; the WebSocket owns it from now on.
        connection: wsproto's side, its handshake complete.
        subprotocol: What was agreed on.
        limits: The bounds.
    """

    def __init__(
        self,
        stream: ByteStream,
        connection: WSConnection,
        *,
        subprotocol: str | None = None,
        limits: SocketLimits = DEFAULT_LIMITS,
    ) -> None:
        self.subprotocol = subprotocol
        self.received_code: int | None = None
        self.sent_code: int | None = None
        self._stream = stream
        self._ws = connection
        self._limits = limits
        self._events: Iterator[Event] = connection.events()
        self._n_events = 0
        self._parts: list[str] | list[bytes] = []
        self._part_bytes = 0
        self._control_window: tuple[float, int] = (0.0, 0)
        self._pongs: deque[bytes] = deque()
        self._frames: deque[bytes] = deque()
        self._queued_bytes = 0
        self._end: Closed | None = None
        self._is_broken = False
        self._is_read = False
        self._is_written = False
        self._is_sending = False
        self._changed = anyio.Event()

    @property
    def is_open(self) -> bool:
        """Whether a message can be posted."""
        return not self._is_broken and self._ws.state is ConnectionState.OPEN

    @property
    def queued_frames(self) -> int:
        """Messages that wait to be sent."""
        return len(self._frames)

    @property
    def queued_bytes(self) -> int:
        """The same in bytes on the wire."""
        return self._queued_bytes

    # --- sending

    def post(self, message: str | bytes) -> None:
        """Queue a message for the writer; a checkpoint is not passed.

        Raises:
            ConnectionLost: The connection is closing or closed. Nothing was queued.
        """
        if not self.is_open:
            raise ConnectionLost("the connection is closed", sent=self.sent_code)
        event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
        self._queue(self._ws.send(event))

    async def room(self) -> None:
        """Wait until the queue is short enough to post to it.

        Raises:
            ConnectionLost: The connection is closing or closed.
        """
        await anyio.lowlevel.checkpoint()
        while self.is_open and (
            len(self._frames) >= self._limits.queued_frames
            or self._queued_bytes >= self._limits.queued_bytes
        ):
            await self._changed.wait()
        if not self.is_open:
            raise ConnectionLost("the connection is closed", sent=self.sent_code)

    def ping(self, payload: bytes = b"") -> None:
        """Queue a ping; a checkpoint is not passed. Without effect once the connection closes."""
        if self.is_open:
            self._pongs.append(self._ws.send(Ping(payload=payload)))
            self._wake()

    async def write_forever(self) -> None:
        """Send what is posted, until the close frame has gone out. Exactly one task runs this.

        Raises:
            ConnectionLost: The stream has no other end any more.
        """
        self._is_written = True
        try:
            while True:
                changed = self._changed
                await self._flush()
                if self._is_broken or self.sent_code is not None:
                    return
                await changed.wait()
        finally:
            self._is_written = False
            self._wake()  # close() may wait for what now nobody else sends

    async def _flush(self) -> None:
        while (batch := self._next_batch()) and not self._is_broken:
            self._is_sending = True
            try:
                await self._stream.send(batch)
            except BaseException as exc:
                self._break()  # part of a frame may be on the wire
                if isinstance(exc, GONE):
                    raise ConnectionLost("the connection broke while sending") from None
                raise
            finally:
                self._is_sending = False
            self._wake()

    def _next_batch(self) -> bytes:
        """Control frames first, then as many messages as are worth one send."""
        batch = list(self._pongs)
        self._pongs.clear()
        size = sum(map(len, batch))
        while self._frames and (not batch or size + len(self._frames[0]) <= JOINED_BYTES):
            frame = self._frames.popleft()
            self._queued_bytes -= len(frame)
            size += len(frame)
            batch.append(frame)
        return batch[0] if len(batch) == 1 else b"".join(batch)

    def _queue(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._queued_bytes += len(frame)
        self._wake()

    # --- receiving

    async def receive(self) -> str | bytes:
        """The next whole message. Exactly one task calls this. Cancelled, it takes nothing.

        Raises:
            Closed: The WebSocket has ended, or the peer broke the protocol and we ended it.
        """
        self._is_read = True
        try:
            while True:
                if self._end is not None:
                    raise self._end
                self._n_events += 1
                if self._n_events % EVENTS_PER_CHECKPOINT == 0:
                    await anyio.lowlevel.checkpoint()
                event = self._next_event()
                if event is None:
                    await self._read()
                else:
                    message = self._handle(event)
                    if message is not None:
                        return message
        finally:
            self._is_read = False
            if self.sent_code is not None:
                self._wake()  # close() may wait for what now nobody else reads

    async def _read(self) -> None:
        try:
            data = await self._stream.receive(READ_BYTES)
        except GONE:
            self._finish(Closed(None, ""))
            return
        try:
            self._ws.receive_data(data)
        except UNPARSABLE as exc:
            self._violated(1002, str(exc))
        self._events = self._ws.events()

    def _next_event(self) -> Event | None:
        try:
            return next(self._events, None)
        except UNPARSABLE as exc:
            self._violated(1002, str(exc))
            return None

    def _handle(self, event: Event) -> str | bytes | None:
        match event:
            case TextMessage() | BytesMessage():
                return self._assemble(event)
            case Ping():
                if self._counts_control() and self.is_open:
                    self._pongs.append(self._ws.send(event.response()))
                    self._wake()
            case Pong():
                self._counts_control()
            case CloseConnection(code=code, reason=reason):
                if self._ws.state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
                    self._violated(code, reason or "")  # wsproto's own finding: see the head
                else:
                    self._closed_by_peer(code, reason or "")
        return None

    def _assemble(self, event: TextMessage | BytesMessage) -> str | bytes | None:
        data = event.data
        self._part_bytes += len(data.encode()) if isinstance(data, str) else len(data)
        self._parts.append(data)  # type: ignore[arg-type]
        if self._part_bytes > self._limits.message_bytes:
            self._violated(1009, f"a message over {self._limits.message_bytes} bytes")
            return None
        if len(self._parts) > self._limits.fragments:
            self._violated(1008, f"a message in more than {self._limits.fragments} fragments")
            return None
        if not event.message_finished:
            return None
        parts, self._parts, self._part_bytes = self._parts, [], 0
        if len(parts) == 1:
            return data if isinstance(data, str) else bytes(data)
        empty: str | bytes = "" if isinstance(data, str) else b""
        return empty.join(parts)  # type: ignore[arg-type]

    def _counts_control(self) -> bool:
        now = anyio.current_time()
        began_at, n = self._control_window
        began_at, n = (now, 1) if now - began_at >= 1 else (began_at, n + 1)
        self._control_window = (began_at, n)
        if n > self._limits.control_frames_per_s:
            self._violated(1008, "a flood of control frames")
            return False
        return True

    # --- the end

    async def close(self, code: int = 1000, reason: str = "", *, timeout_s: float = 5.0) -> None:
        """Close in order: send what is queued, our close frame, wait for the peer's, drop the
        stream.

        May be called more than once, and whether or not the reader and the writer still run.

        Args:
            code: 1000, 1001, 1002, 1003, 1007 to 1014 or 3000 to 4999.
            reason: At most 123 bytes of UTF-8 are sent.
            timeout_s: How long the peer may take; then the stream is dropped.

        Raises:
            LocalProtocolError: The code is not one that may be sent. Nothing was sent.
        """
        if code not in _CLOSE_CODES:
            raise LocalProtocolError(f"{code!r} is not a close code that may be sent")
        try:
            with anyio.move_on_after(timeout_s):
                if not self._is_broken:
                    self._say_goodbye(code, reason)
                    await self._sent()
                    await self._answered()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Drop the stream at once, in bounded time."""
        self._break()
        with anyio.move_on_after(1.0, shield=True):
            with suppress(*GONE):
                await self._stream.aclose()

    async def _sent(self) -> None:
        while (self._frames or self._is_sending) and not self._is_broken:
            if self._is_written:
                await self._changed.wait()
            else:
                with suppress(ConnectionLost):
                    await self._flush()

    async def _answered(self) -> None:
        while self._end is None and not self._is_broken:
            if self._is_read:
                await self._changed.wait()
                continue
            try:
                await self.receive()
            except Closed:
                return

    def _say_goodbye(self, code: int, reason: str) -> None:
        if self._ws.state in (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING):
            words = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore") or None
            frame = self._ws.send(CloseConnection(code=code, reason=words))
            self.sent_code = code
            self._queue(frame)

    def _closed_by_peer(self, code: int, reason: str) -> None:
        self.received_code = code
        if self._ws.state is ConnectionState.REMOTE_CLOSING:
            # The reply has the peer's code; an empty close frame is answered by 1000, as 1005 is
            # a name for "none" that may not be sent.
            self._say_goodbye(code if code in _CLOSE_CODES else 1000, "")
        self._finish(Closed(code, reason))

    def _violated(self, code: int, reason: str) -> None:
        if self._end is None:
            self._frames.clear()
            self._pongs.clear()
            self._queued_bytes = 0
            if self._ws.state is ConnectionState.OPEN:
                self._say_goodbye(code if code in _CLOSE_CODES else 1002, reason)
            self._finish(Closed(None, f"the peer broke the WebSocket protocol: {reason:.120}"))

    def _finish(self, end: Closed) -> None:
        self._end = end
        self._parts = []
        self._wake()

    def _break(self) -> None:
        self._is_broken = True
        self._frames.clear()
        self._pongs.clear()
        self._queued_bytes = 0
        if self._end is None:
            self._end = Closed(None, "")
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
