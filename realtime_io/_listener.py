"""A WebSocket server: accepts, bounds and ends connections; what is said on them is the caller's.

Each connection has a task, its own deadline for TLS and handshake together, and is read from the
moment it is accepted (asyncio buffers without bound what is accepted and not read). One too many is
closed at once rather than kept waiting. What goes wrong on one connection is reported and ends that
connection alone; running out of file descriptors stops the accepting for a moment, not the server.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import parse_qs

import anyio
from anyio.abc import ByteStream, SocketAttribute, SocketListener

from realtime_io._handshake import (
    HANDSHAKE_S,
    KEY_SUBPROTOCOL,
    Accept,
    Decision,
    Request,
    Select,
    accept_websocket,
)
from realtime_io._memory import offered
from realtime_io._tasks import background_tasks
from realtime_io._tcp import with_nowait
from realtime_io._tls import check_context, start_server
from realtime_io._websocket import DEFAULT_LIMITS, KeepAlive, SocketLimits, WebSocket
from realtime_proto.errors import ConfigurationError, ConnectionLost
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection

    from anyio.abc import TaskGroup

__all__ = (
    "MAX_CONNECTIONS",
    "Handle",
    "Listening",
    "credential",
    "listen",
    "listen_in_memory",
)

MAX_CONNECTIONS: Final = 1_000
"""On one listener. Each may hold a message of 16 MiB."""

BACKLOG: Final = 1_024
"""Connections the kernel keeps while we are busy."""

HTTP_PORT: Final = 80
"""What a server in memory is said to listen on."""

CLOSE_S: Final = 1.0
"""How long a peer may take to answer our close frame."""

BREATH_S: Final = 0.1
"""Until accepting is tried again after it failed."""

_KEY_PARAMETERS: Final = ("key", "api_key", "access_token", "token")

_log: Final = logging.getLogger("realtime_io.relay")

Handle: TypeAlias = "Callable[[WebSocket, Request], Awaitable[None]]"


def credential(request: Request) -> Secret | None:
    """The key a client shows, wherever its kind of client puts it.

    That is the header Authorization, x-goog-api-key or api-key; for web pages, which can set no
    header, a subprotocol `openai-insecure-api-key.KEY` or a parameter of the URL (`key`, `api_key`,
    `access_token`, `token`).
    """
    headers = dict(request.headers)
    found = [
        headers.get("authorization", "").removeprefix("Bearer ").removeprefix("Token "),
        headers.get("x-goog-api-key", ""),
        headers.get("api-key", ""),
        *(
            name.removeprefix(KEY_SUBPROTOCOL)
            for name in request.subprotocols
            if name.startswith(KEY_SUBPROTOCOL)
        ),
    ]
    query = parse_qs(request.target.partition("?")[2])
    found += [query[name][0] for name in _KEY_PARAMETERS if name in query]
    return next((Secret(key.strip()) for key in found if key.strip()), None)


class Listening:
    """A server that listens. Made by `listen`.

    Attributes:
        host: The address it listens on.
        port: Its port.
        n_connections: How many connections are open.
        n_refused: How many were one too many, so far.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        handle: Handle,
        select: Select,
        limits: SocketLimits,
        keepalive: KeepAlive | None,
        allowed_origins: Collection[str],
        ssl_context: ssl.SSLContext | None,
        max_connections: int,
        handshake_s: float,
        on_failure: Callable[[Exception], object] | None,
    ) -> None:
        self.host = host
        self.port = port
        self.n_connections: int = 0
        self.n_refused: int = 0
        self._handle = handle
        self._select = select
        self._limits = limits
        self._keepalive = keepalive
        self._origins = allowed_origins
        self._ssl_context = ssl_context
        self._max_connections = max_connections
        self._handshake_s = handshake_s
        self._on_failure = on_failure

    @property
    def is_encrypted(self) -> bool:
        """Whether clients must speak TLS."""
        return self._ssl_context is not None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Where clients find it, such as ws://127.0.0.1:8000."""
        return f"{'wss' if self.is_encrypted else 'ws'}://{self.address}"

    async def serve(self, stream: ByteStream) -> None:
        """Hold one connection, from just accepted to closed."""
        async with stream:
            if self.n_connections >= self._max_connections:
                self.n_refused += 1
                return
            self.n_connections += 1
            try:
                await self._welcome(stream)
            except Exception as exc:  # one connection's failure must not end the others
                self._report(exc)
            finally:
                self.n_connections -= 1

    async def _welcome(self, stream: ByteStream) -> None:
        asked: list[Request] = []

        def select(request: Request) -> Decision | Awaitable[Decision]:
            asked.append(request)
            return self._select(request)

        socket = None
        with anyio.move_on_after(self._handshake_s):
            road: ByteStream | None = stream
            if self._ssl_context is not None:
                road = await start_server(stream, self._ssl_context)
            if road is not None:
                socket = await accept_websocket(
                    road,
                    select=select,
                    limits=self._limits,
                    keepalive=self._keepalive,
                    timeout_s=self._handshake_s,
                    allowed_origins=self._origins,
                )
        if socket is not None:
            await self._hold(socket, asked[0])

    async def _hold(self, socket: WebSocket, request: Request) -> None:
        async with background_tasks() as tasks:
            socket.write_in(tasks)
            if self._keepalive is not None:
                socket.beat_in(tasks)  # a handler may do other things for long than to receive
            code = 1000
            try:
                await self._handle(socket, request)
            except Exception as exc:  # whatever the application's own handler raises
                code = 1011
                # That its peer is gone is the normal end of a connection.
                if not isinstance(exc, ConnectionLost) or socket.is_open:
                    self._report(exc)  # at once: saying goodbye may be cancelled
            except BaseException:
                code = 1001  # cancelled: the server ends
                raise
            finally:
                with anyio.CancelScope(shield=True):
                    await socket.close(code, timeout_s=CLOSE_S)

    def _report(self, error: Exception) -> None:
        if self._on_failure is None:
            _log.error("a connection failed: %s", error, exc_info=error)
            return
        try:
            self._on_failure(error)
        except Exception as exc:  # one that cannot even be told must not end the others either
            _log.error("on_failure raised %r for %r", exc, error, exc_info=exc)


