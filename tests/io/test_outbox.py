"""Posting, waiting for room, and the one task that sends, through a WebSocket."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest
from helpers.frames import TEXT, close_frame, frame
from helpers.sockets import raw_peer, received, websocket
from helpers.streams import (
    StuckStream,
    eager,
    read_all,
    stream_pair,
)
from helpers.turns import Turns

from realtime_io import _websocket
from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, SocketLimits
from realtime_proto.errors import ConnectionLost, LocalProtocolError


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
    assert (1, 11) == (socket.outbox.queued_frames, socket.outbox.queued_bytes)
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
            socket.write_in(tasks)
            await anyio.wait_all_tasks_blocked()
            assert done
            assert (0, 0) == (socket.outbox.queued_frames, socket.outbox.queued_bytes)
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
    assert (1, True) == (socket.outbox.queued_frames, socket.is_open)
    await socket.aclose()
    await theirs.aclose()


async def test_the_others_get_a_turn_while_much_is_posted() -> None:
    """Although a peer that takes all at once never makes the producer wait."""
    ours, theirs = stream_pair(10_000)
    socket = websocket(eager(ours, [10**9]), "client")
    turns = Turns()
    async with background_tasks() as tasks:
        tasks.start_soon(turns.take)
        for _ in range(2_000):
            await socket.room()
            socket.post_now("x")
    assert turns.n >= 2_000 // 256 - 2  # trio runs what is ready in any order
    await socket.aclose()
    await theirs.aclose()


async def test_who_is_cancelled_posts_no_more() -> None:
    """Where nothing is queued it is seen at once, else when the queue is full, or before."""
    ours, theirs = stream_pair(10_000)
    socket = websocket(eager(ours, [10**9]), "client")
    for n_queued in (0, 1):
        n_posted = 0
        with anyio.CancelScope() as scope:
            scope.cancel()
            for _ in range(n_queued):
                socket.post("x")
            while True:
                await socket.room()
                socket.post("x")
                n_posted += 1
        assert n_posted <= 256 * n_queued
    assert socket.is_open
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
            socket.write_in(tasks)
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
        await socket.flush()
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
    """A peer that is gone ends it without an error, and leaves the peer's last words."""
    ours, theirs = stream_pair()
    socket = websocket(ours, "client")
    with anyio.fail_after(5):
        await theirs.send(close_frame(1008, b"bad key", to="client"))
        await theirs.aclose()
        socket.post("x")
        async with background_tasks() as tasks:
            socket.write_in(tasks)
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
