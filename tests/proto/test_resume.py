"""A conversation over several connections, and over several processes."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.chat import BOTH, Chat

from realtime_proto import (
    AudioChunk,
    ConfigurationError,
    Done,
    History,
    HistoryItem,
    Keep,
    Limits,
    Lost,
    Played,
    Reconnected,
    Reconnecting,
    Redial,
    ResponseDone,
    ResumeState,
    SendAudio,
    SendText,
    SessionClosed,
    SessionExpiring,
    ToolCallCancelled,
    ToolResult,
    VADMode,
)
from realtime_proto.backoff import Backoff
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import HandshakeRejected
from realtime_proto.resume import HANDLE_S

HANDLE = {"sessionResumptionUpdate": {"newHandle": "h1", "resumable": True}}
both = pytest.mark.parametrize("provider", BOTH)


def texts(chat: Chat) -> str:
    return str(chat.frames())


@both
def test_a_lost_connection_is_sought_again_with_pauses_and_an_end(provider: str) -> None:
    """So many attempts in a row, each after a pause that is drawn; then it is over."""
    made = {"backoff": Backoff(attempts=2, first_s=1, longest_s=9), "chance": lambda: 0.5}
    chat = Chat(provider, made={**made, "endpoint": Endpoint(url="wss://here")})
    chat.lose()
    road = chat.talk.road
    assert isinstance(road, Redial)
    assert ("wss://here", 0.5) == (getattr(road.endpoint, "url", None), road.not_before - chat.now)
    assert [(1, 500)] == [(e.attempt, e.delay_ms) for e in chat.events(Reconnecting)]
    chat.talk.connection_lost(None, "refused", now=chat.now)
    assert [(2, 1_000)] == [(e.attempt, e.delay_ms) for e in chat.events(Reconnecting)]
    assert chat.talk.next_deadline() is None
    chat.lose(None)
    assert isinstance(chat.talk.road, Done)
    assert chat.events(SessionClosed)[-1].failure is not None


@both
def test_a_rejected_handshake_may_be_the_end(provider: str) -> None:
    """A key that is no longer good will not become so."""
    chat = Chat(provider)
    chat.lose()
    error = HandshakeRejected("the server answered 401", status=401)
    chat.talk.connection_lost(None, "", now=chat.now, error=error)
    assert isinstance(chat.talk.road, Done)
    assert "check the API key" in str(chat.events(SessionClosed)[-1].failure)


@both
def test_no_attempt_is_made_where_none_is_wanted(provider: str) -> None:
    """By the schedule, by the bound of all attempts, or by closing."""
    for made in ({"backoff": Backoff(attempts=0)}, {"limits": Limits(redials=0)}):
        chat = Chat(provider, made=made)
        chat.lose()
        assert isinstance(chat.talk.road, Done)
    chat = Chat(provider)
    chat.lose()
    chat.talk.close(now=chat.now)
    (closed,) = chat.events(SessionClosed)
    assert "lost" == closed.failure.kind


@both
def test_a_fatal_close_is_the_end(provider: str) -> None:
    """The same again would fail the same."""
    chat = Chat(provider)
    chat.lose(1007, "bad")
    assert isinstance(chat.talk.road, Done)


@both
def test_a_normal_close_is_no_failure(provider: str) -> None:
    """The server has had enough."""
    chat = Chat(provider)
    chat.lose(1000)
    assert Done() == chat.talk.road


@both
def test_what_was_in_flight_is_listed(provider: str) -> None:
    """The answer, the call, the audio that was no turn yet, what was dropped meanwhile."""
    chat = Chat(provider, vad_mode=VADMode.MANUAL)
    rate = chat.talk.capabilities.input_format.rate_hz
    chat.do(SendAudio(bytes(rate)))  # 500 ms
    chat.begin_answer()
    chat.call()
    chat.lose()
    done = chat.events(ResponseDone, ToolCallCancelled)
    assert {"incomplete"} == {e.status for e in done if isinstance(e, ResponseDone)}
    assert 1 == sum(isinstance(e, ToolCallCancelled) for e in done)
    for _ in range(11):
        chat.do(SendAudio(bytes(rate * 2)))
    chat.do(SendText("still there?"))
    chat.dial()
    chat.set_up()
    (again,) = chat.events(Reconnected)
    response = "r1" if provider == "openai" else "turn_1"
    assert (
        Lost(kind="response", id=response),
        Lost(kind="audio", ms=500),
        Lost(kind="tool_call", id="c1"),
        Lost(kind="audio", ms=1_000),
        Lost(kind="item", id="f_c1" if provider == "openai" else "c1"),
    ) == again.lost
    assert 10 == texts(chat).count("data" if provider == "gemini" else "append")


@both
def test_a_request_that_was_not_begun_is_lost(provider: str) -> None:
    """It was asked for, and nobody will answer."""
    chat = Chat(provider)
    chat.do(SendText("hello"))
    chat.lose()
    chat.dial()
    chat.set_up()
    (again,) = chat.events(Reconnected)
    assert (Lost(kind="request"),) == again.lost


@both
def test_a_new_session_is_told_what_was_said(provider: str) -> None:
    """In order, once; and what cannot be told is listed."""
    history = History()
    history.insert(HistoryItem(item_id="u", text="My name is Ann."))
    history.insert(HistoryItem(item_id="a", role="assistant", text="Hi Ann.", is_spoken=True))
    chat = Chat(provider, is_ready=False, made={"seed": history})
    chat.set_up()
    sent = texts(chat)
    assert 1 == sent.count("My name is Ann.") == sent.count("Hi Ann.")
    assert ["u", "a"] == [item.item_id for item in chat.talk.history]
    chat.talk.history.insert(HistoryItem(item_id="x", text="", is_spoken=True))
    chat.lose()
    chat.dial()
    chat.set_up()
    assert 1 == texts(chat).count("My name is Ann.")
    assert (Lost(kind="item", id="x"),) == chat.events(Reconnected)[0].lost


def test_a_seed_that_the_model_does_not_take_is_refused_at_once() -> None:
    """Before anything is sent; the other provider takes it."""
    history = History()
    for item in (
        HistoryItem(item_id="c", kind="tool_call", call_id="1", name="f", text="{}"),
        HistoryItem(item_id="r", kind="tool_result", call_id="1", text="x"),
    ):
        history.insert(item, after=history.last_id)
    with pytest.raises(ConfigurationError, match="takes no calls"):
        Chat("gemini", made={"seed": history})
    chat = Chat("openai", is_ready=False, made={"seed": history})
    chat.set_up()
    assert ["function_call", "function_call_output"] == [
        frame["item"]["type"] for frame in chat.frames() if "item" in frame
    ]


def test_seed_and_resume_exclude_each_other() -> None:
    """Either is a beginning."""
    state = ResumeState(provider="openai", history=History().save())
    with pytest.raises(ConfigurationError, match="not both"):
        Chat("openai", made={"seed": History(), "resume": state})


# --- Gemini's own resumption


def resumable(**settings: Any) -> Chat:
    chat = Chat("gemini", **settings)
    chat.say(HANDLE)
    chat.events()
    return chat


def test_a_resumed_session_is_not_told_again_and_keeps_its_calls() -> None:
    """The server itself goes on; the call is answered on the new connection."""
    chat = resumable()
    chat.do(SendText("hello"))
    chat.begin_answer()
    chat.call()
    chat.lose()
    assert [] == chat.events(ToolCallCancelled)
    chat.dial()
    chat.set_up()
    (setup,) = chat.frames()[-1:]
    assert {"handle": "h1"} == setup["setup"]["sessionResumption"]
    assert chat.events(Reconnected)[0].is_resumed
    chat.do(ToolResult(call_id="c1", output="here"))
    assert "here" in texts(chat)


def test_a_refused_handle_is_not_tried_again() -> None:
    """The next session is a new one, told the history; its calls are given up then."""
    chat = resumable()
    chat.do(SendText("hello"))
    chat.begin_answer()
    chat.call()
    chat.lose()
    chat.dial()
    chat.frames()
    chat.lose(1008, "Requested entity was not found.")
    assert 1 == len(chat.events(ToolCallCancelled))
    chat.dial()
    chat.set_up()
    sent = texts(chat)
    assert "h1" not in sent
    assert "hello" in sent


def test_an_old_handle_is_not_used() -> None:
    """After two hours it would be refused."""
    chat = resumable()
    chat.lose()
    chat.now += HANDLE_S + 60
    chat.dial()
    assert "h1" not in texts(chat)


def test_a_handle_is_kept_when_there_is_none_for_now() -> None:
    """An older one is better than none."""
    chat = resumable()
    chat.say({"sessionResumptionUpdate": {"newHandle": "", "resumable": True}})
    assert "h1" == chat.talk.resume_state.handle


@pytest.mark.parametrize("moment", ["idle", "speaking", "never quiet"])
def test_a_connection_that_goes_away_is_renewed_before(moment: str) -> None:
    """At once where nothing is under way, after what is being said, or just before the end."""
    chat = resumable()
    if moment != "idle":
        chat.do(SendText("hello"))
        chat.begin_answer()
        chat.speak()
        chat.events()
    chat.say({"goAway": {"timeLeft": "20s"}})
    chat.wait(0.01)
    chat.obey()
    assert 1 == len(chat.events(SessionExpiring))
    assert (moment == "idle") == isinstance(chat.talk.road, Redial)
    if moment == "speaking":
        chat.end_answer()
        chat.wait(0.5)
        assert isinstance(chat.talk.road, Keep)
        chat.wait(0.6)
    elif moment == "never quiet":
        chat.wait(14.9)
        assert isinstance(chat.talk.road, Keep)
        chat.wait(0.2)
    chat.obey()
    assert isinstance(chat.talk.road, Redial)


def test_what_the_listener_has_heard_can_be_the_quiet_moment() -> None:
    """Who plays slower than the clock says is waited for."""
    chat = resumable()
    chat.begin_answer()
    chat.speak()
    (chunk,) = chat.events(AudioChunk)
    chat.say({"goAway": {"timeLeft": "20s"}})
    chat.end_answer()
    chat.do(Played(item_id=chunk.item_id, ms=500))
    chat.wait(2)
    assert isinstance(chat.talk.road, Keep)
    chat.do(Played(item_id=chunk.item_id, ms=1_000))
    chat.obey()
    assert isinstance(chat.talk.road, Redial)


def test_an_end_without_a_time_is_soon() -> None:
    """Also one that cannot be read."""
    for frame in ({"goAway": {}}, {"goAway": {"timeLeft": 5}}):
        chat = resumable()
        chat.say(frame)
        chat.wait(0.01)
        assert 9_900 < chat.events(SessionExpiring)[0].in_ms <= 10_000


def test_where_nobody_dials_again_nothing_is_renewed() -> None:
    """The session lives to its end; that it comes is told."""
    chat = Chat("gemini", made={"backoff": Backoff(attempts=0)})
    chat.say({"goAway": {"timeLeft": "20s"}})
    chat.wait(60)
    assert 1 == len(chat.events(SessionExpiring))
    assert isinstance(chat.talk.road, Keep)


# --- OpenAI's cap


@pytest.mark.parametrize(("expires_at", "warned"), [(1_100, True), (900, False), (0, False)])
def test_the_end_of_a_session_is_known_from_the_beginning(expires_at: int, warned: bool) -> None:
    """As Unix time; one that is past says that a clock is wrong."""
    chat = Chat("openai", is_ready=False)
    chat.set_up(expires_at=expires_at)
    chat.wait(39)
    assert [] == chat.events(SessionExpiring)
    chat.wait(2)
    assert warned == bool(chat.events(SessionExpiring))


def test_a_set_up_that_hangs_on_a_new_connection_is_tried_again() -> None:
    """Whoever had a session is not told that it cannot be set up."""
    chat = Chat("openai")
    chat.lose()
    chat.dial()
    chat.wait(11)
    assert isinstance(chat.talk.road, Redial)


# --- the state that survives


@both
def test_a_conversation_goes_on_in_another_process(provider: str) -> None:
    """From its state as text: with the handle where there is one, else with the history."""
    chat = Chat(provider)
    if provider == "gemini":
        chat.say(HANDLE)
    chat.talk.history.insert(HistoryItem(item_id="u", text="My name is Ann."))
    text = chat.talk.resume_state.to_json()
    assert "Ann" not in repr(chat.talk.resume_state)
    state = ResumeState.from_json(text)
    assert 1_000 <= state.saved_at <= 1_001
    other = Chat(provider, is_ready=False, made={"resume": state})
    other.set_up()
    sent = texts(other)
    assert (provider == "gemini") == ("h1" in sent)
    assert (provider == "openai") == ("Ann" in sent)
    assert ["My name is Ann."] == [item.text for item in other.talk.history]


def test_a_handle_is_for_the_same_provider_and_model() -> None:
    """Another one is told the history."""
    state = ResumeState(
        provider="gemini", model=None, handle="h1", handle_at=1_000, history=History().save()
    )
    assert "h1" == state.handle_for("gemini", None)
    assert state.handle_for("openai", None) is None
    assert state.handle_for("gemini", "gemini-3.8-live") is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": "x"},
        {"version": 2},
        {"provider": 5},
        {"model": 5},
        {"handle": 5},
        {"handle_at": "x"},
        {"history": 5},
        {"history": "x"},
        {"news": 1},
    ],
)
def test_what_is_no_saved_state_is_refused(change: dict[str, Any]) -> None:
    """One clear error."""
    import json

    good = json.loads(ResumeState(provider="openai", history=History().save()).to_json())
    with pytest.raises(ConfigurationError, match="no saved"):
        ResumeState.from_json(json.dumps(good | change))
    with pytest.raises(ConfigurationError, match="no saved"):
        ResumeState.from_json("no JSON")
    text: Any = 5
    with pytest.raises(ConfigurationError, match="a saved state is text, not int"):
        ResumeState.from_json(text)


def test_a_call_may_time_out_while_the_road_is_new() -> None:
    """Then there is nobody to tell but the application."""
    chat = resumable()
    chat.call()
    chat.wait(25)
    chat.lose()
    chat.dial()
    chat.frames()
    chat.wait(6)
    assert ["timeout"] == [event.reason for event in chat.events(ToolCallCancelled)]
    assert [] == chat.frames()


def test_a_result_that_waited_for_the_road_goes_with_the_session() -> None:
    """The new session asked for nothing."""
    chat = resumable()
    chat.call()
    chat.lose()
    chat.do(ToolResult(call_id="c1", output="late"))
    chat.dial()
    chat.lose(1008, "Requested entity was not found.")
    chat.dial()
    chat.set_up()
    assert "late" not in texts(chat)


def test_an_answer_in_time_is_in_time_whenever_it_can_be_sent() -> None:
    """It was given while there was no connection, and outlives the call's deadline."""
    chat = resumable()
    chat.call()
    chat.lose()
    chat.do(ToolResult(call_id="c1", output="in time"))
    chat.wait(29)
    chat.dial()
    chat.wait(5)
    chat.set_up()
    assert "in time" in texts(chat)
    assert [] == chat.events(ToolCallCancelled)


@pytest.mark.parametrize("by_us", [True, False])
def test_a_call_that_was_answered_is_not_cancelled(by_us: bool) -> None:
    """Although the answer cannot be sent any more: to the application the call is over."""
    chat = resumable()
    chat.call()
    chat.lose()
    chat.do(ToolResult(call_id="c1", output="in vain"))
    if by_us:
        chat.talk.close(now=chat.now)
    else:
        chat.dial()
        chat.lose(1008, "Requested entity was not found.")
        chat.dial()
        chat.set_up()
        assert Lost(kind="tool_call", id="c1") in chat.events(Reconnected)[0].lost
    assert [] == chat.events(ToolCallCancelled)


def test_what_nobody_took_yet_is_not_quiet() -> None:
    """Speech that waits to be heard puts the renewal off."""
    chat = Chat("gemini", made={"reports_delivery": True})
    chat.begin_answer()
    chat.speak()
    chat.end_answer()
    chat.say({"goAway": {"timeLeft": "20s"}})
    chat.wait(10)
    assert isinstance(chat.talk.road, Keep)
    chat.wait(6)
    assert isinstance(chat.talk.road, Redial)
