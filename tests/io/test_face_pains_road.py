"""What users of comparable libraries suffered from, as it shows on the face: connections.

See test_face_pains for what the numbers are, and for the meta test.
"""

from __future__ import annotations

import time

import anyio
import pytest
from attrs import evolve
from helpers.stage import happens, on_both, playing, talking
from helpers.virtual import BACKENDS, run_virtually, virtually

from realtime_io import (
    ConnectionLost,
    History,
    RealtimeVoice,
    Reconnected,
    Reconnecting,
    ResponseDone,
    ResumeState,
    SessionClosed,
    SessionExpiring,
    SessionReady,
    UnknownEvent,
    UsageReported,
    VoiceEvent,
    _registry,
)
from realtime_proto.history import HistoryItem
from realtime_proto.providers import PROVIDERS

HANDLE = {"sessionResumptionUpdate": {"newHandle": "h1", "resumable": True}}


def earlier() -> History:
    """What was said before."""
    history = History()
    history.insert(HistoryItem(item_id="u", text="I am Ann."))
    history.insert(
        HistoryItem(item_id="a", role="assistant", text="Hello Ann.", is_spoken=True), after="u"
    )
    history.insert(HistoryItem(item_id="v", text="Remember me."), after="a")
    return history


# --- 5, 6: sessions end


@virtually
async def test_pain_05_a_session_at_its_cap_is_warned_of_and_renewed_in_a_pause() -> None:
    """Not in the middle of an answer; the new session is told what was said, the application what
    was not restored.
    """
    async with playing("openai", expires_at=round(time.time()) + 100) as stage:
        voice = stage.voice()
        async with voice.connect(history=earlier()) as session:
            stage.begin_answer()
            await anyio.sleep(45)
            assert ["session_cap"] == [event.reason for event in stage.seen(SessionExpiring)]
            assert 1 == len(stage.frames)
            stage.end_answer()
            await happens()
            assert 2 == len(stage.frames)
            assert 1 == len(stage.told("I am Ann."))
            assert 1 == len(stage.told("Hello Ann."))
            assert [(False, ())] == [(e.is_resumed, e.lost) for e in stage.seen(Reconnected)]
            assert [] == stage.errors
            await session.send_text("Do you know me?")
            await happens()
            assert 1 == len(stage.told("Do you know me?"))
            await session.aclose()


@virtually
async def test_pain_06_a_silent_server_that_will_go_is_left_in_time() -> None:
    """Though it answers for ever: before its deadline, the old connection closed first, with the
    newest handle that can be resumed, and without telling it all again.
    """
    async with playing("gemini") as stage, stage.voice().connect() as session:
        stage.say(HANDLE, {"sessionResumptionUpdate": {"newHandle": "h2", "resumable": True}})
        await happens()
        await session.send_text("Count to a million.")
        stage.begin_answer()
        stage.say({"goAway": {"timeLeft": "30s"}})
        await anyio.sleep(20)
        assert ["going_away"] == [event.reason for event in stage.seen(SessionExpiring)]
        assert 1 == len(stage.frames)
        await anyio.sleep(9)
        assert 2 == len(stage.frames)
        assert 0 == stage.n_overlapping
        assert "h2" == stage.frames[1][0]["setup"]["sessionResumption"]["handle"]
        assert [] == stage.told("Count to a million.")
        assert [True] == [event.is_resumed for event in stage.seen(Reconnected)]
        await session.aclose()


@virtually
async def test_pain_06_what_cannot_be_resumed_is_not_and_the_state_survives() -> None:
    """Only a handle that can be resumed is kept; as text it goes into another process."""
    async with playing("gemini") as stage:
        async with stage.voice().connect() as session:
            stage.say(HANDLE)
            await happens()
            kept = session.resume_state.to_json()
            stage.say({"sessionResumptionUpdate": {"newHandle": "h2", "resumable": False}})
            await happens()
            assert "h1" == session.resume_state.handle
            await session.aclose()
        async with stage.voice().connect(resume=ResumeState.from_json(kept)) as session:
            assert "h1" == stage.frames[-1][0]["setup"]["sessionResumption"]["handle"]
            await session.aclose()


# --- 7: reconnecting


@virtually
@on_both
async def test_pain_07_a_server_that_stays_away_is_not_stormed(provider: str) -> None:
    """Eight attempts after pauses that grow, over half a minute and more; then one error."""
    async with playing(provider) as stage:
        with pytest.raises(ConnectionLost):
            async with stage.voice().connect():
                await happens()
                began_at = anyio.current_time()
                stage.refuses = True
                await stage.drop()
                await anyio.sleep_forever()
        pauses = [event.delay_ms / 1_000 for event in stage.seen(Reconnecting)]
        assert list(range(1, 9)) == [event.attempt for event in stage.seen(Reconnecting)]
        longest = [0.5, 1, 2, 4, 8, 16, 30, 30]
        assert all(0 <= pause <= most for pause, most in zip(pauses, longest, strict=True))
        assert 0 <= anyio.current_time() - began_at - sum(pauses) + 0.01 <= 1
        assert 9 == stage.n_dialled


