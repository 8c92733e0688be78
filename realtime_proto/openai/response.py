"""A response: what a client asks for, and what the server reports of it.

Source: OpenAI API reference, Realtime, responses (openai-openapi f85dbe2, 2026-08-21;
openai-python 3.54.0), and recorded traffic for `reasoning_tokens`, which neither lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

from attrs import frozen

from realtime_proto.openai.items import InputItem, Item
from realtime_proto.openai.prompt import Prompt
from realtime_proto.openai.session import (
    Reasoning,
    SessionAudioFormat,
    Voice,
)
from realtime_proto.openai.tools import SessionTool, ToolChoice
from realtime_proto.wire import UNSET, Unset, WireValue

__all__ = (
    "CONVERSATIONS",
    "RESPONSE_OBJECTS",
    "RESPONSE_STATUSES",
    "STATUS_REASONS",
    "STATUS_TYPES",
    "CachedTokenDetails",
    "InputTokenDetails",
    "OutputTokenDetails",
    "Response",
    "ResponseAudio",
    "ResponseAudioOutput",
    "ResponseCreateParams",
    "ResponseUsage",
    "StatusDetails",
    "StatusError",
)

RESPONSE_STATUSES: Final = ("in_progress", "completed", "cancelled", "incomplete", "failed")
"""What `Response.status` is known to say."""

STATUS_TYPES: Final = ("completed", "cancelled", "incomplete", "failed")
"""What `StatusDetails.type` is known to say."""

STATUS_REASONS: Final = (
    "turn_detected",
    "client_cancelled",
    "max_output_tokens",
    "content_filter",
)
"""What `StatusDetails.reason` is known to say."""

RESPONSE_OBJECTS: Final = ("realtime.response",)
"""What `Response.object` is known to say."""

CONVERSATIONS: Final = ("auto", "none")
"""What `ResponseCreateParams.conversation` is known to say."""


@final
@frozen(kw_only=True)
class ResponseAudioOutput(WireValue):
    """How one response speaks."""

    format: SessionAudioFormat | Unset | None = UNSET
    voice: Voice | Unset = UNSET


@final
@frozen(kw_only=True)
class ResponseAudio(WireValue):
    """The audio of one response."""

    output: ResponseAudioOutput | Unset = UNSET


@final
@frozen(kw_only=True)
class ResponseCreateParams(WireValue):
    """What one response does otherwise than its session. UNSET: as the session says.

    Args:
        conversation: "auto" adds the response to the conversation; "none" keeps it out of band,
            beside the response that may be running.
        input: What an out-of-band response answers, instead of the conversation.
        metadata: At most 16 pairs, which the response repeats: the only way to tell out-of-band
            responses apart. Keys up to 64 characters, values up to 512.
        max_output_tokens: 1 to 4 096, or "inf".
        temperature: 0.6 to 1.2. Beta dialects only.
    """

    conversation: str | Unset = UNSET
    input: tuple[InputItem, ...] | Unset = UNSET
    instructions: str | Unset = UNSET
    output_modalities: tuple[str, ...] | Unset = UNSET
    audio: ResponseAudio | Unset = UNSET
    tools: tuple[SessionTool, ...] | Unset = UNSET
    tool_choice: ToolChoice | Unset = UNSET
    parallel_tool_calls: bool | Unset = UNSET
    max_output_tokens: int | str | Unset = UNSET
    temperature: float | Unset = UNSET
    reasoning: Reasoning | Unset = UNSET
    prompt: Prompt | Unset | None = UNSET
    metadata: Mapping[str, str] | Unset | None = UNSET


@final
@frozen(kw_only=True)
class StatusError(WireValue):
    """Why a response failed. Azure sends a `code` of None."""

    type: str | None = None
    code: str | None = None
    message: str | None = None


@final
@frozen(kw_only=True)
class StatusDetails(WireValue):
    """Why a response ended as it did.

    Args:
        type: The status again.
        reason: "turn_detected" or "client_cancelled" (cancelled), "max_output_tokens" or
            "content_filter" (incomplete).
        error: Of a failed response: quota and rate limits arrive here, not as an `Error` event.
    """

    type: str | None = None
    reason: str | None = None
    error: StatusError | None = None


@final
@frozen(kw_only=True)
class CachedTokenDetails(WireValue):
    """Cached input tokens by modality."""

    text_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


@final
@frozen(kw_only=True)
class InputTokenDetails(WireValue):
    """Input tokens by modality; `cached_tokens` of them came from the cache."""

    text_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    cached_tokens: int | None = None
    cached_tokens_details: CachedTokenDetails | None = None


@final
@frozen(kw_only=True)
class OutputTokenDetails(WireValue):
    """Output tokens by modality."""

    text_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None


@final
@frozen(kw_only=True)
class ResponseUsage(WireValue):
    """What one response cost, in tokens. The input is the whole conversation each time."""

    total_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: InputTokenDetails | None = None
    output_token_details: OutputTokenDetails | None = None


@final
@frozen(kw_only=True)
class Response(WireValue):
    """A response, at its start or at its end.

    Args:
        status: One of `RESPONSE_STATUSES`.
        status_details: None unless it was cancelled, cut short or failed.
        output: Its items in their order; empty at the start. Without audio bytes.
        conversation_id: None for an out-of-band response.
        max_output_tokens: A number, or "inf".
        temperature: Beta dialects only.
        usage: None until it is done.
    """

    object: str | None = None
    id: str
    status: str
    status_details: StatusDetails | None = None
    output: tuple[Item, ...]
    conversation_id: str | None = None
    output_modalities: tuple[str, ...] | None = None
    max_output_tokens: int | str | None = None
    temperature: float | None = None
    audio: ResponseAudio | None = None
    usage: ResponseUsage | None = None
    metadata: Mapping[str, str] | None = None
