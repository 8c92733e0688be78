"""Roads in memory: a pair of byte streams, and the names under which servers of this process are
found without a network.

A server that is `offered` gets a host of its own below ".invalid", which RFC 6761 keeps from ever
being one of the network's. Whoever dials that host, from the same event loop, is led to it. So an
application is pointed to it like to any other server, by its base URL.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio
import anyio.lowlevel
from anyio.abc import ByteStream
from attrs import frozen

from realtime_proto.errors import RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

__all__ = ("MemoryStream", "is_in_memory", "offered", "road_to", "stream_pair")

SUFFIX: Final = ".in-memory.invalid"

Serve: TypeAlias = "Callable[[ByteStream], object]"


@frozen
class _Place:
    serve: Serve
    loop: object


_PLACES: Final[dict[str, _Place]] = {}
_NUMBERS: Final = count(1)


class MemoryStream(ByteStream):
    """One end of a pair.

    Attributes:
        n_received: How many bytes were taken.
        is_closed: Whether this end was closed.
    """

    def __init__(
        self, into: MemoryObjectSendStream[bytes], out_of: MemoryObjectReceiveStream[bytes]
    ) -> None:
        self._into = into
        self._out_of = out_of
        self._rest = b""
        self.n_received: int = 0
        self.is_closed: bool = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """What the other end sent."""
        if self._rest:
            await anyio.lowlevel.checkpoint()
        data = self._rest or await self._out_of.receive()
        self._rest = data[max_bytes:]
        self.n_received += len(data[:max_bytes])
        return data[:max_bytes]

    async def send(self, item: bytes) -> None:
        """Hand it to the other end; waits where that has not taken what came before."""
        await self._into.send(bytes(item))

    async def send_eof(self) -> None:
        """Nothing more will be sent."""
        await self._into.aclose()

    async def aclose(self) -> None:
        """Close this end: the other one reads to the end, and cannot send."""
        self.is_closed = True
        await self._into.aclose()
        await self._out_of.aclose()


def stream_pair(n_chunks: int = 64) -> tuple[MemoryStream, MemoryStream]:
    """Two ends; each holds at most *n_chunks* sends that the other did not receive."""
    a_in, b_out = anyio.create_memory_object_stream[bytes](n_chunks)
    b_in, a_out = anyio.create_memory_object_stream[bytes](n_chunks)
    return MemoryStream(a_in, a_out), MemoryStream(b_in, b_out)


@contextmanager
def offered(serve: Serve) -> Iterator[str]:
    """Offer a server to this process; gives its host.

    Args:
        serve: Called with each stream that leads to it; must not wait.
    """
    host = f"{next(_NUMBERS)}{SUFFIX}"
    _PLACES[host] = _Place(serve, anyio.lowlevel.current_token())
    try:
        yield host
    finally:
        del _PLACES[host]


def is_in_memory(host: str) -> bool:
    """Whether a host is of those, offered now or not."""
    return host.endswith(SUFFIX)


def road_to(host: str) -> ByteStream | RealtimeConnectionError:
    """A stream to the server that is offered there."""
    place = _PLACES.get(host)
    if place is None:
        return RealtimeConnectionError(f"nobody is at {host:.80} any more")
    if place.loop != anyio.lowlevel.current_token():
        return RealtimeConnectionError(f"{host:.80} is in memory, of another event loop")
    ours, theirs = stream_pair()
    place.serve(theirs)
    return ours
