"""Every event of OpenAI Realtime's GA dialect: 11 a client sends, 46 a server sends.

An event is one class, named after its tag on the wire, and its name in the union at the end of the
file; tables, docs and tests follow from the unions. Fields are the vendor's. Required means the
vendor always sends it.

`event_id`: whoever sends an event names it. A connection fills in what is UNSET. The server's
`Error.error.event_id` is the `event_id` of the client event at fault.

`obfuscation` is random padding that hides the length of a delta from whoever watches the network.

Source: OpenAI API reference, Realtime, client and server events (openai-openapi f85dbe2,
2026-08-21; openai-python 3.54.0); `obfuscation`, and `content` beside `part`, from recorded
traffic.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto.openai.items import ContentPart, Item
from realtime_proto.openai.response import Response, ResponseCreateParams
from realtime_proto.openai.session import Session
from realtime_proto.wire import UNSET, UnknownObject, Unset, WireValue

__all__ = (
    "CONVERSATION_OBJECTS",
    "RATE_LIMITS",
    "ClientEvent",
    "Conversation",
    "ConversationCreated",
    "ConversationItemAdded",
    "ConversationItemCreate",
    "ConversationItemCreated",
    "ConversationItemDelete",
    "ConversationItemDeleted",
    "ConversationItemDone",
    "ConversationItemInputAudioTranscriptionCompleted",
    "ConversationItemInputAudioTranscriptionDelta",
    "ConversationItemInputAudioTranscriptionFailed",
    "ConversationItemInputAudioTranscriptionSegment",
    "ConversationItemRetrieve",
    "ConversationItemRetrieved",
    "ConversationItemTruncate",
    "ConversationItemTruncated",
    "Error",
    "ErrorDetail",
    "InputAudioBufferAppend",
    "InputAudioBufferClear",
    "InputAudioBufferCleared",
    "InputAudioBufferCommit",
    "InputAudioBufferCommitted",
    "InputAudioBufferDtmfEventReceived",
    "InputAudioBufferSpeechStarted",
    "InputAudioBufferSpeechStopped",
    "InputAudioBufferTimeoutTriggered",
    "LogProb",
    "McpListToolsCompleted",
    "McpListToolsFailed",
    "McpListToolsInProgress",
    "OutputAudioBufferClear",
    "OutputAudioBufferCleared",
    "OutputAudioBufferStarted",
    "OutputAudioBufferStopped",
    "RateLimit",
    "RateLimitsUpdated",
    "ResponseCancel",
    "ResponseContentPartAdded",
    "ResponseContentPartDone",
    "ResponseCreate",
    "ResponseCreated",
    "ResponseDone",
    "ResponseFunctionCallArgumentsDelta",
    "ResponseFunctionCallArgumentsDone",
    "ResponseMcpCallArgumentsDelta",
    "ResponseMcpCallArgumentsDone",
    "ResponseMcpCallCompleted",
    "ResponseMcpCallFailed",
    "ResponseMcpCallInProgress",
    "ResponseOutputAudioDelta",
    "ResponseOutputAudioDone",
    "ResponseOutputAudioTranscriptDelta",
    "ResponseOutputAudioTranscriptDone",
    "ResponseOutputItemAdded",
    "ResponseOutputItemDone",
    "ResponseOutputTextDelta",
    "ResponseOutputTextDone",
    "ServerEvent",
    "SessionCreated",
    "SessionUpdate",
    "SessionUpdated",
    "TranscriptionDurationUsage",
    "TranscriptionError",
    "TranscriptionLanguage",
    "TranscriptionTokenDetails",
    "TranscriptionTokenUsage",
    "TranscriptionUsage",
)


# --- what a client sends


@final
@frozen(kw_only=True)
class SessionUpdate(WireValue):
    """Change the session. What is UNSET stays; answered by `SessionUpdated` with the whole.

    A refused update changes nothing at all, and `Error` says why.
    """

    type: ClassVar[Literal["session.update"]] = "session.update"
    event_id: str | Unset = UNSET
    session: Session


@final
@frozen(kw_only=True)
class InputAudioBufferAppend(WireValue):
    """Add input audio. Not answered.

    Args:
        audio: Bytes in the session's input format, PCM16 at 24 000 Hz unless it says otherwise. At
            most 15 MiB; 20 to 200 ms is a good size.
    """

    type: ClassVar[Literal["input_audio_buffer.append"]] = "input_audio_buffer.append"
    event_id: str | Unset = UNSET
    audio: bytes = field(repr=False)


@final
@frozen(kw_only=True)
class InputAudioBufferCommit(WireValue):
    """Make the buffered audio a user message. Starts no response; not for server turn detection.

    At least 100 ms must be there.
    """

    type: ClassVar[Literal["input_audio_buffer.commit"]] = "input_audio_buffer.commit"
    event_id: str | Unset = UNSET


@final
@frozen(kw_only=True)
class InputAudioBufferClear(WireValue):
    """Drop the buffered input audio."""

    type: ClassVar[Literal["input_audio_buffer.clear"]] = "input_audio_buffer.clear"
    event_id: str | Unset = UNSET


@final
@frozen(kw_only=True)
class OutputAudioBufferClear(WireValue):
    """Stop the audio being played. WebRTC and SIP only, where the server plays."""

    type: ClassVar[Literal["output_audio_buffer.clear"]] = "output_audio_buffer.clear"
    event_id: str | Unset = UNSET


@final
@frozen(kw_only=True)
class ConversationItemCreate(WireValue):
    """Add an item to the conversation. Answered by `ConversationItemAdded` and `...Done`.

    Args:
        previous_item_id: Where: after this item; "root": first. UNSET or None: last.
    """

    type: ClassVar[Literal["conversation.item.create"]] = "conversation.item.create"
    event_id: str | Unset = UNSET
    previous_item_id: str | Unset | None = UNSET
    item: Item


@final
@frozen(kw_only=True)
class ConversationItemRetrieve(WireValue):
    """Ask for an item with its audio. Answered by `ConversationItemRetrieved`."""

    type: ClassVar[Literal["conversation.item.retrieve"]] = "conversation.item.retrieve"
    event_id: str | Unset = UNSET
    item_id: str


@final
@frozen(kw_only=True)
class ConversationItemTruncate(WireValue):
    """Cut an assistant's audio to what was heard. The server forgets the transcript of it.

    Args:
        content_index: The audio part; 0 so far.
        audio_end_ms: How much was played, in milliseconds from the start of the item: 0 to what was
            received.
    """

    type: ClassVar[Literal["conversation.item.truncate"]] = "conversation.item.truncate"
    event_id: str | Unset = UNSET
    item_id: str
    content_index: int
    audio_end_ms: int


@final
@frozen(kw_only=True)
class ConversationItemDelete(WireValue):
    """Remove an item from the conversation."""

    type: ClassVar[Literal["conversation.item.delete"]] = "conversation.item.delete"
    event_id: str | Unset = UNSET
    item_id: str


@final
@frozen(kw_only=True)
class ResponseCreate(WireValue):
    """Ask for a response. At most one runs in the conversation at a time."""

    type: ClassVar[Literal["response.create"]] = "response.create"
    event_id: str | Unset = UNSET
    response: ResponseCreateParams | Unset = UNSET


@final
@frozen(kw_only=True)
class ResponseCancel(WireValue):
    """Stop a response. `ResponseDone` still follows.

    Args:
        response_id: Which; UNSET: the one that runs in the conversation.
    """

    type: ClassVar[Literal["response.cancel"]] = "response.cancel"
    event_id: str | Unset = UNSET
    response_id: str | Unset = UNSET


# --- what a server sends: session


@final
@frozen(kw_only=True)
class ErrorDetail(WireValue):
    """What went wrong.

    Args:
        type: For example "invalid_request_error" or "server_error".
        code: For example "conversation_already_has_active_response".
        message: For a human.
        param: What the server objects to, for example "session.audio.output.speed".
        event_id: The client event at fault.
    """

    type: str
    code: str | None = None
    message: str
    param: str | None = None
    event_id: str | None = None


@final
@frozen(kw_only=True)
class Error(WireValue):
    """Something went wrong. The session lives on unless a close follows."""

    type: ClassVar[Literal["error"]] = "error"
    event_id: str | Unset = UNSET
    error: ErrorDetail


@final
@frozen(kw_only=True)
class SessionCreated(WireValue):
    """The session is there. First event of a connection, except on a sideband."""

    type: ClassVar[Literal["session.created"]] = "session.created"
    event_id: str | Unset = UNSET
    session: Session


@final
@frozen(kw_only=True)
class SessionUpdated(WireValue):
    """A `SessionUpdate` was carried out.

    Args:
        session: The whole configuration now in force.
    """

    type: ClassVar[Literal["session.updated"]] = "session.updated"
    event_id: str | Unset = UNSET
    session: Session


# --- conversation

CONVERSATION_OBJECTS: Final = ("realtime.conversation",)
"""What `Conversation.object` is known to say."""


@final
@frozen(kw_only=True)
class Conversation(WireValue):
    """A conversation's name."""

    id: str | None = None
    object: str | None = None


