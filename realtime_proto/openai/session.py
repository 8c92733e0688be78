"""A session's configuration: what a client asks for, and what the server says is in force.

One set of classes serves both. Sent, a session is a patch: UNSET leaves a setting as it is, None
turns it off where it can be off. Echoed, it is the whole configuration, with None for what is off
and UNSET only for what the server does not mention; `id`, `object` and `expires_at` are the
server's alone, and a client that sends them is refused by it. Because UNSET and None stay apart in
both directions, an echoed session can be encoded again without losing a null.

Source: OpenAI API reference, Realtime, session objects (openai-openapi f85dbe2, 2026-08-21;
openai-python 3.54.0); the nulls as recorded traffic has them.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, TypeAlias, final

from attrs import field, frozen

from realtime_proto.openai.prompt import Prompt
from realtime_proto.openai.tools import SessionTool, ToolChoice
from realtime_proto.wire import UNSET, JsonObject, UnknownObject, Unset, WireValue

__all__ = (
    "EAGERNESS",
    "INCLUDES",
    "MODELS",
    "NOISE_REDUCTIONS",
    "OUTPUT_MODALITIES",
    "PCM_RATES",
    "REASONING_EFFORTS",
    "SECRET_ANCHORS",
    "SESSION_OBJECTS",
    "TRACINGS",
    "TRANSCRIPTION_DELAYS",
    "TRANSCRIPTION_MODELS",
    "TRUNCATIONS",
    "UNLIMITED",
    "VOICES",
    "ClientSecret",
    "NamedVoice",
    "NoiseReduction",
    "PcmFormat",
    "PcmaFormat",
    "PcmuFormat",
    "RealtimeSession",
    "Reasoning",
    "RetentionRatio",
    "SecretExpiry",
    "SemanticVad",
    "ServerVad",
    "Session",
    "SessionAudio",
    "SessionAudioFormat",
    "SessionAudioInput",
    "SessionAudioOutput",
    "TokenLimits",
    "Tracing",
    "Transcription",
    "TranscriptionSession",
    "TurnDetection",
    "Voice",
    "VoiceId",
)


# --- audio formats

PCM_RATES: Final = (24_000,)
"""Samples per second that `PcmFormat.rate` is known to say."""


@final
@frozen(kw_only=True)
class PcmFormat(WireValue):
    """Signed 16-bit little-endian mono PCM.

    Args:
        rate: Samples per second; UNSET means 24 000, the only one OpenAI accepts: less is refused
            together with the whole update it came in.
    """

    type: ClassVar[Literal["audio/pcm"]] = "audio/pcm"
    rate: int | Unset = UNSET


@final
@frozen(kw_only=True)
class PcmuFormat(WireValue):
    """G.711 u-law, mono, 8 000 Hz, one byte per sample."""

    type: ClassVar[Literal["audio/pcmu"]] = "audio/pcmu"


@final
@frozen(kw_only=True)
class PcmaFormat(WireValue):
    """G.711 A-law, mono, 8 000 Hz, one byte per sample."""

    type: ClassVar[Literal["audio/pcma"]] = "audio/pcma"


SessionAudioFormat: TypeAlias = PcmFormat | PcmuFormat | PcmaFormat | UnknownObject
"""How audio bytes of a session are to be read."""


# --- hearing

TRANSCRIPTION_MODELS: Final = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-live-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe",
    "gpt-4o-transcribe-diarize",
    "gpt-realtime-whisper",
)
"""What `Transcription.model` is known to say. Of Azure it is the name of a deployment."""

TRANSCRIPTION_DELAYS: Final = ("minimal", "low", "medium", "high", "xhigh")
"""What `Transcription.delay` is known to say."""

EAGERNESS: Final = ("low", "medium", "high", "auto")
"""What `SemanticVad.eagerness` is known to say."""

NOISE_REDUCTIONS: Final = ("near_field", "far_field")
"""What `NoiseReduction.type` is known to say."""


@final
@frozen(kw_only=True)
class Transcription(WireValue):
    """How what the user says is written down, beside the model that listens.

    Args:
        model: One of `TRANSCRIPTION_MODELS`; on Azure the name of a deployment.
        language: ISO 639-1, for example "en".
        languages: Languages to expect, where the model takes several.
        prompt: What to expect: words, spelling, style.
        keywords: Words to listen for.
        delay: How long to wait for context: one of `TRANSCRIPTION_DELAYS`.
    """

    model: str | Unset = UNSET
    language: str | Unset | None = UNSET
    languages: tuple[str, ...] | Unset | None = UNSET
    prompt: str | Unset | None = UNSET
    keywords: tuple[str, ...] | Unset | None = UNSET
    delay: str | Unset | None = UNSET


@final
@frozen(kw_only=True)
class ServerVad(WireValue):
    """Turns are found by how loud it is.

    Args:
        threshold: 0.0 to 1.0; higher needs louder speech.
        prefix_padding_ms: Audio kept from before speech was noticed.
        silence_duration_ms: Silence that ends a turn.
        idle_timeout_ms: Answer unasked after this much silence, 5 000 to 30 000; None: never.
        create_response: Whether the end of a turn starts a response.
        interrupt_response: Whether the start of a turn cancels the response that runs.
    """

    type: ClassVar[Literal["server_vad"]] = "server_vad"
    threshold: float | Unset = UNSET
    prefix_padding_ms: int | Unset = UNSET
    silence_duration_ms: int | Unset = UNSET
    idle_timeout_ms: int | Unset | None = UNSET
    create_response: bool | Unset = UNSET
    interrupt_response: bool | Unset = UNSET


@final
@frozen(kw_only=True)
class SemanticVad(WireValue):
    """Turns are found by what is said.

    Args:
        eagerness: "low", "medium", "high" (waits at most 8, 4 or 2 seconds) or "auto" (medium).
        create_response: Whether the end of a turn starts a response.
        interrupt_response: Whether the start of a turn cancels the response that runs.
    """

    type: ClassVar[Literal["semantic_vad"]] = "semantic_vad"
    eagerness: str | Unset = UNSET
    create_response: bool | Unset = UNSET
    interrupt_response: bool | Unset = UNSET


TurnDetection: TypeAlias = ServerVad | SemanticVad | UnknownObject
"""Who ends a turn."""


@final
@frozen(kw_only=True)
class NoiseReduction(WireValue):
    """Cleans the input before it is heard.

    Args:
        type: "near_field" (headset) or "far_field" (room).
        strength: How much.
    """

    type: str | Unset = UNSET
    strength: float | Unset = UNSET


@final
@frozen(kw_only=True)
class SessionAudioInput(WireValue):
    """How the session hears.

    Args:
        transcription: None: what the user says is not written down.
        noise_reduction: None: the input is taken as it is.
        turn_detection: None: the client commits the turns itself.
    """

    format: SessionAudioFormat | Unset | None = UNSET
    transcription: Transcription | Unset | None = UNSET
    noise_reduction: NoiseReduction | Unset | None = UNSET
    turn_detection: TurnDetection | Unset | None = UNSET


# --- speaking

VOICES: Final = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)
"""Voices that are known by name."""


@final
@frozen(kw_only=True)
class VoiceId(WireValue):
    """A voice of one's own making, by its id."""

    id: str


