"""The voice engine itself: what is spoken by espeak-ng is understood by pocketsphinx."""

from __future__ import annotations

import random
import struct
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from helpers.require import require

from realtime_io.simulator import voice
from realtime_io.simulator._scenario import DEFAULT_SCENARIO
from realtime_proto.errors import ConfigurationError, LocalProtocolError, RealtimeError

pytestmark = pytest.mark.voice
require("voice", voice.why_unavailable())

RATE_HZ = 16_000
VOICES = ("en-us", "en-us+m3")
GRAMMAR = DEFAULT_SCENARIO.grammar
PHRASES = (
    "what is the weather in tokyo",
    "what is the weather in paris",
    "please what is the weather in new york",
    "what time is it in madrid",
    "please tell me a story",
    "tell me a story",
    "hello how are you",
    "stop please",
    "wait a minute",
    "thank you goodbye",
)
OUTSIDE = (
    "book a table for two people at seven",
    "the quick brown fox jumps over the lazy dog",
    "i would like to order a pizza",
    "where is the nearest station",
    "how many people live in japan",
)


def word_errors(said: str, understood: str) -> int:
    """Words put in, left out or changed: Levenshtein's distance over words."""
    theirs = understood.split()
    row = list(range(len(theirs) + 1))
    for n, word in enumerate(said.split(), 1):
        diagonal, row[0] = row[0], n
        for m, other in enumerate(theirs, 1):
            diagonal, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, diagonal + (word != other))
    return row[-1]


@pytest.mark.parametrize(
    ("said", "understood", "errors"),
    [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a b", "b a d", 2), ("", "a", 1), ("a", "", 1)],
)
def test_word_errors_are_counted(said: str, understood: str, errors: int) -> None:
    """The measure of the tests below."""
    assert errors == word_errors(said, understood)


async def spoken(text: str, speaker: str) -> bytes:
    return await voice.speak(text, voice=speaker, rate_hz=RATE_HZ)


@pytest.mark.parametrize("speaker", VOICES)
async def test_what_is_expected_is_understood_and_the_rest_is_refused(speaker: str) -> None:
    """No word error within the grammar; no sentence outside of it is taken for a phrase."""
    for phrase in PHRASES:
        heard = await voice.recognise(await spoken(phrase, speaker), grammar=GRAMMAR)
        assert (phrase, True) == (heard.text, heard.in_grammar)
    for sentence in OUTSIDE:
        heard = await voice.recognise(await spoken(sentence, speaker), grammar=GRAMMAR)
        assert not heard.in_grammar, f"{sentence!r} was taken for {heard.text!r}"
        assert heard.text


async def test_the_grammar_is_what_makes_it_hear_well() -> None:
    """The same questions with the open language model alone; the rates are printed."""
    n_words = n_with = n_without = 0
    for phrase in PHRASES:
        pcm = await spoken(phrase, VOICES[1])
        n_words += len(phrase.split())
        heard = await voice.recognise(pcm, grammar=GRAMMAR)
        guessed = await voice.recognise(pcm, grammar=None)
        assert not guessed.in_grammar
        n_with += word_errors(phrase, heard.text)
        n_without += word_errors(phrase, guessed.text)
    print(
        f"voice: word error rate {n_with / n_words:.0%} with the grammar, "
        f"{n_without / n_words:.0%} without"
    )
    assert 0 == n_with
    assert n_without > 0


@pytest.mark.parametrize("seconds", [0.0, 0.3, 3.0])
@pytest.mark.parametrize("loudness", [0, 300, 3_000, 20_000])
async def test_noise_and_silence_are_no_phrase(seconds: float, loudness: int) -> None:
    """Nor are they words."""
    chance = random.Random(3)
    n_samples = int(seconds * RATE_HZ)
    samples = (chance.randint(-loudness, loudness) for _ in range(n_samples))
    pcm = struct.pack(f"<{n_samples}h", *samples)
    heard = await voice.recognise(pcm, grammar=GRAMMAR)
    assert ("", False) == (heard.text, heard.in_grammar)


async def test_the_rate_and_the_speed_are_what_was_asked_for() -> None:
    """The same words at 8 and 24 kHz last as long; spoken twice as fast, about half as long."""
    lengths = {
        (rate_hz, speed): len(
            await voice.speak(
                "what is the weather in tokyo", words_per_minute=speed, rate_hz=rate_hz
            )
        )
        / rate_hz
        for rate_hz, speed in ((8_000, 150), (24_000, 150), (24_000, 300))
    }
    assert lengths[8_000, 150] == pytest.approx(lengths[24_000, 150], rel=0.01)
    assert lengths[24_000, 300] == pytest.approx(lengths[24_000, 150] / 2, rel=0.25)


async def test_two_voices_are_two_voices() -> None:
    """And "en-gb" is found, whatever file it lives in."""
    texts = {await spoken("hello", name) for name in ("en-us", "en-us+m3", "en-gb")}
    assert 3 == len(texts)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": "a", "voice": "xx-nowhere"}, ConfigurationError),
        ({"text": "a", "words_per_minute": 79}, ConfigurationError),
        ({"text": "a", "words_per_minute": 451}, ConfigurationError),
        ({"text": "a", "rate_hz": 3_999}, ConfigurationError),
        ({"text": "a" * 4_001}, LocalProtocolError),
    ],
)
async def test_what_cannot_be_spoken_is_refused(arguments: dict[str, Any], error: type) -> None:
    """With the error of whose fault it is; the worker lives on."""
    with pytest.raises(error):
        await voice.speak(**arguments)
    assert await voice.speak("hello")


async def test_what_cannot_be_understood_is_refused() -> None:
    """A word nobody can pronounce; an utterance over two minutes."""
    with pytest.raises(ConfigurationError, match="pronounce: xyzzyx"):
        await voice.recognise(await spoken("hello", "en-us"), grammar=voice.Grammar(("xyzzyx",)))
    with pytest.raises(LocalProtocolError, match="two minutes"):
        await voice.recognise(bytes(121 * 2 * RATE_HZ), grammar=None)


async def test_the_loop_goes_on_while_the_engine_works() -> None:
    """Recognition runs beside the event loop, which is never held up for long."""
    pcm = await spoken("what is the weather in tokyo", "en-us")
    gaps = []

    async def watch(scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                before = anyio.current_time()
                await anyio.lowlevel.checkpoint()
                gaps.append(anyio.current_time() - before)

    scope = anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch, scope)
        await voice.recognise(pcm, grammar=GRAMMAR)
        scope.cancel()
    # Printed, not asserted: the machine may be busy with something else.
    print(f"voice: longest gap of the loop while recognising {max(gaps) * 1000:.1f} ms")
    assert len(gaps) > 100


async def test_a_cancelled_call_leaves_a_worker_to_the_next() -> None:
    """The worker of a cancelled call is killed; another takes its place."""
    pcm = await spoken("hello", "en-us")
    with anyio.move_on_after(0.01):
        await voice.recognise(pcm * 20, grammar=None)
    with anyio.fail_after(20):
        assert "hello" == (await voice.recognise(pcm, grammar=GRAMMAR)).text


async def test_without_the_wheels_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It names the package that is missing, and the extra that brings it."""
    monkeypatch.setattr("realtime_io.simulator.voice.speech.find_spec", lambda _: None)
    with pytest.raises(RealtimeError, match=r"soxr.*realtime-io\[demo\]"):
        await voice.speak("hello")
