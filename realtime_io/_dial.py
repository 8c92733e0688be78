"""From an endpoint to an open WebSocket, under one deadline. No TLS and no proxies yet.

What can be known to fail is refused before the network is touched. Failures are raised outside of
`except` clauses, so that no foreign exception hangs below ours with what it knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio
from attrs import frozen

from realtime_io._handshake import check_request, connect_websocket
from realtime_io._map import GONE, connect_failed
from realtime_io._websocket import DEFAULT_LIMITS, SocketLimits, WebSocket
from realtime_proto.errors import ConfigurationError, ConnectTimeout, RealtimeConnectionError

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from realtime_proto.dialect import Endpoint

__all__ = ("dial",)

CONNECT_S: Final = 10.0
"""DNS, TCP and upgrade together."""

_DEFAULT_PORT: Final = 80


async def dial(
    endpoint: Endpoint,
    *,
    timeout_s: float = CONNECT_S,
    limits: SocketLimits = DEFAULT_LIMITS,
) -> WebSocket:
    """Open a WebSocket to *endpoint*.

    Args:
        endpoint: Where, and with what credential. http:// counts as ws://.
        timeout_s: For DNS, TCP and the upgrade together.
        limits: The WebSocket's bounds.

    Raises:
        ConfigurationError: The URL is none we can use, or a header cannot be sent. Nothing was
            sent.
        ConnectTimeout: It was not open within *timeout_s*.
        HandshakeRejected: The server answered, but not with a WebSocket.
        RealtimeConnectionError: It cannot be reached, or is no WebSocket server.
    """
    place = _place(endpoint.url)
    if isinstance(place, ConfigurationError):
        raise place
    check_request(
        host=place.authority,
        target=place.target,
        headers=endpoint.headers,
        subprotocols=endpoint.subprotocols,
    )
    with anyio.move_on_after(timeout_s):
        stream = await _connect(place)
        if isinstance(stream, RealtimeConnectionError):
            raise stream
        try:
            return await connect_websocket(
                stream,
                host=place.authority,
                target=place.target,
                headers=endpoint.headers,
                subprotocols=endpoint.subprotocols,
                limits=limits,
            )
        except BaseException:  # cancelled, too: nobody else knows of the stream
            await anyio.aclose_forcefully(stream)
            raise
    raise ConnectTimeout(f"{place.address} did not open a WebSocket within {timeout_s:g} s")


@frozen
class _Place:
    host: str
    port: int
    target: str

    @property
    def address(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{name}:{self.port}"

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.address.removesuffix(f":{_DEFAULT_PORT}")


async def _connect(place: _Place) -> ByteStream | RealtimeConnectionError:
    try:
        return await anyio.connect_tcp(place.host, place.port)
    except GONE as exc:
        return connect_failed(exc, place.address)


def _place(url: str) -> _Place | ConfigurationError:
    """Where a URL leads. What is shown of it has neither query nor user."""
    if not url.isprintable() or " " in url:
        return _bad("the server's URL contains a space or a control character")
    try:
        parts = urlsplit(url)
        port = _DEFAULT_PORT if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        return _bad("the server's URL is malformed: it must look like ws://host:port/path")
    if not parts.scheme or not parts.netloc:
        return _bad("the server's URL has no ws:// in front")
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
    if parts.scheme in ("wss", "https"):
        return ConfigurationError(
            f"{shown}: wss:// is not supported yet: this version has no TLS", code="no_tls"
        )
    if parts.scheme not in ("ws", "http"):
        return _bad(f"{shown} is no WebSocket URL: it must begin with ws://")
    if "@" in parts.netloc:
        return _bad(f"{shown}: a user name or a password in a URL is not supported")
    if not host or not port:
        return _bad(f"{shown}: the host or the port is missing")
    target = parts.path or "/"
    return _Place(host, port, f"{target}?{parts.query}" if parts.query else target)


def _bad(message: str) -> ConfigurationError:
    return ConfigurationError(message, code="invalid_url")
