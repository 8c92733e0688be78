"""Servers for conversations on the core alone: they answer a client by the rules of their protocol,
and do of themselves what a test tells them to.

A peer takes a client's frames (`hear`) and puts its own into `frames`, in order; what the protocol
allows to come at any time (the user's transcripts) goes into `late`. It notes what a client must
not do in `faults`.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from attrs import define, field

from realtime_proto.gemini import GeminiServerConnection
from realtime_proto.gemini import events as gemini
from realtime_proto.gemini.parts import Blob, Content, FunctionCall, Part, Transcription
from realtime_proto.openai import OpenAIServerConnection
from realtime_proto.openai import events as openai
from realtime_proto.openai.items import FunctionCall as FunctionCallItem
from realtime_proto.openai.items import FunctionCallOutput, InputAudio, Message
from realtime_proto.openai.response import (
    InputTokenDetails,
    OutputTokenDetails,
    Response,
    ResponseUsage,
    StatusDetails,
)
from realtime_proto.openai.session import RealtimeSession
from realtime_proto.wire import UNSET

__all__ = ("GeminiPeer", "OpenAIPeer", "Peer")

AUDIO_MS = 100
"""How long a piece of the peers' speech is."""

AUDIO = bytes(24_000 * 2 * AUDIO_MS // 1000)

TOKENS = 7
"""What every answer uses: so many tokens in, and out."""


class Peer:
    """What both have in common."""

    def __init__(self, n: int = 0) -> None:
        self.n = n
        self.frames: deque[str] = deque()
        self.late: deque[str] = deque()
        self.faults: list[str] = []
        self.order: list[str] = []
        self.answers: dict[str, int] = {}
        self.open_calls: list[str] = []
        self.cancelled_calls: set[str] = set()
        self._ids = 0

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}_{self.n}_{self._ids}"

    def answered(self, call_id: str) -> None:
        self.answers[call_id] = self.answers.get(call_id, 0) + 1
        if call_id in self.cancelled_calls and self.answers[call_id] == 1:
            return  # the answer and the cancellation crossed
        if self.answers[call_id] > 1:
            self.faults.append(f"the call {call_id} was answered twice")
        elif call_id not in self.open_calls:
            self.faults.append(f"the call {call_id} was not open")
        else:
            self.open_calls.remove(call_id)


@define
class _Active:
    id: str
    message: str | None = None
    text: str = ""
    n_audio: int = 0
    done_items: list[Any] = field(factory=list)


