"""A recorded client that calls a server, cancelled at every scheduling point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from cancellation.steps import Cut, cancelled_at, every_step
from helpers.called import event, log, scripted
from helpers.leaks import nothing_left, traces

from realtime_io.caller import call

if TYPE_CHECKING:
    from realtime_io.relay import Channel

TALK = log(("server", 0, event("a")), ("client", 0, event("b")), ("server", 0, event("c")))


async def answer(channel: Channel) -> None:
    await channel.send(event("a"))
    async for _ in channel:
        await channel.send(event("c"))


async def test_a_call_leaves_nothing_wherever_it_is_cut() -> None:
    """From dialling to the goodbye; nor is a difference raised in place of the cancellation."""
    n_open = 0

    async def handle(channel: Channel) -> None:
        nonlocal n_open
        n_open += 1
        try:
            await answer(channel)
        finally:
            n_open -= 1

    async with scripted(handle) as base_url:
        before = traces()

        async def run(step: int) -> Cut:
            with anyio.fail_after(10):
                cut = await cancelled_at(step, lambda: call(TALK, base_url, pace=0))
                await nothing_left(before)
                while n_open:  # noqa: ASYNC110 - what is waited for tells nobody when it happens
                    await anyio.sleep(0.001)
            return cut

        cuts = await every_step(run)
    assert len(cuts) > 5
    assert any(cut.was_cancelled for cut in cuts)
