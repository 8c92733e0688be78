"""What waits between the reader and the application: bounded, and never in the reader's way.

The reader always reads, so that a barge-in or a ping is never stuck behind audio. Audio waits in a
lane of its own, bounded in bytes; everything else in one bounded in number. A full lane means that
the application does not take what the server sends: the session ends with SlowConsumer rather than
grow without bound.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import anyio
import anyio.lowlevel

from realtime_proto.errors import SlowConsumer
from realtime_proto.events import AudioChunk, VoiceEvent

__all__ = ("MAX_AUDIO_BYTES", "MAX_CHUNKS", "MAX_EVENTS", "Lane")

MAX_AUDIO_BYTES: Final = 32 * 2**20
"""Over eleven minutes of PCM16 at 24 kHz."""

MAX_EVENTS: Final = 4_096
"""Events that may wait in a lane, beside audio."""

MAX_CHUNKS: Final = 2**16
"""Chunks of audio that may wait, however small they are."""


class Lane:
    """A bounded queue of events with one consumer."""

    def __init__(
        self,
        *,
        max_events: int = MAX_EVENTS,
        max_chunks: int = MAX_CHUNKS,
        max_bytes: int = MAX_AUDIO_BYTES,
    ) -> None:
        self._events: deque[VoiceEvent] = deque()
        self._bytes = 0
        self._n_chunks = 0
        self._max_events = max_events
        self._max_chunks = max_chunks
        self._max_bytes = max_bytes
        self._is_ended = False
        self._is_waited_for = False
        self._changed: anyio.Event | None = None  # made by whoever waits

    def put(self, event: VoiceEvent) -> None:
        """Add an event; a checkpoint is not passed.

        Raises:
            SlowConsumer: The lane is full.
        """
        size = _audio_bytes(event)
        is_chunk = isinstance(event, AudioChunk)
        if is_chunk:
            is_full = self._n_chunks >= self._max_chunks or self._bytes + size > self._max_bytes
        else:
            is_full = len(self._events) - self._n_chunks >= self._max_events
        if is_full:
            raise SlowConsumer(
                f"the application is behind by {len(self._events)} events and {self._bytes} bytes "
                "of audio; take them faster, or let a task of your own hold them"
            )
        self._events.append(event)
        self._n_chunks += is_chunk
        self._bytes += size
        self._wake()

    def end(self) -> None:
        """Nothing more comes. What waits is still given out."""
        self._is_ended = True
        self._wake()

    def drop_audio(self, item_id: str) -> None:
        """Forget the audio of an item that was cut off."""
        self._events = deque(
            event
            for event in self._events
            if not (isinstance(event, AudioChunk) and event.item_id == item_id)
        )
        self._bytes = sum(map(_audio_bytes, self._events))
        self._n_chunks = sum(isinstance(event, AudioChunk) for event in self._events)

    async def take(self) -> VoiceEvent | None:
        """The next event; None once the lane is over and empty. Cancelled, it takes nothing."""
        while True:
            await anyio.lowlevel.checkpoint()
            if self._events:
                self._is_waited_for = False
                event = self._events.popleft()
                self._bytes -= _audio_bytes(event)
                self._n_chunks -= isinstance(event, AudioChunk)
                return event
            self._is_waited_for = True
            self._wake()
            if self._is_ended:
                return None
            await self._until_change()

    async def drained(self) -> None:
        """Return once everything was taken, and the taker is done with it and back for more."""
        while self._events or not self._is_waited_for:
            await self._until_change()

    async def _until_change(self) -> None:
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None


def _audio_bytes(event: VoiceEvent) -> int:
    return len(event.data) if isinstance(event, AudioChunk) else 0
