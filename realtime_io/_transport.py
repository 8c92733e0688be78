"""A TCP connection on asyncio: what reads and writes is the protocol of asyncio's own transport.

anyio's stream stops the transport's reading whenever nobody waits, which costs two calls of the
kernel for each read, and keeps three queues. Here reading goes on until something has come that
nobody waited for, and the one who waits has a bare future.

Only asyncio loads this module.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel
from anyio.abc import SocketStream

from realtime_io._road import Road

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ("LOOP_READ_BYTES", "TransportRoad")

LOOP_READ_BYTES: Final = 256 * 2**10
"""What asyncio reads at once."""


def _joined(fd: int, items: tuple[bytes, ...]) -> int:
    return os.write(fd, b"".join(items))


_writev: Final[Callable[[int, tuple[bytes, ...]], int]] = getattr(os, "writev", _joined)
"""Windows has none."""


class TransportRoad(asyncio.Protocol, Road, SocketStream):
    """A TCP connection. It keeps at most two reads that nobody has asked for.

    Args:
        transport: Connected. Nothing was read from it that is to be read here.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._received = b""
        self._is_more = False  # in the kernel, as it seems
        self._is_at_end = False  # nothing more comes
        self._is_closed = False  # by us
        self._failure: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        transport.set_write_buffer_limits(0)
        transport.set_protocol(self)

    # --- for the transport

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self._is_more = len(data) == LOOP_READ_BYTES
        self._received = self._received + data if self._received else data
        if not _wake(self._reader):
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The peer ended its half; ours stays."""
        self._is_at_end = True
        _wake(self._reader)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Both halves have ended."""
        self._is_at_end = True
        self._failure = exc
        _wake(self._reader)
        _wake(self._writer)

    def resume_writing(self) -> None:
        """All was sent."""
        _wake(self._writer)

    # --- for us

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """What has come."""
        return await self.receive_until(max_bytes, inf) or b""

    async def receive_until(self, max_bytes: int, until: float) -> bytes | None:
        """See `Road`."""
        if self._received or self._is_at_end or self._is_closed:
            await anyio.lowlevel.checkpoint()
        else:
            loop = asyncio.get_running_loop()
            self._reader = reader = loop.create_future()
            timer = None if until == inf else loop.call_at(until, _wake, reader)
            if not self._transport.is_reading():
                self._transport.resume_reading()
            try:
                await reader
            finally:
                self._reader = None
                if timer is not None:
                    timer.cancel()
        if self._received:
            return self._take(max_bytes)
        if self._is_at_end or self._is_closed:
            raise self._end()
        return None

    def receive_nowait(self, max_bytes: int) -> bytes | None:
        """See `Road`. What the kernel has, behind a read that brought all that was asked for."""
        if self._received:
            return self._take(max_bytes)
        if not self._is_more or self._is_at_end or self._transport.is_closing():
            return None
        try:
            data = os.read(self._raw_socket.fileno(), max_bytes)
        except OSError:  # nothing, or no connection
            data = b""
        self._is_more = len(data) == max_bytes
        return data or None

    def _take(self, max_bytes: int) -> bytes:
        data, self._received = self._received, b""
        if len(data) > max_bytes:
            data, self._received = data[:max_bytes], data[max_bytes:]
        return data

    def send_nowait(self, *items: bytes) -> bool:
        """See `Road`. What the kernel does not take, the transport keeps, in order."""
        transport = self._transport
        if transport.is_closing():
            return False
        n_bytes = 0
        if len(items) > 1 and not transport.get_write_buffer_size():
            with suppress(OSError):  # no room, or no connection: the transport finds out
                n_bytes = _writev(self._raw_socket.fileno(), items)
            if n_bytes == sum(map(len, items)):
                return True
        transport.write(items[0] if len(items) == 1 else b"".join(items)[n_bytes:])
        return not transport.get_write_buffer_size()

    async def send(self, item: bytes) -> None:
        """Send it all, and what the transport has. A send that did not end well is the last one."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        if not self.send_nowait(item) and not self._transport.is_closing():
            self._writer = asyncio.get_running_loop().create_future()
            try:
                await self._writer
            finally:
                self._writer = None
        else:
            await anyio.lowlevel.cancel_shielded_checkpoint()
        if self._transport.is_closing():
            raise self._end()

    async def send_eof(self) -> None:
        """Nothing more will be sent."""
        if not self._transport.is_closing():
            self._transport.write_eof()

    async def aclose(self) -> None:
        """Close the connection; what was not sent is not sent any more."""
        self._is_closed = True
        self._transport.abort()
        _wake(self._reader)
        await anyio.lowlevel.checkpoint()

    def _end(self) -> Exception:
        if self._is_closed:
            return anyio.ClosedResourceError()
        if self._failure is not None or not self._is_at_end:
            return anyio.BrokenResourceError()
        return anyio.EndOfStream()

    @property
    def _raw_socket(self) -> socket.socket:
        """For the attributes that every socket of anyio's has."""
        raw: socket.socket = self._transport.get_extra_info("socket")
        return raw


def _wake(waiting: asyncio.Future[None] | None) -> bool:
    """Whether somebody waited, and was not woken yet."""
    if waiting is None or waiting.done():
        return False
    waiting.set_result(None)
    return True
