"""WebSockets over streams in memory: against each other, and against a peer of raw bytes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
from wsproto.connection import Connection, ConnectionType

from helpers.streams import (
    stream_pair,
)
from realtime_io._tasks import background_tasks
from realtime_io._websocket import DEFAULT_LIMITS, Closed, SocketLimits, WebSocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import ByteStream

__all__ = ("Messages", "both", "echo", "raw_peer", "received", "websocket")

Messages = list[str | bytes]


def websocket(stream: ByteStream, role: str, limits: SocketLimits = DEFAULT_LIMITS) -> WebSocket:
    """One end, its handshake behind it."""
    kind = ConnectionType.CLIENT if role == "client" else ConnectionType.SERVER
    return WebSocket(stream, Connection(kind), limits=limits)


async def received(socket: WebSocket) -> tuple[Messages, Closed]:
    """All that comes, and the end."""
    messages: Messages = []
    try:
        while True:
            messages.append(await socket.receive())
    except Closed as end:
        return messages, end


@asynccontextmanager
async def raw_peer(
    role: str,
    limits: SocketLimits = DEFAULT_LIMITS,
    wrap: Callable[[ByteStream], ByteStream] = lambda stream: stream,
) -> AsyncIterator[tuple[WebSocket, ByteStream]]:
    """A WebSocket in *role* with its writer, and the bare stream of its peer."""
    ours, theirs = stream_pair()
    socket = websocket(wrap(ours), role, limits)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            socket.write_in(tasks)
            yield socket, theirs
    await socket.aclose()
    await theirs.aclose()


@asynccontextmanager
async def both(
    *,
    wrap: Callable[[ByteStream], ByteStream] = lambda stream: stream,
    limits: SocketLimits = DEFAULT_LIMITS,
) -> AsyncIterator[tuple[WebSocket, WebSocket]]:
    """Client and server, connected, each with its writer."""
    a, b = stream_pair()
    client, server = websocket(wrap(a), "client", limits), websocket(wrap(b), "server", limits)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            client.write_in(tasks)
            server.write_in(tasks)
            yield client, server
    await client.aclose()
    await server.aclose()
    assert a.is_closed
    assert b.is_closed


async def echo(socket: WebSocket) -> Closed:
    """Send back what comes until the end."""
    try:
        while True:
            socket.post(await socket.receive())
    except Closed as end:
        await socket.close()
        return end
