"""From one sample rate to another, as the audio comes in.

Bytes in, bytes out, split anywhere: a sample cut in two is kept until its other half is there. The
filter holds back some milliseconds; `flush` gives them when the audio ends. soxr does the work: it
comes with the extra `audio`, and is loaded when it is first needed.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    import soxr

__all__ = ("Quality", "Resampler", "check_rate")

Quality: TypeAlias = Literal["LQ", "MQ", "HQ"]

MIN_RATE_HZ: Final = 4_000
MAX_RATE_HZ: Final = 192_000


class Resampler:
    """Changes the sample rate of one stream of mono PCM16.

    Args:
        from_hz: The rate of what is fed.
        to_hz: The rate of what comes out. Where both are the same, so are the bytes.
        quality: soxr's name of it: "LQ" holds back about 6 ms, which suits live speech; "HQ" about
            21 ms.

    Raises:
        ConfigurationError: A rate outside of 4-192 kHz; or they differ, and soxr is not installed.

    Example:
        >>> Resampler(16_000, 16_000).feed(b"abc")
        b'abc'
    """

    __slots__ = ("_half", "_quality", "_rates_hz", "_stream")

    def __init__(self, from_hz: int, to_hz: int, *, quality: Quality = "HQ") -> None:
        check_rate(from_hz)
        check_rate(to_hz)
        if from_hz != to_hz and find_spec("soxr") is None:
            raise ConfigurationError(
                f"audio at {from_hz} Hz has to be resampled to {to_hz} Hz, and soxr is not "
                "installed: pip install 'realtime-io[audio]', or give audio at that rate",
                code="no_resampler",
            )
        self._rates_hz = (from_hz, to_hz)
        self._quality = quality
        self._stream: soxr.ResampleStream | None = None
        self._half = b""

    def feed(self, pcm: bytes) -> bytes:
        """What can be told from the audio so far.

        Args:
            pcm: PCM16 little-endian mono at `from_hz`, cut anywhere.
        """
        if self._is_identity:
            return pcm
        pcm = self._half + pcm
        whole = len(pcm) & ~1
        self._half = pcm[whole:]
        return self._run(pcm[:whole], last=False) if whole else b""

    def flush(self) -> bytes:
        """The rest, at the end of the audio. What is fed afterwards is a new stream."""
        self._half = b""
        if self._is_identity or self._stream is None:
            return b""
        rest = self._run(b"", last=True)
        self._stream = None
        return rest

    @property
    def _is_identity(self) -> bool:
        return self._rates_hz[0] == self._rates_hz[1]

    def _run(self, pcm: bytes, *, last: bool) -> bytes:
        import numpy as np  # here, not above: both come with the extra `audio`
        import soxr

        if self._stream is None:
            # In int16 soxr adds noise that depends on how the audio was cut.
            self._stream = soxr.ResampleStream(
                *self._rates_hz, 1, dtype="float32", quality=self._quality
            )
        samples: Any = self._stream.resample_chunk(
            np.frombuffer(pcm, dtype="<i2").astype(np.float32), last=last
        )
        return bytes(np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes())


def check_rate(rate_hz: int) -> None:
    """Raises ConfigurationError for a sample rate that nobody has."""
    if rate_hz.__class__ is not int or not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise ConfigurationError(
            f"a sample rate is {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz, not {rate_hz!r:.40}"
        )
