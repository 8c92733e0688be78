"""The only place that starts a task outside a visible task group.

`voice.run(stream)` is iterated over by a bare `async for`, and `provider.connect()` returns while
its session goes on: both promise an object that owns background work without a block around it. A
task group cannot be that owner (left open inside an async generator it breaks as soon as the
generator is left by `break`), so the event loop is: an asyncio task, or a trio system task.

What makes that safe:
- Nothing but cancellation leaves a hosted task. What it raises is stored for the owner to raise;
  trio would end the whole program otherwise.
- The task refers to the work's own state, never to the object that owns it, so that the owner can
  be collected and, in its `__del__`, ask the task to stop. That may happen in any thread and at any
  moment, so the request goes through the event loop's own thread-safe door.
- The task runs in a copy of its starter's context.
- At the loop's end it is cancelled by the loop and closes what it holds.
"""

from __future__ import annotations

import contextvars
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from realtime_io._loops import keep, trio_here

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ("Hosted", "host")


class Hosted:
    """Work that runs in a task of its own, and a handle to it. Made by `host()`.

    Args:
        call_soon: The event loop's thread-safe door.

    Attributes:
        failure: What the work raised.
    """

    def __init__(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self.failure: BaseException | None = None
        self._scope = anyio.CancelScope()
        self._finished = anyio.Event()
        self._call_soon = call_soon

    @property
    def is_finished(self) -> bool:
        """Whether the work is over and all it held is closed."""
        return self._finished.is_set()

    def stop(self) -> None:
        """Ask the work to stop. From any thread, even from `__del__`, and after the loop's end."""
        if not self._finished.is_set():
            with suppress(RuntimeError):  # the loop is closed, and the work with it
                self._call_soon(self._scope.cancel)

    async def wait(self) -> None:
        """Return once the work is over."""
        await self._finished.wait()

    async def aclose(self) -> None:
        """Stop the work and wait until it is over, even if cancelled meanwhile."""
        self._scope.cancel()
        with anyio.CancelScope(shield=True):
            await self._finished.wait()

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            with self._scope:
                await work()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as exc:  # stored for the owner; see the module's head
            self.failure = exc
        finally:
            self._finished.set()


def host(work: Callable[[], Awaitable[None]], *, name: str) -> Hosted:
    """Start *work* in a task of its own on the running event loop.

    Args:
        work: Must not refer to the owner of the handle.
        name: What the task is called.
    """
    context = contextvars.copy_context()
    trio = trio_here()
    if trio is not None:
        hosted = Hosted(trio.lowlevel.current_trio_token().run_sync_soon)
        trio.lowlevel.spawn_system_task(hosted._run, work, name=name, context=context)
    else:
        import asyncio

        loop = asyncio.get_running_loop()
        hosted = Hosted(loop.call_soon_threadsafe)
        keep(loop.create_task(hosted._run(work), name=name, context=context))
    return hosted
