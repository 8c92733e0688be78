"""What one conversation has on its desk: the books, the outboxes, the deadlines, the current wire;
and what a dialect may do to them (`dialect.Effects`).

The desk knows no road. That a session became ready, failed or expires is noted here, and acted upon
by `Conversation`, which looks after every input.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import attrs

from realtime_proto._chunk import chunk_of
from realtime_proto._newest import keep_newest
from realtime_proto.barge_in import BargeInMachine
from realtime_proto.commands import Interrupt, ToolResult
from realtime_proto.deadlines import Deadlines
from realtime_proto.errors import ConfigurationError, LocalProtocolError
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Failure,
    Interrupted,
    Lost,
    PlaybackPaused,
    PlaybackResumed,
    Reconnected,
    ResponseDone,
    ResponseStarted,
    ResumptionUpdated,
    SessionExpiring,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    ToolCallCancelled,
    ToolCallRequest,
    TranscriptDelta,
    UsageReported,
)
from realtime_proto.history import History, Seed
from realtime_proto.ledgers import Cut, PlaybackLedger, ToolLedger
from realtime_proto.resume import HANDLE_S, ResumeState
from realtime_proto.trace import Trace
from realtime_proto.usage import TurnClock, UsageLedger

if TYPE_CHECKING:
    from realtime_proto._connection import Connection
    from realtime_proto.commands import VoiceCommand
    from realtime_proto.config import RealtimeConfig
    from realtime_proto.dialect import Dialect
    from realtime_proto.events import CancelReason, ExpiryReason, Speaker, VoiceEvent
    from realtime_proto.limits import Limits
    from realtime_proto.usage import Usage
    from realtime_proto.wire import IdFactory

__all__ = ("Alarm", "Desk", "us")

MAX_FINISHED: Final = 1_024
"""Items remembered as complete, so that none is told complete twice."""


class Alarm(enum.Enum):
    """What a conversation waits for."""

    SETUP = "set-up"
    HEARING = "hearing"
    SILENCE = "silence"
    BARGE_IN = "barge-in"
    WARNING = "warning"
    RENEWAL = "renewal"
    QUIET = "quiet"

    # A member is itself alone; the hash of enum goes by the name and is written in Python.
    if not TYPE_CHECKING:  # pragma: no branch
        __hash__ = object.__hash__


def us(seconds: float) -> int:
    """Seconds as whole microseconds."""
    return round(seconds * 1_000_000)


class Desk:
    """The state of one conversation, as its dialect sees it.

    Attributes:
        lost: What the last connection took with it, until it is told.
        failure: Why the session has to end. None: it need not.
        is_resuming: This road goes on with the server's own session.
        is_expiring: It should be renewed at the next quiet moment.
    """

    def __init__(
        self, dialect: Dialect, config: RealtimeConfig, *, ids: IdFactory, limits: Limits
    ) -> None:
        self.config = config
        self.limits = limits
        self.now_us = 0
        self.playback = PlaybackLedger(dialect.capabilities.output_format)
        self.tools = ToolLedger()
        self.history = History(max_items=limits.history_items, max_bytes=limits.history_bytes)
        self.usage = UsageLedger()
        self.clock = TurnClock()
        self.alarms: Deadlines[Alarm] = Deadlines()
        self.barge_in = BargeInMachine()
        self.seed = Seed()
        self.handle: str | None = None
        self.handle_at = 0.0
        self.frames: list[str] = []
        self.trace = Trace()
        self.events: list[VoiceEvent] = []
        self.ignored: tuple[str, ...] = ()
        self.is_ready = False
        self.was_ready = False
        self.failure: Failure | None = None
        self.is_expiring = False
        self.lost: tuple[Lost, ...] = ()
        self.wire: Connection[Any, Any, Any] = dialect.connection(limits=limits, ids=ids)
        self._dialect = dialect
        self._ids = ids
        self.is_resuming = False
        self._finished: dict[str, None] = {}
        self._expiry: tuple[int, ExpiryReason] = (0, "session_cap")  # when, in microseconds
        self._unix_offset: float = 0.0

    # --- for the conversation

    def take_up(self, resume: ResumeState | None, seed: History | None) -> None:
        """Begin where another conversation ended.

        Raises:
            ConfigurationError: Both are given; or the model does not take all of *seed*.
        """
        if resume is not None and seed is not None:
            raise ConfigurationError("a conversation begins with `resume` or `seed`, not both")
        if resume is not None:
            self.handle = resume.handle_for(self._dialect.name, self.config.model)
            self.handle_at = resume.handle_at
            seed = History.load(resume.history)
        elif seed is not None:
            seed.to_seed(self._dialect.seed_rules(self.config))
        for item in seed or ():
            self.history.insert(item, after=self.history.last_id)
            self._note_finished(item.item_id)

    def resume_state(self) -> ResumeState:
        """Where the conversation stands."""
        return ResumeState(
            provider=self._dialect.name,
            model=self.config.model,
            handle=self.handle,
            handle_at=self.handle_at,
            saved_at=self.unix_time(),
            history=self.history.save(),
        )

    def connect(self, unix_time: float) -> None:
        """A new road is open: resume where the server can, else tell a new session the history."""
        self._unix_offset = unix_time - self.now_us / 1_000_000
        if self.handle is not None and unix_time - self.handle_at > HANDLE_S:
            self.handle = None
        self.is_resuming = self.handle is not None
        self.seed = Seed()
        if not self.is_resuming:
            self.give_up_calls()
            self.seed = self.history.to_seed(self._dialect.seed_rules(self.config), strict=False)
        self.wire = self._dialect.connection(limits=self.limits, ids=self._ids)
        self.usage.begin_connection()
        self.is_ready = False
        self.is_expiring = False
        self.alarms.arm(Alarm.SETUP, self.now_us + us(self.limits.setup_s))
        self._dialect.opened(self)

    def disconnect(self) -> None:
        """The road is gone."""
        self.frames.clear()
        self.alarms.clear()
        self.is_ready = False
        self.is_expiring = False

    def unix_time(self) -> float:
        """Seconds since 1970 by now, as far as the monotonic clock tells."""
        return self._unix_offset + self.now_us / 1_000_000

    def answer(self, result: ToolResult) -> None:
        """Answer an open call, and note the time."""
        group = self.tools.group_of(result.call_id)
        self._dialect.answer_tool(result, self)
        self.clock.answered(group, self.now_us)

    def refuse(self, call_id: str, why: str) -> None:
        """Answer an open call in the name of the application, which did not."""
        self.answer(ToolResult(call_id=call_id, output={"error": why}, is_error=True))

    def cancel(self, call_ids: tuple[str, ...], reason: CancelReason) -> None:
        """Give up open calls, and tell the application of those it has not answered."""
        for call_id in call_ids:
            if call_id in self.tools and not self.tools.settle(call_id).was_answered:
                self.emit(ToolCallCancelled(call_id=call_id, reason=reason))

    def awaits(self, result: ToolResult) -> bool:
        """Whether a result has a call that waits for it.

        Raises:
            LocalProtocolError: There never was such a call.
        """
        if result.call_id in self.tools:
            return True
        if not self.tools.was_settled(result.call_id):
            raise LocalProtocolError(f"there is no tool call {result.call_id!r:.80}")
        return False

    def held(self, command: VoiceCommand) -> None:
        """A command waits for the session: what needs none of it happens now."""
        if isinstance(command, ToolResult):
            self.tools.answered(command.call_id)
        elif isinstance(command, Interrupt):
            self.interrupt_playback()

    def give_up_calls(self) -> None:
        """Nobody will take the answers of the calls that are open."""
        call_ids = self.tools.open_ids()
        self.lost += tuple(Lost(kind="tool_call", id=call_id) for call_id in call_ids)
        self.cancel(call_ids, "connection_lost")

    def report(self, failure: Failure) -> None:
        """Tell the application of something that ends nothing."""
        self.emit(ErrorReported(failure=failure))

    def go_on(self) -> None:
        """The playback that was held goes on."""
        self.alarms.disarm(Alarm.BARGE_IN)
        self.playback.release(now_us=self.now_us)
        item_id = self.playback.playing(now_us=self.now_us)
        if item_id is not None:
            self.emit(PlaybackResumed(item_id=item_id))

    # --- for the dialect

    def new_id(self) -> str:
        """A new id for a client event or an item."""
        return self._ids()

    def transmit(self, event: Any) -> None:
        """Say a wire event."""
        frame = self.wire.send(event)
        self.trace.sent(event, len(frame))
        self.frames.append(frame)

    def emit(self, event: VoiceEvent) -> None:
        """Tell the application; note what the event says of time."""
        match event:
            case ResponseStarted():
                self.clock.started(event.response_id, self.now_us)
                self.alarms.disarm(Alarm.HEARING)
            case SpeechStopped():
                self.clock.asked(self.now_us)
                self.alarms.disarm(Alarm.HEARING)
            case SpeechStarted():
                self.alarms.disarm(Alarm.HEARING)
            case ResponseDone():
                metrics = self.clock.done(event.response_id, self.now_us)
                event = attrs.evolve(event, metrics=metrics)
            case _:
                pass
        self.events.append(event)

    def emit_audio(
        self, data: bytes, *, item_id: str, response_id: str, content_index: int = 0
    ) -> None:
        """Tell the application of a chunk of speech, and note it in the playback ledger."""
        if self.playback.was_cut(item_id):
            return
        audio_format = self.playback.audio_format
        self.playback.receive(item_id, len(data), content_index=content_index)
        self.clock.output(response_id, self.now_us)
        chunk = chunk_of(data, audio_format, item_id=item_id, response_id=response_id)
        self.events.append(chunk)  # as `emit` does with what says nothing of time

    def say(
        self,
        text: str,
        *,
        item_id: str,
        speaker: Speaker,
        response_id: str | None = None,
        is_spoken: bool = True,
    ) -> None:
        """More words of an item."""
        if item_id in self._finished or not text:
            return
        self.history.say(
            item_id,
            text,
            role=speaker,
            is_spoken=is_spoken,
            max_characters=self.limits.transcript_bytes,
        )
        if response_id is not None:
            self.playback.hear(item_id, text)
            self.clock.output(response_id, self.now_us)
        if self._wants(speaker, is_spoken):
            delta = TranscriptDelta(text=text, is_final=False, speaker=speaker, item_id=item_id)
            self.emit(delta)

    def finish(
        self, text: str | None, *, item_id: str, speaker: Speaker, is_spoken: bool = True
    ) -> None:
        """All words of an item; None: those that came."""
        if item_id in self._finished:
            return
        self._note_finished(item_id)
        whole = self.history.finish(item_id, text, role=speaker, is_spoken=is_spoken)
        if self._wants(speaker, is_spoken):
            self.emit(TranscriptDelta(text=whole, is_final=True, speaker=speaker, item_id=item_id))

    def used(
        self,
        key: str,
        usage: Usage,
        *,
        response_id: str | None = None,
        is_cumulative: bool = False,
    ) -> None:
        """What something used, counted once under its key, and told where it is new."""
        counted = self.usage.report(key, usage, is_cumulative=is_cumulative)
        if counted is not None:
            self.emit(
                UsageReported(
                    usage=counted,
                    response_id=response_id,
                    item_id=None if response_id is not None else key,
                )
            )

    def call_tool(self, call_id: str, name: str, arguments: Any, *, group: str) -> None:
        """Open a tool call and tell the application; answer it where that cannot be done."""
        if call_id in self.tools or self.tools.was_settled(call_id):
            return  # said twice
        request = ToolCallRequest(call_id=call_id, function_name=name, arguments={})
        deadline_us = self.now_us + us(self.tool_s(name))
        is_full = len(self.tools) >= self.limits.pending_calls
        self.tools.open(request, group=group, deadline_us=deadline_us)
        self.clock.called(group, self.now_us)
        if is_full:
            refusal = f"more than {self.limits.pending_calls} calls are open"
        elif not isinstance(arguments, dict):
            refusal = "the arguments are not a JSON object"
        else:
            self.emit(ToolCallRequest(call_id=call_id, function_name=name, arguments=arguments))
            return
        self.refuse(call_id, refusal)

    def tool_s(self, name: str) -> float:
        """How long a call of that function may stay unanswered, in seconds."""
        own = next((tool.timeout_s for tool in self.config.tools if tool.name == name), None)
        return self.limits.tool_s if own is None else own

    def cancel_tools(self, call_ids: tuple[str, ...]) -> None:
        """Give up calls the provider no longer wants answered."""
        self.cancel(call_ids, "interrupted")

    def interrupt_playback(self) -> list[Cut]:
        """Cut what is not heard yet, tell the application, and give the cuts."""
        self.alarms.disarm(Alarm.BARGE_IN)
        self.barge_in.confirm()
        cuts = self.playback.cut(now_us=self.now_us)
        cut_ids = {cut.item_id for cut in cuts}
        self.events = [
            event
            for event in self.events
            if not (isinstance(event, AudioChunk) and event.item_id in cut_ids)
        ]
        for cut in cuts:
            self.history.cut(cut.item_id, cut.heard_text)
            self.emit(
                Interrupted(item_id=cut.item_id, played_ms=cut.played_ms, heard_text=cut.heard_text)
            )
        if cuts:
            self.clock.interrupted(self.now_us)
        return cuts

    def user_began(self, *, is_answering: bool) -> bool:
        """The user began to speak: whether what is said to him is to be cut now."""
        playing = self.playback.playing(now_us=self.now_us)
        is_answering = is_answering or playing is not None
        cuts = self.barge_in.began(self.config.barge_in, is_answering=is_answering)
        if self.barge_in.is_doubted:
            self.alarms.arm(Alarm.BARGE_IN, self.now_us + self.config.barge_in_ms * 1000)
            self.playback.hold(now_us=self.now_us)
            if playing is not None:
                self.emit(PlaybackPaused(item_id=playing))
        return cuts

    def user_said(self, text: str) -> bool:
        """More of the user's words: whether they decide that what is said to him is to be cut."""
        return self.barge_in.understood(text)

    def user_stopped(self) -> bool:
        """The user stopped speaking: whether that was a turn, to be answered."""
        was_turn = self.barge_in.stopped()
        if not was_turn:
            self.go_on()
        return was_turn

    def adopt(self, config: RealtimeConfig) -> None:
        """These settings are in force from now on."""
        self.config = config

    def resumable(self, handle: str | None) -> None:
        """The server gave a handle to resume with; None: right now it cannot be resumed."""
        if handle is not None:
            self.handle, self.handle_at = handle, self.unix_time()
        self.emit(ResumptionUpdated(is_resumable=handle is not None))

    def expires(self, in_s: float, *, reason: ExpiryReason) -> None:
        """The road ends in so many seconds: warn in time, and renew before."""
        end_us = self.now_us + us(max(0.0, in_s))
        self._expiry = (end_us, reason)
        self.alarms.arm(Alarm.WARNING, max(self.now_us, end_us - us(self.limits.warning_s)))
        self.alarms.arm(Alarm.RENEWAL, max(self.now_us, end_us - us(self.limits.margin_s)))

    def expires_at(self, unix_time: float) -> None:
        """The session ends at that time. A time that is past says that a clock is wrong."""
        in_s = unix_time - self.unix_time()
        if in_s > 0:
            self.expires(in_s, reason="session_cap")

    def warn(self) -> None:
        """The end is near: tell the application."""
        self.is_expiring = True
        end_us, reason = self._expiry
        self.emit(SessionExpiring(in_ms=max(0, end_us - self.now_us) // 1000, reason=reason))

    def ready(
        self, *, session_id: str | None, model: str | None, altered: tuple[str, ...] = ()
    ) -> None:
        """The session is set up."""
        if self.is_ready:
            return
        self.alarms.disarm(Alarm.SETUP)
        self.is_ready = True
        left_out = tuple(Lost(kind="item", id=item_id) for item_id, _ in self.seed.left_out)
        if self.was_ready:
            self.emit(
                Reconnected(
                    session_id=session_id,
                    is_resumed=self.is_resuming,
                    lost=self.lost + left_out,
                    altered=altered,
                )
            )
            self.lost = ()
        else:
            self.was_ready = True
            self.emit(
                SessionReady(
                    provider=self._dialect.name,
                    session_id=session_id,
                    model=model,
                    ignored=self.ignored,
                    altered=altered,
                )
            )

    def fail(self, failure: Failure) -> None:
        """End the session for this reason."""
        self.failure = failure
        self.alarms.disarm(Alarm.SETUP)

    def _note_finished(self, item_id: str) -> None:
        self._finished[item_id] = None
        keep_newest(self._finished, MAX_FINISHED)

    def _wants(self, speaker: Speaker, is_spoken: bool) -> bool:
        if speaker == "user":
            return self.config.input_transcription
        return self.config.output_transcription or not is_spoken
