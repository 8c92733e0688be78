"""Direct access to a provider: connect(), disconnect(), and what happens in between."""

from __future__ import annotations

import gc
import json
import warnings
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.leaks import nothing_left, settle, tasks_left, traces
from helpers.servers import speaking

from realtime_io import (
    CallbackError,
    ConfigurationError,
    ConnectionLost,
    GeminiRealtimeProvider,
    LocalProtocolError,
    OpenAIRealtimeProvider,
    RealtimeConfig,
    RealtimeConnectionError,
    VoiceSession,
)

if TYPE_CHECKING:
    from realtime_io._websocket import WebSocket
    from realtime_io.simulator import Simulator

PROVIDERS = {"openai": OpenAIRealtimeProvider, "gemini": GeminiRealtimeProvider}


def provider_for(simulator: Simulator, name: str) -> Any:
    return PROVIDERS[name](RealtimeConfig(), api_key="any", base_url=simulator.base_url(name))


@pytest.mark.parametrize("name", PROVIDERS)
async def test_row_direct_connects_answers_and_disconnects(simulator: Simulator, name: str) -> None:
    """The session works without a block around it, and nothing is left after disconnect()."""
    before = traces()
    provider = provider_for(simulator, name)
    answered = anyio.Event()
    said: list[str] = []

    @provider.on_transcript  # type: ignore[untyped-decorator]
    async def on_transcript(text: str, is_final: bool) -> None:
        if is_final:
            said.append(text)
            answered.set()

    assert not provider.is_connected
    with anyio.fail_after(5):
        session = await provider.connect()
        try:
            assert isinstance(session, VoiceSession)
            assert provider.is_connected
            assert session.is_active
            await session.send_text("hello")
            await answered.wait()
        finally:
            await provider.disconnect()
        assert ["Hello. How can I help you?"] == said
        assert not provider.is_connected
        assert not session.is_active
        assert [] == tasks_left()
        await nothing_left(before)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_it_connects_again_without_doubling_callbacks(
    simulator: Simulator, name: str
) -> None:
    """Callbacks are registered once; only one session at a time."""
    provider = provider_for(simulator, name)
    finals: list[str] = []
    answered = [anyio.Event(), anyio.Event()]

    @provider.on_transcript  # type: ignore[untyped-decorator]
    def on_transcript(text: str, is_final: bool) -> None:
        if is_final:
            finals.append(text)
            answered[len(finals) - 1].set()

    with anyio.fail_after(5):
        for n in range(2):
            session = await provider.connect()
            with pytest.raises(LocalProtocolError, match="connected already"):
                await provider.connect()
            await session.send_text("hello")
            await answered[n].wait()
            await provider.disconnect()
        await provider.disconnect()  # a second time it does nothing
    assert 2 == len(finals)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_failed_connect_needs_no_disconnect(name: str) -> None:
    """The error is raised by connect(), nothing runs, and no warning follows."""
    provider = PROVIDERS[name](api_key="k", base_url="http://127.0.0.1:9")
    with anyio.fail_after(5):
        for _ in range(2):
            with pytest.raises(RealtimeConnectionError, match="connection refused"):
                await provider.connect()
    assert [] == tasks_left()


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_cancelled_connect_leaves_nothing(name: str) -> None:
    """A timeout around connect() closes what was half open."""
    arrived = anyio.Event()

    async def script(socket: WebSocket) -> None:
        arrived.set()
        await socket.receive()
        await anyio.sleep_forever()

    before = traces()
    with anyio.fail_after(5):
        async with speaking(script) as address:
            provider = PROVIDERS[name](api_key="k", base_url=f"http://{address}")
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:

                    async def cancel() -> None:
                        await arrived.wait()
                        scope.cancel()

                    tasks.start_soon(cancel)
                    await provider.connect()
            assert scope.cancelled_caught
            assert [] == tasks_left()
        await nothing_left(before)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_row_direct_warns_who_never_disconnects(simulator: Simulator, name: str) -> None:
    """A ResourceWarning when the provider goes, and the session ends all the same."""
    before = traces()
    provider = provider_for(simulator, name)
    with anyio.fail_after(5):
        await provider.connect()
        with pytest.warns(ResourceWarning, match="never disconnected"):  # noqa: PT031 - one act
            del provider
            gc.collect()
        await nothing_left(before)


