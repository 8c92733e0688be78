"""The WebSocket over streams in memory, both roles, against itself and against raw bytes."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest
from helpers.frames import BINARY, CLOSE, CONT, PING, PONG, ROLES, TEXT, close_frame, frame
from helpers.sockets import Messages, both, echo, raw_peer, received, websocket
from helpers.streams import (
    ChoppyStream,
    CutStream,
    MemoryStream,
    read_all,
    stream_pair,
)
from helpers.virtual import BACKENDS, run_virtually
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType

from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed
from realtime_proto.errors import ConnectionLost, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


# --- messages

EXAMPLES: Messages = ["hello", "", b"", b"\x00\xff", "zoë 😀 \r\n\n", "x" * 126, b"y" * 70_000]


@pytest.mark.parametrize("role", ROLES)
async def test_every_message_comes_back(role: str) -> None:
    """Text and binary, empty and long, in order, whoever asks."""
    async with both() as sockets:
        asker, answerer = sockets if role == "client" else sockets[::-1]
        async with background_tasks() as tasks:
            tasks.start_soon(echo, answerer)
            for message in EXAMPLES:
                asker.post(message)
            assert EXAMPLES == [await asker.receive() for _ in EXAMPLES]
            await asker.close()
            assert (1000, 1000) == (asker.sent_code, asker.received_code)


async def test_what_one_read_brought_is_had_without_waiting() -> None:
    """After the first message the others of the same read; then nothing until the next wait."""
    said = ["one", b"two", "three"]
    async with raw_peer("client") as (socket, peer):
        assert socket.receive_nowait() is None
        await peer.send(
            frame(TEXT, b"one", to="client")
            + frame(BINARY, b"two", to="client")
            + frame(PING, b"p", to="client")
            + frame(TEXT, b"three", to="client")
        )
        had: Messages = [await socket.receive()]
        while (message := socket.receive_nowait()) is not None:
            had.append(message)
    assert said == had


def conversation(to: str) -> bytes:
    """Whole and fragmented messages with control frames between, and an orderly end."""
    return b"".join(
        (
            frame(TEXT, "zoë".encode(), to=to),
            frame(PING, b"p", to=to),
            frame(TEXT, "split ë"[:7].encode()[:7], to=to, fin=False),
            frame(PING, b"between", to=to),
            frame(CONT, "split ë".encode()[7:], to=to, fin=False),
            frame(PONG, b"nobody asked", to=to),
            frame(CONT, b"", to=to),
            frame(BINARY, b"\x00" * 130, to=to),
            close_frame(4000, b"bye", to=to),
        )
    )


SAID: Messages = ["zoë", "split ë", b"\x00" * 130]


async def hear(role: str, chunks: Sequence[bytes]) -> tuple[Messages, Closed]:
    async with raw_peer(role) as (socket, peer):
        for chunk in chunks:
            await peer.send(chunk)
        return await received(socket)


@pytest.mark.parametrize("role", ROLES)
async def test_any_one_split_is_the_same(role: str) -> None:
    """Cut in two at every byte, the conversation says the same."""
    data = conversation(role)
    for i in range(1, len(data)):
        messages, end = await hear(role, [data[:i], data[i:]])
        assert (SAID, 4000, "bye", True) == (messages, end.code, end.reason, end.clean), i


@pytest.mark.parametrize("role", ROLES)
async def test_a_byte_at_a_time_is_the_same(role: str) -> None:
    """So does one that arrives byte by byte, and pings are answered."""
    ours, theirs = stream_pair()
    socket = websocket(ChoppyStream(ours), role)
    with anyio.fail_after(5):
        await theirs.send(conversation(role))
        assert SAID == (await received(socket))[0]
        await socket.close()
        answers = Connection(ConnectionType.SERVER if role == "client" else ConnectionType.CLIENT)
        answers.receive_data(await read_all(theirs))
        kinds = [type(event).__name__ for event in answers.events()]
    assert ["CloseConnection"] == kinds  # written only after the end: pongs are left out
    await theirs.aclose()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "error", [anyio.EndOfStream, anyio.BrokenResourceError, ConnectionResetError]
)
async def test_cut_after_every_byte(role: str, error: Callable[[], Exception]) -> None:
    """Wherever TCP ends, what was whole is heard, then Closed; sending says ConnectionLost."""
    data = conversation(role)
    for i in range(len(data)):
        async with raw_peer(role, wrap=partial(CutStream, n_bytes=i, error=error)) as (
            socket,
            peer,
        ):
            await peer.send(data)
            messages, end = await received(socket)
            assert SAID[: len(messages)] == messages
            assert (None, "", False) == (end.code, end.reason, end.clean)
            assert not socket.is_open
            with pytest.raises(ConnectionLost):
                socket.post("too late")
            await socket.close()


async def test_pings_are_answered_between_fragments() -> None:
    """The pong carries the ping's payload and does not wait for the message to end."""
    async with raw_peer("client") as (socket, peer), background_tasks() as tasks:
        tasks.start_soon(received, socket)
        await peer.send(frame(TEXT, b"a", to="client", fin=False))
        await peer.send(frame(PING, b"now?", to="client"))
        pong = await peer.receive()
    assert (0x80 | PONG, 0x80 | 4) == (pong[0], pong[1])
    assert b"now?" == bytes(b ^ pong[2 + i % 4] for i, b in enumerate(pong[6:]))


