"""Finds utterances in a stream of audio: when speech began, when it ended, and what lies between.

Three judges look at every frame of 30 ms. WebRTC's detector (in pocketsphinx) finds what is shaped
like speech, but takes white noise for it as well; so a frame counts as voiced only where it is also
loud enough and repeats itself at the pitch of a voice, which noise does not. Speech begins when
enough of the last frames are voiced, and goes on for as long as frames are voiced or, shortly after
one that was, still shaped like speech: the consonants between and after the vowels.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    import pocketsphinx

__all__ = ("SpeechBegan", "SpeechEnded", "VoiceActivity", "is_periodic")

RATE_HZ: Final = 16_000
FRAME_MS: Final = 30
FRAME_BYTES: Final = RATE_HZ * FRAME_MS // 1000 * 2

MAX_UTTERANCE_MS: Final = 60_000
"""An utterance that has not ended by then is cut there, so that it stays bounded."""

MAX_PADDING_MS: Final = 5_000
MAX_SILENCE_MS: Final = 10_000

_ONSET_WINDOW: Final = 8
_ONSET_VOICED: Final = 3
"""90 ms of voice within 240 ms: less than the vowel of a short word, more than a click."""

_CONSONANT_FRAMES: Final = 8
"""How long after a voiced frame one merely shaped like speech prolongs it; the closure and burst
of a consonant between two vowels take up to 200 ms."""

_MIN_LOUDNESS: Final = 10 ** (-50 / 20)
"""Root mean square of a voiced frame, as a part of full scale."""

_MIN_PERIODICITY: Final = 0.5
"""How alike a frame and the same frame one pitch period later are; see the tests for figures."""

_PITCHES_HZ: Final = (60, 400)


@frozen
class SpeechBegan:
    """Somebody began to speak.

    Args:
        at_ms: When, in all audio fed; the padding included.
    """

    at_ms: int


@frozen
class SpeechEnded:
    """Somebody stopped speaking.

    Args:
        at_ms: The end of the silence that told so, in all audio fed.
        pcm: The utterance from the padding before it to that silence, 16 kHz PCM16.
    """

    at_ms: int
    pcm: bytes = field(repr=lambda pcm: f"<{len(pcm)} bytes>")


class VoiceActivity:
    """Finds the utterances in one stream of mono PCM16 at 16 kHz.

    Args:
        prefix_padding_ms: How much of the audio before speech belongs to the utterance.
        silence_duration_ms: How much silence ends it.

    Raises:
        ConfigurationError: A duration that is negative or out of all proportion.
    """

    def __init__(self, prefix_padding_ms: int = 300, silence_duration_ms: int = 500) -> None:
        if not 0 <= prefix_padding_ms <= MAX_PADDING_MS:
            raise ConfigurationError(f"prefix_padding_ms is 0 to {MAX_PADDING_MS}")
        if not 0 <= silence_duration_ms <= MAX_SILENCE_MS:
            raise ConfigurationError(f"silence_duration_ms is 0 to {MAX_SILENCE_MS}")
        self._silent_frames_to_end = max(1, -(-silence_duration_ms // FRAME_MS))
        n_kept = -(-prefix_padding_ms // FRAME_MS) + _ONSET_WINDOW
        self._recent: deque[bytes] = deque(maxlen=n_kept)
        self._voiced: deque[bool] = deque(maxlen=_ONSET_WINDOW)
        self._prefix_frames = n_kept - _ONSET_WINDOW
        self._partial = b""
        self._n_frames = 0
        self._utterance: list[bytes] | None = None
        self._silent_frames = 0
        self._since_voiced = _CONSONANT_FRAMES
        self._vad: pocketsphinx.Vad | None = None

    def feed(self, pcm: bytes) -> list[SpeechBegan | SpeechEnded]:
        """The beginnings and ends of speech in the next piece of the stream.

        Args:
            pcm: PCM16 little-endian mono at 16 kHz, cut anywhere.
        """
        pcm = self._partial + pcm
        events: list[SpeechBegan | SpeechEnded] = []
        start = 0
        while start + FRAME_BYTES <= len(pcm):
            event = self._frame(pcm[start : start + FRAME_BYTES])
            if event is not None:
                events.append(event)
            start += FRAME_BYTES
        self._partial = pcm[start:]
        return events

    def _frame(self, frame: bytes) -> SpeechBegan | SpeechEnded | None:
        self._n_frames += 1
        is_shaped_like_speech = self._is_speech(frame)
        is_voiced = is_shaped_like_speech and is_periodic(frame)
        self._since_voiced = 0 if is_voiced else self._since_voiced + 1
        if self._utterance is None:
            return self._listen(frame, is_voiced)
        self._utterance.append(frame)
        is_consonant = is_shaped_like_speech and self._since_voiced <= _CONSONANT_FRAMES
        self._silent_frames = 0 if is_voiced or is_consonant else self._silent_frames + 1
        has_ended = self._silent_frames >= self._silent_frames_to_end
        if has_ended or len(self._utterance) * FRAME_MS >= MAX_UTTERANCE_MS:
            return self._end()
        return None

    def _listen(self, frame: bytes, is_voiced: bool) -> SpeechBegan | None:
        self._recent.append(frame)
        self._voiced.append(is_voiced)
        if sum(self._voiced) < _ONSET_VOICED:
            return None
        n_since_first = len(self._voiced) - self._voiced.index(True)
        n_frames = min(len(self._recent), n_since_first + self._prefix_frames)
        self._utterance = list(self._recent)[-n_frames:]
        self._silent_frames = 0
        return SpeechBegan((self._n_frames - n_frames) * FRAME_MS)

    def _end(self) -> SpeechEnded:
        pcm = b"".join(self._utterance or ())
        self._utterance = None
        self._recent.clear()
        self._voiced.clear()
        return SpeechEnded(self._n_frames * FRAME_MS, pcm)

    def _is_speech(self, frame: bytes) -> bool:
        if self._vad is None:
            import pocketsphinx  # here, not above: it comes with the extra `demo`

            self._vad = pocketsphinx.Vad(
                pocketsphinx.Vad.MEDIUM_LOOSE, sample_rate=RATE_HZ, frame_length=FRAME_MS / 1000
            )
        return bool(self._vad.is_speech(frame))


def is_periodic(frame: bytes) -> bool:
    """Whether a frame of 16 kHz PCM16 is loud enough and has a pitch, as a vowel has."""
    loudness, periodicity = measure(frame)
    return loudness >= _MIN_LOUDNESS and periodicity >= _MIN_PERIODICITY


def measure(frame: bytes) -> tuple[float, float]:
    """The loudness of a frame (of full scale 1), and how much it repeats itself (-1 to 1)."""
    import numpy as np  # here, not above: it comes with the extra `demo`

    wave: Any = np.frombuffer(frame, dtype="<i2").astype(np.float32) / 32768
    wave -= wave.mean()
    loudness = float(np.sqrt(np.mean(wave * wave)))
    shortest, longest = RATE_HZ // _PITCHES_HZ[1], RATE_HZ // _PITCHES_HZ[0]
    n = len(wave)
    spectrum = np.fft.rfft(wave, 2 * n)
    products = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[shortest : longest + 1]
    energy = np.concatenate(([0.0], np.cumsum(wave * wave)))
    lags = np.arange(shortest, longest + 1)
    norm = np.sqrt(energy[n - lags] * (energy[n] - energy[lags]))
    return loudness, float(np.max(products / np.maximum(norm, 1e-9)))
