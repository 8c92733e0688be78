"""A WebSocket over any anyio ByteStream, in either role, with wsproto as the authority on frames.

Two tasks use it. One reads: `receive`. One writes: `write_forever`. Whoever has something to send
posts it (`post`, which passes no checkpoint) and may wait for `room` before. A send that is
cancelled leaves half a frame on the wire, and the next frame would be read as its payload: so there
is one place that sends (`_flush`, under a lock), and a send that is cancelled or fails is the last.

wsproto limits nothing, lets foreign exceptions escape, and reports its own parse errors as if the
peer had closed. The limits are here, the exceptions are caught by name (_map), and a parse error is
told from a close by wsproto's state: a real close moves it, a parse error does not.

permessage-deflate is neither offered nor taken: what it inflates to has no bound.
"""

from __future__ import annotations

import io
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
    from wsproto.connection import Connection

__all__ = ("DEFAULT_LIMITS", "Closed", "SocketLimits", "WebSocket")

READ_BYTES: Final = 256 * 2**10
JOINED_BYTES: Final = 64 * 2**10
EVENTS_PER_CHECKPOINT: Final = 256
MAX_REASON_BYTES: Final = 123
MAX_PING_BYTES: Final = 125

MAX_QUEUED_CONTROLS: Final = 128
"""Pongs that wait for a peer which does not read; RFC 6455 5.5.3 lets us leave out the older."""

LINGER_S: Final = 1.0  # for the peer to end TCP, after the closing handshake
FORCED_CLOSE_S: Final = 1.0

