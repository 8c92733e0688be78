"""The user's audio on its way in: frames, rates, splits."""

from __future__ import annotations

import math
import struct
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_io._intake import Intake
from realtime_proto.errors import ConfigurationError
from realtime_proto.formats import PCM16_16K, PCM16_24K

FRAME_100 = 4_800
FRAME_200 = 9_600


def feed(intake: Intake, data: bytes, *, rate_hz: int | None = None, now: float = 0) -> list[int]:
    return [len(frame) for frame in intake.feed(data, rate_hz=rate_hz, now=now)]


def test_frames_have_100_to_200_ms() -> None:
    """Little waits, much is cut."""
    intake = Intake(PCM16_24K)
    assert [] == feed(intake, bytes(FRAME_100 - 2))
    assert [FRAME_100] == feed(intake, bytes(2))
    assert [FRAME_200, FRAME_200, FRAME_100 + 2] == feed(intake, bytes(5 * FRAME_100 + 2))
    assert [FRAME_200] == feed(intake, bytes(FRAME_200 + 2))
    assert 2 == len(intake.flush())


def test_what_waits_waits_100_ms() -> None:
    """From the first piece that did not fill a frame, not from the last."""
    intake = Intake(PCM16_24K)
    assert intake.flush_at is None
    feed(intake, bytes(10), now=7.0)
    feed(intake, bytes(10), now=7.05)
    assert 7.1 == intake.flush_at
    assert 20 == len(intake.flush())
    assert intake.flush_at is None
    feed(intake, bytes(FRAME_100), now=8.0)
    assert intake.flush_at is None
    feed(intake, bytes(FRAME_200 + 2), now=9.0)
    assert 9.1 == intake.flush_at
    intake.drop()
    assert (None, b"") == (intake.flush_at, intake.flush())


@given(st.binary(max_size=30_000), st.data())
def test_any_split_gives_the_same_bytes(data: bytes, draw: st.DataObject) -> None:
    """Nothing is lost, added or moved; no frame is over 200 ms, none but the rest under 100."""
    intake = Intake(PCM16_24K)
    frames = []
    at = 0
    while at < len(data):
        end = draw.draw(st.integers(at + 1, len(data)))
        frames += intake.feed(data[at:end], rate_hz=None, now=0)
        at = end
    assert all(FRAME_100 <= len(frame) <= FRAME_200 for frame in frames)
    assert data[: len(data) // 2 * 2] == b"".join(frames) + intake.finish()


def tone(rate_hz: int, hz: int = 440, seconds: float = 1.0) -> bytes:
    n = int(rate_hz * seconds)
    return struct.pack(
        f"<{n}h", *(round(8_000 * math.sin(2 * math.pi * hz * i / rate_hz)) for i in range(n))
    )


def crossings(pcm: bytes) -> int:
    samples = [value for (value,) in struct.iter_unpack("<h", pcm[: len(pcm) // 2 * 2])]
    return sum(a < 0 <= b for a, b in pairwise(samples))


@pytest.mark.parametrize("rate_hz", [8_000, 24_000, 44_100, 48_000])
def test_another_rate_is_resampled(rate_hz: int) -> None:
    """As long and as high as before, whatever pieces it comes in."""
    pytest.importorskip("soxr")
    pcm = tone(rate_hz)
    intake = Intake(PCM16_16K, rate_hz)
    heard = b"".join(
        b"".join(intake.feed(pcm[at : at + 1_001], rate_hz=None, now=0))
        for at in range(0, len(pcm), 1_001)
    )
    heard += intake.finish()
    assert abs(len(heard) - 32_000) <= 64
    assert 438 <= crossings(heard) <= 441


def test_the_rate_may_change_in_between() -> None:
    """What the resampler held back comes first; half a sample is not completed by another."""
    pytest.importorskip("soxr")
    intake = Intake(PCM16_24K)
    frames = intake.feed(bytes(FRAME_100 + 1), rate_hz=None, now=0)
    frames += intake.feed(tone(48_000), rate_hz=48_000, now=0)
    frames += intake.feed(tone(24_000), rate_hz=None, now=0)
    heard = b"".join(frames) + intake.finish()
    assert abs(len(heard) - FRAME_100 - 2 * 48_000) <= 256
    assert 876 <= crossings(heard[FRAME_100:]) <= 882


@pytest.mark.parametrize("rate_hz", [0, -1, 3_999, 192_001, 16_000.0, "16000", True])
def test_a_rate_that_nobody_has_changes_nothing(rate_hz: int) -> None:
    """An error, and what waited is still there."""
    intake = Intake(PCM16_24K)
    feed(intake, b"\x01\x02")
    with pytest.raises(ConfigurationError, match="a sample rate is 4000 to 192000 Hz"):
        feed(intake, b"\x03\x04", rate_hz=rate_hz)
    assert b"\x01\x02" == intake.flush()


def test_without_soxr_another_rate_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install; the provider's own rate needs nothing."""
    monkeypatch.setitem(sys.modules, "soxr", None)
    monkeypatch.setattr("realtime_io._resample.find_spec", lambda _: None)
    assert [FRAME_100] == feed(Intake(PCM16_24K), bytes(FRAME_100))
    with pytest.raises(ConfigurationError, match=r"pip install 'realtime-io\[audio\]'"):
        Intake(PCM16_24K, 48_000)
