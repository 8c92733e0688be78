"""What waits to be sent: what overtakes what, the bounds, and a microphone that cannot wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_io._outgoing import BATCH_BYTES, MAX_BYTES, MAX_FRAMES, Outgoing
from realtime_proto.formats import PCM16_16K, PCM16_24K, AudioFormat

TWO_SECONDS = 2 * 24_000 * 2


def outgoing() -> Outgoing:
    return Outgoing(PCM16_24K)


def everything(queue: Outgoing) -> list[str]:
    taken = []
    while batch := queue.take():
        taken += batch
    return taken


def test_what_is_no_audio_overtakes_audio() -> None:
    """In its own order, and the audio in its own."""
    queue = outgoing()
    queue.put_audio(["a1"], n_pcm_bytes=2)
    queue.put(["c1", "c2"])
    queue.put_audio(["a2"], n_pcm_bytes=2)
    queue.put(["c3"])
    assert ["c1", "c2", "c3", "a1", "a2"] == everything(queue)
    assert queue.is_empty


def test_nothing_overtakes_what_ends_a_piece_of_audio() -> None:
    """A commit stays behind its audio, and what is sent later stays behind the commit."""
    queue = outgoing()
    queue.put_audio(["a1"], n_pcm_bytes=2)
    queue.put_behind_audio(["commit"])
    queue.put(["c1"])
    queue.put_audio(["a2"], n_pcm_bytes=2)
    queue.put(["c2"])
    assert ["a1", "commit", "c1", "c2", "a2"] == everything(queue)


@given(st.lists(st.sampled_from(["audio", "control", "barrier"])), st.lists(st.integers(0, 3)))
def test_order_holds_whatever_comes(kinds: list[str], takes: list[int]) -> None:
    """Each kind keeps its order, and no frame passes a barrier, with any takes in between."""
    queue = outgoing()
    taken: list[str] = []
    for i, kind in enumerate(kinds):
        name = f"{kind} {i}"
        if kind == "audio":
            queue.put_audio([name], n_pcm_bytes=2)
        elif kind == "control":
            queue.put([name])
        else:
            queue.put_behind_audio([name])
        if i < len(takes) and takes[i] == 0:
            taken += queue.take(max_bytes=0)
    taken += everything(queue)
    numbers = [int(name.split()[1]) for name in taken]
    assert sorted(numbers) == list(range(len(kinds)))
    for kind in ("audio", "control", "barrier"):
        own = [int(name.split()[1]) for name in taken if name.startswith(kind)]
        assert sorted(own) == own
    for position, name in enumerate(taken):
        if name.startswith("barrier"):
            assert all(number < numbers[position] for number in numbers[:position])
    assert 0 == queue.audio_ms
    assert queue.has_room(for_audio=True)


def test_a_batch_is_bounded_but_never_empty() -> None:
    """64 KiB, or one frame however long it is."""
    queue = outgoing()
    long = "x" * (2 * BATCH_BYTES)
    queue.put([long, "a" * BATCH_BYTES, "b"])
    queue.put_audio(["c"], n_pcm_bytes=2)
    assert [[long], ["a" * BATCH_BYTES], ["b", "c"], []] == [queue.take() for _ in range(4)]


@pytest.mark.parametrize("excess", [-1, 0, 1])
def test_frames_and_bytes_are_bounded(excess: int) -> None:
    """At the limit a producer waits; taking makes room."""
    queue = outgoing()
    queue.put(["x"] * (MAX_FRAMES + excess))
    assert (excess < 0) == queue.has_room(for_audio=False)
    everything(queue)
    assert queue.has_room(for_audio=False)
    queue.put(["x" * (MAX_BYTES + excess)])
    assert (excess < 0) == queue.has_room(for_audio=False)
    everything(queue)
    assert queue.has_room(for_audio=False)


@pytest.mark.parametrize("excess", [-2, 0, 2])
def test_audio_is_bounded_by_its_duration(excess: int) -> None:
    """2 s: then audio waits, and nothing else does. What a commit has behind it counts no more."""
    queue = outgoing()
    queue.put_audio(["start", "audio"], n_pcm_bytes=TWO_SECONDS + excess)
    assert (excess < 0) == queue.has_room(for_audio=True)
    assert queue.has_room(for_audio=False)
    queue.put_behind_audio(["commit"])
    assert 0 == queue.audio_ms
    assert ["start", "audio", "commit"] == everything(queue)


def test_a_microphone_keeps_the_newest_two_seconds() -> None:
    """The oldest samples go, and are counted; no sample is ever cut in half."""
    queue = outgoing()
    queue.hear(bytes(TWO_SECONDS))
    assert (2000, 0) == (queue.audio_ms, queue.dropped_ms)
    assert not queue.has_room(for_audio=True)
    queue.hear(b"\x01")
    assert 2 == queue.dropped_bytes
    queue.hear(b"\x02" + b"\x03\x04" * 480)
    assert 962 == queue.dropped_bytes
    assert 20 == queue.dropped_ms
    samples = queue.take_samples()
    assert TWO_SECONDS == len(samples)
    assert b"\x01\x02" + b"\x03\x04" * 480 == samples[-962:]
    assert b"" == queue.take_samples()


@given(
    st.lists(st.integers(0, 40), max_size=30),
    st.sampled_from([PCM16_16K, AudioFormat("g711_ulaw", 8000)]),
)
def test_samples_come_out_as_they_went_in(sizes: list[int], audio_format: AudioFormat) -> None:
    """However they are split, with nothing dropped below 2 s and half a sample kept for later."""
    queue = Outgoing(audio_format)
    data = bytes(i % 251 for i in range(sum(sizes)))
    taken = b""
    start = 0
    for size in sizes:
        queue.hear(data[start : start + size])
        start += size
        piece = queue.take_samples()
        assert 0 == len(piece) % audio_format.bytes_per_sample
        taken += piece
    n_whole = len(data) // audio_format.bytes_per_sample * audio_format.bytes_per_sample
    assert data[:n_whole] == taken
    assert 0 == queue.dropped_bytes


def test_a_lost_connection_takes_all_with_it() -> None:
    """Frames and samples; what was dropped before stays counted."""
    queue = outgoing()
    queue.put(["c"])
    queue.put_audio(["a"], n_pcm_bytes=2)
    queue.hear(bytes(TWO_SECONDS + 48))
    queue.drop()
    assert queue.is_empty
    assert (0, 1) == (queue.audio_ms, queue.dropped_ms)
    assert [] == queue.take()
    assert b"" == queue.take_samples()
