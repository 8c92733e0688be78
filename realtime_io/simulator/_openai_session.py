"""How the session of a simulated OpenAI model is set: what a new one has, and what updates make of
it.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
from attrs import evolve

from realtime_io.simulator._ears import SPEAKING_RATE_HZ
from realtime_proto.openai import (
    PcmFormat,
    RealtimeSession,
    ServerVad,
    SessionAudio,
    SessionAudioInput,
    SessionAudioOutput,
)
from realtime_proto.wire import UNSET

__all__ = ("NEW_SESSION", "input_of", "merged", "or_default")

_PCM: Final = PcmFormat(rate=SPEAKING_RATE_HZ)

NEW_SESSION: Final = RealtimeSession(
    object="realtime.session",
    output_modalities=("audio",),
    instructions="",
    audio=SessionAudio(
        input=SessionAudioInput(
            format=_PCM,
            transcription=None,
            noise_reduction=None,
            turn_detection=ServerVad(
                threshold=0.5,
                prefix_padding_ms=300,
                silence_duration_ms=500,
                idle_timeout_ms=None,
                create_response=True,
                interrupt_response=True,
            ),
        ),
        output=SessionAudioOutput(format=_PCM, voice="marin", speed=1.0),
    ),
    tools=(),
    tool_choice="auto",
    max_output_tokens="inf",
    tracing=None,
    truncation="auto",
    prompt=None,
    include=None,
)
"""What a new session is set to."""


def input_of(session: RealtimeSession) -> SessionAudioInput:
    """How the session hears."""
    audio = session.audio or SessionAudio()
    return audio.input or SessionAudioInput()


def or_default(value: Any, default: Any) -> Any:
    """*value*, or *default* where it was left out."""
    return default if value is UNSET else value


def merged(base: Any, update: Any) -> Any:
    """*base* with what *update* sets; settings inside each other are merged, others replaced."""
    changes = {}
    for field in attrs.fields(type(update)):
        new = getattr(update, field.name)
        if new is UNSET:
            continue
        old = getattr(base, field.name)
        is_nested = attrs.has(type(new)) and type(new) is type(old)
        changes[field.name] = merged(old, new) if is_nested else new
    return evolve(base, **changes)
