"""The opening handshake, in both roles, over any anyio ByteStream.

What we send is checked here before wsproto sees it, because wsproto and h11 put what they refuse
into their exceptions, and what we send holds keys. What the peer sends is parsed under their names
in _map; nothing foreign leaves.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import anyio
from attrs import frozen
from wsproto import WSConnection
from wsproto.connection import ConnectionType
from wsproto.events import (
    AcceptConnection,
    RejectConnection,
    RejectData,
)
from wsproto.events import (
    Request as WireRequest,
)

from realtime_io._map import GONE, UNPARSABLE
from realtime_io._websocket import DEFAULT_LIMITS, SocketLimits, WebSocket
from realtime_proto.errors import (
    ConfigurationError,
    HandshakeRejected,
    RealtimeConnectionError,
)
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from anyio.abc import ByteStream

__all__ = ("Accept", "Reject", "Request", "accept_websocket", "connect_websocket")

HANDSHAKE_S: Final = 5.0
"""How long a client may take to say what it wants."""

MAX_BODY_BYTES: Final = 4 * 2**10
"""Kept of the body of a refusal."""

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@frozen(kw_only=True)
class Request:
    """What a client asks for.

    Args:
        target: Path and query, as they came.
        headers: Names in lower case.
        subprotocols: What the client offers, in its order.
    """

    target: str
    headers: tuple[tuple[str, str], ...] = ()
    subprotocols: tuple[str, ...] = ()


@frozen(kw_only=True)
class Accept:
    """Take the client, with one of the subprotocols it offers."""

    subprotocol: str | None = None


@frozen
class Reject:
    """Refuse the client with an HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


Decision: TypeAlias = Accept | Reject


async def connect_websocket(
    stream: ByteStream,
    *,
    host: str,
    target: str,
    headers: Sequence[tuple[str, str | Secret]] = (),
    subprotocols: Sequence[str | Secret] = (),
    limits: SocketLimits = DEFAULT_LIMITS,
) -> WebSocket:
    """Ask the server behind *stream* for a WebSocket.

    The stream stays the caller's until a WebSocket is returned.

    Raises:
        ConfigurationError: Something to send holds characters that must not be sent. It is not
            shown.
        HandshakeRejected: The server gave another HTTP answer.
        RealtimeConnectionError: It is no HTTP server, or went away.
    """
    connection = WSConnection(ConnectionType.CLIENT)
    hello = connection.send(
        WireRequest(
            host=_checked(host, _VISIBLE, "the host"),
            target=_checked(target, _VISIBLE, "the URL"),
            extra_headers=[
                (
                    _checked(name, _TOKEN, "a header's name").encode(),
                    _checked(value, _HEADER_VALUE, f"the header {name}").encode(),
                )
                for name, value in headers
            ],
            subprotocols=[_checked(p, _TOKEN, "a subprotocol") for p in subprotocols],
        )
    )
    try:
        await stream.send(hello)
        return await _hear_answer(stream, connection, limits)
    except GONE:
        raise RealtimeConnectionError(
            f"{host} closed the connection instead of answering: it may be no WebSocket server"
        ) from None
    except UNPARSABLE:
        raise RealtimeConnectionError(f"{host} did not answer as a WebSocket server does") from None


def _checked(value: str | Secret, pattern: re.Pattern[str], what: str) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    if pattern.fullmatch(text):
        return text
    raise ConfigurationError(
        f"{what} is empty or holds characters that cannot be sent (a stray space or line break?)",
        code="invalid_header",
    )


async def _hear_answer(
    stream: ByteStream, connection: WSConnection, limits: SocketLimits
) -> WebSocket:
    refusal: RejectConnection | None = None
    body = bytearray()
    while True:
        for event in connection.events():
            if isinstance(event, AcceptConnection):
                return WebSocket(stream, connection, subprotocol=event.subprotocol, limits=limits)
            if isinstance(event, RejectConnection):
                refusal = event
                if not event.has_body:
                    raise _rejected(event, b"")
            if isinstance(event, RejectData):
                body += event.data
                if event.body_finished or len(body) >= MAX_BODY_BYTES:
                    raise _rejected(refusal, bytes(body))
        try:
            connection.receive_data(await stream.receive())
        except GONE:
            if refusal is None:
                raise
            raise _rejected(refusal, bytes(body)) from None


