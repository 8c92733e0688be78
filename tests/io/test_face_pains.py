"""What users of comparable libraries suffered from, as it shows on the face: who talks, and when.

Each test is of one complaint, under the number it has in our list of them (1 to 27); tests of other
modules of this folder have numbers too. The whole library is in front of a provider in memory, on a
clock that jumps. What the core alone does about a pain is in proto/test_pains.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import anyio
from helpers.stage import happens, on_both, talking
from helpers.virtual import virtually

from realtime_io import (
    AudioChunk,
    BargeIn,
    Interrupted,
    PlaybackPaused,
    PlaybackResumed,
    ResponseDone,
    SpeechStarted,
    TranscriptDelta,
)

PAINS = range(1, 28)

ITEM = {"openai": "a1", "gemini": "turn_1"}


def pains_with_a_test(folder: Path) -> set[int]:
    """The numbers in the names of the tests below a folder."""
    return {
        int(found[1])
        for path in folder.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (found := re.match(r"test_pain_(\d\d)_\w", node.name))
    }


def test_every_pain_has_a_test_on_the_face(tmp_path: Path) -> None:
    """By its number; and one that is missing would be seen."""
    assert set(PAINS) == pains_with_a_test(Path(__file__).parent)
    (tmp_path / "test_few.py").write_text("def test_pain_07_x(): ...\ndef pain_08_x(): ...\n")
    assert {7} == pains_with_a_test(tmp_path)


def cuts(stage: Any) -> list[int]:
    """Where the client had OpenAI's server cut an item, in milliseconds."""
    return [frame["audio_end_ms"] for frame in stage.told("conversation.item.truncate")]


# --- 1: answers race


@virtually
@on_both
async def test_pain_01_a_question_during_an_answer_is_no_error(provider: str) -> None:
    """OpenAI's next answer, one to both, is asked for when the first is over; Gemini's server does
    it itself.
    """
    async with talking(provider) as (stage, session):
        await session.send_text("one")
        await happens()
        stage.begin_answer()
        await happens()
        await session.send_text("two")
        await session.send_text("three")
        await happens()
        assert 1 == len(stage.told("two"))
        before = len(stage.told('"response.create"'))
        stage.end_answer()
        await happens()
        after = len(stage.told('"response.create"'))
        assert ((1, 2) if provider == "openai" else (0, 0)) == (before, after)
        assert [] == stage.errors
        if provider == "openai":  # by its id an error finds what it is about
            ids = [frame["event_id"] for frame in stage.frames[0]]
            assert len(ids) == len(set(ids))


@virtually
async def test_pain_01_a_race_with_the_servers_own_answer_is_settled_inside() -> None:
    """Both races: nobody hears of the refusal, and what was asked is asked again."""
    async with talking("openai") as (stage, session):
        await session.send_text("one")
        await happens()
        (create,) = stage.told('"response.create"')
        stage.refuse("conversation_already_has_active_response", create["event_id"])
        stage.begin_answer("r9")  # the server's own, to what it heard
        await happens()
        assert 1 == len(stage.told('"response.create"'))
        stage.end_answer("r9")
        await happens()
        assert 2 == len(stage.told('"response.create"'))
        stage.begin_answer()
        stage.speak()
        await happens()
        await session.interrupt()
        await happens()
        (cancel,) = stage.told('"response.cancel"')
        stage.refuse("response_cancel_not_active", cancel["event_id"])
        stage.end_answer()
        await happens()
        assert [] == stage.errors
        assert session.is_active


# --- 2, 3: what was heard


@virtually
@on_both
async def test_pain_02_a_cut_is_where_the_user_stopped_listening(provider: str) -> None:
    """Of a second that was handed over, 300 ms; and nothing is cut that was heard to its end."""
    async with talking(provider) as (stage, _):
        stage.begin_answer()
        stage.speak()
        await happens()
        await anyio.sleep(0.3)
        stage.barge_in()
        await happens()
        (interrupted,) = stage.seen(Interrupted)
        assert 300 <= interrupted.played_ms <= 302
        assert ([interrupted.played_ms] if provider == "openai" else []) == cuts(stage)
    async with talking(provider) as (stage, _):
        stage.begin_answer()
        stage.speak()
        stage.end_answer()
        await anyio.sleep(1.1)
        stage.barge_in()
        await happens()
        assert [] == stage.seen(Interrupted)
        assert [] == cuts(stage)


@virtually
@on_both
async def test_pain_02_what_nobody_heard_is_not_cut_at_a_place_that_is_none(provider: str) -> None:
    """Cut off before its first sound: nothing is played, and nothing truncated but at 0."""
    async with talking(provider) as (stage, _):
        stage.begin_answer()
        stage.answer_words("Well")
        stage.barge_in()
        stage.speak()
        stage.end_answer(status="cancelled")
        await happens()
        assert [] == stage.heard
        assert {0} >= {interrupted.played_ms for interrupted in stage.seen(Interrupted)}
        assert {0} >= set(cuts(stage))


