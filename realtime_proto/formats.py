"""Small values both levels share: how audio bytes are to be read."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from attrs import field, frozen, validators

__all__ = ("PCM16_16K", "PCM16_24K", "AudioEncoding", "AudioFormat")

AudioEncoding: TypeAlias = Literal["pcm16", "g711_ulaw", "g711_alaw"]

_BYTES_PER_SAMPLE: Final = {"pcm16": 2, "g711_ulaw": 1, "g711_alaw": 1}


@frozen
class AudioFormat:
    """How to read mono audio bytes. PCM16 is signed, little-endian.

    Args:
        encoding: "pcm16", "g711_ulaw" or "g711_alaw".
        rate_hz: Samples per second.
    """

    encoding: AudioEncoding = field(default="pcm16", validator=validators.in_(_BYTES_PER_SAMPLE))
    rate_hz: int = field(default=24_000, validator=validators.gt(0))

    @property
    def bytes_per_sample(self) -> int:
        """2 for PCM16, 1 for G.711."""
        return _BYTES_PER_SAMPLE[self.encoding]

    def duration_ms(self, n_bytes: int) -> int:
        """How long *n_bytes* last, in whole milliseconds rounded down; half a sample is nothing."""
        return n_bytes // _BYTES_PER_SAMPLE[self.encoding] * 1000 // self.rate_hz

    def bytes_for_ms(self, ms: int) -> int:
        """How many bytes *ms* milliseconds take, in whole samples."""
        return ms * self.rate_hz // 1000 * self.bytes_per_sample


PCM16_24K: Final = AudioFormat("pcm16", 24_000)
"""What OpenAI Realtime speaks and hears by default, and what Gemini Live speaks."""

PCM16_16K: Final = AudioFormat("pcm16", 16_000)
"""What Gemini Live hears."""