@final
@frozen(kw_only=True)
class NamedVoice(WireValue):
    """A voice by its name and who makes it, as Azure Voice Live has it.

    Args:
        type: For example "openai" or "azure-standard".
    """

    type: str
    name: str


Voice: TypeAlias = str | VoiceId | NamedVoice
"""A voice: one of `VOICES`, another server's, or one's own."""


@final
@frozen(kw_only=True)
class SessionAudioOutput(WireValue):
    """How the session speaks.

    Args:
        voice: A name such as "marin", or a `VoiceId`. Fixed once the model has spoken.
        speed: 0.25 to 1.5. May change between turns only.
    """

    format: SessionAudioFormat | Unset | None = UNSET
    voice: Voice | Unset = UNSET
    speed: float | Unset = UNSET


@final
@frozen(kw_only=True)
class SessionAudio(WireValue):
    """Both directions of a session's audio."""

    input: SessionAudioInput | Unset = UNSET
    output: SessionAudioOutput | Unset = UNSET


# --- the rest


REASONING_EFFORTS: Final = ("minimal", "low", "medium", "high", "xhigh")
"""What `Reasoning.effort` is known to say."""


@final
@frozen(kw_only=True)
class Reasoning(WireValue):
    """How much the model thinks: one of `REASONING_EFFORTS`."""

    effort: str | Unset | None = UNSET


@final
@frozen(kw_only=True)
class Tracing(WireValue):
    """Under which names a session appears among OpenAI's traces."""

    workflow_name: str | Unset = UNSET
    group_id: str | Unset = UNSET
    metadata: JsonObject | Unset = UNSET


@final
@frozen(kw_only=True)
class TokenLimits(WireValue):
    """Limits on what truncation leaves.

    Args:
        post_instructions: Tokens of the conversation that follow the instructions.
    """

    post_instructions: int | Unset = UNSET


@final
@frozen(kw_only=True)
class RetentionRatio(WireValue):
    """Truncate to a share of the context, so that fewer turns miss the cache.

    Args:
        retention_ratio: 0.0 to 1.0, the share that stays.
    """

    type: ClassVar[Literal["retention_ratio"]] = "retention_ratio"
    retention_ratio: float
    token_limits: TokenLimits | Unset = UNSET


@final
@frozen(kw_only=True)
class SecretExpiry(WireValue):
    """When an ephemeral key shall expire.

    Args:
        anchor: From when it counts: one of `SECRET_ANCHORS`.
        seconds: 10 to 7 200 after that.
    """

    anchor: str | Unset = UNSET
    seconds: int | Unset = UNSET


