"""A clock that jumps: where everybody only waits, it is the time that somebody waits for.

A conversation of minutes takes no time, a timeout is seen at once, and both happen exactly when
they are due. While a plain function runs as a tool, in its thread, the clock stands still: what it
does takes no virtual time. Nor does what the simulator's voice takes to hear and to speak. Once the
function has ended, time is real, for worker processes to end in. Only for what stays in memory: a
loop that waits for the network, or for threads of your own, would jump past it.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio

from realtime_io._clock import Hold, hold_of
from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


__all__ = ("Stuck", "run_virtually")

T = TypeVar("T")

POLL_S: Final = 0.001
"""How often a clock that stands still looks whether it still must, in real seconds."""


class Stuck(BaseException):
    """Everybody waits, and not for time: nothing would ever happen again."""


def run_virtually(
    function: Callable[..., Awaitable[T]],
    *arguments: Any,
    backend: str = "asyncio",
    waits_for_tools: bool = True,
) -> T:
    """Run an async function on an event loop of its own, whose clock jumps.

    Args:
        function: What to run.
        arguments: What it is called with.
        backend: "asyncio" or "trio".
        waits_for_tools: Stand still while a plain function runs as a tool. False jumps past it,
            as if it took for ever: to see what a timeout does.

    Raises:
        ConfigurationError: There is no such backend, or trio is not installed.
        Stuck: Everybody waits, and not for time. Whatever *function* raises comes out as it is.
    """
    hold = Hold()
    with hold_of(hold if waits_for_tools else Hold()):
        if backend == "asyncio":
            options = {"loop_factory": partial(_JumpingLoop, hold)}
            return anyio.run(_then_really, partial(function, *arguments), backend_options=options)
        if backend != "trio":
            raise ConfigurationError(f'backend is "asyncio" or "trio", not {backend!r:.40}')
        return _run_on_trio(partial(function, *arguments), hold)


async def _then_really(call: Callable[[], Awaitable[T]]) -> T:
    """Call it, and let what its end leaves to be tidied up take the time it takes."""
    try:
        return await call()
    finally:
        loop = asyncio.get_running_loop()
        if isinstance(loop, _JumpingLoop):  # as it is
            loop.jumping.is_over = True


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, hold: Hold) -> None:
        super().__init__()
        self.now = 0.0
        self.is_over = False  # worker processes are waited for, really
        self._hold = hold

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.is_over:
            began = time.monotonic()
            ready = super().select(timeout)
            self.now += time.monotonic() - began
            return ready
        ready = super().select(0)
        while not ready and timeout != 0 and self._hold.n_busy:
            ready = super().select(POLL_S)
        if not ready:
            if timeout is None:
                raise Stuck
            self.now += max(0.0, timeout)
        return ready


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self, hold: Hold) -> None:
        self.jumping = _JumpingSelector(hold)
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


def _run_on_trio(call: Callable[[], Awaitable[T]], hold: Hold) -> T:
    try:
        import trio.testing
    except ImportError:
        raise ConfigurationError("trio is not installed: pip install 'realtime-io[trio]'") from None

    class Clock(trio.abc.Clock):
        now = 0.0
        is_stuck = False

        def start_clock(self) -> None:
            pass

        def current_time(self) -> float:
            return self.now

        def deadline_to_sleep_time(self, deadline: float) -> float:
            if self.is_stuck:
                raise Stuck  # into the run itself: no task would be ended by it
            return inf if deadline > self.now else 0.0

    clock = Clock()

    async def main() -> T:
        with trio.CancelScope() as scope:

            async def jump() -> None:
                while not clock.is_stuck:
                    await trio.testing.wait_all_tasks_blocked()
                    wait_s = trio.lowlevel.current_statistics().seconds_to_next_deadline
                    if hold.n_busy:
                        time.sleep(POLL_S)  # noqa: ASYNC251 - nobody else has anything to do
                    elif wait_s < inf:
                        clock.now += max(0.0, wait_s)
                    else:
                        clock.is_stuck = scope.cancel_called  # behind a shield
                        scope.cancel()

            trio.lowlevel.spawn_system_task(jump)
            return await call()
        raise Stuck

    try:
        return trio.run(main, clock=clock)
    except trio.TrioInternalError:
        if not clock.is_stuck:
            raise
    raise Stuck
