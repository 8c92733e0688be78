"""Pings and the silence after them: as values, and a WebSocket on a clock that jumps."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import anyio
import pytest
from helpers.frames import PING, PONG, TEXT, close_frame, frame
from helpers.streams import MemoryStream, StuckStream, read_all, stream_pair
from helpers.virtual import BACKENDS, run_virtually
from wsproto.connection import Connection, ConnectionType

from realtime_io._keepalive import Beat, KeepAlive, Pulse
from realtime_io._tasks import background_tasks
from realtime_io._tcp import SocketRoad
from realtime_io._websocket import Closed, WebSocket
from realtime_proto.errors import ConfigurationError, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import ByteStream


@pytest.mark.parametrize("bad", [0, -1, math.nan])
@pytest.mark.parametrize("name", ["interval_s", "timeout_s"])
def test_times_must_be_positive(name: str, bad: float) -> None:
    """Anything else is refused where it is made."""
    with pytest.raises(ConfigurationError, match=name):
        KeepAlive(**{name: bad})


def test_without_keepalive_nothing_is_due() -> None:
    """There is no deadline, and a beat does nothing."""
    pulse = Pulse(None, 0.0)
    assert (math.inf, None) == (pulse.deadline, pulse.timeout_s)
    assert Beat.NOTHING is pulse.beat(1e9, is_listening=True)


def test_pings_at_every_interval_while_there_is_life() -> None:
    """Every 20 s, whatever else comes."""
    pulse = Pulse(KeepAlive(), 100.0)
    for now in (120.0, 140.0, 160.0):
        assert now == pulse.deadline
        assert Beat.NOTHING is pulse.beat(now - 1, is_listening=True)
        assert Beat.PING is pulse.beat(now, is_listening=True)
        pulse.was_heard = True


@pytest.mark.parametrize(("interval_s", "timeout_s"), [(20, 20), (20, 5), (5, 20), (7, 20)])
def test_silence_after_a_ping_is_the_end(interval_s: float, timeout_s: float) -> None:
    """The timeout runs from the first ping that nothing followed, however many came after."""
    pulse = Pulse(KeepAlive(interval_s=interval_s, timeout_s=timeout_s), 0.0)
    beats = []
    while Beat.GIVE_UP not in beats:
        now = pulse.deadline
        beats.append(pulse.beat(now, is_listening=True))
    assert interval_s + timeout_s == now
    assert [Beat.PING] * math.ceil(timeout_s / interval_s) == beats[:-1]


def test_what_came_before_the_ping_is_no_answer() -> None:
    """Only a byte after it counts."""
    pulse = Pulse(KeepAlive(interval_s=20, timeout_s=5), 0.0)
    pulse.was_heard = True
    assert Beat.PING is pulse.beat(20.0, is_listening=True)
    assert Beat.GIVE_UP is pulse.beat(25.0, is_listening=True)


def test_where_nobody_reads_silence_says_nothing() -> None:
    """An answer may lie unread: the ping counts as not sent."""
    pulse = Pulse(KeepAlive(interval_s=20, timeout_s=5), 0.0)
    assert Beat.PING is pulse.beat(20.0, is_listening=True)
    assert Beat.NOTHING is pulse.beat(25.0, is_listening=False)
    assert 40.0 == pulse.deadline


def test_without_a_timeout_it_pings_for_ever() -> None:
    """Nobody is given up."""
    pulse = Pulse(KeepAlive(timeout_s=None), 0.0)
    assert [Beat.PING] * 10 == [pulse.beat(pulse.deadline, is_listening=True) for _ in range(10)]


# --- the WebSocket


def converse(
    script: Callable[[WebSocket, ByteStream], Awaitable[None]],
    *,
    backend: str,
    keepalive: KeepAlive,
    wrap: Callable[[ByteStream], ByteStream] = lambda stream: stream,
) -> tuple[Closed, float]:
    """How, and when, a client's connection ended whose server follows *script*."""

    async def run() -> tuple[Closed, float]:
        ours, theirs = stream_pair()
        connection = Connection(ConnectionType.CLIENT)
        socket = WebSocket(wrap(ours), connection, keepalive=keepalive)
        began_at = anyio.current_time()
        with anyio.fail_after(10_000):
            async with background_tasks() as tasks:
                socket.write_in(tasks)
                tasks.start_soon(script, socket, theirs)
                with pytest.raises(Closed) as caught:
                    while True:
                        await socket.receive()
                ended_at = anyio.current_time()
                await socket.close()
        assert not socket.is_open
        with pytest.raises(ConnectionLost):
            socket.post("more")
        await theirs.aclose()
        return caught.value, ended_at - began_at

    return run_virtually(run, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("interval_s", "timeout_s"), [(20.0, 20.0), (20.0, 5.0), (5.0, 20.0)])
def test_a_mute_server_is_given_up(backend: str, interval_s: float, timeout_s: float) -> None:
    """Closed, not clean, within interval and timeout, and it says why."""

    async def say_nothing(socket: WebSocket, peer: ByteStream) -> None:
        await read_all(peer)

    keepalive = KeepAlive(interval_s=interval_s, timeout_s=timeout_s)
    end, after_s = converse(say_nothing, backend=backend, keepalive=keepalive)
    assert (None, False) == (end.code, end.clean)
    assert f"nothing came for {timeout_s:g} s after a ping" == end.reason
    assert interval_s + timeout_s == pytest.approx(after_s)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("answer", [frame(PONG, to="client"), frame(TEXT, b"x", to="client")])