@asynccontextmanager
async def listen(
    handle: Handle,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    select: Select = lambda _: Accept(),
    limits: SocketLimits = DEFAULT_LIMITS,
    keepalive: KeepAlive | None = None,
    allowed_origins: Collection[str] = (),
    ssl_context: ssl.SSLContext | None = None,
    max_connections: int = MAX_CONNECTIONS,
    handshake_s: float = HANDSHAKE_S,
    on_failure: Callable[[Exception], object] | None = None,
) -> AsyncIterator[Listening]:
    """Listen until the body ends; then every connection is closed with 1001.

    Args:
        handle: Called with each WebSocket and the request that asked for it. The WebSocket has its
            writer, and is closed when this returns; with 1011 when it raises.
        host: The address to listen on.
        port: 0 takes a free one.
        select: Whether a request is taken, see `accept_websocket`.
        limits: Of each WebSocket.
        keepalive: Of each WebSocket.
        allowed_origins: Web pages that are let in.
        ssl_context: A server's, to speak TLS and nothing else.
        max_connections: How many may be open at once.
        handshake_s: For TLS and the WebSocket handshake together.
        on_failure: Called with what *handle* or *select* raised, other than that the peer is gone;
            None logs it.

    Raises:
        ConfigurationError: It cannot listen there, or the context is no server's.
    """
    check_context(ssl_context, is_server=True)
    try:
        listener = await anyio.create_tcp_listener(
            local_host=host, local_port=port, backlog=BACKLOG
        )
    except (OSError, OverflowError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
    else:
        server = Listening(
            host,
            listener.extra(SocketAttribute.local_port),
            handle=handle,
            select=select,
            limits=limits,
            keepalive=keepalive,
            allowed_origins=allowed_origins,
            ssl_context=ssl_context,
            max_connections=max_connections,
            handshake_s=handshake_s,
            on_failure=on_failure,
        )
        async with listener, background_tasks() as tasks:
            for one in listener.listeners:
                if isinstance(one, SocketListener):  # as they all are
                    tasks.start_soon(_accept, one, server, tasks, name="relay listener")
            yield server
        return
    raise ConfigurationError(f"cannot listen on {host}:{port}: {reason}")


@asynccontextmanager
async def listen_in_memory(
    handle: Handle,
    *,
    select: Select = lambda _: Accept(),
    limits: SocketLimits = DEFAULT_LIMITS,
    keepalive: KeepAlive | None = None,
    allowed_origins: Collection[str] = (),
    ssl_context: ssl.SSLContext | None = None,
    max_connections: int = MAX_CONNECTIONS,
    handshake_s: float = HANDSHAKE_S,
    on_failure: Callable[[Exception], object] | None = None,
) -> AsyncIterator[Listening]:
    """The same without a socket, for clients of this event loop.

    The arguments are those of `listen`.

    Raises:
        ConfigurationError: There is a context: what stays in memory needs none.
    """
    if ssl_context is not None:
        raise ConfigurationError("a server in memory speaks no TLS: leave ssl_context out")
    async with background_tasks() as tasks:

        def serve(stream: ByteStream) -> None:
            tasks.start_soon(server.serve, stream, name="connection in memory")

        with offered(serve) as host:
            server = Listening(
                host,
                HTTP_PORT,
                handle=handle,
                select=select,
                limits=limits,
                keepalive=keepalive,
                allowed_origins=allowed_origins,
                ssl_context=None,
                max_connections=max_connections,
                handshake_s=handshake_s,
                on_failure=on_failure,
            )
            yield server


async def _accept(listener: SocketListener, server: Listening, tasks: TaskGroup) -> None:
    while True:
        try:
            stream = await listener.accept()
        except (OSError, anyio.BrokenResourceError):
            # No file descriptor is left, or the client was gone before it was accepted (accept(2)).
            await anyio.sleep(BREATH_S)
        else:
            tasks.start_soon(server.serve, with_nowait(stream), name="relay connection")
