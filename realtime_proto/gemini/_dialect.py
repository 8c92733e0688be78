"""Gemini Live's side of a neutral conversation.

The wire names neither responses nor items, so this side numbers the turns: the model's output from
its first piece to `turnComplete` is one response and one item, "turn_1", "turn_2", ...; the user's
words are "user_1", ... They go on over all connections. A turn opens with the first output (speech,
text, a tool call) and closes with `turnComplete`. `interrupted` cuts what is not heard yet; while
its turn is still open, what the turn goes on to say is dropped.

Transcripts have no order against the audio and, on most models, no end mark: the user's is final
when the model begins to answer or the turn closes, the assistant's when generation is complete,
interrupted, or the turn closes. Words of the user that come only while the model already answers
belong before that answer, unless it has been interrupted. Parts marked as thoughts are never spoken
and never transcribed.

Where the client marks the user's activity, this side does: it begins with the first audio and ends
with the commit. Where the server does, it is told when the microphone falls silent. A connection
ends after about ten minutes with `goAway`; the session goes on with the newest resumable handle.

Source: recorded traffic and the vendor's Live API reference, 2026-11.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from realtime_proto.closing import judge_close, judge_error, judge_unopened
from realtime_proto.commands import (
    ClearAudio,
    CommitAudio,
    EndAudio,
    Interrupt,
    SendAudio,
    SendImage,
    SendText,
    SendWire,
    UpdateSession,
    VoiceCommand,
)
from realtime_proto.config import RealtimeConfig, VADMode
from realtime_proto.dialect import Capabilities, Effects
from realtime_proto.errors import ConfigurationError, LocalProtocolError
from realtime_proto.events import ErrorReported, Failure, Lost, SpeechStarted, SpeechStopped
from realtime_proto.formats import PCM16_16K, PCM16_24K
from realtime_proto.gemini import events as wire
from realtime_proto.gemini._connection import GeminiConnection
from realtime_proto.gemini._setup import contents_of, instruction_of, setup_for, tools_of, usage_of
from realtime_proto.gemini._speech import is_audio, is_playable, says_speech_alone
from realtime_proto.gemini._turns import Turns
from realtime_proto.gemini.catalog import PROFILES
from realtime_proto.gemini.closing import RULES
from realtime_proto.gemini.endpoint import DEFAULT_MODEL, model_resource
from realtime_proto.gemini.parts import Blob, Content, FunctionResponse, Part
from realtime_proto.gemini.refusals import ends_history, refusals
from realtime_proto.gemini.setup import HistoryConfig, SessionResumptionConfig
from realtime_proto.history import HistoryItem, SeedRules
from realtime_proto.models import ModelProfile, profile_for
from realtime_proto.wire import UnknownEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_proto._speech import Voice
    from realtime_proto.closing import LostPhase, Verdict
    from realtime_proto.commands import ToolResult
    from realtime_proto.errors import RealtimeConnectionError
    from realtime_proto.limits import Limits
    from realtime_proto.wire import IdFactory

__all__ = ("GeminiDialect",)

_MIME_TYPE: Final = f"audio/pcm;rate={PCM16_16K.rate_hz}"

MIN_COMMIT_MS: Final = 100
"""Less audio than this is no turn: a server that hears nothing in it never answers."""

PAUSE_S: Final = 1.0
"""A microphone silent for longer is reported: the turn would stay open, as the API guide says."""

GO_AWAY_S: Final = 10.0
"""What is left where `goAway` does not say it. 50 to 60 s were seen."""

_CHANGEABLE: Final = ("instructions", "tools")


class GeminiDialect:
    """One conversation's Gemini side.

    Args:
        name: What the provider is called.
        profiles: What its models accept.
        default_model: The model where the configuration names none.
    """

    capabilities = Capabilities(input_format=PCM16_16K, output_format=PCM16_24K, resumes=True)

    def __init__(
        self,
        name: str = "gemini",
        *,
        profiles: Sequence[ModelProfile] = PROFILES,
        default_model: str = DEFAULT_MODEL,
    ) -> None:
        self.name = name
        self._profiles = profiles
        self._default_model = default_model
        self._setup: wire.Setup | None = None
        self._turns = Turns()
        self._no_id_calls: set[str] = set()
        self._n_calls = 0
        self._begin()

    def _begin(self) -> None:
        """All that belongs to one connection, from the beginning."""
        self._is_ready = False
        self._is_going_away = False
        self._has_begun = False
        self._is_user_active = False
        self._is_user_speaking = False
        self._is_asked = False
        self._is_busy = False
        self._uncommitted_bytes = 0
        self._pause_us: int | None = None
        self._last_error: Failure | None = None

    @property
    def owes_answer(self) -> bool:
        """Whether the user speaks, was understood or asked, or a turn of the model is open."""
        is_heard = self._is_user_speaking or self._is_asked or self._turns.is_user_open
        return is_heard or self._turns.turn_id is not None or self._is_busy

    @property
    def is_awaiting(self) -> bool:
        """Whether the model is in the middle of an answer."""
        return self._turns.is_generating

    def configure(self, config: RealtimeConfig) -> tuple[str, ...]:
        """Take the settings; the names of those the set-up has no place for."""
        self._setup, ignored = setup_for(config, self._profile(config), model=self._model(config))
        return ignored

    def seed_rules(self, config: RealtimeConfig) -> SeedRules:
        """Words only: calls in the history are refused or garbled, and roles are two."""
        ends_with_user = self._profile(config).history_ends_with_user
        return SeedRules(takes_tools=False, takes_system=False, ends_with_user=ends_with_user)

    def connection(self, *, limits: Limits, ids: IdFactory) -> GeminiConnection:
        """The wire level for a new road. This wire has no event ids."""
        return GeminiConnection(max_frame_bytes=limits.max_frame_bytes)

    def opened(self, fx: Effects) -> None:
        """The client speaks first."""
        self._begin()
        self._has_begun = fx.handle is not None
        profile = self._profile(fx.config)
        resumption = None
        if fx.handle is not None or profile.accepts_empty_resumption:
            resumption = SessionResumptionConfig(handle=fx.handle)
        history = None
        if fx.seed.items and profile.history_is_announced:
            history = HistoryConfig(initial_history_in_client_content=True)
        setup, _ = setup_for(fx.config, profile, model=self._model(fx.config))
        fx.transmit(attrs.evolve(setup, session_resumption=resumption, history_config=history))

    def _profile(self, config: RealtimeConfig) -> ModelProfile:
        return config.profile or profile_for(self._model(config), self._profiles)

    def _model(self, config: RealtimeConfig) -> str:
        return model_resource(config.model or self._default_model)

    # --- what the application wants

    def command(self, command: VoiceCommand, fx: Effects) -> None:
        """Turn a command into wire events. Raises LocalProtocolError with nothing changed."""
        match command:
            case SendAudio(data):
                self._send_audio(data, fx)
            case SendText(text):
                self._send_text(text, fx)
            case SendImage():
                blob = Blob(mime_type=command.mime_type, data=command.data)
                fx.transmit(wire.RealtimeInput(video=blob))
            case CommitAudio():
                self._commit(fx)
            case EndAudio():
                self._end_audio(fx)
            case ClearAudio():
                raise LocalProtocolError("Gemini has no input buffer to clear")
            case Interrupt():
                if self._turns.is_generating:
                    # An empty turn that is not complete: content of the client's interrupts.
                    fx.transmit(wire.ClientContent(turn_complete=False))
                self._turns.interrupted(fx)
            case UpdateSession(config):
                self._update(config, fx)
            case SendWire(event):
                profile = self._profile(fx.config)
                for refusal in refusals(event, profile, has_begun=self._has_begun):
                    raise LocalProtocolError(refusal, code="unsupported")
                fx.transmit(event)
                self._has_begun = self._has_begun or ends_history(event)
            case _:
                raise LocalProtocolError(f"{type(command).__name__} is no command for a dialect")

    def _send_audio(self, data: bytes, fx: Effects) -> None:
        is_manual = fx.config.vad_mode is VADMode.MANUAL
        blob = Blob(mime_type=_MIME_TYPE, data=data)
        if is_manual and not self._is_user_active:
            fx.transmit(wire.RealtimeInput(activity_start=wire.ActivityStart()))
            self._is_user_active = True
        fx.transmit(wire.RealtimeInput(audio=blob))
        self._has_begun = True
        self._uncommitted_bytes += len(data)
        self._turns.has_audio_in = True
        if not is_manual:
            self._pause_us = fx.now_us + round(PAUSE_S * 1_000_000)

    def _commit(self, fx: Effects) -> None:
        if fx.config.vad_mode is not VADMode.MANUAL:
            raise LocalProtocolError(
                "the server ends the user's turn by itself; commit_audio() is for VADMode.MANUAL"
            )
        ms = self.capabilities.input_format.duration_ms(self._uncommitted_bytes)
        if ms < MIN_COMMIT_MS:
            raise LocalProtocolError(
                f"only {ms} ms of audio to commit; a turn needs {MIN_COMMIT_MS} ms"
            )
        fx.transmit(wire.RealtimeInput(activity_end=wire.ActivityEnd()))
        self._uncommitted_bytes = 0
        self._is_user_active = False
        self._is_asked = True

    def _end_audio(self, fx: Effects) -> None:
        if fx.config.vad_mode is not VADMode.MANUAL:
            fx.transmit(wire.RealtimeInput(audio_stream_end=True))
            self._pause_us = None
        elif self.capabilities.input_format.duration_ms(self._uncommitted_bytes) >= MIN_COMMIT_MS:
            self._commit(fx)

    def _send_text(self, text: str, fx: Effects) -> None:
        if self._profile(fx.config).text_is_realtime:
            fx.transmit(wire.RealtimeInput(text=text))
        else:
            content = Content(role="user", parts=(Part(text=text),))
            fx.transmit(wire.ClientContent(turns=(content,), turn_complete=True))
        self._has_begun = True
        self._turns.user_wrote(text, fx)
        self._is_asked = True

    def _update(self, config: RealtimeConfig, fx: Effects) -> None:
        changed = [
            attribute.name
            for attribute in attrs.fields(RealtimeConfig)
            if getattr(config, attribute.name) != getattr(fx.config, attribute.name)
        ]
        fixed = [name for name in changed if name not in _CHANGEABLE]
        if fixed:
            raise ConfigurationError(
                f"a running Gemini session cannot change {', '.join(fixed)}", code="unsupported"
            )
        if changed and not self._profile(fx.config).accepts_context_update:
            raise ConfigurationError(
                "this model's instructions and tools are fixed once it is set up",
                code="unsupported",
            )
        if changed:
            instruction = instruction_of(config) or Content(parts=(Part(text=""),))
            fx.transmit(
                wire.ContextUpdate(
                    system_instruction=instruction if "instructions" in changed else None,
                    tools=wire.ContextUpdateTools(tools=tools_of(config))
                    if "tools" in changed
                    else None,
                )
            )
        fx.adopt(config)

    def answer_tool(self, result: ToolResult, fx: Effects) -> None:
        """Say the answer. The model goes on by itself."""
        key = "error" if result.is_error else "output"
        output = result.output
        response = output if isinstance(output, dict) else {key: output}
        call_id = result.call_id
        answer = FunctionResponse(
            id="" if call_id in self._no_id_calls else call_id,
            name=fx.tools.name_of(call_id),
            response=response,
            will_continue=result.will_continue,
            scheduling=None if result.scheduling is None else result.scheduling.upper(),
        )
        fx.transmit(wire.ToolResponse(function_responses=(answer,)))
        if result.will_continue:
            seconds = fx.tool_s(fx.tools.name_of(call_id))
            deadline_us = fx.now_us + round(seconds * 1_000_000)
            fx.tools.extend(call_id, deadline_us=deadline_us)
            return
        self._no_id_calls.discard(call_id)
        fx.tools.settle(call_id)
        fx.history.insert(
            HistoryItem(
                item_id=f"{call_id}_result",
                kind="tool_result",
                text=json.dumps(response, ensure_ascii=False),
                call_id=call_id,
            ),
            after=call_id,
        )
        self._is_asked = self._turns.turn_id is None

    # --- time, and the end of a road

    def next_deadline_us(self) -> int | None:
        """When the microphone counts as silent."""
        return self._pause_us

    def tick(self, fx: Effects) -> None:
        """Tell the server that the microphone is silent, if it is."""
        if self._pause_us is not None and self._pause_us <= fx.now_us:
            self._pause_us = None
            fx.transmit(wire.RealtimeInput(audio_stream_end=True))

    def lost(self, code: int | None, reason: str, *, can_resume: bool) -> Verdict:
        """What it means that the road ended."""
        phase: LostPhase = "set-up"
        if self._is_ready:
            phase = "going away" if self._is_going_away else "open"
        return judge_close(
            code, reason, phase=phase, rules=RULES, said=self._last_error, can_resume=can_resume
        )

    def unopened(self, error: RealtimeConnectionError, *, unix_time: float) -> Verdict:
        """What it means that a new road could not be opened."""
        return judge_unopened(error, rules=RULES, unix_time=unix_time)

    def abandon(self, fx: Effects) -> tuple[Lost, ...]:
        """The road is gone: what was in flight."""
        lost: tuple[Lost, ...] = ()
        if self._turns.turn_id is not None:
            lost += (Lost(kind="response", id=self._turns.turn_id),)
        elif self._is_asked:
            lost += (Lost(kind="request"),)
        ms = self.capabilities.input_format.duration_ms(self._uncommitted_bytes)
        if ms and fx.config.vad_mode is VADMode.MANUAL:
            lost += (Lost(kind="audio", ms=ms),)
        self._turns.break_off(fx)
        self._begin()
        return lost

    # --- what the server says

    def event(self, event: Any, fx: Effects) -> None:
        """Turn a wire event into neutral ones."""
        self._last_error = None  # only an error said just before a close explains it
        match event:
            case wire.ServerContent():
                self._content(event, fx)
            case wire.ToolCall():
                self._called(event, fx)
            case wire.ToolCallCancellation(ids=ids):
                fx.cancel_tools(ids)
            case wire.SetupComplete():
                self._set_up(event.session_id, fx)
            case wire.VoiceActivity():
                self._activity(event, fx)
            case wire.InteractionStatusChanged(status=status):
                self._is_busy = status == "IN_PROGRESS"
            case wire.UsageMetadata():
                key = self._turns.last_id
                fx.used(key, usage_of(event), response_id=key)
            case wire.SessionResumptionUpdate():
                fx.resumable(event.new_handle if event.resumable and event.new_handle else None)
            case wire.GoAway():
                self._go_away(event.time_left_s, fx)
            case wire.ServerError():
                self._error(event, fx)
            case UnknownEvent():
                fx.emit(event)
            case _:
                pass  # carries nothing a neutral event has a place for

    def voice(self, event: Any) -> Voice | None:
        """What becomes of speech that comes in one message like *event* after the other."""
        return self._go_on if says_speech_alone(event) else None

    def _go_on(self, data: bytes, fx: Effects) -> None:
        self._last_error = None
        self._begin_answer()
        self._turns.speak(data, fx)

    def malformed(self, tag: str | None, fx: Effects) -> None:
        """Settle what would otherwise wait for ever for a message that could not be read."""
        if tag == wire.ServerContent.type:
            self._turns.complete(None, fx)
        elif tag == wire.SetupComplete.type:
            self._set_up("", fx)
        elif tag == wire.GoAway.type:
            self._go_away(None, fx)

    def _set_up(self, session_id: str, fx: Effects) -> None:
        self._is_ready = True
        if fx.seed.items:
            ends = self._profile(fx.config).history_is_announced
            fx.transmit(wire.ClientContent(turns=contents_of(fx.seed), turn_complete=ends))
        model = self._model(fx.config).rsplit("/", 1)[-1]
        fx.ready(session_id=session_id or None, model=model)

    def _content(self, content: wire.ServerContent, fx: Effects) -> None:
        turns = self._turns
        if content.interaction_status:
            self._is_busy = content.interaction_status == "IN_PROGRESS"
        heard = content.input_transcription
        if heard is not None and (heard.text or heard.finished):
            turns.heard(heard.text, fx, is_finished=heard.finished)
            if fx.user_said(heard.text):
                self.command(Interrupt(), fx)
        if content.interrupted:
            turns.interrupted(fx)
        if content.model_turn is not None and content.model_turn.parts:
            self._speak(content.model_turn, fx)
        said = content.output_transcription
        if said is not None and said.text:
            self._begin_answer()
            turns.transcribe(said.text, fx)
        if content.generation_complete:
            turns.generated(fx)
        if content.turn_complete:
            turns.complete(content.turn_complete_reason or None, fx)
            self._is_asked = False

    def _speak(self, turn: Content, fx: Effects) -> None:
        for part in turn.parts:
            if part.thought:
                continue
            blob = part.inline_data
            if blob is not None and is_audio(blob):
                self._begin_answer()
                if is_playable(blob):
                    self._turns.speak(blob.data, fx)
                else:
                    message = f"speech of the type {blob.mime_type:.60} cannot be played"
                    fx.emit(ErrorReported(failure=Failure(kind="remote", message=message)))
            elif part.text:
                self._begin_answer()
                self._turns.transcribe(part.text, fx, is_spoken=False)

    def _begin_answer(self) -> None:
        if self._turns.turn_id is None:
            self._is_asked = self._is_user_speaking = False

    def _called(self, event: wire.ToolCall, fx: Effects) -> None:
        self._begin_answer()
        turn_id = self._turns.open(fx)
        for call in event.function_calls:
            call_id = call.id
            if not call_id:
                # Old Vertex models give no id; the answer has none then.
                self._n_calls += 1
                call_id = f"call_{self._n_calls}"
                self._no_id_calls.add(call_id)
            arguments = dict(call.args or {})
            fx.history.insert(
                HistoryItem(
                    item_id=call_id,
                    kind="tool_call",
                    role="assistant",
                    text=json.dumps(arguments, ensure_ascii=False),
                    call_id=call_id,
                    name=call.name,
                )
            )
            fx.call_tool(call_id, call.name, arguments, group=turn_id)

    def _activity(self, event: wire.VoiceActivity, fx: Effects) -> None:
        offset_s = event.audio_offset_s
        at_ms = None if offset_s is None else round(offset_s * 1000)
        if event.type == "ACTIVITY_START":
            self._is_user_speaking = True
            fx.emit(SpeechStarted(item_id=self._turns.user_id(fx), at_ms=at_ms))
            # At once the server cuts by itself, and says `interrupted`.
            fx.user_began(is_answering=self._turns.is_generating)
        elif event.type == "ACTIVITY_END":
            self._is_user_speaking = False
            self._is_asked = fx.user_stopped()
            fx.emit(SpeechStopped(item_id=self._turns.user_id(fx), at_ms=at_ms))

    def _go_away(self, left_s: float | None, fx: Effects) -> None:
        self._is_going_away = True
        fx.expires(GO_AWAY_S if left_s is None else left_s, reason="going_away")

    def _error(self, event: wire.ServerError, fx: Effects) -> None:
        failure = Failure(
            kind="provider",
            message=event.message or "the server reported an error without words",
            code=event.status or None,
        )
        _, self._last_error = judge_error(failure, rules=RULES)
        fx.emit(ErrorReported(failure=self._last_error))