@final
@frozen(kw_only=True)
class ConversationCreated(WireValue):
    """The conversation is there. In the schemas; not seen from OpenAI itself."""

    type: ClassVar[Literal["conversation.created"]] = "conversation.created"
    event_id: str | Unset = UNSET
    conversation: Conversation


@final
@frozen(kw_only=True)
class ConversationItemCreated(WireValue):
    """An item was created. The name before GA; GA sends `ConversationItemAdded`."""

    type: ClassVar[Literal["conversation.item.created"]] = "conversation.item.created"
    event_id: str | Unset = UNSET
    previous_item_id: str | None = None
    item: Item


@final
@frozen(kw_only=True)
class ConversationItemAdded(WireValue):
    """An item is in the conversation. It may be still growing.

    Args:
        previous_item_id: The item before it; None: it is the first, or the server did not say.
    """

    type: ClassVar[Literal["conversation.item.added"]] = "conversation.item.added"
    event_id: str | Unset = UNSET
    previous_item_id: str | None = None
    item: Item


@final
@frozen(kw_only=True)
class ConversationItemDone(WireValue):
    """An item will not grow any more.

    Args:
        previous_item_id: Often None even where `ConversationItemAdded` had named one.
    """

    type: ClassVar[Literal["conversation.item.done"]] = "conversation.item.done"
    event_id: str | Unset = UNSET
    previous_item_id: str | None = None
    item: Item


