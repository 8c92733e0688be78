"""Byte streams in memory: a pair, and wrappers that chop, cut and stick."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
from anyio.abc import ByteReceiveStream, ByteStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

__all__ = ("ChoppyStream", "CutStream", "MemoryStream", "StuckStream", "read_all", "stream_pair")


class MemoryStream(ByteStream):
    """One end of a pair."""

    def __init__(
        self, into: MemoryObjectSendStream[bytes], out_of: MemoryObjectReceiveStream[bytes]
    ) -> None:
        self._into = into
        self._out_of = out_of
        self._rest = b""
        self.n_received = 0
        self.is_closed = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if self._rest:
            await anyio.lowlevel.checkpoint()
        data = self._rest or await self._out_of.receive()
        self._rest = data[max_bytes:]
        self.n_received += len(data[:max_bytes])
        return data[:max_bytes]

    async def send(self, item: bytes) -> None:
        await self._into.send(bytes(item))

    async def send_eof(self) -> None:
        await self._into.aclose()

    async def aclose(self) -> None:
        self.is_closed = True
        await self._into.aclose()
        await self._out_of.aclose()


def stream_pair(n_chunks: int = 64) -> tuple[MemoryStream, MemoryStream]:
    """Two ends; each holds at most *n_chunks* sends that the other did not receive."""
    a_in, b_out = anyio.create_memory_object_stream[bytes](n_chunks)
    b_in, a_out = anyio.create_memory_object_stream[bytes](n_chunks)
    return MemoryStream(a_in, a_out), MemoryStream(b_in, b_out)


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


async def read_all(stream: ByteReceiveStream) -> bytes:
    """What comes until the other side ends."""
    data = bytearray()
    try:
        while True:
            data += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return bytes(data)
