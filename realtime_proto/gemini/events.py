"""The messages of Gemini Live (BidiGenerateContent), one class per member of a message.

The wire has no events, only messages: JSON objects whose members say what each is about. A member
is an event here, named by its class's `type`. What a client says has one member. What the server
says is a record of optional members: content beside usage, a tool call beside a status, or nothing
at all, `{}`. So one frame may give several events, always in the order of SERVER_MEMBERS, whatever
the order on the wire:

    setupComplete, voiceActivityDetectionSignal, voiceActivity, serverContent, toolCall,
    toolCallCancellation, interactionStatus, usageMetadata, sessionResumptionUpdate, goAway, error

What the user did comes before what it did to the model's turn; a call before its cancellation;
content before what it cost; what concerns the road last. Members nobody knows follow, in the order
they came in, as UnknownEvent. A member that is null is not there.

`ServerContent` is one event with all its fields, which are not exclusive either. They are meant to
be taken in this order: interrupted, model_turn, transcriptions, grounding, generation_complete,
turn_complete. None of them may be relied on: turns without content, without `generation_complete`
and without `turn_complete` all exist.

Source: ai.google.dev/api/live, the Vertex AI multimodal-live reference of 2026-10, the
generativelanguage v1beta descriptors, recorded traffic; read 2026-11-22.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, final, get_args

from attrs import field, frozen

from realtime_proto._codec import Int64
from realtime_proto.gemini._proto3 import int64, seconds
from realtime_proto.gemini.generation import VoiceConsentSignature
from realtime_proto.gemini.grounding import GroundingMetadata, UrlContextMetadata
from realtime_proto.gemini.parts import (
    Blob,
    Content,
    FunctionCall,
    FunctionResponse,
    Transcription,
)
from realtime_proto.gemini.setup import Setup
from realtime_proto.gemini.tools import Tool
from realtime_proto.wire import JsonObject, WireValue

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = (
    "CLIENT_MEMBERS",
    "INTERACTION_STATUSES",
    "MODALITIES",
    "SERVER_MEMBERS",
    "SERVICE_TIERS",
    "SPEECH_STATES",
    "TRAFFIC_TYPES",
    "TURN_COMPLETE_REASONS",
    "VAD_SIGNALS",
    "VOICE_ACTIVITIES",
    "ActivityEnd",
    "ActivityStart",
    "ClientContent",
    "ClientEvent",
    "ContextUpdate",
    "ContextUpdateTools",
    "GoAway",
    "InteractionStatusChanged",
    "ModalityTokenCount",
    "RealtimeInput",
    "ServerContent",
    "ServerError",
    "ServerEvent",
    "SessionResumptionUpdate",
    "Setup",
    "SetupComplete",
    "ToolCall",
    "ToolCallCancellation",
    "ToolResponse",
    "UsageMetadata",
    "VoiceActivity",
    "VoiceActivityDetectionSignal",
)


# --- the client's


@final
@frozen(kw_only=True)
class ClientContent(WireValue):
    """Adds to the conversation, in order. Always interrupts the model.

    Args:
        turns: What was said, by either side.
        turn_complete: The model shall answer now. Without it the server waits for more; with no
            turns and without it the model is only interrupted.
    """

    type: ClassVar[Literal["clientContent"]] = "clientContent"
    turns: tuple[Content, ...] = ()
    turn_complete: bool = False


@final
@frozen(kw_only=True)
class ActivityStart(WireValue):
    """The user begins. Only where automatic detection is off."""


@final
@frozen(kw_only=True)
class ActivityEnd(WireValue):
    """The user is done. Only where automatic detection is off."""


@final
@frozen(kw_only=True)
class RealtimeInput(WireValue):
    """A piece of a live stream: exactly one of the fields per message.

    Its order against ClientContent is not guaranteed.

    Args:
        audio: PCM16 little-endian mono, 20-40 ms a piece, at most 100 ms.
        video: One JPEG, PNG or WebP picture; at most one a second.
        text: Words typed while speaking.
        activity_start: The user begins.
        activity_end: The user is done.
        audio_stream_end: The microphone is off for a while. Only with automatic detection.
        media_chunks: What audio and video were called once; later models refuse it.
    """

    type: ClassVar[Literal["realtimeInput"]] = "realtimeInput"
    audio: Blob | None = None
    video: Blob | None = None
    text: str | None = None
    activity_start: ActivityStart | None = None
    activity_end: ActivityEnd | None = None
    audio_stream_end: bool = False
    media_chunks: tuple[Blob, ...] = ()


@final
@frozen(kw_only=True)
class ToolResponse(WireValue):
    """Answers to calls, some or all of those pending; not to those that were cancelled."""

    type: ClassVar[Literal["toolResponse"]] = "toolResponse"
    function_responses: tuple[FunctionResponse, ...] = ()


@final
@frozen(kw_only=True)
class ContextUpdateTools(WireValue):
    """The tools from now on. Being there with none takes all away."""

    tools: tuple[Tool, ...] = ()


@final
@frozen(kw_only=True)
class ContextUpdate(WireValue):
    """Changes the session as it runs. Few models take it; others close the connection.

    Args:
        system_instruction: The new one; None keeps the old one.
        tools: The new ones; None keeps the old ones.
    """

    type: ClassVar[Literal["contextUpdate"]] = "contextUpdate"
    system_instruction: Content | None = None
    tools: ContextUpdateTools | None = None


# --- the server's


@final
@frozen(kw_only=True)
class SetupComplete(WireValue):
    """The session stands; from here on the client may speak.

    Args:
        session_id: Vertex AI only.
        voice_consent_signature: For the next time, where a voice was replicated.
    """

    type: ClassVar[Literal["setupComplete"]] = "setupComplete"
    session_id: str = ""
    voice_consent_signature: VoiceConsentSignature | None = None


@final
@frozen(kw_only=True)
class VoiceActivityDetectionSignal(WireValue):
    """Where speech begins and ends, for a few customers of Vertex AI. One of VAD_SIGNALS."""

    type: ClassVar[Literal["voiceActivityDetectionSignal"]] = "voiceActivityDetectionSignal"
    vad_signal_type: str = ""


VAD_SIGNALS: Final = frozenset({"VAD_SIGNAL_TYPE_SOS", "VAD_SIGNAL_TYPE_EOS"})
"""Known values of `vad_signal_type`: start and end of speech."""


@final
@frozen(kw_only=True)
class VoiceActivity(WireValue):
    """The user begins to speak, or is done; an echo where the client marks it itself.

    The wire has a field `type` here, so this class alone does not carry its member's name.

    Args:
        type: One of VOICE_ACTIVITIES.
        audio_offset: Where in the input stream, as a Duration such as "0.200s".
    """

    type: str = ""
    audio_offset: str | None = None

    @property
    def audio_offset_s(self) -> float | None:
        """`audio_offset` in seconds; None where there is none or it cannot be read."""
        return seconds(self.audio_offset)


VOICE_ACTIVITIES: Final = frozenset({"ACTIVITY_START", "ACTIVITY_END"})
"""Known values of `VoiceActivity.type`."""


@final
@frozen(kw_only=True)
class ServerContent(WireValue):
    """What the model says and where its turn stands. Any of it may be missing, all of it too.

    Args:
        model_turn: Speech, text, thoughts, code.
        interrupted: The user came in: drop what is not played yet. May come with `turn_complete`,
            after it, or before any output.
        generation_complete: All there is to say has been sent; not after an interruption.
        turn_complete: The turn is over. Comes when the speech would have been played to its end.
        turn_complete_reason: Why, where it was not as usual; one of TURN_COMPLETE_REASONS.
        input_transcription: What the user said; no order against the other fields.
        interim_input_transcription: A guess at it so far, which replaces the guess before.
        output_transcription: What the model says; on Vertex AI ahead of the speech.
        waiting_for_input: The model waits for more of the user's.
        interaction_status: One of INTERACTION_STATUSES. While it is IN_PROGRESS more turns may
            follow unprompted. Empty: `turn_complete` alone tells.
        speech_state: One of SPEECH_STATES; in the Vertex AI reference only.
        grounding_metadata: Sources. Vertex AI sends an empty one with every turn.
        url_context_metadata: Pages the model looked at.
    """

    type: ClassVar[Literal["serverContent"]] = "serverContent"
    model_turn: Content | None = None
    interrupted: bool = False
    generation_complete: bool = False
    turn_complete: bool = False
    turn_complete_reason: str = ""
    input_transcription: Transcription | None = None
    interim_input_transcription: Transcription | None = None
    output_transcription: Transcription | None = None
    waiting_for_input: bool = False
    interaction_status: str = ""
    speech_state: str = ""
    grounding_metadata: GroundingMetadata | None = None
    url_context_metadata: UrlContextMetadata | None = None


INTERACTION_STATUSES: Final = frozenset({"IN_PROGRESS", "IDLE", "REQUIRES_ACTION"})
"""Known values of an interaction's status; REQUIRES_ACTION is the old name of IDLE."""

