"""Every way out of a session, on both event loops: no task, no socket, no thread is left."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.leaks import nothing_left, settle, tasks_left, traces
from helpers.servers import speaking

from realtime_io import (
    CallbackError,
    RealtimeConfig,
    RealtimeConnectionError,
    RealtimeError,
    RealtimeVoice,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from realtime_io._websocket import WebSocket
    from realtime_io.simulator import Simulator

PROVIDERS = ("openai", "gemini")


async def microphone() -> AsyncIterator[bytes]:
    while True:
        yield bytes(3_200)
        await anyio.sleep(0.01)


async def normal(voice: RealtimeVoice) -> None:
    async with voice.connect() as session:
        await session.send_text("hello")


async def body_raises(voice: RealtimeVoice) -> None:
    with pytest.raises(ZeroDivisionError):
        async with voice.connect() as session:
            await session.send_text("tell me a story")
            raise ZeroDivisionError


async def callback_raises(voice: RealtimeVoice) -> None:
    @voice.on_audio
    def fail(audio: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(CallbackError):
        async with voice.connect() as session:
            await session.send_text("hello")
            await anyio.sleep_forever()


async def tool_raises(voice: RealtimeVoice) -> None:
    async with voice.connect() as session:
        await session.send_text("What's the weather in Tokyo?")


async def tool_outlives(voice: RealtimeVoice) -> None:
    started = anyio.Event()

    @voice.on_tool_call
    async def wait(request: object) -> None:
        started.set()
        await anyio.sleep_forever()

    async with voice.connect() as session:
        await session.send_text("What's the weather in Tokyo?")
        await started.wait()
        await session.aclose()


async def cancelled(voice: RealtimeVoice) -> None:
    with anyio.CancelScope() as scope:
        async with voice.connect() as session:
            await session.send_text("tell me a story")
            scope.cancel()
            await anyio.sleep_forever()


async def cancelled_while_connecting(voice: RealtimeVoice) -> None:
    with anyio.move_on_after(0.0005):
        async with voice.connect():
            pass


async def hung_up(voice: RealtimeVoice) -> None:
    async with voice.connect() as session:
        await session.send_text("tell me a story")
        await session.aclose()


async def iteration_left(voice: RealtimeVoice) -> None:
    async with voice.connect() as session:
        events = aiter(session)
        await session.send_text("tell me a story")
        await anext(events)


async def stream_dropped(voice: RealtimeVoice) -> None:
    await anext(voice.run(microphone()))


WAYS_OUT: list[Callable[[RealtimeVoice], Awaitable[None]]] = [
    normal,
    body_raises,
    callback_raises,
    tool_raises,
    tool_outlives,
    cancelled,
    cancelled_while_connecting,
    hung_up,
    iteration_left,
    stream_dropped,
]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("leave", WAYS_OUT, ids=lambda leave: leave.__name__)
async def test_pain_18_nothing_is_left_of_a_session(
    simulator: Simulator, provider: str, leave: Callable[[RealtimeVoice], Awaitable[None]]
) -> None:
    """However it is left."""

    def get_weather(city: str) -> str:
        """Get the weather."""
        raise OSError("down")

    before = traces()
    voice = RealtimeVoice(
        provider,
        RealtimeConfig(tools=[get_weather]),
        api_key="any",
        base_url=simulator.base_url(provider),
    )
    with anyio.fail_after(5):
        await leave(voice)
        if leave is not stream_dropped:
            assert [] == tasks_left()
        await nothing_left(before)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("end", ["closes", "drops", "fails"])
async def test_pain_18_nothing_is_left_where_the_server_ends_it(provider: str, end: str) -> None:
    """With a normal close, with none, or with an error code."""

    async def script(socket: WebSocket) -> None:
        if provider == "gemini":
            await socket.receive()
            socket.post(b'{"setupComplete": {}}')
        else:
            session = {"type": "realtime", "id": "sess_1", "model": "m"}
            created = {"type": "session.created", "event_id": "e1", "session": session}
            socket.post(json.dumps(created))
            await socket.receive()
            socket.post(json.dumps(created | {"type": "session.updated"}))
        await socket.receive()
        if end == "drops":
            await socket.aclose()
        else:
            await socket.close(1000 if end == "closes" else 1008, timeout_s=1)

    before = traces()
    errors: list[RealtimeError] = []
    with anyio.fail_after(5):
        async with speaking(script) as address:
            options: Any = {"api_key": "k", "base_url": f"http://{address}", "reconnect": False}
            voice = RealtimeVoice(provider, **options)
            voice.on_error(errors.append)
            with suppress(RealtimeConnectionError):
                async with voice.connect() as session:
                    await session.send_text("hello")
                    await settle(lambda: not session.is_active)
        await nothing_left(before)
    assert (end != "closes") == bool(errors)
