"""The WebSocket over streams in memory, both roles, against itself and against raw bytes."""

from __future__ import annotations

import gc
import struct
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest
from helpers.frames import BINARY, CLOSE, CONT, PING, PONG, ROLES, TEXT, close_frame, frame
from helpers.streams import ChoppyStream, CutStream, StuckStream, read_all, stream_pair
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType

from realtime_io import _websocket
from realtime_io._outbox import MAX_QUEUED_CONTROLS
from realtime_io._tasks import background_tasks
from realtime_io._websocket import DEFAULT_LIMITS, Closed, SocketLimits, WebSocket
from realtime_proto.errors import ConnectionLost, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from anyio.abc import ByteStream

Messages = list[str | bytes]


def websocket(stream: ByteStream, role: str, limits: SocketLimits = DEFAULT_LIMITS) -> WebSocket:
    kind = ConnectionType.CLIENT if role == "client" else ConnectionType.SERVER
    return WebSocket(stream, Connection(kind), limits=limits)


def other(role: str) -> str:
    return ROLES[1 - ROLES.index(role)]


async def received(socket: WebSocket) -> tuple[Messages, Closed]:
    """All that comes, and the end."""
    messages: Messages = []
    try:
        while True:
            messages.append(await socket.receive())
    except Closed as end:
        return messages, end


@asynccontextmanager
async def raw_peer(
    role: str,
    limits: SocketLimits = DEFAULT_LIMITS,
    wrap: Callable[[ByteStream], ByteStream] = lambda stream: stream,
) -> AsyncIterator[tuple[WebSocket, ByteStream]]:
    """A WebSocket in *role* with its writer, and the bare stream of its peer."""
    ours, theirs = stream_pair()
    socket = websocket(wrap(ours), role, limits)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(socket.write_forever)
            yield socket, theirs
    await socket.aclose()
    await theirs.aclose()


@asynccontextmanager
async def both(
    *,
    wrap: Callable[[ByteStream], ByteStream] = lambda stream: stream,
    limits: SocketLimits = DEFAULT_LIMITS,
) -> AsyncIterator[tuple[WebSocket, WebSocket]]:
    """Client and server, connected, each with its writer."""
    a, b = stream_pair()
    client, server = websocket(wrap(a), "client", limits), websocket(wrap(b), "server", limits)
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(client.write_forever)
            tasks.start_soon(server.write_forever)
            yield client, server
    await client.aclose()
    await server.aclose()
    assert a.is_closed
    assert b.is_closed


async def echo(socket: WebSocket) -> Closed:
    """Send back what comes until the end."""
    try:
        while True:
            socket.post(await socket.receive())
    except Closed as end:
        await socket.close()
        return end


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
    """What is queued goes out in one send, up to 64 KiB; a longer message alone."""
    async with raw_peer("server") as (socket, peer):
        for _ in range(3):
            socket.post(b"a" * 30_000)
        socket.post(b"b" * 100_000)
        sizes = [len(await peer.receive(2**20)) for _ in range(3)]
    assert [60_008, 30_004, 100_010] == sizes


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


# --- what a peer may not do

