"""One conversation with a voice model, sans I/O: commands and frames in, events and frames out.

Theory of operation. A `Conversation` composes a provider's dialect, the books (playback, tools,
history, usage), the deadlines and the wire of the current road; it spans all roads of the
conversation, one after another. Every input (`open`, `send`, `receive`, `connection_lost`, `tick`,
`close`) takes the time as an argument and returns nothing. After any input, from one place: send
what `take_frames` gives, hand on what `take_events` gives, read `road`, and arm a timer for
`next_deadline`, whose end is a `tick`. `road` is a level, not an edge: reading it late loses
nothing.

    Keep --connection_lost--> Redial --open--> Keep
      |                         |  ^
      |                         |  +-- connection_lost: it could not be opened, later again
      |                         +-- close, or given up --> Done
      +-- close, set-up refused, renewal, silence --> Close --connection_lost--> Redial or Done

Before the session is ready, and while a new road is sought, what the application says is held. On a
new road the server goes on with the session where it can; a new session is told the history. What
did not survive is listed in `Reconnected`.

Time is seconds on any monotonic clock. It is turned into whole microseconds since the first input,
and all arithmetic is in integers, so that a replay gives the same answers to the bit; a clock that
goes back is held and counted.

What the peer does never raises out of `receive`: a frame that cannot be read becomes an
ErrorReported, and its readable parts are delivered. With `strict=True` (tests) it raises, after
state and outputs are consistent. What the caller may not do raises LocalProtocolError and changes
nothing. Not thread-safe: one task or thread calls it at a time.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Final

from realtime_proto._checks import check_end, check_frame, check_unix_time, configured, since_us
from realtime_proto._desk import Alarm, Desk, us
from realtime_proto._held import HeldCommands
from realtime_proto._recordable import Blueprint
from realtime_proto._roads import Roads
from realtime_proto._speech import Speech
from realtime_proto._watch import Watch
from realtime_proto.audio.pcm import SampleAligner
from realtime_proto.backoff import DEFAULT_BACKOFF, Backoff
from realtime_proto.commands import (
    AudioDelivered,
    CommitAudio,
    EndAudio,
    Played,
    SendAudio,
    SendText,
    ToolResult,
    VoiceCommand,
)
from realtime_proto.config import VADMode
from realtime_proto.errors import (
    ConfigurationError,
    LocalProtocolError,
    RealtimeConnectionError,
    RemoteProtocolError,
)
from realtime_proto.events import (
    AudioChunk,
    Failure,
    Lost,
    Reconnecting,
    SessionClosed,
    VoiceEvent,
)
from realtime_proto.limits import DEFAULT_LIMITS, Limits
from realtime_proto.road import Close, Done, Keep, Redial, Road
from realtime_proto.wire import IdFactory, count_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_proto._connection import Connection
    from realtime_proto.closing import Verdict
    from realtime_proto.config import RealtimeConfig
    from realtime_proto.dialect import Capabilities, Dialect, Endpoint
    from realtime_proto.history import History
    from realtime_proto.resume import ResumeState
    from realtime_proto.trace import Trace
    from realtime_proto.usage import Usage

__all__ = ("Close", "Conversation", "Done", "Keep", "Redial", "Road")

_NEWS: Final = (Played, AudioDelivered)
"""Commands that tell of the listener, and send nothing."""


class Conversation:
    """One conversation, on any provider.

    Args:
        dialect: The provider's side, made for this conversation alone.
        config: The settings.
        ids: Where ids of client events come from; the default counts.
        resume: Where another conversation ended: its session is resumed, or its history told.
        seed: What was said before; told to the new session.
        endpoint: Where the first road leads, for `Redial` to repeat.
        limits: The bounds.
        backoff: When a lost connection is tried again. `Backoff(attempts=0)`: never.
        chance: Draws a number from 0 to 1, for the pauses between attempts; the default draws 1.
        strict: Raise RemoteProtocolError for what the peer did wrong, for tests.
        reports_delivery: You send `AudioDelivered` when audio reaches the listener; otherwise what
            `take_events` hands out counts as delivered.

    Raises:
        ConfigurationError: The provider cannot carry a setting, and the setting or `config.strict`
            insists; or the model does not take all of `seed`.

    Attributes:
        clock_reversals: How often the caller's clock went back.
    """

    def __init__(
        self,
        dialect: Dialect,
        config: RealtimeConfig,
        *,
        ids: IdFactory | None = None,
        resume: ResumeState | None = None,
        seed: History | None = None,
        endpoint: Endpoint | None = None,
        limits: Limits = DEFAULT_LIMITS,
        backoff: Backoff = DEFAULT_BACKOFF,
        chance: Callable[[], float] | None = None,
        strict: bool = False,
        reports_delivery: bool = False,
    ) -> None:
        ignored = configured(dialect, config, resume=resume, seed=seed)
        self.clock_reversals: int = 0
        self._dialect = dialect
        ids = ids or count_ids("evt")
        self._blueprint = Blueprint(
            provider=dialect.name,
            config=config,
            limits=limits,
            ids=ids,
            strict=strict,
            reports_delivery=reports_delivery,
            resume=resume,
            seed=seed,
            endpoint=endpoint,
            backoff=backoff,
        )
        self._desk = Desk(dialect, config, ids=ids, limits=limits)
        self._desk.ignored = ignored
        self._roads = Roads(
            endpoint=endpoint, backoff=backoff, chance=chance, max_redials=limits.redials
        )
        self._strict = strict
        self._reports_delivery = reports_delivery
        self._aligner = SampleAligner(dialect.capabilities.input_format)
        self._held = HeldCommands(dialect.capabilities.input_format, limits)
        self._epoch: float | None = None
        self._now: float = nan  # when it was told of time last; equal to nothing so far
        self._watch = Watch(self._desk, self._roads, dialect)
        self._speech = Speech(self._desk, dialect)
        self._desk.take_up(resume, seed)

    # --- inputs

    def open(self, *, now: float, unix_time: float) -> None:
        """A road to the server is open and nothing was said on it yet.

        Args:
            now: Seconds on your monotonic clock.
            unix_time: Seconds since 1970: servers name times that way, and a monotonic clock stops
                while a machine sleeps.

        Raises:
            LocalProtocolError: It is open already, or over.
        """
        if not self._roads.may_open:
            raise LocalProtocolError("this conversation cannot be opened again")
        check_unix_time(unix_time)
        self._advance(now)
        self._roads.opened()
        if self._held.dropped_bytes:
            ms = self.capabilities.input_format.duration_ms(self._held.dropped_bytes)
            self._desk.lost += (Lost(kind="audio", ms=ms),)
            self._held.dropped_bytes = 0
        self._desk.connect(unix_time)

    def send(self, command: VoiceCommand, *, now: float) -> None:
        """Do what the application asks. Before the session is ready, it is held.

        Raises:
            LocalProtocolError: The conversation is over, or its state forbids the command. Nothing
                was changed.
            ConfigurationError: The provider cannot change these settings now. Nothing was changed.
        """
        if isinstance(command, _NEWS):
            self._note(command, now)  # news of the listener, welcome even when all is over
            if not self.is_expiring:
                return
        elif self.is_over:
            raise LocalProtocolError("the conversation is over")
        elif isinstance(command, ToolResult) and not self._desk.awaits(command):
            self._advance(now)
            self._desk.tools.late_results += 1
        elif self._desk.is_ready and self._roads.is_in_use:
            self._advance(now)
            self._apply(command)
        else:
            self._held.add(command, drops_oldest=self._desk.was_ready)
            self._advance(now)
            self._desk.held(command)
        self._watch.look()

    def receive(self, frame: str | bytes | memoryview, *, now: float) -> None:
        """The server said something: one whole WebSocket message.

        Raises:
            RemoteProtocolError: Only with `strict=True`; state and outputs are consistent then.
            LocalProtocolError: It is no text and no bytes.
        """
        check_frame(frame)
        self._advance(now)
        if not self._roads.is_open:
            return
        if not self._held.commands and self._speech.goes_on(frame):
            self._watch.look(was_heard=True)
            return
        desk = self._desk
        fault = None
        try:
            events = desk.wire.receive(frame)
        except RemoteProtocolError as exc:
            fault, events = exc, list(exc.events)
        desk.trace.received(events, len(frame))
        for event in events:
            self._dialect.event(event, desk)
            if self._held.commands:
                self._release_held()
        if fault is not None:
            desk.report(Failure.of_fault(fault))
            self._dialect.malformed(fault.tag, desk)
        self._watch.look(was_heard=True)
        if fault is not None and self._strict:
            raise fault

    def connection_lost(
        self,
        code: int | None = None,
        reason: str = "",
        *,
        now: float,
        error: RealtimeConnectionError | None = None,
    ) -> None:
        """The road is gone, or could not be opened. `road` says what comes now.

        Args:
            code: The WebSocket close code the peer sent, None where the connection just broke.
            reason: The peer's words.
            now: Seconds on your monotonic clock.
            error: Why a road that `Redial` asked for could not be opened.
        """
        check_end(code, reason)
        roads, desk = self._roads, self._desk
        if isinstance(roads.road, Done):
            return
        self._advance(now)
        desk.wire.connection_lost(code, reason)
        if roads.is_open:
            self._lost(code, reason)
        elif isinstance(roads.road, Redial):
            error = error or RealtimeConnectionError(reason or "the road could not be opened")
            roads.failed()
            self._seek(self._dialect.unopened(error, unix_time=desk.unix_time()), code, reason)
        else:
            self._end(code, reason, None)

    def _lost(self, code: int | None, reason: str) -> None:
        roads, desk = self._roads, self._desk
        verdict = roads.cause
        if verdict is None and not roads.is_intended:
            can_resume = desk.handle is not None
            verdict = self._dialect.lost(code, reason, can_resume=can_resume)
        was_ready, was_resuming = desk.is_ready, desk.is_resuming
        roads.closed(held_s=self._watch.held_s())
        desk.disconnect()
        desk.lost += self._dialect.abandon(desk)
        if verdict is None or not desk.was_ready:
            self._end(code, reason, None if verdict is None else verdict.failure)
        else:
            if verdict.forgets_resumption or (was_resuming and not was_ready):
                desk.handle = None  # it was refused, for whatever reason: a new session is surer
            self._seek(verdict, code, reason)

    def _seek(self, verdict: Verdict, code: int | None, reason: str) -> None:
        roads, desk = self._roads, self._desk
        attempt = roads.seek(verdict, now=(self._epoch or 0.0) + desk.now_us / 1_000_000)
        if attempt is None:
            self._end(code, reason, verdict.failure)
            return
        if desk.handle is None:
            desk.give_up_calls()
        desk.emit(
            Reconnecting(
                attempt=attempt.number,
                delay_ms=round(attempt.delay_s * 1000),
                failure=verdict.failure,
            )
        )

    def _end(self, code: int | None, reason: str, failure: Failure | None) -> None:
        self._held.take()
        self._desk.give_up_calls()
        self._roads.end(failure)
        self._desk.emit(SessionClosed(code=code, reason=reason, failure=failure))

    def tick(self, *, now: float) -> None:
        """A deadline has come (or not: an early tick does nothing)."""
        self._advance(now)
        if not self._roads.is_in_use:
            return
        desk = self._desk
        self._watch.tick()
        if desk.is_ready:
            self._dialect.tick(desk)
        self._watch.look()

    def close(self, *, now: float) -> None:
        """The application has had enough. `road` asks for the WebSocket to be closed."""
        roads = self._roads
        if isinstance(roads.road, Done) or roads.is_intended:
            return
        self._advance(now)
        self._held.take()
        self._desk.give_up_calls()
        if roads.is_open:
            self._desk.alarms.clear()
            roads.leave(None)
        else:
            self._end(None, "", None if roads.cause is None else roads.cause.failure)

    # --- outputs

    def take_frames(self) -> list[str]:
        """What is to be sent, in order, each as one text message. Each frame is given once."""
        frames, self._desk.frames = self._desk.frames, []
        return frames

    def take_events(self) -> list[VoiceEvent]:
        """What has happened, in order. Each event is given once."""
        desk = self._desk
        events, desk.events = desk.events, []
        if not self._reports_delivery:
            for event in events:
                if isinstance(event, AudioChunk) and event.item_id is not None:
                    desk.playback.deliver(event.item_id, len(event.data), now_us=desk.now_us)
        return events

    def take_draws(self) -> list[float]:
        """What `chance` gave, each number once: a recording needs it."""
        return self._roads.take_draws()

    def next_deadline(self) -> float | None:
        """When to call `tick`, on the caller's clock; None where nothing waits for time."""
        if self._epoch is None or not self._roads.is_in_use:
            return None
        soonest = self._desk.alarms.next_us()
        dialect_us = self._dialect.next_deadline_us() if self._desk.is_ready else None
        for at_us in (self._desk.tools.next_deadline_us(), dialect_us):
            if at_us is not None and (soonest is None or at_us < soonest):
                soonest = at_us
        return None if soonest is None else self._epoch + soonest / 1_000_000

    @property
    def road(self) -> Road:
        """What is to become of the connection."""
        return self._roads.road

    # --- views

    @property
    def blueprint(self) -> Blueprint:
        """What it was made from: what a recording needs to make it again."""
        return self._blueprint

    @property
    def config(self) -> RealtimeConfig:
        """The settings in force."""
        return self._desk.config

    @property
    def ignored(self) -> tuple[str, ...]:
        """Settings the provider has no place for."""
        return self._desk.ignored

    @property
    def history(self) -> History:
        """Who said what so far. To look at, and to save; it changes with every input."""
        return self._desk.history

    @property
    def usage(self) -> Usage:
        """What was used so far, over all connections."""
        return self._desk.usage.total

    @property
    def resume_state(self) -> ResumeState:
        """Where the conversation stands, for another conversation to go on from."""
        return self._desk.resume_state()

    @property
    def wire(self) -> Connection[Any, Any, Any]:
        """The wire level of the current road: its phase, `unexpected` and `drift`."""
        return self._desk.wire

    @property
    def trace(self) -> Trace:
        """What was said last, either way: names and sizes."""
        return self._desk.trace

    @property
    def is_ready(self) -> bool:
        """Whether the session is set up and not over."""
        return self._desk.is_ready

    @property
    def is_over(self) -> bool:
        """Whether it takes no commands any more: it has ended, or is about to."""
        is_intended = isinstance(self.road, Done) or self._roads.is_intended
        return is_intended or self._desk.failure is not None

    @property
    def is_expiring(self) -> bool:
        """Whether it is to be renewed at the next quiet moment; else no output follows `Played`."""
        return self._desk.is_expiring

    @property
    def owes_answer(self) -> bool:
        """Whether something was said, or is being said, that is not wholly answered yet.

        After `EndAudio` under the server's voice activity detection it also holds until the server
        has shown that it heard speech, or `Limits.hearing_s` have passed: a server says nothing
        where it hears nothing.
        """
        return self._watch.owes_answer

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do: above all, the audio formats."""
        return self._dialect.capabilities

    def played_ms(self, item_id: str, *, now: float) -> int:
        """How much of an item was heard by *now*, as far as is known."""
        now_us = 0 if self._epoch is None else us(now - self._epoch)
        return self._desk.playback.played_ms(item_id, now_us=max(self._desk.now_us, now_us))

    # --- time

    def _advance(self, now: float) -> None:
        if now == self._now:
            return
        epoch = now if self._epoch is None else self._epoch
        now_us = since_us(now, epoch)
        self._epoch, self._now = epoch, now
        if now_us < self._desk.now_us:
            self.clock_reversals += 1
        else:
            self._desk.now_us = now_us

    # --- commands

    def _apply(self, command: VoiceCommand) -> None:
        desk = self._desk
        if isinstance(command, SendAudio):
            data = self._aligner.feed(command.data)
            if data:
                self._dialect.command(SendAudio(data), desk)
                desk.alarms.disarm(Alarm.HEARING)
        elif isinstance(command, ToolResult):
            desk.answer(command)
        else:
            self._dialect.command(command, desk)
            if isinstance(command, SendText | CommitAudio):
                desk.clock.asked(desk.now_us)
            if isinstance(command, EndAudio) and desk.config.vad_mode is not VADMode.MANUAL:
                desk.alarms.arm(Alarm.HEARING, desk.now_us + us(self._desk.limits.hearing_s))

    def _release_held(self) -> None:
        if not self._desk.is_ready:
            return
        for command in self._held.take():
            if isinstance(command, ToolResult) and command.call_id not in self._desk.tools:
                self._desk.tools.late_results += 1
                continue
            try:
                self._apply(command)
            except (LocalProtocolError, ConfigurationError) as exc:
                self._desk.report(Failure(kind="local", message=exc.message, code=exc.code))

    def _note(self, command: Played | AudioDelivered, now: float) -> None:
        self._advance(now)
        playback = self._desk.playback
        if isinstance(command, Played):
            playback.report(command.item_id, command.ms)
        else:
            playback.deliver(command.item_id, command.n_bytes, now_us=self._desk.now_us)
