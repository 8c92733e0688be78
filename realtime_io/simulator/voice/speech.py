"""Understanding and speaking, off the event loop.

Both take longer than an event loop may wait and hold the interpreter's lock while they do, so they
run in worker processes (`anyio.to_process`), two at most for every event loop. A worker loads the
models once, half a second and about 200 MB, and keeps them until the loop ends. A script that
speaks needs the usual `if __name__ == "__main__":`, since a worker imports the main module.
"""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, TypeVar

from anyio import BrokenWorkerProcess, CancelScope, CapacityLimiter, to_process
from anyio.lowlevel import RunVar
from attrs import frozen

from realtime_io import _clock
from realtime_io._resample import check_rate
from realtime_io.simulator.voice import _engine
from realtime_proto.errors import ConfigurationError, LocalProtocolError, RealtimeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_io.simulator.voice.grammar import Grammar

__all__ = ("Recognised", "recognise", "speak", "warm_up", "why_unavailable")

MAX_TEXT_CHARACTERS: Final = 4_000
"""Some four minutes of speech."""

MAX_PCM_BYTES: Final = 120 * 32_000
"""Two minutes: twice the longest utterance `VoiceActivity` cuts out, paddings included."""

SLOWEST_WPM: Final = 80
FASTEST_WPM: Final = 450
"""What espeak-ng can do."""

MAX_WORKERS: Final = 2
"""One listens while the other speaks."""

_PACKAGES: Final = {
    "pocketsphinx": "pocketsphinx",
    "espeakng_loader": "espeakng-loader",
    "soxr": "soxr",
}

_limiter: Final[RunVar[CapacityLimiter]] = RunVar("realtime_io.simulator.voice")

T = TypeVar("T")


@frozen
class Recognised:
    """What was said in an utterance.

    Args:
        text: The words, in lower case; empty where there were none.
        in_grammar: Whether they are a phrase of the grammar, and not a guess of the open model.
        score: How well the grammar fits, from about 0 (well) downwards; 0.0 where it was not asked.
    """

    text: str
    in_grammar: bool
    score: float


async def recognise(pcm16_16k: bytes, *, grammar: Grammar | None) -> Recognised:
    """What was said in one utterance.

    Args:
        pcm16_16k: The utterance, PCM16 little-endian mono at 16 000 Hz, at most two minutes.
        grammar: What is expected to be said. Anything else, and everything where it is None, is
            guessed by an open language model, which is wrong more often than not.

    Raises:
        ConfigurationError: The grammar has a word that the recogniser cannot pronounce.
        LocalProtocolError: The utterance is too long.
        RealtimeError: The recogniser failed.
    """
    if len(pcm16_16k) > MAX_PCM_BYTES:
        raise LocalProtocolError("an utterance is at most two minutes long")
    text, in_grammar, score = await _in_worker(_engine.understand, bytes(pcm16_16k), grammar)
    return Recognised(text, in_grammar, score)


async def speak(
    text: str, *, voice: str = "en-us", words_per_minute: int = 150, rate_hz: int = 24_000
) -> bytes:
    """The text, spoken; with the short silences before and after that the synthesiser makes.

    Args:
        text: At most 4 000 characters.
        voice: espeak-ng's name of a voice, perhaps with a variant: "en-us", "en-gb", "en-us+f3".
        words_per_minute: 80 to 450.
        rate_hz: The sample rate wanted.

    Returns:
        PCM16 little-endian mono at *rate_hz*.

    Raises:
        ConfigurationError: No such voice, speed or rate.
        LocalProtocolError: The text is too long.
        RealtimeError: The synthesiser failed.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise LocalProtocolError(f"a text to speak has at most {MAX_TEXT_CHARACTERS} characters")
    if not SLOWEST_WPM <= words_per_minute <= FASTEST_WPM:
        raise ConfigurationError(f"words_per_minute is {SLOWEST_WPM} to {FASTEST_WPM}")
    check_rate(rate_hz)
    return await _in_worker(_engine.synthesise, text, voice, words_per_minute, rate_hz)


async def warm_up(grammar: Grammar | None) -> None:
    """Load the models in one worker, so that the first utterance need not wait for it.

    Raises:
        ConfigurationError: The grammar has a word that the recogniser cannot pronounce.
        RealtimeError: The models could not be loaded.
    """
    await _in_worker(_engine.load, grammar)


def why_unavailable() -> str | None:
    """Why there is no voice here, in a sentence; None when there is one."""
    missing = [package for module, package in _PACKAGES.items() if find_spec(module) is None]
    if not missing:
        return None
    return (
        f"not installed: {', '.join(missing)}; pip install 'realtime-io[demo]' brings the wheels, "
        "which exist for CPython 3.11 and 3.13"
    )


async def _in_worker(function: Callable[..., T], *args: object) -> T:
    missing = why_unavailable()
    if missing is not None:
        raise ConfigurationError(f"there is no voice: {missing}", code="no_voice")
    async with _workers():
        try:
            with _clock.kept_still():
                await _ensure_worker()
                # The worker of a cancelled call is killed, since nothing else would stop it.
                return await to_process.run_sync(
                    function, *args, cancellable=True, limiter=CapacityLimiter(1)
                )
        except RealtimeError:
            raise
        except BrokenWorkerProcess as exc:
            raise RealtimeError(
                "the worker process of the voice did not start, or died; a script that uses the "
                "voice has to start it under `if __name__ == '__main__':`",
                code="voice_worker",
            ) from exc
        except Exception as exc:  # whatever foreign libraries raise in the worker
            raise RealtimeError(f"the voice failed: {exc!r}"[:200], code="voice_worker") from exc


async def _ensure_worker() -> None:
    """Return once an idle worker answers, so that the next call finds one that is alive.

    A worker may have died unnoticed while it was idle: on asyncio, anyio kills its workers when the
    outermost task ends, which under pytest is the one that set a fixture up, and keeps them listed.
    So one that does not answer is passed over as often as there can be such.
    """
    with CancelScope(shield=True):  # anyio leaves a process behind whose start is cancelled
        for _ in range(MAX_WORKERS):
            with suppress(BrokenWorkerProcess):
                return await to_process.run_sync(_engine.ready, limiter=CapacityLimiter(1))
        return await to_process.run_sync(_engine.ready, limiter=CapacityLimiter(1))


def _workers() -> CapacityLimiter:
    """Who may have a worker; every event loop has its own processes."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(MAX_WORKERS)
        _limiter.set(limiter)
        return limiter
