"""What a model would close the connection for, told before it is sent.

This server answers what a model does not take with a close, code 1007, and often with no more words
than "invalid argument". The rules are the model's profile; what they say no to is named here.

Source: as `catalog`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_proto.gemini.events import ClientContent, ContextUpdate, RealtimeInput, Setup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_proto.gemini.generation import GenerationConfig
    from realtime_proto.models import ModelProfile

__all__ = ("refusals",)


def refusals(event: object, profile: ModelProfile, *, has_begun: bool = False) -> tuple[str, ...]:
    """What the model refuses of an event, each in a sentence; empty where it takes it.

    Args:
        event: What is to be sent.
        profile: The model's profile.
        has_begun: The conversation has begun: its history was handed in, or there was none.

    Example:
        >>> from realtime_proto.gemini.catalog import profile_of
        >>> from realtime_proto.gemini.parts import Blob
        >>> event = RealtimeInput(media_chunks=(Blob(mime_type="audio/pcm", data=b""),))
        >>> refusals(event, profile_of("gemini-3.1-flash-live-preview"))
        ('the model takes no media_chunks: send audio or video',)
    """
    match event:
        case Setup():
            return tuple(_of_setup(event, profile))
        case RealtimeInput(media_chunks=chunks) if chunks and not profile.accepts_media_chunks:
            return ("the model takes no media_chunks: send audio or video",)
        case ClientContent(turns=turns) if turns and has_begun and profile.history != "any time":
            return ("the model takes turns as its initial history only: send realtime text",)
        case ContextUpdate() if not profile.accepts_context_update:
            return ("the model's instructions and tools are fixed once it is set up",)
        case _:
            return ()


def ends_history(event: object) -> bool:
    """Whether what is handed in after this event is no history any more."""
    return isinstance(event, RealtimeInput) or (
        isinstance(event, ClientContent) and event.turn_complete
    )


def _of_setup(setup: Setup, profile: ModelProfile) -> Iterator[str]:
    level = None
    if setup.generation_config is not None:
        yield from _of_generation(setup.generation_config, profile)
        thinking = setup.generation_config.thinking_config
        level = None if thinking is None else thinking.thinking_level
    if profile.thinking_level == "required" and level is None:
        yield f"the model needs a thinking level: {', '.join(profile.thinking_levels)}"
    if setup.proactivity is not None:
        if profile.proactive_audio == "refused":
            yield "the model has no proactivity"
        if profile.proactive_audio == "required" and setup.proactivity.proactive_audio is False:
            yield "the model's proactive audio cannot be turned off"
    resumption = setup.session_resumption
    if resumption is not None and not resumption.handle and not profile.accepts_empty_resumption:
        yield "the model takes no session resumption without a handle"
    yield from _of_tools(setup, profile)


def _of_generation(config: GenerationConfig, profile: ModelProfile) -> Iterator[str]:
    if len(config.response_modalities) > 1:
        yield "a model answers in one modality at a time"
    for modality in config.response_modalities:
        if modality.lower() not in profile.output_modalities:
            yield f"the model answers in {' or '.join(profile.output_modalities)} only"
    thinking = config.thinking_config
    if thinking is not None:
        if profile.thinking_level == "refused":
            yield "the model takes no thinking_config"
        elif (
            thinking.thinking_level is not None
            and profile.thinking_levels
            and thinking.thinking_level not in profile.thinking_levels
        ):
            yield f"the model's thinking levels are {', '.join(profile.thinking_levels)}"
    if config.enable_affective_dialog and profile.affective_dialog == "refused":
        yield "the model has no affective dialog"


def _of_tools(setup: Setup, profile: ModelProfile) -> Iterator[str]:
    declarations = [each for tool in setup.tools for each in tool.function_declarations]
    # A model that always blocks takes the other behavior too, and does not obey it.
    if profile.tool_behaviors == ("NON_BLOCKING",):
        for declaration in declarations:
            if declaration.behavior == "BLOCKING":
                yield f"the model's tools cannot block: {declaration.name}"
    if not profile.runs_code and any(tool.code_execution is not None for tool in setup.tools):
        yield "the model has no code execution"
    searches = any(tool.google_search is not None for tool in setup.tools)
    if not profile.combines_search and searches and declarations:
        yield "the model takes a search or functions, not both"
