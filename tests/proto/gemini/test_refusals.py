"""What a model would close the connection for."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_proto.gemini.catalog import profile_of
from realtime_proto.gemini.events import ClientContent, ContextUpdate, RealtimeInput, Setup
from realtime_proto.gemini.generation import GenerationConfig, ThinkingConfig
from realtime_proto.gemini.parts import Blob, Content, Part
from realtime_proto.gemini.refusals import refusals
from realtime_proto.gemini.setup import ProactivityConfig, SessionResumptionConfig
from realtime_proto.gemini.tools import (
    FunctionDeclaration,
    GoogleSearch,
    Tool,
    ToolCodeExecution,
)
from realtime_proto.models import ModelProfile

OLD = "gemini-2.5-flash-native-audio-latest"
MIDDLE = "gemini-3.1-flash-live-preview"
NEW = "gemini-3.8-live"
THINKING = "gemini-3.8-live-extended-thinking"

CHUNKS = RealtimeInput(media_chunks=(Blob(mime_type="audio/pcm", data=b"\0\0"),))
TURN = ClientContent(turns=(Content(role="user", parts=(Part(text="hi"),)),), turn_complete=True)
BLOCKING = FunctionDeclaration(name="look", behavior="BLOCKING")


def setup(**fields: Any) -> Setup:
    return Setup(model="models/m", **fields)


def generation(**fields: Any) -> Setup:
    return setup(generation_config=GenerationConfig(**fields))


@pytest.mark.parametrize(
    ("model", "event", "refusal"),
    [
        (NEW, CHUNKS, "no media_chunks"),
        (MIDDLE, CHUNKS, "no media_chunks"),
        (OLD, ContextUpdate(), "fixed once it is set up"),
        (NEW, generation(response_modalities=("TEXT",)), "answers in audio only"),
        (NEW, generation(response_modalities=("AUDIO", "TEXT")), "one modality at a time"),
        ("gemini-3.5-transcribe-live", generation(response_modalities=("AUDIO",)), "text only"),
        (NEW, generation(thinking_config=ThinkingConfig(thinking_budget=1)), "no thinking_config"),
        (
            MIDDLE,
            generation(thinking_config=ThinkingConfig(thinking_level="HUGE")),
            "levels are MINIMAL, LOW",
        ),
        (THINKING, setup(), "needs a thinking level: LOW"),
        (THINKING, generation(thinking_config=ThinkingConfig()), "needs a thinking level"),
        (MIDDLE, generation(enable_affective_dialog=True), "no affective dialog"),
        (MIDDLE, setup(proactivity=ProactivityConfig(proactive_audio=True)), "no proactivity"),
        (
            NEW,
            setup(proactivity=ProactivityConfig(proactive_audio=False)),
            "cannot be turned off",
        ),
        (MIDDLE, setup(session_resumption=SessionResumptionConfig()), "without a handle"),
        (
            THINKING,
            setup(
                tools=(Tool(function_declarations=(BLOCKING,)),),
                generation_config=GenerationConfig(
                    thinking_config=ThinkingConfig(thinking_level="LOW")
                ),
            ),
            "cannot block: look",
        ),
        (OLD, setup(tools=(Tool(code_execution=ToolCodeExecution()),)), "no code execution"),
        (
            OLD,
            setup(
                tools=(
                    Tool(google_search=GoogleSearch()),
                    Tool(function_declarations=(BLOCKING,)),
                )
            ),
            "not both",
        ),
    ],
)
def test_what_a_model_does_not_take_is_named(model: str, event: Any, refusal: str) -> None:
    """In a sentence, before the server closes the connection for it."""
    assert any(refusal in each for each in refusals(event, profile_of(model)))


@pytest.mark.parametrize(
    ("model", "event"),
    [
        (OLD, CHUNKS),
        (NEW, ContextUpdate()),
        (NEW, setup()),
        (NEW, RealtimeInput(text="hi")),
        (NEW, generation(response_modalities=("AUDIO",), temperature=0.5)),
        (NEW, setup(proactivity=ProactivityConfig(proactive_audio=True))),
        (NEW, setup(session_resumption=SessionResumptionConfig())),
        (MIDDLE, setup(session_resumption=SessionResumptionConfig(handle="h"))),
        (MIDDLE, generation(thinking_config=ThinkingConfig(thinking_level="LOW"))),
        (MIDDLE, generation(thinking_config=ThinkingConfig(include_thoughts=True))),
        (OLD, generation(thinking_config=ThinkingConfig(thinking_level="LOW"))),
        (OLD, generation(enable_affective_dialog=True)),
        (NEW, setup(tools=(Tool(function_declarations=(BLOCKING,)),))),
        (OLD, setup(tools=(Tool(google_search=GoogleSearch()),))),
        (
            THINKING,
            setup(
                tools=(Tool(function_declarations=(FunctionDeclaration(name="x"),)),),
                generation_config=GenerationConfig(
                    thinking_config=ThinkingConfig(thinking_level="LOW")
                ),
            ),
        ),
    ],
)
def test_what_a_model_takes_is_not_refused(model: str, event: Any) -> None:
    """No rule of one generation holds for another."""
    assert () == refusals(event, profile_of(model))


def test_turns_are_history_until_the_conversation_begins() -> None:
    """Where a model takes them at the start only; an empty one is no turn."""
    assert () == refusals(TURN, profile_of(MIDDLE))
    assert refusals(TURN, profile_of(MIDDLE), has_begun=True)
    assert () == refusals(TURN, profile_of(NEW), has_begun=True)
    assert () == refusals(ClientContent(), profile_of(MIDDLE), has_begun=True)


def test_a_profile_of_ones_own_decides() -> None:
    """The bare one refuses nothing but two modalities at once."""
    assert () == refusals(CHUNKS, ModelProfile())
    assert () == refusals(generation(enable_affective_dialog=True), ModelProfile())