SECRET_ANCHORS: Final = ("created_at",)
"""What `SecretExpiry.anchor` is known to say."""


@final
@frozen(kw_only=True)
class ClientSecret(WireValue):
    """An ephemeral key that a session of the beta dialect asks for, or was given.

    Args:
        expires_after: Asked for: when it shall expire; a transcription session says `expires_at`.
        expires_at: Given: when it expires, in seconds since 1970.
        value: Given: the key.
    """

    expires_after: SecretExpiry | Unset = UNSET
    expires_at: int | SecretExpiry | Unset = UNSET
    value: str | Unset = field(default=UNSET, repr=False)


MODELS: Final = (
    "gpt-realtime",
    "gpt-realtime-1.5",
    "gpt-realtime-2",
    "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini",
    "gpt-realtime-2025-08-28",
    "gpt-4o-realtime-preview",
    "gpt-4o-realtime-preview-2024-10-01",
    "gpt-4o-realtime-preview-2024-12-17",
    "gpt-4o-realtime-preview-2025-06-03",
    "gpt-4o-mini-realtime-preview",
    "gpt-4o-mini-realtime-preview-2024-12-17",
    "gpt-realtime-mini",
    "gpt-realtime-mini-2025-10-06",
    "gpt-realtime-mini-2025-12-15",
    "gpt-audio-1.5",
    "gpt-audio-mini",
    "gpt-audio-mini-2025-10-06",
    "gpt-audio-mini-2025-12-15",
)
"""What `RealtimeSession.model` is known to say."""

OUTPUT_MODALITIES: Final = ("text", "audio")
"""What `output_modalities` is known to list."""

INCLUDES: Final = ("item.input_audio_transcription.logprobs",)
"""What `include` is known to list."""

UNLIMITED: Final = ("inf",)
"""What `max_output_tokens` is known to say, where it is no number."""

TRACINGS: Final = ("auto",)
"""What `RealtimeSession.tracing` is known to say, where it is no `Tracing`."""

TRUNCATIONS: Final = ("auto", "disabled")
"""What `RealtimeSession.truncation` is known to say, where it is no `RetentionRatio`."""

SESSION_OBJECTS: Final = ("realtime.session",)
"""What `RealtimeSession.object` is known to say."""


@final
@frozen(kw_only=True)
class RealtimeSession(WireValue):
    """A voice session.

    Args:
        object: One of `SESSION_OBJECTS`.
        id: The server's name for it; a client leaves it UNSET, as `object` and `expires_at`.
        expires_at: When the server will end it, in seconds since 1970.
        model: Fixed once the session is there.
        output_modalities: `("audio",)` or `("text",)`, never both; in the beta dialects audio comes
            with its text: `("audio", "text")`.
        include: "item.input_audio_transcription.logprobs" asks for them.
        max_output_tokens: 1 to 4 096 for one response, or "inf".
        temperature: 0.6 to 1.2. Beta dialects only; as is `client_secret`.
        tracing: "auto", names of one's own, or None. Fixed once on.
        truncation: "auto", "disabled" or a `RetentionRatio`.
    """

    type: ClassVar[Literal["realtime"]] = "realtime"
    object: str | Unset = UNSET
    id: str | Unset = UNSET
    model: str | Unset = UNSET
    output_modalities: tuple[str, ...] | Unset = UNSET
    instructions: str | Unset = UNSET
    audio: SessionAudio | Unset = UNSET
    tools: tuple[SessionTool, ...] | Unset = UNSET
    tool_choice: ToolChoice | Unset = UNSET
    parallel_tool_calls: bool | Unset | None = UNSET
    max_output_tokens: int | str | Unset | None = UNSET
    temperature: float | Unset | None = UNSET
    reasoning: Reasoning | Unset | None = UNSET
    tracing: str | Tracing | Unset | None = UNSET
    truncation: str | RetentionRatio | UnknownObject | Unset = UNSET
    prompt: Prompt | Unset | None = UNSET
    include: tuple[str, ...] | Unset | None = UNSET
    expires_at: int | Unset = UNSET
    client_secret: ClientSecret | Unset | None = UNSET


@final
@frozen(kw_only=True)
class TranscriptionSession(WireValue):
    """A session that only listens and writes down. Its `audio` has no output.

    Args:
        output_modalities: Beta dialects only; as is `client_secret`.
    """

    type: ClassVar[Literal["transcription"]] = "transcription"
    object: str | Unset = UNSET
    id: str | Unset = UNSET
    output_modalities: tuple[str, ...] | Unset = UNSET
    audio: SessionAudio | Unset = UNSET
    include: tuple[str, ...] | Unset | None = UNSET
    expires_at: int | Unset = UNSET
    client_secret: ClientSecret | Unset | None = UNSET


Session: TypeAlias = RealtimeSession | TranscriptionSession | UnknownObject
"""A session of any type."""
