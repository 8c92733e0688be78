"""Peers that send too much of everything: memory stays in bounds, and the others get their turn."""

from __future__ import annotations

import struct
import tracemalloc
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest
from helpers.frames import BINARY, CONT, PING, TEXT, frame
from helpers.streams import stream_pair
from wsproto.connection import Connection, ConnectionType

from realtime_io._tasks import background_tasks
from realtime_io._websocket import Closed, SocketLimits, WebSocket
from realtime_proto.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMITS = SocketLimits(message_bytes=2**20)
ROOM_BYTES = 2 * LIMITS.message_bytes + 8 * 2**20
"""The most that any peer may make a connection take."""

CHUNK_BYTES = 2**16


def in_chunks(data: bytes, n: int) -> Iterable[bytes]:
    """*data* over and over, as a fast peer would send it."""
    block = data * max(1, CHUNK_BYTES // len(data))
    for _ in range(-(-n * len(data) // len(block))):
        yield block


FLOODS = {
    "pings": (frame(PING, b"x" * 125, to="client"), 200_000, "1008"),
    "empty fragments": (frame(CONT, b"", to="client", fin=False), 200_000, "1008"),
    "an endless message": (frame(CONT, b"x" * 4_000, to="client", fin=False), 2_000, "1009"),
    "an endless frame": (b"x" * 4_096, 2_000, "1009"),
    "characters of four bytes": ("😀".encode() * 1_000, 2_000, "1009"),
}
STARTS = {
    "empty fragments": frame(TEXT, b"", to="client", fin=False),
    "an endless message": frame(BINARY, b"", to="client", fin=False),
    "an endless frame": b"\x82\x7f" + struct.pack("!Q", 2**62),
    "characters of four bytes": b"\x81\x7f" + struct.pack("!Q", 2**62),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_stopped(name: str) -> None:
    """With the right code, having taken no more memory than two messages and a bit."""
    data, n, code = FLOODS[name]
    ours, theirs = stream_pair(4)
    websocket = WebSocket(ours, Connection(ConnectionType.CLIENT), limits=LIMITS)
    n_steps = 0

    async def pour() -> None:
        try:
            await theirs.send(STARTS.get(name, b""))
            for chunk in in_chunks(data, n):
                await theirs.send(chunk)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass

    async def step() -> None:
        nonlocal n_steps
        while True:
            await anyio.lowlevel.checkpoint()
            n_steps += 1

    tracemalloc.start()
    try:
        with anyio.fail_after(20):
            async with background_tasks() as tasks:
                websocket.write_in(tasks)
                tasks.start_soon(pour)
                tasks.start_soon(step)
                with pytest.raises(Closed, match=f"closed by us with {code}"):
                    await websocket.receive()
                await websocket.aclose()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= ROOM_BYTES
    assert n_steps > 0
    await theirs.aclose()


async def test_many_small_messages_leave_turns_to_others() -> None:
    """A read of 64 KiB holds thousands of messages: nobody waits for all of them."""
    ours, theirs = stream_pair()
    websocket = WebSocket(ours, Connection(ConnectionType.CLIENT), limits=LIMITS)
    n_turns, longest, last = 0, 0, 0

    async def step() -> None:
        nonlocal n_turns, longest, last
        while True:
            await anyio.lowlevel.checkpoint()
            n_turns += 1
            longest, last = max(longest, n_received - last), n_received

    n_received = 0
    await theirs.send(frame(TEXT, b"", to="client") * 20_000)
    with anyio.fail_after(20):
        async with background_tasks() as tasks:
            tasks.start_soon(step)
            for _ in range(20_000):
                assert await websocket.receive() == ""
                n_received += 1
    assert n_turns >= 20_000 // 256 - 1
    assert longest <= 3 * 256  # a turn may come late where trio picks another first
    await websocket.aclose()
    await theirs.aclose()


@pytest.mark.parametrize("n", [-1, 0, 1])
async def test_the_limit_of_what_is_sent(n: int) -> None:
    """A message of the limit is queued; one byte more is refused, and nothing is queued."""
    ours, theirs = stream_pair()
    limits = SocketLimits(message_bytes=1_000)
    websocket = WebSocket(ours, Connection(ConnectionType.CLIENT), limits=limits)
    for message in ("x" * (1_000 + n), b"x" * (1_000 + n)):
        if n > 0:
            with pytest.raises(LocalProtocolError, match="over the limit of 1000"):
                websocket.post(message)
        else:
            websocket.post(message)
    assert (0 if n > 0 else 2) == websocket.outbox.queued_frames
    await websocket.aclose()
    await theirs.aclose()