async def test_control_frames_overtake_messages() -> None:
    """A pong and a ping go out before what is queued, the close frame after it."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "server")
    socket.post("queued")
    socket.ping(b"mine")
    with anyio.fail_after(5):
        await socket.close(timeout_s=0.05)
    to = "client"
    expected = [frame(PING, b"mine", to=to), frame(TEXT, b"queued", to=to)]
    assert b"".join([*expected, close_frame(1000, to=to)]) == await read_all(theirs)
    await theirs.aclose()


async def test_the_writer_joins_small_messages() -> None:
    """What is queued goes out in one send, up to 64 KiB; a longer message in pieces."""
    async with raw_peer("server") as (socket, peer):
        for _ in range(3):
            socket.post(b"a" * 30_000)
        socket.post(b"b" * 100_000)
        sizes = [len(await peer.receive(2**20)) for _ in range(4)]
    assert [60_008, 30_004, 65_536, 34_474] == sizes


# Whole messages through any split, both roles.

MESSAGES = st.lists(st.one_of(st.text(max_size=200), st.binary(max_size=200)), max_size=8)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=8)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("role", ROLES)
@given(messages=MESSAGES, sizes=SIZES)
def test_any_messages_through_any_split(
    backend: str, role: str, messages: Messages, sizes: list[int]
) -> None:
    """Any messages, read in pieces of any sizes, arrive equal and in order."""

    async def run() -> None:
        async with both(wrap=lambda stream: ChoppyStream(stream, sizes)) as sockets:
            sender, receiver = sockets if role == "client" else sockets[::-1]
            for message in messages:
                sender.post(message)
            async with background_tasks() as tasks:
                tasks.start_soon(sender.close)
                heard, end = await received(receiver)
                await receiver.close()
                assert (messages, 1000, True) == (heard, end.code, end.clean)

    anyio.run(run, backend=backend)


# --- closing


@pytest.mark.parametrize("first", ROLES)
@pytest.mark.parametrize("code", [1000, 1001, 1003, 1008, 1011, 1013, 3000, 4999])
async def test_either_side_closes_and_both_know(first: str, code: int) -> None:
    """The other sees the code and the reason, answers with the code, and both drop TCP."""
    async with both() as sockets:
        ours, theirs = sockets if first == "client" else sockets[::-1]
        async with background_tasks() as tasks:
            tasks.start_soon(partial(ours.close, code, "so long"))
            messages, end = await received(theirs)
            assert ([], code, "so long", True) == (messages, end.code, end.reason, end.clean)
            await theirs.close()
            with pytest.raises(Closed) as caught:
                await ours.receive()
            await anyio.wait_all_tasks_blocked()
        assert (code, True) == (caught.value.code, caught.value.clean)
    assert [code] * 4 == [c for s in sockets for c in (s.sent_code, s.received_code)]


async def test_both_close_at_once() -> None:
    """Each sees the code of the other."""
    async with both() as (client, server), background_tasks() as tasks:
        tasks.start_soon(client.close, 4001)
        await server.close(4002)
        await anyio.wait_all_tasks_blocked()
    assert (4001, 4002) == (client.sent_code, client.received_code)
    assert (4002, 4001) == (server.sent_code, server.received_code)


@pytest.mark.parametrize("role", ROLES)
async def test_an_empty_close_is_1005_both_ways(role: str) -> None:
    """An empty close frame is answered by an empty one."""
    async with raw_peer(role) as (socket, peer):
        await peer.send(frame(CLOSE, to=role))
        end = (await received(socket))[1]
        assert (1005, "", True) == (end.code, end.reason, end.clean)
        answer = await peer.receive()
        await peer.aclose()
        await socket.close()
    assert (1005, 1005) == (socket.sent_code, socket.received_code)
    assert 0 == answer[1] & 0x7F


async def test_what_is_queued_goes_before_our_close_frame() -> None:
    """close() loses nothing that was posted, with a writer and without."""
    for has_writer in (True, False):
        ours, theirs = stream_pair()
        socket, peer = websocket(ours, "client"), websocket(theirs, "server")
        async with background_tasks() as tasks:
            if has_writer:
                socket.write_in(tasks)
            for i in range(300):
                socket.post(str(i))
            with anyio.fail_after(5):
                tasks.start_soon(socket.close)
                heard, end = await received(peer)
                await peer.close()
        assert (list(map(str, range(300))), 1000) == (heard, end.code)


async def test_nothing_but_the_answer_goes_to_who_has_closed() -> None:
    """What waits to be sent is dropped when the peer closes."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "server")
    socket.post("unsent")
    with anyio.fail_after(5):
        await theirs.send(close_frame(1000, to="server"))
        with pytest.raises(Closed):
            await socket.receive()
        await socket.close()
        assert close_frame(1000, to="client") == await read_all(theirs)
    await theirs.aclose()


