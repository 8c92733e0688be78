"""The opening handshake, in both roles, over any anyio ByteStream.

What we send is checked (_headers) before wsproto sees it, because wsproto and h11 put what they
refuse into their exceptions, and what we send holds keys. What the peer sends is parsed under the
names in _map; nothing foreign leaves.

A key stays out of tracebacks too, whose frames keep their local variables: it is revealed only in
functions that do not raise, and failures are handed up as values to be raised where no key is.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import anyio
from attrs import field, frozen
from wsproto import WSConnection
from wsproto.connection import Connection, ConnectionType
from wsproto.events import AcceptConnection, Event, RejectConnection, RejectData
from wsproto.events import Request as WireRequest
from wsproto.utilities import RemoteProtocolError as WireError

from realtime_io._deflate import BoundedDeflate
from realtime_io._headers import (
    Unquote,
    check_header,
    check_request,
    redacted,
    secrets_in,
    text_of,
    unquoting,
)
from realtime_io._map import GONE, UNPARSABLE
from realtime_io._websocket import DEFAULT_LIMITS, KeepAlive, SocketLimits, WebSocket
from realtime_proto.errors import (
    ConfigurationError,
    HandshakeRejected,
    LocalProtocolError,
    RealtimeConnectionError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from anyio.abc import ByteStream

    from realtime_proto.secret import Secret

__all__ = (
    "HANDSHAKE_S",
    "KEY_SUBPROTOCOL",
    "Accept",
    "Decision",
    "Reject",
    "Request",
    "Select",
    "accept_websocket",
    "check_request",
    "connect_websocket",
)

HANDSHAKE_S: Final = 5.0
"""How long a client may take to say what it wants."""

BODY_S: Final = 1.0
"""How long a server may take to say why it refuses."""

MAX_BODY_BYTES: Final = 4 * 2**10
"""Kept of the body of a refusal."""

KEY_SUBPROTOCOL: Final = "openai-insecure-api-key."
"""What stands before the key where a web page, which can set no header, offers it so."""

_HEAD_END: Final = re.compile(rb"\n\r?\n")
_JSON: Final = (("content-type", "application/json"),)


def _path_of(target: str) -> str:
    return repr(target.partition("?")[0])


@frozen(kw_only=True)
class Request:
    """What a client asks for. Its repr shows no more than the path: the rest may hold its key.

    Args:
        target: Path and query, as they came.
        headers: Names in lower case.
        subprotocols: What the client offers, in its order.
    """

    target: str = field(repr=_path_of)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    subprotocols: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Accept:
    """Take the client, with one of the subprotocols it offers, and say more in headers."""

    subprotocol: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@frozen
class Reject:
    """Refuse the client with an HTTP answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = _JSON


Decision: TypeAlias = Accept | Reject
Select: TypeAlias = Callable[[Request], Decision | Awaitable[Decision]]


# --- the client


async def connect_websocket(
    stream: ByteStream,
    *,
    host: str,
    target: str | Secret,
    headers: Sequence[tuple[str, str | Secret]] = (),
    subprotocols: Sequence[str | Secret] = (),
    limits: SocketLimits = DEFAULT_LIMITS,
    keepalive: KeepAlive | None = None,
    deflate: bool = False,
) -> WebSocket:
    """Ask the server behind *stream* for a WebSocket. The caller sets the deadline.

    The stream stays the caller's, to be closed, until a WebSocket is returned.

    Args:
        stream: Connected.
        host: What the Host header says: the name, and the port where it is not the default one.
        target: Path and query.
        headers: Beside those of the handshake.
        subprotocols: To offer.
        limits: The WebSocket's bounds.
        keepalive: When to ping; None does not.
        deflate: Whether to offer permessage-deflate.

    Raises:
        ConfigurationError: Something to send holds characters that cannot be sent. It is not shown.
        HandshakeRejected: The server gave another HTTP answer.
        RealtimeConnectionError: It is no WebSocket server, or went away.
    """
    check_request(host=host, target=target, headers=headers, subprotocols=subprotocols)
    connection = WSConnection(ConnectionType.CLIENT)
    extension = BoundedDeflate(limits.message_bytes) if deflate else None
    outcome = await _ask(stream, connection, host, target, headers, subprotocols, extension)
    if not isinstance(outcome, _Taken):
        raise outcome
    return WebSocket(
        stream,
        outcome.connection,
        subprotocol=outcome.subprotocol,
        limits=limits,
        keepalive=keepalive,
        early=outcome.early,
        is_compressed=extension is not None and extension.enabled(),
        unquote=outcome.unquote,
    )


@frozen
class _Taken:
    """What the server agreed to, and what it said at once."""

    connection: Connection
    subprotocol: str | None
    early: bytes
    unquote: Unquote | None


