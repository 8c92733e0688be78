"""One conversation with a voice model, sans I/O: commands and frames in, events and frames out.

Theory of operation. A `Conversation` composes a provider's dialect, the wire connection of the
current road, and two ledgers. Every input (`open`, `send`, `receive`, `connection_lost`, `tick`,
`close`) takes the time as an argument and returns nothing. After any input, from one place: send
what `take_frames` gives, hand on what `take_events` gives, read `road`, and arm a timer for
`next_deadline`, whose end is a `tick`. `road` is a level, not an edge: reading it late loses
nothing.

Time is seconds on any monotonic clock. It is turned into whole microseconds since the first input,
and all arithmetic is in integers, so that a replay gives the same answers to the bit; a clock that
goes back is held and counted.

What the peer does never raises out of `receive`: a frame that cannot be read becomes an
ErrorReported, and its readable parts are delivered. With `strict=True` (tests) it raises, after
state and outputs are consistent. What the caller may not do raises LocalProtocolError and changes
nothing.

Not thread-safe: one task or thread calls it at a time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias, final

from attrs import frozen

from realtime_proto.audio.pcm import SampleAligner
from realtime_proto.commands import (
    AudioDelivered,
    EndAudio,
    Played,
    SendAudio,
    ToolResult,
    VoiceCommand,
)
from realtime_proto.config import VADMode
from realtime_proto.dialect import Capabilities, Dialect, Endpoint
from realtime_proto.errors import ConfigurationError, LocalProtocolError, RemoteProtocolError
from realtime_proto.events import (
    AudioChunk,
    CancelReason,
    ErrorReported,
    Failure,
    Interrupted,
    ResponseStarted,
    SessionClosed,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    ToolCallCancelled,
    ToolCallRequest,
    VoiceEvent,
)
from realtime_proto.ledgers import Cut, PlaybackLedger, ToolLedger
from realtime_proto.limits import DEFAULT_LIMITS, Limits
from realtime_proto.recording import Blueprint
from realtime_proto.wire import IdFactory, count_ids

if TYPE_CHECKING:
    from realtime_proto._connection import Connection
    from realtime_proto.config import RealtimeConfig

__all__ = ("Close", "Conversation", "Done", "Keep", "Redial", "Road")


@final
@frozen
class Keep:
    """Stay on this road (or, before the first `open`, take it)."""


@final
@frozen
class Close:
    """Close the WebSocket with this code and reason, then report it with `connection_lost`."""

    code: int = 1000
    reason: str = ""


@final
@frozen
class Redial:
    """Open a new road to this endpoint, not before that time on the caller's clock."""

    endpoint: Endpoint
    not_before: float


@final
@frozen
class Done:
    """The conversation is over; `failure` says why, None where it ended as it should."""

    failure: Failure | None = None


Road: TypeAlias = Keep | Close | Redial | Done


