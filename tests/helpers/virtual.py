"""Event loops whose clock is moved by the tests: it jumps where everybody only waits.

A timeout of minutes takes no time, and one that should not come is seen at once. Only for what
stays in memory: a loop that waits for the kernel would jump past it.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import trio.testing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ("BACKENDS", "Stuck", "run_virtually")

BACKENDS = ("asyncio", "trio")

T = TypeVar("T")


class Stuck(BaseException):
    """Everybody waits, and not for time."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise Stuck
            self.now += max(0.0, timeout)
        return ready


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run_virtually(function: Callable[..., Awaitable[T]], *arguments: Any, backend: str) -> T:
    """Run *function* on a clock that jumps.

    Raises:
        Stuck: On asyncio, where nothing would ever happen again (trio never jumps then, and is
            stopped by the deadline that the test sets).
    """
    options: Mapping[str, Any]
    if backend == "trio":
        options = {"clock": trio.testing.MockClock(autojump_threshold=0)}
    else:
        options = {"loop_factory": _JumpingLoop}
    return anyio.run(function, *arguments, backend=backend, backend_options=dict(options))
