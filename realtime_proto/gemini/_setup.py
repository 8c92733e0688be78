"""Neutral settings, histories and counts as Gemini Live has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from realtime_proto.config import BargeIn, RealtimeConfig, VADMode
from realtime_proto.errors import ConfigurationError
from realtime_proto.gemini.generation import (
    AudioTranscriptionConfig,
    GenerationConfig,
    PrebuiltVoiceConfig,
    SpeechConfig,
    ThinkingConfig,
    VoiceConfig,
)
from realtime_proto.gemini.json_schema import schema_of
from realtime_proto.gemini.parts import Content, Part
from realtime_proto.gemini.refusals import refusals
from realtime_proto.gemini.setup import AutomaticActivityDetection, RealtimeInputConfig, Setup
from realtime_proto.gemini.tools import FunctionDeclaration, Tool
from realtime_proto.usage import Tokens, Usage

if TYPE_CHECKING:
    from realtime_proto.gemini.events import ModalityTokenCount, UsageMetadata
    from realtime_proto.history import Seed
    from realtime_proto.models import ModelProfile
    from realtime_proto.tools import ToolDefinition

__all__ = ("contents_of", "instruction_of", "setup_for", "tools_of", "usage_of")

_KINDS: Final = {"TEXT": "text", "AUDIO": "audio", "IMAGE": "image", "VIDEO": "image"}
"""Modalities by the names of `Tokens`: a video is counted as the pictures it is."""


def setup_for(
    config: RealtimeConfig, profile: ModelProfile, *, model: str
) -> tuple[Setup, tuple[str, ...]]:
    """The set-up message that says *config*, and the names of the fields that have no place in it.

    A model that answers in text alone is asked for text, and one that needs a thinking level for
    its lowest.

    Raises:
        ConfigurationError: The VAD mode is one this provider does not have, or the model would
            close the connection for one of the settings.
    """
    if config.vad_mode is VADMode.SEMANTIC and profile.semantic_vad == "refused":
        raise ConfigurationError(
            "Gemini has no semantic voice activity detection; use VADMode.SERVER or MANUAL",
            code="unsupported",
        )
    ignored = ["vad_threshold"] if config.vad_threshold is not None else []
    if config.mcp_servers:
        ignored.append("mcp_servers")
    speaks = "audio" in profile.output_modalities
    if config.voice is not None and not speaks:
        ignored.append("voice")
    if config.vad_mode is VADMode.MANUAL:
        vad_fields = ("vad_prefix_padding_ms", "vad_silence_duration_ms")
        ignored += [name for name in vad_fields if getattr(config, name) is not None]
        detection = AutomaticActivityDetection(disabled=True)
    else:
        detection = AutomaticActivityDetection(
            prefix_padding_ms=config.vad_prefix_padding_ms,
            silence_duration_ms=config.vad_silence_duration_ms,
        )
    thinking = None
    if profile.thinking_level == "required" and profile.thinking_levels:
        thinking = ThinkingConfig(thinking_level=profile.thinking_levels[0])
    speech = None
    if config.voice is not None and speaks:
        prebuilt = PrebuiltVoiceConfig(voice_name=config.voice)
        speech = SpeechConfig(voice_config=VoiceConfig(prebuilt_voice_config=prebuilt))
    # What interrupts is decided here where it is not at once.
    handling = None if config.barge_in is BargeIn.IMMEDIATE else "NO_INTERRUPTION"
    setup = Setup(
        model=model,
        generation_config=GenerationConfig(
            response_modalities=("AUDIO",) if speaks else ("TEXT",),
            speech_config=speech,
            thinking_config=thinking,
            temperature=config.temperature,
            max_output_tokens=config.max_tokens,
        ),
        system_instruction=instruction_of(config),
        tools=tools_of(config),
        realtime_input_config=RealtimeInputConfig(
            automatic_activity_detection=detection, activity_handling=handling
        ),
        input_audio_transcription=_wanted(config.input_transcription),
        output_audio_transcription=_wanted(config.output_transcription and speaks),
    )
    for refusal in refusals(setup, profile):
        raise ConfigurationError(f"{model}: {refusal}", code="unsupported")
    return setup, tuple(ignored)


def instruction_of(config: RealtimeConfig) -> Content | None:
    """The system prompt as the wire has it."""
    if config.instructions is None:
        return None
    return Content(parts=(Part(text=config.instructions),))


def tools_of(config: RealtimeConfig) -> tuple[Tool, ...]:
    """The functions as the wire has them."""
    declarations = tuple(_declaration(tool) for tool in config.tools)
    return (Tool(function_declarations=declarations),) if declarations else ()


def contents_of(seed: Seed) -> tuple[Content, ...]:
    """An earlier conversation as turns to hand in."""
    return tuple(
        Content(role="model" if item.role == "assistant" else "user", parts=(Part(text=item.text),))
        for item in seed.items
    )


def usage_of(usage: UsageMetadata) -> Usage:
    """What a turn used. Thoughts are counted beside the output; tools' prompts are input."""
    asked = _tokens(usage.prompt_tokens_details, usage.prompt_token_count)
    tools = _tokens(usage.tool_use_prompt_tokens_details, usage.tool_use_prompt_token_count)
    answered = _tokens(
        usage.response_tokens_details or usage.candidates_tokens_details,
        usage.response_token_count or usage.candidates_token_count,
    )
    return Usage(
        input=asked + tools,
        cached=_tokens(usage.cache_tokens_details, usage.cached_content_token_count),
        output=answered,
        reasoning=usage.thoughts_token_count,
        raw=attrs.asdict(usage),
    )


def _tokens(details: tuple[ModalityTokenCount, ...], total: int) -> Tokens:
    counts = dict.fromkeys(("text", "audio", "image", "other"), 0)
    for detail in details:
        counts[_KINDS.get(detail.modality, "other")] += detail.token_count
    counts["other"] += max(0, total - sum(counts.values()))
    return Tokens(**counts)


def _wanted(is_wanted: bool) -> AudioTranscriptionConfig | None:
    return AudioTranscriptionConfig() if is_wanted else None


def _declaration(tool: ToolDefinition) -> FunctionDeclaration:
    # A function without parameters must have none: an object without properties is refused.
    has_parameters = bool(tool.parameters.get("properties"))
    return FunctionDeclaration(
        name=tool.name,
        description=tool.description,
        parameters=schema_of(tool.parameters) if has_parameters else None,
    )