FAULTS = {
    "reserved bit": (1002, b"\xc1\x00"),
    "unknown opcode": (1002, b"\x83\x00"),
    "fragmented ping": (1002, b"\x09\x00"),
    "long ping": (1002, b"\x89\x7e\x00\x7e"),
    "long length": (1002, b"\x82\x7e\x00\x01"),
    "negative length": (1002, b"\x82\x7f\xff" + bytes(7)),
    "continuation of nothing": (1002, b"\x80\x00"),
    "text inside text": (1002, b"\x01\x00\x01\x00"),
    "masked by a server": (1002, b"\x81\x80" + bytes(4)),
    "close of one byte": (1002, b"\x88\x01\x03"),
    "close with 1005": (1002, b"\x88\x02" + struct.pack("!H", 1005)),
    "close with 99": (1002, b"\x88\x02" + struct.pack("!H", 99)),
    "close with no UTF-8": (1007, b"\x88\x03" + struct.pack("!H", 1000) + b"\xff"),
    "no UTF-8": (1007, frame(TEXT, b"\xff", to="client")),
    "half a character": (1007, frame(TEXT, b"\xc3", to="client")),
    "a surrogate": (1007, frame(TEXT, b"\xed\xa0\x80", to="client")),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_violation_is_answered_and_ends_it(fault: str) -> None:
    """We close with the RFC's code, say so in Closed, and hang up; nothing else is sent."""
    code, data = FAULTS[fault]
    async with raw_peer("client") as (socket, peer):
        socket.post("before")
        await anyio.wait_all_tasks_blocked()
        await peer.send(data + frame(TEXT, b"after", to="client"))
        messages, end = await received(socket)
        assert ([], None, False) == (messages, end.code, end.clean)
        assert f"closed by us with {code}: " in end.reason
        with pytest.raises(ConnectionLost):
            socket.post("after")
        async with background_tasks() as tasks:
            tasks.start_soon(socket.close)
            heard = Connection(ConnectionType.SERVER)
            heard.receive_data(await read_all(peer))
            *_, event = heard.events()
            await peer.aclose()
    assert code == event.code  # type: ignore[attr-defined]  # a CloseConnection
    assert (code, None) == (socket.sent_code, socket.received_code)


async def test_a_server_takes_no_unmasked_frame() -> None:
    """Frames from a client must be masked."""
    async with raw_peer("server") as (socket, peer):
        await peer.send(frame(TEXT, b"x", to="client"))
        assert "1002" in (await received(socket))[1].reason


@pytest.mark.parametrize("n", [-1, 0, 1])
@pytest.mark.parametrize("parts", [1, 3])
async def test_message_limit(n: int, parts: int) -> None:
    """A message of the limit arrives, one byte more is 1009, in one frame or in several."""
    size = 3_000 + n
    text = "é" * (size // 2) + "x" * (size % 2)
    data = text.encode()
    cuts = [data[i * size // parts : (i + 1) * size // parts] for i in range(parts)]
    async with raw_peer("client", SocketLimits(message_bytes=3_000)) as (socket, peer):
        for i, cut in enumerate(cuts):
            await peer.send(frame(CONT if i else TEXT, cut, to="client", fin=i == parts - 1))
        await peer.send_eof()
        messages, end = await received(socket)
        assert ([] if n > 0 else [text]) == messages
        assert ("1009" in end.reason) == (n > 0)


async def test_an_endless_frame_is_stopped_on_its_way() -> None:
    """A frame that announces 2^62 bytes is refused as soon as it is over the limit."""
    async with raw_peer("client", SocketLimits(message_bytes=1_000)) as (socket, peer):
        await peer.send(b"\x82\x7f" + struct.pack("!Q", 2**62) + bytes(1_001))
        assert "1009" in (await received(socket))[1].reason


@pytest.mark.parametrize("n", [-1, 0, 1])
async def test_fragment_limit(n: int) -> None:
    """As many frames as the limit make a message, one more is 1008; pieces do not count."""
    count = 10 + n
    data = frame(TEXT, b"", to="client", fin=False)
    data += frame(CONT, b"", to="client", fin=False) * (count - 2) + frame(
        CONT, b"abc", to="client"
    )
    wrap = ChoppyStream
    async with raw_peer("client", SocketLimits(fragments=10), wrap) as (socket, peer):
        await peer.send(data)
        await peer.send_eof()
        messages, end = await received(socket)
        assert ([] if n > 0 else ["abc"]) == messages
        assert ("1008" in end.reason) == (n > 0)


@pytest.mark.parametrize("opcode", [PING, PONG])
@pytest.mark.parametrize("n", [100, 101])
async def test_a_flood_of_control_frames_ends_it(opcode: int, n: int) -> None:
    """A hundred pings or pongs in a second are answered, one more is 1008."""
    async with raw_peer("client") as (socket, peer):
        await peer.send(frame(opcode, to="client") * n + frame(TEXT, b"x", to="client"))
        await peer.send_eof()
        messages, end = await received(socket)
        assert (["x"] if n == 100 else []) == messages
        assert ("1008" in end.reason) == (n == 101)


async def test_control_frames_are_counted_by_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred a second may go on for ever."""
    now = 0.0
    monkeypatch.setattr(_websocket.anyio, "current_time", lambda: now)
    async with raw_peer("client") as (socket, peer):
        for _ in range(3):
            await peer.send(frame(PONG, to="client") * 100 + frame(TEXT, b"x", to="client"))
            assert "x" == await socket.receive()
            now += 1


async def test_pongs_for_a_deaf_peer_are_bounded() -> None:
    """Who pings and does not read costs a bounded queue."""
    ours, theirs = stream_pair()
    stuck = StuckStream(ours)
    socket = websocket(stuck, "client", SocketLimits(control_frames_per_s=10_000))
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(socket.write_forever)
            await theirs.send(frame(PING, to="client") * 9_000 + frame(TEXT, b"x", to="client"))
            assert "x" == await socket.receive()
            stuck.freed.set()
            await anyio.wait_all_tasks_blocked()
            await socket.aclose()
    heard = Connection(ConnectionType.SERVER)
    heard.receive_data(await read_all(theirs))
    assert 2 * MAX_QUEUED_CONTROLS == len(list(heard.events()))  # one batch stuck, one queued
    await theirs.aclose()


async def test_a_burst_does_not_hold_the_loop() -> None:
    """Others run while thousands of messages that came at once are taken."""
    async with raw_peer("client") as (socket, peer), background_tasks() as tasks:
        await peer.send(frame(TEXT, b"x", to="client") * 2_000)
        n_steps = 0

        async def step() -> None:
            nonlocal n_steps
            while True:
                await anyio.lowlevel.checkpoint()
                n_steps += 1

        tasks.start_soon(step)
        for _ in range(2_000):
            await socket.receive()
        assert n_steps >= 2_000 // 256 - 1  # trio runs what is ready in any order


# --- the queue


async def test_post_refuses_what_cannot_be_sent() -> None:
    """Half a surrogate pair, a message over the limit, a long ping: refused, nothing queued."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client", SocketLimits(message_bytes=5))
    for message in ("\ud800", "éée", b"123456"):
        if message == "éée":
            socket.post(message)
            continue
        with pytest.raises(LocalProtocolError):
            socket.post(message)
    with pytest.raises(LocalProtocolError):
        socket.ping(b"x" * 126)
    assert (1, 11) == (socket.queued_frames, socket.queued_bytes)
    await socket.aclose()
    await theirs.aclose()


@pytest.mark.parametrize(
    "limits", [SocketLimits(queued_frames=2), SocketLimits(queued_bytes=20)], ids=["n", "bytes"]
)
async def test_room_waits_for_the_writer(limits: SocketLimits) -> None:
    """room() returns while the queue is short, and waits until it is again."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client", limits)
    done = False

    async def wait_for_room() -> None:
        nonlocal done
        await socket.room()
        done = True

    with anyio.fail_after(5):
        await socket.room()
        socket.post(b"123456")
        await socket.room()
        socket.post(b"123456")
        async with background_tasks() as tasks:
            tasks.start_soon(wait_for_room)
            await anyio.wait_all_tasks_blocked()
            assert not done
            tasks.start_soon(socket.write_forever)
            await anyio.wait_all_tasks_blocked()
            assert done
            assert (0, 0) == (socket.queued_frames, socket.queued_bytes)
    await socket.aclose()
    await theirs.aclose()


@pytest.mark.parametrize("how", ["aclose", "peer", "close"])
async def test_room_raises_when_it_closes_meanwhile(how: str) -> None:
    """Who waits for room learns that there will be none."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client", SocketLimits(queued_frames=1))
    errors: list[ConnectionLost] = []

    async def wait_for_room() -> None:
        try:
            await socket.room()
        except ConnectionLost as exc:
            errors.append(exc)

    with anyio.fail_after(5):
        socket.post("x")
        async with background_tasks() as tasks:
            tasks.start_soon(wait_for_room)
            await anyio.wait_all_tasks_blocked()
            if how == "aclose":
                await socket.aclose()
            elif how == "close":
                await socket.close(timeout_s=0)
            else:
                await theirs.send(close_frame(4001, to="client"))
                with pytest.raises(Closed):
                    await socket.receive()
            await anyio.wait_all_tasks_blocked()
    assert [4001 if how == "peer" else None] == [error.received for error in errors]
    await socket.aclose()
    await theirs.aclose()


async def test_a_cancelled_room_changes_nothing() -> None:
    """The queue stays as it was and the connection open."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client", SocketLimits(queued_frames=1))
    socket.post("x")
    with anyio.move_on_after(0) as scope:
        await socket.room()
    assert scope.cancelled_caught
    assert (1, True) == (socket.queued_frames, socket.is_open)
    await socket.aclose()
    await theirs.aclose()


async def test_a_cancelled_receive_takes_nothing() -> None:
    """Half a message was there; the next call gives it whole."""
    async with raw_peer("client") as (socket, peer):
        data = frame(TEXT, b"first", to="client") + frame(TEXT, b"second", to="client")
        await peer.send(data[:10])
        assert "first" == await socket.receive()
        for _ in range(3):
            with anyio.move_on_after(0):
                await socket.receive()
        await peer.send(data[10:])
        assert "second" == await socket.receive()


async def test_only_one_task_receives() -> None:
    """A second reader is told; the first goes on."""
    async with raw_peer("client") as (socket, peer), background_tasks() as tasks:
        tasks.start_soon(received, socket)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(LocalProtocolError, match="another task"):
            await socket.receive()
        await peer.aclose()


# --- the writer


async def test_a_cancelled_send_poisons_the_connection() -> None:
    """Half a frame is on the wire: nothing follows it, and the stream is dropped."""
    ours, theirs = stream_pair()
    stuck = StuckStream(ours, 3)
    socket = websocket(stuck, "server")
    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            tasks.start_soon(socket.write_forever)
            socket.post("hello")
            socket.post("again")
            await stuck.is_stuck.wait()
            tasks.cancel_scope.cancel()
        stuck.freed.set()
        assert not socket.is_open
        assert ours.is_closed
        with pytest.raises(ConnectionLost):
            socket.post("more")
        with pytest.raises(ConnectionLost):
            await socket.room()
        with pytest.raises(Closed):
            await socket.receive()
        await socket.write_forever()
        await socket.close()
        assert frame(TEXT, b"hello", to="client")[:3] == await read_all(theirs)
        assert socket.sent_code is None
    await theirs.aclose()


async def test_a_close_that_cannot_send_is_bounded_and_poisons() -> None:
    """close() sends itself where no writer runs; cut short, it drops the stream."""
    ours, theirs = stream_pair()
    socket = websocket(StuckStream(ours, 1), "client")
    with anyio.fail_after(5):
        await socket.close(timeout_s=0.05)
    assert ours.is_closed
    assert socket.sent_code is None
    await theirs.aclose()


async def test_the_writer_ends_with_the_stream() -> None:
    """A peer that is gone ends write_forever without an error, and leaves the peer's last words."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client")
    with anyio.fail_after(5):
        await theirs.send(close_frame(1008, b"bad key", to="client"))
        await theirs.aclose()
        socket.post("x")
        async with background_tasks() as tasks:
            tasks.start_soon(socket.write_forever)
            await anyio.wait_all_tasks_blocked()
            assert not socket.is_open
            end = (await received(socket))[1]
            assert (1008, "bad key", True) == (end.code, end.reason, end.clean)
        await socket.close()
    assert (1008, None) == (socket.received_code, socket.sent_code)


async def test_a_reader_that_hears_nothing_more_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sending broke and receiving does not, the writer drops the stream."""
    monkeypatch.setattr(_websocket, "LINGER_S", 0)

    class DeafStream(StuckStream):
        async def send(self, item: bytes) -> None:
            raise anyio.BrokenResourceError

    async with raw_peer("client", wrap=DeafStream) as (socket, _):
        socket.post("x")
        assert (None, False) == ((end := (await received(socket))[1]).code, end.clean)


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
                tasks.start_soon(socket.write_forever)
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
        await socket.close(timeout_s=0.01)
        await anyio.wait_all_tasks_blocked()
        assert [None] * is_read == [end.code for end in ends]
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
    async with raw_peer("server") as (socket, peer):
        await socket.close(1000, "é" * 100, timeout_s=0.01)
        assert close_frame(1000, "é".encode() * 61, to="client") == await read_all(peer)


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
                workers.start_soon(socket.write_forever)
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
                workers.start_soon(client.write_forever)
                for i in range(3):
                    await client.room()
                    client.post(str(i) * 100)
                    await anyio.lowlevel.checkpoint()
                await client.close(timeout_s=1)
        await client.aclose()

    scope = anyio.CancelScope()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.write_forever)
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