@final
@frozen(kw_only=True)
class ConversationItemRetrieved(WireValue):
    """An item that was asked for, with its audio."""

    type: ClassVar[Literal["conversation.item.retrieved"]] = "conversation.item.retrieved"
    event_id: str | Unset = UNSET
    item: Item


@final
@frozen(kw_only=True)
class ConversationItemTruncated(WireValue):
    """An assistant's audio was cut.

    Args:
        audio_end_ms: Milliseconds of it that are left.
    """

    type: ClassVar[Literal["conversation.item.truncated"]] = "conversation.item.truncated"
    event_id: str | Unset = UNSET
    item_id: str
    content_index: int
    audio_end_ms: int


@final
@frozen(kw_only=True)
class ConversationItemDeleted(WireValue):
    """An item was removed."""

    type: ClassVar[Literal["conversation.item.deleted"]] = "conversation.item.deleted"
    event_id: str | Unset = UNSET
    item_id: str


@final
@frozen(kw_only=True)
class LogProb(WireValue):
    """A token of a transcript, its UTF-8 bytes, and the logarithm of its probability."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None


@final
@frozen(kw_only=True)
class TranscriptionLanguage(WireValue):
    """A language heard, for example "en"."""

    code: str


@final
@frozen(kw_only=True)
class TranscriptionTokenDetails(WireValue):
    """Input tokens of a transcription by modality."""

    text_tokens: int | None = None
    audio_tokens: int | None = None


@final
@frozen(kw_only=True)
class TranscriptionTokenUsage(WireValue):
    """What a transcription cost, where it is paid by token."""

    type: ClassVar[Literal["tokens"]] = "tokens"
    total_tokens: int
    input_tokens: int
    output_tokens: int
    input_token_details: TranscriptionTokenDetails | None = None


@final
@frozen(kw_only=True)
class TranscriptionDurationUsage(WireValue):
    """What a transcription cost, where it is paid by seconds of audio."""

    type: ClassVar[Literal["duration"]] = "duration"
    seconds: float


TranscriptionUsage: TypeAlias = TranscriptionTokenUsage | TranscriptionDurationUsage | UnknownObject
"""What a transcription cost."""


@final
@frozen(kw_only=True)
class TranscriptionError(WireValue):
    """Why a transcription failed."""

    type: str | None = None
    code: str | None = None
    message: str | None = None
    param: str | None = None


@final
@frozen(kw_only=True)
class ConversationItemInputAudioTranscriptionDelta(WireValue):
    """More of what the user said. May come before the item itself, and after the response to it."""

    type: ClassVar[Literal["conversation.item.input_audio_transcription.delta"]] = (
        "conversation.item.input_audio_transcription.delta"
    )
    event_id: str | Unset = UNSET
    item_id: str
    content_index: int | None = None
    delta: str | None = None
    logprobs: tuple[LogProb, ...] | None = None
    obfuscation: str | None = field(default=None, repr=False)


@final
@frozen(kw_only=True)
class ConversationItemInputAudioTranscriptionSegment(WireValue):
    """A stretch of what was said, by one speaker.

    Args:
        start: Seconds from the start of the item.
        end: Seconds from the start of the item.
    """

    type: ClassVar[Literal["conversation.item.input_audio_transcription.segment"]] = (
        "conversation.item.input_audio_transcription.segment"
    )
    event_id: str | Unset = UNSET
    item_id: str
    content_index: int
    id: str
    speaker: str
    text: str
    start: float
    end: float


@final
@frozen(kw_only=True)
class ConversationItemInputAudioTranscriptionCompleted(WireValue):
    """All of what the user said. The order between turns is not guaranteed.

    Args:
        usage: What it cost; None where the server does not say.
        status: "in_progress" where the server says this event again and again, each time with more;
            OpenAI says it once, and no status.
    """

    type: ClassVar[Literal["conversation.item.input_audio_transcription.completed"]] = (
        "conversation.item.input_audio_transcription.completed"
    )
    event_id: str | Unset = UNSET
    item_id: str
    content_index: int
    transcript: str
    logprobs: tuple[LogProb, ...] | None = None
    languages: tuple[TranscriptionLanguage, ...] | None = None
    usage: TranscriptionUsage | None
    status: str | None = None


@final
@frozen(kw_only=True)
class ConversationItemInputAudioTranscriptionFailed(WireValue):
    """What the user said could not be written down. The model heard it all the same."""

    type: ClassVar[Literal["conversation.item.input_audio_transcription.failed"]] = (
        "conversation.item.input_audio_transcription.failed"
    )
    event_id: str | Unset = UNSET
    item_id: str
    content_index: int
    error: TranscriptionError


# --- input audio


@final
@frozen(kw_only=True)
class InputAudioBufferCommitted(WireValue):
    """The buffered audio became a user message, or will.

    Args:
        item_id: The message.
    """

    type: ClassVar[Literal["input_audio_buffer.committed"]] = "input_audio_buffer.committed"
    event_id: str | Unset = UNSET
    previous_item_id: str | None = None
    item_id: str


@final
@frozen(kw_only=True)
class InputAudioBufferCleared(WireValue):
    """The buffered input audio was dropped."""

    type: ClassVar[Literal["input_audio_buffer.cleared"]] = "input_audio_buffer.cleared"
    event_id: str | Unset = UNSET


@final
@frozen(kw_only=True)
class InputAudioBufferSpeechStarted(WireValue):
    """The user started to speak.

    Args:
        audio_start_ms: Milliseconds of input since the session began, padding included.
        item_id: The message it will become.
    """

    type: ClassVar[Literal["input_audio_buffer.speech_started"]] = (
        "input_audio_buffer.speech_started"
    )
    event_id: str | Unset = UNSET
    audio_start_ms: int
    item_id: str


@final
@frozen(kw_only=True)
class InputAudioBufferSpeechStopped(WireValue):
    """The user stopped speaking.

    Args:
        audio_end_ms: Milliseconds of input since the session began.
        item_id: The message it will become.
    """

    type: ClassVar[Literal["input_audio_buffer.speech_stopped"]] = (
        "input_audio_buffer.speech_stopped"
    )
    event_id: str | Unset = UNSET
    audio_end_ms: int
    item_id: str


@final
@frozen(kw_only=True)
class InputAudioBufferTimeoutTriggered(WireValue):
    """Nobody spoke for `idle_timeout_ms`; the model answers unasked.

    Args:
        audio_start_ms: Where the silence began, in milliseconds of input since the session began.
        audio_end_ms: Where it ended.
        item_id: The message the silence becomes.
    """

    type: ClassVar[Literal["input_audio_buffer.timeout_triggered"]] = (
        "input_audio_buffer.timeout_triggered"
    )
    event_id: str | Unset = UNSET
    audio_start_ms: int
    audio_end_ms: int
    item_id: str


@final
@frozen(kw_only=True)
class InputAudioBufferDtmfEventReceived(WireValue):
    """A key was pressed on the telephone. SIP only; the one event without an `event_id`.

    Args:
        event: The key: "0" to "9", "*", "#", "A" to "D".
        received_at: Seconds since 1970.
    """

    type: ClassVar[Literal["input_audio_buffer.dtmf_event_received"]] = (
        "input_audio_buffer.dtmf_event_received"
    )
    event: str
    received_at: int


# --- output audio where the server plays (WebRTC, SIP)


@final
@frozen(kw_only=True)
class OutputAudioBufferStarted(WireValue):
    """The server started to play a response."""

    type: ClassVar[Literal["output_audio_buffer.started"]] = "output_audio_buffer.started"
    event_id: str | Unset = UNSET
    response_id: str


@final
@frozen(kw_only=True)
class OutputAudioBufferStopped(WireValue):
    """The server played a response to its end. Comes after `ResponseDone`."""

    type: ClassVar[Literal["output_audio_buffer.stopped"]] = "output_audio_buffer.stopped"
    event_id: str | Unset = UNSET
    response_id: str


@final
@frozen(kw_only=True)
class OutputAudioBufferCleared(WireValue):
    """The server stopped playing a response."""

    type: ClassVar[Literal["output_audio_buffer.cleared"]] = "output_audio_buffer.cleared"
    event_id: str | Unset = UNSET
    response_id: str


# --- response


@final
@frozen(kw_only=True)
class ResponseCreated(WireValue):
    """A response began."""

    type: ClassVar[Literal["response.created"]] = "response.created"
    event_id: str | Unset = UNSET
    response: Response


@final
@frozen(kw_only=True)
class ResponseDone(WireValue):
    """A response ended, however it ended: `response.status` says how."""

    type: ClassVar[Literal["response.done"]] = "response.done"
    event_id: str | Unset = UNSET
    response: Response


@final
@frozen(kw_only=True)
class ResponseOutputItemAdded(WireValue):
    """A response began an item. Items of one response may grow side by side."""

    type: ClassVar[Literal["response.output_item.added"]] = "response.output_item.added"
    event_id: str | Unset = UNSET
    response_id: str
    output_index: int
    item: Item


@final
@frozen(kw_only=True)
class ResponseOutputItemDone(WireValue):
    """An item of a response is finished, or was cut short."""

    type: ClassVar[Literal["response.output_item.done"]] = "response.output_item.done"
    event_id: str | Unset = UNSET
    response_id: str
    output_index: int
    item: Item


@final
@frozen(kw_only=True)
class ResponseContentPartAdded(WireValue):
    """An item of a response began a part: `TextPart` or `AudioPart`.

    Args:
        content: The part again; Azure only.
    """

    type: ClassVar[Literal["response.content_part.added"]] = "response.content_part.added"
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: ContentPart
    content: ContentPart | None = None


@final
@frozen(kw_only=True)
class ResponseContentPartDone(WireValue):
    """A part of an item is finished.

    Args:
        part: With all of its text or transcript, without its audio.
        content: The part again; Azure only.
    """

    type: ClassVar[Literal["response.content_part.done"]] = "response.content_part.done"
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: ContentPart
    content: ContentPart | None = None


@final
@frozen(kw_only=True)
class ResponseOutputTextDelta(WireValue):
    """More text."""

    type: ClassVar[Literal["response.output_text.delta"]] = "response.output_text.delta"
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str
    obfuscation: str | None = field(default=None, repr=False)


@final
@frozen(kw_only=True)
class ResponseOutputTextDone(WireValue):
    """All of the text: the deltas, joined."""

    type: ClassVar[Literal["response.output_text.done"]] = "response.output_text.done"
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    text: str


@final
@frozen(kw_only=True)
class ResponseOutputAudioTranscriptDelta(WireValue):
    """More of what the model says. Runs ahead of the audio."""

    type: ClassVar[Literal["response.output_audio_transcript.delta"]] = (
        "response.output_audio_transcript.delta"
    )
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str
    obfuscation: str | None = field(default=None, repr=False)


@final
@frozen(kw_only=True)
class ResponseOutputAudioTranscriptDone(WireValue):
    """All of what the model said: the deltas, joined."""

    type: ClassVar[Literal["response.output_audio_transcript.done"]] = (
        "response.output_audio_transcript.done"
    )
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    transcript: str


@final
@frozen(kw_only=True)
class ResponseOutputAudioDelta(WireValue):
    """More audio.

    Args:
        delta: Bytes in the session's output format, of any length: a sample may be split between
            two events.
    """

    type: ClassVar[Literal["response.output_audio.delta"]] = "response.output_audio.delta"
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: bytes = field(repr=False)


@final
@frozen(kw_only=True)
class ResponseOutputAudioDone(WireValue):
    """The audio of a part is complete."""

    type: ClassVar[Literal["response.output_audio.done"]] = "response.output_audio.done"
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    content_index: int


@final
@frozen(kw_only=True)
class ResponseFunctionCallArgumentsDelta(WireValue):
    """More of a function call's arguments."""

    type: ClassVar[Literal["response.function_call_arguments.delta"]] = (
        "response.function_call_arguments.delta"
    )
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    call_id: str
    delta: str
    obfuscation: str | None = field(default=None, repr=False)


