"""The first message of a session and everything in it.

The client says it once, before anything else. What is None is not said and left to the model's own
default, which is not always the type's: `proactive_audio=False` is a wish, None is none. The
vocabularies are `str`; what is known of one is a constant below its class, and the server is the
judge, by closing the connection with code 1007.

Note where things live: voice, thinking and affective dialog are inside `generation_config` (see
`generation`), transcription, activity detection and history beside it.

Source: ai.google.dev/api/live, the Vertex AI multimodal-live reference of 2026-10, the
generativelanguage v1beta descriptors; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, final

from attrs import field, frozen

from realtime_proto._codec import Int64
from realtime_proto.gemini._proto3 import int64
from realtime_proto.gemini.generation import AudioTranscriptionConfig, GenerationConfig
from realtime_proto.gemini.parts import Content
from realtime_proto.gemini.tools import Tool
from realtime_proto.wire import WireValue

__all__ = (
    "ACTIVITY_HANDLING",
    "END_SENSITIVITIES",
    "HARM_BLOCK_METHODS",
    "HARM_BLOCK_THRESHOLDS",
    "HARM_CATEGORIES",
    "START_SENSITIVITIES",
    "TURN_COVERAGE",
    "AutomaticActivityDetection",
    "AvatarConfig",
    "ContextWindowCompressionConfig",
    "CustomizedAvatar",
    "HistoryConfig",
    "ProactivityConfig",
    "RealtimeInputConfig",
    "SafetySetting",
    "SessionResumptionConfig",
    "Setup",
    "SlidingWindow",
)


# --- input


@final
@frozen(kw_only=True)
class AutomaticActivityDetection(WireValue):
    """How the server tells when the user speaks.

    Args:
        disabled: The client marks the user's activity itself.
        start_of_speech_sensitivity: One of START_SENSITIVITIES.
        end_of_speech_sensitivity: One of END_SENSITIVITIES.
        prefix_padding_ms: How long speech must last to count as begun.
        silence_duration_ms: How long silence must last for speech to count as ended.
    """

    disabled: bool = False
    start_of_speech_sensitivity: str | None = None
    end_of_speech_sensitivity: str | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None


START_SENSITIVITIES: Final = frozenset({"START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW"})
"""Known values of `start_of_speech_sensitivity`."""

END_SENSITIVITIES: Final = frozenset({"END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW"})
"""Known values of `end_of_speech_sensitivity`."""


@final
@frozen(kw_only=True)
class RealtimeInputConfig(WireValue):
    """What realtime input does.

    Args:
        automatic_activity_detection: None: on, with the model's defaults.
        activity_handling: One of ACTIVITY_HANDLING; None: the user's activity interrupts.
        turn_coverage: One of TURN_COVERAGE; the default depends on the model.
        interim_transcript_timestamp_enabled: Give times with interim transcriptions.
    """

    automatic_activity_detection: AutomaticActivityDetection | None = None
    activity_handling: str | None = None
    turn_coverage: str | None = None
    interim_transcript_timestamp_enabled: bool | None = None


ACTIVITY_HANDLING: Final = frozenset({"START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"})
"""Known values of `activity_handling`."""

TURN_COVERAGE: Final = frozenset(
    {
        "TURN_INCLUDES_ONLY_ACTIVITY",
        "TURN_INCLUDES_ALL_INPUT",
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    }
)
"""Known values of `turn_coverage`."""


# --- the session


@final
@frozen(kw_only=True)
class SessionResumptionConfig(WireValue):
    """Asks for handles to resume with, by being there.

    Args:
        handle: The newest resumable one of the session to go on with; None begins a new session.
        transparent: Also tell which messages were consumed; Vertex AI only.
    """

    handle: str | None = None
    transparent: bool | None = None


@final
@frozen(kw_only=True)
class SlidingWindow(WireValue):
    """Drop the oldest turns, down to `target_tokens`."""

    target_tokens: Int64 | None = field(default=None, converter=int64)


@final
@frozen(kw_only=True)
class ContextWindowCompressionConfig(WireValue):
    """Keeps a long session within its context window, by being there.

    Args:
        trigger_tokens: When to compress; None: at 80 % of the model's window.
        sliding_window: How.
    """

    trigger_tokens: Int64 | None = field(default=None, converter=int64)
    sliding_window: SlidingWindow | None = None


@final
@frozen(kw_only=True)
class ProactivityConfig(WireValue):
    """Lets the model decide by itself whether to answer. Several models refuse it."""

    proactive_audio: bool | None = None
    proactive_video: bool | None = None


@final
@frozen(kw_only=True)
class HistoryConfig(WireValue):
    """How the session begins.

    Args:
        initial_history_in_client_content: The first `clientContent` messages, up to one with
            `turn_complete`, are history and are not answered.
    """

    initial_history_in_client_content: bool = False


@final
@frozen(kw_only=True)
class CustomizedAvatar(WireValue):
    """An avatar made from a picture."""

    image_mime_type: str = ""
    image_data: bytes = field(default=b"", repr=False)


@final
@frozen(kw_only=True)
class AvatarConfig(WireValue):
    """A face for the voice: one by name or one's own."""

    avatar_name: str | None = None
    customized_avatar: CustomizedAvatar | None = None
    audio_bitrate_bps: int | None = None
    video_bitrate_bps: int | None = None