@virtually
@on_both
@pytest.mark.parametrize("code", [1007, 1008])
async def test_pain_07_a_refusal_is_not_repeated(provider: str, code: int) -> None:
    """The same again would be refused again."""
    async with playing(provider) as stage:
        with pytest.raises(ConnectionLost) as caught:
            async with stage.voice().connect():
                await stage.close(code, "no")
                await anyio.sleep_forever()
        assert not caught.value.retryable
        assert 1 == stage.n_dialled


@virtually
async def test_pain_07_a_whole_session_has_a_budget_too() -> None:
    """A server that drops every connection after two minutes is dialled 64 times, and no more."""
    async with playing("gemini") as stage:

        async def drop_later() -> None:
            stage.take_settings()
            await anyio.sleep(120)
            await stage.drop()

        stage.on_set_up = drop_later
        with pytest.raises(ConnectionLost):
            async with stage.voice().connect():
                await anyio.sleep_forever()
        assert 1 + 64 == stage.n_dialled
        assert {1} == {event.attempt for event in stage.seen(Reconnecting)}


@virtually
@on_both
async def test_pain_07_who_hangs_up_is_not_reconnected(provider: str) -> None:
    """An intended close stays one."""
    async with talking(provider) as (stage, session):
        await session.aclose()
        await anyio.sleep(100)
        assert 1 == stage.n_dialled
        assert [] == stage.seen(Reconnecting)
        assert [SessionClosed] == [type(event) for event in stage.events[-1:]]


# --- 9, 10: one stream, kept alive


@virtually
@on_both
async def test_pain_09_iteration_goes_on_from_turn_to_turn(provider: str) -> None:
    """One loop sees three answers, what comes after them, and the end."""
    async with talking(provider) as (stage, session):
        events = aiter(session)
        for n in range(3):
            stage.begin_answer(f"r{n}")
            stage.speak(item_id=f"a{n}", response_id=f"r{n}")
            stage.end_answer(f"r{n}")
            await anyio.sleep(2)
        late = {"usageMetadata": {"totalTokenCount": 1}}
        stage.say(late if provider == "gemini" else {"type": "news"})
        await happens()
        await stage.close(1000)
        kinds = [type(event) async for event in events]
        assert 3 == kinds.count(ResponseDone)
        late_kind = UsageReported if provider == "gemini" else UnknownEvent
        assert [ResponseDone, late_kind, SessionClosed] == kinds[-3:]


@virtually
@on_both
async def test_pain_10_late_pongs_end_no_conversation_where_they_are_usual(provider: str) -> None:
    """A server that reads nothing for 45 s: Gemini's are like that, another one is given up, and
    the session opened again.
    """
    async with talking(provider) as (stage, session):
        stage.go_deaf(45)
        await session.send_text("hello")
        await anyio.sleep(50)
        assert (1 if provider == "openai" else 0) == len(stage.seen(Reconnecting))
        stage.begin_answer()
        stage.speak()
        await happens()
        assert 1 == len(stage.heard)


@virtually
async def test_pain_10_how_patient_pings_are_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the provider's spec: 5 s, for one that is known to answer at once."""
    monkeypatch.setattr(_registry, "_REGISTERED", {})
    RealtimeVoice.register_provider("prompt", evolve(PROVIDERS["gemini"], ping_timeout_s=5.0))
    async with playing("gemini") as stage, stage.voice(provider="prompt").connect() as session:
        stage.go_deaf(45)
        await session.send_text("hello")
        await anyio.sleep(24)  # the first ping goes out after 20
        assert [] == stage.seen(Reconnecting)
        await anyio.sleep(2)
        assert 1 == len(stage.seen(Reconnecting))
        await session.aclose()


@virtually
@on_both
async def test_pain_10_a_server_that_owes_an_answer_and_is_silent_is_left(provider: str) -> None:
    """Any word of it counts as a sign of life; after a minute without one it is dialled anew."""
    async with talking(provider) as (stage, session):
        await session.send_text("hello")
        stage.begin_answer()
        for _ in range(4):
            await anyio.sleep(40)
            stage.speak(bytes(4_800))
        assert [] == stage.seen(Reconnecting)
        await anyio.sleep(61)
        (lost,) = stage.seen(Reconnecting)
        assert lost.failure is not None
        assert "the server said nothing for 60 s" == lost.failure.message


# --- 20: event loops


@on_both
def test_pain_20_a_conversation_is_the_same_on_asyncio_and_on_trio(provider: str) -> None:
    """Every event, at the same time."""

    async def talk() -> list[tuple[float, VoiceEvent]]:
        found: list[tuple[float, VoiceEvent]] = []
        async with playing(provider) as stage:
            voice = stage.voice()
            voice.on_event(lambda event: found.append((anyio.current_time(), event)))
            async with voice.connect() as session:
                await session.send_text("hello")
                stage.begin_answer()
                for _ in range(5):
                    await anyio.sleep(0.25)
                    stage.speak()
                stage.barge_in()
                await anyio.sleep(1)
                await session.aclose()
        began_at = found[0][0]
        return [(round(at - began_at, 6), event) for at, event in found]

    on_asyncio, on_trio = (run_virtually(talk, backend=backend) for backend in BACKENDS)
    assert SessionReady is type(on_asyncio[0][1])
    assert on_asyncio == on_trio
