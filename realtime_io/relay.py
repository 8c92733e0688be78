"""A server for WebSockets of your own: a relay between web pages and a provider, above all.

A web page must not hold your API key. So it talks to a server of yours, which checks who it is,
opens a connection to the provider with the key, and hands messages on, both ways. `serve` is the
one side of that, `connect` the other, `relay` what lies between. Messages are text or bytes and are
not looked into: what a page may say is for your server to decide (`from_client`).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio

from realtime_io._arguments import check_function, check_kind, check_several, check_whole
from realtime_io._dial import CONNECT_S, dial
from realtime_io._handshake import HANDSHAKE_S, KEY_SUBPROTOCOL, Accept, Reject, Request
from realtime_io._listener import (
    MAX_CONNECTIONS,
    Listening,
    credential,
    listen,
    listen_in_memory,
)
from realtime_io._tasks import background_tasks
from realtime_io._websocket import DEFAULT_LIMITS, Closed, KeepAlive, SocketLimits, WebSocket
from realtime_proto.closing import CLOSE_CODES
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError, ConnectionLost, LocalProtocolError
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence

    from realtime_io._handshake import Decision

__all__ = (
    "Accept",
    "Channel",
    "KeepAlive",
    "Listening",
    "Message",
    "Reject",
    "Request",
    "SocketLimits",
    "connect",
    "credential",
    "relay",
    "serve",
)

Message: TypeAlias = str | bytes

DEFAULT_KEEPALIVE: Final = KeepAlive()
"""A client that went without a word is noticed within 40 seconds."""

NO_CODE: Final = 1005
"""What an empty close frame counts as; it cannot be sent."""

ENDED_BADLY: Final = 1011
"""What the one side is told when the other just broke."""


class Channel:
    """An open WebSocket: send messages, iterate over those that come.

    One task receives; any number may send. Iteration ends when the peer says goodbye, whatever its
    code, and raises ConnectionLost when the connection broke without that.

    Attributes:
        request: What the client asked for, where we are the server.
    """

    def __init__(self, socket: WebSocket, request: Request | None = None) -> None:
        self.request = request
        self._socket = socket
        self._end: Closed | None = None

    @property
    def subprotocol(self) -> str | None:
        """What was agreed on in the handshake."""
        return self._socket.subprotocol

    @property
    def is_open(self) -> bool:
        """Whether a message can be sent."""
        return self._socket.is_open

    @property
    def close_code(self) -> int | None:
        """What the peer's goodbye said: 1005 where it was empty, None while there was none."""
        return self._socket.received_code

    @property
    def close_reason(self) -> str:
        """Why it ended, once receiving has shown that it did."""
        return "" if self._end is None else self._end.reason

    async def send(self, message: Message) -> None:
        """Send one message: text or binary. Waits while the connection is behind.

        Cancelled, it has sent nothing.

        Raises:
            ConnectionLost: The connection is closing or closed.
            LocalProtocolError: The message is too long, no Unicode, or neither text nor bytes.
                Nothing was sent.
        """
        if not isinstance(message, str | bytes):
            raise LocalProtocolError(f"a message is text or bytes, not {type(message).__name__}")
        await self._socket.room()
        self._socket.post_now(message)

    async def receive(self) -> Message:
        """The next message. Cancelled, it has taken nothing.

        Raises:
            ConnectionLost: There is none any more; `received` is the peer's close code.
        """
        try:
            return await self._socket.receive()
        except Closed as exc:
            self._end = end = exc
        words = f": {end.reason:.200}" if end.reason else ""
        raise ConnectionLost(
            f"the peer closed the connection with {end.code}{words}"
            if end.clean
            else f"the connection broke{words}",
            received=end.code,
            sent=self._socket.sent_code,
        )

    def __aiter__(self) -> Channel:
        return self

    async def __anext__(self) -> Message:
        try:
            return await self.receive()
        except ConnectionLost:
            if self._end is None or not self._end.clean:
                raise
        raise StopAsyncIteration

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye, and wait for the peer's, 5 seconds at most. What is queued is sent before.

        Args:
            code: 1000, 1001, 1002, 1003, 1007 to 1014 or 3000 to 4999.
            reason: At most 123 bytes of UTF-8 are sent.

        Raises:
            LocalProtocolError: The code is not one that may be sent. Nothing was sent.
        """
        await self._socket.close(code, reason)


@asynccontextmanager
async def serve(
    handle: Callable[[Channel], Awaitable[None]],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    authorize: Callable[[Request], Decision | Awaitable[Decision]] | None = None,
    subprotocols: Sequence[str] = (),
    allowed_origins: Collection[str] = (),
    ssl_context: ssl.SSLContext | None = None,
    limits: SocketLimits = DEFAULT_LIMITS,
    keepalive: KeepAlive | None = DEFAULT_KEEPALIVE,
    max_connections: int = MAX_CONNECTIONS,
    handshake_s: float = HANDSHAKE_S,
    in_memory: bool = False,
    on_failure: Callable[[Exception], object] | None = None,
) -> AsyncIterator[Listening]:
    """Listen for WebSockets until the body ends; then each is closed with 1001.

    Args:
        handle: Called with each connection, in a task of its own. The connection is closed when it
            returns, with 1011 when it raises. A ConnectionLost of this connection is no failure.
        host: The address to listen on. The default is for this machine alone.
        port: 0 takes a free one; `Listening.port` says which.
        authorize: Says `Accept()` or `Reject(401)` to each request, before any WebSocket is there.
            It may be async, within *handshake_s*. `credential` finds the key in a request. None
            takes everybody who can reach the port.
        subprotocols: Which of those that a client offers is taken, the first here first; an
            `Accept(subprotocol=...)` goes before. One that carries a key is never sent back.
        allowed_origins: The web pages that may connect, as "https://app.example". Others are
            refused; what is no browser sends no origin and is not asked for one.
        ssl_context: A server's, with its certificate: wss:// and nothing else is spoken.
        limits: Of each connection.
        keepalive: When to ping, and when to give a silent client up; None does neither.
        max_connections: One too many is closed at once.
        handshake_s: For TLS, authorisation and handshake together.
        in_memory: For clients of this library in the same event loop, without a socket, as tests
            on a clock that jumps need it. *host* and *port* are not used then.
        on_failure: Called with what *handle* or *authorize* raised. None logs it, to the logger
            "realtime_io.relay".

    Raises:
        ConfigurationError: It cannot listen there, the context is no server's, or an argument is
            not what it must be.
    """
    check_function("handle", handle)
    if authorize is not None:
        check_function("authorize", authorize)
    if on_failure is not None:
        check_function("on_failure", on_failure)
    check_several(subprotocols=subprotocols, allowed_origins=allowed_origins)
    check_kind("limits", limits, SocketLimits)
    if keepalive is not None:
        check_kind("keepalive", keepalive, KeepAlive)
    check_whole("port", port, range(65_536))
    check_whole("max_connections", max_connections, range(1, 2**31))
    if handshake_s.__class__ not in (int, float) or not 0 < handshake_s < inf:
        raise ConfigurationError(f"handshake_s is a number of seconds, not {handshake_s!r:.60}")

    async def select(request: Request) -> Decision:
        found = Accept() if authorize is None else authorize(request)
        decision = found if isinstance(found, Accept | Reject) else await found
        if isinstance(decision, Accept) and decision.subprotocol is None:
            offered = [p for p in request.subprotocols if not p.startswith(KEY_SUBPROTOCOL)]
            chosen = next((name for name in subprotocols if name in offered), None)
            return Accept(subprotocol=chosen, headers=decision.headers)
        return decision

    async def welcome(socket: WebSocket, request: Request) -> None:
        await handle(Channel(socket, request))

    place = listen_in_memory if in_memory else partial(listen, host=host, port=port)
    async with place(
        welcome,
        select=select,
        limits=limits,
        keepalive=keepalive,
        allowed_origins=allowed_origins,
        ssl_context=ssl_context,
        max_connections=max_connections,
        handshake_s=handshake_s,
        on_failure=on_failure,
    ) as server:
        yield server


@asynccontextmanager
async def connect(
    endpoint: Endpoint,
    *,
    timeout_s: float = CONNECT_S,
    ssl_context: ssl.SSLContext | None = None,
    proxy: str | Secret | None = None,
    limits: SocketLimits = DEFAULT_LIMITS,
) -> AsyncIterator[Channel]:
    """Open a WebSocket to a server; `async with` closes it, in at most 5 seconds.

    Args:
        endpoint: Where, and with what key: `PROVIDERS["openai"].endpoint(None, key=Secret(...))`.
        timeout_s: For DNS, TCP, proxy, TLS and the upgrade together.
        ssl_context: How to verify the server; None verifies against the system's store.
        proxy: As in `RealtimeVoice`.
        limits: Of the connection.

    Raises:
        ConfigurationError: *endpoint* is none, or its URL, the proxy or a header cannot be used.
        ConnectTimeout: It was not open in time.
        HandshakeRejected: The server, or the proxy, refused.
        RealtimeConnectionError: The server cannot be reached or trusted.
    """
    if not isinstance(endpoint, Endpoint):
        raise ConfigurationError(
            "an endpoint is what PROVIDERS[name].endpoint(...) gives, "
            f"not {type(endpoint).__name__}"
        )
    socket = await dial(
        endpoint,
        timeout_s=timeout_s,
        limits=limits,
        ssl_context=ssl_context,
        proxy=Secret(proxy) if isinstance(proxy, str) else proxy,
    )
    async with background_tasks() as tasks:
        socket.write_in(tasks)
        try:
            yield Channel(socket)
        finally:
            with anyio.CancelScope(shield=True):
                await socket.close()


async def relay(
    client: Channel,
    server: Channel,
    *,
    from_client: Callable[[Message], Message | None] = lambda message: message,
    from_server: Callable[[Message], Message | None] = lambda message: message,
) -> None:
    """Hand messages on between the two until one of them ends; then the other is told why.

    A side that takes slowly slows the other down; nothing piles up here.

    Args:
        client: Whom we serve.
        server: What it wants to talk to.
        from_client: What becomes of a message of the client's: itself, another, or None for none.
        from_server: The same for the server's. What either raises ends both and is raised.
    """
    async with background_tasks() as tasks:
        ended = anyio.Event()
        failures: list[Exception] = []
        for source, sink, change in (
            (client, server, from_client),
            (server, client, from_server),
        ):
            tasks.start_soon(_pour, source, sink, change, ended, failures)
        await ended.wait()
    if failures:
        raise failures[0]
    for gone, other in ((client, server), (server, client)):
        if not gone.is_open and other.is_open:
            await other.close(_passed_on(gone.close_code), gone.close_reason)


def _passed_on(code: int | None) -> int:
    if code is None or code not in CLOSE_CODES | {NO_CODE}:
        return ENDED_BADLY
    return 1000 if code == NO_CODE else code


async def _pour(
    source: Channel,
    sink: Channel,
    change: Callable[[Message], Message | None],
    ended: anyio.Event,
    failures: list[Exception],
) -> None:
    try:
        async for message in source:
            changed = change(message)
            if changed is not None:
                await sink.send(changed)
    except ConnectionLost:
        pass  # one of the two ended; relay() sees which
    except Exception as exc:  # the caller's own function raised: it is relay() that must raise it
        failures.append(exc)
    ended.set()
