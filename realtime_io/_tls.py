"""TLS over an anyio ByteStream, in both roles, with failures that say what to look at.

OpenSSL works on two buffers in memory; here is what moves between them and the stream below. What
is read is as much as there is, since each step through the layers costs more than decrypting a
record does. One task reads and one writes: what the reader must answer (a key update) it sends
itself, or leaves to a writer that is sending, for two never send at once.

A connection that ends without the closing handshake is taken as ended: a WebSocket has its own
goodbye, so a cut is noticed all the same, and a peer that is mute cannot hold up our close. A peer
whose handshake fails is told why.

The certificate is verified against the system's store, or by the context that the caller made.
"""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from functools import lru_cache, partial
from math import inf
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread
from anyio.streams.tls import TLSAttribute

from realtime_io._map import GONE
from realtime_io._road import Road, receive_until
from realtime_proto.errors import ConfigurationError, RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anyio.abc import ByteStream

__all__ = ("TlsRoad", "check_context", "start_client", "start_server", "tls_failed")

CODE: Final = "tls"
"""The `code` of an error whose cause is TLS: the same again will fail the same."""

TCP_READ_BYTES: Final = 512 * 2**10
"""Twice what asyncio reads at once; what is asked for less is cut and copied. malloc keeps twice as
much as the largest piece that was freed: of less than this, the pieces of a read are given back to
the kernel and asked for again each time, which takes longer than decrypting them."""

TLS_READ_BYTES: Final = 128 * 2**10
"""Given at once, joined, for what a session does after each takes more than the joining."""

RECORD_BYTES: Final = 16 * 2**10
"""The most that OpenSSL gives in one read, and what it is given in one write."""

FED_BYTES: Final = 32 * 2**10
"""Given to OpenSSL at once: its buffers never shrink, and there are two for each connection."""

_NOTHING: Final = memoryview(b"")
"""Unlike the empty end of a view, it keeps nothing alive."""

LAST_WORDS_S: Final = 0.5
"""For telling a peer why its handshake failed."""

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


