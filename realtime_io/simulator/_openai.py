"""The simulated model behind OpenAI Realtime (GA), one connection.

What it says and in which order follows recorded sessions of the real server: `session.created`
first; `session.updated` with the whole effective configuration; per response created, item added,
part added, deltas (the transcript ahead of the audio), part done, item done, `response.done`,
`rate_limits.updated`. One response at a time; a second `response.create` is refused as the real one
refuses it. Audio is sent faster than it plays. When voice activity detection hears the user, the
response under way is cancelled with the reason "turn_detected".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from attrs import define, evolve

from realtime_io.simulator._ears import SPEAKING_RATE_HZ, Engine
from realtime_io.simulator._openai_session import NEW_SESSION, input_of, merged, or_default
from realtime_io.simulator._turns import Listening, Speaking, chunks_of, duration_ms, words_of
from realtime_proto import openai as wire
from realtime_proto.errors import RemoteProtocolError
from realtime_proto.wire import UNSET, UnknownEvent, count_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.abc import TaskGroup

    from realtime_io.simulator._scenario import Match, Scenario

__all__ = ("OpenAIBrain",)

MIN_COMMIT_MS: Final = 100


@define
class _Speech:
    """An answer under way."""

    response: wire.Response
    item: wire.Message | wire.FunctionCall | None = None
    transcript: str = ""


class OpenAIBrain:
    """One simulated conversation over OpenAI's protocol.

    Args:
        post: Takes each frame to send.
        close: Ends the WebSocket with a code and a reason.
        tasks: The connection's task group.
        scenario: What it knows.
        engine: What it hears and speaks with.
        model: The model the client asked for.
        session_id: The id of the session.
        pace: How much faster than it plays audio is sent; 0 sends at once.
    """

    def __init__(
        self,
        *,
        post: Callable[[str | bytes], None],
        close: Callable[[int, str], None],
        tasks: TaskGroup,
        scenario: Scenario,
        engine: Engine,
        model: str,
        session_id: str,
        pace: float,
    ) -> None:
        self._post = post
        self._close = close
        self._scenario = scenario
        self._engine = engine
        self._wire = wire.OpenAIServerConnection()
        self._session = evolve(NEW_SESSION, id=session_id, model=model)
        self._count_items = count_ids("item")
        self._item_ids: set[str] = set()
        self._new_response_id = count_ids("resp")
        self._new_call_id = count_ids("call")
        self._last_item_id: str | None = None
        self._audio_ms: dict[str, int] = {}
        self._asked = ""
        self._calls: dict[str, Match | None] = {}
        self._result: str | None = None
        self._user_item_id: str | None = None
        self._speech: _Speech | None = None
        self._speaking = Speaking(tasks, pace=pace)
        self._listening = Listening(
            engine,
            tasks,
            began=self._speech_started,
            ended=self._speech_stopped,
            understood=self._understood,
        )
        self._tune_ears()

    def open(self, *, is_admitted: bool) -> None:
        """The WebSocket is open. The key is checked only now, as the real server does."""
        if is_admitted:
            self._say(wire.SessionCreated(session=self._session))
            return
        self._refuse(
            "Incorrect API key provided.", code="invalid_api_key", kind="invalid_request_error"
        )
        self._close(3000, "invalid_request_error.invalid_api_key")

    def receive(self, frame: str | bytes) -> None:
        """The client said something."""
        if not isinstance(frame, str):
            self._refuse("Binary frames are not supported.", code="invalid_event")
            return
        try:
            events = self._wire.receive(frame)
        except RemoteProtocolError as exc:
            code = "invalid_json" if exc.tag is None and exc.paths == ("$",) else "invalid_value"
            self._refuse(exc.message, code=code, param=exc.paths[0].removeprefix("$."))
            return
        for event in events:
            self._handle(event)

    # --- what the client wants

    def _handle(self, event: Any) -> None:
        match event:
            case wire.InputAudioBufferAppend(audio=audio):
                self._listening.feed(audio)
            case wire.SessionUpdate():
                self._update(event)
            case wire.ConversationItemCreate():
                self._create_item(event)
            case wire.ResponseCreate():
                self._create_response(event)
            case wire.ResponseCancel():
                self._cancel(event)
            case wire.ConversationItemTruncate():
                self._truncate(event)
            case wire.ConversationItemDelete():
                self._say(wire.ConversationItemDeleted(item_id=event.item_id))
            case wire.InputAudioBufferCommit():
                self._commit(event)
            case wire.InputAudioBufferClear():
                self._listening.clear()
                self._say(wire.InputAudioBufferCleared())
            case UnknownEvent(tag=tag):
                self._refuse(f"Invalid value: '{tag}'.", code="invalid_value", param="type")
            case _:
                self._refuse(
                    f"The simulator does not carry out '{event.type}'.",
                    code="unsupported",
                    event_id=event.event_id,
                )

    def _update(self, event: wire.SessionUpdate) -> None:
        if not isinstance(event.session, wire.RealtimeSession):
            self._refuse(
                "Only sessions of the type 'realtime' are simulated.",
                code="invalid_value",
                param="session.type",
                event_id=event.event_id,
            )
            return
        fixed = {"id": self._session.id, "model": self._session.model}
        self._session = evolve(merged(self._session, event.session), **fixed)
        self._tune_ears()
        self._say(wire.SessionUpdated(session=self._session))

    def _tune_ears(self) -> None:
        detection = input_of(self._session).turn_detection
        given = detection if isinstance(detection, wire.ServerVad) else wire.ServerVad()
        self._listening.configure(
            rate_hz=getattr(input_of(self._session).format, "rate", None) or SPEAKING_RATE_HZ,
            is_manual=detection is None,
            prefix_padding_ms=or_default(given.prefix_padding_ms, 300),
            silence_ms=or_default(given.silence_duration_ms, 500),
        )

    def _create_item(self, event: wire.ConversationItemCreate) -> None:
        item = event.item
        match item:
            case wire.Message(role="user", content=content):
                text = " ".join(part.text for part in content if isinstance(part, wire.InputText))
                self._heard(text)
            case wire.FunctionCall(call_id=str(call_id)):
                self._calls[call_id] = None  # of a history; other items need no answer, ever
            case wire.FunctionCallOutput(call_id=call_id, output=output):
                if call_id not in self._calls:
                    self._refuse(
                        f"No tool call found for function call output with call_id {call_id}.",
                        code="invalid_tool_call_id",
                        event_id=event.event_id,
                    )
                    return
                match_ = self._calls.pop(call_id)
                if match_ is not None:
                    self._result = match_.answer(output)
        item_id = getattr(item, "id", UNSET) or self._new_item_id()
        if isinstance(item, wire.Message):
            item = evolve(item, id=item_id, status="completed")
        elif isinstance(item, wire.FunctionCallOutput):
            item = evolve(item, id=item_id)
        self._add_item(item, item_id)
        self._say(wire.ConversationItemDone(previous_item_id=None, item=item))

    def _new_item_id(self) -> str:
        """An id that no item has, the client's own ones included."""
        while (item_id := self._count_items()) in self._item_ids:
            pass
        return item_id

    def _add_item(self, item: Any, item_id: str) -> None:
        self._item_ids.add(item_id)
        self._say(wire.ConversationItemAdded(previous_item_id=self._last_item_id, item=item))
        self._last_item_id = item_id

    def _commit(self, event: wire.InputAudioBufferCommit) -> None:
        if input_of(self._session).turn_detection is not None:
            self._refuse(
                "The buffer is committed by the server's voice activity detection.",
                code="input_audio_buffer_commit_empty",
                event_id=event.event_id,
            )
            return
        ms = self._listening.manual_ms
        if ms < MIN_COMMIT_MS:
            self._refuse(
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{MIN_COMMIT_MS}ms of audio, but buffer only has {ms:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
                event_id=event.event_id,
            )
            return
        self._commit_item(self._new_item_id())
        self._listening.commit()

    def _commit_item(self, item_id: str) -> None:
        self._say(
            wire.InputAudioBufferCommitted(previous_item_id=self._last_item_id, item_id=item_id)
        )
        item = wire.Message(
            id=item_id, role="user", status="completed", content=(wire.InputAudio(transcript=None),)
        )
        self._add_item(item, item_id)
        self._say(wire.ConversationItemDone(previous_item_id=None, item=item))
        self._user_item_id = item_id

    # --- what the user says

    def _speech_started(self, at_ms: int) -> None:
        self._user_item_id = self._new_item_id()
        self._say(
            wire.InputAudioBufferSpeechStarted(audio_start_ms=at_ms, item_id=self._user_item_id)
        )
        detection = input_of(self._session).turn_detection
        if or_default(getattr(detection, "interrupt_response", True), True):
            self._stop("turn_detected")

    def _speech_stopped(self, at_ms: int) -> None:
        item_id = self._user_item_id or self._new_item_id()
        self._say(wire.InputAudioBufferSpeechStopped(audio_end_ms=at_ms, item_id=item_id))
        self._commit_item(item_id)

        detection = input_of(self._session).turn_detection
        if detection and or_default(getattr(detection, "create_response", True), True):
            self._respond(UNSET)

    def _understood(self, text: str) -> None:
        if input_of(self._session).transcription and self._user_item_id is not None:
            self._say(
                wire.ConversationItemInputAudioTranscriptionCompleted(
                    item_id=self._user_item_id,
                    content_index=0,
                    transcript=text,
                    usage=wire.TranscriptionDurationUsage(seconds=0.0),
                )
            )
        self._heard(text)

    def _heard(self, text: str) -> None:
        self._asked = text
        self._result = None

    # --- what the model says

    def _create_response(self, event: wire.ResponseCreate) -> None:
        if self._speech is not None:
            self._refuse(
                "Conversation already has an active response in progress: "
                f"{self._speech.response.id}. Wait until the response is finished before "
                "creating a new one.",
                code="conversation_already_has_active_response",
                event_id=event.event_id,
            )
            return
        metadata = getattr(event.response, "metadata", UNSET)
        self._respond(metadata)

    def _cancel(self, event: wire.ResponseCancel) -> None:
        if self._speech is None or event.response_id not in (UNSET, self._speech.response.id):
            self._refuse(
                "Cancellation failed: no active response found.",
                code="response_cancel_not_active",
                event_id=event.event_id,
            )
            return
        self._stop("client_cancelled")

    def _truncate(self, event: wire.ConversationItemTruncate) -> None:
        received_ms = self._audio_ms.get(event.item_id)
        if received_ms is None:
            self._refuse(
                f"Item '{event.item_id}' has no audio to truncate.",
                code="item_truncate_invalid_item_id",
                event_id=event.event_id,
            )
        elif event.audio_end_ms > received_ms:
            self._refuse(
                f"Audio content of {received_ms}ms is already shorter than {event.audio_end_ms}ms",
                code="invalid_value",
                param="audio_end_ms",
                event_id=event.event_id,
            )
        else:
            self._audio_ms[event.item_id] = event.audio_end_ms
            self._say(
                wire.ConversationItemTruncated(
                    item_id=event.item_id,
                    content_index=event.content_index,
                    audio_end_ms=event.audio_end_ms,
                )
            )

    def _respond(self, metadata: Any) -> None:
        response = wire.Response(
            object="realtime.response",
            id=self._new_response_id(),
            status="in_progress",
            output=(),
            conversation_id="conv_1",
            output_modalities=or_default(self._session.output_modalities, ("audio",)),
            max_output_tokens=or_default(self._session.max_output_tokens, "inf"),
            metadata=or_default(metadata, None),
        )
        speech = self._speech = _Speech(response)
        self._say(wire.ResponseCreated(response=response))
        self._speaking.start(lambda: self._answer(speech))

    async def _answer(self, speech: _Speech) -> None:
        await self._listening.settled()
        match = self._scenario.match(self._asked)
        if self._result is not None:
            await self._speak(speech, self._result)
        elif match is None:
            await self._speak(speech, self._scenario.confusion(self._asked))
        elif match.rule.call is None:
            await self._speak(speech, match.answer())
        elif any(
            isinstance(tool, wire.FunctionTool) and tool.name == match.rule.call
            for tool in self._session.tools or ()
        ):
            self._call(speech, match, match.rule.call)
        else:
            await self._speak(speech, match.rule.without)
        self._asked, self._result = "", None
        self._done(speech, "completed")

    def _call(self, speech: _Speech, match: Match, name: str) -> None:
        call_id = self._new_call_id()
        arguments = json.dumps(match.arguments())
        item_id = self._new_item_id()
        item = wire.FunctionCall(
            id=item_id,
            status="in_progress",
            name=name,
            call_id=call_id,
            arguments="",
        )
        self._begin(speech, item, item_id)
        where = _place(speech, item)
        self._say(
            wire.ResponseFunctionCallArgumentsDelta(**where, call_id=call_id, delta=arguments)
        )
        self._say(
            wire.ResponseFunctionCallArgumentsDone(
                **where, call_id=call_id, name=name, arguments=arguments
            )
        )
        self._calls[call_id] = match
        self._finish(speech, evolve(item, status="completed", arguments=arguments))

    async def _speak(self, speech: _Speech, text: str) -> None:
        pcm = await self._engine.speak(text)
        item_id = self._new_item_id()
        item = wire.Message(id=item_id, role="assistant", status="in_progress", content=())
        self._begin(speech, item, item_id)
        where = {**_place(speech, item), "content_index": 0}
        self._say(wire.ResponseContentPartAdded(**where, part=wire.AudioPart(transcript="")))
        self._audio_ms[item_id] = 0
        chunks = chunks_of(pcm)
        for words, chunk in zip(words_of(text, len(chunks)), chunks, strict=True):
            if words:
                speech.transcript += words
                self._say(wire.ResponseOutputAudioTranscriptDelta(**where, delta=words))
            self._audio_ms[item_id] += duration_ms(chunk)
            self._say(wire.ResponseOutputAudioDelta(**where, delta=chunk))
            await self._speaking.wait_for(duration_ms(chunk))
        self._finish(speech, _completed(item, text))

    def _begin(self, speech: _Speech, item: wire.Message | wire.FunctionCall, item_id: str) -> None:
        speech.item = item
        self._say(
            wire.ResponseOutputItemAdded(response_id=speech.response.id, output_index=0, item=item)
        )
        self._add_item(item, item_id)

    def _finish(self, speech: _Speech, item: wire.Message | wire.FunctionCall) -> None:
        """Say what ends an item, whole or cut short."""
        speech.item = item
        if isinstance(item, wire.Message):
            where = {**_place(speech, item), "content_index": 0}
            transcript = speech.transcript
            self._say(wire.ResponseOutputAudioDone(**where))
            self._say(wire.ResponseOutputAudioTranscriptDone(**where, transcript=transcript))
            self._say(
                wire.ResponseContentPartDone(**where, part=wire.AudioPart(transcript=transcript))
            )
        self._say(wire.ConversationItemDone(previous_item_id=None, item=item))
        self._say(
            wire.ResponseOutputItemDone(response_id=speech.response.id, output_index=0, item=item)
        )

    def _stop(self, reason: str) -> None:
        speech = self._speech
        if speech is None:
            return
        self._speaking.stop()
        if isinstance(speech.item, wire.Message):
            self._finish(
                speech, evolve(_completed(speech.item, speech.transcript), status="incomplete")
            )
        self._done(speech, "cancelled", wire.StatusDetails(type="cancelled", reason=reason))

    def _done(
        self, speech: _Speech, status: str, details: wire.StatusDetails | None = None
    ) -> None:
        if self._speech is not speech:
            return
        self._speech = None
        self._speaking.finished()
        tokens = len(speech.transcript.split())
        self._say(
            wire.ResponseDone(
                response=evolve(
                    speech.response,
                    status=status,
                    status_details=details,
                    output=() if speech.item is None else (speech.item,),
                    usage=wire.ResponseUsage(
                        total_tokens=tokens, input_tokens=0, output_tokens=tokens
                    ),
                )
            )
        )
        self._say(
            wire.RateLimitsUpdated(
                rate_limits=(
                    wire.RateLimit(
                        name="tokens", limit=40_000, remaining=40_000, reset_seconds=0.0
                    ),
                )
            )
        )

    # --- wire

    def _say(self, event: Any) -> None:
        self._post(self._wire.send(event))

    def _refuse(
        self,
        message: str,
        *,
        code: str,
        kind: str = "invalid_request_error",
        param: str | None = None,
        event_id: Any = UNSET,
    ) -> None:
        detail = wire.ErrorDetail(
            type=kind, code=code, message=message, param=param, event_id=or_default(event_id, None)
        )
        self._say(wire.Error(error=detail))


def _place(speech: _Speech, item: wire.Message | wire.FunctionCall) -> dict[str, Any]:
    return {"response_id": speech.response.id, "item_id": item.id, "output_index": 0}


def _completed(item: wire.Message, transcript: str) -> wire.Message:
    return evolve(item, status="completed", content=(wire.OutputAudio(transcript=transcript),))
