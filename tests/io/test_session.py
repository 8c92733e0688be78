"""VoiceSession: leaving it, hanging up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.leaks import nothing_left, tasks_left, traces

from realtime_io import (
    AudioChunk,
    ConnectionLost,
    RealtimeConfig,
    RealtimeVoice,
    SessionClosed,
    VADMode,
)

if TYPE_CHECKING:
    from realtime_io.simulator import Simulator

PROVIDERS = ("openai", "gemini")
HELLO = "Hello. How can I help you?"


def voice_for(simulator: Simulator, provider: str, **settings: Any) -> RealtimeVoice:
    return RealtimeVoice(
        provider,
        RealtimeConfig(**settings),
        api_key="any",
        base_url=simulator.base_url(provider),
    )


# --- leaving


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_was_asked_is_answered_before_the_block_ends(
    simulator: Simulator, provider: str
) -> None:
    """With callbacks, the whole answer has reached them when `async with` is over."""
    before = traces()
    voice = voice_for(simulator, provider)
    finals: list[str] = []
    audio = bytearray()
    voice.on_transcript(lambda text, is_final: finals.append(text) if is_final else None)
    voice.on_audio(audio.extend)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text("hello")
        await nothing_left(before)
    assert [HELLO] == finals
    assert len(HELLO) * 60 * 48 == len(audio)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_who_iterates_leaves_at_once(simulator: Simulator, provider: str) -> None:
    """Leaving a loop over the session is deliberate: nobody waits for the rest of the story."""
    voice = voice_for(simulator, provider)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            events = aiter(session)
            await session.send_text("tell me a story")
            async for event in events:
                if isinstance(event, AudioChunk):
                    break
        rest = [event async for event in events]
    assert not any(isinstance(event, AudioChunk) and event.is_final for event in rest)
    assert isinstance(rest[-1], SessionClosed)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_hanging_up_ends_everything_at_once(simulator: Simulator, provider: str) -> None:
    """After aclose() nothing can be sent, iteration is over, and nothing is waited for."""
    voice = voice_for(simulator, provider)
    played: list[bytes] = []
    voice.on_audio(played.append)
    with anyio.fail_after(5):
        async with voice.connect() as session:
            await session.send_text("tell me a story")
            await session.aclose()
            assert not session.is_active
            with pytest.raises(ConnectionLost, match="the session is over"):
                await session.send_text("hello")
            await session.aclose()
            assert [SessionClosed] == [type(event) async for event in session]
    assert [] == tasks_left()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_nothing_asked_is_nothing_waited_for(simulator: Simulator, provider: str) -> None:
    """An idle session, and one whose uncommitted audio nobody ended, close at once."""
    voice = voice_for(simulator, provider, vad_mode=VADMode.MANUAL)
    with anyio.fail_after(2):
        async with voice.connect() as session:
            await session.send_audio(bytes(16_000))
        async with voice.connect():
            pass
