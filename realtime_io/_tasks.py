"""A task group for background work, behind an `async with` that never shows an ExceptionGroup."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import TaskGroup

__all__ = ("background_tasks",)


@asynccontextmanager
async def background_tasks() -> AsyncIterator[TaskGroup]:
    """A task group that is cancelled when the body ends.

    What the body raises comes out as it is, once all tasks are gone. The tasks must not raise: they
    store their failures for the owner to raise.
    """
    body_error: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        try:
            yield tasks
        except BaseException as exc:
            if isinstance(exc, anyio.get_cancelled_exc_class()):
                raise
            body_error = exc
        finally:
            tasks.cancel_scope.cancel()
    if body_error is not None:
        raise body_error
