"""What happens in a conversation, in words that no provider owns.

Each event is a value: it compares equal to the same event of a replayed recording. There are few
enough for a `match` that ends in `assert_never`; what a provider has beyond them comes as the wire
event itself.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto.errors import (
    ConnectionLost,
    ConnectTimeout,
    LocalProtocolError,
    ProviderError,
    RealtimeError,
    RemoteProtocolError,
)
from realtime_proto.formats import PCM16_24K, AudioFormat
from realtime_proto.usage import TurnMetrics, Usage
from realtime_proto.wire import JsonObject, UnknownEvent

__all__ = (
    "AudioChunk",
    "CancelReason",
    "ErrorReported",
    "ExpiryReason",
    "Failure",
    "Interrupted",
    "Lost",
    "LostKind",
    "PlaybackPaused",
    "PlaybackResumed",
    "RateLimit",
    "RateLimitsUpdated",
    "Reconnected",
    "Reconnecting",
    "ResponseDone",
    "ResponseStarted",
    "ResumptionUpdated",
    "SessionClosed",
    "SessionExpiring",
    "SessionReady",
    "Speaker",
    "SpeechStarted",
    "SpeechStopped",
    "ToolCallCancelled",
    "ToolCallRequest",
    "TranscriptDelta",
    "UnknownEvent",
    "UsageReported",
    "VoiceEvent",
)

Speaker: TypeAlias = Literal["user", "assistant"]
CancelReason: TypeAlias = Literal["timeout", "interrupted", "connection_lost"]
ExpiryReason: TypeAlias = Literal["session_cap", "going_away"]
LostKind: TypeAlias = Literal["response", "request", "tool_call", "audio", "item"]


@final
@frozen(kw_only=True)
class SessionReady:
    """The server took our settings; the conversation can begin.

    Args:
        provider: The provider's name.
        session_id: The server's id of the session, where it gives one.
        model: The model that answers.
        ignored: Configuration fields this provider has no place for, left out of what was sent.
        altered: Settings, by their names on the wire, which the server says it took otherwise.
    """

    provider: str
    session_id: str | None = None
    model: str | None = None
    ignored: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()


class _Referable:
    """Has the slot for weak references, so that its subclasses differ in fields only (`_chunk`)."""

    __slots__ = ("__weakref__",)


@final
@frozen(kw_only=True)
class AudioChunk(_Referable):
    """A piece of the assistant's voice.

    Args:
        data: PCM bytes in `format`. A sample may be split between two chunks of one item.
        duration_ms: How long they last, rounded down.
        is_final: The item's audio is complete; `data` is empty then.
        item_id: What is being said; what `played()` and Interrupted refer to.
        response_id: The response it belongs to.
        format: How to read `data`.
    """

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    duration_ms: int = 0
    is_final: bool = False
    item_id: str | None = None
    response_id: str | None = None
    format: AudioFormat = PCM16_24K


@final
@frozen(kw_only=True)
class TranscriptDelta:
    """Text of what was said.

    Args:
        text: A partial transcript is what came since the last one; a final one is the whole text.
        is_final: No more of this item's text will come.
        speaker: Who said it.
        item_id: The item whose text it is.
    """

    text: str
    is_final: bool
    speaker: Speaker = "assistant"
    item_id: str | None = None


@final
@frozen(kw_only=True)
class ToolCallRequest:
    """The model wants a function called. Answer with `ToolResult(call_id=...)`, once."""

    call_id: str
    function_name: str
    arguments: JsonObject


@final
@frozen(kw_only=True)
class ToolCallCancelled:
    """Nobody waits for this call's answer any more. Stop the work if you can."""

    call_id: str
    reason: CancelReason


@final
@frozen(kw_only=True)
class SpeechStarted:
    """The server heard the user begin to speak, `at_ms` into all audio sent, where it says so."""

    item_id: str | None = None
    at_ms: int | None = None


@final
@frozen(kw_only=True)
class SpeechStopped:
    """The server heard the user stop speaking, `at_ms` into all audio sent, where it says so."""

    item_id: str | None = None
    at_ms: int | None = None


@final
@frozen(kw_only=True)
class Interrupted:
    """The assistant was cut off. Stop the playback and drop what is queued of `item_id`.

    Args:
        item_id: What was being said.
        played_ms: How much of it was heard.
        heard_text: The transcript up to about there: an estimate, there are no timings on the wire.
    """

    item_id: str
    played_ms: int
    heard_text: str = ""


@final
@frozen(kw_only=True)
class PlaybackPaused:
    """The user may be breaking in: hold the playback of `item_id`, and keep what is queued.

    `PlaybackResumed` or `Interrupted` follows. Only with `BargeIn.TENTATIVE`.
    """

    item_id: str


@final
@frozen(kw_only=True)
class PlaybackResumed:
    """It was nothing: go on with the playback of `item_id` where it was held."""

    item_id: str


@final
@frozen(kw_only=True)
class ResponseStarted:
    """The model began to answer."""

    response_id: str


@final
@frozen(kw_only=True)
class ResponseDone:
    """The answer is complete, or will not be.

    Args:
        response_id: Which answer.
        status: "completed", "cancelled", "incomplete" or "failed".
        reason: Why it is not complete, in the provider's word.
        metrics: How long the user waited; None where the answer's beginning was not seen.
    """

    response_id: str
    status: str
    reason: str | None = None
    metrics: TurnMetrics | None = None


@final
@frozen(kw_only=True)
class UsageReported:
    """What an answer, or the transcription of the user's words, used. Each thing is told once.

    Args:
        usage: The counts; `usage.raw` as the server gave them.
        response_id: The answer; None: a transcription, or not tied to an answer.
        item_id: The user's item that was transcribed.
    """

    usage: Usage
    response_id: str | None = None
    item_id: str | None = None


