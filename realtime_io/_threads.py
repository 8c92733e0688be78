"""Into an event loop, from any thread.

A loop's own callbacks are a third place to call from on asyncio: they run in its thread and in no
task, and anyio lets only tasks start others or wake them. What comes through a door is called in a
task.
"""

from __future__ import annotations

from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeAlias

from realtime_io._loops import keep, trio_here

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ("Door", "door")


def door() -> Door:
    """That of the loop this is called in, by one of its tasks."""
    trio = trio_here()
    if trio is not None:
        return _TrioDoor(trio.lowlevel.current_trio_token())
    import asyncio

    return _AsyncioDoor(asyncio.get_running_loop())


class _AsyncioDoor:
    __slots__ = ("_loop", "_thread_id")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread_id = get_ident()

    @property
    def is_inside(self) -> bool:
        """Whether whoever asks is a task of the loop."""
        import asyncio

        return get_ident() == self._thread_id and asyncio.current_task(self._loop) is not None

    def call_soon(self, function: Callable[[], None]) -> None:
        """Have it called in the loop. Raises RuntimeError where that has ended."""
        self._loop.call_soon_threadsafe(self._start, function)

    def _start(self, function: Callable[[], None]) -> None:
        keep(self._loop.create_task(_called(function), name="realtime_io door"))


class _TrioDoor:
    __slots__ = ("_thread_id", "_token")

    def __init__(self, token: Any) -> None:
        self._token = token
        self._thread_id = get_ident()

    @property
    def is_inside(self) -> bool:
        """Whether whoever asks is in the loop's thread: trio calls nothing outside of a task."""
        return get_ident() == self._thread_id

    def call_soon(self, function: Callable[[], None]) -> None:
        """Have it called in the loop. Raises RuntimeError where that has ended."""
        self._token.run_sync_soon(function)


Door: TypeAlias = _AsyncioDoor | _TrioDoor
"""What leads into one event loop."""


async def _called(function: Callable[[], None]) -> None:
    function()
