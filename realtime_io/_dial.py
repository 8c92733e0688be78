"""From an endpoint to an open WebSocket under one deadline: TCP, proxy, TLS, upgrade.

What can be known to fail is refused before the network is touched. Failures are handed up as values
and raised outside of `except` clauses, so that no foreign exception hangs below ours with what it
knows.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel
from attrs import frozen

from realtime_io._handshake import check_request, connect_websocket
from realtime_io._map import GONE, connect_failed
from realtime_io._memory import is_in_memory, road_to
from realtime_io._proxy import DIRECT, Proxy, ask_proxy, proxy_for, proxy_from
from realtime_io._tcp import with_nowait
from realtime_io._tls import TlsRoad, check_context, start_client, tls_failed
from realtime_io._websocket import DEFAULT_LIMITS, SocketLimits, WebSocket
from realtime_proto.errors import (
    ConfigurationError,
    ConnectTimeout,
    RealtimeConnectionError,
)
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from anyio.abc import ByteStream

    from realtime_io._keepalive import KeepAlive
    from realtime_proto.dialect import Endpoint

__all__ = ("dial",)

CONNECT_S: Final = 10.0
"""DNS, TCP, proxy, TLS and upgrade together."""

_PORTS: Final = {"ws": 80, "http": 80, "wss": 443, "https": 443}


async def dial(
    endpoint: Endpoint,
    *,
    timeout_s: float = CONNECT_S,
    limits: SocketLimits = DEFAULT_LIMITS,
    ssl_context: ssl.SSLContext | None = None,
    proxy: Secret | None = None,
    keepalive: KeepAlive | None = None,
    deflate: bool = False,
) -> WebSocket:
    """Open a WebSocket to *endpoint*.

    Args:
        endpoint: Where, and with what credential. http:// counts as ws://, https:// as wss://.
        timeout_s: For DNS, TCP, proxy, TLS and the upgrade together.
        limits: The WebSocket's bounds.
        ssl_context: For wss://. None verifies the server against the system's store.
        proxy: The URL of an HTTP proxy to go through, or "direct" for none. None takes the
            environment's: https_proxy for wss://, http_proxy for ws://, all_proxy, without those
            that no_proxy lists and without this machine itself.
        keepalive: When to ping, and when to give a silent server up; None does neither.
        deflate: Whether to offer permessage-deflate: less to transfer, ten times the CPU on audio.

    Raises:
        ConfigurationError: The URL, the proxy or the context is none we can use, or a header cannot
            be sent. Nothing was sent.
        ConnectTimeout: It was not open within *timeout_s*.
        HandshakeRejected: The server answered, but not with a WebSocket; or the proxy refused.
        RealtimeConnectionError: It cannot be reached, cannot be trusted, or is no WebSocket server.
    """
    place = _place(endpoint.full_url().reveal())
    if isinstance(place, ConfigurationError):
        raise place
    check_request(
        host=place.authority,
        target=place.target,
        headers=endpoint.headers,
        subprotocols=endpoint.subprotocols,
    )
    check_context(ssl_context)
    via = _proxy_to(place, proxy)
    if isinstance(via, ConfigurationError):
        raise via
    way = _Way(place, via, ssl_context)
    with anyio.move_on_after(timeout_s):
        stream = await way.open()
        if isinstance(stream, RealtimeConnectionError):
            raise stream
        try:
            ask = partial(
                connect_websocket,
                host=place.authority,
                target=place.target,
                headers=endpoint.headers,
                subprotocols=endpoint.subprotocols,
                limits=limits,
                keepalive=keepalive,
                deflate=deflate,
            )
            outcome = await _upgrade(stream, place, ask)
        except BaseException:  # cancelled, too: nobody else knows of the stream
            await anyio.aclose_forcefully(stream)
            raise
        if isinstance(outcome, WebSocket):
            return outcome
        await anyio.aclose_forcefully(stream)
        raise outcome
    raise ConnectTimeout(
        f"{place.address} did not open a WebSocket within {timeout_s:g} s: no answer {way.stage}"
    )


@frozen
class _Place:
    host: str
    port: int
    target: Secret  # for those servers whose key is in the query
    is_encrypted: bool

    @property
    def address(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{name}:{self.port}"

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.address.removesuffix(f":{_PORTS['wss' if self.is_encrypted else 'ws']}")


class _Way:
    """The way to a server. `stage` says what is waited for."""

    def __init__(self, place: _Place, proxy: Proxy | None, context: ssl.SSLContext | None) -> None:
        self.stage = ""
        self._place = place
        self._proxy = proxy
        self._context = context

    async def open(self) -> ByteStream | RealtimeConnectionError:
        """A stream that leads to the server; nothing is left open where it fails."""
        stream = await self._connect()
        if isinstance(stream, RealtimeConnectionError):
            return stream
        try:
            road = await self._go_on(stream)
        except BaseException:  # cancelled: nobody else knows of the stream
            await anyio.aclose_forcefully(stream)
            raise
        if isinstance(road, RealtimeConnectionError):
            await anyio.aclose_forcefully(stream)
        return road

    async def _connect(self) -> ByteStream | RealtimeConnectionError:
        if is_in_memory(self._place.host):
            await anyio.lowlevel.checkpoint()
            return road_to(self._place.host)
        first = self._proxy or self._place
        name = first.address if self._proxy is None else f"the proxy {first.address}"
        self.stage = f"to the attempt to connect to {name}"
        try:
            return with_nowait(await anyio.connect_tcp(first.host, first.port))
        except GONE as exc:
            return connect_failed(exc, name)

    async def _go_on(self, stream: ByteStream) -> ByteStream | RealtimeConnectionError:
        place = self._place
        road = stream if self._proxy is None else await self._pass(stream, self._proxy)
        if place.is_encrypted and not isinstance(road, RealtimeConnectionError):
            road = await self._encrypt(road, place.host, place.address)
        self.stage = "to the WebSocket handshake"
        return road

    async def _pass(self, stream: ByteStream, proxy: Proxy) -> ByteStream | RealtimeConnectionError:
        name = f"the proxy {proxy.address}"
        road: ByteStream | RealtimeConnectionError = stream
        if proxy.is_encrypted:
            road = await self._encrypt(stream, proxy.host, name)
        if isinstance(road, RealtimeConnectionError):
            return road
        self.stage = f"from {name}"
        return await ask_proxy(road, proxy, self._place.address) or road

    async def _encrypt(
        self, stream: ByteStream, host: str, name: str
    ) -> ByteStream | RealtimeConnectionError:
        self.stage = f"to the TLS handshake with {name}; does it speak TLS?"
        return await start_client(stream, host=host, address=name, context=self._context)


async def _upgrade(
    stream: ByteStream, place: _Place, ask: Callable[[ByteStream], Awaitable[WebSocket]]
) -> WebSocket | RealtimeConnectionError:
    try:
        return await ask(stream)
    except RealtimeConnectionError as exc:
        error = exc
    # In TLS 1.3 a client that is refused hears of it only behind the handshake.
    failure = stream.failure if isinstance(stream, TlsRoad) else None
    return error if failure is None else tls_failed(failure, place.address)


def _proxy_to(place: _Place, proxy: Secret | None) -> Proxy | ConfigurationError | None:
    if is_in_memory(place.host):
        return None
    if proxy is None:
        return proxy_for(
            place.host, place.port, is_encrypted=place.is_encrypted, environment=os.environ
        )
    return None if proxy == Secret(DIRECT) else proxy_from(proxy, named_by="the argument proxy")


def _place(url: str) -> _Place | ConfigurationError:
    """Where a URL leads. What is shown of it has neither query nor user."""
    if not url.isprintable() or " " in url:
        return _bad("the server's URL contains a space or a control character")
    try:
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        return _bad("the server's URL is malformed: it must look like wss://host:port/path")
    if not parts.scheme or not parts.netloc:
        return _bad("the server's URL has no wss:// in front")
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
    if parts.scheme not in _PORTS:
        return _bad(f"{shown} is no WebSocket URL: it must begin with wss:// or ws://")
    if "@" in parts.netloc:
        return _bad(f"{shown}: a user name or a password in a URL is not supported")
    if not host or not port:
        return _bad(f"{shown}: the host or the port is missing")
    target = parts.path or "/"
    return _Place(
        host,
        port,
        Secret(f"{target}?{parts.query}" if parts.query else target),
        parts.scheme in ("wss", "https"),
    )


def _bad(message: str) -> ConfigurationError:
    return ConfigurationError(message, code="invalid_url")
