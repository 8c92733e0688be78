"""From an endpoint to an open WebSocket, under one deadline. No TLS and no proxies yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio

from realtime_io._handshake import connect_websocket
from realtime_io._map import GONE, connect_failed
from realtime_io._websocket import DEFAULT_LIMITS, SocketLimits, WebSocket
from realtime_proto.errors import ConfigurationError, ConnectTimeout

if TYPE_CHECKING:
    from realtime_proto.dialect import Endpoint

__all__ = ("dial",)

CONNECT_S: Final = 10.0
"""DNS, TCP and upgrade together."""


async def dial(
    endpoint: Endpoint,
    *,
    timeout_s: float = CONNECT_S,
    limits: SocketLimits = DEFAULT_LIMITS,
) -> WebSocket:
    """Open a WebSocket to *endpoint*.

    Raises:
        ConfigurationError: The URL is none we can use, or a header cannot be sent.
        ConnectTimeout: It was not open within *timeout_s*.
        HandshakeRejected: The server answered, but not with a WebSocket.
        RealtimeConnectionError: It cannot be reached, or is no WebSocket server.
    """
    host, port, target = _parse(endpoint.url)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    with anyio.move_on_after(timeout_s):
        try:
            stream = await anyio.connect_tcp(host, port)
        except GONE as exc:
            raise connect_failed(exc, address) from None
        try:
            return await connect_websocket(
                stream,
                host=address,
                target=target,
                headers=endpoint.headers,
                subprotocols=endpoint.subprotocols,
                limits=limits,
            )
        except BaseException:
            await anyio.aclose_forcefully(stream)
            raise
    raise ConnectTimeout(f"{address} did not open a WebSocket within {timeout_s:g} s")


def _parse(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        raise ConfigurationError("the URL of the server is malformed") from None
    shown = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    if parts.scheme == "wss":
        raise ConfigurationError(
            f"{shown}: wss:// needs TLS, which this version does not have yet", code="no_tls"
        )
    if parts.scheme != "ws" or not parts.hostname:
        raise ConfigurationError(f"{shown!r} is no WebSocket URL: it must begin with ws://")
    target = parts.path or "/"
    return parts.hostname, port, f"{target}?{parts.query}" if parts.query else target
