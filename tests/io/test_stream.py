"""`voice.run(stream)`: every way into it, through it and out of it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import math
import struct
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from helpers.leaks import nothing_left, settle, tasks_left, traces
from helpers.servers import speaking

from realtime_io import (
    AudioChunk,
    CallbackError,
    ConfigurationError,
    ConfigurationWarning,
    ConnectionLost,
    LocalProtocolError,
    RealtimeConfig,
    RealtimeConnectionError,
    RealtimeVoice,
    SessionClosed,
    TranscriptDelta,
    VADMode,
    VoiceEvent,
)
from realtime_io.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_io._websocket import WebSocket

PROVIDERS = ("openai", "gemini")
RATES_HZ = {"openai": 24_000, "gemini": 16_000}
CONFUSED = "Sorry, I did not understand that."


def voice_for(simulator: Simulator, provider: str, **settings: Any) -> RealtimeVoice:
    return RealtimeVoice(
        provider,
        RealtimeConfig(**settings),
        api_key="any",
        base_url=simulator.base_url(provider),
    )


def tone(provider: str, ms: int = 400) -> bytes:
    """Something loud, at the provider's input rate."""
    rate_hz = RATES_HZ[provider]
    n_samples = rate_hz * ms // 1000
    wave = [round(8_000 * math.sin(2 * math.pi * 200 * n / rate_hz)) for n in range(n_samples)]
    return struct.pack(f"<{n_samples}h", *wave)


async def utterance(provider: str, log: list[str] | None = None) -> AsyncIterator[bytes]:
    """A microphone that hears one utterance and is switched off."""
    audio = tone(provider)
    try:
        for start in range(0, len(audio), 4_801):
            yield audio[start : start + 4_801]
            await anyio.lowlevel.checkpoint()
    finally:
        if log is not None:
            log.append("closed")


