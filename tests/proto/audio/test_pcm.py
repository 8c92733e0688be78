"""PCM bytes: silence, and whole samples out of any byte split."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.audio.pcm import SampleAligner, silence
from realtime_proto.formats import PCM16_16K, PCM16_24K, AudioFormat


def test_silence_is_as_long_as_asked_for() -> None:
    """20 ms at 16 kHz are 640 zero bytes."""
    assert bytes(640) == silence(20, PCM16_16K)
    assert b"" == silence(0, PCM16_24K)


@given(st.lists(st.binary(max_size=9)))
def test_any_split_gives_whole_samples_and_loses_nothing(pieces: list[bytes]) -> None:
    """What came out and what waits are what went in."""
    aligner = SampleAligner(PCM16_24K)
    out = [aligner.feed(piece) for piece in pieces]
    data = b"".join(pieces)
    assert all(len(piece) % 2 == 0 for piece in out)
    assert len(data) % 2 == aligner.pending_bytes
    assert data[: len(data) // 2 * 2] == b"".join(out)


@given(st.lists(st.binary(max_size=3)))
def test_g711_has_no_halves(pieces: list[bytes]) -> None:
    """One byte is one sample: everything passes at once."""
    aligner = SampleAligner(AudioFormat("g711_ulaw", 8_000))
    assert pieces == [aligner.feed(piece) for piece in pieces]
    assert 0 == aligner.pending_bytes
