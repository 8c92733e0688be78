"""What the face promises, row by row and name by name.

A row is a promise about how the face behaves (`test_row_<row>_...`), a name one of its methods,
functions or callbacks (`test_face_<name>_...`). Rows and names that another module of this folder
is about have their test there; a meta test finds them all.
"""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest
import sniffio
import trio
from helpers.stage import happens, on_both, playing, talking
from helpers.virtual import virtually

from realtime_io import (
    AudioChunk,
    ProviderError,
    ResponseDone,
    ToolCallRequest,
    TranscriptDelta,
    VADMode,
)
from realtime_proto.providers import PROVIDERS

ROWS = {
    "connect": "one error comes out of `async with`, never a group",
    "run": "a bare loop can be left by `break`",
    "direct": "connect() and disconnect() without a block",
    "sleep": "the event loop's own sleep works in examples",
    "data": "the names of the three data models, and what they hold",
    "transcripts": "on_transcript is of the assistant alone; iteration gives both",
    "decorators": "they give the function back; several each; registered once",
    "callbacks": "one that raises ends the session; a server's error ends nothing",
    "tools": "they run by themselves; on_tool_call comes first; None is null",
    "settings": "what a provider has no place for is ignored, and told",
    "vad": "manual turns are asked for, and marked, by the library",
    "providers": "available, configured, chosen by the environment",
    "models": "defaults are current; old names are passed on as they are",
}

NAMES = (
    *("session_id", "is_active", "interrupt", "commit_audio", "clear_audio", "send_image"),
    *("played", "update", "iteration", "turns", "aclose"),
    *("realtime_voice", "register_provider", "list_models", "list_voices"),
    *("on_event", "on_user_transcript"),
)


