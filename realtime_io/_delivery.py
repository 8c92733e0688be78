"""From the reader to the application: the lanes, the tasks that call back, the queue of iteration.

The reader puts events in and never waits. One task a lane calls the callbacks, so that a slow
`on_audio` holds up no interruption; it is started by the first event that has a callback to call,
for a task that waits takes 4 KiB. An iterator's queue exists only from its first use. How much of
the audio the application has been handed is told by whoever hands it over: what callbacks get
without a checkpoint in between, in one.
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


class _Dispatched:
    """A lane that a task of its own takes from, once there is something in it."""

    __slots__ = ("lane", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.lane: Lane | None = None


class Delivery:
    """Hands the events of one session to its application.

    Args:
        callbacks: The application's.
        now: The event loop's clock.
        delivered: Told of audio that the application has been handed: of which item, how many
            bytes, since when.
        fail: Told of a callback that raised.

    Attributes:
        is_reported: on_error has been told of what ended the session.
    """

    __slots__ = (
        "_audio",
        "_callbacks",
        "_closed",
        "_delivered",
        "_events",
        "_fail",
        "_handed",
        "_handed_bytes",
        "_iterated",
        "_now",
        "_tasks",
        "is_reported",
    )

    def __init__(
        self,
        callbacks: Callbacks,
        *,
        now: Callable[[], float],
        delivered: Callable[[str, int, float], None],
        fail: Callable[[RealtimeError], None],
    ) -> None:
        self.is_reported: bool = False
        self._callbacks = callbacks
        self._now = now
        self._delivered = delivered
        self._fail = fail
        self._audio = _Dispatched("audio")
        self._events = _Dispatched("events")
        self._iterated: Lane | None = None
        self._tasks: TaskGroup | None = None
        self._closed: SessionClosed | None = None
        self._handed: tuple[str, float] | None = None  # what item, since when; not told yet
        self._handed_bytes = 0

    def start(self, tasks: TaskGroup) -> None:
        """Begin to call back."""
        self._tasks = tasks

    def put(self, event: VoiceEvent) -> None:
        """Take an event; a checkpoint is not passed. SessionClosed is the last one.

        Raises:
            SlowConsumer: The application is too far behind.
        """
        if event.__class__ is AudioChunk:
            lane = self._audio.lane
            if lane is None:
                self._dispatch_soon(self._audio, event)
            else:
                lane.put(event)
            if self._iterated is not None:
                self._iterated.put(event)
            return
        if isinstance(event, Interrupted):
            for lane in self._lanes:
                lane.drop_audio(event.item_id)
        if self._callbacks.hear_of_events:
            self._dispatch_soon(self._events, event)
        if self._iterated is not None:
            self._iterated.put(event)
        if isinstance(event, SessionClosed):
            self._closed = event
            for lane in self._lanes:
                lane.end()

    @property
    def _lanes(self) -> list[Lane]:
        lanes = (self._audio.lane, self._events.lane, self._iterated)
        return [lane for lane in lanes if lane is not None]

    def _dispatch_soon(self, dispatched: _Dispatched, event: VoiceEvent) -> None:
        if dispatched.lane is None:
            if self._tasks is None:
                return
            dispatched.lane = Lane()
            name = f"realtime_io {dispatched.name}"
            self._tasks.start_soon(self._dispatch, dispatched.lane, name=name)
        dispatched.lane.put(event)

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
            self.settle()

    def settle(self) -> None:
        """Tell of the audio that was handed over and not told of yet."""
        if self._handed is not None:
            item_id, since = self._handed
            self._handed = None
            self._delivered(item_id, self._handed_bytes, since)

    async def drained(self) -> None:
        """Return once the callbacks have been called with everything that has happened so far."""
        for dispatched in (self._events, self._audio):
            if dispatched.lane is not None:
                await dispatched.lane.drained()

    async def told(self) -> None:
        """Return once the callbacks have been called with everything but audio."""
        if self._events.lane is not None:
            await self._events.lane.drained()

    async def tell_rest(self) -> None:
        """Call back with what happened before a failure and was not told by then: the lane's task
        was cancelled by it. What is heard last is that the session is over.
        """
        lane = self._events.lane
        with suppress(RealtimeError):  # a callback that raises now: the first failure stands
            while lane is not None and not lane.is_empty:
                event = await lane.take()
                rest = None if event is None else self._callbacks.deliver(event)
                if rest is not None:
                    await rest

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
                    if self._iterated is None or not self._iteration_delivers:
                        self._note(event)
                    rest = self._callbacks.deliver(event)
                    if rest is not None:
                        self.settle()
                        await rest
                    event = lane.take_nowait()
                self.settle()
        except RealtimeError as exc:
            self.settle()
            await self.report(exc)
            self._fail(exc)

    def _note(self, event: VoiceEvent) -> None:
        if not isinstance(event, AudioChunk) or event.item_id is None:
            return
        handed = self._handed
        if handed is None or handed[0] != event.item_id:
            self.settle()
            self._handed = (event.item_id, self._now())
            self._handed_bytes = 0
        self._handed_bytes += len(event.data)
