"""Which content of a message is the model's voice."""

from __future__ import annotations

from typing import Any

from realtime_proto.formats import PCM16_24K
from realtime_proto.gemini.events import ServerContent
from realtime_proto.gemini.parts import Blob, Content, Part

__all__ = ("is_audio", "is_playable", "says_speech_alone")


def is_audio(blob: Blob) -> bool:
    """Whether a piece of media is audio."""
    return blob.mime_type.startswith("audio/")


def is_playable(blob: Blob) -> bool:
    """Whether audio is at the rate of what is played; at another, its speed would be wrong."""
    return blob.rate_hz in (None, PCM16_24K.rate_hz)


def says_speech_alone(event: Any) -> bool:
    """Whether a message is one piece of playable audio, and says nothing else."""
    turn = event.model_turn if isinstance(event, ServerContent) else None
    blob = turn.parts[0].inline_data if turn is not None and turn.parts else None
    if turn is None or blob is None:
        return False
    alone = ServerContent(model_turn=Content(role=turn.role, parts=(Part(inline_data=blob),)))
    return event == alone and is_audio(blob) and is_playable(blob)