def test_any_sign_of_life_will_do(backend: str, answer: bytes) -> None:
    """A server that answers each ping, with a pong or with anything else, is kept for ever."""
    pings = []

    async def answer_ten(socket: WebSocket, peer: ByteStream) -> None:
        for _ in range(10):
            pings.append((await peer.receive())[0])
            await peer.send(answer)
        await peer.send(close_frame(1000, to="client"))

    end, after_s = converse(answer_ten, backend=backend, keepalive=KeepAlive())
    assert (1000, True, 200.0) == (end.code, end.clean, pytest.approx(after_s))
    assert [0x80 | PING] * 10 == pings


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_takes_nothing_is_given_up(backend: str) -> None:
    """A send that is stuck in the middle of a frame ends with the timeout."""
    keepalive = KeepAlive(interval_s=1_000, timeout_s=7)

    async def post(socket: WebSocket, peer: ByteStream) -> None:
        socket.post(b"x" * 200_000)

    end, after_s = converse(post, backend=backend, keepalive=keepalive, wrap=StuckStream)
    assert "the peer did not take 65536 bytes within 7 s" == end.reason
    assert 7.0 == pytest.approx(after_s)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_takes_a_part_at_once_and_then_nothing_is_given_up(backend: str) -> None:
    """The rest of the frame has the timeout, too."""

    async def post(socket: WebSocket, peer: ByteStream) -> None:
        socket.post_now(b"x" * 1_000)

    end, after_s = converse(
        post,
        backend=backend,
        keepalive=KeepAlive(interval_s=1_000, timeout_s=7),
        wrap=lambda ours: SocketRoad(StuckStream(ours), partial(took, ours)),  # type: ignore[arg-type]
    )
    assert "the peer did not take the rest of a message within 7 s" == end.reason
    assert 7.0 == pytest.approx(after_s)


def took(stream: MemoryStream, data: bytes) -> int:
    """As a kernel that has room for 100 bytes."""
    stream._into.send_nowait(data[:100])
    return len(data[:100])


class Narrow(StuckStream):
    """Takes 64 KiB in five seconds."""

    async def send(self, item: bytes) -> None:
        await anyio.sleep(5 * max(1, len(item) / 2**16))
        await self._below.send(item)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("at_once", [False, True])
def test_a_slow_server_is_not_given_up(backend: str, at_once: bool) -> None:
    """Long messages may take longer than the timeout, if the server takes a bit of them in time."""
    n_heard = 0

    async def post(socket: WebSocket, peer: ByteStream) -> None:
        nonlocal n_heard
        if at_once:
            socket.post_now(b"short", b"x" * 500_000, b"x" * 500_000)
        else:
            socket.post(b"x" * 1_000_000)
        while n_heard < 1_000_000:
            await anyio.sleep(5)
            n_heard += len(await peer.receive())
        await peer.send(close_frame(1000, to="client"))

    def wrap(ours: ByteStream) -> ByteStream:
        assert isinstance(ours, MemoryStream)
        return SocketRoad(Narrow(ours), partial(took, ours)) if at_once else Narrow(ours)

    keepalive = KeepAlive(interval_s=1_000, timeout_s=7)
    end, after_s = converse(post, backend=backend, keepalive=keepalive, wrap=wrap)
    assert (1000, True) == (end.code, end.clean)
    assert after_s > 70


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_unread_connection_with_a_heart_is_not_given_up(backend: str) -> None:
    """Where no task receives, pings go out in one of their own, and nothing is concluded."""

    async def run() -> None:
        ours, theirs = stream_pair()
        connection = Connection(ConnectionType.CLIENT)
        socket = WebSocket(ours, connection, keepalive=KeepAlive())
        with anyio.fail_after(10_000):
            async with background_tasks() as tasks:
                socket.write_in(tasks)
                socket.beat_in(tasks)
                await anyio.sleep(205)
                assert socket.is_open
                pings = [(await theirs.receive())[0] for _ in range(10)]
                assert [0x80 | PING] * 10 == pings
        await socket.aclose()
        await theirs.aclose()

    run_virtually(run, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pause_s", [20.0, 30.0, 41.0, 1_000.0])
def test_a_reader_that_was_away_does_not_give_up(backend: str, pause_s: float) -> None:
    """Whoever reads keeps the pulse: of the time in which nobody did, nothing is concluded."""

    async def run() -> None:
        ours, theirs = stream_pair()
        socket = WebSocket(ours, Connection(ConnectionType.CLIENT), keepalive=KeepAlive())

        async def answer_two() -> None:
            for _ in range(2):
                assert 0x80 | PING == (await theirs.receive())[0]
            await theirs.send(frame(TEXT, b"here", to="client"))

        with anyio.fail_after(10_000):
            async with background_tasks() as tasks:
                socket.write_in(tasks)
                tasks.start_soon(answer_two)
                with anyio.move_on_after(20.5) as scope:
                    await socket.receive()
                assert scope.cancelled_caught
                await anyio.sleep(pause_s)  # the peer's pong may lie unread as long
                assert "here" == await socket.receive()
        await socket.aclose()
        await theirs.aclose()

    run_virtually(run, backend=backend)