SPEECH_STATES: Final = frozenset({"SPEECH", "NON_SPEECH"})
"""Known values of `speech_state`."""

TURN_COMPLETE_REASONS: Final = frozenset(
    {
        "MALFORMED_FUNCTION_CALL",
        "RESPONSE_REJECTED",
        "NEED_MORE_INPUT",
        "PROHIBITED_INPUT_CONTENT",
        "IMAGE_PROHIBITED_INPUT_CONTENT",
        "INPUT_TEXT_CONTAIN_PROMINENT_PERSON_PROHIBITED",
        "INPUT_IMAGE_CELEBRITY",
        "INPUT_IMAGE_PHOTO_REALISTIC_CHILD_PROHIBITED",
        "INPUT_TEXT_NCII_PROHIBITED",
        "INPUT_OTHER",
        "INPUT_IP_PROHIBITED",
        "BLOCKLIST",
        "UNSAFE_PROMPT_FOR_IMAGE_GENERATION",
        "GENERATED_IMAGE_SAFETY",
        "GENERATED_CONTENT_SAFETY",
        "GENERATED_AUDIO_SAFETY",
        "GENERATED_VIDEO_SAFETY",
        "GENERATED_CONTENT_PROHIBITED",
        "GENERATED_CONTENT_BLOCKLIST",
        "GENERATED_IMAGE_PROHIBITED",
        "GENERATED_IMAGE_CELEBRITY",
        "GENERATED_IMAGE_PROMINENT_PEOPLE_DETECTED_BY_REWRITER",
        "GENERATED_IMAGE_IDENTIFIABLE_PEOPLE",
        "GENERATED_IMAGE_MINORS",
        "OUTPUT_IMAGE_IP_PROHIBITED",
        "GENERATED_OTHER",
        "MAX_REGENERATION_REACHED",
    }
)
"""Known values of `turn_complete_reason`."""