@final
@frozen(kw_only=True)
class ResponseFunctionCallArgumentsDone(WireValue):
    """A function call's arguments are complete.

    Args:
        name: The function; None where the server does not say, as in the beta dialect.
        arguments: The deltas, joined: JSON text as the model wrote it.
    """

    type: ClassVar[Literal["response.function_call_arguments.done"]] = (
        "response.function_call_arguments.done"
    )
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    call_id: str
    name: str | None
    arguments: str


RATE_LIMITS: Final = ("requests", "tokens")
"""What `RateLimit.name` is known to say."""


@final
@frozen(kw_only=True)
class RateLimit(WireValue):
    """One rate limit.

    Args:
        name: One of `RATE_LIMITS`.
        reset_seconds: Until it is full again.
    """

    name: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


@final
@frozen(kw_only=True)
class RateLimitsUpdated(WireValue):
    """How much of the rate limits is left. Azure sends none."""

    type: ClassVar[Literal["rate_limits.updated"]] = "rate_limits.updated"
    event_id: str | Unset = UNSET
    rate_limits: tuple[RateLimit, ...]


# --- MCP


@final
@frozen(kw_only=True)
class McpListToolsInProgress(WireValue):
    """The tools of an MCP server are being imported."""

    type: ClassVar[Literal["mcp_list_tools.in_progress"]] = "mcp_list_tools.in_progress"
    event_id: str | Unset = UNSET
    item_id: str


