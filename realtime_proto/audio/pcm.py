"""PCM bytes: silence, and whole samples out of any byte split."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_proto.formats import AudioFormat

__all__ = ("SampleAligner", "silence")


def silence(ms: int, audio_format: AudioFormat) -> bytes:
    """That many milliseconds of PCM16 silence.

    Example:
        >>> from realtime_proto.formats import PCM16_16K
        >>> len(silence(20, PCM16_16K))
        640
    """
    return bytes(audio_format.bytes_for_ms(ms))


class SampleAligner:
    """Gives whole samples, whatever pieces the bytes come in. Half a sample waits for the rest."""

    __slots__ = ("_rest", "_width")

    def __init__(self, audio_format: AudioFormat) -> None:
        self._width = audio_format.bytes_per_sample
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """The whole samples there are now; may be empty."""
        data = self._rest + data
        end = len(data) - len(data) % self._width
        self._rest = data[end:]
        return data[:end]

    @property
    def pending_bytes(self) -> int:
        """Bytes of a sample that is not whole yet."""
        return len(self._rest)
