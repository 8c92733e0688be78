"""TLS over an anyio ByteStream, in both roles, with failures that say what to look at.

anyio's TLSStream does the work. Around it: below, a stream that reads 256 KiB at once and sends
whole pieces one after the other (a reader that must answer a key update would otherwise send in the
middle of a blocked writer's piece); above, one that never asks for more than a read can give, and
that knows afterwards why the peer refused us.

A connection that ends without the closing handshake is taken as ended: a WebSocket has its own
goodbye, so a cut is noticed all the same, and a peer that is mute cannot hold up our close.

The certificate is verified against the system's store, or by the context that the caller made.
"""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from realtime_io._map import GONE
from realtime_proto.errors import ConfigurationError, RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ("TlsRoad", "check_context", "start_client", "start_server", "tls_failed")

CODE: Final = "tls"
"""The `code` of an error whose cause is TLS: the same again will fail the same."""

TCP_READ_BYTES: Final = 256 * 2**10
"""asyncio reads as much at once; what is asked for less is cut and copied."""

TLS_READ_BYTES: Final = 64 * 2**10
"""OpenSSL allocates what is asked for, and gives one record, 16 KiB at most."""

_VERIFY_HINTS: Final = {
    9: "it is not valid yet; is this machine's clock right?",
    10: "it has expired; its owner must renew it, or this machine's clock is wrong",
    18: "it signed itself; for a server of your own give ssl_context= or set SSL_CERT_FILE",
    19: "no authority this machine knows has signed it; for a server of your own, or behind a "
    "company's proxy, give ssl_context= or set SSL_CERT_FILE",
    20: "no authority this machine knows has signed it; for a server of your own, or behind a "
    "company's proxy, give ssl_context= or set SSL_CERT_FILE",
    62: "it is for another name; is the host in the URL right?",
    64: "it is for another address; is the host in the URL right?",
}
"""By OpenSSL's X509_V_ERR_*. Source: x509_vfy.h of OpenSSL 3."""

_NO_TLS: Final = "does not speak TLS on this port; the URL of a server without TLS has ws://"

_ALERT_HINTS: Final = (
    (
        "WRONG_VERSION_NUMBER",
        "does not speak TLS on this port; a server without it has a ws:// URL",
    ),
    ("HTTP_REQUEST", "does not speak TLS on this port; a server without it has a ws:// URL"),
    ("PACKET_LENGTH_TOO_LONG", "does not speak TLS on this port"),
    ("RECORD_LAYER_FAILURE", "does not speak TLS on this port"),
    ("UNSUPPORTED_PROTOCOL", "speaks no TLS version that is still safe (1.2 or 1.3)"),
    ("PROTOCOL_VERSION", "shares no TLS version with us (we speak 1.2 and 1.3)"),
    ("CERTIFICATE_REQUIRED", "wants a client's certificate: load one into ssl_context="),
    ("BAD_CERTIFICATE", "refuses our certificate"),
    ("UNKNOWN_CA", "does not trust our certificate"),
    ("UNRECOGNIZED_NAME", "serves no host of that name"),
    ("HANDSHAKE_FAILURE", "shares no way to encrypt with us"),
)
"""By what OpenSSL's reason contains."""


class TlsRoad(ByteStream):
    """An encrypted stream.

    Attributes:
        failure: What TLS itself found wrong, once it did.
    """

    def __init__(self, tls: TLSStream) -> None:
        self.failure: ssl.SSLError | None = None
        self._tls = tls

    async def receive(self, max_bytes: int = TLS_READ_BYTES) -> bytes:
        """What has come. Raises as any stream does, TLS's own errors among them as broken."""
        try:
            return await self._tls.receive(min(max_bytes, TLS_READ_BYTES))
        except ssl.SSLError as exc:
            self.failure = exc
        raise anyio.BrokenResourceError

    async def send(self, item: bytes) -> None:
        """Send it all. A send that was cancelled or failed is the last one."""
        with suppress(ssl.SSLError, anyio.EndOfStream):  # receive says why
            await self._tls.send(item)
            return
        raise anyio.BrokenResourceError

    async def send_eof(self) -> None:
        """TLS has no half of a connection to end. Raises NotImplementedError."""
        await self._tls.send_eof()

    async def aclose(self) -> None:
        """Close the connection, without a handshake that the peer could hold up."""
        await self._tls.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """What TLS and the socket know."""
        return self._tls.extra_attributes