def _rejected(refusal: RejectConnection | None, body: bytes) -> HandshakeRejected:
    status = 0 if refusal is None else refusal.status_code
    headers = {} if refusal is None else {k.lower(): v for k, v in refusal.headers}
    said = _words_of(body)
    message = f"the server refused the WebSocket with HTTP {status}"
    if 300 <= status < 400:
        message += "; redirects are not followed"
    elif status == 200:
        message += ": it may be no WebSocket server"
    if said:
        message += f": {said:.200}"
    return HandshakeRejected(
        message,
        status=status,
        headers={k.decode("latin-1"): v.decode("latin-1") for k, v in headers.items()},
        body=body[:MAX_BODY_BYTES],
    )


def _words_of(body: bytes) -> str:
    """What a JSON error body says."""
    try:
        found: Any = json.loads(body)
    except ValueError:
        return ""
    for key in ("error", "message"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    return found if isinstance(found, str) else ""


async def accept_websocket(
    stream: ByteStream,
    *,
    select: Callable[[Request], Decision],
    limits: SocketLimits = DEFAULT_LIMITS,
    timeout_s: float = HANDSHAKE_S,
    allowed_origins: Collection[str] = (),
) -> WebSocket | None:
    """Hear what a client wants and take it or not, as *select* decides.

    A request with an Origin header comes from a web page; unless its origin is allowed it is
    refused.

    Returns:
        The WebSocket, or None where the client was refused, was no WebSocket client, or took too
        long.
    """
    connection = WSConnection(ConnectionType.SERVER)
    with anyio.move_on_after(timeout_s):
        try:
            request = await _hear_request(stream, connection)
            if request is None:
                return None
            heard = Request(
                target=request.target,
                headers=tuple(
                    (k.decode("latin-1").lower(), v.decode("latin-1"))
                    for k, v in request.extra_headers
                ),
                subprotocols=tuple(request.subprotocols),
            )
            origin = dict(heard.headers).get("origin")
            if origin is not None and origin not in allowed_origins:
                decision: Decision = Reject(403, _error_body("this origin is not allowed"))
            else:
                decision = select(heard)
            if isinstance(decision, Accept):
                answer = AcceptConnection(subprotocol=decision.subprotocol)
                await stream.send(connection.send(answer))
                return WebSocket(
                    stream, connection, subprotocol=decision.subprotocol, limits=limits
                )
            await stream.send(_refusal(connection, decision))
        except GONE:
            pass  # it went away: there is nobody to tell
    return None


async def _hear_request(stream: ByteStream, connection: WSConnection) -> WireRequest | None:
    while True:
        try:
            connection.receive_data(await stream.receive())
            for event in connection.events():
                if isinstance(event, WireRequest):
                    return event
        except UNPARSABLE as exc:
            hint = getattr(exc, "event_hint", None)
            status = hint.status_code if isinstance(hint, RejectConnection) else 400
            await stream.send(_plain_refusal(status))
            return None


def _refusal(connection: WSConnection, decision: Reject) -> bytes:
    headers = [
        (b"content-type", decision.content_type.encode()),
        (b"content-length", str(len(decision.body)).encode()),
        (b"connection", b"close"),
    ]
    head = RejectConnection(status_code=decision.status, headers=headers, has_body=True)
    return connection.send(head) + connection.send(RejectData(data=decision.body))


def _plain_refusal(status: int) -> bytes:
    """An answer to what was no handshake at all; h11 is in an error state and cannot make it."""
    body = _error_body("this is a WebSocket server; the request is no WebSocket handshake")
    head = (
        f"HTTP/1.1 {status} Bad Request\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _error_body(message: str) -> bytes:
    return json.dumps({"error": {"message": message}}).encode()
