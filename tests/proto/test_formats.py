"""How audio bytes are read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.formats import PCM16_16K, PCM16_24K, AudioFormat


@pytest.mark.parametrize(
    ("audio_format", "n_bytes", "ms"),
    [
        (PCM16_24K, 4_800, 100),
        (PCM16_16K, 640, 20),
        (PCM16_16K, 1, 0),
        (PCM16_16K, 63, 1),
        (AudioFormat("g711_ulaw", 8_000), 8_000, 1_000),
    ],
)
def test_bytes_last_as_long_as_their_whole_samples(
    audio_format: AudioFormat, n_bytes: int, ms: int
) -> None:
    """Rounded down."""
    assert ms == audio_format.duration_ms(n_bytes)


@given(
    st.integers(0, 10**6),
    st.sampled_from([PCM16_16K, PCM16_24K, AudioFormat("g711_alaw", 8_000)]),
)
def test_milliseconds_to_bytes_and_back(ms: int, audio_format: AudioFormat) -> None:
    """Whole milliseconds are whole samples at these rates."""
    assert ms == audio_format.duration_ms(audio_format.bytes_for_ms(ms))


@pytest.mark.parametrize("arguments", [("pcm8", 8_000), ("pcm16", 0), ("pcm16", -1)])
def test_a_format_nobody_speaks_is_refused(arguments: Any) -> None:
    """An unknown encoding, a rate that is not positive."""
    with pytest.raises(ValueError, match=r"encoding|rate_hz"):
        AudioFormat(*arguments)