async def test_the_server_drops_tcp_when_its_answer_is_out() -> None:
    """It waits for nobody, and for no close()."""
    async with raw_peer("server") as (socket, peer):
        await peer.send(close_frame(1000, to="server"))
        await received(socket)
        assert close_frame(1000, to="client") == await read_all(peer)


async def test_the_client_lets_the_server_drop_tcp() -> None:
    """After the closing handshake it waits for the end of the stream."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client")
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(socket.close)
            await theirs.receive()
            await theirs.send(close_frame(1000, to="client"))
            await anyio.wait_all_tasks_blocked()
            assert not ours.is_closed
            await theirs.send_eof()
            await anyio.wait_all_tasks_blocked()
            assert ours.is_closed
    await theirs.aclose()


@pytest.mark.parametrize("is_read", [True, False])
async def test_close_does_not_wait_for_a_mute_peer(is_read: bool) -> None:
    """After the timeout the stream is dropped, and a reader sees the end."""
    async with raw_peer("client") as (socket, _), background_tasks() as tasks:
        ends: list[Closed] = []

        async def read() -> None:
            ends.append((await received(socket))[1])

        if is_read:
            tasks.start_soon(read)
            await anyio.wait_all_tasks_blocked()
        await socket.close(timeout_s=0.2)
        await anyio.wait_all_tasks_blocked()
        assert [None] * is_read == [end.code for end in ends]
        assert (1000, None) == (socket.sent_code, socket.received_code)


async def test_a_violation_while_we_close_is_no_answer() -> None:
    """What is broken instead of the peer's close frame is not taken for one."""
    async with raw_peer("client") as (socket, peer), background_tasks() as tasks:
        tasks.start_soon(socket.close)
        await peer.receive()
        await peer.send(b"\x83\x00")
        with pytest.raises(Closed) as caught:
            await socket.receive()
        await peer.aclose()
        await anyio.wait_all_tasks_blocked()
    assert (None, False) == (caught.value.code, caught.value.clean)
    assert (1000, None) == (socket.sent_code, socket.received_code)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 99_999, -1])
async def test_codes_that_may_not_be_sent(code: int) -> None:
    """They are refused and the connection stays open."""
    async with raw_peer("client") as (socket, _):
        with pytest.raises(LocalProtocolError):
            await socket.close(code)
        assert socket.is_open