class OpenAIPeer(Peer):
    """A server of OpenAI Realtime's GA protocol.

    Attributes:
        active: The response under way.
        audio_ms: How much speech there is of each item.
        user_item: What the user is saying.
    """

    def __init__(self, n: int = 0, *, detects: bool = True) -> None:
        super().__init__(n)
        self.connection = OpenAIServerConnection()
        self.active: _Active | None = None
        self.audio_ms: dict[str, int] = {}
        self.user_item: str | None = None
        self.untranscribed: list[str] = []
        self.detects = detects
        self._buffered = 0

    @property
    def is_answering(self) -> bool:
        """Whether the model speaks."""
        return self.active is not None

    def say(self, event: Any, *, is_late: bool = False) -> None:
        (self.late if is_late else self.frames).append(self.connection.send(event))

    def greet(self) -> None:
        session = RealtimeSession(id=f"sess_{self.n}", object="realtime.session", model="m")
        self.say(openai.SessionCreated(session=session))

    def refuse(self, event: Any, code: str) -> None:
        detail = openai.ErrorDetail(
            type="invalid_request_error", code=code, message=code, event_id=event.event_id or None
        )
        self.say(openai.Error(error=detail))

    def hear(self, frame: str) -> None:
        for event in self.connection.receive(frame):
            self._answer(event)

    def _answer(self, event: Any) -> None:
        match event:
            case openai.SessionUpdate(session=session):
                echo = RealtimeSession(
                    id=f"sess_{self.n}", instructions=session.instructions, audio=session.audio
                )
                self.say(openai.SessionUpdated(session=echo))
            case openai.InputAudioBufferAppend(audio=audio):
                self._buffered += len(audio)
            case openai.InputAudioBufferClear():
                self._buffered = 0
                self.say(openai.InputAudioBufferCleared())
            case openai.InputAudioBufferCommit():
                if self._buffered < 4_800:
                    self.faults.append("less than 100 ms were committed")
                self._buffered = 0
                self._commit(self.new_id("item"))
            case openai.ConversationItemCreate(item=item):
                self._create_item(item)
            case openai.ConversationItemTruncate():
                self._truncate(event)
            case openai.ResponseCreate():
                if self.active is None:
                    self.begin()
                else:
                    self.refuse(event, "conversation_already_has_active_response")
            case openai.ResponseCancel(response_id=response_id):
                if self.active is None or response_id not in (UNSET, self.active.id):
                    self.refuse(event, "response_cancel_not_active")
                else:
                    self.finish("cancelled", "client_cancelled")
            case _:
                self.faults.append(f"unexpected: {type(event).__name__}")

    def _add(self, item: Any, *, is_done: bool = True) -> None:
        previous = self.order[-1] if self.order else None
        self.order.append(item.id)
        self.say(openai.ConversationItemAdded(previous_item_id=previous, item=item))
        if is_done:
            self.say(openai.ConversationItemDone(previous_item_id=None, item=item))

    def _create_item(self, item: Any) -> None:
        if isinstance(item, FunctionCallOutput) and item.id is UNSET:
            self.answered(item.call_id)
        item_id = item.id if isinstance(item.id, str) else self.new_id("item")
        names = {"call_id": item.call_id} if not isinstance(item, Message) else {"role": item.role}
        rest = {
            name: getattr(item, name)
            for name in ("content", "output", "name", "arguments")
            if hasattr(item, name)
        }
        self._add(type(item)(id=item_id, **names, **rest))

    def _truncate(self, event: openai.ConversationItemTruncate) -> None:
        if not 0 <= event.audio_end_ms <= self.audio_ms.get(event.item_id, -1):
            self.faults.append(f"truncated at {event.audio_end_ms} ms of {event.item_id}")
        self.say(
            openai.ConversationItemTruncated(
                item_id=event.item_id, content_index=0, audio_end_ms=event.audio_end_ms
            )
        )

    def _commit(self, item_id: str) -> None:
        previous = self.order[-1] if self.order else None
        self.say(openai.InputAudioBufferCommitted(previous_item_id=previous, item_id=item_id))
        part = InputAudio(transcript=None)
        self._add(Message(id=item_id, status="completed", role="user", content=(part,)))
        self.untranscribed.append(item_id)

    # --- of its own accord

    def begin(self) -> None:
        self.active = _Active(self.new_id("resp"))
        response = Response(id=self.active.id, status="in_progress", output=())
        self.say(openai.ResponseCreated(response=response))

    def speak(self, text: str = "word ") -> None:
        """A piece of speech of the active response."""
        if self.active is None:
            return
        if self.active.message is None:
            self.active.message = self.new_id("item")
            item = Message(
                id=self.active.message, status="in_progress", role="assistant", content=()
            )
            self.audio_ms[item.id] = 0
            self.say(
                openai.ResponseOutputItemAdded(
                    response_id=self.active.id, output_index=0, item=item
                )
            )
            self._add(item, is_done=False)
        where = {
            "response_id": self.active.id,
            "item_id": self.active.message,
            "output_index": 0,
            "content_index": 0,
        }
        self.active.text += text
        self.say(openai.ResponseOutputAudioTranscriptDelta(delta=text, **where))
        self.say(openai.ResponseOutputAudioDelta(delta=AUDIO, **where))
        self.audio_ms[self.active.message] += AUDIO_MS

    def call(self) -> None:
        """A tool call of the active response."""
        if self.active is None:
            return
        call_id = self.new_id("call")
        item = FunctionCallItem(
            id=self.new_id("item"),
            status="completed",
            name="look",
            call_id=call_id,
            arguments="{ }\n",
        )
        self.open_calls.append(call_id)
        self._add(item)
        self.say(
            openai.ResponseOutputItemDone(response_id=self.active.id, output_index=1, item=item)
        )

    def finish(self, status: str = "completed", reason: str | None = None) -> None:
        """The active response ends."""
        active, self.active = self.active, None
        if active is None:
            return
        if active.message is not None:
            where = {
                "response_id": active.id,
                "item_id": active.message,
                "output_index": 0,
                "content_index": 0,
            }
            self.say(openai.ResponseOutputAudioDone(**where))
            if status == "completed":
                self.say(openai.ResponseOutputAudioTranscriptDone(transcript=active.text, **where))
        self.done_frame = openai.ResponseDone(
            response=Response(
                id=active.id,
                status=status,
                status_details=None if reason is None else StatusDetails(reason=reason),
                output=(),
                usage=ResponseUsage(
                    total_tokens=2 * TOKENS,
                    input_tokens=TOKENS,
                    output_tokens=TOKENS,
                    input_token_details=InputTokenDetails(text_tokens=TOKENS),
                    output_token_details=OutputTokenDetails(audio_tokens=TOKENS),
                ),
            )
        )
        self.say(self.done_frame)

    def repeat_done(self) -> None:
        """The last `response.done` once more."""
        if getattr(self, "done_frame", None) is not None:
            self.say(self.done_frame)

    def user_starts(self) -> None:
        """The user is heard to speak."""
        if not self.detects or self.user_item is not None:
            return
        self.user_item = self.new_id("item")
        self.say(openai.InputAudioBufferSpeechStarted(audio_start_ms=0, item_id=self.user_item))
        self.finish("cancelled", "turn_detected")

    def user_stops(self) -> None:
        """The user is heard to stop, and answered."""
        if self.user_item is None:
            return
        item_id, self.user_item = self.user_item, None
        self.say(openai.InputAudioBufferSpeechStopped(audio_end_ms=500, item_id=item_id))
        self._commit(item_id)
        if self.active is None:
            self.begin()

    def transcribe(self) -> None:
        """What the user said is written down, whenever."""
        if self.untranscribed:
            item_id = self.untranscribed.pop(0)
            self.say(
                openai.ConversationItemInputAudioTranscriptionCompleted(
                    item_id=item_id, content_index=0, transcript="hello", usage=None
                ),
                is_late=True,
            )