class Conversation:
    """One conversation, on any provider.

    Args:
        dialect: The provider's side, made for this conversation alone.
        config: The settings.
        ids: Where ids of client events come from; the default counts.
        limits: The bounds.
        strict: Raise RemoteProtocolError for what the peer did wrong, for tests.
        reports_delivery: You send `AudioDelivered` when audio reaches the listener; otherwise what
            `take_events` hands out counts as delivered.

    Raises:
        ConfigurationError: The provider cannot carry a setting, and the setting or `config.strict`
            insists.

    Attributes:
        ignored: Settings the provider has no place for.
        clock_reversals: How often the caller's clock went back.
    """

    def __init__(
        self,
        dialect: Dialect,
        config: RealtimeConfig,
        *,
        ids: IdFactory | None = None,
        limits: Limits = DEFAULT_LIMITS,
        strict: bool = False,
        reports_delivery: bool = False,
    ) -> None:
        self.ignored: tuple[str, ...] = dialect.configure(config)
        if config.strict and self.ignored:
            raise ConfigurationError(
                f"{dialect.name} has no place for {', '.join(self.ignored)}", code="unsupported"
            )
        self.clock_reversals: int = 0
        self._dialect = dialect
        self._config = config
        self._ids = ids or count_ids("evt")
        self._limits = limits
        self._strict = strict
        self._reports_delivery = reports_delivery
        self._wire: Connection[Any, Any, Any] = dialect.connection(limits=limits, ids=self._ids)
        self._playback = PlaybackLedger(dialect.capabilities.output_format)
        self._tools = ToolLedger()
        self._aligner = SampleAligner(dialect.capabilities.input_format)
        self._frames: list[str] = []
        self._events: list[VoiceEvent] = []
        self._held: deque[VoiceCommand] = deque()
        self._held_audio_bytes = 0
        self._road: Road = Keep()
        self._epoch: float | None = None
        self._now_us = 0
        self._setup_deadline_us: int | None = None
        self._hearing_deadline_us: int | None = None
        self._is_open = False
        self._is_ready = False
        self._failure: Failure | None = None
        self._effects = _Effects(self)

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
        if self._is_open or not isinstance(self._road, Keep):
            raise LocalProtocolError("this conversation cannot be opened again")
        self._advance(now)
        self._is_open = True
        self._setup_deadline_us = self._now_us + round(self._limits.setup_s * 1_000_000)
        self._dialect.opened(self._effects)

    def send(self, command: VoiceCommand, *, now: float) -> None:
        """Do what the application asks. Before the session is ready, audio and text are held.

        Raises:
            LocalProtocolError: The conversation is over, or its state forbids the command. Nothing
                was changed.
        """
        if isinstance(command, Played | AudioDelivered):
            self._note(command, now)  # news of the listener, welcome even when all is over
        elif isinstance(self._road, Done | Close):
            raise LocalProtocolError("the conversation is over")
        elif isinstance(command, ToolResult):
            self._settle(command, now)
        elif self._is_ready:
            self._advance(now)
            self._apply(command)
        else:
            self._hold(command, now)

    def receive(self, frame: str | bytes | memoryview, *, now: float) -> None:
        """The server said something: one whole WebSocket message.

        Raises:
            RemoteProtocolError: Only with `strict=True`; state and outputs are consistent then.
        """
        self._advance(now)
        if not self._is_open:
            return
        fault = None
        try:
            events = self._wire.receive(frame)
        except RemoteProtocolError as exc:
            fault, events = exc, list(exc.events)
        for event in events:
            self._dialect.event(event, self._effects)
        if fault is not None:
            self._dialect.malformed(fault.tag, self._effects)
            failure = Failure(kind="remote", message=fault.message, paths=fault.paths)
            self._effects.emit(ErrorReported(failure=failure))
            if self._strict:
                raise fault

    def connection_lost(self, code: int | None = None, reason: str = "", *, now: float) -> None:
        """The road is gone. What waited for it is given up; SessionClosed is the last event.

        Args:
            code: The WebSocket close code the peer sent, None where the connection just broke.
            reason: The peer's words.
            now: Seconds on your monotonic clock.
        """
        if isinstance(self._road, Done):
            return
        self._advance(now)
        was_closing = isinstance(self._road, Close)
        self._wire.connection_lost(code, reason)
        self._is_open = False
        self._setup_deadline_us = None
        self._held.clear()
        self._frames.clear()
        self._cancel(self._tools.open_ids(), "connection_lost")
        failure = self._failure
        if failure is None and not was_closing:
            failure = self._dialect.lost(code, reason).failure
            if failure is None and not self._is_ready:
                failure = _closed_during_setup(code, reason)
        self._is_ready = False
        self._road = Done(failure)
        self._events.append(SessionClosed(code=code, reason=reason, failure=failure))

    def tick(self, *, now: float) -> None:
        """A deadline has come (or not: an early tick does nothing)."""
        self._advance(now)
        deadline = self._setup_deadline_us
        if deadline is not None and deadline <= self._now_us:
            self._setup_deadline_us = None
            seconds = f"{self._limits.setup_s:g}"
            message = f"the server did not set the session up within {seconds} s"
            self._effects.fail(Failure(kind="timeout", message=message))
            return
        deadline = self._hearing_deadline_us
        if deadline is not None and deadline <= self._now_us:
            self._hearing_deadline_us = None
        for call_id in self._tools.expired(now_us=self._now_us):
            self._events.append(ToolCallCancelled(call_id=call_id, reason="timeout"))
            message = f"the tool did not answer within {self._limits.tool_s:g} s"
            self._answer(call_id, {"error": message}, is_error=True)

    def close(self, *, now: float) -> None:
        """The application has had enough. `road` asks for the WebSocket to be closed."""
        if isinstance(self._road, Done | Close):
            return
        self._advance(now)
        self._setup_deadline_us = None
        self._held.clear()
        self._cancel(self._tools.open_ids(), "connection_lost")
        if self._is_open:
            self._road = Close(1000)
        else:
            self._road = Done()
            self._events.append(SessionClosed())

    # --- outputs

    def take_frames(self) -> list[str]:
        """What is to be sent, in order, each as one text message. Each frame is given once."""
        frames, self._frames = self._frames, []
        return frames

    def take_events(self) -> list[VoiceEvent]:
        """What has happened, in order. Each event is given once."""
        events, self._events = self._events, []
        if not self._reports_delivery:
            for event in events:
                if isinstance(event, AudioChunk) and event.item_id is not None:
                    self._playback.deliver(event.item_id, len(event.data), now_us=self._now_us)
        return events

    def next_deadline(self) -> float | None:
        """When to call `tick`, on the caller's clock; None where nothing waits for time."""
        due = [
            self._setup_deadline_us,
            self._hearing_deadline_us,
            self._tools.next_deadline_us(),
        ]
        soonest = min((us for us in due if us is not None), default=None)
        if soonest is None or self._epoch is None or not isinstance(self._road, Keep):
            return None
        return self._epoch + soonest / 1_000_000

    @property
    def road(self) -> Road:
        """What is to become of the connection."""
        return self._road

    # --- views

    @property
    def blueprint(self) -> Blueprint:
        """What it was made from: what a recording needs to make it again."""
        return Blueprint(
            provider=self._dialect.name,
            config=self._config,
            limits=self._limits,
            ids=self._ids,
            strict=self._strict,
            reports_delivery=self._reports_delivery,
        )

    @property
    def wire(self) -> Connection[Any, Any, Any]:
        """The wire level of the current road: its phase, `unexpected` and `drift`."""
        return self._wire

    @property
    def is_ready(self) -> bool:
        """Whether the session is set up and not over."""
        return self._is_ready

    @property
    def owes_answer(self) -> bool:
        """Whether something was said, or is being said, that is not wholly answered yet.

        After `EndAudio` under the server's voice activity detection it also holds until the server
        has shown that it heard speech, or `Limits.hearing_s` have passed: a server says nothing
        where it hears nothing.
        """
        if not self._is_ready:
            return False
        is_listening = self._hearing_deadline_us is not None
        return is_listening or len(self._tools) > 0 or self._dialect.owes_answer

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do: above all, the audio formats."""
        return self._dialect.capabilities

    def played_ms(self, item_id: str, *, now: float) -> int:
        """How much of an item was heard by *now*, as far as is known."""
        return self._playback.played_ms(item_id, now_us=max(self._now_us, self._to_us(now)))

    # --- inside

    def _to_us(self, now: float) -> int:
        return 0 if self._epoch is None else round((now - self._epoch) * 1_000_000)

    def _advance(self, now: float) -> None:
        if self._epoch is None:
            self._epoch = now
        now_us = self._to_us(now)
        if now_us < self._now_us:
            self.clock_reversals += 1
        else:
            self._now_us = now_us

    def _apply(self, command: VoiceCommand) -> None:
        if isinstance(command, SendAudio):
            data = self._aligner.feed(command.data)
            if data:
                self._dialect.command(SendAudio(data), self._effects)
                self._hearing_deadline_us = None
        else:
            self._dialect.command(command, self._effects)
            if isinstance(command, EndAudio) and self._config.vad_mode is not VADMode.MANUAL:
                hearing_us = round(self._limits.hearing_s * 1_000_000)
                self._hearing_deadline_us = self._now_us + hearing_us

    def _hold(self, command: VoiceCommand, now: float) -> None:
        if isinstance(command, SendAudio):
            size = self._held_audio_bytes + len(command.data)
            limit_ms = self._limits.held_audio_ms
            if self._dialect.capabilities.input_format.duration_ms(size) > limit_ms:
                raise LocalProtocolError(
                    f"more than {limit_ms} ms of audio before the session is ready"
                )
            self._held_audio_bytes = size
        elif sum(not isinstance(c, SendAudio) for c in self._held) >= self._limits.held_commands:
            raise LocalProtocolError("too many commands before the session is ready")
        self._advance(now)
        self._held.append(command)

    def _release_held(self) -> None:
        held, self._held = self._held, deque()
        self._held_audio_bytes = 0
        for command in held:
            try:
                self._apply(command)
            except LocalProtocolError as exc:
                failure = Failure(kind="local", message=exc.message, code=exc.code)
                self._events.append(ErrorReported(failure=failure))

    def _note(self, command: Played | AudioDelivered, now: float) -> None:
        self._advance(now)
        if isinstance(command, Played):
            self._playback.report(command.item_id, command.ms)
        else:
            self._playback.deliver(command.item_id, command.n_bytes, now_us=self._now_us)

    def _settle(self, command: ToolResult, now: float) -> None:
        if command.call_id not in self._tools:
            if not self._tools.was_settled(command.call_id):
                raise LocalProtocolError(f"there is no tool call {command.call_id!r:.80}")
            self._advance(now)
            self._tools.late_results += 1
            return
        self._advance(now)
        self._answer(command.call_id, command.output, is_error=command.is_error)

    def _answer(self, call_id: str, output: Any, *, is_error: bool) -> None:
        self._dialect.answer_tool(call_id, output, is_error=is_error, fx=self._effects)

    def _cancel(self, call_ids: tuple[str, ...], reason: CancelReason) -> None:
        for call_id in call_ids:
            if call_id in self._tools:
                self._tools.settle(call_id)
                self._events.append(ToolCallCancelled(call_id=call_id, reason=reason))


class _Effects:
    """What the dialect may do to its conversation (see dialect.Effects)."""

    def __init__(self, conversation: Conversation) -> None:
        self._c = conversation

    @property
    def config(self) -> RealtimeConfig:
        return self._c._config

    @property
    def limits(self) -> Limits:
        return self._c._limits

    @property
    def now_us(self) -> int:
        return self._c._now_us

    @property
    def playback(self) -> PlaybackLedger:
        return self._c._playback

    @property
    def tools(self) -> ToolLedger:
        return self._c._tools

    def new_id(self) -> str:
        return self._c._ids()

    def transmit(self, event: Any) -> None:
        self._c._frames.append(self._c._wire.send(event))

    def emit(self, event: VoiceEvent) -> None:
        self._c._events.append(event)
        if isinstance(event, SpeechStarted | SpeechStopped | ResponseStarted):
            self._c._hearing_deadline_us = None

    def emit_audio(self, data: bytes, *, item_id: str, response_id: str) -> None:
        audio_format = self._c._dialect.capabilities.output_format
        self._c._playback.receive(item_id, len(data))
        self.emit(
            AudioChunk(
                data=data,
                duration_ms=audio_format.duration_ms(len(data)),
                item_id=item_id,
                response_id=response_id,
                format=audio_format,
            )
        )

    def call_tool(self, call_id: str, name: str, arguments: Any, *, group: str) -> None:
        if call_id in self.tools or self.tools.was_settled(call_id):
            return  # said twice
        request = ToolCallRequest(call_id=call_id, function_name=name, arguments={})
        deadline_us = self.now_us + round(self.limits.tool_s * 1_000_000)
        is_full = len(self.tools) >= self.limits.pending_calls
        self.tools.open(request, group=group, deadline_us=deadline_us)
        if is_full:
            refusal = {"error": f"more than {self.limits.pending_calls} calls are open"}
        elif not isinstance(arguments, dict):
            refusal = {"error": "the arguments are not a JSON object"}
        else:
            self.emit(ToolCallRequest(call_id=call_id, function_name=name, arguments=arguments))
            return
        self._c._answer(call_id, refusal, is_error=True)

    def cancel_tools(self, call_ids: tuple[str, ...]) -> None:
        self._c._cancel(call_ids, "interrupted")

    def interrupt_playback(self) -> list[Cut]:
        cuts = self.playback.cut(now_us=self.now_us)
        cut_ids = {cut.item_id for cut in cuts}
        self._c._events = [
            event
            for event in self._c._events
            if not (isinstance(event, AudioChunk) and event.item_id in cut_ids)
        ]
        for cut in cuts:
            self.emit(
                Interrupted(item_id=cut.item_id, played_ms=cut.played_ms, heard_text=cut.heard_text)
            )
        return cuts

    def ready(self, *, session_id: str | None, model: str | None) -> None:
        if self._c._is_ready:
            return
        self._c._setup_deadline_us = None
        self._c._is_ready = True
        self.emit(
            SessionReady(
                provider=self._c._dialect.name,
                session_id=session_id,
                model=model,
                ignored=self._c.ignored,
            )
        )
        self._c._release_held()

    def fail(self, failure: Failure) -> None:
        if isinstance(self._c._road, Keep):
            self._c._failure = failure
            self._c._setup_deadline_us = None
            self._c._road = Close(1000)


def _closed_during_setup(code: int | None, reason: str) -> Failure:
    said = f"with {code} {reason}".rstrip() if code is not None else "without a close frame"
    return Failure(
        kind="lost",
        message=f"the server closed the connection during set-up, {said}",
        received=code,
        phase="set-up",
    )
