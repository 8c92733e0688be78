"""A WebSocket over any anyio ByteStream, in either role, with wsproto as the authority on frames.

One task reads: `receive`. Whoever has something to send posts it (`post`, which passes no
checkpoint) and may wait for `room` before. What the kernel takes without a wait goes out where it
is posted (`post_now`); for the rest a writer is started (`write_in`), which ends with it. Whoever
reads keeps the pulse, unless a task is made for that (`beat_in`).

What is read becomes messages in _inbox, which has the limits; what waits to be sent is in _outbox,
and goes through _outlet; _keepalive knows when to ping. Here is what they have to do with tasks,
time and the end.
"""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Ping

from realtime_io._change import Change
from realtime_io._clock import loop_clock
from realtime_io._deflate import DEFLATE_READ_BYTES
from realtime_io._inbox import DEFAULT_LIMITS, Closed, Inbox, SocketLimits, Violation
from realtime_io._keepalive import Beat, KeepAlive, Pulse
from realtime_io._map import GONE
from realtime_io._outbox import JOINED_BYTES, Outbox
from realtime_io._outlet import Outlet
from realtime_io._road import Road, receive_until
from realtime_proto.closing import CLOSE_CODES, MAX_REASON_BYTES
from realtime_proto.errors import ConnectionLost, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from anyio.abc import ByteStream, TaskGroup
    from wsproto.connection import Connection

    from realtime_io._headers import Unquote
    from realtime_io._inbox import Received

__all__ = ("DEFAULT_LIMITS", "Closed", "KeepAlive", "SocketLimits", "WebSocket")

READ_BYTES: Final = 512 * 2**10  # each read takes some 50 us beside what it brings
EVENTS_PER_CHECKPOINT: Final = 256
BYTES_PER_EVENT: Final = 2**10  # read without a wait: more in one go is not in the cache any more
MAX_PING_BYTES: Final = 125

MAX_SEARCHED: Final = 4_096
"""A server that refuses a key may quote it; a message from this length on is audio, which is not
searched for that: it would take a tenth of the time that receiving takes."""

LINGER_S: Final = 1.0
"""For the peer to end TCP, after the closing handshake."""

UNSEEN_LINGER_S: Final = 0.25
"""The same over TLS after a violation: a peer that does not see us end our half waits, too."""

FORCED_CLOSE_S: Final = 1.0
"""For the stream to close itself."""


