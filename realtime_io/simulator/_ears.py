"""How the simulated server hears and speaks: with a real voice, or without one.

`Ears` finds utterances in a stream of audio and tells what was said; `Mouth` turns text into audio.
With the voice engine both are real. Without it the mouth hums (a tone as long as the text would
take, so that everything that handles audio has some to handle) and the ears hear that somebody
speaks but understand nothing.
"""

from __future__ import annotations

import math
import struct
from typing import Final, Protocol

from realtime_io.simulator.voice import (
    Grammar,
    Resampler,
    SpeechBegan,
    SpeechEnded,
    VoiceActivity,
    recognise,
    speak,
)

__all__ = ("Ears", "Engine", "HummingEngine", "SpokenEngine")

HEARING_RATE_HZ: Final = 16_000
SPEAKING_RATE_HZ: Final = 24_000

_HUM_MS_PER_CHARACTER: Final = 60
_HUM_HZ: Final = 220


class Engine(Protocol):
    """What a simulator hears and speaks with."""

    async def understand(self, pcm: bytes) -> str:
        """What was said in an utterance of 16 kHz PCM16; empty where nothing was understood."""

    async def speak(self, text: str) -> bytes:
        """The text as 24 kHz PCM16."""

    def ears(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> Ears | None:
        """A detector of utterances in a stream of that rate; None where it cannot hear."""


class Ears:
    """Finds the utterances in one stream of audio."""

    def __init__(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> None:
        self._resampler = Resampler(rate_hz, HEARING_RATE_HZ)
        self._activity = VoiceActivity(
            prefix_padding_ms=prefix_padding_ms, silence_duration_ms=silence_ms
        )

    def feed(self, pcm: bytes) -> list[SpeechBegan | SpeechEnded]:
        """The beginnings and ends of speech in the next piece of the stream."""
        return self._activity.feed(self._resampler.feed(pcm))


class SpokenEngine:
    """The voice engine: needs the extra `demo`.

    Args:
        grammar: What is expected to be said.
        voice: espeak-ng's name of the voice that answers.
    """

    def __init__(self, grammar: Grammar, *, voice: str = "en-us") -> None:
        self._grammar = grammar
        self._voice = voice

    async def understand(self, pcm: bytes) -> str:
        """What was said, by the grammar or else by the open language model."""
        return (await recognise(pcm, grammar=self._grammar)).text

    async def speak(self, text: str) -> bytes:
        """The text, spoken."""
        return await speak(text, voice=self._voice, rate_hz=SPEAKING_RATE_HZ)

    def ears(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> Ears:
        """A detector of utterances."""
        return Ears(rate_hz=rate_hz, prefix_padding_ms=prefix_padding_ms, silence_ms=silence_ms)


class HummingEngine:
    """No voice engine: hums, and hears nothing."""

    async def understand(self, pcm: bytes) -> str:
        """Nothing: there are no ears to understand with."""
        return ""

    async def speak(self, text: str) -> bytes:
        """A quiet tone, as long as the text would take to say."""
        n_samples = len(text) * _HUM_MS_PER_CHARACTER * SPEAKING_RATE_HZ // 1000
        period = SPEAKING_RATE_HZ // _HUM_HZ
        wave = [round(2_000 * math.sin(2 * math.pi * n / period)) for n in range(period)]
        samples = (wave * (n_samples // period + 1))[:n_samples]
        return struct.pack(f"<{n_samples}h", *samples)

    def ears(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> None:
        """None."""
        return