async def _ask(
    stream: ByteStream,
    connection: WSConnection,
    host: str,
    target: str | Secret,
    headers: Sequence[tuple[str, str | Secret]],
    subprotocols: Sequence[str | Secret],
    extension: BoundedDeflate | None,
) -> _Taken | RealtimeConnectionError | ConfigurationError:
    try:
        await stream.send(_hello(connection, host, target, headers, subprotocols, extension))
    except GONE:
        return RealtimeConnectionError(f"{host} closed the connection before it was asked anything")
    except UNPARSABLE:  # a part of the name too long for DNS: the one thing not checked before
        return ConfigurationError(f"{host:.200} is no host name", code="invalid_url")
    answer, early = await _hear_answer(stream, connection)
    secrets = secrets_in(target, headers, subprotocols)
    if isinstance(answer, AcceptConnection) and connection.connection is not None:
        if len(answer.extensions) <= 1:  # the same one twice would inflate twice
            chosen = answer.subprotocol
            shown = None if chosen is None else redacted(chosen.encode(), secrets).decode()
            unquote = unquoting(secrets) if secrets else None
            return _Taken(connection.connection, shown, early, unquote)
        answer = "accepted more extensions than were offered"
    if isinstance(answer, RejectConnection):
        body = await _hear_body(stream, connection, early) if answer.has_body else b""
        return _rejected(host, answer, body, secrets)
    words = redacted(str(answer).encode(), secrets).decode()
    return RealtimeConnectionError(f"{host} {words}: it may be no WebSocket server")


def _hello(
    connection: WSConnection,
    host: str,
    target: str | Secret,
    headers: Sequence[tuple[str, str | Secret]],
    subprotocols: Sequence[str | Secret],
    extension: BoundedDeflate | None,
) -> bytes:
    return connection.send(
        WireRequest(
            host=host,
            target=text_of(target),
            extra_headers=[(name.encode(), text_of(value).encode()) for name, value in headers],
            subprotocols=[text_of(subprotocol) for subprotocol in subprotocols],
            extensions=[] if extension is None else [extension],
        )
    )


async def _hear_answer(stream: ByteStream, connection: WSConnection) -> tuple[Event | str, bytes]:
    """What the server says, or what it did instead; and what came early behind the head."""
    no_websocket = "did not answer as a WebSocket server does"
    tail = b""
    while True:
        try:
            data = await stream.receive()
        except GONE:
            return "closed the connection instead of answering", b""
        n_head = _n_head(tail, data)
        try:
            connection.receive_data(data[:n_head])
            event = next(connection.events(), None)
        except WireError as exc:
            return f"{no_websocket} ({exc!s:.100})", b""
        except UNPARSABLE:
            return no_websocket, b""
        if event is not None:
            return event, data[n_head:]
        if n_head < len(data):
            return no_websocket, b""
        tail = (tail + data)[-2:]


def _n_head(tail: bytes, data: bytes) -> int:
    """How much of *data*, which came after *tail*, is of the head of an HTTP message.

    What is behind it is for the WebSocket, and wsproto would swallow it.
    """
    found = _HEAD_END.search(tail + data)
    return len(data) if found is None else found.end() - len(tail)


async def _hear_body(stream: ByteStream, connection: WSConnection, early: bytes) -> bytes:
    """The start of a refusal's body: what came of it, whatever became of the rest."""
    body = bytearray()
    with anyio.move_on_after(BODY_S):
        while len(body) < MAX_BODY_BYTES:
            try:
                connection.receive_data(early or await stream.receive())
                early = b""
                for event in connection.events():
                    if isinstance(event, RejectData):
                        body += event.data
                        if event.body_finished:
                            return bytes(body)
            except (*GONE, *UNPARSABLE):
                break
    return bytes(body)


def _rejected(
    host: str, refusal: RejectConnection, body: bytes, secrets: Sequence[Secret]
) -> HandshakeRejected:
    status = refusal.status_code
    body = redacted(body, secrets)[:MAX_BODY_BYTES]
    message = f"{host} refused the WebSocket with HTTP {status}"
    if status < 200:
        message += ": an interim answer where the final one was due"
    elif status < 300:
        message += ": it may be no WebSocket server"
    elif status < 400:
        message += "; redirects are not followed"
    words = _words_of(body)
    if words:
        message += f": {words:.200}"
    return HandshakeRejected(
        message,
        status=status,
        headers={
            redacted(name, secrets).decode("latin-1").lower(): redacted(value, secrets).decode(
                "latin-1"
            )
            for name, value in refusal.headers
        },
        body=body,
    )


