"""One reader, one writer, one dispatcher a lane, one timer: obeys a Conversation, decides nothing.

Inputs to the conversation are followed, without a checkpoint, by `_obey`: its frames go to the
sender, its events to the lanes and the tools, its road and its deadline are looked at. So there is
one place where outputs are drained, and the state that the tasks see is always a whole one.

Failures. No task of the session raises: a failure is stored and the scope of the body is cancelled,
and `hold_session` raises it as the single error it is once all tasks are gone. An error of the body
comes first, and is never wrapped. A normal close by the server fails nothing: the lanes end,
iteration ends, and the next send raises ConnectionLost.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from math import inf
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel

from realtime_io import _clock, _log
from realtime_io._change import Change
from realtime_io._delivery import REPORT_S, Delivery
from realtime_io._intake import Intake
from realtime_io._microphone import Microphone
from realtime_io._roads import FAILED_CLOSE_S, Roads
from realtime_io._sender import BEHIND_AUDIO, Sender
from realtime_io._tasks import background_tasks
from realtime_io._timer import Timer
from realtime_io._toolrunner import ToolRunner
from realtime_proto.commands import (
    AudioDelivered,
    ClearAudio,
    CommitAudio,
    EndAudio,
    SendAudio,
    ToolResult,
    UpdateSession,
    VoiceCommand,
)
from realtime_proto.config import VADMode
from realtime_proto.conversation import Close
from realtime_proto.errors import ConnectionLost, RealtimeError, RecordingError, SlowConsumer
from realtime_proto.events import (
    AudioChunk,
    Reconnected,
    ResponseDone,
    SessionClosed,
    SessionReady,
    ToolCallCancelled,
    ToolCallRequest,
    TranscriptDelta,
    VoiceEvent,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import TaskGroup

    from realtime_io._callbacks import Callbacks
    from realtime_io._lanes import Lane
    from realtime_io._redial import Dial
    from realtime_io._websocket import WebSocket
    from realtime_io.recorder import Recorder
    from realtime_proto.conversation import Conversation
    from realtime_proto.events import Failure
    from realtime_proto.recording import Journaled
    from realtime_proto.tools import ToolDefinition
    from realtime_proto.usage import TurnMetrics

__all__ = ("Driver", "hold_session")

CLOSE_S: Final = 5.0
"""How long the server may take to answer our close frame."""

LINGER_S: Final = 10.0
"""How long a body that has ended waits for the answer to what was asked in it."""


FREQUENT: Final = (AudioChunk, TranscriptDelta)
"""Of what happens, almost all, and nothing but the application has to do with it."""


class Driver:
    """Drives one conversation over one WebSocket.

    Args:
        conversation: Made with `reports_delivery=True`, not yet opened.
        socket: Open.
        dial: Opens another connection; None: a lost one is not opened again.
        callbacks: The application's.
        tools: The tools to run.
        recorder: Takes the journal, where the conversation is recorded.
    """

    def __init__(
        self,
        conversation: Conversation,
        socket: WebSocket,
        *,
        dial: Dial | None = None,
        callbacks: Callbacks,
        tools: tuple[ToolDefinition, ...],
        recorder: Recorder | None = None,
    ) -> None:
        self.failure: RealtimeError | None = None
        self.was_told: bool = False  # the failure was raised by a call of the application's
        self.ready: SessionReady | None = None
        self.session_id: str | None = None
        self.metrics: TurnMetrics | None = None
        self._conversation = conversation
        self._now = _clock.loop_clock()
        self._delivery = Delivery(
            callbacks, now=self._now, delivered=self._note_delivery, fail=self.fail
        )
        input_format = conversation.capabilities.input_format
        self._intake = Intake(input_format, conversation.config.input_rate_hz)
        self._microphone = Microphone(input_format.bytes_per_sample, self._hear)
        self._sender = Sender(input_format, speak=self._speak, changed=self.changed)
        self._tools = ToolRunner(tools, callbacks, self._answer, self.fail)
        self._tasks: TaskGroup | None = None
        self._is_settled = False  # it is known whether the session can be had
        self._changed = Change()
        self._timer = Timer(self._now, due=self._due, ring=self._ring)
        self._is_over = False
        self._is_closed = False
        self._recording_failure: RecordingError | None = None
        # What inputs go to and outputs come from: the conversation, or its journal in between.
        self._subject: Conversation | Journaled[Conversation] = (
            conversation
            if recorder is None
            else recorder.attach(conversation, self._note_recording_failure)
        )
        self._roads = Roads(
            self._subject,
            socket,
            dial,
            self._sender,
            now=self._now,
            obey=self._obey,
            fail=self.fail,
        )
        self._has_open_audio = False  # audio was sent, and not yet said to be all

    # --- for the session

    @property
    def socket(self) -> WebSocket:
        """The connection of now, or the last one."""
        return self._roads.socket

    @property
    def is_active(self) -> bool:
        """Whether something can be sent."""
        is_over = self._is_over or self._conversation.is_over  # the latter may be so before
        return self.ready is not None and not is_over

    @property
    def conversation(self) -> Conversation:
        """What is driven, to look at."""
        return self._conversation

    async def send(self, command: VoiceCommand) -> None:
        """Wait for room, then give the command to the conversation. Cancelled, it sends nothing.

        Raises:
            ConnectionLost: The session is over.
            LocalProtocolError: The command is not allowed now. Nothing was changed.
        """
        self._check_active()
        for_audio = isinstance(command, SendAudio)
        await anyio.lowlevel.checkpoint()
        await self.wait_until(lambda: self._sender.has_room(for_audio=for_audio))
        self._check_active()
        self.put(command)

    async def send_audio(
        self, data: bytes | bytearray | memoryview, *, rate_hz: int | None
    ) -> None:
        """Wait for room, then send audio in frames of a good size. Cancelled, it sends nothing.

        Raises:
            ConnectionLost: The session is over.
            LocalProtocolError: It is no audio. Nothing was sent.
            ConfigurationError: It cannot be resampled. Nothing was sent.
        """
        data = SendAudio(data).data
        self._check_active()
        await anyio.lowlevel.checkpoint()
        await self.wait_until(lambda: self._sender.has_room(for_audio=True))
        self._check_active()
        frames = self._intake.feed(data, rate_hz=rate_hz, now=self._now())
        self._has_open_audio = True
        for frame in frames:
            self.put(SendAudio(frame))
        self.changed()

    def put(self, command: VoiceCommand) -> None:
        """Give a command to the conversation now, room or not; a checkpoint is not passed."""
        self._delivery.settle()
        if isinstance(command, UpdateSession):
            self._intake.check(command.config.input_rate_hz)
        if isinstance(command, BEHIND_AUDIO):
            self._send_rest(command)
            self._sender.speak()
        self._subject.send(command, now=self._now())
        match command:
            case EndAudio():
                self._has_open_audio = False
            case UpdateSession(config):
                self._tools.offer(config.tools)
                self._intake.expect(config.input_rate_hz)
        self._obey(command)

    def _send_rest(self, before: VoiceCommand) -> None:
        """Send what is less than a frame, before what refers to it."""
        if isinstance(before, ClearAudio):
            self._intake.drop()
            return
        is_end = isinstance(before, CommitAudio | EndAudio)
        self._flush(self._intake.finish() if is_end else self._intake.flush())

    def _flush(self, data: bytes) -> None:
        if data:
            self.put(SendAudio(data))

    def hear(self, data: bytes | bytearray | memoryview, *, rate_hz: int | None) -> None:
        """Send what a microphone gave, which cannot wait. From any thread; passes no checkpoint.

        Raises:
            ConnectionLost: The session is over.
            LocalProtocolError: It is no audio.
            ConfigurationError: It cannot be resampled.
        """
        self._check_active()
        data = SendAudio(data).data
        if self._microphone.is_here:
            self._hear(data, rate_hz)
        else:
            self._microphone.put(data, self._intake.rate_of(rate_hz))

    def _hear(self, data: bytes, rate_hz: int | None) -> None:
        self._check_active()
        samples = self._intake.resampled(data, rate_hz=rate_hz)
        self._has_open_audio = True
        self._sender.hear(samples)

    @property
    def dropped_audio_ms(self) -> int:
        """How much of what the microphone gave was dropped, because the connection was behind."""
        return self._sender.dropped_ms + self._microphone.dropped_ms

    def iterate(self) -> Lane:
        """The lane that iteration takes from; it exists, and fills, from the first call on."""
        return self._delivery.iterate()

    async def linger(self) -> None:
        """Let what was asked be answered, in bounded time, where only callbacks would know of it.

        Who iterates sees for itself what has happened, and leaves when it wants to.
        """
        if self._delivery.is_iterated or not self.is_active:
            return
        with anyio.move_on_after(LINGER_S):
            finds_turns = self._conversation.config.vad_mode is not VADMode.MANUAL
            if self._has_open_audio and finds_turns:
                await self.send(EndAudio())
            await self.wait_until(lambda: not self._conversation.owes_answer)
            await self._delivery.drained()

    async def aclose(self) -> None:
        """Hang up now, and return when the connection is closed; cancelled, once it is dropped."""
        self._subject.close(now=self._now())
        self._obey()
        with anyio.move_on_after(CLOSE_S, shield=True):
            while not self._is_closed:
                await self._changed.wait()

    def changed(self) -> None:
        """Let whoever waits in `wait_until` look again, and the timer."""
        self._changed.tell()
        self._timer.look()

    async def wait_until(self, is_so: Callable[[], bool], *, patience_s: float = inf) -> None:
        """Return once *is_so* or the session is over; it is asked after each change.

        Args:
            is_so: What is waited for.
            patience_s: Give up where nothing has happened for so long, and no tool runs.
        """
        while not (self._is_over or is_so()):
            has_changed = await self._changed.wait(self._now() + patience_s)
            if not (has_changed or self._tools.is_running):
                return

    async def wait_delivered(self) -> None:
        """Return once the callbacks have been called with everything that has happened so far."""
        await self._delivery.drained()

    def delivered(self, event: VoiceEvent) -> None:
        """The application was handed *event* by iteration."""
        self._delivery.handed(event)

    async def wait_ready(self) -> None:
        """Return once the session is set up.

        Raises:
            RealtimeError: It will not be.
        """
        while not self._is_settled:
            await self._changed.wait()
        if self.failure is not None:
            raise self.failure

    def _check_active(self) -> None:
        if not self.is_active:
            if self.failure is not None:
                self.was_told = True
                raise self.failure
            raise ConnectionLost("the session is over: nothing can be sent any more")

    # --- life

    def start(self, tasks: TaskGroup) -> None:
        """Start the tasks and open the conversation."""
        self._tasks = tasks
        if self._recording_failure is not None:
            self._tell_soon(self._recording_failure, tasks)
        self._timer.start(tasks)
        self._delivery.start(tasks)
        self._roads.start(tasks)

    async def finish(self) -> None:
        """Close the conversation and the WebSocket, in bounded time."""
        self._sender.speak()
        if self.is_active:
            self._flush(self._intake.finish())
        self._subject.close(now=self._now())
        self._obey()
        self._sender.flush()
        is_healthy = self.failure is None and self.ready is not None
        timeout_s = CLOSE_S if is_healthy else FAILED_CLOSE_S
        with anyio.move_on_after(timeout_s + 1, shield=True):
            road = self._conversation.road
            code = road.code if isinstance(road, Close) else 1000
            await self._roads.socket.close(code, timeout_s=timeout_s)
        self._roads.lost(None, "")
        if isinstance(self.failure, ConnectionLost) and self.failure.received is None:
            self.failure.sent = self._roads.socket.sent_code
        if self.failure is None:
            with anyio.move_on_after(REPORT_S, shield=True):
                await self._delivery.told()
        elif self.ready is not None and not self._delivery.is_reported:
            with anyio.move_on_after(REPORT_S, shield=True):
                await self._delivery.tell_rest()
            with anyio.move_on_after(REPORT_S, shield=True):
                await self._delivery.report(self.failure)

    def fail(self, error: RealtimeError) -> None:
        """Remember the first failure and wake whoever waits in the body."""
        if self.failure is None:
            self.failure = error
        self._is_over = True
        was_set_up, self._is_settled = self._is_settled, True
        self.changed()
        if was_set_up and self._tasks is not None:
            self._tasks.cancel_scope.cancel()

    # --- time

    def _due(self) -> float:
        """When something is to be done that only time brings about."""
        if self._is_over:
            return inf
        deadline = self._conversation.next_deadline()
        flush_at = self._intake.flush_at
        if deadline is None:
            return inf if flush_at is None else flush_at
        return deadline if flush_at is None else min(deadline, flush_at)

    def _ring(self, now: float) -> None:
        if self._intake.flush_at is not None and self._intake.flush_at <= now:
            with suppress(RealtimeError):  # the next call of the application's says why
                self._flush(self._intake.flush())
        deadline = self._conversation.next_deadline()
        if deadline is not None and deadline <= now:
            self._subject.tick(now=now)
            self._obey()

    def _note_recording_failure(self, error: RecordingError) -> None:
        """The conversation goes on without its recording; on_error hears of it."""
        self._recording_failure = error
        if self._tasks is not None:
            self._tell_soon(error, self._tasks)

    def _tell_soon(self, error: RecordingError, tasks: TaskGroup) -> None:
        tasks.start_soon(self._delivery.tell, error, name="realtime_io recording")

    # --- outputs

    def _obey(self, command: VoiceCommand | None = None) -> None:
        """Do what the conversation wants after inputs: this command, or others."""
        frames = self._subject.take_frames()
        if frames:
            self._sender.send(frames, command)
        for event in self._subject.take_events():
            is_frequent = event.__class__ in FREQUENT
            if not is_frequent:
                self._note(event)
            try:
                self._delivery.put(event)
            except SlowConsumer as exc:
                self.fail(exc)
            if not is_frequent and isinstance(event, SessionClosed):
                self._ended(event)
        self._roads.look()
        self.changed()

    def _speak(self, samples: bytes) -> None:
        if self.is_active:
            self.put(SendAudio(samples))

    def _note(self, event: VoiceEvent) -> None:
        _log.note(event)
        match event:
            case SessionReady():
                self.ready = event
                self.session_id = event.session_id
                self._is_settled = True
            case Reconnected(session_id=session_id):
                self.session_id = session_id
            case ResponseDone(metrics=metrics) if metrics is not None:
                self.metrics = metrics
            case ToolCallRequest() if self._tasks is not None:
                self._tools.start(event, self._tasks)
            case ToolCallCancelled(call_id=call_id):
                self._tools.cancel(call_id)

    def _ended(self, event: SessionClosed) -> None:
        self._is_over = True
        self._is_closed = True
        if event.failure is not None:
            self.fail(self._explained(event.failure, event.reason))
        self._is_settled = True

    def _explained(self, failure: Failure, reason: str) -> RealtimeError:
        """The error that ends the session, with what was said on the wire before it."""
        error = failure.to_exception()
        trace = self._conversation.trace
        error.add_note(trace.note())
        if isinstance(error, ConnectionLost):
            error.reason = reason
            error.last_client_event = trace.last_sent
        return error

    def _answer(self, result: ToolResult) -> None:
        if self.is_active:
            self.put(result)

    def _note_delivery(self, item_id: str, n_bytes: int, since: float) -> None:
        self._subject.send(AudioDelivered(item_id=item_id, n_bytes=n_bytes), now=since)
        if self._conversation.is_expiring:  # else nothing comes of it
            self._obey()


@asynccontextmanager
async def hold_session(driver: Driver) -> AsyncIterator[None]:
    """The session's tasks, around the body: one error comes out of it, or none. Its connection is
    closed in the end.

    Raises:
        RealtimeError: The session could not be set up, or failed while the body ran.
    """
    try:
        async with background_tasks() as tasks:
            try:
                driver.start(tasks)
                await driver.wait_ready()
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    await driver.finish()
        if driver.failure is not None:
            # What it would seem to come from is the cancellation that woke the body.
            driver.failure.__suppress_context__ = True
            raise driver.failure
    finally:
        await driver.socket.aclose()
