"""From the reader to the application: the lanes, the tasks that call back, the queue of iteration.

The reader puts events in and never waits. One task a lane calls the callbacks, so that a slow
`on_audio` holds up no interruption; an iterator's queue exists only from its first use. How much of
the audio the application has been handed is told, one chunk at a time, by whoever hands it over.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from realtime_io._lanes import Lane
from realtime_proto.errors import RealtimeError
from realtime_proto.events import AudioChunk, Interrupted, SessionClosed, VoiceEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import TaskGroup

    from realtime_io._callbacks import Callbacks

__all__ = ("REPORT_S", "Delivery")

REPORT_S: Final = 1.0
"""How long callbacks may take with the end of the session, an error above all."""


class Delivery:
    """Hands the events of one session to its application.

    Args:
        callbacks: The application's.
        delivered: Told of each chunk of audio that the application has been handed.
        fail: Told of a callback that raised.

    Attributes:
        is_reported: on_error has been told of what ended the session.
    """

    def __init__(
        self,
        callbacks: Callbacks,
        *,
        delivered: Callable[[AudioChunk], None],
        fail: Callable[[RealtimeError], None],
    ) -> None:
        self.is_reported: bool = False
        self._callbacks = callbacks
        self._delivered = delivered
        self._fail = fail
        self._audio = Lane()
        self._events = Lane()
        self._iterated: Lane | None = None
        self._closed: SessionClosed | None = None

    def start(self, tasks: TaskGroup) -> None:
        """Start to call back."""
        tasks.start_soon(self._dispatch, self._events, name="realtime_io events")
        tasks.start_soon(self._dispatch, self._audio, name="realtime_io audio")

    def put(self, event: VoiceEvent) -> None:
        """Take an event; a checkpoint is not passed. SessionClosed is the last one.

        Raises:
            SlowConsumer: The application is too far behind.
        """
        if isinstance(event, AudioChunk):
            self._audio.put(event)
        else:
            if isinstance(event, Interrupted):
                for lane in self._lanes:
                    lane.drop_audio(event.item_id)
            self._events.put(event)
        if self._iterated is not None:
            self._iterated.put(event)
        if isinstance(event, SessionClosed):
            self._closed = event
            for lane in self._lanes:
                lane.end()

    @property
    def _lanes(self) -> list[Lane]:
        lanes = (self._audio, self._events, self._iterated)
        return [lane for lane in lanes if lane is not None]

    @property
    def is_iterated(self) -> bool:
        """Whether the application takes events by iteration."""
        return self._iterated is not None

    def iterate(self) -> Lane:
        """The lane that iteration takes from; it exists, and fills, from the first call on."""
        if self._iterated is None:
            self._iterated = Lane()
            if self._closed is not None:
                self._iterated.put(self._closed)
                self._iterated.end()
        return self._iterated

    def handed(self, event: VoiceEvent) -> None:
        """The application was handed *event* by iteration."""
        if self._iteration_delivers:
            self._note(event)

    async def drained(self) -> None:
        """Return once the callbacks have been called with everything that has happened so far."""
        for lane in (self._events, self._audio):
            await lane.drained()

    async def told(self) -> None:
        """Return once the callbacks have been called with everything but audio."""
        await self._events.drained()

    async def tell(self, error: RealtimeError) -> None:
        """Tell on_error of what ends nothing. Where that raises, the session ends."""
        try:
            await self._callbacks.report(error)
        except RealtimeError as exc:
            self._fail(exc)

    async def report(self, error: RealtimeError) -> None:
        """Tell on_error of what ends the session. Where that raises, the first error stands."""
        self.is_reported = True
        with suppress(RealtimeError):
            await self._callbacks.report(error)

    @property
    def _iteration_delivers(self) -> bool:
        """Whether iteration is how the application takes audio; else the callbacks' lane is."""
        return self._iterated is not None and not self._callbacks.audio

    async def _dispatch(self, lane: Lane) -> None:
        try:
            while (event := await lane.take()) is not None:
                while event is not None:
                    if not self._iteration_delivers:
                        self._note(event)
                    await self._callbacks.deliver(event)
                    event = lane.take_nowait()
        except RealtimeError as exc:
            await self.report(exc)
            self._fail(exc)

    def _note(self, event: VoiceEvent) -> None:
        if isinstance(event, AudioChunk) and event.item_id is not None:
            self._delivered(event)
