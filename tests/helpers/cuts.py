"""A stretch of real TCP that fails after so many bytes: ends, is reset, stalls, or is slow."""

from __future__ import annotations

import socket
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import anyio
from anyio.abc import SocketAttribute, SocketStream

from realtime_io._tasks import background_tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ("Direction", "Fault", "Stretch", "stretch")

Direction: TypeAlias = Literal["up", "down"]
Fault: TypeAlias = Literal["end", "reset", "stall", "trickle"]

GONE: Final = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


class Stretch:
    """Between a client and a server.

    Args:
        target: The server's host and port.
        direction: "up" is what the client says.
        offset: How many bytes of that direction pass unharmed; None passes all.
        fault: What happens then.

    Attributes:
        address: Where the client must go.
        passed: Bytes that went through, by direction.
        was_reached: Whether the fault happened.
    """

    def __init__(self, target: str, direction: Direction, offset: int | None, fault: Fault) -> None:
        self.address = ""
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        self.was_reached = False
        self._target = target
        self._direction = direction
        self._offset = offset
        self._fault = fault

    async def carry(self, client: SocketStream) -> None:
        """Hold one connection until either side ends or the fault ends it."""
        host, _, port = self._target.rpartition(":")
        async with client, await anyio.connect_tcp(host, int(port)) as server:
            async with background_tasks() as tasks:
                over = anyio.Event()
                tasks.start_soon(self._pour, "up", client, server, over)
                tasks.start_soon(self._pour, "down", server, client, over)
                await over.wait()
            if self.was_reached and self._fault == "reset":
                for side in (client, server):
                    raw = side.extra(SocketAttribute.raw_socket)
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def _pour(
        self, direction: Direction, source: SocketStream, sink: SocketStream, over: anyio.Event
    ) -> None:
        is_mine = direction == self._direction and self._offset is not None
        try:
            while True:
                if is_mine and self.passed[direction] == self._offset and not self.was_reached:
                    self.was_reached = True
                    if self._fault in ("end", "reset"):
                        break
                    if self._fault == "stall":
                        await anyio.sleep_forever()
                n_left = 65536
                if is_mine and not self.was_reached and self._offset is not None:
                    n_left = self._offset - self.passed[direction]
                elif is_mine and self._fault == "trickle":
                    n_left = 1 + self.passed[direction] % 509
                data = await source.receive(n_left)
                self.passed[direction] += len(data)
                await sink.send(data)
        except GONE:
            pass
        over.set()


@asynccontextmanager
async def stretch(
    target: str, direction: Direction = "up", offset: int | None = None, fault: Fault = "end"
) -> AsyncIterator[Stretch]:
    """A stretch that listens until the body ends."""
    it = Stretch(target, direction, offset, fault)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, background_tasks() as tasks:
        tasks.start_soon(listener.serve, it.carry)
        it.address = f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        yield it
