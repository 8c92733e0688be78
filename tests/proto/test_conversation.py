"""A conversation over its life: set-up, what is held, time, tools, barge-in. Both providers."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from helpers.chat import BOTH, Chat

from realtime_proto import (
    AudioChunk,
    AudioDelivered,
    BargeIn,
    Close,
    CommitAudio,
    ConfigurationError,
    Done,
    ErrorReported,
    Interrupt,
    Interrupted,
    Keep,
    Limits,
    LocalProtocolError,
    PlaybackPaused,
    PlaybackResumed,
    Played,
    RemoteProtocolError,
    ResponseDone,
    SendAudio,
    SendImage,
    SendText,
    SessionClosed,
    SessionReady,
    ToolCallCancelled,
    ToolCallRequest,
    ToolResult,
    TranscriptDelta,
    UnknownEvent,
    UpdateSession,
    VADMode,
)
from realtime_proto._desk import MAX_FINISHED

pytestmark = pytest.mark.parametrize("provider", BOTH)

RATE_HZ = {"openai": 24_000, "gemini": 16_000}


def audio(provider: str, ms: int) -> SendAudio:
    return SendAudio(bytes(RATE_HZ[provider] * 2 * ms // 1000))


def has_audio(frame: str) -> bool:
    """Whether a frame carries audio of the user's."""
    return "input_audio_buffer.append" in frame or "audio/pcm;rate=16000" in frame


# --- set-up


def test_a_set_up_that_is_not_answered_ends(provider: str) -> None:
    """At the deadline, with an error that says how long was waited."""
    chat = Chat(provider, is_ready=False)
    chat.wait(9.9)
    assert isinstance(chat.talk.road, Keep)
    chat.wait(0.2)
    assert isinstance(chat.talk.road, Done)
    closed = chat.events(SessionClosed)[-1]
    assert "timeout" == closed.failure.kind
    assert "within 10 s" in closed.failure.message


def test_a_connection_lost_in_set_up_is_not_dialled_again(provider: str) -> None:
    """Whoever waits for the session is told, and decides."""
    chat = Chat(provider, is_ready=False)
    chat.lose()
    assert isinstance(chat.talk.road, Done)
    assert "set-up" == chat.events(SessionClosed)[-1].failure.phase


def test_what_is_said_early_is_said_in_order_when_it_can_be(provider: str) -> None:
    """Audio and texts wait for the session; what is refused then is reported."""
    chat = Chat(provider, is_ready=False)
    chat.do(SendText("one"), audio(provider, 100), CommitAudio(), SendText("two"))
    chat.frames()
    chat.set_up()
    assert "commit_audio" in chat.events(ErrorReported)[0].failure.message
    sent = [str(frame) for frame in chat.frames()]
    (one,) = (n for n, frame in enumerate(sent) if "'one'" in frame)
    (two,) = (n for n, frame in enumerate(sent) if "'two'" in frame)
    (heard,) = (n for n, frame in enumerate(sent) if has_audio(frame))
    assert one < heard < two


@pytest.mark.parametrize(("ms", "fits"), [(9_999, True), (10_000, True), (10_001, False)])
def test_ten_seconds_of_audio_are_held(provider: str, ms: int, fits: bool) -> None:
    """More is refused, and what is held stays."""
    chat = Chat(provider, is_ready=False)
    chat.do(audio(provider, 9_000))
    rest = audio(provider, ms - 9_000)
    if fits:
        chat.do(rest)
    else:
        with pytest.raises(LocalProtocolError, match="10000 ms of audio"):
            chat.do(rest)
    chat.set_up()
    assert (2 if fits else 1) == sum(has_audio(str(frame)) for frame in chat.frames())


def test_other_commands_are_held_up_to_a_bound(provider: str) -> None:
    """One more is refused."""
    chat = Chat(provider, is_ready=False, made={"limits": Limits(held_commands=2)})
    chat.do(SendText("1"), SendText("2"))
    with pytest.raises(LocalProtocolError, match="too many commands"):
        chat.do(SendText("3"))


