"""TLS over streams in memory: what it asks of the stream below, and how it fails."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from anyio.streams.tls import TLSAttribute
from helpers.certificates import client_context, server_context
from helpers.streams import ChoppyStream, MemoryStream, stream_pair

from realtime_io._tls import (
    RECORD_BYTES,
    TCP_READ_BYTES,
    TLS_READ_BYTES,
    TlsRoad,
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
        self.is_stuck = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        self.asked.add(max_bytes)
        return await super().receive(max_bytes)

    async def send(self, item: bytes) -> None:
        self.n_sending += 1
        self.most_sending = max(self.most_sending, self.n_sending)
        await anyio.lowlevel.checkpoint()
        if self.is_stuck:
            await anyio.sleep_forever()
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


async def test_much_is_read_at_once_below_and_given_as_it_is_asked_for() -> None:
    """512 KiB of TCP; of TLS what was asked for, and what that held, however it was recorded."""
    async with both() as (client, server, noting):
        assert isinstance(client, TlsRoad)
        assert server is not None
        data = bytes(i % 251 for i in range(700_000))
        await server.send(data[:600_000])
        await server.send(data[600_000:])
        received = await client.receive(10)
        assert data[:10] == received
        piece = await client.receive(2**20)
        assert TLS_READ_BYTES - RECORD_BYTES < len(piece) <= TLS_READ_BYTES
        received += piece
        while len(received) < len(data):
            received += await client.receive(RECORD_BYTES + 1)
        assert data == received
        assert {TCP_READ_BYTES} == noting.asked


async def test_what_comes_in_odd_pieces_is_put_together() -> None:
    """Records split anywhere, one byte at a time at worst, both ways."""
    ours, theirs = stream_pair(2**14)
    chopped = ChoppyStream(ours, [1, 7, 300, 5])
    roads: list[Any] = []

    async def client() -> None:
        roads.append(
            await start_client(chopped, host="127.0.0.1", address="", context=client_context())
        )

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client)
            server = await start_server(theirs, server_context())
        assert server is not None
        await server.send(b"ab" * 1000)
        received = b""
        while len(received) < 2000:
            received += await roads[0].receive()
        assert b"ab" * 1000 == received
        await roads[0].send(b"cd" * 1000)
        assert b"cd" * 1000 == await server.receive()
    await ours.aclose()
    await theirs.aclose()


async def test_the_peers_goodbye_is_the_end_and_so_is_silence() -> None:
    """With TLS's own words or without, what came before is given first."""
    for says_goodbye in (True, False):
        async with both() as (client, server, _):
            assert isinstance(client, TlsRoad)
            assert server is not None
            await server.send(b"last words")
            if says_goodbye:
                with pytest.raises(ssl.SSLWantReadError):
                    server._tls.unwrap()
                await server._answer()
            await server.aclose()
            assert b"last words" == await client.receive()
            for _ in range(2):
                with pytest.raises(anyio.EndOfStream):
                    await client.receive()


async def test_two_never_send_at_once_below() -> None:
    """Whoever else sends waits; what TLS has to say goes with what is sent, not in between."""
    async with both() as (client, server, noting):
        assert isinstance(client, TlsRoad)
        assert server is not None
        async with anyio.create_task_group() as tasks:
            for i in range(5):
                tasks.start_soon(client.send, bytes([i]) * 40_000)
            await anyio.lowlevel.checkpoint()
            client._outgoing.write(b"")
            await client._answer()
        assert 1 == noting.most_sending
        received = b""
        while len(received) < 200_000:
            received += await server.receive()
        assert [40_000] * 5 == [received.count(bytes([i])) for i in range(5)]


async def test_a_cancelled_send_is_the_last_one() -> None:
    """A part of a record may be out: nothing more is sent, and receiving goes on."""
    async with both() as (client, server, noting):
        assert isinstance(client, TlsRoad)
        assert server is not None
        noting.is_stuck = True
        with anyio.move_on_after(0.01) as scope:
            await client.send(b"x")
        assert scope.cancelled_caught
        noting.is_stuck = False
        for _ in range(2):
            with pytest.raises(anyio.BrokenResourceError):
                await client.send(b"y")
        await server.send(b"still heard")
        assert b"still heard" == await client.receive()


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
