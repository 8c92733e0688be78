"""Models, voices and profiles of OpenAI Realtime, and of the servers that speak it.

As of 2026-11-22. Source: openai-python 3.54.0 (`types/realtime`) for the names and for what the
vendor says of them, its deprecation notices for the last days; Microsoft Learn and
azure-ai-voicelive 1.3.1 for Azure; docs.x.ai for xAI; recorded traffic of 2026-07 for what the
servers do. Which models an account may use is not known here.
"""

from __future__ import annotations

from typing import Final

from realtime_proto.models import ModelInfo, ModelProfile, VoiceInfo, profile_for

__all__ = (
    "AS_OF",
    "AZURE_PROFILES",
    "BETA_PROFILES",
    "MODELS",
    "PROFILES",
    "VOICES",
    "VOICE_LIVE_MODELS",
    "VOICE_LIVE_PROFILES",
    "XAI_MODELS",
    "XAI_PROFILES",
    "XAI_VOICES",
    "profile_of",
)

AS_OF: Final = "2026-11-22"

_TRANSCRIBER: Final = "gpt-realtime-whisper"
"""Transcribes while the user speaks. The whisper-1 and gpt-4o transcribers end in February 2027."""

MODELS: Final = (
    ModelInfo(name="gpt-realtime-2.1", note="reasons; says comments while it works"),
    ModelInfo(name="gpt-realtime-2.1-mini", note="reasons; the cheaper one"),
    ModelInfo(name="gpt-realtime-2", note="reasons"),
    ModelInfo(name="gpt-realtime-1.5"),
    ModelInfo(name="gpt-realtime", ends="2027-01-20"),
    ModelInfo(name="gpt-realtime-mini", ends="2027-01-20"),
    ModelInfo(name="gpt-realtime-translate", task="translation"),
    ModelInfo(name="gpt-realtime-whisper", task="transcription", note="writes during the speech"),
    ModelInfo(name="gpt-live-transcribe", task="transcription"),
    ModelInfo(name="gpt-transcribe", task="transcription"),
    ModelInfo(
        name="gpt-4o-transcribe", task="transcription", status="deprecated", ends="2027-02-26"
    ),
    ModelInfo(
        name="gpt-4o-mini-transcribe", task="transcription", status="deprecated", ends="2027-02-26"
    ),
    ModelInfo(
        name="gpt-4o-transcribe-diarize",
        task="transcription",
        status="deprecated",
        ends="2027-02-26",
        note="tells speakers apart",
    ),
    ModelInfo(name="whisper-1", task="transcription", status="deprecated", ends="2027-02-26"),
)
"""The newest first; dated snapshots of them are left out."""

VOICES: Final = (
    VoiceInfo(name="marin", note="recommended for best quality"),
    VoiceInfo(name="cedar", note="recommended for best quality"),
    VoiceInfo(name="alloy", note="the default"),
    VoiceInfo(name="ash"),
    VoiceInfo(name="ballad"),
    VoiceInfo(name="coral"),
    VoiceInfo(name="echo"),
    VoiceInfo(name="sage"),
    VoiceInfo(name="shimmer"),
    VoiceInfo(name="verse"),
)

_REASONING_LEVELS: Final = ("minimal", "low", "medium", "high", "xhigh")

PROFILES: Final = (
    # The protocol has had no temperature since 2025-08. What only reasoning models know is refused
    # where a model is known not to reason.
    ModelProfile(
        temperature="refused",
        thinking_levels=_REASONING_LEVELS,
        transcription_model=_TRANSCRIBER,
    ),
    *(
        ModelProfile(
            prefix=prefix,
            temperature="refused",
            thinking_level="refused",
            parallel_tool_calls="refused",
            transcription_model=_TRANSCRIBER,
        )
        for prefix in ("gpt-realtime", "gpt-4o")
    ),
    ModelProfile(
        prefix="gpt-realtime-2",
        temperature="refused",
        thinking_levels=_REASONING_LEVELS,
        transcription_model=_TRANSCRIBER,
    ),
    # Snapshots of the first model have dates that begin like the second generation.
    ModelProfile(
        prefix="gpt-realtime-20",
        temperature="refused",
        thinking_level="refused",
        parallel_tool_calls="refused",
        transcription_model=_TRANSCRIBER,
    ),
    # As the model of a transcription session it finds the turns itself.
    ModelProfile(
        prefix="gpt-realtime-whisper",
        output_modalities=("text",),
        temperature="refused",
        thinking_level="refused",
        turn_detection="refused",
        transcription_model=_TRANSCRIBER,
    ),
)

AZURE_PROFILES: Final = PROFILES
"""A deployment is called as its owner likes: where the name tells nothing, nothing is refused."""

VOICE_LIVE_MODELS: Final = (
    ModelInfo(name="gpt-realtime"),
    ModelInfo(name="gpt-realtime-mini"),
)
"""Voice Live puts many more models behind its own speech; these two speak themselves."""

BETA_PROFILES: Final = (
    # The protocol before 2025-08: speech is not asked for without its text.
    ModelProfile(transcription_model="whisper-1", speech_modalities=("audio", "text")),
)
"""For servers that speak the dialect "beta", as Azure's preview does."""

VOICE_LIVE_PROFILES: Final = BETA_PROFILES

XAI_MODELS: Final = (
    ModelInfo(name="grok-voice-latest", status="alias", note="the newest voice model"),
    ModelInfo(name="grok-voice-think-fast-1.0"),
    ModelInfo(name="grok-voice-fast-1.0", status="deprecated"),
)

XAI_VOICES: Final = (
    VoiceInfo(name="ara", note="Warm, friendly"),
    VoiceInfo(name="eve", note="Energetic, upbeat"),
    VoiceInfo(name="leo", note="Authoritative, strong"),
    VoiceInfo(name="rex", note="Confident, clear"),
    VoiceInfo(name="sal", note="Smooth, balanced"),
)

XAI_PROFILES: Final = (
    ModelProfile(
        temperature="refused",
        semantic_vad="refused",
        transcription_model="grok-transcribe",
    ),
)


def profile_of(model: str) -> ModelProfile:
    """The profile of one of OpenAI's models."""
    return profile_for(model, PROFILES)