def test_a_conversation_opens_once(provider: str) -> None:
    """And not after its end."""
    chat = Chat(provider)
    with pytest.raises(LocalProtocolError, match="opened again"):
        chat.talk.open(now=0, unix_time=0)
    chat.talk.close(now=0)
    with pytest.raises(LocalProtocolError, match="is over"):
        chat.do(SendText("hello"))
    chat.lose()
    chat.talk.close(now=0)
    chat.lose()
    with pytest.raises(LocalProtocolError, match="opened again"):
        chat.talk.open(now=0, unix_time=0)
    assert [SessionClosed(code=1006)] == chat.events()


def test_a_conversation_that_was_never_open_can_end(provider: str) -> None:
    """By closing, or because there was no road."""
    for end in ("close", "connection_lost"):
        chat = Chat(provider)
        fresh = type(chat.talk)(chat.talk._dialect, chat.talk.config)
        getattr(fresh, end)(now=0)
        assert Done() == fresh.road
        assert [SessionClosed()] == fresh.take_events()
        assert fresh.next_deadline() is None
        fresh.tick(now=1)
        fresh.receive("{}", now=1)
        assert [] == fresh.take_events()


# --- time


def test_a_clock_that_goes_back_is_held_and_counted(provider: str) -> None:
    """Nothing happens earlier than what happened before it."""
    chat = Chat(provider)
    chat.now = 5
    chat.do(SendText("hello"))
    chat.now = 3
    chat.do(SendText("hello"))
    assert 1 == chat.talk.clock_reversals


def test_an_early_tick_does_nothing(provider: str) -> None:
    """It is no error either."""
    chat = Chat(provider)
    chat.talk.tick(now=0)
    assert ([], []) == (chat.frames(), chat.events())


def test_silence_in_the_middle_of_an_answer_is_a_lost_connection(provider: str) -> None:
    """Whatever the server says puts it off; a tool that works is no silence of the server's."""
    chat = Chat(provider)
    chat.begin_answer()
    chat.wait(50)
    chat.speak()
    chat.wait(50)
    chat.call()
    chat.wait(29)
    chat.do(ToolResult(call_id="c1"))
    chat.wait(59)
    assert not chat.events(SessionClosed)
    chat.wait(2)
    assert "said nothing for 60 s" in str(chat.talk.road) + str(chat.events())


# --- frames that cannot be read


def test_an_unreadable_frame_is_reported_and_ends_nothing(provider: str) -> None:
    """With `strict`, it raises after state and outputs are consistent."""
    for strict in (False, True):
        chat = Chat(provider, made={"strict": strict})
        if strict:
            with pytest.raises(RemoteProtocolError):
                chat.say("no JSON")
        else:
            chat.say("no JSON")
        assert ["remote"] == [event.failure.kind for event in chat.events(ErrorReported)]
        assert chat.talk.is_ready


def test_an_unknown_event_is_handed_on(provider: str) -> None:
    """As it came."""
    chat = Chat(provider)
    frame = {"type": "news", "a": 1} if provider == "openai" else {"news": {"a": 1}}
    chat.say(frame)
    assert ["news"] == [event.tag for event in chat.events(UnknownEvent)]


# --- tools


def test_a_call_is_answered_once(provider: str) -> None:
    """A second result is dropped and counted; one for no call is refused."""
    chat = Chat(provider)
    chat.begin_answer()
    chat.call()
    chat.call()
    assert 1 == len(chat.events(ToolCallRequest))
    chat.do(ToolResult(call_id="c1", output="x"), ToolResult(call_id="c1", output="y"))
    assert 1 == sum("'x'" in str(frame) or '"x"' in str(frame) for frame in chat.frames())
    with pytest.raises(LocalProtocolError, match="no tool call 'c2'"):
        chat.do(ToolResult(call_id="c2"))


def test_too_many_calls_are_answered_with_an_error(provider: str) -> None:
    """The application is not asked."""
    chat = Chat(provider, made={"limits": Limits(pending_calls=1)})
    chat.begin_answer()
    chat.call("c1")
    chat.call("c2")
    assert ["c1"] == [event.call_id for event in chat.events(ToolCallRequest)]
    assert "more than 1 calls are open" in str(chat.frames())


def test_a_tool_that_does_not_answer_is_answered_for(provider: str) -> None:
    """The model is told that it timed out, and so is the application."""
    chat = Chat(provider, made={"limits": Limits(tool_s=2)})
    chat.begin_answer()
    chat.call()
    chat.wait(2)
    assert [ToolCallCancelled(call_id="c1", reason="timeout")] == chat.events(ToolCallCancelled)
    assert "did not answer within 2 s" in str(chat.frames())


