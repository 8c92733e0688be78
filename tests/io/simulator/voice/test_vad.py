"""Where utterances begin and end in a stream of audio."""

from __future__ import annotations

import math
import random
import struct

import pytest
from helpers.require import require

from realtime_io.simulator import voice
from realtime_io.simulator.voice import SpeechBegan, SpeechEnded, VoiceActivity
from realtime_io.simulator.voice.vad import FRAME_BYTES, MAX_UTTERANCE_MS, is_periodic, measure
from realtime_proto.errors import ConfigurationError

pytestmark = pytest.mark.voice
require("voice", voice.why_unavailable())

RATE_HZ = 16_000


def quiet(ms: int) -> bytes:
    return bytes(ms * RATE_HZ // 1000 * 2)


def noise(ms: int, loudness: int) -> bytes:
    chance = random.Random(5)
    n = ms * RATE_HZ // 1000
    return struct.pack(f"<{n}h", *(chance.randint(-loudness, loudness) for _ in range(n)))


def tone(ms: int, *, hz: int = 120, loudness: int = 8_000) -> bytes:
    """A pitch with overtones, as a vowel has."""
    n = ms * RATE_HZ // 1000
    wave = (
        sum(math.sin(2 * math.pi * hz * k * i / RATE_HZ) / k for k in range(1, 9)) for i in range(n)
    )
    return struct.pack(f"<{n}h", *(round(loudness * sample / 2) for sample in wave))


async def hello(speaker: str = "en-us+m3") -> bytes:
    return await voice.speak("hello how are you", voice=speaker, rate_hz=RATE_HZ)


@pytest.mark.parametrize("piece", [1, 959, FRAME_BYTES, 32_000, 10**7])
async def test_an_utterance_is_found_however_the_stream_is_cut(piece: int) -> None:
    """One beginning, one end, the padding before and the silence after in it."""
    stream = quiet(1_000) + await hello() + quiet(1_000)
    if piece == 1:
        stream = stream[: 2 * RATE_HZ * 2]
        stream += quiet(1_500)
    activity = VoiceActivity(prefix_padding_ms=300, silence_duration_ms=500)
    events = [
        e for at in range(0, len(stream), piece) for e in activity.feed(stream[at : at + piece])
    ]
    began, ended = events
    assert isinstance(began, SpeechBegan)
    assert isinstance(ended, SpeechEnded)
    assert 600 <= began.at_ms <= 1_000
    assert (ended.at_ms - began.at_ms) * RATE_HZ // 1000 * 2 == len(ended.pcm)
    assert stream[began.at_ms * 32 : ended.at_ms * 32] == ended.pcm


async def test_two_utterances_with_a_pause_are_two() -> None:
    """A pause shorter than the silence asked for does not part them."""
    for pause_ms, n in ((1_200, 2), (100, 1)):
        activity = VoiceActivity(silence_duration_ms=700)
        events = activity.feed(await hello() + quiet(pause_ms) + await hello() + quiet(1_500))
        assert n == sum(isinstance(event, SpeechEnded) for event in events)


@pytest.mark.parametrize("loudness", [0, 100, 1_500, 10_000, 32_000])
def test_noise_is_not_speech(loudness: int) -> None:
    """White noise of any loudness begins nothing."""
    assert [] == VoiceActivity().feed(noise(5_000, loudness) if loudness else quiet(5_000))


def test_a_click_is_not_speech() -> None:
    """30 ms of a vowel are in two frames at most, and three are needed."""
    assert [] == VoiceActivity().feed(quiet(500) + tone(30) + quiet(2_000))


def test_an_endless_utterance_is_cut() -> None:
    """At a minute, so that it stays bounded; what follows is another one."""
    events = VoiceActivity(prefix_padding_ms=0).feed(tone(MAX_UTTERANCE_MS + 5_000))
    began, ended, again = events
    assert isinstance(ended, SpeechEnded)
    assert MAX_UTTERANCE_MS == len(ended.pcm) * 1000 // (2 * RATE_HZ)
    assert [SpeechBegan, SpeechBegan] == [type(began), type(again)]


def test_a_voice_repeats_itself_and_noise_does_not() -> None:
    """The figures that the threshold of 0.5 lies between."""
    frame = FRAME_BYTES * 1000 // (2 * RATE_HZ)
    for hz in (60, 100, 200, 399):
        loudness, periodicity = measure(tone(frame, hz=hz))
        assert loudness > 0.05
        assert periodicity > 0.8
    for loudness_in in (100, 30_000):
        assert measure(noise(frame, loudness_in))[1] < 0.4
    assert not is_periodic(tone(frame, loudness=40))
    assert (0.0, 0.0) == measure(quiet(frame))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"prefix_padding_ms": -1}, "prefix_padding_ms"),
        ({"prefix_padding_ms": 5_001}, "prefix_padding_ms"),
        ({"silence_duration_ms": -1}, "silence_duration_ms"),
        ({"silence_duration_ms": 10_001}, "silence_duration_ms"),
    ],
)
def test_durations_out_of_proportion_are_refused(arguments: dict[str, int], name: str) -> None:
    """The limits themselves are allowed."""
    with pytest.raises(ConfigurationError, match=name):
        VoiceActivity(**arguments)
    VoiceActivity(prefix_padding_ms=5_000, silence_duration_ms=10_000)
    VoiceActivity(prefix_padding_ms=0, silence_duration_ms=0)