async def test_a_long_reason_is_cut_between_characters() -> None:
    """123 bytes go, less where a character would be split."""
    async with raw_peer("server") as (socket, peer), background_tasks() as tasks:
        tasks.start_soon(socket.close, 1000, "é" * 100)
        assert close_frame(1000, "é".encode() * 61, to="client") == await peer.receive()


async def test_close_is_idempotent_and_concurrent() -> None:
    """Closing twice, at once or later, sends one close frame."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "server")
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            for _ in range(3):
                tasks.start_soon(socket.close)
            await anyio.wait_all_tasks_blocked()
            await theirs.send(close_frame(1000, to="server"))
            await anyio.wait_all_tasks_blocked()
        await socket.close(4000)
        await socket.aclose()
        assert close_frame(1000, to="client") == await read_all(theirs)
    await theirs.aclose()


async def test_close_goes_on_where_the_reader_and_writer_are_cancelled() -> None:
    """It sends and reads itself, then."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client")
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            async with background_tasks() as workers:
                workers.start_soon(received, socket)
                socket.write_in(workers)
                await anyio.wait_all_tasks_blocked()
                tasks.start_soon(socket.close)
            await anyio.wait_all_tasks_blocked()
            await theirs.send(frame(TEXT, b"unheard", to="client"))
            await theirs.send(close_frame(1000, to="client"))
            await theirs.aclose()
            await anyio.wait_all_tasks_blocked()
        assert (1000, 1000) == (socket.sent_code, socket.received_code)


async def test_a_receive_during_close_waits_for_the_end() -> None:
    """close() reads already; who comes then is told of the end."""
    async with raw_peer("client") as (socket, peer), background_tasks() as tasks:
        tasks.start_soon(socket.close)
        await anyio.wait_all_tasks_blocked()
        await peer.send(close_frame(1000, to="client"))
        await peer.send_eof()
        with pytest.raises(Closed):
            await socket.receive()


async def test_a_cancelled_close_drops_the_stream() -> None:
    """Nothing is left open behind a close() that was cut short."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client")
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(socket.close)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
    assert ours.is_closed
    await theirs.aclose()


@pytest.mark.parametrize("n", range(1, 14))
async def test_cancelled_anywhere_it_leaves_no_half_frame(n: int) -> None:
    """At each step of a conversation: the peer sees whole frames or the end, the stream is shut."""
    a, b = stream_pair()
    client, server = websocket(a, "client"), websocket(b, "server")
    heard: list[tuple[Messages, Closed]] = []

    async def serve() -> None:
        heard.append(await received(server))
        await server.close()

    async def talk(scope: anyio.CancelScope) -> None:
        with scope:
            async with background_tasks() as workers:
                client.write_in(workers)
                for i in range(3):
                    await client.room()
                    client.post(str(i) * 100)
                    await anyio.lowlevel.checkpoint()
                await client.close(timeout_s=1)
        await client.aclose()

    scope = anyio.CancelScope()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            server.write_in(tasks)
            tasks.start_soon(serve)
            tasks.start_soon(talk, scope)
            for _ in range(n):
                await anyio.lowlevel.checkpoint()
            scope.cancel()
    (messages, end), *_ = heard
    assert [str(i) * 100 for i in range(3)][: len(messages)] == messages
    assert end.code in (None, 1000)
    assert a.is_closed
    assert b.is_closed
    gc.collect()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("has_half", "after_s"), [(True, 1.0), (False, 0.25)])
def test_after_a_violation_we_hang_up(backend: str, has_half: bool, after_s: float) -> None:
    """Over TCP the peer sees our half end; over TLS it cannot, and would wait for us."""

    class Whole(MemoryStream):
        async def send_eof(self) -> None:
            raise NotImplementedError

    async def run() -> None:
        ours, theirs = stream_pair()
        stream = ours if has_half else Whole(ours._into, ours._out_of)
        socket = websocket(stream, "server")
        with anyio.fail_after(100):
            async with background_tasks() as tasks:
                socket.write_in(tasks)
                await theirs.send(frame(TEXT, b"unmasked", to="client"))
                assert "1002" in (await received(socket))[1].reason
                began_at = anyio.current_time()
                await socket.close()
            assert after_s == pytest.approx(anyio.current_time() - began_at)
        assert stream.is_closed
        assert 1002 == socket.sent_code
        await theirs.aclose()

    run_virtually(run, backend=backend)
