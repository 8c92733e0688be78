"""What a peer may not do: broken rules, limits and floods, through a WebSocket."""

from __future__ import annotations

import struct

import anyio
import anyio.lowlevel
import pytest
from helpers.frames import CONT, PING, PONG, TEXT, frame
from helpers.sockets import raw_peer, received, websocket
from helpers.streams import (
    ChoppyStream,
    StuckStream,
    read_all,
    stream_pair,
)
from helpers.turns import Turns
from wsproto.connection import Connection, ConnectionType

from realtime_io import _websocket
from realtime_io._inbox import Inbox, Violation
from realtime_io._outbox import MAX_QUEUED_CONTROLS
from realtime_io._tasks import background_tasks
from realtime_io._websocket import DEFAULT_LIMITS, SocketLimits
from realtime_proto.errors import ConnectionLost

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
@pytest.mark.parametrize("n", [99, 100, 101])
async def test_a_flood_of_control_frames_ends_it(opcode: int, n: int) -> None:
    """A hundred pings or pongs in a second are answered, one more is 1008."""
    async with raw_peer("client") as (socket, peer):
        await peer.send(frame(opcode, to="client") * n + frame(TEXT, b"x", to="client"))
        await peer.send_eof()
        messages, end = await received(socket)
        assert (["x"] if n <= 100 else []) == messages
        assert ("1008" in end.reason) == (n == 101)


async def test_control_frames_are_counted_by_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred a second may go on for ever."""
    now = 0.0
    monkeypatch.setattr(_websocket, "loop_clock", lambda: lambda: now)
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
            socket.write_in(tasks)
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
        turns = Turns()
        tasks.start_soon(turns.take)
        for _ in range(2_000):
            await socket.receive()
        assert turns.n >= 2_000 // 256 - 1  # trio runs what is ready in any order


@pytest.mark.parametrize("error", [ValueError, IndexError, struct.error, UnicodeError])
def test_what_escapes_wsproto_is_a_violation(error: type[Exception]) -> None:
    """On bytes of the peer's, whatever it raises there: it is the peer's fault."""

    class Leaky(Connection):
        def events(self) -> object:  # type: ignore[override]
            raise error("odd")

    box = Inbox(Leaky(ConnectionType.CLIENT), DEFAULT_LIMITS, lambda: 0.0)
    with pytest.raises(Violation) as caught:
        list(box.feed(frame(PING, to="client")))
    assert (1002, "odd") == (caught.value.code, caught.value.reason)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
