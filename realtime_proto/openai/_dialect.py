"""OpenAI Realtime's side of a neutral conversation.

Set-up: `session.created` admits us, our one `session.update` follows, and the `session.updated`
that echoes it makes the session ready. A refused update ends the conversation: the model would run
on settings nobody chose.

Everything else is keyed by response id and item id, never by "the current one": items of one
response interleave, and what belongs to a cancelled response keeps coming until its
`response.done`. Such late audio is dropped here.

Source: recorded GA traffic and the vendor's API reference, 2026-11.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from attrs import define

from realtime_proto.audio.pcm import silence
from realtime_proto.closing import Fate, judge_close, judge_error
from realtime_proto.commands import (
    ClearAudio,
    CommitAudio,
    EndAudio,
    Interrupt,
    SendAudio,
    SendText,
    SendWire,
    VoiceCommand,
)
from realtime_proto.config import RealtimeConfig, VADMode
from realtime_proto.dialect import Capabilities, Effects
from realtime_proto.errors import LocalProtocolError
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Failure,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    TranscriptDelta,
    UnknownEvent,
)
from realtime_proto.events import (
    ResponseDone as NeutralResponseDone,
)
from realtime_proto.formats import PCM16_24K
from realtime_proto.openai import events as wire
from realtime_proto.openai._arbiter import ResponseArbiter
from realtime_proto.openai._connection import OpenAIConnection
from realtime_proto.openai.closing import RULES
from realtime_proto.openai.endpoint import DEFAULT_MODEL
from realtime_proto.openai.items import FunctionCall, FunctionCallOutput, InputText, Message
from realtime_proto.openai.session import (
    PcmFormat,
    RealtimeSession,
    SemanticVad,
    ServerVad,
    SessionAudio,
    SessionAudioInput,
    SessionAudioOutput,
    Transcription,
)
from realtime_proto.openai.tools import FunctionTool
from realtime_proto.wire import UNSET, IdFactory

if TYPE_CHECKING:
    from realtime_proto.closing import LostPhase, Verdict
    from realtime_proto.limits import Limits

__all__ = ("OpenAIDialect", "session_for")

TRANSCRIPTION_MODEL: Final = "gpt-realtime-whisper"
"""Transcribes while the user speaks. The whisper-1 and gpt-4o transcribers end in February 2027."""

MIN_COMMIT_MS: Final = 100
"""The server refuses to commit less audio than this."""

SILENCE_DURATION_MS: Final = 500
"""The longest of the models' defaults for the silence that ends a turn."""

SEMANTIC_END_MS: Final = 4_000
"""How long semantic detection at its default eagerness waits at most."""

SILENCE_MARGIN_MS: Final = 300
"""Silence beyond that, so that the end is found inside of it."""

MAX_RESPONSES: Final = 64
"""Responses remembered at once: the active one and those whose tool calls are still open."""


@define
class _Response:
    is_done: bool = False
    drops_audio: bool = False
    answered_calls: int = 0
    was_interrupted: bool = False


def session_for(config: RealtimeConfig) -> tuple[RealtimeSession, tuple[str, ...]]:
    """The session settings that say *config*, and the names of the fields without a place."""
    ignored = ["temperature"] if config.temperature is not None else []
    turn_detection: ServerVad | SemanticVad | None
    vad_fields = ("vad_threshold", "vad_prefix_padding_ms", "vad_silence_duration_ms")
    if config.vad_mode is VADMode.SERVER:
        turn_detection = ServerVad(
            threshold=_given(config.vad_threshold),
            prefix_padding_ms=_given(config.vad_prefix_padding_ms),
            silence_duration_ms=_given(config.vad_silence_duration_ms),
            create_response=True,
            interrupt_response=True,
        )
    else:
        ignored += [name for name in vad_fields if getattr(config, name) is not None]
        is_manual = config.vad_mode is VADMode.MANUAL
        turn_detection = (
            None if is_manual else SemanticVad(create_response=True, interrupt_response=True)
        )
    transcription = Transcription(model=TRANSCRIPTION_MODEL) if config.input_transcription else None
    session = RealtimeSession(
        output_modalities=("audio",),
        instructions=_given(config.instructions),
        audio=SessionAudio(
            input=SessionAudioInput(
                format=PcmFormat(rate=PCM16_24K.rate_hz),
                transcription=transcription,
                turn_detection=turn_detection,
            ),
            output=SessionAudioOutput(
                format=PcmFormat(rate=PCM16_24K.rate_hz), voice=_given(config.voice)
            ),
        ),
        tools=tuple(
            FunctionTool(name=tool.name, description=tool.description, parameters=tool.parameters)
            for tool in config.tools
        ),
        max_output_tokens=_given(config.max_tokens),
    )
    return session, tuple(ignored)