class GeminiPeer(Peer):
    """A server of Gemini Live.

    Attributes:
        is_generating: A turn of the model is open.
        handle: The newest handle; a connection may be opened with it.
    """

    def __init__(self, n: int = 0, *, detects: bool = True) -> None:
        super().__init__(n)
        self.connection = GeminiServerConnection()
        self.detects = detects
        self.is_generating = False
        self.resumed: str | None = None
        self._is_active = False
        self._n_turns = 0

    @property
    def is_answering(self) -> bool:
        """Whether the model speaks."""
        return self.is_generating

    def say(self, event: Any, *, is_late: bool = False) -> None:
        (self.late if is_late else self.frames).append(self.connection.send(event))

    def greet(self) -> None:
        """The client speaks first."""

    def hear(self, frame: str) -> None:
        for event in self.connection.receive(frame):
            self._answer(event)

    def _answer(self, event: Any) -> None:
        match event:
            case gemini.Setup():
                resumption = event.session_resumption
                self.resumed = None if resumption is None else resumption.handle
                self.say(gemini.SetupComplete())
            case gemini.RealtimeInput():
                self._realtime(event)
            case gemini.ClientContent():
                if self.is_generating:
                    self._interrupt()
                if event.turn_complete and not self.is_generating:
                    self.begin()
            case gemini.ToolResponse(function_responses=responses):
                for response in responses:
                    self.answered(response.id)
            case _:
                self.faults.append(f"unexpected: {type(event).__name__}")

    def _realtime(self, event: gemini.RealtimeInput) -> None:
        if event.activity_start is not None:
            if self.detects or self._is_active:
                self.faults.append("an activityStart out of place")
            self._is_active = True
            self._interrupt()
        elif event.activity_end is not None:
            if not self._is_active:
                self.faults.append("an activityEnd out of place")
            self._is_active = False
            self.begin()
        elif event.audio_stream_end:
            if not self.detects:
                self.faults.append("an audioStreamEnd out of place")
        elif event.audio is not None and not self.detects and not self._is_active:
            self.faults.append("audio outside of an activity")

    def _content(self, **fields: Any) -> None:
        self.say(gemini.ServerContent(**fields))

    # --- of its own accord

    def begin(self) -> None:
        """A turn of the model begins."""
        if not self.is_generating:
            self.is_generating = True
            self._n_turns += 1
            self.speak()

    def speak(self, text: str = "word ") -> None:
        """A piece of speech."""
        if self.is_generating:
            blob = Blob(mime_type="audio/pcm;rate=24000", data=AUDIO)
            self._content(
                model_turn=Content(role="model", parts=(Part(inline_data=blob),)),
                output_transcription=Transcription(text=text),
            )

    def call(self) -> None:
        """A tool call."""
        if self.is_generating:
            call_id = self.new_id("call")
            self.open_calls.append(call_id)
            call = FunctionCall(id=call_id, name="look", args={})
            self.say(gemini.ToolCall(function_calls=(call,)))

    def finish(self, status: str = "completed", reason: str | None = None) -> None:
        """The turn ends."""
        if not self.is_generating:
            return
        self.is_generating = False
        if status == "completed":
            self._content(generation_complete=True)
        self._complete()

    def _complete(self) -> None:
        self._content(turn_complete=True)
        self.say(
            gemini.UsageMetadata(
                prompt_token_count=TOKENS,
                response_token_count=TOKENS,
                total_token_count=2 * TOKENS,
            )
        )

    def repeat_done(self) -> None:
        """The end of the turn once more."""
        if self._n_turns and not self.is_generating:
            self._content(turn_complete=True)

    def _interrupt(self) -> None:
        if self.is_generating:
            self.is_generating = False
            self._content(interrupted=True)
            if self.open_calls:
                self.say(gemini.ToolCallCancellation(ids=tuple(self.open_calls)))
                self.cancelled_calls.update(self.open_calls)
                self.open_calls.clear()
            self._complete()

    def user_starts(self) -> None:
        """The user is heard to speak."""
        if self.detects:
            self.say(gemini.VoiceActivity(type="ACTIVITY_START", audio_offset="0.2s"))
            self._interrupt()

    def user_stops(self) -> None:
        """The user is heard to stop, and answered."""
        if self.detects:
            self.say(gemini.VoiceActivity(type="ACTIVITY_END", audio_offset="0.9s"))
            self._content(input_transcription=Transcription(text=" hello"))
            self.begin()

    def transcribe(self) -> None:
        """Late words of the user."""
        if self._n_turns:
            event = gemini.ServerContent(input_transcription=Transcription(text=" late"))
            self.say(event, is_late=True)
