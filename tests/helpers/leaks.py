"""What a session must not leave behind: tasks, sockets, threads."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Traces", "nothing_left", "settle", "tasks_left", "traces")

_POOLS = ("AnyIO worker", "Trio thread", "asyncio_")


def tasks_left() -> list[str]:
    """The library's tasks that run, without those of the simulator."""
    names = [task.name or "" for task in anyio.get_running_tasks()]
    return [name for name in names if name.startswith("realtime_io ")]


def sockets_open() -> int:
    """Sockets that this process holds."""
    n_sockets = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # closed meanwhile, as the listing's own descriptor is
            n_sockets += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return n_sockets


def threads_alive() -> list[str]:
    """Threads that are not part of the event loop's own pool, which it keeps for the next use."""
    names = [thread.name for thread in threading.enumerate()]
    return sorted(name for name in names if not name.startswith(_POOLS))


@frozen
class Traces:
    """What is there now."""

    tasks: list[str]
    sockets: int
    threads: list[str]


def traces() -> Traces:
    """What is there now."""
    return Traces(tasks_left(), sockets_open(), threads_alive())


async def settle(is_so: Callable[[], bool]) -> None:
    """Let other tasks run until *is_so*; bounded by the caller's own deadline."""
    while not is_so():  # noqa: ASYNC110 - what is waited for tells nobody when it happens
        await anyio.sleep(0.001)


async def nothing_left(before: Traces) -> None:
    """Wait until what was there before is there again; what hangs on is shown after 3 s."""
    with anyio.move_on_after(3):
        await settle(lambda: traces() == before)
    now = traces()
    assert before == now, f"{before} became {now}"
