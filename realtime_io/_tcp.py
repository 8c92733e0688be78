"""A TCP connection that takes at once what the kernel takes at once.

anyio's `send` gives the others a turn each time, and one task alone may be in it. So whatever is
said would wake that task first, and go out one or two turns of the event loop later: with a
thousand conversations, after all the others had theirs. What is written here goes out in the turn
in which it is said, and no task is woken for it. The kernel takes it where its buffer has room,
which is nearly always. What it leaves is kept, and goes first in the next `send`.

The bytes stay in order because nothing is written behind anyio's back while it has any: not while
a `send` has not returned, and one that has returned left nothing (anyio sets the limit of asyncio's
own buffer to 0). A loop whose sockets we do not know (uvloop's, and asyncio's on Windows) has
`send` alone.

On the way in a read that brought as much as asyncio reads at once is followed by one of the
kernel's own. There, too, anyio has nothing: it lets asyncio read while it is asked, once, and what
it keeps because less was wanted is less than a whole read.
"""

from __future__ import annotations

import os
import socket
import sys
from asyncio.trsock import TransportSocket
from typing import TYPE_CHECKING, Any, Final

from anyio.abc import ByteStream, SocketAttribute, SocketStream

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ("LOOP_READ_BYTES", "TcpRoad", "more_of", "with_nowait")

LOOP_READ_BYTES: Final = 256 * 2**10
"""What asyncio reads at once. A turn of its loop takes 50 us, so twice as much is taken in one."""


def with_nowait(stream: ByteStream) -> ByteStream:
    """The same connection with a `send_nowait`, where it can have one."""
    if not isinstance(stream, SocketStream):
        return stream
    raw: object = stream.extra(SocketAttribute.raw_socket, None)
    if isinstance(raw, TransportSocket) and sys.platform != "win32":
        return TcpRoad(
            stream,
            lambda data: os.write(raw.fileno(), data),  # -1 once it is closed
            fileno=raw.fileno,
        )
    if isinstance(raw, socket.socket):
        return TcpRoad(stream, raw.send)
    return stream


def more_of(stream: ByteStream, max_bytes: int, *, behind: int) -> bytes | None:
    """What waits in *stream* behind a `receive` that brought so many bytes. That passes no
    checkpoint, so `receive` is next.

    Returns:
        None where that is to be asked.
    """
    if behind != LOOP_READ_BYTES or not isinstance(stream, TcpRoad):
        return None
    return stream.receive_nowait(max_bytes)


class TcpRoad(ByteStream):
    """A TCP connection.

    Args:
        stream: anyio's. Its socket does not block.
        write: Gives the kernel bytes and says how many it took; raises OSError where it took none.
        fileno: Of the socket, -1 once it is closed. None: what *stream* reads at once is enough.
    """

    __slots__ = ("_fileno", "_is_sending", "_rest", "_stream", "_write")

    def __init__(
        self,
        stream: ByteStream,
        write: Callable[[bytes], int],
        *,
        fileno: Callable[[], int] | None = None,
    ) -> None:
        self._stream = stream
        self._write = write
        self._fileno = fileno
        self._rest = b""  # taken, and not given to the kernel yet
        self._is_sending = False

    def send_nowait(self, item: bytes) -> bool:
        """Give the kernel what it takes at once. Passes no checkpoint and raises nothing.

        Returns:
            Whether that was all; else `send` must be called, with nothing even, and sends the rest
            before anything else. What is wrong with the connection, it says then.
        """
        if self._rest or self._is_sending:
            self._rest += item
            return False
        try:
            n_bytes = self._write(item)
        except OSError:  # no room, or no connection
            n_bytes = 0
        self._rest = item[n_bytes:]
        return not self._rest

    async def send(self, item: bytes) -> None:
        """Send it all. A send that was cancelled or failed is the last one."""
        self._is_sending = True
        item, self._rest = self._rest + item, b""
        await self._stream.send(item)
        self._is_sending = False

    def receive(self, max_bytes: int = 65536) -> Coroutine[Any, Any, bytes]:
        """What has come."""
        return self._stream.receive(max_bytes)  # no frame of ours waits for it

    def receive_nowait(self, max_bytes: int) -> bytes | None:
        """What the kernel has; None: `receive` knows more. Where that has not returned, or has
        returned less than asyncio reads at once, it is not to be called.
        """
        if self._fileno is None:
            return None
        try:
            return os.read(self._fileno(), max_bytes) or None
        except OSError:  # nothing, or no connection
            return None

    async def send_eof(self) -> None:
        """Nothing more will be sent."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """What the socket knows."""
        return self._stream.extra_attributes