def test_a_result_that_was_held_is_dropped_with_its_call(provider: str) -> None:
    """The new connection knows nothing of it."""
    chat = Chat(provider)
    chat.begin_answer()
    chat.call()
    chat.lose()
    chat.dial()
    chat.do(ToolResult(call_id="c1", output="late"))
    chat.set_up()
    assert "late" not in str(chat.frames())


# --- playback and barge-in


def speaking(provider: str, **settings: Any) -> Chat:
    """A chat whose assistant speaks: one second, delivered."""
    chat = Chat(provider, **settings)
    chat.begin_answer()
    chat.speak()
    chat.events()
    chat.frames()
    return chat


def test_the_clock_tells_what_was_heard(provider: str) -> None:
    """From the delivery on; a report is better."""
    chat = speaking(provider)
    item_id = "a1" if provider == "openai" else "turn_1"
    assert 300 == chat.talk.played_ms(item_id, now=chat.now + 0.3)
    chat.do(Played(item_id=item_id, ms=100))
    assert 100 == chat.talk.played_ms(item_id, now=chat.now + 0.3)


def test_only_what_was_delivered_is_heard(provider: str) -> None:
    """Where the application reports deliveries."""
    chat = speaking(provider, made={"reports_delivery": True})
    item_id = "a1" if provider == "openai" else "turn_1"
    assert 0 == chat.talk.played_ms(item_id, now=chat.now + 5)
    chat.do(AudioDelivered(item_id=item_id, n_bytes=24_000))
    assert 500 == chat.talk.played_ms(item_id, now=chat.now + 5)


def test_an_interruption_takes_back_what_nobody_took(provider: str) -> None:
    """Audio that is still in the outbox goes; what comes late is not told."""
    chat = Chat(provider)
    chat.begin_answer()
    chat.speak()
    chat.do(Interrupt())
    assert [] == chat.events(AudioChunk)
    chat.speak()
    assert [] == chat.events(AudioChunk)


def test_doubted_speech_holds_the_playback(provider: str) -> None:
    """It goes on when the user stops at once; nothing is answered."""
    chat = speaking(provider, barge_in=BargeIn.TENTATIVE)
    chat.user_starts()
    assert 1 == len(chat.events(PlaybackPaused))
    chat.wait(0.5)
    chat.user_stops()
    assert 1 == len(chat.events(PlaybackResumed))
    assert [] == chat.frames()
    chat.wait(5)
    assert [] == chat.events(Interrupted)


@pytest.mark.parametrize("how", ["time", "words"])
def test_doubted_speech_that_goes_on_cuts(provider: str, how: str) -> None:
    """After a while, or as soon as words are understood."""
    chat = speaking(provider, barge_in=BargeIn.TENTATIVE)
    chat.user_starts()
    if how == "time":
        chat.wait(0.59)
        assert [] == chat.events(Interrupted)
        chat.wait(0.02)
    else:
        chat.user_said("mm")
        assert [] == chat.events(Interrupted)
        chat.user_said("-hm but wait")
    assert 1 == len(chat.events(Interrupted))
    assert "cancel" in str(chat.frames()) or provider == "gemini"
    chat.user_stops()
    assert [] == chat.events(PlaybackResumed)


def test_speech_that_meets_silence_is_a_turn(provider: str) -> None:
    """Nothing is held, and it is answered."""
    chat = Chat(provider, barge_in=BargeIn.TENTATIVE)
    chat.user_starts()
    chat.user_said("what now")
    chat.user_stops()
    assert [] == chat.events(PlaybackPaused, PlaybackResumed)
    assert ["response.create"] == [
        frame["type"] for frame in chat.frames() if "type" in frame
    ] or provider == "gemini"


def test_an_assistant_that_may_finish_is_not_cut(provider: str) -> None:
    """By speech; asked to stop, it stops."""
    chat = speaking(provider, barge_in=BargeIn.OFF)
    chat.user_starts()
    assert [] == chat.events(Interrupted)
    chat.do(Interrupt())
    assert 1 == len(chat.events(Interrupted))