class WebSocket:
    """One open WebSocket. Made by the handshakes in _handshake.

    Args:
        stream: The connection below; the WebSocket owns it from now on.
        connection: wsproto's side, its handshake complete.
        subprotocol: What was agreed on.
        limits: The bounds.
        keepalive: Pings, sent while a task receives, or by `beat_in`; None sends none.
        early: What was read behind the handshake.
        is_compressed: Whether permessage-deflate was agreed on.
        unquote: Takes our keys out of what the peer says, where we have sent it any.

    Attributes:
        received_code: What the peer's close frame said; 1005 where it was empty.
        outbox: What waits to be sent.
    """

    def __init__(
        self,
        stream: ByteStream,
        connection: Connection,
        *,
        subprotocol: str | None = None,
        limits: SocketLimits = DEFAULT_LIMITS,
        keepalive: KeepAlive | None = None,
        early: bytes = b"",
        is_compressed: bool = False,
        unquote: Unquote | None = None,
    ) -> None:
        self.subprotocol = subprotocol
        self.received_code: int | None = None
        self._stream = stream
        # A little that is compressed may become much: the others get a turn behind each read of it.
        self._road = stream if isinstance(stream, Road) and not is_compressed else None
        self._ws = connection
        self._read_bytes = DEFLATE_READ_BYTES if is_compressed else READ_BYTES
        self._now = loop_clock()
        self._inbox = Inbox(connection, limits, self._now)
        self._early = early
        self._received: Iterator[Received] = self._inbox.feed(self._take_early())
        self._n_left = EVENTS_PER_CHECKPOINT  # to be received before the others get a turn
        self._n_free = EVENTS_PER_CHECKPOINT  # to be posted, the same
        self._changed = Change()
        self._pulse = Pulse(keepalive, self._now())
        self.outbox: Outbox = Outbox(connection, limits, is_compressed=is_compressed)
        self._outlet = Outlet(
            stream, self.outbox, timeout_s=self._pulse.timeout_s, changed=self._changed
        )
        self._has_heart = False  # a task keeps the pulse; else who reads does
        self._tasks: TaskGroup | None = None
        self._is_writing = False  # a task does, of those
        self._end: tuple[int | None, str, bool] | None = None
        self._is_read = False  # a task is in receive()
        self._is_drained = False  # close() reads, as nobody else does
        self._is_closing = False
        self._is_dropped = False
        self._unquote = unquote

    @property
    def is_open(self) -> bool:
        """Whether a message can be posted."""
        has_ended = self._outlet.is_broken or self._end is not None
        return not has_ended and self._ws.state is ConnectionState.OPEN

    @property
    def sent_code(self) -> int | None:
        """What our close frame said, once it went out."""
        return self._outlet.sent_code

    # --- sending

    def post(self, frame: str | bytes) -> None:
        """Queue a message for the writer; a checkpoint is not passed.

        As much as is sent at once goes out, if the connection takes it.

        Raises:
            ConnectionLost: The connection is closing or closed. Nothing was queued.
            LocalProtocolError: The message is too long, or text that UTF-8 cannot carry. Nothing
                was queued.
        """
        self._check_open()
        self.outbox.put(frame)
        is_enough = self.outbox.queued_bytes >= JOINED_BYTES
        if is_enough:
            self._outlet.pour(JOINED_BYTES)  # more would not be sent with it
        if is_enough or not self._is_writing:
            self._rouse()

    def post_now(self, *frames: str | bytes) -> None:
        """Queue messages, and send what is queued in this turn if the connection takes it.

        Where many are posted one after the other, `post` is cheaper: they are sent joined.

        Raises:
            ConnectionLost: The connection is closing or closed. Nothing was queued.
            LocalProtocolError: As `post`; the messages before it were queued.
        """
        self._check_open()
        was_idle = self._outlet.is_idle
        try:
            for frame in frames:
                self.outbox.put(frame)
        finally:
            if not (self._outlet.pour() and was_idle):
                self._rouse()

    async def room(self) -> None:
        """Wait until the queue is short enough to post to it.

        Where it is, the others get a turn now and then only: what is posted in one go is sent in
        one. As long as something is queued, whether the task is cancelled is not looked at either.

        Raises:
            ConnectionLost: The connection is closing or closed.
        """
        self._n_free -= 1
        if not self._n_free:
            self._n_free = EVENTS_PER_CHECKPOINT
            await anyio.lowlevel.checkpoint()
        elif not self.outbox.queued_frames:
            await anyio.lowlevel.checkpoint_if_cancelled()
        self._check_open()
        while self.outbox.is_full:
            await self._changed.wait()
            self._check_open()

    @property
    def is_idle(self) -> bool:
        """Whether all that was posted has been given to the stream."""
        return self._outlet.is_idle

    async def idle(self) -> None:
        """Wait until all that was posted has been given to the stream.

        Raises:
            ConnectionLost: The connection is closing or closed.
        """
        self._check_open()
        while not self._outlet.is_idle:
            await self._changed.wait()
            self._check_open()

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping, ahead of messages; a checkpoint is not passed. Its pong is not awaited.

        Raises:
            ConnectionLost: The connection is closing or closed.
            LocalProtocolError: The payload is too long. Nothing was queued.
        """
        self._check_open()
        if len(payload) > MAX_PING_BYTES:
            raise LocalProtocolError(f"a ping carries at most {MAX_PING_BYTES} bytes")
        self.outbox.put_control(self._ws.send(Ping(payload=payload)))
        if not self._outlet.pour():
            self._rouse()

    def write_in(self, tasks: TaskGroup) -> None:
        """Have what cannot be sent at once be written by a task of these, while there is some.

        Cancelled while it sends, that task takes the connection with it.

        Args:
            tasks: They are there until this is closed.
        """
        self._tasks = tasks
        self._rouse()

    def _rouse(self) -> None:
        """Let those look again who wait, and have a task do what there is to do."""
        self._changed.tell()
        if self._tasks is None or self._is_writing:
            return
        if self._outlet.is_broken or self._outlet.is_waiting:
            self._is_writing = True
            whose = "realtime_io" if self._ws.client else "relay"
            self._tasks.start_soon(self._write, name=f"{whose} writer")

    async def _write(self) -> None:
        try:
            await anyio.lowlevel.checkpoint_if_cancelled()  # before a frame is begun
            await self.flush()
            if self._outlet.is_broken:
                # The peer may have said why before it went: the reader may look for that.
                with anyio.move_on_after(LINGER_S):
                    while self._end is None:
                        await self._changed.wait()
                await self.aclose()
            elif None not in (self.sent_code, self.received_code) and not self._ws.client:
                await self.aclose()  # RFC 6455 7.1.1: the server closes TCP, at once
        finally:
            self._is_writing = False

    async def flush(self) -> None:
        """Send all that is queued. A send that does not end well is the last one.

        Also after `Closed`, where our close frame may still be waiting.
        """
        try:
            late = await self._outlet.flush()
        except BaseException:  # cancelled
            if self._outlet.is_broken:
                await self.aclose()
            raise
        if late is not None:
            await self._give_up(late)

    def beat_in(self, tasks: TaskGroup) -> None:
        """Keep the pulse in a task of these, also while no task receives."""
        self._has_heart = True
        tasks.start_soon(self._beat_forever, name="realtime_io pulse")

    async def _beat_forever(self) -> None:
        while self.is_open:
            await anyio.sleep_until(self._pulse.deadline)
            await self._beat(is_listening=self._is_read)

    async def _beat(self, *, is_listening: bool) -> None:
        match self._pulse.beat(self._now(), is_listening=is_listening):
            case Beat.PING if self.is_open:
                self.ping()
            case Beat.GIVE_UP:
                await self._give_up(f"nothing came for {self._pulse.timeout_s:g} s after a ping")

    async def _give_up(self, reason: str) -> None:
        """There is nobody to say goodbye to."""
        self._finish(None, reason, clean=False)
        await self.aclose()

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

    def receive_nowait(self) -> str | bytes | None:
        """The next whole message of what there is; None: ask `receive`.

        It belongs to the task that calls `receive`. What one read brings costs no wait each.
        """
        while self._end is None and self._n_left > 0:
            try:
                received = next(self._received, None)
            except Violation as exc:
                self._violated(exc.code, exc.reason)
                continue
            if received is None and self._read_nowait():
                continue
            if received is None:
                break
            self._n_left -= 1
            if isinstance(received, (str, bytes)):
                if self._unquote is not None and len(received) < MAX_SEARCHED:
                    return self._unquote(received)
                return received
            if isinstance(received, Ping):
                if self.is_open:
                    self.outbox.put_control(self._ws.send(received.response()))
                    self._rouse()
            elif isinstance(received, CloseConnection):
                words = received.reason or ""
                self._closed_by_peer(
                    received.code, words if self._unquote is None else str(self._unquote(words))
                )
        return None

    async def _next_message(self) -> str | bytes:
        while self._end is None:
            message = self.receive_nowait()
            if message is not None:
                return message
            if self._n_left <= 0:
                self._n_left = EVENTS_PER_CHECKPOINT
                await self._reading(anyio.lowlevel.checkpoint())
            elif self._end is None:
                await self._reading(self._read())
        # Who is cancelled is told that and not of an end that the same cancellation brought about.
        await anyio.lowlevel.checkpoint_if_cancelled()
        raise Closed(*self._end)

    async def _reading(self, step: Awaitable[None]) -> None:
        """Wait for *step*, and let it be known that somebody reads."""
        self._is_read = True
        try:
            await step
        finally:
            self._is_read = False
            if self._is_closing:
                self._changed.tell()  # close() may wait for what now nobody else reads

    async def _read(self) -> None:
        until = inf if self._has_heart else self._pulse.deadline
        if until != inf and until <= self._now():
            await self._beat(is_listening=False)  # until now nobody was
            until = self._pulse.deadline
        try:
            if self._early:
                await anyio.lowlevel.checkpoint()
                data: bytes | None = self._take_early()
            else:
                data = await receive_until(self._stream, self._read_bytes, until)
        except GONE:
            self._outlet.stop()
            self._finish(None, "", clean=False)
            return
        if data is None:
            await self._beat(is_listening=True)
        else:
            self._heard(data)

    def _take_early(self) -> bytes:
        """A read of it, no longer than others: only what is compressed is not all taken at once."""
        data, self._early = self._early[: self._read_bytes], self._early[self._read_bytes :]
        return data

    def _read_nowait(self) -> bool:
        """Whether there was more."""
        data = self._road and self._road.receive_nowait(self._read_bytes)
        if data:
            self._n_left -= len(data) // BYTES_PER_EVENT
            self._heard(data)
        return bool(data)

    def _heard(self, data: bytes) -> None:
        self._pulse.was_heard = True
        self._received = self._inbox.feed(data)

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
        if code not in CLOSE_CODES:
            raise LocalProtocolError(f"{code!r} is not a close code that may be sent")
        try:
            if self._is_closing:
                with anyio.move_on_after(timeout_s):
                    while not self._is_dropped:
                        await self._changed.wait()
                return
            self._is_closing = True
            self._tasks = None  # who closes, sends
            with anyio.move_on_after(timeout_s):
                self._say_goodbye(code, reason)
                await self.flush()
                await self._until_answered()
            await self._until_hung_up()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Drop the stream at once, in bounded time."""
        self._tasks = None
        self._outlet.stop()
        self._finish(None, "", clean=False)
        if self._is_dropped:
            return
        with anyio.move_on_after(FORCED_CLOSE_S, shield=True), suppress(*GONE):
            await self._stream.aclose()
        self._is_dropped = True
        self._changed.tell()

    async def _until_answered(self) -> None:
        while self._end is None and not self._outlet.is_broken:
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
        if self._outlet.is_broken or self._end is None or self.sent_code is None:
            return
        if self.received_code is not None and not self._ws.client:
            return
        with anyio.move_on_after(LINGER_S) as scope, suppress(*GONE):
            if self.received_code is None:
                try:
                    await self._stream.send_eof()
                except NotImplementedError:
                    scope.deadline = anyio.current_time() + UNSEEN_LINGER_S
            while True:
                await self._stream.receive(READ_BYTES)

    def _say_goodbye(self, code: int, reason: str) -> None:
        if self.is_open:
            words = reason.encode(errors="replace")[:MAX_REASON_BYTES].decode(errors="ignore")
            frame = self._ws.send(CloseConnection(code=code, reason=words or None))
            self.outbox.put_goodbye(frame, code)
            self._rouse()

    def _closed_by_peer(self, code: int, reason: str) -> None:
        self.received_code = int(code)
        self.outbox.drop()  # who has said goodbye does not listen any more
        if self._ws.state is ConnectionState.REMOTE_CLOSING and not self._outlet.is_broken:
            # RFC 6455 5.5.1: the reply echoes the code. An empty frame is answered by one: for that
            # wsproto wants its own 1005, an int is sent as 1000.
            self.outbox.put_goodbye(self._ws.send(CloseConnection(code=code)), int(code))
        self._finish(int(code), reason, clean=True)

    def _violated(self, code: int, reason: str) -> None:
        if self._end is None:
            self._say_goodbye(code, reason)  # behind what is queued: it answers what was right
            self._finish(None, f"closed by us with {code:d}: {reason:.120}", clean=False)

    def _finish(self, code: int | None, reason: str, *, clean: bool) -> None:
        if self._end is None:
            self._end = (code, reason, clean)
        self._rouse()

    def _check_open(self) -> None:
        if not self.is_open:
            raise ConnectionLost(
                "the connection is closed: nothing can be sent any more",
                received=self.received_code,
                sent=self.sent_code,
                phase="closing",
            )
