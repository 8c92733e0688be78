"""What an application asks of a conversation, in words that no provider owns.

A command is checked when it is made: a wrong type or an empty value is a LocalProtocolError there
and then, so that `Conversation.send` only refuses what the state of the conversation forbids.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, final, get_args

import attrs
from attrs import field, frozen

from realtime_proto._json import check_json
from realtime_proto.config import RealtimeConfig
from realtime_proto.errors import LocalProtocolError

__all__ = (
    "AudioDelivered",
    "ClearAudio",
    "CommitAudio",
    "EndAudio",
    "Interrupt",
    "Played",
    "Scheduling",
    "SendAudio",
    "SendImage",
    "SendText",
    "SendWire",
    "ToolResult",
    "UpdateSession",
    "VoiceCommand",
)

MAX_TEXT_BYTES: Final = 2**20
"""One text or one tool result. Models read far less."""

MAX_AUDIO_BYTES: Final = 8 * 2**20
"""One SendAudio: nearly three minutes of PCM16. base64 keeps it below the frame limit."""

Scheduling: TypeAlias = Literal["when_idle", "interrupt", "silent"]

IMAGE_TYPES: Final = ("image/png", "image/jpeg", "image/webp")
"""What any provider takes; which of them depends on it."""

_Validator: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _wrong(command: object, attribute: attrs.Attribute[Any], text: str) -> LocalProtocolError:
    return LocalProtocolError(f"{type(command).__name__}.{attribute.name} {text}")


def _text(*, empty: bool) -> _Validator:
    def check(command: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, str):
            raise _wrong(command, attribute, f"must be text, not {type(value).__name__}")
        if not (empty or value.strip()):
            raise _wrong(command, attribute, "must not be empty")
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise _wrong(command, attribute, "holds lone surrogates") from None
        if size > MAX_TEXT_BYTES:
            raise _wrong(command, attribute, f"is over {MAX_TEXT_BYTES} bytes")

    return check


def _pcm(command: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, bytes):
        raise _wrong(command, attribute, f"must be bytes, not {type(value).__name__}")
    if len(value) > MAX_AUDIO_BYTES:
        raise _wrong(command, attribute, f"is over {MAX_AUDIO_BYTES} bytes: send it in pieces")


def _natural(command: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value.__class__ is not int or value < 0:
        raise _wrong(command, attribute, f"must be a whole number from 0, not {value!r:.40}")


def _json(command: object, attribute: attrs.Attribute[Any], value: object) -> None:
    try:
        check_json(value)
    except ValueError as exc:
        raise _wrong(command, attribute, f"cannot be sent as JSON: {exc}") from None


def _settings(command: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, RealtimeConfig):
        raise _wrong(command, attribute, f"must be a RealtimeConfig, not {type(value).__name__}")


def _as_bytes(value: object) -> object:
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


@final
@frozen
class SendAudio:
    """A piece of the user's voice: PCM in the provider's input format, any byte split."""

    data: bytes = field(repr=False, converter=_as_bytes, validator=_pcm)


@final
@frozen
class SendText:
    """A whole user turn as text. The model answers it."""

    text: str = field(validator=_text(empty=False))


@final
@frozen(kw_only=True)
class SendImage:
    """A picture for the model to see. It is not answered by itself: say something about it.

    Args:
        data: The file's bytes.
        mime_type: "image/png", "image/jpeg", or, where the provider takes it, "image/webp".
    """

    data: bytes = field(
        repr=lambda data: f"<{len(data)} bytes>", converter=_as_bytes, validator=_pcm
    )
    mime_type: str = "image/jpeg"

    def __attrs_post_init__(self) -> None:
        if self.mime_type not in IMAGE_TYPES:
            raise LocalProtocolError(
                f"SendImage.mime_type must be one of {', '.join(IMAGE_TYPES)}, "
                f"not {self.mime_type!r:.40}"
            )
        if not self.data:
            raise LocalProtocolError("SendImage.data must not be empty")


@final
@frozen
class CommitAudio:
    """The user has finished speaking: only where you decide that (VADMode.MANUAL)."""


@final
@frozen
class EndAudio:
    """The microphone is off, for now: what was said until here is a whole turn.

    Where the server finds the turns, it is told that nothing more comes; with VADMode.MANUAL the
    audio since the last turn, if it is enough for one, is committed. Audio may be sent again later.
    """


@final
@frozen
class ClearAudio:
    """Forget the audio sent since the last turn."""


@final
@frozen
class Interrupt:
    """Stop the assistant: no more of this answer is wanted."""


@final
@frozen(kw_only=True)
class ToolResult:
    """The answer to a ToolCallRequest.

    Args:
        call_id: The request's.
        output: Any JSON value; a string goes to the model as it is.
        is_error: The call failed and `output` says how, for the model to act on.
        will_continue: More results of this call follow, so it is not settled yet. Gemini only.
        scheduling: When the model may speak about it: "when_idle" (after what it says now),
            "interrupt" (at once), "silent" (not by itself). None: as the provider does.
    """

    call_id: str = field(validator=_text(empty=False))
    output: Any = field(default=None, validator=_json)
    is_error: bool = False
    will_continue: bool = False
    scheduling: Scheduling | None = None

    def __attrs_post_init__(self) -> None:
        if self.scheduling is not None and self.scheduling not in get_args(Scheduling):
            raise LocalProtocolError(
                f"ToolResult.scheduling must be one of {', '.join(get_args(Scheduling))}, "
                f"not {self.scheduling!r:.40}"
            )


@final
@frozen(kw_only=True)
class Played:
    """Of this item, so many milliseconds have come out of the loudspeaker by now."""

    item_id: str = field(validator=_text(empty=False))
    ms: int = field(validator=_natural)


@final
@frozen(kw_only=True)
class AudioDelivered:
    """The application has been handed so many bytes of this item's audio (a conversation made with
    `reports_delivery=True` is told; others count what `take_events` hands out).
    """

    item_id: str = field(validator=_text(empty=False))
    n_bytes: int = field(validator=_natural)


@final
@frozen
class UpdateSession:
    """Other settings from now on; what differs from those in force is sent.

    What a provider cannot change in a running session is a ConfigurationError, and nothing changes.

    Args:
        config: The whole of the settings, for example `attrs.evolve(config, instructions="...")`.
    """

    config: RealtimeConfig = field(validator=_settings)


@final
@frozen
class SendWire:
    """One of the provider's own client events, for what the neutral commands do not cover."""

    event: Any


VoiceCommand: TypeAlias = (
    SendAudio
    | SendText
    | SendImage
    | CommitAudio
    | EndAudio
    | ClearAudio
    | Interrupt
    | ToolResult
    | Played
    | AudioDelivered
    | UpdateSession
    | SendWire
)
