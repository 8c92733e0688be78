"""permessage-deflate: off by default, bounded where it is on, and right where wsproto's is not."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import anyio
import pytest
from helpers.frames import BINARY, CONT, PING, TEXT, frame
from helpers.streams import stream_pair
from helpers.turns import Turns
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, TextMessage
from wsproto.utilities import generate_accept_token

from realtime_io._deflate import DEFLATE_READ_BYTES, BoundedDeflate
from realtime_io._handshake import Accept, accept_websocket, connect_websocket
from realtime_io._inbox import Inbox, Violation
from realtime_io._tasks import background_tasks
from realtime_io._websocket import DEFAULT_LIMITS, Closed, SocketLimits, WebSocket
from realtime_proto.errors import RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_io._inbox import Received

RSV1 = 0x40


@asynccontextmanager
async def shaken(
    *, client: bool, server: bool, limits: SocketLimits = DEFAULT_LIMITS
) -> AsyncIterator[tuple[WebSocket, WebSocket]]:
    """Both ends after a handshake in which they offered, and would take, compression or not."""
    ours, theirs = stream_pair()
    accepted: list[WebSocket | None] = []

    async def accept() -> None:
        accepted.append(
            await accept_websocket(theirs, select=lambda _: Accept(), limits=limits, deflate=server)
        )

    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(accept)
            ours_up = await connect_websocket(
                ours, host="h", target="/", limits=limits, deflate=client
            )
            (theirs_up,) = accepted
            assert theirs_up is not None
            ours_up.write_in(tasks)
            theirs_up.write_in(tasks)
            yield ours_up, theirs_up
    await ours_up.aclose()
    await theirs_up.aclose()


@pytest.mark.parametrize("client", [True, False])
@pytest.mark.parametrize("server", [True, False])
async def test_it_is_used_where_both_want_it(client: bool, server: bool) -> None:
    """Messages arrive as they were either way; the frames are short only where both want it."""
    text = "the same again, " * 1_000
    async with shaken(client=client, server=server) as (a, b):
        for sender, receiver in ((a, b), (b, a)):
            for message in (text, text.encode(), "", "é" * 500):
                sender.post(message)
            size = sender.outbox.queued_bytes
            assert [text, text.encode(), "", "é" * 500] == [
                await receiver.receive() for _ in "1234"
            ]
            assert (size < 2_000) == (client and server)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("permessage-deflate; client_max_window_bits", "did not answer as a WebSocket server does"),
        ("permessage-deflate; server_max_window_bits=99", "did not answer"),
        ("permessage-deflate; server_max_window_bits=x", "did not answer"),
        ("permessage-deflate, permessage-deflate", "more extensions than were offered"),
        ("x-webkit-deflate-frame", "did not answer"),
    ],
)
async def test_answers_that_make_no_sense(answer: str, words: str) -> None:
    """A server that agrees to something else is none to talk to."""
    ours, theirs = stream_pair()

    async def serve() -> None:
        request = await theirs.receive()
        key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        lines = [
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + generate_accept_token(key),
            b"Sec-WebSocket-Extensions: " + answer.encode(),
        ]
        await theirs.send(b"\r\n".join(lines) + b"\r\n\r\n")

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            with pytest.raises(RealtimeConnectionError, match=words):
                await connect_websocket(ours, host="h", target="/", deflate=True)
    await ours.aclose()
    await theirs.aclose()


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=abc",
        "permessage-deflate; client_max_window_bits",
        "something-else",
    ],
)
async def test_odd_offers_do_not_break_the_server(offer: str) -> None:
    """They are taken, declined, or answered with 400; nothing escapes."""
    ours, theirs = stream_pair()
    request = (
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Extensions: {offer}\r\n\r\n"
    )
    with anyio.fail_after(5):
        await ours.send(request.encode())
        websocket = await accept_websocket(theirs, select=lambda _: Accept(), deflate=True)
        answer = await ours.receive()
    assert (b"HTTP/1.1 101" in answer) == (websocket is not None)
    assert websocket is not None or b"HTTP/1.1 400" in answer
    await ours.aclose()
    await theirs.aclose()


# --- frames by hand


def deflated(data: bytes, compressor: zlib._Compress | None = None) -> bytes:
    """As RFC 7692 7.2.1 has it, with the window of *compressor* where it goes on."""
    compressor = compressor or zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def final(data: bytes) -> bytes:
    """As RFC 7692 7.2.3.5 has it: the last block says so (BFINAL), and one empty block follows."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush(zlib.Z_FINISH) + b"\x00"


