"""What the face promises of its names, one by one. test_face_rows finds them all, here and in other
modules of this folder.
"""

from __future__ import annotations

import anyio
import pytest
from helpers.stage import happens, on_both, playing, talking
from helpers.virtual import virtually

from realtime_io import (
    ConnectionLost,
    Interrupted,
    RealtimeConfig,
    RealtimeVoice,
    SessionReady,
    list_models,
    list_voices,
    realtime_voice,
)
from realtime_proto.providers import PROVIDERS


@virtually
@on_both
async def test_face_is_active_from_ready_to_the_end(provider: str) -> None:
    """Also while it is opened again; not after a close."""
    async with talking(provider) as (stage, session):
        assert session.is_active
        await stage.drop()
        await happens()
        assert session.is_active
        await anyio.sleep(5)
        assert 2 == stage.n_dialled
        await stage.close(1000)
        await happens()
        assert not session.is_active
        with pytest.raises(ConnectionLost, match="the session is over"):
            await session.send_text("hello")


@virtually
@on_both
async def test_face_played_counts_no_more_than_was_received(provider: str) -> None:
    """A report beyond the end of what came is held to it, and all that was played is not cut."""
    item_id = {"openai": "a1", "gemini": "turn_1"}[provider]
    async with talking(provider) as (stage, session):
        stage.begin_answer()
        stage.speak()
        await happens()
        await session.played(item_id, 5_000)
        await session.played("of nobody", 10)
        stage.barge_in()
        await happens()
        assert [] == [event for event in stage.seen(Interrupted) if event.played_ms > 1_000]
        assert [] == stage.told("conversation.item.truncate")


@pytest.mark.usefixtures("no_environment")
def test_face_realtime_voice_is_the_class_as_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same choice, settings and errors."""
    config = RealtimeConfig(voice="Puck")
    voice = realtime_voice("gemini", config, api_key="k")
    assert RealtimeVoice is type(voice)
    assert ("gemini", "Puck") == (voice.provider, voice.config.voice)
    with pytest.raises(ValueError, match="OPENAI_API_KEY"):
        realtime_voice()
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert "openai" == realtime_voice().provider


@pytest.mark.parametrize("provider", PROVIDERS)
def test_face_list_models_and_voices_are_what_is_known(provider: str) -> None:
    """Of each provider; the default model is among them."""
    assert [model.name for model in PROVIDERS[provider].models] == list_models(provider)
    if list_models(provider):
        assert PROVIDERS[provider].default_model in list_models(provider)


def test_face_list_voices_gives_names_for_the_configuration() -> None:
    """Both vendors' own."""
    assert "alloy" in list_voices("openai")
    assert {"Puck", "Kore"} <= set(list_voices("gemini"))
    with pytest.raises(ValueError, match="there are openai, gemini"):
        list_voices("acme")


@virtually
@on_both
async def test_face_on_event_hears_everything_in_order(provider: str) -> None:
    """From the session's beginning to its end."""
    async with talking(provider) as (stage, session):
        stage.begin_answer()
        stage.answer_words(" you")
        stage.end_answer()
        await happens()
        await session.aclose()
    kinds = [type(event).__name__ for event in stage.events]
    assert ["SessionReady", "ResponseStarted", "TranscriptDelta"] == kinds[:3]
    assert ["ResponseDone", "SessionClosed"] == kinds[-2:]
    assert isinstance(stage.events[0], SessionReady)


@virtually
async def test_face_on_user_transcript_ends_with_the_whole_text() -> None:
    """A partial text is a piece, the final one all of it."""
    async with playing("openai") as stage:
        voice = stage.voice()
        said: list[tuple[str, bool]] = []
        voice.on_user_transcript(lambda text, is_final: said.append((text, is_final)))
        async with voice.connect() as session:
            stage.user_starts()
            stage.user_stops()
            stage.user_said("how ")
            stage.user_said("are you")
            kind = "conversation.item.input_audio_transcription.completed"
            done = {"item_id": "u1", "content_index": 0, "transcript": "How are you?"}
            stage.say({"type": kind, "usage": None, **done})
            await happens()
            await session.aclose()
    assert [("how ", False), ("are you", False), ("How are you?", True)] == said
