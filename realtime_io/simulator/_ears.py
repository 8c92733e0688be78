"""How the simulated server hears and speaks: with a real voice, or without one.

An `Engine` makes ears, which find the utterances in a stream of audio, understands an utterance and
turns text into audio. With the voice both are real. Without it the mouth hums (a tone as long as
the text would take, so that everything that handles audio has some to handle) and the ears hear
that somebody speaks, but what they hear is not understood.
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

_FRAME_MS: Final = 20
_LOUD: Final = 1_000
"""From trough to crest, about -36 dB of full scale."""


class Engine(Protocol):
    """What a simulator hears and speaks with."""

    async def understand(self, pcm: bytes) -> str:
        """What was said in an utterance of 16 kHz PCM16; empty where nothing was understood."""

    async def speak(self, text: str) -> bytes:
        """The text as 24 kHz PCM16."""

    def ears(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> Ears:
        """A detector of utterances in a stream of that rate."""


class Ears(Protocol):
    """Finds the utterances in one stream of audio."""

    def feed(self, pcm: bytes) -> list[SpeechBegan | SpeechEnded]:
        """The beginnings and ends of speech in the next piece of the stream."""

    def utterance(self, pcm: bytes) -> bytes:
        """Audio of the stream that is an utterance by agreement, as `understand` takes it."""


class SpokenEars:
    """Finds speech by its sound."""

    def __init__(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> None:
        self._rate_hz = rate_hz
        self._resampler = Resampler(rate_hz, HEARING_RATE_HZ)
        self._activity = VoiceActivity(
            prefix_padding_ms=prefix_padding_ms, silence_duration_ms=silence_ms
        )

    def feed(self, pcm: bytes) -> list[SpeechBegan | SpeechEnded]:
        """The beginnings and ends of speech in the next piece of the stream."""
        return self._activity.feed(self._resampler.feed(pcm))

    def utterance(self, pcm: bytes) -> bytes:
        """The audio at the rate that is heard at."""
        resampler = Resampler(self._rate_hz, HEARING_RATE_HZ)
        return resampler.feed(pcm) + resampler.flush()


class LoudnessEars:
    """Takes whatever is loud for speech: enough to have turns without the voice's wheels."""

    def __init__(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> None:
        self._frame_bytes = rate_hz * _FRAME_MS // 1000 * 2
        self._prefix_ms = prefix_padding_ms
        self._frames_to_end = max(1, -(-silence_ms // _FRAME_MS))
        self._rest = b""
        self._n_frames = 0
        self._n_quiet: int | None = None  # None: nobody speaks

    def feed(self, pcm: bytes) -> list[SpeechBegan | SpeechEnded]:
        """Speech begins with the first loud frame and ends after enough quiet ones."""
        pcm = self._rest + pcm
        events: list[SpeechBegan | SpeechEnded] = []
        whole = len(pcm) - len(pcm) % self._frame_bytes
        for start in range(0, whole, self._frame_bytes):
            samples = memoryview(pcm)[start : start + self._frame_bytes].cast("h")
            events += self._frame(is_loud=max(samples) - min(samples) > _LOUD)
        self._rest = pcm[whole:]
        return events

    def utterance(self, pcm: bytes) -> bytes:
        """The audio as it is: nobody will understand it."""
        return pcm

    def _frame(self, *, is_loud: bool) -> list[SpeechBegan | SpeechEnded]:
        self._n_frames += 1
        if is_loud:
            began = self._n_quiet is None
            self._n_quiet = 0
            at_ms = max(0, (self._n_frames - 1) * _FRAME_MS - self._prefix_ms)
            return [SpeechBegan(at_ms)] if began else []
        if self._n_quiet is None:
            return []
        self._n_quiet += 1
        if self._n_quiet < self._frames_to_end:
            return []
        self._n_quiet = None
        return [SpeechEnded(self._n_frames * _FRAME_MS, b"")]


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

    def ears(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> SpokenEars:
        """A detector of speech."""
        return SpokenEars(
            rate_hz=rate_hz, prefix_padding_ms=prefix_padding_ms, silence_ms=silence_ms
        )


class HummingEngine:
    """No voice engine: hums, and hears that somebody speaks, not what."""

    async def understand(self, pcm: bytes) -> str:
        """Nothing."""
        return ""

    async def speak(self, text: str) -> bytes:
        """A quiet tone, as long as the text would take to say."""
        n_samples = len(text) * _HUM_MS_PER_CHARACTER * SPEAKING_RATE_HZ // 1000
        period = SPEAKING_RATE_HZ // _HUM_HZ
        wave = [round(2_000 * math.sin(2 * math.pi * n / period)) for n in range(period)]
        samples = (wave * (n_samples // period + 1))[:n_samples]
        return struct.pack(f"<{n_samples}h", *samples)

    def ears(self, *, rate_hz: int, prefix_padding_ms: int, silence_ms: int) -> LoudnessEars:
        """A detector of loudness."""
        return LoudnessEars(
            rate_hz=rate_hz, prefix_padding_ms=prefix_padding_ms, silence_ms=silence_ms
        )
