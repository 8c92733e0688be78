"""How the model generates: voices, thinking, translation, transcription, sampling.

All of it is configuration that the client says; what is None is not said and left to the model's
own default. Several fields are refused in live sessions; they are here so that everything can be
read and passed on.

Source: ai.google.dev/api/generate-content (GenerationConfig), the generativelanguage v1beta
descriptors, the Vertex AI discovery document 20261106, google-genai 3.4.0; read 2026-11-22.
"""

from __future__ import annotations

from typing import Final, final

from attrs import field, frozen

from realtime_proto.gemini.schema import JsonSchema, Schema
from realtime_proto.wire import WireValue

__all__ = (
    "ASPECT_RATIOS",
    "DELIVERIES",
    "FEATURE_SELECTION_PREFERENCES",
    "IMAGE_SIZES",
    "MEDIA_RESOLUTIONS",
    "MODEL_ROUTING_PREFERENCES",
    "RESPONSE_MODALITIES",
    "THINKING_LEVELS",
    "TRANSCRIPTION_MODES",
    "AudioResponseFormat",
    "AudioTranscriptionConfig",
    "GenerationConfig",
    "GenerationConfigRoutingConfig",
    "GenerationConfigRoutingConfigAutoRoutingMode",
    "GenerationConfigRoutingConfigManualRoutingMode",
    "ImageConfig",
    "ImageResponseFormat",
    "LanguageAuto",
    "LanguageHints",
    "ModelSelectionConfig",
    "MultiSpeakerVoiceConfig",
    "PrebuiltVoiceConfig",
    "ReplicatedVoiceConfig",
    "ResponseFormat",
    "SpeakerVoiceConfig",
    "SpeechConfig",
    "TextResponseFormat",
    "ThinkingConfig",
    "TranslationConfig",
    "VideoResponseFormat",
    "VoiceConfig",
    "VoiceConsentSignature",
)


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
class ImageConfig(WireValue):
    """How pictures are made. The descriptors have it, live sessions make none."""

    aspect_ratio: str | None = None
    image_size: str | None = None


@final
@frozen(kw_only=True)
class ModelSelectionConfig(WireValue):
    """What matters in choosing a model: one of FEATURE_SELECTION_PREFERENCES."""

    feature_selection_preference: str | None = None


FEATURE_SELECTION_PREFERENCES: Final = frozenset(
    {"PRIORITIZE_QUALITY", "BALANCED", "PRIORITIZE_COST"}
)
"""Known values of `ModelSelectionConfig.feature_selection_preference`."""


@final
@frozen(kw_only=True)
class GenerationConfigRoutingConfigAutoRoutingMode(WireValue):
    """The server chooses the model: by one of MODEL_ROUTING_PREFERENCES."""

    model_routing_preference: str | None = None


MODEL_ROUTING_PREFERENCES: Final = frozenset(
    {"UNKNOWN", "PRIORITIZE_QUALITY", "BALANCED", "PRIORITIZE_COST"}
)
"""Known values of `model_routing_preference`."""


@final
@frozen(kw_only=True)
class GenerationConfigRoutingConfigManualRoutingMode(WireValue):
    """The client chooses the model."""

    model_name: str | None = None


@final
@frozen(kw_only=True)
class GenerationConfigRoutingConfig(WireValue):
    """Who chooses the model: one of the two."""

    auto_mode: GenerationConfigRoutingConfigAutoRoutingMode | None = None
    manual_mode: GenerationConfigRoutingConfigManualRoutingMode | None = None


# --- forms of an answer; live sessions take none of them


@final
@frozen(kw_only=True)
class AudioResponseFormat(WireValue):
    """An answer as sound.

    Args:
        mime_type: Of the sound.
        sample_rate: In hertz.
        bit_rate: In bits per second, for compressed sound.
        delivery: One of DELIVERIES.
    """

    mime_type: str | None = None
    sample_rate: int | None = None
    bit_rate: int | None = None
    delivery: str | None = None


