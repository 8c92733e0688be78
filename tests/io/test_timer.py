"""The timer: it calls when something is due, and sleeps through what only puts that off."""

from __future__ import annotations

from math import inf

import anyio
import pytest
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import _clock
from realtime_io._change import Change
from realtime_io._tasks import background_tasks
from realtime_io._timer import Timer


class Diary:
    """What is due, and when it was called for."""

    def __init__(self, due: float = inf) -> None:
        self.due = due
        self.n_looks = 0
        self.rung: list[float] = []
        self.timer = Timer(_clock.loop_clock(), due=self.look, ring=self.ring)

    def look(self) -> float:
        self.n_looks += 1
        return self.due

    def ring(self, now: float) -> None:
        self.rung.append(round(now - self.began_at, 3))
        self.due = inf

    async def keep(self, *moves: tuple[float, float]) -> list[float]:
        """When it rang, with what is due moved at these seconds to these seconds."""
        self.began_at = anyio.current_time()
        self.due += self.began_at
        with anyio.fail_after(1_000):
            async with background_tasks() as tasks:
                self.timer.start(tasks)
                for at, due in moves:
                    await anyio.sleep_until(self.began_at + at)
                    self.due = self.began_at + due
                    self.timer.look()
                await anyio.sleep_until(self.began_at + 900)
        return self.rung


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("due", "moves", "rung"),
    [
        (5, [], [5]),
        (inf, [], []),
        (5, [(1, 3)], [3]),
        (5, [(1, 30)], [30]),
        (5, [(1, inf)], []),
        (5, [(1, 30), (2, 4)], [4]),
        (5, [(1, 3), (1, 2)], [2]),
        (inf, [(7, 8), (10, 12)], [8, 12]),
        (5, [(1, 0)], [1]),
    ],
)
def test_it_rings_when_it_is_due(
    backend: str, due: float, moves: list[tuple[float, float]], rung: list[float]
) -> None:
    """Once, at the moment that holds in the end, however it was moved before."""

    async def run() -> list[float]:
        return await Diary(due).keep(*moves)

    assert rung == run_virtually(run, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_put_off_wakes_nobody(backend: str) -> None:
    """A hundred frames that each put it off cost one look each, and one waking in all."""
    moves = [(i / 100, 20 + i / 100) for i in range(100)]

    async def run() -> tuple[list[float], int]:
        diary = Diary(20)
        return await diary.keep(*moves), diary.n_looks

    rung, n_looks = run_virtually(run, backend=backend)
    assert [20.99] == rung
    # Those of the frames, and a few when it begins, wakes for nothing and rings.
    assert len(moves) + 8 >= n_looks


async def test_while_nothing_is_due_there_is_no_task() -> None:
    """It has one from when something is due, and no more when that is called off."""
    diary = Diary()

    async def is_running() -> bool:
        await anyio.wait_all_tasks_blocked()
        return "realtime_io timer" in {task.name for task in anyio.get_running_tasks()}

    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            diary.timer.start(tasks)
            seen = [await is_running()]
            for due in (anyio.current_time() + 60, inf, anyio.current_time() + 60):
                diary.due = due
                diary.timer.look()
                seen.append(await is_running())
    assert [False, True, False, True] == seen
    assert [] == diary.rung


async def test_a_change_wakes_all_who_wait_and_nobody_later() -> None:
    """Whoever waits is told once; a change that nobody waited for is not told afterwards."""
    change = Change()
    change.tell()
    told: list[int] = []

    async def wait(i: int) -> None:
        await change.wait()
        told.append(i)

    with anyio.fail_after(5):
        async with background_tasks() as tasks:
            for i in range(2):
                tasks.start_soon(wait, i)
            await anyio.wait_all_tasks_blocked()
            assert [] == told
            change.tell()
            await anyio.wait_all_tasks_blocked()
            assert [0, 1] == sorted(told)