def squeezed(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    data = frame(opcode, payload, to="client", fin=fin)
    return bytes([data[0] | RSV1]) + data[1:]


def inbox(limits: SocketLimits = DEFAULT_LIMITS, **agreed: bool) -> Inbox:
    extension = BoundedDeflate(limits.message_bytes)
    extension.finalize("permessage-deflate" + "".join(f"; {name}" for name in agreed))
    connection = Connection(ConnectionType.CLIENT, [extension])
    return Inbox(connection, limits, lambda: 0.0)


def said(box: Inbox, *frames: bytes) -> list[Received]:
    return [item for data in frames for item in box.feed(data)]


def test_the_example_of_the_rfc() -> None:
    """RFC 7692 7.2.3: a message, the same with the window of the first, and one with BFINAL."""
    hello = bytes.fromhex("c107 f248cdc9c90700")
    again = bytes.fromhex("c105 f200110000")
    with_bfinal = bytes.fromhex("c108 f348cdc9c9070000")
    stored = bytes.fromhex("c10b 000500faff48656c6c6f00")
    assert ["Hello"] * 2 == said(inbox(), hello, again)
    assert ["Hello"] * 5 == said(inbox(), with_bfinal, hello, stored, with_bfinal, with_bfinal)


def test_two_blocks_and_a_bfinal_in_one_message() -> None:
    """What follows a last block goes on in the same message, with the same window."""
    start = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = start.compress(b"Hello ") + start.flush(zlib.Z_FINISH)
    more = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=b"Hello ")
    second = deflated(b"Hello Hello Hello", more)
    assert len(second) < 12
    assert ["Hello Hello Hello Hello"] == said(inbox(), squeezed(TEXT, first + second))


