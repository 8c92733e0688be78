"""A recording as the peer of an application: the application unchanged, the server from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    AudioChunk,
    Interrupted,
    RealtimeConfig,
    RealtimeVoice,
    ResponseDone,
    TranscriptDelta,
)
from realtime_io.player import play
from realtime_io.simulator import Simulator
from realtime_proto.replay import replay

if TYPE_CHECKING:
    from pathlib import Path

SPOKEN = bytes(range(256)) * 50
"""0.27 s at 24 kHz, 0.4 s at 16 kHz."""

ANSWER = "The weather in Tokyo is sunny."
ALL = 60_000
"""More milliseconds than anything lasts."""

PROVIDERS = ("openai", "gemini")


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return "sunny" if city == "Tokyo" else "rainy"


async def talk(voice: RealtimeVoice, **options: Any) -> list[str]:
    """The application: asks, has a tool called, plays the answer, and interrupts the next one.

    It says how much was heard, as one with a loudspeaker does: so no clock decides on that.
    """
    told: list[str] = []
    with anyio.fail_after(15):
        async with voice.connect(**options) as session:
            await session.send_audio(SPOKEN)
            await session.send_text("What's the weather in Tokyo?")
            async for event in session:
                match event:
                    case TranscriptDelta(speaker="assistant", is_final=True, text=text):
                        told.append(text)
                    case AudioChunk(item_id=str(item_id)) if ANSWER in told:
                        await session.played(item_id, 10)
                        await session.interrupt()
                    case AudioChunk(item_id=str(item_id)):
                        await session.played(item_id, ALL)
                    case ResponseDone() if ANSWER in told:
                        await session.send_text("Tell me a story.")
                    case Interrupted():
                        break
    return told


def voice_for(provider: str, base_url: str, **options: Any) -> RealtimeVoice:
    return RealtimeVoice(
        provider,
        RealtimeConfig(tools=[get_weather]),
        api_key="sk-Canary0123456789",
        base_url=base_url,
        **options,
    )


async def record(provider: str, path: Path) -> list[str]:
    async with Simulator(with_voice=False, pace=0) as simulator:
        return await talk(voice_for(provider, simulator.base_url(provider)), record=path)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("recorded_on", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_recorded_conversation_is_had_again(
    provider: str, recorded_on: str, backend: str, tmp_path: Path
) -> None:
    path = tmp_path / "talk.rtc.jsonl"
    told = anyio.run(record, provider, path, backend=recorded_on)
    report = replay(path)
    assert report.is_exact, report.to_text()

    async def again() -> list[str]:
        async with play(path) as player:
            return await talk(voice_for(provider, player.base_url))

    assert told == run_virtually(again, backend=backend)
