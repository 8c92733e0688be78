"""Models, voices and profiles of Gemini Live.

As of 2026-11-22. Source: ai.google.dev and docs.cloud.google.com, Live API, 2026-08 to 2026-10;
google-genai 3.4.0; recorded traffic up to gemini-3.1; the issue trackers of adk-python, livekit
agents, pipecat and strands for what the servers refuse. The models change the rules from one
generation to the next: what one wants, the next closes the connection for.
"""

from __future__ import annotations

from typing import Final

from realtime_proto.models import ModelInfo, ModelProfile, VoiceInfo, profile_for

__all__ = (
    "AS_OF",
    "MODELS",
    "PROFILES",
    "VERTEX_MODELS",
    "VOICES",
    "ModelProfile",
    "profile_of",
)

AS_OF: Final = "2026-11-22"

MODELS: Final = (
    ModelInfo(name="gemini-3.8-live"),
    ModelInfo(name="gemini-3.8-live-extended-thinking", note="needs a thinking level"),
    ModelInfo(name="gemini-3.1-flash-live-preview", status="preview"),
    ModelInfo(name="gemini-2.5-flash-native-audio-latest", status="deprecated"),
    ModelInfo(name="gemini-2.5-flash-native-audio-preview-12-2025", status="deprecated"),
    ModelInfo(
        name="gemini-3.5-live-translate-preview",
        task="translation",
        status="preview",
        note="needs a target language",
    ),
    ModelInfo(name="gemini-3.5-transcribe-live", task="transcription", note="answers in text"),
    ModelInfo(
        name="gemini-robotics-er-2-streaming-preview",
        task="robotics",
        status="preview",
        note="answers in text",
    ),
)
"""Of the Developer API."""

VERTEX_MODELS: Final = (
    ModelInfo(name="gemini-3.8-live"),
    ModelInfo(
        name="gemini-live-2.5-flash-native-audio", note="us-central1, us-east5, europe-west4"
    ),
    ModelInfo(
        name="gemini-3.5-transcribe-live", task="transcription", note='"global", "us" and "eu" only'
    ),
    ModelInfo(
        name="gemini-3.5-live-translate-preview",
        task="translation",
        status="preview",
        note="needs a target language",
    ),
)

VOICES: Final = tuple(
    VoiceInfo(name=name, note=note)
    for name, note in (
        ("Zephyr", "Bright"),
        ("Puck", "Upbeat"),
        ("Charon", "Informative"),
        ("Kore", "Firm"),
        ("Fenrir", "Excitable"),
        ("Leda", "Youthful"),
        ("Orus", "Firm"),
        ("Aoede", "Breezy"),
        ("Callirrhoe", "Easy-going"),
        ("Autonoe", "Bright"),
        ("Enceladus", "Breathy"),
        ("Iapetus", "Clear"),
        ("Umbriel", "Easy-going"),
        ("Algieba", "Smooth"),
        ("Despina", "Smooth"),
        ("Erinome", "Clear"),
        ("Algenib", "Gravelly"),
        ("Rasalgethi", "Informative"),
        ("Laomedeia", "Upbeat"),
        ("Achernar", "Soft"),
        ("Alnilam", "Firm"),
        ("Schedar", "Even"),
        ("Gacrux", "Mature"),
        ("Pulcherrima", "Forward"),
        ("Achird", "Friendly"),
        ("Zubenelgenubi", "Casual"),
        ("Vindemiatrix", "Gentle"),
        ("Sadachbia", "Lively"),
        ("Sadaltager", "Knowledgeable"),
        ("Sulafat", "Warm"),
    )
)
"""A name is told apart by its capital letter."""

PROFILES: Final = (
    # A model nobody knows: refuse only what no Gemini has.
    ModelProfile(semantic_vad="refused"),
    ModelProfile(
        prefix="gemini-2.5-flash-native-audio",
        output_modalities=("audio",),
        history_ends_with_user=True,
        semantic_vad="refused",
        accepts_context_update=False,
        runs_code=False,
        combines_search=False,
    ),
    ModelProfile(
        prefix="gemini-live-2.5-flash-native-audio",
        output_modalities=("audio",),
        history_ends_with_user=True,
        semantic_vad="refused",
        accepts_context_update=False,
        runs_code=False,
        combines_search=False,
    ),
    # Turns of a conversation are for the initial history only; tools always block.
    ModelProfile(
        prefix="gemini-3.1",
        output_modalities=("audio",),
        text_is_realtime=True,
        history="at the start",
        history_is_announced=True,
        tool_behaviors=("BLOCKING",),
        thinking_levels=("MINIMAL", "LOW", "MEDIUM", "HIGH"),
        semantic_vad="refused",
        proactive_audio="refused",
        affective_dialog="refused",
        accepts_media_chunks=False,
        accepts_empty_resumption=False,
    ),
    ModelProfile(
        prefix="gemini-3.5-live-translate",
        output_modalities=("audio",),
        semantic_vad="refused",
        accepts_media_chunks=False,
    ),
    ModelProfile(
        prefix="gemini-3.5-transcribe",
        output_modalities=("text",),
        semantic_vad="refused",
        accepts_media_chunks=False,
    ),
    ModelProfile(
        prefix="gemini-3.8-live",
        output_modalities=("audio",),
        tool_behaviors=("NON_BLOCKING", "BLOCKING"),
        thinking_level="refused",
        semantic_vad="refused",
        proactive_audio="required",
        affective_dialog="refused",
        accepts_media_chunks=False,
    ),
    ModelProfile(
        prefix="gemini-3.8-live-extended-thinking",
        output_modalities=("audio",),
        tool_behaviors=("NON_BLOCKING",),
        thinking_level="required",
        thinking_levels=("LOW", "MEDIUM", "HIGH"),
        semantic_vad="refused",
        proactive_audio="required",
        affective_dialog="refused",
        accepts_media_chunks=False,
    ),
    ModelProfile(
        prefix="gemini-robotics",
        output_modalities=("text",),
        semantic_vad="refused",
        accepts_media_chunks=False,
    ),
)
"""Of the Developer API and of Vertex: a model is the same on both."""


def profile_of(model: str) -> ModelProfile:
    """The profile of a model, by its name or its resource name."""
    return profile_for(model, PROFILES)
