"""The first message of a session and everything in it.

The client says it once, before anything else. What is None is not said and left to the model's own
default, which is not always the type's: `proactive_audio=False` is a wish, None is none. The
vocabularies are `str`; what is known of one is a constant below its class, and the server is the
judge, by closing the connection with code 1007.

JSON Schemas, the server's built-in tools and what the Live API does not take (routing, response
formats) are free JSON. Note where things live: voice, thinking and affective dialog are inside
`generation_config`, transcription, activity detection and history beside it.

Source: ai.google.dev/api/live, the Vertex AI multimodal-live reference of 2026-10, the
generativelanguage v1beta descriptors; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, final

from attrs import field, frozen

from realtime_proto._codec import Int64
from realtime_proto.gemini.parts import Content
from realtime_proto.wire import JsonObject, WireValue

__all__ = (
    "ACTIVITY_HANDLING",
    "BEHAVIORS",
    "END_SENSITIVITIES",
    "START_SENSITIVITIES",
    "THINKING_LEVELS",
    "TRANSCRIPTION_MODES",
    "TURN_COVERAGE",
    "AudioTranscriptionConfig",
    "AutomaticActivityDetection",
    "AvatarConfig",
    "ContextWindowCompressionConfig",
    "CustomizedAvatar",
    "FunctionDeclaration",
    "GenerationConfig",
    "HistoryConfig",
    "LanguageAuto",
    "LanguageHints",
    "MultiSpeakerVoiceConfig",
    "PrebuiltVoiceConfig",
    "ProactivityConfig",
    "RealtimeInputConfig",
    "ReplicatedVoiceConfig",
    "SafetySetting",
    "SessionResumptionConfig",
    "Setup",
    "SlidingWindow",
    "SpeakerVoiceConfig",
    "SpeechConfig",
    "ThinkingConfig",
    "Tool",
    "TranslationConfig",
    "VoiceConfig",
    "VoiceConsentSignature",
)


def _int64(value: int | None) -> Int64 | None:
    """So that callers may write a plain integer."""
    return None if value is None else Int64(value)


# --- voices


@final
@frozen(kw_only=True)
class PrebuiltVoiceConfig(WireValue):
    """One of the vendor's voices by its name, which is case-sensitive ("Puck")."""

    voice_name: str | None = None


@final
@frozen(kw_only=True)
class VoiceConsentSignature(WireValue):
    """Proof, once given by the server, that a voice may be replicated."""

    signature: str = ""


@final
@frozen(kw_only=True)
class ReplicatedVoiceConfig(WireValue):
    """A voice made from a sample, with the speaker's consent as audio or as a signature."""

    mime_type: str = ""
    voice_sample_audio: bytes = field(default=b"", repr=False)
    consent_audio: bytes = field(default=b"", repr=False)
    voice_consent_signature: VoiceConsentSignature | None = None


@final
@frozen(kw_only=True)
class VoiceConfig(WireValue):
    """A voice: one of the three."""

    prebuilt_voice_config: PrebuiltVoiceConfig | None = None
    replicated_voice_config: ReplicatedVoiceConfig | None = None
    voice: str | None = None


@final
@frozen(kw_only=True)
class SpeakerVoiceConfig(WireValue):
    """The voice of one named speaker."""

    speaker: str = ""
    voice_config: VoiceConfig | None = None


@final
@frozen(kw_only=True)
class MultiSpeakerVoiceConfig(WireValue):
    """Several voices. The Live API does not take it; it is here to be read."""

    speaker_voice_configs: tuple[SpeakerVoiceConfig, ...] = ()


@final
@frozen(kw_only=True)
class SpeechConfig(WireValue):
    """How the model speaks.

    Args:
        voice_config: With which voice.
        language_code: BCP 47; native-audio models choose by themselves and ignore it.
        multi_speaker_voice_config: Not for live sessions.
    """

    voice_config: VoiceConfig | None = None
    language_code: str | None = None
    multi_speaker_voice_config: MultiSpeakerVoiceConfig | None = None


# --- generation


@final
@frozen(kw_only=True)
class ThinkingConfig(WireValue):
    """How much the model thinks before it speaks.

    Args:
        include_thoughts: Send summaries of the thoughts as parts marked `thought`.
        thinking_budget: Tokens, on the 2.5 models; 0 turns thinking off.
        thinking_level: One of THINKING_LEVELS, on later models.
    """

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


THINKING_LEVELS: Final = frozenset({"MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"})
"""Known values of `ThinkingConfig.thinking_level`; which a model takes differs."""


@final
@frozen(kw_only=True)
class TranslationConfig(WireValue):
    """For the translating models only.

    Args:
        target_language_code: BCP 47.
        echo_target_language: Repeat what is already in the target language.
    """

    target_language_code: str | None = None
    echo_target_language: bool | None = None


@final
@frozen(kw_only=True)
class LanguageAuto(WireValue):
    """Let the server find out the language."""


@final
@frozen(kw_only=True)
class LanguageHints(WireValue):
    """Languages to expect, BCP 47."""

    language_codes: tuple[str, ...] = ()