def _words_of(body: bytes) -> str:
    """What a JSON error body says, in one line."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if isinstance(found, list) and found:
        found = found[0]
    for key in ("error", "message"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    if not isinstance(found, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in found).split())


# --- the server


async def accept_websocket(
    stream: ByteStream,
    *,
    select: Select,
    limits: SocketLimits = DEFAULT_LIMITS,
    keepalive: KeepAlive | None = None,
    deflate: bool = False,
    timeout_s: float = HANDSHAKE_S,
    allowed_origins: Collection[str] = (),
) -> WebSocket | None:
    """Hear what a client wants and take it or not, as *select* decides.

    A request with an Origin header comes from a web page; unless its origin is allowed it is
    refused. The stream stays the caller's, to be closed, until a WebSocket is returned.

    Args:
        stream: Just accepted.
        select: Called once, with a request that is a WebSocket handshake; may be async, within the
            time of the handshake. What it raises is raised.
        limits: The WebSocket's bounds.
        keepalive: When to ping; None does not.
        deflate: Whether to take permessage-deflate where it is offered.
        timeout_s: How long the handshake may take.
        allowed_origins: Values of the Origin header that are let in.

    Returns:
        The WebSocket, or None where the client was refused, was no WebSocket client, went away or
        took too long.

    Raises:
        LocalProtocolError: *select* chose a subprotocol that the client does not offer, or the one
            that carries its key.
        ConfigurationError: A header that *select* gave cannot be sent.
    """
    connection = WSConnection(ConnectionType.SERVER)
    extension = BoundedDeflate(limits.message_bytes) if deflate else None
    with anyio.move_on_after(timeout_s):
        try:
            heard = await _hear_request(stream, connection)
        except GONE:
            return None  # it went away: there is nobody to tell
        early = b""
        decision: Decision
        if isinstance(heard, Reject):
            decision = heard
        else:
            request, early = heard
            decision = await _decide(request, select, allowed_origins)
        try:
            await stream.send(_answer_to(connection, decision, extension))
        except GONE:
            return None
        if isinstance(decision, Accept) and connection.connection is not None:
            return WebSocket(
                stream,
                connection.connection,
                subprotocol=decision.subprotocol,
                limits=limits,
                keepalive=keepalive,
                early=early,
                is_compressed=extension is not None and extension.enabled(),
            )
    return None


async def _hear_request(
    stream: ByteStream, connection: WSConnection
) -> tuple[Request, bytes] | Reject:
    """The handshake, and what came early behind it."""
    tail = b""
    while True:
        data = await stream.receive()
        n_head = _n_head(tail, data)
        try:
            connection.receive_data(data[:n_head])
            event = next(connection.events(), None)
        except UNPARSABLE as exc:
            hint = getattr(exc, "event_hint", None)
            return _no_handshake(hint.status_code if isinstance(hint, RejectConnection) else 400)
        if isinstance(event, WireRequest):
            headers = tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in event.extra_headers
            )
            if not _is_nonce(dict(headers).get("sec-websocket-key", "")):
                return _no_handshake(400)
            request = Request(
                target=event.target, headers=headers, subprotocols=tuple(event.subprotocols)
            )
            return request, data[n_head:]
        if n_head < len(data):
            return _no_handshake(400)
        tail = (tail + data)[-2:]


def _is_nonce(key: str) -> bool:
    """RFC 6455 4.2.1: sixteen bytes in base64, which wsproto does not check."""
    try:
        return len(binascii.a2b_base64(key.strip(), strict_mode=True)) == 16
    except ValueError:
        return False


async def _decide(request: Request, select: Select, allowed_origins: Collection[str]) -> Decision:
    for name, value in request.headers:
        if name == "origin" and value not in allowed_origins:
            return Reject(403, _error_body("this origin is not allowed"))
    selected = select(request)
    decision = await selected if isinstance(selected, Awaitable) else selected
    for name, value in decision.headers:
        check_header(name, value)
    if isinstance(decision, Accept) and decision.subprotocol not in (None, *request.subprotocols):
        raise LocalProtocolError("a subprotocol was chosen that the client does not offer")
    if isinstance(decision, Accept) and (decision.subprotocol or "").startswith(KEY_SUBPROTOCOL):
        raise LocalProtocolError("the subprotocol that carries a key must not be sent back")
    return decision


def _answer_to(
    connection: WSConnection, decision: Decision, extension: BoundedDeflate | None
) -> bytes:
    if isinstance(decision, Reject):
        return _refusal(decision)
    answer = AcceptConnection(
        subprotocol=decision.subprotocol,
        extensions=[] if extension is None else [extension],
        extra_headers=[(name.encode(), value.encode()) for name, value in decision.headers],
    )
    try:
        return connection.send(answer)
    except UNPARSABLE:  # what is odd about an extension's parameters is found only here
        return _refusal(_no_handshake(400))


def _refusal(decision: Reject) -> bytes:
    """The HTTP answer, made by hand: after what is no HTTP, h11 makes none."""
    try:
        phrase = HTTPStatus(decision.status).phrase
    except ValueError:
        phrase = ""
    lines = [
        f"HTTP/1.1 {decision.status} {phrase}",
        *(f"{name}: {value}" for name, value in decision.headers),
        f"content-length: {len(decision.body)}",
        "connection: close",
    ]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + decision.body


def _no_handshake(status: int) -> Reject:
    message = "this is a WebSocket server; the request is no WebSocket handshake"
    return Reject(status, _error_body(message), (*_JSON, ("sec-websocket-version", "13")))


def _error_body(message: str) -> bytes:
    return json.dumps({"error": {"message": message}}).encode()
