"""A voice for the simulator: speech recognition, speech synthesis, and what both need.

`VoiceActivity` finds the utterances in a stream, `recognise` tells what was said in one, `speak`
says a text, and `Resampler` brings audio to the rate the others want. Recognition (pocketsphinx)
and synthesis (espeak-ng) run in worker processes, never in the event loop. Three packages from the
extra `demo` do the work; this package can be imported without them, and `why_unavailable` tells
what is missing.
"""

from __future__ import annotations

from realtime_io._resample import Resampler
from realtime_io.simulator.voice.grammar import Grammar
from realtime_io.simulator.voice.speech import (
    Recognised,
    recognise,
    speak,
    warm_up,
    why_unavailable,
)
from realtime_io.simulator.voice.vad import SpeechBegan, SpeechEnded, VoiceActivity

__all__ = (
    "Grammar",
    "Recognised",
    "Resampler",
    "SpeechBegan",
    "SpeechEnded",
    "VoiceActivity",
    "recognise",
    "speak",
    "warm_up",
    "why_unavailable",
)