@final
@frozen(kw_only=True)
class AudioTranscriptionConfig(WireValue):
    """Turns transcription on by being there. Most models honour none of the options.

    Args:
        language_codes: Languages to expect.
        language_auto: Find the language out.
        language_hints: Languages to expect, the newer way.
        custom_vocabulary: Words to know.
        adaptation_phrases: Phrases to prefer.
        word_timestamp: Give the times of words.
        diarization: Tell speakers apart.
        mode: One of TRANSCRIPTION_MODES.
        source_text: What is read aloud.
    """

    language_codes: tuple[str, ...] = ()
    language_auto: LanguageAuto | None = None
    language_hints: LanguageHints | None = None
    custom_vocabulary: tuple[str, ...] = ()
    adaptation_phrases: tuple[str, ...] = ()
    word_timestamp: bool | None = None
    diarization: bool | None = None
    mode: str | None = None
    source_text: str | None = None


TRANSCRIPTION_MODES: Final = frozenset({"VERBATIM", "SMART"})
"""Known values of `AudioTranscriptionConfig.mode`."""


@final
@frozen(kw_only=True)
class GenerationConfig(WireValue):
    """How the model generates.

    Args:
        response_modalities: Exactly one of "AUDIO" and "TEXT"; native-audio models take AUDIO only.
        speech_config: How it speaks.
        temperature: 0 to 2; higher is more varied.
        top_p: Of nucleus sampling.
        top_k: Of top-k sampling; a whole number, written as some clients do with a fraction of 0.
        max_output_tokens: The longest answer.
        seed: For repeatable sampling.
        candidate_count: How many answers to make.
        frequency_penalty: Against words that were often said.
        presence_penalty: Against words that were said.
        media_resolution: "MEDIA_RESOLUTION_LOW", "..._MEDIUM" or "..._HIGH".
        thinking_config: How much it thinks.
        enable_affective_dialog: Answer in the user's tone; 2.5 native audio only.
        translation_config: For translating models.
        audio_transcription_config: For transcribing models.
        enable_enhanced_civic_answers: Not on Vertex AI.

    The rest is refused in live sessions and is here to be read: `stop_sequences`,
    `response_mime_type`, `response_schema`, `response_json_schema`, `response_json_schema_ordered`,
    `response_format`, `response_logprobs`, `logprobs`, `audio_timestamp`, `routing_config`,
    `model_config`, `image_config`.
    """

    response_modalities: tuple[str, ...] = ()
    speech_config: SpeechConfig | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_output_tokens: int | None = None
    seed: int | None = None
    candidate_count: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    media_resolution: str | None = None
    thinking_config: ThinkingConfig | None = None
    enable_affective_dialog: bool | None = None
    translation_config: TranslationConfig | None = None
    audio_transcription_config: AudioTranscriptionConfig | None = None
    enable_enhanced_civic_answers: bool | None = None
    stop_sequences: tuple[str, ...] = ()
    response_mime_type: str | None = None
    response_schema: JsonObject | None = None
    response_json_schema: JsonObject | None = None
    response_json_schema_ordered: JsonObject | None = None
    response_format: tuple[JsonObject, ...] = ()
    response_logprobs: bool | None = None
    logprobs: int | None = None
    audio_timestamp: bool | None = None
    routing_config: JsonObject | None = None
    model_config: JsonObject | None = None
    image_config: JsonObject | None = None


# --- tools


@final
@frozen(kw_only=True)
class FunctionDeclaration(WireValue):
    """A function the model may call.

    Args:
        name: Letters, digits, underscores, dashes and dots.
        description: When and what for.
        parameters: Their schema: the OpenAPI subset, type names in upper case. None: it takes none.
        parameters_json_schema: The same as JSON Schema; live sessions have been seen to ignore it.
        response: The schema of the answer.
        response_json_schema: The same as JSON Schema.
        behavior: One of BEHAVIORS.
    """

    name: str = ""
    description: str | None = None
    parameters: JsonObject | None = None
    parameters_json_schema: JsonObject | None = None
    response: JsonObject | None = None
    response_json_schema: JsonObject | None = None
    behavior: str | None = None


BEHAVIORS: Final = frozenset({"BLOCKING", "NON_BLOCKING"})
"""Known values of `FunctionDeclaration.behavior`; which a model takes differs."""


@final
@frozen(kw_only=True)
class Tool(WireValue):
    """Functions, or one of the server's own tools.

    A tool of the server's own is turned on by being there, `google_search={}`; its options are free
    JSON in camelCase.
    """

    function_declarations: tuple[FunctionDeclaration, ...] = ()
    google_search: JsonObject | None = None
    google_search_retrieval: JsonObject | None = None
    google_maps: JsonObject | None = None
    code_execution: JsonObject | None = None
    url_context: JsonObject | None = None
    computer_use: JsonObject | None = None
    file_search: JsonObject | None = None
    enterprise_web_search: JsonObject | None = None
    retrieval: JsonObject | None = None
    parallel_ai_search: JsonObject | None = None
    exa_ai_search: JsonObject | None = None
    mcp_servers: tuple[JsonObject, ...] = ()


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

    target_tokens: Int64 | None = field(default=None, converter=_int64)


@final
@frozen(kw_only=True)
class ContextWindowCompressionConfig(WireValue):
    """Keeps a long session within its context window, by being there.

    Args:
        trigger_tokens: When to compress; None: at 80 % of the model's window.
        sliding_window: How.
    """

    trigger_tokens: Int64 | None = field(default=None, converter=_int64)
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
    """From which threshold on a kind of harm is blocked."""

    category: str = ""
    method: str | None = None
    threshold: str | None = None


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
