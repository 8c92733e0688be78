"""The simulated model behind Gemini Live, one connection.

What it says and in which order follows recorded sessions of the Gemini Developer API:
pretty-printed JSON in binary frames; `setupComplete`; the user's words as `inputTranscription`;
speech and its transcript in pieces, faster than it plays; `generationComplete` when all is sent;
`turnComplete` only when it would have been played. While an answer is sent or still playing, the
user's voice (or new content) interrupts it: `interrupted`, then `turnComplete`. A set-up it does
not take is a close, not a message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from realtime_io.simulator._ears import HEARING_RATE_HZ, SPEAKING_RATE_HZ, Engine
from realtime_io.simulator._turns import Listening, Speaking, chunks_of, duration_ms, words_of
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.gemini import (
    AutomaticActivityDetection,
    Blob,
    ClientContent,
    Content,
    ContextUpdate,
    FunctionCall,
    GeminiServerConnection,
    ModalityTokenCount,
    Part,
    RealtimeInput,
    ServerContent,
    Setup,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    ToolResponse,
    Transcription,
    UsageMetadata,
    VoiceActivity,
)
from realtime_proto.gemini.catalog import profile_of
from realtime_proto.wire import UnknownEvent, count_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import TaskGroup

    from realtime_io.simulator._scenario import Match, Scenario

__all__ = ("GeminiBrain",)

_MIME_TYPE: Final = f"audio/pcm;rate={SPEAKING_RATE_HZ}"

_INVALID: Final = 1007


class GeminiBrain:
    """One simulated conversation over Gemini's protocol.

    Args:
        post: Takes each frame to send.
        close: Ends the WebSocket with a code and a reason.
        tasks: The connection's task group.
        scenario: What it knows.
        engine: What it hears and speaks with.
        pace: How much faster than it plays audio is sent; 0 sends at once, and plays in no time.
    """

    def __init__(
        self,
        *,
        post: Callable[[str | bytes], None],
        close: Callable[[int, str], None],
        tasks: TaskGroup,
        scenario: Scenario,
        engine: Engine,
        pace: float,
    ) -> None:
        self._post = post
        self._close = close
        self._scenario = scenario
        self._engine = engine
        self._pace = pace
        self._wire = GeminiServerConnection()
        self._setup: Setup | None = None
        self._is_admitted = True
        self._new_call_id = count_ids("function-call")
        self._calls: dict[str, Match] = {}
        self._asked = ""
        self._speaking = Speaking(tasks, pace=pace)
        self._listening = Listening(
            engine,
            tasks,
            began=self._speech_began,
            ended=self._speech_ended,
            understood=self._understood,
        )

    def open(self, *, is_admitted: bool) -> None:
        """The WebSocket is open. The client speaks first; a wrong key closes it then."""
        self._is_admitted = is_admitted

    def receive(self, frame: str | bytes) -> None:
        """The client said something."""
        try:
            events = self._wire.receive(frame)
        except RemoteProtocolError as exc:
            self._close(_INVALID, f"Invalid JSON payload received. {exc.message}")
            return
        for event in events:
            self._handle(event)

    # --- what the client wants

    def _handle(self, event: Any) -> None:
        match event:
            case Setup():
                self._set_up(event)
            case _ if self._setup is None:
                self._close(_INVALID, "setup must be the first message and only the first")
            case RealtimeInput():
                self._hear(event)
            case ClientContent():
                self._read(event)
            case ToolResponse():
                self._take_results(event)
            case ContextUpdate() if profile_of(self._setup.model).accepts_context_update:
                self._change(self._setup, event)
            case UnknownEvent(tag=tag):
                self._close(
                    _INVALID,
                    f'Invalid JSON payload received. Unknown name "{tag}": Cannot find field.',
                )
            case _:
                self._close(1008, "Operation is not implemented, or supported, or enabled.")

    def _set_up(self, setup: Setup) -> None:
        if not self._is_admitted:
            self._close(_INVALID, "API key not valid. Please pass a valid API key.")
        elif self._setup is not None:
            self._close(_INVALID, "setup must be the first message and only the first")
        elif not setup.model.startswith(("models/", "projects/", "publishers/")):
            self._close(1008, f"{setup.model} is not found for API version v1beta")
        else:
            self._setup = setup
            self._tune_ears(HEARING_RATE_HZ)
            self._say(SetupComplete())

    def _change(self, setup: Setup, event: ContextUpdate) -> None:
        instruction = event.system_instruction or setup.system_instruction
        tools = setup.tools if event.tools is None else event.tools.tools
        self._setup = evolve(setup, system_instruction=instruction, tools=tools)

    @property
    def _detection(self) -> AutomaticActivityDetection:
        config = None if self._setup is None else self._setup.realtime_input_config
        found = None if config is None else config.automatic_activity_detection
        return found or AutomaticActivityDetection()

    def _tune_ears(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        detection = self._detection
        self._listening.configure(
            rate_hz=rate_hz,
            is_manual=detection.disabled,
            prefix_padding_ms=detection.prefix_padding_ms or 300,
            silence_ms=detection.silence_duration_ms or 500,
        )

    def _hear(self, event: RealtimeInput) -> None:
        is_manual = self._detection.disabled
        if (event.activity_start is not None or event.activity_end is not None) and not is_manual:
            self._close(
                _INVALID,
                "Explicit activity control is not supported when automatic "
                "activity detection is enabled.",
            )
            return
        for blob in (event.audio, *event.media_chunks[:1]):
            if blob is not None and blob.mime_type.startswith("audio/pcm"):
                rate = re.search(r"rate=(\d+)", blob.mime_type)
                rate_hz = int(rate.group(1)) if rate else HEARING_RATE_HZ
                if rate_hz != self._rate_hz:
                    self._tune_ears(rate_hz)
                self._listening.feed(blob.data)
        if event.audio_stream_end and not is_manual:
            self._listening.end()
        if event.text:
            self._ask(event.text)
        if event.activity_start is not None:
            self._listening.clear()
            self._interrupt()
        if event.activity_end is not None and self._listening.manual_ms:
            self._listening.commit()
            self._answer_soon()

    def _read(self, event: ClientContent) -> None:
        self._interrupt()
        texts = [
            part.text
            for turn in event.turns
            if turn.role != "model"
            for part in turn.parts
            if part.text
        ]
        if event.turn_complete and texts:
            self._ask(texts[-1])

    def _ask(self, text: str) -> None:
        self._interrupt()
        self._asked = text
        self._answer_soon()

    def _take_results(self, event: ToolResponse) -> None:
        for answer in event.function_responses:
            match = self._calls.pop(answer.id or "", None)
            if match is None:
                self._close(_INVALID, f"no function call with the id {answer.id} is pending")
                return
            result = answer.response.get("output", answer.response.get("error", answer.response))
            text = match.answer(str(result))
            self._speaking.stop()
            self._speaking.start(lambda text=text: self._speak(text))  # type: ignore[misc]

    # --- what the user says

    def _speech_began(self, at_ms: int) -> None:
        self._say(VoiceActivity(type="ACTIVITY_START", audio_offset=f"{at_ms / 1000:.3f}s"))
        self._interrupt()

    def _speech_ended(self, at_ms: int) -> None:
        self._say(VoiceActivity(type="ACTIVITY_END", audio_offset=f"{at_ms / 1000:.3f}s"))
        self._answer_soon()

    def _understood(self, text: str) -> None:
        self._asked = text
        if self._setup is not None and self._setup.input_audio_transcription is not None and text:
            for words in words_of(text, len(text.split())):
                self._say(ServerContent(input_transcription=Transcription(text=words)))

    def _interrupt(self) -> None:
        if self._speaking.stop():
            self._say(ServerContent(interrupted=True))
            self._say(ServerContent(turn_complete=True))
        if self._calls:
            self._say(ToolCallCancellation(ids=tuple(self._calls)))
            self._calls.clear()

    # --- what the model says

    def _answer_soon(self) -> None:
        self._speaking.stop()
        self._speaking.start(self._answer)

    async def _answer(self) -> None:
        await self._listening.settled()
        match = self._scenario.match(self._asked)
        if match is None:
            await self._speak(self._scenario.confusion(self._asked))
        elif match.rule.call is None:
            await self._speak(match.answer())
        elif match.rule.call in self._offered():
            self._call(match, match.rule.call)
        else:
            await self._speak(match.rule.without)

    def _offered(self) -> set[str]:
        tools = () if self._setup is None else self._setup.tools
        return {
            declaration.name for tool in tools for declaration in tool.function_declarations or ()
        }

    def _call(self, match: Match, name: str) -> None:
        call_id = self._new_call_id()
        self._calls[call_id] = match
        self._speaking.finished()
        call = FunctionCall(id=call_id, name=name, args=match.arguments())
        self._say(ToolCall(function_calls=(call,)))

    async def _speak(self, text: str) -> None:
        pcm = await self._engine.speak(text)
        wants_text = self._setup is not None and self._setup.output_audio_transcription is not None
        chunks = chunks_of(pcm)
        for words, chunk in zip(words_of(text, len(chunks)), chunks, strict=True):
            if words and wants_text:
                self._say(ServerContent(output_transcription=Transcription(text=words)))
            blob = Blob(mime_type=_MIME_TYPE, data=chunk)
            self._say(ServerContent(model_turn=Content(parts=(Part(inline_data=blob),))))
            await self._speaking.wait_for(duration_ms(chunk))
        self._say(ServerContent(generation_complete=True))
        if self._pace > 1:
            # What was sent ahead still plays: the turn is over when it would have been heard.
            await self._speaking.wait_for(round(duration_ms(pcm) * (self._pace - 1)))
        n_tokens = duration_ms(pcm) // 40  # 25 tokens a second
        self._speaking.finished()
        self._say(
            ServerContent(turn_complete=True),
            UsageMetadata(
                response_token_count=n_tokens,
                total_token_count=n_tokens,
                response_tokens_details=(
                    ModalityTokenCount(modality="AUDIO", token_count=n_tokens),
                ),
            ),
        )

    # --- wire

    def _say(self, *events: Any) -> None:
        for event in events:
            self._post(self._wire.send(event).encode())
