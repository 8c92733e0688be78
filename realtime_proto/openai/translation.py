"""The translation endpoint: speech goes in, the same in another language comes out, all the while.

It has a protocol of its own: 3 events a client sends, 7 a server sends. There are no turns, no
items and no responses. The client keeps sending audio, silence too, and ends with `SessionClose`;
the server says what is left of the translation and then `SessionClosed`.

Three tags are also events of the main endpoint, with another session in them; their classes here
are called `Translation...`. `Error` is the same.

Source: OpenAI API reference, Realtime translation (openai-openapi f85dbe2, 2026-08-21;
openai-python 3.54.0); `language` of the transcription from the description's example.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto.openai.events import Error
from realtime_proto.openai.session import NoiseReduction
from realtime_proto.wire import UNSET, Unset, WireValue

__all__ = (
    "TRANSLATION_FORMATS",
    "SessionClose",
    "SessionClosed",
    "SessionInputAudioBufferAppend",
    "SessionInputTranscriptDelta",
    "SessionOutputAudioDelta",
    "SessionOutputTranscriptDelta",
    "TranslationAudio",
    "TranslationClientEvent",
    "TranslationInput",
    "TranslationOutput",
    "TranslationServerEvent",
    "TranslationSession",
    "TranslationSessionCreated",
    "TranslationSessionUpdate",
    "TranslationSessionUpdated",
    "TranslationSettings",
    "TranslationTranscription",
)

TRANSLATION_FORMATS: Final = ("pcm16",)
"""What `SessionOutputAudioDelta.format` is known to say."""


# --- the session


@final
@frozen(kw_only=True)
class TranslationTranscription(WireValue):
    """How the input is written down.

    Args:
        model: For example "gpt-realtime-whisper".
        language: ISO 639-1. A server may say it.
    """

    model: str
    language: str | Unset | None = UNSET


@final
@frozen(kw_only=True)
class TranslationInput(WireValue):
    """How the session hears.

    Args:
        transcription: None: the input is not written down.
        noise_reduction: None: it is taken as it is.
    """

    transcription: TranslationTranscription | Unset | None = UNSET
    noise_reduction: NoiseReduction | Unset | None = UNSET


@final
@frozen(kw_only=True)
class TranslationOutput(WireValue):
    """How the session speaks.

    Args:
        language: Into which language: ISO 639-1, for example "es".
    """

    language: str | Unset = UNSET


@final
@frozen(kw_only=True)
class TranslationAudio(WireValue):
    """Both directions of the audio, which is PCM16 at 24 000 Hz."""

    input: TranslationInput | Unset = UNSET
    output: TranslationOutput | Unset = UNSET


@final
@frozen(kw_only=True)
class TranslationSettings(WireValue):
    """What a client may change; what is UNSET stays."""

    audio: TranslationAudio | Unset = UNSET


@final
@frozen(kw_only=True)
class TranslationSession(WireValue):
    """The whole configuration in force.

    Args:
        expires_at: When the server will end it, in seconds since 1970.
    """

    type: ClassVar[Literal["translation"]] = "translation"
    id: str
    model: str
    expires_at: int
    audio: TranslationAudio


# --- what a client sends


@final
@frozen(kw_only=True)
class TranslationSessionUpdate(WireValue):
    """Change the session. Answered by `TranslationSessionUpdated` with the whole."""

    type: ClassVar[Literal["session.update"]] = "session.update"
    event_id: str | Unset = UNSET
    session: TranslationSettings


@final
@frozen(kw_only=True)
class SessionInputAudioBufferAppend(WireValue):
    """Add input audio. Not answered.

    Args:
        audio: PCM16 little-endian mono at 24 000 Hz; 200 ms is a good size.
    """

    type: ClassVar[Literal["session.input_audio_buffer.append"]] = (
        "session.input_audio_buffer.append"
    )
    event_id: str | Unset = UNSET
    audio: bytes = field(repr=False)


@final
@frozen(kw_only=True)
class SessionClose(WireValue):
    """End the session: no more input. What is left of the output comes, then `SessionClosed`."""

    type: ClassVar[Literal["session.close"]] = "session.close"
    event_id: str | Unset = UNSET


# --- what a server sends


@final
@frozen(kw_only=True)
class TranslationSessionCreated(WireValue):
    """The session is there. First event of a connection."""

    type: ClassVar[Literal["session.created"]] = "session.created"
    event_id: str | Unset = UNSET
    session: TranslationSession


@final
@frozen(kw_only=True)
class TranslationSessionUpdated(WireValue):
    """A `TranslationSessionUpdate` was carried out."""

    type: ClassVar[Literal["session.updated"]] = "session.updated"
    event_id: str | Unset = UNSET
    session: TranslationSession


@final
@frozen(kw_only=True)
class SessionClosed(WireValue):
    """The session is over. Last event of a connection."""

    type: ClassVar[Literal["session.closed"]] = "session.closed"
    event_id: str | Unset = UNSET


@final
@frozen(kw_only=True)
class SessionInputTranscriptDelta(WireValue):
    """More of what was heard.

    Args:
        elapsed_ms: Where in the input it was said, in milliseconds since the session began.
    """

    type: ClassVar[Literal["session.input_transcript.delta"]] = "session.input_transcript.delta"
    event_id: str | Unset = UNSET
    delta: str
    elapsed_ms: int | None = None


@final
@frozen(kw_only=True)
class SessionOutputTranscriptDelta(WireValue):
    """More of the translation as text.

    Args:
        elapsed_ms: Where in the input it was said, in milliseconds since the session began.
    """

    type: ClassVar[Literal["session.output_transcript.delta"]] = "session.output_transcript.delta"
    event_id: str | Unset = UNSET
    delta: str
    elapsed_ms: int | None = None


@final
@frozen(kw_only=True)
class SessionOutputAudioDelta(WireValue):
    """More of the translation as audio.

    Args:
        delta: Whole samples.
        format: One of `TRANSLATION_FORMATS`; None means that.
        sample_rate: In hertz; None means 24 000.
        channels: None means 1.
        elapsed_ms: Where in the input it was said, in milliseconds since the session began.
    """

    type: ClassVar[Literal["session.output_audio.delta"]] = "session.output_audio.delta"
    event_id: str | Unset = UNSET
    delta: bytes = field(repr=False)
    format: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    elapsed_ms: int | None = None


TranslationClientEvent: TypeAlias = (
    TranslationSessionUpdate | SessionInputAudioBufferAppend | SessionClose
)
"""What a client of the translation endpoint may send."""

TranslationServerEvent: TypeAlias = (
    Error
    | TranslationSessionCreated
    | TranslationSessionUpdated
    | SessionClosed
    | SessionInputTranscriptDelta
    | SessionOutputTranscriptDelta
    | SessionOutputAudioDelta
)
"""What a server of the translation endpoint may send."""