def test_the_set_up_says_who_decides_on_interruptions(provider: str) -> None:
    """The server where it is at once, else not."""
    for policy in BargeIn:
        chat = Chat(provider, is_ready=False, barge_in=policy)
        frames = str(chat.frames())
        chat.set_up()
        frames += str(chat.frames())
        if provider == "gemini":
            assert (policy is not BargeIn.IMMEDIATE) == ("NO_INTERRUPTION" in frames)
        else:
            assert (policy is BargeIn.IMMEDIATE) == ("'interrupt_response': True" in frames)
            assert (policy is not BargeIn.TENTATIVE) == ("'create_response': True" in frames)


# --- turns


@pytest.mark.parametrize("ms", [0, 50, 99, 100])
def test_a_manual_turn_needs_a_tenth_of_a_second(provider: str, ms: int) -> None:
    """Less is refused, with how much there was."""
    chat = Chat(provider, vad_mode=VADMode.MANUAL)
    chat.do(audio(provider, ms))
    if ms < 100:
        with pytest.raises(LocalProtocolError, match=f"only {ms} ms"):
            chat.do(CommitAudio())
    else:
        chat.do(CommitAudio())
        with pytest.raises(LocalProtocolError, match="only 0 ms"):
            chat.do(CommitAudio())


def test_a_commit_is_for_manual_turns(provider: str) -> None:
    """Elsewhere the server ends them."""
    with pytest.raises(LocalProtocolError, match="is for VADMode"):
        Chat(provider).do(CommitAudio())


def test_samples_are_whole_whatever_pieces_they_come_in(provider: str) -> None:
    """Half a sample waits for its other half."""
    chat = Chat(provider, vad_mode=VADMode.MANUAL)
    chat.do(SendAudio(b"\1"))
    assert [] == chat.frames()
    chat.do(SendAudio(b"\2\3"))
    assert "AQI=" in str(chat.frames())


# --- pictures and settings


def test_a_picture_is_shown(provider: str) -> None:
    """In the form the provider takes; it asks for no answer."""
    chat = Chat(provider)
    chat.do(SendImage(data=b"\1\2\3", mime_type="image/png"))
    (frame,) = chat.frames()
    assert "AQID" in str(frame)
    assert "image/png" in str(frame)
    assert not chat.talk.owes_answer


def test_the_instructions_change_in_mid_session(provider: str) -> None:
    """And are in force from then on."""
    chat = Chat(provider, instructions="Be kind.")
    changed = attrs.evolve(chat.talk.config, instructions="Be brief.")
    chat.do(UpdateSession(changed))
    (frame,) = chat.frames()
    assert "Be brief." in str(frame)
    assert "voice" not in str(frame)
    assert changed == chat.talk.config
    chat.do(UpdateSession(changed))
    assert [] == chat.frames()


@pytest.mark.parametrize("settings", [{"model": "gpt-realtime-2"}, {"voice": "marin"}])
def test_what_cannot_change_is_refused(provider: str, settings: dict[str, Any]) -> None:
    """The model never; the voice not once it was heard. Nothing changes."""
    chat = speaking(provider)
    before = chat.talk.config
    with pytest.raises(ConfigurationError):
        chat.do(UpdateSession(attrs.evolve(before, **settings)))
    assert before == chat.talk.config
    assert [] == chat.frames()


def test_settings_may_change_before_the_session_is_ready(provider: str) -> None:
    """They are held as everything else; what cannot be is reported."""
    chat = Chat(provider, is_ready=False)
    chat.do(UpdateSession(attrs.evolve(chat.talk.config, model="another")))
    chat.set_up()
    assert ["unsupported"] == [event.failure.code for event in chat.events(ErrorReported)]


def test_the_end_of_an_answer_has_its_times(provider: str) -> None:
    """From the text to the first sound, and to the end."""
    chat = Chat(provider)
    chat.do(SendText("hello"))
    chat.begin_answer()
    chat.speak()
    chat.end_answer()
    (done,) = chat.events(ResponseDone)
    assert done.metrics.wait_ms >= 10
    assert done.metrics.total_ms >= 10


