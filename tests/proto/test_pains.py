"""What users of comparable libraries suffered from, as scenarios: each row is one complaint, under
the number it has in our list of them, with both providers where both can have it.

A row plays a short conversation and gives what must be true at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.chat import Chat

from realtime_proto import (
    AudioChunk,
    BargeIn,
    CommitAudio,
    ConfigurationError,
    Done,
    ErrorReported,
    History,
    HistoryItem,
    Interrupt,
    Interrupted,
    Keep,
    LocalProtocolError,
    PlaybackPaused,
    Played,
    Reconnected,
    Redial,
    ResponseDone,
    SendAudio,
    SendText,
    SessionExpiring,
    SpeechStarted,
    ToolCallCancelled,
    ToolResult,
    TranscriptDelta,
    UnknownEvent,
    UsageReported,
    VADMode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ITEM = {"openai": "a1", "gemini": "turn_1"}


def sent(chat: Chat, word: str) -> int:
    """How many frames sent since the last look hold a word."""
    return sum(word in str(frame) for frame in chat.frames())


def speaking(provider: str, **settings: object) -> Chat:
    chat = Chat(provider, **settings)  # type: ignore[arg-type]
    chat.begin_answer()
    chat.speak()
    chat.events()
    chat.frames()
    return chat


# --- 1: responses race


def pain_1_a_text_during_an_answer_waits(provider: str) -> None:
    chat = Chat(provider)
    chat.do(SendText("one"))
    chat.begin_answer()
    chat.frames()
    chat.do(SendText("two"))
    creates = sent(chat, "response.create")
    chat.end_answer()
    assert (0, 1 if provider == "openai" else 0) == (creates, sent(chat, "response.create"))
    assert [] == chat.events(ErrorReported)


def pain_1_a_late_cancel_is_no_error(provider: str) -> None:
    chat = speaking(provider)
    chat.do(Interrupt())
    if provider == "openai":
        code = "response_cancel_not_active"
        error = {"type": "invalid_request_error", "code": code, "message": code}
        chat.say({"type": "error", "error": error})
    assert [] == chat.events(ErrorReported)


# --- 2: truncation


def pain_2_what_was_all_heard_is_not_cut(provider: str) -> None:
    chat = speaking(provider)
    chat.end_answer()
    chat.wait(1.1)
    chat.barge_in()
    assert [] == chat.events(Interrupted)
    assert 0 == sent(chat, "truncate")


def pain_2_a_cut_is_never_beyond_what_there_is(provider: str) -> None:
    chat = speaking(provider)
    chat.do(Played(item_id=ITEM[provider], ms=990))
    chat.barge_in()
    assert [990] == [event.played_ms for event in chat.events(Interrupted)]


def pain_2_the_tail_after_the_end_is_cut_too(provider: str) -> None:
    chat = speaking(provider)
    chat.end_answer()
    chat.barge_in()
    assert 1 == len(chat.events(Interrupted))
    assert (1 if provider == "openai" else 0) == sent(chat, "truncate")


# --- 3: what was sent is not what was played


def pain_3_the_listener_knows_better_than_the_clock(provider: str) -> None:
    chat = speaking(provider)
    chat.do(Played(item_id=ITEM[provider], ms=120))
    chat.wait(0.8)
    chat.barge_in()
    assert [120] == [event.played_ms for event in chat.events(Interrupted)]


# --- 4: interruption races


def pain_4_late_audio_does_not_play(provider: str) -> None:
    chat = speaking(provider)
    chat.barge_in()
    chat.events()
    chat.speak()
    assert [] == chat.events(AudioChunk)


def pain_4_an_interruption_of_nothing_is_none(provider: str) -> None:
    chat = Chat(provider)
    chat.barge_in()
    assert [] == chat.events(Interrupted)


def pain_4_what_was_said_so_far_is_kept(provider: str) -> None:
    chat = Chat(provider)
    chat.begin_answer()
    if provider == "openai":
        chat.answer_words("Well")
    chat.speak()
    chat.events()
    chat.barge_in()
    chat.end_answer(status="cancelled")
    assert ["Well"] == [e.text for e in chat.events(TranscriptDelta) if e.is_final]
    item = chat.talk.history.find(ITEM[provider])
    assert item is not None
    assert ("Well", "incomplete") == (item.text, item.status)


# --- 5, 6: sessions end


def expiring(provider: str) -> Chat:
    chat = Chat(provider, is_ready=False)
    if provider == "openai":
        chat.set_up(expires_at=1_030)
    else:
        chat.set_up()
        chat.say({"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}})
        chat.say({"goAway": {"timeLeft": "30s"}})
    chat.talk.history.insert(HistoryItem(item_id="u", text="I am Ann."))
    chat.frames()
    return chat


def pain_5_the_end_is_announced_and_the_context_kept(provider: str) -> None:
    chat = expiring(provider)
    chat.wait(1)
    assert 1 == len(chat.events(SessionExpiring))
    chat.dial()
    chat.set_up()
    assert (1 if provider == "openai" else 0) == sent(chat, "I am Ann.")
    assert 1 == len(chat.events(Reconnected))


def pain_6_the_deadline_comes_though_the_server_is_silent(provider: str) -> None:
    chat = expiring(provider)
    chat.begin_answer()
    chat.wait(26)
    assert isinstance(chat.talk.road, Redial)


# --- 7: reconnect storms


def pain_7_a_refusal_is_not_repeated(provider: str) -> None:
    chat = Chat(provider)
    chat.lose(1007, "Request contains an invalid argument.")
    assert isinstance(chat.talk.road, Done)


def pain_7_pauses_grow_and_end(provider: str) -> None:
    chat = Chat(provider)
    chat.lose()
    pauses = []
    while isinstance(road := chat.talk.road, Redial):
        pauses.append(round(road.not_before - chat.now, 3))
        chat.now = road.not_before
        chat.lose(None)
    assert [0.5, 1, 2, 4, 8, 16, 30, 30] == pauses


def pain_7_a_wanted_close_stays_one(provider: str) -> None:
    chat = Chat(provider)
    chat.talk.close(now=0)
    chat.lose(1006)
    assert Done() == chat.talk.road


# --- 9: one stream


def pain_9_events_go_on_after_a_turn(provider: str) -> None:
    chat = Chat(provider)
    for n in range(3):
        chat.begin_answer(f"r{n}")
        chat.end_answer(f"r{n}")
    assert 3 == len(chat.events(ResponseDone))
    assert isinstance(chat.talk.road, Keep)


# --- 12: models differ


def pain_12_what_a_model_refuses_is_refused_here(provider: str) -> None:
    models = {"openai": "gpt-realtime", "gemini": "gemini-2.5-flash-native-audio-latest"}
    history = History()
    history.insert(HistoryItem(item_id="a", role="assistant", text="Hello."))
    made = {"seed": history}
    if provider == "gemini":
        with pytest.raises(ConfigurationError, match="must end with the user"):
            Chat(provider, model=models[provider], made=made)
        return
    chat = Chat(provider, is_ready=False, model=models[provider], made=made)
    chat.set_up()
    assert 1 == sent(chat, "Hello.")


# --- 13: unknown and malformed frames


def pain_13_a_flood_of_the_unknown_ends_nothing(provider: str) -> None:
    chat = Chat(provider)
    for n in range(100):
        frame = {"type": f"news.{n}"} if provider == "openai" else {f"news{n}": {}}
        chat.say(frame, "{", {"type": 5})
    assert 100 <= len(chat.events(UnknownEvent))
    assert chat.talk.is_ready


# --- 15: tool calls


def pain_15_a_call_nobody_answers_is_answered(provider: str) -> None:
    chat = Chat(provider)
    chat.begin_answer()
    chat.call()
    chat.frames()
    chat.wait(31)
    assert ["timeout"] == [event.reason for event in chat.events(ToolCallCancelled)]
    chat.do(ToolResult(call_id="c1", output="late"))
    assert 1 == sent(chat, "did not answer")


def pain_15_one_answer_to_all_calls_of_a_turn(provider: str) -> None:
    chat = Chat(provider)
    chat.begin_answer()
    chat.call("c1")
    chat.call("c2")
    chat.end_answer()
    chat.do(ToolResult(call_id="c1"))
    before = sent(chat, "response.create'")
    chat.do(ToolResult(call_id="c2"))
    after = sum(frame.get("type") == "response.create" for frame in chat.frames())
    assert (0, 1 if provider == "openai" else 0) == (before, after)


# --- 16: transcripts


def pain_16_words_find_their_item_whenever_they_come(provider: str) -> None:
    chat = Chat(provider)
    chat.do(SendAudio(bytes(4_800)))
    if provider == "openai":
        chat.user_starts()
        chat.user_stops()
    chat.begin_answer()
    item = {"id": "a1", "type": "message", "role": "assistant", "content": []}
    if provider == "openai":
        chat.say({"type": "conversation.item.added", "previous_item_id": "u1", "item": item})
    chat.end_answer()
    chat.user_said(" hello")
    roles = [entry.role for entry in chat.talk.history]
    assert ["user", "assistant"] == roles


# --- 17: restoring a history


def pain_17_speech_is_restored_as_text(provider: str) -> None:
    history = History()
    for item in (
        HistoryItem(item_id="u", text="Hi", is_spoken=True),
        HistoryItem(item_id="a", role="assistant", text="Hello.", is_spoken=True),
    ):
        history.insert(item, after=history.last_id)
    chat = Chat(provider, is_ready=False, made={"seed": History.load(history.save())})
    chat.set_up()
    frames = str(chat.frames())
    assert "Hello." in frames
    assert "output_audio'" not in frames


# --- 23: usage


def pain_23_a_repeated_count_is_counted_once(provider: str) -> None:
    chat = Chat(provider)
    chat.begin_answer()
    if provider == "openai":
        usage = {"total_tokens": 3, "input_tokens": 1, "output_tokens": 2}
        response = {"id": "r1", "status": "completed", "output": [], "usage": usage}
        frame = {"type": "response.done", "response": response}
    else:
        frame = {"usageMetadata": {"promptTokenCount": 1, "responseTokenCount": 2}}
    chat.say(frame, frame)
    assert 3 == chat.talk.usage.total
    assert 1 == len(chat.events(UsageReported))


# --- 24: latency


def pain_24_the_wait_for_the_first_sound_is_known(provider: str) -> None:
    chat = Chat(provider)
    chat.user_starts()
    chat.user_stops()
    stopped = chat.now
    chat.wait(0.3)
    chat.begin_answer()
    chat.speak()
    chat.end_answer()
    (done,) = chat.events(ResponseDone)
    assert 300 <= done.metrics.wait_ms <= (chat.now - stopped + 0.02) * 1_000


# --- 26: set-up


def pain_26_audio_before_the_session_is_kept(provider: str) -> None:
    chat = Chat(provider, is_ready=False)
    chat.do(SendAudio(bytes(4_800)))
    early = [
        frame for frame in chat.frames() if "audio/pcm;" in str(frame) or "append" in str(frame)
    ]
    chat.set_up()
    late = [
        frame for frame in chat.frames() if "rate=16000" in str(frame) or "append" in str(frame)
    ]
    assert (0, 1) == (len(early), len(late))


def pain_26_an_empty_commit_is_refused_here(provider: str) -> None:
    chat = Chat(provider, vad_mode=VADMode.MANUAL)
    chat.do(SendAudio(bytes(320)))
    with pytest.raises(LocalProtocolError, match=f"only {6 if provider == 'openai' else 10} ms"):
        chat.do(CommitAudio())


# --- 27: false interruptions


def pain_27_a_sign_of_listening_interrupts_nothing(provider: str) -> None:
    chat = speaking(provider, barge_in=BargeIn.TENTATIVE)
    chat.user_starts()
    chat.user_said("mm")
    chat.wait(0.2)
    chat.user_stops()
    chat.wait(2)
    events = chat.events(PlaybackPaused, Interrupted, SpeechStarted)
    assert [SpeechStarted, PlaybackPaused] == [type(event) for event in events]


PAINS: tuple[Callable[[str], None], ...] = tuple(
    scenario for name, scenario in sorted(globals().items()) if name.startswith("pain_")
)


@pytest.mark.parametrize("provider", ["openai", "gemini"])
@pytest.mark.parametrize("pain", PAINS, ids=lambda pain: pain.__name__.removeprefix("pain_"))
def test_it_does_not_hurt(pain: Callable[[str], None], provider: str) -> None:
    """What the row's name says."""
    pain(provider)


def test_every_pain_that_is_a_matter_of_state_has_a_row() -> None:
    """By its number."""
    numbers = {int(pain.__name__.split("_")[1]) for pain in PAINS}
    assert {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 15, 16, 17, 23, 24, 26, 27} == numbers