DELIVERIES: Final = frozenset({"INLINE", "URI"})
"""Known values of `delivery`: in the answer, or at an address in it."""


@final
@frozen(kw_only=True)
class ImageResponseFormat(WireValue):
    """An answer as a picture.

    Args:
        mime_type: Of the picture.
        aspect_ratio: One of ASPECT_RATIOS.
        image_size: One of IMAGE_SIZES.
        delivery: One of DELIVERIES.
    """

    mime_type: str | None = None
    aspect_ratio: str | None = None
    image_size: str | None = None
    delivery: str | None = None


ASPECT_RATIOS: Final = frozenset(
    {
        "ASPECT_RATIO_ONE_BY_ONE",
        "ASPECT_RATIO_TWO_BY_THREE",
        "ASPECT_RATIO_THREE_BY_TWO",
        "ASPECT_RATIO_THREE_BY_FOUR",
        "ASPECT_RATIO_FOUR_BY_THREE",
        "ASPECT_RATIO_FOUR_BY_FIVE",
        "ASPECT_RATIO_FIVE_BY_FOUR",
        "ASPECT_RATIO_NINE_BY_SIXTEEN",
        "ASPECT_RATIO_SIXTEEN_BY_NINE",
        "ASPECT_RATIO_TWENTY_ONE_BY_NINE",
        "ASPECT_RATIO_ONE_BY_EIGHT",
        "ASPECT_RATIO_EIGHT_BY_ONE",
        "ASPECT_RATIO_ONE_BY_FOUR",
        "ASPECT_RATIO_FOUR_BY_ONE",
    }
)
"""Known values of `aspect_ratio`."""

IMAGE_SIZES: Final = frozenset(
    {"IMAGE_SIZE_FIVE_TWELVE", "IMAGE_SIZE_ONE_K", "IMAGE_SIZE_TWO_K", "IMAGE_SIZE_FOUR_K"}
)
"""Known values of `image_size`."""


@final
@frozen(kw_only=True)
class TextResponseFormat(WireValue):
    """An answer as text.

    Args:
        mime_type: "application/json" for JSON.
        json_schema: What the JSON looks like.
        schema: The same; Vertex AI only.
    """

    mime_type: str | None = None
    json_schema: JsonSchema | None = None
    schema: JsonSchema | None = None


@final
@frozen(kw_only=True)
class VideoResponseFormat(WireValue):
    """An answer as a film.

    Args:
        duration: Its length, a Duration.
        resolution: Such as "720p".
        aspect_ratio: One of ASPECT_RATIOS.
        delivery: One of DELIVERIES.
        gcs_uri: Where to put it.
    """

    duration: str | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    delivery: str | None = None
    gcs_uri: str | None = None


@final
@frozen(kw_only=True)
class ResponseFormat(WireValue):
    """One form an answer may take."""

    audio: AudioResponseFormat | None = None
    image: ImageResponseFormat | None = None
    text: TextResponseFormat | None = None
    video: VideoResponseFormat | None = None


# --- all of it


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
        media_resolution: One of MEDIA_RESOLUTIONS.
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
    response_schema: Schema | None = None
    response_json_schema: JsonSchema | None = None
    response_json_schema_ordered: JsonSchema | None = None
    response_format: tuple[ResponseFormat, ...] = ()
    response_logprobs: bool | None = None
    logprobs: int | None = None
    audio_timestamp: bool | None = None
    routing_config: GenerationConfigRoutingConfig | None = None
    model_config: ModelSelectionConfig | None = None
    image_config: ImageConfig | None = None


RESPONSE_MODALITIES: Final = frozenset({"TEXT", "IMAGE", "AUDIO", "VIDEO"})
"""Known values of `GenerationConfig.response_modalities`; live models speak or write."""

MEDIA_RESOLUTIONS: Final = frozenset(
    {"MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"}
)
"""Known values of `GenerationConfig.media_resolution`."""