@final
@frozen(kw_only=True)
class ToolCall(WireValue):
    """The model wants functions called; several at once may run side by side."""

    type: ClassVar[Literal["toolCall"]] = "toolCall"
    function_calls: tuple[FunctionCall, ...] = ()


@final
@frozen(kw_only=True)
class ToolCallCancellation(WireValue):
    """These calls are not to be answered any more, and to be undone where that is possible."""

    type: ClassVar[Literal["toolCallCancellation"]] = "toolCallCancellation"
    ids: tuple[str, ...] = ()


@final
@frozen(kw_only=True)
class InteractionStatusChanged(WireValue):
    """The status that `ServerContent.interaction_status` tells, where it stands beside a tool call.

    Its body is the text itself: `{"toolCall": {...}, "interactionStatus": "IN_PROGRESS"}`.

    Args:
        status: One of INTERACTION_STATUSES.
    """

    type: ClassVar[Literal["interactionStatus"]] = "interactionStatus"
    status: str = ""


@final
@frozen(kw_only=True)
class ModalityTokenCount(WireValue):
    """How many tokens of one modality, which is one of MODALITIES."""

    modality: str = ""
    token_count: int = 0


MODALITIES: Final = frozenset({"TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"})
"""Known values of `ModalityTokenCount.modality`."""