def names_below(folder: Path) -> set[str]:
    """The names of the tests below a folder."""
    return {
        node.name
        for path in folder.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def without_a_test(tests: set[str]) -> set[str]:
    """The rows and names that none of these tests is of."""
    wanted = [f"test_row_{row}_" for row in ROWS] + [f"test_face_{name}_" for name in NAMES]
    return {start for start in wanted if not any(name.startswith(start) for name in tests)}


def test_every_row_and_every_name_has_a_test() -> None:
    """And one that is missing would be seen."""
    tests = names_below(Path(__file__).parent)
    assert set() == without_a_test(tests)
    others = {name for name in tests if not name.startswith("test_row_sleep_")}
    assert {"test_row_sleep_"} == without_a_test(others)


# --- rows


@virtually
@on_both
async def test_row_sleep_of_the_event_loop_itself_lets_the_session_go_on(provider: str) -> None:
    """asyncio.sleep on asyncio, trio.sleep on trio."""
    backend = sniffio.current_async_library()
    sleep = {"asyncio": asyncio.sleep, "trio": trio.sleep}[backend]
    async with talking(provider) as (stage, session):
        await session.send_text("hello")
        stage.begin_answer()
        stage.speak()
        await sleep(5)
        assert 1 == len(stage.heard)


@virtually
@on_both
async def test_row_data_has_the_names_that_applications_use(provider: str) -> None:
    """By those names they are made and matched; partial texts add up to the final one."""
    chunk = AudioChunk(data=b"...", duration_ms=100, is_final=False)
    delta = TranscriptDelta(text="Hello there", is_final=True, speaker="assistant")
    request = ToolCallRequest(
        call_id="call_123", function_name="get_weather", arguments={"city": "Tokyo"}
    )
    assert (b"...", 100, False) == (chunk.data, chunk.duration_ms, chunk.is_final)
    assert ("Hello there", True, "assistant") == (delta.text, delta.is_final, delta.speaker)
    assert ("get_weather", "Tokyo") == (request.function_name, request.arguments["city"])
    async with talking(provider) as (stage, session):
        events = aiter(session)
        stage.begin_answer()
        stage.answer_words(" you")
        stage.answer_words(" said")
        stage.speak(bytes(4_800))
        if provider == "openai":
            place = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
            stage.say({"type": "response.output_audio.done", **place})
        stage.end_answer()
        said: list[TranscriptDelta] = []
        chunks: list[AudioChunk] = []
        async for event in events:
            match event:
                case TranscriptDelta():
                    said.append(event)
                case AudioChunk():
                    chunks.append(event)
                case ResponseDone():
                    break
        *partial, final = said
        assert final.is_final
        assert final.text.strip() == "".join(delta.text for delta in partial).strip()
        assert [(4_800, 100, False), (0, 0, True)] == [
            (len(chunk.data), chunk.duration_ms, chunk.is_final) for chunk in chunks
        ]
        await happens()
        assert [bytes(4_800)] == stage.heard  # the empty one goes to iteration alone


@virtually
async def test_row_data_gives_text_where_the_answer_is_written() -> None:
    """An answer in text alone comes as transcripts."""
    async with talking("openai") as (stage, _):
        place = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
        stage.begin_answer()
        stage.say({"type": "response.output_text.delta", "delta": "Writ", **place})
        stage.say({"type": "response.output_text.done", "text": "Written.", **place})
        stage.end_answer()
        await happens()
        assert [("Writ", False), ("Written.", True)] == [
            (delta.text, delta.is_final) for delta in stage.seen(TranscriptDelta)
        ]
        assert [] == stage.heard


@virtually
@on_both
async def test_row_transcripts_of_the_two_speakers_are_kept_apart(provider: str) -> None:
    """Each has its callback; iteration has both, by speaker. The user's are asked for."""
    async with playing(provider) as stage:
        voice = stage.voice()
        said: dict[str, str] = {"assistant": "", "user": ""}

        @voice.on_transcript
        def assistant(text: str, is_final: bool) -> None:
            said["assistant"] += "" if is_final else text

        @voice.on_user_transcript
        async def user(text: str, is_final: bool) -> None:
            said["user"] += "" if is_final else text

        async with voice.connect() as session:
            asked_for = str(stage.frames[0][0])
            assert ("transcription" if provider == "openai" else "inputAudioTranscription") in (
                asked_for
            )
            stage.user_starts()
            stage.user_stops()
            stage.user_said("how are you")
            stage.begin_answer()
            stage.answer_words(" fine")
            await happens()
            assert "how are you" == said["user"]
            assert said["assistant"].endswith(" fine")
            assert "how" not in said["assistant"]
            assert {"user", "assistant"} == {d.speaker for d in stage.seen(TranscriptDelta)}
            await session.aclose()


@virtually
@on_both
async def test_row_decorators_give_the_function_back_and_take_several(provider: str) -> None:
    """Plain and async ones, in the order of registration."""
    async with playing(provider) as stage:
        voice = stage.voice()
        order: list[str] = []

        async def first(audio: bytes) -> None:
            order.append("first")

        def second(audio: bytes) -> None:
            order.append("second")

        assert voice.on_audio(first) is first
        assert voice.on_audio(second) is second
        async with voice.connect() as session:
            stage.begin_answer()
            stage.speak()
            stage.speak()
            await happens()
            await session.aclose()
    assert ["first", "second"] * 2 == order


@virtually
async def test_row_callbacks_hear_of_a_servers_error_that_ends_nothing() -> None:
    """on_error has the server's code; the session goes on."""
    async with talking("openai") as (stage, session):
        stage.refuse("rate_limit_exceeded")
        await happens()
        (error,) = stage.errors
        assert isinstance(error, ProviderError)
        assert ("rate_limit_exceeded", True) == (error.code, error.retryable)
        assert session.is_active


@virtually
@on_both
async def test_row_tools_run_by_themselves_and_nothing_is_null(provider: str) -> None:
    """What a function without a result gives goes to the model as null."""
    calls: list[str] = []

    async def look() -> None:
        """Look."""
        calls.append("look")

    async with talking(provider, tools=[look]) as (stage, _):
        stage.begin_answer()
        stage.call()
        stage.end_answer()
        await happens()
        assert ["look"] == calls
        if provider == "openai":
            (told,) = stage.told("function_call_output")
            assert "null" == told["item"]["output"]
        else:
            (told,) = stage.told("toolResponse")
            (answer,) = told["toolResponse"]["functionResponses"]
            assert {"output": None} == answer["response"]


@virtually
@on_both
@pytest.mark.parametrize("vad_mode", [VADMode.SERVER, VADMode.MANUAL])
async def test_row_vad_is_set_and_manual_turns_are_marked(provider: str, vad_mode: VADMode) -> None:
    """MANUAL is null or disabled; Gemini's marks of activity are around the audio by themselves."""
    async with talking(provider, vad_mode=vad_mode) as (stage, session):
        if provider == "openai":
            sent = stage.frames[0][0]["session"]["audio"]["input"]["turn_detection"]
            assert (sent is None) == (vad_mode is VADMode.MANUAL)
        else:
            sent = stage.frames[0][0]["setup"]["realtimeInputConfig"]
            assert (sent["automaticActivityDetection"] == {"disabled": True}) == (
                vad_mode is VADMode.MANUAL
            )
        if vad_mode is VADMode.MANUAL:
            await session.send_audio(bytes(session.input_format.bytes_for_ms(100)))
            await session.commit_audio()
            await happens()
            if provider == "openai":
                kinds = [frame["type"] for frame in stage.told()]
                marks = ["append", "commit"]
                assert [f"input_audio_buffer.{mark}" for mark in marks] == kinds[:2]
                assert "response.create" == kinds[2]
            else:
                kinds = [next(iter(frame["realtimeInput"])) for frame in stage.told()]
                assert ["activityStart", "audio", "activityEnd"] == kinds


@virtually
@on_both
async def test_row_models_are_current_and_old_names_are_passed_on(provider: str) -> None:
    """The default is one that the catalogue does not call deprecated."""
    known = {model.name: model for model in PROVIDERS[provider].models}
    default = known[PROVIDERS[provider].default_model]
    assert default.status in ("stable", "alias")
    old = {"openai": "gpt-4o-realtime-preview", "gemini": "gemini-2.0-flash-exp"}[provider]
    assert old not in known
    async with playing(provider) as stage, stage.voice(model=old).connect() as session:
        if provider == "openai":
            assert stage.paths[0].endswith(f"?model={old}")
        else:
            assert f"models/{old}" == stage.frames[0][0]["setup"]["model"]
        await session.aclose()
