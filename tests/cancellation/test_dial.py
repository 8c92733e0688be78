"""Dialling over real sockets, cancelled at every scheduling point: TCP, proxy, TLS in TLS, upgrade.

The WebSocket's own steps are cut beside this, on streams in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from cancellation.steps import Cut, cancelled_at, every_step
from helpers.certificates import client_context, server_context
from helpers.leaks import nothing_left, traces
from helpers.servers import echo, proxying, speaking

from realtime_io._dial import dial
from realtime_io.relay import connect
from realtime_proto.dialect import Endpoint
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any


async def cut_everywhere(use: Callable[[], Coroutine[Any, Any, None]]) -> list[Cut]:
    """Cut *use* at each of its steps; nothing is left after any of them."""
    before = traces()

    async def run(step: int) -> Cut:
        with anyio.fail_after(10):
            cut = await cancelled_at(step, use)
        await nothing_left(before)
        return cut

    return await every_step(run)


@pytest.mark.parametrize("with_proxy", [False, True])
async def test_dialling_leaves_nothing_wherever_it_is_cut(with_proxy: bool) -> None:
    """Neither socket nor task, on the way through a proxy, TLS and the handshake."""
    context = client_context()
    async with (
        speaking(echo, server_context("voice.example", "127.0.0.1")) as target,
        proxying(target, [], server_context("127.0.0.1")) as proxy,
    ):
        host = "voice.example" if with_proxy else target
        through = Secret(f"https://{proxy}" if with_proxy else "direct")

        async def use() -> None:
            endpoint = Endpoint(url=f"wss://{host}/v1")
            websocket = await dial(endpoint, ssl_context=context, proxy=through)
            await websocket.aclose()

        # What the other side holds of the attempt before is gone when it has seen its end.
        cuts = await cut_everywhere(use)
    assert len(cuts) > 5
    assert any(cut.was_cancelled for cut in cuts)


async def test_a_channel_leaves_nothing_wherever_it_is_cut() -> None:
    """From dialling to the goodbye, over TLS."""
    context = client_context()
    async with speaking(echo, server_context()) as target:

        async def use() -> None:
            async with connect(Endpoint(url=f"wss://{target}"), ssl_context=context) as channel:
                await channel.send("hello")
                assert "hello" == await channel.receive()
                await channel.close(3000, "bye")

        cuts = await cut_everywhere(use)
    assert len(cuts) > 10
    assert any(cut.was_cancelled for cut in cuts)
