"""A TCP connection on asyncio: what is kept, what is waited for, and how it ends."""

from __future__ import annotations

import asyncio
import socket
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import SocketAttribute, SocketStream

from realtime_io._tcp import with_nowait
from realtime_io._transport import LOOP_READ_BYTES, TransportRoad

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)
MUCH = 32 * 2**20
"""More than any kernel takes at once."""


def on_asyncio(
    test: Callable[[TransportRoad, socket.socket], Awaitable[None]],
) -> Callable[[], None]:
    """Run a test with our end of a connection, and the other one, which blocks."""

    async def connect() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ours = with_nowait(await anyio.connect_tcp(*listener.getsockname()))
            theirs, _ = listener.accept()
        assert isinstance(ours, TransportRoad)
        with theirs, anyio.fail_after(30):
            await test(ours, theirs)
            await ours.aclose()

    @wraps(test)
    def run() -> None:
        anyio.run(connect, backend="asyncio")

    del run.__wrapped__  # type: ignore[attr-defined]  # pytest would ask for its arguments
    return run


async def turns(n: int = 20) -> None:
    for _ in range(n):
        await asyncio.sleep(0)


@on_asyncio
async def test_what_nobody_asks_for_is_bounded(ours: TransportRoad, theirs: socket.socket) -> None:
    """Two reads are kept, the kernel has the rest, and all of it comes when it is asked for."""
    theirs.sendall(b"x")
    assert b"x" == await ours.receive()  # before that, nothing is read
    theirs.settimeout(0.2)
    n_sent = 0
    with pytest.raises(TimeoutError):  # whoever sends is slowed down
        while True:
            n_sent += theirs.send(bytes(LOOP_READ_BYTES))
            await turns()
    assert 0 < len(ours._received) <= 2 * LOOP_READ_BYTES
    assert not ours._transport.is_reading()
    theirs.shutdown(socket.SHUT_WR)
    n_read = 0
    with pytest.raises(anyio.EndOfStream):
        while True:
            n_read += len(ours.receive_nowait(10**6) or await ours.receive(10**6))
    assert n_sent == n_read


@on_asyncio
async def test_reading_is_not_stopped_for_who_comes_back(
    ours: TransportRoad, theirs: socket.socket
) -> None:
    """Stopping and starting it would take two calls of the kernel each time."""
    stops: list[None] = []
    ours._transport.pause_reading = partial(stops.append, None)  # type: ignore[method-assign]
    for _ in range(3):
        theirs.sendall(b"x")
        assert b"x" == await ours.receive()
    assert [] == stops


@on_asyncio
async def test_a_cancelled_receive_takes_nothing(
    ours: TransportRoad, theirs: socket.socket
) -> None:
    """Before it comes, and in the turn in which it does."""
    with anyio.move_on_after(0.001) as scope:
        await ours.receive()
    assert scope.cancelled_caught
    task = asyncio.create_task(ours.receive())
    await turns()
    theirs.sendall(b"here")
    while not ours._received:
        await anyio.lowlevel.checkpoint()
    task.cancel()
    await asyncio.wait([task])
    assert b"here" == (b"" if task.cancelled() else task.result()) or await ours.receive()


@on_asyncio
async def test_who_waits_hears_that_it_was_closed(
    ours: TransportRoad, theirs: socket.socket
) -> None:
    """By ourselves, in another task: no wait is for ever."""
    found: list[type[BaseException]] = []

    async def note(wait: Callable[[], Awaitable[object]]) -> None:
        try:
            await wait()
        except GONE as exc:
            found.append(type(exc))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(note, ours.receive)
        tasks.start_soon(note, partial(ours.send, bytes(MUCH)))
        await turns()
        await ours.aclose()
    assert [anyio.ClosedResourceError] * 2 == found
    for wait in (ours.receive, partial(ours.send, b"more")):
        with pytest.raises(anyio.ClosedResourceError):
            await wait()
    await ours.send_eof()  # there is nothing to end any more
    assert not ours.send_nowait(b"more")


@on_asyncio
async def test_a_send_ends_with_the_peer(ours: TransportRoad, theirs: socket.socket) -> None:
    """Which went away while it waited."""
    async with anyio.create_task_group() as tasks:

        async def send() -> None:
            with pytest.raises(anyio.BrokenResourceError):
                await ours.send(bytes(MUCH))

        tasks.start_soon(send)
        await turns()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        theirs.close()  # with a reset


@on_asyncio
async def test_half_a_connection(ours: TransportRoad, theirs: socket.socket) -> None:
    """The peer has ended its half: ours can still be used, and the other way round."""
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(anyio.EndOfStream):
        await ours.receive()
    with pytest.raises(anyio.EndOfStream):
        await ours.receive()
    await ours.send(b"still here")
    await ours.send_eof()
    assert b"still here" == theirs.recv(100)
    assert b"" == theirs.recv(100)


@on_asyncio
async def test_it_has_what_every_socket_has(ours: TransportRoad, theirs: socket.socket) -> None:
    """Addresses, and the socket itself."""
    assert theirs.getpeername() == ours.extra(SocketAttribute.local_address)
    assert theirs.getsockname()[1] == ours.extra(SocketAttribute.remote_port)


def test_what_anyio_has_received_is_left_to_it() -> None:
    """Nothing is taken over that would lose a byte, or that we do not know."""

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream: Any = await anyio.connect_tcp(*listener.getsockname())
            theirs, _ = listener.accept()
        with theirs:
            protocol = stream._protocol
            protocol.data_received(b"early")
            assert with_nowait(stream) is stream
            assert b"early" == await stream.receive()
            protocol.eof_received()
            assert with_nowait(stream) is stream
            stream._transport.set_protocol(asyncio.Protocol())
            assert with_nowait(stream) is stream
            await stream.aclose()
            assert isinstance(stream, SocketStream)
            assert with_nowait(stream) is stream

    anyio.run(main, backend="asyncio")


def test_it_is_taken_over_once() -> None:
    """Asked again, it is the same."""

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream = await anyio.connect_tcp(*listener.getsockname())
            road = with_nowait(stream)
            assert isinstance(road, TransportRoad)
            assert road is with_nowait(stream) is with_nowait(road)
            await road.aclose()

    anyio.run(main, backend="asyncio")