def check_context(context: object, *, is_server: bool = False) -> None:
    """Whether what the caller gave as `ssl_context` can be used in this role.

    Raises:
        ConfigurationError: It is no context, or one of the other role.
    """
    if context is None:
        return
    if not isinstance(context, ssl.SSLContext):
        raise ConfigurationError(
            f"ssl_context must be an ssl.SSLContext, not {type(context).__name__}", code=CODE
        )
    wrong = ssl.PROTOCOL_TLS_CLIENT if is_server else ssl.PROTOCOL_TLS_SERVER
    if context.protocol is wrong:
        raise ConfigurationError(
            "ssl_context is for the other role; make "
            + (
                "a server's with ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)"
                if is_server
                else "a client's with ssl.create_default_context()"
            ),
            code=CODE,
        )


async def start_client(
    stream: ByteStream, *, host: str, address: str, context: ssl.SSLContext | None = None
) -> TlsRoad | RealtimeConnectionError:
    """Speak TLS with the server behind *stream*, which stays the caller's where this fails.

    Args:
        stream: Connected.
        host: The name the certificate must be for, or an address.
        address: How the server is called in an error.
        context: None verifies against the system's store and speaks TLS 1.2 and 1.3.
    """
    try:
        context = context or _default_context(
            os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        )
        return await _start(stream, context, is_server=False, host=host)
    except ssl.SSLError as exc:
        return tls_failed(exc, address)
    except (*GONE, ValueError) as exc:
        if isinstance(exc, ValueError):  # a name OpenSSL cannot look for, such as ".example"
            return RealtimeConnectionError(f"{host:.200} is no name for a certificate", code=CODE)
        return RealtimeConnectionError(
            f"{address} closed the connection in the TLS handshake: does it speak TLS?", code=CODE
        )


async def start_server(stream: ByteStream, context: ssl.SSLContext) -> TlsRoad | None:
    """Speak TLS with the client behind *stream*, which stays the caller's where this fails.

    Returns:
        None where the client went away, speaks no TLS or does not trust us.
    """
    try:
        return await _start(stream, context, is_server=True, host=None)
    except GONE:
        return None


async def _start(
    stream: ByteStream, context: ssl.SSLContext, *, is_server: bool, host: str | None
) -> TlsRoad:
    tls = await TLSStream.wrap(
        _Below(stream),
        server_side=is_server,
        hostname=host,
        ssl_context=context,
        standard_compatible=False,
    )
    return TlsRoad(tls)


def tls_failed(exc: ssl.SSLError, address: str) -> RealtimeConnectionError:
    """The error for a TLS handshake that failed.

    What OpenSSL adds to its errors, other verifiers of certificates leave out.

    Args:
        exc: What OpenSSL found.
        address: Host and port, to be named.
    """
    if isinstance(exc, ssl.SSLCertVerificationError):
        found = str(getattr(exc, "verify_message", exc))
        hint = _VERIFY_HINTS.get(getattr(exc, "verify_code", 0), found)
        return RealtimeConnectionError(
            f"the certificate of {address} cannot be trusted: {hint}", code="certificate"
        )
    reason = getattr(exc, "reason", None) or ""
    hint = next((hint for part, hint in _ALERT_HINTS if part in reason), "")
    if not hint:
        hint = f"and we cannot agree on TLS ({reason or type(exc).__name__})"
    return RealtimeConnectionError(f"{address} {hint}", code=CODE)


@lru_cache(maxsize=2)
def _default_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    """One context for all connections: it takes a megabyte and some 20 ms to read the store.

    The arguments are what OpenSSL itself reads in the environment, here to notice a change.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Below(ByteStream):
    """What TLSStream stands on: by default it reads more, and it never sends twice at once."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._sending = anyio.Lock(fast_acquire=True)

    async def receive(self, max_bytes: int = TCP_READ_BYTES) -> bytes:
        return await self._stream.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        async with self._sending:
            await self._stream.send(item)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._stream.extra_attributes
