"""Cancel a piece of code at its n-th scheduling point, for every n, on both event loops.

A coroutine is driven by `send` and `throw`; whoever stands between it and the event loop can count
the steps, and cancel its scope before the n-th. So every place where the code waits, or lets others
run, is cut once, without anything to be known of those places.
"""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from attrs import define

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

__all__ = ("Cut", "cancelled_at", "every_step")

T = TypeVar("T")

MAX_STEPS = 2_000
"""More than any code here takes: who does not end is not to be run for ever."""


@define
class Cut:
    """One run that was cancelled at a step.

    Attributes:
        step: Which; the first is 1.
        was_reached: Whether the code had so many.
        was_cancelled: Whether the cancellation came out of it.
        result: What it returned, where it did.
    """

    step: int
    was_reached: bool = False
    was_cancelled: bool = False
    result: Any = None


@coroutine
def _counted(
    body: Coroutine[Any, Any, T], on_step: Callable[[int], None]
) -> Generator[Any, Any, T]:
    n = 1
    on_step(n)
    try:
        yielded = body.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # as the coroutine says
    while True:
        try:
            answer = yield yielded
        except BaseException as exc:
            n += 1
            on_step(n)
            step = body.throw, exc
        else:
            n += 1
            on_step(n)
            step = body.send, answer
        try:
            yielded = step[0](step[1])
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


async def cancelled_at(step: int, function: Callable[[], Coroutine[Any, Any, Any]]) -> Cut:
    """Run *function*, and cancel it right before its *step*-th step."""
    cut = Cut(step)

    def on_step(n: int) -> None:
        if n == step:
            cut.was_reached = True
            scope.cancel()

    with anyio.CancelScope() as scope:
        cut.result = await _counted(function(), on_step)
    cut.was_cancelled = scope.cancelled_caught
    return cut


async def every_step(run: Callable[[int], Awaitable[Cut]]) -> list[Cut]:
    """Call *run* with 1, 2, 3, ... until the code ends before that step; all cuts but the last."""
    cuts = []
    for step in range(1, MAX_STEPS):
        cut = await run(step)
        if not cut.was_reached:
            assert not cut.was_cancelled
            return cuts
        cuts.append(cut)
    raise AssertionError(f"it did not end in {MAX_STEPS} steps")
