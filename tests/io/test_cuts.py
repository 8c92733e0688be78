"""The connection cut, stalled or slowed after every byte, in both directions, on both event loops.

A client and a server of ours shake hands and talk over a stream in memory, on a clock that jumps.
At every offset of what the client receives, and of what it sends, the stream fails once in every
way. Whatever happens, both sides end in time and in the right way, and nothing is left behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import anyio
import pytest
from anyio.abc import ByteStream
from attrs import define, field, frozen
from helpers.streams import MemoryStream, stream_pair
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import _dial
from realtime_io._dial import CONNECT_S, dial
from realtime_io._handshake import HANDSHAKE_S, Accept, accept_websocket
from realtime_io._tasks import background_tasks
from realtime_io._websocket import FORCED_CLOSE_S, LINGER_S, Closed, KeepAlive, WebSocket
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConnectionLost, ConnectTimeout, RealtimeConnectionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Fault = Literal["end", "reset", "stall", "trickle"]
Direction = Literal["in", "out"]

FAULTS: Final[tuple[Fault, ...]] = ("end", "reset", "stall", "trickle")
KEEPALIVE: Final = KeepAlive(interval_s=20, timeout_s=10)
SAID: Final = ("hello", "zoë 😀", b"\x00" * 130)
CLOSE_S: Final = 5.0
BYTE_S: Final = 1.0
"""From one byte to the next of a stream that trickles."""

SILENCE_S: Final = 30.0 + CLOSE_S + LINGER_S + FORCED_CLOSE_S
"""How long a conversation may last after its last byte: the pings are given up, and it closes."""


@define
class FaultyStream(ByteStream):
    """Fails once *at* bytes went in a direction; `is_reached` says that it came to that."""

    below: MemoryStream
    direction: Direction
    at: int
    fault: Fault
    n_bytes: dict[Direction, int] = field(factory=lambda: {"in": 0, "out": 0})
    is_reached: bool = False
    is_cut: bool = False
    closed: anyio.Event = field(factory=anyio.Event)

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if self.direction == "in":
            if self.n_bytes["in"] >= self.at:
                max_bytes = 1
                await self._fail(anyio.EndOfStream if self.fault == "end" else None)
            else:
                max_bytes = min(max_bytes, self.at - self.n_bytes["in"])
        elif self.is_cut:
            raise anyio.EndOfStream if self.fault == "end" else anyio.BrokenResourceError
        data = await self.below.receive(max_bytes)
        self.n_bytes["in"] += len(data)
        return data

    async def send(self, item: bytes) -> None:
        if self.is_cut:
            raise anyio.BrokenResourceError
        left = self.at - self.n_bytes["out"] if self.direction == "out" else len(item)
        await self._pass(item[: max(0, left)])
        for byte in item[max(0, left) :]:
            await self._fail(None)
            await self._pass(bytes([byte]))

    async def _pass(self, item: bytes) -> None:
        if item:
            self.n_bytes["out"] += len(item)
            await self.below.send(item)

    async def _fail(self, error: type[Exception] | None) -> None:
        self.is_reached = True
        if self.fault == "stall":
            await self.closed.wait()
            raise anyio.ClosedResourceError
        if self.fault == "trickle":
            await anyio.sleep(BYTE_S)
        else:
            self.is_cut = True
            await self.below.aclose()
            raise (error or anyio.BrokenResourceError)

    async def send_eof(self) -> None:
        await self.below.send_eof()

    async def aclose(self) -> None:
        self.closed.set()
        await self.below.aclose()


@frozen
class Outcome:
    """What became of one run."""

    error: RealtimeConnectionError | None  # of the handshake
    heard: tuple[str | bytes, ...]
    end: Closed | None
    client_s: float
    server_s: float
    server_end: Closed | Literal["refused"] | None
    marks: tuple[dict[Direction, int], ...]  # bytes that had gone, at each step of the client


async def talk(stream: FaultyStream, theirs: MemoryStream, patch: pytest.MonkeyPatch) -> Outcome:
    """A client that dials, sends and hears three messages, and closes; and its server."""

    async def connect_tcp(host: str, port: int) -> ByteStream:
        return stream

    patch.setattr(_dial.anyio, "connect_tcp", connect_tcp)
    began_at = anyio.current_time()
    served: list[tuple[float, Closed | Literal["refused"] | None]] = []
    marks = [dict(stream.n_bytes)]

    async def serve() -> None:
        end: Closed | Literal["refused"] | None = "refused"
        websocket = await accept_websocket(theirs, select=lambda _: Accept(), keepalive=KEEPALIVE)
        if websocket is not None:
            end = await with_writer(websocket, echo)
        served.append((anyio.current_time() - began_at, end))
        await theirs.aclose()

    async def converse(websocket: WebSocket) -> Closed | None:
        marks.append(dict(stream.n_bytes))
        try:
            for message in SAID:
                websocket.post(message)
                heard.append(await websocket.receive())
                marks.append(dict(stream.n_bytes))
        except (Closed, ConnectionLost) as exc:
            return exc if isinstance(exc, Closed) else Closed(None, "not sent", False)
        return None

    heard: list[str | bytes] = []
    error = end = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        try:
            websocket = await dial(Endpoint(url="ws://h/v1/realtime"), keepalive=KEEPALIVE)
        except RealtimeConnectionError as exc:
            error = exc
        else:
            end = await with_writer(websocket, converse)
        client_s = anyio.current_time() - began_at
    marks.append(dict(stream.n_bytes))
    assert stream.below.is_closed
    ((server_s, server_end),) = served
    return Outcome(error, tuple(heard), end, client_s, server_s, server_end, tuple(marks))


async def with_writer(
    websocket: WebSocket, talk: Callable[[WebSocket], Awaitable[Closed | None]]
) -> Closed | None:
    async with background_tasks() as tasks:
        websocket.write_in(tasks)
        end = await talk(websocket)
        await websocket.close(timeout_s=CLOSE_S)
    return end


async def echo(websocket: WebSocket) -> Closed | None:
    try:
        while True:
            websocket.post(await websocket.receive())
    except Closed as end:
        return end


def run_all(
    direction: Direction, fault: Fault, *, backend: str
) -> tuple[Outcome, list[tuple[int, Outcome]]]:
    """A run without a fault, and one for every offset; each proves that it came to its fault."""

    async def run() -> tuple[Outcome, list[tuple[int, Outcome]]]:
        outcomes = []
        with pytest.MonkeyPatch.context() as patch, anyio.fail_after(10_000_000):
            ours, theirs = stream_pair()
            clean = await talk(FaultyStream(ours, direction, 10**9, fault), theirs, patch)
            for at in range(clean.marks[-1][direction]):
                n_tasks = len(anyio.get_running_tasks())
                ours, theirs = stream_pair()
                stream = FaultyStream(ours, direction, at, fault)
                outcomes.append((at, await talk(stream, theirs, patch)))
                assert stream.is_reached, at
                assert n_tasks == len(anyio.get_running_tasks()), at
        return clean, outcomes

    return run_virtually(run, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_a_fault_it_all_arrives(backend: str) -> None:
    """The conversation that the other tests disturb, and how long it is."""
    clean, outcomes = run_all("in", "reset", backend=backend)
    assert (None, SAID, None) == (clean.error, clean.heard, clean.end)
    assert isinstance(clean.server_end, Closed)
    assert (1000, True) == (clean.server_end.code, clean.server_end.clean)
    assert len(outcomes) > 200
    assert 6 == len(clean.marks)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("fault", ["end", "reset"])
def test_cut_after_every_byte(direction: Direction, fault: Fault, backend: str) -> None:
    """In the handshake: the error that says so. After it: what was whole is heard, then the end."""
    clean, outcomes = run_all(direction, fault, backend=backend)
    opened_at, *heard_at = (mark[direction] for mark in clean.marks[1:-1])
    for at, outcome in outcomes:
        assert max(outcome.client_s, outcome.server_s) <= LINGER_S + FORCED_CLOSE_S, at
        if at < opened_at:
            assert type(outcome.error) is RealtimeConnectionError, (at, outcome.error)
            assert "closed the connection" in str(outcome.error)
            assert () == outcome.heard
            continue
        assert outcome.error is None, at
        n_heard = sum(mark <= at for mark in heard_at)
        assert SAID[:n_heard] == outcome.heard, at
        if n_heard < len(SAID):
            assert outcome.end is not None, at
            assert (None, False) == (outcome.end.code, outcome.end.clean)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("direction", ["in", "out"])
def test_stalled_after_every_byte(direction: Direction, backend: str) -> None:
    """In the handshake: a timeout. After it: the pings are given up. Each in its time."""
    clean, outcomes = run_all(direction, "stall", backend=backend)
    opened_at, *heard_at = (mark[direction] for mark in clean.marks[1:-1])
    for at, outcome in outcomes:
        if at < opened_at:
            assert type(outcome.error) is ConnectTimeout, (at, outcome.error)
            assert outcome.client_s <= CONNECT_S + FORCED_CLOSE_S, at
        else:
            n_heard = sum(mark <= at for mark in heard_at)
            assert SAID[:n_heard] == outcome.heard, at
            if n_heard < len(SAID):
                assert outcome.end is not None, at
                assert (None, False) == (outcome.end.code, outcome.end.clean)
        assert outcome.client_s <= SILENCE_S, at
        assert outcome.server_s <= SILENCE_S + CONNECT_S, at


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("direction", ["in", "out"])
def test_slow_after_every_byte(direction: Direction, backend: str) -> None:
    """A byte a second: a handshake that is too slow is given up, a conversation is not."""
    clean, outcomes = run_all(direction, "trickle", backend=backend)
    n_bytes = clean.marks[-1][direction]
    opened_at = clean.marks[1][direction]
    limit_s = CONNECT_S if direction == "in" else HANDSHAKE_S
    for at, outcome in outcomes:
        if (opened_at - at) * BYTE_S > limit_s:
            expected = ConnectTimeout if direction == "in" else RealtimeConnectionError
            assert type(outcome.error) is expected, at
            assert outcome.client_s <= limit_s + FORCED_CLOSE_S
        elif direction == "in" and (opened_at - at) * BYTE_S < limit_s - BYTE_S:
            assert (None, SAID, None) == (outcome.error, outcome.heard, outcome.end), at
        elif at >= opened_at and outcome.end is None:
            assert SAID == outcome.heard
        elif at >= opened_at:  # a frame that takes longer than a ping may
            assert outcome.end is not None
            assert "the peer did not take" in outcome.end.reason
        assert outcome.client_s <= CONNECT_S + (n_bytes - at) * BYTE_S + SILENCE_S, at