def _given(value: Any) -> Any:
    return UNSET if value is None else value


class OpenAIDialect:
    """One conversation's OpenAI side."""

    name = "openai"
    capabilities = Capabilities(input_format=PCM16_24K, output_format=PCM16_24K)

    def __init__(self) -> None:
        self._session: RealtimeSession | None = None
        self._setup_id: str | None = None
        self._is_ready = False
        self._arbiter = ResponseArbiter()
        self._responses: dict[str, _Response] = {}
        self._uncommitted_bytes = 0
        self._is_user_speaking = False
        self._is_turn_taken = False  # by the server's detection, which answers by itself
        self._last_error: Failure | None = None

    @property
    def owes_answer(self) -> bool:
        """Whether the user speaks, a response is wanted or under way, or a turn was taken."""
        return self._is_user_speaking or self._is_turn_taken or not self._arbiter.is_idle

    def configure(self, config: RealtimeConfig) -> tuple[str, ...]:
        """Take the settings; the names of those the session has no place for."""
        self._session, ignored = session_for(config)
        return ignored

    def connection(self, *, limits: Limits, ids: IdFactory) -> OpenAIConnection:
        """The wire level for a new road."""
        return OpenAIConnection(max_frame_bytes=limits.max_frame_bytes, ids=ids)

    def opened(self, fx: Effects) -> None:
        """Nothing to say yet: the server speaks first."""

    # --- what the application wants

    def command(self, command: VoiceCommand, fx: Effects) -> None:
        """Turn a command into wire events. Raises LocalProtocolError with nothing changed."""
        match command:
            case SendAudio(data):
                fx.transmit(wire.InputAudioBufferAppend(audio=data))
                self._uncommitted_bytes += len(data)
            case SendText(text):
                message = Message(role="user", content=(InputText(text=text),))
                fx.transmit(wire.ConversationItemCreate(item=message))
                self._want_response(fx)
            case CommitAudio():
                self._commit(fx)
            case EndAudio():
                self._end_audio(fx)
            case ClearAudio():
                fx.transmit(wire.InputAudioBufferClear())
                self._uncommitted_bytes = 0
            case Interrupt():
                self._cancel(self._arbiter.cancel(), fx)
                self._cut(fx)
            case SendWire(event):
                fx.transmit(event)
                if isinstance(event, wire.ResponseCreate):
                    self._arbiter.requested(event.event_id or None)
            case _:
                raise LocalProtocolError(f"{type(command).__name__} is no command for a dialect")

    def _commit(self, fx: Effects) -> None:
        if fx.config.vad_mode is not VADMode.MANUAL:
            raise LocalProtocolError(
                "the server ends the user's turn by itself; commit_audio() is for VADMode.MANUAL"
            )
        ms = self.capabilities.input_format.duration_ms(self._uncommitted_bytes)
        if ms < MIN_COMMIT_MS:
            raise LocalProtocolError(
                f"only {ms} ms of audio to commit; the server needs {MIN_COMMIT_MS} ms"
            )
        fx.transmit(wire.InputAudioBufferCommit())
        self._uncommitted_bytes = 0
        self._want_response(fx)

    def _end_audio(self, fx: Effects) -> None:
        if fx.config.vad_mode is VADMode.MANUAL:
            if self.capabilities.input_format.duration_ms(self._uncommitted_bytes) >= MIN_COMMIT_MS:
                self._commit(fx)
            return
        # This wire cannot say that the microphone is off: the server finds the end of speech in the
        # silence after it, and reckons in audio, not in time.
        silence_ms = SEMANTIC_END_MS
        if fx.config.vad_mode is VADMode.SERVER:
            silence_ms = fx.config.vad_silence_duration_ms or SILENCE_DURATION_MS
        data = silence(silence_ms + SILENCE_MARGIN_MS, self.capabilities.input_format)
        fx.transmit(wire.InputAudioBufferAppend(audio=data))

    def answer_tool(self, call_id: str, output: Any, *, is_error: bool, fx: Effects) -> None:
        """Say the answer; after the last open one of a response, ask for the next response."""
        if is_error and not isinstance(output, dict):
            output = {"error": output}
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        item = FunctionCallOutput(call_id=call_id, output=text)
        fx.transmit(wire.ConversationItemCreate(item=item))
        settlement = fx.tools.settle(call_id)
        response = self._responses.get(settlement.group)
        if response is not None:
            response.answered_calls += 1
            self._continue_after_tools(settlement.group, response, fx)

    def _continue_after_tools(self, response_id: str, response: _Response, fx: Effects) -> None:
        if not response.is_done or fx.tools.is_open(response_id):
            return
        self._responses.pop(response_id, None)
        if response.answered_calls and not response.was_interrupted:
            self._want_response(fx, automatic=True)

    def _want_response(self, fx: Effects, *, automatic: bool = False) -> None:
        self._arbiter.want(automatic=automatic)
        self._create_if_due(fx)

    def _create_if_due(self, fx: Effects) -> None:
        if self._arbiter.may_create:
            event_id = fx.new_id()
            fx.transmit(wire.ResponseCreate(event_id=event_id))
            self._arbiter.requested(event_id)

    def _cancel(self, response_id: str | None, fx: Effects) -> None:
        if response_id is not None:
            fx.transmit(wire.ResponseCancel(response_id=response_id))
            self._response(response_id).drops_audio = True

    def _cut(self, fx: Effects) -> None:
        """Stop the playback and tell the server how much was heard."""
        active = self._arbiter.response_id
        if active is not None:
            self._response(active).drops_audio = True
        for cut in fx.interrupt_playback():
            fx.transmit(
                wire.ConversationItemTruncate(
                    item_id=cut.item_id,
                    content_index=cut.content_index,
                    audio_end_ms=cut.played_ms,
                )
            )

    def _response(self, response_id: str) -> _Response:
        response = self._responses.get(response_id)
        if response is None:
            if len(self._responses) >= MAX_RESPONSES:
                self._responses.pop(next(iter(self._responses)))
            response = self._responses[response_id] = _Response()
        return response

    # --- what the server says

    def event(self, event: Any, fx: Effects) -> None:
        """Turn a wire event into neutral ones."""
        self._last_error = None  # what a close repeats is what was said just before it
        match event:
            case wire.ResponseOutputAudioDelta():
                if not self._response(event.response_id).drops_audio:
                    fx.emit_audio(event.delta, item_id=event.item_id, response_id=event.response_id)
            case wire.ResponseOutputAudioDone():
                if not self._response(event.response_id).drops_audio:
                    fx.emit(
                        AudioChunk(
                            data=b"",
                            is_final=True,
                            item_id=event.item_id,
                            response_id=event.response_id,
                        )
                    )
            case wire.ResponseOutputAudioTranscriptDelta() | wire.ResponseOutputTextDelta():
                if fx.config.output_transcription:
                    fx.playback.hear(event.item_id, event.delta)
                    fx.emit(
                        TranscriptDelta(text=event.delta, is_final=False, item_id=event.item_id)
                    )
            case wire.ResponseOutputAudioTranscriptDone(transcript=text, item_id=item_id):
                self._final(text, item_id, fx)
            case wire.ResponseOutputTextDone(text=text, item_id=item_id):
                self._final(text, item_id, fx)
            case wire.ConversationItemInputAudioTranscriptionDelta(delta=text, item_id=item_id):
                if text:
                    fx.emit(
                        TranscriptDelta(text=text, is_final=False, speaker="user", item_id=item_id)
                    )
            case wire.ConversationItemInputAudioTranscriptionCompleted():
                fx.emit(
                    TranscriptDelta(
                        text=event.transcript.strip(),
                        is_final=True,
                        speaker="user",
                        item_id=event.item_id,
                    )
                )
            case wire.ConversationItemInputAudioTranscriptionFailed():
                self._report(event.error, fx)
            case wire.InputAudioBufferSpeechStarted():
                self._is_user_speaking = True
                fx.emit(SpeechStarted(item_id=event.item_id, at_ms=event.audio_start_ms))
                self._cut(fx)
            case wire.InputAudioBufferSpeechStopped():
                self._is_user_speaking = False
                self._is_turn_taken = True
                fx.emit(SpeechStopped(item_id=event.item_id, at_ms=event.audio_end_ms))
            case wire.ResponseCreated():
                self._created(event.response.id, fx)
            case wire.ResponseOutputItemDone(item=FunctionCall() as call):
                self._called(call, event.response_id, fx)
            case wire.ResponseDone():
                self._done(event.response, fx)
            case wire.SessionCreated():
                self._set_up(fx)
            case wire.SessionUpdated():
                self._updated(event.session, fx)
            case wire.Error():
                self._error(event.error, fx)
            case UnknownEvent():
                fx.emit(event)
            case _:
                pass  # carries nothing a neutral event has a place for

    def malformed(self, tag: str | None, fx: Effects) -> None:
        """Free what would wait for ever for an event that could not be read."""
        if tag == wire.ResponseDone.type:
            self._arbiter.done(None)
            self._create_if_due(fx)

    def lost(self, code: int | None, reason: str) -> Verdict:
        """What it means that the road ended."""
        phase: LostPhase = "open" if self._is_ready else "set-up"
        return judge_close(code, reason, phase=phase, rules=RULES, said=self._last_error)

    def _set_up(self, fx: Effects) -> None:
        if self._setup_id is None and self._session is not None:
            self._setup_id = fx.new_id()
            fx.transmit(wire.SessionUpdate(session=self._session, event_id=self._setup_id))

    def _updated(self, session: Any, fx: Effects) -> None:
        if self._setup_id is not None and not self._is_ready:
            self._is_ready = True
            model = getattr(session, "model", None) or fx.config.model or DEFAULT_MODEL
            fx.ready(session_id=getattr(session, "id", None) or None, model=model)

    def _final(self, text: str, item_id: str, fx: Effects) -> None:
        if fx.config.output_transcription:
            fx.emit(TranscriptDelta(text=text, is_final=True, item_id=item_id))

    def _created(self, response_id: str, fx: Effects) -> None:
        self._is_turn_taken = False
        self._response(response_id)
        fx.emit(ResponseStarted(response_id=response_id))
        self._cancel(self._arbiter.created(response_id), fx)

    def _called(self, call: FunctionCall, response_id: str, fx: Effects) -> None:
        if call.status == "incomplete" or not call.call_id:
            return
        try:
            arguments = json.loads(call.arguments)
        except (ValueError, RecursionError):
            arguments = None
        self._response(response_id)
        fx.call_tool(call.call_id, call.name, arguments, group=response_id)

    def _done(self, ended: Any, fx: Effects) -> None:
        reason = getattr(ended.status_details, "reason", None)
        turn_detected = reason == "turn_detected"
        response = self._response(ended.id)
        response.is_done = True
        response.was_interrupted = turn_detected
        fx.emit(NeutralResponseDone(response_id=ended.id, status=ended.status or "", reason=reason))
        error = getattr(ended.status_details, "error", None)
        if error is not None:
            self._report(error, fx)
        self._arbiter.done(ended.id, turn_detected=turn_detected)
        self._continue_after_tools(ended.id, response, fx)
        self._create_if_due(fx)

    def _error(self, error: Any, fx: Effects) -> None:
        code = error.code
        if error.event_id is not None and error.event_id == self._setup_id and not self._is_ready:
            fx.fail(_judged(error)[1])
        elif self._arbiter.refused(
            error.event_id, busy=code == "conversation_already_has_active_response"
        ):
            if code != "conversation_already_has_active_response":
                self._report(error, fx)
                self._create_if_due(fx)
        elif _judged(error)[0] is Fate.NORMAL:
            pass  # what was wanted is the case already
        else:
            self._report(error, fx)

    def _report(self, error: Any, fx: Effects) -> None:
        _, self._last_error = _judged(error)
        fx.emit(ErrorReported(failure=self._last_error))


def _judged(error: Any) -> tuple[Fate, Failure]:
    failure = Failure(
        kind="provider",
        message=error.message or "the server reported an error without words",
        code=error.code or error.type,
        param=getattr(error, "param", None),
        event_id=getattr(error, "event_id", None),
    )
    return judge_error(failure, rules=RULES, error_type=error.type)