@virtually
@on_both
async def test_pain_02_the_tail_after_the_end_of_the_answer_is_cut(provider: str) -> None:
    """The server has said it all; the user has heard 0.4 of two seconds."""
    async with talking(provider) as (stage, _):
        stage.begin_answer()
        stage.speak()
        stage.speak()
        stage.end_answer()
        await anyio.sleep(0.4)
        stage.barge_in()
        await happens()
        (interrupted,) = stage.seen(Interrupted)
        assert 398 <= interrupted.played_ms <= 400
        assert ([interrupted.played_ms] if provider == "openai" else []) == cuts(stage)
        assert [] == stage.told('"response.cancel"')


@virtually
@on_both
async def test_pain_03_what_the_listener_reports_counts_and_not_the_clock(provider: str) -> None:
    """A telephone that plays later says so: the cut is at its mark, of its item."""
    async with talking(provider) as (stage, session):
        stage.begin_answer()
        stage.speak()
        await happens()
        await session.played(ITEM[provider], 120)
        await anyio.sleep(0.8)
        stage.barge_in()
        await happens()
        (interrupted,) = stage.seen(Interrupted)
        assert (ITEM[provider], 120) == (interrupted.item_id, interrupted.played_ms)
        assert ([120] if provider == "openai" else []) == cuts(stage)


# --- 4: interruptions race


@virtually
@on_both
async def test_pain_04_late_audio_of_what_was_cut_off_is_not_played(provider: str) -> None:
    """Neither what waits for a slow player nor what is still on its way."""
    async with talking(provider) as (stage, _):
        stage.begin_answer()
        stage.speak()
        await happens()
        n_heard = len(stage.heard)
        stage.barge_in()
        stage.speak()
        await happens()
        assert n_heard == len(stage.heard)
        (interrupted,) = stage.seen(Interrupted)
        (chunk,) = stage.seen(AudioChunk)
        assert interrupted.item_id == chunk.item_id
        assert {"openai": "r1", "gemini": "turn_1"}[provider] == chunk.response_id


@virtually
@on_both
async def test_pain_04_speech_over_silence_interrupts_nothing(provider: str) -> None:
    """The user is heard to speak; `on_interrupted` is for what was cut off."""
    async with talking(provider) as (stage, _):
        stage.user_starts()
        if provider == "gemini":
            stage.barge_in()
        await happens()
        assert 1 == len(stage.seen(SpeechStarted))
        assert [] == stage.seen(Interrupted)


@virtually
@on_both
async def test_pain_04_the_words_of_what_was_cut_off_are_kept(provider: str) -> None:
    """As the final transcript, in the history, and as an estimate of what was heard."""
    async with talking(provider) as (stage, session):
        stage.begin_answer()
        stage.answer_words(" I think so")
        stage.speak()
        await anyio.sleep(0.5)
        stage.barge_in()
        stage.end_answer(status="cancelled")
        await happens()
        finals = [delta.text for delta in stage.seen(TranscriptDelta) if delta.is_final]
        (said,) = finals
        assert said.endswith("I think so")
        (interrupted,) = stage.seen(Interrupted)
        assert said.startswith(interrupted.heard_text)
        assert 0 < len(interrupted.heard_text) < len(said)
        item = session.history.find(ITEM[provider])
        assert item is not None
        assert (said, "incomplete") == (item.text, item.status)


# --- 27: false interruptions


@virtually
@on_both
async def test_pain_27_a_sign_of_listening_pauses_and_a_word_interrupts(provider: str) -> None:
    """`BargeIn.TENTATIVE`: the playback is held, and goes on or is cut."""
    async with talking(provider, barge_in=BargeIn.TENTATIVE) as (stage, _):
        stage.begin_answer()
        stage.speak(bytes(480_000))
        await happens()
        stage.user_starts()
        await anyio.sleep(0.2)
        stage.user_stops()
        await anyio.sleep(2)
        assert [PlaybackPaused, PlaybackResumed] == [
            type(event) for event in stage.seen(PlaybackPaused, PlaybackResumed, Interrupted)
        ]
        stage.user_starts()
        await anyio.sleep(1)
        assert 1 == len(stage.seen(Interrupted))


@virtually
@on_both
async def test_pain_27_the_assistant_may_be_let_finish(provider: str) -> None:
    """`BargeIn.OFF`: the server is told so, and speech cuts nothing; the application still can."""
    async with talking(provider, barge_in=BargeIn.OFF) as (stage, session):
        set_up = str(stage.frames[0][0])
        told = "'interrupt_response': False" if provider == "openai" else "NO_INTERRUPTION"
        assert told in set_up
        stage.begin_answer()
        stage.speak()
        await happens()
        stage.user_starts()
        await happens()
        stage.speak()
        await happens()
        assert 2 == len(stage.heard)
        assert [] == stage.seen(Interrupted)
        await session.interrupt()
        await happens()
        assert 1 == len(stage.seen(Interrupted))
        assert [] == stage.seen(ResponseDone)
