"""The WebSocket's client cancelled at every scheduling point of its life, on a clock that jumps.

Wherever it is cut: the stream is shut, no task is left, the peer has whole frames or the end, it
took no longer than closing may take, and cancellation is all that comes out.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from cancellation.steps import Cut, cancelled_at, every_step
from helpers.streams import ChoppyStream, MemoryStream, stream_pair
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import _dial
from realtime_io._dial import dial
from realtime_io._handshake import Accept, accept_websocket, connect_websocket
from realtime_io._tasks import background_tasks
from realtime_io._websocket import FORCED_CLOSE_S, LINGER_S, Closed, WebSocket
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from anyio.abc import ByteStream

CLOSE_S = 5.0
LONGEST_S = CLOSE_S + LINGER_S + FORCED_CLOSE_S


class Peer:
    """The server: it echoes, and keeps what it heard."""

    def __init__(self, stream: MemoryStream) -> None:
        self.heard: list[str | bytes] = []
        self.end: Closed | None = None
        self._stream = stream

    async def serve(self) -> None:
        websocket = await accept_websocket(self._stream, select=lambda _: Accept())
        if websocket is not None:
            async with background_tasks() as tasks:
                websocket.write_in(tasks)
                try:
                    while True:
                        message = await websocket.receive()
                        self.heard.append(message)
                        with suppress(RealtimeError):
                            websocket.post(message)
                except Closed as end:
                    self.end = end
                await websocket.close()
        await self._stream.aclose()


async def cut_once(
    step: int, use: Callable[[ByteStream], Coroutine[Any, Any, Any]], peers: list[Peer]
) -> Cut:
    """One run of *use*, over a fresh stream to a fresh peer, cancelled at *step*."""
    n_tasks = len(anyio.get_running_tasks())
    ours, theirs = stream_pair()
    peer = Peer(theirs)
    began_at = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(peer.serve)
        cut = await cancelled_at(step, lambda: use(ChoppyStream(ours, [50])))
        assert anyio.current_time() - began_at <= LONGEST_S, step
        assert ours.is_closed, step
    assert n_tasks == len(anyio.get_running_tasks()), step
    peers.append(peer)
    return cut


def cut_everywhere(
    use: Callable[[ByteStream], Coroutine[Any, Any, Any]], backend: str
) -> list[tuple[Cut, Peer]]:
    """Cut *use* at each of its steps."""

    async def run() -> list[tuple[Cut, Peer]]:
        peers: list[Peer] = []
        with anyio.fail_after(1_000_000):
            cuts = await every_step(lambda step: cut_once(step, use, peers))
        return list(zip(cuts, peers, strict=False))

    return run_virtually(run, backend=backend)


SAID = ["one", "zwei é", "3" * 300]


@pytest.mark.parametrize("backend", BACKENDS)
def test_dialling(backend: str) -> None:
    """Cut while it connects and shakes hands: nobody is left with a stream."""

    async def use(stream: ByteStream) -> bool:
        async def connect_tcp(host: str, port: int) -> ByteStream:
            await anyio.lowlevel.checkpoint()
            return stream

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_dial.anyio, "connect_tcp", connect_tcp)
            try:
                websocket = await dial(Endpoint(url="ws://h/"))
            except anyio.get_cancelled_exc_class():
                with anyio.CancelScope(shield=True):
                    await stream.aclose()  # cut before connect_tcp gave it away
                raise
            await websocket.aclose()
            return True

    cuts = cut_everywhere(use, backend)
    assert len(cuts) > 5
    assert all(cut.was_cancelled or cut.result for cut, _ in cuts)
    assert all(peer.heard == [] for _, peer in cuts)


async def converse(stream: ByteStream) -> list[str | bytes]:
    """A handshake, three messages there and back, a close: all in one task but the writer."""
    try:
        websocket = await connect_websocket(stream, host="h", target="/")
    except BaseException:
        await anyio.aclose_forcefully(stream)
        raise
    try:
        async with background_tasks() as tasks:
            websocket.write_in(tasks)
            heard = []
            for message in SAID:
                await websocket.room()
                websocket.post(message)
                heard.append(await websocket.receive())
            await websocket.close(timeout_s=CLOSE_S)
        return heard
    finally:
        await websocket.aclose()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_whole_conversation(backend: str) -> None:
    """Cut anywhere in it: what the peer heard is a start of what was said."""
    cuts = cut_everywhere(converse, backend)
    assert len(cuts) > 20
    for cut, peer in cuts:
        assert cut.was_cancelled or SAID == cut.result, cut.step
        assert SAID[: len(peer.heard)] == peer.heard, cut.step
        assert peer.end is None or peer.end.code in (None, 1000), cut.step
    assert {0, 1, 2, 3} == {len(peer.heard) for _, peer in cuts}


@pytest.mark.parametrize("backend", BACKENDS)
def test_sending_in_its_own_task(backend: str) -> None:
    """The writer cut at each step: what it had begun is the last, and no half frame is followed."""

    async def use(stream: ByteStream) -> None:
        websocket = await connect_websocket(stream, host="h", target="/")
        try:
            for message in SAID:
                websocket.post(message)
            await websocket.flush()
        finally:
            await websocket.aclose()

    async def guarded(stream: ByteStream) -> None:
        try:
            with anyio.move_on_after(1):
                await use(stream)
        finally:
            with anyio.CancelScope(shield=True):
                await stream.aclose()

    cuts = cut_everywhere(guarded, backend)
    assert len(cuts) > 5
    for cut, peer in cuts:
        assert SAID[: len(peer.heard)] == peer.heard, cut.step
        assert peer.end is None or peer.end.code is None, cut.step


@pytest.mark.parametrize("backend", BACKENDS)
def test_receiving_goes_on_where_it_was(backend: str) -> None:
    """A receive() cut at any step takes nothing: the next ones give every message, in order."""

    async def run() -> None:
        async def once(step: int) -> Cut:
            ours, theirs = stream_pair()
            server_up: list[WebSocket] = []

            async def serve() -> None:
                websocket = await accept_websocket(theirs, select=lambda _: Accept())
                assert websocket is not None
                server_up.append(websocket)
                for message in SAID:
                    websocket.post(message)
                await websocket.flush()

            async with background_tasks() as tasks:
                tasks.start_soon(serve)
                websocket = await connect_websocket(ChoppyStream(ours, [1]), host="h", target="/")
                cut = await cancelled_at(step, websocket.receive)
                heard = [] if cut.was_cancelled else [cut.result]
                while len(heard) < len(SAID):
                    heard.append(await websocket.receive())
                assert SAID == heard, step
            await websocket.aclose()
            await server_up[0].aclose()
            return cut

        with anyio.fail_after(1_000_000):
            cuts = await every_step(once)
        assert len(cuts) > len("one")

    run_virtually(run, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("is_answered", [True, False])
def test_closing(backend: str, is_answered: bool) -> None:
    """A close() cut at any step has dropped the stream, whether or not the peer answers."""

    async def run() -> None:
        async def once(step: int) -> Cut:
            ours, theirs = stream_pair()
            peer = Peer(theirs)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(peer.serve)
                websocket = await connect_websocket(ours, host="h", target="/")
                if not is_answered:
                    await theirs.send_eof()
                began_at = anyio.current_time()
                cut = await cancelled_at(step, lambda: websocket.close(timeout_s=CLOSE_S))
                assert anyio.current_time() - began_at <= LONGEST_S
                assert ours.is_closed
                assert not websocket.is_open
            return cut

        with anyio.fail_after(1_000_000):
            assert len(await every_step(once)) > 1

    run_virtually(run, backend=backend)
