"""Gemini Live's side of a neutral conversation.

The wire names neither responses nor items, so this side numbers the turns: the model's output from
its first piece to `turnComplete` is one response and one item, "turn_1", "turn_2", ...; the user's
words are "user_1", ... A turn opens with the first output (speech, text, a tool call) and closes
with `turnComplete`. `interrupted` cuts what is not heard yet; while its turn is still open, what
the turn goes on to say is dropped.

Transcripts have no order against the audio and, on most models, no end mark: the user's is final
when the model begins to answer or the turn closes, the assistant's when generation is complete,
interrupted, or the turn closes. Parts marked as thoughts are never spoken and never transcribed.

Source: recorded traffic and the vendor's Live API reference, 2026-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_proto.closing import judge_close, judge_error
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
from realtime_proto.errors import ConfigurationError, LocalProtocolError
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Failure,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    TranscriptDelta,
    UnknownEvent,
)
from realtime_proto.formats import PCM16_16K, PCM16_24K
from realtime_proto.gemini import events as wire
from realtime_proto.gemini._connection import GeminiConnection
from realtime_proto.gemini.catalog import profile_of
from realtime_proto.gemini.closing import RULES
from realtime_proto.gemini.endpoint import model_resource
from realtime_proto.gemini.generation import (
    AudioTranscriptionConfig,
    GenerationConfig,
    PrebuiltVoiceConfig,
    SpeechConfig,
    VoiceConfig,
)
from realtime_proto.gemini.parts import Blob, Content, FunctionResponse, Part
from realtime_proto.gemini.schema import schema_of
from realtime_proto.gemini.setup import AutomaticActivityDetection, RealtimeInputConfig
from realtime_proto.gemini.tools import FunctionDeclaration, Tool

if TYPE_CHECKING:
    from realtime_proto.closing import LostPhase, Verdict
    from realtime_proto.limits import Limits
    from realtime_proto.tools import ToolDefinition
    from realtime_proto.wire import IdFactory

__all__ = ("GeminiDialect", "setup_for")

_MIME_TYPE: Final = f"audio/pcm;rate={PCM16_16K.rate_hz}"


def setup_for(config: RealtimeConfig) -> tuple[wire.Setup, tuple[str, ...]]:
    """The set-up message that says *config*, and the names of the fields that have no place in it.

    Raises:
        ConfigurationError: The VAD mode is one this provider does not have.
    """
    if config.vad_mode is VADMode.SEMANTIC:
        raise ConfigurationError(
            "Gemini has no semantic voice activity detection; use VADMode.SERVER or MANUAL",
            code="unsupported",
        )
    ignored = ["vad_threshold"] if config.vad_threshold is not None else []
    if config.vad_mode is VADMode.MANUAL:
        vad_fields = ("vad_prefix_padding_ms", "vad_silence_duration_ms")
        ignored += [name for name in vad_fields if getattr(config, name) is not None]
        detection = AutomaticActivityDetection(disabled=True)
    else:
        detection = AutomaticActivityDetection(
            prefix_padding_ms=config.vad_prefix_padding_ms,
            silence_duration_ms=config.vad_silence_duration_ms,
        )
    speech = None
    if config.voice is not None:
        prebuilt = PrebuiltVoiceConfig(voice_name=config.voice)
        speech = SpeechConfig(voice_config=VoiceConfig(prebuilt_voice_config=prebuilt))
    instruction = None
    if config.instructions is not None:
        instruction = Content(parts=(Part(text=config.instructions),))
    declarations = tuple(_declaration(tool) for tool in config.tools)
    setup = wire.Setup(
        model=model_resource(config.model),
        generation_config=GenerationConfig(
            response_modalities=("AUDIO",),
            speech_config=speech,
            temperature=config.temperature,
            max_output_tokens=config.max_tokens,
        ),
        system_instruction=instruction,
        tools=(Tool(function_declarations=declarations),) if declarations else (),
        realtime_input_config=RealtimeInputConfig(automatic_activity_detection=detection),
        input_audio_transcription=_wanted(config.input_transcription),
        output_audio_transcription=_wanted(config.output_transcription),
    )
    return setup, tuple(ignored)


def _wanted(is_wanted: bool) -> AudioTranscriptionConfig | None:
    return AudioTranscriptionConfig() if is_wanted else None


def _declaration(tool: ToolDefinition) -> FunctionDeclaration:
    # A function without parameters must have none: an object without properties is refused.
    has_parameters = bool(tool.parameters.get("properties"))
    return FunctionDeclaration(
        name=tool.name,
        description=tool.description,
        parameters=schema_of(tool.parameters) if has_parameters else None,
    )


class GeminiDialect:
    """One conversation's Gemini side."""

    name = "gemini"
    capabilities = Capabilities(input_format=PCM16_16K, output_format=PCM16_24K)

    def __init__(self) -> None:
        self._setup: wire.Setup | None = None
        self._is_ready = False
        self._turns = 0
        self._user_turns = 0
        self._turn_id: str | None = None
        self._is_generating = False
        self._drops_audio = False
        self._was_interrupted = False
        self._has_audio = False
        self._is_user_active = False
        self._is_user_speaking = False
        self._is_asked = False
        self._heard: list[str] = []
        self._said: list[str] = []
        self._is_going_away = False
        self._last_error: Failure | None = None

    @property
    def owes_answer(self) -> bool:
        """Whether the user speaks, was understood or asked, or a turn of the model is open."""
        is_heard = self._is_user_speaking or self._is_asked or bool(self._heard)
        return is_heard or self._turn_id is not None

    def configure(self, config: RealtimeConfig) -> tuple[str, ...]:
        """Take the settings; the names of those the set-up has no place for."""
        self._setup, ignored = setup_for(config)
        return ignored

    def connection(self, *, limits: Limits, ids: IdFactory) -> GeminiConnection:
        """The wire level for a new road. This wire has no event ids."""
        return GeminiConnection(max_frame_bytes=limits.max_frame_bytes)

    def opened(self, fx: Effects) -> None:
        """The client speaks first."""
        fx.transmit(self._setup)

    # --- what the application wants

    def command(self, command: VoiceCommand, fx: Effects) -> None:
        """Turn a command into wire events. Raises LocalProtocolError with nothing changed."""
        match command:
            case SendAudio(data):
                self._begin_activity(fx)
                blob = Blob(mime_type=_MIME_TYPE, data=data)
                fx.transmit(wire.RealtimeInput(audio=blob))
            case SendText(text):
                self._send_text(text, fx)
            case CommitAudio():
                self._commit(fx)
            case EndAudio():
                if fx.config.vad_mode is not VADMode.MANUAL:
                    fx.transmit(wire.RealtimeInput(audio_stream_end=True))
                elif self._is_user_active:
                    self._commit(fx)
            case ClearAudio():
                raise LocalProtocolError("Gemini has no input buffer to clear")
            case Interrupt():
                if self._is_generating:
                    # An empty turn that is not complete: content of the client's interrupts.
                    fx.transmit(wire.ClientContent(turn_complete=False))
                self._interrupted(fx)
            case SendWire(event):
                fx.transmit(event)
            case _:
                raise LocalProtocolError(f"{type(command).__name__} is no command for a dialect")

    def _begin_activity(self, fx: Effects) -> None:
        if fx.config.vad_mode is VADMode.MANUAL and not self._is_user_active:
            fx.transmit(wire.RealtimeInput(activity_start=wire.ActivityStart()))
            self._is_user_active = True

    def _commit(self, fx: Effects) -> None:
        if fx.config.vad_mode is not VADMode.MANUAL:
            raise LocalProtocolError(
                "the server ends the user's turn by itself; commit_audio() is for VADMode.MANUAL"
            )
        if not self._is_user_active:
            raise LocalProtocolError("there is no audio to commit")
        fx.transmit(wire.RealtimeInput(activity_end=wire.ActivityEnd()))
        self._is_user_active = False
        self._is_asked = True

    def _send_text(self, text: str, fx: Effects) -> None:
        if profile_of(model_resource(fx.config.model)).text_is_realtime:
            fx.transmit(wire.RealtimeInput(text=text))
        else:
            content = Content(role="user", parts=(Part(text=text),))
            fx.transmit(wire.ClientContent(turns=(content,), turn_complete=True))
        self._is_asked = True

    def answer_tool(self, call_id: str, output: Any, *, is_error: bool, fx: Effects) -> None:
        """Say the answer. The model goes on by itself."""
        if is_error:
            response = output if isinstance(output, dict) else {"error": output}
        else:
            response = output if isinstance(output, dict) else {"output": output}
        name = fx.tools.name_of(call_id)
        answer = FunctionResponse(id=call_id, name=name, response=response)
        fx.transmit(wire.ToolResponse(function_responses=(answer,)))
        fx.tools.settle(call_id)
        self._is_asked = self._turn_id is None

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
                self._is_ready = True
                fx.ready(
                    session_id=event.session_id or None,
                    model=model_resource(fx.config.model).rsplit("/", 1)[-1],
                )
            case wire.VoiceActivity():
                self._activity(event, fx)
            case wire.GoAway():
                self._is_going_away = True
            case wire.ServerError():
                self._error(event, fx)
            case UnknownEvent():
                fx.emit(event)
            case _:
                pass  # carries nothing a neutral event has a place for

    def _content(self, content: wire.ServerContent, fx: Effects) -> None:
        if content.input_transcription is not None and content.input_transcription.text:
            self._heard.append(content.input_transcription.text)
            fx.emit(self._user_text(content.input_transcription.text, is_final=False))
        if content.interrupted:
            self._interrupted(fx)
        if content.model_turn is not None and content.model_turn.parts:
            self._speak(content.model_turn, fx)
        if content.output_transcription is not None and content.output_transcription.text:
            self._transcribe(content.output_transcription.text, fx)
        if content.generation_complete:
            self._generated(fx)
        if content.turn_complete:
            self._complete(content.turn_complete_reason, fx)

    def _speak(self, turn: Content, fx: Effects) -> None:
        for part in turn.parts:
            if part.thought:
                continue
            if part.inline_data is not None and part.inline_data.mime_type.startswith("audio/"):
                turn_id = self._open_turn(fx)
                if not self._drops_audio:
                    self._has_audio = True
                    data = part.inline_data.data
                    fx.emit_audio(data, item_id=turn_id, response_id=turn_id)
            elif part.text:
                self._transcribe(part.text, fx)

    def _transcribe(self, text: str, fx: Effects) -> None:
        turn_id = self._open_turn(fx)
        if fx.config.output_transcription:
            self._said.append(text)
            fx.playback.hear(turn_id, text)
            fx.emit(TranscriptDelta(text=text, is_final=False, item_id=turn_id))

    def _called(self, event: wire.ToolCall, fx: Effects) -> None:
        turn_id = self._open_turn(fx)
        for call in event.function_calls:
            # Old Vertex models give no id: the name is all there is to answer to.
            fx.call_tool(call.id or call.name, call.name, dict(call.args or {}), group=turn_id)

    def _activity(self, event: wire.VoiceActivity, fx: Effects) -> None:
        item_id = f"user_{self._user_turns + 1}"
        if event.type == "ACTIVITY_START":
            self._is_user_speaking = True
            fx.emit(SpeechStarted(item_id=item_id, at_ms=_offset_ms(event.audio_offset)))
        elif event.type == "ACTIVITY_END":
            self._is_user_speaking = False
            self._is_asked = True
            fx.emit(SpeechStopped(item_id=item_id, at_ms=_offset_ms(event.audio_offset)))

    def _open_turn(self, fx: Effects) -> str:
        self._finish_user(fx)
        if self._turn_id is None:
            self._turns += 1
            self._turn_id = f"turn_{self._turns}"
            self._is_asked = self._is_user_speaking = False
            self._is_generating = True
            self._drops_audio = self._was_interrupted = self._has_audio = False
            fx.emit(ResponseStarted(response_id=self._turn_id))
        return self._turn_id

    def _interrupted(self, fx: Effects) -> None:
        if self._turn_id is not None:
            self._drops_audio = self._was_interrupted = True
            self._is_generating = False
        fx.interrupt_playback()
        self._finish_transcript(fx)

    def _generated(self, fx: Effects) -> None:
        if self._is_generating and self._has_audio and not self._drops_audio:
            turn_id = self._turn_id
            fx.emit(AudioChunk(data=b"", is_final=True, item_id=turn_id, response_id=turn_id))
        self._is_generating = False
        self._finish_transcript(fx)

    def _complete(self, reason: str | None, fx: Effects) -> None:
        self._finish_user(fx)
        if self._turn_id is None:
            self._is_asked = False
            return
        self._generated(fx)
        status = "cancelled" if self._was_interrupted else "completed"
        fx.emit(
            ResponseDone(
                response_id=self._turn_id,
                status=status,
                reason=reason or ("interrupted" if self._was_interrupted else None),
            )
        )
        self._turn_id = None
        self._drops_audio = False

    def _finish_transcript(self, fx: Effects) -> None:
        if self._said:
            text, self._said = "".join(self._said), []
            fx.emit(TranscriptDelta(text=text.strip(), is_final=True, item_id=self._turn_id))

    def _finish_user(self, fx: Effects) -> None:
        if self._heard:
            text, self._heard = "".join(self._heard), []
            fx.emit(self._user_text(text.strip(), is_final=True))
            self._user_turns += 1

    def _user_text(self, text: str, *, is_final: bool) -> TranscriptDelta:
        item_id = f"user_{self._user_turns + 1}"
        return TranscriptDelta(text=text, is_final=is_final, speaker="user", item_id=item_id)

    def malformed(self, tag: str | None, fx: Effects) -> None:
        """Close the turn that an unreadable content may have closed: nothing else would."""
        if tag == wire.ServerContent.type:
            self._complete(None, fx)

    def _error(self, event: wire.ServerError, fx: Effects) -> None:
        failure = Failure(
            kind="provider",
            message=event.message or "the server reported an error without words",
            code=event.status or None,
        )
        _, self._last_error = judge_error(failure, rules=RULES)
        fx.emit(ErrorReported(failure=self._last_error))

    def lost(self, code: int | None, reason: str) -> Verdict:
        """What it means that the road ended."""
        phase: LostPhase = "set-up"
        if self._is_ready:
            phase = "going away" if self._is_going_away else "open"
        return judge_close(code, reason, phase=phase, rules=RULES, said=self._last_error)


def _offset_ms(offset: str | None) -> int | None:
    """Milliseconds of a Duration such as "0.200s"."""
    try:
        return round(float((offset or "").removesuffix("s")) * 1000)
    except ValueError:
        return None