@final
@frozen(kw_only=True)
class SafetySetting(WireValue):
    """From which threshold on a kind of harm is blocked.

    Args:
        category: One of HARM_CATEGORIES.
        method: One of HARM_BLOCK_METHODS; Vertex AI only.
        threshold: One of HARM_BLOCK_THRESHOLDS.
    """

    category: str = ""
    method: str | None = None
    threshold: str | None = None


HARM_CATEGORIES: Final = frozenset(
    {
        "HARM_CATEGORY_HARASSMENT",
        "HARM_CATEGORY_HATE_SPEECH",
        "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_DANGEROUS_CONTENT",
        "HARM_CATEGORY_CIVIC_INTEGRITY",
        "HARM_CATEGORY_JAILBREAK",
        "HARM_CATEGORY_IMAGE_HATE",
        "HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT",
        "HARM_CATEGORY_IMAGE_HARASSMENT",
        "HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT",
    }
)
"""Known values of `SafetySetting.category`."""

HARM_BLOCK_METHODS: Final = frozenset({"SEVERITY", "PROBABILITY"})
"""Known values of `SafetySetting.method`: what the threshold is held against."""

HARM_BLOCK_THRESHOLDS: Final = frozenset(
    {"BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"}
)
"""Known values of `SafetySetting.threshold`."""


@final
@frozen(kw_only=True)
class Setup(WireValue):
    """What the session is to be. The server answers with SetupComplete, or closes the connection.

    Args:
        model: "models/{id}", or on Vertex AI
            "projects/{p}/locations/{l}/publishers/google/models/{id}".
        generation_config: How the model generates and speaks.
        system_instruction: Text parts only, each a paragraph.
        tools: What it may call.
        realtime_input_config: Who tells when the user speaks, and what that does.
        input_audio_transcription: Transcribe the user, if it is there.
        output_audio_transcription: Transcribe the model, if it is there.
        session_resumption: Ask for handles to resume with, or resume.
        context_window_compression: Lift the limit of the session's length.
        proactivity: Let the model decide whether to answer.
        history_config: Begin with a history.
        avatar_config: A face.
        safety_settings: What is blocked.
        explicit_vad_signal: Send VoiceActivityDetectionSignal; Vertex AI only.
        labels: For the bill; Vertex AI only.
    """

    type: ClassVar[Literal["setup"]] = "setup"
    model: str
    generation_config: GenerationConfig | None = None
    system_instruction: Content | None = None
    tools: tuple[Tool, ...] = ()
    realtime_input_config: RealtimeInputConfig | None = None
    input_audio_transcription: AudioTranscriptionConfig | None = None
    output_audio_transcription: AudioTranscriptionConfig | None = None
    session_resumption: SessionResumptionConfig | None = None
    context_window_compression: ContextWindowCompressionConfig | None = None
    proactivity: ProactivityConfig | None = None
    history_config: HistoryConfig | None = None
    avatar_config: AvatarConfig | None = None
    safety_settings: tuple[SafetySetting, ...] = ()
    explicit_vad_signal: bool | None = None
    labels: Mapping[str, str] | None = None
