"""What a model is known not to take of a session's settings, told before it is sent.

This server refuses a whole update for one field. The rules are the model's profile; what they say
no to is named here.

Source: as `catalog`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_proto.openai.events import SessionUpdate
from realtime_proto.openai.session import RealtimeSession, SemanticVad, TranscriptionSession
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_proto.models import ModelProfile

__all__ = ("refusals",)


def refusals(event: object, profile: ModelProfile) -> tuple[str, ...]:
    """What the model refuses of an event, each in a sentence; empty where it takes it.

    Args:
        event: What is to be sent.
        profile: The model's profile.

    Example:
        >>> from realtime_proto.openai.catalog import profile_of
        >>> event = SessionUpdate(session=RealtimeSession(parallel_tool_calls=True))
        >>> refusals(event, profile_of("gpt-realtime"))
        ('the model does not reason: no parallel_tool_calls',)
    """
    if not isinstance(event, SessionUpdate):
        return ()
    return tuple(_of_session(event.session, profile))


def _of_session(session: Any, profile: ModelProfile) -> Iterator[str]:
    if not isinstance(session, RealtimeSession | TranscriptionSession):
        return
    if isinstance(session, RealtimeSession):
        if session.reasoning and profile.thinking_level == "refused":
            yield "the model does not reason: no reasoning"
        if session.parallel_tool_calls is not UNSET and profile.parallel_tool_calls == "refused":
            yield "the model does not reason: no parallel_tool_calls"
        for modality in session.output_modalities or ():
            if modality not in profile.output_modalities:
                yield f"the model answers in {' or '.join(profile.output_modalities)} only"
    audio = session.audio.input if session.audio else None
    detection = audio.turn_detection if audio else None
    if isinstance(detection, SemanticVad) and profile.semantic_vad == "refused":
        yield "the server has no semantic turn detection"
    if detection and profile.turn_detection == "refused":
        yield "the model finds the turns itself: turn_detection must be None"
