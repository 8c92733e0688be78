"""`aclose()` of a session: whatever waits or runs meanwhile, and whoever is cancelled in it."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest
from helpers.stage import on_both, playing, talking
from helpers.virtual import virtually

from realtime_io import ConnectionLost

LONGEST_S = 5.0
"""For the close frame, for TCP and for the stream, together."""


@virtually
@on_both
async def test_audio_that_waits_is_not_sent_any_more(provider: str) -> None:
    """The sender is about to hand it on, and finds that all is over; nothing is raised."""
    async with talking(provider) as (_, session):
        driver = session._driver
        for _ in range(20):
            session.push_audio(bytes(session.input_format.bytes_for_ms(1_000)))
        for _ in range(1_000):  # trio may run it before us each time
            if driver.socket.is_idle and driver._sender._is_catching_up:
                break
            await anyio.lowlevel.checkpoint()
        began_at = anyio.current_time()
        await session.aclose()
        assert anyio.current_time() - began_at <= LONGEST_S
        with pytest.raises(ConnectionLost):
            session.push_audio(bytes(4_800))


@virtually
@on_both
async def test_nothing_is_taken_while_it_hangs_up(provider: str) -> None:
    """The server has not answered yet, and the session is over for whoever uses it."""
    async with talking(provider) as (stage, session):
        stage.go_deaf(10)
        await session.send_text("hello")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(session.aclose)
            await anyio.wait_all_tasks_blocked()
            assert not session.is_active
            with pytest.raises(ConnectionLost, match="the session is over"):
                session.push_audio(bytes(4_800))
            with pytest.raises(ConnectionLost, match="the session is over"):
                await session.send_text("one more thing")


@virtually
@on_both
async def test_a_tool_that_is_done_while_it_hangs_up_is_not_told(provider: str) -> None:
    """Its result comes too late, and nothing is raised."""
    may_end = anyio.Event()

    async def look() -> str:
        """Look."""
        await may_end.wait()
        return "found"

    async with talking(provider, tools=[look]) as (stage, session):
        stage.begin_answer()
        stage.call()
        stage.end_answer()
        await anyio.wait_all_tasks_blocked()
        stage.go_deaf(10)
        await session.send_text("hello")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(session.aclose)
            await anyio.wait_all_tasks_blocked()
            may_end.set()
    assert [] == stage.errors


@virtually
@on_both
async def test_who_is_cancelled_in_it_does_not_hang(provider: str) -> None:
    """The connection is dropped instead, with the whole session or without it."""
    for is_outside in (True, False):
        async with playing(provider) as stage:
            began_at = anyio.current_time()
            scope = anyio.CancelScope()
            with scope if is_outside else anyio.CancelScope():
                async with stage.voice().connect() as session:
                    stage.go_deaf(10_000)
                    await session.send_text("hello")
                    with anyio.CancelScope() if is_outside else scope:
                        scope.deadline = anyio.current_time() + 0.5
                        await session.aclose()
            assert anyio.current_time() - began_at <= LONGEST_S
            assert not session.is_active
            await stage.drop()
