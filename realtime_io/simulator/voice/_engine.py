"""What runs in the worker process: recognition and synthesis, and all that they keep loaded.

Recognition holds one decoder with several searches: the grammar, the loop of all phones, and the
open language model. An utterance is decoded by the grammar and by the phone loop; what was said
within the grammar scores about as well by both, what was not scores worse by the grammar, which has
to bend it into a phrase.
"""

from __future__ import annotations

import ctypes
import math
import os
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_io._resample import Resampler
from realtime_io.simulator.voice.vad import FRAME_BYTES, RATE_HZ, is_periodic
from realtime_proto.errors import ConfigurationError, RealtimeError

if TYPE_CHECKING:
    from realtime_io.simulator.voice.grammar import Grammar

__all__ = ("load", "ready", "synthesise", "understand")

MIN_SCORE: Final = -0.055
MAX_GRAMMARS: Final = 8
"""Grammars kept loaded; the one not used for longest goes first."""

_MIN_VOICED_FRAMES: Final = 3
_COMFORT_NOISE: Final = 10 ** (-50 / 20) * 32768
_QUIET_SAMPLES: Final = RATE_HZ * 300 // 1000
_SEED: Final = 1

_ALL_PHONES: Final = "all phones"
_OPEN: Final = "open"

# espeak-ng's speak_lib.h, version 1.52.
_SYNCHRONOUS: Final = 2
_DONT_EXIT: Final = 0x8000
_CHARACTERS: Final = 1
_CHARS_UTF8: Final = 1
_RATE: Final = 1
_CALLBACK: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_SYNTH_ARGUMENTS: Final = (
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_uint,
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.c_uint,
    ctypes.c_void_p,
    ctypes.c_void_p,
)


def ready() -> None:
    """Nothing: that it returns says that the process is there."""


def load(grammar: Grammar | None) -> None:
    """Get ready for *grammar*, and to speak."""
    recogniser = _recogniser()
    if grammar is not None:
        recogniser.search_of(grammar)
    _synthesiser()


def understand(pcm: bytes, grammar: Grammar | None) -> tuple[str, bool, float]:
    """What was said, whether the grammar has it, and how well it fits."""
    return _recogniser().understand(pcm, grammar)


def synthesise(text: str, voice: str, words_per_minute: int, rate_hz: int) -> bytes:
    """The text, spoken, as PCM16 at *rate_hz*."""
    synthesiser = _synthesiser()
    pcm = synthesiser.say(text, voice, words_per_minute)
    resampler = Resampler(synthesiser.rate_hz, rate_hz)
    return resampler.feed(pcm) + resampler.flush()


