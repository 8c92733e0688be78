"""From the bytes that are read to whole messages, under limits. No I/O; the clock is an argument.

wsproto limits nothing, lets foreign exceptions escape, and reports its own parse errors as if the
peer had closed. The limits are here, the exceptions are caught by name (_map), and a parse error is
told from a close by wsproto's state: a real close moves it, a parse error does not.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from realtime_io._fastlane import FastLane
from realtime_io._map import UNPARSABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wsproto.connection import Connection
    from wsproto.events import Event

__all__ = (
    "DEFAULT_LIMITS",
    "Closed",
    "Inbox",
    "Received",
    "SocketLimits",
    "Violation",
    "n_bytes_of",
)

WINDOW_S: Final = 1.0
"""Over which control frames are counted."""

Received: TypeAlias = str | bytes | Ping | Pong | CloseConnection


@frozen(kw_only=True)
class SocketLimits:
    """Bounds of one WebSocket.

    Args:
        message_bytes: One message, either way; where it is compressed, as it is without that.
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


class Violation(Exception):
    """The peer broke the protocol or a limit. Nothing it says after that means anything.

    Attributes:
        code: What the close frame should say.
        reason: In words.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Inbox:
    """Turns what is read into messages and control frames.

    Args:
        connection: wsproto's side, its handshake complete. All it receives comes from here.
        limits: The bounds.
        clock: In seconds, to count control frames by.
    """

    __slots__ = ("_clock", "_connection", "_lane", "_limits", "_partial", "_window")

    def __init__(
        self, connection: Connection, limits: SocketLimits, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._clock = clock
        self._lane = FastLane(connection, limits.message_bytes)
        self._partial: _Partial | None = None
        self._window: tuple[float, int] = (0.0, 0)

    def feed(self, chunk: bytes) -> Iterator[Received]:
        """What *chunk* completes. Run it to its end before the next call, or make none.

        A CloseConnection is a close frame of the peer's, and the last that comes.

        Raises:
            Violation: By the iterator, which is the last, too.
        """
        try:
            yield from self._lane.feed(chunk, self._admit)
        except UNPARSABLE as exc:
            raise Violation(1002, str(exc)) from None

    def _admit(self, event: Event) -> Received | None:
        match event:
            case TextMessage() | BytesMessage():
                return self._assemble(event)
            case CloseConnection():
                self._partial = None
                return self._checked_close(event)
            case Ping() | Pong():
                self._count_control()
                return event
        return None

    def _checked_close(self, event: CloseConnection) -> CloseConnection:
        if self._connection.state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
            code = int(event.code)
            raise Violation(code, self._too_big if code == 1009 else event.reason or "")
        return event

    def _assemble(self, event: TextMessage | BytesMessage) -> str | bytes | None:
        data = event.data if isinstance(event.data, str) else bytes(event.data)
        size = n_bytes_of(data)
        partial = self._partial
        if partial is None:
            if event.message_finished:
                self._check(size, 1)
                return data
            partial = self._partial = _Partial()
        partial.n_bytes += size
        partial.n_frames += event.frame_finished
        self._check(partial.n_bytes, partial.n_frames)
        if isinstance(data, str):
            partial.text.write(data)
        else:
            partial.binary += data
        if not event.message_finished:
            return None
        self._partial = None
        return partial.text.getvalue() if isinstance(data, str) else bytes(partial.binary)

    def _check(self, n_bytes: int, n_frames: int) -> None:
        if n_bytes > self._limits.message_bytes:
            raise Violation(1009, self._too_big)
        if n_frames > self._limits.fragments:
            raise Violation(1008, f"a message in more than {self._limits.fragments} frames")

    @property
    def _too_big(self) -> str:
        return f"a message over {self._limits.message_bytes} bytes"

    def _count_control(self) -> None:
        now = self._clock()
        began_at, n = self._window
        began_at, n = (now, 1) if now - began_at >= WINDOW_S else (began_at, n + 1)
        self._window = (began_at, n)
        if n > self._limits.control_frames_per_s:
            raise Violation(1008, "a flood of control frames")


class _Partial:
    """The start of a message, grown in place: sent bytewise, it takes no more than its bytes."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self.n_frames = 0
        self.text = io.StringIO()
        self.binary = bytearray()


def n_bytes_of(data: str | bytes) -> int:
    """How long a message is on the wire.

    Raises:
        UnicodeEncodeError: It is text with half a surrogate pair.
    """
    return len(data.encode()) if isinstance(data, str) and not data.isascii() else len(data)
