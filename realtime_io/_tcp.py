"""A TCP connection that takes at once what the kernel takes, and gives at once what it has.

anyio's `send` gives the others a turn each time, and one task alone may be in it. So whatever is
said would wake that task first, and go out one or two turns of the event loop later: with a
thousand conversations, after all the others had theirs. What is written here goes out in the turn
in which it is said, and no task is woken for it. The kernel takes it where its buffer has room,
which is nearly always; what it leaves goes first in the next `send`.

What anyio has of the connection must not be overtaken. On trio it keeps nothing: a `send` that has
returned has sent all. On asyncio the transport below anyio's stream is taken over, as soon as it is
made (`_transport`). One that is not asyncio's own, such as uvloop's, or that anyio keeps elsewhere
one day, is left to anyio alone.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from anyio.abc import ByteStream, SocketAttribute, SocketStream

from realtime_io._road import Road, receive_until

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ("SocketRoad", "with_nowait")


def with_nowait(stream: ByteStream) -> ByteStream:
    """The same connection as a `Road`, where it can be one.

    Args:
        stream: Just connected: nothing was sent or received, and it is used no more.
    """
    if not isinstance(stream, SocketStream):
        return stream
    transport: Any = getattr(stream, "_transport", None)
    loaded: Any = sys.modules.get("asyncio")  # else no stream is asyncio's
    if loaded is not None and isinstance(transport, loaded.Transport):
        return _taken_over(transport) or stream
    raw: object = stream.extra(SocketAttribute.raw_socket, None)
    return SocketRoad(stream, raw.sendmsg) if isinstance(raw, socket.socket) else stream


def _taken_over(transport: Any) -> ByteStream | None:
    """None where anyio has received something already."""
    from realtime_io._transport import TransportRoad

    protocol = transport.get_protocol()
    if isinstance(protocol, TransportRoad):
        return protocol  # which it is already
    has_received = getattr(protocol, "read_queue", True) or getattr(protocol, "is_at_eof", True)
    return None if has_received or transport.is_closing() else TransportRoad(transport)


class SocketRoad(Road):
    """A connection whose socket is ours to write to, between two sends.

    Args:
        stream: anyio's, which keeps nothing behind a send.
        write: Gives the kernel such items and says how many bytes it took; raises OSError where it
            took none.
    """

    __slots__ = ("_is_sending", "_rest", "_stream", "_write")

    def __init__(self, stream: ByteStream, write: Callable[[tuple[bytes, ...]], int]) -> None:
        self._stream = stream
        self._write = write
        self._rest = b""  # taken, and not given to the kernel yet
        self._is_sending = False

    def send_nowait(self, *items: bytes) -> bool:
        """See `Road`."""
        n_bytes = 0
        if not (self._rest or self._is_sending):
            with suppress(OSError):  # no room, or no connection
                n_bytes = self._write(items)
            if n_bytes == sum(map(len, items)):
                return True
        self._rest += b"".join(items)[n_bytes:]
        return False

    async def send(self, item: bytes) -> None:
        """Send it all. A send that was cancelled or failed is the last one."""
        self._is_sending = True
        item, self._rest = self._rest + item, b""
        await self._stream.send(item)
        self._is_sending = False

    def receive_nowait(self, max_bytes: int) -> None:
        """None: `receive` brings as much as it is asked for."""

    def receive(self, max_bytes: int = 65536) -> Coroutine[Any, Any, bytes]:
        """What has come."""
        return self._stream.receive(max_bytes)  # no frame of ours waits for it

    def receive_until(self, max_bytes: int, until: float) -> Coroutine[Any, Any, bytes | None]:
        """See `Road`."""
        return receive_until(self._stream, max_bytes, until)

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