@final
@frozen(kw_only=True)
class UsageMetadata(WireValue):
    """What was used, as the server counts; with the end of a turn or alone.

    Whether the counts add up over a session differs between models. What the model said is counted
    in `response_token_count`, by Vertex AI in `candidates_token_count`. The total does not hold the
    thoughts on the Gemini Developer API. `traffic_type` is one of TRAFFIC_TYPES, `service_tier` one
    of SERVICE_TIERS.
    """

    type: ClassVar[Literal["usageMetadata"]] = "usageMetadata"
    prompt_token_count: int = 0
    cached_content_token_count: int = 0
    response_token_count: int = 0
    candidates_token_count: int = 0
    tool_use_prompt_token_count: int = 0
    thoughts_token_count: int = 0
    total_token_count: int = 0
    prompt_tokens_details: tuple[ModalityTokenCount, ...] = ()
    cache_tokens_details: tuple[ModalityTokenCount, ...] = ()
    response_tokens_details: tuple[ModalityTokenCount, ...] = ()
    candidates_tokens_details: tuple[ModalityTokenCount, ...] = ()
    tool_use_prompt_tokens_details: tuple[ModalityTokenCount, ...] = ()
    traffic_type: str = ""
    service_tier: str = ""


TRAFFIC_TYPES: Final = frozenset(
    {
        "ON_DEMAND",
        "ON_DEMAND_PRIORITY",
        "ON_DEMAND_FLEX",
        "ON_DEMAND_OFFPEAK",
        "PROVISIONED_THROUGHPUT",
    }
)
"""Known values of `UsageMetadata.traffic_type`."""

SERVICE_TIERS: Final = frozenset({"flex", "standard", "priority"})
"""Known values of `UsageMetadata.service_tier`."""


@final
@frozen(kw_only=True)
class SessionResumptionUpdate(WireValue):
    """How to resume, should the connection end. Keep the newest that is resumable.

    Args:
        new_handle: For `SessionResumptionConfig.handle`; empty where the session cannot be resumed
            now.
        resumable: Whether it can.
        last_consumed_client_message_index: With transparent resumption: the messages up to this one
            need not be sent again. The set-up is message 0 of its connection.
    """

    type: ClassVar[Literal["sessionResumptionUpdate"]] = "sessionResumptionUpdate"
    new_handle: str = ""
    resumable: bool = False
    last_consumed_client_message_index: Int64 | None = field(default=None, converter=int64)


@final
@frozen(kw_only=True)
class GoAway(WireValue):
    """The server will close the connection soon.

    Args:
        time_left: How soon, as a Duration such as "50s".
    """

    type: ClassVar[Literal["goAway"]] = "goAway"
    time_left: str | None = None

    @property
    def time_left_s(self) -> float | None:
        """`time_left` in seconds; None where there is none or it cannot be read."""
        return seconds(self.time_left)


@final
@frozen(kw_only=True)
class ServerError(WireValue):
    """An error as a message. Official clients read it; servers were only seen to close instead.

    Args:
        code: An HTTP status, or a name.
        message: For people.
        status: The name of the status, such as "INVALID_ARGUMENT".
        details: Messages of any type ("@type" names it), as they came.
    """

    type: ClassVar[Literal["error"]] = "error"
    code: int | str = 0
    message: str = ""
    status: str = ""
    details: tuple[JsonObject, ...] = ()


ClientEvent: TypeAlias = Setup | ClientContent | RealtimeInput | ToolResponse | ContextUpdate
"""Everything a client says."""

ServerEvent: TypeAlias = (
    SetupComplete
    | VoiceActivityDetectionSignal
    | VoiceActivity
    | ServerContent
    | ToolCall
    | ToolCallCancellation
    | InteractionStatusChanged
    | UsageMetadata
    | SessionResumptionUpdate
    | GoAway
    | ServerError
)
"""Everything a server says, in the order it is read from one message."""


def _members(union: Any) -> Mapping[str, type[Any]]:
    return MappingProxyType({_member_of(cls): cls for cls in get_args(union)})


def _member_of(cls: type[Any]) -> str:
    return "voiceActivity" if cls is VoiceActivity else cls.type


CLIENT_MEMBERS: Final = _members(ClientEvent)
"""Member of a client's message -> class."""

SERVER_MEMBERS: Final = _members(ServerEvent)
"""Member of a server's message -> class, in the order events are read from one message."""
