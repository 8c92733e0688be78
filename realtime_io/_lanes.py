"""What waits between the reader and the application: bounded, and never in the reader's way.

The reader always reads, so that a barge-in or a ping is never stuck behind audio. Audio waits in a
lane of its own, bounded in bytes; everything else in one bounded in number. A full lane means that
the application does not take what the server sends: the session ends with SlowConsumer rather than
grow without bound.

What waits is given out without a turn for the others in between, for a turn costs more than most
events do; but not for long, for then the reader would wait.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import anyio.lowlevel

from realtime_io import _clock
from realtime_io._change import Change
from realtime_proto.errors import SlowConsumer
from realtime_proto.events import AudioChunk, VoiceEvent

__all__ = ("MAX_AUDIO_BYTES", "MAX_CHUNKS", "MAX_EVENTS", "TURN_EVENTS", "Lane")

MAX_AUDIO_BYTES: Final = 32 * 2**20
"""Over eleven minutes of PCM16 at 24 kHz."""

MAX_EVENTS: Final = 4_096
"""Events that may wait in a lane, beside audio."""

MAX_CHUNKS: Final = 2**16
"""Chunks of audio that may wait, however small they are."""

TURN_EVENTS: Final = 256
"""Events given out before others get a turn: as many as the reader takes from one read."""

TURN_S: Final = 0.001
"""The same in time, so that what the consumer does with them counts as well."""


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
        self._changed = Change()
        self._n_left = 0  # of this turn; 0: it is over
        self._turn_ends_at = 0.0

    def put(self, event: VoiceEvent) -> None:
        """Add an event; a checkpoint is not passed.

        Raises:
            SlowConsumer: The lane is full.
        """
        if isinstance(event, AudioChunk):
            size = len(event.data)
            if self._n_chunks >= self._max_chunks or self._bytes + size > self._max_bytes:
                raise self._full()
            self._n_chunks += 1
            self._bytes += size
        elif len(self._events) - self._n_chunks >= self._max_events:
            raise self._full()
        self._events.append(event)
        if len(self._events) == 1:  # nobody waits for a second one
            self._changed.tell()

    def _full(self) -> SlowConsumer:
        return SlowConsumer(
            f"the application is behind by {len(self._events)} events and {self._bytes} bytes "
            "of audio; take them faster, or let a task of your own hold them"
        )

    def end(self) -> None:
        """Nothing more comes. What waits is still given out."""
        self._is_ended = True
        self._changed.tell()

    def drop_audio(self, item_id: str) -> None:
        """Forget the audio of an item that was cut off."""
        self._events = deque(
            event
            for event in self._events
            if not (isinstance(event, AudioChunk) and event.item_id == item_id)
        )
        chunks = [event for event in self._events if isinstance(event, AudioChunk)]
        self._bytes = sum(len(chunk.data) for chunk in chunks)
        self._n_chunks = len(chunks)

    async def take(self) -> VoiceEvent | None:
        """The next event; None once the lane is over and empty. Cancelled, it takes nothing."""
        while True:
            if not (self._events or self._is_ended):
                self._is_waited_for = True
                self._changed.tell()
                await self._changed.wait()
                self._begin_turn()
            if self._is_in_turn():
                await anyio.lowlevel.checkpoint_if_cancelled()
            else:
                await anyio.lowlevel.checkpoint()
                self._begin_turn()
            if self._events:
                return self._pop()
            if self._is_ended:
                self._is_waited_for = True
                self._changed.tell()
                return None

    def take_nowait(self) -> VoiceEvent | None:
        """The next event, where it waits already and the others need no turn; else ask `take`."""
        if not self._events:
            return None
        self._n_left -= 1  # as `_is_in_turn` has it, without the call: most events go this way
        if self._n_left <= 0 or _clock.spent() >= self._turn_ends_at:
            return None
        return self._pop()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._events

    async def drained(self) -> None:
        """Return once everything was taken, and the taker is done with it and back for more."""
        while self._events or not self._is_waited_for:
            await self._changed.wait()

    def _pop(self) -> VoiceEvent:
        self._is_waited_for = False
        event = self._events.popleft()
        if isinstance(event, AudioChunk):
            self._bytes -= len(event.data)
            self._n_chunks -= 1
        return event

    def _begin_turn(self) -> None:
        self._n_left = TURN_EVENTS
        self._turn_ends_at = _clock.spent() + TURN_S

    def _is_in_turn(self) -> bool:
        self._n_left -= 1
        return self._n_left > 0 and _clock.spent() < self._turn_ends_at