async def endless(provider: str, log: list[str] | None = None) -> AsyncIterator[bytes]:
    """A microphone that hears one utterance and then silence, for ever."""
    try:
        yield tone(provider)
        while True:
            yield bytes(RATES_HZ[provider] // 25 * 2)
            await anyio.sleep(0.01)
    finally:
        if log is not None:
            log.append("closed")


# --- to the end


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("vad_mode", [VADMode.SERVER, VADMode.MANUAL])
async def test_it_ends_when_the_stream_has_ended_and_the_answer_is_complete(
    simulator: Simulator, provider: str, vad_mode: VADMode
) -> None:
    """All of the answer's audio and its final transcript come first; no time-out ends it."""
    before = traces()
    voice = voice_for(simulator, provider, vad_mode=vad_mode)
    log: list[str] = []
    with anyio.fail_after(2.5):  # less than the server is given to show that it heard speech
        events = [event async for event in voice.run(utterance(provider, log))]
    chunks = [event for event in events if isinstance(event, AudioChunk)]
    finals = [
        event.text
        for event in events
        if isinstance(event, TranscriptDelta) and event.is_final and event.speaker == "assistant"
    ]
    assert len(CONFUSED) * 60 == sum(chunk.duration_ms for chunk in chunks)
    assert chunks[-1].is_final
    assert [CONFUSED] == finals
    assert isinstance(events[-1], SessionClosed)
    assert ["closed"] == log
    await nothing_left(before)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_the_callbacks_were_called_with_everything_by_then(
    simulator: Simulator, provider: str
) -> None:
    """Slow callbacks are waited for, not cut off at the end."""
    voice = voice_for(simulator, provider)
    audio = bytearray()

    @voice.on_audio
    async def play(chunk: bytes) -> None:
        await anyio.sleep(0.001)
        audio.extend(chunk)

    with anyio.fail_after(5):
        async for _ in voice.run(utterance(provider)):
            pass
    assert 24_000 * 2 * len(CONFUSED) * 60 // 1_000 == len(audio)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_without_sound_it_ends_too(simulator: Simulator, provider: str) -> None:
    """In manual mode nothing was committed, so nothing is waited for."""

    async def nothing() -> AsyncIterator[bytes]:
        for _ in ():
            yield b""

    voice = voice_for(simulator, provider, vad_mode=VADMode.MANUAL)
    with anyio.fail_after(2.5):
        events = [event async for event in voice.run(nothing())]
    assert [] == [event for event in events if isinstance(event, AudioChunk)]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_row_run_can_be_entered(simulator: Simulator, provider: str) -> None:
    """`async with voice.run(stream) as events`: nothing is left at the end of the block."""
    voice = voice_for(simulator, provider)
    log: list[str] = []
    with anyio.fail_after(5):
        async with voice.run(endless(provider, log)) as events:
            assert events.session is None
            async for event in events:
                if isinstance(event, AudioChunk):
                    assert events.session is not None
                    assert events.session.is_active
                    break
        assert [] == tasks_left()
        assert ["closed"] == log
        assert events.session is None
        with pytest.raises(StopAsyncIteration):
            await anext(events)
        await events.aclose()


async def test_a_stream_that_is_never_iterated_opens_nothing(simulator: Simulator) -> None:
    """The session belongs to the first event asked for."""
    voice = voice_for(simulator, "openai")
    async with voice.run(utterance("openai")) as events:
        assert events.session is None
    assert [] == tasks_left()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_two_runs_of_one_voice_do_not_double_callbacks(
    simulator: Simulator, provider: str
) -> None:
    """Callbacks are registered once, however often it runs."""
    voice = voice_for(simulator, provider)
    finals: list[str] = []
    voice.on_transcript(lambda text, is_final: finals.append(text) if is_final else None)
    with anyio.fail_after(5):
        for _ in range(2):
            async for _event in voice.run(utterance(provider)):
                pass
    assert [CONFUSED, CONFUSED] == finals


# --- leaving early


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_row_run_ends_in_the_background_after_a_break(
    simulator: Simulator, provider: str
) -> None:
    """A bare loop left by `break`: the microphone is closed and nothing is left."""
    before = traces()
    voice = voice_for(simulator, provider)
    log: list[str] = []
    with anyio.fail_after(5):
        async for event in voice.run(endless(provider, log)):
            if isinstance(event, AudioChunk):
                break
        await nothing_left(before)
    assert ["closed"] == log


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_exception_in_the_loop_comes_out_unchanged(
    simulator: Simulator, provider: str
) -> None:
    """It is raised as it is, and the session ends."""
    before = traces()
    voice = voice_for(simulator, provider)
    with anyio.fail_after(5):
        with pytest.raises(ZeroDivisionError, match="mine"):
            async for _ in voice.run(endless(provider)):
                raise ZeroDivisionError("mine")
        await nothing_left(before)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_timeout_between_two_events_is_the_applications_own(
    simulator: Simulator, provider: str
) -> None:
    """The session goes on while the application does something else under a deadline."""
    voice = voice_for(simulator, provider)
    n_slept = 0
    with anyio.fail_after(5):
        async for event in voice.run(utterance(provider)):
            if isinstance(event, AudioChunk) and not n_slept:
                with anyio.move_on_after(0.01):
                    await anyio.sleep_forever()
                n_slept += 1
    assert 1 == n_slept
    assert isinstance(event, SessionClosed)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_timeout_around_one_event_ends_it(simulator: Simulator, provider: str) -> None:
    """A cancelled wait for an event closes everything before the timeout is over."""
    voice = voice_for(simulator, provider)

    async def silence() -> AsyncIterator[bytes]:
        await anyio.sleep_forever()
        yield b""

    with anyio.fail_after(5):
        stream = voice.run(silence())
        await anext(stream)  # SessionReady
        with anyio.move_on_after(0.05) as scope:
            await anext(stream)
        assert scope.cancelled_caught
        assert [] == tasks_left()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_cancelling_from_outside_ends_it(simulator: Simulator, provider: str) -> None:
    """The scope around the loop is left with nothing running."""
    voice = voice_for(simulator, provider)
    with anyio.fail_after(5):
        with anyio.move_on_after(0.05) as scope:
            async for _ in voice.run(endless(provider)):
                pass
        assert scope.cancelled_caught
        await settle(lambda: not tasks_left())


async def test_an_asyncio_timeout_ends_it(simulator: Simulator, anyio_backend: str) -> None:
    """asyncio's own cancellation is understood as well as anyio's."""
    if anyio_backend != "asyncio":
        return
    voice = voice_for(simulator, "openai")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            async for _ in voice.run(endless("openai")):
                pass
    assert [] == tasks_left()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_stream_that_is_dropped_ends_without_a_warning(
    simulator: Simulator, provider: str
) -> None:
    """No `aclose`, no loop: the last reference is what held it."""
    before = traces()
    voice = voice_for(simulator, provider)
    log: list[str] = []
    with anyio.fail_after(5):
        stream = voice.run(endless(provider, log))
        await anext(stream)
        del stream
        gc.collect()
        await nothing_left(before)
    assert ["closed"] == log


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_stream_may_outlive_its_event_loop(backend: str) -> None:
    """What the loop's end cancelled needs no second stop, and can be dropped afterwards."""
    kept = []
    log: list[str] = []

    async def main() -> None:
        async with Simulator(with_voice=False, pace=0) as simulator:
            stream = voice_for(simulator, "openai").run(endless("openai", log))
            await anext(stream)
            kept.append(stream)

    anyio.run(main, backend=backend)
    kept.clear()
    gc.collect()
    assert ["closed"] == log


# --- what goes wrong


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_unreachable_server_is_raised_by_the_first_event(provider: str) -> None:
    """The one error, outside of any group."""
    voice = RealtimeVoice(provider, api_key="k", base_url="http://127.0.0.1:9")
    with anyio.fail_after(5), pytest.raises(RealtimeConnectionError, match="connection refused"):
        async for _ in voice.run(utterance(provider)):
            pytest.fail("there is no session")
    assert [] == tasks_left()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_the_microphone_raises_comes_out_of_the_loop(
    simulator: Simulator, provider: str
) -> None:
    """The very same exception, after the events that came before it."""
    mine = OSError("unplugged")

    async def broken() -> AsyncIterator[bytes]:
        yield bytes(960)
        raise mine

    with anyio.fail_after(5), pytest.raises(OSError, match="unplugged") as caught:
        async for _ in voice_for(simulator, provider).run(broken()):
            pass
    assert mine is caught.value
    assert [] == tasks_left()


async def test_a_microphone_that_gives_no_bytes_is_told_so(simulator: Simulator) -> None:
    """The mistake is the application's, and named."""

    async def wrong() -> AsyncIterator[Any]:
        yield "not bytes"

    with anyio.fail_after(5), pytest.raises(LocalProtocolError, match="must be bytes"):
        async for _ in voice_for(simulator, "openai").run(wrong()):
            pass


def test_what_is_no_stream_is_refused_at_once() -> None:
    """run() itself raises, before anything is opened."""
    wrong: Any = [b"..."]
    with pytest.raises(ConfigurationError, match="asynchronous iterable"):
        RealtimeVoice("openai", api_key="k").run(wrong)


async def test_an_ignored_setting_is_warned_of_at_the_callers_line(simulator: Simulator) -> None:
    """run() warns where it is called, not from a task nobody knows."""
    voice = voice_for(simulator, "openai", temperature=0.8)
    with pytest.warns(ConfigurationWarning, match="temperature") as warned:
        voice.run(utterance("openai"))
    assert [__file__] == [warning.filename for warning in warned]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_callback_that_raises_ends_the_loop_with_it(
    simulator: Simulator, provider: str
) -> None:
    """CallbackError, with its cause."""
    voice = voice_for(simulator, provider)

    @voice.on_audio
    def fail(audio: bytes) -> None:
        raise ZeroDivisionError

    with anyio.fail_after(5), pytest.raises(CallbackError) as caught:
        async for _ in voice.run(endless(provider)):
            pass
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert [] == tasks_left()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("code", [1000, None])
async def test_a_server_that_leaves_ends_the_loop(provider: str, code: int | None) -> None:
    """A normal close ends it after SessionClosed; a broken connection is raised after it."""

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
        if code is None:
            await socket.aclose()
        else:
            await socket.close(code, timeout_s=1)

    events: list[VoiceEvent] = []

    async def listen(address: str) -> None:
        voice = RealtimeVoice(provider, api_key="k", base_url=f"http://{address}", reconnect=False)
        async for event in voice.run(endless(provider)):
            events.append(event)  # noqa: PERF401 - what came before an error counts too

    with anyio.fail_after(5):
        async with speaking(script) as address:
            if code is None:
                with pytest.raises(ConnectionLost):
                    await listen(address)
            else:
                await listen(address)
    assert isinstance(events[-1], SessionClosed)
    assert [] == tasks_left()


# --- context


async def test_row_run_has_the_context_of_its_caller(simulator: Simulator) -> None:
    """Context variables of whoever iterates are seen by what runs in the background."""
    variable = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    async def microphone() -> AsyncIterator[bytes]:
        seen.append(variable.get())
        yield b""

    voice = voice_for(simulator, "openai", vad_mode=VADMode.MANUAL)
    variable.set("mine")
    with anyio.fail_after(5):
        async for _ in voice.run(microphone()):
            pass
    assert ["mine"] == seen