@final
@frozen(kw_only=True)
class McpListToolsCompleted(WireValue):
    """The tools of an MCP server can be called."""

    type: ClassVar[Literal["mcp_list_tools.completed"]] = "mcp_list_tools.completed"
    event_id: str | Unset = UNSET
    item_id: str


@final
@frozen(kw_only=True)
class McpListToolsFailed(WireValue):
    """The tools of an MCP server could not be imported."""

    type: ClassVar[Literal["mcp_list_tools.failed"]] = "mcp_list_tools.failed"
    event_id: str | Unset = UNSET
    item_id: str


@final
@frozen(kw_only=True)
class ResponseMcpCallArgumentsDelta(WireValue):
    """More of an MCP call's arguments."""

    type: ClassVar[Literal["response.mcp_call_arguments.delta"]] = (
        "response.mcp_call_arguments.delta"
    )
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    delta: str
    obfuscation: str | None = field(default=None, repr=False)


@final
@frozen(kw_only=True)
class ResponseMcpCallArgumentsDone(WireValue):
    """An MCP call's arguments are complete."""

    type: ClassVar[Literal["response.mcp_call_arguments.done"]] = "response.mcp_call_arguments.done"
    event_id: str | Unset = UNSET
    response_id: str
    item_id: str
    output_index: int
    arguments: str


