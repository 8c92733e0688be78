"""What waits to be sent, in the order in which it matters. No I/O.

A slow connection holds back what the user says, and must not hold back what ends it: an
interruption, a tool's answer. So frames wait here, not in the socket, and what is no audio goes
before the audio at the end of the queue. Only the end: what closes a piece of audio (a commit, the
end of the stream) stays behind it, and everything later stays behind that.

Audio has two ways in. Who can wait, such as a file that is read, waits while 2 s are queued (`room`
in the driver). A microphone cannot: its samples are kept as such (`hear`), the oldest are dropped
when they are over 2 s, whole samples only, and they become a frame when one can be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_proto.formats import AudioFormat

__all__ = ("MAX_AUDIO_MS", "MAX_BYTES", "MAX_FRAMES", "Outgoing")

MAX_FRAMES: Final = 256
"""Frames that may wait before their producer does."""

MAX_BYTES: Final = 4 * 2**20
"""The same in bytes (in characters, of which JSON has one a byte but for text)."""

MAX_AUDIO_MS: Final = 2_000
"""Audio that may wait. What the model hears later than that is no conversation."""

BATCH_BYTES: Final = 64 * 2**10
"""Of frames handed to the socket at once: what is there cannot be overtaken any more."""


class Outgoing:
    """The frames and samples of one conversation that were not handed to its socket yet.

    Args:
        audio_format: Of the samples.

    Attributes:
        dropped_bytes: Of samples that the microphone gave and that waited too long.
    """

    def __init__(self, audio_format: AudioFormat) -> None:
        self.dropped_bytes = 0
        self._format = audio_format
        self._ordered: list[str] = []  # goes first, as it came
        self._appends: list[tuple[str, int]] = []  # frame, bytes of PCM in it
        self._samples = bytearray()
        self._n_bytes = 0
        self._n_pcm_bytes = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits, samples apart."""
        return not (self._ordered or self._appends)

    @property
    def is_waiting(self) -> bool:
        """Whether anything waits; half a sample does not."""
        return not self.is_empty or len(self._samples) >= self._format.bytes_per_sample

    @property
    def audio_ms(self) -> int:
        """How much audio waits."""
        return self._format.duration_ms(self._n_pcm_bytes + len(self._samples))

    @property
    def dropped_ms(self) -> int:
        """How much of what the microphone gave was dropped."""
        return self._format.duration_ms(self.dropped_bytes)

    def has_room(self, *, for_audio: bool) -> bool:
        """Whether a producer that can wait need not."""
        n_frames = len(self._ordered) + len(self._appends)
        if n_frames >= MAX_FRAMES or self._n_bytes >= MAX_BYTES:
            return False
        return not for_audio or self.audio_ms < MAX_AUDIO_MS

    def put(self, frames: Iterable[str]) -> None:
        """Queue frames before the audio at the end of the queue, room or not."""
        for frame in frames:
            self._ordered.append(frame)
            self._n_bytes += len(frame)

    def put_audio(self, frames: Iterable[str], *, n_pcm_bytes: int) -> None:
        """Queue the frames that carry a piece of audio.

        Args:
            frames: In order.
            n_pcm_bytes: How much audio is in them.
        """
        for frame in frames:
            self._appends.append((frame, n_pcm_bytes))
            self._n_bytes += len(frame)
            self._n_pcm_bytes += n_pcm_bytes
            n_pcm_bytes = 0

    def put_behind_audio(self, frames: Iterable[str]) -> None:
        """Queue frames behind all audio; nothing overtakes them."""
        self._ordered.extend(frame for frame, _ in self._appends)
        self._appends.clear()
        self._n_pcm_bytes = 0
        self.put(frames)

    def hear(self, samples: bytes) -> None:
        """Keep what the microphone gave; of more than 2 s the oldest is dropped, in whole samples.

        Args:
            samples: PCM, split anywhere.
        """
        self._samples += samples
        excess = len(self._samples) - self._format.bytes_for_ms(MAX_AUDIO_MS)
        if excess > 0:
            size = self._format.bytes_per_sample
            excess = -(-excess // size) * size
            del self._samples[:excess]
            self.dropped_bytes += excess

    def take_samples(self) -> bytes:
        """What the microphone gave, to be made into a frame: whole samples, perhaps none."""
        n_bytes = len(self._samples) // self._format.bytes_per_sample
        n_bytes *= self._format.bytes_per_sample
        samples = bytes(self._samples[:n_bytes])
        del self._samples[:n_bytes]
        return samples

    def take(self, max_bytes: int = BATCH_BYTES) -> list[str]:
        """What is to be sent next: one frame at least where any waits, and no more than is given.

        Args:
            max_bytes: Of all but the first.
        """
        batch: list[str] = []
        while self._ordered or self._appends:
            frame = self._ordered[0] if self._ordered else self._appends[0][0]
            max_bytes -= len(frame)
            if batch and max_bytes < 0:
                break
            batch.append(frame)
            self._n_bytes -= len(frame)
            if self._ordered:
                self._ordered.pop(0)
            else:
                self._n_pcm_bytes -= self._appends.pop(0)[1]
        return batch

    def drop(self) -> None:
        """Forget all of it: the connection it was for is gone."""
        self._ordered.clear()
        self._appends.clear()
        self._samples.clear()
        self._n_bytes = self._n_pcm_bytes = 0
