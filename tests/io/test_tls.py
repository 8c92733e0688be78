"""TLS over streams in memory: what it asks of the stream below, and how it fails."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio.streams.tls import TLSAttribute
from helpers.certificates import client_context, server_context
from helpers.streams import MemoryStream, stream_pair

from realtime_io._tls import (
    TCP_READ_BYTES,
    TLS_READ_BYTES,
    TlsRoad,
    _Below,
    check_context,
    start_client,
    start_server,
    tls_failed,
)
from realtime_proto.errors import ConfigurationError, RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class NotingStream(MemoryStream):
    """Notes how much is asked of it at once, and whether two send at the same time."""

    def __init__(self, below: MemoryStream) -> None:
        super().__init__(below._into, below._out_of)
        self.asked: set[int] = set()
        self.n_sending = self.most_sending = 0

    async def receive(self, max_bytes: int = 65536) -> bytes:
        self.asked.add(max_bytes)
        return await super().receive(max_bytes)

    async def send(self, item: bytes) -> None:
        self.n_sending += 1
        self.most_sending = max(self.most_sending, self.n_sending)
        await anyio.lowlevel.checkpoint()
        await super().send(item)
        self.n_sending -= 1


@asynccontextmanager
async def both(
    host: str = "127.0.0.1",
) -> AsyncIterator[tuple[TlsRoad | RealtimeConnectionError, TlsRoad | None, NotingStream]]:
    """What becomes of the handshake of two sides, and the bare stream of the client."""
    ours, theirs = stream_pair(1024)
    noting = NotingStream(ours)
    ends: list[Any] = [None, None]

    async def client() -> None:
        ends[0] = await start_client(noting, host=host, address="there", context=client_context())
        if not isinstance(ends[0], TlsRoad):
            await noting.aclose()

    async def server() -> None:
        ends[1] = await start_server(theirs, server_context())

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client)
            tasks.start_soon(server)
        try:
            yield ends[0], ends[1], noting
        finally:
            await ours.aclose()
            await theirs.aclose()


async def test_much_is_read_at_once_below_and_no_more_than_is_given_above() -> None:
    """256 KiB of TCP; of TLS what was asked for, and 64 KiB at most."""
    async with both() as (client, server, noting):
        assert isinstance(client, TlsRoad)
        assert server is not None
        await server.send(bytes(200_000))
        assert 10 == len(await client.receive(10))
        n_received = 10
        while n_received < 200_000:
            n_received += len(await client.receive(2**20))
        assert {TCP_READ_BYTES} == noting.asked
        sizes: list[int] = []

        class Asked:
            async def receive(self, max_bytes: int) -> bytes:
                sizes.append(max_bytes)
                return b"x"

        stub: Any = Asked()
        client._tls = stub
        await client.receive()
        await client.receive(2**20)
        await client.receive(7)
        assert [TLS_READ_BYTES, TLS_READ_BYTES, 7] == sizes


async def test_two_never_send_at_once_below() -> None:
    """A reader that must answer does not send in the middle of a writer's piece; order is kept."""
    ours, theirs = stream_pair()
    noting = NotingStream(ours)
    below = _Below(noting)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for i in range(5):
                tasks.start_soon(below.send, bytes([i]))
        assert 1 == noting.most_sending
        received = b"".join([await theirs.receive() for _ in range(5)])
    assert bytes(range(5)) == bytes(sorted(received))
    await below.send_eof()
    with pytest.raises(anyio.EndOfStream):
        await theirs.receive()
    await below.aclose()
    await theirs.aclose()


async def test_what_is_known_of_the_connection_can_be_asked() -> None:
    """The version, above all; and there is no half of a TLS connection to end."""
    async with both() as (client, server, _):
        assert isinstance(client, TlsRoad)
        assert server is not None
        for road in (client, server):
            assert "TLSv1.3" == road.extra(TLSAttribute.tls_version)
            with pytest.raises(NotImplementedError):
                await road.send_eof()


async def test_bytes_that_are_no_tls_break_the_connection() -> None:
    """For whoever reads and whoever writes it is broken; what TLS found is kept."""
    async with both() as (client, server, noting):
        assert isinstance(client, TlsRoad)
        assert server is not None
        await noting.send(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(anyio.BrokenResourceError) as caught:
            await server.receive()
        assert caught.value.__context__ is None
        assert isinstance(server.failure, ssl.SSLError)
        with pytest.raises(anyio.BrokenResourceError):
            await server.send(b"hello")


async def test_a_name_that_openssl_cannot_look_for_is_one_error() -> None:
    """Its own objection does not come through; nothing was said to the server."""
    async with both(host=".example") as (client, server, _):
        assert isinstance(client, RealtimeConnectionError)
        assert "is no name for a certificate" in client.message
        assert server is None


def test_every_failure_names_the_server_and_what_openssl_says() -> None:
    """A reason nobody has a hint for is shown as it is."""
    odd = ssl.SSLError(1, "odd")
    assert "there and we cannot agree on TLS (SSLError)" == tls_failed(odd, "there").message
    other = ssl.SSLCertVerificationError(1, "verifier's own words")
    error = tls_failed(other, "there")
    assert "certificate" == error.code
    assert "verifier's own words" in error.message


def test_a_context_is_for_one_role() -> None:
    """None is none; the other role's is refused, with what makes the right one."""
    check_context(None)
    check_context(client_context())
    check_context(server_context(), is_server=True)
    with pytest.raises(ConfigurationError, match="a client's with"):
        check_context(server_context())
    with pytest.raises(ConfigurationError, match="a server's with"):
        check_context(client_context(), is_server=True)
