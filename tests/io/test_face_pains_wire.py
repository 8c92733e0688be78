"""What users of comparable libraries suffered from, as it shows on the face: what is said.

Dialects, models, unknown and broken events, transcripts, histories, usage. See test_face_pains for
what the numbers are, and for the meta test.
"""

from __future__ import annotations

import json
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve
from helpers.stage import Stage, happens, on_both, playing, talking
from helpers.virtual import virtually

from realtime_io import (
    AudioChunk,
    ConfigurationError,
    GeminiRealtimeProvider,
    History,
    Interrupted,
    OpenAIRealtimeProvider,
    RemoteProtocolError,
    ResponseDone,
    SessionReady,
    TranscriptDelta,
    UnknownEvent,
    UsageReported,
    VADMode,
)
from realtime_proto.gemini.catalog import profile_of
from realtime_proto.history import HistoryItem

# --- 11, 12: dialects and models


@virtually
async def test_pain_11_old_names_are_understood_by_who_speaks_the_new_ones() -> None:
    """A server of the beta behind the GA client."""
    async with talking("openai") as (stage, _):
        place = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
        stage.begin_answer()
        stage.say({"type": "response.audio_transcript.delta", "delta": "Well", **place})
        stage.say({"type": "response.audio.delta", "delta": "AAAAAA==", **place})
        stage.say({"type": "response.audio.done", **place})
        stage.end_answer()
        await happens()
        assert [bytes(4)] == stage.heard
        assert "Well" in [delta.text for delta in stage.seen(TranscriptDelta)]
        assert [] == stage.seen(UnknownEvent)
        assert "realtime" == stage.frames[0][0]["session"]["type"]


@virtually
async def test_pain_11_each_server_is_spoken_to_in_its_own_dialect() -> None:
    """Azure Voice Live wants the beta's shape, at its own path."""
    async with playing("openai") as stage:
        voice = stage.voice(provider="azure-voice-live", instructions="Be brief.")
        async with voice.connect() as session:
            told = stage.frames[0][0]["session"]
            assert "Be brief." == told["instructions"]
            assert "modalities" in told
            assert {"type", "audio", "output_modalities"}.isdisjoint(told)
            assert stage.paths[0].startswith("/voice-live/realtime?api-version=")
            await session.aclose()


@virtually
@pytest.mark.parametrize(
    ("model", "way"),
    [
        ("gemini-3.1-flash-live-preview", "realtimeInput"),
        ("gemini-2.5-flash-native-audio-latest", "clientContent"),
        ("gemini-9-of-tomorrow", "clientContent"),
    ],
)
async def test_pain_12_each_model_is_written_to_as_it_wants(model: str, way: str) -> None:
    """Text goes the way that the model takes; one that nobody knows can be told of."""
    async with talking("gemini", model=model) as (stage, session):
        await session.send_text("hello")
        await happens()
        assert [way] == [next(iter(frame)) for frame in stage.told("hello")]
        assert ("sessionResumption" in stage.frames[0][0]["setup"]) == (way == "clientContent")
    profile = evolve(profile_of(model), text_is_realtime=way == "clientContent")
    async with talking("gemini", model=model, profile=profile) as (stage, session):
        await session.send_text("hello")
        await happens()
        assert [way] != [next(iter(frame)) for frame in stage.told("hello")]


@virtually
async def test_pain_12_what_a_model_refuses_is_refused_before_anything_is_dialled() -> None:
    """The error names it; the server would close with 1007."""
    async with playing("gemini") as stage:
        voice = stage.voice(vad_mode=VADMode.SEMANTIC)
        with pytest.raises(ConfigurationError, match="semantic"):
            async with voice.connect():
                pytest.fail("it must not open")
        assert 0 == stage.n_dialled


# --- 13: the unknown and the broken


@virtually
@on_both
async def test_pain_13_an_unknown_event_comes_whole_and_a_broken_one_is_an_error(
    provider: str,
) -> None:
    """A thousand of each: all are told of, and the session lives."""
    unknown, broken = {
        "openai": ({"type": "news.of", "n": 1}, {"type": "response.output_audio.delta", "d": 1}),
        "gemini": ({"newsOf": {"n": 1}}, {"serverContent": {"turnComplete": "soon"}}),
    }[provider]
    async with talking(provider) as (stage, session):
        for _ in range(1_000):
            stage.say(unknown, broken)
            await anyio.lowlevel.checkpoint()
        await happens()
        told = stage.seen(UnknownEvent)
        assert 1_000 == len(told)
        assert (unknown if provider == "openai" else {"n": 1}) == told[0].raw
        assert 1_000 == len(stage.errors)
        fault = stage.errors[0]
        assert isinstance(fault, RemoteProtocolError)
        assert json.dumps(broken) == fault.excerpt
        assert fault.paths[0].startswith("$.")
        stage.begin_answer()
        stage.speak()
        await happens()
        assert 1 == len(stage.heard)
        assert session.is_active


