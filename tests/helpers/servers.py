"""Servers for tests: a listener with a handler, a WebSocket server with a script, a proxy."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from anyio.abc import ByteStream, SocketAttribute

from realtime_io._handshake import Accept, accept_websocket
from realtime_io._map import GONE
from realtime_io._tasks import background_tasks
from realtime_io._tls import start_server
from realtime_io._websocket import Closed, WebSocket
from realtime_proto.errors import RealtimeError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ("echo", "listening", "pour", "proxying", "refusing_tls", "speaking")


@asynccontextmanager
async def listening(
    handle: Callable[[ByteStream], Awaitable[None]], ssl_context: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Listen on loopback; gives "127.0.0.1:port". With a context, only over TLS."""

    async def serve(stream: ByteStream) -> None:
        async with stream:
            road = stream if ssl_context is None else await start_server(stream, ssl_context)
            if road is not None:
                await handle(road)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, background_tasks() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"


@asynccontextmanager
async def speaking(
    script: Callable[[WebSocket], Awaitable[None]], ssl_context: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Listen on loopback and run *script* with each WebSocket; gives "127.0.0.1:port"."""

    async def handle(stream: ByteStream) -> None:
        websocket = await accept_websocket(stream, select=lambda _: Accept())
        if websocket is None:  # the client went away during the handshake
            return

        async with background_tasks() as tasks:
            websocket.write_in(tasks)
            with suppress(Closed, RealtimeError):
                await script(websocket)
            with anyio.CancelScope(shield=True):
                await websocket.close(timeout_s=1)

    async with listening(handle, ssl_context) as address:
        yield address


async def echo(websocket: WebSocket) -> None:
    """A script: send back what comes."""
    while True:
        websocket.post(await websocket.receive())


@asynccontextmanager
async def proxying(
    target: str, heads: list[bytes], ssl_context: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """An HTTP proxy that leads everybody to *target* and keeps the heads of the requests."""

    async def handle(stream: ByteStream) -> None:
        with suppress(*GONE):  # a client may go at any moment
            await lead(stream)

    async def lead(stream: ByteStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive()
        heads.append(head)
        host, _, port = target.rpartition(":")
        async with await anyio.connect_tcp(host, int(port)) as server, background_tasks() as tasks:
            await stream.send(b"HTTP/1.0 200 Connection established\r\nVia: test\r\n\r\n")
            over = anyio.Event()
            tasks.start_soon(pour, stream, server, over)
            tasks.start_soon(pour, server, stream, over)
            await over.wait()

    async with listening(handle, ssl_context) as address:
        yield address


@asynccontextmanager
async def refusing_tls(context: ssl.SSLContext) -> AsyncIterator[str]:
    """The standard library's TLS, which says why a handshake fails also behind the handshake."""

    def serve_once() -> None:
        connection, _ = listener.accept()
        with connection.dup() as raw:
            with suppress(OSError):
                context.wrap_socket(connection, server_side=True)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):  # closed with something unread, TCP would throw our alert away
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, serve_once)
            yield f"127.0.0.1:{listener.getsockname()[1]}"


async def pour(source: ByteStream, sink: ByteStream, over: anyio.Event) -> None:
    """Send on what comes until one side is gone; then it is over."""
    with suppress(*GONE):
        while True:
            await sink.send(await source.receive())
    over.set()
