"""Servers for tests: a listener with a handler, a WebSocket server that follows a script."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream, SocketAttribute

from realtime_io._handshake import Accept, accept_websocket
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, WebSocket
from realtime_proto.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ("listening", "speaking")


@asynccontextmanager
async def listening(handle: Callable[[ByteStream], Awaitable[None]]) -> AsyncIterator[str]:
    """Listen on loopback; gives "127.0.0.1:port"."""

    async def serve(stream: ByteStream) -> None:
        async with stream:
            await handle(stream)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, background_tasks() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"


@asynccontextmanager
async def speaking(script: Callable[[WebSocket], Awaitable[None]]) -> AsyncIterator[str]:
    """Listen on loopback and run *script* with each WebSocket; gives "127.0.0.1:port"."""

    async def handle(stream: ByteStream) -> None:
        socket = await accept_websocket(stream, select=lambda _: Accept())
        assert socket is not None

        async def write() -> None:
            with suppress(RealtimeError):
                await socket.write_forever()

        async with background_tasks() as tasks:
            tasks.start_soon(write)
            with suppress(Closed, RealtimeError):
                await script(socket)
            with anyio.CancelScope(shield=True):
                await socket.close(timeout_s=1)

    async with listening(handle) as address:
        yield address