@virtually
@on_both
async def test_pain_13_who_tests_may_be_strict(provider: str) -> None:
    """The first frame that cannot be read ends the session; unknown ones never do."""
    async with playing(provider) as stage:
        with pytest.raises(RemoteProtocolError, match="not a JSON object") as caught:
            async with stage.voice(strict=True).connect() as session:
                stage.say({"type": "news"} if provider == "openai" else {"news": {}})
                await happens()
                assert session.is_active
                stage.say("{")
                await anyio.sleep_forever()
        assert "{" == caught.value.excerpt
        wrong: Any = "very"
        with pytest.raises(ConfigurationError, match="strict must be"):
            stage.voice(strict=wrong)


@virtually
@on_both
async def test_pain_13_who_tests_a_provider_directly_may_be_strict_too(provider: str) -> None:
    """disconnect() raises what ended the session."""
    direct = {"openai": OpenAIRealtimeProvider, "gemini": GeminiRealtimeProvider}[provider]
    async with playing(provider) as stage:
        client = direct(api_key="k", base_url=stage.base_url, strict=True)
        session = await client.connect()
        stage.say("{")
        await happens()
        assert not session.is_active
        with pytest.raises(RemoteProtocolError, match="not a JSON object"):
            await client.disconnect()


# --- 16, 17: transcripts and histories


@virtually
async def test_pain_16_words_that_come_late_belong_to_what_was_said_first() -> None:
    """The user's transcript after the answer has begun: by its item, in the order of talking."""
    async with talking("openai") as (stage, session):
        stage.user_starts()
        stage.user_stops()
        item = {"id": "a1", "type": "message", "role": "assistant", "content": []}
        stage.begin_answer()
        stage.say({"type": "conversation.item.added", "previous_item_id": "u1", "item": item})
        stage.answer_words("Well, ")
        stage.answer_words("hello.")
        stage.user_said("hi there")
        stage.end_answer()
        await happens()
        assert [("user", "hi there"), ("assistant", "Well, hello.")] == [
            (entry.role, entry.text) for entry in session.history
        ]
        by_item = {delta.item_id: delta.speaker for delta in stage.seen(TranscriptDelta)}
        assert {"u1": "user", "a1": "assistant"} == by_item
        finals = [d.text for d in stage.seen(TranscriptDelta) if d.is_final and d.item_id == "a1"]
        assert ["Well, hello."] == finals


@virtually
async def test_pain_16_geminis_turns_are_told_apart_and_thoughts_are_not_told() -> None:
    """Each turn has an id, its words are whole at its end, and no thought is among them."""
    async with talking("gemini") as (stage, session):
        for words in ("One.", "Two."):
            thought = {"text": "I had better be brief.", "thought": True}
            stage.say({"serverContent": {"modelTurn": {"parts": [thought]}}})
            stage.answer_words(words[:2])
            stage.answer_words(words[2:])
            stage.end_answer()
            await happens()
        finals = [(d.item_id, d.text) for d in stage.seen(TranscriptDelta) if d.is_final]
        assert [("turn_1", "One."), ("turn_2", "Two.")] == finals
        assert not any("brief" in delta.text for delta in stage.seen(TranscriptDelta))
        assert not any("brief" in item.text for item in session.history)


def spoken() -> History:
    """A conversation that was spoken."""
    history = History()
    for role, text in (("user", "Hi."), ("assistant", "Hello."), ("user", "Who are you?")):
        item = HistoryItem(item_id=f"i{len(history)}", role=role, text=text, is_spoken=True)  # type: ignore[arg-type]
        history.insert(item, after=history.last_id)
    return history


@virtually
@on_both
async def test_pain_17_a_saved_conversation_is_told_as_text(provider: str) -> None:
    """As JSON and back; the assistant's speech as its words, each part of the kind its role has."""
    async with playing(provider) as stage:
        earlier = History.load(spoken().save())
        async with stage.voice().connect(history=earlier) as session:
            await happens()
            if provider == "openai":
                told = [frame["item"] for frame in stage.told("conversation.item.create")]
                parts = [(item["role"], item["content"]) for item in told]
                kinds = {"user": "input_text", "assistant": "output_text"}
                assert [(role, [{"type": kinds[role], "text": text}]) for role, text in ROLES] == [
                    (role, content) for role, content in parts
                ]
            else:
                (content,) = stage.told("clientContent")
                turns = content["clientContent"]["turns"]
                assert [text for _, text in ROLES] == [t["parts"][0]["text"] for t in turns]
                assert ["user", "model", "user"] == [turn["role"] for turn in turns]
            assert ["Hi.", "Hello.", "Who are you?"] == [item.text for item in session.history]
            await session.aclose()