async def test_a_session_in_use_keeps_its_provider(simulator: Simulator) -> None:
    """Holding on to the session alone does not end it."""

    async def connect() -> VoiceSession:
        session: VoiceSession = await provider_for(simulator, "openai").connect()
        return session

    with anyio.fail_after(5):
        session = await connect()
        gc.collect()
        await session.send_text("hello")
        assert session.is_active
        with pytest.warns(ResourceWarning, match="OpenAIRealtimeProvider"):  # noqa: PT031 - one act
            del session
            gc.collect()
        await settle(lambda: not tasks_left())


def lose_connection(name: str) -> Any:
    """A server that sets a session up and drops the connection at the first word."""

    async def script(socket: WebSocket) -> None:
        if name == "gemini":
            await socket.receive()
            socket.post(b'{"setupComplete": {}}')
        else:
            session = {"type": "realtime", "id": "sess_1", "model": "m"}
            created = {"type": "session.created", "event_id": "e1", "session": session}
            socket.post(json.dumps(created))
            await socket.receive()
            socket.post(json.dumps(created | {"type": "session.updated"}))
        await socket.receive()
        await socket.aclose()

    return speaking(script)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_disconnect_raises_what_nobody_was_told(name: str) -> None:
    """A session that failed in silence is not silent for ever."""
    with anyio.fail_after(5):
        async with lose_connection(name) as address:
            provider: Any = PROVIDERS[name](
                api_key="k", base_url=f"http://{address}", reconnect=False
            )
            session = await provider.connect()
            await session.send_text("hello")
            await settle(lambda: not session.is_active)
            with pytest.raises(ConnectionLost):
                await provider.disconnect()
        assert [] == tasks_left()


@pytest.mark.parametrize("name", PROVIDERS)
async def test_disconnect_hides_no_other_error(name: str) -> None:
    """In a `finally`, or after a send that raised the failure, disconnect() is quiet."""
    with anyio.fail_after(5):
        async with lose_connection(name) as address:
            provider: Any = PROVIDERS[name](
                api_key="k", base_url=f"http://{address}", reconnect=False
            )
            session = await provider.connect()
            await session.send_text("hello")
            await settle(lambda: not session.is_active)
            with pytest.raises(ConnectionLost):
                await session.send_text("hello")
            await provider.disconnect()

            session = await provider.connect()
            with pytest.raises(ZeroDivisionError):
                try:
                    await session.send_text("hello")
                    await settle(lambda: not session.is_active)
                    raise ZeroDivisionError
                finally:
                    await provider.disconnect()


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_callback_that_raises_is_raised_by_disconnect(
    simulator: Simulator, name: str
) -> None:
    """The body runs on; nothing foreign reaches the event loop."""
    provider = provider_for(simulator, name)

    @provider.on_audio  # type: ignore[untyped-decorator]
    def fail(audio: bytes) -> None:
        raise ZeroDivisionError

    with anyio.fail_after(5):
        session = await provider.connect()
        await session.send_text("hello")
        await settle(lambda: not session.is_active)
        with pytest.raises(CallbackError):
            await provider.disconnect()


def test_without_a_key_it_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variables; the environment's key is taken."""
    for variable in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        OpenAIRealtimeProvider()
    with pytest.raises(ConfigurationError, match="GEMINI_API_KEY or GOOGLE_API_KEY"):
        GeminiRealtimeProvider()
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza")
    config = RealtimeConfig(voice="Puck")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert config is GeminiRealtimeProvider(config=config).config
