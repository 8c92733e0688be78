"""The way of what a microphone hears from a thread of its own into the event loop's.

Libraries that read a microphone call back in a thread of theirs, which must not wait and must not
touch what the loop's tasks use. So pieces are put down here, and one call in the loop takes all of
them. Where the loop is busy too long, the oldest are dropped, as where the connection is behind.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from realtime_io._outgoing import MAX_AUDIO_MS
from realtime_io._threads import door
from realtime_proto.errors import ConnectionLost, RealtimeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Microphone",)


class Microphone:
    """What was heard and is not in the loop yet. Made in the loop.

    Args:
        bytes_per_sample: Of all pieces.
        hear: Called in the loop with each piece and its rate; raises RealtimeError.
    """

    __slots__ = (
        "_bytes_per_sample",
        "_door",
        "_dropped_ms",
        "_failure",
        "_hear",
        "_lock",
        "_pieces",
        "_waiting_ms",
    )

    def __init__(self, bytes_per_sample: int, hear: Callable[[bytes, int], object]) -> None:
        self._bytes_per_sample = bytes_per_sample
        self._hear = hear
        self._door = door()
        self._lock = Lock()
        self._pieces: list[tuple[bytes, int]] = []
        self._waiting_ms = 0.0
        self._dropped_ms = 0.0
        self._failure: RealtimeError | None = None

    @property
    def is_here(self) -> bool:
        """Whether whoever asks is in the loop, and needs none of this."""
        return self._door.is_inside

    @property
    def dropped_ms(self) -> int:
        """How much was dropped."""
        return int(self._dropped_ms)

    def put(self, data: bytes, rate_hz: int) -> None:
        """Have a piece heard soon. From any thread; does not wait.

        Raises:
            RealtimeError: Why a piece before it could not be sent; or the loop has ended.
        """
        with self._lock:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            self._pieces.append((data, rate_hz))
            self._waiting_ms += self._ms(data, rate_hz)
            is_first = len(self._pieces) == 1
            while self._waiting_ms > MAX_AUDIO_MS and len(self._pieces) > 1:
                dropped_ms = self._ms(*self._pieces.pop(0))
                self._waiting_ms -= dropped_ms
                self._dropped_ms += dropped_ms
        if is_first:
            try:
                self._door.call_soon(self._take)
            except RuntimeError:
                raise ConnectionLost("the event loop of the session has ended") from None

    def _take(self) -> None:
        with self._lock:
            pieces, self._pieces = self._pieces, []
            self._waiting_ms = 0.0
        try:
            for data, rate_hz in pieces:
                self._hear(data, rate_hz)
        except RealtimeError as exc:  # told to whoever speaks next: nobody waits for this
            self._failure = exc

    def _ms(self, data: bytes, rate_hz: int) -> float:
        return len(data) / self._bytes_per_sample / rate_hz * 1_000