ROLES = [("user", "Hi."), ("assistant", "Hello."), ("user", "Who are you?")]


@virtually
async def test_pain_17_what_cannot_be_told_is_refused_with_the_reason() -> None:
    """Before anything is dialled, and the history is as it was."""
    history = History()
    history.insert(HistoryItem(item_id="a", role="assistant", text="Hello."))
    before = history.save()
    async with playing("gemini") as stage:
        voice = stage.voice(model="gemini-2.5-flash-native-audio-latest")
        with pytest.raises(ConfigurationError, match="must end with the user"):
            async with voice.connect(history=history):
                pytest.fail("it must not open")
        assert 0 == stage.n_dialled
    assert before == history.save()


# --- 23, 24: usage and latency


OPENAI_USAGE = {
    "total_tokens": 130,
    "input_tokens": 100,
    "output_tokens": 30,
    "input_token_details": {
        "text_tokens": 40,
        "audio_tokens": 60,
        "cached_tokens": 30,
        "cached_tokens_details": {"text_tokens": 30, "audio_tokens": 0},
    },
    "output_token_details": {"text_tokens": 10, "audio_tokens": 20},
}
GEMINI_USAGE = {
    "promptTokenCount": 100,
    "responseTokenCount": 30,
    "totalTokenCount": 130,
    "cachedContentTokenCount": 30,
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 40},
        {"modality": "AUDIO", "tokenCount": 60},
    ],
    "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 30}],
    "responseTokensDetails": [
        {"modality": "TEXT", "tokenCount": 10},
        {"modality": "AUDIO", "tokenCount": 20},
    ],
}
PRICES = {
    "input_text": 4,
    "cached_text": 0.4,
    "input_audio": 32,
    "output_text": 16,
    "output_audio": 64,
}


def end_with_usage(stage: Stage) -> None:
    """Twice the same, as servers repeat themselves."""
    if stage.provider == "openai":
        response = {"id": "r1", "status": "completed", "output": [], "usage": OPENAI_USAGE}
        stage.say({"type": "response.done", "response": response})
        stage.say({"type": "response.done", "response": response})
    else:
        stage.end_answer()
        stage.say({"usageMetadata": GEMINI_USAGE}, {"usageMetadata": GEMINI_USAGE})


@virtually
@on_both
async def test_pain_23_usage_is_told_by_modality_and_once(provider: str) -> None:
    """Text and audio, in and out, the cached part; the sum is what it costs."""
    async with talking(provider) as (stage, session):
        stage.begin_answer()
        end_with_usage(stage)
        await happens()
        usage = session.usage
        assert (40, 60, 30) == (usage.input.text, usage.input.audio, usage.cached.text)
        assert (10, 20, 130) == (usage.output.text, usage.output.audio, usage.total)
        (report,) = stage.seen(UsageReported)
        assert {100, 30, 130} <= {n for n in report.usage.raw.values() if isinstance(n, int)}
        cents = (10 * 4 + 30 * 0.4 + 60 * 32 + 10 * 16 + 20 * 64) / 1e6
        assert cents == pytest.approx(float(usage.cost(PRICES)))


@virtually
@on_both
async def test_pain_24_how_long_the_user_waited_is_told_with_the_answer(provider: str) -> None:
    """From the end of the user's words to the first sound, to the end, to the interruption."""
    async with talking(provider) as (stage, session):
        stage.user_starts()
        stage.user_stops()
        await anyio.sleep(0.5)
        stage.begin_answer()
        await anyio.sleep(0.25)
        stage.speak()
        await anyio.sleep(0.4)
        stage.barge_in()
        stage.end_answer(status="cancelled")
        await happens()
        (done,) = stage.seen(ResponseDone)
        assert done.metrics == session.metrics
        assert done.metrics is not None
        first_ms = 750 if provider == "openai" else 500  # Gemini's answer begins with a word
        assert first_ms <= done.metrics.wait_ms <= first_ms + 252
        assert 650 <= done.metrics.total_ms <= 652
        assert 400 <= done.metrics.interrupted_ms <= 652
        assert 1 == len(stage.seen(Interrupted))
        assert SessionReady is type(stage.events[0])
        assert 1 == len(stage.seen(AudioChunk))