def test_closing_closes_the_road(provider: str) -> None:
    """Then comes the end, and nothing after it."""
    chat = Chat(provider)
    chat.begin_answer()
    chat.call()
    chat.talk.close(now=chat.now)
    assert Close(1000) == chat.talk.road
    chat.lose(1000)
    events = chat.events()
    assert ToolCallCancelled(call_id="c1", reason="connection_lost") in events
    assert SessionClosed(code=1000) == events[-1]
    chat.say({})
    chat.wait(100)
    assert [] == chat.events()


def test_news_of_the_listener_are_welcome_after_the_end(provider: str) -> None:
    """They come from another task."""
    chat = speaking(provider)
    item_id = "a1" if provider == "openai" else "turn_1"
    chat.talk.close(now=chat.now)
    chat.do(Played(item_id=item_id, ms=5))
    assert 5 == chat.talk.played_ms(item_id, now=chat.now)


def test_ready_says_what_was_left_out(provider: str) -> None:
    """By name; or it is an error, where that is asked for."""
    settings: dict[str, Any] = {"openai": {"temperature": 1.0}, "gemini": {"vad_threshold": 0.5}}
    chat = Chat(provider, is_ready=False, **settings[provider])
    chat.set_up()
    (ready,) = chat.events(SessionReady)
    assert tuple(settings[provider]) == ready.ignored == chat.talk.ignored
    with pytest.raises(ConfigurationError, match="no place for"):
        Chat(provider, strict=True, **settings[provider])


def test_doubt_before_a_sound_holds_nothing(provider: str) -> None:
    """The answer is about to begin; there is nothing to pause, or to go on with."""
    chat = Chat(provider, barge_in=BargeIn.TENTATIVE)
    chat.begin_answer()
    chat.user_starts()
    chat.user_stops()
    assert [] == chat.events(PlaybackPaused, PlaybackResumed)


def test_stopping_the_assistant_ends_the_doubt(provider: str) -> None:
    """What the user says then is a turn."""
    chat = speaking(provider, barge_in=BargeIn.TENTATIVE)
    chat.user_starts()
    chat.do(Interrupt())
    chat.user_stops()
    assert [] == chat.events(PlaybackResumed)


def test_a_transcript_is_kept_up_to_a_bound(provider: str) -> None:
    """What is told is told all the same; nothing is told of an item that is complete."""
    chat = Chat(provider, made={"limits": Limits(transcript_bytes=4)})
    for text in ("one", " two", " three", ""):
        chat.user_said(text)
    item_id = "u1" if provider == "openai" else "user_1"
    item = chat.talk.history.find(item_id)
    assert item is not None
    assert "one two" == item.text
    assert 3 == len(chat.events(TranscriptDelta))
    if provider == "openai":
        what = {"type": "conversation.item.input_audio_transcription.completed"}
        chat.say(what | {"item_id": "u1", "content_index": 0, "transcript": "1", "usage": None})
        chat.say(what | {"item_id": "u1", "content_index": 0, "transcript": "2", "usage": None})
        chat.user_said("late")
        assert ["1"] == [event.text for event in chat.events(TranscriptDelta)]


def test_transcripts_of_the_user_are_told_where_they_are_wanted(provider: str) -> None:
    """The history has them in any case."""
    chat = Chat(provider, input_transcription=False)
    chat.user_said("hello")
    assert [] == chat.events(TranscriptDelta)
    assert 1 == len(chat.talk.history)


def test_completed_items_are_forgotten_in_the_end(provider: str) -> None:
    """So many are remembered, to be told once."""
    chat = Chat(provider)
    for n in range(MAX_FINISHED + 1):
        chat.talk._desk.finish("x", item_id=f"{n}", speaker="user")
    chat.events()
    chat.talk._desk.finish("x", item_id="0", speaker="user")
    chat.talk._desk.finish("x", item_id=f"{MAX_FINISHED}", speaker="user")
    assert ["0"] == [event.item_id for event in chat.events(TranscriptDelta)]


def test_a_tool_is_timed(provider: str) -> None:
    """By the answer that had to wait for it."""
    chat = Chat(provider)
    chat.begin_answer()
    chat.call()
    chat.wait(2)
    if provider == "openai":
        chat.end_answer()
    chat.do(ToolResult(call_id="c1"))
    if provider == "openai":
        chat.begin_answer("r2")
    chat.end_answer("r2")
    assert 2_000 <= chat.events(ResponseDone)[-1].metrics.tool_ms < 2_100