def test_the_window_is_kept_or_not_as_was_agreed() -> None:
    """A message may refer to the one before, unless the server said it would not."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    frames = [squeezed(TEXT, deflated(b"some words, some words", compressor)) for _ in "12"]
    assert len(frames[1]) < len(frames[0])
    assert ["some words, some words"] * 2 == said(inbox(), *frames)
    with pytest.raises(Violation, match="1007"):
        said(inbox(server_no_context_takeover=True), *frames)


def test_a_ping_between_compressed_fragments() -> None:
    """It does not end the compression of the message that it interrupts."""
    payload = deflated(b"a long message " * 10)
    ping = frame(PING, b"", to="client")
    frames = [
        squeezed(TEXT, payload[:5], fin=False),
        ping,
        frame(CONT, payload[5:9], to="client", fin=False),
        ping,
        frame(CONT, payload[9:], to="client"),
        frame(TEXT, b"plain", to="client"),
    ]
    heard = [item for item in said(inbox(), *frames) if isinstance(item, str)]
    assert ["a long message " * 10, "plain"] == heard


@pytest.mark.parametrize(
    ("code", "frames"),
    [
        (1002, [squeezed(PING, b"")]),
        (1002, [squeezed(TEXT, deflated(b"a"), fin=False), squeezed(CONT, b"")]),
        (1007, [squeezed(TEXT, b"\xff\xff\xff")]),
        (1007, [squeezed(TEXT, deflated(b"\xff"))]),
    ],
    ids=["control", "continuation", "no deflate", "no UTF-8"],
)
def test_what_a_peer_may_not_do(code: int, frames: list[bytes]) -> None:
    """RSV1 where it may not be, what is no DEFLATE, what is no UTF-8 behind it."""
    with pytest.raises(Violation) as caught:
        said(inbox(), *frames)
    assert code == caught.value.code


@pytest.mark.parametrize("n", [-1, 0, 1])
@pytest.mark.parametrize("n_frames", [1, 3])
def test_the_limit_is_of_what_comes_out(n: int, n_frames: int) -> None:
    """A message of the limit arrives, one byte more is 1009; the next message counts anew."""
    limit = 3_000
    payload = deflated(b"x" * (limit + n))
    cuts = [i * len(payload) // n_frames for i in range(n_frames + 1)]
    frames = [
        frame(CONT if i else BINARY, payload[a:b], to="client", fin=i == n_frames - 1)
        for i, (a, b) in enumerate(pairwise(cuts))
    ]
    frames[0] = bytes([frames[0][0] | RSV1]) + frames[0][1:]
    box = inbox(SocketLimits(message_bytes=limit), server_no_context_takeover=True)
    if n <= 0:
        assert [b"x" * (limit + n)] * 2 == said(box, *frames, *frames)
        return
    with pytest.raises(Violation, match="a message over 3000 bytes") as caught:
        said(box, *frames)
    assert 1009 == caught.value.code


def bomb(n_mib: int) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(compressor.compress(bytes(2**20)) for _ in range(n_mib))
    return squeezed(BINARY, data + compressor.flush(zlib.Z_SYNC_FLUSH)[:-4])


@pytest.mark.parametrize("sizes", [[2**20], [4096], [100]])
def test_a_bomb_is_defused(sizes: list[int]) -> None:
    """64 MiB in 64 KB are refused at the limit, having taken no more than twice that."""
    data = bomb(64)
    assert len(data) < 70_000
    limit = 2 * 2**20
    box = inbox(SocketLimits(message_bytes=limit))
    tracemalloc.start()
    try:
        with pytest.raises(Violation) as caught:
            said(box, *(data[i : i + sizes[0]] for i in range(0, len(data), sizes[0])))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 1009 == caught.value.code
    assert peak <= 2 * limit + 8 * 2**20


async def test_much_does_not_hold_the_loop() -> None:
    """It is read in slices, and the others run between them."""
    async with shaken(client=True, server=True) as (client, server):
        turns = Turns()
        data = random.Random(1).randbytes(300_000)
        server.post(data)
        n_slices = server.outbox.queued_bytes // DEFLATE_READ_BYTES
        await anyio.wait_all_tasks_blocked()
        async with background_tasks() as tasks:
            tasks.start_soon(turns.take)
            assert data == await client.receive()
        assert turns.n >= n_slices - 1 > 50


async def test_what_came_behind_the_handshake_does_not_hold_the_loop_either() -> None:
    """It was read with the handshake in one go, and is inflated in slices all the same."""
    ours, theirs = stream_pair()
    async with shaken(client=True, server=True) as (_, server):
        data = random.Random(1).randbytes(300_000)
        server.post(data)
        early, _ = server.outbox.take()
        while server.outbox.queued_frames:
            early += server.outbox.take()[0]
    extension = BoundedDeflate(2**20)
    extension._enabled = True
    connection = Connection(ConnectionType.CLIENT, extensions=[extension])
    socket = WebSocket(ours, connection, early=early, is_compressed=True)
    turns = Turns()
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(turns.take)
            assert data == await socket.receive()
    assert turns.n >= len(early) // DEFLATE_READ_BYTES - 2 > 50
    await socket.aclose()
    await theirs.aclose()


async def test_a_bomb_ends_with_1009() -> None:
    """The peer is told."""
    async with shaken(client=True, server=True, limits=SocketLimits(message_bytes=2**20)) as (
        client,
        server,
    ):
        server.outbox.put_control(bomb(8))  # past what our own limit lets through
        server.ping()
        with pytest.raises(Closed, match="1009"):
            await client.receive()
        async with background_tasks() as tasks:
            tasks.start_soon(client.close)
            with pytest.raises(Closed) as caught:
                await server.receive()
    assert (1009, "a message over 1048576 bytes") == (caught.value.code, caught.value.reason)


MESSAGES = st.lists(st.one_of(st.text(max_size=300), st.binary(max_size=300)), max_size=6)


@given(messages=MESSAGES, sizes=st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_any_messages_through_any_split(messages: list[str | bytes], sizes: list[int]) -> None:
    """Compressed in one window, read in pieces of any sizes, they arrive as they were."""
    extension = BoundedDeflate(DEFAULT_LIMITS.message_bytes)
    extension.finalize("permessage-deflate")
    server = Connection(ConnectionType.SERVER, [extension])
    data = b"".join(
        server.send(TextMessage(data=m) if isinstance(m, str) else BytesMessage(data=m))
        for m in messages
    )
    box, heard, at, i = inbox(), [], 0, 0
    while at < len(data):
        size = sizes[i % len(sizes)]
        heard += list(box.feed(data[at : at + size]))
        at, i = at + size, i + 1
    assert messages == heard
