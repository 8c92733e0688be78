"""The user's audio on its way in: at any rate, split anywhere, into frames of a good size.

Servers want 100 to 200 ms at a time: less costs a message each, more makes the model hear late.
What is less waits for the rest, and no longer than the rest would take to say. No I/O, and no
clock: times come in, and the time at which to flush goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_io._resample import Resampler, check_rate

if TYPE_CHECKING:
    from realtime_proto.formats import AudioFormat

__all__ = ("MAX_FRAME_MS", "MIN_FRAME_MS", "Intake")

MIN_FRAME_MS: Final = 100
MAX_FRAME_MS: Final = 200


class Intake:
    """Makes frames out of what the application sends.

    Args:
        wanted: What the server takes.
        rate_hz: What is sent, where it is not said; None: at the server's rate.

    Raises:
        ConfigurationError: That rate needs a resampler, and none is installed.
    """

    __slots__ = ("_default_hz", "_flush_at", "_format", "_pending", "_rate_hz", "_resampler")

    def __init__(self, wanted: AudioFormat, rate_hz: int | None = None) -> None:
        self._format = wanted
        self._default_hz = wanted.rate_hz if rate_hz is None else rate_hz
        self._resampler = self._new_resampler(self._default_hz)
        self._rate_hz = self._default_hz
        self._pending = bytearray()
        self._flush_at: float | None = None

    @property
    def flush_at(self) -> float | None:
        """When what waits has waited long enough."""
        return self._flush_at

    def feed(self, data: bytes, *, rate_hz: int | None, now: float) -> list[bytes]:
        """The frames that are complete with this piece.

        Args:
            data: PCM16, split anywhere.
            rate_hz: Its rate; None: the one agreed on.
            now: Seconds on the clock of `flush_at`.

        Raises:
            ConfigurationError: It cannot be resampled. Nothing was changed.
        """
        self._pending += self.resampled(data, rate_hz=rate_hz)
        frames = []
        longest = self._format.bytes_for_ms(MAX_FRAME_MS)
        shortest = self._format.bytes_for_ms(MIN_FRAME_MS)
        while len(self._pending) >= shortest:
            frames.append(self._take(longest))
        if not self._pending:
            self._flush_at = None
        elif frames or self._flush_at is None:
            self._flush_at = now + MIN_FRAME_MS / 1_000
        return frames

    def resampled(self, data: bytes, *, rate_hz: int | None) -> bytes:
        """The piece at the server's rate. Behind a change of rate, the end of what was before it.

        Raises:
            ConfigurationError: It cannot be resampled. Nothing was changed.
        """
        rate_hz = self._default_hz if rate_hz is None else rate_hz
        rest = b""
        if rate_hz != self._rate_hz:
            resampler = self._new_resampler(rate_hz)
            rest = self._resampler.flush()
            self._resampler, self._rate_hz = resampler, rate_hz
            del self._pending[len(self._pending) // 2 * 2 :]  # half a sample will not be completed
        return rest + self._resampler.feed(data)

    def check(self, rate_hz: int | None) -> None:
        """Whether audio of that rate could be taken. None: the server's rate.

        Raises:
            ConfigurationError: It cannot be resampled.
        """
        self._new_resampler(rate_hz or self._format.rate_hz)

    def rate_of(self, rate_hz: int | None) -> int:
        """The rate that is meant; None: the one agreed on. Changes nothing, so from any thread.

        Raises:
            ConfigurationError: It cannot be resampled.
        """
        rate_hz = self._default_hz if rate_hz is None else rate_hz
        if rate_hz not in (self._default_hz, self._rate_hz):
            self._new_resampler(rate_hz)
        return rate_hz

    def expect(self, rate_hz: int | None) -> None:
        """Take audio of that rate from now on, where it is not said; it was checked."""
        self._default_hz = rate_hz or self._format.rate_hz

    def flush(self) -> bytes:
        """What waits, however little. Inside an utterance nothing is taken from the resampler."""
        self._flush_at = None
        return self._take(len(self._pending))

    def finish(self) -> bytes:
        """What waits, and what the resampler held back: the utterance has ended."""
        rest = self.flush()
        self._pending.clear()
        return rest + self._resampler.flush()

    def drop(self) -> None:
        """Forget it."""
        self.finish()

    def _take(self, max_bytes: int) -> bytes:
        size = min(max_bytes, len(self._pending)) // 2 * 2
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def _new_resampler(self, rate_hz: int) -> Resampler:
        check_rate(rate_hz)
        return Resampler(rate_hz, self._format.rate_hz, quality="LQ")
