"""A task group for background work, behind an `async with` that never shows an ExceptionGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from types import TracebackType

    from anyio.abc import TaskGroup

__all__ = ("background_tasks",)


def background_tasks() -> _BackgroundTasks:
    """A task group that is cancelled when the body ends.

    What the body raises comes out as it is, once all tasks are gone. The tasks must not raise: they
    store their failures for the owner to raise.
    """
    return _BackgroundTasks()


class _BackgroundTasks:
    """No generator: every session holds one, and a generator takes half a KiB."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks = anyio.create_task_group()

    async def __aenter__(self) -> TaskGroup:
        return await self._tasks.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._tasks.cancel_scope.cancel()
        if error is None or isinstance(error, anyio.get_cancelled_exc_class()):
            return bool(await self._tasks.__aexit__(kind, error, traceback))
        await self._tasks.__aexit__(None, None, None)
        return False
