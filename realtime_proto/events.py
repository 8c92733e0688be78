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
from realtime_proto.wire import JsonObject, UnknownEvent

__all__ = (
    "AudioChunk",
    "CancelReason",
    "ErrorReported",
    "Failure",
    "Interrupted",
    "ResponseDone",
    "ResponseStarted",
    "SessionClosed",
    "SessionReady",
    "Speaker",
    "SpeechStarted",
    "SpeechStopped",
    "ToolCallCancelled",
    "ToolCallRequest",
    "TranscriptDelta",
    "UnknownEvent",
    "VoiceEvent",
)

Speaker: TypeAlias = Literal["user", "assistant"]
CancelReason: TypeAlias = Literal["timeout", "interrupted", "connection_lost"]


@final
@frozen(kw_only=True)
class SessionReady:
    """The server took our settings; the conversation can begin.

    Args:
        provider: The provider's name.
        session_id: The server's id of the session, where it gives one.
        model: The model that answers.
        ignored: Configuration fields this provider has no place for, left out of what was sent.
    """

    provider: str
    session_id: str | None = None
    model: str | None = None
    ignored: tuple[str, ...] = ()


@final
@frozen(kw_only=True)
class AudioChunk:
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
    """

    response_id: str
    status: str
    reason: str | None = None


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
        paths: Where in the frame, for "remote".
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
    paths: tuple[str, ...] = ()
    received: int | None = None
    sent: int | None = None
    phase: str = "open"
    retryable: bool = False
    hint: str | None = None

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
            return RemoteProtocolError(self.message, paths=self.paths or ("$",))
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
    | ResponseStarted
    | ResponseDone
    | ErrorReported
    | SessionClosed
    | UnknownEvent
)
