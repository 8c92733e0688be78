"""Byte streams in memory: a pair, and wrappers that chop, cut and stick."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteReceiveStream, ByteStream

from realtime_io._memory import MemoryStream, stream_pair
from realtime_io._tcp import SocketRoad

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = (
    "ChoppyStream",
    "CutStream",
    "MemoryStream",
    "StuckStream",
    "eager",
    "read_all",
    "stream_pair",
)


class _Wrapper(ByteStream):
    def __init__(self, below: ByteStream) -> None:
        self._below = below

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._below.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        await self._below.send(item)

    async def send_eof(self) -> None:
        await self._below.send_eof()

    async def aclose(self) -> None:
        await self._below.aclose()


class ChoppyStream(_Wrapper):
    """Gives what it receives in pieces: of these sizes in turn, the last one for ever."""

    def __init__(self, below: ByteStream, sizes: Iterable[int] = (1,)) -> None:
        super().__init__(below)
        sizes = list(sizes)
        self._sizes = chain(sizes, repeat(sizes[-1]))

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._below.receive(min(max_bytes, next(self._sizes)))


class CutStream(_Wrapper):
    """Breaks in both directions once *n_bytes* were received."""

    def __init__(
        self,
        below: ByteStream,
        n_bytes: int,
        error: Callable[[], Exception] = anyio.BrokenResourceError,
    ) -> None:
        super().__init__(below)
        self._left = n_bytes
        self._error = error

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if not self._left:
            await self._below.aclose()
            raise self._error()
        data = await self._below.receive(min(max_bytes, self._left))
        self._left -= len(data)
        return data


class StuckStream(_Wrapper):
    """Sends the first bytes of what it is given and then no more, until it is freed."""

    def __init__(self, below: ByteStream, n_bytes: int = 1) -> None:
        super().__init__(below)
        self._n_bytes = n_bytes
        self.freed = anyio.Event()
        self.is_stuck = anyio.Event()

    async def send(self, item: bytes) -> None:
        if self.freed.is_set():
            await self._below.send(item)
            return
        await self._below.send(item[: self._n_bytes])
        self.is_stuck.set()
        await self.freed.wait()
        await self._below.send(item[self._n_bytes :])


def eager(below: MemoryStream, sizes: Iterable[int]) -> SocketRoad:
    """Takes so many bytes at once in turn, the last number for ever; 0: it has no room."""
    sizes = list(sizes)
    room = chain(sizes, repeat(sizes[-1]))

    def write(items: tuple[bytes, ...]) -> int:
        data = b"".join(items)
        taken = data[: next(room)]
        if not taken:
            raise BlockingIOError
        below._into.send_nowait(taken)
        return len(taken)

    return SocketRoad(below, write)


async def read_all(stream: ByteReceiveStream) -> bytes:
    """What comes until the other side ends."""
    data = bytearray()
    try:
        while True:
            data += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return bytes(data)