@final
@frozen(kw_only=True)
class RateLimit:
    """One of the provider's rate limits. None: not told.

    Args:
        name: "tokens" or "requests".
        limit: What there is when it is full.
        remaining: What is left.
        reset_s: Until it is full again, in seconds.
    """

    name: str | None
    limit: int | None = None
    remaining: int | None = None
    reset_s: float | None = None


@final
@frozen(kw_only=True)
class RateLimitsUpdated:
    """How much is left of the rate limits."""

    limits: tuple[RateLimit, ...]


@final
@frozen(kw_only=True)
class SessionExpiring:
    """The session, or its connection, will end. It is renewed before, at a quiet moment.

    Args:
        in_ms: How soon.
        reason: "session_cap" (the session's longest duration) or "going_away" (the server closes
            this connection).
    """

    in_ms: int
    reason: ExpiryReason


@final
@frozen(kw_only=True)
class ResumptionUpdated:
    """Whether the session could be resumed from `Conversation.resume_state` right now.

    The handle of the state is kept where it cannot: an older one is better than none.
    """

    is_resumable: bool


@final
@frozen(kw_only=True)
class Lost:
    """Something that was in flight when a connection was lost, or could not be restored.

    Args:
        kind: "response", "request" (a response asked for and not begun), "tool_call", "audio" (sent
            and not yet a turn) or "item" (of the history).
        id: Its id, where it has one.
        ms: Of audio: how much.
    """

    kind: LostKind
    id: str | None = None
    ms: int | None = None


@final
@frozen(kw_only=True)
class Reconnecting:
    """The connection is gone, or given up to be renewed; a new one is on its way.

    Args:
        attempt: Which attempt in a row, from 1.
        delay_ms: How long it is waited for.
        failure: Why; None where it is merely renewed.
    """

    attempt: int
    delay_ms: int
    failure: Failure | None = None


@final
@frozen(kw_only=True)
class Reconnected:
    """The conversation goes on, on a new connection.

    Args:
        session_id: The server's id of the session, where it gives one.
        is_resumed: The server itself went on; otherwise a new session was told the history.
        lost: What did not survive.
        altered: As in SessionReady.
    """

    session_id: str | None = None
    is_resumed: bool = False
    lost: tuple[Lost, ...] = ()
    altered: tuple[str, ...] = ()


@final
@frozen(kw_only=True)
class Failure:
    """What went wrong, as data. `to_exception()` gives the error to raise.

    Args:
        kind: Whose fault: "provider" (the server's own error), "remote" (it broke the protocol),
            "local" (you did), "timeout" or "lost" (the road).
        message: What happened, in a sentence.
        code: The provider's code.
        param: The parameter the provider objects to.
        event_id: The client event that caused it.
        cause: The name of that event on the wire, where it is remembered.
        paths: Where in the frame, for "remote".
        excerpt: How the frame begins, for "remote": to look at, and no part of what is compared.
        received: The close code the peer sent, for "lost".
        sent: The close code we sent, for "lost".
        phase: What the session was doing, for "lost".
        retryable: Whether the same again may work.
        hint: What to look at.
    """

    kind: Literal["provider", "remote", "local", "timeout", "lost"]
    message: str
    code: str | None = None
    param: str | None = None
    event_id: str | None = None
    cause: str | None = None
    paths: tuple[str, ...] = ()
    received: int | None = None
    sent: int | None = None
    phase: str = "open"
    retryable: bool = False
    hint: str | None = None
    excerpt: str = field(default="", eq=False, repr=False)

    @classmethod
    def of_fault(cls, fault: RemoteProtocolError) -> Failure:
        """A frame that could not be read."""
        return cls(kind="remote", message=fault.message, paths=fault.paths, excerpt=fault.excerpt)

    def to_exception(self) -> RealtimeError:
        """The error that says the same."""
        if self.kind == "provider":
            return ProviderError(
                self.message,
                code=self.code,
                param=self.param,
                event_id=self.event_id,
                retryable=self.retryable,
            )
        if self.kind == "remote":
            return RemoteProtocolError(
                self.message, paths=self.paths or ("$",), excerpt=self.excerpt
            )
        if self.kind == "local":
            return LocalProtocolError(self.message, code=self.code)
        if self.kind == "timeout":
            return ConnectTimeout(self.message)
        return ConnectionLost(
            self.message,
            received=self.received,
            sent=self.sent,
            phase=self.phase,
            retryable=self.retryable,
            hint=self.hint,
        )


@final
@frozen(kw_only=True)
class ErrorReported:
    """Something went wrong that does not by itself end the session."""

    failure: Failure

    def to_exception(self) -> RealtimeError:
        """The error that says the same."""
        return self.failure.to_exception()


@final
@frozen(kw_only=True)
class SessionClosed:
    """The session is over. Always the last event.

    Args:
        code: The WebSocket close code of the peer, None where there was none.
        reason: The peer's words.
        failure: What went wrong; None after a normal close.
    """

    code: int | None = None
    reason: str = ""
    failure: Failure | None = None


VoiceEvent: TypeAlias = (
    SessionReady
    | AudioChunk
    | TranscriptDelta
    | ToolCallRequest
    | ToolCallCancelled
    | SpeechStarted
    | SpeechStopped
    | Interrupted
    | PlaybackPaused
    | PlaybackResumed
    | ResponseStarted
    | ResponseDone
    | UsageReported
    | RateLimitsUpdated
    | SessionExpiring
    | ResumptionUpdated
    | Reconnecting
    | Reconnected
    | ErrorReported
    | SessionClosed
    | UnknownEvent
)
