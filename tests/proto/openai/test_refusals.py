"""What a model is known not to take of a session's settings."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_proto.models import ModelProfile
from realtime_proto.openai.catalog import XAI_PROFILES, profile_of
from realtime_proto.openai.events import ResponseCreate, SessionUpdate
from realtime_proto.openai.refusals import refusals
from realtime_proto.openai.session import (
    RealtimeSession,
    Reasoning,
    SemanticVad,
    ServerVad,
    SessionAudio,
    SessionAudioInput,
    TranscriptionSession,
)
from realtime_proto.wire import UnknownObject

PLAIN = profile_of("gpt-realtime")
REASONS = profile_of("gpt-realtime-2.1")
WRITES = profile_of("gpt-realtime-whisper")


def hearing(detection: Any) -> SessionAudio:
    return SessionAudio(input=SessionAudioInput(turn_detection=detection))


@pytest.mark.parametrize(
    ("profile", "session", "refusal"),
    [
        (PLAIN, RealtimeSession(reasoning=Reasoning(effort="low")), "no reasoning"),
        (PLAIN, RealtimeSession(parallel_tool_calls=False), "no parallel_tool_calls"),
        (WRITES, RealtimeSession(output_modalities=("audio",)), "answers in text only"),
        (WRITES, TranscriptionSession(audio=hearing(ServerVad())), "must be None"),
        (XAI_PROFILES[0], RealtimeSession(audio=hearing(SemanticVad())), "no semantic"),
    ],
)
def test_what_a_model_does_not_take_is_named(
    profile: ModelProfile, session: Any, refusal: str
) -> None:
    """In a sentence, before the server refuses the whole update for it."""
    (told,) = refusals(SessionUpdate(session=session), profile)
    assert refusal in told


@pytest.mark.parametrize(
    ("profile", "session"),
    [
        (PLAIN, RealtimeSession()),
        (PLAIN, RealtimeSession(audio=SessionAudio(), reasoning=None)),
        (PLAIN, RealtimeSession(audio=hearing(SemanticVad()), output_modalities=("text",))),
        (REASONS, RealtimeSession(reasoning=Reasoning(effort="low"), parallel_tool_calls=True)),
        (WRITES, TranscriptionSession(audio=hearing(None))),
        (ModelProfile(), RealtimeSession(output_modalities=("audio", "text"))),
        (PLAIN, UnknownObject(tag="translation", raw={"type": "translation"})),
    ],
)
def test_what_a_model_takes_is_not_refused(profile: ModelProfile, session: Any) -> None:
    """A model nobody knows is refused nothing."""
    assert () == refusals(SessionUpdate(session=session), profile)


def test_other_events_are_no_settings() -> None:
    """They are left to the server."""
    assert () == refusals(ResponseCreate(), PLAIN)