class TlsRoad(Road):
    """An encrypted stream. It owns the stream below once the handshake is done.

    Args:
        stream: Connected.
        tls: OpenSSL's side of the connection.
        incoming: Where it takes what the peer sent.
        outgoing: Where it puts what the peer must get.

    Attributes:
        failure: What TLS itself found wrong, once it did.
    """

    def __init__(
        self,
        stream: ByteStream,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
    ) -> None:
        self.failure: ssl.SSLError | None = None
        self._stream = stream
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._unfed = _NOTHING
        self._sending = anyio.Lock(fast_acquire=True)
        self._unsent = b""  # encrypted, to be sent next
        self._has_ended = False  # nothing more comes
        self._is_broken = False  # nothing more is sent

    async def shake_hands(self) -> None:
        """Agree with the peer. Raises SSLError, or as the stream does; what is wrong is said."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._answer()
                await self._fill()
            except ssl.SSLEOFError:
                break
            except ssl.SSLError:
                with anyio.move_on_after(LAST_WORDS_S), suppress(*GONE):
                    await self._answer()
                raise
            else:
                await self._answer()
                return
        raise anyio.EndOfStream

    async def receive(self, max_bytes: int = TLS_READ_BYTES) -> bytes:
        """What has come. Raises as any stream does, TLS's own errors among them as broken."""
        return await self.receive_until(max_bytes, inf) or b""

    async def receive_until(self, max_bytes: int, until: float) -> bytes | None:
        """See `Road`."""
        while True:
            data = self._decrypted(max_bytes)
            if data:
                return data
            if self.failure is not None:
                raise anyio.BrokenResourceError
            if self._has_ended:
                raise anyio.EndOfStream
            await self._answer()
            if not await self._fill(until):
                return None

    def receive_nowait(self, max_bytes: int) -> bytes | None:
        """See `Road`. What was read below and not asked for, and then what there is below."""
        data = self._decrypted(max_bytes)
        if not data and isinstance(self._stream, Road):
            more = self._stream.receive_nowait(TCP_READ_BYTES)
            if more is not None:
                self._unfed = memoryview(more)
                data = self._decrypted(max_bytes)
        return data or None

    def _decrypted(self, max_bytes: int) -> bytes:
        """Of what was read below."""
        max_bytes = min(max_bytes, TLS_READ_BYTES)
        pieces: list[bytes] = []
        while True:
            max_bytes -= self._read(pieces, max_bytes)
            if not (max_bytes and self._unfed):
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self._feed()

    def _read(self, pieces: list[bytes], max_bytes: int) -> int:
        """Decrypt what is there, into *pieces*; how much it was."""
        n_bytes = 0
        try:
            while n_bytes < max_bytes:
                piece = self._tls.read(min(max_bytes - n_bytes, RECORD_BYTES))
                if not piece:  # its goodbye
                    self._has_ended = True
                    break
                pieces.append(piece)
                n_bytes += len(piece)
                if not (self._incoming.pending or self._tls.pending()):
                    break
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLEOFError:
            self._has_ended = True
        except ssl.SSLError as exc:
            self.failure = exc
        return n_bytes

    def send_nowait(self, *items: bytes) -> bool:
        """See `Road`."""
        data = self._encrypted(items[0] if len(items) == 1 else b"".join(items))
        below = self._stream
        is_kept = self._unsent or self._is_broken or self._sending.locked()
        if is_kept or not isinstance(below, Road):
            self._unsent += data
            return False
        return below.send_nowait(data)

    async def send(self, item: bytes) -> None:
        """Send it all. A send that was cancelled or failed is the last one."""
        async with self._sending:
            await self._put(self._encrypted(item))
            await self._flush()

    def _encrypted(self, item: bytes) -> bytes:
        """Behind what TLS itself has to say."""
        view, pieces = memoryview(item), []
        for start in range(0, len(item), RECORD_BYTES):
            self._encrypt(view[start : start + RECORD_BYTES])
            pieces.append(self._outgoing.read())
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _encrypt(self, data: memoryview) -> None:
        try:
            self._tls.write(data)
        except ssl.SSLError:  # receive says why
            self._is_broken = True

    async def _answer(self) -> None:
        """Send what TLS itself has to say, unless somebody sends anyway."""
        if self._outgoing.pending and not self._sending.locked():
            async with self._sending:
                await self._flush()

    async def _flush(self) -> None:
        """Send what TLS itself has to say."""
        while self._outgoing.pending:
            await self._put(self._outgoing.read())

    async def _put(self, data: bytes) -> None:
        """Send it below. A part of a record may be out when this does not end well."""
        if self._is_broken:
            raise anyio.BrokenResourceError
        data, self._unsent = self._unsent + data, b""
        try:
            await self._stream.send(data)
        except BaseException:  # cancelled, too
            self._is_broken = True
            raise

    async def _fill(self, until: float = inf) -> bool:
        """Give OpenSSL more to decrypt; wait for it, where nothing is left. Whether there was."""
        try:
            if not self._unfed:
                data = await receive_until(self._stream, TCP_READ_BYTES, until)
                if data is None:
                    return False
                self._unfed = memoryview(data)
        except anyio.EndOfStream:
            self._incoming.write_eof()
        else:
            self._feed()
        return True

    def _feed(self) -> None:
        self._incoming.write(self._unfed[:FED_BYTES])
        self._unfed = self._unfed[FED_BYTES:] or _NOTHING

    async def send_eof(self) -> None:
        """Raises NotImplementedError: TLS has no half of a connection to end."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the connection, without a handshake that the peer could hold up."""
        await self._stream.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """What the socket knows, and the version of TLS."""
        return {
            **self._stream.extra_attributes,
            TLSAttribute.ssl_object: lambda: self._tls,
            TLSAttribute.tls_version: self._tls.version,
        }


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
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    wrap = partial(
        context.wrap_bio, incoming, outgoing, server_side=is_server, server_hostname=host
    )
    # Another verifier's context, such as truststore's, may read files here.
    is_stdlib = type(context) is ssl.SSLContext
    tls = wrap() if is_stdlib else await anyio.to_thread.run_sync(wrap)
    road = TlsRoad(stream, tls, incoming, outgoing)
    await road.shake_hands()
    return road


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
