"""Who waits for a change is woken by it, or at its time, and by nothing else."""

from __future__ import annotations

import anyio
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from realtime_io._change import Change


async def test_all_who_wait_are_woken() -> None:
    """However many there are, and however long each would wait."""
    change = Change()
    woken: list[bool] = []

    async def wait(until: float) -> None:
        woken.append(await change.wait(until))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for until in (float("inf"), float("inf"), anyio.current_time() + 60):
                tasks.start_soon(wait, until)
            await wait_all_tasks_blocked()
            change.tell()
    assert [True] * 3 == woken


async def test_what_was_told_before_is_not_waited_for() -> None:
    """Only what changes while somebody waits wakes them; a time that has come does, too."""
    change = Change()
    change.tell()
    with anyio.fail_after(5):
        assert not await change.wait(anyio.current_time())
        change.tell()
        assert not await change.wait(anyio.current_time() - 1)


async def test_who_is_cancelled_takes_nobody_along() -> None:
    """The others go on waiting, each for the change or for its time."""
    change = Change()
    woken: list[bool] = []

    async def wait() -> None:
        woken.append(await change.wait())

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await change.wait()
            assert scope.cancelled_caught
            assert not await change.wait(anyio.current_time())
            await checkpoint()
            assert [] == woken
            change.tell()
    assert [True] == woken


async def test_it_can_be_waited_for_again() -> None:
    """By the one who was woken, as often as it changes."""
    change = Change()
    n_woken = 0

    async def wait() -> None:
        nonlocal n_woken
        while n_woken < 3:
            assert await change.wait(anyio.current_time() + 60)
            n_woken += 1

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            for n in range(3):
                await wait_all_tasks_blocked()
                assert n == n_woken
                change.tell()
                change.tell()  # at once: it was told already
    assert 3 == n_woken
