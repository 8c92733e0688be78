"""From one sample rate to another, as the audio comes in."""

from __future__ import annotations

import math
import struct
from itertools import pairwise

import pytest
from helpers.require import require

from realtime_io.simulator import voice
from realtime_io.simulator.voice import Resampler
from realtime_proto.errors import ConfigurationError

pytestmark = pytest.mark.voice
require("voice", voice.why_unavailable())


def sine(hz: int, rate_hz: int, seconds: float = 0.5, loudness: int = 16_000) -> bytes:
    n = int(rate_hz * seconds)
    return struct.pack(
        f"<{n}h", *(round(loudness * math.sin(2 * math.pi * hz * i / rate_hz)) for i in range(n))
    )


def whole(resampler: Resampler, pcm: bytes, piece: int) -> bytes:
    pieces = (resampler.feed(pcm[at : at + piece]) for at in range(0, len(pcm), piece))
    return b"".join(pieces) + resampler.flush()


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(24_000, 16_000), (16_000, 24_000), (8_000, 48_000)]
)
def test_a_tone_keeps_its_pitch_and_its_length(from_hz: int, to_hz: int) -> None:
    """440 Hz stay 440 Hz; the samples agree with the same tone made at the other rate."""
    made = whole(Resampler(from_hz, to_hz), sine(440, from_hz), 10**6)
    expected = sine(440, to_hz)
    assert len(expected) == len(made)
    got, want = (struct.unpack(f"<{len(expected) // 2}h", pcm) for pcm in (made, expected))
    middle = slice(len(want) // 4, -len(want) // 4)
    assert max(abs(a - b) for a, b in zip(got[middle], want[middle], strict=True)) < 200


@pytest.mark.parametrize("piece", [1, 3, 959, 4_801])
def test_how_the_bytes_are_cut_changes_nothing(piece: int) -> None:
    """Samples are put together again where they were cut in two."""
    pcm = sine(440, 24_000, seconds=0.1)
    expected = whole(Resampler(24_000, 16_000), pcm, 10**6)
    assert expected == whole(Resampler(24_000, 16_000), pcm, piece)


def test_loud_audio_is_clipped_and_does_not_wrap() -> None:
    """A square wave overshoots when it is filtered."""
    square = struct.pack("<h", 32_767) * 100 + struct.pack("<h", -32_768) * 100
    made = whole(Resampler(24_000, 16_000), square * 20, 10**6)
    samples = struct.unpack(f"<{len(made) // 2}h", made)
    n_jumps = sum(abs(a - b) > 60_000 for a, b in pairwise(samples))
    assert n_jumps <= 40
    assert (32_767, -32_768) == (max(samples), min(samples))


def test_after_a_flush_a_new_stream_begins() -> None:
    """Nothing of the first is heard in the second, not even half a sample."""
    resampler = Resampler(24_000, 16_000)
    first = whole(resampler, sine(440, 24_000) + b"\x01", 10**6)
    assert first == whole(resampler, sine(440, 24_000), 10**6)
    assert b"" == resampler.flush()


@pytest.mark.parametrize("rates", [(3_999, 16_000), (16_000, 192_001), (0, 0), (-1, 16_000)])
def test_a_rate_nobody_has_is_refused(rates: tuple[int, int]) -> None:
    """4 to 192 kHz."""
    with pytest.raises(ConfigurationError, match="sample rate"):
        Resampler(*rates)
