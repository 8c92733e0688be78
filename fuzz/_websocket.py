"""What the targets of the WebSocket share: a stream that says an input, and how it was understood.

The first byte of an input decides how the rest is split: so the mutator finds splits, too.
"""

from __future__ import annotations

import asyncio
import atexit
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio
import anyio.lowlevel
from anyio.abc import ByteStream
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from realtime_io._websocket import Closed, SocketLimits, WebSocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ("LIMITS", "Heard", "Listener", "Saying", "hear_out", "pieces", "run")

LIMITS: Final = SocketLimits(message_bytes=4_096, fragments=16)

MAX_PIECES: Final = 256
"""About as many: an input that is long is not split as finely."""

Heard: TypeAlias = tuple[object, ...]

_RUNNER: Final = asyncio.Runner()
atexit.register(_RUNNER.close)


def run(step: Callable[[], Awaitable[None]]) -> None:
    """Run on one event loop, which is kept: to make one takes longer than an input."""

    async def in_time() -> None:
        with anyio.fail_after(5):
            await step()

    _RUNNER.run(in_time())


def pieces(data: bytes) -> list[bytes]:
    """The input without its first byte, split as that says; 0 is not at all, much is not finely."""
    first, data = data[:1], data[1:]
    if first in (b"", b"\0"):
        return [data] if data else []
    size = max(first[0], len(data) // MAX_PIECES)
    return [data[i : i + size] for i in range(0, len(data), size)]


class Saying(ByteStream):
    """A peer that says these pieces, whatever it is told, and hangs up."""

    def __init__(
        self, said: list[bytes], fill_in: Callable[[bytes, bytes], bytes] = lambda _, data: data
    ) -> None:
        self.heard = b""
        self._said = said[::-1]
        self._fill_in = fill_in

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """The next piece, filled in with what was heard."""
        await anyio.lowlevel.checkpoint()
        while self._said:
            piece = self._fill_in(self.heard, self._said.pop())
            if len(piece) > max_bytes:
                self._said.append(piece[max_bytes:])
            if piece:
                return piece[:max_bytes]
        raise anyio.EndOfStream

    async def send(self, item: bytes) -> None:
        """Hear it."""
        self.heard += item

    async def send_eof(self) -> None:
        """Nothing more is heard."""

    async def aclose(self) -> None:
        """Nothing more is said."""
        self._said.clear()


async def hear_out(websocket: WebSocket) -> None:
    """All messages, within their limits, and the end; then close."""
    try:
        while True:
            message = await websocket.receive()
            size = len(message.encode() if isinstance(message, str) else message)
            assert size <= LIMITS.message_bytes
    except Closed as end:
        assert end.code is None or 1000 <= end.code < 5000
        assert len(end.reason) < 200
    await websocket.close(timeout_s=0.01)
    assert not websocket.is_open


class Listener:
    """Joins parts to messages, so that what came one way and the other can be compared."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self._texts: list[str] = []
        self._binaries: list[bytes] = []

    def take(self, item: str | bytes | Event) -> None:
        """Keep a message, a part of one, or another event."""
        match item:
            case str():
                self.heard.append(("text", item))
            case bytes():
                self.heard.append(("binary", item))
            case TextMessage(data=text):
                self._texts.append(text)
                if item.message_finished:
                    self.heard.append(("text", "".join(self._texts)))
                    self._texts = []
            case BytesMessage(data=binary):
                self._binaries.append(bytes(binary))
                if item.message_finished:
                    self.heard.append(("binary", b"".join(self._binaries)))
                    self._binaries = []
            case Ping() | Pong():
                self.heard.append((type(item).__name__, bytes(item.payload)))
            case CloseConnection():
                self.heard.append(("close", int(item.code), item.reason))