_CLOSE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""What may be sent; 1004, 1005, 1006 and 1015 are names for things that were not."""


@frozen(kw_only=True)
class SocketLimits:
    """Bounds of one WebSocket.

    Args:
        message_bytes: One message, either way.
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
        reason: The peer's words; where we ended it for what the peer did, why.
        clean: Whether the peer sent a close frame.
    """

    def __init__(self, code: int | None, reason: str, clean: bool) -> None:
        super().__init__(code, reason, clean)
        self.code = code
        self.reason = reason
        self.clean = clean


class WebSocket:
    """One open WebSocket. Made by the handshakes in _handshake.

    Args:
        stream: The connection below; the WebSocket owns it from now on.
        connection: wsproto's side, its handshake complete.
        subprotocol: What was agreed on.
        limits: The bounds.

    Attributes:
        received_code: What the peer's close frame said; 1005 where it was empty.
        sent_code: What our close frame said, once it went out.
    """

    def __init__(
        self,
        stream: ByteStream,
        connection: Connection,
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
        self._partial: _Partial | None = None
        self._control_window: tuple[float, int] = (0.0, 0)
        self._controls: deque[bytes] = deque(maxlen=MAX_QUEUED_CONTROLS)
        self._frames: deque[bytes] = deque()
        self._queued_bytes = 0
        self._goodbye: tuple[bytes, int] | None = None
        self._sending = anyio.Lock(fast_acquire=True)
        self._end: tuple[int | None, str, bool] | None = None
        self._is_broken = False  # nothing is sent any more
        self._is_read = False  # a task is in receive()
        self._is_drained = False  # close() reads, as nobody else does
        self._is_closing = False
        self._is_dropped = False
        self._changed = anyio.Event()

    @property
    def is_open(self) -> bool:
        """Whether a message can be posted."""
        return not self._is_broken and self._end is None and self._ws.state is ConnectionState.OPEN

    @property
    def queued_frames(self) -> int:
        """How many messages wait to be sent."""
        return len(self._frames)

    @property
    def queued_bytes(self) -> int:
        """The same in bytes on the wire."""
        return self._queued_bytes

    # --- sending

    def post(self, frame: str | bytes) -> None:
        """Queue a message for the writer; a checkpoint is not passed.

        Raises:
            ConnectionLost: The connection is closing or closed. Nothing was queued.
            LocalProtocolError: The message is too long, or text that UTF-8 cannot carry. Nothing
                was queued.
        """
        if not self.is_open:
            raise self._lost()
        try:
            size = _size(frame)
        except UnicodeEncodeError:
            raise LocalProtocolError("a text message holds half a surrogate pair") from None
        if size > self._limits.message_bytes:
            raise LocalProtocolError(
                f"a message of {size} bytes is over the limit of {self._limits.message_bytes}"
            )
        data = self._ws.send(
            TextMessage(data=frame) if isinstance(frame, str) else BytesMessage(data=frame)
        )
        self._frames.append(data)
        self._queued_bytes += len(data)
        self._wake()

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
            raise self._lost()

    def ping(self, payload: bytes = b"") -> None:
        """Queue a ping, ahead of messages; a checkpoint is not passed. Its pong is not awaited.

        Args:
            payload: At most 125 bytes.

        Raises:
            ConnectionLost: The connection is closing or closed.
            LocalProtocolError: The payload is too long. Nothing was queued.
        """
        if not self.is_open:
            raise self._lost()
        if len(payload) > MAX_PING_BYTES:
            raise LocalProtocolError(f"a ping carries at most {MAX_PING_BYTES} bytes")
        self._controls.append(self._ws.send(Ping(payload=payload)))
        self._wake()

    async def write_forever(self) -> None:
        """Send what is posted, until our close frame went out or the connection broke.

        One task runs this. Cancelled while it sends, it takes the connection with it.
        """
        while True:
            changed = self._changed
            await self._flush()
            if self._is_broken or self.sent_code is not None:
                break
            await changed.wait()
        if self._is_broken:
            # The peer may have said why before it went: the reader may look for that.
            with anyio.move_on_after(LINGER_S):
                while self._end is None:
                    await self._changed.wait()
            await self.aclose()
        elif self.received_code is not None and not self._ws.client:
            await self.aclose()  # RFC 6455 7.1.1: the server closes TCP, at once

    async def _flush(self) -> None:
        """Send all that is queued. A send that does not end well is the last one."""
        async with self._sending:
            while not self._is_broken and (batch := self._next_batch()):
                is_last = self._goodbye is not None and not self._frames
                try:
                    await self._stream.send(batch)
                except GONE:
                    self._stop_sending()
                except BaseException:  # cancelled: a part of a frame may be on the wire
                    await self.aclose()
                    raise
                else:
                    if is_last and self._goodbye is not None:
                        self.sent_code, self._goodbye = self._goodbye[1], None
                self._wake()

    def _next_batch(self) -> bytes:
        """Control frames first, then as many messages as are worth one send, the goodbye last."""
        batch = list(self._controls)
        self._controls.clear()
        size = sum(map(len, batch))
        while self._frames and (not batch or size + len(self._frames[0]) <= JOINED_BYTES):
            frame = self._frames.popleft()
            self._queued_bytes -= len(frame)
            size += len(frame)
            batch.append(frame)
        if self._goodbye is not None and not self._frames:
            batch.append(self._goodbye[0])
        return batch[0] if len(batch) == 1 else b"".join(batch)

    # --- receiving

    async def receive(self) -> str | bytes:
        """The next whole message. Exactly one task calls this. Cancelled, it takes nothing.

        Raises:
            Closed: The WebSocket has ended, or the peer broke the protocol and we ended it.
        """
        while self._is_drained and self._end is None:  # by close()
            await self._changed.wait()
        if self._is_read:
            raise LocalProtocolError("another task receives from this WebSocket")
        return await self._next_message()

    async def _next_message(self) -> str | bytes:
        self._is_read = True
        try:
            while self._end is None:
                self._n_events += 1
                if self._n_events % EVENTS_PER_CHECKPOINT == 0:
                    await anyio.lowlevel.checkpoint()
                event = self._next_event()
                if event is None:
                    await self._read()
                elif (message := self._handle(event)) is not None:
                    return message
            raise Closed(*self._end)
        finally:
            self._is_read = False
            if self._is_closing:
                self._wake()  # close() may wait for what now nobody else reads

    async def _read(self) -> None:
        try:
            data = await self._stream.receive(READ_BYTES)
        except GONE:
            self._stop_sending()
            self._finish(None, "", clean=False)
            return
        self._ws.receive_data(data)  # keeps it, no more: what can fail is done by events()
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
                    self._controls.append(self._ws.send(event.response()))
                    self._wake()
            case Pong():
                self._counts_control()
            case CloseConnection(code=code, reason=reason):
                if self._ws.state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
                    self._violated(int(code), reason or "")  # wsproto's own finding: see the head
                else:
                    self._closed_by_peer(code, reason or "")
        return None

    def _assemble(self, event: TextMessage | BytesMessage) -> str | bytes | None:
        data = event.data if isinstance(event.data, str) else bytes(event.data)
        size = _size(data)
        if self._partial is None and event.message_finished and self._fits(size, 1):
            return data
        if self._end is not None:
            return None
        partial = self._partial = self._partial or _Partial()
        partial.n_bytes += size
        partial.n_frames += event.frame_finished
        if not self._fits(partial.n_bytes, partial.n_frames):
            return None
        if isinstance(data, str):
            partial.text.write(data)
        else:
            partial.binary += data
        if not event.message_finished:
            return None
        self._partial = None
        return partial.text.getvalue() if isinstance(data, str) else bytes(partial.binary)

    def _fits(self, n_bytes: int, n_frames: int) -> bool:
        if n_bytes > self._limits.message_bytes:
            self._violated(1009, f"a message over {self._limits.message_bytes} bytes")
        elif n_frames > self._limits.fragments:
            self._violated(1008, f"a message in more than {self._limits.fragments} frames")
        return self._end is None

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
        """Close in order: send what is queued, then our close frame, wait for the peer's, drop TCP.

        May be called more than once, and whether or not the reader and the writer still run. What
        the peer still says while no task receives is lost.

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
            if self._is_closing:
                with anyio.move_on_after(timeout_s):
                    while not self._is_dropped:
                        await self._changed.wait()
                return
            self._is_closing = True
            with anyio.move_on_after(timeout_s):
                self._say_goodbye(code, reason)
                await self._flush()
                await self._until_answered()
            with anyio.move_on_after(LINGER_S):
                await self._until_hung_up()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Drop the stream at once, in bounded time."""
        self._stop_sending()
        self._finish(None, "", clean=False)
        if self._is_dropped:
            return
        with anyio.move_on_after(FORCED_CLOSE_S, shield=True), suppress(*GONE):
            await self._stream.aclose()
        self._is_dropped = True
        self._wake()

    async def _until_answered(self) -> None:
        while self._end is None and not self._is_broken:
            if self._is_read:
                await self._changed.wait()
                continue
            self._is_drained = True
            try:
                await self._next_message()
            except Closed:
                return

    async def _until_hung_up(self) -> None:
        """Wait until the peer ended TCP, where that is for the peer to do.

        A client leaves it to the server. After a violation more may be on its way to us: a socket
        closed before that is read makes TCP throw away what we sent last, the close frame.
        """
        if self._is_broken or self._end is None or self.sent_code is None:
            return
        if self.received_code is None:
            with suppress(NotImplementedError, *GONE):
                await self._stream.send_eof()
        elif not self._ws.client:
            return
        with suppress(*GONE):
            while True:
                await self._stream.receive(READ_BYTES)

    def _say_goodbye(self, code: int, reason: str) -> None:
        if self.is_open:
            words = reason.encode(errors="replace")[:MAX_REASON_BYTES].decode(errors="ignore")
            frame = self._ws.send(CloseConnection(code=code, reason=words or None))
            self._goodbye = (frame, code)
            self._wake()

    def _closed_by_peer(self, code: int, reason: str) -> None:
        self.received_code = int(code)
        self._drop_queue()  # who has said goodbye does not listen any more
        if self._ws.state is ConnectionState.REMOTE_CLOSING and not self._is_broken:
            # RFC 6455 5.5.1: the reply echoes the code. An empty frame is answered by one: for that
            # wsproto wants its own 1005, an int is sent as 1000.
            self._goodbye = (self._ws.send(CloseConnection(code=code)), int(code))
        self._finish(int(code), reason, clean=True)

    def _violated(self, code: int, reason: str) -> None:
        if self._end is None:
            self._drop_queue()
            self._say_goodbye(code, reason)
            self._finish(None, f"closed by us with {code:d}: {reason:.120}", clean=False)

    def _finish(self, code: int | None, reason: str, *, clean: bool) -> None:
        if self._end is None:
            self._end = (code, reason, clean)
        self._partial = None
        self._wake()

    def _stop_sending(self) -> None:
        self._is_broken = True
        self._goodbye = None
        self._drop_queue()

    def _drop_queue(self) -> None:
        self._frames.clear()
        self._controls.clear()
        self._queued_bytes = 0

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(
            "the connection is closed: nothing can be sent any more",
            received=self.received_code,
            sent=self.sent_code,
            phase="closing",
        )

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class _Partial:
    """The start of a message, grown in place: sent bytewise, it takes no more than its bytes."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self.n_frames = 0
        self.text = io.StringIO()
        self.binary = bytearray()


def _size(data: str | bytes) -> int:
    return len(data.encode()) if isinstance(data, str) and not data.isascii() else len(data)
