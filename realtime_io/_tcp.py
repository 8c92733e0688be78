"""A TCP connection that takes at once what the kernel takes, and gives at once what it has.

anyio's `send` gives the others a turn each time, and one task alone may be in it. So whatever is
said would wake that task first, and go out one or two turns of the event loop later: with a
thousand conversations, after all the others had theirs. What is written here goes out in the turn
in which it is said, and no task is woken for it. The kernel takes it where its buffer has room,
which is nearly always; what it leaves goes first in the next `send`.

On the way in a read that brought as much as asyncio reads at once is followed by one of the
kernel's own: a turn of asyncio's loop takes 50 us.

What anyio has of the connection must not be overtaken. On trio it keeps nothing: a `send` that has
returned has sent all. On asyncio it hands what is sent to the transport, and so do we, which keeps
the order; and what was read and not asked for is seen in its queue. A transport that is not
asyncio's own, such as uvloop's, or that anyio keeps elsewhere one day, is left to anyio alone.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

from anyio.abc import ByteStream, SocketAttribute, SocketStream

from realtime_io._road import Road

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ("LOOP_READ_BYTES", "SocketRoad", "TcpRoad", "TransportRoad", "with_nowait")

LOOP_READ_BYTES: Final = 256 * 2**10
"""What asyncio reads at once."""


def with_nowait(stream: ByteStream) -> ByteStream:
    """The same connection as a `TcpRoad`, where it can be one."""
    if not isinstance(stream, SocketStream):
        return stream
    transport: Any = getattr(stream, "_transport", None)
    loaded: Any = sys.modules.get("asyncio")  # else no stream is asyncio's
    if loaded is not None and isinstance(transport, loaded.Transport):
        return TransportRoad(stream, transport)
    raw: object = stream.extra(SocketAttribute.raw_socket, None)
    return SocketRoad(stream, raw.send) if isinstance(raw, socket.socket) else stream


class TcpRoad(Road):
    """A TCP connection.

    Args:
        stream: anyio's.
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    async def send(self, item: bytes) -> None:
        """Send it all. A send that was cancelled or failed is the last one."""
        await self._stream.send(item)

    def receive(self, max_bytes: int = 65536) -> Coroutine[Any, Any, bytes]:
        """What has come."""
        return self._stream.receive(max_bytes)  # no frame of ours waits for it

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


class SocketRoad(TcpRoad):
    """One whose socket is ours to write to, between two sends.

    Args:
        stream: anyio's, which keeps nothing behind a send.
        write: Gives the kernel bytes and says how many it took; raises OSError where it took none.
    """

    __slots__ = ("_is_sending", "_rest", "_write")

    def __init__(self, stream: ByteStream, write: Callable[[bytes], int]) -> None:
        super().__init__(stream)
        self._write = write
        self._rest = b""  # taken, and not given to the kernel yet
        self._is_sending = False

    def send_nowait(self, item: bytes) -> bool:
        """See `Road`."""
        if self._rest or self._is_sending:
            self._rest += item
            return False
        try:
            n_bytes = self._write(item)
        except OSError:  # no room, or no connection
            n_bytes = 0
        self._rest = item[n_bytes:]
        return not self._rest

    def receive_nowait(self, max_bytes: int, *, behind: int) -> None:
        """None: `receive` brings as much as it is asked for."""

    async def send(self, item: bytes) -> None:
        """See `TcpRoad`."""
        self._is_sending = True
        item, self._rest = self._rest + item, b""
        await self._stream.send(item)
        self._is_sending = False


class TransportRoad(TcpRoad):
    """One over a transport of asyncio's, which keeps in order what it is given.

    Args:
        stream: anyio's, whose `send` waits until the transport has sent all.
        transport: Below it.
    """

    __slots__ = ("_transport",)

    def __init__(self, stream: ByteStream, transport: asyncio.Transport) -> None:
        super().__init__(stream)
        self._transport = transport

    def send_nowait(self, item: bytes) -> bool:
        """See `Road`."""
        transport = self._transport
        if transport.is_closing():
            return False
        transport.write(item)
        return not transport.get_write_buffer_size()

    def receive_nowait(self, max_bytes: int, *, behind: int) -> bytes | None:
        """See `Road`. What the kernel has, behind as much as asyncio reads at once."""
        transport = self._transport
        if behind != LOOP_READ_BYTES or transport.is_closing() or transport.is_reading():
            return None
        if getattr(transport.get_protocol(), "read_queue", self):  # anyio has what came before it
            return None
        try:
            return os.read(transport.get_extra_info("socket").fileno(), max_bytes) or None
        except OSError:  # nothing, or no connection
            return None