@final
@frozen(kw_only=True)
class ResponseMcpCallInProgress(WireValue):
    """An MCP call runs."""

    type: ClassVar[Literal["response.mcp_call.in_progress"]] = "response.mcp_call.in_progress"
    event_id: str | Unset = UNSET
    item_id: str
    output_index: int


@final
@frozen(kw_only=True)
class ResponseMcpCallCompleted(WireValue):
    """An MCP call succeeded."""

    type: ClassVar[Literal["response.mcp_call.completed"]] = "response.mcp_call.completed"
    event_id: str | Unset = UNSET
    item_id: str
    output_index: int


@final
@frozen(kw_only=True)
class ResponseMcpCallFailed(WireValue):
    """An MCP call failed."""

    type: ClassVar[Literal["response.mcp_call.failed"]] = "response.mcp_call.failed"
    event_id: str | Unset = UNSET
    item_id: str
    output_index: int


# --- the unions everything else is built from


ClientEvent: TypeAlias = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | OutputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | ConversationItemDelete
    | ResponseCreate
    | ResponseCancel
)
"""What a client may send."""

ServerEvent: TypeAlias = (
    Error
    | SessionCreated
    | SessionUpdated
    | ConversationCreated
    | ConversationItemCreated
    | ConversationItemAdded
    | ConversationItemDone
    | ConversationItemRetrieved
    | ConversationItemTruncated
    | ConversationItemDeleted
    | ConversationItemInputAudioTranscriptionDelta
    | ConversationItemInputAudioTranscriptionSegment
    | ConversationItemInputAudioTranscriptionCompleted
    | ConversationItemInputAudioTranscriptionFailed
    | InputAudioBufferCommitted
    | InputAudioBufferCleared
    | InputAudioBufferSpeechStarted
    | InputAudioBufferSpeechStopped
    | InputAudioBufferTimeoutTriggered
    | InputAudioBufferDtmfEventReceived
    | OutputAudioBufferStarted
    | OutputAudioBufferStopped
    | OutputAudioBufferCleared
    | ResponseCreated
    | ResponseDone
    | ResponseOutputItemAdded
    | ResponseOutputItemDone
    | ResponseContentPartAdded
    | ResponseContentPartDone
    | ResponseOutputTextDelta
    | ResponseOutputTextDone
    | ResponseOutputAudioTranscriptDelta
    | ResponseOutputAudioTranscriptDone
    | ResponseOutputAudioDelta
    | ResponseOutputAudioDone
    | ResponseFunctionCallArgumentsDelta
    | ResponseFunctionCallArgumentsDone
    | RateLimitsUpdated
    | McpListToolsInProgress
    | McpListToolsCompleted
    | McpListToolsFailed
    | ResponseMcpCallArgumentsDelta
    | ResponseMcpCallArgumentsDone
    | ResponseMcpCallInProgress
    | ResponseMcpCallCompleted
    | ResponseMcpCallFailed
)
"""What a server may send."""
