"""A clock that jumps, and servers without a network."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from typing import Any

import anyio
import anyio.to_process
import anyio.to_thread
import pytest
from helpers.virtual import BACKENDS

from realtime_io import ConfigurationError, RealtimeConnectionError, _clock
from realtime_io._memory import offered, road_to
from realtime_io.virtual import Stuck, run_virtually


@pytest.mark.parametrize("backend", BACKENDS)
def test_time_passes_where_everybody_waits(backend: str) -> None:
    """An hour takes a moment, and is an hour."""

    async def main(seconds: float) -> float:
        began_at = anyio.current_time()
        await anyio.sleep(seconds)
        return anyio.current_time() - began_at

    began_at = time.perf_counter()
    assert run_virtually(main, 3_600, backend=backend) == pytest.approx(3_600)
    assert time.perf_counter() - began_at < 60


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_that_ever_happens_is_told(backend: str) -> None:
    """Instead of a test that hangs."""

    async def main() -> None:
        await anyio.Event().wait()

    with pytest.raises(Stuck):
        run_virtually(main, backend=backend)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("backend", BACKENDS)
def test_that_is_told_of_what_is_shielded_too(backend: str) -> None:
    """Where no task can be ended, the run is: what is left of it may complain."""

    async def main() -> None:
        with anyio.CancelScope(shield=True):
            await anyio.Event().wait()

    with pytest.raises(Stuck):
        run_virtually(main, backend=backend)
    gc.collect()


@pytest.mark.parametrize("backend", BACKENDS)
def test_worker_processes_may_be_left_behind(backend: str) -> None:
    """They end after the function has, in real time."""

    async def main() -> int:
        with _clock.kept_still():
            return await anyio.to_process.run_sync(os.getpid)

    assert os.getpid() != run_virtually(main, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_clock_stands_still_for_a_tool(backend: str) -> None:
    """What a thread does takes no virtual time."""
    release = threading.Event()

    async def main() -> float:
        async with anyio.create_task_group() as tasks:

            async def tool() -> None:
                with _clock.kept_still():
                    await anyio.to_thread.run_sync(release.wait)
                tasks.cancel_scope.cancel()

            tasks.start_soon(tool)
            threading.Timer(0.05, release.set).start()
            await anyio.sleep(3_600)
        return anyio.current_time()

    began_at = 0.0
    assert run_virtually(main, backend=backend) - began_at < 3_600


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """And trio where it is not installed."""

    async def main() -> None:
        raise AssertionError("it must not run")

    with pytest.raises(ConfigurationError, match=r'"asyncio" or "trio"'):
        run_virtually(main, backend="curio")
    monkeypatch.setitem(sys.modules, "trio.testing", None)
    with pytest.raises(ConfigurationError, match="trio is not installed"):
        run_virtually(main, backend="trio")


async def test_what_is_in_memory_is_of_one_event_loop() -> None:
    """Another one is told; so is who comes too late."""
    streams: list[Any] = []
    with offered(streams.append) as host:

        async def dial() -> Any:
            return road_to(host)

        other = await anyio.to_thread.run_sync(anyio.run, dial)
        assert isinstance(other, RealtimeConnectionError)
        assert "another event loop" in str(other)
        ours = road_to(host)
    assert not isinstance(ours, RealtimeConnectionError)
    with anyio.fail_after(5):
        await ours.send(b"hello")
        assert b"hel" == await streams[0].receive(3)
        await ours.send_eof()
        assert b"lo" == await streams[0].receive()
        with pytest.raises(anyio.EndOfStream):
            await streams[0].receive()
        await ours.aclose()
        await streams[0].aclose()
    late = road_to(host)
    assert isinstance(late, RealtimeConnectionError)
    assert "nobody is at" in str(late)