class _Voice(ctypes.Structure):
    """espeak_VOICE, as far as it is read."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_void_p),
    )


class _Recogniser:
    """One decoder and its searches."""

    def __init__(self) -> None:
        import pocketsphinx  # here, not above: it comes with the extra `demo`

        models = Path(pocketsphinx.get_model_path(), "en-us")
        self._decoder = pocketsphinx.Decoder(
            samprate=RATE_HZ, loglevel="FATAL", cmn="batch", lm=None
        )
        self._decoder.add_allphone_file(_ALL_PHONES, str(models / "en-us-phone.lm.bin"))
        self._decoder.add_lm_file(_OPEN, str(models / "en-us.lm.bin"))
        self._searches: dict[Grammar, str] = {}
        self._n_loaded = 0

    def understand(self, pcm: bytes, grammar: Grammar | None) -> tuple[str, bool, float]:
        """Asks the grammar first, then the open language model."""
        if not _has_voice(pcm):
            return "", False, 0.0
        audio = _prepared(pcm)
        score = 0.0
        if grammar is not None:
            text, likelihood = self._decode(audio, self.search_of(grammar))
            _, reference = self._decode(audio, _ALL_PHONES)
            score = likelihood - reference
            if text and score >= MIN_SCORE:
                return text, True, score
        text, _ = self._decode(audio, _OPEN)
        return text, False, score

    def search_of(self, grammar: Grammar) -> str:
        """The name of the grammar's search; loads it where it is not loaded."""
        name = self._searches.pop(grammar, None)
        if name is None:
            name = self._load(grammar)
            if len(self._searches) >= MAX_GRAMMARS:
                oldest = next(iter(self._searches))
                self._decoder.remove_search(self._searches.pop(oldest))
        self._searches[grammar] = name  # moved to the end: used last
        return name

    def _load(self, grammar: Grammar) -> str:
        unknown = sorted(w for w in grammar.words if self._decoder.lookup_word(w) is None)
        if unknown:
            raise ConfigurationError(
                f"the recogniser does not know how to pronounce: {', '.join(unknown)}"
            )
        self._n_loaded += 1
        name = f"grammar {self._n_loaded}"
        try:
            self._decoder.add_jsgf_string(name, grammar.to_jsgf())
        except RuntimeError as exc:
            raise ConfigurationError("the recogniser does not accept the grammar") from exc
        return name

    def _decode(self, audio: bytes, search: str) -> tuple[str, float]:
        """The words by one search and the logarithm of their likelihood."""
        decoder = self._decoder
        decoder.activate_search(search)
        decoder.start_utt()
        decoder.process_raw(audio, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        if found is None or found.score <= 0:
            return "", -math.inf
        return str(found.hypstr), math.log(found.score)


class _Synthesiser:
    """espeak-ng, which is one for a process."""

    def __init__(self) -> None:
        import espeakng_loader  # here, not above: it comes with the extra `demo`

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Synth.argtypes = _SYNTH_ARGUMENTS
        data = os.fsencode(espeakng_loader.get_data_path())
        self.rate_hz: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
        if self.rate_hz <= 0:
            raise RealtimeError("espeak-ng found no voices")
        self._voices = self._list_voices()
        self._pcm = bytearray()
        self._callback = _CALLBACK(self._take)  # kept: the library only has its address
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, voice: str, words_per_minute: int) -> bytes:
        """The text as PCM16 at `rate_hz`."""
        self._pcm.clear()
        spoken = text.replace("\0", " ").encode("utf-8", "replace") + b"\0"
        self._choose(voice)
        self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
        flags = _CHARS_UTF8
        if self._library.espeak_Synth(spoken, len(spoken), 0, _CHARACTERS, 0, flags, None, None):
            raise RealtimeError("espeak-ng failed to speak")
        return bytes(self._pcm)

    def _choose(self, voice: str) -> None:
        language, plus, variant = voice.partition("+")
        name = self._voices.get(language.lower(), language) + plus + variant
        if self._library.espeak_SetVoiceByName(name.encode("utf-8", "replace")) != 0:
            raise ConfigurationError(f"espeak-ng has no voice {voice[:100]!r}")

    def _list_voices(self) -> dict[str, str]:
        """The best voice's file for every language.

        A language is found under no other name: "en-gb" is said by the voice in "gmw/en".
        """
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        listed = self._library.espeak_ListVoices(None)
        best: dict[str, tuple[int, str]] = {}
        for n in count():
            if not listed[n]:
                return {language: name for language, (_, name) in best.items()}
            voice = listed[n].contents
            name = ctypes.string_at(voice.identifier).decode()
            at = voice.languages
            # Each language is a byte of priority, low is better, and a text; priority 0 ends them.
            while priority := ctypes.string_at(at, 1)[0]:
                language = ctypes.string_at(at + 1)
                at += len(language) + 2
                found = (priority, name)
                best[language.decode()] = min(best.get(language.decode(), found), found)
        raise AssertionError  # the list ends with a null pointer

    def _take(self, samples: Any, n_samples: int, _events: object) -> int:
        if samples and n_samples > 0:
            self._pcm += ctypes.string_at(samples, n_samples * 2)
        return 0


@cache
def _recogniser() -> _Recogniser:
    return _Recogniser()


@cache
def _synthesiser() -> _Synthesiser:
    return _Synthesiser()


def _has_voice(pcm: bytes) -> bool:
    """Whether somebody speaks: phones can be found in any noise."""
    starts = range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
    voiced = (True for start in starts if is_periodic(pcm[start : start + FRAME_BYTES]))
    return len(list(islice(voiced, _MIN_VOICED_FRAMES))) == _MIN_VOICED_FRAMES


def _prepared(pcm: bytes) -> bytes:
    """The utterance between two quiet pieces, in a little noise.

    Digital silence is like nothing the acoustic model was trained on.
    """
    import numpy as np  # here, not above: it comes with the extra `demo`

    wave = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.float64)
    wave = np.concatenate((np.zeros(_QUIET_SAMPLES), wave, np.zeros(_QUIET_SAMPLES)))
    wave += np.random.default_rng(_SEED).standard_normal(len(wave)) * _COMFORT_NOISE
    return bytes(np.clip(np.rint(wave), -32768, 32767).astype("<i2").tobytes())
